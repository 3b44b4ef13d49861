/*
 * Handlers of a test's MgmtSvc: they do what the request says, so that any client can ask for any
 * outcome.
 */
#pragma once

#include "common/str.h"
#include "mgmt/mgmt.pb-c.h"
#include "rpc/rpc.h"

/* LeaderQuery: answers with its own `hosts`. */
static inline void
handler_echo(struct rpc_call *c, const ProtobufCMessage *m, void *arg)
{
	const Mgmt__LeaderQueryReq *req  = (const Mgmt__LeaderQueryReq *)m;
	Mgmt__LeaderQueryResp       resp = MGMT__LEADER_QUERY_RESP__INIT;

	resp.current_leader = req->hosts;
	rpc_call_reply(c, &resp.base);
}

/* PoolDestroy: fails in the way `id` names. */
static inline void
handler_fail(struct rpc_call *c, const ProtobufCMessage *m, void *arg)
{
	const Mgmt__PoolDestroyReq *req        = (const Mgmt__PoolDestroyReq *)m;
	Mgmt__PoolDestroyResp       resp       = MGMT__POOL_DESTROY_RESP__INIT;
	const char *const           replicas[] = {"10.0.0.1:10001", "10.0.0.2:10001"};
	struct rpc_status           s          = RPC_STATUS_INIT;
	struct fault                fault      = FAULT_INIT;

	if (str_eq(req->id, "fault")) {
		fault_set(&fault, FAULT_SERVER_WRONG_SYSTEM, "r\xc3\xa9quest 100%% for \"x\"");
		rpc_call_fail_fault(c, &fault);
		return;
	}
	if (str_eq(req->id, "status")) {
		resp.status = -1005;
		rpc_call_reply(c, &resp.base);
		return;
	}
	if (str_eq(req->id, "plain"))
		rpc_status_set(&s, RPC_UNKNOWN, "raft service unavailable (not started yet?)");
	else if (str_eq(req->id, "not replica"))
		rpc_status_not_replica(&s, replicas, 2);
	else if (str_eq(req->id, "not leader"))
		rpc_status_not_leader(&s, "10.0.0.9:10001", replicas, 2);
	else if (str_eq(req->id, "no pool"))
		rpc_status_pool_not_found(&s, NULL, "tank", NULL);
	else
		rpc_status_set(&s, RPC_PERMISSION_DENIED, "denied");
	rpc_call_fail(c, &s);
	rpc_status_fini(&s);
}
