/*
 * The group of replicas grows as they join: the leader makes a configured replica a voter when it has a
 * member at its address (ms-membership.md §2). One change at a time; a replica that cannot be reached
 * is tried again.
 */
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "server/server_private.h"

#define RETRY_MS 1000

static bool
is_voter(const struct rep_info *info, const char *address)
{
	for (size_t i = 0; i < info->n_servers; i++)
		if (info->servers[i].voter && str_eq(info->servers[i].address, address))
			return true;
	return false;
}

static bool
has_member(const struct sys_members *ms, const char *address)
{
	for (size_t i = 0; i < ms->n; i++)
		if (str_eq(ms->v[i]->addr, address))
			return true;
	return false;
}

static void
changed(int err, void *result, void *arg)
{
	struct srv_server *s = arg;

	s->leader.group_changing = false;
	if (s->stopping)
		return;
	if (err == 0) {
		log_info("a replica of the management service was added");
		srv_voters_update(s);
		return;
	}
	log_debug("a replica was not added: %s", strerror(-err));
	if (s->leader.ready)
		loop_timer_start(s->leader.group_retry, RETRY_MS, 0);
}

void
srv_voters_update(struct srv_server *s)
{
	struct rep_info    info;
	struct sys_members ms;

	if (!s->leader.ready || s->leader.group_changing || s->stopping || s->net.replicas.n < 2)
		return;
	sys_db_info(s->db, &info);
	ms = sys_db_members(s->db);
	for (size_t i = 0; i < s->net.replicas.n; i++) {
		const char *address = s->net.replicas.v[i];
		int         r;

		if (is_voter(&info, address) || !has_member(&ms, address))
			continue;
		log_info("adding replica %s to the management service", address);
		s->leader.group_changing = true;
		r                        = sys_db_add_replica(s->db, address, changed, s);
		if (r == 0)
			return;
		s->leader.group_changing = false;
		log_debug("replica %s was not added: %s", address, strerror(-r));
		loop_timer_start(s->leader.group_retry, RETRY_MS, 0);
		return;
	}
}

static void
again(struct loop_timer *t, void *arg)
{
	srv_voters_update(arg);
}

int
srv_voters_init(struct srv_server *s)
{
	return loop_timer_new(s->loop, again, s, &s->leader.group_retry);
}

void
srv_voters_fini(struct srv_server *s)
{
	s->leader.group_retry = loop_timer_free(s->leader.group_retry);
}
