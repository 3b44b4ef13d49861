/*
 * What happens with an event: it is logged where it arose; then the leader acts on it, other
 * servers forward state changes to the leader (server-lifecycle.md §9, ms-membership.md §5).
 */
#include <string.h>

#include "common/log.h"
#include "common/sysprop.h"
#include "control/ms.h"
#include "server/server_private.h"
#include "server/syslog.h"

static void
verdict_done(int err, const struct fault *f, enum sys_event_verdict verdict, void *arg)
{
	struct srv_server *s = arg;
	char               text[1200];

	if (err < 0)
		log_error("an event could not be recorded: %s",
			  fault_format(f, text, sizeof(text)));
	else if (verdict == SYS_EVENT_APPLY)
		srv_group_update(s, false);
}

static bool
self_heal_excludes(const struct srv_server *s)
{
	return sysprop_policy_has(srv_self_heal_policy(s), "exclude");
}

static void
act_as_leader(struct srv_server *s, const struct srv_event *e)
{
	int r = 0;

	if (e->id == SRV_EVENT_ENGINE_DIED && e->rank != DAOS_RANK_NIL)
		r = sys_db_engine_died(s->db, e->rank, e->incarnation, e->msg, verdict_done, s);
	else if (e->id == SRV_EVENT_SWIM_RANK_DEAD && e->rank != DAOS_RANK_NIL &&
		 self_heal_excludes(s))
		r = sys_db_rank_dead(s->db, e->rank, e->incarnation, verdict_done, s);
	if (r < 0)
		log_error("event %s of rank %u could not be recorded: %s", srv_event_name(e->id),
			  e->rank, strerror(-r));
}

static void
forwarded(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	char text[1200];

	if (status->code != RPC_OK)
		log_error("an event was not forwarded to the management service: %s",
			  rpc_status_format(status, text, sizeof(text)));
}

static void
forward(struct srv_server *s, const struct srv_event *e)
{
	Shared__RASEvent__EngineStateEventInfo engine =
	    SHARED__RASEVENT__ENGINE_STATE_EVENT_INFO__INIT;
	Shared__RASEvent        pb;
	Shared__ClusterEventReq req  = SHARED__CLUSTER_EVENT_REQ__INIT;
	struct ctl_ms_opts      opts = {
		 .method = "ClusterEvent",
		 .req    = &req.base,
		 .retry  = CTL_RETRY_CONNECTION,
		 .cb     = forwarded,
		 .arg    = s,
        };
	int r;

	if (e->id == SRV_EVENT_ENGINE_DIED && e->rank == DAOS_RANK_NIL)
		return;
	srv_event_to_pb(e, &pb, &engine);
	req.sequence = ++s->event_sequence;
	req.event    = &pb;
	r            = ctl_ms_call(s->client, &opts, NULL);
	if (r < 0)
		log_error("event %s was not forwarded: %s", srv_event_name(e->id), strerror(-r));
}

void
srv_receive_event(struct srv_server *s, const struct srv_event *e)
{
	if (s->db != NULL && s->leader.ready)
		act_as_leader(s, e);
}

/* To the system log, or to ours where that is not possible. */
static void
log_event(struct srv_server *s, uint32_t severity, const char *text)
{
	int r = s->syslog_fd >= 0 ? srv_syslog_send(s->syslog_fd, severity, text) : -ENOTCONN;

	if (r < 0 && r != -EAGAIN) { /* its daemon may have been restarted */
		int fd = srv_syslog_open(NULL);

		closep(&s->syslog_fd);
		s->syslog_fd = fd;
		if (fd >= 0)
			r = srv_syslog_send(fd, severity, text);
	}
	if (r < 0)
		log_info("&&& RAS %s", text);
}

void
srv_publish(struct srv_server *s, struct srv_event *e)
{
	struct strbuf b = STRBUF_INIT;
	char          time[64];

	if (str_empty(e->hostname))
		e->hostname = s->hostname;
	if (str_empty(e->timestamp))
		e->timestamp = srv_event_timestamp(loop_wall_ms(s->loop), time, sizeof(time));
	if (e->proc_id == 0)
		e->proc_id = (uint64_t)getpid();
	srv_event_format(e, &b);
	log_event(s, e->severity, strbuf_str(&b));
	strbuf_fini(&b);
	if (s->stopping)
		return;
	if (s->db != NULL && s->leader.ready)
		act_as_leader(s, e);
	else if (e->type == SRV_EVENT_STATE_CHANGE)
		forward(s, e);
}
