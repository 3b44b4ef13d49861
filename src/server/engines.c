/*
 * What this server does for its engines: opens the system database when the storage of the first
 * one is there, joins them to the system, reports their ends, and writes their output to the log.
 */
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/ms.h"
#include "server/server_private.h"

/* ---- joining ---- */

/* One join on its way to the management service; an engine has at most one. */
struct srv_join_sent {
	struct ctl_ms_call  *call;
	struct srv_server   *s;
	struct har_instance *i;
	char                 last[256]; /* failure logged last */
};

static void
join_answered(const struct rpc_status *status, const ProtobufCMessage *msg, void *arg)
{
	struct srv_join_sent *j    = arg;
	const Mgmt__JoinResp *resp = (const Mgmt__JoinResp *)msg;
	struct har_instance  *i    = j->i;

	j->s->joins_sent[har_instance_index(i)] = NULL;
	free(j);
	if (status->code != RPC_OK) {
		struct fault f = FAULT_INIT;
		char         text[1200];

		if (status->detail == RPC_DETAIL_FAULT)
			f = status->fault;
		else
			fault_plain(&f, -EIO, "%s", rpc_status_format(status, text, sizeof(text)));
		har_instance_join_failed(i, &f);
		return;
	}
	har_instance_joined(
	    i, &(struct har_join_result){
		   .state       = resp->state == MGMT__JOIN_RESP__STATE__CHECK ? HAR_JOIN_CHECK
				  : resp->state == MGMT__JOIN_RESP__STATE__OUT ? HAR_JOIN_OUT
									       : HAR_JOIN_IN,
		   .rank        = resp->rank,
		   .map_version = resp->map_version,
		   .local_join  = resp->localjoin,
	       });
}

/* Gives up a join nobody waits for any more. */
static void
join_cancel(struct srv_server *s, unsigned idx)
{
	struct srv_join_sent *j = TAKE_PTR(s->joins_sent[idx]);

	if (j == NULL)
		return;
	(void)ctl_ms_cancel(j->call);
	free(j);
}

void
srv_joins_cancel(struct srv_server *s)
{
	for (unsigned i = 0; i < HAR_INSTANCES_MAX; i++)
		join_cancel(s, i);
}

static void
join_repeats(const struct rpc_status *status, const char *host, uint64_t delay_ms, void *arg)
{
	struct srv_join_sent *j = arg;
	char                  text[1200];

	(void)rpc_status_format(status, text, sizeof(text));
	log_debug("engine %u: join at %s: %s; again in %llu ms", har_instance_index(j->i), host,
		  text, (unsigned long long)delay_ms);
	if (strncmp(text, j->last, sizeof(j->last) - 1) == 0)
		return;
	(void)snprintf(j->last, sizeof(j->last), "%s", text);
	log_notice("engine %u cannot join yet, trying on: %s", har_instance_index(j->i), text);
}

static void
on_join(struct har_instance *i, const struct har_notify *n, void *arg)
{
	struct srv_server    *s    = arg;
	uint32_t              rank = har_instance_rank(i);
	Mgmt__JoinReq         req  = MGMT__JOIN_REQ__INIT;
	struct srv_join_sent *j    = calloc(1, sizeof(*j));
	struct ctl_ms_opts    opts = {
	       .method   = "Join",
	       .req      = &req.base,
	       .try_ms   = CTL_JOIN_TRY_MS,
	       .total_ms = CTL_JOIN_TOTAL_MS,
	       .retry    = CTL_JOIN_RETRY,
	       .cb       = join_answered,
	       .on_retry = join_repeats,
	       .arg      = j,
        };
	struct fault f = FAULT_INIT;
	int          r = -ENOMEM;

	join_cancel(s, har_instance_index(i));
	/* The first engine of the bootstrap replica is rank 0. */
	if (rank == DAOS_RANK_NIL && s->net.is_bootstrap && har_instance_index(i) == 0 &&
	    !har_instance_replace(i))
		rank = 0;
	/* protobuf-c wants `char *` for what it only packs. */
	req.uuid              = (char *)(uintptr_t)har_instance_uuid(i)->s;
	req.rank              = rank;
	req.uri               = (char *)(uintptr_t)n->uri;
	req.nctxs             = n->nctxs;
	req.addr              = s->net.control_addr;
	req.srvfaultdomain    = s->fault_domain;
	req.idx               = har_instance_index(i);
	req.incarnation       = n->incarnation;
	req.n_secondary_uris  = n->n_secondary_uris;
	req.secondary_uris    = (char **)(uintptr_t)n->secondary_uris;
	req.n_secondary_nctxs = n->n_secondary_nctxs;
	req.secondary_nctxs   = (uint32_t *)(uintptr_t)n->secondary_nctxs;
	req.check_mode        = n->check_mode;
	req.replace           = har_instance_replace(i);
	if (j != NULL) {
		*j = (struct srv_join_sent){.s = s, .i = i};
		r  = ctl_ms_call(s->client, &opts, &j->call);
	}
	if (r == 0) {
		s->joins_sent[har_instance_index(i)] = j;
		return;
	}
	free(j);
	fault_plain(&f, r, "%s", strerror(-r));
	har_instance_join_failed(i, &f);
}

