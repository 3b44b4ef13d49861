/*
 * A running replica: libraft on the loop, and what it does not do by itself.
 *
 * libraft tells nobody of a change of leadership, so a prepare handle looks at its state in every
 * round, before the loop goes to sleep. A new leader first writes a barrier; only when that is
 * applied is leadership announced. An error of the state machine must not reach libraft, which has
 * assertions there: the replica turns deaf instead, tells its owner in the next round, and waits to
 * be closed.
 */
#include "replica/replica.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

#include "replica/replica_private.h"

#define DEFAULT_ELECTION_MS  1000
#define DEFAULT_HEARTBEAT_MS 100
#define DEFAULT_THRESHOLD    1024
#define DEFAULT_TRAILING     1024
#define DISK_RETRY_MS        200
#define CONNECT_RETRY_MS     250

/* One command, barrier or change of the group that libraft has. */
struct request {
	union {
		struct raft_apply    apply;
		struct raft_barrier  barrier;
		struct raft_change   change;
		struct raft_transfer transfer;
	} raft;
	struct rep_node *n;
	rep_apply_cb     cb; /* NULL: answered already */
	void            *arg;
	uint64_t         server; /* of a change: whom to make a voter next; 0: nothing */
	struct request  *next;
	struct request **link;
};

struct rep_node {
	struct loop      *l;
	char             *dir;
	char             *address;
	struct rep_fsm    user;
	struct rep_opts   opts; /* callbacks; texts in it are not used */
	int               lock;
	struct rep_links *links;
	struct rep_io     rio;
	struct raft_fsm   fsm;
	struct raft       raft;
	uv_prepare_t      watch;
	struct request   *requests;
	uint64_t          leader_term; /* announced in that term; 0: not announced */
	bool              electing;    /* the barrier of a new leader is under way */
	bool              changing;    /* the group is */
	bool              starting;
	bool              failed;
	bool              failure_told;
	bool              closing;
	bool              raft_closing;
	struct fault      fault;
	loop_fn           done;
	void             *done_arg;
};

/* ---- requests ---- */

static struct request *
request_new(struct rep_node *n, rep_apply_cb cb, void *arg)
{
	struct request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->n    = n;
	q->cb   = cb;
	q->arg  = arg;
	q->next = n->requests;
	q->link = &n->requests;
	if (q->next != NULL)
		q->next->link = &q->next;
	n->requests = q;
	return q;
}

static void
request_free(struct request *q)
{
	*q->link = q->next;
	if (q->next != NULL)
		q->next->link = q->link;
	free(q);
}

static void
request_finish(struct request *q, int err, void *result)
{
	rep_apply_cb cb  = q->cb;
	void        *arg = q->arg;

	request_free(q);
	if (cb != NULL)
		cb(err, result, arg);
}

static int
error_of(const struct rep_node *n, int status)
{
	if (n->failed)
		return -ECANCELED;
	switch (status) {
	case 0:
		return 0;
	case RAFT_NOTLEADER:
		return -EAGAIN;
	case RAFT_NOSPACE:
		return -ENOSPC;
	case RAFT_NOMEM:
		return -ENOMEM;
	case RAFT_TOOBIG:
	case RAFT_INVALID:
		return -E2BIG;
	case RAFT_CANTCHANGE:
		return -EBUSY;
	case RAFT_NOCONNECTION:
		return -EHOSTUNREACH;
	default:
		return -ECANCELED;
	}
}

static void
fail(struct rep_node *n, const struct fault *f)
{
	if (n->failed)
		return;
	n->failed = true;
	n->fault  = *f;
	rep_advise(&n->fault, n->dir);
	log_debug("the replica in %s stops: %s", n->dir, f->description);
}

/* ---- the state machine as libraft sees it ---- */

static int
on_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result)
{
	struct rep_node *n     = fsm->data;
	uint64_t         index = raft_last_applied(&n->raft) + 1;
	struct fault     f     = FAULT_INIT;
	const void      *cmd;
	size_t           len;
	int              r;

	*result = NULL;
	if (n->failed)
		return 0;
	r = rep_command_unpack(buf->base, buf->len, &cmd, &len);
	if (r < 0)
		(void)fault_plain(&f, r, "it is no command");
	else
		r = n->user.apply(n->user.arg, cmd, len, index, result, &f);
	if (r < 0) {
		if (!f.set)
			(void)fault_plain(&f, r, "%s", strerror(-r));
		fault_wrap(&f, "system database in %s, entry %" PRIu64 " cannot be applied", n->dir,
			   index);
		fail(n, &f);
	}
	return 0;
}

