/* The client against raw sockets, and against our own server. */
#include "drpc/drpc.h"

#include "drpc_fixture.h"
#include "mgmt/svc.pb-c.h"
#include "srv/srv.pb-c.h"

struct result {
	unsigned     n;
	int          err;
	Drpc__Status status;
	size_t       len;
	uint8_t      body[64];
};

static void
answered(int err, Drpc__Status status, const void *body, size_t len, void *arg)
{
	struct result *r = arg;

	r->n++;
	r->err    = err;
	r->status = status;
	r->len    = len;
	if (len > 0)
		memcpy(r->body, body, MIN(len, sizeof(r->body)));
}

static int
accept_one(struct fixture *x, int listener)
{
	turn_until(x, readable(listener));
	return accept(listener, NULL, NULL);
}

/* The Calls the server makes are byte for byte those recorded. */
static void
test_recorded_calls(void **state)
{
	Mgmt__SetRankReq             rank        = MGMT__SET_RANK_REQ__INIT;
	Mgmt__GroupUpdateReq         group       = MGMT__GROUP_UPDATE_REQ__INIT;
	Mgmt__GroupUpdateReq__Engine engine      = MGMT__GROUP_UPDATE_REQ__ENGINE__INIT,
				     *engines[1] = {&engine};
	Srv__NotifyReadyReq ready                = SRV__NOTIFY_READY_REQ__INIT;
	const struct {
		struct drpc_call_opts opts;
		const char           *hex;
	} cases[] = {
	    {{.module = 3, .method = 301, .sequence = 0, .body = &ready.base}, HEX_NOTIFY_READY},
	    {{.module = 2, .method = 202, .sequence = 1, .body = &rank.base}, HEX_SET_RANK},
	    {{.module = 2, .method = 209, .sequence = 1}, HEX_SET_UP},
	    {{.module = 2, .method = 232, .sequence = 1, .body = &group.base}, HEX_GROUP_UPDATE},
	    {{.module = 2, .method = 218, .sequence = 1}, HEX_PREP_SHUTDOWN},
	};
	struct fixture x;
	int            listener;

	rank.map_version       = 1;
	engine.uri             = (char *)"ofi+tcp://192.0.2.2:31316";
	engine.incarnation     = 2973966946272280576ULL;
	group.map_version      = 2;
	group.n_engines        = 1;
	group.engines          = engines;
	ready.uri              = engine.uri;
	ready.nctxs            = 3;
	ready.drpclistenersock = (char *)"/run/daos_server/daos_engine_23874.sock";
	ready.ntgts            = 1;
	ready.incarnation      = engine.incarnation;

	fixture_init(&x);
	listener = raw_listen(x.path, SOCK_SEQPACKET);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drpc_call_opts opts = cases[i].opts;
		struct result         res  = {0};
		uint8_t               want[256], got[256];
		size_t                w = from_hex(cases[i].hex, want), g;
		int                   fd;

		opts.path = x.path;
		assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
		assert_int_equal(res.n, 0); /* never from inside the start */
		fd = accept_one(&x, listener);
		g  = turn_and_recv(&x, fd, got, sizeof(got));
		assert_int_equal(g, DRPC_HEADER_BYTES + w);
		assert_memory_equal(got + DRPC_HEADER_BYTES, want, w);
		raw_send(fd, "", 0); /* SUCCESS without body, sequence 0 */
		turn_until(&x, res.n == 1);
		assert_int_equal(res.err, 0);
		assert_int_equal(res.status, DRPC__STATUS__SUCCESS);
		assert_int_equal(res.len, 0);
		turn_until(&x, readable(fd)); /* the connection is closed after the reply */
		assert_int_equal(recv(fd, got, 1, 0), 0);
		close(fd);
	}
	close(listener);
	fixture_fini(&x);
}

struct answer_case {
	const char *name;
	const char *hex; /* of the whole datagram; NULL: close without an answer */
	int         err;
	int         status;
	size_t      len;
};

static const struct answer_case answers[] = {
    {"success with body", "0600000000000000 0600000000000000 00000000 01000000 0801 1a02 0801", 0,
     DRPC__STATUS__SUCCESS, 2},
    {"unknown method", "0400000000000000 0400000000000000 00000000 01000000 0801 1004", 0,
     DRPC__STATUS__UNKNOWN_METHOD, 0},
    {"another sequence is fine", "0200000000000000 0200000000000000 00000000 01000000 0863", 0,
     DRPC__STATUS__SUCCESS, 0},
    {"closed", NULL, -ECONNRESET, DRPC__STATUS__FAILURE, 0},
    {"not a response", "0200000000000000 0200000000000000 00000000 01000000 ffff", -EPROTO,
     DRPC__STATUS__FAILURE, 0},
    {"half a header", "0200000000000000", -EPROTO, DRPC__STATUS__FAILURE, 0},
    {"no chunks", "0200000000000000 0200000000000000 00000000 00000000 0801", -EPROTO,
     DRPC__STATUS__FAILURE, 0},
    {"only the first of two chunks", "0400000000000000 0200000000000000 00000000 02000000 0801",
     -ECONNRESET, DRPC__STATUS__FAILURE, 0},
    {"enormous", "ffffffffffffff7f 0200000000000000 00000000 ff000000 0801", -EMSGSIZE,
     DRPC__STATUS__FAILURE, 0},
};

