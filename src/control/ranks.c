/*
 * Rank operations: ranks are grouped by host, each host gets one request, and every rank gets one
 * result.
 */
#include <string.h>

#include "common/ranks.h"
#include "common/vec.h"
#include "control/control_private.h"
#include "ctl/ctl.pb-c.h"

#define STATE_UNRESPONSIVE "unresponsive"
#define STATE_ERRORED      "errored"

static const struct {
	const char *method, *action;
} ops[_CTL_RANKS_OP_MAX] = {
    [CTL_RANKS_PREP_SHUTDOWN] = {"PrepShutdownRanks", "prep shutdown"},
    [CTL_RANKS_STOP]          = {"StopRanks", "stop"},
    [CTL_RANKS_START]         = {"StartRanks", "start"},
    [CTL_RANKS_RESET_FORMAT]  = {"ResetFormatRanks", "reset format"},
};

/* A host with its ranks: targets first .. first + n. */
struct rank_host {
	size_t        first, n;
	Ctl__RanksReq req;
	char         *ranks;
};

struct ctl_ranks_call {
	struct ctl_ranks_opts    opts;
	struct ctl_arena        *arena;
	struct ctl_rank_target  *targets; /* by host, then rank */
	struct rank_host        *hosts;
	const char             **addresses;
	const ProtobufCMessage **reqs;
	size_t                   n_hosts;
	struct ctl_rank_result  *results; /* as targets; action NULL: none yet */
	struct ctl_fanout       *fanout;
};

const char *
ctl_rank_op_method(enum ctl_rank_op op)
{
	return op < _CTL_RANKS_OP_MAX ? ops[op].method : NULL;
}

const char *
ctl_rank_op_action(enum ctl_rank_op op)
{
	return op < _CTL_RANKS_OP_MAX ? ops[op].action : NULL;
}

static void
call_free(struct ctl_ranks_call *call)
{
	for (size_t i = 0; call->hosts != NULL && i < call->n_hosts; i++)
		free(call->hosts[i].ranks);
	(void)ctl_arena_free(call->arena);
	free(call->targets);
	free(call->hosts);
	free(call->addresses);
	free(call->reqs);
	free(call->results);
	free(call);
}

struct ctl_ranks_call *
ctl_ranks_cancel(struct ctl_ranks_call *call)
{
	if (call == NULL)
		return NULL;
	(void)ctl_fanout_cancel(call->fanout);
	call_free(call);
	return NULL;
}

static int
by_host(const void *a, const void *b)
{
	const struct ctl_rank_target *x = a, *y = b;
	int                           d = strcmp(x->addr, y->addr);

	return d != 0 ? d : (x->rank > y->rank) - (x->rank < y->rank);
}