/* ---- other callbacks ---- */

static void
on_await_format(struct har_instance *i, const char *type, void *arg)
{
	struct srv_server *s = arg;
	char               msg[128];
	struct srv_event   e = {.id       = SRV_EVENT_ENGINE_FORMAT_REQUIRED,
				.type     = SRV_EVENT_INFO,
				.severity = SRV_SEV_NOTICE,
				.msg      = msg,
				.rank     = DAOS_RANK_NIL};

	log_info("%s format required on instance %u", type, har_instance_index(i));
	(void)snprintf(msg, sizeof(msg), "DAOS engine %u requires a %s format",
		       har_instance_index(i), type);
	srv_publish(s, &e);
}

static int
on_storage_ready(struct har_instance *i, struct fault *f, void *arg)
{
	struct srv_server *s = arg;

	return har_instance_index(i) == 0 ? srv_db_open(s, f) : 0;
}

static void
on_ready(struct har_instance *i, void *arg)
{
	struct srv_server *s = arg;

	log_info("DAOS I/O Engine instance %u is ready: rank=%u pid=%d", har_instance_index(i),
		 har_instance_rank(i), (int)har_instance_pid(i));
	srv_restart_engine_ready(s, har_instance_index(i));
	srv_leader_engine_ready(s);
	srv_export_engine_ready(s);
}

static void
on_start_failed(struct har_instance *i, const struct fault *f, void *arg)
{
	char text[1400];

	log_error("%s", fault_format(f, text, sizeof(text)));
	if (fault_has_resolution(f))
		log_error("%s", f->code == FAULT_UNKNOWN
				    ? f->resolution
				    : fault_format_resolution(f, text, sizeof(text)));
}

static void
on_output(struct har_instance *i, bool is_stderr, const char *line, void *arg)
{
	if (is_stderr)
		log_error("daos_engine:%u %s", har_instance_index(i), line);
	else
		log_info("daos_engine:%u %s", har_instance_index(i), line);
}

static void
on_engine_exit(struct har_instance *i, const struct har_exit *x, void *arg)
{
	struct srv_server *s        = arg;
	char               rank[16] = "none";
	char               error[640], msg[800];
	struct srv_event   e = {.id           = SRV_EVENT_ENGINE_DIED,
				.type         = SRV_EVENT_STATE_CHANGE,
				.severity     = SRV_SEV_ERROR,
				.msg          = msg,
				.rank         = x->rank,
				.incarnation  = x->incarnation,
				.proc_id      = (uint64_t)x->pid,
				.has_engine   = true,
				.engine_idx   = har_instance_index(i),
				.engine_error = error};

	join_cancel(s, har_instance_index(i));
	if (x->rank != DAOS_RANK_NIL)
		(void)snprintf(rank, sizeof(rank), "%u", x->rank);
	log_info("instance %u, pid %d, rank %s exited with status: %s", har_instance_index(i),
		 (int)x->pid, rank, x->status);
	if (x->expected || s->stopping)
		return;
	(void)snprintf(error, sizeof(error), "%.512s exited: %s", x->binary, x->status);
	(void)snprintf(msg, sizeof(msg), "DAOS engine %u exited unexpectedly: %s",
		       har_instance_index(i), error);
	srv_publish(s, &e);
}

static void
on_state(struct har_instance *i, enum har_state from, enum har_state to, void *arg)
{
	if (to == HAR_STATE_CHECKING)
		log_info("Checking DAOS I/O Engine instance %u storage ...", har_instance_index(i));
	else if (to == HAR_STATE_STARTING)
		log_info("Starting I/O Engine instance %u: pid=%d", har_instance_index(i),
			 (int)har_instance_pid(i));
}

int
srv_engines_watch(struct srv_server *s)
{
	struct har_watch *w; /* goes with the harness */

	return har_watch_add(s->harness, on_state, s, &w);
}

void
srv_engines_callbacks(struct srv_server *s, struct har_callbacks *cb)
{
	*cb = (struct har_callbacks){
	    .on_await_format  = on_await_format,
	    .on_storage_ready = on_storage_ready,
	    .on_join          = on_join,
	    .on_ready         = on_ready,
	    .on_start_failed  = on_start_failed,
	    .on_output        = on_output,
	    .on_exit          = on_engine_exit,
	    .arg              = s,
	};
}
