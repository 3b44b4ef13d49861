/* Rules of one engine: which keys and faults come out of which storage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

#define RAM             "{class: ram, scm_mount: /m}"
#define NVME(addr, ...) "{class: nvme, bdev_list: [\"0000:" addr ":00.0\"]" __VA_ARGS__ "}"
#define ROLES(...)      ", bdev_roles: [" __VA_ARGS__ "]"

struct engine_case {
	const char *top;    /* further top-level keys */
	const char *engine; /* further keys of the engine */
	const char *tiers;
	const char *key; /* of the first error; NULL: valid */
	uint32_t    code;
};

static const struct engine_case cases[] = {
    {"", "", RAM, NULL, 0},
    {"", "", RAM ", null, " NVME("80"), NULL, 0},
    {"", "", "", "engines[0].storage", 701},
    {"", "", NVME("80"), "engines[0].storage", 216},
    {"", "", NVME("80") ", " RAM, "engines[0].storage", 701},
    {"", "", RAM ", " RAM, "engines[0].storage", 701},
    {"", "", "{scm_mount: /m}", "engines[0].storage", 216},
    {"", "", RAM ", {bdev_list: [/a]}", "engines[0].storage[1].class", 701},
    {"", "", "{class: ram}", "engines[0].storage[0].scm_mount", 701},
    {"", "", "{class: ram, scm_mount: /m, scm_size: 3}", "engines[0].storage[0].scm_size", 730},
    {"", "", "{class: dcpm, scm_mount: /m, scm_list: [/dev/pmem0, /dev/pmem1]}",
     "engines[0].storage[0].scm_list", 701},
    {"", "", "{class: dcpm, scm_mount: /m, scm_list: [/dev/pmem0], scm_size: 8}",
     "engines[0].storage[0].scm_size", 701},
    {"", "", RAM ", {class: nvme, bdev_list: [/dev/sda]}", "engines[0].storage[1].bdev_list", 701},
    {"", "", RAM ", {class: kdev}", "engines[0].storage[1].bdev_list", 701},
    {"", "", RAM ", {class: file, bdev_list: [/a], bdev_size: -1}",
     "engines[0].storage[1].bdev_size", 701},
    {"", "", RAM ", " NVME("80") ", {class: kdev, bdev_list: [/dev/sda]}", "engines[0].storage",
     309},
    {"", "", RAM ", " NVME("80") ", " NVME("81"), "engines[0].storage", 315},
    {"", "", RAM ", " NVME("80", ROLES("wal, data")), "engines[0].storage[1].bdev_roles", 319},
    {"", "", RAM ", " NVME("80", ROLES("wal")) ", " NVME("81"), "engines[0].storage[2].bdev_roles",
     314},
    {"", "", RAM ", " NVME("80") ", " NVME("81", ROLES("wal, meta, data")),
     "engines[0].storage[2].bdev_roles", 314},
    {"control_metadata: {path: /md}\n", "",
     RAM ", " NVME("80", ROLES("wal")) ", " NVME("81", ROLES("meta, data")), NULL, 0},
    {"control_metadata: {path: /md}\n", "",
     RAM ", " NVME("80", ROLES("wal, meta")) ", " NVME("81", ROLES("meta, data")),
     "engines[0].storage", 313},
    {"control_metadata: {path: /md}\n", "", RAM, "engines[0].storage", 317},
    {"control_metadata: {path: /md}\n", "", RAM ", " NVME("80"), "engines[0].storage", 317},
    {"", "", RAM ", " NVME("80", ROLES("wal, meta, data")), "engines[0].storage", 318},
    {"control_metadata: {path: /md}\n", "",
     "{class: dcpm, scm_mount: /m, scm_list: [/dev/pmem0]}, " NVME("80", ROLES("wal, meta, data")),
     "engines[0].storage", 312},
    {"", "nr_xs_helpers: -1, ", RAM, "engines[0].nr_xs_helpers", 701},
    {"", "first_core: 1, pinned_numa_node: 0, ", RAM, "engines[0].first_core", 701},
    {"", "first_core: 0, pinned_numa_node: 0, ", RAM, NULL, 0},
    {"", "provider: \"ofi+tcp,ofi+verbs\", ", RAM, "engines[0].fabric_iface", 701},
    {"", "provider: \"a,b\", fabric_iface: \"x,y\", secondary_provider_endpoints: [0], ", RAM,
     "engines[0].secondary_provider_endpoints", 701},
    {"", "provider: \"a,b\", fabric_iface: \"x,y\", secondary_provider_endpoints: [1, 1], ", RAM,
     "engines[0].secondary_provider_endpoints", 701},
    {"", "log_mask: LOUD, ", RAM, "engines[0].log_mask", 701},
    {"", "env_vars: [\"DD_SUBSYS=nosuch\"], ", RAM, "engines[0].env_vars", 701},
    {"bdev_exclude: [\"0000:80:00.0\"]\n", "", RAM ", " NVME("80"),
     "engines[0].storage[1].bdev_list", 736},
    {"bdev_exclude: [\"0000:80:0.0\"]\n", "", RAM ", " NVME("80"), NULL, 0}, /* compared as text */
};

static void
test_table(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct engine_case *e        = &cases[i];
		struct cfg_problems       problems = CFG_PROBLEMS_INIT;
		struct cfg_server        *cfg      = NULL;
		const struct cfg_problem *first;
		const char *iface = strstr(e->engine, "fabric_iface") ? "" : "fabric_iface: eth0, ";
		char        text[1024];

		(void)snprintf(text, sizeof(text),
			       "provider: ofi+tcp\n%sengines: [{targets: 2, %s%sfabric_iface_port: "
			       "31416, storage: [%s]}]\n",
			       e->top, iface, e->engine, e->tiers);
		assert_int_equal(load(text, &cfg, &problems), 0);
		(void)cfg_server_validate(cfg, &problems); /* the list tells */
		first = cfg_problems_first_error(&problems);
		if ((first == NULL) != (e->key == NULL))
			fail_msg("%s%s: %s", text, e->tiers,
				 first ? first->fault.description : "accepted");
		if (first != NULL && (!str_eq(first->key, e->key) || first->fault.code != e->code))
			fail_msg("%s: %s: %u %s", text, first->key, first->fault.code,
				 first->fault.description);
		cfg = cfg_server_free(cfg);
		cfg_problems_fini(&problems);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
