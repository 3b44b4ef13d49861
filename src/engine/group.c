/* Rules of the group map: its version never goes back, it is replaced as a whole or not at all. */
#include "engine/group.h"

#include <string.h>

#include "common/version.h"

static void
free_members(struct eng_member *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(m[i].uri);
	free(m);
}

void
eng_group_init(struct eng_group *g)
{
	*g = (struct eng_group){.rank = DAOS_RANK_NIL};
}

void
eng_group_fini(struct eng_group *g)
{
	free_members(g->members.v, g->members.n);
	eng_group_init(g);
}

int
eng_group_set_rank(struct eng_group *g, uint32_t rank, uint32_t version_min)
{
	if (rank == DAOS_RANK_NIL || version_min == 0 || g->rank != DAOS_RANK_NIL)
		return -EINVAL;
	g->rank        = rank;
	g->version_min = version_min;
	return 0;
}

static int
by_rank(const void *a, const void *b)
{
	const struct eng_member *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* A sorted copy that has been checked. */
static int
copy_members(const struct eng_member *members, size_t n, struct eng_member **ret)
{
	struct eng_member *m = calloc(MAX(n, 1UL), sizeof(*m));
	int                r = 0;

	if (m == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (members[i].rank == DAOS_RANK_NIL || members[i].uri == NULL ||
		    members[i].uri[0] == '\0') {
			r = -EINVAL;
			break;
		}
		m[i]     = members[i];
		m[i].uri = strdup(members[i].uri);
		if (m[i].uri == NULL)
			r = -ENOMEM;
	}
	if (r == 0)
		qsort(m, n, sizeof(*m), by_rank);
	for (size_t i = 1; i < n && r == 0; i++)
		if (m[i].rank == m[i - 1].rank)
			r = -EINVAL;
	if (r < 0) {
		free_members(m, n);
		return r;
	}
	*ret = m;
	return 0;
}

int
eng_group_update(struct eng_group *g, uint32_t version, const struct eng_member *members, size_t n,
		 enum eng_group_change *ret)
{
	struct eng_member *fresh, key = {.rank = g->rank};
	int                r;

	if (version <= g->version) {
		*ret = ENG_GROUP_KEPT;
		return 0;
	}
	if (version < g->version_min)
		return -ESTALE;
	if (n > ENG_GROUP_MEMBERS_MAX)
		return -EINVAL;
	r = copy_members(members, n, &fresh);
	if (r < 0)
		return r;
	free_members(g->members.v, g->members.n);
	g->members.v   = fresh;
	g->members.n   = n;
	g->members.cap = MAX(n, 1UL);
	g->version     = version;
	*ret           = ENG_GROUP_REPLACED;
	if (g->rank != DAOS_RANK_NIL && bsearch(&key, fresh, n, sizeof(key), by_rank) == NULL)
		*ret = ENG_GROUP_EXCLUDED;
	return 0;
}

bool
eng_group_is_alone(const struct eng_group *g)
{
	return g->members.n == 1 && g->members.v[0].rank == g->rank;
}
