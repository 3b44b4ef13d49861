/*
 * What engines ask over dRPC (wire-drpc.md §4). Pools do not exist yet, so questions about them are
 * answered from an empty table; methods that are not built answer UNKNOWN_METHOD by not being
 * registered.
 */
#include <string.h>

#include "common/log.h"
#include "common/der.h"
#include "common/uuid.h"
#include "server/server_private.h"
#include "srv/srv.pb-c.h"

static void
notify_ready(struct drpc_call *call, void *arg)
{
	struct srv_server   *s = arg;
	size_t               len;
	const void          *body = drpc_call_body(call, &len);
	Srv__NotifyReadyReq *req  = srv__notify_ready_req__unpack(NULL, len, body);
	struct har_instance *i;
	struct har_notify    n;
	struct fault         f = FAULT_INIT;
	int                  r;

	if (req == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
		return;
	}
	n = (struct har_notify){
	    .uri               = req->uri,
	    .secondary_uris    = (const char *const *)req->secondaryuris,
	    .n_secondary_uris  = req->n_secondaryuris,
	    .nctxs             = req->nctxs,
	    .secondary_nctxs   = req->secondarynctxs,
	    .n_secondary_nctxs = req->n_secondarynctxs,
	    .ntgts             = req->ntgts,
	    .incarnation       = req->incarnation,
	    .drpc_path         = req->drpclistenersock,
	    .check_mode        = req->check_mode,
	};
	i = har_harness_get(s->harness, req->instanceidx);
	if (i == NULL)
		r = fault_plain(&f, -ENOENT, "there is no engine %u", req->instanceidx);
	else
		r = har_instance_notify_ready(i, &n, &f);
	if (r < 0) {
		log_error("ready message of an engine refused: %s",
			  f.set ? f.description : strerror(-r));
		drpc_call_fail(call, DRPC__STATUS__FAILURE);
	} else {
		drpc_call_reply(call, NULL);
	}
	srv__notify_ready_req__free_unpacked(req, NULL);
}

static void
cluster_event(struct drpc_call *call, void *arg)
{
	struct srv_server       *s = arg;
	size_t                   len;
	const void              *body = drpc_call_body(call, &len);
	Shared__ClusterEventReq *req  = shared__cluster_event_req__unpack(NULL, len, body);
	Shared__ClusterEventResp resp = SHARED__CLUSTER_EVENT_RESP__INIT;
	struct srv_event         e;

	if (req == NULL || req->event == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
	} else {
		srv_event_from_pb(req->event, &e);
		srv_publish(s, &e);
		if (e.id == SRV_EVENT_ENGINE_SELF_TERMINATED)
			srv_restart_self_terminated(s, e.rank);
		resp.sequence = req->sequence;
		drpc_call_reply(call, &resp.base);
	}
	if (req != NULL)
		shared__cluster_event_req__free_unpacked(req, NULL);
}

static void
get_pool_svc(struct drpc_call *call, void *arg)
{
	size_t              len;
	const void         *body = drpc_call_body(call, &len);
	Srv__GetPoolSvcReq *req  = srv__get_pool_svc_req__unpack(NULL, len, body);
	Srv__GetPoolSvcResp resp = SRV__GET_POOL_SVC_RESP__INIT;
	struct uuid         uuid;

	if (req == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
		return;
	}
	if (uuid_from_text(req->uuid, &uuid) < 0) {
		drpc_call_fail(call, DRPC__STATUS__FAILURE);
	} else {
		resp.status = -DER_NONEXIST;
		drpc_call_reply(call, &resp.base);
	}
	srv__get_pool_svc_req__free_unpacked(req, NULL);
}

static void
pool_find_by_label(struct drpc_call *call, void *arg)
{
	size_t                   len;
	const void              *body = drpc_call_body(call, &len);
	Srv__PoolFindByLabelReq *req  = srv__pool_find_by_label_req__unpack(NULL, len, body);
	Srv__PoolFindByLabelResp resp = SRV__POOL_FIND_BY_LABEL_RESP__INIT;

	if (req == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
		return;
	}
	resp.status = -DER_NONEXIST;
	drpc_call_reply(call, &resp.base);
	srv__pool_find_by_label_req__free_unpacked(req, NULL);
}

static void
list_pools(struct drpc_call *call, void *arg)
{
	size_t             len;
	const void        *body = drpc_call_body(call, &len);
	Srv__ListPoolsReq *req  = srv__list_pools_req__unpack(NULL, len, body);
	Srv__ListPoolsResp resp = SRV__LIST_POOLS_RESP__INIT;

	if (req == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
		return;
	}
	drpc_call_reply(call, &resp.base);
	srv__list_pools_req__free_unpacked(req, NULL);
}

static const struct drpc_method srv_methods[] = {
    {DRPC_SRV_NOTIFY_READY, notify_ready},   {DRPC_SRV_GET_POOL_SVC, get_pool_svc},
    {DRPC_SRV_CLUSTER_EVENT, cluster_event}, {DRPC_SRV_POOL_FIND_BY_LABEL, pool_find_by_label},
    {DRPC_SRV_LIST_POOLS, list_pools},
};

static const struct drpc_method security_methods[] = {
    {DRPC_SECURITY_SERVER_VALIDATE_CREDENTIALS, srv_validate_credentials},
};

int
srv_upcalls_register(struct srv_server *s)
{
	int r;

	r = drpc_server_add_module(s->drpc, DRPC_MODULE_SRV, srv_methods, ARRAY_SIZE(srv_methods),
				   s);
	if (r == 0)
		r = drpc_server_add_module(s->drpc, DRPC_MODULE_MGMT, NULL, 0, s);
	if (r == 0)
		r = drpc_server_add_module(s->drpc, DRPC_MODULE_SECURITY_SERVER,
					   security_methods, ARRAY_SIZE(security_methods), s);
	return r;
}
