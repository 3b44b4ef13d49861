/*
 * Exclusion of ranks by the administrator.
 */
#include <daos_control/system.h>

#include "control/control_private.h"
#include "mgmt/system.pb-c.h"

static int
take_exclude(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemExcludeResp *m = (const Mgmt__SystemExcludeResp *)message;

	return ctl_take_rank_results(m->results, m->n_results, "", "", arg);
}

int
daosctl_system_exclude(struct daosctl *c, const struct daosctl_system_exclude_req *req,
		       struct daosctl_rank_results *ret, struct daosctl_error *e)
{
	_cleanup_(ctl_wire_filter_fini) struct ctl_wire_filter filter = {0};
	Mgmt__SystemExcludeReq                                 m = MGMT__SYSTEM_EXCLUDE_REQ__INIT;
	struct daosctl_rank_results                            resp;
	int                                                    r;

	r = ctl_wire_filter_make(&req->filter, &filter, e);
	if (r != 0)
		return r;
	if (str_empty(filter.ranks) && str_empty(filter.hosts))
		return ctl_error_set(e, -EINVAL, "no ranks or hosts specified");
	m.ranks = filter.ranks;
	m.hosts = filter.hosts;
	m.clear = req->clear;
	r       = ctl_ms_sync(
		  c,
		  &(struct ctl_sync_opts){
		      .method = "SystemExclude", .req = &m.base, .take = take_exclude, .arg = &resp},
		  e);
	if (r == 0)
		*ret = resp;
	return r;
}
