/*
 * Fault domain of the server, and running the program that tells it: checked first, started without
 * arguments and without a shell, with a deadline and a limit on its output.
 */
#include "config/fault_path.h"

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "config/config_private.h"

#define MAX_OUTPUT 4096
#define MAX_LEVELS 2

extern char **environ;

int
cfg_fault_path_parse(const char *text, struct fault_domain **ret, struct fault *f)
{
	struct fault_domain *d     = NULL;
	struct fault         inner = FAULT_INIT;
	int                  r     = fault_domain_parse(text, &d, &inner);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return fault_set(f, FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID, "%s",
				 inner.description);
	if (fault_domain_n_levels(d) == 0)
		r = fault_set(f, FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID,
			      "fault domain \"%.100s\" has no level, at least one is needed", text);
	else if (fault_domain_n_levels(d) > MAX_LEVELS)
		r = fault_set(f, FAULT_SERVER_CONFIG_FAULT_DOMAIN_TOO_MANY_LAYERS,
			      "fault domain \"%.100s\" has %zu levels, at most %d are possible",
			      text, fault_domain_n_levels(d), MAX_LEVELS);
	if (r < 0)
		(void)fault_domain_free(d);
	else
		*ret = d;
	return r;
}

/* `path` with its directory resolved; the last component stays, so that a link is seen as one. NULL
 * when it is absent. */
static char *
resolve_directory(const char *path)
{
	_cleanup_(freep) char *for_dir  = strdup(path);
	_cleanup_(freep) char *for_name = strdup(path);
	_cleanup_(freep) char *dir      = for_dir != NULL ? realpath(dirname(for_dir), NULL) : NULL;

	if (dir == NULL || for_name == NULL)
		return NULL;
	return str_format("%s/%s", str_eq(dir, "/") ? "" : dir, basename(for_name));
}

static bool
is_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || str_eq(dir, "/"));
}

static int
insecure(const char *script, const char *dir, const char *why, struct fault *f)
{
	int r = fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_INSECURE,
			  "fault_cb %.200s is not run: %s", script, why);

	fault_resolve(f,
		      "make fault_cb name a plain file under %.200s that has no setuid bit and "
		      "that only its owner "
		      "may write",
		      dir);
	return r;
}

static int
check_script(const char *script, const char *required_dir, struct fault *f)
{
	_cleanup_(freep) char *dir  = realpath(required_dir, NULL);
	_cleanup_(freep) char *path = resolve_directory(script);
	struct stat            st;

	if (path == NULL)
		return fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_NOT_FOUND,
				 "fault_cb %.200s does not exist", script);
	if (dir == NULL || !is_under(path, dir))
		return insecure(script, required_dir, "it is not in the configuration directory",
				f);
	if (lstat(path, &st) < 0)
		return errno == EACCES ? fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_BAD_PERMS,
						   "fault_cb %.200s cannot be examined: %s", script,
						   strerror(errno))
				       : fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_NOT_FOUND,
						   "fault_cb %.200s does not exist", script);
	if (S_ISLNK(st.st_mode))
		return insecure(script, required_dir, "it is a symbolic link", f);
	if ((st.st_mode & S_ISUID) != 0)
		return insecure(script, required_dir, "it has the setuid bit", f);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return insecure(script, required_dir, "others than its owner may write it", f);
	return 0;
}

