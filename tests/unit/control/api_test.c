/*
 * The installed API as another program sees it: plain C headers and the shared library's exported
 * symbols alone.
 */
#include <daos_control/server.h>
#include <daos_control/system.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_a_missing_configuration_is_reported(void **state)
{
	struct daosctl      *c = NULL;
	struct daosctl_error e = {0};

	assert_int_not_equal(
	    daosctl_new(&(struct daosctl_options){.config_path = "/nonexistent/x.yml"}, &c, &e), 0);
	assert_null(c);
	assert_non_null(strstr(e.text, "failed to load control configuration"));
	assert_null(daosctl_free(NULL));
}

static void
test_an_unreachable_system_is_reported(void **state)
{
	struct daosctl                  *c = NULL;
	struct daosctl_error             e = {0};
	struct daosctl_system_query_resp resp;

	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(daosctl_new(&(struct daosctl_options){.insecure = true}, &c, &e), 0);
	assert_int_equal(daosctl_set_hosts(c, "127.0.0.[1-2]:1", &e), 0);
	assert_int_equal(daosctl_host_count(c), 2);
	daosctl_set_timeout(c, 5000);
	assert_int_not_equal(
	    daosctl_system_query(c, &(struct daosctl_system_query_req){0}, &resp, &e), 0);
	assert_int_equal(e.fault_code, 506);
	assert_int_not_equal(
	    daosctl_system_query(c, &(struct daosctl_system_query_req){.filter = {.ranks = "x"}},
				 &resp, &e),
	    0);
	assert_int_not_equal(daosctl_set_hosts(c, "a[1-", &e), 0);
	assert_true(e.text[0] != '\0');
	assert_null(daosctl_free(c));
}

static void
test_states_have_one_name_each(void **state)
{
	for (unsigned bit = 1; bit <= DAOSCTL_STATE_CHECKER_STARTED; bit <<= 1) {
		enum daosctl_member_state s = (enum daosctl_member_state)bit;

		assert_int_equal(daosctl_member_state_parse(daosctl_member_state_name(s)), s);
	}
	assert_int_equal(daosctl_member_state_parse("JOINED"), DAOSCTL_STATE_JOINED);
	assert_int_equal(daosctl_member_state_parse("unknown"), DAOSCTL_STATE_UNKNOWN);
	assert_string_equal(daosctl_member_state_name(DAOSCTL_STATE_UNKNOWN), "Unknown");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_missing_configuration_is_reported),
	    cmocka_unit_test(test_an_unreachable_system_is_reported),
	    cmocka_unit_test(test_states_have_one_name_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
