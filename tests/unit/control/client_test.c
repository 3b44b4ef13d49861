/*
 * The client object: addresses, hosts, durations; memory of responses.
 */
#include "control/control_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_addresses(void **state)
{
	static const struct {
		const char *address, *host;
		int         r;
		uint16_t    port;
	} rows[] = {
	    {"node1", "node1", 0, 10007},
	    {"node1:1", "node1", 0, 1},
	    {"10.0.0.1:65535", "10.0.0.1", 0, 65535},
	    {"node1:", NULL, -EINVAL, 0},
	    {"node1:0", NULL, -EINVAL, 0},
	    {"node1:65536", NULL, -EINVAL, 0},
	    {"node1:x", NULL, -EINVAL, 0},
	};
	struct ctl_client *c = NULL;

	assert_int_equal(ctl_client_new(&(struct ctl_client_opts){.default_port = 10007}, &c, NULL),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(freep) char *host = NULL;
		uint16_t               port = 0;

		assert_int_equal(ctl_client_split(c, rows[i].address, &host, &port), rows[i].r);
		assert_int_equal(port, rows[i].port);
		if (rows[i].host != NULL)
			assert_string_equal(host, rows[i].host);
	}
	assert_null(ctl_client_free(c));
}

static void
test_a_bad_host_leaves_the_old_ones(void **state)
{
	const char *const good[] = {"a", "b:2"}, *const bad[] = {"c", "d:0"};
	struct ctl_client *c = NULL;
	struct fault       f = FAULT_INIT;

	assert_int_equal(
	    ctl_client_new(&(struct ctl_client_opts){.system = "x", .hosts = good, .n_hosts = 2},
			   &c, &f),
	    0);
	assert_int_equal(ctl_client_set_hosts(c, bad, 2, &f), -EINVAL);
	assert_non_null(strstr(f.description, "d:0"));
	assert_int_equal(ctl_client_host_count(c), 2);
	assert_string_equal(ctl_client_host(c, 0), "a:10001");
	assert_string_equal(ctl_client_host(c, 1), "b:2");
	assert_null(ctl_client_host(c, 2));
	assert_string_equal(ctl_client_sys(c), "x-2.8.0");
	for (int i = 0; i < 100; i++)
		assert_true(ctl_client_random(c, 3) < 3);
	assert_null(ctl_client_free(c));
}

static void
test_durations(void **state)
{
	static const struct {
		uint64_t    ms;
		const char *text;
	} rows[] = {{0, "0ms"},       {999, "999ms"},  {1000, "1s"},     {1500, "1.5s"},
		    {59999, "59.9s"}, {60000, "1m0s"}, {300000, "5m0s"}, {3661000, "1h1m1s"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[32];

		assert_string_equal(ctl_duration(rows[i].ms, buf, sizeof(buf)), rows[i].text);
	}
}

static void
test_arena_keeps_everything_until_it_goes(void **state)
{
	char              *list[] = {(char *)"a", (char *)"", (char *)"c"};
	struct ctl_arena  *a      = NULL;
	const char *const *texts;
	const char        *first;

	assert_int_equal(ctl_arena_new(&a), 0);
	first = ctl_arena_text(a, "first");
	for (int i = 0; i < 1000; i++)
		assert_non_null(ctl_arena_alloc(a, 3, 7));
	assert_null(ctl_arena_alloc(a, 0, 7));
	texts = ctl_arena_texts(a, list, 3);
	assert_string_equal(first, "first");
	assert_string_equal(texts[1], "");
	assert_string_equal(texts[2], "c");
	assert_string_equal(ctl_arena_text(a, NULL), "");
	assert_int_equal(ctl_arena_error(a), 0);
	assert_string_equal(ctl_arena_take(a, NULL), "");
	assert_int_equal(ctl_arena_error(a), -ENOMEM);
	assert_null(ctl_arena_free(a));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_a_bad_host_leaves_the_old_ones),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_arena_keeps_everything_until_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
