/*
 * The system database of this host and what its leader does: step-up, and telling the engines who
 * is a member. Group updates never run at the same time and their versions only rise; wishes that
 * come meanwhile are folded into one.
 */
#include <string.h>

#include "common/der.h"
#include "common/log.h"
#include "mgmt/svc.pb-c.h"
#include "server/server_private.h"

/* An update that failed is tried again after this, or as soon as an engine becomes ready. */
#define RETRY_MS          500
#define UPDATE_TIMEOUT_MS 60000

static void run_update(struct srv_server *s);

/* ---- group update ---- */

bool
srv_group_update_paused(const struct srv_server *s)
{
	const char *paused = sys_db_attr(s->db, SYS_ATTR_GROUP_UPDATE_PAUSED);

	return paused != NULL && str_eq(paused, "true");
}

static void
update_failed(struct srv_server *s)
{
	s->leader.update_wanted = true;
	if (s->leader.ready)
		loop_timer_start(s->leader.retry, RETRY_MS, 0);
}

static void
update_done(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct srv_server     *s    = arg;
	Mgmt__GroupUpdateResp *resp = NULL;
	char                   text[1200];

	s->leader.update_running = false;
	if (err == 0)
		resp = mgmt__group_update_resp__unpack(NULL, len, body);
	if (err == -EAGAIN) {
		log_debug("group update waits: %s", fault_format(f, text, sizeof(text)));
		s->leader.update_sent = 0;
		update_failed(s);
	} else if (err < 0) {
		log_error("group update failed: %s", fault_format(f, text, sizeof(text)));
		update_failed(s);
	} else if (resp == NULL || resp->status != 0) {
		log_error("the engine refused a group update: %s",
			  resp == NULL ? "its answer cannot be read"
				       : der_format(resp->status, text, sizeof(text)));
	}
	if (resp != NULL)
		mgmt__group_update_resp__free_unpacked(resp, NULL);
	if (err == 0)
		run_update(s);
}

static int
send_update(struct srv_server *s, uint32_t version, const struct sys_group_member *members,
	    size_t n)
{
	Mgmt__GroupUpdateReq           req     = MGMT__GROUP_UPDATE_REQ__INIT;
	Mgmt__GroupUpdateReq__Engine  *engines = calloc(n, sizeof(*engines));
	Mgmt__GroupUpdateReq__Engine **list    = calloc(n, sizeof(*list));
	int                            r       = -ENOMEM;

	if (engines != NULL && list != NULL) {
		for (size_t i = 0; i < n; i++) {
			mgmt__group_update_req__engine__init(&engines[i]);
			engines[i].rank        = members[i].rank;
			engines[i].uri         = (char *)(uintptr_t)members[i].uri;
			engines[i].incarnation = members[i].incarnation;
			list[i]                = &engines[i];
		}
		req.map_version = version;
		req.n_engines   = n;
		req.engines     = list;
		r               = har_harness_call(s->harness, DRPC_MGMT_GROUP_UPDATE, &req.base,
						   UPDATE_TIMEOUT_MS, update_done, s, NULL);
	}
	free(engines);
	free(list);
	return r;
}

static void
tell_group(struct srv_server *s)
{
	struct sys_members       ms      = sys_db_members(s->db);
	uint32_t                 version = sys_db_map_version(s->db);
	struct sys_group_member *group   = calloc(ms.n + 1, sizeof(*group));
	size_t                   n;
	int                      r;

	if (group == NULL) {
		update_failed(s);
		return;
	}
	n = sys_group_map(&ms, group);
	if (n > 0 && version > s->leader.update_sent) {
		r = send_update(s, version, group, n);
		if (r == 0) {
			s->leader.update_running = true;
			s->leader.update_sent    = version;
		} else {
			log_error("group update failed: %s", strerror(-r));
			update_failed(s);
		}
	} else if (n > 0 && version < s->leader.update_sent) {
		log_error("the group map has version %u, engines were told %u already", version,
			  s->leader.update_sent);
	}
	free(group);
}

static void
bumped(int err, const struct fault *f, void *arg)
{
	struct srv_server *s = arg;
	char               text[1200];

	s->leader.update_running = false;
	if (err < 0) {
		log_error("the map version could not be raised: %s",
			  fault_format(f, text, sizeof(text)));
		update_failed(s);
		return;
	}
	s->leader.update_wanted = true;
	run_update(s);
}

