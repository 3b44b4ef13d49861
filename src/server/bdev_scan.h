/*
 * The block devices of the running engines, as StorageScan reports them (storage.md §7.2).
 */
#pragma once

#include "ctl/storage_nvme.pb-c.h"
#include "harness/harness.h"
#include "storage/storage.h"

struct srv_server;
struct srv_bdev_scan;

struct srv_bdev_scan_req {
	bool     health; /* report health */
	bool     meta;   /* report capacity and what of it is usable */
	bool     basic;  /* leave out device tables, serial, model, firmware */
	float    mem_ratio;
	uint64_t scm_usable_bytes[HAR_INSTANCES_MAX]; /* per engine, for meta */
	uint64_t deadline_ms;                         /* for each call to an engine */
};

typedef void (*srv_bdev_scan_cb)(void *arg);

/* Asks every ready engine that has block devices. cb runs later, once; 0 or -ENOMEM. */
int srv_bdev_scan_start(struct srv_server *s, const struct srv_bdev_scan_req *req,
			srv_bdev_scan_cb cb, void *arg, struct srv_bdev_scan **ret);
/*
 * After cb: puts the controllers into resp, borrowed from the scan. An error of one engine of
 * several goes into the state; of a single one it is returned, with f.
 */
int srv_bdev_scan_fill(struct srv_bdev_scan *scan, Ctl__ScanNvmeResp *resp, struct fault *f);
struct srv_bdev_scan *srv_bdev_scan_free(struct srv_bdev_scan *scan);
