/*
 * One connection of a channel on its I/O loop: resolve, connect, handshake, calls, loss. Calls made
 * while it is coming up wait in its list; when it cannot come up they all fail with the reason, and
 * the next call tries again.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "client_private.h"
#include "common/log.h"
#include "common/str.h"
#include "security/tls.h"

#define MAX_REASON 200

/* ---- requests ---- */

static void
unlink_request(struct rpc_request *r)
{
	if (r->io_prev != NULL)
		r->io_prev->io_next = r->io_next;
	else
		r->conn->requests = r->io_next;
	if (r->io_next != NULL)
		r->io_next->io_prev = r->io_prev;
	r->conn    = NULL;
	r->io_prev = r->io_next = NULL;
}

void
rpc_request_finish(struct rpc_request *r)
{
	if (r->conn != NULL) {
		if (r->stream_id >= 0)
			(void)nghttp2_session_set_stream_user_data(r->conn->h2, r->stream_id,
								   NULL); /* or gone */
		unlink_request(r);
	}
	rpc_state_post(r->ch->io, &r->msg, rpc_request_done);
}

static void
add_request(struct rpc_connection *c, struct rpc_request *r)
{
	r->conn    = c;
	r->io_next = c->requests;
	if (c->requests != NULL)
		c->requests->io_prev = r;
	c->requests = r;
	if (r->deadline_ms != UINT64_MAX)
		rpc_wire_arm(&c->wire, r->deadline_ms);
}

static void
submit(struct rpc_connection *c, struct rpc_request *r)
{
	if (rpc_connection_submit(c, r) == 0)
		return;
	rpc_status_set(&r->status, RPC_RESOURCE_EXHAUSTED,
		       "unable to start the call: out of memory or stream ids");
	rpc_request_finish(r);
}

/* ---- failure ---- */

/* The connection is over: every call on it ends with the same status, unless it already has one. */
static void
fail_all(struct rpc_connection *c, enum rpc_failure failure, const char *text)
{
	if (c->ch->conn == c)
		c->ch->conn = NULL;
	while (c->requests != NULL) {
		struct rpc_request *r = c->requests;

		if (r->status.code == RPC_OK)
			rpc_status_from_failure(&r->status, failure, c->ch->host, c->ch->port,
						text);
		rpc_request_finish(r);
	}
	rpc_wire_close(&c->wire);
}

/* The session has nothing more to do: the server said goodbye, or broke the protocol while calls were open. */
static void
session_over(struct rpc_connection *c)
{
	if (c->requests != NULL) {
		fail_all(c, RPC_FAILURE_OTHER,
			 c->greeted ? "error reading from server: protocol error"
				    : "error reading server preface: protocol error");
		return;
	}
	if (c->ch->conn == c)
		c->ch->conn = NULL;
	rpc_wire_close_flushed(&c->wire);
}

static void
pump(struct rpc_connection *c)
{
	if (c->h2 == NULL || !rpc_wire_is_live(&c->wire))
		return;
	if (!rpc_h2_pump(c->h2, &c->wire) && rpc_wire_is_live(&c->wire))
		session_over(c);
}

static void
on_lost(struct rpc_wire *w, int err, const char *text)
{
	struct rpc_connection *c       = container_of(w, struct rpc_connection, wire);
	enum rpc_failure       failure = RPC_FAILURE_OTHER;
	char                   reason[MAX_REASON];

	if (err == -EKEYEXPIRED)
		failure = RPC_FAILURE_EXPIRED;
	if (w->state == RPC_WIRE_HANDSHAKE || (w->ssl != NULL && !c->greeted && err == -EPROTO))
		(void)snprintf(reason, sizeof(reason),
			       "transport: authentication handshake failed: %s", text);
	else if (!c->greeted)
		(void)snprintf(reason, sizeof(reason), "error reading server preface: %s", text);
	else
		(void)snprintf(reason, sizeof(reason), "error reading from server: %s", text);
	if (c->greeted && c->draining)
		failure = RPC_FAILURE_CLOSED;
	fail_all(c, failure, reason);
}

/* ---- life of the wire ---- */

static void
on_open(struct rpc_wire *w)
{
	struct rpc_connection *c = container_of(w, struct rpc_connection, wire);

	if (w->ssl != NULL && sec_tls_peer_component(w->ssl) != SEC_COMPONENT_SERVER) {
		fail_all(c, RPC_FAILURE_OTHER,
			 "transport: authentication handshake failed: the peer's certificate is "
			 "not a server's");
		return;
	}
	if (rpc_connection_new_h2(c) < 0) {
		fail_all(c, RPC_FAILURE_OTHER, "out of memory");
		return;
	}
	/* the list has the newest first; the order of calls does not matter */
	for (struct rpc_request *r = c->requests, *next; r != NULL; r = next) {
		next = r->io_next;
		submit(c, r);
	}
	pump(c);
}

static void
on_data(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	struct rpc_connection *c = container_of(w, struct rpc_connection, wire);
	const char            *text;

	if (c->h2 == NULL)
		return;
	if (rpc_h2_feed(c->h2, data, len, &text) < 0) {
		on_lost(w, -EPROTO, text);
		return;
	}
	pump(c);
}

static void
on_pump(struct rpc_wire *w)
{
	pump(container_of(w, struct rpc_connection, wire));
}

