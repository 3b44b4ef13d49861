/*
 * A client's calls as HTTP/2: the request's headers and message, and what the server answers, which
 * may put status, message and details into the first headers or into trailers. These are the
 * nghttp2 callbacks of a client's session; everything in them comes from a peer.
 */
#include <stdio.h>
#include <string.h>

#include "client_private.h"
#include "common/str.h"
#include "common/version.h"
#include "text_private.h"

#define MAX_HEADER_BYTES (256 * KIB)
#define USER_AGENT       "daos-c/" DAOS_VERSION

static struct rpc_request *
find_request(nghttp2_session *h2, int32_t stream_id)
{
	return nghttp2_session_get_stream_user_data(h2, stream_id);
}

static ssize_t
read_request(nghttp2_session *h2, int32_t stream_id, uint8_t *buf, size_t size, uint32_t *flags,
	     nghttp2_data_source *source, void *arg)
{
	struct rpc_request *r = find_request(h2, stream_id);
	size_t              n;

	if (r == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* over; the reset is on its way */
	n = MIN(size, r->out_len - r->sent);
	memcpy(buf, r->out + r->sent, n);
	r->sent += n;
	if (r->sent == r->out_len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

int
rpc_connection_submit(struct rpc_connection *c, struct rpc_request *r)
{
	const char           *scheme   = c->wire.ssl != NULL ? "https" : "http";
	const char           *role     = sec_component_name(c->ch->component);
	nghttp2_data_provider provider = {.read_callback = read_request};
	char                  authority[300], timeout[RPC_TIMEOUT_TEXT_SIZE];
	nghttp2_nv            nv[12];
	size_t                n   = 0;
	uint64_t              now = rpc_now_ms();

	(void)snprintf(authority, sizeof(authority), "%.255s:%u", c->ch->host, c->ch->port);
	nv[n++] = RPC_NV_LITERAL(":method", "POST");
	nv[n++] = RPC_NV(":scheme", scheme, strlen(scheme));
	nv[n++] = RPC_NV(":path", r->path, strlen(r->path));
	nv[n++] = RPC_NV(":authority", authority, strlen(authority));
	nv[n++] = RPC_NV_LITERAL("content-type", "application/grpc");
	nv[n++] = RPC_NV_LITERAL("user-agent", USER_AGENT);
	nv[n++] = RPC_NV_LITERAL("te", "trailers");
	if (c->ch->component != SEC_COMPONENT_UNDEFINED) {
		nv[n++] = RPC_NV("x-daos-component", role, strlen(role));
		nv[n++] = RPC_NV_LITERAL("x-daos-version", DAOS_VERSION);
	}
	if (r->deadline_ms != UINT64_MAX) {
		rpc_timeout_encode(r->deadline_ms > now ? r->deadline_ms - now : 1, timeout);
		nv[n++] = RPC_NV("grpc-timeout", timeout, strlen(timeout));
		nv[n - 1].flags |= NGHTTP2_NV_FLAG_NO_INDEX; /* never the same again */
	}
	r->stream_id = nghttp2_submit_request(c->h2, NULL, nv, n, &provider, r);
	return r->stream_id < 0 ? -ENOMEM : 0;
}

/* ---- the answer ---- */

static void
fail(struct rpc_request *r, enum rpc_code code, const char *text)
{
	if (r->status.code == RPC_OK)
		rpc_status_set(&r->status, code, "%s", text);
}

/* Ends the stream because of what the server sent; the outcome is told when the stream has closed.
 */
static void
give_up(nghttp2_session *h2, struct rpc_request *r, enum rpc_code code, const char *text)
{
	fail(r, code, text);
	(void)nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, r->stream_id,
					NGHTTP2_CANCEL); /* without it the deadline ends the call */
}

static void
keep_text(char **dst, const uint8_t *value, size_t len)
{
	free(*dst);
	*dst = strndup((const char *)value, len); /* without memory: no text */
}

static int
parse_small(const uint8_t *value, size_t len)
{
	char     text[8];
	uint32_t v;

	if (len >= sizeof(text))
		return RPC_UNKNOWN;
	memcpy(text, value, len);
	text[len] = '\0';
	return str_to_u32(text, 10, &v) == 0 ? (int)v : RPC_UNKNOWN;
}

static bool
is_name(const uint8_t *name, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(name, want, len) == 0;
}

static int
on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
	  const uint8_t *value, size_t len, uint8_t flags, void *arg)
{
	struct rpc_request *r = find_request(h2, frame->hd.stream_id);

	if (r == NULL)
		return 0;
	r->header_bytes += name_len + len + 32;
	if (r->header_bytes > MAX_HEADER_BYTES) {
		fail(r, RPC_RESOURCE_EXHAUSTED, "the server sent too many headers");
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if (is_name(name, name_len, ":status"))
		r->http_status = parse_small(value, len);
	else if (is_name(name, name_len, "content-type"))
		r->grpc_content = len >= 16 && memcmp(value, "application/grpc", 16) == 0;
	else if (is_name(name, name_len, "grpc-status"))
		r->grpc_status = parse_small(value, len);
	else if (is_name(name, name_len, "grpc-message"))
		keep_text(&r->grpc_message, value, len);
	else if (is_name(name, name_len, "grpc-status-details-bin"))
		keep_text(&r->grpc_details, value, len);
	return 0;
}

static int
on_data_chunk(nghttp2_session *h2, uint8_t flags, int32_t stream_id, const uint8_t *data,
	      size_t len, void *arg)
{
	struct rpc_request *r = find_request(h2, stream_id);
	char                text[96];

	if (r == NULL || r->status.code != RPC_OK || r->http_status != 200 || !r->grpc_content)
		return 0;
	switch (rpc_body_add(&r->body, data, len, r->ch->max_message_bytes)) {
	case RPC_BODY_OK:
		break;
	case RPC_BODY_COMPRESSED:
		give_up(h2, r, RPC_INTERNAL,
			"the server sent a compressed message that was not asked for");
		break;
	case RPC_BODY_TOO_LARGE:
		(void)snprintf(text, sizeof(text), "received message larger than max (%zu vs. %zu)",
			       r->body.expected, r->ch->max_message_bytes);
		give_up(h2, r, RPC_RESOURCE_EXHAUSTED, text);
		break;
	case RPC_BODY_EXCESS:
		give_up(h2, r, RPC_INTERNAL, "the server sent more than one message");
		break;
	case RPC_BODY_NO_MEMORY:
		give_up(h2, r, RPC_RESOURCE_EXHAUSTED, "no memory for the response");
		break;
	}
	return 0;
}

/* gRPC's mapping of HTTP statuses for answers that carry no grpc-status. */
static enum rpc_code
code_from_http(int http)
{
	switch (http) {
	case 400:
		return RPC_INTERNAL;
	case 401:
		return RPC_UNAUTHENTICATED;
	case 403:
		return RPC_PERMISSION_DENIED;
	case 404:
		return RPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return RPC_UNAVAILABLE;
	default:
		return RPC_UNKNOWN;
	}
}

static enum rpc_code
code_from_h2(uint32_t error)
{
	switch (error) {
	case NGHTTP2_REFUSED_STREAM:
		return RPC_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return RPC_CANCELLED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return RPC_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return RPC_PERMISSION_DENIED;
	default:
		return RPC_INTERNAL;
	}
}

static void
decode_message(struct rpc_request *r)
{
	if (!rpc_body_is_complete(&r->body)) {
		fail(r, RPC_INTERNAL, "the server ended the call without a whole message");
		return;
	}
	r->resp = rpc_message_unpack(r->method->output, r->body.data, r->body.len, &r->arena);
	if (r->resp == NULL)
		fail(r, RPC_INTERNAL, "error unmarshalling response");
	rpc_body_fini(&r->body);
}

/* Everything the server will say about a call has been said. */
static void
conclude(struct rpc_request *r, uint32_t h2_error)
{
	char text[160];

	if (r->status.code != RPC_OK) {
		/* given up on this side */
	} else if (r->grpc_status > 0) {
		rpc_status_decode(&r->status, r->grpc_status, r->grpc_message, r->grpc_details);
	} else if (r->grpc_status == 0) {
		decode_message(r);
	} else if (h2_error != NGHTTP2_NO_ERROR) {
		(void)snprintf(text, sizeof(text),
			       "stream terminated by RST_STREAM with error code: %s",
			       nghttp2_http2_strerror(h2_error));
		fail(r, code_from_h2(h2_error), text);
	} else if (r->http_status != 200 || !r->grpc_content) {
		(void)snprintf(text, sizeof(text),
			       "unexpected HTTP status code received from server: %d",
			       r->http_status);
		fail(r, code_from_http(r->http_status), text);
	} else {
		fail(r, RPC_INTERNAL, "server closed the stream without sending trailers");
	}
	rpc_request_finish(r);
}

static int
on_stream_close(nghttp2_session *h2, int32_t stream_id, uint32_t error, void *arg)
{
	struct rpc_connection *c = arg;
	struct rpc_request    *r = find_request(h2, stream_id);
	char                   text[128];

	if (r == NULL)
		return 0;
	/* a server that goes away refuses what it has not looked at, and what was not sent yet never will be */
	if (c->draining && r->grpc_status < 0 &&
	    (error == NGHTTP2_REFUSED_STREAM || r->sent == 0)) {
		(void)snprintf(text, sizeof(text),
			       "the server closed the connection before it took the call");
		rpc_status_from_failure(&r->status, RPC_FAILURE_CLOSED, c->ch->host, c->ch->port,
					text);
	}
	conclude(r, error);
	return 0;
}

static int
on_frame_recv(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct rpc_connection *c = arg;

	if (frame->hd.type == NGHTTP2_SETTINGS)
		c->greeted = true;
	if (frame->hd.type == NGHTTP2_GOAWAY) {
		c->draining = true;
		if (c->ch->conn == c)
			c->ch->conn = NULL; /* the next call connects again */
	}
	/* the server answered before it had the whole request and says so with END_STREAM alone */
	if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
		struct rpc_request *r = find_request(h2, frame->hd.stream_id);

		if (r != NULL && r->sent < r->out_len)
			(void)nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, r->stream_id,
							NGHTTP2_NO_ERROR); /* or the server will */
	}
	return 0;
}

int
rpc_connection_new_h2(struct rpc_connection *c)
{
	nghttp2_session_callbacks *cbs;
	nghttp2_settings_entry     settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 18},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES},
        };
	int r = nghttp2_session_callbacks_new(&cbs);

	if (r < 0)
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_frame_recv);
	nghttp2_session_callbacks_set_on_stream_close_callback(cbs, on_stream_close);
	r = nghttp2_session_client_new(&c->h2, cbs, c);
	nghttp2_session_callbacks_del(cbs);
	if (r == 0)
		r = nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, settings,
					    ARRAY_SIZE(settings));
	if (r == 0)
		r = nghttp2_session_set_local_window_size(c->h2, NGHTTP2_FLAG_NONE, 0, 1 << 20);
	return r < 0 ? -ENOMEM : 0;
}
