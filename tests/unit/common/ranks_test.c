/* Rank sets against a plain array of flags. */
#include "common/ranks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

#define N 200

static void
assert_same(const struct rank_set *set, const bool *flags)
{
	size_t n = 0;

	for (uint32_t r = 0; r < N; r++) {
		assert_int_equal(rank_set_has(set, r), flags[r]);
		n += flags[r];
	}
	assert_int_equal(rank_set_count(set), n);
	for (size_t i = 1; i < set->n; i++) /* sorted, disjoint, nothing left to join */
		assert_true(set->v[i - 1].hi + 1 < set->v[i].lo);
}

static void
test_random_changes_agree_with_flags(void **state)
{
	struct rank_set set      = RANK_SET_INIT;
	bool            flags[N] = {false};
	uint32_t        seed     = 1;

	for (int step = 0; step < 3000; step++) {
		uint32_t lo, hi;

		seed = seed * 1664525U + 1013904223U;
		lo   = (seed >> 8) % N;
		hi   = MIN(lo + (seed >> 20) % 7, (uint32_t)N - 1);
		if ((seed >> 30) != 0) {
			assert_int_equal(rank_set_del(&set, lo), 0);
			flags[lo] = false;
		} else {
			assert_int_equal(rank_set_add_range(&set, lo, hi), 0);
			memset(&flags[lo], true, hi - lo + 1);
		}
	}
	assert_same(&set, flags);
	rank_set_fini(&set);
}

static void
test_limits(void **state)
{
	struct rank_set set = RANK_SET_INIT;
	struct fault    f   = FAULT_INIT;
	uint32_t        rank;

	assert_int_equal(rank_parse("4294967294", &rank, NULL), 0);
	assert_int_equal(rank_parse("4294967295", &rank, &f), -EINVAL);
	assert_int_equal(rank_set_parse(&set, "4294967295", &f), -ERANGE);
	assert_int_equal(rank_set_add(&set, DAOS_RANK_NIL), -EINVAL);
	assert_int_equal(rank_set_add(&set, RANK_MAX), 0);
	assert_int_equal(rank_set_add(&set, RANK_MAX - 1), 0);
	assert_int_equal(set.n, 1);
	assert_int_equal(rank_set_add(&set, 0), 0);
	_cleanup_(freep) char *text = rank_set_ranged(&set);
	assert_string_equal(text, "[0,4294967293-4294967294]");
	rank_set_fini(&set);
}

static void
test_a_bad_text_leaves_the_set(void **state)
{
	static const char *const bad[] = {"1,,2",    "1-",   "-1",  "1 2",    "x",
					  "[1,2],3", "1],[", "5-4", "0-16385"};
	struct rank_set          set   = RANK_SET_INIT;

	assert_int_equal(rank_set_parse(&set, "3-5", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(rank_set_parse(&set, bad[i], NULL) < 0);
	assert_int_equal(rank_set_count(&set), 3);
	rank_set_fini(&set);
}

static void
test_walking_and_arrays(void **state)
{
	struct rank_set set = RANK_SET_INIT, copy = RANK_SET_INIT;
	uint32_t        want[] = {1, 2, 7}, *got = NULL;
	size_t          n = 0, i = 0;

	assert_int_equal(rank_set_parse_json(&set, " [7, 1, 2] ", NULL), 0);
	rank_set_foreach(&set, r) assert_int_equal(r, want[i++]);
	assert_int_equal(i, 3);
	assert_int_equal(rank_set_copy(&copy, &set), 0);
	assert_int_equal(rank_set_array(&copy, &got, &n), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(got, want, sizeof(want));
	free(got);
	rank_set_fini(&set);
	rank_set_fini(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_changes_agree_with_flags),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_a_bad_text_leaves_the_set),
	    cmocka_unit_test(test_walking_and_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
