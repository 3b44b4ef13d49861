/* An engine's start and exit: what it needs, device file, memory, mounts, erase. */
#include "format_fixture.h"

static void
metadata_rules_are_checked(void **state)
{
	struct stor_need need;
	struct fault     f = FAULT_INIT;
	struct fix       x;

	fix_init(&x);
	fix_metadata(&x);
	fix_engine(&x, STOR_CLASS_DIR);
	fix_engine(&x, STOR_CLASS_RAM);
	assert_true(stor_engine_check(&x.host, 0, &need, &f) < 0);
	assert_int_equal(f.code, FAULT_BDEV_CONFIG_ROLES_WITH_DCPM);
	assert_true(stor_engine_check(&x.host, 1, &need, &f) < 0);
	assert_int_equal(f.code, FAULT_BDEV_CONFIG_CONTROL_METADATA_NO_ROLES);
	fix_fini(&x);
}

static void
an_engine_added_later_gets_its_directory(void **state)
{
	struct stor_need need;
	struct fix       x;

	fix_init(&x);
	fix_metadata(&x);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_RAM), STOR_CLASS_FILE, "aio0", 7);
	assert_formatted(&x, &plain_req);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_RAM), STOR_CLASS_FILE, "aio1", 7);
	assert_int_equal(stor_engine_check(&x.host, 1, &need, NULL), 0);
	assert_true(!need.metadata && !need.scm && need.superblock);
	assert_true(fix_exists(&x, "meta/daos_control/engine1"));
	assert_formatted(&x, &plain_req);
	assert_true(fix_exists(&x, "meta/daos_control/engine1/daos_nvme.conf"));
	fix_fini(&x);
}

static void
conf_is_regenerated_only_when_unparsable(void **state)
{
	struct fix   x;
	bool         again;
	struct fault f = FAULT_INIT;
	struct stat  before, after;

	make_layout(&x, LAYOUT_DIR);
	assert_formatted(&x, &plain_req);
	assert_int_equal(stat(x.host.engines[0].nvme_conf, &before), 0);
	assert_int_equal(stor_engine_check_nvme_conf(&x.host, 0, &again, &f), 0);
	assert_false(again);
	assert_int_equal(stat(x.host.engines[0].nvme_conf, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	fix_write(&x, "scm0/daos_nvme.conf", "{\"daos_data\": {\"config\": []}, \"subsys");
	assert_int_equal(stor_engine_check_nvme_conf(&x.host, 0, &again, &f), 0);
	assert_true(again);
	assert_int_equal(stat(x.host.engines[0].nvme_conf, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(unlink(x.host.engines[0].nvme_conf), 0);
	assert_int_equal(stor_engine_check_nvme_conf(&x.host, 0, &again, &f), -ENOENT);
	assert_non_null(strstr(f.description, "daos_nvme.conf"));
	x.host.keep_conf = true;
	assert_int_equal(stor_engine_check_nvme_conf(&x.host, 0, &again, &f), 0);
	fix_fini(&x);
}

static void
memory_is_checked_before_a_start(void **state)
{
	static const struct {
		const char *what, *meminfo;
		enum stor_class class;
		int want;
	} rows[] = {
	    {"enough", "MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable: 5662311 kB\n", STOR_CLASS_RAM,
	     0},
	    {"below 90 %", "MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable: 5662310 kB\n",
	     STOR_CLASS_RAM, -ENOMEM},
	    {"no ramdisk", "MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable: 1 kB\n", STOR_CLASS_DIR,
	     0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fix   x;
		struct fault f = FAULT_INIT;

		print_message("%s\n", rows[i].what);
		fix_init(&x);
		fix_engine(&x, rows[i].class);
		fix_write(&x, "hw/proc/meminfo", rows[i].meminfo);
		assert_int_equal(stor_engine_check_memory(&x.host, 0, &f), rows[i].want);
		if (rows[i].want < 0)
			assert_int_equal(f.code, FAULT_SCM_RAMDISK_LOW_MEM);
		fix_fini(&x);
	}
}

static void
mounting_and_unmounting_may_be_repeated(void **state)
{
	struct fix        x;
	struct stor_mount m;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_RAM);
	assert_formatted(&x, &plain_req);
	assert_int_equal(stor_engine_mount(&x.host, 0, NULL), 0);
	assert_int_equal(stor_engine_unmount(&x.host, 0, NULL), 0);
	assert_int_equal(stor_engine_unmount(&x.host, 0, NULL), 0);
	assert_int_equal(stor_find_mount(&x.host, x.host.engines[0].scm_mount, &m), -ENOENT);
	assert_int_equal(stor_engine_mount(&x.host, 0, NULL), 0);
	assert_int_equal(stor_find_mount(&x.host, x.host.engines[0].scm_mount, &m), 0);
	/* without control metadata the ramdisk outlives its engine */
	assert_int_equal(stor_engine_after_exit(&x.host, 0, NULL), 0);
	assert_int_equal(stor_find_mount(&x.host, x.host.engines[0].scm_mount, &m), 0);
	fix_fini(&x);
}

static void
erase_removes_superblock_and_database_only(void **state)
{
	struct stor_need       need;
	struct fix             x;
	_cleanup_(freep) char *raft = NULL;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_DIR);
	assert_formatted(&x, &plain_req);
	raft = fix_path(&x, "scm0/control_raft");
	assert_int_equal(fs_mkdir_all(raft, 0770), 0);
	x.host.raft_dir = TAKE_PTR(raft);
	fix_write(&x, "scm0/superblock", "version: 1\n");
	fix_write(&x, "scm0/control_raft/daos_system.db", "x");
	fix_write(&x, "scm0/data", "x");
	assert_int_equal(stor_superblock_remove(&x.host, 0, NULL), 0);
	assert_int_equal(stor_superblock_remove(&x.host, 0, NULL), 0);
	assert_int_equal(stor_raft_dir_remove(&x.host, NULL), 0);
	assert_int_equal(stor_raft_dir_remove(&x.host, NULL), 0);
	assert_true(fix_exists(&x, "scm0/data"));
	assert_false(fix_exists(&x, "scm0/control_raft"));
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.scm && need.superblock);
	assert_non_null(strstr(need.reason, "no superblock"));
	fix_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(metadata_rules_are_checked),
	    cmocka_unit_test(an_engine_added_later_gets_its_directory),
	    cmocka_unit_test(conf_is_regenerated_only_when_unparsable),
	    cmocka_unit_test(memory_is_checked_before_a_start),
	    cmocka_unit_test(mounting_and_unmounting_may_be_repeated),
	    cmocka_unit_test(erase_removes_superblock_and_database_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
