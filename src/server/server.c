/*
 * The server from start to end. The start makes things in the order of server-lifecycle.md §2 and
 * only what is quick happens before the port listens; the end takes them apart in the order of the
 * same section.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"
#include "server/server_private.h"
#include "server/syslog.h"

/* ---- end ---- */

static void
all_ended(struct srv_server *s)
{
	if (--s->stop_waits > 0)
		return;
	loop_stop(s->loop);
}

static void
part_ended(void *arg)
{
	all_ended(arg);
}

/* No process needs the database any more. */
static void
engines_ended(void *arg)
{
	struct srv_server *s  = arg;
	struct sys_db     *db = TAKE_PTR(s->db);

	s->leader.elected = s->leader.ready = false;
	sys_db_close(db, part_ended, s);
}

static void
shutdown_late(struct loop_timer *t, void *arg)
{
	struct srv_server *s = arg;

	log_error("the shutdown did not finish within %d s", SRV_SHUTDOWN_MS / 1000);
	loop_stop(s->loop);
}

void
srv_shutdown(struct srv_server *s, int err, const struct fault *f)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->result   = err;
	if (err < 0 && f != NULL && s->result_fault != NULL)
		*s->result_fault = *f;
	loop_timer_start(s->shutdown_limit, SRV_SHUTDOWN_MS, 0);
	srv_joins_cancel(s);
	/* Taken back when each part calls; the extra one keeps a quick part from ending the loop
	 * too early. */
	s->stop_waits = 3;
	s->drpc       = drpc_server_free(s->drpc, true);
	rpc_server_stop(s->rpc, SRV_GRACE_MS, part_ended, s);
	har_harness_stop(s->harness, engines_ended, s);
	if (loop_post(s->loop, part_ended, s) < 0)
		all_ended(s);
}

static void
on_end_signal(int signum, void *arg)
{
	log_debug("caught signal %d", signum);
	srv_shutdown(arg, 0, NULL);
}

static void
on_hangup(int signum, void *arg)
{
	struct srv_server *s = arg;
	struct fault       f = FAULT_INIT;
	char               text[1200];

	if (log_reopen() < 0)
		log_error("the log file could not be opened again");
	if (s->tls == NULL)
		return;
	if (sec_tls_reload(s->tls, &f) < 0)
		log_error("certificates were not reloaded, the old ones stay in use: %s",
			  fault_format(&f, text, sizeof(text)));
	else
		log_info("certificates reloaded");
}

/* ---- start ---- */

static int
watch_signals(struct srv_server *s)
{
	static const int ends[] = {SIGINT, SIGQUIT, SIGTERM};
	int              r      = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ends); i++)
		r = loop_signal_new(s->loop, ends[i], on_end_signal, s, &s->signals[i]);
	return r < 0
		   ? r
		   : loop_signal_new(s->loop, SIGHUP, on_hangup, s, &s->signals[ARRAY_SIZE(ends)]);
}

static void
set_core_dump_filter(unsigned filter)
{
	_cleanup_(closep) int fd = -EBADF;
	char                  text[16];
	int                   n;

	if (filter == 0)
		return;
	fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	n  = snprintf(text, sizeof(text), "0x%x\n", filter);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		log_debug("core dump filter not set: %s", strerror(errno));
}

static int
open_client(struct srv_server *s, struct fault *f)
{
	struct ctl_client_opts opts = {
	    .loop         = s->loop,
	    .io           = s->io,
	    .tls          = s->tls,
	    .component    = SEC_COMPONENT_SERVER,
	    .system       = s->cfg->name,
	    .hosts        = (const char *const *)s->net.replicas.v,
	    .n_hosts      = s->net.replicas.n,
	    .default_port = (uint16_t)s->cfg->port,
	};

	return ctl_client_new(&opts, &s->client, f);
}

