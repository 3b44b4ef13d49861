/*
 * CtlSvc.StorageFormat and --auto-format. The disks are changed on a worker; a format is one at a
 * time, and engines that have to end for it are ended first.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "ctl/storage.pb-c.h"
#include "server/server_private.h"

struct srv_format {
	struct srv_server      *s;
	struct rpc_call        *call; /* NULL: --auto-format */
	struct stor_format_req  req;
	struct stor_format_resp resp;
	int                     err;
	struct fault            f;
	struct har_watch       *watch;
	bool                    running;
};

static void
format_free(struct srv_format *op)
{
	op->watch = har_watch_remove(op->watch);
	stor_format_resp_fini(&op->resp);
	if (op->s->format == op)
		op->s->format = NULL;
	free(op);
}

static void
format_fail(struct srv_format *op, int err)
{
	struct srv_server *s           = op->s;
	struct fault       f           = op->f;
	bool               auto_format = op->call == NULL;
	char               text[1200];

	if (!f.set)
		fault_plain(&f, err, "%s", strerror(-err));
	log_error("storage format failed: %s", fault_format(&f, text, sizeof(text)));
	if (!auto_format)
		rpc_call_fail_fault(op->call, &f);
	format_free(op);
	if (auto_format)
		srv_shutdown(s, err, &f);
}

static void
fill_state(Ctl__ResponseState *state, const struct stor_format_row *row)
{
	ctl__response_state__init(state);
	state->status = (Ctl__ResponseStatus)row->status;
	state->error  = row->error;
	state->info   = row->info;
}

static void
format_reply(struct srv_format *op)
{
	size_t                      n_scm = op->resp.scm.n, n_bdev = op->resp.bdev.n;
	Ctl__StorageFormatResp      resp  = CTL__STORAGE_FORMAT_RESP__INIT;
	Ctl__ScmMountResult        *scm   = calloc(n_scm + 1, sizeof(*scm));
	Ctl__ScmMountResult       **mrets = calloc(n_scm + 1, sizeof(*mrets));
	Ctl__NvmeControllerResult  *bdev  = calloc(n_bdev + 1, sizeof(*bdev));
	Ctl__NvmeControllerResult **crets = calloc(n_bdev + 1, sizeof(*crets));
	Ctl__ResponseState         *state = calloc(n_scm + n_bdev + 1, sizeof(*state));

	if (scm != NULL && mrets != NULL && bdev != NULL && crets != NULL && state != NULL) {
		for (size_t k = 0; k < n_scm; k++) {
			const struct stor_format_row *row = &op->resp.scm.v[k];

			ctl__scm_mount_result__init(&scm[k]);
			fill_state(&state[k], row);
			scm[k].mntpoint    = row->name;
			scm[k].instanceidx = row->engine_idx;
			scm[k].state       = &state[k];
			mrets[k]           = &scm[k];
		}
		for (size_t k = 0; k < n_bdev; k++) {
			const struct stor_format_row *row = &op->resp.bdev.v[k];

			ctl__nvme_controller_result__init(&bdev[k]);
			fill_state(&state[n_scm + k], row);
			bdev[k].pci_addr  = row->name;
			bdev[k].role_bits = row->role_bits;
			bdev[k].state     = &state[n_scm + k];
			crets[k]          = &bdev[k];
		}
		resp.n_mrets = n_scm;
		resp.mrets   = mrets;
		resp.n_crets = n_bdev;
		resp.crets   = crets;
		rpc_call_reply(op->call, &resp.base);
	} else {
		struct fault f = FAULT_INIT;

		fault_plain(&f, -ENOMEM, "out of memory");
		rpc_call_fail_fault(op->call, &f);
	}
	free(scm);
	free(mrets);
	free(bdev);
	free(crets);
	free(state);
}

static void
log_rows(const struct stor_format_row *rows, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (rows[k].status != STOR_STATUS_SUCCESS)
			log_error("engine %u: format of %s failed: %s", rows[k].engine_idx,
				  rows[k].name, rows[k].error);
		else if (str_empty(rows[k].info))
			log_info("engine %u: %s formatted", rows[k].engine_idx, rows[k].name);
		else
			log_info("engine %u: %s", rows[k].engine_idx, rows[k].info);
}

