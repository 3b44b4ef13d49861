/*
 * Mode query: clients that each keep one SystemQuery in flight, for a time or a number of calls.
 * Every client's first answer and some of the others are checked whole.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "mgmt/mgmt.pb-c.h"
#include "storm.h"

#define CHECK_EVERY     16
#define DEFAULT_SECONDS 5

struct queries;

struct client {
	struct queries     *q;
	struct rpc_channel *ch;
	double              begin;
	uint64_t            data_before;
	uint32_t            answers;
	bool                busy;
};

struct queries {
	struct storm  *s;
	struct client *clients;
	VEC(double) took;
	uint64_t           started, failures;
	size_t             members; /* in the last answer */
	uint32_t           busy;
	bool               over; /* no further calls */
	struct loop_timer *end;
};

static void start_call(struct client *c);

static void
check_answer(struct client *c, const Mgmt__SystemQueryResp *resp)
{
	struct storm                         *s    = c->q->s;
	_cleanup_(freep) struct storm_member *rows = calloc(resp->n_members + 1, sizeof(*rows));

	if (rows == NULL) {
		storm_check_problem(&s->check, "no memory to check an answer");
		return;
	}
	for (size_t i = 0; i < resp->n_members; i++) {
		const Mgmt__SystemMember *m = resp->members[i];

		rows[i] = (struct storm_member){m->uuid, m->rank, m->incarnation, m->state};
	}
	storm_check_members(&s->check, rows, resp->n_members, resp->data_version, c->data_before,
			    s->opts.any_state);
}

static void
answered(const struct rpc_status *st, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemQueryResp *resp = (const Mgmt__SystemQueryResp *)msg;
	struct client               *c    = arg;
	struct queries              *q    = c->q;
	char                         text[1024];

	c->busy = false;
	q->busy--;
	if (st->code != RPC_OK) {
		if (q->failures++ == 0)
			storm_check_problem(&q->s->check, "a query failed: %s",
					    rpc_status_format(st, text, sizeof(text)));
		q->over = true;
	} else {
		if (vec_push(&q->took, storm_now_s() - c->begin) < 0)
			q->over = true;
		q->members = resp->n_members;
		if (c->answers++ % CHECK_EVERY == 0)
			check_answer(c, resp);
	}
	if (q->s->opts.calls != 0 && q->started >= q->s->opts.calls)
		q->over = true;
	if (!q->over)
		start_call(c);
	else if (q->busy == 0)
		loop_stop(q->s->loop);
}

static void
start_call(struct client *c)
{
	struct queries      *q   = c->q;
	Mgmt__SystemQueryReq req = MGMT__SYSTEM_QUERY_REQ__INIT;
	int                  r;

	req.sys        = q->s->opts.sys;
	c->begin       = storm_now_s();
	c->data_before = q->s->check.data_version;
	r = rpc_channel_call(c->ch, &mgmt__mgmt_svc__descriptor, "SystemQuery", &req.base,
			     q->s->opts.try_ms, answered, c, NULL);
	if (r < 0) {
		storm_check_problem(&q->s->check, "a request could not be made: %s", strerror(-r));
		q->over = true;
		return;
	}
	c->busy = true;
	q->busy++;
	q->started++;
}

static void
time_over(struct loop_timer *t, void *arg)
{
	((struct queries *)arg)->over = true;
}

static int
open_clients(struct queries *q)
{
	const struct storm_opts *o = &q->s->opts;
	int                      r = loop_timer_new(q->s->loop, time_over, q, &q->end);

	q->clients = calloc(o->clients, sizeof(*q->clients));
	if (q->clients == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < o->clients; i++) {
		const struct storm_addr *a   = &o->servers.v[i % o->servers.n];
		struct rpc_channel_opts  opt = {.host              = a->host,
						.port              = a->port,
						.tls               = q->s->tls,
						.component         = SEC_COMPONENT_ADMIN,
						.max_message_bytes = 64 * MIB};

		q->clients[i].q = q;
		r               = rpc_channel_new(q->s->io, &opt, &q->clients[i].ch);
	}
	return r;
}

static void
print_queries(struct queries *q, double seconds, double cpu)
{
	size_t n = q->took.n;

	storm_figure("query_answers", (double)n, "calls");
	storm_figure("query_members", (double)q->members, "members");
	storm_figure("query_data_version", (double)q->s->check.data_version, "version");
	storm_figure("query_rate", (double)n / seconds, "1/s");
	storm_percentiles("query_took", q->took.v, n);
	if (q->s->opts.server_pid != 0) {
		storm_figure("server_cpu_per_query", cpu / (double)MAX(n, 1U) * 1e3, "ms");
		storm_figure("server_peak", storm_server_rss_mib(q->s, true), "MiB");
	}
	fprintf(stderr, "%zu queries of %u clients in %.3f s, %zu members in the last answer\n", n,
		q->s->opts.clients, seconds, q->members);
}

int
storm_query(struct storm *s)
{
	struct queries q = {.s = s};
	double         begin, cpu;
	int            r = open_clients(&q);

	if (r == 0) {
		uint32_t seconds = s->opts.seconds;

		if (seconds == 0 && s->opts.calls == 0)
			seconds = DEFAULT_SECONDS;
		begin = storm_now_s();
		cpu   = storm_server_cpu_s(s);
		if (seconds != 0)
			loop_timer_start(q.end, seconds * 1000ULL, 0);
		for (uint32_t i = 0; i < s->opts.clients && !q.over; i++)
			start_call(&q.clients[i]);
		if (q.busy > 0)
			loop_run(s->loop);
		print_queries(&q, storm_now_s() - begin, storm_server_cpu_s(s) - cpu);
	} else {
		fprintf(stderr, "storm: %s\n", strerror(-r));
	}
	for (uint32_t i = 0; q.clients != NULL && i < s->opts.clients; i++)
		(void)rpc_channel_free(q.clients[i].ch); /* always NULL */
	(void)loop_timer_free(q.end);                    /* always NULL */
	vec_fini(&q.took);
	free(q.clients);
	return r;
}
