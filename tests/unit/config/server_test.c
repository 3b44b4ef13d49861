/* Loading files: search, summaries, aliases, `config check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/fs.h"
#include "config_text.h"

static char dir[64];

static int
make_dir(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/server_test.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	return fs_remove_tree(dir);
}

/* Writes a file into the directory and returns its path (static). */
static const char *
write_file(const char *text)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/daos_server.yml", dir);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644), 0);
	return path;
}

static void
assert_summary(const struct cfg_problems *problems, const char *want)
{
	_cleanup_(freep) char *text = cfg_problems_summary(problems, NULL);

	assert_non_null(text);
	if (strstr(text, want) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", want, text);
}

static void
test_missing_file(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(cfg_server_load("/nonexistent/x.yml", &cfg, &problems), -ENOENT);
	assert_summary(&problems, "failed to load config from /nonexistent/x.yml: stat "
				  "/nonexistent/x.yml: no such file or directory");
	cfg_problems_fini(&problems);
}

static void
test_find(void **state)
{
	struct fault f    = FAULT_INIT;
	char        *path = NULL;

	assert_int_equal(cfg_server_find("/nonexistent/x.yml", &path, &f), -ENOENT);
	assert_non_null(strstr(f.description, "/nonexistent/x.yml"));
	assert_int_equal(cfg_server_find(write_file(""), &path, NULL), 0);
	assert_true(path[0] == '/');
	free(path);
}

static void
test_summaries(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;
	struct fault        f        = FAULT_INIT;
	char                want[256];

	assert_int_equal(cfg_server_load(write_file("nosuch: 1\n"), &cfg, &problems), -EINVAL);
	(void)snprintf(want, sizeof(want), "parse of \"%s/daos_server.yml\" failed; ", dir);
	assert_summary(&problems, want);
	assert_summary(&problems, "line 1: field nosuch");
	cfg_problems_fini(&problems);

	assert_int_equal(cfg_server_load(write_file("system_ram_reserved: 0\n"), &cfg, &problems),
			 0);
	assert_int_equal(cfg_server_validate(cfg, &problems), -EINVAL);
	(void)snprintf(
	    want, sizeof(want),
	    "%s/daos_server.yml: validation failed: serverconfig: code = 734 description = ", dir);
	assert_summary(&problems, want);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);

	assert_int_equal(
	    cfg_server_load(write_file("provider: ofi+tcp\nengines: [null]\n"), &cfg, &problems),
	    0);
	assert_int_equal(cfg_server_validate(cfg, &problems), -EINVAL);
	assert_summary(&problems,
		       "I/O Engine 0 failed config validation: target count must be nonzero");
	assert_summary(&problems, ": serverconfig: code = 701 description = \"");
	free(cfg_problems_summary(&problems, &f));
	assert_true(fault_has_resolution(&f));
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_deprecated_replica_key(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load("access_points: [a]\n", &cfg, &problems), 0);
	assert_string_equal(cfg->mgmt_svc_replicas.v[0], "a");
	assert_int_equal(problems.n, 1);
	assert_int_equal(problems.v[0].severity, CFG_NOTICE);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
	assert_int_equal(load("mgmt_svc_replicas: [b]\naccess_points: [a]\n", &cfg, &problems),
			 -EINVAL);
	assert_int_equal(problems.v[0].line, 2);
	cfg_problems_fini(&problems);
}

/* A misspelt key and a broken rule are both told; what follows from the misspelling is not. */
static void
test_check_tells_causes_only(void **state)
{
	static const char   text[]   = "provider: ofi+tcp\n"
				       "nr_hugepages: -1\n"
				       "engines:\n"
				       "- targts: 4\n"
				       "  fabric_iface: eth0\n"
				       "  fabric_iface_port: 31416\n"
				       "  storage:\n"
				       "  - {class: ram, scm_mount: /mnt/a}\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;

	assert_int_equal(cfg_server_check(write_file(text), NULL, &problems), -EINVAL);
	assert_int_equal(problems.n_errors, 2);
	assert_non_null(problem_at(&problems, "engines[0].targts"));
	assert_null(problem_at(&problems, "engines[0].targets"));
	assert_non_null(problem_at(&problems, "nr_hugepages"));
	_cleanup_(freep) char *printed = cfg_problems_print(&problems);
	assert_non_null(strstr(printed, "daos_server.yml:4:3: error: engines[0].targts: "));
	assert_non_null(strstr(printed, "did you mean targets?"));
	assert_non_null(strstr(printed, "(serverconfig: code = 725)"));
	cfg_problems_fini(&problems);
}

static void
test_directories(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;
	char               *path     = NULL;

	assert_int_equal(load("provider: x\nengines:\n" ENGINE(0), &cfg, &problems), 0);
	assert_int_equal(cfg_server_metadata_dir(cfg, &path), -ENOENT);
	assert_int_equal(cfg_server_database_dir(cfg, &path), 0);
	assert_string_equal(path, "/mnt/daos0/control_raft");
	free(path);
	cfg->control_metadata.path = strdup("/md");
	assert_int_equal(cfg_server_database_dir(cfg, &path), 0);
	assert_string_equal(path, "/md/daos_control/control_raft");
	free(path);
	assert_int_equal(cfg_server_engine_metadata_dir(cfg, 1, &path), 0);
	assert_string_equal(path, "/md/daos_control/engine1");
	free(path);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_file),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_summaries),
	    cmocka_unit_test(test_deprecated_replica_key),
	    cmocka_unit_test(test_check_tells_causes_only),
	    cmocka_unit_test(test_directories),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
