/*
 * Figures of the rpc room, one line each: `name value unit`. Client and servers are processes of
 * their own on this machine, over loopback; certificates are RSA-3072. The server applies version
 * rules and permissions to every call.
 *
 * usage: rpc_bench [NAME…]                        figures whose name contains one of NAMEs, or all
 *        rpc_bench --server DIR|plain             (started by the former) prints its port, ends
 * with standard input rpc_bench --fanout PORT DIR|plain        (likewise) prints seconds and MiB
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "certs.h"
#include "common/fs.h"
#include "common/str.h"
#include "common/version.h"
#include "config/transport.h"
#include "rpc_handlers.h"

#define CALLS       100000
#define IN_FLIGHT   64
#define SINGLE      10000
#define HANDSHAKES  300
#define CONNECTIONS 1000
#define HOSTS       1024

extern char **environ;

static void
die(const char *what)
{
	fprintf(stderr, "rpc_bench: %s\n", what);
	exit(1);
}

static void
check(int r, const char *what)
{
	if (r < 0) {
		fprintf(stderr, "rpc_bench: %s: %s\n", what, strerror(-r));
		exit(1);
	}
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct sec_tls *
load_tls(const char *dir, const char *name, enum sec_role role)
{
	struct cfg_transport t = {
	    .ca_cert = str_format("%s/ca.crt", dir),
	    .cert    = str_format("%s/%s.crt", dir, name),
	    .key     = str_format("%s/%s.key", dir, name),
	};
	struct sec_tls *tls = NULL;

	if (!str_eq(dir, "plain"))
		check(sec_tls_load(&t, role, &tls, NULL), "certificates");
	free(t.ca_cert);
	free(t.cert);
	free(t.key);
	return tls;
}

/* ---- server ---- */

static bool
gate(struct rpc_call *c, const ProtobufCMessage *req, void *arg)
{
	static const struct sec_version own  = {DAOS_VERSION_MAJOR, DAOS_VERSION_MINOR,
						DAOS_VERSION_PATCH};
	const char                     *name = rpc_call_header(c, "x-daos-component");
	const char                     *text = rpc_call_header(c, "x-daos-version");
	struct fault                    f    = FAULT_INIT;
	struct sec_version              peer;

	if (name == NULL || text == NULL || sec_version_parse(text, &peer) < 0)
		(void)fault_plain(&f, -EINVAL, "component and version are expected");
	else if (sec_version_check(SEC_COMPONENT_SERVER, &own, sec_component_parse(name), &peer,
				   &f) == 0 &&
		 rpc_call_is_secure(c) &&
		 !sec_may_call(rpc_call_cert_component(c), rpc_call_path(c)))
		(void)fault_plain(&f, -EPERM, "not permitted");
	if (!f.set)
		return true;
	rpc_call_fail_fault(c, &f);
	return false;
}

static void
stdin_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	exit(0); /* the measuring process has finished */
}

static int
run_server(const char *dir)
{
	static const struct rpc_method_handler handlers[] = {{"LeaderQuery", handler_echo}};
	struct rpc_server_opts                 opts       = {.address = "0.0.0.0", .gate = gate};
	struct loop                           *loop;
	struct rpc_io                         *io;
	struct rpc_server                     *server;
	struct loop_fd                        *in;

	opts.tls = load_tls(dir, "server", SEC_ROLE_SERVER);
	check(loop_new(&loop), "loop");
	check(rpc_io_new(loop, 1, &io), "I/O");
	check(rpc_server_new(io, &opts, &server, NULL), "server");
	check(rpc_server_add_service(server, &mgmt__mgmt_svc__descriptor, handlers,
				     ARRAY_SIZE(handlers)),
	      "service");
	check(rpc_server_start(server), "start");
	check(loop_fd_new(loop, STDIN_FILENO, stdin_ready, NULL, &in), "standard input");
	check(loop_fd_want(in, LOOP_READABLE), "standard input");
	printf("%u\n", rpc_server_port(server));
	fflush(stdout);
	loop_run(loop);
	return 0;
}

