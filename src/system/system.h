/*
 * The system database: members, fault domains, attributes and versions, replicated and durable.
 *
 * sys_db owns its replica. Everything runs on the loop's thread. Reads are synchronous and see
 * every change that has been called back; borrowed results are valid until control returns to the
 * loop. Changes are queued, evaluated against the state all earlier changes left, written as one
 * log entry each, and called back after they are durable and applied. A start call that returns an
 * error never calls back; one that returns 0 calls back once, later.
 *
 * Errors of a change, from the start call or with the callback (then f says it in words):
 *   -EAGAIN     this replica is not the leader; nothing was changed
 *   -ECANCELED  leadership or the replica was lost meanwhile; the outcome is unknown
 *   -ETIMEDOUT, -ENOSPC  the log takes nothing at present; the change may still be made
 *   -ESHUTDOWN  the database has stopped or is being closed
 *   -EBUSY      too many changes are waiting
 *   other       refused by a rule; nothing was changed
 * Asking again is safe after any of them.
 */
#pragma once

#include "common/fault.h"
#include "loop/loop.h"
#include "system/domain.h"
#include "system/member.h"
#include "system/membership.h"

struct rep_info;
struct rep_transport;
struct sys_db;

struct sys_db_opts {
	const char        *dir;      /* control_raft */
	const char        *address;  /* "ip:port" of this replica */
	const char *const *replicas; /* all configured replicas, the bootstrap replica first */
	size_t             n_replicas;
	/* How to reach other replicas (replica/replica.h); NULL for a single one. */
	const struct rep_transport *transport;
	/*
	 * Leadership of this replica changed. true: elected, everything committed before is
	 * applied. A leader that fails is told false before on_fatal.
	 */
	void (*on_leadership)(bool is_leader, void *arg);
	/*
	 * The database stopped by itself; nothing is accepted any more, only sys_db_close() is
	 * left.
	 */
	void (*on_fatal)(const struct fault *f, void *arg);
	/*
	 * Committed state changed: the map version, when members did, differs from the last call's.
	 * May be NULL.
	 */
	void (*on_change)(uint32_t map_version, void *arg);
	void *arg;
};

/*
 * Opens the database of a replica: bootstraps it when this is the bootstrap replica and there is
 * none, and takes over as the only voter when the stored group names an address that is no longer
 * configured. `opts` is copied. Leadership arrives by callback. Errors name the file and what to
 * do; stored state is then unchanged.
 */
int sys_db_open(struct loop *l, const struct sys_db_opts *opts, struct sys_db **ret,
		struct fault *f);
/*
 * Ends changes in flight with -ECANCELED from inside this call, closes, frees, then calls done(arg)
 * (may be NULL). NULL db: only done.
 */
void sys_db_close(struct sys_db *db, loop_fn done, void *arg);
/* Whether a database has been bootstrapped in that directory. */
bool sys_db_exists(const char *dir);

/* ---- reads ---- */
bool sys_db_is_leader(const struct sys_db *db);
/* Address of the leader as known here; "" when there is none. */
const char *sys_db_leader(const struct sys_db *db);
/* All members, sorted by rank. */
struct sys_members       sys_db_members(const struct sys_db *db);
const struct sys_member *sys_db_member(const struct sys_db *db, uint32_t rank);
const struct sys_domain *sys_db_domains(const struct sys_db *db);
/* Rises with every change of members; what the engines' group map carries. */
uint32_t sys_db_map_version(const struct sys_db *db);
/* Rises with every change. */
uint64_t sys_db_data_version(const struct sys_db *db);
uint32_t sys_db_next_rank(const struct sys_db *db);
/* Attributes. Keys begin with their name space. NULL when not stored. */
#define SYS_ATTR_USER "attr." /* attributes of users */
#define SYS_ATTR_PROP "prop." /* system properties */
#define SYS_ATTR_MGMT "mgmt." /* the service's own */
const char *sys_db_attr(const struct sys_db *db, const char *key);
/* Calls fn for every key that starts with prefix, in order of keys. */
typedef void (*sys_attr_fn)(const char *key, const char *value, void *arg);
void sys_db_attrs(const struct sys_db *db, const char *prefix, sys_attr_fn fn, void *arg);
void sys_db_info(const struct sys_db *db, struct rep_info *ret);
/*
 * A replica that connected to us (rpc's on_raft_link): fd is taken, also on failure. -EACCES: no
 * such replica.
 */
