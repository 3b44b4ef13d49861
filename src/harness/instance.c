/*
 * One engine's life: the state machine between a start request and the end of its process. Steps
 * that block are started with har_work_start() and go on in a `*_done` function; every failure ends
 * in start_failed(), every end of a process in child_exited(). The dRPC calls are in call.c,
 * command line and environment in launch.c.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/str.h"
#include "config/config.h"
#include "harness/harness_private.h"
#include "harness/launch.h"
#include "storage/storage.h"

extern char **environ;

static void begin_start(struct har_instance *i);
static void check_done(struct har_instance *i, struct har_work *w);
static void prepare(struct har_instance *i);

/* ---- small helpers ---- */

static void
set_state(struct har_instance *i, enum har_state to)
{
	enum har_state from = i->state;

	assert(har_state_may_move(from, to));
	log_debug("engine %u: %s -> %s", i->idx, har_state_name(from), har_state_name(to));
	i->state = to;
	har_harness_state_changed(i, from, to);
}

static void
output_add(struct output_ring *o, const char *line)
{
	char *copy = strdup(line);

	if (copy == NULL)
		return; /* the report has one line less */
	free(o->lines[o->next]);
	o->lines[o->next] = copy;
	o->next           = (o->next + 1) % HAR_OUTPUT_LINES;
}

static void
output_clear(struct output_ring *o)
{
	for (size_t n = 0; n < HAR_OUTPUT_LINES; n++) {
		free(o->lines[n]);
		o->lines[n] = NULL;
	}
	o->next = 0;
}

/* The last three lines as one text, for a fault's description. */
static void
output_summary(const struct output_ring *o, struct strbuf *b)
{
	unsigned n = 0;

	for (unsigned k = HAR_OUTPUT_LINES - 3; k < HAR_OUTPUT_LINES; k++) {
		const char *line = o->lines[(o->next + k) % HAR_OUTPUT_LINES];

		if (line == NULL)
			continue;
		strbuf_addf(b, "%s%.200s", n++ == 0 ? "; its last output: " : " | ", line);
	}
	if (n == 0)
		strbuf_add(b, "; it printed nothing");
}

static void
notify_clear(struct notify *n)
{
	for (size_t k = 0; k < n->n.n_secondary_uris; k++)
		free(n->secondary_uris[k]);
	free(n->secondary_uris);
	free(n->secondary_nctxs);
	free(n->uri);
	free(n->drpc_path);
	memset(n, 0, sizeof(*n));
}

static int
notify_copy(const struct har_notify *from, struct notify *to)
{
	struct notify n = {.set = true, .n = *from};

	n.n.n_secondary_uris = 0;
	n.uri                = strdup(from->uri);
	n.drpc_path          = strdup(from->drpc_path);
	n.secondary_uris     = calloc(from->n_secondary_uris + 1, sizeof(char *));
	n.secondary_nctxs    = calloc(from->n_secondary_nctxs + 1, sizeof(uint32_t));
	if (n.uri == NULL || n.drpc_path == NULL || n.secondary_uris == NULL ||
	    n.secondary_nctxs == NULL)
		goto no_memory;
	for (; n.n.n_secondary_uris < from->n_secondary_uris; n.n.n_secondary_uris++) {
		n.secondary_uris[n.n.n_secondary_uris] =
		    strdup(from->secondary_uris[n.n.n_secondary_uris]);
		if (n.secondary_uris[n.n.n_secondary_uris] == NULL)
			goto no_memory;
	}
	if (from->n_secondary_nctxs > 0)
		memcpy(n.secondary_nctxs, from->secondary_nctxs,
		       from->n_secondary_nctxs * sizeof(uint32_t));
	n.n.uri             = n.uri;
	n.n.drpc_path       = n.drpc_path;
	n.n.secondary_uris  = (const char *const *)n.secondary_uris;
	n.n.secondary_nctxs = n.secondary_nctxs;
	notify_clear(to);
	*to = n;
	return 0;
no_memory:
	notify_clear(&n);
	return -ENOMEM;
}

