/*
 * Rank operations of this host: PrepShutdownRanks, StopRanks, StartRanks, ResetFormatRanks. Each is
 * an operation on the instances that hold the ranks; it ends when a watch on the harness shows all
 * of them where they should be, or at the caller's deadline.
 */
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/der.h"
#include "common/log.h"
#include "common/ranks.h"
#include "common/str.h"
#include "ctl/ranks.pb-c.h"
#include "mgmt/svc.pb-c.h"
#include "server/server_private.h"

enum kind { PREP_SHUTDOWN, STOP, START, RESET_FORMAT };

static const struct {
	const char    *waiting; /* what the deadline interrupted */
	enum har_state goal;
	const char    *ok;
	const char    *failed;
} kinds[] = {
    [PREP_SHUTDOWN] = {"waiting for engines to prepare for shutdown", HAR_STATE_STOPPING, "", ""},
    [STOP]          = {"waiting for engines to stop", HAR_STATE_STOPPED, "system stop",
		       "system stop: rank failed to stop"},
    [START] = {"waiting for engines to be ready to receive drpcs", HAR_STATE_READY, "system start",
	       "system start: rank failed to start"},
    [RESET_FORMAT] = {"waiting for engines to await format", HAR_STATE_AWAIT_FORMAT, "", ""},
};

struct ranks_op;

struct rank_row {
	struct ranks_op     *op;
	struct har_instance *i;
	uint32_t             rank;
	bool                 done;
	bool                 errored;
	const char          *state;
	char                 msg[512];
};

struct ranks_op {
	struct srv_server *s;
	struct rpc_call   *call;
	enum kind          kind;
	struct rank_row    rows[HAR_INSTANCES_MAX];
	size_t             n;
	struct har_watch  *watch;
	struct loop_timer *timer;
	bool               starting; /* still inside the handler: no end yet */
	unsigned           pending;  /* callbacks still to come */
	bool               ended;
};

/* ---- end ---- */

static void
op_release(struct ranks_op *op)
{
	if (!op->ended || op->pending > 0)
		return;
	op->watch = har_watch_remove(op->watch);
	op->timer = loop_timer_free(op->timer);
	free(op);
}

static void
op_fail(struct ranks_op *op, int err, const struct fault *f)
{
	struct fault copy = FAULT_INIT;

	if (f != NULL && f->set)
		copy = *f;
	else
		fault_plain(&copy, err, "%s", strerror(-err));
	op->ended = true;
	rpc_call_fail_fault(op->call, &copy);
	op_release(op);
}

static void
op_reply(struct ranks_op *op)
{
	Ctl__RanksResp      resp = CTL__RANKS_RESP__INIT;
	Shared__RankResult  rows[HAR_INSTANCES_MAX];
	Shared__RankResult *list[HAR_INSTANCES_MAX];

	for (size_t k = 0; k < op->n; k++) {
		shared__rank_result__init(&rows[k]);
		rows[k].rank    = op->rows[k].rank;
		rows[k].errored = op->rows[k].errored;
		rows[k].msg     = op->rows[k].msg;
		rows[k].state   = (char *)(uintptr_t)op->rows[k].state;
		list[k]         = &rows[k];
	}
	resp.n_results = op->n;
	resp.results   = list;
	op->ended      = true;
	rpc_call_reply(op->call, &resp.base);
	op_release(op);
}

static void
row_set(struct rank_row *row, bool errored, enum sys_member_state state, const char *msg)
{
	row->done    = true;
	row->errored = errored;
	row->state   = sys_member_state_name(state);
	(void)snprintf(row->msg, sizeof(row->msg), "%s", msg);
}

/* ---- waiting for states ---- */

/* Whether the instance is where the operation wants it, or can't get there any more. */
static void
judge(struct rank_row *row)
{
	struct ranks_op *op    = row->op;
	enum har_state   state = har_instance_state(row->i);
	char             msg[512];

	if (row->done)
		return;
	if (state == kinds[op->kind].goal) {
		row_set(row, false,
			op->kind == STOP    ? SYS_MEMBER_STOPPED
			: op->kind == START ? SYS_MEMBER_READY
					    : SYS_MEMBER_AWAIT_FORMAT,
			kinds[op->kind].ok);
		return;
	}
	/* A start that failed leaves the instance stopped: say why at once instead of at the
	 * deadline. */
	if (state == HAR_STATE_STOPPED && (op->kind == START || op->kind == RESET_FORMAT) &&
	    har_instance_last_error(row->i)[0] != '\0') {
		(void)snprintf(msg, sizeof(msg), "%s%s%.400s", kinds[op->kind].failed,
			       kinds[op->kind].failed[0] == '\0' ? "" : ": ",
			       har_instance_last_error(row->i));
		row_set(row, true, SYS_MEMBER_ERRORED, msg);
	}
	if (state == HAR_STATE_AWAIT_FORMAT && op->kind == START)
		row_set(row, true, SYS_MEMBER_ERRORED,
			"system start: rank failed to start: its storage needs a format");
}

