/*
 * Member records and their states: names, copies, comparison, look-up in a sorted table.
 */
#include "system/member.h"

#include <string.h>

#include "common/str.h"

#include "system/transitions_private.h"
#include "system/uuid_index.h"

static const struct {
	enum sys_member_state state;
	const char           *name;
} state_names[] = {
    {SYS_MEMBER_UNKNOWN, "unknown"},
    {SYS_MEMBER_AWAIT_FORMAT, "awaitformat"},
    {SYS_MEMBER_STARTING, "starting"},
    {SYS_MEMBER_READY, "ready"},
    {SYS_MEMBER_JOINED, "joined"},
    {SYS_MEMBER_STOPPING, "stopping"},
    {SYS_MEMBER_STOPPED, "stopped"},
    {SYS_MEMBER_EXCLUDED, "excluded"},
    {SYS_MEMBER_ERRORED, "errored"},
    {SYS_MEMBER_UNRESPONSIVE, "unresponsive"},
    {SYS_MEMBER_ADMIN_EXCLUDED, "adminexcluded"},
    {SYS_MEMBER_CHECKER_STARTED, "checkerstarted"},
};

const char *
sys_member_state_name(enum sys_member_state s)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (state_names[i].state == s)
			return state_names[i].name;
	}
	return NULL;
}

int
sys_member_state_parse(const char *name, enum sys_member_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (str_eq_nocase(name, state_names[i].name)) {
			*ret = state_names[i].state;
			return 0;
		}
	}
	return -EINVAL;
}

bool
sys_member_may_change(enum sys_member_state from, enum sys_member_state to)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (state_names[i].state == from)
			return sys_member_state_name(to) != NULL &&
			       (sys_transitions[i] & SYS_TRANSITION_BIT(to)) != 0;
	}
	return false;
}

static void
free_strings(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

void
sys_member_fini(struct sys_member *m)
{
	if (m == NULL)
		return;
	free(m->info);
	free(m->uri);
	free_strings(m->secondary_uris, m->n_secondary_uris);
	free(m->secondary_nctxs);
	free(m->fault_domain);
	*m = (struct sys_member)SYS_MEMBER_INIT;
}

struct sys_member *
sys_member_free(struct sys_member *m)
{
	sys_member_fini(m);
	free(m);
	return NULL;
}

static char *
dup_text(const char *s)
{
	return strdup(s != NULL ? s : "");
}

int
sys_member_dup(const struct sys_member *m, struct sys_member *ret)
{
	struct sys_member c = *m;

	c.info             = dup_text(m->info);
	c.uri              = dup_text(m->uri);
	c.fault_domain     = dup_text(m->fault_domain);
	c.secondary_uris   = calloc(m->n_secondary_uris + 1, sizeof(*c.secondary_uris));
	c.secondary_nctxs  = calloc(m->n_secondary_nctxs + 1, sizeof(*c.secondary_nctxs));
	c.n_secondary_uris = 0;
	if (c.info == NULL || c.uri == NULL || c.fault_domain == NULL || c.secondary_uris == NULL ||
	    c.secondary_nctxs == NULL)
		goto fail;
	for (; c.n_secondary_uris < m->n_secondary_uris; c.n_secondary_uris++) {
		c.secondary_uris[c.n_secondary_uris] =
		    strdup(m->secondary_uris[c.n_secondary_uris]);
		if (c.secondary_uris[c.n_secondary_uris] == NULL)
			goto fail;
	}
	if (m->n_secondary_nctxs > 0)
		memcpy(c.secondary_nctxs, m->secondary_nctxs,
		       m->n_secondary_nctxs * sizeof(*c.secondary_nctxs));
	*ret = c;
	return 0;
fail:
	sys_member_fini(&c);
	return -ENOMEM;
}

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

bool
sys_member_equal(const struct sys_member *a, const struct sys_member *b)
{
	if (a->rank != b->rank || a->state != b->state || a->incarnation != b->incarnation ||
	    a->last_update_ns != b->last_update_ns || a->nctxs != b->nctxs ||
	    a->n_secondary_uris != b->n_secondary_uris ||
	    a->n_secondary_nctxs != b->n_secondary_nctxs)
		return false;
	if (!str_eq(a->uuid.s, b->uuid.s) || !str_eq(a->addr, b->addr) ||
	    !same_text(a->info, b->info) || !same_text(a->uri, b->uri) ||
	    !same_text(a->fault_domain, b->fault_domain))
		return false;
	for (size_t i = 0; i < a->n_secondary_uris; i++) {
		if (!same_text(a->secondary_uris[i], b->secondary_uris[i]))
			return false;
	}
	return a->n_secondary_nctxs == 0 ||
	       memcmp(a->secondary_nctxs, b->secondary_nctxs,
		      a->n_secondary_nctxs * sizeof(*a->secondary_nctxs)) == 0;
}

const struct sys_member *
sys_members_by_rank(const struct sys_members *ms, uint32_t rank)
{
	size_t lo = 0, hi = ms->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ms->v[mid]->rank == rank)
			return ms->v[mid];
		if (ms->v[mid]->rank < rank)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct sys_member *
sys_members_by_uuid(const struct sys_members *ms, const struct uuid *uuid)
{
	if (ms->by_uuid != NULL)
		return sys_uuid_index_find(ms->by_uuid, uuid);
	for (size_t i = 0; i < ms->n; i++) {
		if (str_eq(ms->v[i]->uuid.s, uuid->s))
			return ms->v[i];
	}
	return NULL;
}