/* ---- processes ---- */

struct process {
	pid_t pid;
	int   in;  /* its standard input; closing ends it */
	FILE *out; /* its standard output */
};

static struct process
start(const char *mode, const char *arg1, const char *arg2)
{
	char *const argv[] = {(char *)"rpc_bench", (char *)mode, (char *)arg1, (char *)arg2, NULL};
	posix_spawn_file_actions_t actions;
	struct process             p;
	int                        in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	check(-posix_spawn(&p.pid, "/proc/self/exe", &actions, NULL, argv, environ),
	      "start of a process");
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	p.in  = in[1];
	p.out = fdopen(out[0], "r");
	return p;
}

static double
read_number(struct process *p)
{
	double v;

	if (fscanf(p->out, "%lf", &v) != 1)
		die("a process gave no answer");
	return v;
}

static void
finish(struct process *p)
{
	int status;

	close(p->in);
	fclose(p->out);
	if (waitpid(p->pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("a process failed");
}

/* Peak resident memory of this process; the accounting of wait4() would include the one that
 * started it. */
static double
peak_mib(void)
{
	char          line[128];
	unsigned long kib = 0;
	FILE         *f   = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %lu kB", &kib) == 1)
			break;
	if (kib == 0)
		die("memory of this process");
	fclose(f);
	return (double)kib / 1024;
}

static double
cpu_seconds(pid_t pid)
{
	clockid_t       id;
	struct timespec ts;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &ts) < 0)
		die("CPU time of a process");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
resident_mib(pid_t pid)
{
	_cleanup_(freep) char *path = str_format("/proc/%d/statm", (int)pid);
	unsigned long          total, resident;
	FILE                  *f = fopen(path, "r");

	if (f == NULL || fscanf(f, "%lu %lu", &total, &resident) != 2)
		die("memory of a process");
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / MIB;
}

/* ---- client ---- */

struct client {
	struct loop            *loop;
	struct rpc_io          *io;
	struct rpc_channel_opts opts;
	struct rpc_channel     *ch;
	unsigned                started, answered, failed, want;
};

static void
client_init(struct client *c, const char *dir, uint16_t port)
{
	*c = (struct client){0};
	check(loop_new(&c->loop), "loop");
	check(rpc_io_new(c->loop, 0, &c->io), "I/O");
	c->opts = (struct rpc_channel_opts){.host      = "127.0.0.1",
					    .port      = port,
					    .tls       = load_tls(dir, "admin", SEC_ROLE_ADMIN),
					    .component = SEC_COMPONENT_ADMIN};
}

static void
client_fini(struct client *c)
{
	rpc_channel_free(c->ch);
	rpc_io_free(c->io);
	sec_tls_free(c->opts.tls);
	loop_free(c->loop);
}

static void call(struct client *c, struct rpc_channel *ch);

static void
on_reply(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct client *c = arg;

	c->answered++;
	c->failed += status->code != RPC_OK;
	if (c->started < c->want && c->ch != NULL)
		call(c, c->ch);
}

static void
call(struct client *c, struct rpc_channel *ch)
{
	Mgmt__LeaderQueryReq req = MGMT__LEADER_QUERY_REQ__INIT;

	req.sys   = (char *)"daos_server-2.8.0";
	req.hosts = (char *)"127.0.0.1:10001";
	c->started++;
	check(rpc_channel_call(ch, &mgmt__mgmt_svc__descriptor, "LeaderQuery", &req.base, 60000,
			       on_reply, c, NULL),
	      "call");
}

static void
run_calls(struct client *c, unsigned n, unsigned in_flight)
{
	c->started = c->answered = 0;
	c->want                  = n;
	for (unsigned i = 0; i < in_flight; i++)
		call(c, c->ch);
	while (c->answered < n)
		loop_run_once(c->loop, true);
	if (c->failed > 0)
		die("calls failed");
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ---- figures ---- */

static void
print_figure(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
	fflush(stdout);
}

static void
measure_calls(const char *dir, const char *suffix)
{
	struct process server = start("--server", dir, NULL);
	struct client  c;
	static double  took[SINGLE];
	char           name[64];
	double         begin;

	client_init(&c, dir, (uint16_t)read_number(&server));
	check(rpc_channel_new(c.io, &c.opts, &c.ch), "channel");
	run_calls(&c, 1000, IN_FLIGHT); /* warm */
	begin = now_s();
	run_calls(&c, CALLS, IN_FLIGHT);
	snprintf(name, sizeof(name), "calls_%s_64", suffix);
	print_figure(name, CALLS / (now_s() - begin), "1/s");
	for (unsigned i = 0; i < SINGLE; i++) {
		begin = now_s();
		run_calls(&c, 1, 1);
		took[i] = (now_s() - begin) * 1e6;
	}
	qsort(took, SINGLE, sizeof(took[0]), compare_doubles);
	snprintf(name, sizeof(name), "call_%s_1_p50", suffix);
	print_figure(name, took[SINGLE / 2], "us");
	snprintf(name, sizeof(name), "call_%s_1_p99", suffix);
	print_figure(name, took[SINGLE * 99 / 100], "us");
	client_fini(&c);
	finish(&server);
}

static void
measure_handshakes(const char *dir, const char *unused)
{
	struct process server = start("--server", dir, NULL);
	struct client  c;
	double         before;

	client_init(&c, dir, (uint16_t)read_number(&server));
	before = cpu_seconds(server.pid);
	for (unsigned i = 0; i < HANDSHAKES; i++) {
		check(rpc_channel_new(c.io, &c.opts, &c.ch), "channel");
		run_calls(&c, 1, 1);
		c.ch = rpc_channel_free(c.ch);
	}
	print_figure("handshake_server_cpu", (cpu_seconds(server.pid) - before) / HANDSHAKES * 1e3,
		     "ms");
	client_fini(&c);
	finish(&server);
}

static void
measure_connections(const char *dir, const char *suffix)
{
	struct process             server = start("--server", dir, NULL);
	static struct rpc_channel *open[CONNECTIONS];
	struct client              c;
	char                       name[64];
	double                     before;

	client_init(&c, dir, (uint16_t)read_number(&server));
	c.want = CONNECTIONS;
	before = resident_mib(server.pid);
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		check(rpc_channel_new(c.io, &c.opts, &open[i]), "channel");
		call(&c, open[i]);
		while (c.answered + 32 < c.started)
			loop_run_once(c.loop, true);
	}
	while (c.answered < CONNECTIONS)
		loop_run_once(c.loop, true);
	if (c.failed > 0)
		die("calls failed");
	snprintf(name, sizeof(name), "connections_1000_%s", suffix);
	print_figure(name, resident_mib(server.pid) - before, "MiB");
	for (unsigned i = 0; i < CONNECTIONS; i++)
		rpc_channel_free(open[i]);
	client_fini(&c);
	finish(&server);
}

/* ---- fan-out ---- */

struct fanout {
	struct client c;
	bool          done;
};

static void
on_result(size_t i, const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct fanout *f = arg;

	f->c.answered++;
	f->c.failed += status->code != RPC_OK;
}

static void
on_done(void *arg)
{
	((struct fanout *)arg)->done = true;
}

static int
run_fanout(const char *port, const char *dir)
{
	static struct rpc_fanout_target targets[HOSTS];
	static char                     hosts[HOSTS][16];
	Mgmt__LeaderQueryReq            req  = MGMT__LEADER_QUERY_REQ__INIT;
	struct fanout                   f    = {0};
	struct rpc_fanout_opts          opts = {.service   = &mgmt__mgmt_svc__descriptor,
						.method    = "LeaderQuery",
						.targets   = targets,
						.n_targets = HOSTS,
						.on_result = on_result,
						.on_done   = on_done,
						.arg       = &f};
	struct rpc_fanout              *fo;
	double                          begin;
	uint32_t                        p;

	check(str_to_u32(port, 10, &p), "port");
	client_init(&f.c, dir, (uint16_t)p);
	opts.channel = f.c.opts;
	/* one listener plays all hosts: every address of 127.0.0.0/8 is this machine */
	for (unsigned i = 0; i < HOSTS; i++) {
		snprintf(hosts[i], sizeof(hosts[i]), "127.0.%u.%u", i / 250 + 1, i % 250 + 1);
		targets[i] = (struct rpc_fanout_target){
		    .host = hosts[i], .port = (uint16_t)p, .req = &req.base};
	}
	begin = now_s();
	check(rpc_fanout_start(f.c.io, &opts, &fo), "fan-out");
	while (!f.done)
		loop_run_once(f.c.loop, true);
	printf("%.6g %.6g\n", now_s() - begin, peak_mib());
	if (f.c.failed > 0)
		die("targets failed");
	client_fini(&f.c);
	return 0;
}

static void
measure_fanout(const char *dir, const char *suffix)
{
	struct process         server = start("--server", dir, NULL);
	_cleanup_(freep) char *port   = str_format("%u", (unsigned)read_number(&server));
	struct process         client = start("--fanout", port, dir);
	char                   name[64];
	double                 peak;

	snprintf(name, sizeof(name), "fanout_1024_%s", suffix);
	print_figure(name, read_number(&client), "s");
	peak = read_number(&client);
	snprintf(name, sizeof(name),
		 strcmp(suffix, "tls") == 0 ? "fanout_1024_memory" : "fanout_1024_memory_%s",
		 suffix);
	print_figure(name, peak, "MiB");
	finish(&client);
	finish(&server);
}

/* ---- main ---- */

static void
write_cert(const char *dir, const char *name, const struct test_cert *c)
{
	_cleanup_(freep) char *crt = str_format("%s/%s.crt", dir, name);
	_cleanup_(freep) char *key = str_format("%s/%s.key", dir, name);

	test_cert_write(c, crt, key);
}

static void
make_certs(const char *dir)
{
	const struct test_cert_opts ca_opts = {.cn = "ca", .rsa = true, .rsa_bits = 3072};
	struct test_cert            ca      = test_cert_new(&ca_opts, NULL);
	const char *const           names[] = {"server", "admin"};

	write_cert(dir, "ca", &ca);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct test_cert_opts o = {.cn = names[i], .rsa = true, .rsa_bits = 3072};
		struct test_cert      c = test_cert_new(&o, &ca);

		write_cert(dir, names[i], &c);
		test_cert_free(&c);
	}
	test_cert_free(&ca);
}

