/*
 * Inside of the client: client.c is the state loop's view (channels, requests), connection.c one
 * connection to a server on an I/O loop.
 */
#pragma once

#include <stdatomic.h>

#include "dial_private.h"
#include "h2_private.h"
#include "status_private.h"

struct rpc_connection;

/* Host, options and, on the I/O side, the connection in use. */
struct rpc_channel {
	atomic_uint            refs; /* owner, requests, connections */
	struct rpc_io         *io;
	struct rpc_loop       *loop;
	struct sec_tls        *tls;
	char                  *host;
	uint16_t               port;
	enum sec_component     component;
	uint64_t               connect_ms;
	size_t                 max_message_bytes;
	struct rpc_request    *open; /* state loop: not answered yet */
	struct rpc_msg         closed;
	struct rpc_connection *conn; /* I/O loop: takes new calls; NULL: connect first */
};

void rpc_channel_unref(struct rpc_channel *ch);

/*
 * A call made. The I/O loop has it from the start until it posts it back with its outcome, exactly
 * once; a cancel message may follow it there and keeps the memory until it has been looked at.
 */
struct rpc_request {
	atomic_uint                      refs; /* 1, and 1 for a cancel message on its way */
	struct rpc_msg                   msg;
	struct rpc_msg                   cancel_msg;
	struct rpc_channel              *ch;
	const ProtobufCMethodDescriptor *method;
	char                            *path;
	SSL_CTX                         *ctx; /* for a connection that has to be made; owned */
	uint64_t                         deadline_ms; /* UINT64_MAX: none */

	/* state loop */
	struct rpc_request *prev, *next;
	rpc_reply_cb        cb;
	void               *arg;
	bool                cancelled;

	/* I/O loop */
	struct rpc_connection *conn; /* NULL: finished */
	struct rpc_request    *io_prev, *io_next;
	int32_t                stream_id; /* -1: not submitted */
	uint8_t               *out;
	size_t                 out_len, sent;
	struct rpc_body        body;
	size_t                 header_bytes;
	int                    http_status;
	int                    grpc_status; /* -1: not received */
	char                  *grpc_message;
	char                  *grpc_details;
	bool                   grpc_content;

	/* outcome */
	struct rpc_status status;
	ProtobufCMessage *resp;
	struct rpc_arena *arena;
};

void rpc_request_unref(struct rpc_request *r);
/* client.c, on the state loop: the outcome has come back. */
void rpc_request_done(struct rpc_msg *m);

/* connection.c, on the I/O loop */
void rpc_connection_start_request(struct rpc_msg *m);
void rpc_connection_cancel_request(struct rpc_msg *m);
void rpc_connection_close_channel(struct rpc_msg *m);
/* Sends the outcome in r->status (and r->resp) back to the state loop. */
void rpc_request_finish(struct rpc_request *r);

/* ---- response.c: HTTP/2 of a client ---- */

struct rpc_connection {
	struct rpc_wire     wire;
	struct rpc_channel *ch;
	nghttp2_session    *h2;
	struct rpc_request *requests;
	bool                greeted;  /* the server's SETTINGS have come */
	bool                draining; /* GOAWAY seen: no new calls */
	uint64_t            connect_due_ms;
	struct rpc_dial     dial;
};

int rpc_connection_new_h2(struct rpc_connection *c);
/* Opens the stream of a call. 0 or -ENOMEM. */
int rpc_connection_submit(struct rpc_connection *c, struct rpc_request *r);
