/* What a policy leaves off. */
#include "common/self_heal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_off(void **state)
{
	static const struct {
		enum self_heal_scope scope;
		const char          *policy, *off;
		size_t               n;
	} cases[] = {
	    {SELF_HEAL_SYSTEM, "exclude;pool_exclude;pool_rebuild", "", 0},
	    {SELF_HEAL_SYSTEM, "pool_rebuild", "exclude, pool_exclude", 2},
	    {SELF_HEAL_SYSTEM, "none", "exclude, pool_exclude, pool_rebuild", 3},
	    {SELF_HEAL_SYSTEM, "exclude ;", "exclude, pool_exclude, pool_rebuild", 3},
	    {SELF_HEAL_POOL, "exclude;rebuild", "delay_rebuild", 1},
	    {SELF_HEAL_POOL, "rebuild;exclude;delay_rebuild", "", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n    = 99;
		char  *text = self_heal_off(cases[i].scope, cases[i].policy, ", ", &n);

		assert_string_equal(text, cases[i].off);
		assert_int_equal(n, cases[i].n);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
