/* Transparent hugepages, IOMMU, block devices. */
#include <sys/sysmacros.h>

#include "fixture.h"

static void
thp_is_off_only_when_never_is_selected(void **state)
{
	static const struct {
		const char *text;
		bool        want;
	} rows[] = {
	    {"always madvise [never]\n", false},
	    {"always [madvise] never\n", true},
	    {"[always] madvise never\n", true},
	};
	struct machine m;
	bool           on = true;

	machine_init(&m);
	assert_int_equal(hw_thp_enabled(&m.env, &on), 0);
	assert_false(on);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		machine_file(&m, "/sys/kernel/mm/transparent_hugepage/enabled", rows[i].text);
		assert_int_equal(hw_thp_enabled(&m.env, &on), 0);
		assert_int_equal(on, rows[i].want);
	}
	machine_fini(&m);
}

static void
iommu_needs_an_entry(void **state)
{
	struct machine         m;
	_cleanup_(freep) char *dir = NULL;

	machine_init(&m);
	assert_false(hw_iommu_present(&m.env));
	dir = str_format("%s/sys/class/iommu", m.root);
	assert_int_equal(fs_mkdir_all(dir, 0755), 0);
	assert_false(hw_iommu_present(&m.env));
	machine_file(&m, "/sys/class/iommu/dmar0/version", "1\n");
	assert_true(hw_iommu_present(&m.env));
	machine_fini(&m);
}

static void
block_devices_have_size_and_mode(void **state)
{
	struct machine  m;
	struct hw_block b;

	machine_init(&m);
	machine_file(&m, "/sys/dev/block/8:0/size", "2097152\n");
	machine_file(&m, "/sys/dev/block/8:0/ro", "1\n");
	machine_file(&m, "/sys/dev/block/8:0/queue/logical_block_size", "4096\n");
	machine_file(&m, "/sys/dev/block/8:1/size", "x\n");
	assert_int_equal(hw_block_read(&m.env, makedev(8, 0), &b), 0);
	assert_int_equal(b.size_bytes, GIB);
	assert_true(b.read_only && !b.partition);
	assert_int_equal(b.logical_block_size, 4096);
	assert_int_equal(hw_block_read(&m.env, makedev(8, 1), &b), -EINVAL);
	assert_int_equal(hw_block_read(&m.env, makedev(8, 2), &b), -ENODEV);
	machine_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(thp_is_off_only_when_never_is_selected),
	    cmocka_unit_test(iommu_needs_an_entry),
	    cmocka_unit_test(block_devices_have_size_and_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
