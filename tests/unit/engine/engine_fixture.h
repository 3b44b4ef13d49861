/*
 * A real daos_engine process and the server's side of its dRPC, for the tests that need both. The
 * program is the one in the directory that the environment variable BIN_DIR names.
 */
#pragma once

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"
#include "common/uuid.h"
#include "drpc/drpc.h"
#include "mgmt/svc.pb-c.h"
#include "shared/event.pb-c.h"
#include "srv/srv.pb-c.h"

#define DEADLINE_MS 20000
#define LINES_MAX   200

static inline const char *
engine_path(void)
{
	static char path[512];

	assert_non_null(getenv("BIN_DIR"));
	(void)snprintf(path, sizeof(path), "%s/daos_engine", getenv("BIN_DIR"));
	return path;
}

struct host {
	struct loop        *loop;
	struct loop_timer  *tick;
	struct drpc_server *server;
	struct loop_child  *child;
	char                dir[64];
	char                log[96];
	char                lines[LINES_MAX][512]; /* of the engine's standard output and error */
	unsigned            n_lines;
	bool                exited;
	struct loop_exit    exit;
	unsigned            notifies;
	unsigned            refuse_notify; /* answer FAILURE */
	uint32_t            nctxs, ntgts, instance;
	bool                check_mode;
	uint64_t            incarnation;
	char                uri[128];
	char                socket[128];
	unsigned            events;
	uint32_t            event_id, event_rank;
};

static inline uint64_t
monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

#define turn_until(h, condition)                                                                   \
	do {                                                                                       \
		uint64_t _end = monotonic_us() + DEADLINE_MS * 1000;                               \
		while (!(condition)) {                                                             \
			if (monotonic_us() > _end)                                                 \
				fail_msg("waited in vain for %s", #condition);                     \
			(void)loop_run_once((h)->loop, true);                                      \
		}                                                                                  \
	} while (0)

static inline void
host_tick(struct loop_timer *t, void *arg)
{
}

static inline void
host_notify_ready(struct drpc_call *call, void *arg)
{
	struct host         *h = arg;
	Srv__NotifyReadyReq *req;

	req = (Srv__NotifyReadyReq *)drpc_call_unpack(call, &srv__notify_ready_req__descriptor);
	assert_non_null(req);
	h->nctxs       = req->nctxs;
	h->ntgts       = req->ntgts;
	h->instance    = req->instanceidx;
	h->check_mode  = req->check_mode;
	h->incarnation = req->incarnation;
	(void)snprintf(h->uri, sizeof(h->uri), "%s", req->uri);
	(void)snprintf(h->socket, sizeof(h->socket), "%s", req->drpclistenersock);
	protobuf_c_message_free_unpacked(&req->base, NULL);
	h->notifies++;
	if (h->refuse_notify)
		drpc_call_fail(call, DRPC__STATUS__FAILURE);
	else
		drpc_call_reply(call, NULL);
}

static inline void
host_event(struct drpc_call *call, void *arg)
{
	struct host             *h = arg;
	Shared__ClusterEventReq *req;
	Shared__ClusterEventResp resp = SHARED__CLUSTER_EVENT_RESP__INIT;

	req = (Shared__ClusterEventReq *)drpc_call_unpack(call,
							  &shared__cluster_event_req__descriptor);
	assert_non_null(req);
	h->events++;
	h->event_id   = req->event->id;
	h->event_rank = req->event->rank;
	protobuf_c_message_free_unpacked(&req->base, NULL);
	drpc_call_reply(call, &resp.base); /* into a closed connection */
}

static const struct drpc_method host_methods[] = {
    {DRPC_SRV_NOTIFY_READY, host_notify_ready},
    {DRPC_SRV_CLUSTER_EVENT, host_event},
};

static inline struct host *
host_new(void)
{
	struct host *h = calloc(1, sizeof(*h));
	char         path[96];

	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/engine-test-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->log, sizeof(h->log), "%s/engine.log", h->dir);
	(void)snprintf(path, sizeof(path), "%s/scm", h->dir);
	assert_int_equal(fs_mkdir_all(path, 0775), 0);
	(void)snprintf(path, sizeof(path), "%s/daos_server.sock", h->dir);
	assert_int_equal(loop_new(&h->loop), 0);
	assert_int_equal(loop_timer_new(h->loop, host_tick, NULL, &h->tick), 0);
	loop_timer_start(h->tick, 1, 1);
	assert_int_equal(
	    drpc_server_new(h->loop, &(struct drpc_server_opts){.path = path}, &h->server, NULL),
	    0);
	assert_int_equal(drpc_server_add_module(h->server, DRPC_MODULE_SRV, host_methods,
						ARRAY_SIZE(host_methods), h),
			 0);
	return h;
}

static inline void
host_free(struct host *h)
{
	loop_child_free(h->child);
	drpc_server_free(h->server, true);
	loop_timer_free(h->tick);
	loop_free(h->loop);
	assert_int_equal(fs_remove_tree(h->dir), 0);
	free(h);
}

static inline void
host_line(struct loop_child *c, bool is_stderr, const char *line, void *arg)
{
	struct host *h = arg;

	if (h->n_lines < LINES_MAX)
		(void)snprintf(h->lines[h->n_lines++], sizeof(h->lines[0]), "%s", line);
}

static inline void
host_exited(struct loop_child *c, const struct loop_exit *e, void *arg)
{
	struct host *h = arg;

	h->exited = true;
	h->exit   = *e;
}

static inline bool
host_printed(const struct host *h, const char *text)
{
	for (unsigned i = 0; i < h->n_lines; i++)
		if (strstr(h->lines[i], text) != NULL)
			return true;
	return false;
}

