/*
 * Block devices of class kdev: a device of the kernel, given to the engine as it is. Nothing is
 * written to it here; a device that is missing, mounted, held by something else or read-only is
 * refused.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

static int
failed(struct fault *f, const char *device, int err, const char *why)
{
	(void)fault_set(f, FAULT_BDEV_FORMAT_FAILURE, "format of %s failed: %s", device, why);
	fault_resolve(f, "check the bdev_list entry %s", device);
	return err;
}

static int
check_mounted(const struct stor_host *h, const char *device, dev_t dev, struct fault *f)
{
	struct stor_mount m;
	char              why[256];
	int               r = stor_find_mount_of_dev(h, dev, NULL, &m);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return failed(f, device, r, strerror(-r));
	(void)snprintf(why, sizeof(why), "it is mounted at %.200s", m.target);
	return failed(f, device, -EBUSY, why);
}

static int
kdev_check(const struct stor_host *h, const struct stor_tier *t, const char *device,
	   struct fault *f)
{
	struct stat     st;
	struct hw_block block;
	int             r = h->ops->stat(h->ops, device, &st);

	if (r < 0)
		return failed(f, device, r, strerror(-r));
	if (!S_ISBLK(st.st_mode))
		return failed(f, device, -ENOTBLK, "it is not a block device");
	r = check_mounted(h, device, st.st_rdev, f);
	if (r < 0)
		return r;
	r = hw_block_read(h->hw, st.st_rdev, &block);
	if (r < 0)
		return failed(f, device, r,
			      r == -ENODEV ? "the kernel has no such device" : strerror(-r));
	if (block.size_bytes == 0)
		return failed(f, device, -ENOMEDIUM, "its size is 0");
	if (block.read_only)
		return failed(f, device, -EROFS, "it is read-only");
	r = h->ops->claim_check(h->ops, device);
	if (r == -EBUSY)
		return failed(f, device, r, "it is in use by the kernel or by another program");
	if (r < 0)
		return failed(f, device, r, strerror(-r));
	return 0;
}

static int
kdev_format(const struct stor_host *h, const struct stor_tier *t, const char *device,
	    struct fault *f)
{
	return 0;
}

const struct stor_bdev_provider stor_bdev_kdev = {.check = kdev_check, .format = kdev_format};
