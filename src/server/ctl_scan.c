/*
 * CtlSvc.StorageScan: SCM and memory from a worker, then the block devices from the engines that
 * use them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "ctl/storage.pb-c.h"
#include "server/bdev_scan.h"
#include "server/server_private.h"

#define TEXT(s) ((char *)(uintptr_t)(s))

struct scan_op {
	struct srv_server       *s;
	struct rpc_call         *call;
	struct stor_scan_req     req;
	struct stor_scan_resp    scm;
	int                      scm_err;
	struct fault             scm_fault;
	struct hw_mem            mem;
	int                      mem_err;
	struct srv_bdev_scan_req bdev_req;
	struct srv_bdev_scan    *bdev; /* NULL: not looked for */
};

/* What pools can use of the SCM decides how much metadata the devices have to hold. */
static void
scan_usable(struct scan_op *op)
{
	struct stor_scan_req  req  = op->req;
	struct stor_scan_resp resp = {0};

	req.usage = true;
	if (stor_scan_scm(op->s->storage, &req, &resp, NULL) < 0)
		return; /* nothing usable */
	vec_foreach (&resp.namespaces, n)
		op->bdev_req.scm_usable_bytes[n->engine_idx] = n->usable_bytes;
	stor_scan_resp_fini(&resp);
}

static void
scan_work(void *arg)
{
	struct scan_op *op = arg;

	op->scm_err = stor_scan_scm(op->s->storage, &op->req, &op->scm, &op->scm_fault);
	op->mem_err = hw_mem_read(NULL, &op->mem, NULL);
	if (op->bdev_req.meta)
		scan_usable(op);
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
scan_reply(void *arg)
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
	if (!f.set && op->bdev != NULL) {
		int r = srv_bdev_scan_fill(op->bdev, &nvme, &f);

		if (r < 0 && !f.set)
			fault_plain(&f, r, "%s", strerror(-r));
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
	(void)srv_bdev_scan_free(op->bdev);
	free(op);
}

static void
scan_done(void *arg)
{
	struct scan_op *op = arg;
	int             r;

	if (op->s->cfg->disable_hugepages) {
		scan_reply(op);
		return;
	}
	r = srv_bdev_scan_start(op->s, &op->bdev_req, scan_reply, op, &op->bdev);
	if (r < 0) {
		struct fault f = FAULT_INIT;

		fault_plain(&f, r, "%s", strerror(-r));
		rpc_call_fail_fault(op->call, &f);
		stor_scan_resp_fini(&op->scm);
		hw_mem_fini(&op->mem);
		free(op);
	}
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
		if (req->nvme != NULL)
			op->bdev_req = (struct srv_bdev_scan_req){
			    .health    = req->nvme->health,
			    .meta      = req->nvme->meta,
			    .basic     = req->nvme->basic,
			    .mem_ratio = req->nvme->memratio,
			};
		op->bdev_req.deadline_ms = srv_call_time_ms(call);
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
