/* The server against raw sockets: every rule, the recorded messages, peers that misbehave. */
#include "drpc/drpc.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "drpc_fixture.h"
#include "mgmt/svc.pb-c.h"
#include "srv/srv.pb-c.h"

struct seen {
	struct fixture      x;
	struct drpc_server *server;
	unsigned            calls;
	struct drpc_call   *parked; /* to be answered by the test */
	bool                park;
	size_t              answer_bytes; /* of a string in the reply */
	char                uri[64];
	uint32_t            map_version;
};

static void
handle_notify_ready(struct drpc_call *call, void *arg)
{
	struct seen         *s = arg;
	Srv__NotifyReadyReq *req;

	s->calls++;
	req = (Srv__NotifyReadyReq *)drpc_call_unpack(call, &srv__notify_ready_req__descriptor);
	if (req == NULL)
		return;
	assert_int_equal(req->nctxs, 3);
	assert_int_equal(req->ntgts, 1);
	assert_true(req->incarnation == 2973966946272280576ULL);
	assert_string_equal(req->drpclistenersock, "/run/daos_server/daos_engine_23874.sock");
	(void)snprintf(s->uri, sizeof(s->uri), "%s", req->uri);
	protobuf_c_message_free_unpacked(&req->base, NULL);
	drpc_call_reply(call, NULL);
}

static void
handle_daos_resp(struct drpc_call *call, void *arg)
{
	struct seen   *s    = arg;
	Mgmt__DaosResp resp = MGMT__DAOS_RESP__INIT;

	s->calls++;
	if (s->park)
		s->parked = call;
	else
		drpc_call_reply(call, &resp.base);
}

static void
handle_big_answer(struct drpc_call *call, void *arg)
{
	struct seen           *s    = arg;
	Srv__NotifyReadyReq    resp = SRV__NOTIFY_READY_REQ__INIT;
	_cleanup_(freep) char *uri  = malloc(s->answer_bytes + 1);

	s->calls++;
	memset(uri, 'u', s->answer_bytes);
	uri[s->answer_bytes] = '\0';
	resp.uri             = uri;
	drpc_call_reply(call, &resp.base);
}

static void
handle_failure(struct drpc_call *call, void *arg)
{
	drpc_call_fail(call, DRPC__STATUS__FAILURE);
}

static const struct drpc_method srv_methods[] = {
    {DRPC_SRV_NOTIFY_READY, handle_notify_ready},
    {DRPC_SRV_LIST_POOLS, handle_big_answer},
    {DRPC_SRV_GET_SYS_PROPS, handle_failure},
};

static const struct drpc_method mgmt_methods[] = {
    {DRPC_MGMT_SET_RANK, handle_daos_resp},
    {DRPC_MGMT_SET_UP, handle_daos_resp},
    {DRPC_MGMT_GROUP_UPDATE, handle_daos_resp},
    {DRPC_MGMT_PREP_SHUTDOWN, handle_daos_resp},
};

static struct seen *
start(const struct drpc_server_opts *o)
{
	struct seen            *s    = calloc(1, sizeof(*s));
	struct drpc_server_opts opts = o != NULL ? *o : (struct drpc_server_opts){0};
	struct fault            f    = FAULT_INIT;

	fixture_init(&s->x);
	opts.path = s->x.path;
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &s->server, &f), 0);
	assert_int_equal(drpc_server_add_module(s->server, DRPC_MODULE_SRV, srv_methods,
						ARRAY_SIZE(srv_methods), s),
			 0);
	assert_int_equal(drpc_server_add_module(s->server, DRPC_MODULE_MGMT, mgmt_methods,
						ARRAY_SIZE(mgmt_methods), s),
			 0);
	return s;
}

static void
stop(struct seen *s)
{
	drpc_server_free(s->server, true);
	fixture_fini(&s->x);
	free(s);
}

/* Sends one Call in hex and compares the whole answer's message. */
static void
exchange(struct seen *s, int fd, const char *call, const char *answer)
{
	uint8_t out[256], want[256], got[256];
	size_t  n = from_hex(call, out), w = from_hex(answer, want), g;

	raw_send(fd, out, n);
	g = turn_and_recv(&s->x, fd, got, sizeof(got));
	assert_int_equal(g, DRPC_HEADER_BYTES + w);
	assert_memory_equal(got + DRPC_HEADER_BYTES, want, w);
}

