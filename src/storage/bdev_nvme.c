/*
 * Block devices of class nvme, and the table of all classes. SPDK is not part of this build: nvme
 * devices are refused.
 */
#include "storage_private.h"

static int
nvme_refuse(const struct stor_host *h, const struct stor_tier *t, const char *device,
	    struct fault *f)
{
	(void)fault_set(
	    f, FAULT_BDEV_FORMAT_FAILURE,
	    "format of %s failed: this daos_server is built without support for class nvme",
	    device);
	fault_resolve(f, "use bdev class file or kdev");
	return -EOPNOTSUPP;
}

static int
unknown_refuse(const struct stor_host *h, const struct stor_tier *t, const char *device,
	       struct fault *f)
{
	return fault_set(f, FAULT_BDEV_FORMAT_UNKNOWN_CLASS,
			 "format of %s: bdev class is not known", device);
}

const struct stor_bdev_provider stor_bdev_nvme = {.check = nvme_refuse, .format = nvme_refuse};
static const struct stor_bdev_provider stor_bdev_unknown = {.check  = unknown_refuse,
							    .format = unknown_refuse};

const struct stor_bdev_provider *
stor_bdev_provider(enum stor_class c)
{
	switch (c) {
	case STOR_CLASS_FILE:
		return &stor_bdev_file;
	case STOR_CLASS_KDEV:
		return &stor_bdev_kdev;
	case STOR_CLASS_NVME:
		return &stor_bdev_nvme;
	default:
		return &stor_bdev_unknown;
	}
}
