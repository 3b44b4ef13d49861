/*
 * The engine's own structures while the nth allocation fails: an error, nothing leaked, the stored
 * state as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_fault.h"
#include "common/fs.h"
#include "engine/devices.h"
#include "engine/elog.h"
#include "engine/group.h"
#include "engine/sysdb.h"

static char dir[64], conf[96];

/* Runs until the code makes fewer than n allocations; `check` looks at the world after each run. */
static void
sweep(int (*code)(void), void (*check)(bool failed))
{
	long n = 0;
	int  r;

	if (!alloc_fault_works())
		skip();
	do {
		alloc_fault_begin(++n);
		r = code();
		if (alloc_fault_end() != 0)
			fail_msg("allocation %ld: %ld not given back", n, alloc_fault_live);
		if (alloc_fault_happened() && r == 0)
			fail_msg("allocation %ld failed unnoticed", n);
		check(alloc_fault_happened());
	} while (alloc_fault_happened());
	assert_int_equal(r, 0);
	print_message("# %ld allocations\n", n - 1);
}

static int
open_change_save(void)
{
	struct eng_sysdb db = {0};
	struct uuid      u;
	int              r = eng_sysdb_open(dir, &db, NULL);

	if (r == 0) {
		db.incarnation++;
		r = eng_sysdb_device_uuid(&db, "AIO_h_0_1_1", "/dev/new", &u);
	}
	if (r == 0)
		r = eng_sysdb_save(&db, NULL);
	eng_sysdb_close(&db);
	return r;
}

static void
state_is_whole(bool failed)
{
	struct eng_sysdb db;

	assert_int_equal(eng_sysdb_open(dir, &db, NULL), 0);
	assert_int_equal(db.incarnation, failed ? 7 : 8);
	assert_int_equal(db.devices.n, failed ? 1 : 2);
	eng_sysdb_close(&db);
}

static void
test_state_file(void **state)
{
	struct eng_sysdb db;
	struct uuid      u;

	assert_int_equal(eng_sysdb_open(dir, &db, NULL), 0);
	db.incarnation = 7;
	assert_int_equal(eng_sysdb_device_uuid(&db, "AIO_h_0_1_0", "/dev/old", &u), 0);
	assert_int_equal(eng_sysdb_save(&db, NULL), 0);
	eng_sysdb_close(&db);
	sweep(open_change_save, state_is_whole);
}

static int
open_devices(void)
{
	struct eng_devices d = {0};
	int                r = eng_devices_open(conf, &d, NULL);

	eng_devices_close(&d);
	return r;
}

static void
nothing(bool failed)
{
}

static void
test_devices(void **state)
{
	char text[512], path[96];

	(void)snprintf(path, sizeof(path), "%s/aio0", dir);
	assert_int_equal(fs_write_atomic(path, "12345678", 8, 0660), 0);
	(void)snprintf(text, sizeof(text),
		       "{\"subsystems\": [{\"subsystem\": \"bdev\", \"config\": [{\"method\": "
		       "\"bdev_aio_create\", "
		       "\"params\": {\"name\": \"A_0\", \"filename\": \"%s\"}}]}]}",
		       path);
	assert_int_equal(fs_write_atomic(conf, text, strlen(text), 0664), 0);
	sweep(open_devices, nothing);
}

static int
update_group(void)
{
	const struct eng_member m[2] = {{.rank = 2, .uri = (char *)"a"},
					{.rank = 1, .uri = (char *)"b"}};
	enum eng_group_change   change;
	struct eng_group        g;
	int                     r;

	eng_group_init(&g);
	r = eng_group_update(&g, 5, m, 2, &change);
	if (r < 0 && (g.version != 0 || g.members.n != 0))
		r = -ENOTRECOVERABLE;
	eng_group_fini(&g);
	return r == -ENOTRECOVERABLE ? 0 : r;
}

static void
test_group(void **state)
{
	sweep(update_group, nothing);
}

static int
set_masks(void)
{
	return eng_log_set_masks("ERR,mgmt=DEBUG", "mgmt,io", NULL);
}

static void
masks_are_whole(bool failed)
{
	assert_int_equal(eng_log_wanted(ENG_SUB_server, ENG_LOG_INFO, 0), failed);
	assert_int_equal(eng_log_wanted(ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_MGMT), !failed);
}

static void
test_masks(void **state)
{
	assert_int_equal(eng_log_set_masks("INFO", "group_default", NULL), 0);
	sweep(set_masks, masks_are_whole);
}

static int
set_up(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/engine-sweep-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(conf, sizeof(conf), "%s/daos_nvme.conf", dir);
	return 0;
}

static int
tear_down(void **state)
{
	return fs_remove_tree(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_state_file),
	    cmocka_unit_test(test_devices),
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_masks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