/* An index no other engine on this machine uses at the time: the telemetry key follows from it. */
static inline unsigned
unique_instance(void)
{
	return 1000 + (unsigned)getpid() % 1000000;
}

/*
 * Starts the engine with the arguments of a server, and `extra` ones (space separated) after them.
 * `env`: further variables, space separated.
 */
static inline void
host_start(struct host *h, const char *extra, const char *env)
{
	static char            args[1024], vars[1024];
	char                  *argv[64], *envp[32], *save = NULL, instance[16], storage[96];
	int                    n = 0, m = 0;
	struct loop_child_opts opts = {.path            = engine_path(),
				       .argv            = argv,
				       .envp            = envp,
				       .die_with_parent = true,
				       .on_line         = host_line,
				       .on_exit         = host_exited,
				       .arg             = h};

	(void)snprintf(instance, sizeof(instance), "%u", unique_instance());
	(void)snprintf(storage, sizeof(storage), "%s/scm", h->dir);
	(void)snprintf(args, sizeof(args),
		       "daos_engine -t 1 -x 0 -g daos_server -d %s -T 1 -I %s -r 0 -H 0 -s %s %s",
		       h->dir, instance, storage, extra);
	for (char *p = strtok_r(args, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		argv[n++] = p;
	argv[n] = NULL;
	(void)snprintf(
	    vars, sizeof(vars),
	    "D_PROVIDER=ofi+tcp D_INTERFACE=lo D_LOG_MASK=INFO D_LOG_FILE=%s CRT_TIMEOUT=0 %s",
	    h->log, env);
	for (char *p = strtok_r(vars, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		envp[m++] = p;
	envp[m]    = NULL;
	h->exited  = false;
	h->n_lines = 0;
	h->child   = loop_child_free(h->child);
	assert_int_equal(loop_child_start(h->loop, &opts, &h->child), 0);
}

struct answer {
	bool         done;
	int          err;
	Drpc__Status status;
	size_t       len;
	uint8_t      body[8192];
};

static inline void
host_answered(int err, Drpc__Status status, const void *body, size_t len, void *arg)
{
	struct answer *a = arg;

	a->done   = true;
	a->err    = err;
	a->status = status;
	a->len    = MIN(len, sizeof(a->body));
	if (a->len > 0)
		memcpy(a->body, body, a->len);
}

/* Calls the engine and waits. */
static inline struct answer
host_call(struct host *h, int32_t module, int32_t method, const ProtobufCMessage *body)
{
	struct answer         a    = {0};
	struct drpc_call_opts opts = {.path       = h->socket,
				      .module     = module,
				      .method     = method,
				      .sequence   = 1,
				      .body       = body,
				      .timeout_ms = 10000};

	assert_int_equal(drpc_call_start(h->loop, &opts, host_answered, &a, NULL), 0);
	turn_until(h, a.done);
	return a;
}

/*
 * A call of the management module that must be answered with SUCCESS; returns the DaosResp status
 * inside.
 */
static inline int32_t
host_mgmt(struct host *h, int32_t method, const ProtobufCMessage *body)
{
	struct answer   a = host_call(h, DRPC_MODULE_MGMT, method, body);
	Mgmt__DaosResp *resp;
	int32_t         status;

	assert_int_equal(a.err, 0);
	assert_int_equal(a.status, DRPC__STATUS__SUCCESS);
	resp = mgmt__daos_resp__unpack(NULL, a.len, a.body);
	assert_non_null(resp);
	status = resp->status;
	mgmt__daos_resp__free_unpacked(resp, NULL);
	return status;
}

static inline int32_t
host_set_rank(struct host *h, uint32_t rank, uint32_t version)
{
	Mgmt__SetRankReq req = MGMT__SET_RANK_REQ__INIT;

	req.rank        = rank;
	req.map_version = version;
	return host_mgmt(h, DRPC_MGMT_SET_RANK, &req.base);
}

/* A map of ranks first … first + n - 1. */
static inline int32_t
host_group_update(struct host *h, uint32_t version, uint32_t first, uint32_t n)
{
	Mgmt__GroupUpdateReq         req = MGMT__GROUP_UPDATE_REQ__INIT;
	Mgmt__GroupUpdateReq__Engine engines[8], *list[8];

	for (uint32_t i = 0; i < n; i++) {
		engines[i] = (Mgmt__GroupUpdateReq__Engine)MGMT__GROUP_UPDATE_REQ__ENGINE__INIT;
		engines[i].rank        = first + i;
		engines[i].uri         = h->uri;
		engines[i].incarnation = h->incarnation;
		list[i]                = &engines[i];
	}
	req.map_version = version;
	req.n_engines   = n;
	req.engines     = list;
	return host_mgmt(h, DRPC_MGMT_GROUP_UPDATE, &req.base);
}

/* Start, NotifyReady, SetRank, SetUp. */
static inline void
host_start_serving(struct host *h, const char *extra, const char *env)
{
	unsigned before = h->notifies;

	host_start(h, extra, env);
	turn_until(h, h->notifies > before || h->exited);
	assert_false(h->exited);
	assert_int_equal(host_set_rank(h, 0, 1), 0);
	assert_int_equal(host_mgmt(h, DRPC_MGMT_SET_UP, NULL), 0);
	turn_until(h, host_printed(h, "started on rank"));
}

static inline void
host_stop(struct host *h)
{
	assert_int_equal(loop_child_kill(h->child, SIGINT), 0);
	turn_until(h, h->exited);
	assert_int_equal(h->exit.signum, 0);
	assert_int_equal(h->exit.code, 0);
}
