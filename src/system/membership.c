/*
 * Rules for results and events, the group map, and filters over the member table.
 */
#include "system/membership.h"

#include <inttypes.h>
#include <string.h>

#include "common/str.h"
#include "common/version.h"

int
sys_results_check(const struct sys_members *ms, const struct sys_rank_result *r, size_t n,
		  bool update_on_fail, bool *ret_apply, struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		const struct sys_member *m = sys_members_by_rank(ms, r[i].rank);

		if (m == NULL)
			return fault_plain(f, -ENOENT, "unable to find member with rank %" PRIu32,
					   r[i].rank);
		if (r[i].errored && r[i].state != SYS_MEMBER_ERRORED &&
		    r[i].state != SYS_MEMBER_UNRESPONSIVE) {
			const char *name = sys_member_state_name(r[i].state);

			return fault_plain(f, -EINVAL,
					   "errored result for rank %" PRIu32
					   " has conflicting state '%s'",
					   r[i].rank, name != NULL ? name : "?");
		}
		ret_apply[i] = (!r[i].errored || update_on_fail) &&
			       sys_member_may_change(m->state, r[i].state);
	}
	return 0;
}

enum sys_event_verdict
sys_event_engine_died(const struct sys_members *ms, uint32_t rank, uint64_t incarnation)
{
	const struct sys_member *m = sys_members_by_rank(ms, rank);

	if (m == NULL)
		return SYS_EVENT_NO_MEMBER;
	if (incarnation != 0 && incarnation < m->incarnation)
		return SYS_EVENT_STALE;
	return sys_member_may_change(m->state, SYS_MEMBER_ERRORED) ? SYS_EVENT_APPLY
								   : SYS_EVENT_IGNORE;
}

enum sys_event_verdict
sys_event_rank_dead(const struct sys_members *ms, uint32_t rank, uint64_t incarnation)
{
	const struct sys_member *m = sys_members_by_rank(ms, rank);

	if (m == NULL)
		return SYS_EVENT_NO_MEMBER;
	if (!sys_member_may_change(m->state, SYS_MEMBER_EXCLUDED))
		return SYS_EVENT_IGNORE;
	/*
	 * Only a joined engine can have been restarted since; in other states the word of its peers
	 * stands.
	 */
	if (m->state == SYS_MEMBER_JOINED && incarnation != 0 && incarnation < m->incarnation)
		return SYS_EVENT_STALE;
	return SYS_EVENT_APPLY;
}

size_t
sys_group_map(const struct sys_members *ms, struct sys_group_member *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < ms->n; i++) {
		const struct sys_member *m = ms->v[i];

		if ((m->state & SYS_MEMBERS_EXCLUDED) != 0 || m->rank == DAOS_RANK_NIL ||
		    str_empty(m->uri))
			continue;
		ret[n++] = (struct sys_group_member){
		    .rank = m->rank, .uri = m->uri, .incarnation = m->incarnation};
	}
	return n;
}

static bool
has_rank(const uint32_t *ranks, size_t n, uint32_t rank)
{
	for (size_t i = 0; i < n; i++) {
		if (ranks[i] == rank)
			return true;
	}
	return false;
}

static bool
has_addr(const char *const *addrs, size_t n, const char *addr)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(addrs[i], addr) == 0)
			return true;
	}
	return false;
}

size_t
sys_members_filter(const struct sys_members *ms, uint32_t mask, const uint32_t *ranks,
		   size_t n_ranks, const char *const *addrs, size_t n_addrs,
		   const struct sys_member **ret)
{
	bool   any_state = mask == 0 || (mask & SYS_MEMBERS_ALL) == SYS_MEMBERS_ALL;
	size_t n         = 0;

	for (size_t i = 0; i < ms->n; i++) {
		const struct sys_member *m = ms->v[i];

		if (!any_state && (m->state & mask) == 0)
			continue;
		if ((n_ranks > 0 && !has_rank(ranks, n_ranks, m->rank)) ||
		    (n_addrs > 0 && !has_addr(addrs, n_addrs, m->addr)))
			continue;
		ret[n++] = m;
	}
	return n;
}

size_t
sys_ranks_absent(const struct sys_members *ms, const uint32_t *ranks, size_t n, uint32_t *ret)
{
	size_t absent = 0;

	for (size_t i = 0; i < n; i++) {
		if (sys_members_by_rank(ms, ranks[i]) == NULL)
			ret[absent++] = ranks[i];
	}
	return absent;
}

size_t
sys_addrs_absent(const struct sys_members *ms, const char *const *addrs, size_t n, size_t *ret)
{
	size_t absent = 0;

	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < ms->n && !found; j++)
			found = strcmp(ms->v[j]->addr, addrs[i]) == 0;
		if (!found)
			ret[absent++] = i;
	}
	return absent;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t
sys_members_addrs(const struct sys_members *ms, const char **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < ms->n; i++)
		ret[i] = ms->v[i]->addr;
	if (ms->n > 0)
		qsort(ret, ms->n, sizeof(*ret), compare_texts);
	for (size_t i = 0; i < ms->n; i++) {
		if (n == 0 || strcmp(ret[n - 1], ret[i]) != 0)
			ret[n++] = ret[i];
	}
	return n;
}

bool
sys_members_all_settled(const struct sys_members *ms)
{
	for (size_t i = 0; i < ms->n; i++) {
		if (ms->v[i]->state != SYS_MEMBER_JOINED &&
		    ms->v[i]->state != SYS_MEMBER_ADMIN_EXCLUDED)
			return false;
	}
	return true;
}
