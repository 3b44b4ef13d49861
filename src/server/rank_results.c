/*
 * Owned results for ranks, see the header.
 */
#include "server/rank_results.h"

#include <stdlib.h>

static void
result_fini(struct srv_rank_result *r)
{
	free(r->msg);
	free(r->state);
	free(r->addr);
}

int
srv_rank_results_add(struct srv_rank_results *r, const struct ctl_rank_result *from)
{
	struct srv_rank_result row = {
	    .rank    = from->rank,
	    .errored = from->errored,
	    .action  = from->action,
	    .msg     = strdup(from->msg == NULL ? "" : from->msg),
	    .state   = strdup(from->state == NULL ? "" : from->state),
	    .addr    = strdup(from->addr == NULL ? "" : from->addr),
	};
	int rc = row.msg == NULL || row.state == NULL || row.addr == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = vec_push(&r->list, row);
	if (rc < 0)
		result_fini(&row);
	return rc;
}

void
srv_rank_results_clear(struct srv_rank_results *r)
{
	vec_foreach (&r->list, row)
		result_fini(row);
	r->list.n = 0;
}

void
srv_rank_results_fini(struct srv_rank_results *r)
{
	srv_rank_results_clear(r);
	vec_fini(&r->list);
}

int
srv_rank_results_pack(const struct srv_rank_results *r, Shared__RankResult ***ret)
{
	size_t               n    = r->list.n;
	Shared__RankResult **list = calloc(n + 1, sizeof(*list) + sizeof(Shared__RankResult));
	Shared__RankResult  *rows = (Shared__RankResult *)(list + n + 1);

	if (list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct srv_rank_result *from = &r->list.v[i];

		shared__rank_result__init(&rows[i]);
		rows[i].rank    = from->rank;
		rows[i].action  = (char *)(uintptr_t)from->action;
		rows[i].errored = from->errored;
		rows[i].msg     = from->msg;
		rows[i].state   = from->state;
		rows[i].addr    = from->addr;
		list[i]         = &rows[i];
	}
	*ret = list;
	return 0;
}
