/*
 * CtlSvc.SetEngineLogMasks: tells each engine its log masks; one error text an engine, empty for
 * success.
 */
#include <stdlib.h>
#include <string.h>

#include "common/der.h"
#include "common/log.h"
#include "common/logmask.h"
#include "ctl/server.pb-c.h"
#include "server/server_private.h"

struct masks_op;

struct masks_row {
	struct masks_op *op;
	unsigned         idx;
	char            *error; /* NULL: fine */
};

struct masks_op {
	struct rpc_call *call;
	struct masks_row rows[HAR_INSTANCES_MAX];
	size_t           n;
	unsigned         pending;
};

static void
finish(struct masks_op *op)
{
	Ctl__SetLogMasksResp resp = CTL__SET_LOG_MASKS_RESP__INIT;
	char                *errors[HAR_INSTANCES_MAX];

	if (op->pending > 0)
		return;
	for (size_t k = 0; k < op->n; k++)
		errors[k] =
		    op->rows[k].error == NULL ? (char *)protobuf_c_empty_string : op->rows[k].error;
	resp.n_errors = op->n;
	resp.errors   = errors;
	rpc_call_reply(op->call, &resp.base);
	for (size_t k = 0; k < op->n; k++)
		free(op->rows[k].error);
	free(op);
}

static void
row_fail(struct masks_row *row, const struct fault *f)
{
	char text[1200];

	free(row->error);
	row->error = strdup(fault_format(f, text, sizeof(text)));
}

static void
answered(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct masks_row     *row = arg;
	struct masks_op      *op  = row->op;
	Ctl__SetLogMasksResp *resp =
	    err == 0 ? ctl__set_log_masks_resp__unpack(NULL, len, body) : NULL;
	struct fault own = FAULT_INIT;
	char         text[256];

	if (err < 0) {
		row_fail(row, f);
	} else if (resp == NULL) {
		fault_plain(&own, -EPROTO, "the engine's answer cannot be read");
		row_fail(row, &own);
	} else if (resp->status != 0) {
		fault_plain(&own, -EIO, "%s", der_format(resp->status, text, sizeof(text)));
		row_fail(row, &own);
	}
	if (resp != NULL)
		ctl__set_log_masks_resp__free_unpacked(resp, NULL);
	op->pending--;
	finish(op);
}

/* What the engine is sent: values from the request or, when reset, from the configuration, merged
 * into one mask. */
static int
call_engine(struct srv_server *s, struct masks_row *row, const Ctl__SetLogMasksReq *req,
	    struct fault *f)
{
	const struct cfg_engine *e     = &s->cfg->engines[row->idx];
	const char              *masks = req->reset_masks ? e->log_mask : req->masks;
	const char              *subsystems =
            req->reset_subsystems ? cfg_env_get(&e->env_vars, "DD_SUBSYS") : req->subsystems;
	const char *streams =
	    req->reset_streams ? cfg_env_get(&e->env_vars, "DD_MASK") : req->streams;
	Ctl__SetLogMasksReq    out    = CTL__SET_LOG_MASKS_REQ__INIT;
	_cleanup_(freep) char *merged = NULL;
	int                    r;

	if (str_empty(masks))
		return fault_plain(f, -EINVAL, "empty log masks in %s",
				   req->reset_masks ? "config" : "request");
	r = logmask_check(masks, f);
	if (r == 0)
		r = logmask_merge(masks, subsystems, &merged, f);
	if (r < 0)
		return r;
	out.sys   = req->sys;
	out.masks = merged;
	out.streams =
	    streams == NULL ? (char *)protobuf_c_empty_string : (char *)(uintptr_t)streams;
	out.reset_masks      = req->reset_masks;
	out.reset_streams    = req->reset_streams;
	out.reset_subsystems = req->reset_subsystems;
	return har_instance_call(har_harness_get(s->harness, row->idx), DRPC_MGMT_SET_LOG_MASKS,
				 &out.base, SRV_DEFAULT_DEADLINE_MS, answered, row, NULL);
}

void
srv_set_engine_log_masks(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Ctl__SetLogMasksReq *req = (const Ctl__SetLogMasksReq *)msg;
	struct srv_server         *s   = arg;
	struct masks_op           *op  = calloc(1, sizeof(*op));
	struct fault               f   = FAULT_INIT;

	if (op == NULL) {
		fault_plain(&f, -ENOMEM, "out of memory");
		rpc_call_fail_fault(call, &f);
		return;
	}
	op->call = call;
	op->n    = har_harness_count(s->harness);
	op->pending++; /* no end while calls are being made */
	for (size_t k = 0; k < op->n; k++) {
		struct masks_row *row = &op->rows[k];
		int               r;

		*row = (struct masks_row){.op = op, .idx = (unsigned)k};
		f    = (struct fault)FAULT_INIT;
		r    = call_engine(s, row, req, &f);
		if (r == 0) {
			op->pending++;
			continue;
		}
		if (!f.set)
			fault_plain(&f, r, "%s", strerror(-r));
		row_fail(row, &f);
	}
	op->pending--;
	finish(op);
}