int sys_db_accept_take(struct sys_db *db, const char *address, int fd);

/*
 * Makes a configured replica a voter of the group (leader only), as rep_node_add_voter(); cb err 0 when
 * it votes.
 */
int sys_db_add_replica(struct sys_db *db, const char                      *address,
		       void (*cb)(int err, void *result, void *arg), void *arg);
/* Gives leadership to another replica, as rep_node_resign(). */
int sys_db_resign(struct sys_db *db);

/* Keys of the management service's own attributes. */
#define SYS_ATTR_FABRIC_PROVIDERS    "mgmt.fabric_providers"    /* comma separated */
#define SYS_ATTR_GROUP_UPDATE_PAUSED "mgmt.group_update_paused" /* "true" or absent */
#define SYS_ATTR_DOMAIN_LABELS       "mgmt.domain_labels"
#define SYS_ATTR_CHECKER_ENABLED     "mgmt.checker_enabled"

/* ---- changes ---- */
typedef void (*sys_done_cb)(int err, const struct fault *f, void *arg);
/* outcomes has one entry a request, in their order, when err is 0; borrowed for the call. */
typedef void (*sys_join_cb)(int err, const struct fault *f, const struct sys_join_outcome *outcomes,
			    size_t n, uint32_t map_version, void *arg);
typedef void (*sys_event_cb)(int err, const struct fault *f, enum sys_event_verdict verdict,
			     void *arg);

#define SYS_JOIN_BATCH_MAX 1024
/*
 * Joins a batch: each request is judged in order against what the earlier ones left, all accepted
 * ones become one log entry and one map version (more only when 384 KiB of records are
 * passed). A refused request harms no other. Nothing is written when all are refused. -E2BIG above
 * SYS_JOIN_BATCH_MAX.
 */
int sys_db_join(struct sys_db *db, const struct sys_join_req *reqs, size_t n, sys_join_cb cb,
		void *arg);
/*
 * Stores the results of an operation on ranks (sys_results_check() decides which). Results are
 * copied.
 */
int sys_db_update_members(struct sys_db *db, const struct sys_rank_result *results, size_t n,
			  bool update_on_fail, sys_done_cb cb, void *arg);
/* An engine died / was declared dead by its peers. verdict tells whether anything was stored. */
int sys_db_engine_died(struct sys_db *db, uint32_t rank, uint64_t incarnation, const char *msg,
		       sys_event_cb cb, void *arg);
int sys_db_rank_dead(struct sys_db *db, uint32_t rank, uint64_t incarnation, sys_event_cb cb,
		     void *arg);
/*
 * AdminExcluded, or Excluded again when clear. -ENOENT names the ranks that are no members; none is
 * changed then.
 */
int sys_db_admin_exclude(struct sys_db *db, const uint32_t *ranks, size_t n, bool clear,
			 sys_done_cb cb, void *arg);
/* Removes a member; its rank number is not given out again. -ENOENT. */
int sys_db_remove_member(struct sys_db *db, uint32_t rank, sys_done_cb cb, void *arg);

struct sys_attr {
	const char *key;   /* with name space */
	const char *value; /* "" deletes */
};
/* Stores several attributes as one entry; unchanged ones write nothing. */
int sys_db_set_attrs(struct sys_db *db, const struct sys_attr *attrs, size_t n, sys_done_cb cb,
		     void *arg);
/* Raises the map version without a change of members (forced group update). */
int sys_db_bump_map(struct sys_db *db, sys_done_cb cb, void *arg);

enum sys_providers_verdict {
	SYS_PROVIDERS_SAME,
	SYS_PROVIDERS_STORED,  /* first start: recorded now */
	SYS_PROVIDERS_CHANGED, /* recorded; group updates pause until all members have joined */
	_SYS_PROVIDERS_VERDICT_MAX
};
typedef void (*sys_providers_cb)(int err, const struct fault *f, enum sys_providers_verdict verdict,
				 void *arg);
/*
 * Holds the configured fabric providers (comma separated) against the recorded ones, as a new
 * leader must before it takes joins. -EBUSY: they differ while members are joined.
 */
int sys_db_check_providers(struct sys_db *db, const char *providers, sys_providers_cb cb,
			   void *arg);
