/* Environment of engines: stack sizes and PMDK. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

static void
test_table(void **state)
{
	static const struct {
		const char *provider, *tiers, *env;
		int         rc;
		const char *stack, *pmdk; /* afterwards; NULL: absent */
	} cases[] = {
	    {"ofi+tcp", "{class: ram}", "", 0, NULL, "sds.at_create=0"},
	    {"ofi+tcp", "{class: dir}", "", 0, NULL, "sds.at_create=0"},
	    {"ofi+tcp", "{class: ram}", "PMEMOBJ_CONF=a=1", 0, NULL, "a=1;sds.at_create=0"},
	    {"ofi+tcp", "{class: ram}", "PMEMOBJ_CONF=sds.at_create=1", -EINVAL, NULL,
	     "sds.at_create=1"},
	    {"ofi+tcp", "{class: dcpm}", "", 0, "20480", NULL},
	    {"ofi+tcp", "{class: dcpm}", "PMEMOBJ_CONF=sds.at_create=0", -EINVAL, NULL,
	     "sds.at_create=0"},
	    {"ucx+dc_x", "{class: dcpm}", "", 0, "32768", NULL},
	    {"ucx+dc_x", "{class: ram}", "ABT_THREAD_STACKSIZE=32767", -EINVAL, "32767", NULL},
	    {"ucx+dc_x", "{class: ram}", "ABT_THREAD_STACKSIZE=big", -EINVAL, "big", NULL},
	    {"ofi+tcp", "{class: ram}, {class: file, bdev_roles: [meta]}", "", 0, "24576",
	     "sds.at_create=0"},
	    {"ofi+tcp", "{class: ram}, {class: file, bdev_roles: [meta]}",
	     "ABT_THREAD_STACKSIZE=40000", 0, "40000", "sds.at_create=0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;
		char                text[512];
		const char         *stack, *pmdk;

		(void)snprintf(text, sizeof(text),
			       "provider: %s\nengines: [{storage: [%s], env_vars: [%s]}]\n",
			       cases[i].provider, cases[i].tiers, cases[i].env);
		assert_int_equal(load(text, &cfg, &problems), 0);
		assert_int_equal(cfg_server_tune_env(cfg, &problems), cases[i].rc);
		assert_int_equal(problems.n_errors, cases[i].rc < 0);
		stack = cfg_env_get(&cfg->engines[0].env_vars, "ABT_THREAD_STACKSIZE");
		pmdk  = cfg_env_get(&cfg->engines[0].env_vars, "PMEMOBJ_CONF");
		assert_true(cases[i].stack == NULL ? stack == NULL
						   : str_eq(stack ? stack : "", cases[i].stack));
		assert_true(cases[i].pmdk == NULL ? pmdk == NULL
						  : str_eq(pmdk ? pmdk : "", cases[i].pmdk));
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
