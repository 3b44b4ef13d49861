/*
 * The management service about itself: leader and replicas, version.
 */
#include <daos_control/system.h>

#include "control/control_private.h"
#include "mgmt/mgmt.pb-c.h"
#include "mgmt/svc.pb-c.h"

static int
take_leader(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__LeaderQueryResp                 *m   = (const Mgmt__LeaderQueryResp *)message;
	struct daosctl_leader_query_resp            *ret = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a   = NULL;
	int                                          r   = ctl_arena_new(&a);

	if (r != 0)
		return r;
	*ret = (struct daosctl_leader_query_resp){
	    .leader     = ctl_arena_text(a, m->current_leader),
	    .replicas   = ctl_arena_texts(a, m->replicas, m->n_replicas),
	    .n_replicas = m->n_replicas,
	};
	r = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

struct down_list {
	struct ctl_arena *arena;
	const char      **v;
	size_t            n;
};

static void
take_replica(const char *host, const struct rpc_status *status, const ProtobufCMessage *resp,
	     void *arg)
{
	struct down_list *down = arg;

	if (status->code != RPC_OK)
		down->v[down->n++] = ctl_arena_text(down->arena, host);
}

/* A replica that answers with an error is down too: it cannot serve. */
static int
find_down(struct daosctl *c, struct daosctl_leader_query_resp *resp, struct daosctl_error *e)
{
	Mgmt__LeaderQueryReq m    = MGMT__LEADER_QUERY_REQ__INIT;
	struct down_list     down = {.arena = resp->memory};
	int                  r;

	if (resp->n_replicas == 0)
		return 0;
	down.v = ctl_arena_alloc(down.arena, resp->n_replicas, sizeof(*down.v));
	if (down.v == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	m.sys = (char *)(uintptr_t)ctl_client_sys(c->client); /* only read */
	r = ctl_hosts_sync(c, "LeaderQuery", &mgmt__mgmt_svc__descriptor, &m.base, resp->replicas,
			   resp->n_replicas, take_replica, &down, e);
	if (r == 0)
		r = ctl_arena_error(down.arena);
	resp->down   = down.v;
	resp->n_down = down.n;
	return r;
}

int
daosctl_leader_query(struct daosctl *c, struct daosctl_leader_query_resp *ret,
		     struct daosctl_error *e)
{
	Mgmt__LeaderQueryReq             m = MGMT__LEADER_QUERY_REQ__INIT;
	struct daosctl_leader_query_resp resp;
	int                              r;

	r = ctl_ms_sync(
	    c,
	    &(struct ctl_sync_opts){
		.method = "LeaderQuery", .req = &m.base, .take = take_leader, .arg = &resp},
	    e);
	if (r != 0)
		return r;
	r = find_down(c, &resp, e);
	if (r != 0)
		daosctl_leader_query_resp_fini(&resp);
	else
		*ret = resp;
	return r;
}

void
daosctl_leader_query_resp_fini(struct daosctl_leader_query_resp *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_leader_query_resp){0};
}

/* ---- version ---- */

static int
take_version(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__GetAttachInfoResp               *m = (const Mgmt__GetAttachInfoResp *)message;
	const Mgmt__BuildInfo                       *build = m->build_info;
	struct daosctl_server_version               *ret   = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a     = NULL;
	int                                          r     = ctl_arena_new(&a);

	if (r != 0)
		return r;
	*ret = (struct daosctl_server_version){.tag = ""};
	if (build != NULL)
		*ret = (struct daosctl_server_version){
		    .major = build->major,
		    .minor = build->minor,
		    .patch = build->patch,
		    .tag   = ctl_arena_text(a, build->tag),
		};
	r = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

int
daosctl_server_version(struct daosctl *c, struct daosctl_server_version *ret,
		       struct daosctl_error *e)
{
	Mgmt__GetAttachInfoReq        m = MGMT__GET_ATTACH_INFO_REQ__INIT;
	struct daosctl_server_version version;
	int                           r;

	m.all_ranks = true;
	r           = ctl_ms_sync(
		      c,
		      &(struct ctl_sync_opts){
			  .method = "GetAttachInfo", .req = &m.base, .take = take_version, .arg = &version},
		      e);
	if (r == 0)
		*ret = version;
	return r;
}

void
daosctl_server_version_fini(struct daosctl_server_version *v)
{
	(void)ctl_arena_free(v->memory);
	*v = (struct daosctl_server_version){0};
}
