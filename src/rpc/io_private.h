/*
 * I/O loops and the queues between them and the state loop. Inside of the rpc room.
 *
 * A message is a member of the object it is about and is never allocated: an object travels from
 * one thread to another and is touched only by the one that has it.
 */
#pragma once

#include <pthread.h>
#include <uv.h>

#include "rpc/rpc.h"

#define RPC_READ_BYTES   65536 /* one read of a socket */
#define RPC_GATHER_BYTES 65536 /* clear text gathered before it is encrypted and written */

struct rpc_msg;
typedef void (*rpc_msg_fn)(struct rpc_msg *m);
struct rpc_msg {
	struct rpc_msg *next;
	rpc_msg_fn      fn;
};

/*
 * Messages from any thread to the one that runs the loop of `poll`, in order. Not a uv_async_t: its
 * receiver spins while a sender is inside of uv_async_send(), which costs dearly when there are
 * more threads than processors.
 */
struct rpc_queue {
	pthread_mutex_t lock;
	struct rpc_msg *head, **tail;
	int             fd; /* eventfd that wakes the loop */
	uv_poll_t       poll;
	void (*after)(struct rpc_queue *q); /* behind each batch; may be NULL */
};

struct rpc_loop {
	struct rpc_io   *io;
	unsigned         index;
	uv_loop_t       *uv;
	uv_loop_t        own;    /* uv points here when the loop has a thread */
	pthread_t        thread; /* valid with own */
	struct rpc_queue in;
	struct rpc_msg   stop;
	struct rpc_wire
		*dirty; /* have something to say once the batch of messages has been handled */
	unsigned n_wires, peak_wires;
	/* Buffers shared by all connections of the loop: each is empty again when a callback
	 * returns. */
	uint8_t  read_buf[RPC_READ_BYTES];
	uint8_t  clear_buf[RPC_READ_BYTES];
	uint8_t  gather_buf[RPC_GATHER_BYTES];
	uint8_t *out; /* bytes for the socket, grows as needed */
	size_t   out_len, out_cap;
};

struct rpc_io {
	struct loop     *state;
	struct rpc_queue to_state;
	unsigned         n_threads;
	unsigned         n_loops;      /* at least 1 */
	unsigned         next;         /* round robin */
	unsigned         open_handles; /* on the state loop; the last one to close frees */
	struct rpc_loop *loops[RPC_IO_THREADS_MAX];
};

/* Any thread. */
void rpc_loop_post(struct rpc_loop *l, struct rpc_msg *m, rpc_msg_fn fn);
void rpc_state_post(struct rpc_io *io, struct rpc_msg *m, rpc_msg_fn fn);
/* The loop for the next connection. State loop. */
struct rpc_loop *rpc_io_pick(struct rpc_io *io);
/*
 * Keeps a loop's memory while something on it is still closing. A loop with a thread lives until
 * the thread has seen everything closed; one without shares the state loop, which goes on after
 * rpc_io_free().
 */
void rpc_loop_hold(struct rpc_loop *l);
void rpc_loop_release(struct rpc_loop *l);
/* Monotonic, the same on all threads, not cached. */
uint64_t rpc_now_ms(void);
/* Appends to l->out; -ENOMEM leaves it as it was. */
int rpc_loop_out(struct rpc_loop *l, const void *data, size_t len);
