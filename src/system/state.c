/*
 * The replicated state: members by rank, attributes by key, the fault domain tree, counters.
 *
 * Containers are sorted, so equal histories give equal snapshots byte for byte. Commands are
 * effects: applying them takes no decision that a later release could take differently.
 */
#include <inttypes.h>
#include <string.h>

#include "common/str.h"
#include "common/version.h"

#include "system/state_private.h"

/* A stored record; forks of a state share it, since it is replaced and never changed. */
struct stored {
	struct sys_member m; /* first: what the table points to */
	unsigned          refs;
};

struct sys_member *
sys_stored_new(void)
{
	struct stored *st = calloc(1, sizeof(*st));

	if (st == NULL)
		return NULL;
	st->refs = 1;
	return &st->m;
}

void
sys_stored_unref(struct sys_member *m)
{
	struct stored *st = container_of(m, struct stored, m);

	if (m == NULL || --st->refs > 0)
		return;
	sys_member_fini(m);
	free(st);
}

static struct sys_member *
stored_ref(struct sys_member *m)
{
	container_of(m, struct stored, m)->refs++;
	return m;
}

int
sys_state_init(struct sys_state *s)
{
	*s         = (struct sys_state){.next_rank = 1};
	s->domains = sys_domain_new();
	return s->domains != NULL ? 0 : -ENOMEM;
}

void
sys_state_fini(struct sys_state *s)
{
	vec_foreach (&s->members, m)
		sys_stored_unref(*m);
	vec_foreach (&s->attrs, a) {
		free(a->key);
		free(a->value);
	}
	vec_fini(&s->members);
	sys_uuid_index_fini(&s->by_uuid);
	vec_fini(&s->attrs);
	s->domains = s->domains_borrowed ? NULL : sys_domain_free(s->domains);
}

struct sys_members
sys_state_members(const struct sys_state *s)
{
	return (struct sys_members){.v       = (const struct sys_member *const *)s->members.v,
				    .n       = s->members.n,
				    .by_uuid = &s->by_uuid};
}

/* Index of the first member whose rank is not below `rank`. */
static size_t
member_slot(const struct sys_state *s, uint32_t rank)
{
	size_t lo = 0, hi = s->members.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->members.v[mid]->rank < rank)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t
