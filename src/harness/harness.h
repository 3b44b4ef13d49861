/*
 * The engine harness: one to eight daos_engine processes of this host, each an instance with its
 * own life cycle (server-lifecycle.md §7, engine-process.md).
 *
 * An instance is a state machine. It checks its storage, waits for a format when there is none,
 * mounts, reads or makes its superblock, starts the process, waits for its NotifyReady, asks the
 * owner to join the system, sets rank and set-up through dRPC, and is ready. A failure on the way
 * ends the process, reports one fault, and leaves the instance stopped until the next start
 * request. What needs the system (join, events, database) is done by the owner through callbacks;
 * the harness knows nothing of gRPC.
 *
 * Threads: everything runs on the loop's thread; storage checks, mounts and superblock writes go to
 * workers. Lifetime: instances live as long as the harness; cfg pointers are borrowed for the
 * harness's life.
 */
#pragma once

#include "common/fault.h"
#include "common/uuid.h"
#include "common/version.h"
#include "drpc/drpc.h"
#include "loop/loop.h"

struct cfg_server;
struct stor_host;
struct har_harness;
struct har_instance;

#define HAR_INSTANCES_MAX 8
/* How long an engine may take from exec to NotifyReady before it is killed and reported. */
#define HAR_READY_LIMIT_MS (5 * 60 * 1000ULL)
/* SetRank and SetUp must be answered within this. */
#define HAR_SETUP_LIMIT_MS (60 * 1000ULL)
/* The last lines of output kept for the report of an engine that fails. */
#define HAR_OUTPUT_LINES 16
/* dRPC calls that may wait for one instance. */
#define HAR_CALL_QUEUE_MAX 256

/* ---- states ---- */

enum har_state {
	HAR_STATE_STOPPED,      /* no process; a start request moves on */
	HAR_STATE_CHECKING,     /* storage is examined on a worker */
	HAR_STATE_AWAIT_FORMAT, /* storage needs a format; har_instance_storage_ready() moves on */
	HAR_STATE_PREPARING,    /* mount and superblock on a worker */
	HAR_STATE_STARTING,     /* process runs, no NotifyReady yet */
	HAR_STATE_JOINING,      /* NotifyReady came; superblock written, join under way */
	HAR_STATE_SETTING_UP,   /* joined; SetRank and SetUp under way */
	HAR_STATE_READY,
	HAR_STATE_STOPPING, /* told to end, or killed after a failure; process still there */
	_HAR_STATE_MAX
};

const char *har_state_name(enum har_state s);
/* Whether the machine allows the move. */
bool har_state_may_move(enum har_state from, enum har_state to);
/* The member state a per-host RPC reports for it: "ready", "starting", "awaitformat" or "stopped".
 */
const char *har_state_member_name(enum har_state s);
/* Whether an engine process exists in this state. */
bool har_state_has_process(enum har_state s);

/* ---- what an engine says when it is up ---- */

/* Contents of NotifyReady; strings are owned by the instance. */
struct har_notify {
	const char        *uri;
	const char *const *secondary_uris;
	size_t             n_secondary_uris;
	uint32_t           nctxs;
	const uint32_t    *secondary_nctxs;
	size_t             n_secondary_nctxs;
	uint32_t           ntgts;
	uint64_t           incarnation;
	const char        *drpc_path; /* the engine's listener */
	bool               check_mode;
};

/* The system's answer to a join. */
enum har_join_state { HAR_JOIN_IN, HAR_JOIN_OUT, HAR_JOIN_CHECK };

struct har_join_result {
	enum har_join_state state;
	uint32_t            rank;
	uint32_t            map_version;
	bool local_join; /* har_instance_set_up() has been done by the join handler */
};

/* How a process ended. */
struct har_exit {
	pid_t       pid;
	uint32_t    rank;        /* DAOS_RANK_NIL when unknown */
	uint64_t    incarnation; /* 0 before NotifyReady */
	bool        expected;    /* ended by har_instance_stop() */
	bool        was_ready;
	const char *binary;
	const char *status; /* "process exited with 0", "exit status 1", "signal: killed" */
};

