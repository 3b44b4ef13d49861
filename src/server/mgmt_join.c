/*
 * MgmtSvc.Join. Requests that come while a batch is being written wait and become the next batch,
 * so a lone join is not delayed and a thousand of them are a few log entries. The first engine of
 * the leader's own host is set up before its answer, so that there is an engine to tell the group
 * to.
 */
#include <stdio.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "server/server_private.h"

/* Between batches that follow each other: grows by a step each, and this many joins end it. */
#define PAUSE_STEP_MS 10
#define PAUSE_MAX_MS  200
#define PAUSE_ENDS    256
#define IDLE_MS       500

struct srv_join {
	struct srv_server *s;
	struct rpc_call   *call;
	Mgmt__JoinReq     *req; /* a copy of our own */
	char               addr[SYS_ADDR_SIZE];
	/* the outcome */
	uint32_t rank;
	uint32_t map_version;
};

struct batch {
	struct srv_server *s;
	size_t             n;
	struct srv_join  **joins;
};

static void next_batch(struct srv_server *s);

static void
join_free(struct srv_join *j)
{
	if (j->req != NULL)
		mgmt__join_req__free_unpacked(j->req, NULL);
	free(j);
}

/* ---- answers ---- */

static void
join_fail(struct srv_join *j, const struct fault *f, const char *sentinel)
{
	struct rpc_status st = RPC_STATUS_INIT;
	char              text[1200];

	log_error("join of engine %u at %s (rank %u, uuid %s) failed: %s", j->req->idx, j->addr,
		  j->req->rank, j->req->uuid,
		  sentinel != NULL ? sentinel : fault_format(f, text, sizeof(text)));
	if (sentinel != NULL) {
		rpc_status_set(&st, RPC_UNKNOWN, "%s", sentinel);
		rpc_call_fail(j->call, &st);
		rpc_status_fini(&st);
	} else {
		rpc_call_fail_fault(j->call, f);
	}
	join_free(j);
}

static void
join_reply(struct srv_join *j, bool local)
{
	Mgmt__JoinResp resp    = MGMT__JOIN_RESP__INIT;
	const char    *checker = sys_db_attr(j->s->db, SYS_ATTR_CHECKER_ENABLED);

	resp.rank        = j->rank;
	resp.map_version = j->map_version;
	resp.localjoin   = local;
	resp.state = checker != NULL && str_eq(checker, "true") ? MGMT__JOIN_RESP__STATE__CHECK
								: MGMT__JOIN_RESP__STATE__IN;
	rpc_call_reply(j->call, &resp.base);
	join_free(j);
}

/* ---- the leader's own first engine ---- */

static void
local_set_up(const struct fault *f, void *arg)
{
	struct srv_join *j = arg;

	if (f == NULL)
		join_reply(j, true);
	else
		join_fail(j, f, NULL);
}

/* The instance this join is for, when it is the first one of this very server. */
static struct har_instance *
local_instance(const struct srv_join *j)
{
	struct har_instance *i = har_harness_get(j->s->harness, 0);
	char                 ip[INET_ADDRSTRLEN];

	(void)snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(j->addr, ":"), j->addr);
	if (j->req->idx != 0 || i == NULL || !srv_net_is_local(&j->s->ifs, ip))
		return NULL;
	/* Another server on the same machine has another engine. */
	if (har_instance_state(i) != HAR_STATE_JOINING ||
	    !str_eq(har_instance_uuid(i)->s, j->req->uuid))
		return NULL;
	return i;
}

static void
joined(struct srv_join *j, const struct sys_join_outcome *o, uint32_t map_version)
{
	struct har_instance *i = local_instance(j);
	struct fault         f = FAULT_INIT;
	int                  r;

	j->rank        = o->rank;
	j->map_version = map_version;
	log_info("rank %u joined: addr=%s uuid=%s uri=%s", o->rank, j->addr, j->req->uuid,
		 j->req->uri);
	if (i == NULL) {
		join_reply(j, false);
		return;
	}
	r = har_instance_set_up(i, j->rank, j->map_version, local_set_up, j);
	if (r < 0) {
		fault_plain(&f, r, "set-up of rank %u: %s", j->rank, strerror(-r));
		join_fail(j, &f, NULL);
	}
}

