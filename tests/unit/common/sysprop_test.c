/* System properties: names, defaults, and which values each takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "common/sysprop.h"

static void
test_the_table_is_sorted_and_found(void **state)
{
	const struct sysprop *p;
	const char           *before = "";

	for (size_t i = 0; (p = sysprop_at(i)) != NULL; i++) {
		assert_true(strcmp(before, p->key) < 0);
		assert_ptr_equal(sysprop_find(p->key), p);
		before = p->key;
	}
	assert_null(sysprop_find("label"));
	assert_null(sysprop_find(""));
	assert_string_equal(sysprop_find("SELF_HEAL")->key, "self_heal");
}

static void
test_defaults_are_values(void **state)
{
	const struct sysprop *p;

	for (size_t i = 0; (p = sysprop_at(i)) != NULL; i++) {
		_cleanup_(freep) char *value = NULL;
		struct fault           f     = FAULT_INIT;

		if (p->preset == NULL) {
			assert_int_equal(sysprop_value(p, "x", &value, &f), -EROFS);
			assert_true(f.set);
			continue;
		}
		assert_int_equal(sysprop_value(p, p->preset, &value, &f), 0);
		assert_string_equal(value, p->preset);
	}
}

static void
test_values(void **state)
{
	static const struct {
		const char *key, *value, *want; /* NULL: refused */
	} cases[] = {
	    {"pool_scrub_mode", "timed", "timed"},
	    {"pool_scrub_mode", "LAZY", "lazy"},
	    {"pool_scrub_mode", "bad", NULL},
	    {"pool_scrub_thresh", "5", "5"},
	    {"pool_scrub_thresh", "50%", "50"},
	    {"pool_scrub_thresh", "%5%", "5"},
	    {"pool_scrub_thresh", "007", "7"},
	    {"pool_scrub_thresh", "x", NULL},
	    {"pool_scrub_thresh", "-1", NULL},
	    {"pool_scrub_thresh", "%", NULL},
	    {"pool_scrub_thresh", "18446744073709551616", NULL},
	    {"self_heal", "none", "none"},
	    {"self_heal", "exclude", "exclude"},
	    {"self_heal", "pool_rebuild", "pool_rebuild"},
	    {"self_heal", "exclude;pool_rebuild", "exclude;pool_rebuild"},
	    {"self_heal", "exclude;pool_exclude;pool_rebuild", "exclude;pool_exclude;pool_rebuild"},
	    {"self_heal", "pool_exclude;exclude", NULL},
	    {"self_heal", "exclude;exclude", NULL},
	    {"self_heal", "exclude;", NULL},
	    {"self_heal", "excluded", NULL},
	    {"self_heal", "none;exclude", NULL},
	    {"self_heal", "NONE", NULL},
	    {"self_heal", "", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *got = NULL;
		struct fault           f   = FAULT_INIT;
		int r = sysprop_value(sysprop_find(cases[i].key), cases[i].value, &got, &f);

		assert_int_equal(r, cases[i].want == NULL ? -EINVAL : 0);
		if (r == 0)
			assert_string_equal(got, cases[i].want);
		else
			assert_non_null(strstr(f.description, "valid: "));
	}
}

static void
test_flags_of_a_policy(void **state)
{
	assert_true(sysprop_policy_has("exclude", "exclude"));
	assert_true(sysprop_policy_has("pool_exclude;pool_rebuild", "pool_rebuild"));
	assert_false(sysprop_policy_has("pool_exclude", "exclude"));
	assert_false(sysprop_policy_has("none", "exclude"));
	assert_false(sysprop_policy_has("", "exclude"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_table_is_sorted_and_found),
	    cmocka_unit_test(test_defaults_are_values),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_flags_of_a_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
