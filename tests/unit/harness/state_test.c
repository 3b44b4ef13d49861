/* The life cycle as a table: every move is either listed here or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/harness.h"

#define S(n) HAR_STATE_##n

static void
test_only_the_listed_moves_are_allowed(void **state)
{
	static const struct {
		enum har_state from, to;
	} allowed[] = {
	    {S(STOPPED), S(CHECKING)},       {S(CHECKING), S(AWAIT_FORMAT)},
	    {S(CHECKING), S(PREPARING)},     {S(CHECKING), S(STOPPED)},
	    {S(AWAIT_FORMAT), S(PREPARING)}, {S(AWAIT_FORMAT), S(STOPPED)},
	    {S(PREPARING), S(STARTING)},     {S(PREPARING), S(STOPPED)},
	    {S(STARTING), S(JOINING)},       {S(STARTING), S(STOPPING)},
	    {S(STARTING), S(STOPPED)},       {S(JOINING), S(SETTING_UP)},
	    {S(JOINING), S(READY)},          {S(JOINING), S(STOPPING)},
	    {S(JOINING), S(STOPPED)},        {S(SETTING_UP), S(READY)},
	    {S(SETTING_UP), S(STOPPING)},    {S(SETTING_UP), S(STOPPED)},
	    {S(READY), S(STOPPING)},         {S(READY), S(STOPPED)},
	    {S(STOPPING), S(STOPPED)},
	};

	for (int from = 0; from < _HAR_STATE_MAX; from++)
		for (int to = 0; to < _HAR_STATE_MAX; to++) {
			bool want = false;

			for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
				want = want ||
				       ((int)allowed[i].from == from && (int)allowed[i].to == to);
			if (har_state_may_move(from, to) != want)
				fail_msg("%s -> %s: want %d", har_state_name(from),
					 har_state_name(to), want);
		}
}

static void
test_the_outside_sees_four_states_and_stopping(void **state)
{
	static const struct {
		enum har_state s;
		const char    *member;
		bool           process;
	} rows[] = {
	    {S(STOPPED), "stopped", false},          {S(CHECKING), "stopped", false},
	    {S(AWAIT_FORMAT), "awaitformat", false}, {S(PREPARING), "stopped", false},
	    {S(STARTING), "starting", true},         {S(JOINING), "starting", true},
	    {S(SETTING_UP), "starting", true},       {S(READY), "ready", true},
	    {S(STOPPING), "stopping", true},
	};

	assert_int_equal(ARRAY_SIZE(rows), _HAR_STATE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(har_state_member_name(rows[i].s), rows[i].member);
		assert_int_equal(har_state_has_process(rows[i].s), rows[i].process);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_the_listed_moves_are_allowed),
	    cmocka_unit_test(test_the_outside_sees_four_states_and_stopping),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
