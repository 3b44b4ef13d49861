/*
 * Membership rules as pure functions: values in, values out. They decide; system.h makes it
 * durable.
 */
#pragma once

#include "common/fault.h"
#include "system/member.h"

/* ---- joining ---- */

/* What an engine sends when it joins. Strings are borrowed for the call. */
struct sys_join_req {
	uint32_t           rank; /* DAOS_RANK_NIL: any */
	const char        *uuid;
	const char        *addr; /* control address after sys_join_addr() */
	const char        *uri;
	uint32_t           nctxs;
	const char *const *secondary_uris;
	size_t             n_secondary_uris;
	const uint32_t    *secondary_nctxs;
	size_t             n_secondary_nctxs;
	const char        *fault_domain;
	uint64_t           incarnation;
	bool               check_mode;
	bool               replace;
};

enum sys_join_result {
	SYS_JOIN_REFUSED, /* reason and fault say why; nothing was changed for this request */
	SYS_JOIN_ADDED,
	SYS_JOIN_REJOINED,
	SYS_JOIN_REPLACED,
	_SYS_JOIN_RESULT_MAX
};

enum sys_join_reason {
	SYS_JOIN_OK,
	SYS_JOIN_BAD_REQUEST,      /* uuid, URI, address, sizes, replace with a rank */
	SYS_JOIN_BAD_FAULT_DOMAIN, /* fault 717 or plain: none given */
	SYS_JOIN_BAD_LABELS,       /* fault 620 */
	SYS_JOIN_BAD_DEPTH,        /* fault 401 */
	SYS_JOIN_NO_PROVIDER, /* the leader has not recorded the system's provider yet: try again */
	SYS_JOIN_WRONG_PROVIDER,
	SYS_JOIN_ADMIN_EXCLUDED,
	SYS_JOIN_RANK_CHANGED,
	SYS_JOIN_UUID_CHANGED,
	SYS_JOIN_ADDR_CHANGED,
	SYS_JOIN_RANK_EXISTS,
	SYS_JOIN_UUID_EXISTS,
	SYS_JOIN_NOTHING_TO_REPLACE, /* fault 403 */
	SYS_JOIN_NO_RANKS_LEFT,
	_SYS_JOIN_REASON_MAX
};

struct sys_join_outcome {
	enum sys_join_result  result;
	enum sys_join_reason  reason;
	uint32_t              rank;       /* given to the member */
	enum sys_member_state state;      /* now stored */
	enum sys_member_state prev_state; /* SYS_MEMBER_UNKNOWN for a new member */
	struct fault          fault;      /* of a refusal, as sent to the peer */
};

/* What a join is judged against. */
struct sys_join_env {
	struct sys_members members;
	uint32_t           next_rank; /* counter of ranks to give out */
	const char *providers; /* recorded fabric providers, comma separated; NULL: none yet */
	const char *labels;    /* recorded labels, "=" between levels; NULL: none yet */
};

/*
 * Judges one request. When out->result is not SYS_JOIN_REFUSED, *ret is the record to store (the
 * caller's to fini), *ret_next the counter afterwards, and *ret_labels the labels to record when
 * env has none ("" for one unlabelled level), else NULL. -ENOMEM.
 */
int sys_join_decide(const struct sys_join_env *env, const struct sys_join_req *req,
		    struct sys_join_outcome *out, struct sys_member *ret, uint32_t *ret_next,
		    char **ret_labels);
/*
 * The rank a replacing join would take over, for the caller to ask the pools first (a rank still
 * enabled in one must not be replaced, fault 621). -ENOENT and others with f.
 */
int sys_join_find_replaced(const struct sys_members *ms, const struct sys_join_req *req,
			   uint32_t *ret_rank, struct fault *f);
/* Whether a refusal for that reason is worth an engine_join_failed event. */
bool sys_join_reason_has_event(enum sys_join_reason r);
/*
 * Control address of a joining server: the one it names, or, when that is the wildcard, the address
 * it called from with its port. peer_ip without port. -EINVAL when no ip:port comes out.
 */
int sys_join_addr(const char *named, const char *peer_ip, char ret[SYS_ADDR_SIZE]);
/* Fabric provider of a URI: the text before "://". -EINVAL. Cut to size never: -ENAMETOOLONG. */
int sys_uri_provider(const char *uri, char *buf, size_t size);

/* ---- results and events ---- */

/* Outcome of an operation on one rank. */
struct sys_rank_result {
	uint32_t              rank;
	bool                  errored;
	enum sys_member_state state; /* errored: SYS_MEMBER_ERRORED or SYS_MEMBER_UNRESPONSIVE */
	const char           *msg;   /* NULL or borrowed */
};

/*
 * Which of the results change their member. ret_apply has n entries. An unknown rank or an errored
 * result of another state is refused as a whole (-ENOENT, -EINVAL, f says which); errored results
 * are left out unless update_on_fail, and so are moves that the transition table forbids.
 */
int sys_results_check(const struct sys_members *ms, const struct sys_rank_result *r, size_t n,
		      bool update_on_fail, bool *ret_apply, struct fault *f);

enum sys_event_verdict {
	SYS_EVENT_APPLY,
	SYS_EVENT_IGNORE, /* the member is not in a state the event can change */
	SYS_EVENT_STALE,  /* from an earlier incarnation of the engine */
	SYS_EVENT_NO_MEMBER,
	_SYS_EVENT_VERDICT_MAX
};
/* engine_died: the member becomes Errored. incarnation 0: unknown, not compared. */
enum sys_event_verdict sys_event_engine_died(const struct sys_members *ms, uint32_t rank,
					     uint64_t incarnation);
/*
 * swim_rank_dead: the member becomes Excluded. Whether self-healing allows it is the caller's
 * question.
 */
enum sys_event_verdict sys_event_rank_dead(const struct sys_members *ms, uint32_t rank,
					   uint64_t incarnation);

/* ---- group map and filters ---- */

struct sys_group_member {
	uint32_t    rank;
	const char *uri; /* borrowed */
	uint64_t    incarnation;
};
/*
 * Members the engines are told of: all but AwaitFormat, Excluded, AdminExcluded, nil rank or
 * without URI. ret has room for ms->n. Returns the number; 0 means there is no group to tell.
 */
size_t sys_group_map(const struct sys_members *ms, struct sys_group_member *ret);

/*
 * Members whose state is in the mask (0 or SYS_MEMBERS_ALL: every state), and whose rank is one of
 * `ranks` when n_ranks is not 0, and whose address is one of `addrs` when n_addrs is not 0. ret has
 * room for ms->n; sorted by rank.
 */
size_t sys_members_filter(const struct sys_members *ms, uint32_t mask, const uint32_t *ranks,
			  size_t n_ranks, const char *const *addrs, size_t n_addrs,
			  const struct sys_member **ret);
/* Those of `ranks` that are no member, in their order. ret has room for n. */
size_t sys_ranks_absent(const struct sys_members *ms, const uint32_t *ranks, size_t n,
			uint32_t *ret);
/* Indexes of those of `addrs` ("ip:port") that no member has. ret has room for n. */
size_t sys_addrs_absent(const struct sys_members *ms, const char *const *addrs, size_t n,
			size_t *ret);
/* Sorted, unique control addresses of the members; ret has room for ms->n borrowed strings. */
size_t sys_members_addrs(const struct sys_members *ms, const char **ret);
/* Whether every member is Joined or AdminExcluded (a paused group update may resume). */
bool sys_members_all_settled(const struct sys_members *ms);
