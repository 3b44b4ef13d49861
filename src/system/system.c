/*
 * The database on its replica: opening, the queue of changes, reads.
 *
 * One change is in the log at a time. It is evaluated only when all before it are applied, so a
 * decision never rests on a state that may still change, and two joins cannot be given one rank.
 * That costs no throughput where it counts: joins come in batches.
 */
#include "system/system.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/log.h"
#include "common/str.h"

#include "system/db_private.h"

#define STALL_MS    10000 /* a log that takes no entry for so long has a problem to tell of */
#define MAX_WAITING 4096

static void turn(void *arg);

/* Has turn() run soon, outside whatever is on the stack now. */
static int
post_turn(struct sys_db *db)
{
	int r;

	if (db->posted)
		return 0;
	r = loop_post(db->l, turn, db);
	if (r == 0)
		db->posted = true;
	return r;
}

/* ---- the state machine ---- */

static int
fsm_apply(void *arg, const void *data, size_t len, uint64_t index, void **result, struct fault *f)
{
	struct sys_db  *db = arg;
	Sysdb__Command *cmd;
	int             r = sys_command_unpack(data, len, &cmd, f);

	(void)index;
	*result = NULL;
	if (r < 0)
		return r;
	r = sys_state_apply(&db->state, cmd, NULL, f);
	sysdb__command__free_unpacked(cmd, NULL);
	if (r < 0)
		return r;
	db->changed = true;
	if (post_turn(db) < 0)
		log_debug("no memory to tell of a change; the next one will");
	return 0;
}

static int
fsm_snapshot(void *arg, void **ret_buf, size_t *ret_len)
{
	struct sys_db *db = arg;

	return sys_snapshot_pack(&db->state, ret_buf, ret_len);
}

static int
fsm_restore(void *arg, const void *buf, size_t len, struct fault *f)
{
	struct sys_db   *db = arg;
	struct sys_state s;
	int              r = sys_snapshot_unpack(buf, len, &s, f);

	if (r < 0)
		return r;
	sys_state_fini(&db->state);
	db->state   = s;
	db->changed = true;
	(void)post_turn(db); /* without memory the next change tells */
	return 0;
}

static int
fsm_check(void *arg, bool is_snapshot, const void *data, size_t len, struct fault *f)
{
	struct sys_state s;
	Sysdb__Command  *cmd;
	int              r;

	(void)arg;
	if (is_snapshot) {
		r = sys_snapshot_unpack(data, len, &s, f);
		if (r == 0)
			sys_state_fini(&s);
		return r;
	}
	r = sys_command_unpack(data, len, &cmd, f);
	if (r == 0)
		sysdb__command__free_unpacked(cmd, NULL);
	return r;
}

/* ---- the queue ---- */

static void
op_answer(struct sys_op *op, int err, const struct fault *f)
{
	if (op->answered)
		return;
	op->answered = true;
	/* Of a cut batch the first part is stored: "nothing was changed" would not be true. */
	op->type->finish(op, op->partly && err < 0 ? -ECANCELED : err, f);
}

static struct sys_op *
op_free(struct sys_op *op)
{
	if (op != NULL) {
		op->type->release(op);
		free(op);
	}
	return NULL;
}

static void
push_front(struct sys_db *db, struct sys_op *op)
{
	op->partly = true;
	op->next   = db->head;
	if (db->head == NULL)
		db->tail = &op->next;
	db->head = op;
}

static struct sys_op *
pop(struct sys_db *db)
{
	struct sys_op *op = db->head;

	if (op == NULL)
		return NULL;
	db->head = op->next;
	if (db->head == NULL)
		db->tail = &db->head;
	op->next = NULL;
	return op;
}

