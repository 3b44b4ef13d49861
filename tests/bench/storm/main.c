/*
 * storm: load for a management service, made by one process that plays many hosts. It speaks the
 * wire of DAOS servers and nothing else, so it can be pointed at any implementation, and it checks
 * what it is answered.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/str.h"
#include "config/transport.h"
#include "storm.h"

#define FDS_KEPT 64 /* not for connections */

static const char usage[] =
    "usage: storm [OPTION…] join|rejoin|query|hosts\n"
    "\n"
    "  join    every engine of every host joins with a fresh UUID and without a rank\n"
    "  rejoin  the engines of the state file join again: same UUID and rank, higher incarnation\n"
    "  query   SystemQuery, each client with one call in flight; answers are held against the "
    "state file\n"
    "  hosts   control services of the hosts of the state file; they answer rank operations as if "
    "engines ran\n"
    "          there, until SIGTERM or the end of --seconds\n"
    "\n"
    "Any wrong answer makes the exit status 1: a rank given twice, a member with another rank, a "
    "map version that\n"
    "falls, a member lost. Figures are lines `name value unit` on standard output, the summary is "
    "on standard error.\n"
    "\n"
    "  --server HOST[:PORT]    a replica; repeat for more (127.0.0.1:10001)\n"
    "  --system NAME           system name (daos_server)\n"
    "  --ca, --cert, --key F   certificates: those of a server, for query of an administrator; "
    "without: plaintext\n"
    "  --hosts N               (16)        --engines M   of each host (2)\n"
    "  --state FILE            UUIDs, ranks and incarnations between runs\n"
    "  --base IP               control address of the first host, the others follow (127.1.0.1)\n"
    "  --host-port PORT        port of the hosts' control services (10001)\n"
    "  --provider NAME         fabric provider (ofi+tcp)\n"
    "  --fault-domain PATH     above the hosts, e.g. /rack1 (none)\n"
    "  --window N              hosts that join at once (all)\n"
    "  --try-ms T              deadline of one try (10000)\n"
    "  --deadline-ms T         of the whole (300000)\n"
    "  --clients K             of query (1)    --calls N, --seconds S   when it ends (5 s)\n"
    "  --any-state             query: members need not be joined\n"
    "  --delay-ms T            hosts: time one operation takes (0)\n"
    "  --io-threads N          of this process, besides the main one (0)\n"
    "  --server-pid PID        a server on this machine whose CPU time and memory are reported\n";

/* ---- figures ---- */

double
storm_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void
storm_figure(const char *name, double value, const char *unit)
{
	printf("%s %.9g %s\n", name, value, unit);
	fflush(stdout);
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
storm_percentiles(const char *name, double *seconds, size_t n)
{
	static const struct {
		const char *suffix;
		size_t      percent;
	} rows[] = {{"p50", 50}, {"p99", 99}, {"max", 100}};
	char text[64];

	if (n == 0)
		return;
	qsort(seconds, n, sizeof(*seconds), compare_doubles);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		(void)snprintf(text, sizeof(text), "%s_%s", name, rows[k].suffix);
		storm_figure(text, seconds[MIN(n * rows[k].percent / 100, n - 1)] * 1e3, "ms");
	}
}

double
storm_server_cpu_s(const struct storm *s)
{
	clockid_t       id;
	struct timespec ts;

	if (s->opts.server_pid == 0 || clock_getcpuclockid((pid_t)s->opts.server_pid, &id) != 0 ||
	    clock_gettime(id, &ts) < 0)
		return 0;
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double
storm_server_rss_mib(const struct storm *s, bool peak)
{
	_cleanup_(freep) char *path = str_format("/proc/%u/status", s->opts.server_pid);
	char                   line[128];
	unsigned long          kib = 0;
	FILE                  *f   = s->opts.server_pid == 0 ? NULL : fopen(path, "r");

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, peak ? "VmHWM: %lu kB" : "VmRSS: %lu kB", &kib) == 1)
			break;
	fclose(f);
	return (double)kib / 1024;
}

void
storm_host_ip(const struct storm *s, uint32_t i, char buf[16])
{
	struct in_addr a = {.s_addr = htonl(s->opts.base + i)};

	(void)inet_ntop(AF_INET, &a, buf, INET_ADDRSTRLEN); /* the size fits */
}

