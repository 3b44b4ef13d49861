/*
 * The client object: a copy of what requests need, and addresses.
 */
#include "control/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/version.h"
#include "control/control_private.h"

struct ctl_client {
	struct ctl_client_opts opts;
	char                  *system;
	char                  *sys;
	char                 **hosts;
	size_t                 n_hosts;
};

static uint32_t
system_random(uint32_t bound, void *arg)
{
	uint32_t v = 0;

	if (getrandom(&v, sizeof(v), 0) !=
	    sizeof(v)) /* cannot happen for so few bytes; 0 is still a valid choice */
		v = 0;
	return bound > 0 ? v % bound : 0;
}

static void
free_list(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

struct ctl_client *
ctl_client_free(struct ctl_client *c)
{
	if (c == NULL)
		return NULL;
	free_list(c->hosts, c->n_hosts);
	free(c->system);
	free(c->sys);
	free(c);
	return NULL;
}

int
ctl_client_new(const struct ctl_client_opts *opts, struct ctl_client **ret, struct fault *f)
{
	struct ctl_client *c = calloc(1, sizeof(*c));
	int                r;

	if (c == NULL)
		return fault_plain(f, -ENOMEM, "out of memory");
	c->opts = *opts;
	if (c->opts.default_port == 0)
		c->opts.default_port = DAOS_DEFAULT_PORT;
	if (c->opts.draw == NULL)
		c->opts.draw = system_random;
	c->system = strdup(opts->system ? opts->system : DAOS_DEFAULT_SYSTEM);
	c->sys    = c->system ? str_format("%s-%s", c->system, DAOS_VERSION) : NULL;
	if (c->sys == NULL)
		r = fault_plain(f, -ENOMEM, "out of memory");
	else
		r = ctl_client_set_hosts(c, opts->hosts, opts->n_hosts, f);
	if (r != 0) {
		(void)ctl_client_free(c);
		return r;
	}
	c->opts.hosts  = NULL; /* the caller's memory; copies are used */
	c->opts.system = NULL;
	*ret           = c;
	return 0;
}

int
ctl_client_set_hosts(struct ctl_client *c, const char *const *hosts, size_t n, struct fault *f)
{
	char **v = calloc(MAX(n, 1), sizeof(*v));

	if (v == NULL)
		return fault_plain(f, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		_cleanup_(freep) char *host = NULL;
		uint16_t               port;
		int                    r = ctl_client_split(c, hosts[i], &host, &port);

		if (r == 0)
			v[i] = str_format("%s:%u", host, port);
		if (r == -EINVAL)
			(void)fault_plain(
			    f, r, "bad address \"%s\": the port must be a number from 1 to 65535",
			    hosts[i]);
		else if (r != 0 || v[i] == NULL)
			r = fault_plain(f, -ENOMEM, "out of memory");
		if (r != 0) {
			free_list(v, i);
			return r;
		}
	}
	free_list(c->hosts, c->n_hosts);
	c->hosts   = v;
	c->n_hosts = n;
	return 0;
}

size_t
ctl_client_host_count(const struct ctl_client *c)
{
	return c->n_hosts;
}

const char *
ctl_client_host(const struct ctl_client *c, size_t i)
{
	return i < c->n_hosts ? c->hosts[i] : NULL;
}

const char *
ctl_client_sys(const struct ctl_client *c)
{
	return c->sys;
}

struct loop *
ctl_client_loop(const struct ctl_client *c)
{
	return c->opts.loop;
}

struct rpc_io *
ctl_client_io(const struct ctl_client *c)
{
	return c->opts.io;
}

struct rpc_channel_opts
ctl_client_channel(const struct ctl_client *c)
{
	return (struct rpc_channel_opts){.tls = c->opts.tls, .component = c->opts.component};
}

uint32_t
ctl_client_random(struct ctl_client *c, uint32_t bound)
{
	return c->opts.draw(bound, c->opts.draw_arg);
}

int
ctl_client_split(const struct ctl_client *c, const char *address, char **ret_host,
		 uint16_t *ret_port)
{
	const char *colon = strrchr(address, ':');
	uint32_t    port  = c->opts.default_port;
	char       *host;

	if (colon != NULL &&
	    (str_to_u32(colon + 1, 10, &port) != 0 || port == 0 || port > UINT16_MAX))
		return -EINVAL;
	host = colon ? strndup(address, (size_t)(colon - address)) : strdup(address);
	if (host == NULL)
		return -ENOMEM;
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return 0;
}

char *
ctl_duration(uint64_t ms, char *buf, size_t size)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		(void)snprintf(buf, size, "%ums", (unsigned)ms);
	else if (s < 60)
		(void)snprintf(buf, size, ms % 1000 ? "%u.%us" : "%us", (unsigned)s,
			       (unsigned)(ms % 1000 / 100));
	else if (s < 3600)
		(void)snprintf(buf, size, "%um%us", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		(void)snprintf(buf, size, "%uh%um%us", (unsigned)(s / 3600),
			       (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return buf;
}

void
ctl_status_timeout(struct rpc_status *s, const char *what, const char *hosts, uint64_t limit_ms,
		   const char *last)
{
	struct fault f = FAULT_INIT;
	char         limit[32];

	(void)fault_set(&f, FAULT_CLIENT_RPC_TIMEOUT, "%s: no answer from %s within %s%s%s%s", what,
			hosts, ctl_duration(limit_ms, limit, sizeof(limit)),
			last ? " (last failure: " : "", last ? last : "", last ? ")" : "");
	fault_resolve(&f, "look into the log of the server at %s, or repeat the command", hosts);
	rpc_status_from_fault(s, &f);
	s->code  = RPC_DEADLINE_EXCEEDED;
	s->local = true;
}
