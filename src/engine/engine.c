/*
 * An engine's life: put together step by step, announced to daos_server, served from one loop,
 * taken apart in the reverse order. What fails on the way is reported once, here.
 */
#include "engine/engine.h"

#include <assert.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>

#include "common/fs.h"
#include "common/str.h"
#include "common/version.h"
#include "engine/elog.h"
#include "engine/engine_private.h"

/*
 * Time as DAOS counts it: sixteenths of nanoseconds since 2021, the lowest 18 bits left for logical
 * time.
 */
#define HLC_START_S      1609459200ULL
#define HLC_PER_NS       16ULL
#define HLC_LOGICAL_BITS 0x3FFFFULL
#define NS_PER_S         1000000000ULL

#define SYSTEM_CONTEXTS 2

static int bus_event_fd = -EBADF;

/* ---- state ---- */

static const char *const state_names[_ENG_STATE_MAX] = {
    [ENG_STATE_INIT] = "init",         [ENG_STATE_ANNOUNCED] = "announced",
    [ENG_STATE_SERVING] = "serving",   [ENG_STATE_PREPARED] = "prepared",
    [ENG_STATE_STOPPING] = "stopping",
};

/* bits of states that may follow */
static const unsigned allowed[_ENG_STATE_MAX] = {
    [ENG_STATE_INIT]      = 1 << ENG_STATE_ANNOUNCED | 1 << ENG_STATE_STOPPING,
    [ENG_STATE_ANNOUNCED] = 1 << ENG_STATE_SERVING | 1 << ENG_STATE_STOPPING,
    [ENG_STATE_SERVING]   = 1 << ENG_STATE_PREPARED | 1 << ENG_STATE_STOPPING,
    [ENG_STATE_PREPARED]  = 1 << ENG_STATE_STOPPING,
};

const char *
eng_state_name(enum eng_state s)
{
	return s < _ENG_STATE_MAX ? state_names[s] : "unknown";
}

void
eng_set_state(struct engine *e, enum eng_state s)
{
	assert(s < _ENG_STATE_MAX);
	assert((allowed[e->state] & (1U << s)) != 0);
	eng_log(server, INFO, "%s -> %s", state_names[e->state], state_names[s]);
	e->state = s;
}

void
eng_stop(struct engine *e, int exit_status)
{
	if (e->state != ENG_STATE_STOPPING)
		eng_set_state(e, ENG_STATE_STOPPING);
	e->exit_status = MAX(e->exit_status, exit_status);
	loop_stop(e->loop);
}

uint32_t
eng_contexts(const struct eng_options *o)
{
	return SYSTEM_CONTEXTS + o->targets + MIN(o->helpers, o->targets);
}

/* ---- signals ---- */

static void
signal_arrived(int signum, void *arg)
{
	struct engine *e = arg;

	switch (signum) {
	case SIGINT:
	case SIGTERM:
		eng_log(server, INFO, "signal %d: shutting down", signum);
		eng_stop(e, EXIT_SUCCESS);
		break;
	case SIGUSR1:
		eng_dump(e, "unattended");
		break;
	case SIGUSR2:
		eng_dump(e, "attended");
		break;
	default: /* SIGHUP and SIGQUIT mean nothing to an engine */
		break;
	}
}

/*
 * A bus error of our own code cannot be returned from; one that was sent, as for a hardware fault
 * elsewhere, is taken to the loop for an orderly end. Async-signal-safe calls only.
 */
static void
bus_error(int signum, siginfo_t *info, void *context)
{
	static const char text[] = "daos_engine: bus error\n";
	uint64_t          one    = 1;

	if (info->si_code > 0) {
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1); /* nothing else can be done */
		_exit(EXIT_FAILURE);
	}
	(void)!write(bus_event_fd, &one, sizeof(one)); /* full means that it is known already */
}

static void
bus_error_noted(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	eng_log(server, ERROR, "SIGBUS: shutting down");
	eng_stop(arg, EXIT_FAILURE);
}