attr_slot(const struct sys_state *s, const char *key)
{
	size_t lo = 0, hi = s->attrs.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(s->attrs.v[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *
sys_state_attr(const struct sys_state *s, const char *key)
{
	size_t i = attr_slot(s, key);

	return i < s->attrs.n && strcmp(s->attrs.v[i].key, key) == 0 ? s->attrs.v[i].value : NULL;
}

static int
set_attr(struct sys_state *s, const char *key, const char *value)
{
	size_t        i      = attr_slot(s, key);
	bool          exists = i < s->attrs.n && strcmp(s->attrs.v[i].key, key) == 0;
	struct sys_kv kv     = {0};

	if (value[0] == '\0') {
		if (exists) {
			free(s->attrs.v[i].key);
			free(s->attrs.v[i].value);
			vec_remove(&s->attrs, i);
		}
		return 0;
	}
	kv.value = strdup(value);
	if (kv.value == NULL)
		return -ENOMEM;
	if (exists) {
		free(s->attrs.v[i].value);
		s->attrs.v[i].value = kv.value;
		return 0;
	}
	kv.key = strdup(key);
	if (kv.key == NULL || vec_push(&s->attrs, kv) < 0) {
		free(kv.key);
		free(kv.value);
		return -ENOMEM;
	}
	memmove(&s->attrs.v[i + 1], &s->attrs.v[i], (s->attrs.n - 1 - i) * sizeof(kv));
	s->attrs.v[i] = kv;
	return 0;
}

static struct sys_domain *
dup_domain(const struct sys_domain *d)
{
	struct sys_domain *copy = sys_domain_node_new(d->name, d->id, d->rank);

	for (size_t i = 0; copy != NULL && i < d->n_children; i++) {
		struct sys_domain *child = dup_domain(d->children[i]);

		if (child == NULL || sys_domain_attach(copy, child) < 0) {
			(void)sys_domain_free(child); /* not attached */
			copy = sys_domain_free(copy);
		}
	}
	return copy;
}

/* A fork has the tree of the state it came from until it changes it. */
static int
own_domains(struct sys_state *s)
{
	struct sys_domain *copy;

	if (!s->domains_borrowed)
		return 0;
	copy = dup_domain(s->domains);
	if (copy == NULL)
		return -ENOMEM;
	s->domains          = copy;
	s->domains_borrowed = false;
	return 0;
}

/* The new place is made before the old one goes, so that a failure leaves the state as it was. */
static int
move_leaf(struct sys_state *s, const struct sys_member *old, const struct sys_member *m)
{
	int r;

	if (old != NULL && strcmp(old->fault_domain, m->fault_domain) == 0)
		return 0;
	r = own_domains(s);
	if (r == 0)
		r = sys_domain_add_rank(s->domains, m->fault_domain, m->rank);
	if (r == 0 && old != NULL)
		sys_domain_remove_rank(s->domains, old->fault_domain, old->rank);
	return r;
}

/* m is owned by the state afterwards, also on failure. */
static int
put_member_take(struct sys_state *s, struct sys_member *m)
{
	size_t             i = member_slot(s, m->rank);
	struct sys_member *old =
	    i < s->members.n && s->members.v[i]->rank == m->rank ? s->members.v[i] : NULL;
	int r = old == NULL ? vec_reserve(&s->members, s->members.n + 1) : 0;

	if (r == 0)
		r = sys_uuid_index_reserve(&s->by_uuid, s->members.n + 1);
	if (r == 0)
		r = move_leaf(s, old, m);
	if (r < 0) {
		sys_stored_unref(m);
		return r;
	}
	if (old == NULL) {
		memmove(&s->members.v[i + 1], &s->members.v[i],
			(s->members.n - i) * sizeof(struct sys_member *));
		s->members.n++;
	} else {
		sys_uuid_index_remove(&s->by_uuid, old);
	}
	s->members.v[i] = m;
	sys_uuid_index_add(&s->by_uuid, m);
	sys_stored_unref(old);
	return 0;
}

static int
apply_put(struct sys_state *s, const Sysdb__Member *pb, uint64_t time_ns, struct fault *f)
{
	struct sys_member *m = sys_stored_new();
	int                r;

	if (m == NULL)
		return -ENOMEM;
	r = sys_member_from_pb(pb, m, f);
	if (r < 0) {
		sys_stored_unref(m);
		return r;
	}
	m->last_update_ns = time_ns;
	r                 = put_member_take(s, m);
	if (r < 0 && r != -ENOMEM)
		return fault_plain(
		    f, -EPROTO, "the fault domain of rank %" PRIu32 " cannot be stored", pb->rank);
	return r;
}

static int
apply_remove(struct sys_state *s, uint32_t rank, struct fault *f)
{
	size_t i = member_slot(s, rank);

	if (i == s->members.n || s->members.v[i]->rank != rank)
		return fault_plain(f, -EPROTO, "rank %" PRIu32 " is removed and no member", rank);
	if (own_domains(s) < 0)
		return -ENOMEM;
	sys_domain_remove_rank(s->domains, s->members.v[i]->fault_domain, rank);
	sys_uuid_index_remove(&s->by_uuid, s->members.v[i]);
	sys_stored_unref(s->members.v[i]);
	vec_remove(&s->members, i);
	/* A number that was asked for, not given out, must not come up again either. */
	if (rank >= s->next_rank && rank + 1 < DAOS_RANK_NIL)
		s->next_rank = rank + 1;
	return 0;
}

static int
apply_op(struct sys_state *s, const Sysdb__Op *op, uint64_t time_ns, bool *members, struct fault *f)
{
	switch (op->op_case) {
	case SYSDB__OP__OP_PUT_MEMBER:
		*members = true;
		return apply_put(s, op->put_member, time_ns, f);
	case SYSDB__OP__OP_REMOVE_MEMBER:
		*members = true;
		return apply_remove(s, op->remove_member, f);
	case SYSDB__OP__OP_SET_ATTR:
		if (op->set_attr->key[0] == '\0')
			return fault_plain(f, -EPROTO, "an attribute has no name");
		return set_attr(s, op->set_attr->key, op->set_attr->value);
	case SYSDB__OP__OP_NEXT_RANK:
		if (op->next_rank < s->next_rank)
			return fault_plain(f, -EPROTO,
					   "the next rank falls from %" PRIu32 " to %" PRIu32,
					   s->next_rank, op->next_rank);
		s->next_rank = op->next_rank;
		return 0;
	case SYSDB__OP__OP_BUMP_MAP:
		*members = true;
		return 0;
	default:
		return fault_plain(f, -EPROTO, "it has an effect this release does not know");
	}
}

int
sys_state_apply(struct sys_state *s, const Sysdb__Command *cmd, bool *changed_members,
		struct fault *f)
{
	bool members = false;

	for (size_t i = 0; i < cmd->n_ops; i++) {
		int r = apply_op(s, cmd->ops[i], cmd->time_ns, &members, f);

		if (r < 0)
			return r;
	}
	s->data_version++;
	if (members)
		s->map_version++;
	if (changed_members != NULL)
		*changed_members = members;
	return 0;
}

int
sys_state_fork(const struct sys_state *s, struct sys_state *ret)
{
	struct sys_state c = {.data_version     = s->data_version,
			      .map_version      = s->map_version,
			      .next_rank        = s->next_rank,
			      .domains          = s->domains,
			      .domains_borrowed = true};
	int              r = vec_reserve(&c.members, s->members.n + 1);

	if (r == 0)
		r = sys_uuid_index_copy(&s->by_uuid, &c.by_uuid);
	for (size_t i = 0; r == 0 && i < s->members.n; i++)
		c.members.v[c.members.n++] = stored_ref(s->members.v[i]);
	for (size_t i = 0; r == 0 && i < s->attrs.n; i++)
		r = set_attr(&c, s->attrs.v[i].key, s->attrs.v[i].value);
	if (r < 0) {
		sys_state_fini(&c);
		return r;
	}
	*ret = c;
	return 0;
}
