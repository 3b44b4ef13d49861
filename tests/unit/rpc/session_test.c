/* What the server does about peers that break rules, are slow, or try to wear it out. */
#include "raw_peer.h"

#define EMPTY_MESSAGE "\0\0\0\0\0"

static void
start(struct fixture *f, const struct rpc_server_opts *opts)
{
	*f = (struct fixture){0};
	fixture_start(f, 1, false, opts);
}

/* The server still answers others. */
static void
expect_alive(struct fixture *f)
{
	struct fixture_reply r = {0};

	if (f->ch == NULL)
		fixture_connect(f);
	fixture_echo_call(f, f->ch, "alive", &r);
	assert_int_equal(r.status.code, RPC_OK);
	fixture_reply_fini(&r);
}

static void
finish(struct fixture *f, struct raw *r)
{
	raw_close(r);
	expect_alive(f);
	fixture_stop(f);
}

/* ---- requests that are wrong ---- */

static void
test_wrong_requests_get_a_status(void **state)
{
	static const struct {
		const char        *what;
		struct raw_request q;
		const char        *data;
		size_t             len;
		const char        *http, *status;
	} cases[] = {
	    {"good", {0}, EMPTY_MESSAGE, 5, "200", "0"},
	    {"grpc+proto",
	     {.content_type = "application/grpc+proto"},
	     EMPTY_MESSAGE,
	     5,
	     "200",
	     "0"},
	    {"unknown method", {.path = "/mgmt.MgmtSvc/Nope"}, EMPTY_MESSAGE, 5, "200", "12"},
	    {"unknown service", {.path = "/no.Such/Thing"}, EMPTY_MESSAGE, 5, "200", "12"},
	    {"malformed path", {.path = "/nothing"}, EMPTY_MESSAGE, 5, "200", "12"},
	    {"empty path", {.path = "/"}, EMPTY_MESSAGE, 5, "200", "12"},
	    {"GET", {.method = "GET"}, EMPTY_MESSAGE, 5, "405", "13"},
	    {"other content", {.content_type = "text/html"}, EMPTY_MESSAGE, 5, "415", "3"},
	    {"nearly gRPC", {.content_type = "application/grpcx"}, EMPTY_MESSAGE, 5, "415", "3"},
	    {"malformed timeout", {.timeout = "soon"}, EMPTY_MESSAGE, 5, "400", "13"},
	    {"deadline in the past", {.timeout = "0n"}, EMPTY_MESSAGE, 5, "200", "4"},
	    {"compressed", {.encoding = "gzip"}, "\1\0\0\0\0", 5, "200", "12"},
	    {"named but not compressed", {.encoding = "gzip"}, EMPTY_MESSAGE, 5, "200", "0"},
	    {"compressed with nothing", {0}, "\1\0\0\0\0", 5, "200", "13"},
	    {"compressed with identity", {.encoding = "identity"}, "\1\0\0\0\0", 5, "200", "13"},
	    {"no message", {0}, "", 0, "200", "13"},
	    {"half a prefix", {0}, "\0\0\0", 3, "200", "13"},
	    {"half a message", {0}, "\0\0\0\0\5ab", 7, "200", "13"},
	    {"two messages", {0}, "\0\0\0\0\0\0\0\0\0\0", 10, "200", "13"},
	    {"not protobuf", {0}, "\0\0\0\0\2\xff\xff", 7, "200", "13"},
	    {"over the limit", {0}, "\0\1\0\0\1", 5, "200", "8"},
	    {"far over the limit", {0}, "\0\xff\xff\xff\xff", 5, "200", "8"},
	};
	struct rpc_server_opts opts = {.limits.max_message_bytes = 1 << 16};
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t stream = 2 * (uint32_t)i + 1;

		r.grpc_status[0] = r.http_status[0] = '\0';
		raw_request(&r, stream, &cases[i].q, 0);
		raw_frame(&r, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, cases[i].data,
			  cases[i].len);
		raw_wait(&r, &r.ends, (unsigned)i + 1);
		if (!str_eq(r.grpc_status, cases[i].status) ||
		    !str_eq(r.http_status, cases[i].http))
			fail_msg("%s: http %s, grpc %s (%s)", cases[i].what, r.http_status,
				 r.grpc_status, r.grpc_message);
	}
	assert_int_equal(r.closed, 0);
	finish(&f, &r);
}

