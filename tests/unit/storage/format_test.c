/* StorageFormat: rows, what is refused, and what stays untouched. */
#include "format_fixture.h"

static void
a_new_directory_is_formatted(void **state)
{
	struct fix              x;
	struct stor_format_resp resp = {0};
	struct stor_need        need;
	struct stat             st;

	fix_init(&x);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_DIR), STOR_CLASS_FILE, "aio0", 0);
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(need.scm && need.superblock && !need.metadata);
	format(&x, &plain_req, &resp);
	assert_int_equal(resp.scm.n, 1);
	assert_int_equal(resp.bdev.n, 1);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_SUCCESS, "", "");
	assert_row(&resp.bdev.v[0], "/aio0", STOR_STATUS_SUCCESS, "", "");
	assert_string_equal(resp.scm.v[0].info, "");
	assert_true(resp.ready[0]);
	assert_marker(&x, "formatted\n");
	assert_int_equal(stat(x.host.engines[0].bdevs[0].devices[0], &st), 0);
	assert_int_equal(st.st_size, 64 * KIB);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(stat(x.host.engines[0].nvme_conf, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0664);
	assert_int_equal(stat(x.host.engines[0].scm_mount, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0775);
	stor_format_resp_fini(&resp);

	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.scm && need.superblock);
	fix_write(&x, "scm0/superblock", "version: 1\n");
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.scm && !need.superblock);
	fix_fini(&x);
}

static void
a_formatted_engine_is_left_alone(void **state)
{
	static const enum stor_class classes[] = {STOR_CLASS_DIR, STOR_CLASS_RAM};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct fix              x;
		struct stor_format_resp resp   = {0};
		_cleanup_(freep) char  *before = NULL, *after = NULL;

		fix_init(&x);
		fix_tier(&x, fix_engine(&x, classes[i]), STOR_CLASS_FILE, "aio0", 0);
		assert_formatted(&x, &plain_req);
		fix_write(&x, "scm0/superblock", "version: 1\n");
		before = fix_dump(&x);
		format(&x, &plain_req, &resp);
		assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_SUCCESS, "",
			   "SCM is already formatted");
		assert_row(&resp.bdev.v[0], STOR_NIL_NAME, STOR_STATUS_SUCCESS, "",
			   "NVMe format skipped on instance 0, SCM was not formatted");
		assert_true(resp.ready[0]);
		after = fix_dump(&x);
		assert_string_equal(before, after);
		stor_format_resp_fini(&resp);
		fix_fini(&x);
	}
}

static void
force_destroys_what_was_there(void **state)
{
	static const enum stor_class classes[] = {STOR_CLASS_DIR, STOR_CLASS_RAM};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		struct fix x;

		fix_init(&x);
		fix_engine(&x, classes[i]);
		assert_formatted(&x, &plain_req);
		fix_write(&x, "scm0/superblock", "version: 1\n");
		fix_write(&x, "scm0/data", "precious");
		assert_formatted(&x, &force_req);
		assert_false(fix_exists(&x, "scm0/superblock"));
		assert_false(fix_exists(&x, "scm0/data"));
		fix_fini(&x);
	}
}

static void
a_plan_without_force_is_refused_when_formatted(void **state)
{
	static const enum stor_class classes[] = {STOR_CLASS_DIR, STOR_CLASS_RAM};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const struct stor_scm_provider *p    = stor_scm_provider(classes[i]);
		struct stor_scm_state           s    = {.mounted = true, .exists = true};
		struct stor_plan                plan = {0};
		struct fault                    f    = FAULT_INIT;
		struct fix                      x;
		struct stor_engine             *e;

		fix_init(&x);
		e = fix_engine(&x, classes[i]);
		assert_true(p->plan(&x.host, e, &s, false, &plan, &f) < 0);
		assert_int_equal(f.code, FAULT_STORAGE_ALREADY_FORMATTED);
		assert_int_equal(plan.steps.n, 0);
		stor_plan_fini(&plan);
		fix_fini(&x);
	}
}

/* Whatever is asked, what is not ours stays. */
static void
foreign_contents_are_never_touched(void **state)
{
	const struct stor_format_req *reqs[] = {&plain_req, &force_req};

	for (size_t i = 0; i < ARRAY_SIZE(reqs); i++) {
		struct fix              x;
		struct stor_format_resp resp = {0};
		_cleanup_(freep) char  *dir  = NULL;

		fix_init(&x);
		fix_engine(&x, STOR_CLASS_DIR);
		dir = fix_path(&x, "scm0");
		assert_int_equal(fs_mkdir_all(dir, 0755), 0);
		fix_write(&x, "scm0/thesis.tex", "precious");
		format(&x, reqs[i], &resp);
		assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM, "not of a DAOS engine",
			   "empty or new directory");
		assert_false(resp.ready[0]);
		assert_true(fix_exists(&x, "scm0/thesis.tex"));
		assert_int_equal(x.log.len, 0);
		stor_format_resp_fini(&resp);
		fix_fini(&x);
	}
}

