/* Every allocation fails once: statuses lose their texts at most, a call ends with some status, nothing leaks. */
#include "rpc_fixture.h"

#include "alloc_fault.h"
#include "rpc/status_private.h"

/* A status on its way: what is lost for want of memory are texts, never the code. */
static void
check_across(const struct rpc_status *s)
{
	struct rpc_status         copy = RPC_STATUS_INIT, back = RPC_STATUS_INIT;
	struct rpc_status_headers h;

	assert_true(s->code != RPC_OK);
	(void)rpc_status_copy(&copy, s); /* all or nothing */
	rpc_status_encode(s, &h);
	/* jansson's scanner writes past its buffer when that cannot grow (lex_save() drops the byte): not fed here */
	rpc_status_decode(&back, atoi(h.code), h.message,
			  s->detail == RPC_DETAIL_NOT_LEADER ||
				  s->detail == RPC_DETAIL_POOL_NOT_FOUND
			      ? NULL
			      : h.details);
	assert_int_equal(back.code, s->code);
	rpc_status_headers_fini(&h);
	rpc_status_fini(&copy);
	rpc_status_fini(&back);
}

static void
use_statuses(void)
{
	const char *const replicas[] = {"10.0.0.1:10001", "10.0.0.2:10001"};
	struct rpc_status s          = RPC_STATUS_INIT;
	struct fault      f          = FAULT_INIT;

	fault_set(&f, FAULT_SERVER_WRONG_SYSTEM, "request for %s", "another");
	rpc_status_from_fault(&s, &f);
	check_across(&s);
	rpc_status_not_leader(&s, "10.0.0.3:10001", replicas, 2);
	check_across(&s);
	rpc_status_pool_not_found(&s, NULL, "tank", NULL);
	check_across(&s);
	rpc_status_from_daos(&s, -1005);
	check_across(&s);
	rpc_status_set(&s, RPC_UNKNOWN, "plain");
	check_across(&s);
	rpc_status_from_failure(&s, RPC_FAILURE_REFUSED, "h", 1, "why");
	check_across(&s);
	rpc_status_fini(&s);
}

static void
test_statuses(void **state)
{
	long n = 0;

	if (!alloc_fault_works())
		return;
	do {
		alloc_fault_begin(++n);
		use_statuses();
		if (alloc_fault_end() != 0)
			fail_msg("leaks when allocation %ld fails", n);
	} while (alloc_fault_happened());
	assert_true(n > 10);
}

struct outcome {
	unsigned      n;
	enum rpc_code code;
};

static void
note_outcome(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct outcome *o = arg;

	o->n++;
	o->code = status->code;
}

/* One call on a connection of its own, until both sides have closed it. */
static enum rpc_code
make_call(struct fixture *f)
{
	struct rpc_channel_opts opts = fixture_channel_opts(f);
	Mgmt__LeaderQueryReq    req  = MGMT__LEADER_QUERY_REQ__INIT;
	struct outcome          o    = {.code = RPC_RESOURCE_EXHAUSTED};
	struct rpc_server_stats stats;
	struct rpc_channel     *ch;

	req.hosts = (char *)"hello";
	if (rpc_channel_new(f->io, &opts, &ch) < 0)
		return o.code;
	if (rpc_channel_call(ch, &mgmt__mgmt_svc__descriptor, "LeaderQuery", &req.base, 100,
			     note_outcome, &o, NULL) == 0)
		fixture_wait(f, &o.n, 1);
	rpc_channel_free(ch);
	do {
		loop_run_once(f->loop, true);
		rpc_server_get_stats(f->server, &stats);
	} while (stats.connections_open > 0 || stats.calls_in_flight > 0);
	return o.code;
}

static void
sweep_calls(bool tls, long step)
{
	struct fixture f = {0};
	long           n = 0, failures = 0;
	bool           more = alloc_fault_works();

	fixture_start(&f, 0, tls, NULL);
	for (int i = 0; i < 3; i++) /* what libraries keep for good */
		assert_int_equal(make_call(&f), RPC_OK);
	while (more) {
		enum rpc_code code;

		n += step;
		alloc_fault_begin(n);
		code = make_call(&f);
		(void)
		    alloc_fault_end(); /* libraries keep what they like; the sanitizer run finds leaks */
		more = alloc_fault_happened();
		failures += code != RPC_OK;
		if (!more)
			assert_int_equal(code, RPC_OK);
	}
	if (alloc_fault_works())
		assert_true(failures > 10);
	assert_int_equal(make_call(&f), RPC_OK);
	fixture_stop(&f);
}

static void
test_calls_in_clear_text(void **state)
{
	sweep_calls(false, 1);
}

static void
test_calls_over_tls(void **state)
{
	sweep_calls(true, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_calls_in_clear_text),
	    cmocka_unit_test(test_calls_over_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
