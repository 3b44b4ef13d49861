/*
 * Inside of the server: what its three files share. server.c owns listener and services on the
 * state loop, session.c the connections on the I/O loops, call.c the calls that travel between
 * them.
 */
#pragma once

#include <stdatomic.h>

#include "common/log.h"
#include "common/str.h"
#include "h2_private.h"
#include "status_private.h"

struct rpc_session;

/* A method of a registered service; sorted by path once the server has started, read by all
 * threads. */
struct rpc_method {
	char                             *path;
	const ProtobufCServiceDescriptor *service;
	const ProtobufCMethodDescriptor  *desc;
	rpc_handler_fn                    fn; /* NULL: not implemented */
	size_t status_offset;                 /* of an int32 `status` in the response; 0: none */
};

/* The connections of one server on one I/O loop; touched only by that loop's thread. */
struct rpc_shard {
	struct rpc_server  *server;
	struct rpc_loop    *loop;
	struct rpc_session *sessions;
	bool                stopping;
	uint64_t            grace_ms;
	struct rpc_msg      stop;
	struct rpc_msg      stopped;
};

struct rpc_server {
	atomic_uint        refs; /* owner, sessions, calls, accepted descriptors on their way */
	struct rpc_io     *io;
	struct sec_tls    *tls;
	struct rpc_limits  limits;
	rpc_gate_fn        gate;
	void              *arg;
	char               address[46];
	uint16_t           port;
	int                listen_fd;
	struct loop_fd    *listen_watch;
	struct loop_timer *retry; /* accepts again after descriptors ran out */
	struct rpc_method *methods;
	size_t             n_methods;
	struct rpc_shard   shards[RPC_IO_THREADS_MAX];
	unsigned           shards_left; /* still stopping */
	bool               stopping;
	loop_fn            stop_done;
	void              *stop_arg;
	void (*on_raft_link)(int fd, uint64_t raft_id, const char *raft_address,
			     const char *peer_ip, void *arg);
	nghttp2_option *options;
	/* counted by all threads */
	atomic_size_t        buffered_bytes;
	atomic_uint_fast64_t connections_open, connections_total, handshakes_failed, calls_total,
	    calls_in_flight;
};

struct rpc_server       *rpc_server_ref(struct rpc_server *s);
struct rpc_server       *rpc_server_unref(struct rpc_server *s);
const struct rpc_method *rpc_server_find(const struct rpc_server *s, const char *path);

/*
 * A call from its first header to the end of its stream. The I/O thread owns it until dispatch, the
 * state loop from there to the answer; afterwards the I/O thread again. While the state loop has
 * it, the I/O thread touches only the fields of the first group.
 */
struct rpc_call {
	/* I/O thread */
	struct rpc_session *session; /* NULL: the connection has gone */
	struct rpc_call    *prev, *next;
	int32_t             stream_id; /* -1: the stream has gone */
	bool                headers_done;
	bool                has_timeout;
	bool                bad_timeout;
	bool                answered;   /* something was submitted on the stream */
	bool                dispatched; /* the state loop has it */
	bool                end_sent;
	bool                cancel_posted;
	size_t              header_bytes;
	uint64_t            started_ms;
	uint64_t            progress_ms; /* of sending the answer */
	uint64_t            deadline_ms; /* UINT64_MAX: none */
	struct rpc_body     body;
	size_t              charged; /* part of the server's buffered_bytes */
	char                http_method[8];
	char                content_type[40];
	char                encoding[24];
	size_t              sent; /* of resp */

	/* both, in turn */
	atomic_uint               refs; /* 1, and 1 for a cancel message on its way */
	struct rpc_msg            msg;
	struct rpc_msg            cancel_msg;
	struct rpc_server        *server;
	struct rpc_loop          *loop;
	const struct rpc_method  *method;
	char                     *path;
	char                      peer_ip[46];
	enum sec_component        cert_component;
	bool                      secure;
	char                      component[16];
	char                      version[32];
	bool                      has_component, has_version;
	ProtobufCMessage         *req;
	struct rpc_arena         *arena;
	uint8_t                  *resp; /* with prefix; NULL: status only */
	size_t                    resp_len;
	struct rpc_status_headers status;

	/* state loop */
	bool    cancelled;
	bool    replied;
	loop_fn on_cancel;
	void   *on_cancel_arg;
};

struct rpc_call *rpc_call_new(struct rpc_session *session, int32_t stream_id);
struct rpc_call *rpc_call_unref(struct rpc_call *c);
/* Hands a complete request to the state loop. */
void rpc_call_dispatch(struct rpc_call *c);
/* Tells the state loop, once, that nobody waits for the answer any more. */
void rpc_call_post_cancel(struct rpc_call *c);
/* session.c: an answer has come back to the I/O thread. */
void rpc_session_answer(struct rpc_msg *m);

/* session.c: takes an accepted descriptor over on the loop of its shard. ctx: NULL for clear text;
 * borrowed. */
void rpc_session_start(struct rpc_shard *shard, int fd, SSL_CTX *ctx, const char *peer_ip);
/* Begins to end all sessions of a shard. */
void rpc_session_stop_all(struct rpc_shard *shard);
/* server.c: a session of a shard has gone. */
void rpc_shard_session_gone(struct rpc_shard *shard);
