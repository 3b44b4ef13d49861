/* NUMA nodes, cores (not threads) per node, PCI buses. */
#include "fixture.h"

static void
cpu(struct machine *m, unsigned n, const char *package, const char *core)
{
	char path[128];

	(void)snprintf(path, sizeof(path),
		       "/sys/devices/system/cpu/cpu%u/topology/physical_package_id", n);
	machine_file(m, path, package);
	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/core_id", n);
	machine_file(m, path, core);
}

static void
threads_of_a_core_count_once(void **state)
{
	struct machine m;
	struct hw_numa n;

	machine_init(&m);
	machine_file(&m, "/sys/devices/system/node/online", "0-2\n");
	machine_file(&m, "/sys/devices/system/node/node0/cpulist", "0-3\n");
	machine_file(&m, "/sys/devices/system/node/node1/cpulist", "4,5,6\n");
	machine_file(&m, "/sys/devices/system/node/node2/cpulist", "\n"); /* memory only */
	cpu(&m, 0, "0\n", "0\n");
	cpu(&m, 1, "0\n", "1\n");
	cpu(&m, 2, "0\n", "0\n");
	cpu(&m, 3, "0\n", "1\n");
	cpu(&m, 4, "1\n", "0\n");
	cpu(&m, 5, "1\n", "1\n");
	cpu(&m, 6, "1\n", "2\n");
	assert_int_equal(hw_numa_read(&m.env, &n), 0);
	assert_int_equal(n.count, 3);
	assert_int_equal(n.ids.v[2], 2);
	assert_int_equal(n.cores_per_node, 2);
	hw_numa_fini(&n);
	machine_fini(&m);
}

static void
without_numa_all_cpus_are_one_node(void **state)
{
	struct machine m;
	struct hw_numa n;

	machine_init(&m);
	machine_file(&m, "/sys/devices/system/cpu/online", "0-3\n");
	assert_int_equal(hw_numa_read(&m.env, &n), 0);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.cores_per_node, 4);
	hw_numa_fini(&n);
	machine_fini(&m);
}

static void
bad_lists_are_refused(void **state)
{
	static const char *const texts[] = {"x", "3-1", "0-99999999", "1-", "-1"};
	struct machine           m;
	struct hw_numa           n;

	machine_init(&m);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		machine_file(&m, "/sys/devices/system/node/online", texts[i]);
		assert_true(hw_numa_read(&m.env, &n) < 0);
	}
	machine_fini(&m);
}

static void
bus_range_spans_the_devices_of_a_node(void **state)
{
	struct machine m;
	uint8_t        begin = 9, end = 9;

	machine_init(&m);
	assert_int_equal(hw_pci_bus_range(&m.env, 0, &begin, &end), -ENODEV);
	machine_file(&m, "/sys/bus/pci/devices/0000:00:1f.0/numa_node", "-1\n");
	machine_file(&m, "/sys/bus/pci/devices/0000:17:00.0/numa_node", "0\n");
	machine_file(&m, "/sys/bus/pci/devices/0000:81:00.0/numa_node", "1\n");
	machine_file(&m, "/sys/bus/pci/devices/0000:af:00.1/numa_node", "1\n");
	machine_file(&m, "/sys/bus/pci/devices/10000:01:00.0/numa_node", "1\n");
	assert_int_equal(hw_pci_bus_range(&m.env, 0, &begin, &end), 0);
	assert_int_equal(begin, 0x00);
	assert_int_equal(end, 0x17);
	assert_int_equal(hw_pci_bus_range(&m.env, 1, &begin, &end), 0);
	assert_int_equal(begin, 0x81);
	assert_int_equal(end, 0xaf);
	assert_int_equal(hw_pci_bus_range(&m.env, 2, &begin, &end), -ENODEV);
	machine_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_of_a_core_count_once),
	    cmocka_unit_test(without_numa_all_cpus_are_one_node),
	    cmocka_unit_test(bad_lists_are_refused),
	    cmocka_unit_test(bus_range_spans_the_devices_of_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
