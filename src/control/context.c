/*
 * The context of tools: configuration, credentials, an own loop, and calls that wait.
 */
#include <daos_control/control.h>
#include <string.h>

#include "config/config.h"
#include "control/control_private.h"
#include "security/security.h"

#define TEXT_NO_CONTACT "unable to contact the DAOS Management Service"

/* The summary without its own `failed to load config from FILE: `, which the caller says in other words. */
static const char *
without_prefix(const char *text, const char *file)
{
	_cleanup_(freep) char *prefix =
	    str_format("failed to load config from %s: ", file ? file : "");

	return prefix != NULL && str_starts(text, prefix) ? text + strlen(prefix) : text;
}

/* Raises the first problem of a configuration. */
static int
config_error(struct daosctl_error *e, int err, const struct cfg_problems *problems)
{
	struct fault           f    = FAULT_INIT;
	_cleanup_(freep) char *text = cfg_problems_summary(problems, &f);

	(void)ctl_error_set(e, err, "failed to load control configuration: %s",
			    text ? without_prefix(text, problems->file) : strerror(-err));
	if (text != NULL && e != NULL && fault_has_resolution(&f))
		(void)fault_format_resolution(&f, e->resolution, sizeof(e->resolution));
	return err;
}

static int
load_config(struct daosctl *c, const struct daosctl_options *opts, struct daosctl_error *e)
{
	_cleanup_(cfg_problems_fini) struct cfg_problems problems = CFG_PROBLEMS_INIT;
	int                                              r;

	r = cfg_control_load(opts->config_path, getenv("HOME"), &c->cfg, &problems);
	if (r != 0)
		return config_error(e, r, &problems);
	if (opts->insecure)
		c->cfg->transport_config.allow_insecure = true;
	return 0;
}

static int
load_certificates(struct daosctl *c, struct daosctl_error *e)
{
	struct fault         f = FAULT_INIT;
	struct daosctl_error inner;
	int r = sec_tls_load(&c->cfg->transport_config, SEC_ROLE_ADMIN, &c->tls, &f);

	if (r == 0)
		return 0;
	ctl_error_from_fault(&inner, &f);
	(void)ctl_error_set(e, r, "Unable to load Certificate Data: %s", inner.text);
	if (e != NULL) {
		e->fault_code = inner.fault_code;
		(void)strcpy(e->resolution, inner.resolution);
	}
	return r;
}

/*
 * Turns host list expressions into hosts; `origin` says where they stand. A bad port of the configuration shows only
 * when hosts are used.
 */
static int
expand_hosts(struct daosctl *c, const char *const *exprs, size_t n, const char *origin,
	     struct daosctl_error *e)
{
	struct fault f     = FAULT_INIT;
	char       **hosts = NULL;
	size_t       got   = 0;
	int          r;

	if (c->cfg->port <= 0 || c->cfg->port > UINT16_MAX) {
		r = fault_set(&f, FAULT_CLIENT_CONFIG_BAD_CONTROL_PORT,
			      "invalid control port %lld in client configuration",
			      (long long)c->cfg->port);
	} else {
		r = hostlist_with_port(exprs, n, (unsigned)c->cfg->port, &hosts, &got, &f);
		if (r == 0 && got == 0)
			r = fault_set(&f, FAULT_CLIENT_CONFIG_EMPTY_HOST_LIST,
				      "empty hostlist in client configuration");
	}
	if (r == 0)
		r = ctl_client_set_hosts(c->client, (const char *const *)hosts, got, &f);
	hostlist_free_hosts(hosts, got);
	if (r != 0 && !fault_is_coded(&f))
		fault_wrap(&f, "%s", origin);
	if (r != 0)
		ctl_error_from_fault(e, &f);
	return r;
}

struct daosctl *
daosctl_free(struct daosctl *c)
{
	if (c == NULL)
		return NULL;
	(void)ctl_client_free(c->client);
	(void)rpc_io_free(c->io);
	(void)sec_tls_free(c->tls);
	(void)loop_free(c->loop);
	(void)cfg_control_free(c->cfg);
	free(c);
	return NULL;
}

