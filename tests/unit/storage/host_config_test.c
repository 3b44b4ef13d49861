/* From the configuration to the description of a host: paths, sizes, roles, parameters of the
 * device file. */
#include "config/config.h"
#include "fixture.h"

static const char *base =
    "name: daos_server\n"
    "engines:\n"
    "- targets: 4\n"
    "  fabric_iface: lo\n"
    "  fabric_iface_port: 31416\n"
    "  env_vars: [\"DAOS_MD_CAP=512\"]\n"
    "  acceleration: {engine: spdk, options: [crc]}\n"
    "  spdk_rpc_server: {enable: true, sock_addr: /tmp/s}\n"
    "  storage:\n"
    "  - {class: ram, scm_mount: /mnt/daos0/, scm_size: 6, scm_hugepages_disabled: false}\n"
    "  - {class: file, bdev_list: [/var/aio0], bdev_size: 2%s}\n"
    "- targets: 4\n"
    "  fabric_iface: lo\n"
    "  fabric_iface_port: 31516\n"
    "  storage:\n"
    "  - {class: ram, scm_mount: /mnt/daos1, scm_size: 6, scm_hugepages_disabled: false}\n"
    "  - {class: file, bdev_list: [/var/aio1], bdev_size: 2%s}\n"
    "%s";

static struct stor_host *
host_of(const char *roles, const char *more, struct cfg_server **ret_cfg)
{
	_cleanup_(freep) char *text     = NULL;
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct stor_host_opts  opts     = {.hostname = "host1"};
	struct stor_host      *h        = NULL;
	struct fault           f        = FAULT_INIT;
	struct strbuf          b        = STRBUF_INIT;

	for (const char *s = base; *s != '\0'; s++) {
		if (s[0] == '%' && s[1] == 's') {
			strbuf_add(&b, s[2] == '}' ? roles : more);
			s++;
		} else {
			strbuf_add_char(&b, *s);
		}
	}
	text = strbuf_take(&b);
	assert_non_null(text);
	if (cfg_server_load_text("test.yml", text, strlen(text), ret_cfg, &problems) < 0)
		fail_msg("the configuration of the test is not accepted");
	opts.cfg = *ret_cfg;
	if (stor_host_new(&opts, &h, &f) < 0)
		fail_msg("%s", f.description);
	cfg_problems_fini(&problems);
	return h;
}

static void
paths_without_control_metadata(void **state)
{
	struct cfg_server *cfg = NULL;
	struct stor_host  *h   = host_of("", "", &cfg);

	cfg = cfg_server_free(cfg); /* nothing of it may be needed any more */
	assert_int_equal(stor_host_n_engines(h), 2);
	assert_false(stor_host_has_metadata(h));
	assert_string_equal(stor_scm_mount(h, 0), "/mnt/daos0");
	assert_string_equal(stor_superblock_path(h, 0), "/mnt/daos0/superblock");
	assert_string_equal(stor_nvme_conf_path(h, 1), "/mnt/daos1/daos_nvme.conf");
	assert_string_equal(stor_raft_dir(h), "/mnt/daos0/control_raft");
	assert_int_equal(stor_scm_class(h, 0), STOR_CLASS_RAM);
	assert_int_equal(stor_n_tiers(h, 0), 2);
	assert_int_equal(stor_bdev_expected(h, 0), 1);
	assert_int_equal(h->engines[0].scm_size_bytes, 6 * GIB);
	assert_int_equal(h->engines[0].bdevs[0].size_bytes, 2 * GIB);
	assert_int_equal(h->engines[0].bdevs[0].number, 1);
	assert_int_equal(h->engines[0].md_cap_bytes, 512 * MIB);
	assert_false(h->engines[1].md_cap_set);
	assert_string_equal(h->engines[0].conf.accel_engine, "spdk");
	assert_int_equal(h->engines[0].conf.accel_opts, 2);
	assert_true(h->engines[0].conf.rpc_enable);
	(void)stor_host_free(h); /* always NULL */
}

static void
paths_with_control_metadata(void **state)
{
	struct cfg_server *cfg = NULL;
	struct stor_host  *h =
	    host_of(", bdev_roles: [meta, wal, data]",
		    "control_metadata: {path: /var/daos/, device: /dev/sdz}\n", &cfg);

	cfg = cfg_server_free(cfg);
	assert_true(stor_host_has_metadata(h));
	assert_string_equal(h->meta_device, "/dev/sdz");
	assert_string_equal(stor_superblock_path(h, 1),
			    "/var/daos/daos_control/engine1/superblock");
	assert_string_equal(stor_nvme_conf_path(h, 0),
			    "/var/daos/daos_control/engine0/daos_nvme.conf");
	assert_string_equal(stor_raft_dir(h), "/var/daos/daos_control/control_raft");
	assert_int_equal(h->engines[0].bdevs[0].role_bits, 7);
	assert_true(h->engines[0].has_meta_role);
	(void)stor_host_free(h); /* always NULL */
}

static void
a_ramdisk_is_mounted_with_these_options(void **state)
{
	struct cfg_server     *cfg = NULL;
	struct stor_host      *h   = host_of("", "", &cfg);
	_cleanup_(freep) char *a   = NULL;
	_cleanup_(freep) char *b   = NULL;

	cfg                     = cfg_server_free(cfg);
	h->engines[1].numa_node = 1;
	h->engines[1].scm_huge  = false;
	a                       = stor_ram_options(&h->engines[0], true);
	b                       = stor_ram_options(&h->engines[1], true);
	assert_string_equal(a, "noatime,mpol=prefer:0,size=6g,huge=always");
	assert_string_equal(b, "noatime,mpol=prefer:1,size=6g");
	(void)stor_host_free(h); /* always NULL */
}

static void
a_host_without_engines_is_fine(void **state)
{
	struct cfg_server    *cfg  = NULL;
	struct stor_host     *h    = NULL;
	struct stor_host_opts opts = {0};

	assert_int_equal(cfg_server_new(&cfg), 0);
	opts.cfg = cfg;
	assert_int_equal(stor_host_new(&opts, &h, NULL), 0);
	assert_int_equal(stor_host_n_engines(h), 0);
	assert_null(stor_raft_dir(h));
	(void)stor_host_free(h);    /* always NULL */
	(void)cfg_server_free(cfg); /* always NULL */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_without_control_metadata),
	    cmocka_unit_test(paths_with_control_metadata),
	    cmocka_unit_test(a_ramdisk_is_mounted_with_these_options),
	    cmocka_unit_test(a_host_without_engines_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