static int
why(const struct sys_db *db, int err, struct fault *f)
{
	switch (err) {
	case -EAGAIN:
		return fault_plain(f, err, "this server is not the leader of the system database");
	case -ECANCELED:
		return fault_plain(f, err,
				   "the system database in %s lost its leadership or was closed; "
				   "it is not known whether "
				   "the change was made",
				   db->dir);
	case -ENOSPC:
		(void)fault_plain(f, err, "the file system of the system database in %s is full",
				  db->dir);
		fault_resolve(f, "free space on the file system of %s", db->dir);
		return err;
	case -ESHUTDOWN:
		return fault_plain(f, err, "the system database in %s has stopped", db->dir);
	default:
		return fault_plain(f, err, "the system database in %s did not take the change: %s",
				   db->dir, strerror(-err));
	}
}

static void
fail_waiting(struct sys_db *db, int err, const struct fault *f)
{
	struct sys_op *op;

	while ((op = pop(db)) != NULL) {
		op_answer(op, err, f);
		(void)op_free(op); /* always NULL */
	}
}

static void
on_committed(int err, void *result, void *arg)
{
	struct sys_op *op = arg;
	struct sys_db *db = op->db;
	struct fault   f  = FAULT_INIT;

	(void)result;
	db->running = NULL;
	loop_timer_stop(db->stall);
	if (err == 0 && !db->closing && op->type->has_more != NULL && op->type->has_more(op)) {
		push_front(db, op);
	} else {
		if (err < 0)
			(void)why(db, err, &f);
		op_answer(op, err, &f);
		(void)op_free(op); /* always NULL */
	}
	if (!db->closing && db->head != NULL && post_turn(db) < 0)
		fail_waiting(db, why(db, -ENOMEM, &f), &f);
}

/*
 * Judges a change and puts it into the log. 0: it is there and on_committed() comes; 1: nothing to
 * store.
 */
static int
start_op(struct sys_db *db, struct sys_op *op, struct fault *f)
{
	_cleanup_(freep) void *buf = NULL;
	struct sys_txn         t;
	size_t                 len;
	int r = sys_txn_begin(&t, &db->state, loop_wall_ms(db->l) * 1000000, op->type->action);

	if (r < 0)
		return why(db, r, f);
	r = op->type->evaluate(op, &t, f);
	if (r == 0 && sys_txn_is_empty(&t))
		r = 1;
	if (r == 0)
		r = sys_command_pack(t.cmd, &buf, &len);
	sys_txn_end(&t);
	if (r == 0)
		r = rep_node_apply(db->node, buf, len, on_committed, op);
	if (r < 0 && f != NULL && !f->set)
		(void)why(db, r, f);
	return r;
}

static void
run_queue(struct sys_db *db)
{
	struct sys_op *op;

	while (!db->closing && db->running == NULL && (op = pop(db)) != NULL) {
		struct fault f = FAULT_INIT;
		int          r = start_op(db, op, &f);

		if (r == 0) {
			db->running = op;
			loop_timer_start(db->stall, STALL_MS, STALL_MS);
			return;
		}
		op_answer(op, MIN(r, 0), &f);
		(void)op_free(op); /* always NULL */
	}
}

int
sys_db_submit_take(struct sys_db *db, struct sys_op *op)
{
	size_t waiting = 0;
	int    r       = 0;

	op->db = db;
	for (const struct sys_op *o = db->head; o != NULL; o = o->next)
		waiting++;
	if (db->failed || db->closing)
		r = -ESHUTDOWN;
	else if (!db->leader)
		r = -EAGAIN;
	else if (waiting >= MAX_WAITING)
		r = -EBUSY;
	else
		r = post_turn(db);
	if (r < 0) {
		(void)op_free(op); /* always NULL */
		return r;
	}
	*db->tail = op;
	db->tail  = &op->next;
	return 0;
}

static void
on_stall(struct loop_timer *timer, void *arg)
{
	struct sys_db *db = arg;
	struct fault   f  = FAULT_INIT;
	struct statvfs vfs;
	int            err = -ETIMEDOUT;

	(void)timer;
	if (statvfs(db->dir, &vfs) == 0 && (uint64_t)vfs.f_bavail * vfs.f_frsize < MIB) {
		err = why(db, -ENOSPC, &f);
	} else {
		(void)fault_plain(&f, err,
				  "the log of the system database in %s took no entry for %d s; "
				  "the change may still be "
				  "made",
				  db->dir, STALL_MS / 1000);
		fault_resolve(&f, "check the file system of %s and the other replicas", db->dir);
	}
	if (db->running != NULL)
		op_answer(db->running, err, &f); /* it stays in the log and keeps its turn */
	if (!db->closing)
		fail_waiting(db, err, &f);
}

