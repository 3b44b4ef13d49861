/*
 * One request to many hosts: addresses to targets, missed deadlines to faults. The window, the
 * channels and the order of work are the rpc room's.
 */
#include "control/fanout.h"

#include <string.h>

#include "control/control_private.h"
#include "ctl/ctl.pb-c.h"

#define DEFAULT_MS (5 * 60 * 1000ULL)

struct ctl_fanout {
	struct ctl_fanout_opts    opts;
	struct rpc_fanout        *rpc;
	struct rpc_fanout_target *targets;
	char                    **addresses;
	char                    **names; /* host part of each address */
	size_t                    n;
};

static void
fanout_free(struct ctl_fanout *fo)
{
	for (size_t i = 0; i < fo->n; i++) {
		free(fo->addresses[i]);
		free(fo->names[i]);
	}
	free(fo->addresses);
	free(fo->names);
	free(fo->targets);
	free(fo);
}

struct ctl_fanout *
ctl_fanout_cancel(struct ctl_fanout *fo)
{
	if (fo == NULL)
		return NULL;
	(void)rpc_fanout_cancel(fo->rpc);
	fanout_free(fo);
	return NULL;
}

static void
on_result(size_t index, const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct ctl_fanout *fo   = arg;
	struct rpc_status  late = RPC_STATUS_INIT;

	if (status->code == RPC_DEADLINE_EXCEEDED) {
		ctl_status_timeout(&late, fo->opts.method, fo->addresses[index],
				   fo->opts.deadline_ms, NULL);
		status = &late;
	}
	fo->opts.on_result(index, fo->addresses[index], status, resp, fo->opts.arg);
	rpc_status_fini(&late);
}

static void
on_done(void *arg)
{
	struct ctl_fanout     *fo   = arg;
	struct ctl_fanout_opts opts = fo->opts;

	fanout_free(fo);
	opts.on_done(opts.arg);
}

static int
add_target(struct ctl_client *c, struct ctl_fanout *fo, const char *address, size_t i,
	   struct fault *f)
{
	uint16_t port;
	int      r = ctl_client_split(c, address, &fo->names[i], &port);

	if (r == -EINVAL)
		return fault_plain(f, r, "bad address \"%s\"", address);
	if (r != 0)
		return r;
	fo->addresses[i] = str_format("%s:%u", fo->names[i], port);
	if (fo->addresses[i] == NULL) {
		free(fo->names[i]);
		return -ENOMEM;
	}
	fo->targets[i] =
	    (struct rpc_fanout_target){.host = fo->names[i],
				       .port = port,
				       .req  = fo->opts.reqs ? fo->opts.reqs[i] : fo->opts.req};
	fo->n++;
	return 0;
}

int
ctl_fanout_start(struct ctl_client *c, const struct ctl_fanout_opts *opts, struct ctl_fanout **ret,
		 struct fault *f)
{
	bool               named = opts->n_hosts > 0;
	size_t             n     = named ? opts->n_hosts : ctl_client_host_count(c);
	struct ctl_fanout *fo;
	int                r = 0;

	if (n == 0) {
		(void)fault_set(f, FAULT_CLIENT_CONFIG_EMPTY_HOST_LIST, "no hosts to send %s to",
				opts->method);
		return -EDESTADDRREQ;
	}
	fo = calloc(1, sizeof(*fo));
	if (fo == NULL)
		return -ENOMEM;
	fo->opts      = *opts;
	fo->targets   = calloc(n, sizeof(*fo->targets));
	fo->addresses = calloc(n, sizeof(*fo->addresses));
	fo->names     = calloc(n, sizeof(*fo->names));
	if (fo->targets == NULL || fo->addresses == NULL || fo->names == NULL)
		r = -ENOMEM;
	if (fo->opts.deadline_ms == 0)
		fo->opts.deadline_ms = DEFAULT_MS;
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_target(c, fo, named ? opts->hosts[i] : ctl_client_host(c, i), i, f);
	if (r == 0)
		r = rpc_fanout_start(
		    ctl_client_io(c),
		    &(struct rpc_fanout_opts){
			.channel     = ctl_client_channel(c),
			.service     = opts->service ? opts->service : &ctl__ctl_svc__descriptor,
			.method      = opts->method,
			.targets     = fo->targets,
			.n_targets   = n,
			.deadline_ms = fo->opts.deadline_ms,
			.on_result   = on_result,
			.on_done     = on_done,
			.arg         = fo,
		    },
		    &fo->rpc);
	if (r != 0) {
		fanout_free(fo);
		if (f != NULL && !f->set)
			(void)fault_plain(f, r, "unable to send %s: %s", opts->method,
					  strerror(-r));
		return r;
	}
	if (ret != NULL)
		*ret = fo;
	return 0;
}
