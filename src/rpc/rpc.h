/*
 * gRPC over nghttp2, OpenSSL and libuv: server, channels, calls, fan-out (wire-grpc.md, c-stack.md
 * §10).
 *
 * Threads: sockets, TLS and HTTP/2 live on the I/O loops of a `struct rpc_io`; every callback of
 * this header runs on the state loop given to rpc_io_new(), and every function is called from
 * there. With zero I/O threads the state loop does the I/O itself (dmg). Messages: protobuf-c
 * messages handed to a callback are borrowed until it returns; messages given to a function are
 * packed before it returns.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/fault.h"
#include "loop/loop.h"
#include "security/security.h"

/* ---- status ---- */

enum rpc_code {
	RPC_OK                  = 0,
	RPC_CANCELLED           = 1,
	RPC_UNKNOWN             = 2,
	RPC_INVALID_ARGUMENT    = 3,
	RPC_DEADLINE_EXCEEDED   = 4,
	RPC_NOT_FOUND           = 5,
	RPC_PERMISSION_DENIED   = 7,
	RPC_RESOURCE_EXHAUSTED  = 8,
	RPC_FAILED_PRECONDITION = 9,
	RPC_ABORTED             = 10,
	RPC_OUT_OF_RANGE        = 11,
	RPC_UNIMPLEMENTED       = 12,
	RPC_INTERNAL            = 13,
	RPC_UNAVAILABLE         = 14,
	RPC_UNAUTHENTICATED     = 16,
};
/* "PermissionDenied", as upstream's clients print it. */
const char *rpc_code_name(enum rpc_code code);

/* What a typed error carries besides code and message (wire-grpc.md §5). */
enum rpc_detail {
	RPC_DETAIL_NONE,
	RPC_DETAIL_FAULT,
	RPC_DETAIL_DAOS_STATUS,
	RPC_DETAIL_NOT_REPLICA,
	RPC_DETAIL_NOT_LEADER,
	RPC_DETAIL_POOL_NOT_FOUND,
};

/*
 * The outcome of a call. Failures of the connection itself have code UNAVAILABLE and, where
 * upstream's client has a fault for them (504 to 508), detail FAULT with `local` set.
 */
struct rpc_status {
	enum rpc_code   code;
	enum rpc_detail detail;
	bool            local;       /* made on this side, not received */
	char           *message;     /* owned; may be NULL */
	struct fault    fault;       /* DETAIL_FAULT */
	int32_t         daos_status; /* DETAIL_DAOS_STATUS, negative */
	char           *leader_hint; /* DETAIL_NOT_LEADER, may be NULL */
	char          **replicas;    /* NOT_REPLICA, NOT_LEADER; n_replicas entries */
	size_t          n_replicas;
	char           *pool_uuid; /* POOL_NOT_FOUND: exactly one of these three */
	char           *pool_label;
	bool            has_pool_rank;
	uint32_t        pool_rank;
};
#define RPC_STATUS_INIT                                                                            \
	{                                                                                          \
		0                                                                                  \
	}
void rpc_status_fini(struct rpc_status *s);
int  rpc_status_copy(struct rpc_status *dst, const struct rpc_status *src);
/* Setters overwrite *s. */
void rpc_status_set(struct rpc_status *s, enum rpc_code code, const char *fmt, ...) _printf_(3, 4);
/* A coded fault becomes Internal with detail, a plain one Unknown with its text. */
void rpc_status_from_fault(struct rpc_status *s, const struct fault *f);
void rpc_status_from_daos(struct rpc_status *s, int32_t status);
void rpc_status_not_replica(struct rpc_status *s, const char *const *replicas, size_t n);
void rpc_status_not_leader(struct rpc_status *s, const char *hint, const char *const *replicas,
			   size_t n);
/* Exactly one of uuid, label and rank is given, the others are NULL. */
void rpc_status_pool_not_found(struct rpc_status *s, const char *uuid, const char *label,
			       const uint32_t *rank);
/*
 * What a person sees: a typed error as its own text, anything else `rpc error: code = <CodeName>
 * desc = <message>`. Returns buf.
 */
char *rpc_status_format(const struct rpc_status *s, char *buf, size_t size);

/* ---- I/O threads ---- */

struct rpc_io;
/*
 * threads 0: I/O on the state loop itself. At most RPC_IO_THREADS_MAX. SIGPIPE is ignored from now on, unless the
 * program has a handler for it: a peer that closes must not end the process.
 */