static void
test_an_early_answer_stops_the_request(void **state)
{
	struct fixture f;
	struct raw     r;

	start(&f, NULL);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	raw_request(&r, 1, &(struct raw_request){0}, 0);
	raw_frame(&r, NGHTTP2_DATA, 0, 1, "\0\x7f\0\0\0", 5);
	raw_wait(&r, &r.resets, 1);
	assert_int_equal(r.headers, 1);
	assert_string_equal(r.grpc_status, "8");
	assert_int_equal(r.reset_error, NGHTTP2_NO_ERROR);
	finish(&f, &r);
}

/* ---- peers that are slow ---- */

static void
test_silence_before_the_preface(void **state)
{
	static const struct {
		const char *bytes;
		size_t      len;
	} cases[]                   = {{"", 0}, {RAW_PREFACE, 10}, {RAW_PREFACE, 24}};
	struct rpc_server_opts opts = {.limits.handshake_ms = 30};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		struct raw     r;

		start(&f, &opts);
		raw_open(&r, &f, 0);
		raw_bytes(&r, cases[i].bytes, cases[i].len);
		raw_wait(&r, &r.closed, 1);
		finish(&f, &r);
	}
}

static void
test_silence_before_the_handshake(void **state)
{
	struct rpc_server_opts opts = {.limits.handshake_ms = 200};
	struct fixture         f    = {0};
	struct raw             r;

	fixture_start(&f, 1, true, &opts);
	raw_open(&r, &f, 0);
	raw_wait(&r, &r.closed, 1);
	raw_close(&r);
	raw_open(&r, &f, 0);
	raw_bytes(&r, "\x16\x03\x01\x02\x00\x01", 6); /* half a ClientHello */
	raw_wait(&r, &r.closed, 1);
	finish(&f, &r);
}

static void
test_half_a_header_block_and_silence(void **state)
{
	struct rpc_server_opts opts  = {.limits.request_ms = 30};
	struct strbuf          block = STRBUF_INIT;
	struct fixture         f;
	struct raw             r;

	raw_request_block(&block, &(struct raw_request){0});
	/* a frame that promises more blocks, and one that is cut off */
	for (int cut = 0; cut < 2; cut++) {
		start(&f, &opts);
		raw_open(&r, &f, 0);
		raw_preface(&r);
		raw_frame(&r, NGHTTP2_HEADERS, 0, 1, block.s, block.len);
		if (cut)
			r.out.len -= 10;
		raw_wait(&r, &r.closed, 1);
		finish(&f, &r);
	}
	strbuf_fini(&block);
}

static void
test_a_request_that_does_not_end(void **state)
{
	struct rpc_server_opts opts = {.limits.request_ms = 30};
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	raw_request(&r, 1, &(struct raw_request){0}, 0);
	raw_frame(&r, NGHTTP2_DATA, 0, 1,
		  "\0\0\0\0\x09"
		  "abc",
		  8);
	raw_wait(&r, &r.resets, 1);
	assert_string_equal(r.grpc_status, "4");
	assert_int_equal(r.closed, 0);
	finish(&f, &r);
}

static void
test_a_deadline_without_a_client_that_keeps_it(void **state)
{
	struct fixture f;
	struct raw     r;

	start(&f, NULL);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	raw_request(
	    &r, 1, &(struct raw_request){.path = "/mgmt.MgmtSvc/SystemErase", .timeout = "30m"}, 0);
	raw_frame(&r, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, EMPTY_MESSAGE, 5);
	raw_wait(&r, &r.ends, 1);
	assert_string_equal(r.grpc_status, "4");
	fixture_wait(&f, &f.n_cancelled, 1);
	finish(&f, &r);
}

