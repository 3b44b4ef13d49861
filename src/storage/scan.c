/*
 * SCM part of StorageScan (storage.md §7.1). Persistent memory is not supported, so a scan without
 * usage finds nothing; with usage every engine's mount is shown as a namespace.
 */
#include <string.h>

#include "storage_private.h"

#define RAMDISK_NAME "ramdisk"

static int
scan_engine(const struct stor_host *h, const struct stor_scan_req *req, const struct stor_engine *e,
	    struct stor_scan_resp *resp, struct fault *f)
{
	struct stor_mount_usage usage = {0};
	struct stor_scm_ns      ns    = {
		    .engine_idx = e->idx,
		    .blockdev   = RAMDISK_NAME,
		    .scm_class  = e->scm_class,
		    .numa_node  = e->numa_node,
		    .mount      = e->scm_mount,
		    .rank       = STOR_RANK_NIL,
        };
	int r = 0;

	if (e->scm_class == STOR_CLASS_DCPM)
		return fault_plain(
		    f, -EOPNOTSUPP,
		    "engine %u: this daos_server is built without support for SCM class dcpm",
		    e->idx);
	if (req->ready[e->idx]) {
		r               = stor_scm_usage(h, e->idx, &usage, f);
		ns.rank         = req->rank[e->idx];
		ns.total_bytes  = usage.total_bytes;
		ns.avail_bytes  = usage.avail_bytes;
		ns.usable_bytes = stor_usable_scm(h, e->idx, usage.avail_bytes);
		ns.size_bytes =
		    e->scm_class == STOR_CLASS_DIR ? usage.total_bytes : e->scm_size_bytes;
	}
	return r < 0 ? r : vec_push(&resp->namespaces, ns);
}

int
stor_scan_scm(const struct stor_host *h, const struct stor_scan_req *req,
	      struct stor_scan_resp *ret, struct fault *f)
{
	struct stor_scan_resp resp = {0};
	int                   r    = 0;

	if (req->usage && h->n_engines == 0)
		return fault_plain(f, -ENODEV, "no engines are configured on this host");
	for (unsigned i = 0; r == 0 && req->usage && i < h->n_engines; i++)
		r = scan_engine(h, req, &h->engines[i], &resp, f);
	if (r < 0) {
		stor_scan_resp_fini(&resp);
		return r;
	}
	*ret = resp;
	return 0;
}

void
stor_scan_resp_fini(struct stor_scan_resp *r)
{
	vec_fini(&r->namespaces);
}