static void
a_foreign_mount_is_never_touched(void **state)
{
	const struct stor_format_req *reqs[] = {&plain_req, &force_req};

	for (size_t i = 0; i < ARRAY_SIZE(reqs); i++) {
		struct fix              x;
		struct stor_format_resp resp = {0};
		_cleanup_(freep) char  *line = NULL;

		fix_init(&x);
		line = str_format("9 1 8:17 / %s/scm0 rw - ext4 /dev/sdb1 rw\n", x.dir);
		fix_write(&x, "mountinfo", line);
		fix_engine(&x, STOR_CLASS_RAM);
		format(&x, reqs[i], &resp);
		assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM, "/dev/sdb1", "");
		assert_false(resp.ready[0]);
		assert_int_equal(x.log.len, 0);
		stor_format_resp_fini(&resp);
		fix_fini(&x);
	}
}

static void
files_below_an_unmounted_ramdisk_need_force(void **state)
{
	struct fix              x;
	struct stor_format_resp resp = {0};
	_cleanup_(freep) char  *dir  = NULL;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_RAM);
	dir = fix_path(&x, "scm0/sub");
	assert_int_equal(fs_mkdir_all(dir, 0755), 0);
	format(&x, &plain_req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM, "holds files", "--force");
	assert_true(fix_exists(&x, "scm0/sub"));
	stor_format_resp_fini(&resp);
	assert_formatted(&x, &force_req);
	assert_false(fix_exists(&x, "scm0/sub"));
	fix_fini(&x);
}

static void
ram_without_root_says_what_to_do(void **state)
{
	struct fix              x;
	struct stor_format_resp resp = {0};

	fix_init(&x);
	x.not_root = true;
	fix_engine(&x, STOR_CLASS_RAM);
	format(&x, &plain_req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM,
		   "run daos_server as root, or use an SCM tier of class dir", "");
	assert_int_equal(x.log.len, 0);
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

static void
dcpm_and_nvme_are_refused_by_name(void **state)
{
	struct fix              x;
	struct stor_format_resp resp = {0};
	struct stor_need        need;
	struct fault            f = FAULT_INIT;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_DCPM);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_DIR), STOR_CLASS_NVME, "/0000:81:00.0", 0);
	assert_int_equal(stor_engine_check(&x.host, 0, &need, &f), -EOPNOTSUPP);
	assert_non_null(strstr(f.description, "dcpm"));
	format(&x, &plain_req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM,
		   "without support for SCM class dcpm", "");
	assert_row(&resp.bdev.v[0], STOR_NIL_NAME, STOR_STATUS_SUCCESS, "", "SCM format failed");
	assert_row(&resp.scm.v[1], "/scm1", STOR_STATUS_SUCCESS, "", "");
	assert_row(&resp.bdev.v[1], NULL, STOR_STATUS_ERR_NVME, "without support for class nvme",
		   "file or kdev");
	assert_false(resp.ready[0] || resp.ready[1]);
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

/* A device that cannot be formatted: its row says why, the engine is not ready, a later format
 * completes. */
