/* daos_control.yml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/fs.h"
#include "config_text.h"

static void
test_defaults_and_search(void **state)
{
	char              dir[] = "/tmp/control_test.XXXXXX";
	char              path[96];
	static const char text[] =
	    "hostlist: [\"node[1-3]\"]\ntransport_config: {allow_insecure: true}\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_control *cfg      = NULL;

	assert_int_equal(cfg_control_new(&cfg), 0);
	assert_string_equal(cfg->hostlist.v[0], "localhost:10001");
	assert_string_equal(cfg->transport_config.key, "/etc/daos/certs/admin.key");
	assert_null(cfg->path);
	cfg = cfg_control_free(cfg);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/.daos_control.yml", dir);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
	assert_int_equal(cfg_control_load(NULL, dir, &cfg, &problems), 0);
	assert_string_equal(cfg->path, path);
	assert_int_equal(cfg->hostlist.n, 1);
	assert_true(cfg->transport_config.allow_insecure);
	cfg = cfg_control_free(cfg);
	assert_int_equal(fs_remove_tree(dir), 0);
	assert_int_equal(cfg_control_load(path, NULL, &cfg, &problems), -ENOENT);
	cfg_problems_fini(&problems);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "is empty"},
	    {"hosts: [a]\n", "hosts"},
	    {"name: \"\"\n", "invalid system name"},
	    {"name: 0123456789abcdef\n", "invalid system name"},
	    {"port: x\n", "a number is wanted"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_control *cfg      = NULL;

		assert_int_equal(cfg_control_load_text("c.yml", cases[i].text,
						       strlen(cases[i].text), &cfg, &problems),
				 -EINVAL);
		assert_non_null(strstr(problems.v[0].fault.description, cases[i].says));
		cfg_problems_fini(&problems);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults_and_search),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
