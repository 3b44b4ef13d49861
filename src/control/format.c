/*
 * Storage format: first whether the system runs, then the request to all hosts.
 */
#include <daos_control/storage.h>
#include <daos_control/system.h>

#include "control/control_private.h"
#include "ctl/ctl.pb-c.h"
#include "mgmt/system.pb-c.h"

#define RESULT_GOOD "CTL_SUCCESS"

/*
 * Asks whether a system answers: 0 when none does and formatting may go on. With hosts, only these
 * are asked; a host that is no replica of a running system may be formatted, so redirections are
 * not followed then.
 */
static int
refuse_running(struct daosctl *c, const char *const *hosts, size_t n, bool follow,
	       struct daosctl_error *e)
{
	Mgmt__SystemQueryReq m       = MGMT__SYSTEM_QUERY_REQ__INIT;
	struct rpc_status    outcome = RPC_STATUS_INIT;
	struct fault         running = FAULT_INIT;
	int                  r;

	m.state_mask = DAOSCTL_STATE_ALL;
	r            = ctl_ms_sync(c,
				   &(struct ctl_sync_opts){
				       .method     = "SystemQuery",
				       .req        = &m.base,
				       .hosts      = hosts,
				       .n_hosts    = n,
				       .retry      = CTL_RETRY_NOT_UNAVAILABLE,
				       .ret_status = &outcome,
                        },
				   e);
	if (r == 0) {
		r = fault_set(&running, FAULT_CLIENT_FORMAT_RUNNING_SYSTEM,
			      "storage format invoked on a running system");
		fault_resolve(&running,
			      "stop and erase the system, then retry the format operation");
		ctl_error_from_fault(e, &running);
	} else if (outcome.code != RPC_OK && follow && outcome.n_replicas > 0) {
		r = refuse_running(c, (const char *const *)outcome.replicas, outcome.n_replicas,
				   false, e);
	} else if (outcome.code != RPC_OK) {
		switch (ctl_status_weight(&outcome)) {
		case CTL_WEIGHT_UNINITIALIZED:
		case CTL_WEIGHT_UNAVAILABLE:
		case CTL_WEIGHT_LOST:
		case CTL_WEIGHT_REPLICAS:
		case CTL_WEIGHT_LEADER:
			r = 0;
			break;
		case CTL_WEIGHT_CONNECTION:
		case CTL_WEIGHT_SLOW:
			/* A name that does not resolve and a network without a route say
			 * nothing about the system, which may well be running. */
			if (ctl_status_is_retryable_connection(&outcome))
				r = 0;
			break;
		case CTL_WEIGHT_REFUSED:
		case CTL_WEIGHT_DONE:
			break;
		}
	}
	rpc_status_fini(&outcome);
	return r;
}

static int
check_not_running(struct daosctl *c, bool check_hosts, struct daosctl_error *e)
{
	int r = 0;

	if (!check_hosts)
		return refuse_running(c, NULL, 0, true, e);
	for (size_t i = 0; r == 0 && i < ctl_client_host_count(c->client); i++) {
		const char *host = ctl_client_host(c->client, i);

		r = refuse_running(c, &host, 1, false, e);
	}
	return r;
}

/* ---- results ---- */

static void
add_failure(struct ctl_fold *fold, const char *host, const Ctl__ResponseState *state)
{
	const ProtobufCEnumValue *v =
	    protobuf_c_enum_descriptor_get_value(&ctl__response_status__descriptor, state->status);
	_cleanup_(freep) char *text = NULL;

	if (!str_empty(state->error)) {
		ctl_fold_error(fold, host, state->error, state->error);
		return;
	}
	text = str_format("%s: %s", v ? v->name : "unknown status",
			  str_empty(state->info) ? "unknown error" : state->info);
	ctl_fold_error(fold, host, text ? text : "unknown error", text ? text : "unknown error");
}