static void
test_recorded_messages(void **state)
{
	struct seen *s  = start(NULL);
	int          fd = raw_connect(s->x.path);
	uint8_t      buf[256];

	assert_int_equal(from_hex(HEX_NOTIFY_READY, buf), 89);
	assert_int_equal(from_hex(HEX_GROUP_UPDATE, buf), 50);
	exchange(s, fd, HEX_NOTIFY_READY, ""); /* a header alone */
	assert_string_equal(s->uri, "ofi+tcp://192.0.2.2:31316");
	exchange(s, fd, HEX_SET_RANK, "0801");
	exchange(s, fd, HEX_SET_UP, "0801");
	exchange(s, fd, HEX_GROUP_UPDATE, "0801");
	exchange(s, fd, HEX_PREP_SHUTDOWN, "0801");
	assert_int_equal(s->calls, 5);
	close(fd);
	stop(s);
}

static void
test_statuses(void **state)
{
	static const struct {
		const char *name, *call, *answer;
	} cases[] = {
	    {"unknown module", "0809 1001 1805", "0805 1003"},
	    {"negative module", "08ffffffffffffffffff01 1801", "0801 1003"},
	    {"unknown method", "0802 10cf01 1801", "0801 1004"},
	    {"sequence is echoed", "0802 10d101 18ffffffffffffffff7f", "08ffffffffffffffff7f"},
	    {"negative sequence is echoed", "0802 10d101 18ffffffffffffffffff01",
	     "08ffffffffffffffffff01"},
	    {"handler failed", "0803 10b702 1802", "0802 1002"},
	    {"body cannot be parsed", "0803 10ad02 1803 2202 0a50", "0803 1006"},
	    {"call cannot be parsed", "ff", "08ffffffffffffffffff01 1005"},
	    {"empty call", "", "1003"},
	    {"unknown fields are ignored", "0802 10d101 1801 f80105", "0801"},
	};
	struct seen         *s  = start(NULL);
	int                  fd = raw_connect(s->x.path);
	struct drpc_counters n;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].name);
		exchange(s, fd, cases[i].call, cases[i].answer);
	}
	drpc_server_get_counters(s->server, &n);
	assert_int_equal(n.calls, ARRAY_SIZE(cases));
	assert_int_equal(n.failed, 7);
	assert_int_equal(n.broken, 0);
	assert_int_equal(n.sessions, 1);
	close(fd);
	stop(s);
}

static void
expect_closed(struct seen *s, int fd)
{
	uint8_t byte;

	turn_until(&s->x, readable(fd));
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

static void
test_broken_framing_closes_only_that_session(void **state)
{
	static const struct {
		const char              *name;
		struct drpc_chunk_header h;
		size_t                   len; /* of the datagram */
	} cases[] = {
	    {"short header", {0, 0, 0, 1}, 23},
	    {"no chunks", {2, 2, 0, 0}, 26},
	    {"index not 0", {4, 2, 1, 2}, 26},
	    {"chunk longer than the datagram", {4, 4, 0, 1}, 26},
	    {"more than announced", {1, 2, 0, 1}, 26},
	    {"over the limit", {1 << 20, 2, 0, 9}, 26},
	    {"larger than a datagram may be", {131049, 131049, 0, 1}, 131073},
	};
	struct seen              *s = start(&(struct drpc_server_opts){.max_message_bytes = 4096});
	int                       good = raw_connect(s->x.path);
	struct drpc_counters      n;
	_cleanup_(freep) uint8_t *buf = calloc(1, 200000);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = raw_connect(s->x.path);

		print_message("# %s\n", cases[i].name);
		memcpy(buf, &cases[i].h, sizeof(cases[i].h));
		assert_int_equal(send(fd, buf, cases[i].len, 0), cases[i].len);
		expect_closed(s, fd);
	}
	exchange(s, good, HEX_SET_UP, "0801");
	drpc_server_get_counters(s->server, &n);
	assert_int_equal(n.broken, ARRAY_SIZE(cases));
	close(good);
	stop(s);
}

/* A call in chunks, interrupted by its peer, leaves nothing behind; whole, it is served. */
static void
test_chunked_call(void **state)
{
	struct seen *s  = start(NULL);
	int          fd = raw_connect(s->x.path), half = raw_connect(s->x.path);
	uint8_t      call[64], part[64], got[64];
	size_t       n = from_hex(HEX_SET_RANK, call);

	for (uint32_t i = 0; i < n; i++) {
		struct drpc_chunk_header h = {n, 1, i, (uint32_t)n};

		memcpy(part, &h, sizeof(h));
		part[sizeof(h)] = call[i];
		assert_int_equal(send(fd, part, sizeof(h) + 1, 0), sizeof(h) + 1);
		if (i < 3)
			assert_int_equal(send(half, part, sizeof(h) + 1, 0), sizeof(h) + 1);
	}
	close(half);
	assert_int_equal(turn_and_recv(&s->x, fd, got, sizeof(got)), 26);
	assert_int_equal(s->calls, 1);
	close(fd);
	stop(s);
}