static int
on_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
	struct rep_node       *n   = fsm->data;
	_cleanup_(freep) void *buf = NULL;
	struct raft_buffer    *list;
	size_t                 len;
	int                    r;

	if (n->failed)
		return RAFT_CANCELED;
	r = n->user.snapshot(n->user.arg, &buf, &len);
	if (r < 0) {
		log_debug("no snapshot of the database in %s: %s", n->dir, strerror(-r));
		return RAFT_NOMEM;
	}
	list = raft_malloc(sizeof(*list));
	if (list == NULL)
		return RAFT_NOMEM;
	list->len  = len;
	list->base = raft_malloc(len);
	if (list->base == NULL) {
		raft_free(list);
		return RAFT_NOMEM;
	}
	memcpy(list->base, buf, len);
	*bufs   = list;
	*n_bufs = 1;
	return 0;
}

static int
on_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
	struct rep_node *n = fsm->data;
	struct fault     f = FAULT_INIT;
	int              r = n->failed ? 0 : n->user.restore(n->user.arg, buf->base, buf->len, &f);

	if (r < 0) {
		if (!f.set)
			(void)fault_plain(&f, r, "%s", strerror(-r));
		fault_wrap(&f, "system database in %s, snapshot cannot be loaded", n->dir);
		fail(n, &f);
		if (n->starting)
			return RAFT_CORRUPT; /* libraft keeps the buffer */
	}
	raft_free(buf->base);
	return 0;
}

/* ---- leadership ---- */

static void
on_own_barrier(struct raft_barrier *req, int status)
{
	struct request  *q = container_of(req, struct request, raft.barrier);
	struct rep_node *n = q->n;

	request_free(q);
	n->electing = false;
	if (status != 0 || n->closing || n->failed || raft_state(&n->raft) != RAFT_LEADER)
		return;
	n->leader_term = raft_current_term(&n->raft);
	/*
	 * From here on a full disk is an error at once; before the first segment is prepared it
	 * would be one wrongly.
	 */
	raft_set_capacity_threshold(&n->raft, REP_SEGMENT_BYTES / 2 / KIB);
	n->opts.on_leadership(true, n->opts.arg);
}

static void
start_election_barrier(struct rep_node *n)
{
	struct request *q = request_new(n, NULL, NULL);

	if (q == NULL)
		return; /* tried again in the next round */
	if (raft_barrier(&n->raft, &q->raft.barrier, on_own_barrier) != 0) {
		request_free(q);
		return;
	}
	n->electing = true;
}

static void
lose_leadership(struct rep_node *n)
{
	if (n->leader_term == 0)
		return;
	n->leader_term = 0;
	n->opts.on_leadership(false, n->opts.arg);
}

static void start_closing(struct rep_node *n);

static void
on_round(uv_prepare_t *watch)
{
	struct rep_node *n = watch->data;

	if (n->raft_closing)
		return;
	if (n->closing) {
		start_closing(n);
		return;
	}
	if (n->failed) {
		if (n->failure_told)
			return;
		n->failure_told = true;
		lose_leadership(n);
		if (!n->closing)
			n->opts.on_fatal(&n->fault, n->opts.arg);
		return;
	}
	if (raft_state(&n->raft) != RAFT_LEADER) {
		lose_leadership(n);
		return;
	}
	if (n->leader_term != 0 && n->leader_term != raft_current_term(&n->raft))
		lose_leadership(n); /* lost and won again within one round */
	if (n->leader_term == 0 && !n->electing && !n->closing)
		start_election_barrier(n);
}

/* ---- opening and closing ---- */

static void
node_free(struct rep_node *n)
{
	closep(&n->lock);
	rep_links_release(n->links);
	free(n->dir);
	free(n->address);
	free(n);
}

static void
on_watch_closed(uv_handle_t *h)
{
	struct rep_node *n    = h->data;
	loop_fn          done = n->done;
	void            *arg  = n->done_arg;

	node_free(n);
	if (done != NULL)
		done(arg);
}

static void
on_raft_closed(struct raft *r)
{
	struct rep_node *n = container_of(r, struct rep_node, raft);

	raft_uv_close(&n->rio.io);
	while (n->requests != NULL) /* libraft has answered all it will answer */
		request_finish(n->requests, -ECANCELED, NULL);
	uv_close((uv_handle_t *)&n->watch, on_watch_closed);
}

