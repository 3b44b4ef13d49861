/*
 * The kinds of changes: what each adds to the log, and how it answers.
 */
#include <inttypes.h>
#include <string.h>

#include "common/log.h"
#include "common/ranks.h"
#include "common/str.h"
#include "common/version.h"

#include "system/db_private.h"

static void *
op_new(const struct sys_op_type *type, size_t size)
{
	struct sys_op *op = calloc(1, size);

	if (op != NULL)
		op->type = type;
	return op;
}

/* An operation that could not be filled. */
static int
no_memory(struct sys_op *op)
{
	op->type->release(op);
	free(op);
	return -ENOMEM;
}

static void
release_nothing(struct sys_op *op)
{
	(void)op;
}

/* Stores a member with another state and info; info NULL keeps it. */
static int
put_state(struct sys_txn *t, const struct sys_member *m, enum sys_member_state state,
	  const char *info)
{
	struct sys_member changed;
	int               r = sys_member_dup(m, &changed);

	if (r < 0)
		return r;
	changed.state = state;
	if (info != NULL) {
		free(changed.info);
		changed.info = strdup(info);
		r            = changed.info != NULL ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = sys_txn_put_member(t, &changed);
	sys_member_fini(&changed);
	return r;
}

/* ---- joins ---- */

struct join_op {
	struct sys_op            op;
	struct sys_join_req     *reqs;
	struct sys_join_outcome *outcomes;
	size_t                   n;
	size_t                   judged; /* the first so many */
	sys_join_cb              cb;
	void                    *arg;
};

static void
req_fini(struct sys_join_req *r)
{
	free((char *)r->uuid);
	free((char *)r->addr);
	free((char *)r->uri);
	free((char *)r->fault_domain);
	for (size_t i = 0; r->secondary_uris != NULL && i < r->n_secondary_uris; i++)
		free((char *)r->secondary_uris[i]);
	free((char **)r->secondary_uris);
	free((uint32_t *)r->secondary_nctxs);
}

static bool
dup_text(const char **s)
{
	*s = strdup(*s != NULL ? *s : "");
	return *s != NULL;
}

/*
 * Turns the borrowed copy *r into one that owns its strings; on failure what it owns is freed by
 * req_fini().
 */
static int
req_own(struct sys_join_req *r)
{
	struct sys_join_req from  = *r;
	const char        **uris  = calloc(from.n_secondary_uris + 1, sizeof(*uris));
	uint32_t           *nctxs = calloc(from.n_secondary_nctxs + 1, sizeof(*nctxs));
	bool                ok    = uris != NULL && nctxs != NULL;

	r->secondary_uris  = uris;
	r->secondary_nctxs = nctxs;
	ok &= dup_text(&r->uuid);
	ok &= dup_text(&r->addr);
	ok &= dup_text(&r->uri);
	ok &= dup_text(&r->fault_domain);
	for (size_t i = 0; uris != NULL && i < from.n_secondary_uris; i++) {
		uris[i] = from.secondary_uris[i];
		ok &= dup_text(&uris[i]);
	}
	if (nctxs != NULL && from.n_secondary_nctxs > 0)
		memcpy(nctxs, from.secondary_nctxs, from.n_secondary_nctxs * sizeof(*nctxs));
	return ok ? 0 : -ENOMEM;
}

static int
join_one(struct sys_txn *t, const struct sys_join_req *req, struct sys_join_outcome *out)
{
	struct sys_join_env    env = {.members   = sys_state_members(&t->scratch),
				      .next_rank = t->scratch.next_rank,
				      .providers =
					  sys_state_attr(&t->scratch, SYS_ATTR_FABRIC_PROVIDERS),
				      .labels = sys_state_attr(&t->scratch, SYS_ATTR_DOMAIN_LABELS)};
	struct sys_member      m;
	uint32_t               next;
	_cleanup_(freep) char *labels = NULL;
	int                    r      = sys_join_decide(&env, req, out, &m, &next, &labels);

	if (r < 0 || out->result == SYS_JOIN_REFUSED)
		return r;
	r = sys_txn_put_member(t, &m);
	sys_member_fini(&m);
	if (r ==
	    -EPROTO) { /* its place in the tree is taken by a domain that is called like a rank */
		*out = (struct sys_join_outcome){.result = SYS_JOIN_REFUSED,
						 .reason = SYS_JOIN_BAD_FAULT_DOMAIN,
						 .rank   = DAOS_RANK_NIL};
		(void)fault_set(&out->fault, FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID,
				"invalid fault domain: %s is in use otherwise", req->fault_domain);
		return 0;
	}
	if (r == 0 && next != t->scratch.next_rank)
		r = sys_txn_set_next_rank(t, next);
	if (r == 0 && !str_empty(labels))
		r = sys_txn_set_attr(t, SYS_ATTR_DOMAIN_LABELS, labels);
	return r;
}

static int
join_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct join_op *j = (struct join_op *)op;

	(void)f;
	for (; j->judged < j->n && !sys_txn_is_full(t); j->judged++) {
		int r = join_one(t, &j->reqs[j->judged], &j->outcomes[j->judged]);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool
join_has_more(const struct sys_op *op)
{
	const struct join_op *j = (const struct join_op *)op;

	return j->judged < j->n;
}

static void
join_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct join_op *j = (struct join_op *)op;

	j->cb(err, f, err == 0 ? j->outcomes : NULL, err == 0 ? j->n : 0, op->db->state.map_version,
	      j->arg);
}

static void
join_release(struct sys_op *op)
{
	struct join_op *j = (struct join_op *)op;

	for (size_t i = 0; i < j->n; i++)
		req_fini(&j->reqs[i]);
	free(j->reqs);
	free(j->outcomes);
}

static const struct sys_op_type join_type = {.action   = "join members",
					     .evaluate = join_evaluate,
					     .finish   = join_finish,
					     .has_more = join_has_more,
					     .release  = join_release};

int
sys_db_join(struct sys_db *db, const struct sys_join_req *reqs, size_t n, sys_join_cb cb, void *arg)
{
	struct join_op *j;

	if (n > SYS_JOIN_BATCH_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		if (reqs[i].n_secondary_uris > SYS_MAX_SECONDARY ||
		    reqs[i].n_secondary_nctxs > SYS_MAX_SECONDARY)
			return -E2BIG;
	}
	j = op_new(&join_type, sizeof(*j));
	if (j == NULL)
		return -ENOMEM;
	j->cb       = cb;
	j->arg      = arg;
	j->reqs     = calloc(n + 1, sizeof(*j->reqs));
	j->outcomes = calloc(n + 1, sizeof(*j->outcomes));
	if (j->reqs == NULL || j->outcomes == NULL)
		return no_memory(&j->op);
	for (; j->n < n; j->n++) {
		j->reqs[j->n] = reqs[j->n];
		if (req_own(&j->reqs[j->n]) < 0) {
			j->n++;
			return no_memory(&j->op);
		}
	}
	return sys_db_submit_take(db, &j->op);
}

/* ---- results ---- */

struct results_op {
	struct sys_op           op;
	struct sys_rank_result *results;
	size_t                  n;
	size_t                  judged; /* the first so many */
	bool                    update_on_fail;
	sys_done_cb             cb;
	void                   *arg;
};

static int
results_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct results_op *u = (struct results_op *)op;

	for (size_t i = u->judged; i < u->n; i++) { /* all of them, before any is stored */
		struct sys_members ms = sys_state_members(&t->scratch);
		bool               apply;
		int r = sys_results_check(&ms, &u->results[i], 1, u->update_on_fail, &apply, f);

		if (r < 0)
			return r;
	}
	for (; u->judged < u->n && !sys_txn_is_full(t); u->judged++) {
		const struct sys_rank_result *res = &u->results[u->judged];
		struct sys_members            ms  = sys_state_members(&t->scratch);
		bool                          apply;
		int r = sys_results_check(&ms, res, 1, u->update_on_fail, &apply, f);

		if (r == 0 && apply)
			r = put_state(t, sys_members_by_rank(&ms, res->rank), res->state, res->msg);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool
results_has_more(const struct sys_op *op)
{
	const struct results_op *u = (const struct results_op *)op;

	return u->judged < u->n;
}

static void
results_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct results_op *u = (struct results_op *)op;

	u->cb(err, f, u->arg);
}

static void
results_release(struct sys_op *op)
{
	struct results_op *u = (struct results_op *)op;

	for (size_t i = 0; i < u->n; i++)
		free((char *)u->results[i].msg);
	free(u->results);
}

static const struct sys_op_type results_type = {.action   = "update members",
						.evaluate = results_evaluate,
						.finish   = results_finish,
						.has_more = results_has_more,
						.release  = results_release};

int
sys_db_update_members(struct sys_db *db, const struct sys_rank_result *results, size_t n,
		      bool update_on_fail, sys_done_cb cb, void *arg)
{
	struct results_op *u = op_new(&results_type, sizeof(*u));

	if (u == NULL)
		return -ENOMEM;
	u->update_on_fail = update_on_fail;
	u->cb             = cb;
	u->arg            = arg;
	u->results        = calloc(n + 1, sizeof(*u->results));
	if (u->results == NULL)
		return no_memory(&u->op);
	for (; u->n < n; u->n++) {
		u->results[u->n] = results[u->n];
		if (!dup_text(&u->results[u->n].msg))
			return no_memory(&u->op);
	}
	return sys_db_submit_take(db, &u->op);
}

/* ---- events ---- */

struct event_op {
	struct sys_op          op;
	bool                   died; /* else: declared dead */
	uint32_t               rank;
	uint64_t               incarnation;
	char                  *msg;
	enum sys_event_verdict verdict;
	sys_event_cb           cb;
	void                  *arg;
};

static int
event_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct event_op   *e  = (struct event_op *)op;
	struct sys_members ms = sys_state_members(&t->scratch);

	(void)f;
	e->verdict = e->died ? sys_event_engine_died(&ms, e->rank, e->incarnation)
			     : sys_event_rank_dead(&ms, e->rank, e->incarnation);
	if (e->verdict != SYS_EVENT_APPLY)
		return 0;
	return put_state(t, sys_members_by_rank(&ms, e->rank),
			 e->died ? SYS_MEMBER_ERRORED : SYS_MEMBER_EXCLUDED,
			 e->died ? e->msg : NULL);
}

