#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/version.h"
#include "system/membership.h"

#define J SYS_MEMBER_JOINED
#define X SYS_MEMBER_EXCLUDED
#define A SYS_MEMBER_ADMIN_EXCLUDED
#define E SYS_MEMBER_ERRORED
#define S SYS_MEMBER_STOPPED

static struct sys_member table[] = {
    {.rank        = 0,
     .addr        = "10.0.0.1:10001",
     .state       = J,
     .incarnation = 10,
     .uri         = (char *)"ofi+tcp://10.0.0.1:1"},
    {.rank        = 1,
     .addr        = "10.0.0.1:10001",
     .state       = X,
     .incarnation = 10,
     .uri         = (char *)"ofi+tcp://10.0.0.1:2"},
    {.rank        = 3,
     .addr        = "10.0.0.2:10001",
     .state       = A,
     .incarnation = 10,
     .uri         = (char *)"ofi+tcp://10.0.0.2:1"},
    {.rank        = 4,
     .addr        = "10.0.0.2:10001",
     .state       = S,
     .incarnation = 10,
     .uri         = (char *)"ofi+tcp://10.0.0.2:2"},
    {.rank = 5, .addr = "10.0.0.3:10001", .state = E, .incarnation = 10, .uri = (char *)""},
    {.rank  = 9,
     .addr  = "10.0.0.3:10001",
     .state = SYS_MEMBER_AWAIT_FORMAT,
     .uri   = (char *)"ofi+tcp://10.0.0.3:2"},
};

static const struct sys_member *const rows[] = {&table[0], &table[1], &table[2],
						&table[3], &table[4], &table[5]};
static const struct sys_members       ms     = {.v = rows, .n = ARRAY_SIZE(rows)};

static void
results(void **state)
{
	static const struct {
		struct sys_rank_result r;
		bool                   on_fail;
		int                    err;
		bool                   apply;
	} cases[] = {
	    {{0, false, S, NULL}, false, 0, true},
	    {{0, false, SYS_MEMBER_READY, NULL},
	     false,
	     0,
	     false}, /* Ready over Joined is left out */
	    {{4, false, SYS_MEMBER_READY, NULL}, false, 0, true},
	    {{0, true, E, "m"}, false, 0, false}, /* errored, and failures do not count */
	    {{0, true, E, "m"}, true, 0, true},
	    {{0, true, SYS_MEMBER_UNRESPONSIVE, "m"}, true, 0, true},
	    {{0, true, S, "m"}, true, -EINVAL, false},
	    {{0, true, S, "m"}, false, -EINVAL, false},
	    {{1, true, E, "m"}, true, 0, false}, /* Excluded stays */
	    {{3, false, J, NULL}, true, 0, false},
	    {{2, false, J, NULL}, true, -ENOENT, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f     = FAULT_INIT;
		bool         apply = false;

		assert_int_equal(
		    sys_results_check(&ms, &cases[i].r, 1, cases[i].on_fail, &apply, &f),
		    cases[i].err);
		if (cases[i].err == 0)
			assert_int_equal(apply, cases[i].apply);
		else
			assert_true(f.set);
	}
}

static void
events(void **state)
{
	static const struct {
		bool                   died;
		uint32_t               rank;
		uint64_t               incarnation;
		enum sys_event_verdict want;
	} cases[] = {
	    {true, 0, 0, SYS_EVENT_APPLY},     {true, 0, 10, SYS_EVENT_APPLY},
	    {true, 0, 11, SYS_EVENT_APPLY},    {true, 0, 9, SYS_EVENT_STALE},
	    {true, 1, 0, SYS_EVENT_IGNORE},    {true, 3, 0, SYS_EVENT_IGNORE},
	    {true, 4, 0, SYS_EVENT_APPLY},     {true, 5, 0, SYS_EVENT_IGNORE},
	    {true, 2, 0, SYS_EVENT_NO_MEMBER}, {false, 0, 0, SYS_EVENT_APPLY},
	    {false, 0, 10, SYS_EVENT_APPLY},   {false, 0, 9, SYS_EVENT_STALE},
	    {false, 1, 0, SYS_EVENT_IGNORE},   {false, 3, 0, SYS_EVENT_IGNORE},
	    {false, 4, 9, SYS_EVENT_APPLY},    {false, 5, 0, SYS_EVENT_APPLY},
	    {false, 9, 0, SYS_EVENT_IGNORE},   {false, 2, 0, SYS_EVENT_NO_MEMBER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum sys_event_verdict got =
		    cases[i].died ? sys_event_engine_died(&ms, cases[i].rank, cases[i].incarnation)
				  : sys_event_rank_dead(&ms, cases[i].rank, cases[i].incarnation);

		if (got != cases[i].want)
			fail_msg("case %zu: %d instead of %d", i, got, cases[i].want);
	}
}

static void
group_map(void **state)
{
	struct sys_group_member g[ARRAY_SIZE(rows)];

	/* Excluded, AdminExcluded, AwaitFormat and the one without URI are not told of. */
	assert_int_equal(sys_group_map(&ms, g), 2);
	assert_int_equal(g[0].rank, 0);
	assert_int_equal(g[1].rank, 4);
	assert_string_equal(g[1].uri, "ofi+tcp://10.0.0.2:2");
	assert_int_equal(g[1].incarnation, 10);
}

static void
filters(void **state)
{
	const struct sys_member *got[ARRAY_SIZE(rows)];
	const char              *addrs[ARRAY_SIZE(rows)];
	uint32_t                 absent[4];
	size_t                   which[4];

	assert_int_equal(sys_members_filter(&ms, 0, NULL, 0, NULL, 0, got), 6);
	assert_int_equal(sys_members_filter(&ms, 0xFFFF, NULL, 0, NULL, 0, got), 6);
	assert_int_equal(sys_members_filter(&ms, J | S, NULL, 0, NULL, 0, got), 2);
	assert_int_equal(got[1]->rank, 4);
	assert_int_equal(sys_members_filter(&ms, 0, (uint32_t[]){9, 1, 7}, 3, NULL, 0, got), 2);
	assert_int_equal(got[0]->rank, 1);
	assert_int_equal(got[1]->rank, 9);
	assert_int_equal(sys_members_filter(&ms, 0, NULL, 0,
					    (const char *[]){"10.0.0.2:10001", "10.0.0.9:10001"}, 2,
					    got),
			 2);
	assert_int_equal(got[0]->rank, 3);
	assert_int_equal(sys_ranks_absent(&ms, (uint32_t[]){9, 2, 7}, 3, absent), 2);
	assert_int_equal(absent[0], 2);
	assert_int_equal(absent[1], 7);
	assert_int_equal(
	    sys_addrs_absent(&ms, (const char *[]){"10.0.0.2:10001", "10.0.0.9:10001"}, 2, which),
	    1);
	assert_int_equal(which[0], 1);
	assert_int_equal(sys_members_addrs(&ms, addrs), 3);
	assert_string_equal(addrs[0], "10.0.0.1:10001");
	assert_string_equal(addrs[2], "10.0.0.3:10001");
	assert_false(sys_members_all_settled(&ms));
	assert_true(sys_members_all_settled(&(struct sys_members){.v = rows, .n = 1}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(results),
	    cmocka_unit_test(events),
	    cmocka_unit_test(group_map),
	    cmocka_unit_test(filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
