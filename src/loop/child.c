/*
 * Child processes: fork with only async-signal-safe calls before exec, exec's error handed back over a close-on-exec
 * pipe, exit watched by pidfd, output split into lines. The exit callback runs when the process is reaped and both
 * output pipes are at their end (or DRAIN_MS later: a grandchild may keep a pipe open).
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "loop/loop_private.h"

#define LINE_MAX_BYTES 8192
#define DRAIN_MS       200

struct output {
	struct loop_child *child;
	struct loop_fd	  *watch;
	int		   fd;
	bool		   is_stderr;
	size_t		   len;
	char		   line[LINE_MAX_BYTES + 1];
};

struct loop_child {
	struct loop	       *loop;
	struct loop_child_opts	opts;
	pid_t			pid;
	int			pidfd;
	struct loop_fd	       *pidfd_watch;
	struct output	       *out[2];
	struct loop_timer      *drain;
	bool			reaped;
	bool			reported;
	struct loop_exit	exit;
};

/* ---- output ---- */

static void
emit_line(struct output *o)
{
	struct loop_child *c = o->child;

	o->line[o->len] = '\0';
	o->len		= 0;
	if (c->opts.on_line != NULL)
		c->opts.on_line(c, o->is_stderr, o->line, c->opts.arg);
}

static void
feed(struct output *o, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			emit_line(o);
			continue;
		}
		o->line[o->len++] = p[i];
		if (o->len == LINE_MAX_BYTES)
			emit_line(o);
	}
}

static void
close_output(struct loop_child *c, int i)
{
	struct output *o = c->out[i];

	if (o == NULL)
		return;
	loop_fd_free(o->watch);
	close(o->fd);
	free(o);
	c->out[i] = NULL;
}

static void
report_when_complete(struct loop_child *c, bool force)
{
	if (!c->reaped || c->reported)
		return;
	if (!force && (c->out[0] != NULL || c->out[1] != NULL)) {
		if (!loop_timer_active(c->drain))
			loop_timer_start(c->drain, DRAIN_MS, 0);
		return;
	}
	c->reported = true;
	for (int i = 0; i < 2; i++) {
		if (c->out[i] != NULL && c->out[i]->len > 0)
			emit_line(c->out[i]);
		close_output(c, i);
	}
	loop_timer_stop(c->drain);
	if (c->opts.on_exit != NULL) {
		struct loop_exit e = c->exit; /* the callback may free the child */

		c->opts.on_exit(c, &e, c->opts.arg);
	}
}

static void
drain_expired(struct loop_timer *t, void *arg)
{
	report_when_complete(arg, true);
}

static void
output_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct output	  *o = arg;
	struct loop_child *c = o->child;
	char		   buf[4096];
	ssize_t		   n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		feed(o, buf, (size_t)n);
		return;
	}
	if (o->len > 0)
		emit_line(o);
	close_output(c, o->is_stderr ? 1 : 0);
	report_when_complete(c, false);
}

static int
watch_output(struct loop_child *c, int i, int fd)
{
	struct output *o = calloc(1, sizeof(*o));
	int	       r;

	if (o == NULL)
		return -ENOMEM;
	*o = (struct output){.child = c, .fd = fd, .is_stderr = i == 1};
	r  = loop_fd_new(c->loop, fd, output_ready, o, &o->watch);
	if (r < 0) {
		free(o);
		return r;
	}
	c->out[i] = o;
	return loop_fd_want(o->watch, LOOP_READABLE);
}

/* ---- the process ---- */

static void
reap(struct loop_child *c)
{
	int status;

	if (c->reaped || waitpid(c->pid, &status, 0) != c->pid)
		return;
	c->reaped = true;
	c->exit	  = (struct loop_exit){.pid = c->pid, .code = -1};
	if (WIFEXITED(status))
		c->exit.code = WEXITSTATUS(status);
	else
		c->exit.signum = WTERMSIG(status);
}

static void
process_ended(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct loop_child *c = arg;

	reap(c);
	c->pidfd_watch = loop_fd_free(c->pidfd_watch);
	report_when_complete(c, false);
}

/* Runs between fork and exec: async-signal-safe calls only. Never returns. */
static void __attribute__((noreturn))
child_main(const struct loop_child_opts *o, int out_fd, int err_fd, int status_fd, pid_t parent)
{
	int	 null_fd, saved;
	sigset_t empty;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL); /* SIGKILL and SIGSTOP refuse, rightly */
	sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
	if (o->real_ids && (setresgid(getgid(), getgid(), getgid()) != 0 ||
			    setresuid(getuid(), getuid(), getuid()) != 0))
		goto fail;
	if (o->die_with_parent) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
			goto fail;
		if (getppid() != parent) /* it died before prctl */
			_exit(127);
	}
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(out_fd >= 0 ? out_fd : null_fd, STDOUT_FILENO) < 0 ||
	    dup2(err_fd >= 0 ? err_fd : null_fd, STDERR_FILENO) < 0)
		goto fail;
	execve(o->path, o->argv, o->envp);
