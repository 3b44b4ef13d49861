/*
 * Members: query, stop, start.
 */
#include <daos_control/system.h>
#include <string.h>

#include "common/ranks.h"
#include "control/control_private.h"
#include "mgmt/system.pb-c.h"

static const struct {
	enum daosctl_member_state state;
	const char               *name;
} state_names[] = {
    {DAOSCTL_STATE_AWAIT_FORMAT, "AwaitFormat"},
    {DAOSCTL_STATE_STARTING, "Starting"},
    {DAOSCTL_STATE_READY, "Ready"},
    {DAOSCTL_STATE_JOINED, "Joined"},
    {DAOSCTL_STATE_STOPPING, "Stopping"},
    {DAOSCTL_STATE_STOPPED, "Stopped"},
    {DAOSCTL_STATE_EXCLUDED, "Excluded"},
    {DAOSCTL_STATE_ERRORED, "Errored"},
    {DAOSCTL_STATE_UNRESPONSIVE, "Unresponsive"},
    {DAOSCTL_STATE_ADMIN_EXCLUDED, "AdminExcluded"},
    {DAOSCTL_STATE_CHECKER_STARTED, "CheckerStarted"},
};

const char *
daosctl_member_state_name(enum daosctl_member_state s)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (state_names[i].state == s)
			return state_names[i].name;
	return "Unknown";
}

enum daosctl_member_state
daosctl_member_state_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (str_eq_nocase(state_names[i].name, name))
			return state_names[i].state;
	return DAOSCTL_STATE_UNKNOWN;
}

void
ctl_wire_filter_fini(struct ctl_wire_filter *w)
{
	free(w->ranks);
	free(w->hosts);
}

int
ctl_wire_filter_make(const struct daosctl_rank_filter *filter, struct ctl_wire_filter *w,
		     struct daosctl_error *e)
{
	_cleanup_(rank_set_fini) struct rank_set ranks = RANK_SET_INIT;
	struct hostset                          *hosts = NULL;
	struct fault                             f     = FAULT_INIT;
	int                                      r;

	if (!str_empty(filter->ranks) && !str_empty(filter->hosts))
		return ctl_error_set(e, -EINVAL, "ranks and hosts cannot be given together");
	r = rank_set_parse(&ranks, filter->ranks ? filter->ranks : "", &f);
	if (r == 0)
		r = hostset_parse(filter->hosts ? filter->hosts : "", &hosts, &f);
	if (r == 0) {
		w->ranks = rank_set_text(&ranks);
		w->hosts = hostset_text(hosts);
		if (w->ranks == NULL || w->hosts == NULL)
			r = -ENOMEM;
	}
	(void)hostset_free(hosts);
	if (r != 0 && f.set)
		ctl_error_from_fault(e, &f);
	else if (r != 0)
		(void)ctl_error_set(e, r, "%s", strerror(-r));
	return r;
}

/* A rank set as received, folded in our way. */
static const char *
fold_ranks(struct ctl_arena *a, const char *text)
{
	_cleanup_(rank_set_fini) struct rank_set set = RANK_SET_INIT;

	if (rank_set_parse(&set, text ? text : "", NULL) != 0)
		return ctl_arena_text(a, text);
	return ctl_arena_take(a, rank_set_text(&set));
}

/* ---- query ---- */

