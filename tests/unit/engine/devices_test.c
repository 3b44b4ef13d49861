/* daos_nvme.conf: what is opened, what is refused and named. */
#include "engine/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"

static char dir[64], conf[96];

static int
set_up(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/devices-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(conf, sizeof(conf), "%s/daos_nvme.conf", dir);
	return 0;
}

static int
tear_down(void **state)
{
	return fs_remove_tree(dir);
}

static void
make_file(const char *name, off_t size)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fs_write_atomic(path, "", 0, 0660), 0);
	assert_int_equal(truncate(path, size), 0);
}

/* Writes a file whose bdev list is `entries`, with % standing for the directory. */
static int
open_entries(const char *entries, struct eng_devices *ret, struct fault *f)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;

	strbuf_add(&b, "{\"subsystems\": [{\"subsystem\": \"vmd\", \"config\": []}, "
		       "{\"subsystem\": \"bdev\", \"config\": [");
	for (const char *p = entries; *p != '\0'; p++) {
		if (*p == '%')
			strbuf_add(&b, dir);
		else
			strbuf_add_char(&b, *p);
	}
	strbuf_add(&b, "]}]}");
	assert_int_equal(fs_write_atomic(conf, b.s, b.len, 0664), 0);
	return eng_devices_open(conf, ret, f);
}

#define AIO(name, file)                                                                            \
	"{\"method\": \"bdev_aio_create\", \"params\": {\"block_size\": 4096, \"name\": \"" name   \
	"\", \"filename\": \"" file "\"}}"
#define OPTIONS "{\"method\": \"bdev_set_options\", \"params\": {\"bdev_io_pool_size\": 65536}},"

static void
test_devices_and_targets(void **state)
{
	struct eng_devices d;
	int32_t            t[8];

	make_file("data0", 8192);
	make_file("data1", 4096);
	make_file("wal", 4096);
	assert_int_equal(
	    open_entries(OPTIONS AIO("AIO_h_0_1_6", "%/wal") "," AIO(
			     "AIO_h_0_2_1", "%/data0") "," AIO("AIO_h_1_2_1", "%/data1"),
			 &d, NULL),
	    0);
	assert_int_equal(d.list.n, 3);
	assert_int_equal(d.list.v[0].roles, ENG_ROLE_META | ENG_ROLE_WAL);
	assert_int_equal(d.list.v[1].size_bytes, 8192);
	assert_int_equal(eng_devices_targets(&d, 0, 5, t), 0);
	assert_int_equal(eng_devices_targets(&d, 1, 5, t), 3);
	assert_int_equal(t[0], 0);
	assert_int_equal(t[2], 4);
	assert_int_equal(eng_devices_targets(&d, 2, 5, t), 2);
	assert_int_equal(t[1], 3);
	eng_devices_close(&d);
	assert_int_equal(open_entries("", &d, NULL), 0);
	assert_int_equal(d.list.n, 0);
	eng_devices_close(&d);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *entries;
		int         want;
		const char *says;
	} cases[] = {
	    {AIO("AIO_h_0_1_0", "%/missing"), -ENOENT, "/missing"},
	    {AIO("AIO_h_0_1_0", "%/empty"), -ENOSPC, "/empty"},
	    {AIO("AIO_h_0_1_0", "/dev/null"), -ENOTBLK, "/dev/null"},
	    {AIO("AIO_h_0_1_8", "%/file"), -EINVAL, "AIO_h_0_1_8"},
	    {AIO("AIO", "%/file"), -EINVAL, "role bits"},
	    {AIO("A_1", "%/file") "," AIO("B_1", "%/file"), -EINVAL, "listed twice"},
	    {AIO("A_1", "%/file") "," AIO("A_1", "%/file2"), -EINVAL, "listed twice"},
	    {"{\"method\": \"bdev_nvme_attach_controller\", \"params\": {}}", -ENOTSUP, "kdev"},
	    {"{\"method\": \"bdev_aio_create\", \"params\": {\"name\": \"A_1\"}}", -EINVAL,
	     "no name or filename"},
	    {"{\"params\": {}}", -EINVAL, "no method"},
	    {"7", -EINVAL, "no method"},
	    {"{", -EINVAL, "daos_nvme.conf:1:"},
	};
	struct eng_devices d;

	make_file("file", 4096);
	make_file("file2", 4096);
	make_file("empty", 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = FAULT_INIT;
		int          r = open_entries(cases[i].entries, &d, &f);

		if (r != cases[i].want || strstr(f.description, cases[i].says) == NULL)
			fail_msg("%s: returned %d, %s", cases[i].entries, r, f.description);
	}
	assert_int_equal(fs_write_atomic(conf, "{}", 2, 0664), 0);
	assert_int_equal(eng_devices_open(conf, &d, NULL), -EINVAL);
}

static void
test_roles(void **state)
{
	static const struct {
		const char *name;
		int         roles; /* or -1 */
	} cases[] = {
	    {"AIO_h_0_1_0", 0},
	    {"Nvme_host1_0_1_7n1", 7},
	    {"Nvme_a_b_c_3n12", 3},
	    {"A_4n", 4},
	    {"A_8", -1},
	    {"A_", -1},
	    {"A", -1},
	    {"A_x", -1},
	    {"A_1x", -1},
	    {"A_1n1x", -1},
	    {"A_99999999999", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned roles = 99;
		int      r     = eng_device_roles(cases[i].name, &roles);

		if (cases[i].roles < 0 ? r != -EINVAL : r != 0 || roles != (unsigned)cases[i].roles)
			fail_msg("%s: returned %d, roles %u", cases[i].name, r, roles);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_devices_and_targets, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
	    cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