static void
bad_devices_have_their_row(void **state)
{
	static const struct {
		const char *what, *device, *error, *info;
		enum stor_class class;
		uint64_t    avail;
		bool        read_only;
		const char *make_dir;
	} rows[] = {
	    {"no directory", "missing/aio0", "there is no directory", "create the directory",
	     STOR_CLASS_FILE, 0, false, NULL},
	    {"a directory", "adir", "not a regular file", "name a file", STOR_CLASS_FILE, 0, false,
	     "adir"},
	    {"no space", "aio0", "bdev_size needs 64 KiB", "lower bdev_size", STOR_CLASS_FILE, 4096,
	     false, NULL},
	    {"kdev missing", "nodev", "No such file", "bdev_list entry", STOR_CLASS_KDEV, 0, false,
	     NULL},
	    {"kdev is a directory", "adir", "not a block device", "bdev_list entry",
	     STOR_CLASS_KDEV, 0, false, "adir"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fix              x;
		struct stor_engine     *e;
		struct stor_format_resp resp = {0};
		struct stor_need        need;

		print_message("%s\n", rows[i].what);
		fix_init(&x);
		e = fix_engine(&x, STOR_CLASS_DIR);
		fix_tier(&x, e, STOR_CLASS_FILE, "good0", 0);
		fix_tier(&x, e, rows[i].class, rows[i].device, 0);
		if (rows[i].make_dir) {
			_cleanup_(freep) char *p = fix_path(&x, rows[i].make_dir);

			assert_int_equal(fs_mkdir_all(p, 0755), 0);
		}
		x.avail_bytes = rows[i].avail;
		format(&x, &plain_req, &resp);
		assert_int_equal(resp.bdev.n, 2);
		assert_row(&resp.bdev.v[1], rows[i].device, STOR_STATUS_ERR_NVME, rows[i].error,
			   rows[i].info);
		assert_non_null(strstr(resp.bdev.v[1].error, "bdev: code = 302"));
		assert_false(resp.ready[0]);
		assert_marker(&x, "formatting\n");
		assert_false(fs_exists(e->nvme_conf));
		assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
		assert_true(need.scm);
		stor_format_resp_fini(&resp);

		x.avail_bytes = 0;
		free(e->bdevs[1].devices[0]);
		e->bdevs[1].devices[0] = fix_path(&x, "aio-fixed");
		e->bdevs[1].class      = STOR_CLASS_FILE;
		assert_formatted(&x, &plain_req);
		assert_marker(&x, "formatted\n");
		fix_fini(&x);
	}
}

static void
read_only_file_systems_are_refused(void **state)
{
	struct fix              x;
	struct stor_format_resp resp = {0};
	_cleanup_(freep) char  *dir  = NULL;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_DIR);
	dir = fix_path(&x, "scm0");
	assert_int_equal(fs_mkdir_all(dir, 0755), 0);
	x.read_only = true;
	format(&x, &plain_req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM, "read-only", "");
	assert_int_equal(x.log.len, 0);
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

static void
force_with_a_bad_device_changes_nothing(void **state)
{
	struct fix              x;
	struct stor_engine     *e;
	struct stor_format_resp resp   = {0};
	_cleanup_(freep) char  *before = NULL, *after = NULL;

	fix_init(&x);
	e = fix_engine(&x, STOR_CLASS_RAM);
	fix_tier(&x, e, STOR_CLASS_FILE, "aio0", 0);
	assert_formatted(&x, &plain_req);
	fix_write(&x, "scm0/superblock", "version: 1\n");
	before                 = fix_dump(&x);
	x.avail_bytes          = 1;
	e->bdevs[0].size_bytes = 1024 * KIB;
	format(&x, &force_req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM, "nothing was changed", "");
	assert_false(resp.ready[0]);
	after = fix_dump(&x);
	assert_string_equal(before, after);
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

static void
running_engines_are_refused(void **state)
{
	struct stor_format_req  req  = {.reformat = true, .running = {true}};
	struct stor_format_resp resp = {0};
	struct fix              x;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_DIR);
	fix_engine(&x, STOR_CLASS_DIR);
	format(&x, &req, &resp);
	assert_row(&resp.scm.v[0], "/scm0", STOR_STATUS_ERR_SCM,
		   "instance 0: can't format storage of running instance", "");
	assert_row(&resp.scm.v[1], "/scm1", STOR_STATUS_SUCCESS, "", "");
	assert_true(!resp.ready[0] && resp.ready[1]);
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

static void
replace_needs_an_engine_to_format(void **state)
{
	struct stor_format_req  req  = {.replace = true};
	struct stor_format_resp resp = {0};
	struct fault            f    = FAULT_INIT;
	struct fix              x;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_DIR);
	assert_formatted(&x, &req);
	assert_true(stor_format(&x.host, &req, &resp, &f) < 0);
	assert_non_null(strstr(f.description, "no engines need format"));
	fix_fini(&x);
}

static void
too_little_memory_is_refused(void **state)
{
	struct stor_format_resp resp = {0};
	struct fault            f    = FAULT_INIT;
	struct fix              x;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_RAM);
	fix_write(&x, "hw/proc/meminfo",
		  "MemTotal: 8000000 kB\nMemFree: 1 kB\nMemAvailable: 5000000 kB\n");
	assert_true(stor_format(&x.host, &plain_req, &resp, &f) < 0);
	assert_int_equal(f.code, FAULT_SCM_RAMDISK_LOW_MEM);
	assert_int_equal(x.log.len, 0);
	fix_fini(&x);
}

