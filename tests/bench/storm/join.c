/*
 * Modes join and rejoin: all hosts at once (or a window of them), one connection a host, its
 * engines' requests together on it. A failed try is repeated the way a server does it: at once to a
 * leader it was told of, else after a growing pause to the next replica.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/str.h"
#include "mgmt/mgmt.pb-c.h"
#include "storm.h"

#define PAUSE_MS     250
#define PAUSE_SHIFTS 4 /* 4 s at most */
#define FABRIC_PORT  31416

struct run;

struct host {
	struct run         *run;
	uint32_t            index;
	uint32_t            left;   /* engines not in yet */
	uint32_t            server; /* of opts.servers, while hint is NULL */
	char               *hint;   /* address of a leader */
	struct rpc_channel *ch;
};

struct engine {
	struct host       *host;
	uint32_t           index; /* in the whole */
	uint32_t           tries;
	uint32_t           map_before;
	uint64_t           incarnation;
	bool               ended;
	double             begin;
	struct loop_timer *pause;
};

struct run {
	struct storm  *s;
	bool           again;
	struct host   *hosts;
	struct engine *engines;
	double        *took;
	size_t         n_took;
	uint32_t       next, hosts_left;
	uint64_t       tries, expired, steered, refused;
	uint32_t       map_first;
	VEC(struct rpc_channel *) old; /* of other servers; their calls may still end */
	struct loop_timer *deadline;
	bool               late;
};

static void start_try(struct engine *e);

/* ---- connections ---- */

static int
open_channel(struct host *h)
{
	const struct storm     *s = h->run->s;
	struct rpc_channel_opts o = {
	    .tls = s->tls, .component = SEC_COMPONENT_SERVER, .connect_ms = s->opts.try_ms};
	char     name[256];
	uint32_t port = DAOS_DEFAULT_PORT;

	if (h->ch != NULL)
		return 0;
	if (h->hint != NULL) {
		char *colon;

		(void)snprintf(name, sizeof(name), "%s", h->hint);
		colon = strrchr(name, ':');
		if (colon != NULL && str_to_u32(colon + 1, 10, &port) == 0)
			*colon = '\0';
		o.host = name;
		o.port = (uint16_t)port;
	} else {
		const struct storm_addr *a = &s->opts.servers.v[h->server % s->opts.servers.n];

		o.host = a->host;
		o.port = a->port;
	}
	return rpc_channel_new(s->io, &o, &h->ch);
}

/* The next try of this host goes to `hint`, or to the next replica. */
static void
turn_to(struct host *h, const char *hint)
{
	if (h->hint != NULL && hint != NULL && str_eq(h->hint, hint))
		return;
	if (hint == NULL && h->hint == NULL && h->run->s->opts.servers.n == 1)
		return;
	if (h->ch != NULL && vec_push(&h->run->old, h->ch) == 0)
		h->ch = NULL;
	free(h->hint);
	h->hint = hint == NULL ? NULL : strdup(hint);
	h->server++;
}

/* ---- hosts ---- */

static void
start_hosts(struct run *run)
{
	const struct storm_opts *o      = &run->s->opts;
	uint32_t                 window = o->window == 0 ? o->hosts : o->window;

	while (run->next < o->hosts && run->next - (o->hosts - run->hosts_left) < window) {
		struct host *h = &run->hosts[run->next++];

		for (uint32_t k = 0; k < o->engines; k++)
			start_try(&run->engines[h->index * o->engines + k]);
	}
	if (run->hosts_left == 0)
		loop_stop(run->s->loop);
}

static void
engine_ended(struct engine *e)
{
	struct host *h = e->host;

	e->ended = true;
	if (--h->left > 0)
		return;
	h->ch = rpc_channel_free(h->ch);
	h->run->hosts_left--;
	start_hosts(h->run);
}

/* ---- tries ---- */

static void
pause_over(struct loop_timer *t, void *arg)
{
	start_try(arg);
}

