/*
 * CtlSvc.StorageScan and StorageFormat. Both look at or change the disks on a worker; a format is
 * one at a time, and engines that have to end for it are ended first.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "ctl/storage.pb-c.h"
#include "server/server_private.h"

#define TEXT(s) ((char *)(uintptr_t)(s))

/* ---- scan ---- */

struct scan_op {
	struct srv_server    *s;
	struct rpc_call      *call;
	struct stor_scan_req  req;
	struct stor_scan_resp scm;
	int                   scm_err;
	struct fault          scm_fault;
	struct hw_mem         mem;
	int                   mem_err;
};

static void
scan_work(void *arg)
{
	struct scan_op *op = arg;

	op->scm_err = stor_scan_scm(op->s->storage, &op->req, &op->scm, &op->scm_fault);
	op->mem_err = hw_mem_read(NULL, &op->mem, NULL);
}

struct scm_rows {
	Ctl__ScmNamespace        *ns;
	Ctl__ScmNamespace__Mount *mounts;
	Ctl__ScmNamespace       **list;
};

static void
fill_scm(const struct scan_op *op, struct scm_rows *rows, Ctl__ScanScmResp *resp)
{
	for (size_t k = 0; k < op->scm.namespaces.n; k++) {
		const struct stor_scm_ns *n = &op->scm.namespaces.v[k];

		ctl__scm_namespace__init(&rows->ns[k]);
		ctl__scm_namespace__mount__init(&rows->mounts[k]);
		rows->mounts[k].path         = TEXT(n->mount);
		rows->mounts[k].class_       = TEXT(stor_class_name(n->scm_class));
		rows->mounts[k].rank         = n->rank;
		rows->mounts[k].total_bytes  = n->total_bytes;
		rows->mounts[k].avail_bytes  = n->avail_bytes;
		rows->mounts[k].usable_bytes = n->usable_bytes;
		rows->ns[k].blockdev         = TEXT(n->blockdev);
		rows->ns[k].numa_node        = n->numa_node;
		rows->ns[k].size             = n->size_bytes;
		rows->ns[k].mount            = &rows->mounts[k];
		rows->list[k]                = &rows->ns[k];
	}
	resp->n_namespaces = op->scm.namespaces.n;
	resp->namespaces   = rows->list;
}

static void
fill_mem(const struct hw_mem *m, Ctl__SysMemInfo *sys, Ctl__MemInfo *nodes, Ctl__MemInfo **list)
{
	sys->hugepages_total    = m->hugepages_total;
	sys->hugepages_free     = m->hugepages_free;
	sys->hugepages_reserved = m->hugepages_reserved;
	sys->hugepages_surplus  = m->hugepages_surplus;
	sys->hugepage_size_kb   = m->hugepage_size_kb;
	sys->mem_total_kb       = m->mem_total_kb;
	sys->mem_free_kb        = m->mem_free_kb;
	sys->mem_available_kb   = m->mem_available_kb;
	for (size_t k = 0; k < m->nodes.n; k++) {
		const struct hw_mem_node *n = &m->nodes.v[k];

		ctl__mem_info__init(&nodes[k]);
		nodes[k].numa_node_index   = n->node;
		nodes[k].hugepages_total   = n->hugepages_total;
		nodes[k].hugepages_free    = n->hugepages_free;
		nodes[k].hugepages_surplus = n->hugepages_surplus;
		nodes[k].mem_total_kb      = n->mem_total_kb;
		nodes[k].mem_free_kb       = n->mem_free_kb;
		nodes[k].mem_used_kb       = n->mem_used_kb;
		list[k]                    = &nodes[k];
	}
	sys->n_numa_nodes = m->nodes.n;
	sys->numa_nodes   = list;
}

static void
scan_done(void *arg)
{
	struct scan_op      *op    = arg;
	size_t               n     = op->scm.namespaces.n;
	Ctl__StorageScanResp resp  = CTL__STORAGE_SCAN_RESP__INIT;
	Ctl__ScanNvmeResp    nvme  = CTL__SCAN_NVME_RESP__INIT;
	Ctl__ScanScmResp     scm   = CTL__SCAN_SCM_RESP__INIT;
	Ctl__ResponseState   ok    = CTL__RESPONSE_STATE__INIT;
	Ctl__ResponseState   state = CTL__RESPONSE_STATE__INIT;
	Ctl__SysMemInfo      sys   = CTL__SYS_MEM_INFO__INIT;
	Ctl__MemInfo        *nodes = calloc(op->mem.nodes.n + 1, sizeof(*nodes));
	Ctl__MemInfo       **list  = calloc(op->mem.nodes.n + 1, sizeof(*list));
	struct scm_rows      rows  = {
		  .ns     = calloc(n + 1, sizeof(*rows.ns)),
		  .mounts = calloc(n + 1, sizeof(*rows.mounts)),
		  .list   = calloc(n + 1, sizeof(*rows.list)),
        };
	struct fault f = FAULT_INIT;
	char         error[1200];

	nvme.state = &ok;
	scm.state  = &state;
	resp.nvme  = &nvme;
	resp.scm   = &scm;
	if (nodes == NULL || list == NULL || rows.ns == NULL || rows.mounts == NULL ||
	    rows.list == NULL) {
		fault_plain(&f, -ENOMEM, "out of memory");
	} else if (op->scm_err < 0 && op->req.usage) {
		f = op->scm_fault;
	} else if (op->scm_err < 0) {
		state.status = CTL__RESPONSE_STATUS__CTL_ERR_SCM;
		state.error  = fault_format(&op->scm_fault, error, sizeof(error));
	} else {
		fill_scm(op, &rows, &scm);
	}
	if (!f.set && op->mem_err == 0) {
		fill_mem(&op->mem, &sys, nodes, list);
		resp.sys_mem_info = &sys;
	}
	if (f.set)
		rpc_call_fail_fault(op->call, &f);
	else
		rpc_call_reply(op->call, &resp.base);
	free(nodes);
	free(list);
	free(rows.ns);
	free(rows.mounts);
	free(rows.list);
	stor_scan_resp_fini(&op->scm);
	hw_mem_fini(&op->mem);
	free(op);
}

void
srv_storage_scan(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Ctl__StorageScanReq *req = (const Ctl__StorageScanReq *)msg;
	struct srv_server         *s   = arg;
	struct scan_op            *op  = calloc(1, sizeof(*op));
	struct fault               f   = FAULT_INIT;
	int                        r   = -ENOMEM;

	if (op != NULL) {
		op->s         = s;
		op->call      = call;
		op->req.usage = req->scm != NULL && req->scm->usage;
		for (size_t k = 0; k < har_harness_count(s->harness); k++) {
			struct har_instance *i = har_harness_get(s->harness, k);

			op->req.ready[k] = har_instance_state(i) == HAR_STATE_READY;
			op->req.rank[k]  = har_instance_rank(i);
		}
		r = loop_work_submit(s->loop, scan_work, scan_done, op);
	}
	if (r == 0)
		return;
	free(op);
	fault_plain(&f, r, "%s", strerror(-r));
	rpc_call_fail_fault(call, &f);
}

/* ---- format ---- */

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
