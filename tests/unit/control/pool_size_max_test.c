/* Storage that is odd: devices of other ranks, ranks without SCM, several devices a rank. */
#include "control/pool_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_fault.h"

static const struct pool_size_scm scm[] = {{0, true, 100}, {1, true, 80}};

static int
ask(const struct pool_size_host *host, const char *joined, const char *requested,
    struct pool_size_max *ret, struct fault *f)
{
	struct rank_set          j = RANK_SET_INIT, q = RANK_SET_INIT;
	struct pool_size_storage s = {.hosts = host, .n_hosts = 1, .joined = &j, .requested = &q};
	int                      r;

	assert_int_equal(rank_set_parse(&j, joined, NULL), 0);
	assert_int_equal(rank_set_parse(&q, requested, NULL), 0);
	r = pool_size_max(&s, ret, f);
	rank_set_fini(&j);
	rank_set_fini(&q);
	return r;
}

static void
test_devices_add_up_per_rank(void **state)
{
	const struct pool_size_device devices[] = {
	    {.rank = 0, .usable_bytes = 5},
	    {.rank = 0, .usable_bytes = 6},
	    {.rank = 1, .usable_bytes = 20},
	    {.rank = 1, .state = POOL_SIZE_DEVICE_NEW, .usable_bytes = 9},
	    {.rank = 7, .usable_bytes = 1},
	};
	const struct pool_size_host host = {"h", scm, 2, devices, ARRAY_SIZE(devices)};
	struct pool_size_max        m;

	assert_int_equal(ask(&host, "0-3", "", &m, NULL), 0);
	assert_int_equal(m.scm_bytes, 80);
	assert_int_equal(m.nvme_bytes, 11);
	assert_int_equal(rank_set_count(&m.ranks), 4);
	pool_size_max_fini(&m);
	assert_int_equal(ask(&host, "0-3", "1", &m, NULL), 0);
	assert_int_equal(m.nvme_bytes, 20);
	assert_int_equal(rank_set_count(&m.ranks), 1);
	pool_size_max_fini(&m);
}

static void
test_refused(void **state)
{
	static const struct pool_size_scm    twice[]     = {{0, true, 1}, {0, true, 1}};
	static const struct pool_size_scm    unmounted[] = {{0, true, 1}, {1, false, 0}};
	static const struct pool_size_device lone[]      = {{.rank = 3, .usable_bytes = 1}};
	static const struct pool_size_device bad[]       = {
		  {.rank = 0, .state = POOL_SIZE_DEVICE_OTHER, .state_name = "EVICTED"}};
	static const struct {
		struct pool_size_host host;
		const char           *requested, *part;
	} cases[] = {
	    {{"h", twice, 2, NULL, 0}, "", "Multiple SCM devices found for rank 0"},
	    {{"h", unmounted, 2, NULL, 0}, "", "not mounted"},
	    {{"h", scm, 2, lone, 1}, "", "Rank 3 has an NVMe device and no SCM device"},
	    {{"h", scm, 2, bad, 1}, "", "EVICTED"},
	    {{"h", scm, 2, NULL, 0}, "2", "No SCM storage"},
	    {{"h", scm, 2, NULL, 0}, "0,9", "specified rank 9 is not joined"},
	    {{"h", NULL, 0, NULL, 0}, "", "hostname=h"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_size_max m = {.scm_bytes = 77};
		struct fault         f = FAULT_INIT;

		assert_true(ask(&cases[i].host, "0-3", cases[i].requested, &m, &f) < 0);
		assert_non_null(strstr(f.description, cases[i].part));
		assert_int_equal(m.scm_bytes, 77);
	}
}

static void
test_out_of_memory(void **state)
{
	const struct pool_size_host host = {"h", scm, 2, NULL, 0};
	struct rank_set             j    = RANK_SET_INIT;
	struct pool_size_storage    s    = {.hosts = &host, .n_hosts = 1, .joined = &j};
	long                        n    = 0;
	int                         r;

	assert_int_equal(rank_set_parse(&j, "0-1", NULL), 0);
	do {
		struct pool_size_max m = {.scm_bytes = 77};

		alloc_fault_begin(++n);
		r = pool_size_max(&s, &m, NULL);
		if (r == 0)
			pool_size_max_fini(&m);
		assert_int_equal(alloc_fault_end(), 0);
		assert_true(r == 0 || (r == -ENOMEM && m.scm_bytes == 77));
	} while (alloc_fault_works() && alloc_fault_happened());
	rank_set_fini(&j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_devices_add_up_per_rank),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
