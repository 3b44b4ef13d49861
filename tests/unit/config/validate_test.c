/* Rules: each broken one is reported, at its key, and in upstream's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

#define TOP "provider: ofi+tcp\n"

static void
test_many_broken_rules_at_once(void **state)
{
	static const char text[] = "port: 0\n"
				   "mgmt_svc_replicas: [a, b]\n"
				   "telemetry_port: -1\n"
				   "system_ram_reserved: 0\n"
				   "nr_hugepages: -5\n"
				   "engines:\n" ENGINE(0) ENGINE(0);
	static const struct {
		const char *key;
		uint32_t    code;
	} want[] = {
	    {"system_ram_reserved", 734},
	    {"mgmt_svc_replicas", 706},
	    {"provider", 707},
	    {"port", 703},
	    {"telemetry_port", 704},
	    {"engines[0].provider", 701},
	    {"engines[1].provider", 701},
	    {"engines[1].fabric_iface_port", 709},
	    {"engines[1].log_file", 710},
	    {"engines[1].storage[0].scm_mount", 711},
	    {"engines[1].storage", 713},
	    {"nr_hugepages", 725},
	};
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load(text, &cfg, &problems), 0);
	assert_int_equal(cfg_server_validate(cfg, &problems), -EINVAL);
	assert_int_equal(problems.n_errors, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_string_equal(problems.v[i].key, want[i].key);
		assert_int_equal(problems.v[i].fault.code, want[i].code);
		assert_true(fault_has_resolution(&problems.v[i].fault));
	}
	assert_int_equal(problems.v[11].line, 5);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_replica_addresses(void **state)
{
	static const struct {
		const char *addr, *after;
		uint32_t    code; /* 0: accepted */
	} cases[] = {
	    {"a", "a:10001", 0},    {"a:5", "a:5", 0},     {"[::1]:5", "[::1]:5", 0},
	    {"a:+5", "a:+5", 0},    {"a:1:2", NULL, 705},  {"::1", NULL, 705},
	    {"[::1]", NULL, 705},   {"a[1]:5", NULL, 705}, {"a:", NULL, 703},
	    {"a:0", NULL, 703},     {"a:-5", NULL, 703},   {"a:5x", NULL, 703},
	    {"[::1]:x", NULL, 703},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;
		char                text[128];

		(void)snprintf(text, sizeof(text), "mgmt_svc_replicas: [\"%s\"]\n", cases[i].addr);
		assert_int_equal(load(text, &cfg, &problems), 0);
		(void)cfg_server_validate(cfg, &problems); /* the list tells */
		assert_int_equal(problems.n_errors, cases[i].code != 0);
		if (cases[i].code != 0)
			assert_int_equal(problems.v[0].fault.code, cases[i].code);
		else
			assert_string_equal(cfg->mgmt_svc_replicas.v[0], cases[i].after);
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

/* A tier of class dir needs neither a device nor a size. */
static void
test_class_dir(void **state)
{
	static const struct {
		const char *tier;
		int         rc;
	} cases[] = {
	    {"{class: dir, scm_mount: /srv/daos}", 0},
	    {"{class: dir}", -EINVAL},
	    {"{class: dir, scm_mount: /srv/daos, scm_list: [/dev/pmem0]}", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;
		char                text[512];

		(void)snprintf(text, sizeof(text),
			       TOP "engine_path: /opt/daos_engine\n"
				   "engines: [{targets: 1, fabric_iface: lo, fabric_iface_port: "
				   "31416, storage: [%s]}]\n",
			       cases[i].tier);
		assert_int_equal(load(text, &cfg, &problems), 0);
		assert_int_equal(cfg_server_validate(cfg, &problems), cases[i].rc);
		assert_string_equal(cfg->engine_path, "/opt/daos_engine");
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

static void
test_control_addr(void **state)
{
	static const struct {
		const char *text;
		int         rc;
	} cases[] = {
	    {"control_addr: 127.0.0.2", 0},
	    {"control_addr: \"\"", 0},
	    {"control_addr: localhost", -EINVAL},
	    {"control_addr: 0.0.0.0", -EINVAL},
	    {"control_addr: 10.0.0.1:10001", -EINVAL},
	    {"control_addr: 127.0.0.2\ncontrol_iface: lo", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = NULL;
		char                text[512];

		(void)snprintf(text, sizeof(text), TOP "%s\n", cases[i].text);
		assert_int_equal(load(text, &cfg, &problems), 0);
		assert_int_equal(cfg_server_validate(cfg, &problems), cases[i].rc);
		if (cases[i].rc < 0)
			assert_string_equal(cfg_problems_first_error(&problems)->key,
					    "control_addr");
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

static void
test_metadata_on_ssd_with_class_dir(void **state)
{
	static const char text[] = TOP
	    "control_metadata: {path: /md}\n"
	    "engines:\n"
	    "- targets: 1\n"
	    "  fabric_iface: lo\n"
	    "  fabric_iface_port: 31416\n"
	    "  storage:\n"
	    "  - {class: dir, scm_mount: /srv/daos}\n"
	    "  - {class: file, bdev_list: [/srv/b], bdev_size: 1, bdev_roles: [wal, meta, data]}\n";
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load(text, &cfg, &problems), 0);
	assert_int_equal(cfg_server_validate(cfg, &problems), 0);
	assert_string_equal(cfg->engines[0].nvme_conf, "/md/daos_control/engine0/daos_nvme.conf");
	assert_string_equal(cfg->engines[0].vos_bdev_class, "AIO");
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_validating_twice_changes_nothing(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(load(TOP
			      "enable_hotplug: true\nmgmt_svc_replicas: [a]\nengines:\n" ENGINE(0),
			      &cfg, &problems),
			 0);
	assert_int_equal(cfg_server_validate(cfg, &problems), 0);
	assert_int_equal(cfg->disable_hotplug, CFG_FALSE);
	assert_int_equal(cfg_server_validate(cfg, &problems), 0);
	assert_string_equal(cfg->mgmt_svc_replicas.v[0], "a:10001");
	assert_true(cfg->engines[0].hotplug);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_engines_inherit(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	assert_int_equal(
	    load(TOP
		 "fabric_iface: ib0\nfabric_iface_port: 5\ncrt_timeout: 7\ndisable_hotplug: true\n"
		 "engines: [{provider: ofi+verbs}, {fabric_iface_port: 6}]\n",
		 &cfg, &problems),
	    0);
	assert_string_equal(cfg->engines[0].fabric.provider, "ofi+verbs");
	assert_string_equal(cfg->engines[1].fabric.provider, "ofi+tcp");
	assert_int_equal(cfg->engines[0].fabric.fabric_iface_port, 5);
	assert_int_equal(cfg->engines[1].fabric.fabric_iface_port, 6);
	assert_int_equal(cfg->engines[1].fabric.crt_timeout, 7);
	assert_false(cfg->engines[1].hotplug);
	assert_int_equal(cfg_server_fix_provider(cfg), 0);
	assert_string_equal(cfg->engines[0].fabric.provider, "ofi+verbs;ofi_rxm");
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many_broken_rules_at_once),
	    cmocka_unit_test(test_replica_addresses),
	    cmocka_unit_test(test_class_dir),
	    cmocka_unit_test(test_control_addr),
	    cmocka_unit_test(test_metadata_on_ssd_with_class_dir),
	    cmocka_unit_test(test_validating_twice_changes_nothing),
	    cmocka_unit_test(test_engines_inherit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
