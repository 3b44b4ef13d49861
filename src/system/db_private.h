/*
 * The running database: its queue of changes. Inside the room only.
 */
#pragma once

#include "replica/replica.h"
#include "system/state_private.h"
#include "system/system.h"

struct sys_op;

/* Kind of a change. */
struct sys_op_type {
	const char *action; /* stored in the log entry, shown by ms status */
	/*
	 * Adds effects to t, judged against t->scratch. A negative errno with f refuses the change.
	 */
	int (*evaluate)(struct sys_op *op, struct sys_txn *t, struct fault *f);
	/* Calls the owner back; once. */
	void (*finish)(struct sys_op *op, int err, const struct fault *f);
	/* Whether a batch was cut and has to be evaluated again for the rest. NULL: never. */
	bool (*has_more)(const struct sys_op *op);
	/* Frees what the kind added, not the op. */
	void (*release)(struct sys_op *op);
};

/* A change: queued, evaluated, in the log, called back. First member of each kind's own struct. */
struct sys_op {
	const struct sys_op_type *type;
	struct sys_db            *db;
	struct sys_op            *next;
	bool                      partly;   /* some of a cut batch is stored */
	bool                      answered; /* its owner has been called back already (stalled) */
};

struct sys_db {
	struct loop       *l;
	char              *dir;
	char              *address;
	struct sys_db_opts opts; /* callbacks only; texts in it are not used */
	struct sys_state   state;
	struct rep_node   *node;
	struct loop_timer *stall;
	struct sys_op     *head; /* waiting */
	struct sys_op    **tail;
	struct sys_op     *running; /* in the log */
	uint32_t           told_map_version;
	bool               changed; /* on_change is due */
	bool               posted;  /* sys_db_turn() will run */
	bool               leader;
	bool               failed;
	bool               closing;
	bool               node_closed;
	loop_fn            done;
	void              *done_arg;
};

/*
 * Queues a change; op is taken, also on failure. -EAGAIN: not the leader; -ESHUTDOWN: the database
 * has stopped; -EBUSY: too many are waiting.
 */
int sys_db_submit_take(struct sys_db *db, struct sys_op *op);
