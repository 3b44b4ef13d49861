/* What is refused before decoding: not YAML, and YAML that no configuration needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config_text.h"

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned    line;
		const char *says;
	} cases[] = {
	    {"a: &x 1\n", 1, "anchors"},
	    {"a: 1\nb: *x\n", 2, "aliases"},
	    {"a:\n  <<: {b: 1}\n", 2, "merge key"},
	    {"name: a\n---\nname: b\n", 2, "second document"},
	    {"name: !secret a\n", 1, "tags"},
	    {"name: [a\nport: 1\n", 2, "not YAML"},
	    {"\tname: a\n", 1, "not YAML"},
	    {"name: a\n  port: 1\n", 2, "not YAML"},
	    {"name: \"a\n", 2, "not YAML"},
	    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, "nested too deeply"},
	    {"name: \xff\xfe\n", 1, "not YAML"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;

		assert_int_equal(load(cases[i].text, &cfg, &problems), -EINVAL);
		assert_non_null(problems.v);
		if (strstr(problems.v[0].fault.description, cases[i].says) == NULL ||
		    problems.v[0].line != cases[i].line)
			fail_msg("%s: line %u: %s", cases[i].text, problems.v[0].line,
				 problems.v[0].fault.description);
		cfg_problems_fini(&problems);
	}
}

static void
test_empty_and_json(void **state)
{
	static const char *const good[] = {"",
					   "\n",
					   "# nothing\n",
					   "---\n",
					   "~\n",
					   "{}",
					   "{\"port\": 5, \"name\": \"x\"}",
					   "!!map {port: !!int 5}\n",
					   "%YAML 1.1\n---\nport: 5\n"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;

		assert_int_equal(load(good[i], &cfg, &problems), 0);
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

static void
test_too_large(void **state)
{
	struct strbuf       text     = STRBUF_INIT;
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	strbuf_add_char(&text, '#');
	strbuf_pad(&text, 'x', 1024U * 1024U);
	assert_int_equal(load(strbuf_str(&text), &cfg, &problems), -EINVAL);
	assert_non_null(strstr(problems.v[0].fault.description, "1 MiB"));
	strbuf_fini(&text);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_empty_and_json),
	    cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
