/*
 * The policy of repeating requests to the management service.
 */
#include "control/retry.h"

#include <string.h>

#include "common/der.h"
#include "common/str.h"

#define BASE_MS    250
#define FACTOR_MAX 7

/* Texts that travel as plain errors and are part of the protocol (wire-grpc.md §5). */
#define TEXT_UNAVAILABLE   "raft service unavailable (not started yet?)"
#define TEXT_STEP_UP       "leader step-up in progress (try again)"
#define TEXT_UNINITIALIZED "system is uninitialized (storage format required?)"

static bool
message_has(const struct rpc_status *s, const char *text)
{
	return s->detail == RPC_DETAIL_NONE && s->message != NULL &&
	       strstr(s->message, text) != NULL;
}

static bool
is_fault(const struct rpc_status *s, uint32_t code)
{
	return s->detail == RPC_DETAIL_FAULT && s->fault.code == code;
}

bool
ctl_status_is_unavailable(const struct rpc_status *s)
{
	return message_has(s, TEXT_UNAVAILABLE) || message_has(s, TEXT_STEP_UP) ||
	       is_fault(s, FAULT_SERVER_DATA_PLANE_NOT_STARTED);
}

bool
ctl_status_is_uninitialized(const struct rpc_status *s)
{
	return message_has(s, TEXT_UNINITIALIZED);
}

bool
ctl_status_is_retryable_connection(const struct rpc_status *s)
{
	return is_fault(s, FAULT_CLIENT_CONNECTION_REFUSED) ||
	       is_fault(s, FAULT_CLIENT_CONNECTION_CLOSED) ||
	       is_fault(s, FAULT_CLIENT_CONNECTION_TIMED_OUT);
}

bool
ctl_status_is_connection(const struct rpc_status *s)
{
	return ctl_status_is_retryable_connection(s) ||
	       is_fault(s, FAULT_CLIENT_CONNECTION_BAD_HOST) ||
	       is_fault(s, FAULT_CLIENT_CONNECTION_NO_ROUTE);
}

static bool
is_slow(const struct rpc_status *s)
{
	return s->code == RPC_DEADLINE_EXCEEDED || is_fault(s, FAULT_CLIENT_CONNECTION_TIMED_OUT);
}

enum ctl_weight
ctl_status_weight(const struct rpc_status *s)
{
	if (s->code == RPC_OK)
		return CTL_WEIGHT_DONE;
	if (s->detail == RPC_DETAIL_NOT_LEADER && !str_empty(s->leader_hint))
		return CTL_WEIGHT_LEADER;
	if (s->detail == RPC_DETAIL_NOT_LEADER || s->detail == RPC_DETAIL_NOT_REPLICA)
		return s->n_replicas > 0 ? CTL_WEIGHT_REPLICAS : CTL_WEIGHT_LOST;
	if (ctl_status_is_unavailable(s))
		return CTL_WEIGHT_UNAVAILABLE;
	if (ctl_status_is_uninitialized(s))
		return CTL_WEIGHT_UNINITIALIZED;
	if (is_slow(s))
		return CTL_WEIGHT_SLOW;
	if (ctl_status_is_connection(s) || (s->local && s->code == RPC_UNAVAILABLE))
		return CTL_WEIGHT_CONNECTION;
	return CTL_WEIGHT_REFUSED;
}

/* ---- the plan ---- */