/* ---- ends ---- */

/* A start went wrong. A process, if any, is killed and reported by child_exited(). */
static void
start_failed(struct har_instance *i, const struct fault *f)
{
	const struct har_callbacks *cb = &i->h->opts.cb;

	loop_timer_stop(i->limit);
	fault_format(f, i->last_error, sizeof(i->last_error));
	if (har_state_has_process(i->state) && i->child != NULL) {
		if (i->state != HAR_STATE_STOPPING)
			set_state(i, HAR_STATE_STOPPING);
		(void)loop_child_kill(i->child, SIGKILL); /* gone already: its exit follows */
	} else if (i->state != HAR_STATE_STOPPED) {
		set_state(i, HAR_STATE_STOPPED);
	}
	if (cb->on_start_failed != NULL && !i->h->stopping)
		cb->on_start_failed(i, f, cb->arg);
	har_harness_check_stopped(i->h);
}

static void
start_failed_errno(struct har_instance *i, int err, const char *what)
{
	struct fault f = FAULT_INIT;

	fault_plain(&f, err, "engine %u: %s: %s", i->idx, what, strerror(-err));
	start_failed(i, &f);
}

/* Starts again when somebody asked for it meanwhile. */
static void
start_if_wanted(struct har_instance *i)
{
	if (i->want_start && i->state == HAR_STATE_STOPPED && i->work == NULL && !i->h->stopping)
		begin_start(i);
	har_harness_check_stopped(i->h);
}

static void
after_exit_done(struct har_instance *i, struct har_work *w)
{
	if (w->err < 0) {
		char text[1200];

		log_debug("engine %u: %s", i->idx, fault_format(&w->f, text, sizeof(text)));
	}
	start_if_wanted(i);
}

/* The engine leaves its listener behind; only a file in our own socket directory is removed. */
static void
remove_socket(struct har_instance *i)
{
	const char *dir  = i->h->opts.cfg->socket_dir;
	const char *path = i->notify.drpc_path;
	size_t      len  = strlen(dir);

	if (path == NULL || strncmp(path, dir, len) != 0 || path[len] != '/' ||
	    strchr(path + len + 1, '/') != NULL)
		return;
	(void)unlink(path); /* the engine may have removed it itself */
}

static void
child_exited(struct loop_child *c, const struct loop_exit *e, void *arg)
{
	struct har_instance        *i      = arg;
	const struct har_callbacks *cb     = &i->h->opts.cb;
	enum har_state              was    = i->state;
	struct har_exit             report = {
			.pid         = e->pid,
			.rank        = har_instance_rank(i),
			.incarnation = i->notify.n.incarnation,
			.expected    = i->expected,
			.was_ready   = i->was_ready,
			.binary      = i->binary,
        };
	struct fault f = FAULT_INIT;
	char         status[128];
	bool         premature;

	report.status = loop_exit_format(e, status, sizeof(status));
	loop_timer_stop(i->limit);
	i->child  = loop_child_free(c); /* takes e with it */
	premature = !i->expected && was != HAR_STATE_READY && was != HAR_STATE_STOPPING;
	if (premature) {
		_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;

		output_summary(&i->output, &b);
		fault_plain(&f, -ECHILD, "engine %u (%s, pid %d) ended before it was ready: %s%s",
			    i->idx, i->binary, (int)report.pid, report.status, strbuf_str(&b));
		fault_format(&f, i->last_error, sizeof(i->last_error));
	} else if (i->last_error[0] == '\0') {
		(void)snprintf(i->last_error, sizeof(i->last_error), "%s exited: %s", i->binary,
			       report.status);
	}
	remove_socket(i);
	notify_clear(&i->notify);
	set_state(i, HAR_STATE_STOPPED); /* watchers find the reason in last_error */
	if (premature && cb->on_start_failed != NULL && !i->h->stopping)
		cb->on_start_failed(i, &f, cb->arg);
	if (cb->on_exit != NULL)
		cb->on_exit(i, &report, cb->arg);
	if (i->state == HAR_STATE_STOPPED && i->work == NULL && !i->h->stopping &&
	    stor_host_has_metadata(i->h->opts.storage) &&
	    har_work_start(i, WORK_AFTER_EXIT, after_exit_done) == 0)
		return;
	start_if_wanted(i);
}

