/* The state file: kept over restarts, refused when damaged, foreign or newer. */
#include "engine/sysdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/fs.h"

static char dir[64], path[96];

static int
set_up(void **state)
{
	struct eng_sysdb db;
	struct uuid      u;

	(void)snprintf(dir, sizeof(dir), "/tmp/sysdb-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/daos_sys/sys_db", dir);
	assert_int_equal(eng_sysdb_open(dir, &db, NULL), 0);
	assert_int_equal(db.incarnation, 0);
	assert_false(fs_exists(path)); /* nothing is written before there is something to keep */
	db.incarnation = UINT64_MAX - 5;
	assert_int_equal(eng_sysdb_device_uuid(&db, "AIO_h_0_1_0", "/dev/\"odd\" name", &u), 0);
	assert_int_equal(eng_sysdb_save(&db, NULL), 0);
	eng_sysdb_close(&db);
	return 0;
}

static int
tear_down(void **state)
{
	return fs_remove_tree(dir);
}

static void
test_kept(void **state)
{
	struct eng_sysdb db;
	struct uuid      first, again, other;
	struct stat      st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(eng_sysdb_open(dir, &db, NULL), 0);
	assert_true(db.incarnation == UINT64_MAX - 5);
	assert_int_equal(db.devices.n, 1);
	assert_int_equal(eng_sysdb_device_uuid(&db, "AIO_h_0_1_0", "/dev/\"odd\" name", &first), 0);
	assert_int_equal(db.devices.n, 1);
	assert_int_equal(eng_sysdb_device_uuid(&db, "AIO_h_0_1_0", "/dev/other", &other), 0);
	assert_int_equal(db.devices.n, 2);
	assert_string_not_equal(first.s, other.s);
	assert_int_equal(eng_sysdb_device_uuid(&db, "AIO_h_0_1_0", "/dev/other", &again), 0);
	assert_string_equal(other.s, again.s);
	eng_sysdb_close(&db);
}

/* Every single byte of the file matters. */
static void
test_flipped_bits(void **state)
{
	_cleanup_(freep) char *good = NULL;
	size_t                 len;

	assert_int_equal(fs_read_file(path, 65536, &good, &len), 0);
	for (size_t i = 0; i < len; i++) {
		struct eng_sysdb db;
		struct fault     f = FAULT_INIT;
		int              r;

		if (i >= 20 && i < 32)
			continue; /* the zeroes of the header are not looked at */
		good[i] ^= 0x10;
		assert_int_equal(fs_write_atomic(path, good, len, 0660), 0);
		r = eng_sysdb_open(dir, &db, &f);
		if (r != -EBADMSG && !(r == -ENOTSUP && i >= 8 && i < 12))
			fail_msg("byte %zu: returned %d", i, r);
		assert_non_null(strstr(f.description, path));
		good[i] ^= 0x10;
	}
}

static void
test_truncated_foreign_and_newer(void **state)
{
	_cleanup_(freep) char *good = NULL, *after = NULL;
	struct eng_sysdb       db;
	struct fault           f = FAULT_INIT;
	size_t                 len;

	assert_int_equal(fs_read_file(path, 65536, &good, &len), 0);
	for (size_t cut = 0; cut < len; cut += 7) {
		assert_int_equal(fs_write_atomic(path, good, cut, 0660), 0);
		assert_int_equal(eng_sysdb_open(dir, &db, &f), -EBADMSG);
	}
	assert_int_equal(truncate(path, 128 * MIB), 0); /* as another DAOS engine leaves it */
	assert_int_equal(eng_sysdb_open(dir, &db, &f), -EFBIG);
	good[8]++;
	assert_int_equal(fs_write_atomic(path, good, len, 0660), 0);
	assert_int_equal(eng_sysdb_open(dir, &db, &f), -ENOTSUP);
	assert_non_null(strstr(f.description, "newer"));
	assert_int_equal(fs_read_file(path, 65536, &after, NULL), 0);
	assert_memory_equal(good, after, len); /* left as it was */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_flipped_bits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_truncated_foreign_and_newer, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
