/*
 * One request to the management service (wire-grpc.md §7, ms-membership.md §8).
 *
 * A try goes to several hosts at once: up to five random ones of the client, then wherever the
 * answers point (leader hint, replica list). Tries are repeated with back-off while the failure is
 * of a class that can pass.
 */
#pragma once

#include "control/client.h"

/* Failures of a try that are worth another one, besides those every request retries. */
enum ctl_ms_retry {
	CTL_RETRY_CONNECTION    = 1, /* refused, closed, timed out (faults 506 to 508) */
	CTL_RETRY_UNINITIALIZED = 2, /* the replica waits for its format */
	CTL_RETRY_POOL          = 4, /* pool service busy, moving or locked */
	/* The service being unavailable ends the request at once instead of being waited out. */
	CTL_RETRY_NOT_UNAVAILABLE = 8,
};

#define CTL_MS_TOTAL_MS   (5 * 60 * 1000ULL)
#define CTL_JOIN_TRY_MS   (10 * 1000ULL)
#define CTL_JOIN_TOTAL_MS (60 * 60 * 1000ULL)
#define CTL_JOIN_RETRY    (CTL_RETRY_CONNECTION | CTL_RETRY_UNINITIALIZED)
#define CTL_MS_CANDIDATES 5
/* Once one host gave a usable answer the others of the same try get this long to give a better one.
 */
#define CTL_MS_GRACE_MS 1000

/* resp is NULL unless status->code is RPC_OK. Both borrowed. */
typedef void (*ctl_ms_cb)(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg);
/* Told before each repetition, for logs: after which failure, with how long a pause. */
typedef void (*ctl_ms_retry_cb)(const struct rpc_status *status, const char *host,
				uint64_t delay_ms, void *arg);

struct ctl_ms_opts {
	const char *method; /* of mgmt.MgmtSvc, e.g. "Join" */
	/* Copied before ctl_ms_call() returns. An empty `sys` field is filled in. */
	const ProtobufCMessage *req;
	const char *const      *hosts; /* first hosts to ask; none: the client's */
	size_t                  n_hosts;
	uint64_t                try_ms;   /* limit for one try; 0: none but the total */
	uint64_t                total_ms; /* limit for all of it; 0: CTL_MS_TOTAL_MS */
	unsigned                retry;    /* bits of enum ctl_ms_retry */
	ctl_ms_cb               cb;
	ctl_ms_retry_cb         on_retry; /* may be NULL */
	void                   *arg;
};

struct ctl_ms_call;
/*
 * Starts a request. *ret (may be NULL) is valid until the callback has run. The end of total_ms is
 * reported as fault CLIENT_RPC_TIMEOUT that names the method, the hosts waited for and the last
 * failure.
 */
int ctl_ms_call(struct ctl_client *c, const struct ctl_ms_opts *opts, struct ctl_ms_call **ret);
/* Ends it without the callback. NULL is allowed; returns NULL. */
struct ctl_ms_call *ctl_ms_cancel(struct ctl_ms_call *call);
