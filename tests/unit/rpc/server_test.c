/* Server and client against each other over loopback: answers, errors, deadlines, limits of
 * messages, shutdown. */
#include "rpc_fixture.h"

struct variant {
	const char *name;
	unsigned    threads;
	bool        tls;
};

static const struct variant variants[] = {
    {"plaintext, I/O on the state loop", 0, false},
    {"plaintext, two I/O threads", 2, false},
    {"TLS, I/O on the state loop", 0, true},
    {"TLS, two I/O threads", 2, true},
};

static void
test_a_call_is_answered_and_the_connection_is_reused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct fixture          f = {0};
		struct fixture_reply    r = {0};
		struct rpc_server_stats stats;

		print_message("# %s\n", variants[i].name);
		fixture_start(&f, variants[i].threads, variants[i].tls, NULL);
		fixture_connect(&f);
		fixture_echo_call(&f, f.ch, "hello", &r);
		assert_int_equal(r.status.code, RPC_OK);
		assert_string_equal(r.text, "hello");
		r.n = 0;
		fixture_echo_call(&f, f.ch, "", &r);
		assert_string_equal(r.text, "");
		rpc_server_get_stats(f.server, &stats);
		assert_int_equal(stats.connections_total, 1);
		assert_int_equal(stats.calls_total, 2);
		fixture_reply_fini(&r);
		fixture_stop(&f);
	}
}

static void
test_typed_errors_arrive_as_they_left(void **state)
{
	struct fixture       f = {0};
	struct fixture_reply r = {0};
	char                 text[2048];

	fixture_start(&f, 1, true, NULL);
	fixture_connect(&f);

	fixture_fail_call(&f, "fault", &r);
	assert_int_equal(r.status.code, RPC_INTERNAL);
	assert_int_equal(r.status.detail, RPC_DETAIL_FAULT);
	assert_int_equal(r.status.fault.code, FAULT_SERVER_WRONG_SYSTEM);
	assert_string_equal(r.status.fault.domain, "server");
	assert_string_equal(r.status.fault.description, "r\xc3\xa9quest 100% for \"x\"");
	assert_true(fault_has_resolution(&r.status.fault));
	assert_false(r.status.local);

	r.n = 0;
	fixture_fail_call(&f, "status", &r);
	assert_int_equal(r.status.detail, RPC_DETAIL_DAOS_STATUS);
	assert_int_equal(r.status.daos_status, -1005);

	r.n = 0;
	fixture_fail_call(&f, "plain", &r);
	assert_int_equal(r.status.code, RPC_UNKNOWN);
	assert_string_equal(
	    rpc_status_format(&r.status, text, sizeof(text)),
	    "rpc error: code = Unknown desc = raft service unavailable (not started yet?)");

	r.n = 0;
	fixture_fail_call(&f, "not replica", &r);
	assert_int_equal(r.status.detail, RPC_DETAIL_NOT_REPLICA);
	assert_int_equal(r.status.n_replicas, 2);
	assert_string_equal(r.status.replicas[1], "10.0.0.2:10001");

	r.n = 0;
	fixture_fail_call(&f, "not leader", &r);
	assert_int_equal(r.status.detail, RPC_DETAIL_NOT_LEADER);
	assert_string_equal(r.status.leader_hint, "10.0.0.9:10001");
	assert_string_equal(rpc_status_format(&r.status, text, sizeof(text)),
			    "not the DAOS Management Service leader (try 10.0.0.9:10001 or one of "
			    "10.0.0.1:10001,10.0.0.2:10001)");

	r.n = 0;
	fixture_fail_call(&f, "no pool", &r);
	assert_int_equal(r.status.detail, RPC_DETAIL_POOL_NOT_FOUND);
	assert_string_equal(r.status.pool_label, "tank");

	r.n = 0;
	fixture_fail_call(&f, "other", &r);
	assert_int_equal(r.status.code, RPC_PERMISSION_DENIED);
	assert_int_equal(r.status.detail, RPC_DETAIL_NONE);
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_a_method_without_handler_is_unimplemented(void **state)
{
	struct fixture       f   = {0};
	struct fixture_reply r   = {0};
	Mgmt__JoinReq        req = MGMT__JOIN_REQ__INIT;

	fixture_start(&f, 1, false, NULL);
	fixture_connect(&f);
	fixture_start_call(&f, f.ch, "Join", &req.base, 1000, &r, NULL);
	fixture_wait(&f, &r.n, 1);
	assert_int_equal(r.status.code, RPC_UNIMPLEMENTED);
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_large_messages_pass_and_larger_ones_are_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct fixture       f    = {0};
		struct fixture_reply r    = {0};
		char                *text = malloc(5 * MIB + 1);

		fixture_start(&f, variants[i].threads, variants[i].tls, NULL);
		fixture_connect(&f);
		memset(text, 'x', 5 * MIB);
		text[4 * MIB - 16] = '\0';
		fixture_echo_call(&f, f.ch, text, &r);
		assert_int_equal(r.status.code, RPC_OK);
		assert_string_equal(r.text, text);
		text[4 * MIB - 16] = 'x';
		text[5 * MIB]      = '\0';
		r.n                = 0;
		fixture_echo_call(&f, f.ch, text, &r);
		assert_int_equal(r.status.code, RPC_RESOURCE_EXHAUSTED);
		r.n = 0;
		fixture_echo_call(&f, f.ch, "still there", &r);
		assert_string_equal(r.text, "still there");
		fixture_reply_fini(&r);
		fixture_stop(&f);
		free(text);
	}
}