static bool
is_wanted(char **names, const char *group)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++)
		if (strstr(group, *names) != NULL || strstr(*names, group) != NULL)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *group;
		void (*measure)(const char *dir, const char *suffix);
		bool tls;
	} figures[] = {
	    {"calls_tls", measure_calls, true},
	    {"calls_plain", measure_calls, false},
	    {"handshake", measure_handshakes, true},
	    {"connections_1000_tls", measure_connections, true},
	    {"connections_1000_plain", measure_connections, false},
	    {"fanout_1024_plain", measure_fanout, false},
	    {"fanout_1024_tls", measure_fanout, true},
	};
	char          dir[] = "/tmp/rpc_bench_XXXXXX";
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = MIN(files.rlim_max, (rlim_t)8192);
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 3 && str_eq(argv[1], "--server"))
		return run_server(argv[2]);
	if (argc == 4 && str_eq(argv[1], "--fanout"))
		return run_fanout(argv[2], argv[3]);
	if (mkdtemp(dir) == NULL)
		die("scratch directory");
	make_certs(dir);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (is_wanted(argv + 1, figures[i].group))
			figures[i].measure(figures[i].tls ? dir : "plain",
					   figures[i].tls ? "tls" : "plain");
	check(fs_remove_tree(dir), "scratch directory");
	return 0;
}
