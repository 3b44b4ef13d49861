/*
 * MgmtSvc.SystemErase. The leader has all engines of the system forget their superblocks, tells the
 * other replicas, removes its own database and, having answered, starts over as a new process. A replica
 * that does not lead erases only itself, and only when the leader says so.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "control/retry.h"
#include "mgmt/mgmt.pb-c.h"
#include "server/rank_results.h"
#include "server/server_private.h"

struct erase_op {
	struct srv_server      *s;
	struct rpc_call        *call;
	uint64_t                deadline_ms; /* loop time */
	struct srv_rank_results results;
	bool                    failed; /* some rank */
	Mgmt__SystemEraseReq    to_peers;
	struct fault            fault; /* of a peer or of the removal */
};

/* ---- end ---- */

static void
op_free(struct erase_op *op)
{
	srv_rank_results_fini(&op->results);
	free(op);
}

static void
op_fail(struct erase_op *op, int err)
{
	srv_call_fail(op->call, err, &op->fault);
	op_free(op);
}

static void
op_reply(struct erase_op *op)
{
	Mgmt__SystemEraseResp resp = MGMT__SYSTEM_ERASE_RESP__INIT;
	Shared__RankResult  **list = NULL;
	int                   r    = srv_rank_results_pack(&op->results, &list);

	if (r < 0) {
		op_fail(op, r);
		return;
	}
	resp.n_results = op->results.list.n;
	resp.results   = list;
	rpc_call_reply(op->call, &resp.base);
	free(list);
	op_free(op);
}

/* ---- our own part ---- */

static void
remove_database(void *arg)
{
	struct erase_op *op = arg;

	(void)stor_raft_dir_remove(op->s->storage, &op->fault); /* the fault tells */
}

static void
database_removed(void *arg)
{
	struct erase_op   *op = arg;
	struct srv_server *s  = op->s;

	if (op->fault.set) {
		log_error("the system is erased but for the database: %s; remove it and start the "
			  "server again",
			  op->fault.description);
		op_fail(op, -EIO);
		return;
	}
	log_notice("the system is erased");
	op_reply(op);
	s->again = true;
	srv_shutdown(s, 0, NULL);
}

static void
database_closed(void *arg)
{
	struct erase_op *op = arg;
	int              r;

	r = loop_work_submit(op->s->loop, remove_database, database_removed, op);
	if (r < 0)
		op_fail(op, r);
}

/* From here on no request is taken. */
static void
erase_database(struct erase_op *op)
{
	struct srv_server *s  = op->s;
	struct sys_db     *db = TAKE_PTR(s->db);

	s->erasing        = true;
	s->leader.elected = s->leader.ready = false;
	sys_db_close(db, database_closed, op);
}

/* ---- the other replicas ---- */

/* A peer that cannot be reached, or has nothing, needs no erasing now. */
static void
peer_answered(size_t index, const char *host, const struct rpc_status *status,
	      const ProtobufCMessage *resp, void *arg)
{
	struct erase_op *op = arg;
	char             text[1200];

	if (status->code == RPC_OK || ctl_status_is_uninitialized(status))
		return;
	(void)rpc_status_format(status, text, sizeof(text));
	if (ctl_status_is_connection(status))
		log_notice("replica %s was not told of the erasure: %s", host, text);
	else if (!op->fault.set)
		fault_plain(&op->fault, -EREMOTEIO, "replica %s is not erased: %s", host, text);
}

static void
peers_done(void *arg)
{
	struct erase_op *op = arg;

	if (op->fault.set || op->s->db == NULL)
		op_fail(op, -ECANCELED);
	else
		erase_database(op);
}

static int
tell_peers(struct erase_op *op)
{
	const struct srv_net         *net   = &op->s->net;
	_cleanup_(freep) const char **hosts = calloc(net->replicas.n + 1, sizeof(*hosts));
	uint64_t                      now   = loop_now_ms(op->s->loop);
	struct ctl_fanout_opts        opts  = {
		    .service     = &mgmt__mgmt_svc__descriptor,
		    .method      = "SystemErase",
		    .req         = &op->to_peers.base,
		    .hosts       = hosts,
		    .deadline_ms = op->deadline_ms > now ? op->deadline_ms - now : 1,
		    .on_result   = peer_answered,
		    .on_done     = peers_done,
		    .arg         = op,
        };

	if (hosts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < net->replicas.n; i++)
		if (!str_eq(net->replicas.v[i], net->replica_addr))
			hosts[opts.n_hosts++] = net->replicas.v[i];
	if (opts.n_hosts == 0) {
		erase_database(op);
		return 0;
	}
	op->to_peers     = (Mgmt__SystemEraseReq)MGMT__SYSTEM_ERASE_REQ__INIT;
	op->to_peers.sys = op->s->cfg->name;
	return ctl_fanout_start(op->s->client, &opts, NULL, &op->fault);
}

