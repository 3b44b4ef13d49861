/*
 * A request as HTTP/2 frames bring it: headers, message, end, reset; and the frames of the answer.
 * These are the nghttp2 callbacks of a server's session. Everything in them comes from a peer.
 */
#include <stdio.h>
#include <string.h>

#include "session_private.h"
#include "text_private.h"

#define MAX_IDLE_FRAMES  1000
#define MAX_PING_STRIKES 2
#define HEADER_OVERHEAD  32 /* of RFC 9113's way to count a header list */

static struct rpc_call *
find_call(nghttp2_session *h2, int32_t stream_id)
{
	return nghttp2_session_get_stream_user_data(h2, stream_id);
}

/* Something was done for a call: what the peer may send without use begins again. */
static void
made_progress(struct rpc_session *s)
{
	s->idle_frames = 0;
	s->idle_bytes  = 0;
}

/* ---- answers ---- */

static void
submit_headers_only(struct rpc_session *s, struct rpc_call *c, const char *http_status,
		    const struct rpc_status_headers *h)
{
	nghttp2_nv nv[5] = {
	    RPC_NV(":status", http_status, 3),
	    RPC_NV_LITERAL("content-type", "application/grpc"),
	    RPC_NV("grpc-status", h->code, strlen(h->code)),
	};
	size_t n = 3;

	if (h->message != NULL)
		nv[n++] = RPC_NV("grpc-message", h->message, strlen(h->message));
	if (h->details != NULL)
		nv[n++] = RPC_NV("grpc-status-details-bin", h->details, strlen(h->details));
	else if (strcmp(h->code, "12") == 0)
		nv[n++] = RPC_NV_LITERAL("grpc-accept-encoding", "identity");
	c->answered    = true;
	c->progress_ms = rpc_now_ms();
	if (nghttp2_submit_response(s->h2, c->stream_id, nv, n, NULL) < 0)
		(void)nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, c->stream_id,
						NGHTTP2_INTERNAL_ERROR); /* the last thing to try */
}

/* The status is a local: the call's own belongs to the state loop while a handler has it. */
static void
fail_stream(struct rpc_session *s, struct rpc_call *c, const char *http_status,
	    struct rpc_status *status)
{
	struct rpc_status_headers h;

	if (!c->answered && c->stream_id >= 0) {
		rpc_status_encode(status, &h);
		submit_headers_only(s, c, http_status, &h);
		rpc_status_headers_fini(&h);
	}
	rpc_status_fini(status);
}

void
rpc_session_fail_stream(struct rpc_session *s, struct rpc_call *c, enum rpc_code code,
			const char *fmt, ...)
{
	struct rpc_status status = RPC_STATUS_INIT;
	char              text[512];
	va_list           ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rpc_status_set(&status, code, "%s", text);
	fail_stream(s, c, "200", &status);
}

static ssize_t
read_response(nghttp2_session *h2, int32_t stream_id, uint8_t *buf, size_t size, uint32_t *flags,
	      nghttp2_data_source *source, void *arg)
{
	static const nghttp2_nv trailer[] = {
	    {(uint8_t *)"grpc-status", (uint8_t *)"0", 11, 1,
	     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE},
	};
	struct rpc_call *c = source->ptr;
	size_t           n = MIN(size, c->resp_len - c->sent);

	memcpy(buf, c->resp + c->sent, n);
	c->sent += n;
	c->progress_ms = rpc_now_ms();
	if (c->sent == c->resp_len) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (nghttp2_submit_trailer(h2, stream_id, trailer, 1) < 0)
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return (ssize_t)n;
}

static void
submit_message(struct rpc_session *s, struct rpc_call *c)
{
	static const nghttp2_nv nv[] = {
	    {(uint8_t *)":status", (uint8_t *)"200", 7, 3,
	     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE},
	    {(uint8_t *)"content-type", (uint8_t *)"application/grpc", 12, 16,
	     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE},
	};
	nghttp2_data_provider provider = {.source.ptr = c, .read_callback = read_response};

	c->answered    = true;
	c->progress_ms = rpc_now_ms();
	if (nghttp2_submit_response(s->h2, c->stream_id, nv, ARRAY_SIZE(nv), &provider) < 0)
		(void)nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, c->stream_id,
						NGHTTP2_INTERNAL_ERROR); /* the last thing to try */
}

static void
unlink_call(struct rpc_session *s, struct rpc_call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->calls = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	s->n_calls--;
	rpc_call_unref(c);
}

