/*
 * Checks the answers of a management service, and remembers them between runs.
 *
 * Engines are numbered from 0. What is held: a rank belongs to one engine, an engine keeps its rank, and no answer has
 * a lower map version than one that was complete before its request was sent. A broken rule is counted and its text
 * kept (the first few).
 */
#pragma once

#include "common/uuid.h"
#include "common/vec.h"
#include "common/version.h"

#define STORM_PROBLEMS_MAX 20

struct storm_engine {
	struct uuid uuid;
	uint32_t    rank; /* DAOS_RANK_NIL: has none yet */
	uint64_t    incarnation;
};

struct storm_check {
	struct storm_engine *engines;
	uint32_t             n;
	uint32_t             map_version;  /* the highest answered */
	uint64_t             data_version; /* likewise, of queries */
	uint32_t            *by_rank;      /* engine of each rank below n_ranks, or UINT32_MAX */
	uint32_t             n_ranks;
	uint32_t            *by_uuid; /* engine of each slot, or UINT32_MAX; a hash table */
	uint32_t             n_slots; /* a power of two */
	uint64_t             n_problems;
	VEC(char *) problems;
};

/* Engines without ranks, with fresh UUIDs. 0 or -ENOMEM. */
int  storm_check_init(struct storm_check *c, uint32_t n);
void storm_check_fini(struct storm_check *c);
/* Counts a problem; the first STORM_PROBLEMS_MAX texts are kept. */
void storm_check_problem(struct storm_check *c, const char *fmt, ...) _printf_(2, 3);

/*
 * A join of engine i was answered. map_before: c->map_version when its request was sent.
 */
void storm_check_joined(struct storm_check *c, uint32_t i, uint32_t rank, uint32_t map_version,
			uint32_t map_before);

/* One row of an answer to SystemQuery. */
struct storm_member {
	const char *uuid;
	uint32_t    rank;
	uint64_t    incarnation;
	const char *state;
};
/*
 * An answer to SystemQuery: every engine with a rank is in it once, with that rank, its incarnation
 * and, unless any_state, joined. data_before: c->data_version when it was asked.
 */
void storm_check_members(struct storm_check *c, const struct storm_member *rows, size_t n,
			 uint64_t data_version, uint64_t data_before, bool any_state);

/* State between runs: a text file, one engine a line. 0 or a negative errno; load: -EPROTO for what is no such file. */
int storm_check_save(const struct storm_check *c, const char *path);
int storm_check_load(struct storm_check *c, const char *path);
