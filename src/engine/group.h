/*
 * The primary group as this engine knows it: own rank, map version, members. Pure: no I/O, no
 * clock.
 */
#pragma once

#include "common/util.h"
#include "common/vec.h"

#define ENG_GROUP_MEMBERS_MAX 65536

struct eng_member {
	uint32_t rank;
	uint64_t incarnation;
	char    *uri; /* owned by the group */
};

struct eng_group {
	uint32_t rank;                  /* DAOS_RANK_NIL until set */
	uint32_t version_min;           /* older maps are refused */
	uint32_t version;               /* 0: no map yet */
	VEC(struct eng_member) members; /* ascending by rank */
};

void eng_group_init(struct eng_group *g);
void eng_group_fini(struct eng_group *g);

/* -EINVAL: the nil rank, version 0, or a rank is set already. */
int eng_group_set_rank(struct eng_group *g, uint32_t rank, uint32_t version_min);

enum eng_group_change {
	ENG_GROUP_KEPT,     /* not newer than what is known: nothing changed */
	ENG_GROUP_REPLACED, /* the map is the new one */
	ENG_GROUP_EXCLUDED, /* and this engine, which has a rank, is not in it */
};

/*
 * A new map; members are copied. -ESTALE: older than version_min; -EINVAL: the nil rank, the same
 * rank twice, an empty URI, more than ENG_GROUP_MEMBERS_MAX; -ENOMEM. The group is unchanged after
 * an error.
 */
int eng_group_update(struct eng_group *g, uint32_t version, const struct eng_member *members,
		     size_t n, enum eng_group_change *ret);

/* Whether the map holds this engine and nobody else. */
bool eng_group_is_alone(const struct eng_group *g);
