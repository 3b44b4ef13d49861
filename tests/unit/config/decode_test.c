/* Decoding: places, suggestions, types, and that all problems are found in one pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

struct expected {
	const char *text; /* the file */
	const char *key;
	unsigned    line, column;
	const char *says;       /* part of the description */
	const char *suggestion; /* part of it, or NULL */
};

static const struct expected wrong[] = {
    {"nosuch: 1\n", "nosuch", 1, 1, "nosuch", NULL},
    {"name: a\nprot: 1\n", "prot", 2, 1, "prot", "did you mean port?"},
    {"engines:\n- targets: 1\n  storage:\n  - class: ram\n    scm_sise: 4\n",
     "engines[0].storage[0].scm_sise", 5, 5, "scm_sise", "did you mean scm_size?"},
    {"engines:\n- scm_mount: /a\n", "engines[0].scm_mount", 2, 3, "scm_mount",
     "belongs in an entry of engines[].storage"},
    {"targets: 4\n", "targets", 1, 1, "targets", "belongs in an entry of engines"},
    {"servers: []\n", "servers", 1, 1, "servers", "engines"},
    {"enable_vmd: true\n", "enable_vmd", 1, 1, "enable_vmd", "disable_vmd"},
    {"hostlist: [a]\n", "hostlist", 1, 1, "hostlist", "daos_control.yml"},
    {"port: many\n", "port", 1, 7, "a number is wanted", NULL},
    {"port: \"10001\"\n", "port", 1, 7, "is text", NULL},
    {"port: [1]\n", "port", 1, 7, "a list where a number is wanted", NULL},
    {"port: 99999999999999999999\n", "port", 1, 7, "out of range", NULL},
    {"core_dump_filter: 256\n", "core_dump_filter", 1, 19, "0 to 255", NULL},
    {"crt_timeout: -1\n", "crt_timeout", 1, 14, "out of range", NULL},
    {"disable_vfio: 1\n", "disable_vfio", 1, 15, "true or false", NULL},
    {"engines: {}\n", "engines", 1, 10, "a map where a list of maps is wanted", NULL},
    {"engines: [5]\n", "engines[0]", 1, 11, "must be a map", NULL},
    {"transport_config: no\n", "transport_config", 1, 19, "a map is wanted", NULL},
    {"bdev_exclude: a\n", "bdev_exclude", 1, 15, "a list is wanted", NULL},
    {"bdev_exclude: [[a]]\n", "bdev_exclude[0]", 1, 16, "a list where text is wanted", NULL},
    {"name: a\nname: b\n", "name", 2, 1, "already set", NULL},
    {"engines: [{storage: [{class: rma}]}]\n", "engines[0].storage[0].class", 1, 30, "rma",
     "did you mean ram?"},
    {"control_log_mask: WARN\n", "control_log_mask", 1, 19, "WARN", NULL},
    {"? [a]\n: b\n", "", 1, 3, "a key must be a word", NULL},
    {"[1, 2]\n", "", 1, 1, "must be a map", NULL},
    {"name: \"a\\0b\"\n", "name", 1, 7, "NUL", NULL},
    {"engines: [{pinned_numa_node: -1}]\n", "engines[0].pinned_numa_node", 1, 30, "out of range",
     NULL},
    {"engines: [{storage: [{bdev_busid_range: 9-1}]}]\n", "engines[0].storage[0].bdev_busid_range",
     1, 41, "9-1", NULL},
    {"engines: [{storage: [{bdev_list: [/a, /a]}]}]\n", "engines[0].storage[0].bdev_list", 1, 34,
     "twice", NULL},
};

static void
test_what_is_wrong_is_placed(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const struct expected    *e        = &wrong[i];
		struct cfg_problems       problems = CFG_PROBLEMS_INIT;
		struct cfg_server        *cfg      = NULL;
		const struct cfg_problem *q;

		assert_int_equal(load(e->text, &cfg, &problems), -EINVAL);
		assert_null(cfg);
		q = problem_at(&problems, e->key);
		if (q == NULL)
			fail_msg("%s: no problem at \"%s\"", e->text, e->key);
		if (q->line != e->line || q->column != e->column)
			fail_msg("%s: at %u:%u, not %u:%u", e->text, q->line, q->column, e->line,
				 e->column);
		if (strstr(q->fault.description, e->says) == NULL)
			fail_msg("%s: says \"%s\"", e->text, q->fault.description);
		if (e->suggestion != NULL &&
		    (q->suggestion == NULL || strstr(q->suggestion, e->suggestion) == NULL))
			fail_msg("%s: suggests \"%s\"", e->text,
				 q->suggestion ? q->suggestion : "nothing");
		cfg_problems_fini(&problems);
	}
}