/* ---- start: check, format, prepare ---- */

static void
begin_start(struct har_instance *i)
{
	int r;

	assert(i->state == HAR_STATE_STOPPED && i->work == NULL);
	i->want_start    = false;
	i->check_mode    = i->want_check_mode;
	i->expected      = false;
	i->give_up       = false;
	i->was_ready     = false;
	i->last_error[0] = '\0';
	output_clear(&i->output);
	r = har_work_start(i, WORK_CHECK, check_done);
	set_state(i, HAR_STATE_CHECKING);
	if (r < 0)
		start_failed_errno(i, r, "storage check");
}

/* Whether a worker's result is still wanted; if not the instance becomes stopped. */
static bool
still_starting(struct har_instance *i, struct har_work *w)
{
	if (i->h->stopping || i->give_up) {
		set_state(i, HAR_STATE_STOPPED);
		har_harness_check_stopped(i->h);
		return false;
	}
	if (w->err < 0) {
		fault_wrap(&w->f, "engine %u", i->idx);
		start_failed(i, &w->f);
		start_if_wanted(i);
		return false;
	}
	return true;
}

static void
check_done(struct har_instance *i, struct har_work *w)
{
	const struct har_callbacks *cb = &i->h->opts.cb;

	if (!still_starting(i, w))
		return;
	if (!w->need_format) {
		i->format_done = false;
		prepare(i);
		return;
	}
	i->has_superblock = false;
	i->sb             = (struct har_superblock){.rank = DAOS_RANK_NIL};
	set_state(i, HAR_STATE_AWAIT_FORMAT);
	if (cb->on_await_format != NULL)
		cb->on_await_format(i, w->need_scm ? "SCM" : "Metadata", cb->arg);
	if (i->format_done && i->state == HAR_STATE_AWAIT_FORMAT)
		prepare(i);
}

static void
on_line(struct loop_child *c, bool is_stderr, const char *line, void *arg)
{
	struct har_instance        *i  = arg;
	const struct har_callbacks *cb = &i->h->opts.cb;

	output_add(&i->output, line);
	if (cb->on_output != NULL)
		cb->on_output(i, is_stderr, line, cb->arg);
}

static void
limit_passed(struct loop_timer *t, void *arg)
{
	struct har_instance                 *i = arg;
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	struct fault                         f = FAULT_INIT;

	output_summary(&i->output, &b);
	fault_plain(&f, -ETIMEDOUT, "engine %u (%s, pid %d) did not report ready within %llu s%s",
		    i->idx, i->binary, (int)har_instance_pid(i),
		    (unsigned long long)(i->h->opts.ready_limit_ms + 999) / 1000, strbuf_str(&b));
	start_failed(i, &f);
}

static int
launch(struct har_instance *i, struct fault *f)
{
	const struct cfg_server *cfg  = i->h->opts.cfg;
	const struct cfg_engine *e    = &cfg->engines[i->idx];
	struct har_list          args = {0};
	struct har_list          env  = {0};
	struct har_launch        l    = {
		      .server       = cfg,
		      .engine       = e,
		      .idx          = i->idx,
		      .nvme_conf    = stor_nvme_conf_path(i->h->opts.storage, i->idx),
		      .mem_size_mib = e->mem_size_mib,
		      .hugepage_mib = e->hugepage_size_mib,
		      .check_mode   = i->check_mode,
        };
	int r;

	free(i->binary);
	i->binary = NULL;
	r = har_launch_find_binary(cfg, e, i->h->server_path, getenv("PATH"), &i->binary, f);
	if (r < 0)
		return r;
	l.binary = i->binary;
	r        = har_launch_args(&l, &args);
	if (r == 0)
		r = har_launch_env(&l, (const char *const *)environ, &env, f);
	if (r == 0) {
		struct loop_child_opts opts = {
		    .path            = i->binary,
		    .argv            = args.items.v,
		    .envp            = env.items.v,
		    .die_with_parent = true,
		    .real_ids        = true,
		    .on_line         = on_line,
		    .on_exit         = child_exited,
		    .arg             = i,
		};

		r = loop_child_start(i->h->loop, &opts, &i->child);
		if (r < 0)
			fault_plain(f, r, "engine program %s cannot be started: %s", i->binary,
				    strerror(-r));
	}
	har_list_fini(&args);
	har_list_fini(&env);
	return r;
}