static void
test_a_peer_that_gives_no_window(void **state)
{
	struct rpc_server_opts opts = {.limits.write_stall_ms = 30};
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_bytes(&r, RAW_PREFACE, sizeof(RAW_PREFACE) - 1);
	raw_frame(&r, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6); /* initial window 0 */
	raw_request(&r, 1, &(struct raw_request){0}, 0);
	raw_frame(&r, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, EMPTY_MESSAGE, 5);
	raw_wait(&r, &r.resets, 1);
	assert_int_equal(r.reset_error, NGHTTP2_CANCEL);
	finish(&f, &r);
}

static void
wait_connections(struct fixture *f, uint64_t n)
{
	struct rpc_server_stats stats;

	loop_timer_start(f->timer, FIXTURE_WAIT_MS, 1000);
	do {
		loop_run_once(f->loop, false);
		rpc_server_get_stats(f->server, &stats);
		sched_yield();
	} while (stats.connections_open != n && !f->timed_out);
	loop_timer_stop(f->timer);
	assert_false(f->timed_out);
}

static void
test_a_peer_that_does_not_read(void **state)
{
	struct rpc_server_opts opts = {.limits.write_stall_ms = 100};
	struct fixture         f;
	struct raw             r;
	/* LeaderQueryReq.hosts = a long text, echoed on each stream into windows as large as can be
	 */
	uint8_t       message[60000];
	const size_t  text   = sizeof(message) - 5 - 4;
	const uint8_t head[] = {0,
				0,
				0,
				(uint8_t)((text + 4) >> 8),
				(uint8_t)(text + 4),
				0x12,
				(uint8_t)(text & 127) | 128,
				(uint8_t)(text >> 7 & 127) | 128,
				(uint8_t)(text >> 14)};

	memset(message, 'x', sizeof(message));
	memcpy(message, head, sizeof(head));
	start(&f, &opts);
	raw_open(&r, &f, 4096); /* and never reads */
	raw_bytes(&r, RAW_PREFACE, sizeof(RAW_PREFACE) - 1);
	raw_frame(&r, NGHTTP2_SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff", 6);
	raw_frame(&r, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xfe\0\0", 4);
	for (uint32_t stream = 1; stream < 200; stream += 2) {
		raw_request(&r, stream, &(struct raw_request){0}, 0);
		for (size_t at = 0; at < sizeof(message); at += 15000)
			raw_frame(&r, NGHTTP2_DATA,
				  at + 15000 == sizeof(message) ? NGHTTP2_FLAG_END_STREAM : 0,
				  stream, message + at, 15000);
	}
	raw_flush(&r);
	wait_connections(&f, 0);
	finish(&f, &r);
}

static void
test_an_idle_peer_must_answer_a_ping(void **state)
{
	struct rpc_server_opts opts = {.limits.idle_ms = 30};
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	raw_wait(&r, &r.pings, 1);
	raw_frame(&r, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "\0\0\0\0\0\0\0\0", 8);
	raw_wait(&r, &r.pings, 2);
	raw_wait(&r, &r.closed, 1);
	finish(&f, &r);
}

/* ---- peers that want to wear it out ---- */

struct flood {
	const char *what;
	uint8_t     type, flags;
	uint32_t    stream;
	const char *payload;
	size_t      len;
	uint32_t    error; /* of the GOAWAY; 0: any end will do */
};

static void
test_frames_that_bring_nothing_forward(void **state)
{
	static const struct flood floods[] = {
	    {"pings", NGHTTP2_PING, 0, 0, "\0\0\0\0\0\0\0\0", 8, NGHTTP2_ENHANCE_YOUR_CALM},
	    {"settings", NGHTTP2_SETTINGS, 0, 0, "", 0, 0},
	    {"priorities", NGHTTP2_PRIORITY, 0, 3, "\0\0\0\0\1", 5, NGHTTP2_ENHANCE_YOUR_CALM},
	    {"window updates", NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4,
	     NGHTTP2_ENHANCE_YOUR_CALM},
	    {"empty data", NGHTTP2_DATA, 0, 1, "", 0, NGHTTP2_ENHANCE_YOUR_CALM},
	    {"unknown frames", 0x42, 0, 0, "abc", 3, NGHTTP2_ENHANCE_YOUR_CALM},
	};

	for (size_t i = 0; i < ARRAY_SIZE(floods); i++) {
		const struct flood *flood = &floods[i];
		struct fixture      f;
		struct raw          r;

		start(&f, NULL);
		raw_open(&r, &f, 0);
		raw_preface(&r);
		raw_request(&r, 1, &(struct raw_request){0}, 0);
		for (int k = 0; k < 20000; k++)
			raw_frame(&r, flood->type, flood->flags, flood->stream, flood->payload,
				  flood->len);
		print_message("# %s\n", flood->what);
		raw_wait(&r, &r.closed, 1);
		if (flood->error != 0 && r.goaways > 0)
			assert_int_equal(r.goaway_error, flood->error);
		finish(&f, &r);
	}
}

static void
test_rapid_resets(void **state)
{
	struct fixture f;
	struct raw     r;

	start(&f, NULL);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	for (uint32_t i = 0; i < 2000; i++) {
		raw_request(&r, 2 * i + 1, &(struct raw_request){0}, 0);
		raw_frame(&r, NGHTTP2_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
	}
	raw_wait(&r, &r.closed, 1);
	finish(&f, &r);
}

static void
test_continuation_flood(void **state)
{
	struct strbuf  block = STRBUF_INIT;
	struct fixture f;
	struct raw     r;

	raw_hpack(&block, "x", "y");
	start(&f, NULL);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	raw_frame(&r, NGHTTP2_HEADERS, 0, 1, block.s, block.len);
	for (int i = 0; i < 1000; i++)
		raw_frame(&r, NGHTTP2_CONTINUATION, 0, 1, block.s, block.len);
	raw_wait(&r, &r.closed, 1);
	strbuf_fini(&block);
	finish(&f, &r);
}

static void
test_header_bombs(void **state)
{
	char *value = malloc(3001);

	memset(value, 'v', 3000);
	value[3000] = '\0';
	for (int indexed = 0; indexed < 2; indexed++) {
		struct strbuf  block = STRBUF_INIT;
		struct fixture f;
		struct raw     r;

		raw_request_block(&block, &(struct raw_request){0});
		if (indexed) { /* an entry of the table, and thousands of references to it */
			strbuf_add_char(&block, 0x40);
			raw_hpack_string(&block, "bomb", 4);
			raw_hpack_string(&block, value, 3000);
			strbuf_pad(&block, (char)0xbe, 4000);
		}
		for (int i = 0; i < 5 && !indexed; i++)
			raw_hpack(&block, "large", value);
		for (int i = 0; i < 100 && !indexed; i++)
			raw_hpack(&block, "small", "v");
		start(&f, NULL);
		raw_open(&r, &f, 0);
		raw_preface(&r);
		assert_in_range(block.len, 1, 16384 + 4000);
		raw_frame(&r, NGHTTP2_HEADERS,
			  NGHTTP2_FLAG_END_STREAM |
			      (block.len <= 16384 ? NGHTTP2_FLAG_END_HEADERS : 0),
			  1, block.s, MIN(block.len, (size_t)16384));
		if (block.len > 16384)
			raw_frame(&r, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1,
				  block.s + 16384, block.len - 16384);
		raw_wait(&r, &r.resets, 1);
		assert_int_equal(r.headers, 0);
		strbuf_fini(&block);
		finish(&f, &r);
	}
	free(value);
}

static void
test_other_protocols(void **state)
{
	static const char *const texts[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
					    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
					    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct fixture f;
		struct raw     r;

		start(&f, NULL);
		raw_open(&r, &f, 0);
		raw_bytes(&r, texts[i], strlen(texts[i]));
		raw_wait(&r, &r.closed, 1);
		finish(&f, &r);
	}
}

/* ---- limits on what runs ---- */

struct keeper {
	struct rpc_call *calls[64];
	unsigned         n;
};

/* A gate that keeps every call. */
static bool
keep_call(struct rpc_call *c, const ProtobufCMessage *req, void *arg)
{
	struct keeper *k = arg;

	k->calls[k->n++] = c;
	return false;
}

static void
test_resets_do_not_buy_more_work(void **state)
{
	struct keeper          k    = {0};
	struct rpc_server_opts opts = {.limits.max_streams = 4, .gate = keep_call, .arg = &k};
	struct rpc_status      s    = RPC_STATUS_INIT;
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	for (uint32_t i = 0; i < 4; i++) {
		raw_request(&r, 2 * i + 1, &(struct raw_request){0}, 0);
		raw_frame(&r, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 2 * i + 1, EMPTY_MESSAGE, 5);
		raw_wait(&r, &k.n, i + 1); /* it has reached the state loop */
		raw_frame(&r, NGHTTP2_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
	}
	raw_request(&r, 9, &(struct raw_request){0}, NGHTTP2_FLAG_END_STREAM);
	raw_wait(&r, &r.resets, 1);
	assert_int_equal(r.reset_error, NGHTTP2_REFUSED_STREAM);
	assert_int_equal(k.n, 4);
	rpc_status_set(&s, RPC_CANCELLED, "done");
	for (unsigned i = 0; i < 4; i++) {
		assert_true(rpc_call_is_cancelled(k.calls[i]));
		rpc_call_fail(k.calls[i], &s);
	}
	rpc_status_fini(&s);
	raw_close(&r);
	fixture_stop(&f);
}

static void
test_connections_are_limited(void **state)
{
	struct rpc_server_opts opts = {.limits.max_connections = 2};
	struct fixture         f;
	struct raw             r[3];

	start(&f, &opts);
	for (int i = 0; i < 3; i++) {
		raw_open(&r[i], &f, 0);
		raw_preface(&r[i]);
		if (i < 2)
			raw_wait(&r[i], &r[i].settings, 1);
		else
			raw_wait(&r[i], &r[i].closed, 1);
	}
	raw_close(&r[0]);
	raw_close(&r[1]);
	wait_connections(&f, 0);
	finish(&f, &r[2]);
}

static void
test_unfinished_requests_share_a_limit(void **state)
{
	struct rpc_server_opts opts         = {.limits.max_buffered_bytes = 20000};
	uint8_t                chunk[16000] = {0, 0, 0, 0x7d, 0};
	struct fixture         f;
	struct raw             r;

	start(&f, &opts);
	raw_open(&r, &f, 0);
	raw_preface(&r);
	for (uint32_t stream = 1; stream < 4; stream += 2) {
		raw_request(&r, stream, &(struct raw_request){0}, 0);
		raw_frame(&r, NGHTTP2_DATA, 0, stream, chunk, sizeof(chunk));
	}
	raw_wait(&r, &r.resets, 1);
	assert_string_equal(r.grpc_status, "8");
	finish(&f, &r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrong_requests_get_a_status),
	    cmocka_unit_test(test_an_early_answer_stops_the_request),
	    cmocka_unit_test(test_silence_before_the_preface),
	    cmocka_unit_test(test_silence_before_the_handshake),
	    cmocka_unit_test(test_half_a_header_block_and_silence),
	    cmocka_unit_test(test_a_request_that_does_not_end),
	    cmocka_unit_test(test_a_deadline_without_a_client_that_keeps_it),
	    cmocka_unit_test(test_a_peer_that_gives_no_window),
	    cmocka_unit_test(test_a_peer_that_does_not_read),
	    cmocka_unit_test(test_an_idle_peer_must_answer_a_ping),
	    cmocka_unit_test(test_frames_that_bring_nothing_forward),
	    cmocka_unit_test(test_rapid_resets),
	    cmocka_unit_test(test_continuation_flood),
	    cmocka_unit_test(test_header_bombs),
	    cmocka_unit_test(test_other_protocols),
	    cmocka_unit_test(test_resets_do_not_buy_more_work),
	    cmocka_unit_test(test_connections_are_limited),
	    cmocka_unit_test(test_unfinished_requests_share_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