/* ---- life ---- */

static void
db_free(struct sys_db *db)
{
	(void)loop_timer_free(db->stall); /* always NULL */
	sys_state_fini(&db->state);
	free(db->dir);
	free(db->address);
	free(db);
}

static void
finish_closing(struct sys_db *db)
{
	loop_fn done = db->done;
	void   *arg  = db->done_arg;

	if (!db->node_closed || db->posted)
		return;
	db_free(db);
	if (done != NULL)
		done(arg);
}

static void
turn(void *arg)
{
	struct sys_db *db = arg;

	db->posted = false;
	if (db->closing) {
		finish_closing(db);
		return;
	}
	if (db->changed && db->opts.on_change != NULL) {
		db->changed = false;
		db->opts.on_change(db->state.map_version, db->opts.arg);
	}
	run_queue(db);
}

static void
on_leadership(bool is_leader, void *arg)
{
	struct sys_db *db = arg;
	struct fault   f  = FAULT_INIT;

	db->leader = is_leader;
	if (!is_leader)
		fail_waiting(db, why(db, -EAGAIN, &f), &f);
	if (!db->closing)
		db->opts.on_leadership(is_leader, db->opts.arg);
}

static void
on_fatal(const struct fault *f, void *arg)
{
	struct sys_db *db = arg;

	db->failed = true;
	db->leader = false;
	fail_waiting(db, -ECANCELED, f);
	if (!db->closing)
		db->opts.on_fatal(f, db->opts.arg);
}

static void
on_node_closed(void *arg)
{
	struct sys_db *db = arg;

	db->node_closed = true;
	finish_closing(db);
}

bool
sys_db_exists(const char *dir)
{
	return rep_dir_is_initialized(dir);
}

static bool
is_configured(const struct sys_db_opts *opts, const char *address)
{
	for (size_t i = 0; i < opts->n_replicas; i++) {
		if (strcmp(opts->replicas[i], address) == 0)
			return true;
	}
	return false;
}

/*
 * Makes the directory what this configuration says: bootstrapped, or taken over from replicas that
 * are no more.
 */
static int
prepare_dir(const struct sys_db_opts *opts, struct fault *f)
{
	struct rep_info info;
	uint64_t        id = rep_id(opts->address);
	int             r;

	if (!rep_dir_is_initialized(opts->dir)) {
		if (opts->n_replicas == 0 || strcmp(opts->replicas[0], opts->address) != 0)
			return 0; /* the leader will add it */
		return rep_dir_bootstrap(opts->dir, id, opts->address, f);
	}
	r = rep_dir_info(opts->dir, &info, f);
	if (r < 0)
		return r;
	for (size_t i = 0; i < info.n_servers; i++) {
		if (is_configured(opts, info.servers[i].address))
			continue;
		log_debug("replica %s is no longer configured, %s takes over",
			  info.servers[i].address, opts->address);
		return rep_dir_recover(opts->dir, id, opts->address, f);
	}
	return 0;
}

static int
db_new(struct loop *l, const struct sys_db_opts *opts, struct sys_db **ret)
{
	struct sys_db *db = calloc(1, sizeof(*db));
	int            r;

	if (db == NULL)
		return -ENOMEM;
	db->l       = l;
	db->opts    = *opts;
	db->tail    = &db->head;
	db->dir     = strdup(opts->dir);
	db->address = strdup(opts->address);
	r           = sys_state_init(&db->state);
	if (r == 0)
		r = loop_timer_new(l, on_stall, db, &db->stall);
	if (r < 0 || db->dir == NULL || db->address == NULL) {
		db_free(db);
		return -ENOMEM;
	}
	*ret = db;
	return 0;
}

