/*
 * Block devices of class file: a regular file of the configured size. Old content is lost; a file
 * of another kind, or one that would not fit, is refused before anything is touched.
 */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "common/size.h"
#include "common/str.h"
#include "storage_private.h"

static int
failed(struct fault *f, const char *device, int err, const char *why)
{
	int r = fault_set(f, FAULT_BDEV_FORMAT_FAILURE, "format of %s failed: %s", device, why);

	return err < 0 ? err : r;
}

static uint64_t
rounded(const struct stor_tier *t)
{
	return t->size_bytes / STOR_FILE_ALIGN * STOR_FILE_ALIGN;
}

static int
check_space(const struct stor_host *h, const struct stor_tier *t, const char *device,
	    uint64_t have_bytes, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(device);
	struct stor_fs_info    info;
	char                   want[SIZE_TEXT_MAX], got[SIZE_TEXT_MAX], why[256];
	const char            *dir;
	int                    r;

	if (copy == NULL)
		return -ENOMEM;
	dir = dirname(copy);
	r   = h->ops->fs_info(h->ops, dir, &info);
	if (r == -ENOENT) {
		(void)snprintf(why, sizeof(why), "there is no directory %.200s", dir);
		r = failed(f, device, r, why);
		fault_resolve(f, "create the directory of bdev_list entry %s", device);
		return r;
	}
	if (r < 0)
		return failed(f, device, r, strerror(-r));
	if (info.read_only) {
		r = failed(f, device, -EROFS, "its file system is read-only");
		fault_resolve(f, "mount the file system of %s read-write", device);
		return r;
	}
	if (rounded(t) > have_bytes && rounded(t) - have_bytes > info.avail_bytes) {
		(void)snprintf(why, sizeof(why), "bdev_size needs %s, only %s are free in %.150s",
			       size_format_iec(rounded(t), want),
			       size_format_iec(info.avail_bytes + have_bytes, got), dir);
		r = failed(f, device, -ENOSPC, why);
		fault_resolve(f, "free space in the directory of %s or lower bdev_size", device);
		return r;
	}
	return 0;
}

static int
file_check(const struct stor_host *h, const struct stor_tier *t, const char *device,
	   struct fault *f)
{
	struct stat st;
	uint64_t    have_bytes = 0;
	int         r;

	if (device[0] != '/')
		return failed(f, device, -EINVAL, "bdev_list needs an absolute path");
	if (rounded(t) == 0)
		return failed(f, device, -EINVAL, "bdev_size is not set");
	r = h->ops->stat(h->ops, device, &st);
	if (r == 0 && !S_ISREG(st.st_mode)) {
		r = failed(f, device, -EINVAL,
			   S_ISBLK(st.st_mode) ? "it is a block device, not a file"
					       : "it is not a regular file");
		fault_resolve(f, "name a file in bdev_list, or use class kdev for a block device");
		return r;
	}
	if (r == 0)
		have_bytes = (uint64_t)st.st_blocks * 512;
	else if (r != -ENOENT)
		return failed(f, device, r, strerror(-r));
	return check_space(h, t, device, have_bytes, f);
}

static int
file_format(const struct stor_host *h, const struct stor_tier *t, const char *device,
	    struct fault *f)
{
	int r = h->ops->make_file(h->ops, device, rounded(t), STOR_BDEV_MODE, h->uid, h->gid);

	return r < 0 ? failed(f, device, r, strerror(-r)) : 0;
}

const struct stor_bdev_provider stor_bdev_file = {.check = file_check, .format = file_format};
