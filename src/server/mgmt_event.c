/*
 * MgmtSvc.ClusterEvent: an event another server forwards to the leader.
 */
#include "mgmt/mgmt.pb-c.h"
#include "server/server_private.h"

void
srv_cluster_event(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Shared__ClusterEventReq *req  = (const Shared__ClusterEventReq *)msg;
	Shared__ClusterEventResp       resp = SHARED__CLUSTER_EVENT_RESP__INIT;
	struct srv_event               e;
	struct fault                   f = FAULT_INIT;

	if (req->event == NULL || req->event->id == SRV_EVENT_UNKNOWN ||
	    req->event->id >= _SRV_EVENT_MAX) {
		fault_plain(&f, -EINVAL, "unknown event type in cluster event request");
		rpc_call_fail_fault(call, &f);
		return;
	}
	srv_event_from_pb(req->event, &e);
	srv_receive_event(arg, &e);
	resp.sequence = req->sequence;
	rpc_call_reply(call, &resp.base);
}
