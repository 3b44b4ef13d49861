/*
 * Pools: listing them, and requests about all pools of the system at once.
 */
#pragma once

#include <daos_control/system.h>

#ifdef __cplusplus
extern "C" {
#endif

struct daosctl_pool {
	const char     *uuid;
	const char     *label; /* may be empty */
	const char     *state; /* `Ready` */
	const char     *rebuild_state;
	const uint32_t *svc_ranks;
	size_t          n_svc_ranks;
};

struct daosctl_pool_list {
	const struct daosctl_pool *v; /* by label, then UUID */
	size_t                     n;
	void                      *memory;
};
/* As the management service has them; pools are not asked. */
int  daosctl_pool_list(struct daosctl *c, struct daosctl_pool_list *ret, struct daosctl_error *e);
void daosctl_pool_list_fini(struct daosctl_pool_list *r);

/* What was done to one pool, or to one rank of it. */
struct daosctl_pool_result {
	const char *pool;   /* label or UUID */
	uint32_t    rank;   /* of drain and reintegration only */
	uint32_t    op;     /* of a rebuild only: enum daosctl_rebuild_op */
	int32_t     status; /* of a cleanup only: 0 or a negative DAOS error number */
	uint32_t    count;  /* of a cleanup only: handles revoked */
	bool        errored;
	const char *msg; /* why, or empty */
};

struct daosctl_pool_results {
	const struct daosctl_pool_result *v; /* by pool, then rank */
	size_t                            n;
	void                             *memory;
};
void daosctl_pool_results_fini(struct daosctl_pool_results *r);

struct daosctl_system_drain_req {
	struct daosctl_rank_filter filter; /* one of the two is needed */
	bool                       reintegrate;
};
/* Drains ranks from all pools, or takes them back into all pools. */
int daosctl_system_drain(struct daosctl *c, const struct daosctl_system_drain_req *req,
			 struct daosctl_pool_results *ret, struct daosctl_error *e);

enum daosctl_rebuild_op {
	DAOSCTL_REBUILD_START = 1,
	DAOSCTL_REBUILD_STOP  = 2,
};
/* Starts or stops the rebuild of all pools. force is for a stop alone. */
int daosctl_system_rebuild(struct daosctl *c, enum daosctl_rebuild_op op, bool force,
			   struct daosctl_pool_results *ret, struct daosctl_error *e);
/* Revokes what a machine holds in all pools. */
int daosctl_system_cleanup(struct daosctl *c, const char *machine, struct daosctl_pool_results *ret,
			   struct daosctl_error *e);
/* Applies the self_heal property to the present state. */
int daosctl_system_self_heal(struct daosctl *c, struct daosctl_error *e);

#ifdef __cplusplus
}
#endif
