/*
 * The system calls of dRPC: bind with the right mode and without stealing a live path, connect,
 * sendmsg of header and data in one datagram, recv into a datagram-sized buffer.
 */
#include "drpc/socket_private.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "drpc/drpc.h"

static_assert(sizeof(((struct sockaddr_un *)NULL)->sun_path) == DRPC_MAX_PATH + 1,
	      "DRPC_MAX_PATH is what the kernel takes");

static int
fill_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	if (len == 0)
		return -EINVAL;
	if (len > DRPC_MAX_PATH)
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, len + 1);
	return 0;
}

static int
new_socket(int *ret_fd)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int
drpc_socket_connect(const char *path, int *ret_fd)
{
	_cleanup_(closep) int fd = -EBADF;
	struct sockaddr_un    addr;
	int                   r;

	r = fill_address(path, &addr);
	if (r == 0)
		r = new_socket(&fd);
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* ---- listening ---- */

static int
check_directory(const char *path, struct fault *f)
{
	char        copy[DRPC_MAX_PATH + 1];
	const char *dir;
	struct stat st;

	memcpy(copy, path, strlen(path) + 1);
	dir = dirname(copy);
	if (stat(dir, &st) != 0)
		return fault_plain(f, -errno, "socket directory %s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fault_plain(f, -ENOTDIR, "socket directory %s is not a directory", dir);
	return 0;
}

static int
raise_in_use(const char *path, struct fault *f)
{
	int r = fault_set(f, FAULT_SOCKET_FILE_IN_USE,
			  "Configured dRPC socket file '%s' is already in use.", path);

	fault_resolve(f,
		      "choose another socket directory if the process listening on '%s' is wanted, "
		      "otherwise stop "
		      "that process and start again",
		      path);
	return r;
}

/* Removes what an earlier process left at path, unless somebody still listens there. */
static int
clear_stale(const char *path, struct fault *f)
{
	_cleanup_(closep) int fd = -EBADF;
	struct stat           st;
	int                   r;

	if (lstat(path, &st) != 0)
		return errno == ENOENT
			   ? 0
			   : fault_plain(f, -errno, "socket %s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fault_plain(f, -EEXIST, "%s exists and is not a socket; move it away", path);
	r = drpc_socket_connect(path, &fd);
	if (r == 0 || r == -EAGAIN ||
	    r == -EPROTOTYPE) /* alive, or alive and speaking something else */
		return raise_in_use(path, f);
	if (r != -ECONNREFUSED && r != -ENOENT)
		return fault_plain(f, r, "socket %s: %s", path, strerror(-r));
	if (unlink(path) != 0 && errno != ENOENT)
		return fault_plain(f, -errno, "stale socket %s cannot be removed: %s", path,
				   strerror(errno));
	return 0;
}

int
drpc_socket_listen(const char *path, int *ret_fd, struct fault *f)
{
	_cleanup_(closep) int fd = -EBADF;
	struct sockaddr_un    addr;
	int                   r;

	r = fill_address(path, &addr);
	if (r < 0)
		return fault_plain(f, r, "socket path %s is longer than %d bytes", path,
				   DRPC_MAX_PATH);
	r = check_directory(path, f);
	if (r == 0)
		r = clear_stale(path, f);
	if (r < 0)
		return r;
	r = new_socket(&fd);
	if (r < 0)
		return fault_plain(f, r, "socket %s: %s", path, strerror(-r));
	/*
	 * the mode of the descriptor becomes that of the file: there is no moment in which others
	 * could connect
	 */
	if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		return fault_plain(f, -errno, "socket %s: %s", path, strerror(errno));
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* ---- moving messages ---- */

int
drpc_socket_flush(int fd, struct drpc_output *o)
{
	while (o->active) {
		struct drpc_chunk_header h;
		size_t                   len;
		const uint8_t           *data   = drpc_output_chunk(o, &h, &len);
		struct iovec             iov[2] = {{.iov_base = &h, .iov_len = sizeof(h)},
						   {.iov_base = (void *)data, .iov_len = len}};
		struct msghdr            msg    = {.msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1};
		ssize_t                  n      = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		drpc_output_advance(o); /* a datagram goes out whole or not at all */
	}
	return 0;
}

int
drpc_socket_read(int fd, struct drpc_assembler *a, bool *ret_complete)
{
	uint8_t datagram[DRPC_MAX_DATAGRAM]; /* only the pages that data reaches are ever touched */
	ssize_t n;

	do
		n = recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0) /* an empty datagram looks the same and breaks the rules anyway */
		return -ENOTCONN;
	if ((size_t)n > sizeof(datagram))
		return -EPROTO;
	return drpc_assembler_add(a, datagram, (size_t)n, ret_complete);
}
