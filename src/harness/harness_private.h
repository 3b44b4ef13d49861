/*
 * Inside the harness room: the structures shared by its files.
 */
#pragma once

#include "common/vec.h"
#include "harness/harness.h"
#include "harness/superblock.h"

struct har_work;

/* The owned counterpart of har_notify. */
struct notify {
	bool              set;
	struct har_notify n; /* points into what follows */
	char             *uri;
	char             *drpc_path;
	char            **secondary_uris;
	uint32_t         *secondary_nctxs;
};

/* The last lines an engine printed, oldest first. */
struct output_ring {
	char    *lines[HAR_OUTPUT_LINES];
	unsigned next; /* slot of the next line */
};

struct har_instance {
	struct har_harness *h;
	unsigned            idx;
	enum har_state      state;
	char               *superblock_path;

	/* One operation at a time touches the engine's storage. */
	struct har_work *work;

	bool                  has_superblock;
	struct har_superblock sb;

	/* Wishes that cannot be met at once. */
	bool want_start;      /* start when stopped and no worker is busy */
	bool want_check_mode; /* of that start */
	bool format_done;     /* a format was reported before the instance asked */
	bool give_up;         /* a stop came while a worker was busy for the start */

	bool replace;    /* for the join */
	bool check_mode; /* of the running process */
	bool expected;   /* the end of the process was asked for */
	bool was_ready;  /* this process has been ready */

	struct loop_child     *child;
	char                  *binary;
	struct loop_timer     *limit; /* of STARTING */
	struct notify          notify;
	struct output_ring     output;
	struct har_join_result joined;
	char                   last_error[1024];

	har_done_cb reset_cb;
	void       *reset_arg;

	/* dRPC, call.c */
	VEC(struct har_call *) calls; /* waiting */
	struct har_call *active;
};

struct har_watch {
	struct har_harness *h;
	har_watch_cb        cb;
	void               *arg;
	bool                removed;
	struct har_watch   *next;
};

struct har_harness {
	struct loop         *loop;
	struct har_opts      opts;
	char                *server_path;
	char                *fault_domain;
	struct har_instance *instances;
	size_t               n;
	bool                 started;
	bool                 stopping;
	loop_fn              stop_done;
	void                *stop_arg;
	struct har_watch    *watches;
	unsigned             notifying; /* depth of watch calls; removed watches are freed at 0 */
};

/* instance.c */
int  har_instance_init(struct har_harness *h, unsigned idx, struct har_instance *i);
void har_instance_fini(struct har_instance *i);
/* Kills the process, gives up waits; a worker that is busy ends later. */
void har_instance_shut(struct har_instance *i);
/* No process, no worker. */
bool har_instance_is_idle(const struct har_instance *i);

/* instance_work.c: what blocks, run on workers */
enum work_kind {
	WORK_CHECK,      /* what does the storage need? */
	WORK_PREPARE,    /* mount, memory, superblock */
	WORK_SUPERBLOCK, /* write the superblock */
	WORK_RESET,      /* remove the superblock */
	WORK_AFTER_EXIT, /* unmount what does not outlive an engine */
};

struct har_work {
	struct har_instance    *i; /* NULL: nobody is interested any more */
	enum work_kind          kind;
	const struct stor_host *storage;
	unsigned                idx;
	char                   *superblock_path;
	char                   *system;
	char                   *fault_domain;
	struct har_superblock   sb; /* in and out */
	bool                    need_format;
	bool                    need_scm;
	bool                    conf_regenerated;
	int                     err;
	struct fault            f;
	void (*done)(struct har_instance *i, struct har_work *w);
};
/* Takes a copy of the instance's superblock. The instance must have no work. 0 or a negative errno.
 */
int har_work_start(struct har_instance *i, enum work_kind kind,
		   void (*done)(struct har_instance *i, struct har_work *w));

/* harness.c */
void har_harness_state_changed(struct har_instance *i, enum har_state from, enum har_state to);
void har_harness_check_stopped(struct har_harness *h);

/* call.c */
/* Like har_instance_call(), but for an engine that is not ready yet. */
int har_instance_setup_call(struct har_instance *i, enum drpc_mgmt_method method,
			    const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb,
			    void *arg);
/* Ends all calls of an instance with -ECANCELED. */
void har_calls_drop(struct har_instance *i);
