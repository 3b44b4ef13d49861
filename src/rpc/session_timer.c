/*
 * What the clock demands of a server's connection: handshake and preface in time, requests complete
 * in time, answers that are read, deadlines of callers, life signs of an idle peer, and the steps
 * of a shutdown. One timer a connection; each round looks at everything and finds the next due
 * time.
 */
#include "session_private.h"

#define PING_ANSWER_MS 20000

static void
note_due(uint64_t *next, uint64_t due)
{
	if (due < *next)
		*next = due;
}

void
rpc_session_watch(struct rpc_session *s)
{
	const struct rpc_limits *l = &s->shard->server->limits;

	rpc_wire_arm(&s->wire, rpc_now_ms() + MAX(MIN(l->request_ms, l->write_stall_ms) / 2, 1U));
}

/* A caller's deadline, a request that does not end, an answer that is not taken. */
static void
check_call(struct rpc_session *s, struct rpc_call *c, uint64_t now, uint64_t *next)
{
	const struct rpc_limits *l = &s->shard->server->limits;
	uint64_t                 due;

	if (c->stream_id < 0)
		return;
	if (!c->answered && c->deadline_ms <= now) {
		rpc_session_fail_stream(s, c, RPC_DEADLINE_EXCEEDED, "context deadline exceeded");
		if (c->dispatched)
			rpc_call_post_cancel(c);
	} else if (!c->answered && !c->dispatched && now >= c->started_ms + l->request_ms) {
		rpc_session_fail_stream(s, c, RPC_DEADLINE_EXCEEDED,
					"the request was not complete within %u ms", l->request_ms);
	} else if (c->answered && now >= c->progress_ms + l->write_stall_ms) {
		(void)nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, c->stream_id,
						NGHTTP2_CANCEL); /* tried again in the next round */
		c->progress_ms = now;
	}
	if (c->answered)
		due = c->progress_ms + l->write_stall_ms;
	else if (c->dispatched)
		due = c->deadline_ms;
	else
		due = MIN(c->deadline_ms, c->started_ms + l->request_ms);
	note_due(next, due);
}

/* Steps of a graceful shutdown; false when the grace is over. */
static bool
check_shutdown(struct rpc_session *s, uint64_t now, uint64_t *next)
{
	if (s->force_due_ms == 0)
		return true;
	if (now >= s->force_due_ms)
		return false;
	if (s->goaway_due_ms != 0 && now >= s->goaway_due_ms) {
		s->goaway_due_ms = 0;
		(void)nghttp2_submit_goaway(
		    s->h2, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->h2),
		    NGHTTP2_NO_ERROR, NULL, 0); /* the end of the grace closes anyway */
	}
	note_due(next, s->goaway_due_ms != 0 ? s->goaway_due_ms : s->force_due_ms);
	return true;
}

/* An idle peer gets a ping and has to answer it; false when it did not. */
static bool
check_idle(struct rpc_session *s, uint64_t now, uint64_t *next)
{
	uint64_t idle_due = s->wire.last_read_ms + s->shard->server->limits.idle_ms;

	if (s->ping_due_ms != 0 && s->ping_due_ms <= now)
		return false;
	if (s->ping_due_ms == 0 && idle_due <= now) {
		if (nghttp2_submit_ping(s->h2, NGHTTP2_FLAG_NONE, NULL) < 0)
			return false;
		s->ping_due_ms =
		    now + MIN((uint64_t)PING_ANSWER_MS, s->shard->server->limits.idle_ms);
	}
	note_due(next, s->ping_due_ms != 0 ? s->ping_due_ms : idle_due);
	return true;
}

static bool
check_all(struct rpc_session *s, uint64_t now, uint64_t *next)
{
	const struct rpc_limits *l = &s->shard->server->limits;

	if (!s->greeted) {
		note_due(next, s->accepted_ms + l->handshake_ms);
		if (now >= s->accepted_ms + l->handshake_ms) {
			atomic_fetch_add(&s->shard->server->handshakes_failed, 1);
			return false;
		}
	}
	if (s->wire.unsent > 0) {
		if (now >= s->wire.progress_ms + l->write_stall_ms)
			return false;
		note_due(next, s->wire.progress_ms + l->write_stall_ms);
	}
	if (s->frame_open_ms != 0) {
		if (now >= s->frame_open_ms + l->request_ms)
			return false;
		note_due(next, s->frame_open_ms + l->request_ms);
	}
	if (s->h2 == NULL)
		return true;
	for (struct rpc_call *c = s->calls; c != NULL; c = c->next)
		check_call(s, c, now, next);
	return check_shutdown(s, now, next) && (!s->greeted || check_idle(s, now, next));
}

void
rpc_session_on_timer(struct rpc_wire *w)
{
	struct rpc_session *s    = container_of(w, struct rpc_session, wire);
	uint64_t            now  = rpc_now_ms();
	uint64_t            next = UINT64_MAX;

	if (!check_all(s, now, &next)) {
		log_debug("closing connection with %s: it was silent for too long", s->peer_ip);
		rpc_session_close(s);
		return;
	}
	rpc_session_pump(s);
	if (next != UINT64_MAX)
		rpc_wire_arm(w, next);
}