/* ---- the owner's side ---- */

/*
 * All are optional. None may free the harness. Starting, stopping and joining from inside them is
 * allowed.
 */
struct har_callbacks {
	/* Storage needs a format: format_type is "SCM" or "Metadata". */
	void (*on_await_format)(struct har_instance *i, const char *format_type, void *arg);
	/*
	 * Storage is mounted and the superblock is there, the process not started. An error stops
	 * the start. (The replica's first instance opens the system database here.)
	 */
	int (*on_storage_ready)(struct har_instance *i, struct fault *f, void *arg);
	/* The engine reported ready and its incarnation is stored: join now, then call
	 * har_instance_joined(). */
	void (*on_join)(struct har_instance *i, const struct har_notify *n, void *arg);
	void (*on_ready)(struct har_instance *i, void *arg);
	/* A start did not get as far as ready, for whatever reason; the process is gone or being
	 * killed. */
	void (*on_start_failed)(struct har_instance *i, const struct fault *f, void *arg);
	/* A line the engine printed. */
	void (*on_output)(struct har_instance *i, bool is_stderr, const char *line, void *arg);
	/* The process has ended. */
	void (*on_exit)(struct har_instance *i, const struct har_exit *e, void *arg);
	void *arg;
};

struct har_opts {
	const struct cfg_server *cfg;
	const struct stor_host  *storage; /* borrowed */
	const char *server_path; /* executable of this server; the engine is looked for beside it */
	const char *fault_domain;   /* "/host1", for superblocks */
	uint64_t    ready_limit_ms; /* 0: HAR_READY_LIMIT_MS */
	uint64_t    setup_limit_ms; /* 0: HAR_SETUP_LIMIT_MS */
	struct har_callbacks cb;
};

/* Makes one instance for each engine of the configuration. Nothing starts yet. */
int har_harness_new(struct loop *l, const struct har_opts *opts, struct har_harness **ret,
		    struct fault *f);
/* Kills what still runs without callbacks. har_harness_stop() first is the orderly way. */
struct har_harness *har_harness_free(struct har_harness *h);
/* Requests a start of every instance; from then on har_harness_is_started(). */
void har_harness_start(struct har_harness *h);
bool har_harness_is_started(const struct har_harness *h);
/*
 * Ends all instances with SIGKILL and refuses new starts; done(arg) runs when no process is left
 * and no worker is busy for an instance.
 */
void   har_harness_stop(struct har_harness *h, loop_fn done, void *arg);
size_t har_harness_count(const struct har_harness *h);
/* NULL when there is none of that index. */
struct har_instance *har_harness_get(const struct har_harness *h, size_t idx);
/* The instance that holds the rank in its superblock, or NULL. */
struct har_instance *har_harness_find_rank(const struct har_harness *h, uint32_t rank);

/*
 * Tells of every state change of every instance, after it happened. Watches are called in the order
 * they were added; removing any watch from inside a callback is allowed.
 */
struct har_watch;
typedef void (*har_watch_cb)(struct har_instance *i, enum har_state from, enum har_state to,
			     void *arg);
int har_watch_add(struct har_harness *h, har_watch_cb cb, void *arg, struct har_watch **ret);
struct har_watch *har_watch_remove(struct har_watch *w);

/* ---- instances ---- */

