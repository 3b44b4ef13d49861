/*
 * Calls to daos_server: NotifyReady, whose answer is waited for, and events, which are sent and
 * forgotten. Each goes on a connection of its own with sequence 0, as the server expects of
 * engines.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/elog.h"
#include "engine/engine_private.h"
#include "shared/event.pb-c.h"
#include "srv/srv.pb-c.h"

#define NOTIFY_TIMEOUT_MS (60 * 1000)
#define EVENT_TIMEOUT_MS  1000

struct upcall {
	struct engine *engine;
	eng_upcall_cb  cb;
	bool           is_notify;
};

static void
upcall_done(int err, Drpc__Status status, const void *body, size_t len, void *arg)
{
	struct upcall  u = *(struct upcall *)arg;
	struct engine *e = u.engine;

	free(arg);
	if (u.is_notify)
		e->notify = NULL;
	if (err == 0 && u.is_notify && status != DRPC__STATUS__SUCCESS) {
		eng_log(drpc, ERROR, "%s answered NotifyReady with %s", e->server_path,
			drpc_status_name(status));
		err = -EREMOTEIO;
	} else if (err < 0) {
		eng_log(drpc, ERROR, "call of %s failed: %s", e->server_path, strerror(-err));
	}
	if (u.cb != NULL)
		u.cb(e, err);
}

static int
start(struct engine *e, struct drpc_call_opts *opts, eng_upcall_cb cb, struct drpc_request **ret)
{
	struct upcall *u = calloc(1, sizeof(*u));
	int            r;

	if (u == NULL)
		return -ENOMEM;
	*u           = (struct upcall){.engine = e, .cb = cb, .is_notify = !opts->no_reply};
	opts->path   = e->server_path;
	opts->module = DRPC_MODULE_SRV;
	r            = drpc_call_start(e->loop, opts, upcall_done, u, ret);
	if (r < 0)
		free(u);
	return r;
}

int
eng_notify_ready(struct engine *e, eng_upcall_cb cb)
{
	Srv__NotifyReadyReq   req  = SRV__NOTIFY_READY_REQ__INIT;
	struct drpc_call_opts opts = {
	    .method = DRPC_SRV_NOTIFY_READY, .body = &req.base, .timeout_ms = NOTIFY_TIMEOUT_MS};

	req.uri              = e->endpoint.uri;
	req.nctxs            = eng_contexts(&e->opts);
	req.drpclistenersock = e->listener_path;
	req.instanceidx      = e->opts.instance;
	req.ntgts            = e->opts.targets;
	req.incarnation      = e->incarnation;
	req.check_mode       = e->opts.check_mode;
	return start(e, &opts, cb, &e->notify);
}

/* ISO 8601 with microseconds and numeric zone. */
static void
format_now(char *buf, size_t size)
{
	struct timespec ts;
	struct tm       tm;
	char            date[32], zone[8];

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	(void)snprintf(buf, size, "%s.%06ld%s", date, ts.tv_nsec / 1000, zone);
}

/* The line that tools look for in logs of DAOS engines. */
static void
log_event(const Shared__RASEvent *v)
{
	static const char *const types[]      = {"ANY", "STATE_CHANGE", "INFO"};
	static const char *const severities[] = {"UNKNOWN", "ERROR", "WARNING", "NOTICE"};
	const char *id = v->id == ENG_RAS_ENGINE_SELF_TERMINATED ? "engine_self_terminated"
								 : "unknown_ras_event";

	eng_log(server, NOTE,
		"&&& RAS EVENT id: [%s] ts: [%s] host: [%s] type: [%s] sev: [%s] msg: [%s] pid: "
		"[%lu] tid: [%lu] "
		"rank: [%u] inc: [%lx]",
		id, v->timestamp, v->hostname, v->type < ARRAY_SIZE(types) ? types[v->type] : "ANY",
		v->severity < ARRAY_SIZE(severities) ? severities[v->severity] : "UNKNOWN", v->msg,
		v->proc_id, v->thread_id, v->rank, v->incarnation);
}

int
eng_report_event(struct engine *e, enum eng_ras_id id, enum eng_ras_type type,
		 enum eng_ras_severity severity, const char *msg, eng_upcall_cb cb)
{
	Shared__RASEvent        event = SHARED__RASEVENT__INIT;
	Shared__ClusterEventReq req   = SHARED__CLUSTER_EVENT_REQ__INIT;
	struct drpc_call_opts   opts  = {.method     = DRPC_SRV_CLUSTER_EVENT,
					 .body       = &req.base,
					 .timeout_ms = EVENT_TIMEOUT_MS,
					 .no_reply   = true};
	char                    timestamp[64];

	format_now(timestamp, sizeof(timestamp));
	event.id          = id;
	event.msg         = (char *)msg;
	event.timestamp   = timestamp;
	event.type        = type;
	event.severity    = severity;
	event.hostname    = e->hostname;
	event.rank        = e->group.rank;
	event.incarnation = e->incarnation;
	event.proc_id     = (uint64_t)getpid();
	event.thread_id   = 1; /* the system thread of engines that have one a target */
	req.event         = &event;
	log_event(&event);
	return start(e, &opts, cb, NULL);
}