static void
event_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct event_op *e = (struct event_op *)op;

	e->cb(err, f, e->verdict, e->arg);
}

static void
event_release(struct sys_op *op)
{
	free(((struct event_op *)op)->msg);
}

static const struct sys_op_type died_type = {.action   = "engine died",
					     .evaluate = event_evaluate,
					     .finish   = event_finish,
					     .release  = event_release};
static const struct sys_op_type dead_type = {.action   = "rank dead",
					     .evaluate = event_evaluate,
					     .finish   = event_finish,
					     .release  = event_release};

static int
submit_event(struct sys_db *db, bool died, uint32_t rank, uint64_t incarnation, const char *msg,
	     sys_event_cb cb, void *arg)
{
	struct event_op *e = op_new(died ? &died_type : &dead_type, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->died        = died;
	e->rank        = rank;
	e->incarnation = incarnation;
	e->cb          = cb;
	e->arg         = arg;
	e->msg         = strdup(msg != NULL ? msg : "");
	if (e->msg == NULL)
		return no_memory(&e->op);
	return sys_db_submit_take(db, &e->op);
}

int
sys_db_engine_died(struct sys_db *db, uint32_t rank, uint64_t incarnation, const char *msg,
		   sys_event_cb cb, void *arg)
{
	return submit_event(db, true, rank, incarnation, msg, cb, arg);
}

int
sys_db_rank_dead(struct sys_db *db, uint32_t rank, uint64_t incarnation, sys_event_cb cb, void *arg)
{
	return submit_event(db, false, rank, incarnation, NULL, cb, arg);
}

/* ---- exclusion and removal by the administrator ---- */

struct ranks_op {
	struct sys_op op;
	uint32_t     *ranks;
	size_t        n;
	bool          clear;
	sys_done_cb   cb;
	void         *arg;
};

static int
refuse_absent(const struct sys_members *ms, const struct ranks_op *x, struct fault *f)
{
	struct rank_set        absent = RANK_SET_INIT;
	_cleanup_(freep) char *text   = NULL;
	int                    r      = 0;

	for (size_t i = 0; i < x->n && r == 0; i++) {
		if (sys_members_by_rank(ms, x->ranks[i]) == NULL)
			r = rank_set_add(&absent, x->ranks[i]);
	}
	if (r == 0 && !rank_set_empty(&absent)) {
		text = rank_set_text(&absent);
		r = text == NULL ? -ENOMEM : fault_plain(f, -ENOENT, "invalid rank(s): %s", text);
	}
	rank_set_fini(&absent);
	return r;
}

static int
exclude_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct ranks_op      *x     = (struct ranks_op *)op;
	struct sys_members    ms    = sys_state_members(&t->scratch);
	enum sys_member_state state = x->clear ? SYS_MEMBER_EXCLUDED : SYS_MEMBER_ADMIN_EXCLUDED;
	int                   r     = refuse_absent(&ms, x, f);

	for (size_t i = 0; i < x->n && r == 0; i++) {
		const struct sys_member *m;

		ms = sys_state_members(&t->scratch);
		m  = sys_members_by_rank(&ms, x->ranks[i]);
		if (m->state != state)
			r = put_state(t, m, state, NULL);
	}
	return r;
}