/* ---- the engines ---- */

static void
ranks_reset(const struct ctl_rank_result *results, size_t n, void *arg)
{
	struct erase_op *op = arg;
	int              r  = op->s->db == NULL ? -ECANCELED : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ctl_rank_result row = results[i];

		row.action = ctl_rank_op_action(CTL_RANKS_RESET_FORMAT);
		op->failed = op->failed || row.errored;
		r          = srv_rank_results_add(&op->results, &row);
	}
	if (r == 0 && op->failed) {
		op_reply(op);
		return;
	}
	if (r == 0)
		r = tell_peers(op);
	if (r < 0)
		op_fail(op, r);
}

static int
reset_ranks(struct erase_op *op)
{
	struct sys_members                       ms      = sys_db_members(op->s->db);
	_cleanup_(freep) struct ctl_rank_target *targets = calloc(ms.n + 1, sizeof(*targets));
	uint64_t                                 now     = loop_now_ms(op->s->loop);
	struct ctl_ranks_opts                    opts    = {
				  .op          = CTL_RANKS_RESET_FORMAT,
				  .targets     = targets,
				  .n_targets   = ms.n,
				  .deadline_ms = op->deadline_ms > now ? op->deadline_ms - now : 1,
				  .on_done     = ranks_reset,
				  .arg         = op,
        };

	if (targets == NULL)
		return -ENOMEM;
	if (ms.n == 0)
		return tell_peers(op);
	for (size_t i = 0; i < ms.n; i++)
		targets[i] = (struct ctl_rank_target){ms.v[i]->rank, ms.v[i]->addr};
	return ctl_ranks_start(op->s->client, &opts, NULL);
}

/* ---- handler ---- */

static void
erase_replica(struct srv_server *s, struct rpc_call *call)
{
	Mgmt__SystemEraseResp resp = MGMT__SYSTEM_ERASE_RESP__INIT;

	log_notice("this replica is erased");
	rpc_call_reply(call, &resp.base);
	s->erasing = s->erase_all = s->again = true;
	srv_shutdown(s, 0, NULL);
}

/* The leader tells the replicas; everybody else has to ask the leader. */
static bool
asked_by_server(const struct rpc_call *call)
{
	const char *said = rpc_call_header(call, "x-daos-component");

	if (rpc_call_is_secure(call))
		return rpc_call_cert_component(call) == SEC_COMPONENT_SERVER;
	return said != NULL && str_eq(said, "server");
}

/* A replica that erased itself for an administrator would leave the leader with its database. */
static void
redirect(struct srv_server *s, struct rpc_call *call)
{
	struct rpc_status st = RPC_STATUS_INIT;

	rpc_status_not_leader(&st, s->db == NULL ? "" : sys_db_leader(s->db),
			      (const char *const *)s->net.replicas.v, s->net.replicas.n);
	rpc_call_fail(call, &st);
	rpc_status_fini(&st);
}

void
srv_system_erase(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct srv_server *s = arg;
	struct fault       f = FAULT_INIT;
	struct erase_op   *op;
	int                r;

	if (!s->leader.elected) {
		if (asked_by_server(call))
			erase_replica(s, call);
		else
			redirect(s, call);
		return;
	}
	if (!s->leader.ready) {
		fault_plain(&f, -EAGAIN, "%s", SRV_TEXT_STEP_UP);
		srv_call_fail(call, -EAGAIN, &f);
		return;
	}
	op = calloc(1, sizeof(*op));
	if (op == NULL) {
		srv_call_fail(call, -ENOMEM, &f);
		return;
	}
	*op = (struct erase_op){
	    .s = s, .call = call, .deadline_ms = loop_now_ms(s->loop) + srv_call_time_ms(call)};
	r = reset_ranks(op);
	if (r < 0)
		op_fail(op, r);
}