unsigned            har_instance_index(const struct har_instance *i);
enum har_state      har_instance_state(const struct har_instance *i);
struct har_harness *har_instance_harness(const struct har_instance *i);
/* From the superblock; DAOS_RANK_NIL when there is none or it holds no rank. */
uint32_t har_instance_rank(const struct har_instance *i);
/* Empty string without superblock. */
const struct uuid *har_instance_uuid(const struct har_instance *i);
pid_t              har_instance_pid(const struct har_instance *i);
/* Of the last NotifyReady; 0 before. */
uint64_t har_instance_incarnation(const struct har_instance *i);
/* What the engine said last; NULL before its first NotifyReady and after its end. */
const struct har_notify *har_instance_notify(const struct har_instance *i);
/* Why the last start failed or the process ended; "" when it did not. */
const char *har_instance_last_error(const struct har_instance *i);
/* Whether the format that ended the last wait was a replacing one; cleared by a successful join. */
bool har_instance_replace(const struct har_instance *i);

/*
 * Asks for a start. Stopped: begins. Running or on its way: starts again when the process has ended
 * (once, however often it was asked), unless it is ready. With check_mode the engine is given -C.
 */
void har_instance_request_start(struct har_instance *i, bool check_mode);
/* Starts over after the present process has ended, also when it is ready now. */
void har_instance_request_restart(struct har_instance *i);
/*
 * Sends a signal to the process and counts its end as expected. Without a process: a start that is
 * still at its storage is given up when its worker is done; a wait for a format is left alone. Returns
 * 0 or a negative errno of the sending.
 */
int har_instance_stop(struct har_instance *i, int signum);
/*
 * A format was done (or found done): an instance that awaits one goes on. replace is remembered for
 * the join. An instance that has not asked yet finds its storage formatted when it does.
 */
void har_instance_storage_ready(struct har_instance *i, bool replace);
/*
 * Forgets the superblock of a stopped instance: file removed on a worker, then cb(0 or a negative
 * errno, arg). -EBUSY at once while a process exists.
 */
typedef void (*har_done_cb)(int err, void *arg);
int har_instance_reset(struct har_instance *i, har_done_cb cb, void *arg);

/*
 * The engine's NotifyReady. Copies everything. Fails with a plain fault when the instance does not
 * wait for one or the listener is not a socket.
 */
int har_instance_notify_ready(struct har_instance *i, const struct har_notify *n, struct fault *f);
/* The answer to on_join: goes on to rank and set-up. OUT ends the engine, CHECK starts it again in
 * checker mode. */
void har_instance_joined(struct har_instance *i, const struct har_join_result *r);
/* The join failed for good: the engine is killed and f reported. */
void har_instance_join_failed(struct har_instance *i, const struct fault *f);

/* f is NULL on success. */
typedef void (*har_setup_cb)(const struct fault *f, void *arg);
/* SetRank and SetUp; for the join handler of a leader on the same host, and used by the harness
 * itself. */
int har_instance_set_up(struct har_instance *i, uint32_t rank, uint32_t map_version,
			har_setup_cb cb, void *arg);

/* ---- dRPC to engines ---- */

struct har_call;

/*
 * err 0: the engine answered with status SUCCESS; body is borrowed. Otherwise f says why and err
 * tells the class: -EAGAIN     not started or nobody listens (fault 611), or `engine not ready
 * yet`: another instance may do -ETIMEDOUT  no answer within the time other       the connection
 * broke, or the engine answered another dRPC status Runs exactly once unless cancelled.
 */
typedef void (*har_reply_cb)(int err, const struct fault *f, const void *body, size_t len,
			     void *arg);

/*
 * Calls module 2 of one instance. Calls to an instance run one after another in the order made; the
 * time limit counts from now. An instance that cannot take a call now fails it later through cb. 0,
 * -ENOMEM, or -ENOBUFS when too many wait. body is packed before return and may be NULL.
 */
int har_instance_call(struct har_instance *i, enum drpc_mgmt_method method,
		      const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb, void *arg,
		      struct har_call **ret);
/*
 * Calls the first instance, in index order, that can take it; goes on to the next one only when one
 * is not running, not ready or not listening. Fault 610 before har_harness_start().
 */
int har_harness_call(struct har_harness *h, enum drpc_mgmt_method method,
		     const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb, void *arg,
		     struct har_call **ret);
/* The callback does not run any more. */
void har_call_cancel(struct har_call *c);
