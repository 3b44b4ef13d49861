/* Borders of the rules for names. */
#include "common/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_labels(void **state)
{
	char longest[LABEL_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[LABEL_MAX] = '\0';
	assert_true(label_is_valid(longest));
	longest[LABEL_MAX]     = 'x';
	longest[LABEL_MAX + 1] = '\0';
	assert_false(label_is_valid(longest));
	assert_false(label_is_valid(""));
	assert_true(label_is_valid("aZ09._:-"));
	assert_false(label_is_valid("54F26BFD-628F-4762-A28A-1C42BCB6565B"));
	assert_true(label_is_valid("54f26bfd-628f-4762-a28a-1c42bcb6565"));
	for (int c = 1; c < 256; c++) {
		const char text[] = {(char)c, '\0'};
		bool       letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') || strchr("._:-", c) != NULL;

		assert_int_equal(label_is_valid(text), letter);
	}
}

static void
test_system_names(void **state)
{
	assert_false(system_name_is_valid(""));
	assert_true(system_name_is_valid("x"));
	assert_true(system_name_is_valid("123456789012345"));
	assert_false(system_name_is_valid("1234567890123456"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_system_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
