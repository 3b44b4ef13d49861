/*
 * Mode hosts: the control services of many hosts, each on its own address. They answer the rank
 * operations a leader sends, for the ranks the state file gives the host, as if engines ran there.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/ranks.h"
#include "common/str.h"
#include "ctl/ctl.pb-c.h"
#include "storm.h"

#define STOP_MS 1000

struct stage;

struct stand_in {
	struct stage      *stage;
	uint32_t           index;
	struct rpc_server *server;
};

/* A call that is answered after --delay-ms. */
struct operation {
	struct stand_in   *host;
	struct rpc_call   *call;
	struct rank_set    ranks;
	const char        *state;
	struct loop_timer *timer;
};

struct stage {
	struct storm       *s;
	struct stand_in    *hosts;
	uint32_t            stopping; /* servers still closing */
	uint64_t            calls, ranks;
	struct loop_signal *term, *intr;
	struct loop_timer  *end;
};

/* ---- operations ---- */

static void
operation_end(struct operation *op)
{
	const struct storm  *s     = op->host->stage->s;
	uint32_t             per   = s->opts.engines;
	uint32_t             first = op->host->index * per;
	Ctl__RanksResp       resp  = CTL__RANKS_RESP__INIT;
	Shared__RankResult  *rows  = calloc(per, sizeof(*rows));
	Shared__RankResult **list  = calloc(per, sizeof(*list));

	if (rows != NULL && list != NULL) {
		for (uint32_t i = first; i < first + per; i++) {
			uint32_t            rank = s->check.engines[i].rank;
			Shared__RankResult *row  = &rows[i - first];

			if (rank == DAOS_RANK_NIL || !rank_set_has(&op->ranks, rank))
				continue;
			shared__rank_result__init(row);
			row->rank              = rank;
			row->state             = (char *)(uintptr_t)op->state;
			list[resp.n_results++] = row;
		}
		resp.results = list;
		op->host->stage->ranks += resp.n_results;
	}
	op->host->stage->calls++;
	rpc_call_reply(op->call, &resp.base);
	(void)loop_timer_free(op->timer); /* always NULL */
	rank_set_fini(&op->ranks);
	free(rows);
	free(list);
	free(op);
}

static void
delay_over(struct loop_timer *t, void *arg)
{
	operation_end(arg);
}

static void
begin(struct rpc_call *call, const ProtobufCMessage *msg, struct stand_in *h, const char *state)
{
	const Ctl__RanksReq *req = (const Ctl__RanksReq *)msg;
	struct operation    *op  = calloc(1, sizeof(*op));
	struct fault         f   = FAULT_INIT;
	int                  r   = -ENOMEM;

	if (op != NULL) {
		*op = (struct operation){.host = h, .call = call, .state = state};
		r   = rank_set_parse(&op->ranks, req->ranks, &f);
		if (r == 0 && h->stage->s->opts.delay_ms > 0)
			r = loop_timer_new(h->stage->s->loop, delay_over, op, &op->timer);
	}
	if (r < 0) {
		if (!f.set)
			(void)fault_plain(&f, r, "%s", strerror(-r));
		rpc_call_fail_fault(call, &f);
		if (op != NULL)
			rank_set_fini(&op->ranks);
		free(op);
	} else if (op->timer != NULL) {
		loop_timer_start(op->timer, h->stage->s->opts.delay_ms, 0);
	} else {
		operation_end(op);
	}
}

static void
prepare(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	begin(call, msg, arg, "stopping");
}

static void
stop(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	begin(call, msg, arg, "stopped");
}

static void
start(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	begin(call, msg, arg, "ready");
}

static void
reset_format(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	begin(call, msg, arg, "awaitformat");
}

/* ---- servers ---- */

static int
open_host(struct stage *st, uint32_t i)
{
	static const struct rpc_method_handler handlers[] = {{"PrepShutdownRanks", prepare},
							     {"StopRanks", stop},
							     {"StartRanks", start},
							     {"ResetFormatRanks", reset_format}};
	struct stand_in                       *h          = &st->hosts[i];
	struct rpc_server_opts                 o          = {
				     .port = (uint16_t)st->s->opts.host_port, .tls = st->s->tls, .arg = h};
	struct fault f = FAULT_INIT;
	char         ip[16], text[1024];
	int          r;

	*h = (struct stand_in){.stage = st, .index = i};
	storm_host_ip(st->s, i, ip);
	o.address = ip;
	r         = rpc_server_new(st->s->io, &o, &h->server, &f);
	if (r < 0) {
		fprintf(stderr, "storm: %s\n", fault_format(&f, text, sizeof(text)));
		return r;
	}
	st->stopping++;
	r = rpc_server_add_service(h->server, &ctl__ctl_svc__descriptor, handlers,
				   ARRAY_SIZE(handlers));
	return r < 0 ? r : rpc_server_start(h->server);
}

static void
host_stopped(void *arg)
{
	struct stand_in *h  = arg;
	struct stage    *st = h->stage;

	if (--st->stopping == 0)
		loop_stop(st->s->loop);
}

static void
stop_all(struct stage *st)
{
	(void)loop_signal_free(st->term); /* always NULL */
	(void)loop_signal_free(st->intr); /* always NULL */
	st->term = st->intr = NULL;
	(void)loop_timer_free(st->end); /* always NULL */
	st->end = NULL;
	for (uint32_t i = 0; i < st->s->opts.hosts; i++)
		if (st->hosts[i].server != NULL)
			rpc_server_stop(st->hosts[i].server, STOP_MS, host_stopped, &st->hosts[i]);
}

static void
on_signal(int signum, void *arg)
{
	stop_all(arg);
}

static void
time_over(struct loop_timer *t, void *arg)
{
	stop_all(arg);
}

int
storm_hosts(struct storm *s)
{
	struct stage st = {.s = s};
	int          r  = loop_signal_new(s->loop, SIGTERM, on_signal, &st, &st.term);

	st.hosts = calloc(s->opts.hosts + 1, sizeof(*st.hosts));
	if (r == 0 && st.hosts == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = loop_signal_new(s->loop, SIGINT, on_signal, &st, &st.intr);
	if (r == 0)
		r = loop_timer_new(s->loop, time_over, &st, &st.end);
	for (uint32_t i = 0; r == 0 && i < s->opts.hosts; i++)
		r = open_host(&st, i);
	if (r == 0) {
		storm_figure("hosts_listening", s->opts.hosts, "hosts");
		if (s->opts.seconds != 0)
			loop_timer_start(st.end, s->opts.seconds * 1000ULL, 0);
		loop_run(s->loop);
	} else {
		fprintf(stderr, "storm: %s\n", strerror(-r));
		if (st.hosts != NULL)
			stop_all(&st);
		if (st.stopping > 0)
			loop_run(s->loop);
	}
	for (uint32_t i = 0; st.hosts != NULL && i < s->opts.hosts; i++)
		(void)rpc_server_free(st.hosts[i].server); /* always NULL */
	storm_figure("hosts_calls", (double)st.calls, "calls");
	storm_figure("hosts_ranks", (double)st.ranks, "ranks");
	fprintf(stderr, "%u hosts answered %zu calls for %zu ranks\n", s->opts.hosts,
		(size_t)st.calls, (size_t)st.ranks);
	free(st.hosts);
	return r;
}