/* ---- arguments ---- */

static int
add_server(struct storm_opts *o, const char *text)
{
	const char       *colon = strrchr(text, ':');
	struct storm_addr a     = {.port = DAOS_DEFAULT_PORT};
	uint32_t          port;

	if (colon != NULL) {
		if (str_to_u32(colon + 1, 10, &port) < 0 || port == 0 || port > UINT16_MAX)
			return -EINVAL;
		a.port = (uint16_t)port;
	}
	a.host = str_format("%.*s", colon == NULL ? (int)strlen(text) : (int)(colon - text), text);
	return a.host == NULL ? -ENOMEM : vec_push(&o->servers, a);
}

enum {
	OPT_SERVER = 1000, /* above every character */
	OPT_BASE,
	OPT_ANY_STATE,
	OPT_HELP,
	OPT_TEXT   = 2000, /* and above: into texts[] */
	OPT_NUMBER = 3000, /* and above: into numbers[] */
};

static int
parse_options(int argc, char **argv, struct storm_opts *o, struct cfg_transport *t)
{
	const char **texts[]   = {(const char **)&t->ca_cert,
				  (const char **)&t->cert,
				  (const char **)&t->key,
				  &o->system,
				  &o->state,
				  &o->provider,
				  &o->fault_domain};
	uint32_t    *numbers[] = {&o->hosts,   &o->engines,     &o->host_port,  &o->window,
				  &o->try_ms,  &o->deadline_ms, &o->clients,    &o->calls,
				  &o->seconds, &o->delay_ms,    &o->io_threads, &o->server_pid};
	static const char *const text_names[]   = {"ca",    "cert",     "key",         "system",
						   "state", "provider", "fault-domain"};
	static const char *const number_names[] = {
	    "hosts",   "engines", "host-port", "window",   "try-ms",     "deadline-ms",
	    "clients", "calls",   "seconds",   "delay-ms", "io-threads", "server-pid"};
	struct option longs[ARRAY_SIZE(texts) + ARRAY_SIZE(numbers) + 5] = {
	    {"server", required_argument, NULL, OPT_SERVER},
	    {"base", required_argument, NULL, OPT_BASE},
	    {"any-state", no_argument, NULL, OPT_ANY_STATE},
	    {"help", no_argument, NULL, OPT_HELP},
	};
	size_t         n = 4;
	struct in_addr a;
	int            opt;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		longs[n++] =
		    (struct option){text_names[i], required_argument, NULL, OPT_TEXT + (int)i};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		longs[n++] =
		    (struct option){number_names[i], required_argument, NULL, OPT_NUMBER + (int)i};
	while ((opt = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		int r = 0;

		if (opt == OPT_HELP || opt == 'h' || opt == '?')
			return -EINVAL;
		if (opt == OPT_ANY_STATE) {
			o->any_state = true;
		} else if (opt == OPT_SERVER) {
			r = add_server(o, optarg);
		} else if (opt == OPT_BASE) {
			r       = inet_pton(AF_INET, optarg, &a) == 1 ? 0 : -EINVAL;
			o->base = r == 0 ? ntohl(a.s_addr) : 0;
		} else if (opt >= OPT_NUMBER) {
			r = str_to_u32(optarg, 10, numbers[opt - OPT_NUMBER]);
		} else {
			*texts[opt - OPT_TEXT] = optarg;
		}
		if (r < 0) {
			fprintf(stderr, "storm: \"%s\" is not understood\n", optarg);
			return r;
		}
	}
	return 0;
}

/* As many descriptors as may be had; fewer than asked for make the window smaller. */
static void
raise_limit(struct storm_opts *o)
{
	struct rlimit l;
	rlim_t        want = o->hosts + FDS_KEPT;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	if (l.rlim_cur < want) {
		struct rlimit more = {.rlim_cur = want, .rlim_max = MAX(l.rlim_max, want)};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l); /* what is left decides */
	}
	if (l.rlim_cur < want && (o->window == 0 || o->window > l.rlim_cur - FDS_KEPT)) {
		o->window = (uint32_t)l.rlim_cur - FDS_KEPT;
		fprintf(stderr, "storm: %u hosts at once, more descriptors are not allowed\n",
			o->window);
	}
}

