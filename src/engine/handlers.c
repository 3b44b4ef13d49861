/*
 * The management module as far as this engine has it (wire-drpc.md §5). A method that is not in the
 * table answers UNKNOWN_METHOD. Each handler unpacks, acts on the engine's own structures, and
 * answers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/der.h"
#include "common/str.h"
#include "common/version.h"
#include "ctl/server.pb-c.h"
#include "ctl/smd.pb-c.h"
#include "engine/elog.h"
#include "engine/engine_private.h"
#include "mgmt/svc.pb-c.h"

#define STORAGE_DIR_MODE 0770

static void
reply_status(struct drpc_call *call, int32_t status)
{
	Mgmt__DaosResp resp = MGMT__DAOS_RESP__INIT;

	resp.status = status;
	drpc_call_reply(call, &resp.base);
}

/* ---- rank and set-up ---- */

static void
handle_set_rank(struct drpc_call *call, void *arg)
{
	struct engine    *e = arg;
	Mgmt__SetRankReq *req;
	int               r;

	req = (Mgmt__SetRankReq *)drpc_call_unpack(call, &mgmt__set_rank_req__descriptor);
	if (req == NULL)
		return;
	r = eng_group_set_rank(&e->group, req->rank, req->map_version);
	if (r < 0)
		eng_log(mgmt, ERROR, "SetRank %u with map version %u refused: own rank is %d",
			req->rank, req->map_version, (int32_t)e->group.rank);
	else
		eng_log(mgmt, INFO, "own rank is %u, group version at least %u", req->rank,
			req->map_version);
	mgmt__set_rank_req__free_unpacked(req, NULL);
	reply_status(call, der_from_errno(r));
}

static int
make_directory(const char *storage, const char *name)
{
	_cleanup_(freep) char *path = str_format("%s/%s", storage, name);
	int                    r;

	if (path == NULL)
		return -ENOMEM;
	if (mkdir(path, STORAGE_DIR_MODE) == 0 || errno == EEXIST)
		return 0;
	r = -errno;
	eng_log(mgmt, ERROR, "%s: %s", path, strerror(errno));
	return r;
}

/* Announces on standard output, in the words that operators and tools look for. */
static void
print_started(const struct engine *e)
{
	printf("DAOS I/O Engine (v%s) process %d started on rank %u with %u target, %u helper XS, "
	       "firstcore %u, "
	       "host %s.\n",
	       DAOS_VERSION, getpid(), e->group.rank, e->opts.targets, e->opts.helpers,
	       e->opts.first_core, e->hostname);
	(void)fflush(stdout); /* nobody reading it is no reason to fail */
}

static int
set_up(struct engine *e)
{
	int r;

	if (e->group.rank == DAOS_RANK_NIL) {
		eng_log(mgmt, ERROR, "SetUp refused: no rank has been set");
		return -DER_UNINIT;
	}
	if (e->state != ENG_STATE_ANNOUNCED) {
		eng_log(mgmt, ERROR, "SetUp refused in state %s", eng_state_name(e->state));
		return -DER_ALREADY;
	}
	r = make_directory(e->opts.storage, "NEWBORNS");
	if (r == 0)
		r = make_directory(e->opts.storage, "ZOMBIES");
	return der_from_errno(r);
}

static void
handle_set_up(struct drpc_call *call, void *arg)
{
	struct engine *e      = arg;
	int32_t        status = set_up(e);

	if (status == 0) {
		eng_set_state(e, ENG_STATE_SERVING);
		eng_metrics_serving(e);
	}
	reply_status(call, status);
	if (status == 0)
		print_started(e);
}

static void
handle_prep_shutdown(struct drpc_call *call, void *arg)
{
	struct engine         *e = arg;
	Mgmt__PrepShutdownReq *req =
	    (Mgmt__PrepShutdownReq *)drpc_call_unpack(call, &mgmt__prep_shutdown_req__descriptor);

	if (req == NULL)
		return;
	mgmt__prep_shutdown_req__free_unpacked(req, NULL); /* its rank is not used */
	if (e->state == ENG_STATE_SERVING)
		eng_set_state(e, ENG_STATE_PREPARED);
	reply_status(call, 0);
}

static void
handle_ping(struct drpc_call *call, void *arg)
{
	struct engine     *e = arg;
	Mgmt__PingRankReq *req =
	    (Mgmt__PingRankReq *)drpc_call_unpack(call, &mgmt__ping_rank_req__descriptor);

	if (req == NULL)
		return;
	eng_debug(mgmt, MGMT, "ping of rank %u in state %s", req->rank, eng_state_name(e->state));
	mgmt__ping_rank_req__free_unpacked(req, NULL);
	reply_status(call, 0);
}

/* ---- group ---- */

static void
kill_self(struct engine *e, int err)
{
	(void)kill(getpid(), SIGKILL); /* cannot fail */
}