static int
by_rank(const void *a, const void *b)
{
	const struct ctl_rank_result *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

static void
set_failed(struct ctl_ranks_call *call, size_t i, const char *state, const char *msg)
{
	call->results[i] = (struct ctl_rank_result){
	    .rank    = call->targets[i].rank,
	    .errored = true,
	    .action  = ctl_rank_op_action(call->opts.op),
	    .msg     = msg,
	    .state   = state,
	    .addr    = call->targets[i].addr,
	};
}

static void
host_failed(struct ctl_ranks_call *call, const struct rank_host *h, const struct rpc_status *status)
{
	char        text[1536];
	const char *msg =
	    ctl_arena_text(call->arena, rpc_status_format(status, text, sizeof(text)));

	for (size_t i = h->first; i < h->first + h->n; i++)
		set_failed(call, i, STATE_UNRESPONSIVE, msg);
}

static void
host_answered(struct ctl_ranks_call *call, const struct rank_host *h, const Ctl__RanksResp *resp)
{
	for (size_t k = 0; k < resp->n_results; k++) {
		const Shared__RankResult *r = resp->results[k];

		for (size_t i = h->first; i < h->first + h->n; i++) {
			if (call->targets[i].rank != r->rank || call->results[i].action != NULL)
				continue;
			call->results[i] = (struct ctl_rank_result){
			    .rank    = r->rank,
			    .errored = r->errored,
			    .action  = str_empty(r->action) ? ctl_rank_op_action(call->opts.op)
							    : ctl_arena_text(call->arena, r->action),
			    .msg     = ctl_arena_text(call->arena, r->msg),
			    .state   = ctl_arena_text(call->arena, r->state),
			    .addr    = call->targets[i].addr,
			};
		}
	}
	for (size_t i = h->first; i < h->first + h->n; i++)
		if (call->results[i].action == NULL)
			set_failed(call, i, STATE_ERRORED, "the host gave no result for this rank");
}

static void
on_result(size_t index, const char *host, const struct rpc_status *status,
	  const ProtobufCMessage *resp, void *arg)
{
	struct ctl_ranks_call  *call = arg;
	const struct rank_host *h    = &call->hosts[index];

	if (status->code != RPC_OK)
		host_failed(call, h, status);
	else
		host_answered(call, h, (const Ctl__RanksResp *)resp);
}

static void
on_done(void *arg)
{
	struct ctl_ranks_call *call = arg;

	qsort(call->results, call->opts.n_targets, sizeof(*call->results), by_rank);
	call->opts.on_done(call->results, call->opts.n_targets, call->opts.arg);
	call_free(call);
}

/* One entry of hosts for each run of equal addresses in the sorted targets. */
static int
group_hosts(struct ctl_ranks_call *call)
{
	for (size_t i = 0; i < call->opts.n_targets;) {
		struct rank_host                        *h   = &call->hosts[call->n_hosts];
		_cleanup_(rank_set_fini) struct rank_set set = RANK_SET_INIT;
		int                                      r   = 0;

		h->first = i;
		while (r == 0 && i < call->opts.n_targets &&
		       str_eq(call->targets[i].addr, call->targets[h->first].addr))
			r = rank_set_add(&set, call->targets[i++].rank);
		h->n     = i - h->first;
		h->ranks = r == 0 ? rank_set_text(&set) : NULL;
		if (h->ranks == NULL)
			return -ENOMEM;
		h->req                         = (Ctl__RanksReq)CTL__RANKS_REQ__INIT;
		h->req.force                   = call->opts.force;
		h->req.check_mode              = call->opts.check_mode;
		h->req.ranks                   = h->ranks;
		call->reqs[call->n_hosts]      = &h->req.base;
		call->addresses[call->n_hosts] = call->targets[h->first].addr;
		call->n_hosts++;
	}
	return 0;
}

int
ctl_ranks_start(struct ctl_client *c, const struct ctl_ranks_opts *opts,
		struct ctl_ranks_call **ret)
{
	size_t                 n    = opts->n_targets;
	struct ctl_ranks_call *call = calloc(1, sizeof(*call));
	int                    r    = n > 0 ? 0 : -EINVAL;

	if (call == NULL)
		return -ENOMEM;
	call->opts      = *opts;
	call->targets   = calloc(MAX(n, 1), sizeof(*call->targets));
	call->hosts     = calloc(MAX(n, 1), sizeof(*call->hosts));
	call->addresses = calloc(MAX(n, 1), sizeof(*call->addresses));
	call->reqs      = calloc(MAX(n, 1), sizeof(*call->reqs));
	call->results   = calloc(MAX(n, 1), sizeof(*call->results));
	if (ctl_arena_new(&call->arena) != 0 || !call->targets || !call->hosts ||
	    !call->addresses || !call->reqs || !call->results)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		call->targets[i] = (struct ctl_rank_target){
		    .rank = opts->targets[i].rank,
		    .addr = ctl_arena_text(call->arena, opts->targets[i].addr)};
	if (r == 0)
		r = ctl_arena_error(call->arena);
	if (r == 0) {
		qsort(call->targets, n, sizeof(*call->targets), by_host);
		r = group_hosts(call);
	}
	if (r == 0)
		r = ctl_fanout_start(c,
				     &(struct ctl_fanout_opts){
					 .method      = ctl_rank_op_method(opts->op),
					 .reqs        = call->reqs,
					 .hosts       = call->addresses,
					 .n_hosts     = call->n_hosts,
					 .deadline_ms = opts->deadline_ms,
					 .on_result   = on_result,
					 .on_done     = on_done,
					 .arg         = call,
				     },
				     &call->fanout, NULL);
	if (r != 0) {
		call_free(call);
		return r;
	}
	if (ret != NULL)
		*ret = call;
	return 0;
}
