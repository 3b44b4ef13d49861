/*
 * Listing pools, and requests about all pools of the system.
 */
#include <daos_control/pool.h>
#include <string.h>

#include "control/control_private.h"
#include "mgmt/pool.pb-c.h"
#include "mgmt/svc.pb-c.h"
#include "mgmt/system.pb-c.h"

/* ---- list ---- */

static int
by_label(const void *a, const void *b)
{
	const struct daosctl_pool *x = a, *y = b;
	int                        d = strcmp(x->label, y->label);

	return d != 0 ? d : strcmp(x->uuid, y->uuid);
}

static void
take_pool(struct ctl_arena *a, const Mgmt__ListPoolsResp__Pool *m, struct daosctl_pool *ret)
{
	uint32_t *ranks = ctl_arena_alloc(a, m->n_svc_reps, sizeof(*ranks));

	if (ranks != NULL)
		memcpy(ranks, m->svc_reps, m->n_svc_reps * sizeof(*ranks));
	*ret = (struct daosctl_pool){
	    .uuid          = ctl_arena_text(a, m->uuid),
	    .label         = ctl_arena_text(a, m->label),
	    .state         = ctl_arena_text(a, m->state),
	    .rebuild_state = ctl_arena_text(a, m->rebuild_state),
	    .svc_ranks     = ranks,
	    .n_svc_ranks   = ranks == NULL ? 0 : m->n_svc_reps,
	};
}

static int
take_list(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__ListPoolsResp                   *m   = (const Mgmt__ListPoolsResp *)message;
	struct daosctl_pool_list                    *ret = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a   = NULL;
	struct daosctl_pool                         *v;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, m->n_pools, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_pools; i++)
		take_pool(a, m->pools[i], &v[i]);
	if (v != NULL && m->n_pools > 1)
		qsort(v, m->n_pools, sizeof(*v), by_label);
	*ret = (struct daosctl_pool_list){.v = v, .n = m->n_pools};
	r    = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

int
daosctl_pool_list(struct daosctl *c, struct daosctl_pool_list *ret, struct daosctl_error *e)
{
	Mgmt__ListPoolsReq       m = MGMT__LIST_POOLS_REQ__INIT;
	struct daosctl_pool_list resp;
	int                      r;

	r = ctl_ms_sync(c,
			&(struct ctl_sync_opts){
			    .method = "ListPools", .req = &m.base, .take = take_list, .arg = &resp},
			e);
	if (r == 0)
		*ret = resp;
	return r;
}

void
daosctl_pool_list_fini(struct daosctl_pool_list *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_pool_list){0};
}

/* ---- results ---- */

static int
by_pool(const void *a, const void *b)
{
	const struct daosctl_pool_result *x = a, *y = b;
	int                               d = strcmp(x->pool, y->pool);

	return d != 0 ? d : (x->rank > y->rank) - (x->rank < y->rank);
}

/* Sorts n results in the arena, which the response takes over. */
static int
finish_results(struct ctl_arena **a, struct daosctl_pool_result *v, size_t n,
	       struct daosctl_pool_results *ret)
{
	int r = ctl_arena_error(*a);

	if (r != 0)
		return r;
	if (n > 1)
		qsort(v, n, sizeof(*v), by_pool);
	*ret = (struct daosctl_pool_results){.v = v, .n = n, .memory = TAKE_PTR(*a)};
	return 0;
}

void
daosctl_pool_results_fini(struct daosctl_pool_results *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_pool_results){0};
}

/* ---- drain and reintegrate ---- */

static int
take_drain(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemDrainResp                 *m = (const Mgmt__SystemDrainResp *)message;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a = NULL;
	struct daosctl_pool_result                  *v;
	size_t                                       total = 0, n = 0;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	for (size_t i = 0; i < m->n_responses; i++)
		total += m->responses[i]->n_results;
	v = ctl_arena_alloc(a, total, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_responses; i++) {
		const Mgmt__PoolRanksResp *pool = m->responses[i];

		for (size_t k = 0; k < pool->n_results; k++)
			v[n++] = (struct daosctl_pool_result){
			    .pool    = ctl_arena_text(a, pool->id),
			    .rank    = pool->results[k]->rank,
			    .errored = pool->results[k]->errored,
			    .msg     = ctl_arena_text(a, pool->results[k]->msg)};
	}
	return finish_results(&a, v, n, arg);
}

int
daosctl_system_drain(struct daosctl *c, const struct daosctl_system_drain_req *req,
		     struct daosctl_pool_results *ret, struct daosctl_error *e)
{
	_cleanup_(ctl_wire_filter_fini) struct ctl_wire_filter filter = {0};
	Mgmt__SystemDrainReq                                   m = MGMT__SYSTEM_DRAIN_REQ__INIT;
	struct daosctl_pool_results                            resp;
	int                                                    r;