static void
prepare_done(struct har_instance *i, struct har_work *w)
{
	const struct har_callbacks *cb = &i->h->opts.cb;
	struct fault                f  = FAULT_INIT;
	int                         r  = 0;

	if (!still_starting(i, w))
		return;
	i->sb             = w->sb;
	i->has_superblock = true;
	if (cb->on_storage_ready != NULL)
		r = cb->on_storage_ready(i, &f, cb->arg);
	if (r == 0)
		r = launch(i, &f);
	if (r < 0) {
		if (!f.set)
			fault_plain(&f, r, "%s", strerror(-r));
		fault_wrap(&f, "engine %u", i->idx);
		start_failed(i, &f);
		start_if_wanted(i);
		return;
	}
	set_state(i, HAR_STATE_STARTING);
	loop_timer_start(i->limit, i->h->opts.ready_limit_ms, 0);
}

static void
prepare(struct har_instance *i)
{
	int r = har_work_start(i, WORK_PREPARE, prepare_done);

	i->format_done = false;
	set_state(i, HAR_STATE_PREPARING);
	if (r < 0)
		start_failed_errno(i, r, "storage");
}

/* ---- start: ready, join, set-up ---- */

static void
notified_done(struct har_instance *i, struct har_work *w)
{
	const struct har_callbacks *cb = &i->h->opts.cb;

	if (i->state != HAR_STATE_JOINING) { /* ended meanwhile */
		start_if_wanted(i);
		return;
	}
	if (w->err < 0) {
		fault_wrap(&w->f, "engine %u", i->idx);
		start_failed(i, &w->f);
		return;
	}
	if (cb->on_join != NULL)
		cb->on_join(i, &i->notify.n, cb->arg);
}