static int
by_rank(const void *a, const void *b)
{
	const struct daosctl_member *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

static void
take_member(struct ctl_arena *a, const Mgmt__SystemMember *m, struct daosctl_member *ret)
{
	*ret = (struct daosctl_member){
	    .rank         = m->rank,
	    .state        = daosctl_member_state_parse(m->state),
	    .uuid         = ctl_arena_text(a, m->uuid),
	    .addr         = ctl_arena_text(a, m->addr),
	    .fault_domain = ctl_arena_text(a, m->fault_domain),
	    .incarnation  = m->incarnation,
	    .fabric_uri   = ctl_arena_text(a, m->fabric_uri),
	    .secondary_fabric_uris =
		ctl_arena_texts(a, m->secondary_fabric_uris, m->n_secondary_fabric_uris),
	    .n_secondary_fabric_uris = m->n_secondary_fabric_uris,
	    .fabric_contexts         = m->fabric_contexts,
	    .info                    = ctl_arena_text(a, m->info),
	    .last_update             = ctl_arena_text(a, m->last_update),
	};
}

static int
take_query(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemQueryResp                 *m   = (const Mgmt__SystemQueryResp *)message;
	struct daosctl_system_query_resp            *ret = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a   = NULL;
	struct daosctl_member                       *members;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	members = ctl_arena_alloc(a, m->n_members, sizeof(*members));
	for (size_t i = 0; members != NULL && i < m->n_members; i++)
		take_member(a, m->members[i], &members[i]);
	if (m->n_members > 1 && members != NULL)
		qsort(members, m->n_members, sizeof(*members), by_rank);
	*ret = (struct daosctl_system_query_resp){
	    .members      = members,
	    .n_members    = m->n_members,
	    .absent_ranks = fold_ranks(a, m->absentranks),
	    .absent_hosts = ctl_arena_text(a, m->absenthosts),
	    .providers    = ctl_arena_texts(a, m->providers, m->n_providers),
	    .n_providers  = m->n_providers,
	    .self_heal    = ctl_arena_text(a, m->sys_self_heal_policy),
	};
	r = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

int
daosctl_system_query(struct daosctl *c, const struct daosctl_system_query_req *req,
		     struct daosctl_system_query_resp *ret, struct daosctl_error *e)
{
	_cleanup_(ctl_wire_filter_fini) struct ctl_wire_filter filter = {0};
	Mgmt__SystemQueryReq                                   m = MGMT__SYSTEM_QUERY_REQ__INIT;
	struct daosctl_system_query_resp                       resp;
	int                                                    r;

	r = ctl_wire_filter_make(&req->filter, &filter, e);
	if (r != 0)
		return r;
	m.ranks      = filter.ranks;
	m.hosts      = filter.hosts;
	m.state_mask = req->state_mask ? req->state_mask : DAOSCTL_STATE_ALL;
	r            = ctl_ms_sync(
		       c,
		       &(struct ctl_sync_opts){
			   .method = "SystemQuery", .req = &m.base, .take = take_query, .arg = &resp},
		       e);
	if (r == 0)
		*ret = resp;
	return r;
}

void
daosctl_system_query_resp_fini(struct daosctl_system_query_resp *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_system_query_resp){0};
}

/* ---- stop and start ---- */

static int
by_result_rank(const void *a, const void *b)
{
	const struct daosctl_rank_result *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

int
ctl_take_rank_results(Shared__RankResult *const *results, size_t n, const char *absent_ranks,
		      const char *absent_hosts, struct daosctl_rank_results *ret)
{
	_cleanup_(ctl_arena_freep) struct ctl_arena *a      = NULL;
	_cleanup_(rank_set_fini) struct rank_set     failed = RANK_SET_INIT;
	struct daosctl_rank_result                  *v;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, n, sizeof(*v));
	for (size_t i = 0; v != NULL && i < n && r == 0; i++) {
		const Shared__RankResult *m = results[i];

		v[i] = (struct daosctl_rank_result){
		    .rank    = m->rank,
		    .state   = daosctl_member_state_parse(m->state),
		    .action  = ctl_arena_text(a, m->action),
		    .errored = m->errored,
		    .msg     = ctl_arena_text(a, m->msg),
		    .addr    = ctl_arena_text(a, m->addr),
		};
		if (m->errored)
			r = rank_set_add(&failed, m->rank);
	}
	if (v != NULL && n > 1)
		qsort(v, n, sizeof(*v), by_result_rank);
	*ret = (struct daosctl_rank_results){
	    .v            = v,
	    .n            = n,
	    .absent_ranks = fold_ranks(a, absent_ranks),
	    .absent_hosts = ctl_arena_text(a, absent_hosts),
	    .failed_ranks = ctl_arena_take(a, rank_set_text(&failed)),
	};
	if (r == 0)
		r = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

static int
take_stop(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemStopResp *m = (const Mgmt__SystemStopResp *)message;

	return ctl_take_rank_results(m->results, m->n_results, m->absentranks, m->absenthosts, arg);
}

static int
take_start(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemStartResp *m = (const Mgmt__SystemStartResp *)message;

	return ctl_take_rank_results(m->results, m->n_results, m->absentranks, m->absenthosts, arg);
}

int
daosctl_system_stop(struct daosctl *c, const struct daosctl_system_stop_req *req,
		    struct daosctl_rank_results *ret, struct daosctl_error *e)
{
	_cleanup_(ctl_wire_filter_fini) struct ctl_wire_filter filter = {0};
	Mgmt__SystemStopReq                                    m      = MGMT__SYSTEM_STOP_REQ__INIT;
	struct daosctl_rank_results                            resp;
	int                                                    r;

	r = ctl_wire_filter_make(&req->filter, &filter, e);
	if (r != 0)
		return r;
	m.ranks                 = filter.ranks;
	m.hosts                 = filter.hosts;
	m.force                 = !req->graceful;
	m.ignore_admin_excluded = req->ignore_admin_excluded;
	r                       = ctl_ms_sync(
				  c,
				  &(struct ctl_sync_opts){
				      .method = "SystemStop", .req = &m.base, .take = take_stop, .arg = &resp},
				  e);
	if (r == 0)
		*ret = resp;
	return r;
}

int
daosctl_system_start(struct daosctl *c, const struct daosctl_system_start_req *req,
		     struct daosctl_rank_results *ret, struct daosctl_error *e)
{
	_cleanup_(ctl_wire_filter_fini) struct ctl_wire_filter filter = {0};
	Mgmt__SystemStartReq                                   m = MGMT__SYSTEM_START_REQ__INIT;
	struct daosctl_rank_results                            resp;
	int                                                    r;

	r = ctl_wire_filter_make(&req->filter, &filter, e);
	if (r != 0)
		return r;
	m.ranks                 = filter.ranks;
	m.hosts                 = filter.hosts;
	m.ignore_admin_excluded = req->ignore_admin_excluded;
	r                       = ctl_ms_sync(
				  c,
				  &(struct ctl_sync_opts){
				      .method = "SystemStart", .req = &m.base, .take = take_start, .arg = &resp},
				  e);
	if (r == 0)
		*ret = resp;
	return r;
}

void
daosctl_rank_results_fini(struct daosctl_rank_results *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_rank_results){0};
}