static void
without_hugepages_devices_are_left_alone(void **state)
{
	struct stor_format_req  req  = {.no_hugepages = true};
	struct stor_format_resp resp = {0};
	struct fix              x;

	fix_init(&x);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_DIR), STOR_CLASS_FILE, "aio0", 0);
	format(&x, &req, &resp);
	assert_row(&resp.bdev.v[0], STOR_NIL_NAME, STOR_STATUS_SUCCESS, "",
		   "NVMe format skipped on instance 0, use of hugepages disabled in config");
	assert_false(fix_exists(&x, "aio0"));
	assert_true(resp.ready[0]);
	assert_marker(&x, "formatted\n");
	stor_format_resp_fini(&resp);
	fix_fini(&x);
}

/* Every call that changes something names a path of the plan. */
static void
only_planned_paths_are_changed(void **state)
{
	static const char *const allowed[] = {"/scm0", "/scm0/.daos_format", "/scm0/daos_nvme.conf",
					      "/aio0"};
	struct fix               x;
	char                    *save = NULL;

	fix_init(&x);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_RAM), STOR_CLASS_FILE, "aio0", 0);
	assert_formatted(&x, &plain_req);
	assert_formatted(&x, &force_req);
	for (char *l = strtok_r(x.log.s, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		const char *path = strchr(l, ' ') + 1;
		bool        ok   = false;

		assert_true(str_starts(path, x.dir));
		for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
			ok = ok || str_eq(path + strlen(x.dir), allowed[i]);
		if (!ok)
			fail_msg("%s is not in the plan", l);
	}
	fix_fini(&x);
}

/* ---- control metadata ---- */

static void
metadata_is_built_and_kept(void **state)
{
	struct fix       x;
	struct stor_need need;

	fix_init(&x);
	fix_metadata(&x);
	fix_tier(&x, fix_engine(&x, STOR_CLASS_RAM), STOR_CLASS_FILE, "aio0", 7);
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(need.metadata && need.scm && need.superblock);
	assert_formatted(&x, &plain_req);
	assert_true(fix_exists(&x, "meta/daos_control/engine0/daos_nvme.conf"));
	fix_write(&x, "meta/daos_control/engine0/superblock", "version: 1\n");

	/* a start makes the ramdisk anew and keeps the metadata */
	fix_write(&x, "scm0/data", "volatile");
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.metadata && !need.scm && !need.superblock);
	assert_false(fix_exists(&x, "scm0/data"));
	assert_true(fix_exists(&x, "meta/daos_control/engine0/superblock"));
	assert_int_equal(stor_engine_after_exit(&x.host, 0, NULL), 0);

	assert_formatted(&x, &force_req);
	assert_false(fix_exists(&x, "meta/daos_control/engine0/superblock"));
	assert_false(fix_exists(&x, "meta/daos_control.old"));
	fix_fini(&x);
}

static void
a_dry_run_changes_nothing(void **state)
{
	static const char *const want[] = {"make directory", "scm-mark", "set owner", "format",
					   "write"};
	struct stor_plan_text    t      = {0};
	struct fix               x;

	make_layout(&x, LAYOUT_DIR);
	assert_int_equal(stor_format_dry_run(&x.host, &plain_req, &t, NULL), 0);
	assert_int_equal(t.lines.n, 6);
	assert_non_null(strstr(t.lines.v[0], want[0]));
	assert_non_null(strstr(t.lines.v[3], "aio0 as a file of 64 KiB"));
	assert_int_equal(x.log.len, 0);
	stor_plan_text_fini(&t);
	fix_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_directory_is_formatted),
	    cmocka_unit_test(a_formatted_engine_is_left_alone),
	    cmocka_unit_test(force_destroys_what_was_there),
	    cmocka_unit_test(a_plan_without_force_is_refused_when_formatted),
	    cmocka_unit_test(foreign_contents_are_never_touched),
	    cmocka_unit_test(a_foreign_mount_is_never_touched),
	    cmocka_unit_test(files_below_an_unmounted_ramdisk_need_force),
	    cmocka_unit_test(ram_without_root_says_what_to_do),
	    cmocka_unit_test(dcpm_and_nvme_are_refused_by_name),
	    cmocka_unit_test(bad_devices_have_their_row),
	    cmocka_unit_test(read_only_file_systems_are_refused),
	    cmocka_unit_test(force_with_a_bad_device_changes_nothing),
	    cmocka_unit_test(running_engines_are_refused),
	    cmocka_unit_test(replace_needs_an_engine_to_format),
	    cmocka_unit_test(too_little_memory_is_refused),
	    cmocka_unit_test(without_hugepages_devices_are_left_alone),
	    cmocka_unit_test(only_planned_paths_are_changed),
	    cmocka_unit_test(metadata_is_built_and_kept),
	    cmocka_unit_test(a_dry_run_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
