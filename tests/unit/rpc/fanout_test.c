/* One call to many hosts: every target is reported once, failures among them, and cancelling is
 * final. */
#include "rpc_fixture.h"

#define TARGETS 300

struct collected {
	struct fixture    *f;
	unsigned           n, ok, refused, late, done;
	unsigned           seen[TARGETS];
	struct rpc_fanout *fo;
	unsigned           cancel_at; /* 0: never */
};

static void
on_result(size_t i, const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct collected *c = arg;

	c->n++;
	c->seen[i]++;
	c->ok += status->code == RPC_OK;
	c->refused += status->fault.code == FAULT_CLIENT_CONNECTION_REFUSED;
	c->late += status->code == RPC_DEADLINE_EXCEEDED;
	assert_int_equal(resp != NULL, status->code == RPC_OK);
	if (c->n == c->cancel_at)
		c->fo = rpc_fanout_cancel(c->fo);
}

static void
on_done(void *arg)
{
	((struct collected *)arg)->done++;
}

static void
start(struct collected *c, struct rpc_fanout_target *targets, size_t n, const ProtobufCMessage *req,
      const char *method, uint64_t deadline_ms)
{
	struct rpc_fanout_opts opts = {
	    .channel     = fixture_channel_opts(c->f),
	    .service     = &mgmt__mgmt_svc__descriptor,
	    .method      = method,
	    .targets     = targets,
	    .n_targets   = n,
	    .window      = 16,
	    .deadline_ms = deadline_ms,
	    .on_result   = on_result,
	    .on_done     = on_done,
	    .arg         = c,
	};

	for (size_t i = 0; i < n; i++)
		targets[i] = (struct rpc_fanout_target){
		    .host = "127.0.0.1",
		    .port = i % 10 == 3 ? 1 : rpc_server_port(c->f->server),
		    .req  = req};
	assert_int_equal(rpc_fanout_start(c->f->io, &opts, &c->fo), 0);
	assert_int_equal(c->n, 0);
	assert_int_equal(c->done, 0);
}

static void
test_every_target_is_reported_once(void **state)
{
	Mgmt__LeaderQueryReq     req = MGMT__LEADER_QUERY_REQ__INIT;
	struct rpc_fanout_target targets[TARGETS];

	for (unsigned threads = 0; threads <= 2; threads += 2) {
		struct fixture   f = {0};
		struct collected c = {.f = &f};

		fixture_start(&f, threads, false, NULL);
		start(&c, targets, TARGETS, &req.base, "LeaderQuery", FIXTURE_WAIT_MS);
		fixture_wait(&f, &c.done, 1);
		assert_int_equal(c.n, TARGETS);
		assert_int_equal(c.refused, TARGETS / 10);
		assert_int_equal(c.ok, TARGETS - TARGETS / 10);
		for (size_t i = 0; i < TARGETS; i++)
			assert_int_equal(c.seen[i], 1);
		fixture_stop(&f);
	}
}

static void
test_no_targets(void **state)
{
	Mgmt__LeaderQueryReq     req = MGMT__LEADER_QUERY_REQ__INIT;
	struct rpc_fanout_target targets[1];
	struct fixture           f = {0};
	struct collected         c = {.f = &f};

	fixture_start(&f, 1, false, NULL);
	start(&c, targets, 0, &req.base, "LeaderQuery", 0);
	fixture_wait(&f, &c.done, 1);
	assert_int_equal(c.n, 0);
	fixture_stop(&f);
}

static void
test_the_deadline_is_for_the_whole(void **state)
{
	Mgmt__SystemEraseReq     req = MGMT__SYSTEM_ERASE_REQ__INIT;
	struct rpc_fanout_target targets[1];
	struct fixture           f = {0};
	struct collected         c = {.f = &f};

	fixture_start(&f, 1, true, NULL);
	start(&c, targets, 1, &req.base, "SystemErase", 100);
	fixture_wait(&f, &c.done, 1);
	assert_int_equal(c.late, 1);
	fixture_wait(&f, &f.n_cancelled, 1);
	fixture_stop(&f);
}

static void
test_cancelled_in_a_callback_and_outside(void **state)
{
	Mgmt__LeaderQueryReq     req = MGMT__LEADER_QUERY_REQ__INIT;
	struct rpc_fanout_target targets[TARGETS];

	for (unsigned at = 0; at < 40; at += 13) {
		struct fixture       f = {0};
		struct collected     c = {.f = &f, .cancel_at = at};
		struct fixture_reply r = {0};

		fixture_start(&f, 1, false, NULL);
		start(&c, targets, TARGETS, &req.base, "LeaderQuery", 0);
		if (at == 0)
			c.fo = rpc_fanout_cancel(c.fo);
		else
			fixture_wait(&f, &c.n, at);
		fixture_connect(&f);
		for (int i = 0; i < 5; i++) {
			r.n = 0;
			fixture_echo_call(&f, f.ch, "later", &r);
		}
		assert_int_equal(c.n, at);
		assert_int_equal(c.done, 0);
		fixture_reply_fini(&r);
		fixture_stop(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_target_is_reported_once),
	    cmocka_unit_test(test_no_targets),
	    cmocka_unit_test(test_the_deadline_is_for_the_whole),
	    cmocka_unit_test(test_cancelled_in_a_callback_and_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