/* As every DAOS engine: who is not in the group must not touch data any more, and says so first. */
static void
terminate_excluded(struct engine *e)
{
	eng_log(mgmt, WARN, "rank %u is excluded from group version %u: ending this process",
		e->group.rank, e->group.version);
	if (eng_report_event(e, ENG_RAS_ENGINE_SELF_TERMINATED, ENG_RAS_INFO, ENG_RAS_NOTICE,
			     "excluded rank self terminated detected", kill_self) < 0)
		kill_self(e, 0);
}

static int
apply_group(struct engine *e, const Mgmt__GroupUpdateReq *req, enum eng_group_change *change)
{
	struct eng_member *members = calloc(MAX(req->n_engines, 1UL), sizeof(*members));
	int                r;

	if (members == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < req->n_engines; i++)
		members[i] = (struct eng_member){.rank        = req->engines[i]->rank,
						 .incarnation = req->engines[i]->incarnation,
						 .uri         = req->engines[i]->uri};
	r = eng_group_update(&e->group, req->map_version, members, req->n_engines, change);
	free(members); /* the strings are the request's */
	return r;
}

static void
handle_group_update(struct drpc_call *call, void *arg)
{
	struct engine        *e      = arg;
	Mgmt__GroupUpdateResp resp   = MGMT__GROUP_UPDATE_RESP__INIT;
	enum eng_group_change change = ENG_GROUP_KEPT;
	Mgmt__GroupUpdateReq *req;
	int                   r;

	req = (Mgmt__GroupUpdateReq *)drpc_call_unpack(call, &mgmt__group_update_req__descriptor);
	if (req == NULL)
		return;
	r = apply_group(e, req, &change);
	if (r < 0)
		eng_log(mgmt, ERROR, "group version %u with %zu ranks refused: %s",
			req->map_version, req->n_engines, strerror(-r));
	else if (change == ENG_GROUP_KEPT)
		eng_log(mgmt, INFO, "group version %u is not newer than %u", req->map_version,
			e->group.version);
	else
		eng_log(mgmt, INFO, "group version is %u, %zu ranks", e->group.version,
			e->group.members.n);
	mgmt__group_update_req__free_unpacked(req, NULL);
	resp.status = r == -ESTALE ? -DER_GRPVER : der_from_errno(r);
	drpc_call_reply(call, &resp.base);
	if (change == ENG_GROUP_EXCLUDED && e->state != ENG_STATE_ANNOUNCED && !e->opts.check_mode)
		terminate_excluded(e);
}

/* Without failure detection only a group of this engine alone can be answered for. */
static void
handle_group_status(struct drpc_call *call, void *arg)
{
	struct engine           *e    = arg;
	Mgmt__GetGroupStatusResp resp = MGMT__GET_GROUP_STATUS_RESP__INIT;
	Mgmt__GetGroupStatusReq *req;

	req = (Mgmt__GetGroupStatusReq *)drpc_call_unpack(call,
							  &mgmt__get_group_status_req__descriptor);
	if (req == NULL)
		return;
	if (req->map_version != 0 && req->map_version != e->group.version)
		resp.status = -DER_GRPVER;
	else if (!eng_group_is_alone(&e->group))
		resp.status = -DER_NOSYS;
	mgmt__get_group_status_req__free_unpacked(req, NULL);
	drpc_call_reply(call, &resp.base);
}

/* ---- log ---- */

static void
handle_set_log_masks(struct drpc_call *call, void *arg)
{
	_cleanup_(strbuf_fini) struct strbuf masks = STRBUF_INIT;
	Ctl__SetLogMasksResp                 resp  = CTL__SET_LOG_MASKS_RESP__INIT;
	struct fault                         f     = FAULT_INIT;
	char                                *error = f.description;
	Ctl__SetLogMasksReq                 *req;
	int                                  r;

	req = (Ctl__SetLogMasksReq *)drpc_call_unpack(call, &ctl__set_log_masks_req__descriptor);
	if (req == NULL)
		return;
	r = eng_log_set_masks(req->masks, req->streams, &f);
	ctl__set_log_masks_req__free_unpacked(req, NULL);
	if (r < 0) {
		eng_log(mgmt, ERROR, "SetLogMasks refused: %s", f.description);
		resp.status   = der_from_errno(r);
		resp.n_errors = 1;
		resp.errors   = &error;
	} else {
		eng_log_get_masks(&masks);
		eng_log(mgmt, INFO, "log masks are %s", strbuf_str(&masks));
	}
	drpc_call_reply(call, &resp.base);
}

/* ---- devices ---- */

