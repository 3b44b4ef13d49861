/*
 * A request to the management service as an operation: tries, each a fan-out, with pauses in
 * between, under one deadline. What to do after a failure is decided in retry.c.
 */
#include "control/ms.h"

#include <string.h>

#include "control/control_private.h"
#include "mgmt/mgmt.pb-c.h"

struct ctl_ms_call {
	struct ctl_client *client;
	struct ctl_ms_opts opts;
	char              *method;
	ProtobufCMessage  *req; /* own copy */
	struct ctl_plan    plan;
	uint64_t           deadline_ms; /* on the loop's clock */
	struct loop_timer *deadline;
	struct loop_timer *pause;
	struct loop_timer *grace;
	struct ctl_fanout *fanout;

	/* The best answer of the current try. */
	bool              any;
	struct rpc_status best;
	ProtobufCMessage *best_resp;
	uint64_t          best_version;
	char             *best_host;
	size_t            answers;
};

static int try_start(struct ctl_ms_call *call);

/* ---- messages ---- */

static ProtobufCMessage *
message_copy(const ProtobufCMessage *m)
{
	size_t                    n   = protobuf_c_message_get_packed_size(m);
	_cleanup_(freep) uint8_t *buf = malloc(MAX(n, 1));

	if (buf == NULL)
		return NULL;
	(void)protobuf_c_message_pack(m, buf);
	return protobuf_c_message_unpack(m->descriptor, NULL, n, buf);
}

static void
message_free(ProtobufCMessage *m)
{
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
}

static void *
message_field(const ProtobufCMessage *m, const char *name, ProtobufCType type)
{
	const ProtobufCFieldDescriptor *f =
	    protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);

	return f != NULL && f->type == type && f->label != PROTOBUF_C_LABEL_REPEATED
		   ? (char *)(uintptr_t)m + f->offset
		   : NULL;
}

/* Fills an empty `sys` field. */
static int
message_set_sys(ProtobufCMessage *m, const char *sys)
{
	char **field = message_field(m, "sys", PROTOBUF_C_TYPE_STRING);
	char  *copy;

	if (field == NULL || !str_empty(*field))
		return 0;
	copy = strdup(sys);
	if (copy == NULL)
		return -ENOMEM;
	if (*field != NULL && *field != protobuf_c_empty_string)
		free(*field);
	*field = copy;
	return 0;
}

static uint64_t
message_data_version(const ProtobufCMessage *m)
{
	const uint64_t *v = message_field(m, "data_version", PROTOBUF_C_TYPE_UINT64);

	return v ? *v : 0;
}

/* ---- end ---- */

static void
best_reset(struct ctl_ms_call *call)
{
	rpc_status_fini(&call->best);
	call->best = (struct rpc_status)RPC_STATUS_INIT;
	message_free(call->best_resp);
	call->best_resp = NULL;
	free(call->best_host);
	call->best_host = NULL;
	call->any       = false;
	call->answers   = 0;
}

static void
call_free(struct ctl_ms_call *call)
{
	(void)ctl_fanout_cancel(call->fanout);
	(void)loop_timer_free(call->deadline);
	(void)loop_timer_free(call->pause);
	(void)loop_timer_free(call->grace);
	best_reset(call);
	message_free(call->req);
	ctl_plan_fini(&call->plan);
	free(call->method);
	free(call);
}

struct ctl_ms_call *
ctl_ms_cancel(struct ctl_ms_call *call)
{
	if (call != NULL)
		call_free(call);
	return NULL;
}

static void
call_finish(struct ctl_ms_call *call, const struct rpc_status *status)
{
	(void)ctl_fanout_cancel(call->fanout);
	call->fanout = NULL;
	call->opts.cb(status, status->code == RPC_OK ? call->best_resp : NULL, call->opts.arg);
	call_free(call);
}

static void
call_finish_error(struct ctl_ms_call *call, int err)
{
	struct rpc_status s = RPC_STATUS_INIT;

	rpc_status_set(&s, RPC_UNKNOWN, "%s: %s", call->method, strerror(-err));
	call_finish(call, &s);
	rpc_status_fini(&s);
}

static void
call_finish_timeout(struct ctl_ms_call *call)
{
	struct rpc_status                    s     = RPC_STATUS_INIT;
	_cleanup_(strbuf_fini) struct strbuf hosts = STRBUF_INIT;
	char                                 text[1024];
	bool told = call->any && call->best.code != RPC_DEADLINE_EXCEEDED;

	for (size_t i = 0; i < call->plan.n_hosts; i++)
		strbuf_addf(&hosts, "%s%s", i == 0 ? "" : ",", call->plan.hosts[i]);
	ctl_status_timeout(&s, call->method, strbuf_str(&hosts), call->opts.total_ms,
			   told ? rpc_status_format(&call->best, text, sizeof(text)) : NULL);
	call_finish(call, &s);
	rpc_status_fini(&s);
}

static void
on_deadline(struct loop_timer *t, void *arg)
{
	call_finish_timeout(arg);
}

/* ---- one try ---- */

static void
on_pause(struct loop_timer *t, void *arg)
{
	struct ctl_ms_call *call = arg;
	int                 r;

	r = try_start(call);
	if (r != 0)
		call_finish_error(call, r);
}

