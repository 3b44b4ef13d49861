/*
 * Ranks and rank sets: `0-3,5` (text-formats.md §2).
 *
 * A set keeps sorted, disjoint ranges, so a set of all ranks of a system is one element. Plain
 * value: initialise with RANK_SET_INIT, release with rank_set_fini(). Texts returned are fresh
 * memory, NULL on no memory.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"
#include "common/version.h" /* DAOS_RANK_NIL */

#define RANK_MAX           (DAOS_RANK_NIL - 1)
#define RANK_SET_MAX_RANGE 16385 /* ranks of one range in a text */

struct rank_range {
	uint32_t lo;
	uint32_t hi;    /* inclusive */
	uint8_t  width; /* zero padding as it was written; only for printing */
};

struct rank_set {
	struct rank_range *v;
	size_t             n;
	size_t             cap;
};

#define RANK_SET_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}

/* A rank from text: decimal, at most RANK_MAX. -EINVAL or -ERANGE with a plain fault. */
int rank_parse(const char *text, uint32_t *ret, struct fault *f);

#define RANK_TEXT_MAX 16
/* "7", or "NilRank"; returns buf. */
char *rank_format(uint32_t rank, char buf[RANK_TEXT_MAX]);

/*
 * Brackets are optional, empty text is the empty set. *set is replaced; it is unchanged on failure:
 * -EINVAL (grammar), -ERANGE (a range too long, a rank too large), -ENOMEM.
 */
int rank_set_parse(struct rank_set *set, const char *text, struct fault *f);
/* A JSON array of numbers or a JSON string holding a ranged text. */
int  rank_set_parse_json(struct rank_set *set, const char *json, struct fault *f);
void rank_set_fini(struct rank_set *set);
int  rank_set_copy(struct rank_set *dst, const struct rank_set *src);
int  rank_set_add(struct rank_set *set, uint32_t rank);
int  rank_set_add_range(struct rank_set *set, uint32_t lo, uint32_t hi);
int  rank_set_merge(struct rank_set *set, const struct rank_set *other);
/* Removing splits a range, which may need memory: 0 or -ENOMEM. Absent ranks are no error. */
int    rank_set_del(struct rank_set *set, uint32_t rank);
bool   rank_set_has(const struct rank_set *set, uint32_t rank);
size_t rank_set_count(const struct rank_set *set);
static inline bool
rank_set_empty(const struct rank_set *set)
{
	return set->n == 0;
}
/* The smallest member ≥ *rank goes into *rank; false when there is none. See rank_set_foreach. */
bool rank_set_next(const struct rank_set *set, uint64_t *rank);
/* Walks the members in ascending order; `r` is a uint64_t declared by the loop. */
#define rank_set_foreach(set, r) for (uint64_t r = 0; rank_set_next((set), &r); r++)
/* `0-3,5` */
char *rank_set_text(const struct rank_set *set);
/* `[0-3,5]`, a single member bare: `7`, nothing for the empty set */
char *rank_set_ranged(const struct rank_set *set);
/* `[0,1,2,3,5]` */
char *rank_set_json(const struct rank_set *set);
/* All members as an array in fresh memory; NULL with n 0 when empty. */
int rank_set_array(const struct rank_set *set, uint32_t **ret, size_t *ret_n);