/* Starts the script with its standard output on a pipe. */
static int
start_script(const char *script, pid_t *ret_pid, int *ret_fd)
{
	posix_spawn_file_actions_t actions;
	char                      *argv[] = {(char *)script, NULL};
	int                        fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	r = -posix_spawn_file_actions_init(&actions);
	if (r == 0) {
		(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
						       O_RDONLY, 0);
		(void)posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
		r = -posix_spawn(ret_pid, script, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(fds[1]);
	if (r < 0)
		(void)close(fds[0]);
	else
		*ret_fd = fds[0];
	return r;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads until the script closes its output. 0, -ETIME, -EFBIG or a read error. */
static int
read_output(int fd, int64_t deadline, char buf[MAX_OUTPUT])
{
	size_t len = 0;

	for (;;) {
		struct pollfd p    = {.fd = fd, .events = POLLIN};
		int64_t       left = deadline - now_ms();
		ssize_t       n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return -ETIME;
		n = read(fd, buf + len, MAX_OUTPUT - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		buf[len] = '\0';
		if (n == 0)
			return 0;
		if (len == MAX_OUTPUT - 1)
			return -EFBIG;
	}
}

/* Waits for the script's end, which may come long after that of its output. 0 or -ETIME. */
static int
wait_for_end(pid_t pid, int64_t deadline)
{
	_cleanup_(closep) int fd = pidfd_open(pid, 0);
	struct pollfd         p  = {.fd = fd, .events = POLLIN};
	int64_t               left;
	int                   n;

	if (fd < 0)
		return -errno;
	do {
		left = deadline - now_ms();
		n    = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	return n == 0 ? -ETIME : 0;
}

/* `what` says what went wrong, `value` (0: none) is put after it. */
static int
failed(const char *script, struct fault *f, const char *what, int value)
{
	char number[16] = "";

	if (value != 0)
		(void)snprintf(number, sizeof(number), " %d", value);
	return fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_FAILED, "fault_cb %.200s %s%s",
			 script, what, number);
}

/* Runs the script to its end; its output is in buf. */
static int
run_script(const char *script, char buf[MAX_OUTPUT], struct fault *f)
{
	int64_t               deadline;
	_cleanup_(closep) int fd     = -EBADF;
	pid_t                 pid    = -1;
	int                   status = 0, r;

	deadline = now_ms() + CFG_FAULT_CB_TIMEOUT_MS;
	buf[0]   = '\0';
	r        = start_script(script, &pid, &fd);
	if (r == -EACCES || r == -EPERM)
		return fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_BAD_PERMS,
				 "fault_cb %.200s may not be read and run by this user", script);
	if (r < 0)
		return fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_FAILED,
				 "fault_cb %.200s could not be started: %s", script, strerror(-r));
	r = read_output(fd, deadline, buf);
	if (r == 0)
		r = wait_for_end(pid, deadline);
	if (r < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == -ETIME)
		return failed(script, f,
			      "did not end within seconds:", CFG_FAULT_CB_TIMEOUT_MS / 1000);
	if (r == -EFBIG)
		return failed(script, f, "printed more than a fault domain", 0);
	if (r < 0)
		return failed(script, f, "could not be read: error", -r);
	if (WIFSIGNALED(status))
		return failed(script, f, "was ended by signal", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return failed(script, f, "ended with status", WEXITSTATUS(status));
	return 0;
}

int
cfg_fault_cb_run(const char *script, const char *required_dir, struct fault_domain **ret,
		 struct fault *f)
{
	char  buf[MAX_OUTPUT];
	char *text;
	int   r;

	if (str_empty(script))
		return fault_plain(f, -EINVAL, "no program is named by fault_cb");
	r = check_script(script, required_dir, f);
	if (r == 0)
		r = run_script(script, buf, f);
	if (r < 0)
		return r;
	text = str_trim(buf);
	if (*text == '\0')
		return fault_set(f, FAULT_SERVER_CONFIG_FAULT_CALLBACK_EMPTY,
				 "fault_cb %.200s printed nothing", script);
	return cfg_fault_path_parse(text, ret, f);
}

int
cfg_server_fault_domain(const struct cfg_server *cfg, const char *hostname,
			struct fault_domain **ret, struct fault *f)
{
	_cleanup_(freep) char *copy = NULL;

	if (!str_empty(cfg->fault_path) && !str_empty(cfg->fault_cb))
		return fault_set(f, FAULT_SERVER_CONFIG_BOTH_FAULT_PATH_AND_CB,
				 "fault_path and fault_cb are both set");
	if (!str_empty(cfg->fault_path))
		return cfg_fault_path_parse(cfg->fault_path, ret, f);
	copy = str_empty(cfg->fault_cb) ? str_format("/%s", hostname)
					: strdup(cfg->path != NULL ? cfg->path : CFG_CONF_DIR "/.");
	if (copy == NULL)
		return -ENOMEM;
	if (!str_empty(cfg->fault_cb))
		return cfg_fault_cb_run(cfg->fault_cb, dirname(copy), ret, f);
	return cfg_fault_path_parse(copy, ret, f);
}
