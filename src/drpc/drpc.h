/*
 * dRPC: protobuf calls over SOCK_SEQPACKET Unix sockets between server and engine (wire-drpc.md).
 *
 * All functions and callbacks run on the loop's thread. Bodies are packed protobuf; this room does
 * not look inside.
 */
#pragma once

#include "common/fault.h"
#include "drpc.pb-c.h"
#include "loop/loop.h"

#define DRPC_MAX_DATAGRAM   131072
#define DRPC_MAX_CHUNK_DATA 131048
#define DRPC_MAX_PATH       107
/* Ceiling of one message where no other is given, for requests and replies. */
#define DRPC_MAX_MESSAGE (64 * MIB)

/* Module and method numbers (wire-drpc.md §3 to §5). */
enum drpc_module {
	DRPC_MODULE_TEST            = 0,
	DRPC_MODULE_SECURITY_AGENT  = 1,
	DRPC_MODULE_MGMT            = 2,
	DRPC_MODULE_SRV             = 3,
	DRPC_MODULE_SECURITY_SERVER = 4,
};

enum drpc_mgmt_method {
	DRPC_MGMT_KILL_RANK              = 201,
	DRPC_MGMT_SET_RANK               = 202,
	DRPC_MGMT_GET_ATTACH_INFO        = 206,
	DRPC_MGMT_POOL_CREATE            = 207,
	DRPC_MGMT_POOL_DESTROY           = 208,
	DRPC_MGMT_SET_UP                 = 209,
	DRPC_MGMT_BIO_HEALTH             = 210,
	DRPC_MGMT_SMD_DEVS               = 211,
	DRPC_MGMT_SMD_POOLS              = 212,
	DRPC_MGMT_POOL_GET_ACL           = 213,
	DRPC_MGMT_POOL_OVERWRITE_ACL     = 215,
	DRPC_MGMT_POOL_UPDATE_ACL        = 216,
	DRPC_MGMT_POOL_DELETE_ACL        = 217,
	DRPC_MGMT_PREP_SHUTDOWN          = 218,
	DRPC_MGMT_SET_FAULTY             = 220,
	DRPC_MGMT_REPLACE_STORAGE        = 221,
	DRPC_MGMT_LIST_CONTAINERS        = 222,
	DRPC_MGMT_POOL_QUERY             = 223,
	DRPC_MGMT_POOL_SET_PROP          = 224,
	DRPC_MGMT_PING_RANK              = 225,
	DRPC_MGMT_POOL_REINTEGRATE       = 226,
	DRPC_MGMT_CONT_SET_OWNER         = 227,
	DRPC_MGMT_POOL_EXCLUDE           = 228,
	DRPC_MGMT_POOL_EXTEND            = 229,
	DRPC_MGMT_POOL_EVICT             = 230,
	DRPC_MGMT_POOL_DRAIN             = 231,
	DRPC_MGMT_GROUP_UPDATE           = 232,
	DRPC_MGMT_NOTIFY_EXIT            = 233,
	DRPC_MGMT_NOTIFY_POOL_CONNECT    = 235,
	DRPC_MGMT_NOTIFY_POOL_DISCONNECT = 236,
	DRPC_MGMT_POOL_GET_PROP          = 237,
	DRPC_MGMT_SET_LOG_MASKS          = 238,
	DRPC_MGMT_POOL_UPGRADE           = 239,
	DRPC_MGMT_POOL_QUERY_TARGET      = 240,
	DRPC_MGMT_LED_MANAGE             = 241,
	DRPC_MGMT_CHECKER_START          = 242,
	DRPC_MGMT_CHECKER_STOP           = 243,
	DRPC_MGMT_CHECKER_QUERY          = 244,
	DRPC_MGMT_CHECKER_PROP           = 245,
	DRPC_MGMT_CHECKER_ACTION         = 246,
	DRPC_MGMT_SETUP_CLIENT_TELEMETRY = 247,
	DRPC_MGMT_GROUP_STATUS_GET       = 248,
	DRPC_MGMT_CHECKER_SET_POLICY     = 249,
	DRPC_MGMT_POOL_REBUILD_START     = 250,
	DRPC_MGMT_POOL_REBUILD_STOP      = 251,
	DRPC_MGMT_POOL_SELF_HEAL_EVAL    = 252,
};

enum drpc_srv_method {
	DRPC_SRV_NOTIFY_READY            = 301,
	DRPC_SRV_GET_POOL_SVC            = 303,
	DRPC_SRV_CLUSTER_EVENT           = 304,
	DRPC_SRV_POOL_FIND_BY_LABEL      = 305,
	DRPC_SRV_CHECKER_LIST_POOLS      = 306,
	DRPC_SRV_CHECKER_REGISTER_POOL   = 307,
	DRPC_SRV_CHECKER_DEREGISTER_POOL = 308,
	DRPC_SRV_CHECKER_REPORT          = 309,
	DRPC_SRV_LIST_POOLS              = 310,
	DRPC_SRV_GET_SYS_PROPS           = 311,
};

enum drpc_security_method {
	DRPC_SECURITY_AGENT_REQUEST_CREDENTIALS   = 101,
	DRPC_SECURITY_SERVER_VALIDATE_CREDENTIALS = 401,
};

