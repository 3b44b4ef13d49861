/*
 * Questions to the management service: LeaderQuery, SystemQuery, GetAttachInfo.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/str.h"
#include "mgmt/svc.pb-c.h"
#include "mgmt/system.pb-c.h"
#include "server/server_private.h"

/* protobuf-c has `char *` for strings it only reads when packing. */
#define TEXT(s) ((char *)(uintptr_t)(s))

/* ---- LeaderQuery ---- */

void
srv_leader_query(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct srv_server    *s    = arg;
	Mgmt__LeaderQueryResp resp = MGMT__LEADER_QUERY_RESP__INIT;

	if (!s->net.is_replica) {
		struct rpc_status st = RPC_STATUS_INIT;

		rpc_status_not_replica(&st, (const char *const *)s->net.replicas.v,
				       s->net.replicas.n);
		rpc_call_fail(call, &st);
		rpc_status_fini(&st);
		return;
	}
	if (s->db != NULL && !s->db_failed)
		resp.current_leader = TEXT(sys_db_leader(s->db));
	resp.n_replicas = s->net.replicas.n;
	resp.replicas   = s->net.replicas.v;
	rpc_call_reply(call, &resp.base);
}

/* ---- SystemQuery ---- */

/* `2026-11-22T05:43:46.666289761Z`, trailing zeros of the fraction left out. */
static void
format_time(uint64_t ns, char *buf, size_t size)
{
	time_t    seconds = (time_t)(ns / 1000000000ULL);
	uint64_t  rest    = ns % 1000000000ULL;
	struct tm tm;
	size_t    n;

	buf[0] = '\0';
	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest != 0) {
		(void)snprintf(buf + n, size - n, ".%09" PRIu64, rest);
		n = strlen(buf);
		while (n > 0 && buf[n - 1] == '0')
			buf[--n] = '\0';
	}
	(void)snprintf(buf + n, size - n, "Z");
}

struct query_row {
	Mgmt__SystemMember pb;
	char               last_update[48];
};

static void
fill_row(const struct sys_member *m, struct query_row *row)
{
	mgmt__system_member__init(&row->pb);
	format_time(m->last_update_ns, row->last_update, sizeof(row->last_update));
	row->pb.addr                    = TEXT(m->addr);
	row->pb.uuid                    = TEXT(m->uuid.s);
	row->pb.rank                    = m->rank;
	row->pb.incarnation             = m->incarnation;
	row->pb.state                   = TEXT(sys_member_state_name(m->state));
	row->pb.fabric_uri              = m->uri;
	row->pb.fabric_contexts         = m->nctxs;
	row->pb.info                    = m->info == NULL ? TEXT("") : m->info;
	row->pb.fault_domain            = m->fault_domain;
	row->pb.last_update             = row->last_update;
	row->pb.n_secondary_fabric_uris = m->n_secondary_uris;
	row->pb.secondary_fabric_uris   = m->secondary_uris;
}

static int
reply_members(struct srv_server *s, struct rpc_call *call, const struct srv_selection *sel,
	      uint32_t mask)
{
	Mgmt__SystemQueryResp                 resp     = MGMT__SYSTEM_QUERY_RESP__INIT;
	_cleanup_(freep) struct query_row    *rows     = calloc(sel->n + 1, sizeof(*rows));
	_cleanup_(freep) Mgmt__SystemMember **list     = calloc(sel->n + 1, sizeof(*list));
	char                                 *provider = s->cfg->fabric.provider;

	if (rows == NULL || list == NULL)
		return -ENOMEM;
	resp.absentranks = sel->absent_ranks;
	resp.absenthosts = sel->absent_hosts;
	resp.sys_self_heal_policy = TEXT(srv_self_heal_policy(s));
	if (sel->n > 0) {
		for (size_t i = 0; i < sel->n; i++) {
			if (mask != 0 && mask != SYS_MEMBERS_ALL && (sel->v[i]->state & mask) == 0)
				continue;
			fill_row(sel->v[i], &rows[i]);
			list[resp.n_members++] = &rows[i].pb;
		}
		resp.members      = list;
		resp.data_version = sys_db_data_version(s->db);
		if (!str_empty(provider)) {
			resp.n_providers = 1;
			resp.providers   = &provider;
		}
	}
	rpc_call_reply(call, &resp.base);
	return 0;
}

void
srv_system_query(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemQueryReq *req = (const Mgmt__SystemQueryReq *)msg;
	struct srv_server          *s   = arg;
	struct srv_selection        sel = {0};
	struct fault                f   = FAULT_INIT;
	int                         r;

	r = srv_select(s->db, req->ranks, req->hosts, &sel, &f);
	if (r == 0 && sel.n == 0 && str_empty(req->ranks) && str_empty(req->hosts))
		r = fault_plain(&f, -EAGAIN, "%s", SRV_TEXT_RAFT_UNAVAILABLE);
	if (r == 0)
		r = reply_members(s, call, &sel, req->state_mask);
	if (r < 0)
		srv_call_fail(call, r, &f);
	srv_selection_fini(&sel);
}