static void
check_end(struct ranks_op *op)
{
	if (op->starting || op->ended)
		return;
	for (size_t k = 0; k < op->n; k++)
		if (!op->rows[k].done)
			return;
	op_reply(op);
}

static void
state_changed(struct har_instance *i, enum har_state from, enum har_state to, void *arg)
{
	struct ranks_op *op = arg;

	if (op->ended || op->starting)
		return;
	for (size_t k = 0; k < op->n; k++)
		/* A stop that just began leaves CHECKING with the last error of before. */
		if (op->rows[k].i == i)
			judge(&op->rows[k]);
	check_end(op);
}

static void
deadline(struct loop_timer *t, void *arg)
{
	struct ranks_op  *op = arg;
	struct fault      f  = FAULT_INIT;
	struct rpc_status st = RPC_STATUS_INIT;
	struct strbuf     b  = STRBUF_INIT;

	if (op->ended)
		return;
	for (size_t k = 0; k < op->n; k++)
		if (!op->rows[k].done)
			strbuf_addf(&b, "%s%u", b.len == 0 ? "" : ",", op->rows[k].rank);
	fault_plain(&f, -ETIMEDOUT, "%s: the deadline has passed; still waiting for ranks %s",
		    kinds[op->kind].waiting, strbuf_str(&b));
	strbuf_fini(&b);
	log_error("%s", f.description);
	op->ended = true;
	rpc_status_set(&st, RPC_DEADLINE_EXCEEDED, "%s", f.description);
	rpc_call_fail(op->call, &st);
	rpc_status_fini(&st);
	op_release(op);
}

/* ---- making one ---- */

static int
find_rows(struct ranks_op *op, const char *ranks, struct fault *f)
{
	struct rank_set set = RANK_SET_INIT;
	int             r;

	if (str_empty(ranks))
		return fault_plain(f, -EINVAL, "no ranks specified in request");
	r = rank_set_parse(&set, ranks, f);
	if (r < 0)
		return r;
	for (size_t k = 0; k < har_harness_count(op->s->harness); k++) {
		struct har_instance *i    = har_harness_get(op->s->harness, k);
		uint32_t             rank = har_instance_rank(i);

		if (rank == DAOS_RANK_NIL || !rank_set_has(&set, rank))
			continue;
		op->rows[op->n++] = (struct rank_row){.op = op, .i = i, .rank = rank};
	}
	rank_set_fini(&set);
	return 0;
}

static struct ranks_op *
op_new(struct srv_server *s, struct rpc_call *call, const Ctl__RanksReq *req, enum kind kind)
{
	struct ranks_op *op = calloc(1, sizeof(*op));
	struct fault     f  = FAULT_INIT;
	int              r  = -ENOMEM;

	if (op != NULL) {
		op->s        = s;
		op->call     = call;
		op->kind     = kind;
		op->starting = true;
		r            = find_rows(op, req->ranks, &f);
		if (r == 0 && kind != PREP_SHUTDOWN)
			r = har_watch_add(s->harness, state_changed, op, &op->watch);
		if (r == 0)
			r = loop_timer_new(s->loop, deadline, op, &op->timer);
		if (r == 0) {
			loop_timer_start(op->timer, srv_call_time_ms(call), 0);
			return op;
		}
		op_fail(op, r, &f);
		return NULL;
	}
	fault_plain(&f, r, "out of memory");
	rpc_call_fail_fault(call, &f);
	return NULL;
}

/* All wishes are out: those that are met already count now. */
static void
op_begun(struct ranks_op *op)
{
	op->starting = false;
	for (size_t k = 0; k < op->n; k++)
		if (op->kind == STOP)
			judge(&op->rows[k]);
		else if (op->kind == START && har_instance_state(op->rows[k].i) == HAR_STATE_READY)
			judge(&op->rows[k]);
	check_end(op);
}

/* ---- PrepShutdownRanks ---- */

