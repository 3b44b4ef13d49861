/*
 * One scan: a call for the device table of each engine, then one for each device whose capacity or
 * health is wanted. The engines' messages are kept until the scan is freed, because the answer
 * borrows from them.
 */
#include "server/bdev_scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/der.h"
#include "ctl/smd.pb-c.h"
#include "server/server_private.h"

#define SYS_TARGET 1024 /* in device tables: the system's own stream, no target */

struct device {
	struct srv_bdev_scan *scan;
	unsigned              engine;
	Ctl__SmdDevice       *smd;    /* in the engine's answer */
	Ctl__BioHealthResp   *health; /* NULL when not asked for */
	struct stor_smd_dev   space;
	Ctl__NvmeController   out;
	Ctl__SmdDevice        out_smd;
	Ctl__SmdDevice       *out_list[1];
	int32_t              *targets;
};

struct srv_bdev_scan {
	struct srv_server       *s;
	struct srv_bdev_scan_req req;
	srv_bdev_scan_cb         cb;
	void                    *arg;
	unsigned                 pending;
	unsigned                 asked;  /* engines */
	unsigned                 failed; /* engines */
	struct fault             f;      /* the first failure */
	char                     error[1200];
	Ctl__SmdDevResp         *answers[HAR_INSTANCES_MAX];
	VEC(struct device *) devices;
	Ctl__NvmeController **list;
	Ctl__ResponseState    state;
};

struct engine_call {
	struct srv_bdev_scan *scan;
	unsigned              engine;
};

static void
done_one(struct srv_bdev_scan *scan)
{
	if (--scan->pending == 0)
		scan->cb(scan->arg);
}

static void
engine_failed(struct srv_bdev_scan *scan, unsigned engine, const struct fault *f)
{
	scan->failed++;
	if (scan->f.set)
		return;
	scan->f = *f;
	fault_wrap(&scan->f, "engine %u", engine);
}

/* ---- capacity and health ---- */

static void
health_answered(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct device        *d    = arg;
	struct srv_bdev_scan *scan = d->scan;
	struct fault          own  = FAULT_INIT;
	char                  text[256];

	if (err == 0)
		d->health = ctl__bio_health_resp__unpack(NULL, len, body);
	if (err < 0) {
		engine_failed(scan, d->engine, f);
	} else if (d->health == NULL) {
		fault_plain(&own, -EPROTO, "the engine's answer cannot be read");
		engine_failed(scan, d->engine, &own);
	} else if (d->health->status != 0) {
		fault_plain(&own, -EIO, "health of device %s: %s", d->smd->uuid,
			    der_format(d->health->status, text, sizeof(text)));
		engine_failed(scan, d->engine, &own);
	}
	done_one(scan);
}

static int
ask_health(struct device *d)
{
	struct srv_bdev_scan *scan = d->scan;
	Ctl__BioHealthReq     req  = CTL__BIO_HEALTH_REQ__INIT;
	int                   r;

	req.dev_uuid = d->smd->uuid;
	if (scan->req.meta)
		stor_meta_request(scan->s->storage, d->engine,
				  scan->req.scm_usable_bytes[d->engine], scan->req.mem_ratio,
				  &req.meta_size, &req.rdb_size);
	d->space.meta_size = req.meta_size;
	d->space.rdb_size  = req.rdb_size;
	r = har_instance_call(har_harness_get(scan->s->harness, d->engine), DRPC_MGMT_BIO_HEALTH,
			      &req.base, scan->req.deadline_ms, health_answered, d, NULL);
	if (r == 0)
		scan->pending++;
	return r;
}

/* ---- device tables ---- */

static int
add_device(struct srv_bdev_scan *scan, unsigned engine, Ctl__SmdDevice *smd)
{
	Ctl__NvmeDevState state =
	    smd->ctrlr == NULL ? CTL__NVME_DEV_STATE__UNKNOWN : smd->ctrlr->dev_state;
	struct device *d;
	int            r;

	if (state != CTL__NVME_DEV_STATE__NORMAL && state != CTL__NVME_DEV_STATE__NEW &&
	    state != CTL__NVME_DEV_STATE__EVICTED)
		return 0;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	*d         = (struct device){.scan = scan, .engine = engine, .smd = smd};
	d->targets = calloc(smd->n_tgt_ids + 1, sizeof(*d->targets));
	r          = d->targets == NULL ? -ENOMEM : vec_push(&scan->devices, d);
	if (r < 0) {
		free(d->targets);
		free(d);
		return r;
	}
	if (!scan->req.health && !scan->req.meta)
		return 0;
	return state == CTL__NVME_DEV_STATE__NEW ? 0 : ask_health(d);
}