void
rpc_session_answer(struct rpc_msg *m)
{
	struct rpc_call    *c = container_of(m, struct rpc_call, msg);
	struct rpc_session *s = c->session;

	c->dispatched = false;
	if (s == NULL) {
		rpc_call_unref(c);
		return;
	}
	if (c->stream_id < 0) {
		unlink_call(s, c);
		return;
	}
	if (c->answered) /* its deadline was faster */
		return;
	if (c->resp != NULL)
		submit_message(s, c);
	else
		submit_headers_only(s, c, "200", &c->status);
	rpc_wire_want_pump(&s->wire);
}

/* ---- headers ---- */

static int
on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct rpc_session *s = arg;
	struct rpc_call    *c;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	c = s->n_calls < s->shard->server->limits.max_streams ? rpc_call_new(s, frame->hd.stream_id)
							      : NULL;
	if (c == NULL)
		return nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
						 NGHTTP2_REFUSED_STREAM);
	c->next = s->calls;
	if (s->calls != NULL)
		s->calls->prev = c;
	s->calls = c;
	s->n_calls++;
	(void)nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id,
						   c); /* the stream exists */
	rpc_session_watch(s);
	return 0;
}

/* Copies a header value that must fit; one that does not is cut and will not match anything. */
static void
keep(char *dst, size_t size, const uint8_t *value, size_t len)
{
	size_t n = MIN(len, size - 1);

	memcpy(dst, value, n);
	dst[n] = '\0';
}

static bool
is_name(const uint8_t *name, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(name, want, len) == 0;
}

static void
keep_timeout(struct rpc_call *c, const uint8_t *value, size_t len)
{
	uint64_t ms;

	c->has_timeout = true;
	if (rpc_timeout_decode((const char *)value, len, &ms) < 0)
		c->bad_timeout = true;
	else
		c->deadline_ms = rpc_now_ms() + ms;
}

static void
keep_header(struct rpc_call *c, const uint8_t *name, size_t name_len, const uint8_t *value,
	    size_t len)
{
	if (is_name(name, name_len, ":path") && c->path == NULL) {
		c->path = strndup((const char *)value, len);
	} else if (is_name(name, name_len, ":method")) {
		keep(c->http_method, sizeof(c->http_method), value, len);
	} else if (is_name(name, name_len, "content-type")) {
		keep(c->content_type, sizeof(c->content_type), value, len);
	} else if (is_name(name, name_len, "grpc-timeout")) {
		keep_timeout(c, value, len);
	} else if (is_name(name, name_len, "grpc-encoding")) {
		keep(c->encoding, sizeof(c->encoding), value, len);
	} else if (is_name(name, name_len, "x-daos-component")) {
		keep(c->component, sizeof(c->component), value, len);
		c->has_component = true;
	} else if (is_name(name, name_len, "x-daos-version")) {
		keep(c->version, sizeof(c->version), value, len);
		c->has_version = true;
	}
}

static int
on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
	  const uint8_t *value, size_t len, uint8_t flags, void *arg)
{
	struct rpc_session *s = arg;
	struct rpc_call    *c = find_call(h2, frame->hd.stream_id);

	if (c == NULL)
		return 0; /* refused */
	c->header_bytes += name_len + len + HEADER_OVERHEAD;
	if (c->header_bytes > s->shard->server->limits.max_header_bytes)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream */
	if (!c->headers_done)
		keep_header(c, name, name_len, value, len);
	return 0;
}

static void
fail_unknown_path(struct rpc_session *s, struct rpc_call *c)
{
	const char *path  = c->path != NULL ? c->path : "";
	const char *slash = strrchr(path, '/');
	char        service[128];

	if (path[0] != '/' || slash == path) {
		rpc_session_fail_stream(s, c, RPC_UNIMPLEMENTED, "malformed method name: \"%s\"",
					path);
		return;
	}
	keep(service, sizeof(service), (const uint8_t *)path + 1, (size_t)(slash - path - 1));
	for (size_t i = 0; i < s->shard->server->n_methods; i++)
		if (str_eq(s->shard->server->methods[i].service->name, service)) {
			rpc_session_fail_stream(s, c, RPC_UNIMPLEMENTED,
						"unknown method %s for service %s", slash + 1,
						service);
			return;
		}
	rpc_session_fail_stream(s, c, RPC_UNIMPLEMENTED, "unknown service %s", service);
}

