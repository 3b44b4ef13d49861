/* The mount table: exact match, escapes, stacked mounts, devices. */
#include <sys/sysmacros.h>

#include "fixture.h"

static const char *table =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "30 22 0:30 / /mnt/daos rw,noatime - tmpfs tmpfs rw,size=6291456k,mpol=prefer:0\n"
    "31 22 0:31 / /mnt/with\\040blank ro,noatime shared:5 master:1 - tmpfs tmpfs rw\n"
    "32 30 8:17 / /mnt/daos rw - ext4 /dev/sdb1 ro,errors=continue\n"
    "broken line\n"
    "33 22 8:x / /mnt/bad rw - ext4 /dev/sdc rw\n"
    "34 22 8:33 / /mnt/short rw -\n";

static void
paths_match_exactly(void **state)
{
	static const struct {
		const char *target;
		bool        found;
		const char *fstype;
		bool        read_only;
	} rows[] = {
	    {"/", true, "ext4", false},
	    {"/mnt/daos", true, "ext4", true}, /* the later one covers the tmpfs */
	    {"/mnt/with blank", true, "tmpfs", true},
	    {"/mnt", false, NULL, false},
	    {"/mnt/daos/", false, NULL, false},
	    {"/mnt/dao", false, NULL, false},
	    {"/mnt/bad", false, NULL, false},
	    {"/mnt/short", false, NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stor_mount m;

		print_message("%s\n", rows[i].target);
		assert_int_equal(stor_mountinfo_find(table, rows[i].target, &m), rows[i].found);
		if (!rows[i].found)
			continue;
		assert_string_equal(m.fstype, rows[i].fstype);
		assert_int_equal(m.read_only, rows[i].read_only);
	}
}

static void
devices_are_found_elsewhere(void **state)
{
	struct stor_mount m;

	assert_true(stor_mountinfo_find_dev(table, makedev(8, 17), NULL, &m));
	assert_string_equal(m.target, "/mnt/daos");
	assert_string_equal(m.source, "/dev/sdb1");
	assert_false(stor_mountinfo_find_dev(table, makedev(8, 17), "/mnt/daos", &m));
	assert_false(stor_mountinfo_find_dev(table, makedev(9, 1), NULL, &m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_match_exactly),
	    cmocka_unit_test(devices_are_found_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