static void
test_answers(void **state)
{
	struct fixture x;
	int            listener;

	fixture_init(&x);
	listener = raw_listen(x.path, SOCK_SEQPACKET);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct answer_case *c    = &answers[i];
		struct drpc_call_opts     opts = {
			.path = x.path, .module = 2, .method = 225, .sequence = 1};
		struct result res = {0};
		uint8_t       buf[256];
		int           fd;

		print_message("# %s\n", c->name);
		assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
		fd = accept_one(&x, listener);
		(void)turn_and_recv(&x, fd, buf, sizeof(buf));
		if (c->hex != NULL) {
			size_t n = from_hex(c->hex, buf);

			assert_int_equal(send(fd, buf, n, 0), n);
		}
		close(fd);
		turn_until(&x, res.n == 1);
		assert_int_equal(res.err, c->err);
		assert_int_equal(res.status, c->status);
		assert_int_equal(res.len, c->len);
	}
	close(listener);
	fixture_fini(&x);
}

static void
test_nobody_there(void **state)
{
	struct drpc_call_opts opts = {.module = 2, .method = 225};
	struct result         res  = {0};
	struct fixture        x;
	char                  long_path[DRPC_MAX_PATH + 2];

	fixture_init(&x);
	opts.path = x.path;
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	turn_until(&x, res.n == 1);
	assert_int_equal(res.err, -ENOENT);
	close(raw_listen(x.path, SOCK_SEQPACKET));
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	turn_until(&x, res.n == 2);
	assert_int_equal(res.err, -ECONNREFUSED);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	opts.path                        = long_path;
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), -ENAMETOOLONG);
	fixture_fini(&x);
}

/* A peer that accepts and says nothing, and one whose queue is full. */
static void
test_timeout_and_cancel(void **state)
{
	struct drpc_call_opts opts = {.module = 2, .method = 225, .timeout_ms = 20};
	struct drpc_request  *req;
	struct result         res[12] = {0};
	struct fixture        x;
	unsigned              ended = 0;
	int                   listener;

	fixture_init(&x);
	opts.path = x.path;
	listener =
	    raw_listen(x.path, SOCK_SEQPACKET); /* backlog 4: some of these cannot even connect */
	for (size_t i = 0; i < ARRAY_SIZE(res); i++)
		assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res[i], NULL), 0);
	while (ended < ARRAY_SIZE(res)) {
		ended = 0;
		for (size_t i = 0; i < ARRAY_SIZE(res); i++)
			ended += res[i].n;
		(void)loop_run_once(x.loop, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(res); i++)
		assert_int_equal(res[i].err, -ETIMEDOUT);
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res[0], &req), 0);
	drpc_request_cancel(req);
	drpc_request_cancel(NULL);
	for (int i = 0; i < 50; i++)
		(void)loop_run_once(x.loop, true);
	assert_int_equal(res[0].n, 1);
	close(listener);
	fixture_fini(&x);
}

/* A full queue empties: the call goes through without a second start. */
static void
test_connects_when_the_queue_empties(void **state)
{
	struct drpc_call_opts opts    = {.module = 2, .method = 225, .sequence = 1};
	struct result         res[12] = {0};
	struct fixture        x;
	int                   listener;

	fixture_init(&x);
	opts.path = x.path;
	listener  = raw_listen(x.path, SOCK_SEQPACKET);
	for (size_t i = 0; i < ARRAY_SIZE(res); i++)
		assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(res); i++) {
		int     fd = accept_one(&x, listener);
		uint8_t buf[64];

		(void)turn_and_recv(&x, fd, buf, sizeof(buf));
		raw_send(fd, "\x08\x01", 2);
		close(fd);
	}
	for (size_t i = 0; i < ARRAY_SIZE(res); i++) {
		turn_until(&x, res[i].n == 1);
		assert_int_equal(res[i].err, 0);
	}
	close(listener);
	fixture_fini(&x);
}