static void
on_timer(struct rpc_wire *w)
{
	struct rpc_connection *c    = container_of(w, struct rpc_connection, wire);
	uint64_t               now  = rpc_now_ms();
	uint64_t               next = UINT64_MAX;

	if (!c->greeted) {
		if (now >= c->connect_due_ms) {
			fail_all(c, RPC_FAILURE_TIMED_OUT, "i/o timeout");
			return;
		}
		next = c->connect_due_ms;
	}
	for (struct rpc_request *r = c->requests, *following; r != NULL; r = following) {
		following = r->io_next;
		if (r->deadline_ms > now) {
			next = MIN(next, r->deadline_ms);
			continue;
		}
		rpc_status_set(&r->status, RPC_DEADLINE_EXCEEDED, "context deadline exceeded");
		r->status.local = true;
		if (r->stream_id >= 0)
			(void)nghttp2_submit_rst_stream(
			    c->h2, NGHTTP2_FLAG_NONE, r->stream_id,
			    NGHTTP2_CANCEL); /* its own deadline ends it there too */
		rpc_request_finish(r);
	}
	pump(c);
	if (next != UINT64_MAX)
		rpc_wire_arm(w, next);
}

static void
free_connection(struct rpc_connection *c)
{
	assert(c->requests == NULL);
	nghttp2_session_del(c->h2);
	rpc_channel_unref(c->ch);
	free(c);
}

static void
on_closed(struct rpc_wire *w)
{
	struct rpc_connection *c = container_of(w, struct rpc_connection, wire);

	if (!c->dial.resolving)
		free_connection(c);
}

static const struct rpc_wire_ops connection_ops = {
    .on_open   = on_open,
    .on_data   = on_data,
    .on_pump   = on_pump,
    .on_timer  = on_timer,
    .on_lost   = on_lost,
    .on_closed = on_closed,
};

/* ---- connecting ---- */

static void
dial_failed(struct rpc_dial *d, enum rpc_failure failure, const char *reason)
{
	fail_all(container_of(d, struct rpc_connection, dial), failure, reason);
}

static void
dial_released(struct rpc_dial *d)
{
	free_connection(container_of(d, struct rpc_connection, dial));
}

/* A connection that begins to come up; NULL without memory. */
static struct rpc_connection *
connection_new(struct rpc_channel *ch, SSL_CTX *ctx)
{
	struct rpc_connection *c   = calloc(1, sizeof(*c));
	SSL                   *ssl = NULL;

	if (c != NULL && ctx != NULL)
		ssl = rpc_dial_new_ssl(ctx, ch->host, "\x02h2");
	if (c == NULL || (ctx != NULL && ssl == NULL) ||
	    rpc_wire_init(&c->wire, ch->loop, ssl, &connection_ops) < 0) {
		SSL_free(ssl);
		free(c);
		return NULL;
	}
	atomic_fetch_add(&ch->refs, 1);
	c->ch             = ch;
	c->connect_due_ms = rpc_now_ms() + ch->connect_ms;
	c->dial           = (struct rpc_dial){
		      .wire        = &c->wire,
		      .host        = ch->host,
		      .port        = ch->port,
		      .on_failed   = dial_failed,
		      .on_released = dial_released,
        };
	rpc_wire_arm(&c->wire, c->connect_due_ms);
	return c;
}

/* ---- messages from the state loop ---- */

void
rpc_connection_start_request(struct rpc_msg *m)
{
	struct rpc_request    *r  = container_of(m, struct rpc_request, msg);
	struct rpc_channel    *ch = r->ch;
	struct rpc_connection *c  = ch->conn;

	if (c == NULL) {
		c = connection_new(ch, r->ctx);
		if (c == NULL) {
			rpc_status_set(&r->status, RPC_RESOURCE_EXHAUSTED,
				       "no memory for a connection");
			rpc_request_finish(r);
			return;
		}
		ch->conn = c;
		add_request(c, r);
		rpc_dial_start(&c->dial);
		return;
	}
	add_request(c, r);
	if (c->h2 != NULL) {
		submit(c, r);
		rpc_wire_want_pump(&c->wire);
	}
}

void
rpc_connection_cancel_request(struct rpc_msg *m)
{
	struct rpc_request    *r = container_of(m, struct rpc_request, cancel_msg);
	struct rpc_connection *c = r->conn;

	if (c != NULL) {
		if (r->stream_id >= 0)
			(void)nghttp2_submit_rst_stream(
			    c->h2, NGHTTP2_FLAG_NONE, r->stream_id,
			    NGHTTP2_CANCEL); /* its own deadline ends it there too */
		rpc_status_set(&r->status, RPC_CANCELLED, "context canceled");
		rpc_request_finish(r);
		rpc_wire_want_pump(&c->wire);
	}
	rpc_request_unref(r);
}

void
rpc_connection_close_channel(struct rpc_msg *m)
{
	struct rpc_channel    *ch = container_of(m, struct rpc_channel, closed);
	struct rpc_connection *c  = ch->conn;

	ch->conn = NULL;
	if (c != NULL) {
		assert(c->requests == NULL); /* their cancels came first */
		if (c->h2 != NULL)
			(void)nghttp2_session_terminate_session(c->h2,
								NGHTTP2_NO_ERROR); /* a courtesy */
		pump(c);
		rpc_wire_close_flushed(&c->wire);
	}
	rpc_channel_unref(ch);
}
