/* The engine's state, for the files of this room. All on the loop's thread. */
#pragma once

#include "drpc/drpc.h"
#include "engine/devices.h"
#include "engine/endpoint.h"
#include "engine/engine.h"
#include "engine/group.h"
#include "engine/sysdb.h"
#include "loop/loop.h"

/* Where an engine is in its life. Moves: see eng_set_state(). */
enum eng_state {
	ENG_STATE_INIT,      /* being put together */
	ENG_STATE_ANNOUNCED, /* NotifyReady sent; waits for SetRank and SetUp */
	ENG_STATE_SERVING,   /* SetUp done */
	ENG_STATE_PREPARED,  /* told by PrepShutdown that SIGINT will follow */
	ENG_STATE_STOPPING,  /* on the way out */
	_ENG_STATE_MAX
};

struct eng_metrics;

struct engine {
	struct eng_options     opts;
	struct eng_environment env;
	char                   hostname[65];
	enum eng_state         state;
	int                    exit_status;
	uint64_t               started_ms; /* wall clock */
	uint64_t               incarnation;
	char                   listener_path[DRPC_MAX_PATH + 1];
	char                   server_path[DRPC_MAX_PATH + 1];

	struct loop         *loop;
	struct loop_signal  *signals[6];
	int                  bus_fd; /* eventfd written by the SIGBUS handler */
	struct loop_fd      *bus_watch;
	struct eng_endpoint  endpoint;
	struct loop_fd      *endpoint_watch;
	struct eng_sysdb     sysdb;
	struct eng_devices   devices;
	struct eng_group     group;
	struct drpc_server  *listener;
	struct drpc_request *notify; /* NotifyReady under way */
	struct eng_metrics  *metrics;
};

/* ---- engine.c ---- */

const char *eng_state_name(enum eng_state s);
/* The only place that changes the state; asserts that the move is allowed and logs it. */
void eng_set_state(struct engine *e, enum eng_state s);
/* Ends the loop after the current callbacks with this exit status. */
void eng_stop(struct engine *e, int exit_status);
/* Targets, helpers and system contexts that clients may address. */
uint32_t eng_contexts(const struct eng_options *o);

/* ---- metrics.c ---- */

/*
 * Makes the segment that others read (engine-process.md §10). An engine does its work without one:
 * failure is logged, and then e->metrics stays NULL, which the other functions accept.
 */
void eng_metrics_open(struct engine *e);
void eng_metrics_close(struct engine *e);
/* The engine serves: its rank is known. */
void eng_metrics_serving(struct engine *e);

/* ---- handlers.c ---- */

/* The management module's methods. */
int eng_handlers_register(struct engine *e);

/* ---- upcall.c ---- */

typedef void (*eng_upcall_cb)(struct engine *e, int err);

/* Numbers of wire-drpc.md §4. */
enum eng_ras_id {
	ENG_RAS_ENGINE_SELF_TERMINATED = 5,
};

enum eng_ras_type {
	ENG_RAS_STATE_CHANGE = 1,
	ENG_RAS_INFO         = 2,
};

enum eng_ras_severity {
	ENG_RAS_ERROR   = 1,
	ENG_RAS_WARNING = 2,
	ENG_RAS_NOTICE  = 3,
};

/*
 * Tells the server that calls are welcome. cb runs once with 0 or an errno, unless the loop ends
 * first.
 */
int eng_notify_ready(struct engine *e, eng_upcall_cb cb);
/*
 * Reports an event of this engine, without waiting for an answer. cb (may be NULL) runs when it has
 * been sent or could not be. 0 or -errno.
 */
int eng_report_event(struct engine *e, enum eng_ras_id id, enum eng_ras_type type,
		     enum eng_ras_severity severity, const char *msg, eng_upcall_cb cb);

/* ---- dump.c ---- */

/* Writes the engine's state to /tmp/daos_dump_<pid>_<time>.txt (engine-process.md §4). */
void eng_dump(struct engine *e, const char *mode);