static void
start_closing(struct rep_node *n)
{
	n->raft_closing = true;
	raft_close(&n->raft, on_raft_closed);
}

static int
check_stored(void *arg, bool is_snapshot, const void *data, size_t len, struct fault *f)
{
	const struct rep_fsm *fsm = arg;

	return fsm->check == NULL ? 0 : fsm->check(fsm->arg, is_snapshot, data, len, f);
}

static int
check_dir(const char *dir, const struct rep_opts *opts, struct fault *f)
{
	struct rep_fsm fsm = opts->fsm;
	int            r   = rep_dir_verify(dir, check_stored, &fsm, NULL, f);

	/* An empty directory is that of a replica which waits to be added to its group. */
	return r == -ENOENT ? 0 : r;
}

static int
node_new(struct loop *l, const struct rep_opts *opts, struct rep_node **ret)
{
	struct rep_node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -ENOMEM;
	n->l              = l;
	n->lock           = -EBADF;
	n->user           = opts->fsm;
	n->opts           = *opts;
	n->dir            = strdup(opts->dir);
	n->address        = strdup(opts->address);
	n->fsm.version    = 1;
	n->fsm.data       = n;
	n->fsm.apply      = on_apply;
	n->fsm.snapshot   = on_snapshot;
	n->fsm.restore    = on_restore;
	n->rio.io.version = 1;
	if (n->dir == NULL || n->address == NULL ||
	    rep_links_new(loop_uv(l), opts->transport, &n->links) < 0) {
		node_free(n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

/* libraft up to the point where it owns handles on the loop. On failure nothing of it is left. */
static int
init_raft(struct rep_node *n, struct fault *f)
{
	uv_loop_t *uv = loop_uv(n->l);
	int        rv = raft_uv_init(&n->rio.io, uv, n->dir, rep_links_uv(n->links));

	if (rv != 0)
		return rep_raft_fault(f, rv, n->dir, "opening", n->rio.io.errmsg);
	rep_guard_attach(&n->rio, n->dir);
	raft_uv_set_auto_recovery(&n->rio.io, false);
	raft_uv_set_segment_size(&n->rio.io, REP_SEGMENT_BYTES);
	raft_uv_set_disk_retry(&n->rio.io, DISK_RETRY_MS);
	rv = raft_init(&n->raft, &n->rio.io, &n->fsm, n->opts.id, n->address);
	if (rv != 0) {
		rv = rep_raft_fault(f, rv, n->dir, "opening", n->rio.io.errmsg);
		raft_uv_close(&n->rio.io);
		return rv;
	}
	raft_set_election_timeout(&n->raft, n->opts.election_ms != 0 ? n->opts.election_ms
								     : DEFAULT_ELECTION_MS);
	raft_set_heartbeat_timeout(&n->raft, n->opts.heartbeat_ms != 0 ? n->opts.heartbeat_ms
								       : DEFAULT_HEARTBEAT_MS);
	raft_set_snapshot_threshold(&n->raft, n->opts.snapshot_threshold != 0
						  ? n->opts.snapshot_threshold
						  : DEFAULT_THRESHOLD);
	raft_set_snapshot_trailing(&n->raft, n->opts.snapshot_trailing != 0
						 ? n->opts.snapshot_trailing
						 : DEFAULT_TRAILING);
	raft_set_pre_vote(&n->raft, true);
	raft_set_capacity_threshold(&n->raft, 0);
	(void)uv_prepare_init(uv, &n->watch); /* cannot fail */
	n->watch.data = n;
	return 0;
}

static int
start_raft(struct rep_node *n, struct fault *f)
{
	int rv;

	n->starting = true;
	rv          = raft_start(&n->raft);
	n->starting = false;
	if (rv == 0 && !n->failed) {
		(void)uv_prepare_start(&n->watch, on_round); /* cannot fail */
		return 0;
	}
	if (n->failed) {
		if (f != NULL)
			*f = n->fault;
		rv = -EPROTO;
	} else {
		rv = rep_raft_fault(f, rv, n->dir, "loading", n->raft.errmsg);
	}
	n->closing = true;
	start_closing(n); /* ends, and frees the node, as the loop runs */
	return rv;
}

int
rep_node_open(struct loop *l, const struct rep_opts *opts, struct rep_node **ret, struct fault *f)
{
	struct rep_node *n = NULL;
	int              r = rep_dir_prepare(opts->dir, f);

	if (r < 0)
		return r;
	r = node_new(l, opts, &n);
	if (r == 0)
		r = rep_dir_lock(n->dir, &n->lock, f);
	if (r == 0)
		r = check_dir(n->dir, opts, f);
	if (r == 0)
		r = rep_guard_ensure(n->dir);
	if (r == 0)
		r = init_raft(n, f);
	if (r < 0) {
		if (n != NULL)
			node_free(n);
		return r;
	}
	r = start_raft(n, f);
	/* Log files were read whole; what they took is of no use to anyone for the rest of the run. */
	(void)malloc_trim(0);
	if (r < 0)
		return r;
	*ret = n;
	return 0;
}

void
rep_node_close(struct rep_node *n, loop_fn done, void *arg)
{
	if (n == NULL) {
		if (done != NULL)
			done(arg);
		return;
	}
	if (n->closing)
		return;
	n->closing     = true;
	n->leader_term = 0;
	n->done        = done;
	n->done_arg    = arg;
	for (struct request *q = n->requests; q != NULL; q = n->requests) {
		while (q != NULL && q->cb == NULL)
			q = q->next;
		if (q == NULL)
			break;
		rep_apply_cb cb = q->cb;

		q->cb = NULL; /* libraft's own answer goes nowhere */
		cb(-ECANCELED, NULL, q->arg);
	}
}

/* ---- commands ---- */

static void
on_applied(struct raft_apply *req, int status, void *result)
{
	struct request *q = container_of(req, struct request, raft.apply);

	request_finish(q, error_of(q->n, status), result);
}

static void
on_barrier(struct raft_barrier *req, int status)
{
	struct request *q = container_of(req, struct request, raft.barrier);

	request_finish(q, error_of(q->n, status), NULL);
}

static int
may_submit(const struct rep_node *n)
{
	if (n->closing || n->failed)
		return -ESHUTDOWN;
	return n->leader_term != 0 ? 0 : -EAGAIN;
}

int
rep_node_apply(struct rep_node *n, const void *cmd, size_t len, rep_apply_cb cb, void *arg)
{
	struct raft_buffer buf = {.len = rep_command_size(len)};
	struct request    *q;
	int                r = may_submit(n);

	if (r < 0)
		return r;
	if (len > REP_COMMAND_MAX)
		return -E2BIG;
	buf.base = raft_malloc(buf.len);
	q        = request_new(n, cb, arg);
	if (buf.base == NULL || q == NULL) {
		raft_free(buf.base);
		if (q != NULL)
			request_free(q);
		return -ENOMEM;
	}
	rep_command_pack(buf.base, cmd, len);
	r = raft_apply(&n->raft, &q->raft.apply, &buf, 1, on_applied);
	if (r == 0)
		return 0;
	request_free(q);
	if (r == RAFT_NOTLEADER || r == RAFT_NOSPACE)
		raft_free(buf.base); /* after any other error libraft has freed it */
	return error_of(n, r);
}

int
rep_node_barrier(struct rep_node *n, rep_apply_cb cb, void *arg)
{
	struct request *q;
	int             r = may_submit(n);

	if (r < 0)
		return r;
	q = request_new(n, cb, arg);
	if (q == NULL)
		return -ENOMEM;
	r = raft_barrier(&n->raft, &q->raft.barrier, on_barrier);
	if (r == 0)
		return 0;
	request_free(q);
	return error_of(n, r);
}

/* ---- the group ---- */

static void
on_transferred(struct raft_transfer *req)
{
	request_free(container_of(req, struct request, raft.transfer));
}

int
rep_node_resign(struct rep_node *n)
{
	struct request *q;
	int             r = n->closing || n->failed ? -ESHUTDOWN : 0;

	if (r == 0 && raft_state(&n->raft) != RAFT_LEADER)
		r = -EAGAIN;
	if (r == 0 && n->raft.transfer != NULL)
		r = -EBUSY;
	if (r < 0)
		return r;
	q = request_new(n, NULL, NULL);
	if (q == NULL)
		return -ENOMEM;
	r = raft_transfer(&n->raft, &q->raft.transfer, 0, on_transferred);
	if (r == 0)
		return 0;
	request_free(q);
	return r == RAFT_NOTFOUND ? -ENOENT : error_of(n, r);
}

static void on_added(struct raft_change *req, int status);

static void
on_changed(struct raft_change *req, int status)
{
	struct request *q = container_of(req, struct request, raft.change);

	q->n->changing = false;
	request_finish(q, error_of(q->n, status), NULL);
}

/*
 * Second step of adding: from a spare, which gets nothing, to a voter, which must have caught up
 * first.
 */
static int
promote(struct request *q)
{
	return raft_assign(&q->n->raft, &q->raft.change, q->server, RAFT_VOTER, on_changed);
}

static void
on_added(struct raft_change *req, int status)
{
	struct request *q = container_of(req, struct request, raft.change);

	if (status == 0 && !q->n->closing)
		status = promote(q);
	if (status != 0 || q->n->closing)
		on_changed(req, status != 0 ? status : RAFT_CANCELED);
}

static const struct raft_server *
find_server(const struct rep_node *n, uint64_t id)
{
	for (unsigned i = 0; i < n->raft.configuration.n; i++) {
		if (n->raft.configuration.servers[i].id == id)
			return &n->raft.configuration.servers[i];
	}
	return NULL;
}

static int
start_change(struct rep_node *n, rep_apply_cb cb, void *arg, struct request **ret)
{
	int r = may_submit(n);

	if (r < 0)
		return r;
	if (n->changing)
		return -EBUSY;
	*ret = request_new(n, cb, arg);
	return *ret != NULL ? 0 : -ENOMEM;
}

int
rep_node_add_voter(struct rep_node *n, uint64_t id, const char *address, rep_apply_cb cb, void *arg)
{
	const struct raft_server *server = find_server(n, id);
	struct request           *q;
	int                       r;

	if (server != NULL && server->role == RAFT_VOTER)
		return -EALREADY;
	if (server == NULL && n->raft.configuration.n >= REP_SERVERS_MAX)
		return -E2BIG;
	r = start_change(n, cb, arg, &q);
	if (r < 0)
		return r;
	q->server = id;
	if (server != NULL)
		r = promote(q);
	else
		r = raft_add(&n->raft, &q->raft.change, id, address, on_added);
	if (r != 0) {
		request_free(q);
		return error_of(n, r);
	}
	n->changing = true;
	return 0;
}

int
rep_node_remove(struct rep_node *n, uint64_t id, rep_apply_cb cb, void *arg)
{
	struct request *q;
	int             r;

	if (find_server(n, id) == NULL)
		return -ENOENT;
	r = start_change(n, cb, arg, &q);
	if (r < 0)
		return r;
	r = raft_remove(&n->raft, &q->raft.change, id, on_changed);
	if (r != 0) {
		request_free(q);
		return error_of(n, r);
	}
	n->changing = true;
	return 0;
}

int
rep_node_accept_take(struct rep_node *n, uint64_t id, const char *address, int fd)
{
	const struct raft_server *server = find_server(n, id);

	if (n->closing || n->failed) {
		closep(&fd);
		return -ESHUTDOWN;
	}
	/* A replica that waits to be added knows nobody yet; libraft checks terms and logs. */
	if (n->raft.configuration.n > 0 &&
	    (server == NULL || strcmp(server->address, address) != 0)) {
		closep(&fd);
		return -EACCES;
	}
	return rep_links_accept_take(n->links, id, address, fd);
}

/* ---- looking at it ---- */

bool
rep_node_is_leader(const struct rep_node *n)
{
	return n->leader_term != 0 && !n->closing && !n->failed;
}

const char *
rep_node_leader(const struct rep_node *n)
{
	const char *address = NULL;
	raft_id     id      = 0;

	if (n->failed || n->closing)
		return "";
	raft_leader((struct raft *)&n->raft, &id,
		    &address); /* reads only; its prototype lacks const */
	return id != 0 && address != NULL ? address : "";
}

void
rep_node_info(const struct rep_node *n, struct rep_info *ret)
{
	struct raft *r = (struct raft *)&n->raft; /* read only; the prototypes lack const */

	*ret = (struct rep_info){.term           = raft_current_term(r),
				 .last_index     = raft_last_index(r),
				 .last_applied   = raft_last_applied(r),
				 .snapshot_index = r->trail.snapshot.index,
				 .snapshot_term  = r->trail.snapshot.term};
	for (unsigned i = 0; i < r->configuration.n && ret->n_servers < REP_SERVERS_MAX; i++) {
		const struct raft_server *s = &r->configuration.servers[i];

		ret->servers[ret->n_servers].id    = s->id;
		ret->servers[ret->n_servers].voter = s->role == RAFT_VOTER;
		(void)snprintf(ret->servers[ret->n_servers].address,
			       sizeof(ret->servers[0].address), "%s", s->address);
		ret->n_servers++;
	}
}