static int
start_client(struct daosctl *c, struct daosctl_error *e)
{
	struct fault f = FAULT_INIT;
	int          r;

	r = loop_new(&c->loop);
	if (r == 0)
		r = rpc_io_new(c->loop, 0, &c->io);
	if (r == 0)
		r = ctl_client_new(
		    &(struct ctl_client_opts){
			.loop         = c->loop,
			.io           = c->io,
			.tls          = c->tls,
			.component    = SEC_COMPONENT_ADMIN,
			.system       = c->cfg->name,
			.default_port = c->cfg->port > 0 && c->cfg->port <= UINT16_MAX
					    ? (uint16_t)c->cfg->port
					    : 0,
		    },
		    &c->client, &f);
	if (r != 0)
		return ctl_error_set(e, r, "unable to start the client: %s",
				     f.set ? f.description : strerror(-r));
	return 0;
}

int
daosctl_new(const struct daosctl_options *opts, struct daosctl **ret, struct daosctl_error *e)
{
	struct daosctl *c = calloc(1, sizeof(*c));
	int             r;

	if (c == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	r = load_config(c, opts, e);
	if (r == 0)
		r = load_certificates(c, e);
	if (r == 0)
		r = start_client(c, e);
	if (r != 0) {
		(void)daosctl_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

int
daosctl_set_hosts(struct daosctl *c, const char *hostlist, struct daosctl_error *e)
{
	return expand_hosts(c, &hostlist, 1, "host list", e);
}

/* Hosts of the configuration are looked at when a request needs them. */
static int
need_hosts(struct daosctl *c, struct daosctl_error *e)
{
	_cleanup_(freep) char *origin = NULL;

	if (ctl_client_host_count(c->client) > 0)
		return 0;
	origin =
	    str_format("hostlist in %s", c->cfg->path ? c->cfg->path : "the default configuration");
	return expand_hosts(c, (const char *const *)c->cfg->hostlist.v, c->cfg->hostlist.n,
			    origin ? origin : "hostlist", e);
}

size_t
daosctl_host_count(const struct daosctl *c)
{
	return ctl_client_host_count(c->client);
}

void
daosctl_set_timeout(struct daosctl *c, uint64_t timeout_ms)
{
	c->timeout_ms = timeout_ms;
}

/* ---- management service ---- */

struct ms_wait {
	const struct ctl_sync_opts *opts;
	struct daosctl_error       *e;
	int                         r;
	bool                        done;
};

static void
ms_answered(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct ms_wait *w = arg;

	w->done = true;
	if (w->opts->ret_status != NULL)
		(void)rpc_status_copy(w->opts->ret_status,
				      status); /* without memory the code alone must do */
	if (status->code == RPC_OK) {
		w->r = w->opts->take ? w->opts->take(resp, w->opts->arg) : 0;
		if (w->r != 0)
			(void)ctl_error_set(w->e, w->r, "unable to read the answer to %s: %s",
					    w->opts->method, strerror(-w->r));
		return;
	}
	w->r = -EREMOTEIO;
	ctl_error_from_status(w->e, status);
	if (w->e != NULL && ctl_status_is_connection(status)) {
		struct daosctl_error contact = *w->e;

		(void)ctl_error_set(w->e, w->r, "%s: %s", contact.text, TEXT_NO_CONTACT);
		w->e->fault_code = contact.fault_code;
	}
}

int
ctl_ms_sync(struct daosctl *c, const struct ctl_sync_opts *opts, struct daosctl_error *e)
{
	struct ms_wait w = {.opts = opts, .e = e};
	int            r = need_hosts(c, e);

	if (r != 0)
		return r;
	(void)loop_run_once(c->loop,
			    false); /* the clock may have stood still since the last request */
	r = ctl_ms_call(c->client,
			&(struct ctl_ms_opts){
			    .method   = opts->method,
			    .req      = opts->req,
			    .hosts    = opts->hosts,
			    .n_hosts  = opts->n_hosts,
			    .total_ms = c->timeout_ms,
			    .retry    = opts->retry,
			    .cb       = ms_answered,
			    .arg      = &w,
			},
			NULL);
	if (r != 0)
		return ctl_error_set(e, r, "unable to send %s: %s", opts->method, strerror(-r));
	while (!w.done)
		(void)loop_run_once(c->loop, true);
	return w.r;
}

/* ---- hosts ---- */

/* Answers come in any order and are handed on in the order of hosts, so that output does not depend
 * on timing. */
struct host_answer {
	const char                       *host;
	struct rpc_status                 status;
	void                             *packed;
	size_t                            len;
	const ProtobufCMessageDescriptor *type;
};

struct hosts_wait {
	struct ctl_arena   *arena;
	struct host_answer *answers;
	bool                done;
};

static void
host_answered(size_t index, const char *host, const struct rpc_status *status,
	      const ProtobufCMessage *resp, void *arg)
{
	struct hosts_wait  *w = arg;
	struct host_answer *a = &w->answers[index];

	a->host = ctl_arena_text(w->arena, host);
	if (rpc_status_copy(&a->status, status) != 0)
		rpc_status_set(&a->status, RPC_RESOURCE_EXHAUSTED, "out of memory");
	if (resp == NULL)
		return;
	a->type   = resp->descriptor;
	a->len    = protobuf_c_message_get_packed_size(resp);
	a->packed = ctl_arena_alloc(w->arena, MAX(a->len, 1), 1);
	if (a->packed == NULL)
		rpc_status_set(&a->status, RPC_RESOURCE_EXHAUSTED, "out of memory");
	else
		(void)protobuf_c_message_pack(resp, a->packed);
}

static void
hosts_done(void *arg)
{
	struct hosts_wait *w = arg;

	w->done = true;
}

static void
hand_on(const struct host_answer *a, ctl_take_host_fn take, void *arg)
{
	ProtobufCMessage *m    = NULL;
	struct rpc_status none = RPC_STATUS_INIT;

	if (a->status.code == RPC_OK && a->packed != NULL)
		m = protobuf_c_message_unpack(a->type, NULL, a->len, a->packed);
	if (a->status.code == RPC_OK && m == NULL) {
		rpc_status_set(&none, RPC_RESOURCE_EXHAUSTED, "out of memory");
		take(a->host, &none, NULL, arg);
	} else {
		take(a->host, &a->status, m, arg);
	}
	rpc_status_fini(&none);
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
}

int
ctl_hosts_sync(struct daosctl *c, const char *method, const ProtobufCServiceDescriptor *service,
	       const ProtobufCMessage *req, const char *const *hosts, size_t n_hosts,
	       ctl_take_host_fn take, void *arg, struct daosctl_error *e)
{
	_cleanup_(ctl_arena_freep) struct ctl_arena *arena = NULL;
	struct hosts_wait                            w     = {0};
	struct fault                                 f     = FAULT_INIT;
	size_t                                       n;
	int                                          r = n_hosts > 0 ? 0 : need_hosts(c, e);

	if (r != 0)
		return r;
	n = n_hosts > 0 ? n_hosts : ctl_client_host_count(c->client);
	r = ctl_arena_new(&arena);
	if (r == 0) {
		w.arena   = arena;
		w.answers = ctl_arena_alloc(arena, n, sizeof(*w.answers));
	}
	if (w.answers == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	(void)loop_run_once(c->loop, false); /* as above */
	r = ctl_fanout_start(c->client,
			     &(struct ctl_fanout_opts){
				 .service     = service,
				 .method      = method,
				 .req         = req,
				 .hosts       = hosts,
				 .n_hosts     = n_hosts,
				 .deadline_ms = c->timeout_ms,
				 .on_result   = host_answered,
				 .on_done     = hosts_done,
				 .arg         = &w,
			     },
			     NULL, &f);
	if (r != 0) {
		ctl_error_from_fault(e, &f);
		return r;
	}
	while (!w.done)
		(void)loop_run_once(c->loop, true);
	for (size_t i = 0; i < n; i++) {
		hand_on(&w.answers[i], take, arg);
		rpc_status_fini(&w.answers[i].status);
	}
	return 0;
}