static int
watch_signals(struct engine *e)
{
	static const int signums[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT};
	struct sigaction ignore    = {.sa_handler = SIG_IGN};
	struct sigaction on_bus    = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO};
	int              r         = 0;

	static_assert(ARRAY_SIZE(signums) == ARRAY_SIZE(((struct engine *)NULL)->signals),
		      "one slot a signal");
	for (size_t i = 0; i < ARRAY_SIZE(signums) && r == 0; i++)
		r = loop_signal_new(e->loop, signums[i], signal_arrived, e, &e->signals[i]);
	if (r < 0)
		return r;
	e->bus_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->bus_fd < 0)
		return -errno;
	bus_event_fd = e->bus_fd;
	r            = loop_fd_new(e->loop, e->bus_fd, bus_error_noted, e, &e->bus_watch);
	if (r == 0)
		r = loop_fd_want(e->bus_watch, LOOP_READABLE);
	if (r == 0 &&
	    (sigaction(SIGBUS, &on_bus, NULL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0))
		r = -errno;
	return r;
}

/* ---- storage ---- */

static int
check_storage(struct engine *e, struct fault *f)
{
	const char *dir = e->opts.storage;
	struct stat st;

	if (stat(dir, &st) != 0)
		return fault_plain(f, -errno, "storage directory %s (-s): %s", dir,
				   strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fault_plain(f, -ENOTDIR, "storage directory %s (-s) is not a directory",
				   dir);
	if (access(dir, R_OK | W_OK | X_OK) != 0)
		return fault_plain(f, -errno, "storage directory %s (-s): %s", dir,
				   strerror(errno));
	if (e->opts.nvme_conf != NULL && access(e->opts.nvme_conf, R_OK) != 0)
		return fault_plain(f, -errno, "%s (-n): %s", e->opts.nvme_conf, strerror(errno));
	return 0;
}

static uint64_t
hlc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((((uint64_t)ts.tv_sec - HLC_START_S) * NS_PER_S + (uint64_t)ts.tv_nsec) *
		HLC_PER_NS) &
	       ~HLC_LOGICAL_BITS;
}

/* The state file, and in it this start's incarnation, which is always above the last one. */
static int
open_state(struct engine *e, struct fault *f)
{
	_cleanup_(freep) char *conf = NULL;
	const char            *dir  = e->opts.storage;
	int                    r;

	if (e->opts.nvme_conf != NULL) { /* beside daos_nvme.conf, which may not be on the SCM */
		conf = strdup(e->opts.nvme_conf);
		if (conf == NULL)
			return fault_plain(f, -ENOMEM, "out of memory");
		dir = dirname(conf);
	}
	r = eng_sysdb_open(dir, &e->sysdb, f);
	if (r < 0)
		return r;
	e->incarnation = hlc_now();
	if (e->incarnation <= e->sysdb.incarnation) {
		eng_log(server, WARN, "the clock is behind the last start of this engine");
		e->incarnation = e->sysdb.incarnation + HLC_LOGICAL_BITS + 1;
	}
	e->sysdb.incarnation = e->incarnation;
	return 0;
}

static int
open_devices(struct engine *e, struct fault *f)
{
	int r = 0;

	if (e->opts.nvme_conf != NULL)
		r = eng_devices_open(e->opts.nvme_conf, &e->devices, f);
	if (r < 0)
		return r;
	vec_foreach (&e->devices.list, d) {
		r = eng_sysdb_device_uuid(&e->sysdb, d->name, d->path, &d->uuid);
		if (r < 0)
			return fault_plain(f, r, "block device %s: %s", d->path, strerror(-r));
		eng_log(bio, INFO, "device %s %s, roles %u, %lu bytes", d->uuid.s, d->path,
			d->roles, d->size_bytes);
	}
	return eng_sysdb_save(&e->sysdb, f);
}

/* ---- network ---- */

static void
connection_arrived(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct engine *e = arg;
	unsigned       n = eng_endpoint_refuse(&e->endpoint);

	eng_debug(server, NET, "%u connections to %s closed: no data path", n, e->endpoint.uri);
}

static int
open_endpoint(struct engine *e, struct fault *f)
{
	int r = eng_endpoint_open(&e->env, &e->endpoint, f);

	if (r == 0)
		r = loop_fd_new(e->loop, e->endpoint.fd, connection_arrived, e, &e->endpoint_watch);
	if (r == 0)
		r = loop_fd_want(e->endpoint_watch, LOOP_READABLE);
	return r;
}