static void
run_update(struct srv_server *s)
{
	if (!s->leader.ready || s->leader.update_running || s->stopping ||
	    (!s->leader.update_wanted && !s->leader.update_forced) || srv_group_update_paused(s))
		return;
	loop_timer_stop(s->leader.retry);
	if (s->leader.update_forced) {
		s->leader.update_forced  = false;
		s->leader.update_running = sys_db_bump_map(s->db, bumped, s) == 0;
		if (!s->leader.update_running)
			update_failed(s);
		return;
	}
	s->leader.update_wanted = false;
	tell_group(s);
}

static void
retry_update(struct loop_timer *t, void *arg)
{
	run_update(arg);
}

void
srv_group_update(struct srv_server *s, bool forced)
{
	s->leader.update_wanted = true;
	s->leader.update_forced = s->leader.update_forced || forced;
	run_update(s);
}

void
srv_leader_engine_ready(struct srv_server *s)
{
	if (s->leader.update_wanted || s->leader.update_forced)
		run_update(s);
}

/* ---- leadership ---- */

static void
step_up_done(int err, const struct fault *f, enum sys_providers_verdict verdict, void *arg)
{
	struct srv_server *s = arg;
	char               text[1200];
	int                r;

	if (!s->leader.elected || s->stopping)
		return;
	if (err < 0) {
		log_error("this replica cannot lead the management service: %s",
			  fault_format(f, text, sizeof(text)));
		r = sys_db_resign(s->db);
		if (r < 0 && r != -EAGAIN)
			log_error("leadership could not be given to another replica: %s",
				  strerror(-r));
		return;
	}
	if (verdict == SYS_PROVIDERS_CHANGED) {
		struct srv_event e = {.id       = SRV_EVENT_FABRIC_PROVIDER_CHANGED,
				      .type     = SRV_EVENT_INFO,
				      .severity = SRV_SEV_NOTICE,
				      .msg      = "system fabric provider has changed",
				      .rank     = DAOS_RANK_NIL};

		srv_publish(s, &e);
	}
	s->leader.ready       = true;
	s->leader.update_sent = 0;
	log_info("this replica leads the management service of system %s", s->cfg->name);
	srv_group_update(s, true);
	srv_voters_update(s);
}

static void
on_change(uint32_t map_version, void *arg)
{
	srv_voters_update(arg);
}

static void
on_leadership(bool is_leader, void *arg)
{
	struct srv_server *s = arg;
	int                r;

	if (s->leader.elected == is_leader)
		return;
	s->leader.elected = is_leader;
	s->leader.ready   = false;
	if (!is_leader) {
		s->leader.update_forced = s->leader.update_wanted = false;
		loop_timer_stop(s->leader.retry);
		log_info("this replica no longer leads the management service");
		return;
	}
	r = sys_db_check_providers(
	    s->db, s->cfg->fabric.provider == NULL ? "" : s->cfg->fabric.provider, step_up_done, s);
	if (r < 0)
		log_error("leader step-up failed: %s", strerror(-r));
}

static void
on_fatal(const struct fault *f, void *arg)
{
	struct srv_server *s = arg;
	char               text[1200];

	s->db_failed = true;
	log_error("the system database has stopped: %s", fault_format(f, text, sizeof(text)));
	if (fault_has_resolution(f))
		log_error("%s", fault_format_resolution(f, text, sizeof(text)));
}

int
srv_db_open(struct srv_server *s, struct fault *f)
{
	struct sys_db_opts opts = {
	    .dir           = stor_raft_dir(s->storage),
	    .address       = s->net.replica_addr,
	    .replicas      = (const char *const *)s->net.replicas.v,
	    .n_replicas    = s->net.replicas.n,
	    .transport     = srv_raft_transport(s),
	    .on_leadership = on_leadership,
	    .on_fatal      = on_fatal,
	    .on_change     = on_change,
	    .arg           = s,
	};

	if (s->erasing)
		return fault_plain(f, -ESHUTDOWN, "the system is being erased");
	if (s->db != NULL || !s->net.is_replica)
		return 0;
	return sys_db_open(s->loop, &opts, &s->db, f);
}

int
srv_leader_init(struct srv_server *s)
{
	return loop_timer_new(s->loop, retry_update, s, &s->leader.retry);
}

void
srv_leader_fini(struct srv_server *s)
{
	s->leader.retry = loop_timer_free(s->leader.retry);
}
