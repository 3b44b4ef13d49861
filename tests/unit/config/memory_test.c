/*
 * Running out of memory: the n-th allocation fails, for every n, while a configuration is loaded,
 * checked, completed and printed. Each time -ENOMEM or a full result comes back, and everything is
 * freed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc_fault.h"
#include "config_text.h"

static const char good[]   = "provider: ofi+verbs\n"
			     "mgmt_svc_replicas: [a, b, \"c:5\"]\n"
			     "bdev_exclude: [\"0000:99:00.0\"]\n"
			     "engines:\n" ENGINE(0) ENGINE(1);
static const char bad[]    = "prot: 1\n"
			     "port: x\n"
			     "engines:\n"
			     "- storage: [{class: rma}, {bdev_roles: [x]}, {bdev_list: [/a, /a]}]\n"
			     "  acceleration: {engine: q}\n";
static const char broken[] = "system_ram_reserved: 0\nenable_hotplug: true\nengines: [null, {}]\n";

/* Everything that can be done with a text. Returns the first failure. */
static int
go_through(const char *text, struct cfg_problems *problems)
{
	const struct cfg_host host    = {.hugepage_kib = 2048, .mem_total_kib = 128 * MIB};
	struct cfg_server    *cfg     = NULL;
	char                 *printed = NULL, *summary, *list;
	int                   r       = load(text, &cfg, problems);

	if (r == 0)
		r = cfg_server_validate(cfg, problems);
	if (r == 0)
		r = cfg_server_fix_provider(cfg);
	if (r == 0)
		r = cfg_server_derive(cfg, &host, problems);
	if (r == 0)
		r = cfg_server_print(cfg, &printed);
	summary = cfg_problems_summary(problems, NULL);
	list    = cfg_problems_print(problems);
	free(summary);
	free(list);
	free(printed);
	cfg = cfg_server_free(cfg);
	return r;
}

static void
sweep(const char *text, int result)
{
	long n = 0;

	do {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		int                 r;

		alloc_fault_begin(++n);
		r = go_through(text, &problems);
		cfg_problems_fini(&problems);
		assert_int_equal(alloc_fault_end(), 0);
		if (r != result && (r != -ENOMEM || !alloc_fault_happened()))
			fail_msg("allocation %ld: %d", n, r);
	} while (alloc_fault_happened());
}

static void
test_sweep(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;

	assert_int_equal(go_through(good, &problems), 0);
	cfg_problems_fini(&problems);
	if (!alloc_fault_works())
		skip();
	sweep(good, 0);
	sweep(bad, -EINVAL);
	sweep(broken, -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sweep)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
