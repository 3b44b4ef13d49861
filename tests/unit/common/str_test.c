/* Text buffer, number parsing, suggestions. */
#include "common/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_buffer_grows_and_is_taken(void **state)
{
	struct strbuf b = STRBUF_INIT;
	char	     *s;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "%d,", i % 10);
	assert_int_equal(strbuf_error(&b), 0);
	assert_int_equal(b.len, 2000);
	s = strbuf_take(&b);
	assert_int_equal(strlen(s), 2000);
	assert_int_equal(b.len, 0);
	free(s);
}

static void
test_numbers_are_whole_strings(void **state)
{
	static const struct {
		const char *text;
		int	    base, r;
		uint64_t    v;
	} rows[] = {
	    {"0", 10, 0, 0},	       {"18446744073709551615", 10, 0, UINT64_MAX},
	    {"18446744073709551616", 10, -ERANGE, 0}, {"", 10, -EINVAL, 0},
	    {" 1", 10, -EINVAL, 0},    {"1 ", 10, -EINVAL, 0},
	    {"-1", 10, -EINVAL, 0},    {"+1", 10, -EINVAL, 0},
	    {"ff", 16, 0, 255},	       {"0x10", 0, 0, 16},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t v = 0;

		assert_int_equal(str_to_u64(rows[i].text, rows[i].base, &v), rows[i].r);
		assert_int_equal(v, rows[i].v);
	}
}

static void
test_suggestion_is_near_or_absent(void **state)
{
	static const char *const names[] = {"scm_size", "scm_mount", "bdev_list"};

	assert_string_equal(str_nearest("scm_sise", names, 3), "scm_size");
	assert_null(str_nearest("provider", names, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_buffer_grows_and_is_taken),
	    cmocka_unit_test(test_numbers_are_whole_strings),
	    cmocka_unit_test(test_suggestion_is_near_or_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