static void
format_work(void *arg)
{
	struct srv_format *op = arg;

	op->err = stor_format(op->s->storage, &op->req, &op->resp, &op->f);
}

static void
format_done(void *arg)
{
	struct srv_format *op = arg;
	struct srv_server *s  = op->s;

	if (op->err < 0) {
		format_fail(op, op->err);
		return;
	}
	log_rows(op->resp.scm.v, op->resp.scm.n);
	log_rows(op->resp.bdev.v, op->resp.bdev.n);
	if (op->call != NULL)
		format_reply(op);
	for (size_t k = 0; k < har_harness_count(s->harness); k++) {
		struct har_instance *i = har_harness_get(s->harness, k);

		if (!op->resp.ready[k])
			continue;
		har_instance_storage_ready(i, op->req.replace);
		/* One that was ended for the format, or whose start had failed, tries again. */
		if (har_harness_is_started(s->harness))
			har_instance_request_start(i, false);
	}
	if (op->call == NULL)
		har_harness_start(s->harness);
	format_free(op);
}

/* Whether every instance is at rest: no worker may be at the storage that is to be formatted. */
static bool
all_at_rest(const struct srv_format *op)
{
	for (size_t k = 0; k < har_harness_count(op->s->harness); k++) {
		enum har_state st = har_instance_state(har_harness_get(op->s->harness, k));

		if (st == HAR_STATE_CHECKING || st == HAR_STATE_PREPARING ||
		    st == HAR_STATE_STOPPING || (op->req.reformat && har_state_has_process(st)))
			return false;
	}
	return true;
}

static void
try_format(struct srv_format *op)
{
	int r;

	if (op->running || !all_at_rest(op))
		return;
	op->running = true;
	op->watch   = har_watch_remove(op->watch);
	for (size_t k = 0; k < har_harness_count(op->s->harness); k++)
		op->req.running[k] =
		    har_state_has_process(har_instance_state(har_harness_get(op->s->harness, k)));
	r = loop_work_submit(op->s->loop, format_work, format_done, op);
	if (r < 0)
		format_fail(op, r);
}

static void
state_changed(struct har_instance *i, enum har_state from, enum har_state to, void *arg)
{
	try_format(arg);
}

static int
format_start(struct srv_server *s, struct rpc_call *call, bool reformat, bool replace,
	     struct fault *f)
{
	struct srv_format *op;
	int                r;

	if (s->format != NULL)
		return fault_plain(f, -EBUSY, "a storage format is already running on this host");
	op = calloc(1, sizeof(*op));
	if (op == NULL)
		return -ENOMEM;
	op->s                = s;
	op->req.reformat     = reformat;
	op->req.replace      = replace;
	op->req.no_hugepages = s->cfg->disable_hugepages;
	r                    = har_watch_add(s->harness, state_changed, op, &op->watch);
	if (r < 0) {
		free(op);
		return r;
	}
	op->call  = call;
	s->format = op;
	for (size_t k = 0; reformat && k < har_harness_count(s->harness); k++)
		(void)har_instance_stop(har_harness_get(s->harness, k),
					SIGKILL); /* gone already is fine */
	if (s->format == op)                      /* the last stop may have started it */
		try_format(op);
	return 0;
}

void
srv_storage_format(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Ctl__StorageFormatReq *req  = (const Ctl__StorageFormatReq *)msg;
	Ctl__StorageFormatResp       none = CTL__STORAGE_FORMAT_RESP__INIT;
	struct srv_server           *s    = arg;
	struct fault                 f    = FAULT_INIT;
	int                          r;

	if (har_harness_count(s->harness) == 0) {
		rpc_call_reply(call, &none.base);
		return;
	}
	log_info("storage format requested: reformat=%s replace=%s",
		 req->reformat ? "true" : "false", req->replace ? "true" : "false");
	r = format_start(s, call, req->reformat, req->replace, &f);
	if (r == 0)
		return;
	if (!f.set)
		fault_plain(&f, r, "%s", strerror(-r));
	rpc_call_fail_fault(call, &f);
}

void
srv_auto_format(struct srv_server *s)
{
	struct fault f = FAULT_INIT;
	int          r = format_start(s, NULL, false, false, &f);

	if (r < 0) {
		if (!f.set)
			fault_plain(&f, r, "%s", strerror(-r));
		srv_shutdown(s, r, &f);
	}
}
