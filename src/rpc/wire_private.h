/*
 * One TCP connection, in clear text or under TLS, on an I/O loop: bytes in, bytes out, one timer,
 * one close. What the bytes mean is the session's. Inside of the rpc room; everything runs on the
 * thread of the loop.
 */
#pragma once

#include <openssl/ssl.h>

#include "io_private.h"

#define RPC_UNSENT_MAX (256 * KIB) /* sessions stop producing above this */

struct rpc_wire;

struct rpc_wire_ops {
	/* The TLS handshake is over and the peer's chain is good; at once for clear text. */
	void (*on_open)(struct rpc_wire *w);
	/* Clear text as it arrives; afterwards the session flushes what it wants to say. */
	void (*on_data)(struct rpc_wire *w, const uint8_t *data, size_t len);
	/* There is room: what could not be sent at once has gone out, or rpc_wire_want_pump()
	 * asked. */
	void (*on_pump)(struct rpc_wire *w);
	void (*on_timer)(struct rpc_wire *w);
	/* The peer has gone or broke the protocol, text says how; err 0 is an orderly end. The
	 * session closes the wire. */
	void (*on_lost)(struct rpc_wire *w, int err, const char *text);
	/* Nothing of the wire is in use any more: free the owner. */
	void (*on_closed)(struct rpc_wire *w);
};

enum rpc_wire_state {
	RPC_WIRE_NEW, /* not connected */
	RPC_WIRE_HANDSHAKE,
	RPC_WIRE_OPEN,
	RPC_WIRE_FLUSHING, /* closes when everything has gone out; input is ignored */
	RPC_WIRE_ENDED, /* nothing more is sent; closes when the peer has closed; input is ignored */
	RPC_WIRE_CLOSED,
};

struct rpc_wire {
	struct rpc_loop           *loop;
	const struct rpc_wire_ops *ops;
	enum rpc_wire_state        state;
	uv_tcp_t                   tcp;
	uv_timer_t                 timer;
	uint64_t                   timer_due_ms; /* UINT64_MAX: not armed */
	unsigned                   open_handles;
	SSL                       *ssl; /* NULL: clear text; owned */
	const uint8_t             *in;  /* bytes received and not yet taken by TLS */
	size_t                     in_len;
	size_t                     unsent;      /* handed to libuv, not yet taken by the kernel */
	uint64_t                   progress_ms; /* last time the kernel took something */
	uint64_t                   last_read_ms;
	bool                       dirty;
	struct rpc_wire           *dirty_next;
	bool                       out_of_memory;
};

/* ssl (may be NULL) belongs to the wire. After 0, only rpc_wire_close() and then ops->on_closed end
 * it. */
int rpc_wire_init(struct rpc_wire *w, struct rpc_loop *l, SSL *ssl, const struct rpc_wire_ops *ops);
/* Takes an accepted descriptor; closes it when it fails. */
int rpc_wire_adopt(struct rpc_wire *w, int fd);
/* The TCP connection is there: starts reading and, for TLS, the handshake. */
int rpc_wire_start(struct rpc_wire *w, bool server);
/* Queues clear text; it goes out with the next flush. */
void rpc_wire_send(struct rpc_wire *w, const uint8_t *data, size_t len);
void rpc_wire_flush(struct rpc_wire *w);
/* Calls on_pump once the batch of messages at hand has been handled, so that their frames share a
 * write. */
void rpc_wire_want_pump(struct rpc_wire *w);
void rpc_wire_flush_dirty(struct rpc_loop *l);
/* Timer due at due_ms of rpc_now_ms() or earlier; later times than the armed one are left to the
 * next round. */
void rpc_wire_arm(struct rpc_wire *w, uint64_t due_ms);
/* Stops and goes on with reading from the socket. */
void rpc_wire_pause(struct rpc_wire *w);
void rpc_wire_resume(struct rpc_wire *w);
/* Lets what was sent go out, then closes. The session sees nothing more but on_closed and on_timer.
 */
void rpc_wire_close_flushed(struct rpc_wire *w);
/* Ends our direction and reads on, for a short while, until the peer has closed: closing with
 * input unread would send a reset, and the peer would never see what was said last. */
void rpc_wire_end(struct rpc_wire *w);
/* Closes now; also inside of callbacks, and again. */
void rpc_wire_close(struct rpc_wire *w);

static inline bool
rpc_wire_is_live(const struct rpc_wire *w)
{
	return w->state == RPC_WIRE_HANDSHAKE || w->state == RPC_WIRE_OPEN;
}

/* ---- tls.c ---- */

/* Connects an SSL to its wire. 0 or -ENOMEM. */
int rpc_tls_attach(struct rpc_wire *w);
/* Goes on with the handshake: 1 done, 0 wants more input, -EPROTO failed. */
int rpc_tls_handshake(struct rpc_wire *w);
/* Decrypts what is in w->in: bytes, 0 when more input is needed, -ECONNRESET at the end, -EPROTO
 * for an error. */
ssize_t rpc_tls_read(struct rpc_wire *w, uint8_t *buf, size_t size);
/* Encrypts; 0, -EPROTO or -ENOMEM. */
int  rpc_tls_write(struct rpc_wire *w, const uint8_t *data, size_t len);
void rpc_tls_shutdown(struct rpc_wire *w);
/* Why the last TLS operation of this thread failed, and whether an expired certificate was the
 * cause. */
const char *rpc_tls_error(const struct rpc_wire *w, bool *ret_expired);