static void
prepared(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct rank_row *row  = arg;
	struct ranks_op *op   = row->op;
	Mgmt__DaosResp  *resp = err == 0 ? mgmt__daos_resp__unpack(NULL, len, body) : NULL;
	char             text[512];

	op->pending--;
	if (err == -ETIMEDOUT)
		row_set(row, true, SYS_MEMBER_UNRESPONSIVE, fault_format(f, text, sizeof(text)));
	else if (err < 0)
		row_set(row, true, SYS_MEMBER_ERRORED, fault_format(f, text, sizeof(text)));
	else if (resp == NULL)
		row_set(row, true, SYS_MEMBER_ERRORED, "the engine's answer cannot be read");
	else if (resp->status != 0)
		row_set(row, true, SYS_MEMBER_ERRORED,
			der_format(resp->status, text, sizeof(text)));
	else
		row_set(row, false, SYS_MEMBER_STOPPING, "");
	if (resp != NULL)
		mgmt__daos_resp__free_unpacked(resp, NULL);
	if (op->ended)
		op_release(op);
	else
		check_end(op);
}

void
srv_prep_shutdown_ranks(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct ranks_op *op = op_new(arg, call, (const Ctl__RanksReq *)msg, PREP_SHUTDOWN);

	if (op == NULL)
		return;
	for (size_t k = 0; k < op->n; k++) {
		struct rank_row *row = &op->rows[k];
		int              r;

		if (har_instance_state(row->i) != HAR_STATE_READY) {
			row_set(row, false, SYS_MEMBER_STOPPED, "");
			continue;
		}
		r = har_instance_call(row->i, DRPC_MGMT_PREP_SHUTDOWN, NULL, srv_call_time_ms(call),
				      prepared, row, NULL);
		if (r < 0)
			row_set(row, true, SYS_MEMBER_ERRORED, strerror(-r));
		else
			op->pending++;
	}
	op_begun(op);
}

/* ---- StopRanks ---- */

void
srv_stop_ranks(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Ctl__RanksReq *req = (const Ctl__RanksReq *)msg;
	struct ranks_op     *op  = op_new(arg, call, req, STOP);

	if (op == NULL)
		return;
	for (size_t k = 0; k < op->n; k++) {
		int r;

		srv_restart_forget(op->s, har_instance_index(op->rows[k].i));
		r = har_instance_stop(op->rows[k].i, req->force ? SIGKILL : SIGINT);

		if (r < 0 && r != -ESRCH) /* gone already is what is wanted */
			log_error("rank %u could not be signalled: %s", op->rows[k].rank,
				  strerror(-r));
	}
	op_begun(op);
}

/* ---- StartRanks ---- */

void
srv_start_ranks(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Ctl__RanksReq *req = (const Ctl__RanksReq *)msg;
	struct ranks_op     *op  = op_new(arg, call, req, START);

	if (op == NULL)
		return;
	for (size_t k = 0; k < op->n; k++) {
		srv_restart_forget(op->s, har_instance_index(op->rows[k].i));
		har_instance_request_start(op->rows[k].i, req->check_mode);
	}
	op_begun(op);
}

/* ---- ResetFormatRanks ---- */

static void
reset_done(int err, void *arg)
{
	struct rank_row *row = arg;
	struct ranks_op *op  = row->op;

	op->pending--;
	if (op->ended) {
		op_release(op);
		return;
	}
	if (err < 0) {
		char msg[128];

		(void)snprintf(msg, sizeof(msg), "superblock could not be removed: %s",
			       strerror(-err));
		row_set(row, true, SYS_MEMBER_ERRORED, msg);
		check_end(op);
		return;
	}
	har_instance_request_start(row->i, false);
}

void
srv_reset_format_ranks(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	struct ranks_op *op = op_new(arg, call, (const Ctl__RanksReq *)msg, RESET_FORMAT);
	struct fault     f  = FAULT_INIT;

	if (op == NULL)
		return;
	for (size_t k = 0; k < op->n; k++) {
		if (!har_state_has_process(har_instance_state(op->rows[k].i)))
			continue;
		fault_set(&f, FAULT_SERVER_INSTANCES_NOT_STOPPED,
			  "reset format not supported when rank %u is running", op->rows[k].rank);
		op_fail(op, -EBUSY, &f);
		return;
	}
	for (size_t k = 0; k < op->n; k++) {
		int r = har_instance_reset(op->rows[k].i, reset_done, &op->rows[k]);

		if (r == 0)
			op->pending++;
		else
			row_set(&op->rows[k], true, SYS_MEMBER_ERRORED, strerror(-r));
	}
	op_begun(op);
}
