/*
 * MgmtSvc.SystemExclude: an administrator takes ranks out of the system, or lets them back in. A rank
 * that is let back stays excluded until its engine joins again.
 */
#include <stdlib.h>

#include "mgmt/system.pb-c.h"
#include "server/rank_results.h"
#include "server/server_private.h"

struct exclude_op {
	struct srv_server      *s;
	struct rpc_call        *call;
	struct srv_rank_results results;
};

static void
op_free(struct exclude_op *op)
{
	srv_rank_results_fini(&op->results);
	free(op);
}

static void
op_fail(struct exclude_op *op, int err, struct fault *f)
{
	srv_call_fail(op->call, err, f);
	op_free(op);
}

static void
stored(int err, const struct fault *f, void *arg)
{
	struct exclude_op      *op   = arg;
	Mgmt__SystemExcludeResp resp = MGMT__SYSTEM_EXCLUDE_RESP__INIT;
	Shared__RankResult    **list = NULL;
	struct fault            copy = FAULT_INIT;
	int                     r    = err;

	if (err == 0)
		srv_group_update(op->s, false);
	if (f != NULL && err < 0)
		copy = *f;
	if (r == 0)
		r = srv_rank_results_pack(&op->results, &list);
	if (r < 0) {
		op_fail(op, r, &copy);
		return;
	}
	resp.n_results = op->results.list.n;
	resp.results   = list;
	rpc_call_reply(op->call, &resp.base);
	free(list);
	op_free(op);
}

static int
change(struct exclude_op *op, const struct srv_selection *sel, bool clear)
{
	_cleanup_(freep) uint32_t *ranks = calloc(sel->n + 1, sizeof(*ranks));
	enum sys_member_state      state = clear ? SYS_MEMBER_EXCLUDED : SYS_MEMBER_ADMIN_EXCLUDED;
	int                        r     = ranks == NULL ? -ENOMEM : 0;

	for (size_t i = 0; r == 0 && i < sel->n; i++) {
		ranks[i] = sel->v[i]->rank;
		r        = srv_rank_results_add(
			   &op->results,
			   &(struct ctl_rank_result){.rank   = ranks[i],
						     .action = clear ? "clear admin-excluded state"
								     : "set admin-excluded state",
						     .state  = sys_member_state_name(state),
						     .addr   = sel->v[i]->addr});
	}
	return r < 0 ? r : sys_db_admin_exclude(op->s->db, ranks, sel->n, clear, stored, op);
}

void
srv_system_exclude(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemExcludeReq *req = (const Mgmt__SystemExcludeReq *)msg;
	struct srv_server            *s   = arg;
	struct srv_selection          sel = {0};
	struct exclude_op            *op  = calloc(1, sizeof(*op));
	struct fault                  f   = FAULT_INIT;
	int                           r;

	if (op == NULL) {
		srv_call_fail(call, -ENOMEM, &f);
		return;
	}
	*op = (struct exclude_op){.s = s, .call = call};
	r   = srv_select_named(s->db, req->ranks, req->hosts, &sel, &f);
	if (r == 0)
		r = change(op, &sel, req->clear);
	srv_selection_fini(&sel);
	if (r < 0)
		op_fail(op, r, &f);
}