fail:
	saved = errno;
	(void)!write(status_fd, &saved, sizeof(saved)); /* the parent sees a short read otherwise */
	_exit(127);
}

/* Forks and waits until exec has happened or failed. */
static int
spawn(const struct loop_child_opts *opts, int out_fd, int err_fd, pid_t *ret_pid)
{
	pid_t	parent = getpid(), pid;
	int	status[2], exec_errno = 0;
	ssize_t n;

	if (pipe2(status, O_CLOEXEC) != 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int r = -errno;

		close(status[0]);
		close(status[1]);
		return r;
	}
	if (pid == 0)
		child_main(opts, out_fd, err_fd, status[1], parent);
	close(status[1]);
	do
		n = read(status[0], &exec_errno, sizeof(exec_errno));
	while (n < 0 && errno == EINTR);
	close(status[0]);
	if (n == 0) {
		*ret_pid = pid;
		return 0;
	}
	(void)waitpid(pid, NULL, 0); /* it has exited already */
	return n == sizeof(exec_errno) ? -exec_errno : -EIO;
}

static int
pidfd_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static int
start_watching(struct loop_child *c, int *out_fd, int *err_fd)
{
	int r;

	c->pidfd = pidfd_of(c->pid);
	if (c->pidfd < 0)
		return c->pidfd;
	r = loop_timer_new(c->loop, drain_expired, c, &c->drain);
	if (r == 0)
		r = loop_fd_new(c->loop, c->pidfd, process_ended, c, &c->pidfd_watch);
	if (r == 0)
		r = loop_fd_want(c->pidfd_watch, LOOP_READABLE);
	if (r == 0 && *out_fd >= 0) {
		r = watch_output(c, 0, *out_fd);
		if (c->out[0] != NULL)
			*out_fd = -EBADF; /* owned by the watch now */
	}
	if (r == 0 && *err_fd >= 0) {
		r = watch_output(c, 1, *err_fd);
		if (c->out[1] != NULL)
			*err_fd = -EBADF;
	}
	return r;
}

static int
output_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	*ret_read  = fds[0];
	*ret_write = fds[1];
	return 0;
}

int
loop_child_start(struct loop *l, const struct loop_child_opts *opts, struct loop_child **ret)
{
	_cleanup_(closep) int out_r = -EBADF, out_w = -EBADF, err_r = -EBADF, err_w = -EBADF;
	struct loop_child    *c = calloc(1, sizeof(*c));
	int		      r = 0;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct loop_child){.loop = l, .opts = *opts, .pidfd = -EBADF, .reaped = true};
	if (opts->on_line != NULL) {
		r = output_pipe(&out_r, &out_w);
		if (r == 0)
			r = output_pipe(&err_r, &err_w);
	}
	if (r == 0)
		r = spawn(opts, out_w, err_w, &c->pid);
	if (r == 0) {
		c->reaped = false;
		r	  = start_watching(c, &out_r, &err_r);
	}
	if (r < 0) {
		loop_child_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

pid_t
loop_child_pid(const struct loop_child *c)
{
	return c->pid;
}

int
loop_child_kill(struct loop_child *c, int signum)
{
	if (c->reaped)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, c->pidfd, signum, NULL, 0) == 0 ? 0 : -errno;
}

struct loop_child *
loop_child_free(struct loop_child *c)
{
	if (c == NULL)
		return NULL;
	if (!c->reaped) {
		(void)kill(c->pid, SIGKILL); /* not reaped, so the pid is still its own */
		reap(c);
	}
	for (int i = 0; i < 2; i++)
		close_output(c, i);
	loop_fd_free(c->pidfd_watch);
	loop_timer_free(c->drain);
	closep(&c->pidfd);
	free(c);
	return NULL;
}

char *
loop_exit_format(const struct loop_exit *e, char *buf, size_t size)
{
	/* names as Go prints them: lower case, e.g. "signal: killed" */
	if (e->signum != 0) {
		(void)snprintf(buf, size, "signal: %s", strsignal(e->signum));
		if (size > 8)
			for (char *p = buf + 8; *p != '\0'; p++)
				if (*p >= 'A' && *p <= 'Z')
					*p = (char)(*p - 'A' + 'a');
	} else if (e->code == 0) {
		(void)snprintf(buf, size, "process exited with 0");
	} else {
		(void)snprintf(buf, size, "exit status %d", e->code);
	}
	return buf;
}
