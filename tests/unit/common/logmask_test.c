/* Log masks beyond the case tables: what messages say, and merging. */
#include "common/logmask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
test_messages_name_the_part(void **state)
{
	static const struct {
		const char *mask, *says;
	} cases[] = {
	    {"ERR,mgnt=DEBUG", "MGMT"}, /* suggestion */
	    {"ERR,mgmt=LOUD", "LOUD"},  {"ERR,debug", "debug"},
	    {"ERR,all=DEBUG", "all"},   {"E R", "' '"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = FAULT_INIT;

		assert_int_equal(logmask_check(cases[i].mask, &f), -EINVAL);
		assert_non_null(strstr(f.description, cases[i].says));
	}
	assert_int_equal(logmask_check(NULL, NULL), 0);
	assert_int_equal(logmask_check_streams(NULL, NULL), 0);
}

static void
test_merge(void **state)
{
	static const struct {
		const char *mask, *list, *want;
	} cases[] = {
	    {"debug,a=err", NULL, NULL},
	    {"mgmt=debug", "", "ERR,mgmt=DBUG"},
	    {"debug,bio=err,vos=err", "bio,vos", "ERR"}, /* equal to the new base, both in a row */
	    {"fatal,bio=debug", "bio", "EMRG,bio=DBUG"},
	    {"DEBUG", "VOS,vos", "ERR,VOS=DBUG"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *merged = NULL;
		int   r      = logmask_merge(cases[i].mask, cases[i].list, &merged, NULL);

		assert_int_equal(r, cases[i].want != NULL ? 0 : -EINVAL);
		if (r == 0)
			assert_string_equal(merged, cases[i].want);
		free(merged);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_messages_name_the_part),
	    cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
