/* SCM part of a scan. */
#include "format_fixture.h"

static void
without_usage_nothing_is_found(void **state)
{
	struct stor_scan_req  req  = {0};
	struct stor_scan_resp resp = {0};
	struct fix            x;

	fix_init(&x);
	assert_int_equal(stor_scan_scm(&x.host, &req, &resp, NULL), 0);
	fix_engine(&x, STOR_CLASS_RAM);
	assert_int_equal(stor_scan_scm(&x.host, &req, &resp, NULL), 0);
	assert_int_equal(resp.namespaces.n, 0);
	stor_scan_resp_fini(&resp);
	fix_fini(&x);
}

static void
usage_needs_engines(void **state)
{
	struct stor_scan_req  req  = {.usage = true};
	struct stor_scan_resp resp = {0};
	struct fault          f    = FAULT_INIT;
	struct fix            x;

	fix_init(&x);
	assert_int_equal(stor_scan_scm(&x.host, &req, &resp, &f), -ENODEV);
	assert_true(f.set);
	fix_fini(&x);
}

static void
usage_shows_a_namespace_an_engine(void **state)
{
	struct stor_scan_req      req  = {.usage = true, .ready = {true, false}, .rank = {7, 8}};
	struct stor_scan_resp     resp = {0};
	const struct stor_scm_ns *ns;
	struct fix                x;

	fix_init(&x);
	fix_engine(&x, STOR_CLASS_RAM)->numa_node = 1;
	fix_engine(&x, STOR_CLASS_DIR);
	assert_formatted(&x, &plain_req);
	fix_write(&x, "scm0/data", "x");
	assert_int_equal(stor_scan_scm(&x.host, &req, &resp, NULL), 0);
	assert_int_equal(resp.namespaces.n, 2);
	ns = &resp.namespaces.v[0];
	assert_string_equal(ns->blockdev, "ramdisk");
	assert_int_equal(ns->scm_class, STOR_CLASS_RAM);
	assert_int_equal(ns->numa_node, 1);
	assert_int_equal(ns->size_bytes, 6 * GIB);
	assert_string_equal(ns->mount, x.host.engines[0].scm_mount);
	assert_int_equal(ns->rank, 7);
	assert_int_equal(ns->total_bytes, 6 * GIB);
	assert_int_equal(ns->avail_bytes, 5 * GIB);
	assert_int_equal(ns->usable_bytes, 4 * GIB - 17 * MIB);
	ns = &resp.namespaces.v[1]; /* not ready */
	assert_int_equal(ns->rank, STOR_RANK_NIL);
	assert_int_equal(ns->size_bytes, 0);
	assert_int_equal(ns->total_bytes + ns->avail_bytes + ns->usable_bytes, 0);
	stor_scan_resp_fini(&resp);
	fix_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_usage_nothing_is_found),
	    cmocka_unit_test(usage_needs_engines),
	    cmocka_unit_test(usage_shows_a_namespace_an_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
