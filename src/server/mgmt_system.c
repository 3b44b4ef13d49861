/*
 * MgmtSvc.SystemStop and SystemStart: rank operations sent to the hosts that own the ranks, also
 * when that is this one, with the outcome written to the members' records before the caller hears
 * of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/ranks.h"
#include "common/str.h"
#include "control/fanout.h"
#include "mgmt/system.pb-c.h"
#include "server/rank_results.h"
#include "server/server_private.h"

struct system_op {
	struct srv_server      *s;
	struct rpc_call        *call;
	bool                    stop;
	bool                    check_mode;
	bool                    failed; /* some rank */
	enum ctl_rank_op        step;
	bool                    force;
	uint64_t                deadline_ms; /* loop time */
	struct ctl_rank_target *targets;
	char                  **addrs;
	size_t                  n;
	char                   *absent_ranks;
	char                   *absent_hosts;
	struct srv_rank_results results; /* of the last step */
};

static int run_step(struct system_op *op, enum ctl_rank_op step);

/* ---- end ---- */

static void
op_free(struct system_op *op)
{
	srv_rank_results_fini(&op->results);
	for (size_t i = 0; op->addrs != NULL && i < op->n; i++)
		free(op->addrs[i]);
	free(op->addrs);
	free(op->targets);
	free(op->absent_ranks);
	free(op->absent_hosts);
	free(op);
}

static void
op_fail(struct system_op *op, int err, struct fault *f)
{
	srv_call_fail(op->call, err, f);
	op_free(op);
}

static void
op_reply(struct system_op *op)
{
	Mgmt__SystemStopResp  stop  = MGMT__SYSTEM_STOP_RESP__INIT;
	Mgmt__SystemStartResp start = MGMT__SYSTEM_START_RESP__INIT;
	Shared__RankResult  **list  = NULL;
	struct fault          f     = FAULT_INIT;
	int                   r     = srv_rank_results_pack(&op->results, &list);

	if (r < 0) {
		op_fail(op, r, &f);
		return;
	}
	stop.n_results = start.n_results = op->results.list.n;
	stop.results = start.results = list;
	stop.absentranks = start.absentranks = op->absent_ranks;
	stop.absenthosts = start.absenthosts = op->absent_hosts;
	rpc_call_reply(op->call, op->stop ? &stop.base : &start.base);
	free(list);
	op_free(op);
}

static void
publish_failure(const struct system_op *op)
{
	struct rank_set        ranks = RANK_SET_INIT;
	_cleanup_(freep) char *text  = NULL;
	char                   msg[512];
	struct srv_event       e = {.id       = op->stop ? SRV_EVENT_SYSTEM_STOP_FAILED
							 : SRV_EVENT_SYSTEM_START_FAILED,
				    .type     = SRV_EVENT_INFO,
				    .severity = SRV_SEV_ERROR,
				    .msg      = msg,
				    .rank     = DAOS_RANK_NIL};

	for (size_t i = 0; i < op->results.list.n; i++)
		if (op->results.list.v[i].errored)
			(void)rank_set_add(
			    &ranks, op->results.list.v[i].rank); /* the text names fewer ranks */
	text = rank_set_text(&ranks);
	(void)snprintf(msg, sizeof(msg),
		       "System %s failed during \"%s\" action, failed rank%s %.300s",
		       op->stop ? "shutdown" : "startup", ctl_rank_op_action(op->step),
		       rank_set_count(&ranks) == 1 ? "" : "s", text == NULL ? "" : text);
	rank_set_fini(&ranks);
	srv_publish(op->s, &e);
}

/* ---- steps ---- */

static void
recorded(int err, const struct fault *f, void *arg)
{
	struct system_op *op   = arg;
	struct fault      copy = FAULT_INIT;

	if (err < 0) {
		if (f != NULL)
			copy = *f;
		op_fail(op, err, &copy);
		return;
	}
	if (op->failed) {
		publish_failure(op);
		op_reply(op);
		return;
	}
	if (op->step == CTL_RANKS_PREP_SHUTDOWN) {
		int r = run_step(op, CTL_RANKS_STOP);

		if (r < 0)
			op_fail(op, r, &copy);
		return;
	}
	op_reply(op);
}

/* Writes the outcome of a step to the members' records. */
static int
record(struct system_op *op)
{
	struct sys_rank_result *rows = calloc(op->results.list.n + 1, sizeof(*rows));
	int                     r;