static void
try_later(struct engine *e)
{
	struct run *run = e->host->run;
	uint64_t    ms  = (uint64_t)PAUSE_MS << MIN(e->tries - 1, (uint32_t)PAUSE_SHIFTS);

	if (e->pause == NULL && loop_timer_new(run->s->loop, pause_over, e, &e->pause) < 0) {
		storm_check_problem(&run->s->check, "no memory to try again");
		engine_ended(e);
		return;
	}
	/* A quarter more or less, the same in every run, so that the hosts do not come back as one. */
	loop_timer_start(e->pause, ms * 3 / 4 + (uint64_t)e->index * 7919 % (ms / 2), 0);
}

/* Refusals that a server does not repeat its request after. */
static bool
is_final(const struct rpc_status *st)
{
	const char *text = st->message == NULL ? "" : st->message;

	if (st->detail == RPC_DETAIL_NOT_LEADER || st->detail == RPC_DETAIL_NOT_REPLICA)
		return false;
	if (st->local || st->code == RPC_UNAVAILABLE || st->code == RPC_DEADLINE_EXCEEDED ||
	    st->code == RPC_RESOURCE_EXHAUSTED || st->code == RPC_CANCELLED)
		return false;
	return strstr(text, "raft service unavailable") == NULL &&
	       strstr(text, "step-up in progress") == NULL &&
	       strstr(text, "system is uninitialized") == NULL;
}

static void
failed(struct engine *e, const struct rpc_status *st)
{
	struct run *run = e->host->run;
	char        text[1024];

	if (st->code == RPC_DEADLINE_EXCEEDED)
		run->expired++;
	if (is_final(st)) {
		run->refused++;
		storm_check_problem(&run->s->check, "engine %u was refused: %s", e->index,
				    rpc_status_format(st, text, sizeof(text)));
		engine_ended(e);
		return;
	}
	if (st->detail == RPC_DETAIL_NOT_LEADER && !str_empty(st->leader_hint)) {
		run->steered++;
		turn_to(e->host, st->leader_hint);
		start_try(e);
		return;
	}
	turn_to(e->host, NULL);
	try_later(e);
}

static void
answered(const struct rpc_status *st, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__JoinResp *resp = (const Mgmt__JoinResp *)msg;
	struct engine        *e    = arg;
	struct run           *run  = e->host->run;

	if (st->code != RPC_OK) {
		failed(e, st);
		return;
	}
	run->took[run->n_took++] = storm_now_s() - e->begin;
	if (run->map_first == 0 || resp->map_version < run->map_first)
		run->map_first = resp->map_version;
	if (resp->state == MGMT__JOIN_RESP__STATE__OUT)
		storm_check_problem(&run->s->check, "rank %u joined and is said to be out",
				    resp->rank);
	run->s->check.engines[e->index].incarnation = e->incarnation;
	storm_check_joined(&run->s->check, e->index, resp->rank, resp->map_version, e->map_before);
	engine_ended(e);
}

static void
start_try(struct engine *e)
{
	struct host               *h   = e->host;
	struct storm              *s   = h->run->s;
	const struct storm_engine *own = &s->check.engines[e->index];
	Mgmt__JoinReq              req = MGMT__JOIN_REQ__INIT;
	uint32_t                   idx = e->index % s->opts.engines;
	char                       ip[16], uri[128], addr[32], domain[256];
	int                        r = open_channel(h);

	storm_host_ip(s, h->index, ip);
	(void)snprintf(addr, sizeof(addr), "%s:%u", ip, s->opts.host_port);
	(void)snprintf(uri, sizeof(uri), "%s://%s:%u", s->opts.provider, ip, FABRIC_PORT + idx);
	(void)snprintf(domain, sizeof(domain), "%s/storm%u", s->opts.fault_domain, h->index);
	req.sys            = s->opts.sys;
	req.uuid           = (char *)(uintptr_t)own->uuid.s;
	req.rank           = own->rank;
	req.uri            = uri;
	req.addr           = addr;
	req.nctxs          = 1;
	req.srvfaultdomain = domain;
	req.idx            = idx;
	req.incarnation    = e->incarnation;
	e->tries++;
	h->run->tries++;
	e->map_before = s->check.map_version;
	if (r == 0)
		r = rpc_channel_call(h->ch, &mgmt__mgmt_svc__descriptor, "Join", &req.base,
				     s->opts.try_ms, answered, e, NULL);
	if (r < 0) {
		storm_check_problem(&s->check, "a request could not be made: %s", strerror(-r));
		engine_ended(e);
	}
}