static void
test_a_hundred_calls_at_once(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct fixture       f      = {0};
		struct fixture_reply r[100] = {0};
		char                 text[16];

		fixture_start(&f, variants[i].threads, variants[i].tls, NULL);
		fixture_connect(&f);
		for (int k = 0; k < 100; k++) {
			snprintf(text, sizeof(text), "%d", k);
			fixture_start_echo(&f, f.ch, text, &r[k]);
		}
		for (int k = 0; k < 100; k++) {
			snprintf(text, sizeof(text), "%d", k);
			fixture_wait(&f, &r[k].n, 1);
			assert_int_equal(r[k].status.code, RPC_OK);
			assert_string_equal(r[k].text, text);
			fixture_reply_fini(&r[k]);
		}
		fixture_stop(&f);
	}
}

static void
test_a_deadline_ends_the_call_on_both_sides(void **state)
{
	struct fixture       f   = {0};
	struct fixture_reply r   = {0};
	Mgmt__SystemEraseReq req = MGMT__SYSTEM_ERASE_REQ__INIT;

	fixture_start(&f, 1, true, NULL);
	fixture_connect(&f);
	fixture_start_call(&f, f.ch, "SystemErase", &req.base, 50, &r, NULL);
	fixture_wait(&f, &r.n, 1);
	assert_int_equal(r.status.code, RPC_DEADLINE_EXCEEDED);
	fixture_wait(&f, &f.n_cancelled, 1);
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_a_cancelled_call_tells_the_handler_and_nobody_else(void **state)
{
	struct fixture       f   = {0};
	struct fixture_reply r   = {0};
	Mgmt__SystemEraseReq req = MGMT__SYSTEM_ERASE_REQ__INIT;
	struct rpc_request  *request;

	fixture_start(&f, 1, true, NULL);
	fixture_connect(&f);
	fixture_start_call(&f, f.ch, "SystemErase", &req.base, 0, &r, &request);
	while (f.held == NULL)
		loop_run_once(f.loop, true);
	rpc_request_cancel(request);
	fixture_wait(&f, &f.n_cancelled, 1);
	assert_int_equal(r.n, 0);
	/* closing the channel cancels as well */
	fixture_start_call(&f, f.ch, "SystemErase", &req.base, 0, &r, &request);
	while (f.held == NULL)
		loop_run_once(f.loop, true);
	f.ch = rpc_channel_free(f.ch);
	fixture_wait(&f, &f.n_cancelled, 2);
	assert_int_equal(r.n, 0);
	fixture_stop(&f);
}

static void
test_a_stopping_server_finishes_what_it_has(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct fixture        f = {0};
		struct fixture_reply  r = {0}, late = {0};
		Mgmt__SystemEraseReq  req  = MGMT__SYSTEM_ERASE_REQ__INIT;
		Mgmt__SystemEraseResp resp = MGMT__SYSTEM_ERASE_RESP__INIT;

		fixture_start(&f, variants[i].threads, variants[i].tls, NULL);
		fixture_connect(&f);
		fixture_start_call(&f, f.ch, "SystemErase", &req.base, 0, &r, NULL);
		while (f.held == NULL)
			loop_run_once(f.loop, true);
		rpc_server_stop(f.server, FIXTURE_WAIT_MS, fixture_has_stopped, &f);
		rpc_call_reply(TAKE_PTR(f.held), &resp.base);
		fixture_wait(&f, &r.n, 1);
		assert_int_equal(r.status.code, RPC_OK);
		while (!f.stopped)
			loop_run_once(f.loop, true);
		fixture_echo_call(&f, f.ch, "after", &late);
		assert_int_equal(late.status.code, RPC_UNAVAILABLE);
		assert_int_equal(late.status.fault.code, FAULT_CLIENT_CONNECTION_REFUSED);
		fixture_reply_fini(&r);
		fixture_reply_fini(&late);
		fixture_stop(&f);
	}
}