static int
remove_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct ranks_op   *x  = (struct ranks_op *)op;
	struct sys_members ms = sys_state_members(&t->scratch);
	int                r  = refuse_absent(&ms, x, f);

	for (size_t i = 0; i < x->n && r == 0; i++)
		r = sys_txn_remove_member(t, x->ranks[i]);
	return r;
}

static void
ranks_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct ranks_op *x = (struct ranks_op *)op;

	x->cb(err, f, x->arg);
}

static void
ranks_release(struct sys_op *op)
{
	free(((struct ranks_op *)op)->ranks);
}

static const struct sys_op_type exclude_type = {.action   = "exclude ranks",
						.evaluate = exclude_evaluate,
						.finish   = ranks_finish,
						.release  = ranks_release};
static const struct sys_op_type clear_type   = {.action   = "clear exclusion",
						.evaluate = exclude_evaluate,
						.finish   = ranks_finish,
						.release  = ranks_release};
static const struct sys_op_type remove_type  = {.action   = "remove member",
						.evaluate = remove_evaluate,
						.finish   = ranks_finish,
						.release  = ranks_release};

static int
submit_ranks(struct sys_db *db, const struct sys_op_type *type, const uint32_t *ranks, size_t n,
	     sys_done_cb cb, void *arg)
{
	struct ranks_op *x = op_new(type, sizeof(*x));

	if (x == NULL)
		return -ENOMEM;
	x->clear = type == &clear_type;
	x->cb    = cb;
	x->arg   = arg;
	x->n     = n;
	x->ranks = calloc(n + 1, sizeof(*x->ranks));
	if (x->ranks == NULL)
		return no_memory(&x->op);
	if (n > 0)
		memcpy(x->ranks, ranks, n * sizeof(*ranks));
	return sys_db_submit_take(db, &x->op);
}

