/*
 * MgmtSvc requests about all pools of the system: ListPools, SystemDrain, SystemRebuildManage,
 * SystemCleanup. This server has no handler that makes a pool and its database has no place for one, so
 * each answers, after the checks that do not depend on pools, what a system without pools answers.
 */
#include "common/str.h"
#include "mgmt/pool.pb-c.h"
#include "mgmt/system.pb-c.h"
#include "server/server_private.h"

/* Operations of SystemRebuildManage on the wire. */
#define REBUILD_START 1
#define REBUILD_STOP  2

void
srv_list_pools(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const struct srv_server *s    = arg;
	Mgmt__ListPoolsResp      resp = MGMT__LIST_POOLS_RESP__INIT;

	resp.data_version = sys_db_data_version(s->db);
	rpc_call_reply(call, &resp.base);
}

/* Also reintegration, by a flag of the request. */
void
srv_system_drain(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemDrainReq *req = (const Mgmt__SystemDrainReq *)msg;
	const struct srv_server    *s   = arg;
	struct srv_selection        sel = {0};
	struct fault                f   = FAULT_INIT;
	int                         r;

	r = srv_select_named(s->db, req->ranks, req->hosts, &sel, &f);
	if (r == 0)
		r = srv_selection_drop_excluded(&sel, true, &f);
	srv_selection_fini(&sel);
	if (r == 0)
		r = fault_plain(&f, -ENOENT,
				"no pool-ranks found to operate on with request params");
	srv_call_fail(call, r, &f);
}

void
srv_system_rebuild_manage(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemRebuildManageReq *req  = (const Mgmt__SystemRebuildManageReq *)msg;
	Mgmt__SystemRebuildManageResp       resp = MGMT__SYSTEM_REBUILD_MANAGE_RESP__INIT;
	struct fault                        f    = FAULT_INIT;
	int                                 r    = 0;

	if (req->op_code != REBUILD_START && req->op_code != REBUILD_STOP)
		r = fault_plain(&f, -EINVAL, "invalid pool-rebuild opcode %u", req->op_code);
	if (r == 0)
		rpc_call_reply(call, &resp.base);
	else
		srv_call_fail(call, r, &f);
}

void
srv_system_cleanup(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemCleanupReq *req  = (const Mgmt__SystemCleanupReq *)msg;
	Mgmt__SystemCleanupResp       resp = MGMT__SYSTEM_CLEANUP_RESP__INIT;
	struct fault                  f    = FAULT_INIT;

	if (!str_empty(req->machine)) {
		rpc_call_reply(call, &resp.base);
		return;
	}
	fault_plain(&f, -EINVAL, "SystemCleanup requires a machine name");
	srv_call_fail(call, -EINVAL, &f);
}