static void
free_hosts(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

static char **
copy_hosts(const char *const *hosts, size_t n)
{
	char **v = calloc(MAX(n, 1), sizeof(*v));

	for (size_t i = 0; v != NULL && i < n; i++) {
		v[i] = strdup(hosts[i]);
		if (v[i] == NULL) {
			free_hosts(v, i);
			return NULL;
		}
	}
	return v;
}

static void
go_to(struct ctl_plan *p, const char *const *hosts, size_t n)
{
	char **v = copy_hosts(hosts, n);

	if (v == NULL) /* the hosts at hand must do */
		return;
	free_hosts(p->hosts, p->n_hosts);
	p->hosts   = v;
	p->n_hosts = n;
}

static void
go_back(struct ctl_plan *p)
{
	go_to(p, (const char *const *)p->start, p->n_start);
}

int
ctl_plan_init(struct ctl_plan *p, const char *const *hosts, size_t n, unsigned retry)
{
	*p       = (struct ctl_plan){.retry = retry, .n_start = n, .n_hosts = n};
	p->start = copy_hosts(hosts, n);
	p->hosts = copy_hosts(hosts, n);
	if (p->start != NULL && p->hosts != NULL)
		return 0;
	free_hosts(p->start, p->start ? n : 0);
	free_hosts(p->hosts, p->hosts ? n : 0);
	*p = (struct ctl_plan){0};
	return -ENOMEM;
}

void
ctl_plan_fini(struct ctl_plan *p)
{
	free_hosts(p->start, p->n_start);
	free_hosts(p->hosts, p->n_hosts);
	*p = (struct ctl_plan){0};
}

/* Whether the hosts at hand are those the request began with. */
static bool
is_at_start(const struct ctl_plan *p)
{
	if (p->n_hosts != p->n_start)
		return false;
	for (size_t i = 0; i < p->n_hosts; i++)
		if (!str_eq(p->hosts[i], p->start[i]))
			return false;
	return true;
}

static bool
pool_may_recover(const struct rpc_status *s)
{
	static const int32_t passing[] = {-DER_TIMEDOUT, -DER_GRPVER,  -DER_AGAIN,
					  -DER_OOG,      -DER_UNREACH, -DER_EXCLUDED};

	if (is_fault(s, FAULT_SYSTEM_POOL_LOCKED) ||
	    is_fault(s, FAULT_SERVER_DATA_PLANE_NOT_STARTED))
		return true;
	for (size_t i = 0; s->detail == RPC_DETAIL_DAOS_STATUS && i < ARRAY_SIZE(passing); i++)
		if (s->daos_status == passing[i])
			return true;
	return false;
}

/* The request declared this class worth another try from the beginning. */
static bool
is_declared(const struct ctl_plan *p, const struct rpc_status *s)
{
	if ((p->retry & CTL_RETRY_CONNECTION) && ctl_status_is_retryable_connection(s))
		return true;
	if ((p->retry & CTL_RETRY_UNINITIALIZED) && ctl_status_is_uninitialized(s))
		return true;
	return (p->retry & CTL_RETRY_POOL) && pool_may_recover(s);
}

enum ctl_verdict
ctl_plan_react(struct ctl_plan *p, const struct rpc_status *s)
{
	bool give_up = p->retry & CTL_RETRY_NOT_UNAVAILABLE;

	switch (ctl_status_weight(s)) {
	case CTL_WEIGHT_LEADER:
		if (give_up)
			return CTL_VERDICT_STOP;
		go_to(p, (const char *const *)&s->leader_hint, 1);
		break;
	case CTL_WEIGHT_REPLICAS:
		if (give_up)
			return CTL_VERDICT_STOP;
		go_to(p, (const char *const *)s->replicas, s->n_replicas);
		break;
	case CTL_WEIGHT_LOST:
	case CTL_WEIGHT_UNAVAILABLE:
		if (give_up)
			return CTL_VERDICT_STOP;
		break;
	case CTL_WEIGHT_SLOW:
		if (give_up && ctl_status_is_retryable_connection(s))
			return CTL_VERDICT_STOP;
		go_back(p);
		break;
	case CTL_WEIGHT_CONNECTION:
		/* A host that was only pointed at may have gone: ask the first ones again who leads
		 * now. */
		if (!is_declared(p, s) && is_at_start(p))
			return CTL_VERDICT_STOP;
		go_back(p);
		break;
	case CTL_WEIGHT_UNINITIALIZED:
	case CTL_WEIGHT_REFUSED:
		if (!is_declared(p, s))
			return CTL_VERDICT_STOP;
		go_back(p);
		break;
	case CTL_WEIGHT_DONE:
		return CTL_VERDICT_STOP;
	}
	p->tries++;
	return CTL_VERDICT_REPEAT;
}

uint64_t
ctl_retry_delay_ms(unsigned k, uint32_t random)
{
	unsigned factor = MIN(k, FACTOR_MAX);
	uint64_t delay;

	if (k == 0)
		return 0;
	delay = (uint64_t)BASE_MS << (factor > 2 ? factor - 2 : 0);
	return delay + (uint64_t)random % (delay + 1);
}