static int
open_listener(struct engine *e, struct fault *f)
{
	int n = snprintf(e->listener_path, sizeof(e->listener_path), "%s/daos_engine_%d.sock",
			 e->opts.socket_dir, getpid());
	int m = snprintf(e->server_path, sizeof(e->server_path), "%s/daos_server.sock",
			 e->opts.socket_dir);
	int r;

	if (n >= (int)sizeof(e->listener_path) || m >= (int)sizeof(e->server_path))
		return fault_plain(f, -ENAMETOOLONG, "socket directory %s (-d) is too long",
				   e->opts.socket_dir);
	r = drpc_server_new(e->loop, &(struct drpc_server_opts){.path = e->listener_path},
			    &e->listener, f);
	return r < 0 ? r : eng_handlers_register(e);
}

static void
notified(struct engine *e, int err)
{
	if (err == 0) {
		eng_debug(server, MGMT, "%s knows that this engine is ready", e->server_path);
		return;
	}
	fprintf(stderr, "daos_engine: %s does not take NotifyReady: %s\n", e->server_path,
		strerror(-err));
	eng_stop(e, EXIT_FAILURE);
}

static int
announce(struct engine *e, struct fault *f)
{
	int r;

	eng_metrics_open(e);
	r = eng_notify_ready(e, notified);
	if (r < 0)
		return fault_plain(f, r, "NotifyReady to %s: %s", e->server_path, strerror(-r));
	eng_set_state(e, ENG_STATE_ANNOUNCED);
	return 0;
}

/* ---- life ---- */

static int
make_loop(struct engine *e, struct fault *f)
{
	int r = loop_new(&e->loop);

	if (r == 0)
		r = watch_signals(e);
	return r < 0 ? fault_plain(f, r, "event loop: %s", strerror(-r)) : 0;
}

static int
open_log(struct engine *e, struct fault *f)
{
	int r = eng_environment_read((eng_getenv_fn)getenv, &e->env, f);

	if (r < 0)
		return r;
	return eng_log_open(&(struct eng_log_opts){.file         = e->env.log_file,
						   .append_pid   = e->env.log_append_pid,
						   .truncate     = e->env.log_truncate,
						   .max_bytes    = e->env.log_size_bytes,
						   .mask         = e->env.log_mask,
						   .streams      = e->env.debug_streams,
						   .stderr_level = e->env.stderr_level},
			    f);
}

typedef int (*step_fn)(struct engine *e, struct fault *f);

static const step_fn steps[] = {
    open_log,  check_storage, open_state,    open_devices,
    make_loop, open_endpoint, open_listener, announce,
};

static void
take_apart(struct engine *e)
{
	eng_metrics_close(e);
	drpc_request_cancel(e->notify);
	drpc_server_free(e->listener, false); /* the server removes the socket file */
	loop_fd_free(e->endpoint_watch);
	eng_endpoint_close(&e->endpoint);
	for (size_t i = 0; i < ARRAY_SIZE(e->signals); i++)
		loop_signal_free(e->signals[i]);
	loop_fd_free(e->bus_watch);
	closep(&e->bus_fd);
	loop_free(e->loop);
	eng_group_fini(&e->group);
	eng_devices_close(&e->devices);
	eng_sysdb_close(&e->sysdb);
}

int
eng_run(const struct eng_options *opts)
{
	struct engine e = {.opts = *opts, .bus_fd = -EBADF, .endpoint = {.fd = -EBADF}};
	struct fault  f = FAULT_INIT;
	int           r = 0;

	(void)umask(002); /* files of the engine are the group's too; cannot fail */
	if (gethostname(e.hostname, sizeof(e.hostname) - 1) != 0)
		(void)snprintf(e.hostname, sizeof(e.hostname), "localhost");
	eng_group_init(&e.group);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && r == 0; i++)
		r = steps[i](&e, &f);
	if (r < 0) {
		fprintf(stderr, "daos_engine: %s\n", f.set ? f.description : strerror(-r));
		eng_log(server, ERROR, "%s", f.set ? f.description : strerror(-r));
		e.exit_status = EXIT_FAILURE;
	} else {
		eng_log(server, INFO, "engine %u of system %s, %u targets, %s, incarnation %lu",
			opts->instance, opts->group, opts->targets, e.endpoint.uri, e.incarnation);
		loop_run(e.loop);
	}
	take_apart(&e);
	eng_log(server, INFO, "ended with status %d", e.exit_status);
	eng_log_close();
	return e.exit_status;
}