static void
refused(struct srv_join *j, const struct sys_join_outcome *o)
{
	if (sys_join_reason_has_event(o->reason)) {
		struct srv_event e = {.id          = SRV_EVENT_ENGINE_JOIN_FAILED,
				      .type        = SRV_EVENT_INFO,
				      .severity    = SRV_SEV_ERROR,
				      .msg         = o->fault.description,
				      .rank        = j->req->rank,
				      .incarnation = j->req->incarnation};

		srv_publish(j->s, &e);
	}
	join_fail(j, &o->fault, o->reason == SYS_JOIN_NO_PROVIDER ? SRV_TEXT_STEP_UP : NULL);
}

/* ---- batches ---- */

static void
resumed(int err, const struct fault *f, void *arg)
{
	struct srv_server *s = arg;
	char               text[1200];

	if (err < 0)
		log_error("group updates could not be resumed: %s",
			  fault_format(f, text, sizeof(text)));
	else
		srv_group_update(s, true);
}

/* After a change of the fabric provider, updates go on when everybody is back. */
static void
resume_if_settled(struct srv_server *s)
{
	const struct sys_attr attr = {SYS_ATTR_GROUP_UPDATE_PAUSED, ""};
	struct sys_members    ms   = sys_db_members(s->db);

	if (srv_group_update_paused(s) && sys_members_all_settled(&ms) &&
	    sys_db_set_attrs(s->db, &attr, 1, resumed, s) < 0)
		log_error("group updates could not be resumed");
}

static void
batch_done(int err, const struct fault *f, const struct sys_join_outcome *outcomes, size_t n,
	   uint32_t map_version, void *arg)
{
	struct batch      *b   = arg;
	struct srv_server *s   = b->s;
	bool               any = false;

	for (size_t k = 0; k < b->n; k++) {
		if (err == -EAGAIN || err == -ECANCELED) {
			join_fail(b->joins[k], f, SRV_TEXT_RAFT_UNAVAILABLE);
		} else if (err < 0) {
			join_fail(b->joins[k], f, NULL);
		} else if (outcomes[k].result == SYS_JOIN_REFUSED) {
			refused(b->joins[k], &outcomes[k]);
		} else {
			any = true;
			joined(b->joins[k], &outcomes[k], map_version);
		}
	}
	free(b->joins);
	free(b);
	s->joins.busy = false;
	if (any) {
		resume_if_settled(s);
		srv_group_update(s, true);
	}
	next_batch(s);
}

static void
fill_request(const struct srv_join *j, struct sys_join_req *ret)
{
	const Mgmt__JoinReq *q = j->req;

	*ret = (struct sys_join_req){
	    .rank              = q->rank,
	    .uuid              = q->uuid,
	    .addr              = j->addr,
	    .uri               = q->uri,
	    .nctxs             = q->nctxs,
	    .secondary_uris    = (const char *const *)q->secondary_uris,
	    .n_secondary_uris  = q->n_secondary_uris,
	    .secondary_nctxs   = q->secondary_nctxs,
	    .n_secondary_nctxs = q->n_secondary_nctxs,
	    .fault_domain      = q->srvfaultdomain,
	    .incarnation       = q->incarnation,
	    .check_mode        = q->check_mode,
	    .replace           = q->replace,
	};
}

static void
pause_over(struct loop_timer *t, void *arg)
{
	next_batch(arg);
}

/*
 * Whether the next batch waits for more joins. One that comes after an idle time does not; when
 * batches follow each other, because joins trickle in, each begins a little later after the one
 * before, as every batch costs two log entries (its own and that of the group update).
 */
static bool
collects(struct srv_server *s)
{
	uint64_t now  = loop_now_ms(s->loop);
	uint64_t next = s->joins.begun_ms +
			MIN((uint64_t)s->joins.in_a_row * PAUSE_STEP_MS, (uint64_t)PAUSE_MAX_MS);

	if (now - s->joins.begun_ms >= IDLE_MS)
		s->joins.in_a_row = 0;
	else if (now < next && s->joins.waiting.n < PAUSE_ENDS && !s->stopping &&
		 (s->joins.pause != NULL ||
		  loop_timer_new(s->loop, pause_over, s, &s->joins.pause) == 0)) {
		loop_timer_start(s->joins.pause, next - now, 0);
		return true;
	}
	return false;
}