static void
table_answered(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct engine_call   *c      = arg;
	struct srv_bdev_scan *scan   = c->scan;
	unsigned              engine = c->engine;
	Ctl__SmdDevResp      *resp   = err == 0 ? ctl__smd_dev_resp__unpack(NULL, len, body) : NULL;
	struct fault          own    = FAULT_INIT;
	char                  text[256];
	int                   r = 0;

	free(c);
	scan->answers[engine] = resp;
	if (err < 0) {
		engine_failed(scan, engine, f);
	} else if (resp == NULL) {
		fault_plain(&own, -EPROTO, "the engine's answer cannot be read");
	} else if (resp->status != 0) {
		fault_plain(&own, -EIO, "device table: %s",
			    der_format(resp->status, text, sizeof(text)));
	} else {
		for (size_t k = 0; r == 0 && k < resp->n_devices; k++)
			r = add_device(scan, engine, resp->devices[k]);
		if (r < 0)
			fault_plain(&own, r, "%s", strerror(-r));
	}
	if (own.set)
		engine_failed(scan, engine, &own);
	done_one(scan);
}

static int
ask_table(struct srv_bdev_scan *scan, unsigned engine)
{
	struct engine_call *c = calloc(1, sizeof(*c));
	int                 r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct engine_call){scan, engine};
	r  = har_instance_call(har_harness_get(scan->s->harness, engine), DRPC_MGMT_SMD_DEVS, NULL,
			       scan->req.deadline_ms, table_answered, c, NULL);
	if (r < 0) {
		free(c);
		return r;
	}
	scan->pending++;
	scan->asked++;
	return 0;
}

static void
begun(void *arg)
{
	done_one(arg);
}

int
srv_bdev_scan_start(struct srv_server *s, const struct srv_bdev_scan_req *req, srv_bdev_scan_cb cb,
		    void *arg, struct srv_bdev_scan **ret)
{
	struct srv_bdev_scan *scan = calloc(1, sizeof(*scan));
	int                   r;

	if (scan == NULL)
		return -ENOMEM;
	*scan = (struct srv_bdev_scan){.s = s, .req = *req, .cb = cb, .arg = arg};
	/* Holds the end back until all calls are out, and makes one come later when there is none.
	 */
	scan->pending = 1;
	r             = loop_post(s->loop, begun, scan);
	if (r < 0) {
		free(scan);
		return r;
	}
	for (unsigned k = 0; k < har_harness_count(s->harness); k++) {
		struct fault f = FAULT_INIT;

		if (!stor_has_bdevs(s->storage, k) ||
		    har_instance_state(har_harness_get(s->harness, k)) != HAR_STATE_READY)
			continue;
		r = ask_table(scan, k);
		if (r == 0)
			continue;
		fault_plain(&f, r, "%s", strerror(-r));
		scan->asked++;
		engine_failed(scan, k, &f);
	}
	*ret = scan;
	return 0;
}

/* ---- the answer ---- */

static void
fill_device(struct device *d)
{
	const struct srv_bdev_scan *scan = d->scan;
	const Ctl__NvmeController  *from = d->smd->ctrlr;
	size_t                      n    = 0;

	d->out               = *from;
	d->out.n_smd_devices = 0;
	d->out.smd_devices   = NULL;
	d->out.health_stats  = scan->req.health ? d->health : NULL;
	if (scan->req.basic) {
		d->out.model = d->out.serial = d->out.fw_rev = (char *)protobuf_c_empty_string;
		return;
	}
	ctl__smd_device__init(&d->out_smd);
	d->out_smd.uuid = d->smd->uuid;
	for (size_t k = 0; k < d->smd->n_tgt_ids; k++)
		if (d->smd->tgt_ids[k] != SYS_TARGET)
			d->targets[n++] = d->smd->tgt_ids[k];
	d->out_smd.n_tgt_ids = n;
	d->out_smd.tgt_ids   = d->targets;
	d->out_smd.rank      = har_instance_rank(har_harness_get(scan->s->harness, d->engine));
	d->out_smd.role_bits = d->smd->role_bits;
	d->out_smd.ctrlr_namespace_id = d->smd->ctrlr_namespace_id;
	if (d->health != NULL) {
		d->out_smd.total_bytes = d->health->total_bytes;
		d->out_smd.avail_bytes = d->health->avail_bytes;
	}
	if (d->health != NULL && scan->req.meta) {
		d->out_smd.avail_bytes   = d->space.avail_bytes;
		d->out_smd.usable_bytes  = d->space.usable_bytes;
		d->out_smd.cluster_size  = d->health->cluster_size;
		d->out_smd.meta_size     = d->space.meta_size;
		d->out_smd.rdb_size      = d->space.rdb_size;
		d->out_smd.meta_wal_size = d->health->meta_wal_size;
		d->out_smd.rdb_wal_size  = d->health->rdb_wal_size;
	}
	d->out_list[0]       = &d->out_smd;
	d->out.n_smd_devices = 1;
	d->out.smd_devices   = d->out_list;
}

