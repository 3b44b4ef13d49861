/*
 * What is looked at before a server comes up: another server on the same socket directory, and the
 * fabric interfaces of the engines. Several servers may run on one host, each with directories of its
 * own; upstream refuses any process of the same name.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"
#include "server/server_private.h"

#define LOCK_NAME ".daos_server.lock"
/* How long the lock of a server that is being killed is waited for, and how often it is tried. */
#define DYING_WAIT_MS 2000
#define DYING_STEP_MS 10
#define LOCK_FD_MIN   900

/* ---- one server a socket directory ---- */

/* The pid that the lock's holder wrote down, or 0. */
static pid_t
read_holder(int fd)
{
	char     text[16] = {0};
	uint32_t pid;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || str_to_u32(str_trim(text), 10, &pid) < 0)
		return 0;
	return (pid_t)pid;
}

/* Whether a process is gone or on its way out; its files may be open until its last thread has ended. */
static bool
is_dying(pid_t pid)
{
	_cleanup_(freep) char *stat = NULL;
	char                   path[64];
	const char            *state;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (pid == 0 || fs_read_file(path, 4096, &stat, NULL) < 0)
		return true;
	state = strrchr(stat, ')');
	return state == NULL || state[1] == '\0' || state[2] == 'Z' || state[2] == 'X';
}

/* 0, -EWOULDBLOCK when another server lives in the directory, or another negative errno. */
static int
try_lock(int fd)
{
	const struct timespec step = {.tv_nsec = DYING_STEP_MS * 1000000L};

	for (int waited = 0;; waited += DYING_STEP_MS) {
		int r = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;

		if (r != -EWOULDBLOCK || waited >= DYING_WAIT_MS || !is_dying(read_holder(fd)))
			return r;
		(void)nanosleep(&step, NULL);
	}
}

static int
in_use(const char *dir, pid_t holder, struct fault *f)
{
	fault_set(f, FAULT_SOCKET_FILE_IN_USE,
		  "another daos_server process is already running (pid: %d) on socket directory %s",
		  (int)holder, dir);
	fault_resolve(f, "stop the other daos_server, or set another socket_dir than %s", dir);
	return -EADDRINUSE;
}

static int
missing_dir(const char *dir, struct fault *f)
{
	int r = fs_exists(dir) ? -ENOTDIR : -ENOENT;

	fault_plain(f, r, "socket directory %s (key socket_dir): %s", dir, strerror(-r));
	fault_resolve(f, "create directory %s for the user who runs daos_server, or set socket_dir",
		      dir);
	return r;
}

int
srv_lock_socket_dir(const char *dir, int *ret_fd, struct fault *f)
{
	_cleanup_(freep) char *path = str_format("%s/" LOCK_NAME, dir);
	_cleanup_(closep) int  fd   = -EBADF;
	char                   pid[16];
	int                    high, r;

	if (path == NULL)
		return -ENOMEM;
	if (!fs_is_dir(dir))
		return missing_dir(dir, f);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault_plain(f, -errno, "cannot open %s: %s", path, strerror(errno));
	r = try_lock(fd);
	if (r == -EWOULDBLOCK)
		return in_use(dir, read_holder(fd), f);
	if (r < 0)
		return fault_plain(f, r, "cannot lock %s: %s", path, strerror(-r));
	(void)snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, strlen(pid), 0) < 0)
		return fault_plain(f, -errno, "cannot write %s: %s", path, strerror(errno));
	/* Files are closed in ascending order: when we are killed the lock goes last, after our ports. */
	high    = fcntl(fd, F_DUPFD_CLOEXEC, LOCK_FD_MIN);
	*ret_fd = high >= 0 ? high : TAKE_FD(fd);
	return 0;
}

int
srv_check_idle(const char *socket_dir, struct fault *f)
{
	_cleanup_(freep) char *path = str_format("%s/" LOCK_NAME, socket_dir);
	_cleanup_(closep) int  fd   = -EBADF;

	if (path == NULL)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) /* no server has ever run there */
		return errno == ENOENT
			   ? 0
			   : fault_plain(f, -errno, "cannot open %s: %s", path, strerror(errno));
	return try_lock(fd) == -EWOULDBLOCK ? in_use(socket_dir, read_holder(fd), f) : 0;
}

void
srv_remove_sockets(const char *dir)
{
	DIR           *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (!str_eq(e->d_name, SRV_SOCKET_NAME) &&
		    !(str_starts(e->d_name, "daos_engine") && str_ends(e->d_name, ".sock")))
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) < 0 && errno != ENOENT)
			log_debug("cannot remove %s/%s: %s", dir, e->d_name, strerror(errno));
	}
	(void)closedir(d);
}

/* ---- fabric interfaces ---- */

static int
check_interface(const struct hw_netifs *ifs, const char *name, size_t engine, struct fault *f)
{
	const struct hw_netif *i = hw_netifs_find(ifs, name);

	if (i == NULL) {
		fault_plain(f, -ENODEV, "engine %zu: fabric interface \"%s\" does not exist",
			    engine, name);
		if (f != NULL)
			fault_resolve(f,
				      "set fabric_iface of engine %zu to an interface of this host",
				      engine);
		return -ENODEV;
	}
	if (!i->up) {
		fault_plain(f, -ENETDOWN,
			    "requested fabric interface \"%s\" is unusable: it is down", name);
		if (f != NULL)
			fault_resolve(
			    f, "bring interface %s up, or set another fabric_iface for engine %zu",
			    name, engine);
		return -ENETDOWN;
	}
	return 0;
}

/* Which interfaces support a provider only libfabric knows, and the engine says; a name that no
 * fabric library could have is refused before anything is started. */
static int
check_provider(const struct cfg_engine *e, size_t engine, struct fault *f)
{
	const char *name = e->fabric.provider;

	if (str_empty(name) || str_starts(name, "ofi+") || str_starts(name, "ucx+"))
		return 0;
	fault_plain(f, -EINVAL, "scan fabric: engine %zu: there is no fabric provider \"%s\"",
		    engine, name);
	if (f != NULL)
		fault_resolve(
		    f, "set provider to one of libfabric or UCX, such as ofi+tcp; daos_hwprobe "
		       "lists those of this host");
	return -EINVAL;
}

int
srv_check_fabric(const struct cfg_server *cfg, const struct hw_netifs *ifs, struct fault *f)
{
	const struct hw_netif *first = NULL;

	for (size_t n = 0; n < cfg->n_engines; n++) {
		const char *names = cfg->engines[n].fabric.fabric_iface;
		int         r     = check_provider(&cfg->engines[n], n, f);

		if (r < 0)
			return r;
		for (const char *p = names; !str_empty(p);) {
			char   name[64];
			size_t len = strcspn(p, ",");

			(void)snprintf(name, sizeof(name), "%.*s", (int)len, p);
			p += len + (p[len] == ',');
			r = check_interface(ifs, str_trim(name), n, f);
			if (r < 0)
				return r;
			if (first == NULL)
				first = hw_netifs_find(ifs, str_trim(name));
			if (hw_netifs_find(ifs, str_trim(name))->net_class != first->net_class)
				return fault_set(f, FAULT_SERVER_CONFIG_INVALID_NET_DEV_CLASS,
						 "network device class of engine %zu (%s) differs "
						 "from engine 0 (%s)",
						 n, str_trim(name), first->name);
		}
	}
	return 0;
}
