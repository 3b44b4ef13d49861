/* The fault catalogue and the text forms of faults. */
#include "common/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
test_text_forms(void **state)
{
	struct fault f = FAULT_INIT;
	char	     buf[2048];

	assert_int_equal(fault_set(&f, FAULT_SERVER_WRONG_SYSTEM, "system is %s", "a"), -EINVAL);
	assert_string_equal(fault_format(&f, buf, sizeof(buf)),
			    "server: code = 603 description = \"system is a\"");
	fault_resolve(&f, "use %s", "b");
	assert_string_equal(fault_format_resolution(&f, buf, sizeof(buf)),
			    "server: code = 603 resolution = \"use b\"");
	fault_wrap(&f, "rank %d", 7);
	assert_string_equal(f.description, "rank 7: system is a");
}

/* Clients show and fold the text: a quote inside of it must not end the quotation. */
static void
test_quotes_inside_a_text_are_escaped(void **state)
{
	struct fault f = FAULT_INIT;
	char         buf[256], small[40];

	fault_import(&f, "server", 603, "say \"a\\b\"\n\t\x01 \xc3\xa9", "", "use \"x\"");
	assert_string_equal(
	    fault_format(&f, buf, sizeof(buf)),
	    "server: code = 603 description = \"say \\\"a\\\\b\\\"\\n\\t\\x01 \xc3\xa9\"");
	assert_string_equal(fault_format_resolution(&f, buf, sizeof(buf)),
			    "server: code = 603 resolution = \"use \\\"x\\\"\"");
	for (size_t size = 1; size <= sizeof(small); size++) {
		memset(small, 'Z', sizeof(small));
		assert_true(strlen(fault_format(&f, small, size)) < size);
	}
}

static void
test_plain_error_has_no_code(void **state)
{
	struct fault f = FAULT_INIT;
	char	     buf[64];

	assert_int_equal(fault_plain(&f, -EIO, "disk %d", 3), -EIO);
	assert_false(fault_is_coded(&f));
	assert_string_equal(fault_format(&f, buf, sizeof(buf)), "disk 3");
}

static void
test_domains_print_without_separators(void **state)
{
	struct fault f = FAULT_INIT;
	char	     buf[128];

	fault_import(&f, "a b:c", 9999, "text", "", "");
	assert_string_equal(fault_format(&f, buf, sizeof(buf)),
			    "a_bc: code = 9999 description = \"text\"");
}

/* Long texts are cut, never overrun. */
static void
test_long_texts_are_cut(void **state)
{
	struct fault f	     = FAULT_INIT;
	char	     huge[4096];

	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	fault_set(&f, FAULT_SERVER_BAD_CONFIG, "%s", huge);
	fault_wrap(&f, "%s", huge);
	assert_int_equal(strlen(f.description), sizeof(f.description) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_forms),
	    cmocka_unit_test(test_quotes_inside_a_text_are_escaped),
	    cmocka_unit_test(test_plain_error_has_no_code),
	    cmocka_unit_test(test_domains_print_without_separators),
	    cmocka_unit_test(test_long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
