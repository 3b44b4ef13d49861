/*
 * The life of one accepted connection on its I/O loop: handshake, first bytes, HTTP/2 until one
 * side has enough, end. What the frames mean is in request.c, what the clock demands in
 * session_timer.c.
 */
#include <assert.h>
#include <string.h>

#include "security/tls.h"
#include "session_private.h"

#define MAX_IDLE_BYTES (128 * KIB)

/* Leaves the calls that a handler still has to themselves; they are freed when they come back. */
static void
abandon_calls(struct rpc_session *s)
{
	struct rpc_call *c = s->calls, *next;

	s->calls   = NULL;
	s->n_calls = 0;
	for (; c != NULL; c = next) {
		next         = c->next;
		c->session   = NULL;
		c->stream_id = -1;
		atomic_fetch_sub(&c->server->buffered_bytes, c->charged);
		c->charged = 0;
		if (c->dispatched)
			rpc_call_post_cancel(c);
		else
			rpc_call_unref(c);
	}
}

void
rpc_session_close(struct rpc_session *s)
{
	if (s->wire.state == RPC_WIRE_CLOSED)
		return;
	abandon_calls(s);
	s->link = rpc_link_close(s->link);
	rpc_wire_close(&s->wire);
}

void
rpc_session_pump(struct rpc_session *s)
{
	bool more;

	if (s->h2 == NULL || !rpc_wire_is_live(&s->wire))
		return;
	more = rpc_h2_pump(s->h2, &s->wire);
	if (!rpc_wire_is_live(&s->wire))
		return;
	if (!more || (s->ending && nghttp2_session_want_write(s->h2) == 0)) {
		abandon_calls(s);
		rpc_wire_close_flushed(&s->wire);
		return;
	}
	if (s->wire.unsent > 0)
		rpc_session_watch(s);
}

void
rpc_session_end(struct rpc_session *s, uint32_t h2_error, const char *text)
{
	if (s->ending)
		return;
	s->ending = true;
	log_debug("ending connection with %s: %s", s->peer_ip, text);
	(void)nghttp2_submit_goaway(s->h2, NGHTTP2_FLAG_NONE,
				    nghttp2_session_get_last_proc_stream_id(s->h2), h2_error,
				    (const uint8_t *)text, strlen(text)); /* a courtesy */
}

static void
begin_h2(struct rpc_session *s)
{
	if (rpc_session_new_h2(s) < 0) {
		rpc_session_close(s);
		return;
	}
	rpc_session_pump(s);
}

static void
on_open(struct rpc_wire *w)
{
	struct rpc_session  *s = container_of(w, struct rpc_session, wire);
	const unsigned char *alpn;
	unsigned             len;

	if (w->ssl == NULL)
		return; /* the first byte decides */
	s->component = sec_tls_peer_component(w->ssl);
	SSL_get0_alpn_selected(w->ssl, &alpn, &len);
	s->is_link = len == strlen(SEC_ALPN_RAFT); /* of the two names that were offered */
	if (!s->is_link) {
		begin_h2(s);
	} else if (!rpc_session_may_link(s)) {
		log_debug("refusing a raft link from %s", s->peer_ip);
		rpc_session_close(s);
	}
}