	r = ctl_wire_filter_make(&req->filter, &filter, e);
	if (r != 0)
		return r;
	if (str_empty(filter.ranks) && str_empty(filter.hosts))
		return ctl_error_set(e, -EINVAL, "no ranks or hosts specified");
	m.ranks = filter.ranks;
	m.hosts = filter.hosts;
	m.reint = req->reintegrate;
	r       = ctl_ms_sync(
		  c,
		  &(struct ctl_sync_opts){
		      .method = "SystemDrain", .req = &m.base, .take = take_drain, .arg = &resp},
		  e);
	if (r == 0)
		*ret = resp;
	return r;
}

/* ---- rebuild ---- */

static int
take_rebuild(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemRebuildManageResp *m = (const Mgmt__SystemRebuildManageResp *)message;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a = NULL;
	struct daosctl_pool_result                  *v;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, m->n_results, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_results; i++)
		v[i] = (struct daosctl_pool_result){.pool    = ctl_arena_text(a, m->results[i]->id),
						    .op      = m->results[i]->op_code,
						    .errored = m->results[i]->errored,
						    .msg = ctl_arena_text(a, m->results[i]->msg)};
	return finish_results(&a, v, m->n_results, arg);
}

int
daosctl_system_rebuild(struct daosctl *c, enum daosctl_rebuild_op op, bool force,
		       struct daosctl_pool_results *ret, struct daosctl_error *e)
{
	Mgmt__SystemRebuildManageReq m = MGMT__SYSTEM_REBUILD_MANAGE_REQ__INIT;
	struct daosctl_pool_results  resp;
	int                          r;

	if (force && op != DAOSCTL_REBUILD_STOP)
		return ctl_error_set(e, -EINVAL, "only the stop of a rebuild can be forced");
	m.op_code = op;
	m.force   = force;
	r         = ctl_ms_sync(c,
				&(struct ctl_sync_opts){.method = "SystemRebuildManage",
							.req    = &m.base,
							.take   = take_rebuild,
							.arg    = &resp},
				e);
	if (r == 0)
		*ret = resp;
	return r;
}

/* ---- cleanup ---- */

static int
take_cleanup(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemCleanupResp               *m = (const Mgmt__SystemCleanupResp *)message;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a = NULL;
	struct daosctl_pool_result                  *v;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, m->n_results, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_results; i++)
		v[i] =
		    (struct daosctl_pool_result){.pool = ctl_arena_text(a, m->results[i]->pool_id),
						 .status  = m->results[i]->status,
						 .count   = m->results[i]->count,
						 .errored = m->results[i]->status != 0,
						 .msg     = ctl_arena_text(a, m->results[i]->msg)};
	return finish_results(&a, v, m->n_results, arg);
}

int
daosctl_system_cleanup(struct daosctl *c, const char *machine, struct daosctl_pool_results *ret,
		       struct daosctl_error *e)
{
	Mgmt__SystemCleanupReq      m = MGMT__SYSTEM_CLEANUP_REQ__INIT;
	struct daosctl_pool_results resp;
	int                         r;

	if (str_empty(machine))
		return ctl_error_set(e, -EINVAL, "a cleanup needs the name of a machine");
	m.machine = (char *)(uintptr_t)machine;
	r         = ctl_ms_sync(
		    c,
		    &(struct ctl_sync_opts){
			.method = "SystemCleanup", .req = &m.base, .take = take_cleanup, .arg = &resp},
		    e);
	if (r == 0)
		*ret = resp;
	return r;
}

/* ---- self-healing ---- */

static int
take_status(const ProtobufCMessage *message, void *arg)
{
	*(int32_t *)arg = ((const Mgmt__DaosResp *)message)->status;
	return 0;
}

int
daosctl_system_self_heal(struct daosctl *c, struct daosctl_error *e)
{
	Mgmt__SystemSelfHealEvalReq m      = MGMT__SYSTEM_SELF_HEAL_EVAL_REQ__INIT;
	int32_t                     status = 0;
	int                         r;

	r = ctl_ms_sync(c,
			&(struct ctl_sync_opts){.method = "SystemSelfHealEval",
						.req    = &m.base,
						.retry  = CTL_RETRY_CONNECTION,
						.take   = take_status,
						.arg    = &status},
			e);
	if (r == 0 && status != 0) {
		struct rpc_status s = RPC_STATUS_INIT;

		rpc_status_from_daos(&s, status);
		ctl_error_from_status(e, &s);
		rpc_status_fini(&s);
		r = -EREMOTEIO;
	}
	return r;
}