int
har_instance_notify_ready(struct har_instance *i, const struct har_notify *n, struct fault *f)
{
	struct stat st;
	int         r;

	if (i->state != HAR_STATE_STARTING)
		return fault_plain(f, -EINVAL, "engine %u is %s and expects no ready message",
				   i->idx, har_state_name(i->state));
	if (str_empty(n->drpc_path) || stat(n->drpc_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fault_plain(f, -EINVAL,
				   "engine %u named a dRPC listener that is no socket: %s", i->idx,
				   str_empty(n->drpc_path) ? "(none)" : n->drpc_path);
	if (str_empty(n->uri) || strlen(n->uri) >= sizeof(i->sb.uri))
		return fault_plain(f, -EINVAL, "engine %u named no usable fabric URI", i->idx);
	r = notify_copy(n, &i->notify);
	if (r < 0)
		return r;
	loop_timer_stop(i->limit);
	i->sb.incarnation = n->incarnation;
	(void)snprintf(i->sb.fault_domain, sizeof(i->sb.fault_domain), "%s", i->h->fault_domain);
	r = har_work_start(i, WORK_SUPERBLOCK, notified_done);
	if (r < 0)
		return r;
	set_state(i, HAR_STATE_JOINING);
	return 0;
}

static void
become_ready(struct har_instance *i)
{
	const struct har_callbacks *cb = &i->h->opts.cb;

	i->replace   = false;
	i->was_ready = true;
	set_state(i, HAR_STATE_READY);
	if (cb->on_ready != NULL)
		cb->on_ready(i, cb->arg);
}

static void
set_up_done(const struct fault *f, void *arg)
{
	struct har_instance *i = arg;

	if (i->state != HAR_STATE_SETTING_UP)
		return; /* ended meanwhile */
	if (f != NULL) {
		start_failed(i, f);
		return;
	}
	become_ready(i);
}

/* The rank is on disk: tell the engine, unless the leader has done so. */
static void
go_on_joined(struct har_instance *i)
{
	int r;

	if (i->joined.local_join) {
		become_ready(i);
		return;
	}
	set_state(i, HAR_STATE_SETTING_UP);
	r = har_instance_set_up(i, i->joined.rank, i->joined.map_version, set_up_done, i);
	if (r < 0)
		start_failed_errno(i, r, "set-up");
}

static void
joined_done(struct har_instance *i, struct har_work *w)
{
	if (i->state != HAR_STATE_JOINING) {
		start_if_wanted(i);
		return;
	}
	if (w->err < 0) {
		fault_wrap(&w->f, "engine %u", i->idx);
		start_failed(i, &w->f);
		return;
	}
	go_on_joined(i);
}

void
har_instance_joined(struct har_instance *i, const struct har_join_result *res)
{
	struct fault f = FAULT_INIT;
	int          r;

	if (i->state != HAR_STATE_JOINING)
		return; /* the engine ended while the join was under way */
	if (res->state == HAR_JOIN_OUT) {
		fault_plain(&f, -EPERM, "engine %u: rank %u is excluded from the system", i->idx,
			    res->rank);
		fault_resolve(
		    &f,
		    "clear the exclusion with `dmg system clear-exclude --ranks %u`, then "
		    "start the rank",
		    res->rank);
		start_failed(i, &f);
		return;
	}
	if (res->state == HAR_JOIN_CHECK && !i->check_mode) {
		i->want_start = i->want_check_mode = true;
		fault_plain(&f, -EAGAIN,
			    "engine %u: the system is in checker mode; starting again in that mode",
			    i->idx);
		start_failed(i, &f);
		return;
	}
	i->joined = *res;
	if (i->sb.valid_rank && i->sb.rank == res->rank && str_eq(i->sb.uri, i->notify.uri)) {
		go_on_joined(i);
		return;
	}
	i->sb.has_rank = i->sb.valid_rank = true;
	i->sb.rank                        = res->rank;
	(void)snprintf(i->sb.uri, sizeof(i->sb.uri), "%s", i->notify.uri);
	r = har_work_start(i, WORK_SUPERBLOCK, joined_done);
	if (r < 0)
		start_failed_errno(i, r, "superblock");
}

void
har_instance_join_failed(struct har_instance *i, const struct fault *f)
{
	struct fault copy = *f;

	if (i->state != HAR_STATE_JOINING)
		return;
	fault_wrap(&copy, "engine %u: join failed", i->idx);
	start_failed(i, &copy);
}

/* ---- requests ---- */

void
har_instance_request_start(struct har_instance *i, bool check_mode)
{
	if (i->h->stopping || i->state == HAR_STATE_READY)
		return;
	i->give_up = false;
	if (i->state != HAR_STATE_STOPPED && i->state != HAR_STATE_STOPPING)
		return; /* on its way */
	i->want_start      = true;
	i->want_check_mode = check_mode;
	if (i->state == HAR_STATE_STOPPED && i->work == NULL)
		begin_start(i);
}

void
har_instance_request_restart(struct har_instance *i)
{
	if (i->h->stopping)
		return;
	i->want_start      = true;
	i->want_check_mode = i->check_mode;
	if (i->state == HAR_STATE_STOPPED && i->work == NULL)
		begin_start(i);
}

int
har_instance_stop(struct har_instance *i, int signum)
{
	if (i->state == HAR_STATE_CHECKING || i->state == HAR_STATE_PREPARING)
		i->give_up = true;
	if (!har_state_has_process(i->state) || i->child == NULL)
		return 0;
	i->expected   = true;
	i->want_start = false;
	loop_timer_stop(i->limit);
	if (i->state != HAR_STATE_STOPPING)
		set_state(i, HAR_STATE_STOPPING);
	return loop_child_kill(i->child, signum);
}

void
har_instance_storage_ready(struct har_instance *i, bool replace)
{
	if (har_state_has_process(i->state) || i->state == HAR_STATE_PREPARING || i->h->stopping)
		return;
	i->replace     = replace;
	i->format_done = true;
	if (i->state == HAR_STATE_AWAIT_FORMAT)
		prepare(i);
}

static void
reset_done(struct har_instance *i, struct har_work *w)
{
	har_done_cb cb  = i->reset_cb;
	void       *arg = i->reset_arg;

	i->reset_cb = NULL;
	if (w->err == 0) {
		i->has_superblock = false;
		i->sb             = (struct har_superblock){.rank = DAOS_RANK_NIL};
	}
	cb(w->err, arg);
	start_if_wanted(i);
}

int
har_instance_reset(struct har_instance *i, har_done_cb cb, void *arg)
{
	int r;

	if (i->state != HAR_STATE_STOPPED || i->work != NULL)
		return -EBUSY;
	r = har_work_start(i, WORK_RESET, reset_done);
	if (r < 0)
		return r;
	i->format_done = false;
	i->reset_cb    = cb;
	i->reset_arg   = arg;
	return 0;
}

/* ---- life of the object, getters ---- */

int
har_instance_init(struct har_harness *h, unsigned idx, struct har_instance *i)
{
	i->h               = h;
	i->idx             = idx;
	i->state           = HAR_STATE_STOPPED;
	i->sb.rank         = DAOS_RANK_NIL;
	i->superblock_path = strdup(stor_superblock_path(h->opts.storage, idx));
	if (i->superblock_path == NULL)
		return -ENOMEM;
	return loop_timer_new(h->loop, limit_passed, i, &i->limit);
}

void
har_instance_fini(struct har_instance *i)
{
	if (i->work != NULL)
		i->work->i = NULL;
	i->work  = NULL;
	i->child = loop_child_free(i->child);
	har_calls_drop(i);
	i->limit = loop_timer_free(i->limit);
	notify_clear(&i->notify);
	output_clear(&i->output);
	free(i->superblock_path);
	free(i->binary);
	i->superblock_path = i->binary = NULL;
}

void
har_instance_shut(struct har_instance *i)
{
	i->want_start = false;
	if (i->state == HAR_STATE_AWAIT_FORMAT)
		set_state(i, HAR_STATE_STOPPED);
	(void)har_instance_stop(i, SIGKILL); /* only fails when the process is gone already */
}

bool
har_instance_is_idle(const struct har_instance *i)
{
	return i->state == HAR_STATE_STOPPED && i->work == NULL;
}

unsigned
har_instance_index(const struct har_instance *i)
{
	return i->idx;
}

enum har_state
har_instance_state(const struct har_instance *i)
{
	return i->state;
}

struct har_harness *
har_instance_harness(const struct har_instance *i)
{
	return i->h;
}

uint32_t
har_instance_rank(const struct har_instance *i)
{
	return i->has_superblock && i->sb.valid_rank ? i->sb.rank : DAOS_RANK_NIL;
}

const struct uuid *
har_instance_uuid(const struct har_instance *i)
{
	return &i->sb.uuid;
}

pid_t
har_instance_pid(const struct har_instance *i)
{
	return i->child == NULL ? 0 : loop_child_pid(i->child);
}

uint64_t
har_instance_incarnation(const struct har_instance *i)
{
	return i->notify.n.incarnation;
}

const struct har_notify *
har_instance_notify(const struct har_instance *i)
{
	return i->notify.set ? &i->notify.n : NULL;
}

const char *
har_instance_last_error(const struct har_instance *i)
{
	return i->last_error;
}

bool
har_instance_replace(const struct har_instance *i)
{
	return i->replace;
}