int
sys_db_admin_exclude(struct sys_db *db, const uint32_t *ranks, size_t n, bool clear, sys_done_cb cb,
		     void *arg)
{
	return submit_ranks(db, clear ? &clear_type : &exclude_type, ranks, n, cb, arg);
}

int
sys_db_remove_member(struct sys_db *db, uint32_t rank, sys_done_cb cb, void *arg)
{
	return submit_ranks(db, &remove_type, &rank, 1, cb, arg);
}

/* ---- attributes ---- */

struct attrs_op {
	struct sys_op    op;
	struct sys_attr *attrs;
	size_t           n;
	sys_done_cb      cb;
	void            *arg;
};

static int
attrs_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct attrs_op *a = (struct attrs_op *)op;
	int              r = 0;

	for (size_t i = 0; i < a->n && r == 0; i++) {
		const char *key = a->attrs[i].key, *value = a->attrs[i].value;
		const char *stored = sys_state_attr(&t->scratch, key);

		if (!str_starts(key, SYS_ATTR_USER) && !str_starts(key, SYS_ATTR_PROP) &&
		    !str_starts(key, SYS_ATTR_MGMT))
			return fault_plain(f, -EINVAL, "attribute \"%s\" is in no name space", key);
		if (strcmp(stored != NULL ? stored : "", value) != 0)
			r = sys_txn_set_attr(t, key, value);
	}
	return r;
}

static void
attrs_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct attrs_op *a = (struct attrs_op *)op;

	a->cb(err, f, a->arg);
}

static void
attrs_release(struct sys_op *op)
{
	struct attrs_op *a = (struct attrs_op *)op;

	for (size_t i = 0; i < a->n; i++) {
		free((char *)a->attrs[i].key);
		free((char *)a->attrs[i].value);
	}
	free(a->attrs);
}

