/* Statuses on the wire and the ones made from failures of a connection. Inside of the rpc room. */
#pragma once

#include "rpc/rpc.h"

/* A status as header values. */
struct rpc_status_headers {
	char  code[12];
	char *message; /* grpc-message, NULL for none; owned */
	char *details; /* grpc-status-details-bin, NULL for none; owned */
};
/* Without memory the texts are left out: the code alone still tells the peer that the call failed.
 */
void rpc_status_encode(const struct rpc_status *s, struct rpc_status_headers *ret);
void rpc_status_headers_fini(struct rpc_status_headers *h);

/* message and details are header values as received, NULL when absent. Overwrites *s. */
void rpc_status_decode(struct rpc_status *s, int code, const char *message, const char *details);

/* google.rpc.Status with one ErrorInfo, as bytes. 0 or -ENOMEM; -ENOENT when the status carries no
 * detail. */
int rpc_details_encode(const struct rpc_status *s, uint8_t **ret, size_t *ret_len);
/* Fills detail and what belongs to it; leaves s alone (and returns -EINVAL) when nothing in it is
 * understood. */
int rpc_details_decode(const uint8_t *data, size_t len, struct rpc_status *s);

/* Why a connection could not be made or was lost. */
enum rpc_failure {
	RPC_FAILURE_BAD_HOST, /* name not known */
	RPC_FAILURE_NO_ROUTE,
	RPC_FAILURE_REFUSED,
	RPC_FAILURE_CLOSED,    /* the server is going away and has not looked at the call */
	RPC_FAILURE_TIMED_OUT, /* no connection in time */
	RPC_FAILURE_EXPIRED,   /* the server's certificate has expired */
	RPC_FAILURE_OTHER,
};
/* text says what happened, as it stands behind `connection error: desc = `. Overwrites *s. */
void rpc_status_from_failure(struct rpc_status *s, enum rpc_failure failure, const char *host,
			     uint16_t port, const char *text);
enum rpc_failure rpc_failure_from_errno(int err);
