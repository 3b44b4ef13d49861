/*
 * Inside the control room: the context behind the installed API, addresses, folding of results by
 * host.
 */
#pragma once

#include <daos_control/storage.h>
#include <daos_control/system.h>

#include "common/hostlist.h"
#include "common/str.h"
#include "control/arena.h"
#include "control/client.h"
#include "control/fanout.h"
#include "control/ms.h"
#include "control/retry.h"
#include "rpc/rpc.h"
#include "shared/ranks.pb-c.h"

struct cfg_control;

/* ---- client ---- */
struct rpc_io *ctl_client_io(const struct ctl_client *c);
/* TLS, component and limits of new channels. */
struct rpc_channel_opts ctl_client_channel(const struct ctl_client *c);
uint32_t                ctl_client_random(struct ctl_client *c, uint32_t bound);
/* `host:port` in two; the client's port when there is none. -EINVAL for a port that is no number
 * in 1..65535. */
int ctl_client_split(const struct ctl_client *c, const char *address, char **ret_host,
		     uint16_t *ret_port);
/* Fault CLIENT_RPC_TIMEOUT as a status. */
void ctl_status_timeout(struct rpc_status *s, const char *what, const char *hosts,
			uint64_t limit_ms, const char *last);
/* "5m0s" */
char *ctl_duration(uint64_t ms, char *buf, size_t size);

/* ---- the context of tools ---- */
struct daosctl {
	struct loop        *loop;
	struct rpc_io      *io;
	struct sec_tls     *tls;
	struct cfg_control *cfg;
	struct ctl_client  *client;
	uint64_t            timeout_ms;
};

void ctl_error_from_fault(struct daosctl_error *e, const struct fault *f);
void ctl_error_from_status(struct daosctl_error *e, const struct rpc_status *s);
/* A plain error; returns err. */
int ctl_error_set(struct daosctl_error *e, int err, const char *fmt, ...) _printf_(3, 4);

/*
 * One request to the management service, waited for. take() turns the answer into the caller's
 * response and returns 0 or a negative errno.
 */
typedef int (*ctl_take_fn)(const ProtobufCMessage *resp, void *arg);
struct ctl_sync_opts {
	const char             *method;
	const ProtobufCMessage *req;
	const char *const      *hosts;
	size_t                  n_hosts;
	unsigned                retry;
	ctl_take_fn             take; /* may be NULL */
	void                   *arg;
	struct rpc_status      *ret_status; /* a copy of the outcome; may be NULL */
};
int ctl_ms_sync(struct daosctl *c, const struct ctl_sync_opts *opts, struct daosctl_error *e);

/* The same request to hosts, waited for. take() gets every host's outcome in the order of hosts. */
typedef void (*ctl_take_host_fn)(const char *host, const struct rpc_status *status,
				 const ProtobufCMessage *resp, void *arg);
int ctl_hosts_sync(struct daosctl *c, const char *method, const ProtobufCServiceDescriptor *service,
		   const ProtobufCMessage *req, const char *const *hosts, size_t n_hosts,
		   ctl_take_host_fn take, void *arg, struct daosctl_error *e);

/* ---- ranks of a request and of its answer, system.c ---- */
/* What the two lists of a filter become on the wire: sorted and folded. */
struct ctl_wire_filter {
	char *ranks, *hosts;
};
int  ctl_wire_filter_make(const struct daosctl_rank_filter *filter, struct ctl_wire_filter *w,
			  struct daosctl_error *e);
void ctl_wire_filter_fini(struct ctl_wire_filter *w);
int  ctl_take_rank_results(Shared__RankResult *const *results, size_t n, const char *absent_ranks,
			   const char *absent_hosts, struct daosctl_rank_results *ret);

/* ---- folding by host ---- */
struct ctl_fold; /* collects storage and errors of hosts */

int              ctl_fold_new(struct ctl_fold **ret);
struct ctl_fold *ctl_fold_free(struct ctl_fold *f);
/* Where a host's storage is built. */
struct ctl_arena *ctl_fold_memory(struct ctl_fold *f);
void ctl_fold_error(struct ctl_fold *f, const char *host, const char *text, const char *brief);
void ctl_fold_status(struct ctl_fold *f, const char *host, const struct rpc_status *s);
/* Adds the host to the group with equal storage or makes a new one. */
void ctl_fold_storage(struct ctl_fold *f, const char *host, const struct daosctl_storage *s);
/* Moves all into a response; the fold is empty afterwards. */
int ctl_fold_finish(struct ctl_fold *f, struct daosctl_storage_resp *ret);
/* Canonical text of storage: equal for hosts that belong together. */
void ctl_storage_text(const struct daosctl_storage *s, struct strbuf *out);
