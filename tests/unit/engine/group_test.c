/* Rules of rank and group map. */
#include "engine/group.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/version.h"

#define M(r)                                                                                       \
	{                                                                                          \
		.rank = r, .incarnation = 100 + r, .uri = (char *)"ofi+tcp://127.0.0.1:1"          \
	}

static void
test_rank(void **state)
{
	struct eng_group g;

	eng_group_init(&g);
	assert_int_equal(eng_group_set_rank(&g, DAOS_RANK_NIL, 1), -EINVAL);
	assert_int_equal(eng_group_set_rank(&g, 3, 0), -EINVAL);
	assert_int_equal(g.rank, DAOS_RANK_NIL);
	assert_int_equal(eng_group_set_rank(&g, 3, 5), 0);
	assert_int_equal(eng_group_set_rank(&g, 3, 5), -EINVAL);
	assert_int_equal(g.rank, 3);
	assert_int_equal(g.version_min, 5);
	eng_group_fini(&g);
}

struct update {
	const char           *name;
	uint32_t              version;
	struct eng_member     m[3];
	size_t                n;
	int                   want;
	enum eng_group_change change;
	uint32_t              version_after;
	size_t                n_after;
};

/* one after the other, on a group with rank 1 and minimum version 5 */
static const struct update updates[] = {
    {"older than the rank's version", 4, {M(1)}, 1, -ESTALE, 0, 0, 0},
    {"first", 5, {M(1)}, 1, 0, ENG_GROUP_REPLACED, 5, 1},
    {"the same again", 5, {M(1), M(2)}, 2, 0, ENG_GROUP_KEPT, 5, 1},
    {"older", 4, {M(2)}, 1, 0, ENG_GROUP_KEPT, 5, 1},
    {"newer, unsorted", 7, {M(2), M(0), M(1)}, 3, 0, ENG_GROUP_REPLACED, 7, 3},
    {"a rank twice", 8, {M(1), M(2), M(1)}, 3, -EINVAL, 0, 7, 3},
    {"the nil rank", 8, {M(1), M(DAOS_RANK_NIL)}, 2, -EINVAL, 0, 7, 3},
    {"an empty uri", 8, {{.rank = 1, .uri = (char *)""}}, 1, -EINVAL, 0, 7, 3},
    {"no uri", 8, {{.rank = 1}}, 1, -EINVAL, 0, 7, 3},
    {"without this engine", 9, {M(0), M(2)}, 2, 0, ENG_GROUP_EXCLUDED, 9, 2},
    {"nobody", 10, {M(0)}, 0, 0, ENG_GROUP_EXCLUDED, 10, 0},
    {"back again", 4294967295U, {M(1)}, 1, 0, ENG_GROUP_REPLACED, 4294967295U, 1},
};

static void
test_updates(void **state)
{
	struct eng_group g;

	eng_group_init(&g);
	assert_int_equal(eng_group_set_rank(&g, 1, 5), 0);
	for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
		const struct update  *u      = &updates[i];
		enum eng_group_change change = ENG_GROUP_KEPT;
		int                   r = eng_group_update(&g, u->version, u->m, u->n, &change);

		if (r != u->want || (r == 0 && change != u->change) ||
		    g.version != u->version_after || g.members.n != u->n_after)
			fail_msg("%s: returned %d, change %d, version %u, %zu members", u->name, r,
				 change, g.version, g.members.n);
		for (size_t k = 1; k < g.members.n; k++)
			assert_true(g.members.v[k - 1].rank < g.members.v[k].rank);
	}
	assert_true(eng_group_is_alone(&g));
	eng_group_fini(&g);
}

static void
test_without_a_rank_nobody_is_excluded(void **state)
{
	const struct eng_member m = M(4);
	enum eng_group_change   change;
	struct eng_group        g;

	eng_group_init(&g);
	assert_int_equal(eng_group_update(&g, 1, &m, 1, &change), 0);
	assert_int_equal(change, ENG_GROUP_REPLACED);
	assert_false(eng_group_is_alone(&g));
	assert_int_equal(eng_group_update(&g, 2, &m, ENG_GROUP_MEMBERS_MAX + 1, &change), -EINVAL);
	eng_group_fini(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rank),
	    cmocka_unit_test(test_updates),
	    cmocka_unit_test(test_without_a_rank_nobody_is_excluded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
