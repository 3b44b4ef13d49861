/*
 * Requests to the management service: members, leader, stop and start, exclusion, erasure.
 */
#pragma once

#include <daos_control/control.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DAOSCTL_RANK_NIL 4294967295U

enum daosctl_member_state {
	DAOSCTL_STATE_UNKNOWN         = 0x0,
	DAOSCTL_STATE_AWAIT_FORMAT    = 0x1,
	DAOSCTL_STATE_STARTING        = 0x2,
	DAOSCTL_STATE_READY           = 0x4,
	DAOSCTL_STATE_JOINED          = 0x8,
	DAOSCTL_STATE_STOPPING        = 0x10,
	DAOSCTL_STATE_STOPPED         = 0x20,
	DAOSCTL_STATE_EXCLUDED        = 0x40,
	DAOSCTL_STATE_ERRORED         = 0x80,
	DAOSCTL_STATE_UNRESPONSIVE    = 0x100,
	DAOSCTL_STATE_ADMIN_EXCLUDED  = 0x200,
	DAOSCTL_STATE_CHECKER_STARTED = 0x400,
};
#define DAOSCTL_STATE_ALL 0xFFFFU

/* `Joined`; the wire and JSON form is the same in lower case. UNKNOWN for anything else. */
const char *daosctl_member_state_name(enum daosctl_member_state s);
/* Any case. */
enum daosctl_member_state daosctl_member_state_parse(const char *name);

/* Which ranks a request is about; neither: all. Setting both is -EINVAL. */
struct daosctl_rank_filter {
	const char *ranks; /* rank set, `0-3,7`, or NULL */
	const char *hosts; /* host set whose ranks are meant, or NULL */
};

/* ---- members ---- */

struct daosctl_system_query_req {
	struct daosctl_rank_filter filter;
	/* Members in one of these states (or of daosctl_member_state); 0: all. */
	uint32_t state_mask;
};

struct daosctl_member {
	uint32_t                  rank;
	enum daosctl_member_state state;
	const char               *uuid;
	const char               *addr; /* control address, ip:port */
	const char               *fault_domain;
	uint64_t                  incarnation;
	const char               *fabric_uri;
	const char *const        *secondary_fabric_uris;
	size_t                    n_secondary_fabric_uris;
	uint32_t                  fabric_contexts;
	const char               *info;        /* why it is in this state; may be empty */
	const char               *last_update; /* RFC 3339, UTC */
};

struct daosctl_system_query_resp {
	const struct daosctl_member *members; /* by rank */
	size_t                       n_members;
	const char        *absent_ranks; /* asked for but unknown; folded, empty when none */
	const char        *absent_hosts;
	const char *const *providers;
	size_t             n_providers;
	const char        *self_heal; /* policy: `exclude;pool_exclude;pool_rebuild` */
	void              *memory;
};
int  daosctl_system_query(struct daosctl *c, const struct daosctl_system_query_req *req,
			  struct daosctl_system_query_resp *ret, struct daosctl_error *e);
void daosctl_system_query_resp_fini(struct daosctl_system_query_resp *r);

/* ---- leader ---- */

struct daosctl_leader_query_resp {
	const char        *leader; /* ip:port, empty when there is none */
	const char *const *replicas;
	size_t             n_replicas;
	const char *const *down; /* replicas that gave no answer */
	size_t             n_down;
	void              *memory;
};
/* Asks the service for its leader, then every replica whether it answers. */
int  daosctl_leader_query(struct daosctl *c, struct daosctl_leader_query_resp *ret,
			  struct daosctl_error *e);
void daosctl_leader_query_resp_fini(struct daosctl_leader_query_resp *r);

/* ---- stop and start ---- */

struct daosctl_system_stop_req {
	struct daosctl_rank_filter filter;
	bool                       graceful; /* let engines shut down; otherwise they are killed */
	bool                       ignore_admin_excluded;
};

struct daosctl_system_start_req {
	struct daosctl_rank_filter filter;
	bool                       ignore_admin_excluded;
};

/* What was done to one rank. */
struct daosctl_rank_result {
	uint32_t                  rank;
	enum daosctl_member_state state;
	const char               *action; /* `stop`, `start`, `prep shutdown` */
	bool                      errored;
	const char               *msg;  /* why, or empty */
	const char               *addr; /* may be empty */
};

struct daosctl_rank_results {
	const struct daosctl_rank_result *v; /* by rank */
	size_t                            n;
	const char                       *absent_ranks;
	const char                       *absent_hosts;
	const char                       *failed_ranks; /* folded, empty when none */
	void                             *memory;
};
int  daosctl_system_stop(struct daosctl *c, const struct daosctl_system_stop_req *req,
			 struct daosctl_rank_results *ret, struct daosctl_error *e);
int  daosctl_system_start(struct daosctl *c, const struct daosctl_system_start_req *req,
			  struct daosctl_rank_results *ret, struct daosctl_error *e);
void daosctl_rank_results_fini(struct daosctl_rank_results *r);

/* ---- exclusion and erasure ---- */

struct daosctl_system_exclude_req {
	struct daosctl_rank_filter filter; /* one of the two is needed */
	bool                       clear;  /* take the exclusion back */
};
int daosctl_system_exclude(struct daosctl *c, const struct daosctl_system_exclude_req *req,
			   struct daosctl_rank_results *ret, struct daosctl_error *e);
/*
 * Forgets the system: superblocks of all engines and the database; the servers wait for a format then.
 * Refused while ranks run; what users stored in pools is lost. failed_ranks names those that could not be
 * reset, and nothing else was erased then.
 */
int daosctl_system_erase(struct daosctl *c, struct daosctl_rank_results *ret,
			 struct daosctl_error *e);

/* ---- version of the service ---- */

struct daosctl_server_version {
	uint32_t    major, minor, patch;
	const char *tag; /* may be empty */
	void       *memory;
};
int  daosctl_server_version(struct daosctl *c, struct daosctl_server_version *ret,
			    struct daosctl_error *e);
void daosctl_server_version_fini(struct daosctl_server_version *v);

#ifdef __cplusplus
}
#endif
