/* One connection of a server, on its I/O loop. Inside of the server's files. */
#pragma once

#include "link_private.h"
#include "server_private.h"

struct rpc_session {
	struct rpc_wire     wire;
	struct rpc_shard   *shard;
	struct rpc_session *prev, *next;
	nghttp2_session    *h2;
	char                peer_ip[46];
	enum sec_component  component;
	struct rpc_call *calls; /* also those whose stream has gone and whose handler still runs */
	unsigned         n_calls;
	uint64_t         accepted_ms;
	bool             greeted;       /* preface and first SETTINGS have come */
	uint64_t         frame_open_ms; /* a header block has begun and not ended; 0: none */
	uint64_t         last_ping_ms;  /* from the peer */
	unsigned         ping_strikes;
	unsigned         idle_frames;   /* since the last one that brought anything forward */
	size_t           idle_bytes;    /* likewise; unknown frames show only here */
	uint64_t         ping_due_ms;   /* our ping must be answered by then; 0: none sent */
	uint64_t         goaway_due_ms; /* second step of the shutdown; 0: not begun */
	uint64_t         force_due_ms;  /* end of the grace; 0: none */
	bool             ending;        /* closes once everything has been said */
	/* a raft link instead of HTTP/2 */
	bool             is_link;
	uint8_t          hello[RPC_HELLO_MAX];
	size_t           hello_len;
	struct rpc_link *link; /* NULL: not greeted yet */
};

/* raft_accept.c: whether this peer may open a link, and what it sends. */
bool rpc_session_may_link(const struct rpc_session *s);
void rpc_session_link_data(struct rpc_session *s, const uint8_t *data, size_t len);

/* session_timer.c */
void rpc_session_on_timer(struct rpc_wire *w);
/* The next look at the clock is at most this far away while anything is open. */
void rpc_session_watch(struct rpc_session *s);

/* session.c */
void rpc_session_pump(struct rpc_session *s);
void rpc_session_close(struct rpc_session *s);
/* Ends a connection that breaks a rule: GOAWAY with a reason, then close. */
void rpc_session_end(struct rpc_session *s, uint32_t h2_error, const char *text);
/* request.c: the nghttp2 callbacks; answers a stream at once, also while its request still arrives.
 */
void rpc_session_fail_stream(struct rpc_session *s, struct rpc_call *c, enum rpc_code code,
			     const char *fmt, ...) _printf_(4, 5);
int  rpc_session_new_h2(struct rpc_session *s);
