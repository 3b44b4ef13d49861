/*
 * The same request to many hosts, and rank operations over the hosts that own the ranks
 * (ms-membership.md §6).
 */
#pragma once

#include "control/client.h"

/* ---- any method ---- */

struct ctl_fanout;

struct ctl_fanout_opts {
	const ProtobufCServiceDescriptor *service; /* NULL: ctl.CtlSvc */
	const char                       *method;
	/* One message for all hosts, or one each in reqs. Borrowed until the end. */
	const ProtobufCMessage        *req;
	const ProtobufCMessage *const *reqs;
	const char *const             *hosts; /* `host:port`, copied; none: the client's */
	size_t                         n_hosts;
	uint64_t                       deadline_ms; /* from now; 0: 5 minutes */
	/* Once per host, as answers come; index as in hosts. A missed deadline is fault
	 * CLIENT_RPC_TIMEOUT. */
	void (*on_result)(size_t index, const char *host, const struct rpc_status *status,
			  const ProtobufCMessage *resp, void *arg);
	/* Once, last. */
	void (*on_done)(void *arg);
	void *arg;
};

/* -EDESTADDRREQ with fault CLIENT_CONFIG_EMPTY_HOST_LIST when there is no host. */
int ctl_fanout_start(struct ctl_client *c, const struct ctl_fanout_opts *opts,
		     struct ctl_fanout **ret, struct fault *f);
/* Ends it without callbacks. NULL is allowed; returns NULL. */
struct ctl_fanout *ctl_fanout_cancel(struct ctl_fanout *fo);

/* ---- rank operations ---- */

enum ctl_rank_op {
	CTL_RANKS_PREP_SHUTDOWN,
	CTL_RANKS_STOP,
	CTL_RANKS_START,
	CTL_RANKS_RESET_FORMAT,
	_CTL_RANKS_OP_MAX
};
/* Method name, "StopRanks"; action text of results, "stop". */
const char *ctl_rank_op_method(enum ctl_rank_op op);
const char *ctl_rank_op_action(enum ctl_rank_op op);

/* One rank and where its host listens. */
struct ctl_rank_target {
	uint32_t    rank;
	const char *addr; /* ip:port */
};

/* Outcome for one rank. Texts are borrowed by the callback. */
struct ctl_rank_result {
	uint32_t    rank;
	bool        errored;
	const char *action;
	const char *msg;
	const char
	    *state; /* lower case, as on the wire; `unresponsive` when the host gave no answer */
	const char *addr;
};

struct ctl_ranks_opts {
	enum ctl_rank_op              op;
	const struct ctl_rank_target *targets; /* in any order; copied */
	size_t                        n_targets;
	bool                          force;       /* SIGKILL (stop) */
	bool                          check_mode;  /* start in checker mode */
	uint64_t                      deadline_ms; /* 0: 5 minutes */
	/*
	 * Once, with one result per asked rank, by rank. A host that failed gives one errored
	 * result `unresponsive` per rank; a rank its host said nothing about is errored too;
	 * further results for a rank are dropped.
	 */
	void (*on_done)(const struct ctl_rank_result *results, size_t n, void *arg);
	void *arg;
};

struct ctl_ranks_call;
int ctl_ranks_start(struct ctl_client *c, const struct ctl_ranks_opts *opts,
		    struct ctl_ranks_call **ret);
/* Ends it without the callback. NULL is allowed; returns NULL. */
struct ctl_ranks_call *ctl_ranks_cancel(struct ctl_ranks_call *call);
