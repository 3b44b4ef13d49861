/* What our client makes of servers' answers, good and bad: each case is a server that sends these bytes. */
#include "raw_peer.h"

/* A server that accepts, waits for the first bytes, sends what was prepared, and may close. */
struct canned {
	struct fixture *f;
	int             listener, fd;
	struct loop_fd *listen_watch, *watch;
	struct raw      script; /* only to put frames together */
	bool            close_after;
	uint16_t        port;
};

static void
on_request(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct canned *c = arg;
	uint8_t        buf[65536];

	if (read(fd, buf, sizeof(buf)) <= 0) {
		loop_fd_want(w, 0);
		return;
	}
	if (c->script.out.len > 0)
		assert_int_equal(write(fd, c->script.out.s, c->script.out.len), c->script.out.len);
	strbuf_reset(&c->script.out);
	if (c->close_after) {
		shutdown(fd, SHUT_WR);
		loop_fd_want(w, 0);
	}
}

static void
on_accept(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct canned *c = arg;

	c->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(c->fd >= 0);
	assert_int_equal(loop_fd_new(c->f->loop, c->fd, on_request, c, &c->watch), 0);
	loop_fd_want(c->watch, LOOP_READABLE);
	loop_fd_want(w, 0);
}

static void
canned_open(struct canned *c, struct fixture *f)
{
	struct sockaddr_in a   = {.sin_family = AF_INET};
	socklen_t          len = sizeof(a);

	*c                = (struct canned){.f = f, .fd = -1};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->listener       = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(c->listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(c->listener, 1), 0);
	getsockname(c->listener, (struct sockaddr *)&a, &len);
	c->port = ntohs(a.sin_port);
	assert_int_equal(loop_fd_new(f->loop, c->listener, on_accept, c, &c->listen_watch), 0);
	loop_fd_want(c->listen_watch, LOOP_READABLE);
}

static void
canned_close(struct canned *c)
{
	loop_fd_free(c->watch);
	loop_fd_free(c->listen_watch);
	close(c->listener);
	if (c->fd >= 0)
		close(c->fd);
	strbuf_fini(&c->script.out);
}

struct header {
	const char *name, *value;
};

#define H_OK                                                                                       \
	{":status", "200"},                                                                        \
	{                                                                                          \
		"content-type", "application/grpc"                                                 \
	}
#define NO_MSG NULL, 0

struct response_case {
	const char   *what;
	struct header head[6];
	bool          head_ends; /* the stream ends with the headers */
	const char   *data;
	size_t        len;
	bool          data_ends;
	struct header trailer[4];
	uint32_t      reset; /* an RST_STREAM with this error follows, unless 0 */
	enum rpc_code code;
	const char   *text; /* part of what is shown; NULL: any */
};

