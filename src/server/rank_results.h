/*
 * Results for ranks on their way to an answer: owned copies, and the wire form made from them.
 */
#pragma once

#include "common/vec.h"
#include "control/fanout.h"
#include "shared/ranks.pb-c.h"

struct srv_rank_result {
	uint32_t    rank;
	bool        errored;
	const char *action; /* constant */
	char       *msg;
	char       *state; /* lower case */
	char       *addr;
};

struct srv_rank_results {
	VEC(struct srv_rank_result) list;
};

/* Adds a copy; absent texts become empty. -ENOMEM leaves the list as it was. */
int  srv_rank_results_add(struct srv_rank_results *r, const struct ctl_rank_result *from);
void srv_rank_results_clear(struct srv_rank_results *r);
void srv_rank_results_fini(struct srv_rank_results *r);
/*
 * The wire form, in *ret (free() it; one allocation), borrowing the texts: valid while the list is
 * unchanged.
 */
int srv_rank_results_pack(const struct srv_rank_results *r, Shared__RankResult ***ret);
