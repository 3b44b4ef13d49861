/* Memory of the host and its NUMA nodes. */
#include "fixture.h"

static const char *meminfo =
    "MemTotal:       24684084 kB\nMemFree:        23479108 kB\n"
    "MemAvailable:   24016596 kB\nBuffers:           12 kB\n"
    "HugePages_Total:    1200\nHugePages_Free:      464\nHugePages_Rsvd:        3\n"
    "HugePages_Surp:        2\nHugepagesize:       2048 kB\nHugetlb: 0 kB\n";
static const char *node0 =
    "Node 0 MemTotal:        8087756 kB\nNode 0 MemFree:         6882832 kB\n"
    "Node 0 MemUsed:         1204924 kB\nNode 0 HugePages_Total:  7\n"
    "Node 0 HugePages_Free:   6\nNode 0 HugePages_Surp:   1\n";

static void
totals_and_nodes_are_read(void **state)
{
	struct machine m;
	struct hw_mem  mem;

	machine_init(&m);
	machine_file(&m, "/proc/meminfo", meminfo);
	machine_file(&m, "/sys/devices/system/node/online", "0\n");
	machine_file(&m, "/sys/devices/system/node/node0/meminfo", node0);
	assert_int_equal(hw_mem_read(&m.env, &mem, NULL), 0);
	assert_int_equal(mem.mem_total_kb, 24684084);
	assert_int_equal(mem.mem_free_kb, 23479108);
	assert_int_equal(mem.mem_available_kb, 24016596);
	assert_int_equal(mem.hugepages_total, 1200);
	assert_int_equal(mem.hugepages_free, 464);
	assert_int_equal(mem.hugepages_reserved, 3);
	assert_int_equal(mem.hugepages_surplus, 2);
	assert_int_equal(mem.hugepage_size_kb, 2048);
	assert_int_equal(mem.nodes.n, 1);
	assert_int_equal(mem.nodes.v[0].node, 0);
	assert_int_equal(mem.nodes.v[0].mem_total_kb, 8087756);
	assert_int_equal(mem.nodes.v[0].mem_used_kb, 1204924);
	assert_int_equal(mem.nodes.v[0].hugepages_total, 7);
	assert_int_equal(mem.nodes.v[0].hugepages_free, 6);
	assert_int_equal(mem.nodes.v[0].hugepages_surplus, 1);
	hw_mem_fini(&mem);
	machine_fini(&m);
}

static void
a_kernel_without_numa_has_no_nodes(void **state)
{
	struct machine m;
	struct hw_mem  mem;

	machine_init(&m);
	machine_file(&m, "/proc/meminfo", meminfo);
	assert_int_equal(hw_mem_read(&m.env, &mem, NULL), 0);
	assert_int_equal(mem.nodes.n, 0);
	hw_mem_fini(&mem);
	machine_fini(&m);
}

static void
bad_files_are_named(void **state)
{
	static const char *const texts[] = {"", "MemTotal: many kB\n", "MemTotal: 5 MB\n",
					    "MemTotal: 5 kB\nMemFree: 1 kB\n",
					    "MemTotal: -5 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n"};
	struct machine           m;
	struct hw_mem            mem;
	struct fault             f = FAULT_INIT;

	machine_init(&m);
	assert_int_equal(hw_mem_read(&m.env, &mem, &f), -ENOENT);
	assert_non_null(strstr(f.description, "/proc/meminfo"));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		machine_file(&m, "/proc/meminfo", texts[i]);
		assert_int_equal(hw_mem_read(&m.env, &mem, &f), -EBADMSG);
		assert_non_null(strstr(f.description, "/proc/meminfo"));
	}
	machine_fini(&m);
}

static void
the_real_machine_can_be_read(void **state)
{
	struct hw_mem  mem;
	struct hw_numa numa;

	assert_int_equal(hw_mem_read(NULL, &mem, NULL), 0);
	assert_true(mem.mem_total_kb > 0 && mem.mem_available_kb <= mem.mem_total_kb);
	hw_mem_fini(&mem);
	assert_int_equal(hw_numa_read(NULL, &numa), 0);
	assert_true(numa.count >= 1 && numa.cores_per_node >= 1);
	hw_numa_fini(&numa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(totals_and_nodes_are_read),
	    cmocka_unit_test(a_kernel_without_numa_has_no_nodes),
	    cmocka_unit_test(bad_files_are_named),
	    cmocka_unit_test(the_real_machine_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