static void
try_end(struct ctl_ms_call *call)
{
	uint64_t now = loop_now_ms(ctl_client_loop(call->client));
	uint64_t delay;

	loop_timer_stop(call->grace);
	(void)ctl_fanout_cancel(call->fanout);
	call->fanout = NULL;
	if (call->any && call->best.code == RPC_OK) {
		call_finish(call, &call->best);
		return;
	}
	if (now >= call->deadline_ms) {
		call_finish_timeout(call);
		return;
	}
	if (ctl_plan_react(&call->plan, &call->best) == CTL_VERDICT_STOP) {
		call_finish(call, &call->best);
		return;
	}
	/* A pause beyond the deadline ends there. */
	delay =
	    ctl_retry_delay_ms(call->plan.tries - 1, ctl_client_random(call->client, UINT32_MAX));
	if (call->opts.on_retry != NULL)
		call->opts.on_retry(&call->best, call->best_host ? call->best_host : "", delay,
				    call->opts.arg);
	loop_timer_start(call->pause, delay, 0);
}

static void
on_grace(struct loop_timer *t, void *arg)
{
	try_end(arg);
}

static void
on_done(void *arg)
{
	struct ctl_ms_call *call = arg;

	call->fanout = NULL; /* gone by now */
	try_end(call);
}

/* Whether an answer beats the best so far. */
static bool
is_better(const struct ctl_ms_call *call, const struct rpc_status *status, uint64_t version)
{
	enum ctl_weight mine, best;

	if (!call->any)
		return true;
	mine = ctl_status_weight(status);
	best = ctl_status_weight(&call->best);
	return mine > best ||
	       (mine == CTL_WEIGHT_DONE && best == mine && version > call->best_version);
}

static void
on_result(size_t index, const char *host, const struct rpc_status *status,
	  const ProtobufCMessage *resp, void *arg)
{
	struct ctl_ms_call *call    = arg;
	uint64_t            version = resp ? message_data_version(resp) : 0;
	size_t              answers = call->answers + 1;

	if (is_better(call, status, version)) {
		best_reset(call);
		call->any = rpc_status_copy(&call->best, status) == 0;
		if (call->any && resp != NULL) {
			call->best_resp    = message_copy(resp);
			call->best_version = version;
			if (call->best_resp == NULL)
				rpc_status_set(&call->best, RPC_RESOURCE_EXHAUSTED,
					       "out of memory");
		}
		call->best_host = strdup(host);
	}
	call->answers = answers;
	if (call->any && answers < call->plan.n_hosts &&
	    ctl_status_weight(&call->best) >= CTL_WEIGHT_REPLICAS &&
	    !loop_timer_active(call->grace))
		loop_timer_start(call->grace, CTL_MS_GRACE_MS, 0);
}

static int
try_start(struct ctl_ms_call *call)
{
	uint64_t now  = loop_now_ms(ctl_client_loop(call->client));
	uint64_t left = call->deadline_ms > now ? call->deadline_ms - now : 1;

	best_reset(call);
	return ctl_fanout_start(
	    call->client,
	    &(struct ctl_fanout_opts){
		.service     = &mgmt__mgmt_svc__descriptor,
		.method      = call->method,
		.req         = call->req,
		.hosts       = (const char *const *)call->plan.hosts,
		.n_hosts     = call->plan.n_hosts,
		.deadline_ms = call->opts.try_ms ? MIN(call->opts.try_ms, left) : left,
		.on_result   = on_result,
		.on_done     = on_done,
		.arg         = call,
	    },
	    &call->fanout, NULL);
}

/* ---- start ---- */

/* Up to CTL_MS_CANDIDATES different hosts of the client, in random order. */
static int
plan_candidates(struct ctl_client *c, struct ctl_plan *plan, unsigned retry)
{
	size_t                        n    = ctl_client_host_count(c);
	size_t                        want = MIN(n, CTL_MS_CANDIDATES);
	const char                   *picked[CTL_MS_CANDIDATES];
	_cleanup_(freep) const char **all = calloc(MAX(n, 1), sizeof(*all));

	if (n == 0)
		return -EDESTADDRREQ;
	if (all == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i] = ctl_client_host(c, i);
	for (size_t i = 0; i < want; i++) {
		size_t j = i + ctl_client_random(c, (uint32_t)(n - i));

		picked[i] = all[j];
		all[j]    = all[i];
	}
	return ctl_plan_init(plan, picked, want, retry);
}

int
ctl_ms_call(struct ctl_client *c, const struct ctl_ms_opts *opts, struct ctl_ms_call **ret)
{
	struct ctl_ms_call *call = calloc(1, sizeof(*call));
	struct loop        *loop = ctl_client_loop(c);
	int                 r    = 0;

	if (call == NULL)
		return -ENOMEM;
	call->client = c;
	call->opts   = *opts;
	if (call->opts.total_ms == 0)
		call->opts.total_ms = CTL_MS_TOTAL_MS;
	call->deadline_ms = loop_now_ms(loop) + call->opts.total_ms;
	call->method      = strdup(opts->method);
	call->req         = message_copy(opts->req);
	if (call->method == NULL || call->req == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = message_set_sys(call->req, ctl_client_sys(c));
	if (r == 0 && opts->n_hosts > 0)
		r = ctl_plan_init(&call->plan, opts->hosts, opts->n_hosts, opts->retry);
	else if (r == 0)
		r = plan_candidates(c, &call->plan, opts->retry);
	if (r == 0)
		r = loop_timer_new(loop, on_deadline, call, &call->deadline);
	if (r == 0)
		r = loop_timer_new(loop, on_pause, call, &call->pause);
	if (r == 0)
		r = loop_timer_new(loop, on_grace, call, &call->grace);
	if (r == 0)
		r = try_start(call);
	if (r != 0) {
		call_free(call);
		return r;
	}
	loop_timer_start(call->deadline, call->opts.total_ms, 0);
	if (ret != NULL)
		*ret = call;
	return 0;
}