/* Nobody would hear of these: their callers repeat them, or have gone. */
static void
drop_abandoned(struct srv_server *s)
{
	struct fault f    = FAULT_INIT;
	size_t       kept = 0;

	fault_plain(&f, -ECANCELED, "the caller has given up");
	for (size_t k = 0; k < s->joins.waiting.n; k++) {
		struct srv_join *j = s->joins.waiting.v[k];

		if (rpc_call_is_cancelled(j->call))
			join_fail(j, &f, NULL);
		else
			s->joins.waiting.v[kept++] = j;
	}
	s->joins.waiting.n = kept;
}

static void
next_batch(struct srv_server *s)
{
	size_t               n;
	struct batch        *b;
	struct sys_join_req *reqs;
	struct fault         f = FAULT_INIT;
	int                  r = -ENOMEM;

	if (s->joins.busy || s->joins.waiting.n == 0 || collects(s))
		return;
	drop_abandoned(s);
	n = MIN(s->joins.waiting.n, (size_t)SYS_JOIN_BATCH_MAX);
	if (n == 0)
		return;
	s->joins.begun_ms = loop_now_ms(s->loop);
	s->joins.in_a_row++;
	b    = calloc(1, sizeof(*b));
	reqs = calloc(n, sizeof(*reqs));
	if (b != NULL)
		*b = (struct batch){.s = s, .n = n, .joins = calloc(n, sizeof(*b->joins))};
	if (b != NULL && reqs != NULL && b->joins != NULL) {
		for (size_t k = 0; k < n; k++) {
			b->joins[k] = s->joins.waiting.v[k];
			fill_request(b->joins[k], &reqs[k]);
		}
		r = s->db == NULL ? -ECANCELED : sys_db_join(s->db, reqs, n, batch_done, b);
	}
	free(reqs);
	if (r < 0) {
		fault_plain(&f, r, "%s", strerror(-r));
		if (b != NULL)
			free(b->joins);
		free(b);
		for (size_t k = 0; k < n; k++)
			join_fail(s->joins.waiting.v[k], &f,
				  r == -EAGAIN ? SRV_TEXT_RAFT_UNAVAILABLE : NULL);
	} else {
		s->joins.busy = true;
	}
	memmove(s->joins.waiting.v, s->joins.waiting.v + n,
		(s->joins.waiting.n - n) * sizeof(struct srv_join *));
	s->joins.waiting.n -= n;
}

/* A message's copy, because requests are borrowed only for the handler. */
static Mgmt__JoinReq *
dup_request(const ProtobufCMessage *msg)
{
	size_t         len = protobuf_c_message_get_packed_size(msg);
	uint8_t       *buf = malloc(len + 1);
	Mgmt__JoinReq *req = NULL;

	if (buf != NULL) {
		(void)protobuf_c_message_pack(msg, buf);
		req = mgmt__join_req__unpack(NULL, len, buf);
	}
	free(buf);
	return req;
}

void
srv_join(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct srv_server *s = arg;
	struct srv_join   *j = calloc(1, sizeof(*j));
	struct fault       f = FAULT_INIT;
	int                r = -ENOMEM;

	if (j != NULL) {
		*j = (struct srv_join){.s = s, .call = call, .req = dup_request(msg)};
		if (j->req != NULL) {
			r = sys_join_addr(j->req->addr, rpc_call_peer_ip(call), j->addr);
			if (r < 0)
				fault_plain(&f, r,
					    "invalid control address \"%.64s\" in join request",
					    j->req->addr);
			else
				r = vec_push(&s->joins.waiting, j);
		}
	}
	if (r == 0) {
		next_batch(s);
		return;
	}
	if (!f.set)
		fault_plain(&f, r, "%s", strerror(-r));
	if (j != NULL)
		join_free(j);
	rpc_call_fail_fault(call, &f);
}