/* ---- run ---- */

static int
run_mode(struct storm *s, const char *mode)
{
	bool fresh = str_eq(mode, "join");
	int  r;

	if (fresh)
		r = storm_check_init(&s->check, s->opts.hosts * s->opts.engines);
	else if (s->opts.state != NULL)
		r = storm_check_load(&s->check, s->opts.state);
	else
		r = str_eq(mode, "query") ? storm_check_init(&s->check, 0) : -ENOENT;
	if (r < 0) {
		fprintf(stderr, "storm: state file %s: %s\n",
			s->opts.state == NULL ? "is not named" : s->opts.state, strerror(-r));
		return r;
	}
	if (!fresh)
		s->opts.hosts = s->check.n / s->opts.engines;
	raise_limit(&s->opts);
	r = loop_new(&s->loop);
	if (r == 0)
		r = rpc_io_new(s->loop, s->opts.io_threads, &s->io);
	if (r < 0)
		return r;
	if (str_eq(mode, "query"))
		r = storm_query(s);
	else if (str_eq(mode, "hosts"))
		r = storm_hosts(s);
	else
		r = storm_join(s, !fresh);
	if (r == 0 && s->opts.state != NULL && (fresh || str_eq(mode, "rejoin")))
		r = storm_check_save(&s->check, s->opts.state);
	return r;
}

static int
report(const struct storm *s, int r)
{
	for (size_t i = 0; i < s->check.problems.n; i++)
		fprintf(stderr, "storm: wrong: %s\n", s->check.problems.v[i]);
	if (s->check.n_problems > s->check.problems.n)
		fprintf(stderr, "storm: and %zu more\n",
			(size_t)s->check.n_problems - s->check.problems.n);
	storm_figure("wrong_answers", (double)s->check.n_problems, "answers");
	return r < 0 || s->check.n_problems > 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct cfg_transport t = {0};
	struct storm         s = {.opts = {.system       = DAOS_DEFAULT_SYSTEM,
					   .provider     = "ofi+tcp",
					   .fault_domain = "",
					   .hosts        = 16,
					   .engines      = 2,
					   .base         = 0x7f010001,
					   .host_port    = DAOS_DEFAULT_PORT,
					   .try_ms       = 10000,
					   .deadline_ms  = 300000,
					   .clients      = 1}};
	struct fault         f = FAULT_INIT;
	char                 text[1024];
	const char          *mode;
	int                  r = parse_options(argc, argv, &s.opts, &t);

	mode = r == 0 && optind == argc - 1 ? argv[optind] : "";
	if (!str_eq(mode, "join") && !str_eq(mode, "rejoin") && !str_eq(mode, "query") &&
	    !str_eq(mode, "hosts"))
		r = -EINVAL;
	if (r < 0 || s.opts.hosts == 0 || s.opts.engines == 0 || s.opts.clients == 0 ||
	    s.opts.host_port == 0 || s.opts.host_port > UINT16_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (s.opts.servers.n == 0)
		r = add_server(&s.opts, "127.0.0.1");
	s.opts.sys = str_format("%s-%s", s.opts.system, DAOS_VERSION);
	if (r == 0 && s.opts.sys != NULL && t.cert != NULL)
		r = sec_tls_load(&t, str_eq(mode, "query") ? SEC_ROLE_ADMIN : SEC_ROLE_SERVER,
				 &s.tls, &f);
	if (r < 0)
		fprintf(stderr, "storm: %s\n", fault_format(&f, text, sizeof(text)));
	if (r == 0)
		r = run_mode(&s, mode);
	r = report(&s, r);
	(void)rpc_io_free(s.io);   /* always NULL */
	(void)sec_tls_free(s.tls); /* always NULL */
	if (s.loop != NULL)
		(void)loop_free(s.loop); /* always NULL */
	storm_check_fini(&s.check);
	vec_foreach (&s.opts.servers, a)
		free(a->host);
	vec_fini(&s.opts.servers);
	free(s.opts.sys);
	return r;
}