static const struct response_case cases[] = {
    {"an answer", {H_OK}, false, "\0\0\0\0\0", 5, false, {{"grpc-status", "0"}}, 0, RPC_OK, NULL},
    {"an error in one block",
     {H_OK, {"grpc-status", "7"}, {"grpc-message", "a%20b%"}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_PERMISSION_DENIED,
     "rpc error: code = PermissionDenied desc = a b%"},
    {"an error in trailers",
     {H_OK},
     false,
     NO_MSG,
     false,
     {{"grpc-status", "5"}, {"grpc-message", "gone"}},
     0,
     RPC_NOT_FOUND,
     "desc = gone"},
    {"an error after a message",
     {H_OK},
     false,
     "\0\0\0\0\0",
     5,
     false,
     {{"grpc-status", "10"}},
     0,
     RPC_ABORTED,
     NULL},
    {"details with padding",
     {H_OK,
      {"grpc-status", "13"},
      {"grpc-status-details-bin", "CA0SBHRleHQaXgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkVycm9y"
				  "SW5mbxIyChVwcm90by5kYW9zLkRhb3NTdGF0dXMSBERBT1MaEwoG"
				  "U3RhdHVzEgktMTAwNQ=="}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_INTERNAL,
     NULL},
    {"details that are none",
     {H_OK, {"grpc-status", "13"}, {"grpc-message", "m"}, {"grpc-status-details-bin", "!"}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_INTERNAL,
     "rpc error: code = Internal desc = m"},
    {"an unknown status",
     {H_OK, {"grpc-status", "99"}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_UNKNOWN,
     NULL},
    {"a status that is no number",
     {H_OK, {"grpc-status", "ok"}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_UNKNOWN,
     NULL},
    {"a compressed message",
     {H_OK, {"grpc-encoding", "gzip"}},
     false,
     "\1\0\0\0\0",
     5,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_INTERNAL,
     "compressed"},
    {"too large",
     {H_OK},
     false,
     "\0\0\x50\0\0",
     5,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_RESOURCE_EXHAUSTED,
     "received message larger than max (5242880 vs. 4194304)"},
    {"two messages",
     {H_OK},
     false,
     "\0\0\0\0\0\0\0\0\0\0",
     10,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_INTERNAL,
     "more than one message"},
    {"half a message",
     {H_OK},
     false,
     "\0\0\0\0\5ab",
     7,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_INTERNAL,
     "whole message"},
    {"success without message",
     {H_OK},
     false,
     NO_MSG,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_INTERNAL,
     "whole message"},
    {"not protobuf",
     {H_OK},
     false,
     "\0\0\0\0\2\xff\xff",
     7,
     false,
     {{"grpc-status", "0"}},
     0,
     RPC_INTERNAL,
     "unmarshalling"},
    {"no trailers",
     {H_OK},
     false,
     "\0\0\0\0\0",
     5,
     true,
     {{0}},
     0,
     RPC_INTERNAL,
     "without sending trailers"},
    {"HTTP 503",
     {{":status", "503"}, {"content-type", "text/html"}},
     true,
     NO_MSG,
     false,
     {{0}},
     0,
     RPC_UNAVAILABLE,
     "503"},
    {"HTTP 404", {{":status", "404"}}, true, NO_MSG, false, {{0}}, 0, RPC_UNIMPLEMENTED, NULL},
    {"HTTP 403", {{":status", "403"}}, true, NO_MSG, false, {{0}}, 0, RPC_PERMISSION_DENIED, NULL},
    {"HTTP 401", {{":status", "401"}}, true, NO_MSG, false, {{0}}, 0, RPC_UNAUTHENTICATED, NULL},
    {"a web page",
     {{":status", "200"}, {"content-type", "text/html"}},
     false,
     "<html>",
     6,
     true,
     {{0}},
     0,
     RPC_UNKNOWN,
     NULL},
    {"refused",
     {{0}},
     false,
     NO_MSG,
     false,
     {{0}},
     NGHTTP2_REFUSED_STREAM,
     RPC_UNAVAILABLE,
     "REFUSED_STREAM"},
    {"cancelled", {{0}}, false, NO_MSG, false, {{0}}, NGHTTP2_CANCEL, RPC_CANCELLED, NULL},
    {"calmed",
     {{0}},
     false,
     NO_MSG,
     false,
     {{0}},
     NGHTTP2_ENHANCE_YOUR_CALM,
     RPC_RESOURCE_EXHAUSTED,
     NULL},
    {"reset",
     {H_OK},
     false,
     "\0\0",
     2,
     false,
     {{0}},
     NGHTTP2_INTERNAL_ERROR,
     RPC_INTERNAL,
     "INTERNAL_ERROR"},
};

static void
put_block(struct raw *r, const struct header *h, size_t max, uint8_t flags)
{
	struct strbuf block = STRBUF_INIT;

	for (size_t i = 0; i < max && h[i].name != NULL; i++)
		raw_hpack(&block, h[i].name, h[i].value);
	if (block.len > 0)
		raw_frame(r, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | flags, 1, block.s,
			  block.len);
	strbuf_fini(&block);
}

static void
put_case(struct raw *r, const struct response_case *k)
{
	uint8_t error[4] = {0, 0, 0, (uint8_t)k->reset};

	raw_frame(r, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	put_block(r, k->head, ARRAY_SIZE(k->head), k->head_ends ? NGHTTP2_FLAG_END_STREAM : 0);
	if (k->data != NULL)
		raw_frame(r, NGHTTP2_DATA, k->data_ends ? NGHTTP2_FLAG_END_STREAM : 0, 1, k->data,
			  k->len);
	put_block(r, k->trailer, ARRAY_SIZE(k->trailer), NGHTTP2_FLAG_END_STREAM);
	if (k->reset != 0)
		raw_frame(r, NGHTTP2_RST_STREAM, 0, 1, error, sizeof(error));
}

/* One call to the canned server; its status and, in shown, its text. */
static void
make_call(struct fixture *f, struct canned *c, struct rpc_status *status, char *shown, size_t size)
{
	struct rpc_channel_opts opts = fixture_channel_opts(f);
	struct fixture_reply    r    = {0};
	struct rpc_channel     *ch;

	opts.port = c->port;
	assert_int_equal(rpc_channel_new(f->io, &opts, &ch), 0);
	fixture_echo_call(f, ch, "x", &r);
	rpc_status_format(&r.status, shown, size);
	assert_int_equal(rpc_status_copy(status, &r.status), 0);
	fixture_reply_fini(&r);
	rpc_channel_free(ch);
}

static void
test_answers(void **state)
{
	struct fixture    f = {0};
	struct rpc_status s = RPC_STATUS_INIT;
	char              shown[1024];

	fixture_start(&f, 1, false, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct canned c;

		canned_open(&c, &f);
		put_case(&c.script, &cases[i]);
		make_call(&f, &c, &s, shown, sizeof(shown));
		if (s.code != cases[i].code ||
		    (cases[i].text != NULL && strstr(shown, cases[i].text) == NULL))
			fail_msg("%s: %s", cases[i].what, shown);
		canned_close(&c);
	}
	rpc_status_fini(&s);
	fixture_stop(&f);
}

static void
test_connections_that_end(void **state)
{
	static const struct {
		const char *what;
		bool        settings;
		uint8_t     type; /* of a frame that follows; 0: none */
		const char *payload;
		size_t      len;
		bool        close;
		uint32_t    fault;
		const char *text;
	} ends[] = {
	    {"closes before it has said anything", false, 0, NULL, 0, true, 0,
	     "error reading server preface: EOF"},
	    {"closes after its settings", true, 0, NULL, 0, true, 0,
	     "error reading from server: EOF"},
	    {"goes away without taking the call", true, NGHTTP2_GOAWAY, "\0\0\0\0\0\0\0\0", 8,
	     false, FAULT_CLIENT_CONNECTION_CLOSED,
	     "closed the connection without accepting a request"},
	    {"breaks the protocol", true, NGHTTP2_WINDOW_UPDATE, "\0\0\0\0\0", 5, false, 0,
	     "error reading from server: "},
	};
	struct fixture    f = {0};
	struct rpc_status s = RPC_STATUS_INIT;
	char              shown[1024];

	fixture_start(&f, 1, false, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct canned c;

		canned_open(&c, &f);
		c.close_after = ends[i].close;
		if (ends[i].settings)
			raw_frame(&c.script, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
		if (ends[i].type != 0)
			raw_frame(&c.script, ends[i].type, 0, 0, ends[i].payload, ends[i].len);
		make_call(&f, &c, &s, shown, sizeof(shown));
		if (s.code != RPC_UNAVAILABLE || s.fault.code != ends[i].fault ||
		    strstr(shown, ends[i].text) == NULL)
			fail_msg("%s: %s", ends[i].what, shown);
		assert_true(s.local);
		canned_close(&c);
	}
	rpc_status_fini(&s);
	fixture_stop(&f);
}

static void
test_another_protocol(void **state)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	struct fixture    f      = {0};
	struct rpc_status s      = RPC_STATUS_INIT;
	struct canned     c;
	char              shown[1024];

	fixture_start(&f, 1, false, NULL);
	canned_open(&c, &f);
	raw_bytes(&c.script, text, sizeof(text) - 1);
	make_call(&f, &c, &s, shown, sizeof(shown));
	assert_int_equal(s.code, RPC_UNAVAILABLE);
	assert_non_null(strstr(shown, "error reading server preface: "));
	canned_close(&c);
	rpc_status_fini(&s);
	fixture_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_connections_that_end),
	    cmocka_unit_test(test_another_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
