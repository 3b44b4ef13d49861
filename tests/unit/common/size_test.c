/* Sizes beyond those of the case tables. */
#include "common/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int         rc;
		uint64_t    bytes;
	} cases[] = {
	    {"1.5KiB", 0, 1536},       {"1.5 g", 0, 1500000000}, {".5K", 0, 500},
	    {"1,000,000", 0, 1000000}, {"7  MiB ", 0, 7340032},  {"15EiB", 0, 15ULL << 60},
	    {"16EiB", -ERANGE, 0},     {"-1", -EINVAL, 0},       {"+1", -EINVAL, 0},
	    {"1 G B", -EINVAL, 0},     {".", -EINVAL, 0},        {"1Kii", -EINVAL, 0},
	    {"1iB", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 0;

		assert_int_equal(size_parse(cases[i].text, &bytes, NULL), cases[i].rc);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void
test_borders_of_units(void **state)
{
	char buf[SIZE_TEXT_MAX];

	assert_string_equal(size_format_si(1000000000, buf), "1.0 GB");
	assert_string_equal(size_format_si(1000000000000000000, buf), "1.0 EB");
	assert_string_equal(size_format_iec(1023, buf), "1023 B");
	assert_string_equal(size_format_iec(UINT64_MAX, buf), "16 EiB");
	assert_string_equal(size_format_human(4.5e15, SIZE_HUMAN_DECIMAL, "B", buf), "4.50 PB");
	assert_string_equal(size_format_percent(UINT64_MAX / 2, UINT64_MAX, buf), "50 %");
	assert_string_equal(size_format_link_speed(3.2e10, buf), "32 GT/s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_borders_of_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