	if (rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < op->results.list.n; i++) {
		const struct srv_rank_result *from = &op->results.list.v[i];

		rows[i] = (struct sys_rank_result){
		    .rank = from->rank, .errored = from->errored, .msg = from->msg};
		if (sys_member_state_parse(from->state, &rows[i].state) < 0)
			rows[i].state = from->errored ? SYS_MEMBER_ERRORED : SYS_MEMBER_UNKNOWN;
		/* A host that could not do it says so with an error; its idea of the state is not a
		 * member's. */
		if (from->errored && rows[i].state != SYS_MEMBER_UNRESPONSIVE)
			rows[i].state = SYS_MEMBER_ERRORED;
	}
	r = sys_db_update_members(op->s->db, rows, op->results.list.n,
				  op->step == CTL_RANKS_PREP_SHUTDOWN || op->step == CTL_RANKS_STOP,
				  recorded, op);
	free(rows);
	return r;
}

static void
step_done(const struct ctl_rank_result *results, size_t n, void *arg)
{
	struct system_op *op = arg;
	struct fault      f  = FAULT_INIT;
	int               r  = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ctl_rank_result row = results[i];

		row.action = ctl_rank_op_action(op->step);
		op->failed = op->failed || row.errored;
		r          = srv_rank_results_add(&op->results, &row);
	}
	if (r == 0 && op->s->db == NULL)
		r = -ECANCELED;
	if (r == 0)
		r = record(op);
	if (r < 0)
		op_fail(op, r, &f);
}

static int
run_step(struct system_op *op, enum ctl_rank_op step)
{
	uint64_t              now  = loop_now_ms(op->s->loop);
	struct ctl_ranks_opts opts = {
	    .op          = step,
	    .targets     = op->targets,
	    .n_targets   = op->n,
	    .force       = op->force,
	    .check_mode  = op->check_mode,
	    .deadline_ms = op->deadline_ms > now ? op->deadline_ms - now : 1,
	    .on_done     = step_done,
	    .arg         = op,
	};

	op->step = step;
	srv_rank_results_clear(&op->results);
	return ctl_ranks_start(op->s->client, &opts, NULL);
}

/* ---- start ---- */

static int
copy_targets(struct system_op *op, struct srv_selection *sel)
{
	op->targets = calloc(sel->n + 1, sizeof(*op->targets));
	op->addrs   = calloc(sel->n + 1, sizeof(*op->addrs));
	if (op->targets == NULL || op->addrs == NULL)
		return -ENOMEM;
	op->n = sel->n;
	for (size_t i = 0; i < sel->n; i++) {
		op->addrs[i] = strdup(sel->v[i]->addr);
		if (op->addrs[i] == NULL)
			return -ENOMEM;
		op->targets[i] = (struct ctl_rank_target){sel->v[i]->rank, op->addrs[i]};
	}
	op->absent_ranks = TAKE_PTR(sel->absent_ranks);
	op->absent_hosts = TAKE_PTR(sel->absent_hosts);
	return 0;
}

static void
begin(struct system_op *op, const char *ranks, const char *hosts, bool ignore_excluded)
{
	struct srv_selection sel = {0};
	struct fault         f   = FAULT_INIT;
	bool explicitly          = !ignore_excluded && (!str_empty(ranks) || !str_empty(hosts));
	int  r;

	op->deadline_ms = loop_now_ms(op->s->loop) + srv_call_time_ms(op->call);
	r               = srv_select(op->s->db, ranks, hosts, &sel, &f);
	if (r == 0)
		r = srv_selection_drop_excluded(&sel, explicitly, &f);
	if (r == 0)
		r = copy_targets(op, &sel);
	srv_selection_fini(&sel);
	if (r == 0 && op->n == 0) { /* only absent ones were named */
		op_reply(op);
		return;
	}
	if (r == 0)
		r = run_step(op, !op->stop   ? CTL_RANKS_START
				 : op->force ? CTL_RANKS_STOP
					     : CTL_RANKS_PREP_SHUTDOWN);
	if (r < 0)
		op_fail(op, r, &f);
}

static struct system_op *
op_new(struct srv_server *s, struct rpc_call *call, bool stop)
{
	struct system_op *op = calloc(1, sizeof(*op));

	if (op == NULL) {
		struct fault f = FAULT_INIT;

		fault_plain(&f, -ENOMEM, "out of memory");
		rpc_call_fail_fault(call, &f);
		return NULL;
	}
	op->s    = s;
	op->call = call;
	op->stop = stop;
	return op;
}

void
srv_system_stop(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemStopReq *req = (const Mgmt__SystemStopReq *)msg;
	struct system_op          *op  = op_new(arg, call, true);

	if (op == NULL)
		return;
	op->force = req->force;
	begin(op, req->ranks, req->hosts, req->ignore_admin_excluded);
}

void
srv_system_start(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemStartReq *req = (const Mgmt__SystemStartReq *)msg;
	struct system_op           *op  = op_new(arg, call, false);

	if (op == NULL)
		return;
	op->check_mode = req->check_mode;
	begin(op, req->ranks, req->hosts, req->ignore_admin_excluded);
}
