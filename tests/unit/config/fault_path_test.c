/* The fault domain of a server, and what fault_cb's program may do wrong; more cases are in the case tables. */
#include "config/fault_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"

static char dir[64], script[96];

static int
make_dir(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/fault_path_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(script, sizeof(script), "%s/script", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	return fs_remove_tree(dir);
}

/* Writes the script with a body and runs it. */
static int
run(const char *body, struct fault *f)
{
	_cleanup_(freep) char *text = str_format("#!/bin/sh\n%s\n", body);
	struct fault_domain   *d    = NULL;
	int                    r;

	assert_int_equal(fs_write_atomic(script, text, strlen(text), 0755), 0);
	assert_int_equal(chmod(script, 0755), 0);
	r = cfg_fault_cb_run(script, dir, &d, f);
	d = fault_domain_free(d);
	return r;
}

static void
test_what_a_script_may_do(void **state)
{
	static const struct {
		const char *body;
		uint32_t    code; /* 0: accepted */
		const char *says;
	} cases[] = {
	    {"echo /a/b", 0, NULL},
	    {"echo /a; exec >&-; exit 0", 0, NULL},
	    {"cat; echo /a", 0, NULL}, /* standard input is empty */
	    {"echo /a; exit 3", FAULT_SERVER_CONFIG_FAULT_CALLBACK_FAILED, "status 3"},
	    {"kill -TERM $$", FAULT_SERVER_CONFIG_FAULT_CALLBACK_FAILED, "signal 15"},
	    {"while :; do echo /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
	     FAULT_SERVER_CONFIG_FAULT_CALLBACK_FAILED, "more than"},
	    {"printf ' \\n\\t '", FAULT_SERVER_CONFIG_FAULT_CALLBACK_EMPTY, "nothing"},
	    {"echo no-slash", FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID, "no-slash"},
	    {"echo /a/b/c", FAULT_SERVER_CONFIG_FAULT_DOMAIN_TOO_MANY_LAYERS, "3 levels"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = FAULT_INIT;

		assert_int_equal(run(cases[i].body, &f) == 0, cases[i].code == 0);
		assert_int_equal(f.code, cases[i].code);
		if (cases[i].says != NULL)
			assert_non_null(strstr(f.description, cases[i].says));
	}
}

static void
test_where_a_script_may_lie(void **state)
{
	struct fault_domain *d = NULL;
	struct fault         f = FAULT_INIT;
	char                 other[96], link[96];

	assert_int_equal(run("echo /a", NULL), 0);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink(script, link), 0);
	assert_true(cfg_fault_cb_run(link, dir, &d, &f) < 0);
	assert_int_equal(f.code, FAULT_SERVER_CONFIG_FAULT_CALLBACK_INSECURE);
	assert_non_null(strstr(f.resolution, dir));
	/* beside the directory, with its name as a prefix, and reached through .. */
	(void)snprintf(other, sizeof(other), "%s/../%s/script", dir, strrchr(dir, '/') + 1);
	assert_int_equal(cfg_fault_cb_run(other, dir, &d, NULL), 0);
	d = fault_domain_free(d);
	(void)snprintf(other, sizeof(other), "%s/../../bin/true", dir);
	assert_true(cfg_fault_cb_run(other, dir, &d, &f) < 0);
	assert_int_equal(f.code, FAULT_SERVER_CONFIG_FAULT_CALLBACK_INSECURE);
	assert_true(cfg_fault_cb_run("/nonexistent/script", dir, &d, &f) < 0);
	assert_int_equal(f.code, FAULT_SERVER_CONFIG_FAULT_CALLBACK_NOT_FOUND);
}

static void
test_from_the_configuration(void **state)
{
	char                 path[96], fault_path[] = "/Rack0/h";
	struct cfg_server    cfg = {.path = path};
	struct fault_domain *d   = NULL;
	char                *text;

	(void)snprintf(path, sizeof(path), "%s/daos_server.yml", dir);
	assert_int_equal(cfg_server_fault_domain(&cfg, "Host-7", &d, NULL), 0);
	text = fault_domain_text(d);
	assert_string_equal(text, "/host-7");
	free(text);
	d = fault_domain_free(d);

	cfg.fault_path = fault_path;
	assert_int_equal(cfg_server_fault_domain(&cfg, "x", &d, NULL), 0);
	assert_string_equal(fault_domain_top(d), "rack0");
	d = fault_domain_free(d);

	assert_int_equal(run("echo /from/script", NULL), 0);
	cfg.fault_path = NULL;
	cfg.fault_cb   = script; /* lies in the directory of the configuration file */
	assert_int_equal(cfg_server_fault_domain(&cfg, "x", &d, NULL), 0);
	assert_string_equal(fault_domain_bottom(d), "script");
	d = fault_domain_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_a_script_may_do),
	    cmocka_unit_test(test_where_a_script_may_lie),
	    cmocka_unit_test(test_from_the_configuration),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