static const struct sys_op_type attrs_type = {.action   = "set attributes",
					      .evaluate = attrs_evaluate,
					      .finish   = attrs_finish,
					      .release  = attrs_release};

int
sys_db_set_attrs(struct sys_db *db, const struct sys_attr *attrs, size_t n, sys_done_cb cb,
		 void *arg)
{
	struct attrs_op *a = op_new(&attrs_type, sizeof(*a));

	if (a == NULL)
		return -ENOMEM;
	a->cb    = cb;
	a->arg   = arg;
	a->attrs = calloc(n + 1, sizeof(*a->attrs));
	if (a->attrs == NULL)
		return no_memory(&a->op);
	for (; a->n < n; a->n++) {
		struct sys_attr *to = &a->attrs[a->n];
		bool             ok;

		*to = attrs[a->n];
		ok  = dup_text(&to->key);
		ok &= dup_text(&to->value);
		if (!ok) {
			a->n++;
			return no_memory(&a->op);
		}
	}
	return sys_db_submit_take(db, &a->op);
}

/* ---- map version ---- */

struct bump_op {
	struct sys_op op;
	sys_done_cb   cb;
	void         *arg;
};

static int
bump_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	(void)op;
	(void)f;
	return sys_txn_bump_map(t);
}

static void
bump_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct bump_op *b = (struct bump_op *)op;

	b->cb(err, f, b->arg);
}

static const struct sys_op_type bump_type = {.action   = "raise map version",
					     .evaluate = bump_evaluate,
					     .finish   = bump_finish,
					     .release  = release_nothing};

int
sys_db_bump_map(struct sys_db *db, sys_done_cb cb, void *arg)
{
	struct bump_op *b = op_new(&bump_type, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->cb  = cb;
	b->arg = arg;
	return sys_db_submit_take(db, &b->op);
}

/* ---- fabric providers ---- */

struct providers_op {
	struct sys_op              op;
	char                      *providers;
	enum sys_providers_verdict verdict;
	sys_providers_cb           cb;
	void                      *arg;
};

static int
providers_evaluate(struct sys_op *op, struct sys_txn *t, struct fault *f)
{
	struct providers_op *p      = (struct providers_op *)op;
	const char          *stored = sys_state_attr(&t->scratch, SYS_ATTR_FABRIC_PROVIDERS);
	size_t               joined = 0;
	int                  r;

	p->verdict = SYS_PROVIDERS_SAME;
	if (stored != NULL && strcmp(stored, p->providers) == 0)
		return 0;
	if (stored == NULL) {
		p->verdict = SYS_PROVIDERS_STORED;
		return sys_txn_set_attr(t, SYS_ATTR_FABRIC_PROVIDERS, p->providers);
	}
	vec_foreach (&t->scratch.members, m)
		joined += (*m)->state == SYS_MEMBER_JOINED;
	if (joined > 0) {
		(void)fault_plain(
		    f, -EBUSY,
		    "cannot change system provider \"%s\" to \"%s\": %zu member(s) already joined",
		    stored, p->providers, joined);
		fault_resolve(f,
			      "set provider back to %s, or stop all engines (dmg system stop) "
			      "before the change",
			      stored);
		return -EBUSY;
	}
	p->verdict = SYS_PROVIDERS_CHANGED;
	r          = sys_txn_set_attr(t, SYS_ATTR_GROUP_UPDATE_PAUSED, "true");
	return r < 0 ? r : sys_txn_set_attr(t, SYS_ATTR_FABRIC_PROVIDERS, p->providers);
}

static void
providers_finish(struct sys_op *op, int err, const struct fault *f)
{
	struct providers_op *p = (struct providers_op *)op;

	p->cb(err, f, p->verdict, p->arg);
}

static void
providers_release(struct sys_op *op)
{
	free(((struct providers_op *)op)->providers);
}

static const struct sys_op_type providers_type = {.action   = "record fabric providers",
						  .evaluate = providers_evaluate,
						  .finish   = providers_finish,
						  .release  = providers_release};

int
sys_db_check_providers(struct sys_db *db, const char *providers, sys_providers_cb cb, void *arg)
{
	struct providers_op *p = op_new(&providers_type, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->cb        = cb;
	p->arg       = arg;
	p->providers = strdup(providers);
	if (p->providers == NULL)
		return no_memory(&p->op);
	return sys_db_submit_take(db, &p->op);
}