static void
test_all_problems_in_one_pass(void **state)
{
	static const char   text[]   = "prot: 1\n"
				       "telemetry_port: x\n"
				       "engines:\n"
				       "- targets: many\n"
				       "  storage:\n"
				       "  - scm_mont: /a\n"
				       "name: far_too_long_a_name\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load(text, &cfg, &problems), -EINVAL);
	assert_int_equal(problems.n_errors, 5);
	assert_non_null(problem_at(&problems, "name"));
	assert_non_null(problem_at(&problems, "engines[0].storage[0].scm_mont"));
	cfg_problems_fini(&problems);
}

/* Upstream's decoder stops at a bad enumeration value and reports only that. */
static void
test_hard_problems_come_first(void **state)
{
	static const char   text[]   = "nosuch: 1\nengines: [{storage: [{bdev_roles: [log]}]}]\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load(text, &cfg, &problems), -EINVAL);
	assert_int_equal(problems.n_errors, 2);
	assert_int_equal(cfg_problems_first_error(&problems)->fault.code,
			 FAULT_BDEV_CONFIG_OPT_FLAG_UNKNOWN);
	cfg_problems_fini(&problems);
}

static void
test_values_as_upstream_reads_them(void **state)
{
	static const char   text[]   = "port: 0x2711\n"
				       "name: 123\n"
				       "nr_hugepages: 1e3\n"
				       "disable_vfio: yes\n"
				       "disable_vmd: ~\n"
				       "socket_dir: null\n"
				       "system_ram_reserved: 010\n"
				       "bdev_exclude: [null, 5]\n"
				       "{0}\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(cfg_server_load_text("t", text, sizeof(text) - 5, &cfg, &problems), 0);
	assert_int_equal(cfg->port, 10001);
	assert_string_equal(cfg->name, "123");
	assert_int_equal(cfg->nr_hugepages, 1000);
	assert_true(cfg->disable_vfio);
	assert_int_equal(cfg->disable_vmd, CFG_UNSET);
	assert_string_equal(cfg->socket_dir, "");
	assert_int_equal(cfg->system_ram_reserved, 8);
	assert_int_equal(cfg->bdev_exclude.n, 2);
	assert_string_equal(cfg->bdev_exclude.v[0], "");
	assert_string_equal(cfg->bdev_exclude.v[1], "5");
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_defaults(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load("transport_config: {allow_insecure: true}\n", &cfg, &problems), 0);
	assert_string_equal(cfg->name, "daos_server");
	assert_int_equal(cfg->port, 10001);
	assert_int_equal(cfg->system_ram_reserved, 64);
	assert_int_equal(cfg->core_dump_filter, 19);
	assert_string_equal(cfg->mgmt_svc_replicas.v[0], "localhost:10001");
	assert_true(cfg->transport_config.allow_insecure);
	assert_string_equal(cfg->transport_config.key,
			    "/etc/daos/certs/server.key"); /* a partial map keeps the rest */
	assert_int_equal(cfg->control_log_mask, LOG_LEVEL_INFO);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

/* No more problems are kept than a person can read. */
static void
test_problem_flood(void **state)
{
	struct strbuf       text     = STRBUF_INIT;
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	for (unsigned i = 0; i < 3 * CFG_PROBLEMS_MAX; i++)
		strbuf_addf(&text, "k%u: 1\n", i);
	assert_int_equal(load(strbuf_str(&text), &cfg, &problems), -EINVAL);
	assert_int_equal(problems.n, CFG_PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 2 * CFG_PROBLEMS_MAX);
	assert_int_equal(problems.n_errors, 3 * CFG_PROBLEMS_MAX);
	strbuf_fini(&text);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_wrong_is_placed),
	    cmocka_unit_test(test_all_problems_in_one_pass),
	    cmocka_unit_test(test_hard_problems_come_first),
	    cmocka_unit_test(test_values_as_upstream_reads_them),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_problem_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
