/* Announcements, words and combinations beyond those of the case tables. */
#include "control/pool_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/size.h"

static void
test_announcements(void **state)
{
	static const struct {
		struct pool_size_options o;
		const char              *text;
	} cases[] = {
	    {{.size = "29%"}, "Creating DAOS pool with 29% of all storage"},
	    {{.size = "1TB"},
	     "Creating DAOS pool with automatic storage allocation: 1.0 TB total, 6.00% storage "
	     "tier "
	     "ratio"},
	    {{.size = "1TB", .tier_ratio = "10", .n_ranks = 4},
	     "Creating DAOS pool with automatic storage allocation: 1.0 TB total, 10.00% storage "
	     "tier ratio with 4 ranks"},
	    {{.scm_size = "1GB", .nvme_size = "3GB"},
	     "Creating DAOS pool with manual per-engine storage allocation: 1.0 GB SCM, 3.0 GB "
	     "NVMe "
	     "(25.00% storage tier ratio)"},
	    {{.scm_size = "1GB"},
	     "Creating DAOS pool with manual per-engine storage allocation: 1.0 GB SCM, 0 B NVMe "
	     "(100.00% storage tier ratio)"},
	    {{.meta_size = "1GB", .data_size = "4GB", .mem_ratio = "50"},
	     "Creating DAOS pool in MD-on-SSD mode with manual per-engine storage allocation: 1.0 "
	     "GB metadata, 4.0 GB data (25.00% storage tier ratio) and 50.00% "
	     "memory-file:meta-blob "
	     "size ratio"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_size_request r;
		char                    *text;

		assert_int_equal(pool_size_request_make(&cases[i].o, &r, NULL), 0);
		text = pool_size_announcement(&r);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void
test_notices(void **state)
{
	static const struct {
		struct pool_size_options o;
		const char              *part; /* NULL: no notice */
	} cases[] = {
	    {{.size = "1TB"}, NULL},
	    {{.size = "1TB", .tier_ratio = "0.99"}, "performance"},
	    {{.size = "1TB", .tier_ratio = "1"}, NULL},
	    {{.size = "1TB", .tier_ratio = "100,0"}, "single tier"},
	    {{.scm_size = "1GB"}, "single tier"},
	    {{.scm_size = "1GB", .nvme_size = "1TB"}, "performance"},
	    {{.size = "50%"}, NULL},
	    {{.meta_size = "1GB", .data_size = "1TB"}, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_size_request r;
		const char              *notice;

		assert_int_equal(pool_size_request_make(&cases[i].o, &r, NULL), 0);
		notice = pool_size_notice(&r);
		if (cases[i].part == NULL)
			assert_null(notice);
		else
			assert_true(notice != NULL && strstr(notice, cases[i].part) != NULL);
	}
}

static void
test_refused_combinations(void **state)
{
	static const struct {
		struct pool_size_options o;
		const char              *part; /* of the error text */
	} cases[] = {
	    {{.size = NULL}, "unsupported option combination"},
	    {{.size = "1TB", .data_size = "1"}, "unsupported option combination"},
	    {{.size = "5%", .n_ranks = 1}, "--size=% may not be mixed with --nranks"},
	    {{.size = "1TB", .n_ranks = 1, .ranks_given = true}, "--nranks may not be mixed"},
	    {{.size = "1TB", .tier_ratio = "20,30,50"}, "want 2 tier ratio values got 3"},
	    {{.size = "1TB", .tier_ratio = "100"}, "want 2 tier ratio values got 1"},
	    {{.size = "1TB", .mem_ratio = "20,30,50"}, "want 2 ratio values got 3"},
	    {{.size = "0"}, "no total size"},
	    {{.scm_size = "1", .n_ranks = 1}, "--nranks may not be mixed with --scm-size"},
	    {{.scm_size = "1", .mem_ratio = "1"}, "--mem-ratio may not be mixed with --scm-size"},
	    {{.data_size = "1GB"}, "tier 0"},
	    {{.scm_size = ""}, "no size specified"},
	    {{.scm_size = "x"}, "invalid size \"x\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_size_request r = {.n_ranks = 77};
		struct fault             f = FAULT_INIT;

		assert_true(pool_size_request_make(&cases[i].o, &r, &f) < 0);
		if (strstr(f.description, cases[i].part) == NULL)
			fail_msg("\"%s\" not in \"%s\"", cases[i].part, f.description);
		assert_int_equal(r.n_ranks, 77);
	}
}

static void
test_odd_ratios(void **state)
{
	static const struct {
		const char *text;
		int         rc;
		size_t      n;
	} cases[] = {
	    {"nan", -EINVAL, 0},
	    {"inf", -EINVAL, 0},
	    {"-5", -EINVAL, 0},
	    {"-5,105", -EINVAL, 0},
	    {"1e300", -EINVAL, 0},
	    {"50,50,", -EINVAL, 0},
	    {"0", 0, 2},
	    {"100,0", 0, 2},
	    {" 6 , 94 ", 0, 2},
	    {"50,50.9", 0, 2},
	    {"1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,85", 0, 16},
	    {"1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,84", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_size_ratios r = {.n = 0};

		assert_int_equal(pool_size_ratios_parse(cases[i].text, &r, NULL), cases[i].rc);
		assert_int_equal(r.n, cases[i].n);
	}
}

static void
test_share_becomes_bytes(void **state)
{
	const struct pool_size_options o = {.size = "50%", .mem_ratio = "25"};
	struct pool_size_request       r;
	struct fault                   f = FAULT_INIT;

	assert_int_equal(pool_size_request_make(&o, &r, NULL), 0);
	assert_int_equal(pool_size_request_resolve(&r, 1, 100 * GIB, &f), -ENOSPC);
	assert_non_null(strstr(f.description, "ratio 50%"));
	assert_int_equal(pool_size_request_resolve(&r, 3, 100 * GIB, NULL), 0);
	assert_int_equal(r.n_tier_bytes, 2);
	assert_int_equal(r.tier_bytes[0], 1);
	assert_int_equal(r.tier_bytes[1], 50 * GIB);
	assert_int_equal(r.tier_ratio.n, 0);
	assert_true(r.mem_ratio == 0.25F);
	/* now it is a manual request, which stays as it is */
	assert_int_equal(pool_size_request_resolve(&r, 1000, 1000, NULL), 0);
	assert_int_equal(r.tier_bytes[0], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_announcements),        cmocka_unit_test(test_notices),
	    cmocka_unit_test(test_refused_combinations), cmocka_unit_test(test_odd_ratios),
	    cmocka_unit_test(test_share_becomes_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