/* Distinct targets of a device, the system's own stream left out. */
static unsigned
count_targets(const Ctl__SmdDevice *smd)
{
	unsigned n = 0;

	for (size_t k = 0; k < smd->n_tgt_ids; k++) {
		bool seen = smd->tgt_ids[k] == SYS_TARGET;

		for (size_t m = 0; m < k && !seen; m++)
			seen = smd->tgt_ids[m] == smd->tgt_ids[k];
		n += !seen;
	}
	return n;
}

static int
compute_space(struct srv_bdev_scan *scan)
{
	size_t               n   = scan->devices.n;
	struct stor_smd_dev *all = calloc(n + 1, sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	for (size_t k = 0; k < n; k++) {
		struct device *d = scan->devices.v[k];

		d->space.role_bits = d->smd->role_bits;
		d->space.normal    = d->smd->ctrlr->dev_state == CTL__NVME_DEV_STATE__NORMAL;
		d->space.rank = har_instance_rank(har_harness_get(scan->s->harness, d->engine));
		d->space.n_targets = count_targets(d->smd);
		if (d->health != NULL) {
			d->space.cluster_size  = d->health->cluster_size;
			d->space.avail_bytes   = d->health->avail_bytes;
			d->space.meta_wal_size = d->health->meta_wal_size;
			d->space.rdb_wal_size  = d->health->rdb_wal_size;
		}
		all[k] = d->space;
	}
	stor_usable_bdevs(all, n);
	for (size_t k = 0; k < n; k++)
		scan->devices.v[k]->space = all[k];
	free(all);
	return 0;
}

int
srv_bdev_scan_fill(struct srv_bdev_scan *scan, Ctl__ScanNvmeResp *resp, struct fault *f)
{
	size_t n = scan->devices.n;
	int    r;

	if (scan->failed > 0 && scan->asked == 1) {
		*f = scan->f;
		return -EIO;
	}
	scan->list = calloc(n + 1, sizeof(*scan->list));
	r          = scan->list == NULL ? -ENOMEM : scan->req.meta ? compute_space(scan) : 0;
	if (r < 0)
		return r;
	for (size_t k = 0; k < n; k++) {
		fill_device(scan->devices.v[k]);
		scan->list[k] = &scan->devices.v[k]->out;
	}
	ctl__response_state__init(&scan->state);
	if (scan->failed > 0) {
		scan->state.status = CTL__RESPONSE_STATUS__CTL_ERR_NVME;
		scan->state.error  = fault_format(&scan->f, scan->error, sizeof(scan->error));
	}
	resp->n_ctrlrs = n;
	resp->ctrlrs   = scan->list;
	resp->state    = &scan->state;
	return 0;
}

struct srv_bdev_scan *
srv_bdev_scan_free(struct srv_bdev_scan *scan)
{
	if (scan == NULL)
		return NULL;
	vec_foreach (&scan->devices, d) {
		if ((*d)->health != NULL)
			ctl__bio_health_resp__free_unpacked((*d)->health, NULL);
		free((*d)->targets);
		free(*d);
	}
	vec_fini(&scan->devices);
	for (size_t k = 0; k < HAR_INSTANCES_MAX; k++)
		if (scan->answers[k] != NULL)
			ctl__smd_dev_resp__free_unpacked(scan->answers[k], NULL);
	free(scan->list);
	free(scan);
	return NULL;
}
