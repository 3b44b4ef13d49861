/* Printing: what is printed reads back as the same configuration; samples are complete and valid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/fs.h"
#include "config/config_private.h"
#include "config_text.h"

static const char everything[] =
    "provider: \"ofi+verbs;ofi_rxm\"\n"
    "name: \"yes\"\n"
    "control_iface: \"a: b\"\n"
    "control_addr: 10.0.0.1\n"
    "bdev_exclude: [\"0000:00:00.0\", \"\", \"- x\", \"q\\\"q\"]\n"
    "mgmt_svc_replicas: [h1, \"h2:5\", h3]\n"
    "client_env_vars: [\"A=1 2\", \"B=#x\"]\n"
    "control_metadata: {path: /md, allow_spdk_conf_override: true}\n"
    "support_config: {file_transfer_exec: /bin/cp}\n"
    "secondary_provider_endpoints: [2, 3]\n"
    "engine_path: /e\n"
    "engines:\n"
    "- targets: 4\n"
    "  fabric_iface: ib0\n"
    "  fabric_iface_port: 31416\n"
    "  first_core: 0\n"
    "  bypass_health_chk: false\n"
    "  acceleration: {engine: spdk, options: [move]}\n"
    "  spdk_rpc_server: {enable: true, sock_addr: /s}\n"
    "  bdev_auto_faulty: {enable: true, max_io_errs: 1}\n"
    "  spdk_iobuf: {small_pool_count: 5}\n"
    "  env_vars: [\"DD_MASK=all\"]\n"
    "  storage:\n"
    "  - {class: ram, scm_mount: /mnt/daos, scm_size: 8, scm_hugepages_disabled: true}\n"
    "  - class: nvme\n"
    "    bdev_list: [\"0000:81:00.0\", \"0000:80:00.0\"]\n"
    "    bdev_busid_range: 0x80-0x8f\n"
    "    bdev_roles: [wal, meta, data]\n"
    "- {}\n";

static void
test_round_trip(void **state)
{
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct cfg_server     *a = NULL, *b = NULL;
	_cleanup_(freep) char *first = NULL, *second = NULL;

	assert_int_equal(load(everything, &a, &problems), 0);
	assert_int_equal(cfg_server_print(a, &first), 0);
	assert_int_equal(load(first, &b, &problems), 0);
	assert_int_equal(cfg_server_print(b, &second), 0);
	assert_string_equal(first, second);
	assert_string_equal(b->name, "yes");
	assert_string_equal(b->control_iface, "a: b");
	assert_string_equal(b->bdev_exclude.v[3], "q\"q");
	assert_int_equal(b->fabric.secondary_provider_endpoints.v[1], 3);
	assert_true(b->engines[0].first_core.set);
	assert_int_equal(b->engines[0].fabric.bypass_health_chk, CFG_FALSE);
	assert_int_equal(b->engines[0].acceleration.options, CFG_ACCEL_MOVE);
	assert_true(b->engines[0].bdev_auto_faulty.set);
	assert_int_equal(b->engines[0].storage[1].bdev_busid_range.high, 0x8f);
	assert_int_equal(b->engines[0].storage[1].bdev_roles,
			 CFG_ROLE_DATA | CFG_ROLE_META | CFG_ROLE_WAL);
	assert_int_equal(b->n_engines, 2);
	assert_non_null(strstr(first, "- data\n"));
	a = cfg_server_free(a);
	b = cfg_server_free(b);
	cfg_problems_fini(&problems);
}

/* Every key of a schema stands in the sample, and with the # taken away the sample is YAML that
 * loads. */
static void
check_sample(const char *sample, const struct cfg_schema *schema)
{
	for (size_t i = 0; i < schema->n; i++) {
		const struct cfg_field *f = &schema->fields[i];
		char                    key[64];

		(void)snprintf(key, sizeof(key), "%s:", f->name);
		if ((f->flags & CFG_FIELD_DEPRECATED) == 0 && strstr(sample, key) == NULL)
			fail_msg("%s is not in the sample", f->name);
		assert_non_null(f->help);
		if (f->schema != NULL)
			check_sample(sample, f->schema);
	}
}

static void
test_samples(void **state)
{
	_cleanup_(freep) char *server = NULL, *control = NULL;
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct cfg_server     *cfg      = NULL;

	assert_int_equal(cfg_server_sample(&server), 0);
	assert_int_equal(cfg_control_sample(&control), 0);
	check_sample(server, &cfg_server_schema);
	check_sample(control, &cfg_control_schema);
	assert_int_equal(load(server, &cfg, &problems), 0); /* comments only: all defaults */
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_active_file(void **state)
{
	char                dir[] = "/tmp/print_test.XXXXXX";
	char                path[96];
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg = NULL, *again = NULL;
	struct fault        f = FAULT_INIT;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(load("port: 7\n", &cfg, &problems), 0);
	assert_int_equal(cfg_set_string(&cfg->socket_dir, dir), 0);
	assert_int_equal(cfg_server_save_active(cfg, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/.daos_server.active.yml", dir);
	assert_int_equal(cfg_server_load(path, &again, &problems), 0);
	assert_int_equal(again->port, 7);
	again = cfg_server_free(again);
	assert_int_equal(fs_remove_tree(dir), 0);
	assert_true(cfg_server_save_active(cfg, &f) < 0);
	assert_non_null(strstr(f.description, path));
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_active_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
