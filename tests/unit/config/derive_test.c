/* Values that follow from the host: affinity, hugepages by node, engine memory; totals are in the
 * case tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

static struct cfg_server *
engines_with(const char *first, const char *second)
{
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct cfg_server     *cfg      = NULL;
	_cleanup_(freep) char *text =
	    str_format("engines: [{%s}%s%s%s]\n", first, second ? ", {" : "", second ? second : "",
		       second ? "}" : "");

	assert_int_equal(load(text, &cfg, &problems), 0);
	cfg_problems_fini(&problems);
	return cfg;
}

static void
test_affinity(void **state)
{
	static const struct {
		const char *first, *second;
		int         detected[2];
		int64_t     pinned; /* of engine 0 afterwards; -1: not */
		bool        core;   /* first_core of engine 0 still set */
		unsigned    node;
		size_t      notices;
	} cases[] = {
	    {"targets: 1", NULL, {0, 0}, -1, false, 0, 0}, /* one engine on node 0 */
	    {"targets: 1", NULL, {1, 0}, 1, false, 1, 0},
	    {"targets: 1", "targets: 1", {0, 1}, 0, false, 0, 0},
	    {"targets: 1", NULL, {-1, 0}, -1, false, 0, 0}, /* nothing detected counts as node 0 */
	    {"pinned_numa_node: 1", NULL, {0, 0}, 1, false, 1, 1}, /* only a notice */
	    {"first_core: 4, pinned_numa_node: 1", NULL, {1, 0}, -1, true, 0, 0},
	    {"first_core: 0", NULL, {1, 0}, -1, true, 0, 0},
	    {"first_core: 0, pinned_numa_node: 1", NULL, {1, 0}, 1, false, 1, 0},
	    {"pinned_numa_node: 0", "first_core: 2", {0, 1}, -1, false, 0, 0}, /* one decides for
										  all */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		struct cfg_server  *cfg      = engines_with(cases[i].first, cases[i].second);
		struct cfg_engine  *e        = &cfg->engines[0];

		assert_int_equal(cfg_server_derive_affinity(cfg, cases[i].detected, &problems), 0);
		assert_int_equal(e->pinned_numa_node.set ? e->pinned_numa_node.value : -1,
				 cases[i].pinned);
		assert_int_equal(e->first_core.set, cases[i].core);
		assert_int_equal(e->numa_node, cases[i].node);
		assert_int_equal(problems.n, cases[i].notices);
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

static void
test_hugepage_nodes(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;
	unsigned           *nodes    = NULL;
	size_t              n        = 0;
	uint64_t            pages    = 0;
	struct fault        f        = FAULT_INIT;

	assert_int_equal(
	    load("nr_hugepages: 1025\nengines:\n" ENGINE(0) ENGINE(1) ENGINE(2), &cfg, &problems),
	    0);
	cfg->engines[0].numa_node = 1;
	assert_int_equal(cfg_server_hugepage_nodes(cfg, &nodes, &n, &pages, &f), -EINVAL);
	assert_int_equal(f.code, FAULT_SERVER_CONFIG_ENGINE_NUMA_IMBALANCE);
	cfg->allow_numa_imbalance = true;
	assert_int_equal(cfg_server_hugepage_nodes(cfg, &nodes, &n, &pages, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(nodes[0], 0);
	assert_int_equal(nodes[1], 1);
	assert_int_equal(pages, 512);
	free(nodes);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

static void
test_engine_memory(void **state)
{
	const struct cfg_host host     = {.hugepage_kib = 2048, .mem_total_kib = 256 * MIB};
	struct cfg_problems   problems = CFG_PROBLEMS_INIT;
	struct cfg_server    *cfg      = NULL;

	assert_int_equal(load("provider: ofi+tcp\nengines:\n" ENGINE(0), &cfg, &problems), 0);
	assert_int_equal(cfg_server_derive(cfg, &host, &problems), 0);
	assert_int_equal(cfg->nr_hugepages, 2048);
	assert_int_equal(cfg->engines[0].mem_size_mib, 4096);
	assert_int_equal(cfg->engines[0].hugepage_size_mib, 2);
	assert_true(cfg->engines[0].storage[0].scm_size > 100);
	assert_string_equal(cfg_env_get(&cfg->engines[0].env_vars, "PMEMOBJ_CONF"),
			    "sds.at_create=0");
	cfg->disable_hugepages = true;
	cfg->nr_hugepages      = 0;
	assert_int_equal(cfg_server_derive_hugepages(cfg, &host, &problems), 0);
	assert_int_equal(cfg->engines[0].mem_size_mib, 0);
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_affinity),
	    cmocka_unit_test(test_hugepage_nodes),
	    cmocka_unit_test(test_engine_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