static void
on_data(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	struct rpc_session *s = container_of(w, struct rpc_session, wire);
	const char         *text;

	if (s->h2 == NULL && w->ssl == NULL && data[0] == RPC_HELLO_MAGIC[0] &&
	    rpc_session_may_link(s))
		s->is_link = true;
	if (s->is_link) {
		rpc_session_link_data(s, data, len);
		return;
	}
	if (s->h2 == NULL)
		begin_h2(s);
	if (s->h2 == NULL || s->ending || !rpc_wire_is_live(w))
		return;
	s->idle_bytes += len;
	if (rpc_h2_feed(s->h2, data, len, &text) < 0) {
		log_debug("closing connection with %s: %s", s->peer_ip, text);
		s->ending = true; /* what nghttp2 has to say about it goes out first */
	} else if (s->idle_bytes > MAX_IDLE_BYTES) {
		rpc_session_end(s, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_frames");
	}
	rpc_session_pump(s);
}

static void
on_pump(struct rpc_wire *w)
{
	struct rpc_session *s = container_of(w, struct rpc_session, wire);

	if (s->link != NULL)
		rpc_link_pump(s->link);
	else
		rpc_session_pump(s);
}

static void
on_lost(struct rpc_wire *w, int err, const char *text)
{
	struct rpc_session *s = container_of(w, struct rpc_session, wire);

	if (w->state == RPC_WIRE_HANDSHAKE) {
		atomic_fetch_add(&s->shard->server->handshakes_failed, 1);
		log_debug("TLS handshake with %s failed: %s", s->peer_ip, text);
		if (err == -EPROTO || err == -EKEYEXPIRED) {
			rpc_wire_end(w); /* with an alert on its way, and no calls yet */
			return;
		}
	}
	rpc_session_close(s);
}

static void
on_closed(struct rpc_wire *w)
{
	struct rpc_session *s     = container_of(w, struct rpc_session, wire);
	struct rpc_shard   *shard = s->shard;

	assert(s->calls == NULL);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		shard->sessions = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	nghttp2_session_del(s->h2);
	free(s);
	atomic_fetch_sub(&shard->server->connections_open, 1);
	rpc_shard_session_gone(shard);
}

static const struct rpc_wire_ops session_ops = {
    .on_open   = on_open,
    .on_data   = on_data,
    .on_pump   = on_pump,
    .on_timer  = rpc_session_on_timer,
    .on_lost   = on_lost,
    .on_closed = on_closed,
};

/* Makes a session whose wire has been initialised; NULL leaves nothing behind. */
static struct rpc_session *
session_new(struct rpc_shard *shard, SSL_CTX *ctx, const char *peer_ip)
{
	struct rpc_session *s   = calloc(1, sizeof(*s));
	SSL                *ssl = NULL;

	if (s != NULL && ctx != NULL)
		ssl = SSL_new(ctx);
	if (s == NULL || (ctx != NULL && ssl == NULL) ||
	    rpc_wire_init(&s->wire, shard->loop, ssl, &session_ops) < 0) {
		SSL_free(ssl);
		free(s);
		return NULL;
	}
	s->shard       = shard;
	s->accepted_ms = rpc_now_ms();
	(void)snprintf(s->peer_ip, sizeof(s->peer_ip), "%s", peer_ip);
	s->next = shard->sessions;
	if (s->next != NULL)
		s->next->prev = s;
	shard->sessions = s;
	rpc_server_ref(shard->server);
	return s;
}

void
rpc_session_start(struct rpc_shard *shard, int fd, SSL_CTX *ctx, const char *peer_ip)
{
	struct rpc_session *s = shard->stopping ? NULL : session_new(shard, ctx, peer_ip);

	if (s == NULL) {
		(void)close(fd); /* nothing was said on it */
		atomic_fetch_sub(&shard->server->connections_open, 1);
		return;
	}
	if (rpc_wire_adopt(&s->wire, fd) < 0 || rpc_wire_start(&s->wire, true) < 0) {
		rpc_session_close(s);
		return;
	}
	rpc_wire_arm(&s->wire, s->accepted_ms + shard->server->limits.handshake_ms);
}

static void
begin_shutdown(struct rpc_session *s, uint64_t grace_ms)
{
	uint64_t now = rpc_now_ms();

	if (!s->greeted || s->h2 == NULL || grace_ms == 0) {
		rpc_session_close(s);
		return;
	}
	/* a client's calls that are on their way still count as accepted; the real goodbye follows
	 */
	(void)nghttp2_submit_shutdown_notice(s->h2); /* a courtesy */
	s->goaway_due_ms = now + 100;
	s->force_due_ms  = now + grace_ms;
	rpc_session_pump(s);
	rpc_wire_arm(&s->wire, MIN(s->goaway_due_ms, s->force_due_ms));
}

void
rpc_session_stop_all(struct rpc_shard *shard)
{
	struct rpc_session *s = shard->sessions, *next;

	for (; s != NULL; s = next) {
		next = s->next;
		begin_shutdown(s, shard->grace_ms);
	}
}
