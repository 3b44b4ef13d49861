/* Usable space: every step of the formulas, as tables. */
#include "fixture.h"

static void
scm_formula(void **state)
{
	static const struct {
		const char *what;
		uint64_t    avail;
		bool        cap_set, cap_valid, meta_role;
		uint64_t    cap;
		const char *meta_path;
		uint64_t    want;
	} rows[] = {
	    {"defaults", 6 * GIB, false, false, false, 0, NULL, 5 * GIB - 17 * MIB},
	    {"recorded run", 4234436608, false, false, false, 0, NULL, 3142868992},
	    {"less than the system database", GIB, false, false, false, 0, NULL, 0},
	    {"nothing after control plane data", GIB + 16 * MIB, false, false, false, 0, NULL, 0},
	    {"nothing after overhead", GIB + 17 * MIB, false, false, false, 0, NULL, 0},
	    {"one byte", GIB + 17 * MIB + 1, false, false, false, 0, NULL, 1},
	    {"DAOS_MD_CAP", 6 * GIB, true, true, false, 512 * MIB, NULL, 6 * GIB - 529 * MIB},
	    {"bad DAOS_MD_CAP", 6 * GIB, true, false, false, 0, NULL, 0},
	    {"meta role elsewhere", 6 * GIB, false, false, true, 0, "/var/daos", 5 * GIB - MIB},
	    {"meta below the mount", 6 * GIB, false, false, true, 0, "/mnt/daos/meta",
	     5 * GIB - 17 * MIB},
	    {"similar name", 6 * GIB, false, false, true, 0, "/mnt/daos2", 5 * GIB - MIB},
	    {"meta role without path", 6 * GIB, false, false, true, 0, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stor_host h = {.n_engines = 1, .meta_path = (char *)rows[i].meta_path};

		h.engines[0] = (struct stor_engine){.scm_mount     = (char *)"/mnt/daos",
						    .md_cap_set    = rows[i].cap_set,
						    .md_cap_valid  = rows[i].cap_valid,
						    .md_cap_bytes  = rows[i].cap,
						    .has_meta_role = rows[i].meta_role};
		print_message("%s\n", rows[i].what);
		assert_int_equal(stor_usable_scm(&h, 0, rows[i].avail), rows[i].want);
	}
}

static void
meta_request_formula(void **state)
{
	struct stor_host h = {.n_engines = 1};
	uint64_t         meta, rdb;

	h.engines[0] = (struct stor_engine){.targets = 4};
	stor_meta_request(&h, 0, 400, 0, &meta, &rdb);
	assert_int_equal(meta, 100);
	assert_int_equal(rdb, GIB);
	stor_meta_request(&h, 0, 400, 0.5F, &meta, &rdb);
	assert_int_equal(meta, 200);
	stor_meta_request(&h, 0, 0, 0, &meta, &rdb);
	assert_int_equal(meta, 0);
	assert_int_equal(rdb, 0);
}

#define C GIB

static void
device_formula(void **state)
{
	static const struct {
		const char         *what;
		struct stor_smd_dev d;
		uint64_t            avail, usable;
	} rows[] = {
	    {"no roles: nothing is taken",
	     {.normal = true, .n_targets = 1, .cluster_size = C, .avail_bytes = 3221225472},
	     3221225472,
	     3221225472},
	    {"rounded to clusters and targets",
	     {.normal = true, .n_targets = 4, .cluster_size = C, .avail_bytes = 11 * C + 5},
	     11 * C,
	     8 * C},
	    {"no data role",
	     {.normal       = true,
	      .role_bits    = 6,
	      .n_targets    = 1,
	      .cluster_size = C,
	      .avail_bytes  = 5 * C + 1},
	     5 * C + 1,
	     0},
	    {"evicted", {.n_targets = 1, .cluster_size = C, .avail_bytes = 5 * C}, 0, 0},
	    {"no cluster size", {.normal = true, .n_targets = 1, .avail_bytes = 5 * C}, 0, 0},
	    {"no targets", {.normal = true, .cluster_size = C, .avail_bytes = 5 * C}, 0, 0},
	    {"data and meta: meta per target and the database",
	     {.normal       = true,
	      .role_bits    = 3,
	      .n_targets    = 2,
	      .cluster_size = C,
	      .avail_bytes  = 20 * C,
	      .meta_size    = C + 1,
	      .rdb_size     = C},
	     20 * C,
	     14 * C},
	    {"all roles: WAL too",
	     {.normal        = true,
	      .role_bits     = 7,
	      .n_targets     = 2,
	      .cluster_size  = C,
	      .avail_bytes   = 20 * C,
	      .meta_size     = C,
	      .meta_wal_size = C,
	      .rdb_size      = C,
	      .rdb_wal_size  = 2 * C},
	     20 * C,
	     12 * C},
	    {"nothing left",
	     {.normal       = true,
	      .role_bits    = 3,
	      .n_targets    = 2,
	      .cluster_size = C,
	      .avail_bytes  = 2 * C,
	      .meta_size    = C},
	     2 * C,
	     0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stor_smd_dev d = rows[i].d;

		print_message("%s\n", rows[i].what);
		assert_int_equal(stor_usable_bdevs(&d, 1), 0);
		assert_int_equal(d.avail_bytes, rows[i].avail);
		assert_int_equal(d.usable_bytes, rows[i].usable);
	}
}

static void
smallest_device_of_a_rank_decides(void **state)
{
	struct stor_smd_dev d[] = {
	    {.normal = true, .rank = 0, .n_targets = 2, .cluster_size = C, .avail_bytes = 10 * C},
	    {.normal = true, .rank = 0, .n_targets = 2, .cluster_size = C, .avail_bytes = 6 * C},
	    {.normal = true, .rank = 1, .n_targets = 2, .cluster_size = C, .avail_bytes = 20 * C},
	    {.normal = false, .rank = 0, .n_targets = 2, .cluster_size = C, .avail_bytes = 2 * C},
	};

	assert_int_equal(stor_usable_bdevs(d, ARRAY_SIZE(d)), 0);
	assert_int_equal(d[0].usable_bytes, 6 * C);
	assert_int_equal(d[1].usable_bytes, 6 * C);
	assert_int_equal(d[2].usable_bytes, 20 * C);
	assert_int_equal(d[3].usable_bytes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scm_formula),
	    cmocka_unit_test(meta_request_formula),
	    cmocka_unit_test(device_formula),
	    cmocka_unit_test(smallest_device_of_a_rank_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
