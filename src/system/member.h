/*
 * System members: one record an engine that ever joined, and the states it can be in.
 *
 * A record is an open value: _init, fill (strings are owned by the record), _fini. Borrowed records
 * are const.
 */
#pragma once

#include "common/util.h"
#include "common/uuid.h"

/* State bits are upstream's; they are stored, sent in state masks and must not change. */
enum sys_member_state {
	SYS_MEMBER_UNKNOWN         = 0x0,
	SYS_MEMBER_AWAIT_FORMAT    = 0x1,
	SYS_MEMBER_STARTING        = 0x2,
	SYS_MEMBER_READY           = 0x4,
	SYS_MEMBER_JOINED          = 0x8,
	SYS_MEMBER_STOPPING        = 0x10,
	SYS_MEMBER_STOPPED         = 0x20,
	SYS_MEMBER_EXCLUDED        = 0x40,
	SYS_MEMBER_ERRORED         = 0x80,
	SYS_MEMBER_UNRESPONSIVE    = 0x100,
	SYS_MEMBER_ADMIN_EXCLUDED  = 0x200,
	SYS_MEMBER_CHECKER_STARTED = 0x400,
	_SYS_MEMBER_STATE_MAX      = 0x800,
};

/* State masks. */
#define SYS_MEMBERS_ALL 0xFFFFU
#define SYS_MEMBERS_EXCLUDED                                                                       \
	(SYS_MEMBER_AWAIT_FORMAT | SYS_MEMBER_EXCLUDED | SYS_MEMBER_ADMIN_EXCLUDED)
#define SYS_MEMBERS_AVAILABLE (SYS_MEMBER_READY | SYS_MEMBER_JOINED)

/* Limits on what a peer may send; beyond them a join is refused. */
#define SYS_MAX_URI          1024
#define SYS_MAX_SECONDARY    8
#define SYS_MAX_FAULT_DOMAIN 512
#define SYS_ADDR_SIZE        64

/*
 * Lower-case name as printed and sent ("joined", "adminexcluded"); NULL for a value that is no
 * state.
 */
const char *sys_member_state_name(enum sys_member_state s);
/* The state of that name, case ignored. -EINVAL. */
int sys_member_state_parse(const char *name, enum sys_member_state *ret);
/*
 * Whether a result or an event may move a member from one state to another. Join and admin
 * exclusion do not ask.
 */
bool sys_member_may_change(enum sys_member_state from, enum sys_member_state to);

struct sys_member {
	uint32_t              rank;
	struct uuid           uuid;
	char                  addr[SYS_ADDR_SIZE]; /* control address, "ip:port" */
	enum sys_member_state state;
	char                 *info; /* why it is in that state; "" when nothing is to be said */
	uint64_t              incarnation;    /* of the engine when it last joined */
	uint64_t              last_update_ns; /* wall clock, since 1970 */
	char                 *uri;            /* primary fabric URI */
	uint32_t              nctxs;          /* its network contexts */
	char                **secondary_uris;
	uint32_t             *secondary_nctxs;
	size_t                n_secondary_uris;
	size_t                n_secondary_nctxs;
	char *fault_domain; /* canonical path, "/rack1/host1" or "/rack=r1/node=n1" */
};

/* All strings empty, rank nil. */
#define SYS_MEMBER_INIT                                                                            \
	{                                                                                          \
		.rank = UINT32_MAX                                                                 \
	}

void sys_member_fini(struct sys_member *m);
/* Deep copy into uninitialised *ret. -ENOMEM. */
int                sys_member_dup(const struct sys_member *m, struct sys_member *ret);
struct sys_member *sys_member_free(struct sys_member *m);
/* Whether two records agree in every field. */
bool sys_member_equal(const struct sys_member *a, const struct sys_member *b);

struct sys_uuid_index;

/* Members as a borrowed table sorted by rank. Valid until the next turn of the loop. */
struct sys_members {
	const struct sys_member *const *v;
	size_t                          n;
	const struct sys_uuid_index *by_uuid; /* of the same members; NULL: the table is walked */
};

/* NULL when absent. */
const struct sys_member *sys_members_by_rank(const struct sys_members *ms, uint32_t rank);
const struct sys_member *sys_members_by_uuid(const struct sys_members *ms, const struct uuid *uuid);
