/*
 * What to do after a failed try of a management service request: pure decisions over values
 * (wire-grpc.md §7).
 */
#pragma once

#include "control/ms.h"
#include "rpc/rpc.h"

/* How much an outcome tells; of several answers to one try the highest counts. */
enum ctl_weight {
	CTL_WEIGHT_CONNECTION,    /* no contact with the host */
	CTL_WEIGHT_SLOW,          /* no answer within the try */
	CTL_WEIGHT_UNINITIALIZED, /* waits for its format */
	CTL_WEIGHT_LOST,          /* no replica or not the leader, and no idea who is */
	CTL_WEIGHT_UNAVAILABLE,   /* starting, or in an election */
	CTL_WEIGHT_REPLICAS,      /* named the replicas */
	CTL_WEIGHT_LEADER,        /* named the leader */
	CTL_WEIGHT_REFUSED,       /* any other answer of a server: final */
	CTL_WEIGHT_DONE,          /* success */
};
enum ctl_weight ctl_status_weight(const struct rpc_status *s);
/* Refused, closed, timed out: faults 506 to 508 of this side. */
bool ctl_status_is_retryable_connection(const struct rpc_status *s);
/* Any fault of making contact, 504 to 508. */
bool ctl_status_is_connection(const struct rpc_status *s);
/* The texts and the fault that say: ask again later. */
bool ctl_status_is_unavailable(const struct rpc_status *s);
bool ctl_status_is_uninitialized(const struct rpc_status *s);

/* Which hosts the next try goes to. */
struct ctl_plan {
	unsigned retry; /* bits of enum ctl_ms_retry */
	unsigned tries; /* repetitions so far */
	char   **start;
	size_t   n_start;
	char   **hosts; /* of the next try */
	size_t   n_hosts;
};

int  ctl_plan_init(struct ctl_plan *p, const char *const *hosts, size_t n, unsigned retry);
void ctl_plan_fini(struct ctl_plan *p);

enum ctl_verdict {
	CTL_VERDICT_STOP,   /* hand the failure to the caller */
	CTL_VERDICT_REPEAT, /* try p->hosts after the pause */
};
/*
 * Decides on a failure and, to repeat, sets the hosts. Memory that runs out leaves the hosts as
 * they are.
 */
enum ctl_verdict ctl_plan_react(struct ctl_plan *p, const struct rpc_status *s);
/*
 * Pause before repetition k, from 0: none for the first, then 250 ms, doubled from the fourth on up
 * to 8 s, plus up to as much again by `random` (0 to UINT32_MAX).
 */
uint64_t ctl_retry_delay_ms(unsigned k, uint32_t random);
