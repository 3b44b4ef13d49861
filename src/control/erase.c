/*
 * Erasing the system: first whether ranks run, then the request.
 */
#include <daos_control/system.h>
#include <stdio.h>
#include <string.h>

#include "common/ranks.h"
#include "control/control_private.h"
#include "mgmt/system.pb-c.h"

/* Collects the ranks that are up. */
static int
take_running(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemQueryResp *m   = (const Mgmt__SystemQueryResp *)message;
	struct rank_set             *set = arg;
	int                          r   = 0;

	for (size_t i = 0; r == 0 && i < m->n_members; i++) {
		enum daosctl_member_state s = daosctl_member_state_parse(m->members[i]->state);

		if (s == DAOSCTL_STATE_READY || s == DAOSCTL_STATE_JOINED)
			r = rank_set_add(set, m->members[i]->rank);
	}
	return r;
}

/* Whether a failed query says that there is no system to ask; what is left of one can be erased. */
static bool
is_down(const struct rpc_status *s)
{
	enum ctl_weight w = ctl_status_weight(s);

	return w == CTL_WEIGHT_UNAVAILABLE || w == CTL_WEIGHT_REPLICAS || w == CTL_WEIGHT_LOST;
}

static int
refuse_running(struct daosctl *c, struct daosctl_error *e)
{
	_cleanup_(rank_set_fini) struct rank_set set     = RANK_SET_INIT;
	Mgmt__SystemQueryReq                     m       = MGMT__SYSTEM_QUERY_REQ__INIT;
	struct rpc_status                        outcome = RPC_STATUS_INIT;
	_cleanup_(freep) char                   *ranks   = NULL;
	int                                      r;

	m.state_mask = DAOSCTL_STATE_ALL;
	r            = ctl_ms_sync(c,
				   &(struct ctl_sync_opts){.method     = "SystemQuery",
							   .req        = &m.base,
							   .retry      = CTL_RETRY_NOT_UNAVAILABLE,
							   .take       = take_running,
							   .arg        = &set,
							   .ret_status = &outcome},
				   e);
	if (r != 0) {
		char text[sizeof(e->text)];

		if (outcome.code != RPC_OK && is_down(&outcome)) {
			r = 0;
		} else if (e != NULL) {
			(void)snprintf(text, sizeof(text), "%s", e->text);
			(void)snprintf(e->text, sizeof(e->text),
				       "System-Query command failed: %.1400s", text);
		}
	} else if (!rank_set_empty(&set)) {
		size_t n = rank_set_count(&set);

		ranks = rank_set_text(&set);
		r     = ctl_error_set(
			e, -EBUSY, "system erase requires the following %zu rank%s to be stopped: %s",
			n, n == 1 ? "" : "s", ranks == NULL ? "?" : ranks);
	}
	rpc_status_fini(&outcome);
	return r;
}

static int
take_erase(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemEraseResp *m = (const Mgmt__SystemEraseResp *)message;

	return ctl_take_rank_results(m->results, m->n_results, "", "", arg);
}

int
daosctl_system_erase(struct daosctl *c, struct daosctl_rank_results *ret, struct daosctl_error *e)
{
	Mgmt__SystemEraseReq        m = MGMT__SYSTEM_ERASE_REQ__INIT;
	struct daosctl_rank_results resp;
	int                         r = refuse_running(c, e);

	if (r == 0)
		r = ctl_ms_sync(c,
				&(struct ctl_sync_opts){.method = "SystemErase",
							.req    = &m.base,
							.retry  = CTL_RETRY_NOT_UNAVAILABLE,
							.take   = take_erase,
							.arg    = &resp},
				e);
	if (r == 0)
		*ret = resp;
	return r;
}