static int
open_network(struct srv_server *s, struct fault *f)
{
	long                   cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct rpc_server_opts opts  = {
	     .address      = s->net.bind_ip,
	     .port         = (uint16_t)s->cfg->port,
	     .gate         = srv_gate,
	     .arg          = s,
	     .on_raft_link = s->net.is_replica ? srv_raft_accept : NULL,
        };
	int r;

	r = sec_tls_load(&s->cfg->transport_config, SEC_ROLE_SERVER, &s->tls, f);
	if (r < 0)
		return r;
	if (s->cfg->port > UINT16_MAX)
		return fault_plain(f, -EINVAL,
				   "unable to listen on %s:%lld: the port is above 65535",
				   s->net.bind_ip, (long long)s->cfg->port);
	opts.tls = s->tls;
	r        = rpc_io_new(s->loop, (unsigned)MIN(MAX(cores, 1), RPC_IO_THREADS_MAX), &s->io);
	if (r == 0)
		r = rpc_server_new(s->io, &opts, &s->rpc, f);
	if (r == 0)
		r = srv_services_register(s);
	return r;
}

/* A replica keeps its database on an engine's SCM or with the control metadata. */
static int
check_raft_dir(const struct srv_server *s, struct fault *f)
{
	if (!s->net.is_replica || stor_raft_dir(s->storage) != NULL)
		return 0;
	fault_plain(f, -EINVAL,
		    "unable to create database config: there is no place for the system database: "
		    "engines is empty and control_metadata is not set");
	if (f != NULL)
		fault_resolve(f, "configure an engine with an SCM tier or set control_metadata, or "
				 "take this host out of mgmt_svc_replicas");
	return -EINVAL;
}

static int
open_engines(struct srv_server *s, struct fault *f)
{
	_cleanup_(freep) char  *socket = str_format("%s/" SRV_SOCKET_NAME, s->cfg->socket_dir);
	struct drpc_server_opts drpc   = {.path = socket};
	struct stor_host_opts   stor   = {
		.cfg      = s->cfg,
		.hostname = s->hostname,
		.uid      = geteuid(),
		.gid      = getegid(),
        };
	struct har_opts har = {
	    .cfg            = s->cfg,
	    .server_path    = s->opts.executable,
	    .fault_domain   = s->fault_domain,
	    .ready_limit_ms = (uint64_t)MAX(s->cfg->engine_ready_timeout, 0) * 1000,
	};
	int r;

	if (socket == NULL)
		return -ENOMEM;
	r = drpc_server_new(s->loop, &drpc, &s->drpc, f);
	if (r == 0)
		r = srv_upcalls_register(s);
	if (r == 0)
		r = stor_host_new(&stor, &s->storage, f);
	if (r == 0)
		r = check_raft_dir(s, f);
	if (r < 0)
		return r;
	har.storage = s->storage;
	srv_engines_callbacks(s, &har.cb);
	r = har_harness_new(s->loop, &har, &s->harness, f);
	return r < 0 ? r : srv_engines_watch(s);
}

static int
prepare(struct srv_server *s, struct fault *f)
{
	int r;

	if (gethostname(s->hostname, sizeof(s->hostname) - 1) < 0)
		return fault_plain(f, -errno, "cannot get the host's name: %s", strerror(errno));
	if (str_empty(s->cfg->fabric.provider))
		return fault_plain(f, -EINVAL, "provider not set");
	r = hw_netifs_read(NULL, &s->ifs);
	if (r < 0)
		return fault_plain(f, r, "cannot list network interfaces: %s", strerror(-r));
	r = srv_check_fabric(s->cfg, &s->ifs, f);
	if (r == 0)
		r = srv_prepare_config(s->cfg, &s->ifs, f);
	if (r == 0)
		r = srv_lock_socket_dir(s->cfg->socket_dir, &s->lock_fd, f);
	if (r < 0)
		return r;
	r = srv_prepare_fault_domain(s->cfg, s->hostname, &s->fault_domain, f);
	if (r < 0)
		return r;
	set_core_dump_filter(s->cfg->core_dump_filter);
	return srv_net_init(&s->net, s->cfg, &s->ifs, f);
}

/* ---- beside the start ---- */

/* The configuration does not change any more; writing it waits for the disk. */
static void
save_active(void *arg)
{
	struct srv_server *s = arg;
	struct fault       f = FAULT_INIT;

	if (cfg_server_save_active(s->cfg, &f) < 0)
		log_debug("active configuration not saved: %s", f.description);
}