static void
handle_smd_devs(struct drpc_call *call, void *arg)
{
	struct engine      *e       = arg;
	size_t              n       = e->devices.list.n;
	Ctl__SmdDevResp     resp    = CTL__SMD_DEV_RESP__INIT;
	Ctl__SmdDevice     *devices = calloc(MAX(n, 1UL), sizeof(*devices));
	Ctl__SmdDevice    **list    = calloc(MAX(n, 1UL), sizeof(*list));
	Ctl__NvmeController ctrlr   = CTL__NVME_CONTROLLER__INIT;
	int32_t            *targets = calloc(MAX(n, 1UL) * e->opts.targets, sizeof(*targets));

	ctrlr.dev_state = CTL__NVME_DEV_STATE__NORMAL;
	if (devices == NULL || list == NULL || targets == NULL) {
		resp.status = -DER_NOMEM;
		n           = 0;
	}
	for (size_t i = 0; i < n; i++) {
		int32_t *mine = targets + i * e->opts.targets;

		devices[i]           = (Ctl__SmdDevice)CTL__SMD_DEVICE__INIT;
		devices[i].uuid      = e->devices.list.v[i].uuid.s;
		devices[i].n_tgt_ids = eng_devices_targets(&e->devices, i, e->opts.targets, mine);
		devices[i].tgt_ids   = mine;
		devices[i].role_bits = e->devices.list.v[i].roles;
		devices[i].ctrlr     = &ctrlr;
		list[i]              = &devices[i];
	}
	resp.n_devices = n;
	resp.devices   = list;
	drpc_call_reply(call, &resp.base);
	free(targets);
	free(list);
	free(devices);
}

/* No pool can exist on this engine, so the list is truly empty. */
static void
handle_smd_pools(struct drpc_call *call, void *arg)
{
	Ctl__SmdPoolResp resp = CTL__SMD_POOL_RESP__INIT;

	drpc_call_reply(call, &resp.base);
}

static const struct eng_device *
find_device(const struct engine *e, const char *uuid)
{
	vec_foreach (&e->devices.list, d)
		if (str_eq_nocase(d->uuid.s, uuid))
			return d;
	return NULL;
}

/*
 * Space of a file or block device in whole clusters, all of it free: nothing allocates there. No
 * health: AIO has none.
 */
static void
handle_bio_health(struct drpc_call *call, void *arg)
{
	struct engine           *e    = arg;
	Ctl__BioHealthResp       resp = CTL__BIO_HEALTH_RESP__INIT;
	const struct eng_device *d;
	Ctl__BioHealthReq       *req;

	req = (Ctl__BioHealthReq *)drpc_call_unpack(call, &ctl__bio_health_req__descriptor);
	if (req == NULL)
		return;
	d = find_device(e, req->dev_uuid);
	ctl__bio_health_req__free_unpacked(req, NULL);
	if (d == NULL) {
		resp.status = -DER_NONEXIST;
	} else {
		resp.dev_uuid     = (char *)d->uuid.s;
		resp.cluster_size = e->env.cluster_bytes;
		resp.total_bytes  = d->size_bytes - d->size_bytes % e->env.cluster_bytes;
		resp.avail_bytes  = resp.total_bytes;
	}
	drpc_call_reply(call, &resp.base);
}

/* ---- the table ---- */

/* Methods of the checker belong to a module that exists in check mode only. */
static void
handle_checker(struct drpc_call *call, void *arg)
{
	struct engine *e = arg;

	drpc_call_fail(call, e->opts.check_mode ? DRPC__STATUS__UNKNOWN_METHOD
						: DRPC__STATUS__UNKNOWN_MODULE);
}

static const struct drpc_method methods[] = {
    {DRPC_MGMT_SET_RANK, handle_set_rank},
    {DRPC_MGMT_SET_UP, handle_set_up},
    {DRPC_MGMT_PREP_SHUTDOWN, handle_prep_shutdown},
    {DRPC_MGMT_PING_RANK, handle_ping},
    {DRPC_MGMT_GROUP_UPDATE, handle_group_update},
    {DRPC_MGMT_GROUP_STATUS_GET, handle_group_status},
    {DRPC_MGMT_SET_LOG_MASKS, handle_set_log_masks},
    {DRPC_MGMT_SMD_DEVS, handle_smd_devs},
    {DRPC_MGMT_SMD_POOLS, handle_smd_pools},
    {DRPC_MGMT_BIO_HEALTH, handle_bio_health},
    {DRPC_MGMT_CHECKER_START, handle_checker},
    {DRPC_MGMT_CHECKER_STOP, handle_checker},
    {DRPC_MGMT_CHECKER_QUERY, handle_checker},
    {DRPC_MGMT_CHECKER_PROP, handle_checker},
    {DRPC_MGMT_CHECKER_ACTION, handle_checker},
    {DRPC_MGMT_CHECKER_SET_POLICY, handle_checker},
};

int
eng_handlers_register(struct engine *e)
{
	return drpc_server_add_module(e->listener, DRPC_MODULE_MGMT, methods, ARRAY_SIZE(methods),
				      e);
}