#define RPC_IO_THREADS_MAX 4
int rpc_io_new(struct loop *state, unsigned threads, struct rpc_io **ret);
/* Servers, channels and the descriptors of raft links on it must have been freed or closed. */
struct rpc_io *rpc_io_free(struct rpc_io *io);

/* ---- server ---- */

struct rpc_server;
struct rpc_call; /* one call being served; lives until it was answered, also when the client has
		    gone */

typedef void (*rpc_handler_fn)(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
/*
 * Runs on the state loop before each handler (version, permission, gates). Returns true to go on;
 * false after it has failed the call with rpc_call_fail().
 */
typedef bool (*rpc_gate_fn)(struct rpc_call *call, const ProtobufCMessage *req, void *arg);

struct rpc_method_handler {
	const char    *name; /* as in the .proto, e.g. "Join" */
	rpc_handler_fn fn;
};

/* All 0 mean the default said behind it. */
struct rpc_limits {
	size_t   max_message_bytes;    /* 4 MiB, received */
	size_t   max_header_bytes;     /* 16 KiB, one header list */
	unsigned max_streams;          /* 128 a connection, calls in flight included */
	unsigned max_connections;      /* 4096 */
	size_t   max_buffered_bytes;   /* 64 MiB of unfinished requests in the process */
	unsigned handshake_ms;         /* 10000: TLS and preface */
	unsigned request_ms;           /* 60000: a request must be complete */
	unsigned write_stall_ms;       /* 60000: a peer that does not read */
	unsigned idle_ms;              /* 2 h: then a ping; 20 s for its answer */
	unsigned min_ping_interval_ms; /* 5 min: more often is dropped */
};

struct rpc_server_opts {
	const char       *address; /* numeric IPv4 to bind */
	uint16_t          port;    /* 0: any, see rpc_server_port() */
	struct sec_tls   *tls;     /* NULL: plaintext; borrowed */
	struct rpc_limits limits;
	rpc_gate_fn       gate;
	void             *arg; /* for gate and handlers */
	/*
	 * A peer that speaks the raft protocol on this port, after its certificate has been checked
	 * to be a server's. fd is a stream of the clear-text link and belongs to the callee. NULL:
	 * such peers are refused.
	 */
	void (*on_raft_link)(int fd, uint64_t raft_id, const char *raft_address,
			     const char *peer_ip, void *arg);
};

/* Binds and listens. Raises a plain fault `unable to listen on ADDR:PORT: …`. */
int rpc_server_new(struct rpc_io *io, const struct rpc_server_opts *opts, struct rpc_server **ret,
		   struct fault *f);
/*
 * Registers every method of a service. Methods without a handler in the list (n entries) answer
 * Unimplemented. Response messages with a non-zero int32 field `status` are turned into a
 * DAOS-status error (wire-grpc.md §5).
 */
int rpc_server_add_service(struct rpc_server *s, const ProtobufCServiceDescriptor *service,
			   const struct rpc_method_handler *handlers, size_t n);
/* Starts accepting, after the services are there. */
int      rpc_server_start(struct rpc_server *s);
uint16_t rpc_server_port(const struct rpc_server *s);
/*
 * Stops listening, lets calls in flight end for at most grace_ms, closes, then calls done(arg). The
 * server is freed by rpc_server_free() after that.
 */
void rpc_server_stop(struct rpc_server *s, uint64_t grace_ms, loop_fn done, void *arg);
struct rpc_server *rpc_server_free(struct rpc_server *s);

struct rpc_server_stats {
	uint64_t connections_open, connections_total, handshakes_failed, calls_total,
	    calls_in_flight;
};
void rpc_server_get_stats(const struct rpc_server *s, struct rpc_server_stats *ret);

/* About a call. Strings are borrowed and live as long as the call. */
const char                      *rpc_call_path(const struct rpc_call *c); /* "/mgmt.MgmtSvc/Join" */
const ProtobufCMethodDescriptor *rpc_call_method(const struct rpc_call *c);
/* Component of the client certificate; UNDEFINED in plaintext. */
enum sec_component rpc_call_cert_component(const struct rpc_call *c);
bool               rpc_call_is_secure(const struct rpc_call *c);
/* A request header by lower-case name, or NULL. Only x-daos-component and x-daos-version are kept.
 */
const char *rpc_call_header(const struct rpc_call *c, const char *name);
const char *rpc_call_peer_ip(const struct rpc_call *c); /* numeric */
/* Milliseconds until the caller's deadline: UINT64_MAX without one, 0 when it has passed. */
uint64_t rpc_call_time_left_ms(const struct rpc_call *c);
/* Called once when the client cancels, its deadline passes or its connection ends before the
 * answer. */
void rpc_call_on_cancel(struct rpc_call *c, loop_fn cb, void *arg);
bool rpc_call_is_cancelled(const struct rpc_call *c);
/* Answer a call exactly once; the call is gone afterwards. */
void rpc_call_reply(struct rpc_call *c, const ProtobufCMessage *resp);
void rpc_call_fail(struct rpc_call *c, const struct rpc_status *s);
void rpc_call_fail_fault(struct rpc_call *c, const struct fault *f);

/* ---- client ---- */

struct rpc_channel; /* one connection to one host */
struct rpc_request; /* one call made */

struct rpc_channel_opts {
	const char        *host; /* name or numeric IPv4 */
	uint16_t           port;
	struct sec_tls    *tls;               /* NULL: plaintext; borrowed */
	enum sec_component component;         /* sent as x-daos-component with x-daos-version */
	uint64_t           connect_ms;        /* 0: 20 s */
	size_t             max_message_bytes; /* 0: 4 MiB */
};

/* resp is NULL when status->code is not RPC_OK. Both borrowed. Runs exactly once unless the request
 * is cancelled. */
typedef void (*rpc_reply_cb)(const struct rpc_status *status, const ProtobufCMessage *resp,
			     void *arg);

/* Connects lazily, at the first call. */
int rpc_channel_new(struct rpc_io *io, const struct rpc_channel_opts *opts,
		    struct rpc_channel **ret);
/* Cancels calls still open (their callbacks do not run). */
struct rpc_channel *rpc_channel_free(struct rpc_channel *ch);
/*
 * Calls a method; deadline_ms from now, 0 for none. *ret (may be NULL) is valid until the callback
 * has run.
 */
int  rpc_channel_call(struct rpc_channel *ch, const ProtobufCServiceDescriptor *service,
		      const char *method, const ProtobufCMessage *req, uint64_t deadline_ms,
		      rpc_reply_cb cb, void *arg, struct rpc_request **ret);
void rpc_request_cancel(struct rpc_request *r);

/* ---- fan-out ---- */

struct rpc_fanout;

struct rpc_fanout_target {
	const char             *host;
	uint16_t                port;
	const ProtobufCMessage *req; /* borrowed until the fan-out ends; may be the same for all */
};

struct rpc_fanout_opts {
	struct rpc_channel_opts           channel; /* host and port are taken from each target */
	const ProtobufCServiceDescriptor *service;
	const char                       *method;
	const struct rpc_fanout_target   *targets; /* borrowed until the end */
	size_t                            n_targets;
	unsigned                          window;      /* hosts contacted at once; 0: 64 */
	uint64_t                          deadline_ms; /* for the whole, from now; 0: none */
	/* Once per target, as answers come. */
	void (*on_result)(size_t index, const struct rpc_status *status,
			  const ProtobufCMessage *resp, void *arg);
	/* Once, after the last result. The fan-out is gone afterwards. */
	void (*on_done)(void *arg);
	void *arg;
};

int rpc_fanout_start(struct rpc_io *io, const struct rpc_fanout_opts *opts,
		     struct rpc_fanout **ret);
/* Ends it without further callbacks. */
struct rpc_fanout *rpc_fanout_cancel(struct rpc_fanout *fo);

/* ---- raft links ---- */

/*
 * A byte stream to another replica on its control port, under its own protocol name (TLS) or first bytes (clear text).
 * The other side gets it through on_raft_link of its server.
 */
struct rpc_raft_dial; /* a link that is coming up */

struct rpc_raft_opts {
	const char     *host; /* name or numeric IPv4 */
	uint16_t        port;
	struct sec_tls *tls;          /* NULL: clear text; borrowed during the call */
	uint64_t        raft_id;      /* own, told to the other side */
	const char     *raft_address; /* likewise, 1 to 255 bytes */
	uint64_t        connect_ms;   /* 0: 20 s, until the other side has taken the link */
};

/*
 * fd is a non-blocking stream of the link's clear text and belongs to the callee; closing it ends the link, and it ends
 * (end of file) when the connection is lost. Negative when no link came up; status says why, as for calls.
 */
typedef void (*rpc_raft_cb)(int fd, const struct rpc_status *status, void *arg);
/* *ret is valid until the callback has run. */
int rpc_raft_connect(struct rpc_io *io, const struct rpc_raft_opts *opts, rpc_raft_cb cb, void *arg,
		     struct rpc_raft_dial **ret);
/* The callback does not run any more. */
struct rpc_raft_dial *rpc_raft_cancel(struct rpc_raft_dial *d);
