/* Variables: values, limits, what is refused. */
#include "engine/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const *vars; /* name, value, …, NULL */

static const char *
lookup(const char *name)
{
	for (const char *const *v = vars; *v != NULL; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

static void
test_values(void **state)
{
	static const char *const all[] = {"D_LOG_MASK",
					  "ERR",
					  "D_LOG_FILE",
					  "/l",
					  "D_LOG_FILE_APPEND_PID",
					  "Yes",
					  "D_LOG_TRUNCATE",
					  "0",
					  "D_LOG_SIZE",
					  "16M",
					  "DD_MASK",
					  "all",
					  "D_PROVIDER",
					  "ofi+tcp",
					  "D_INTERFACE",
					  "lo",
					  "D_DOMAIN",
					  "",
					  "D_PORT",
					  "31316",
					  "D_PORT_AUTO_ADJUST",
					  "1",
					  "CRT_TIMEOUT",
					  "30",
					  "DAOS_BS_CLUSTER_MB",
					  "32",
					  NULL};
	struct eng_environment   e;

	vars = all;
	assert_int_equal(eng_environment_read(lookup, &e, NULL), 0);
	assert_string_equal(e.log_mask, "ERR");
	assert_string_equal(e.log_file, "/l");
	assert_true(e.log_append_pid);
	assert_false(e.log_truncate);
	assert_int_equal(e.log_size_bytes, 16 * MIB);
	assert_string_equal(e.debug_streams, "all");
	assert_string_equal(e.provider, "ofi+tcp");
	assert_null(e.domain); /* empty is unset */
	assert_int_equal(e.port, 31316);
	assert_true(e.port_auto);
	assert_int_equal(e.crt_timeout_s, 30);
	assert_int_equal(e.cluster_bytes, 32 * MIB);
}

static void
test_defaults_and_refusals(void **state)
{
	static char              long_value[1100];
	static const char *const nothing[] = {NULL};
	const struct {
		const char *set[3];
		const char *names;
	} cases[] = {
	    {{"D_PORT", "65536", NULL}, "D_PORT"},
	    {{"D_PORT", "x", NULL}, "D_PORT"},
	    {{"CRT_TIMEOUT", "-1", NULL}, "CRT_TIMEOUT"},
	    {{"D_LOG_SIZE", "12x", NULL}, "D_LOG_SIZE"},
	    {{"D_LOG_SIZE", "m", NULL}, "D_LOG_SIZE"},
	    {{"D_LOG_SIZE", "99999999999999t", NULL}, "D_LOG_SIZE"},
	    {{"D_LOG_SIZE", "1mm", NULL}, "D_LOG_SIZE"},
	    {{"DAOS_BS_CLUSTER_MB", "0", NULL}, "DAOS_BS_CLUSTER_MB"},
	    {{"D_INTERFACE", long_value, NULL}, "D_INTERFACE"},
	};
	struct eng_environment e;

	memset(long_value, 'x', 1024);
	vars = nothing;
	assert_int_equal(eng_environment_read(lookup, &e, NULL), 0);
	assert_null(e.provider);
	assert_int_equal(e.port, 0);
	assert_int_equal(e.cluster_bytes, GIB);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = FAULT_INIT;

		vars = cases[i].set;
		if (eng_environment_read(lookup, &e, &f) != -EINVAL ||
		    strstr(f.description, cases[i].names) == NULL)
			fail_msg("%s=%s: %s", cases[i].set[0], cases[i].set[1], f.description);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_defaults_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
