/*
 * Folding by host: what parts hosts, what does not, and errors.
 */
#include "control/control_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct daosctl_nvme_namespace space[]   = {{1, 1000}, {2, 2000}},
					   swapped[] = {{2, 2000}, {1, 1000}};

static struct daosctl_nvme_device
device(const char *serial, const char *address, const struct daosctl_nvme_namespace *namespaces)
{
	return (struct daosctl_nvme_device){
	    .info         = "",
	    .model        = "m",
	    .serial       = serial,
	    .pci_addr     = address,
	    .fw_rev       = "f",
	    .vendor_id    = "",
	    .pci_type     = "",
	    .namespaces   = namespaces,
	    .n_namespaces = 2,
	    .dev_state    = "NORMAL",
	    .led_state    = "OFF",
	};
}

static void
test_what_parts_hosts(void **state)
{
	const struct daosctl_nvme_device a[] = {device("s1", "0000:80:00.0", space),
						device("s2", "0000:81:00.0", space)};
	const struct daosctl_nvme_device b[] = {device("s3", "0000:81:00.0", swapped),
						device("s4", "0000:80:00.0", space)};
	const struct daosctl_nvme_device c[] = {device("s1", "0000:80:00.0", space),
						device("s2", "0000:82:00.0", space)};
	const struct daosctl_mem_info    mem = {
	       .mem_total_kb = 10, .mem_free_kb = 5, .hugepage_size_kb = 2048};
	const struct daosctl_mem_info busy = {
	    .mem_total_kb = 10, .mem_free_kb = 1, .hugepage_size_kb = 2048};
	const struct daosctl_mem_info more = {
	    .mem_total_kb = 20, .mem_free_kb = 5, .hugepage_size_kb = 2048};
	const struct daosctl_scm_namespace n1 = {
	    .uuid = "u1", .blockdev = "pmem0", .dev = "d", .size_bytes = 7};
	const struct daosctl_scm_namespace n2 = {
	    .uuid = "u2", .blockdev = "pmem0", .dev = "d", .size_bytes = 7};
	const struct daosctl_scm_namespace n3 = {
	    .uuid = "u1", .blockdev = "pmem0", .dev = "d", .size_bytes = 8};
	const struct {
		struct daosctl_storage x, y;
		bool                   same;
	} rows[] = {
	    {{.nvme_devices = a, .n_nvme_devices = 2},
	     {.nvme_devices = b, .n_nvme_devices = 2},
	     true},
	    {{.nvme_devices = a, .n_nvme_devices = 2},
	     {.nvme_devices = c, .n_nvme_devices = 2},
	     false},
	    {{.nvme_devices = a, .n_nvme_devices = 2},
	     {.nvme_devices = a, .n_nvme_devices = 1},
	     false},
	    {{.mem_info = &mem}, {.mem_info = &busy}, true},
	    {{.mem_info = &mem}, {.mem_info = &more}, false},
	    {{.mem_info = &mem}, {0}, false},
	    {{.scm_namespaces = &n1, .n_scm_namespaces = 1},
	     {.scm_namespaces = &n2, .n_scm_namespaces = 1},
	     true},
	    {{.scm_namespaces = &n1, .n_scm_namespaces = 1},
	     {.scm_namespaces = &n3, .n_scm_namespaces = 1},
	     false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_fini) struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

		ctl_storage_text(&rows[i].x, &x);
		ctl_storage_text(&rows[i].y, &y);
		if (str_eq(strbuf_str(&x), strbuf_str(&y)) != rows[i].same)
			fail_msg("row %zu: %s | %s", i, strbuf_str(&x), strbuf_str(&y));
	}
}

static void
test_hosts_and_errors_fold(void **state)
{
	const struct daosctl_mem_info mem  = {.mem_total_kb = 10};
	struct ctl_fold              *fold = NULL;
	struct daosctl_storage_resp   resp;

	assert_int_equal(ctl_fold_new(&fold), 0);
	ctl_fold_storage(fold, "b2:1", &(struct daosctl_storage){.mem_info = &mem});
	ctl_fold_storage(fold, "b1:1", &(struct daosctl_storage){.mem_info = &mem});
	ctl_fold_storage(fold, "a1:1", &(struct daosctl_storage){0});
	ctl_fold_error(fold, "c1:1", "refused", "refused");
	ctl_fold_error(fold, "c2:1", "refused", "refused");
	ctl_fold_error(fold, "c2:1", "also this", "this");
	assert_int_equal(ctl_fold_finish(fold, &resp), 0);
	(void)ctl_fold_free(fold);

	assert_int_equal(resp.n_hosts, 2);
	assert_string_equal(resp.hosts[0].hosts, "a1:1");
	assert_string_equal(resp.hosts[1].hosts, "b[1-2]:1");
	assert_int_equal(resp.hosts[1].n_hosts, 2);
	assert_true(resp.hosts[0].hash != resp.hosts[1].hash);
	assert_int_equal(resp.errors.n, 2);
	assert_int_equal(resp.errors.n_hosts, 2);
	assert_string_equal(resp.errors.v[0].text, "also this");
	assert_string_equal(resp.errors.v[0].brief, "this");
	assert_string_equal(resp.errors.v[1].hosts, "c[1-2]:1");
	daosctl_storage_resp_fini(&resp);
}

static void
test_faults_give_text_and_brief(void **state)
{
	struct ctl_fold            *fold = NULL;
	struct fault                f    = FAULT_INIT;
	struct rpc_status           s    = RPC_STATUS_INIT;
	struct daosctl_storage_resp resp;

	(void)fault_set(&f, FAULT_CLIENT_CONNECTION_REFUSED,
			"the server at a1:1 refused the connection");
	rpc_status_from_fault(&s, &f);
	assert_int_equal(ctl_fold_new(&fold), 0);
	ctl_fold_status(fold, "a1:1", &s);
	assert_int_equal(ctl_fold_finish(fold, &resp), 0);
	(void)ctl_fold_free(fold);
	rpc_status_fini(&s);
	assert_string_equal(
	    resp.errors.v[0].text,
	    "client: code = 506 description = \"the server at a1:1 refused the connection\"");
	assert_string_equal(resp.errors.v[0].brief, "the server at a1:1 refused the connection");
	assert_int_equal(resp.n_hosts, 0);
	daosctl_storage_resp_fini(&resp);
}

static void
test_nothing_is_nothing(void **state)
{
	struct ctl_fold            *fold = NULL;
	struct daosctl_storage_resp resp;

	assert_int_equal(ctl_fold_new(&fold), 0);
	assert_int_equal(ctl_fold_finish(fold, &resp), 0);
	(void)ctl_fold_free(fold);
	assert_int_equal(resp.n_hosts, 0);
	assert_int_equal(resp.errors.n, 0);
	daosctl_storage_resp_fini(&resp);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_parts_hosts),
	    cmocka_unit_test(test_hosts_and_errors_fold),
	    cmocka_unit_test(test_faults_give_text_and_brief),
	    cmocka_unit_test(test_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
