/*
 * MgmtSvc.SystemSelfHealEval: applies the self_heal property to the present state. With the flag
 * `exclude` an engine of this host is asked which ranks its group holds for dead, and they are excluded.
 * The flags about pools ask nobody: there are no pools.
 */
#include <stdlib.h>

#include "common/der.h"
#include "common/sysprop.h"
#include "mgmt/svc.pb-c.h"
#include "server/server_private.h"

struct heal_op {
	struct srv_server *s;
	struct rpc_call   *call;
	size_t             pending; /* ranks being written */
	bool               changed;
	int                err;
	struct fault       fault;
};

static void
op_finish(struct heal_op *op)
{
	Mgmt__DaosResp resp = MGMT__DAOS_RESP__INIT;

	if (op->changed)
		srv_group_update(op->s, false);
	if (op->err == 0) {
		rpc_call_reply(op->call, &resp.base);
	} else {
		if (op->fault.set)
			fault_wrap(&op->fault, "excluding ranks based on self_heal.exclude");
		srv_call_fail(op->call, op->err, &op->fault);
	}
	free(op);
}

static void
op_error(struct heal_op *op, int err, const struct fault *f)
{
	if (op->err != 0)
		return;
	op->err = err;
	if (f != NULL)
		op->fault = *f;
}

static void
excluded(int err, const struct fault *f, enum sys_event_verdict verdict, void *arg)
{
	struct heal_op *op = arg;

	if (err < 0)
		op_error(op, err, f);
	else if (verdict == SYS_EVENT_APPLY)
		op->changed = true;
	if (--op->pending == 0)
		op_finish(op);
}

/* The callbacks come later, so the count is complete before the first. */
static void
exclude_dead(struct heal_op *op, const uint32_t *ranks, size_t n)
{
	for (size_t i = 0; i < n && op->err == 0; i++) {
		int r = sys_db_rank_dead(op->s->db, ranks[i], 0, excluded, op);

		if (r == 0)
			op->pending++;
		else
			op_error(op, r, NULL);
	}
	if (op->pending == 0)
		op_finish(op);
}

static void
status_known(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct heal_op           *op   = arg;
	Mgmt__GetGroupStatusResp *resp = NULL;
	struct fault              told = FAULT_INIT;
	char                      text[256];

	if (err == 0 && op->s->db == NULL)
		err = -ECANCELED;
	if (err == 0) {
		resp = mgmt__get_group_status_resp__unpack(NULL, len, body);
		if (resp == NULL)
			err = fault_plain(&told, -EPROTO, "the engine's answer cannot be read");
		else if (resp->status != 0)
			err = fault_plain(&told, -EIO, "the engine gave no group status: %s",
					  der_format(resp->status, text, sizeof(text)));
		if (err < 0)
			f = &told;
	}
	if (err < 0) {
		op_error(op, err, f);
		op_finish(op);
	} else {
		exclude_dead(op, resp->dead_ranks, resp->n_dead_ranks);
	}
	if (resp != NULL)
		mgmt__get_group_status_resp__free_unpacked(resp, NULL);
}

void
srv_system_self_heal_eval(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct srv_server      *s   = arg;
	Mgmt__GetGroupStatusReq req = MGMT__GET_GROUP_STATUS_REQ__INIT;
	struct heal_op         *op  = calloc(1, sizeof(*op));
	struct fault            f   = FAULT_INIT;
	int                     r;

	if (op == NULL) {
		srv_call_fail(call, -ENOMEM, &f);
		return;
	}
	*op = (struct heal_op){.s = s, .call = call};
	if (!sysprop_policy_has(srv_self_heal_policy(s), "exclude")) {
		op_finish(op);
		return;
	}
	r = har_harness_call(s->harness, DRPC_MGMT_GROUP_STATUS_GET, &req.base,
			     srv_call_time_ms(call), status_known, op, NULL);
	if (r < 0) {
		op_error(op, r, NULL);
		op_finish(op);
	}
}