/* ---- server ---- */

/*
 * A listener and its sessions. A session lives until its peer closes it; its calls are served one
 * after another, each when the one before it has been answered, so a peer that sends on without
 * reading is held back by its own socket. A session ends when a rule of the framing is broken, when
 * a message is larger than allowed, and when the peer does not read its answer in time. A Call that
 * cannot be parsed is answered (FAILED_UNMARSHAL_CALL, sequence -1).
 */
struct drpc_server;
struct drpc_call; /* one call being served; lives until answered, also when the peer has gone */

typedef void (*drpc_handler_fn)(struct drpc_call *call, void *arg);

struct drpc_method {
	int32_t         method;
	drpc_handler_fn fn;
};

struct drpc_server_opts {
	const char *path;              /* socket file, at most DRPC_MAX_PATH bytes */
	unsigned    max_sessions;      /* 0: 256; one more is closed at once */
	size_t      max_message_bytes; /* 0: DRPC_MAX_MESSAGE; a larger one closes the session */
	uint64_t
	    write_timeout_ms; /* 0: 30 s; a peer that takes longer to read an answer is cut off */
};

/* What a server has seen since it was made. */
struct drpc_counters {
	uint64_t sessions; /* accepted */
	uint64_t refused;  /* closed because max_sessions were open */
	uint64_t calls;    /* complete messages, parseable or not */
	uint64_t failed;   /* of these, answered with another status than SUCCESS */
	uint64_t broken;   /* sessions ended by a rule of the framing or a limit */
};

/*
 * Creates the socket with mode 0600 and listens. A live listener on the path raises
 * SOCKET_FILE_IN_USE, a stale socket is removed, a file that is no socket is refused, a missing
 * directory is named.
 */
int drpc_server_new(struct loop *l, const struct drpc_server_opts *opts, struct drpc_server **ret,
		    struct fault *f);
/*
 * A module and its methods (borrowed, n entries, may be 0). Other methods answer UNKNOWN_METHOD,
 * other modules UNKNOWN_MODULE. -EEXIST when the module is there already.
 */
int drpc_server_add_module(struct drpc_server *s, int32_t module, const struct drpc_method *methods,
			   size_t n, void *arg);
void drpc_server_get_counters(const struct drpc_server *s, struct drpc_counters *ret);
/*
 * Closes sessions; removes the socket file when `unlink_path`. Calls in flight may still be
 * answered (into nothing). Not from inside a handler: post it.
 */
struct drpc_server *drpc_server_free(struct drpc_server *s, bool unlink_path);

int32_t drpc_call_module(const struct drpc_call *c);
int32_t drpc_call_method(const struct drpc_call *c);
/* Borrowed until the answer. */
const void *drpc_call_body(const struct drpc_call *c, size_t *ret_len);
/*
 * Parses the body as a message of type d; the caller frees it with
 * protobuf_c_message_free_unpacked(). NULL: the call has been answered with
 * FAILED_UNMARSHAL_PAYLOAD and is gone.
 */
ProtobufCMessage *drpc_call_unpack(struct drpc_call *c, const ProtobufCMessageDescriptor *d);
/*
 * Answer exactly once; the call is gone afterwards. resp NULL: no body. Non-success statuses carry
 * no body.
 */
void drpc_call_reply(struct drpc_call *c, const ProtobufCMessage *resp);
void drpc_call_fail(struct drpc_call *c, Drpc__Status status);

/* ---- client ---- */

/* One call on its own connection, as daos_server makes them. */
struct drpc_request;

/*
 * err: 0 or a negative errno; status and body are valid when it is 0. body is borrowed. Runs
 * exactly once unless cancelled. The request is gone when it returns.
 *
 *   -ENOENT, -ECONNREFUSED, -EACCES: nobody listens there, or not for us
 *   -EAGAIN: the listener's queue stayed full for 5 s
 *   -ETIMEDOUT: timeout_ms passed
 *   -ECONNRESET: the peer closed before a whole answer
 *   -EPROTO, -EMSGSIZE: the answer breaks the framing, cannot be parsed, or is too large
 */
typedef void (*drpc_reply_cb)(int err, Drpc__Status status, const void *body, size_t len,
			      void *arg);

struct drpc_call_opts {
	const char             *path; /* the peer's socket */
	int32_t                 module;
	int32_t                 method;
	int64_t                 sequence; /* server: 1; engine: 0 */
	const ProtobufCMessage *body;     /* NULL: none; packed before drpc_call_start() returns */
	uint64_t                timeout_ms; /* 0: none */
	bool no_reply; /* close right after sending; cb runs with err of the sending */
};

/*
 * -ENAMETOOLONG, -ENOMEM, -EMFILE … when the call cannot be begun. cb may be NULL for no_reply; ret
 * may be NULL.
 */
int drpc_call_start(struct loop *l, const struct drpc_call_opts *opts, drpc_reply_cb cb, void *arg,
		    struct drpc_request **ret);
/* Closes the connection; the callback does not run. NULL is fine. */
void drpc_request_cancel(struct drpc_request *r);

/* "UNKNOWN_METHOD"; "UNKNOWN" for a number outside the enum. */
const char *drpc_status_name(Drpc__Status s);