static bool
is_grpc(const char *content_type)
{
	static const char grpc[] = "application/grpc";
	char              next;

	if (!str_starts(content_type, grpc))
		return false;
	next = content_type[sizeof(grpc) - 1]; /* "+proto", ";charset=…", or the end */
	return next == '\0' || next == '+' || next == ';';
}

/* The headers of a request are complete: refuse early what cannot succeed. */
static void
headers_complete(struct rpc_session *s, struct rpc_call *c)
{
	struct rpc_status status = RPC_STATUS_INIT;

	c->headers_done = true;
	if (strcmp(c->http_method, "POST") != 0) {
		rpc_status_set(&status, RPC_INTERNAL, "a call must be sent with POST, not %s",
			       c->http_method);
		fail_stream(s, c, "405", &status);
	} else if (!is_grpc(c->content_type)) {
		rpc_status_set(&status, RPC_INVALID_ARGUMENT,
			       "invalid gRPC request content-type \"%s\"", c->content_type);
		fail_stream(s, c, "415", &status);
	} else if (c->bad_timeout) {
		rpc_status_set(&status, RPC_INTERNAL, "malformed grpc-timeout");
		fail_stream(s, c, "400", &status);
	} else {
		c->method = rpc_server_find(s->shard->server, c->path);
		if (c->method == NULL)
			fail_unknown_path(s, c);
	}
	if (c->deadline_ms != UINT64_MAX)
		rpc_wire_arm(&s->wire, c->deadline_ms);
}

/* ---- message ---- */

static void
uncharge(struct rpc_call *c)
{
	atomic_fetch_sub(&c->server->buffered_bytes, c->charged);
	c->charged = 0;
	rpc_body_fini(&c->body);
}

static bool
charge(struct rpc_call *c, size_t len)
{
	size_t before = atomic_fetch_add(&c->server->buffered_bytes, len);

	c->charged += len;
	return before + len <= c->server->limits.max_buffered_bytes;
}

static void
refuse_body(struct rpc_session *s, struct rpc_call *c, enum rpc_body_result r)
{
	switch (r) {
	case RPC_BODY_OK:
		return;
	case RPC_BODY_COMPRESSED:
		if (c->encoding[0] == '\0' || str_eq(c->encoding, "identity"))
			rpc_session_fail_stream(
			    s, c, RPC_INTERNAL,
			    "compressed flag set with identity or empty encoding");
		else
			rpc_session_fail_stream(
			    s, c, RPC_UNIMPLEMENTED,
			    "decompressor is not installed for grpc-encoding \"%s\"", c->encoding);
		break;
	case RPC_BODY_TOO_LARGE:
		rpc_session_fail_stream(
		    s, c, RPC_RESOURCE_EXHAUSTED, "received message larger than max (%zu vs. %zu)",
		    c->body.expected, s->shard->server->limits.max_message_bytes);
		break;
	case RPC_BODY_EXCESS:
		rpc_session_fail_stream(s, c, RPC_INTERNAL,
					"a unary call takes exactly one message");
		break;
	case RPC_BODY_NO_MEMORY:
		rpc_session_fail_stream(s, c, RPC_RESOURCE_EXHAUSTED, "no memory for the request");
		break;
	}
	uncharge(c);
}

static int
on_data_chunk(nghttp2_session *h2, uint8_t flags, int32_t stream_id, const uint8_t *data,
	      size_t len, void *arg)
{
	struct rpc_session *s = arg;
	struct rpc_call    *c = find_call(h2, stream_id);

	made_progress(s);
	if (c == NULL || c->answered || c->dispatched || !c->headers_done)
		return 0;
	if (!charge(c, len)) {
		rpc_session_fail_stream(s, c, RPC_RESOURCE_EXHAUSTED,
					"too many bytes of unfinished requests, try again later");
		uncharge(c);
		return 0;
	}
	refuse_body(s, c,
		    rpc_body_add(&c->body, data, len, s->shard->server->limits.max_message_bytes));
	return 0;
}

static void
request_complete(struct rpc_session *s, struct rpc_call *c)
{
	if (c->answered || c->dispatched || c->method == NULL)
		return;
	if (!rpc_body_is_complete(&c->body)) {
		rpc_session_fail_stream(s, c, RPC_INTERNAL, "%s",
					c->body.prefix_len == 0
					    ? "the request holds no message"
					    : "the request ends inside of its message");
		uncharge(c);
		return;
	}
	c->req = rpc_message_unpack(c->method->desc->input, c->body.data, c->body.len, &c->arena);
	uncharge(c);
	if (c->req == NULL) {
		rpc_session_fail_stream(s, c, RPC_INTERNAL,
					"error unmarshalling request: not a valid %s",
					c->method->desc->input->name);
		return;
	}
	rpc_call_dispatch(c);
}