/* Reads a whole answer of several chunks while the loop goes on. */
static void
recv_message(struct seen *s, int fd, struct drpc_assembler *in)
{
	_cleanup_(freep) uint8_t *buf      = malloc(DRPC_MAX_DATAGRAM);
	bool                      complete = false;

	while (!complete) {
		size_t n = turn_and_recv(&s->x, fd, buf, DRPC_MAX_DATAGRAM);

		assert_int_equal(drpc_assembler_add(in, buf, n, &complete), 0);
	}
}

/* An answer larger than the socket takes waits for its reader; others are served meanwhile. */
static void
test_slow_reader_does_not_block_others(void **state)
{
	struct seen          *s    = start(NULL);
	int                   slow = raw_connect(s->x.path), other = raw_connect(s->x.path);
	struct drpc_assembler in = {.max_bytes = 16 * MIB};
	uint8_t               call[64];
	size_t                n = from_hex("0803 10b602 1807", call);
	Drpc__Response       *resp;

	s->answer_bytes = 8 * MIB;
	raw_send(slow, call, n);
	turn_until(&s->x, s->calls == 1);
	for (int i = 0; i < 20; i++)
		exchange(s, other, HEX_SET_UP, "0801");
	recv_message(s, slow, &in);
	resp = drpc__response__unpack(NULL, in.len, in.data);
	assert_non_null(resp);
	assert_int_equal(resp->sequence, 7);
	assert_int_equal(resp->status, DRPC__STATUS__SUCCESS);
	assert_in_range(resp->body.len, 8 * MIB, 8 * MIB + 16);
	drpc__response__free_unpacked(resp, NULL);
	drpc_assembler_reset(&in);
	close(slow);
	close(other);
	stop(s);
}

static void
test_reader_that_never_reads_is_cut_off(void **state)
{
	struct seen         *s    = start(&(struct drpc_server_opts){.write_timeout_ms = 20});
	int                  slow = raw_connect(s->x.path);
	struct drpc_counters c    = {0};
	uint8_t              call[64];
	size_t               n = from_hex("0803 10b602 1807", call);

	s->answer_bytes = 8 * MIB;
	raw_send(slow, call, n);
	turn_until(&s->x, (drpc_server_get_counters(s->server, &c), c.broken == 1));
	close(slow);
	stop(s);
}

/* Fire and forget: send, close at once, as the engine does for events. */
static void
test_peer_closes_before_the_answer(void **state)
{
	struct seen         *s  = start(NULL);
	int                  fd = raw_connect(s->x.path);
	struct drpc_counters c  = {0};
	uint8_t              call[64];
	size_t               n = from_hex(HEX_SET_UP, call);

	raw_send(fd, call, n);
	close(fd);
	turn_until(&s->x, s->calls == 1);

	/* and while its call is being served */
	s->park = true;
	fd      = raw_connect(s->x.path);
	raw_send(fd, call, n);
	turn_until(&s->x, s->parked != NULL);
	close(fd);
	drpc_call_reply(s->parked, NULL);

	s->park = false;
	fd      = raw_connect(s->x.path);
	exchange(s, fd, HEX_SET_UP, "0801");
	drpc_server_get_counters(s->server, &c);
	assert_int_equal(c.calls, 3);
	assert_int_equal(c.broken, 0);
	close(fd);
	stop(s);
}

/*
 * Calls sent without waiting are answered one by one, in order, also when the first is answered
 * late.
 */
static void
test_pipelined_calls_keep_their_order(void **state)
{
	struct seen *s  = start(NULL);
	int          fd = raw_connect(s->x.path);
	uint8_t      call[64], got[64];

	s->park = true;
	for (int i = 1; i <= 40; i++) {
		size_t n = from_hex("0802 10d101 1801", call);

		call[n - 1] = (uint8_t)i;
		raw_send(fd, call, n);
	}
	turn_until(&s->x, s->parked != NULL);
	for (int i = 0; i < 10; i++)
		(void)loop_run_once(s->x.loop, true);
	assert_int_equal(s->calls, 1); /* the second waits for the first */
	s->park = false;
	drpc_call_reply(s->parked, NULL);
	for (int i = 1; i <= 40; i++) {
		assert_int_equal(turn_and_recv(&s->x, fd, got, sizeof(got)), 26);
		assert_int_equal(got[25], i);
	}
	close(fd);
	stop(s);
}

static void
test_server_freed_under_a_call(void **state)
{
	struct seen *s  = start(NULL);
	int          fd = raw_connect(s->x.path);
	uint8_t      call[64];

	s->park = true;
	raw_send(fd, call, from_hex(HEX_SET_UP, call));
	turn_until(&s->x, s->parked != NULL);
	s->server = drpc_server_free(s->server, true);
	assert_false(fs_exists(s->x.path));
	drpc_call_fail(s->parked, DRPC__STATUS__FAILURE);
	close(fd);
	stop(s);
}

