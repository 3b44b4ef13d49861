/* Interface → address → bound socket → URI. */
#include "engine/endpoint.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/str.h"

#define PORTS_TRIED 128 /* with D_PORT_AUTO_ADJUST */

static const char *const providers[] = {"ofi+tcp", "ofi+tcp;ofi_rxm", "ofi+sockets"};

static int
check_provider(const struct eng_environment *env, struct fault *f)
{
	if (env->provider == NULL)
		return fault_plain(f, -EINVAL, "environment variable D_PROVIDER is not set");
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (str_eq(env->provider, providers[i]))
			return 0;
	return fault_plain(f, -ENOTSUP,
			   "provider %s (D_PROVIDER) is not supported by this engine; set "
			   "`provider: ofi+tcp`, or name "
			   "another engine in `engine_path`",
			   env->provider);
}

/* The first IPv4 address of an interface. */
static int
interface_address(const char *name, struct sockaddr_in *ret, struct fault *f)
{
	struct ifaddrs *list;
	int             r = -ENODEV;

	if (getifaddrs(&list) != 0)
		return fault_plain(f, -errno, "list of network interfaces: %s", strerror(errno));
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		if (!str_eq(i->ifa_name, name))
			continue;
		if (r == -ENODEV)
			r = -EADDRNOTAVAIL;
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET) {
			memcpy(ret, i->ifa_addr, sizeof(*ret));
			r = 0;
			break;
		}
	}
	freeifaddrs(list);
	if (r == -ENODEV)
		return fault_plain(f, r, "network interface %s (D_INTERFACE) does not exist", name);
	if (r == -EADDRNOTAVAIL)
		return fault_plain(f, r, "network interface %s (D_INTERFACE) has no IPv4 address",
				   name);
	return 0;
}

static int
bind_port(const struct eng_environment *env, struct sockaddr_in *addr, int fd, struct fault *f)
{
	unsigned tries = env->port_auto && env->port != 0 ? PORTS_TRIED : 1;
	int      err   = EADDRINUSE;

	for (unsigned i = 0; i < tries && env->port + i <= UINT16_MAX; i++) {
		addr->sin_port = htons((uint16_t)(env->port + i));
		if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) == 0)
			return 0;
		err = errno;
		if (err != EADDRINUSE)
			break;
	}
	return fault_plain(f, -err, "port %u (D_PORT) on interface %s: %s", env->port,
			   env->interface, strerror(err));
}

int
eng_endpoint_open(const struct eng_environment *env, struct eng_endpoint *ret, struct fault *f)
{
	_cleanup_(closep) int fd   = -EBADF;
	struct sockaddr_in    addr = {0};
	socklen_t             len  = sizeof(addr);
	struct eng_endpoint   e    = {.fd = -EBADF};
	int                   one  = 1, r;

	r = check_provider(env, f);
	if (r < 0)
		return r;
	if (env->interface == NULL)
		return fault_plain(f, -EINVAL, "environment variable D_INTERFACE is not set");
	r = interface_address(env->interface, &addr, f);
	if (r < 0)
		return r;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_plain(f, -errno, "TCP socket: %s", strerror(errno));
	/*
	 * an engine that was killed leaves connections behind that would hold the port for a minute
	 */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = bind_port(env, &addr, fd, f);
	if (r < 0)
		return r;
	if (listen(fd, SOMAXCONN) != 0 || getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		return fault_plain(f, -errno, "port %u (D_PORT) on interface %s: %s",
				   ntohs(addr.sin_port), env->interface, strerror(errno));
	e.port = ntohs(addr.sin_port);
	(void)inet_ntop(AF_INET, &addr.sin_addr, e.address,
			sizeof(e.address)); /* the buffer is large enough */
	(void)snprintf(e.uri, sizeof(e.uri), "%s://%s:%u", env->provider, e.address, e.port);
	e.fd = TAKE_FD(fd);
	*ret = e;
	return 0;
}

void
eng_endpoint_close(struct eng_endpoint *e)
{
	closep(&e->fd);
	e->fd = -EBADF;
}

unsigned
eng_endpoint_refuse(struct eng_endpoint *e)
{
	unsigned n = 0;

	for (; n < SOMAXCONN; n++) {
		int fd = accept4(e->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		close(fd);
	}
	return n;
}
