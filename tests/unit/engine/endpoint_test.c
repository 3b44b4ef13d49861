/* The address an engine claims is really held. */
#include "engine/endpoint.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void
test_port_is_held(void **state)
{
	struct eng_environment env = {.provider = "ofi+tcp", .interface = "lo"};
	struct eng_endpoint    a, b;
	struct fault           f = FAULT_INIT;
	struct sockaddr_in     addr;
	char                   uri[64];
	int                    fd;

	assert_int_equal(eng_endpoint_open(&env, &a, &f), 0);
	assert_string_equal(a.address, "127.0.0.1");
	(void)snprintf(uri, sizeof(uri), "ofi+tcp://127.0.0.1:%u", a.port);
	assert_string_equal(a.uri, uri);
	env.port = a.port;
	assert_int_equal(eng_endpoint_open(&env, &b, &f), -EADDRINUSE);
	assert_non_null(strstr(f.description, "D_PORT"));
	env.port_auto = true;
	assert_int_equal(eng_endpoint_open(&env, &b, &f), 0);
	assert_true(b.port > a.port);
	eng_endpoint_close(&b);

	/* who connects is closed */
	fd   = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a.port)};
	assert_int_equal(inet_pton(AF_INET, a.address, &addr.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(eng_endpoint_refuse(&a), 1);
	assert_true(recv(fd, uri, 1, 0) <= 0);
	close(fd);
	eng_endpoint_close(&a);
	env.port_auto = false;
	assert_int_equal(eng_endpoint_open(&env, &b, &f), 0); /* at once again */
	eng_endpoint_close(&b);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *provider, *interface;
		int         want;
		const char *says;
	} cases[] = {
	    {NULL, "lo", -EINVAL, "D_PROVIDER"},
	    {"ofi+verbs;ofi_rxm", "lo", -ENOTSUP, "ofi+verbs"},
	    {"ucx+tcp", "lo", -ENOTSUP, "ucx+tcp"},
	    {"ofi+tcp", NULL, -EINVAL, "D_INTERFACE"},
	    {"ofi+tcp", "nosuch0", -ENODEV, "nosuch0"},
	};
	struct eng_endpoint e;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct eng_environment env = {.provider  = cases[i].provider,
					      .interface = cases[i].interface};
		struct fault           f   = FAULT_INIT;

		assert_int_equal(eng_endpoint_open(&env, &e, &f), cases[i].want);
		assert_non_null(strstr(f.description, cases[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_port_is_held),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