static bool
has_failed(const Ctl__ResponseState *state)
{
	return state != NULL && state->status != CTL__RESPONSE_STATUS__CTL_SUCCESS;
}

static const char *
result_text(struct ctl_arena *a, const Ctl__ResponseState *state)
{
	return state == NULL || str_empty(state->info) ? RESULT_GOOD
						       : ctl_arena_text(a, state->info);
}

static void
take_format(const char *host, const struct rpc_status *status, const ProtobufCMessage *message,
	    void *arg)
{
	const Ctl__StorageFormatResp *m    = (const Ctl__StorageFormatResp *)message;
	struct ctl_fold              *fold = arg;
	struct ctl_arena             *a    = ctl_fold_memory(fold);
	struct daosctl_storage        s    = {0};
	struct daosctl_nvme_device   *nvme;
	struct daosctl_smd_device    *smd;
	struct daosctl_scm_mount     *scm;

	if (status->code != RPC_OK) {
		ctl_fold_status(fold, host, status);
		return;
	}
	nvme = ctl_arena_alloc(a, m->n_crets, sizeof(*nvme));
	smd  = ctl_arena_alloc(a, m->n_crets, sizeof(*smd));
	scm  = ctl_arena_alloc(a, m->n_mrets, sizeof(*scm));
	for (size_t i = 0; nvme != NULL && smd != NULL && i < m->n_crets; i++) {
		const Ctl__NvmeControllerResult *x = m->crets[i];

		if (has_failed(x->state)) {
			add_failure(fold, host, x->state);
			continue;
		}
		if (str_empty(x->pci_addr)) /* nothing was formatted */
			continue;
		smd[i] = (struct daosctl_smd_device){.uuid = "", .roles = x->role_bits};
		nvme[s.n_nvme_devices++] = (struct daosctl_nvme_device){
		    .info          = result_text(a, x->state),
		    .model         = "",
		    .serial        = "",
		    .pci_addr      = ctl_arena_text(a, x->pci_addr),
		    .fw_rev        = "",
		    .vendor_id     = "",
		    .pci_type      = "",
		    .smd_devices   = &smd[i],
		    .n_smd_devices = 1,
		    .dev_state     = "UNKNOWN",
		    .led_state     = "NA",
		};
	}
	for (size_t i = 0; scm != NULL && i < m->n_mrets; i++) {
		const Ctl__ScmMountResult *x = m->mrets[i];

		if (has_failed(x->state)) {
			add_failure(fold, host, x->state);
			continue;
		}
		scm[s.n_scm_mounts++] =
		    (struct daosctl_scm_mount){.path      = ctl_arena_text(a, x->mntpoint),
					       .scm_class = "",
					       .info      = result_text(a, x->state)};
	}
	s.nvme_devices = nvme;
	s.scm_mounts   = scm;
	ctl_fold_storage(fold, host, &s);
}

int
daosctl_storage_format(struct daosctl *c, const struct daosctl_storage_format_req *req,
		       struct daosctl_storage_resp *ret, struct daosctl_error *e)
{
	Ctl__StorageFormatReq m    = CTL__STORAGE_FORMAT_REQ__INIT;
	struct ctl_fold      *fold = NULL;
	int                   r;

	r = check_not_running(c, req->check_hosts, e);
	if (r != 0)
		return r;
	m.reformat = req->reformat;
	m.replace  = req->replace;
	r          = ctl_fold_new(&fold);
	if (r != 0)
		return ctl_error_set(e, r, "out of memory");
	r = ctl_hosts_sync(c, "StorageFormat", &ctl__ctl_svc__descriptor, &m.base, NULL, 0,
			   take_format, fold, e);
	if (r == 0) {
		r = ctl_fold_finish(fold, ret);
		if (r != 0)
			(void)ctl_error_set(e, r, "unable to read the answers to StorageFormat");
	}
	(void)ctl_fold_free(fold);
	return r;
}