/* ---- the whole ---- */

static void
deadline(struct loop_timer *t, void *arg)
{
	struct run *run = arg;

	run->late = true;
	loop_stop(run->s->loop);
}

static int
run_new(struct storm *s, bool again, struct run *run)
{
	uint32_t        per = s->opts.engines;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*run         = (struct run){.s = s, .again = again, .hosts_left = s->opts.hosts};
	run->hosts   = calloc(s->opts.hosts + 1, sizeof(*run->hosts));
	run->engines = calloc(s->check.n + 1, sizeof(*run->engines));
	run->took    = calloc(s->check.n + 1, sizeof(*run->took));
	if (run->hosts == NULL || run->engines == NULL || run->took == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->opts.hosts; i++) {
		run->hosts[i] = (struct host){.run = run, .index = i, .left = per, .server = i};
		for (uint32_t k = i * per; k < (i + 1) * per; k++) {
			struct engine *e = &run->engines[k];

			*e = (struct engine){.host = &run->hosts[i], .index = k};
			e->incarnation =
			    MAX(s->check.engines[k].incarnation + 1,
				(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
			e->begin = storm_now_s();
		}
	}
	return loop_timer_new(s->loop, deadline, run, &run->deadline);
}

static void
run_fini(struct run *run)
{
	for (uint32_t i = 0; run->hosts != NULL && i < run->s->opts.hosts; i++) {
		(void)rpc_channel_free(run->hosts[i].ch); /* always NULL */
		free(run->hosts[i].hint);
	}
	for (uint32_t i = 0; run->engines != NULL && i < run->s->check.n; i++)
		(void)loop_timer_free(run->engines[i].pause); /* always NULL */
	vec_foreach (&run->old, ch)
		(void)rpc_channel_free(*ch); /* always NULL */
	vec_fini(&run->old);
	(void)loop_timer_free(run->deadline); /* always NULL */
	free(run->hosts);
	free(run->engines);
	free(run->took);
}

static void
print_run(struct run *run, double seconds, double cpu)
{
	const struct storm *s    = run->s;
	const char         *name = run->again ? "rejoin" : "join";
	char                text[64];

	(void)snprintf(text, sizeof(text), "%s_seconds", name);
	storm_figure(text, seconds, "s");
	(void)snprintf(text, sizeof(text), "%s_answers", name);
	storm_figure(text, (double)run->n_took, "ranks");
	(void)snprintf(text, sizeof(text), "%s_took", name);
	storm_percentiles(text, run->took, run->n_took);
	storm_figure("tries", (double)run->tries, "calls");
	storm_figure("expired_tries", (double)run->expired, "calls");
	storm_figure("steered_tries", (double)run->steered, "calls");
	storm_figure("refused", (double)run->refused, "ranks");
	storm_figure("map_versions", (double)(s->check.map_version - run->map_first + 1),
		     "versions");
	if (s->opts.server_pid != 0) {
		storm_figure("server_cpu", cpu, "s");
		storm_figure("server_cpu_per_join", cpu / (double)MAX(run->n_took, 1U) * 1e3, "ms");
		storm_figure("server_peak", storm_server_rss_mib(s, true), "MiB");
	}
	fprintf(stderr, "%zu of %u ranks of %u hosts %s in %.3f s, %zu tries, map version %u\n",
		run->n_took, s->check.n, s->opts.hosts, run->again ? "joined again" : "joined",
		seconds, (size_t)run->tries, s->check.map_version);
}

int
storm_join(struct storm *s, bool again)
{
	struct run run;
	double     begin, cpu;
	int        r = run_new(s, again, &run);

	if (r == 0) {
		begin = storm_now_s();
		cpu   = storm_server_cpu_s(s);
		loop_timer_start(run.deadline, s->opts.deadline_ms, 0);
		start_hosts(&run);
		loop_run(s->loop);
		print_run(&run, storm_now_s() - begin, storm_server_cpu_s(s) - cpu);
		if (run.late)
			storm_check_problem(&s->check, "%u hosts have not joined in %u ms",
					    run.hosts_left, s->opts.deadline_ms);
	} else {
		fprintf(stderr, "storm: %s\n", strerror(-r));
	}
	run_fini(&run);
	return r;
}