static void
active_saved(void *arg)
{
}

static int
bring_up(struct srv_server *s, struct fault *f)
{
	int r;

	r = loop_new(&s->loop);
	if (r < 0)
		return r;
	r = prepare(s, f);
	if (r == 0)
		r = loop_timer_new(s->loop, shutdown_late, s, &s->shutdown_limit);
	if (r == 0)
		r = srv_leader_init(s);
	if (r == 0)
		r = srv_voters_init(s);
	if (r == 0)
		r = srv_restart_init(s);
	if (r == 0)
		r = watch_signals(s);
	if (r == 0)
		r = open_network(s, f);
	if (r == 0)
		r = open_engines(s, f);
	if (r == 0)
		r = open_client(s, f);
	return r < 0 ? r : rpc_server_start(s->rpc);
}

/* Everything in reverse; each part may be missing. */
static void
take_down(struct srv_server *s)
{
	s->exporter = srv_exporter_free(s->exporter);
	s->harness  = har_harness_free(s->harness);
	s->client  = ctl_client_free(s->client);
	s->drpc    = drpc_server_free(s->drpc, true);
	s->rpc     = rpc_server_free(s->rpc);
	srv_raft_links_fini(s);
	s->io      = rpc_io_free(s->io);
	s->storage = stor_host_free(s->storage);
	for (size_t i = 0; i < ARRAY_SIZE(s->signals); i++)
		s->signals[i] = loop_signal_free(s->signals[i]);
	srv_leader_fini(s);
	srv_voters_fini(s);
	srv_restart_fini(s);
	s->shutdown_limit = loop_timer_free(s->shutdown_limit);
	s->joins.pause = loop_timer_free(s->joins.pause);
	vec_fini(&s->joins.waiting);
	if (s->loop != NULL)
		s->loop = loop_free(s->loop);
	s->tls = sec_tls_free(s->tls);
	if (s->lock_fd >= 0)
		srv_remove_sockets(s->cfg->socket_dir);
	closep(&s->lock_fd);
	closep(&s->syslog_fd);
	srv_net_fini(&s->net);
	hw_netifs_fini(&s->ifs);
	free(s->fault_domain);
}

/* What a replica that was told to erase itself leaves behind is nothing; its loop has ended. */
static void
erase_all(struct srv_server *s)
{
	struct fault f = FAULT_INIT;

	for (unsigned i = 0; i < s->cfg->n_engines; i++)
		if (stor_superblock_remove(s->storage, i, &f) < 0)
			log_error("engine %u is not erased: %s", i, f.description);
	if (stor_raft_dir_remove(s->storage, &f) < 0)
		log_error("the system database is not erased: %s", f.description);
}

int
srv_run(const struct srv_opts *opts, bool *ret_again, struct fault *f)
{
	struct srv_server s = {
	    .cfg = opts->cfg, .opts = *opts, .lock_fd = -EBADF, .syslog_fd = -EBADF, .result_fault = f};
	int r;

	r = bring_up(&s, f);
	if (r < 0) {
		if (f != NULL && !f->set)
			fault_plain(f, r, "the server could not start: %s", strerror(-r));
		take_down(&s);
		return r;
	}
	log_info("DAOS Control Server v" DAOS_VERSION " (pid %d) listening on %s", (int)getpid(),
		 s.net.control_addr);
	if (s.cfg->telemetry_port > 0)
		log_notice("metrics are not served on telemetry_port %lld: this build has no "
			   "exporter",
			   (long long)s.cfg->telemetry_port);
	s.syslog_fd = srv_syslog_open(NULL);
	if (s.syslog_fd < 0)
		log_notice("events go to this log, the system log is unavailable: %s",
			   strerror(-s.syslog_fd));
	if (loop_work_submit(s.loop, save_active, active_saved, &s) < 0)
		log_debug("active configuration not saved");
	if (opts->auto_format && s.cfg->n_engines > 0)
		srv_auto_format(&s);
	else
		har_harness_start(s.harness);
	loop_run(s.loop);
	r = s.result;
	if (s.erase_all)
		erase_all(&s);
	*ret_again = s.again;
	take_down(&s);
	return r;
}
