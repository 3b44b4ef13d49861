/* The table of pool properties as a whole, values that no command line can make, and lists. */
#include "common/pool_prop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
test_table_is_sorted_and_choices_read_back(void **state)
{
	const struct pool_prop *p, *last = NULL;
	const char             *name, *last_name;
	size_t                  n = 0;

	for (; (p = pool_prop_at(n)) != NULL; n++, last = p) {
		assert_true(last == NULL || strcmp(last->name, p->name) < 0);
		assert_ptr_equal(pool_prop_find(p->name), p);
		assert_ptr_equal(pool_prop_by_number(p->number), p);
		assert_true(p->title[0] != '\0');
		last_name = NULL;
		for (size_t i = 0; (name = pool_prop_choice(p, i)) != NULL; i++, last_name = name) {
			struct pool_prop_value value = {0}, again = {0};
			char                  *text;

			assert_true(last_name == NULL || strcmp(last_name, name) < 0);
			assert_int_equal(pool_prop_parse(p, name, &value, NULL), 0);
			text = pool_prop_text(p, &value);
			assert_int_equal(pool_prop_parse(p, text, &again, NULL), 0);
			assert_int_equal(again.number, value.number);
			free(text);
		}
	}
	assert_int_equal(n, 23);
	assert_null(pool_prop_find("Label"));
	assert_null(pool_prop_by_number(2));
}

static void
test_values_of_the_wire(void **state)
{
	static const struct {
		const char            *name;
		struct pool_prop_value value;
		const char            *text;
	} cases[] = {
	    {"self_heal", {POOL_PROP_IS_NUMBER, 6, NULL}, "unknown"},
	    {"self_heal", {POOL_PROP_IS_NUMBER, 3, NULL}, "exclude;rebuild"},
	    {"self_heal", {POOL_PROP_UNSET, 0, NULL}, "not set"},
	    {"reclaim", {POOL_PROP_IS_NUMBER, 3, NULL}, "3"},
	    {"reclaim", {POOL_PROP_IS_TEXT, 0, "batch"}, "batch"},
	    {"rd_fac", {POOL_PROP_IS_TEXT, 0, "2"}, "not set"},
	    {"space_rb", {POOL_PROP_IS_NUMBER, 200, NULL}, "200%"},
	    {"svc_list", {POOL_PROP_IS_TEXT, 0, "[0-2]"}, "[0-2]"},
	    {"rp_pda", {POOL_PROP_IS_NUMBER, 4294967295, NULL}, "4294967295"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = pool_prop_text(pool_prop_find(cases[i].name), &cases[i].value);

		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void
test_borders(void **state)
{
	static const struct {
		const char *name, *text;
		int         rc;
	} cases[] = {
	    {"ec_cell_sz", "1MiB", 0},
	    {"ec_cell_sz", "1048608", -EINVAL},
	    {"ec_cell_sz", "4128", 0},
	    {"data_thresh", "4294967295", 0},
	    {"data_thresh", "4GiB", -EINVAL},
	    {"scrub_freq", "18446744073709551615", 0},
	    {"scrub_freq", "18446744073709551616", -EINVAL},
	    {"scrub_thresh", "%1%2%", 0},
	    {"scrub_thresh", "%", -EINVAL},
	    {"rd_fac", "1%", -EINVAL},
	    {"rd_fac", "+1", -EINVAL},
	    {"rd_fac", " 1", -EINVAL},
	    {"checkpoint_thresh", "4294967296", -EINVAL},
	    {"svc_list", "0", -EROFS},
	    {"space_rb", "00000000000000000000000000000000000001", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_prop_value value = {0};
		struct fault           f     = FAULT_INIT;

		assert_int_equal(
		    pool_prop_parse(pool_prop_find(cases[i].name), cases[i].text, &value, &f),
		    cases[i].rc);
		assert_int_equal(f.set, cases[i].rc != 0);
		assert_int_equal(value.state,
				 cases[i].rc == 0 ? POOL_PROP_IS_NUMBER : POOL_PROP_UNSET);
	}
}

static void
test_settings_add_up(void **state)
{
	struct pool_settings s = {0};
	struct fault         f = FAULT_INIT;

	assert_int_equal(pool_settings_add(&s, "scrub:timed,rf:1", NULL), 0);
	assert_int_equal(pool_settings_add(&s, "label:x", NULL), 0);
	assert_int_equal(s.list.n, 3);
	assert_string_equal(s.list.v[0].prop->name, "label");
	assert_string_equal(s.list.v[0].value.text, "x");
	assert_string_equal(s.list.v[1].prop->name, "rd_fac");
	assert_non_null(pool_settings_find(&s, "scrub"));

	assert_int_equal(pool_settings_add(&s, "reclaim:lazy,rd_fac:2", &f), -EINVAL);
	assert_non_null(strstr(f.description, "more than once"));
	assert_int_equal(pool_settings_add(&s, "space_rb:1,space:2", &f), -EINVAL);
	assert_non_null(
	    strstr(f.description, "\"space\" is not a settable property (valid: checkpoint,"));
	assert_int_equal(s.list.n, 3);
	pool_settings_fini(&s);
	assert_int_equal(pool_settings_add(&s, "rf:1,rd_fac:1", &f), -EINVAL);
	pool_settings_fini(&s);
}

static void
test_names(void **state)
{
	struct keyvals kv = {0};

	assert_int_equal(pool_prop_names_parse("scrub,rf,rd_fac", &kv, NULL), 0);
	assert_int_equal(kv.list.n, 2);
	assert_string_equal(kv.list.v[0].key, "rd_fac");
	keyvals_fini(&kv);
	assert_int_equal(pool_prop_names_parse("scrubs", &kv, NULL), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_is_sorted_and_choices_read_back),
	    cmocka_unit_test(test_values_of_the_wire),
	    cmocka_unit_test(test_borders),
	    cmocka_unit_test(test_settings_add_up),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