static void
test_sessions_are_limited(void **state)
{
	struct seen         *s = start(&(struct drpc_server_opts){.max_sessions = 2});
	int                  a = raw_connect(s->x.path), b = raw_connect(s->x.path), c;
	struct drpc_counters n;

	exchange(s, a, HEX_SET_UP, "0801");
	exchange(s, b, HEX_SET_UP, "0801");
	c = raw_connect(s->x.path);
	expect_closed(s, c);
	close(a);
	turn_until(&s->x, (c = raw_connect(s->x.path), (void)loop_run_once(s->x.loop, true),
			   !readable(c)) ||
			      (close(c), false));
	exchange(s, c, HEX_SET_UP, "0801");
	drpc_server_get_counters(s->server, &n);
	assert_true(n.refused >= 1);
	close(b);
	close(c);
	stop(s);
}

/*
 * Out of descriptors, the listener waits instead of turning in circles, and goes on when there are
 * some.
 */
static void
test_no_descriptors_left(void **state)
{
	struct seen         *s  = start(NULL);
	struct sockaddr_un   a  = address(s->x.path);
	int                  fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct rlimit        old, none;
	struct drpc_counters n;
	unsigned             turns = 0;
	uint64_t             end;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none          = old;
	none.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	loop_timer_stop(s->x.tick); /* only the listener turns the loop now */
	end = monotonic_ms() + 50;
	while (monotonic_ms() < end && turns < 100) {
		(void)loop_run_once(s->x.loop, true);
		turns++;
	}
	assert_in_range(turns, 1, 10);
	drpc_server_get_counters(s->server, &n);
	assert_int_equal(n.sessions, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	loop_timer_start(s->x.tick, 1, 1);
	exchange(s, fd, HEX_SET_UP, "0801");
	close(fd);
	stop(s);
}

static void
test_socket_file(void **state)
{
	struct seen            *s = start(NULL);
	struct drpc_server     *second, *fresh;
	struct drpc_server_opts opts = {.path = s->x.path};
	struct fault            f    = FAULT_INIT;
	struct stat             st;
	char                    long_path[160], other[128];
	int                     fd;

	assert_int_equal(stat(s->x.path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);

	/* live */
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &second, &f), -EADDRINUSE);
	assert_int_equal(f.code, FAULT_SOCKET_FILE_IN_USE);
	assert_non_null(strstr(f.description, s->x.path));

	/* live, of another type */
	(void)snprintf(other, sizeof(other), "%s/stream.sock", s->x.dir);
	fd        = raw_listen(other, SOCK_STREAM);
	opts.path = other;
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &second, &f), -EADDRINUSE);
	close(fd);

	/* stale */
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &fresh, &f), 0);
	assert_int_equal(drpc_server_add_module(fresh, 1, NULL, 0, NULL), 0);
	assert_int_equal(drpc_server_add_module(fresh, 1, NULL, 0, NULL), -EEXIST);
	drpc_server_free(fresh, false);
	assert_true(fs_exists(other));

	/* not a socket: stays as it is */
	(void)snprintf(other, sizeof(other), "%s/file", s->x.dir);
	assert_int_equal(fs_write_atomic(other, "x", 1, 0600), 0);
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &second, &f), -EEXIST);
	assert_true(fs_exists(other));

	/* no directory; a path too long */
	(void)snprintf(other, sizeof(other), "%s/none/a.sock", s->x.dir);
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &second, &f), -ENOENT);
	assert_non_null(strstr(f.description, "/none"));
	(void)snprintf(long_path, sizeof(long_path), "/tmp/%0*d", DRPC_MAX_PATH + 1 - 5, 0);
	opts.path = long_path;
	assert_int_equal(drpc_server_new(s->x.loop, &opts, &second, &f), -ENAMETOOLONG);
	stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded_messages),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_broken_framing_closes_only_that_session),
	    cmocka_unit_test(test_chunked_call),
	    cmocka_unit_test(test_slow_reader_does_not_block_others),
	    cmocka_unit_test(test_reader_that_never_reads_is_cut_off),
	    cmocka_unit_test(test_peer_closes_before_the_answer),
	    cmocka_unit_test(test_pipelined_calls_keep_their_order),
	    cmocka_unit_test(test_server_freed_under_a_call),
	    cmocka_unit_test(test_sessions_are_limited),
	    cmocka_unit_test(test_no_descriptors_left),
	    cmocka_unit_test(test_socket_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
