/*
 * What is looked at before a server comes up: another server of the same name, one on the same
 * socket directory, and the fabric interfaces of the engines.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"
#include "server/server_private.h"

#define CMDLINE_MAX 4096

/* ---- duplicate process ---- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* argv[0] of a process, cut at CMDLINE_MAX; "" when it has none or is gone. */
static void
read_program(const char *pid, char *buf, size_t size)
{
	_cleanup_(closep) int fd = -EBADF;
	char                  path[64];
	ssize_t               n;

	buf[0] = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%.16s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n              = read(fd, buf, size - 1);
	buf[MAX(n, 0)] = '\0';
}

int
srv_check_duplicate(struct fault *f)
{
	char           own[CMDLINE_MAX], other[CMDLINE_MAX];
	struct dirent *e;
	DIR           *d;
	long           self = (long)getpid();
	int            r    = 0;

	if (!str_empty(getenv("DAOS_SERVER_ALLOW_DUPLICATE")))
		return 0;
	read_program("self", own, sizeof(own));
	d = opendir("/proc");
	if (d == NULL)
		return fault_plain(f, -errno, "cannot look for other servers in /proc: %s",
				   strerror(errno));
	while (r == 0 && (e = readdir(d)) != NULL) {
		uint32_t pid;

		if (str_to_u32(e->d_name, 10, &pid) < 0 || (long)pid == self)
			continue;
		read_program(e->d_name, other, sizeof(other));
		if (other[0] != '\0' && str_eq(base_name(own), base_name(other)))
			r = fault_plain(f, -EEXIST,
					"another %s process is already running (pid: %u)",
					base_name(own), pid);
	}
	(void)closedir(d);
	return r;
}

/* ---- socket directory ---- */

int
srv_lock_socket_dir(const char *dir, int *ret_fd, struct fault *f)
{
	_cleanup_(freep) char *path = str_format("%s/.daos_server.lock", dir);
	_cleanup_(closep) int  fd   = -EBADF;
	int                    r;

	if (path == NULL)
		return -ENOMEM;
	if (!fs_is_dir(dir)) {
		r = fs_exists(dir) ? -ENOTDIR : -ENOENT;
		fault_plain(f, r, "socket directory %s (key socket_dir): %s", dir, strerror(-r));
		if (f != NULL)
			fault_resolve(f,
				      "create directory %s for the user who runs daos_server, or "
				      "set socket_dir",
				      dir);
		return r;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault_plain(f, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fault_plain(f, -errno, "cannot lock %s: %s", path, strerror(errno));
		fault_set(f, FAULT_SOCKET_FILE_IN_USE,
			  "socket directory %s is in use by another daos_server", dir);
		if (f != NULL)
			fault_resolve(
			    f, "stop the other daos_server, or set another socket_dir than %s",
			    dir);
		return -EADDRINUSE;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
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

int
srv_check_fabric(const struct cfg_server *cfg, const struct hw_netifs *ifs, struct fault *f)
{
	const struct hw_netif *first = NULL;

	for (size_t n = 0; n < cfg->n_engines; n++) {
		const char *names = cfg->engines[n].fabric.fabric_iface;

		for (const char *p = names; !str_empty(p);) {
			char   name[64];
			size_t len = strcspn(p, ",");
			int    r;

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