/* ---- frames ---- */

/* Pings cost the peer nothing; one that sends them without need is told to go. */
static void
ping_received(struct rpc_session *s)
{
	uint64_t now  = rpc_now_ms();
	bool     soon = s->last_ping_ms != 0 &&
		    now - s->last_ping_ms < s->shard->server->limits.min_ping_interval_ms;

	s->last_ping_ms = now;
	if (soon && ++s->ping_strikes > MAX_PING_STRIKES)
		rpc_session_end(s, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");
}

static int
on_begin_frame(nghttp2_session *h2, const nghttp2_frame_hd *hd, void *arg)
{
	struct rpc_session *s    = arg;
	bool                head = hd->type == NGHTTP2_HEADERS || hd->type == NGHTTP2_CONTINUATION;

	if (!head)
		s->frame_open_ms = 0;
	else if (s->frame_open_ms == 0)
		s->frame_open_ms = rpc_now_ms();
	if (head)
		rpc_session_watch(s);
	if (++s->idle_frames > MAX_IDLE_FRAMES)
		rpc_session_end(s, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_frames");
	return 0;
}

static int
on_frame_recv(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct rpc_session *s = arg;
	struct rpc_call    *c;

	s->frame_open_ms = 0;
	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		if (!s->greeted)
			rpc_wire_arm(&s->wire, rpc_now_ms() + s->shard->server->limits.idle_ms);
		s->greeted = true;
		return 0;
	case NGHTTP2_PING:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK)
			s->ping_due_ms = 0;
		else
			ping_received(s);
		return 0;
	case NGHTTP2_HEADERS:
		made_progress(s);
		break;
	case NGHTTP2_DATA:
		break;
	default:
		return 0;
	}
	c = find_call(h2, frame->hd.stream_id);
	if (c == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && !c->headers_done)
		headers_complete(s, c);
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		request_complete(s, c);
	return 0;
}

static int
on_frame_send(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct rpc_session *s = arg;

	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s->ping_strikes = 0;
	s->last_ping_ms = 0;
	made_progress(s);
	/*
	 * The answer is out while the request still arrives: the peer is told to stop. Not earlier:
	 * a reset right after the submission would take the answer with it.
	 */
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    nghttp2_session_get_stream_remote_close(h2, frame->hd.stream_id) == 0)
		(void)nghttp2_submit_rst_stream(
		    h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
		    NGHTTP2_NO_ERROR); /* without it the peer's own limits apply */
	return 0;
}

static int
on_stream_close(nghttp2_session *h2, int32_t stream_id, uint32_t error, void *arg)
{
	struct rpc_session *s = arg;
	struct rpc_call    *c = find_call(h2, stream_id);

	if (c == NULL)
		return 0;
	c->stream_id = -1;
	if (c->dispatched) {
		rpc_call_post_cancel(c); /* stays in the list: its work is not over */
	} else {
		uncharge(c);
		unlink_call(s, c);
	}
	return 0;
}

int
rpc_session_new_h2(struct rpc_session *s)
{
	struct rpc_server         *server = s->shard->server;
	nghttp2_session_callbacks *cbs;
	nghttp2_settings_entry     settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, server->limits.max_streams},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)server->limits.max_header_bytes},
        };
	int r = nghttp2_session_callbacks_new(&cbs);

	if (r < 0)
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cbs, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_data_chunk);
	nghttp2_session_callbacks_set_on_begin_frame_callback(cbs, on_begin_frame);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_frame_recv);
	nghttp2_session_callbacks_set_on_frame_send_callback(cbs, on_frame_send);
	nghttp2_session_callbacks_set_on_stream_close_callback(cbs, on_stream_close);
	r = nghttp2_session_server_new2(&s->h2, cbs, s, server->options);
	nghttp2_session_callbacks_del(cbs);
	if (r == 0)
		r = nghttp2_submit_settings(s->h2, NGHTTP2_FLAG_NONE, settings,
					    ARRAY_SIZE(settings));
	if (r == 0)
		r = nghttp2_session_set_local_window_size(s->h2, NGHTTP2_FLAG_NONE, 0, 1 << 20);
	return r < 0 ? -ENOMEM : 0;
}