/* ---- GetAttachInfo ---- */

/* What clients need to use the same network as the engines. */
static void
fill_hint(const struct srv_server *s, Mgmt__ClientNetHint *hint)
{
	const struct cfg_server *cfg = s->cfg;
	const struct cfg_engine *e   = &cfg->engines[0];
	const struct hw_netif   *nif = NULL;
	const char              *srx = cfg_env_get(&e->env_vars, "FI_OFI_RXM_USE_SRX");

	if (!str_empty(e->fabric.fabric_iface))
		nif = hw_netifs_find(&s->ifs, e->fabric.fabric_iface);
	hint->provider      = e->fabric.provider;
	hint->crt_timeout   = e->fabric.crt_timeout;
	hint->net_dev_class = nif == NULL ? 0 : nif->type;
	if (srx != NULL)
		hint->srv_srx_set = str_eq(srx, "1") ? 1 : 0;
	else
		hint->srv_srx_set = e->fabric.disable_srx ? 0 : 1;
	hint->n_env_vars = cfg->client_env_vars.n;
	hint->env_vars   = cfg->client_env_vars.v;
}

static bool
at_replica(const struct srv_server *s, const char *addr)
{
	for (size_t i = 0; i < s->net.replicas.n; i++)
		if (str_eq(s->net.replicas.v[i], addr))
			return true;
	return false;
}

static bool
in_group(const struct sys_member *m)
{
	return (m->state & SYS_MEMBERS_EXCLUDED) == 0 && m->state != SYS_MEMBER_UNKNOWN &&
	       m->rank != DAOS_RANK_NIL && !str_empty(m->uri);
}

struct attach {
	Mgmt__GetAttachInfoResp__RankUri  *uris;
	Mgmt__GetAttachInfoResp__RankUri **list;
	uint32_t                          *ms_ranks;
};

static void
fill_ranks(const struct srv_server *s, bool all, const struct sys_members *ms, struct attach *a,
	   Mgmt__GetAttachInfoResp *resp)
{
	for (size_t i = 0; i < ms->n; i++) {
		const struct sys_member *m     = ms->v[i];
		bool                     is_ms = at_replica(s, m->addr);

		if (!in_group(m))
			continue;
		if (is_ms)
			a->ms_ranks[resp->n_ms_ranks++] = m->rank;
		if (!is_ms && !all)
			continue;
		mgmt__get_attach_info_resp__rank_uri__init(&a->uris[i]);
		a->uris[i].rank              = m->rank;
		a->uris[i].uri               = m->uri;
		a->uris[i].num_ctxs          = m->nctxs;
		a->list[resp->n_rank_uris++] = &a->uris[i];
	}
	resp->rank_uris = a->list;
	resp->ms_ranks  = a->ms_ranks;
}

void
srv_get_attach_info(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__GetAttachInfoReq *req   = (const Mgmt__GetAttachInfoReq *)msg;
	struct srv_server            *s     = arg;
	Mgmt__GetAttachInfoResp       resp  = MGMT__GET_ATTACH_INFO_RESP__INIT;
	Mgmt__ClientNetHint           hint  = MGMT__CLIENT_NET_HINT__INIT;
	Mgmt__BuildInfo               build = MGMT__BUILD_INFO__INIT;
	struct sys_members            ms    = sys_db_members(s->db);
	struct attach                 a     = {
				.uris     = calloc(ms.n + 1, sizeof(*a.uris)),
				.list     = calloc(ms.n + 1, sizeof(*a.list)),
				.ms_ranks = calloc(ms.n + 1, sizeof(*a.ms_ranks)),
        };
	struct fault f       = FAULT_INIT;
	bool         members = false;
	int          r       = 0;

	for (size_t i = 0; i < ms.n; i++)
		members = members || in_group(ms.v[i]);
	if (a.uris == NULL || a.list == NULL || a.ms_ranks == NULL)
		r = -ENOMEM;
	else if (s->cfg->n_engines == 0)
		r = fault_plain(
		    &f, -ENOENT,
		    "no engine is configured on this server, so it has no network hint");
	else if (!members)
		r = fault_plain(&f, -EAGAIN, "%s", SRV_TEXT_EMPTY_GROUP);
	if (r == 0) {
		fill_ranks(s, req->all_ranks, &ms, &a, &resp);
		fill_hint(s, &hint);
		build.major          = DAOS_VERSION_MAJOR;
		build.minor          = DAOS_VERSION_MINOR;
		build.patch          = DAOS_VERSION_PATCH;
		resp.client_net_hint = &hint;
		resp.build_info      = &build;
		resp.data_version    = sys_db_data_version(s->db);
		resp.sys             = s->cfg->name;
		rpc_call_reply(call, &resp.base);
	} else {
		srv_call_fail(call, r, &f);
	}
	free(a.uris);
	free(a.list);
	free(a.ms_ranks);
}