static void
test_no_reply_closes_after_sending(void **state)
{
	struct drpc_call_opts opts = {.module = 3, .method = 304, .no_reply = true};
	struct result         res  = {0};
	struct fixture        x;
	uint8_t               buf[64];
	int                   listener, fd;

	fixture_init(&x);
	opts.path = x.path;
	listener  = raw_listen(x.path, SOCK_SEQPACKET);
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	turn_until(&x, res.n == 1);
	assert_int_equal(res.err, 0);
	assert_int_equal(res.status, DRPC__STATUS__SUBMITTED);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), DRPC_HEADER_BYTES + 5);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 0);
	assert_int_equal(send(fd, buf, 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(fd);
	close(listener);
	fixture_fini(&x);
}

/* A request larger than the socket takes: sent as the peer reads, given up when it does not. */
static void
test_peer_that_reads_late_or_never(void **state)
{
	Srv__NotifyReadyReq    body = SRV__NOTIFY_READY_REQ__INIT;
	struct drpc_call_opts  opts = {.module = 3, .method = 1, .sequence = 1, .body = &body.base};
	struct drpc_assembler  in   = {.max_bytes = 16 * MIB};
	_cleanup_(freep) char *uri  = malloc(3 * MIB + 1);
	_cleanup_(freep) uint8_t *buf = malloc(DRPC_MAX_DATAGRAM);
	struct result             res = {0};
	struct fixture            x;
	bool                      complete = false;
	int                       listener, fd;

	fixture_init(&x);
	memset(uri, 'x', 3 * MIB);
	uri[3 * MIB] = '\0';
	body.uri     = uri;
	opts.path    = x.path;
	listener     = raw_listen(x.path, SOCK_SEQPACKET);
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	fd = accept_one(&x, listener);
	for (int i = 0; i < 20; i++) /* it has to wait, and does so without turning in circles */
		(void)loop_run_once(x.loop, true);
	while (!complete) {
		size_t n = turn_and_recv(&x, fd, buf, DRPC_MAX_DATAGRAM);

		assert_int_equal(drpc_assembler_add(&in, buf, n, &complete), 0);
	}
	assert_true(in.len > 3 * MIB);
	drpc_assembler_reset(&in);
	raw_send(fd, "\x08\x01", 2);
	turn_until(&x, res.n == 1);
	assert_int_equal(res.err, 0);
	close(fd);

	opts.timeout_ms = 30;
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	fd = accept_one(&x, listener);
	turn_until(&x, res.n == 2);
	assert_int_equal(res.err, -ETIMEDOUT);
	close(fd);
	close(listener);
	fixture_fini(&x);
}

/* ---- both ends ours ---- */

static void
echo(struct drpc_call *call, void *arg)
{
	Srv__NotifyReadyReq *req =
	    (Srv__NotifyReadyReq *)drpc_call_unpack(call, &srv__notify_ready_req__descriptor);

	drpc_call_reply(call, &req->base);
	protobuf_c_message_free_unpacked(&req->base, NULL);
}

static void
test_large_messages_both_ways(void **state)
{
	static const struct drpc_method methods[] = {{1, echo}};
	Srv__NotifyReadyReq             body      = SRV__NOTIFY_READY_REQ__INIT;
	_cleanup_(freep) char          *uri       = malloc(5 * MIB + 1);
	struct drpc_server             *server;
	struct result                   res = {0};
	struct fixture                  x;
	struct drpc_call_opts opts = {.module = DRPC_MODULE_TEST, .method = 1, .sequence = 1};

	fixture_init(&x);
	memset(uri, 'x', 5 * MIB);
	uri[5 * MIB] = '\0';
	body.uri     = uri;
	opts.path    = x.path;
	opts.body    = &body.base;
	assert_int_equal(
	    drpc_server_new(x.loop, &(struct drpc_server_opts){.path = x.path}, &server, NULL), 0);
	assert_int_equal(drpc_server_add_module(server, DRPC_MODULE_TEST, methods, 1, NULL), 0);
	assert_int_equal(drpc_call_start(x.loop, &opts, answered, &res, NULL), 0);
	turn_until(&x, res.n == 1);
	assert_int_equal(res.err, 0);
	assert_int_equal(res.status, DRPC__STATUS__SUCCESS);
	assert_int_equal(res.len, protobuf_c_message_get_packed_size(&body.base));
	drpc_server_free(server, true);
	fixture_fini(&x);
}

static void
test_status_names(void **state)
{
	assert_string_equal(drpc_status_name(DRPC__STATUS__UNKNOWN_METHOD), "UNKNOWN_METHOD");
	assert_string_equal(drpc_status_name((Drpc__Status)99), "UNKNOWN");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded_calls),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_nobody_there),
	    cmocka_unit_test(test_timeout_and_cancel),
	    cmocka_unit_test(test_connects_when_the_queue_empties),
	    cmocka_unit_test(test_no_reply_closes_after_sending),
	    cmocka_unit_test(test_peer_that_reads_late_or_never),
	    cmocka_unit_test(test_large_messages_both_ways),
	    cmocka_unit_test(test_status_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