int
sys_db_open(struct loop *l, const struct sys_db_opts *opts, struct sys_db **ret, struct fault *f)
{
	struct sys_db  *db;
	struct rep_opts ro;
	int             r;

	if (strlen(opts->address) >= SYS_ADDR_SIZE)
		return fault_plain(f, -EINVAL, "replica address \"%.128s\" is too long",
				   opts->address);
	r = prepare_dir(opts, f);
	if (r < 0)
		return r;
	r = db_new(l, opts, &db);
	if (r < 0)
		return r;
	ro = (struct rep_opts){
	    .dir           = db->dir,
	    .id            = rep_id(db->address),
	    .address       = db->address,
	    .transport     = opts->transport,
	    .fsm           = {.apply    = fsm_apply,
			      .snapshot = fsm_snapshot,
			      .restore  = fsm_restore,
			      .check    = fsm_check,
			      .arg      = db},
	    .on_leadership = on_leadership,
	    .on_fatal      = on_fatal,
	    .arg           = db,
	};
	r = rep_node_open(l, &ro, &db->node, f);
	if (r < 0) {
		/* A replayed change may have posted a turn: then that frees it. */
		db->closing     = true;
		db->node_closed = true;
		finish_closing(db);
		return r;
	}
	*ret = db;
	return 0;
}

void
sys_db_close(struct sys_db *db, loop_fn done, void *arg)
{
	struct fault f = FAULT_INIT;

	if (db == NULL) {
		if (done != NULL)
			done(arg);
		return;
	}
	if (db->closing)
		return;
	db->closing  = true;
	db->leader   = false;
	db->done     = done;
	db->done_arg = arg;
	loop_timer_stop(db->stall);
	fail_waiting(db, why(db, -ECANCELED, &f), &f);
	rep_node_close(db->node, on_node_closed, db);
}

int
sys_db_accept_take(struct sys_db *db, const char *address, int fd)
{
	if (db->closing || db->failed) {
		closep(&fd);
		return -ESHUTDOWN;
	}
	return rep_node_accept_take(db->node, rep_id(address), address, fd);
}

int
sys_db_add_replica(struct sys_db *db, const char                      *address,
		   void (*cb)(int err, void *result, void *arg), void *arg)
{
	if (db->closing || db->failed)
		return -ESHUTDOWN;
	return rep_node_add_voter(db->node, rep_id(address), address, cb, arg);
}

int
sys_db_resign(struct sys_db *db)
{
	return db->closing || db->failed ? -ESHUTDOWN : rep_node_resign(db->node);
}

/* ---- reads ---- */

bool
sys_db_is_leader(const struct sys_db *db)
{
	return db->leader;
}

const char *
sys_db_leader(const struct sys_db *db)
{
	return db->closing || db->failed ? "" : rep_node_leader(db->node);
}

struct sys_members
sys_db_members(const struct sys_db *db)
{
	return sys_state_members(&db->state);
}

const struct sys_member *
sys_db_member(const struct sys_db *db, uint32_t rank)
{
	struct sys_members ms = sys_state_members(&db->state);

	return sys_members_by_rank(&ms, rank);
}

const struct sys_domain *
sys_db_domains(const struct sys_db *db)
{
	return db->state.domains;
}

uint32_t
sys_db_map_version(const struct sys_db *db)
{
	return db->state.map_version;
}

uint64_t
sys_db_data_version(const struct sys_db *db)
{
	return db->state.data_version;
}

uint32_t
sys_db_next_rank(const struct sys_db *db)
{
	return db->state.next_rank;
}

const char *
sys_db_attr(const struct sys_db *db, const char *key)
{
	return sys_state_attr(&db->state, key);
}

void
sys_db_attrs(const struct sys_db *db, const char *prefix, sys_attr_fn fn, void *arg)
{
	vec_foreach (&db->state.attrs, a) {
		if (str_starts(a->key, prefix))
			fn(a->key, a->value, arg);
	}
}

void
sys_db_info(const struct sys_db *db, struct rep_info *ret)
{
	rep_node_info(db->node, ret);
}
