/*
 * The engine's block devices, as daos_nvme.conf lists them (engine-process.md §7): files and kernel
 * block devices (bdev_aio_create). Opening checks that each is there, can be written and has a
 * size. Blocking.
 */
#pragma once

#include "common/fault.h"
#include "common/uuid.h"
#include "common/vec.h"

enum {
	ENG_ROLE_DATA = 1,
	ENG_ROLE_META = 2,
	ENG_ROLE_WAL  = 4,
};

struct eng_device {
	char       *name;
	char       *path;
	unsigned    roles; /* of ENG_ROLE_*; 0: none configured, it holds everything */
	int         fd;
	uint64_t    size_bytes;
	struct uuid uuid; /* set by the caller */
};

struct eng_devices {
	VEC(struct eng_device) list;
};

/*
 * Opens what the file lists. Plain faults name the file or device: -ENOENT, -EINVAL (not JSON, bad
 * entry, a device twice), -ENOTSUP (NVMe through SPDK), -ENOTBLK, -ENOSPC (no size), -EBUSY …
 */
int  eng_devices_open(const char *conf_path, struct eng_devices *ret, struct fault *f);
void eng_devices_close(struct eng_devices *d);
/*
 * Role bits from the name's last part: "AIO_host1_0_1_7" → 7; a namespace suffix "n1" is skipped.
 * -EINVAL.
 */
int eng_device_roles(const char *name, unsigned *ret);
/*
 * Targets with data on device i, when `targets` are dealt out in turn over the devices that hold
 * data. Writes up to `targets` numbers to ret and returns how many.
 */
unsigned eng_devices_targets(const struct eng_devices *d, size_t i, unsigned targets, int32_t *ret);
