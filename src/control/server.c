/*
 * Requests about servers: log masks.
 */
#include <daos_control/server.h>

#include "common/logmask.h"
#include "control/control_private.h"
#include "ctl/ctl.pb-c.h"

static void
take_masks(const char *host, const struct rpc_status *status, const ProtobufCMessage *message,
	   void *arg)
{
	const Ctl__SetLogMasksResp          *m      = (const Ctl__SetLogMasksResp *)message;
	struct ctl_fold                     *fold   = arg;
	_cleanup_(strbuf_fini) struct strbuf text   = STRBUF_INIT;
	bool                                 failed = false;

	if (status->code != RPC_OK) {
		ctl_fold_status(fold, host, status);
		return;
	}
	for (size_t i = 0; i < m->n_errors; i++) {
		failed = failed || !str_empty(m->errors[i]);
		strbuf_addf(&text, "%sengine-%zu: %s", i == 0 ? "" : ", ", i,
			    str_empty(m->errors[i]) ? "updated" : m->errors[i]);
	}
	if (failed)
		ctl_fold_error(fold, host, strbuf_str(&text), strbuf_str(&text));
	else
		ctl_fold_storage(fold, host, &(struct daosctl_storage){0});
}

/* The texts are checked here so that a misspelt one reaches no engine. */
static int
check_masks(const struct daosctl_set_logmasks_req *req, struct daosctl_error *e)
{
	struct fault f = FAULT_INIT;
	int          r = 0;

	if (req->masks != NULL)
		r = logmask_check(req->masks, &f);
	if (r == 0 && req->streams != NULL)
		r = logmask_check_streams(req->streams, &f);
	if (r == 0 && req->subsystems != NULL)
		r = logmask_check_subsystems(req->subsystems, &f);
	if (r != 0)
		ctl_error_from_fault(e, &f);
	return r;
}

/* protobuf-c messages hold char * also for what is only read. */
static char *
readonly(const char *s)
{
	return (char *)(uintptr_t)(s ? s : "");
}

int
daosctl_set_logmasks(struct daosctl *c, const struct daosctl_set_logmasks_req *req,
		     struct daosctl_storage_resp *ret, struct daosctl_error *e)
{
	Ctl__SetLogMasksReq m    = CTL__SET_LOG_MASKS_REQ__INIT;
	struct ctl_fold    *fold = NULL;
	int                 r    = check_masks(req, e);

	if (r != 0)
		return r;
	m.sys              = readonly(ctl_client_sys(c->client));
	m.masks            = readonly(req->masks);
	m.streams          = readonly(req->streams);
	m.subsystems       = readonly(req->subsystems);
	m.reset_masks      = req->masks == NULL;
	m.reset_streams    = req->streams == NULL;
	m.reset_subsystems = req->subsystems == NULL;
	r                  = ctl_fold_new(&fold);
	if (r != 0)
		return ctl_error_set(e, r, "out of memory");
	r = ctl_hosts_sync(c, "SetEngineLogMasks", &ctl__ctl_svc__descriptor, &m.base, NULL, 0,
			   take_masks, fold, e);
	if (r == 0) {
		r = ctl_fold_finish(fold, ret);
		if (r != 0)
			(void)ctl_error_set(e, r,
					    "unable to read the answers to SetEngineLogMasks");
	}
	(void)ctl_fold_free(fold);
	return r;
}