static void
test_a_call_that_outlives_its_server_can_still_be_answered(void **state)
{
	struct fixture        f    = {0};
	struct fixture_reply  r    = {0};
	Mgmt__SystemEraseReq  req  = MGMT__SYSTEM_ERASE_REQ__INIT;
	Mgmt__SystemEraseResp resp = MGMT__SYSTEM_ERASE_RESP__INIT;
	struct rpc_call      *held;

	fixture_start(&f, 1, false, NULL);
	fixture_connect(&f);
	fixture_start_call(&f, f.ch, "SystemErase", &req.base, 0, &r, NULL);
	while (f.held == NULL)
		loop_run_once(f.loop, true);
	held = f.held;
	rpc_call_on_cancel(held, NULL, NULL);
	rpc_server_stop(f.server, 0, fixture_has_stopped, &f);
	while (!f.stopped)
		loop_run_once(f.loop, true);
	f.server = rpc_server_free(f.server);
	fixture_wait(&f, &r.n, 1);
	assert_int_equal(r.status.code, RPC_UNAVAILABLE);
	rpc_call_reply(held, &resp.base);
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_a_port_in_use_is_named(void **state)
{
	struct fixture         f     = {0};
	struct fault           fault = FAULT_INIT;
	struct rpc_server_opts opts  = {.address = "127.0.0.1"};
	struct rpc_server     *second;
	char                   text[128];

	fixture_start(&f, 1, false, NULL);
	opts.port = rpc_server_port(f.server);
	assert_int_equal(rpc_server_new(f.io, &opts, &second, &fault), -EADDRINUSE);
	snprintf(text, sizeof(text), "unable to listen on 127.0.0.1:%u: Address already in use",
		 opts.port);
	assert_string_equal(fault.description, text);
	fixture_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_call_is_answered_and_the_connection_is_reused),
	    cmocka_unit_test(test_typed_errors_arrive_as_they_left),
	    cmocka_unit_test(test_a_method_without_handler_is_unimplemented),
	    cmocka_unit_test(test_large_messages_pass_and_larger_ones_are_refused),
	    cmocka_unit_test(test_a_hundred_calls_at_once),
	    cmocka_unit_test(test_a_deadline_ends_the_call_on_both_sides),
	    cmocka_unit_test(test_a_cancelled_call_tells_the_handler_and_nobody_else),
	    cmocka_unit_test(test_a_stopping_server_finishes_what_it_has),
	    cmocka_unit_test(test_a_call_that_outlives_its_server_can_still_be_answered),
	    cmocka_unit_test(test_a_port_in_use_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
