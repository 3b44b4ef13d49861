/*
 * The control metadata directory of MD-on-SSD: `<control_metadata.path>/daos_control` with a
 * directory an engine, on a file system of the host or on a device of its own.
 *
 * The directory is made under another name and renamed, and an old one is renamed before it is
 * removed: at every moment there is a complete one or none, which is what "needs format" looks at.
 */
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

#define FS_TYPE   "ext4"
#define MKFS_PATH "/sbin/mkfs.ext4"

/* The mount at the metadata path: -ENOENT when there is none, a fault when it is not of the
 * configured device. */
static int
find_own_mount(const struct stor_host *h, struct stor_mount *ret, struct fault *f)
{
	struct stat st;
	int         r = stor_find_mount(h, h->meta_path, ret);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return fault_plain(f, r, "cannot read the mount table: %s", strerror(-r));
	r = h->ops->stat(h->ops, h->meta_device, &st);
	if (r == 0 && st.st_rdev == ret->dev)
		return 0;
	r = fault_set(f, FAULT_STORAGE_TARGET_ALREADY_MOUNTED,
		      "%s of %s is mounted at %s instead of %s", ret->fstype, ret->source,
		      h->meta_path, h->meta_device);
	fault_resolve(f, "unmount %s, or set another control_metadata.path", h->meta_path);
	return r;
}

static int
check_device(const struct stor_host *h, struct stat *ret, struct fault *f)
{
	int r = h->ops->stat(h->ops, h->meta_device, ret);

	if (r == 0 && !S_ISBLK(ret->st_mode))
		r = -ENOTBLK;
	if (r < 0)
		return fault_plain(f, r, "control_metadata.device %s: %s", h->meta_device,
				   strerror(-r));
	return 0;
}

static int
mount_device(const struct stor_host *h, struct fault *f)
{
	struct stor_mount_args args = {.source  = h->meta_device,
				       .target  = h->meta_path,
				       .fstype  = FS_TYPE,
				       .options = "noatime"};
	int                    r    = h->ops->mount(h->ops, &args);

	if (r < 0)
		return fault_plain(f, r, "cannot mount control_metadata.device %s at %s: %s",
				   h->meta_device, h->meta_path, strerror(-r));
	return 0;
}

int
stor_meta_mount(const struct stor_host *h, struct fault *f)
{
	_cleanup_(closep) int lock = -EBADF;
	struct stor_mount     m;
	int                   r;

	if (h->meta_path == NULL || h->meta_device == NULL)
		return 0;
	r = h->ops->lock_dir(h->ops, h->meta_path, &lock);
	if (r < 0)
		return fault_plain(f, r, "cannot use control_metadata.path %s: %s", h->meta_path,
				   strerror(-r));
	r = find_own_mount(h, &m, f);
	return r == -ENOENT ? mount_device(h, f) : r;
}

static int
device_needs_format(const struct stor_host *h, bool *ret, char *why, size_t why_size,
		    struct fault *f)
{
	struct stor_fs_probe probe;
	struct stor_mount    m;
	struct stat          st;
	int                  r = check_device(h, &st, f);

	if (r < 0)
		return r;
	r = find_own_mount(h, &m, f);
	if (r != -ENOENT)
		return r;
	r = h->ops->fs_probe(h->ops, h->meta_device, &probe);
	if (r < 0)
		return fault_plain(f, r, "cannot examine control_metadata.device %s: %s",
				   h->meta_device, strerror(-r));
	if (!str_eq(probe.type, FS_TYPE)) {
		*ret = true;
		(void)snprintf(why, why_size, "device %s holds %s, not " FS_TYPE, h->meta_device,
			       probe.type[0] ? probe.type : "no file system");
		return 0;
	}
	return stor_meta_mount(h, f);
}

int
stor_meta_needs_format(const struct stor_host *h, bool *ret, char *why, size_t why_size,
		       struct fault *f)
{
	struct stat st;
	bool        needs = false;
	int         r;

	*ret = false;
	if (h->meta_path == NULL)
		return 0;
	r = h->ops->stat(h->ops, h->meta_path, &st);
	if (r == -ENOENT) {
		*ret = true;
		(void)snprintf(why, why_size, "control metadata path %s does not exist",
			       h->meta_path);
		return 0;
	}
	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r < 0)
		return fault_plain(f, r, "control_metadata.path %s: %s", h->meta_path,
				   strerror(-r));
	if (h->meta_device != NULL) {
		r = device_needs_format(h, &needs, why, why_size, f);
		if (r < 0 || needs) {
			*ret = r == 0;
			return r;
		}
	}
	r = h->ops->stat(h->ops, h->meta_dir, &st);
	if (r < 0 && r != -ENOENT)
		return fault_plain(f, r, "control metadata %s: %s", h->meta_dir, strerror(-r));
	if (r == -ENOENT) {
		*ret = true;
		(void)snprintf(why, why_size, "there is no %s", h->meta_dir);
	}
	return 0;
}

/* The file system that would hold the path: that of the nearest directory that exists. */
static int
check_filesystem(const struct stor_host *h, struct fault *f)
{
	_cleanup_(freep) char *path = strdup(h->meta_path);
	struct stor_fs_info    info;
	int                    r;

	if (path == NULL)
		return -ENOMEM;
	while ((r = h->ops->fs_info(h->ops, path, &info)) == -ENOENT) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			break;
		slash[slash == path] = '\0'; /* keeps the root itself */
	}
	if (r < 0)
		return fault_plain(f, r, "cannot examine the file system of %s: %s", h->meta_path,
				   strerror(-r));
	if (info.magic == NFS_SUPER_MAGIC || info.nosuid) {
		r = fault_set(
		    f, FAULT_CONTROL_METADATA_BAD_FILESYSTEM,
		    "control_metadata.path %s is on %s, which is not usable for control metadata",
		    h->meta_path,
		    info.nosuid ? "a file system mounted nosuid" : "a network file system");
		fault_resolve(
		    f, "set control_metadata.path to a directory of a local file system, or give "
		       "control_metadata.device");
		return r;
	}
	if (info.read_only)
		return fault_plain(f, -EROFS,
				   "control_metadata.path %s is on a read-only file system",
				   h->meta_path);
	return 0;
}

/* What must hold before a device is overwritten. */
static int
check_device_free(const struct stor_host *h, bool *ret_mounted, struct fault *f)
{
	struct stor_mount m;
	struct hw_block   block;
	struct stat       st;
	int               r = check_device(h, &st, f);

	if (r < 0)
		return r;
	if (!h->ops->is_root(h->ops))
		return fault_plain(
		    f, -EPERM,
		    "formatting control_metadata.device %s needs root: run daos_server as root, "
		    "or use control_metadata.path without a device",
		    h->meta_device);
	if (stor_find_mount_of_dev(h, st.st_rdev, h->meta_path, &m) == 0) {
		r = fault_set(f, FAULT_STORAGE_DEVICE_ALREADY_MOUNTED,
			      "control_metadata.device %s is mounted at %s", h->meta_device,
			      m.target);
		fault_resolve(f, "unmount %s", m.target);
		return r;
	}
	r = hw_block_read(h->hw, st.st_rdev, &block);
	if (r < 0 || block.read_only)
		return fault_plain(f, r < 0 ? r : -EROFS, "control_metadata.device %s: %s",
				   h->meta_device, r < 0 ? strerror(-r) : "it is read-only");
	r = find_own_mount(h, &m, f);
	if (r == 0) {
		*ret_mounted = true;
		return 0;
	}
	if (r != -ENOENT)
		return r;
	*ret_mounted = false;
	r            = h->ops->claim_check(h->ops, h->meta_device);
	if (r < 0)
		return fault_plain(f, r, "control_metadata.device %s is in use: %s", h->meta_device,
				   strerror(-r));
	return 0;
}

static int
plan_tree(const struct stor_host *h, bool fresh, struct stor_plan *p)
{
	int r = 0;

	if (!fresh) {
		r = stor_plan_add(p, STOR_STEP_META_RETIRE, NULL, NULL, h->meta_dir);
		if (r == 0)
			r = stor_plan_add(p, STOR_STEP_META_CLEAN, NULL, NULL, h->meta_retired);
	}
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_META_BUILD, NULL, NULL, h->meta_staging);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_META_COMMIT, NULL, NULL, h->meta_dir);
	return r;
}

int
stor_meta_plan(const struct stor_host *h, struct stor_plan *p, struct fault *f)
{
	bool mounted = false;
	int  r;

	if (h->meta_device == NULL) {
		r = check_filesystem(h, f);
		if (r == 0)
			r = stor_plan_add(p, STOR_STEP_META_MKDIR, NULL, NULL, h->meta_path);
		return r < 0 ? r : plan_tree(h, false, p);
	}
	r = check_device_free(h, &mounted, f);
	if (r == 0 && mounted)
		r = stor_plan_add(p, STOR_STEP_META_UNMOUNT, NULL, NULL, h->meta_path);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_META_MKDIR, NULL, NULL, h->meta_path);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_META_MKFS, NULL, NULL, h->meta_device);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_META_MOUNT, NULL, NULL, h->meta_path);
	return r < 0 ? r : plan_tree(h, true, p);
}

static int
make_filesystem(const struct stor_host *h, struct fault *f)
{
	struct stor_fs_probe probe = {0};
	char                 why[512];
	char                *argv[10];
	size_t               n = 0;
	int                  r;

	/* a label somebody gave the device is kept; not being able to read one is no reason to stop
	 */
	(void)h->ops->fs_probe(h->ops, h->meta_device, &probe);
	argv[n++] = (char *)MKFS_PATH;
	argv[n++] = (char *)"-F";
	argv[n++] = (char *)"-q";
	if (probe.label[0] != '\0') {
		argv[n++] = (char *)"-L";
		argv[n++] = probe.label;
	}
	argv[n++] = h->meta_device;
	argv[n]   = NULL;
	why[0]    = '\0';
	r         = h->ops->run(h->ops, argv, why, sizeof(why));
	if (r < 0)
		return fault_plain(f, r, "%s of %s failed: %s", MKFS_PATH, h->meta_device,
				   why[0] ? why : strerror(-r));
	return 0;
}

static int
own_dir(const struct stor_host *h, const char *path)
{
	int r = h->ops->mkdir(h->ops, path, STOR_DIR_MODE);

	return r < 0 ? r : h->ops->chown(h->ops, path, h->uid, h->gid);
}

static int
build_tree(const struct stor_host *h, struct fault *f)
{
	int r = h->ops->remove_tree(h->ops, h->meta_staging); /* of a format that did not end */

	if (r == 0)
		r = own_dir(h, h->meta_staging);
	for (unsigned i = 0; r == 0 && i < h->n_engines; i++) {
		_cleanup_(freep) char *dir = str_format("%s/engine%u", h->meta_staging, i);

		r = dir ? own_dir(h, dir) : -ENOMEM;
	}
	if (r == 0)
		r = h->ops->fsync_dir(h->ops, h->meta_staging);
	if (r < 0)
		return fault_plain(f, r, "cannot make %s: %s", h->meta_staging, strerror(-r));
	return 0;
}

static int
retire_tree(const struct stor_host *h, struct fault *f)
{
	struct stat st;
	int         r = h->ops->stat(h->ops, h->meta_dir, &st);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = h->ops->remove_tree(h->ops, h->meta_retired);
	if (r == 0)
		r = h->ops->rename(h->ops, h->meta_dir, h->meta_retired);
	if (r == 0)
		r = h->ops->fsync_dir(h->ops, h->meta_path);
	if (r < 0)
		return fault_plain(f, r, "cannot remove %s: %s", h->meta_dir, strerror(-r));
	return 0;
}

static int
commit_tree(const struct stor_host *h, struct fault *f)
{
	int r = h->ops->rename(h->ops, h->meta_staging, h->meta_dir);

	if (r == 0)
		r = h->ops->fsync_dir(h->ops, h->meta_path);
	if (r < 0)
		return fault_plain(f, r, "cannot make %s: %s", h->meta_dir, strerror(-r));
	return 0;
}

int
stor_meta_exec(const struct stor_exec *x, const struct stor_step *s, struct fault *f)
{
	const struct stor_host *h = x->host;
	int                     r;

	switch (s->kind) {
	case STOR_STEP_META_UNMOUNT:
		r = h->ops->unmount(h->ops, h->meta_path);
		break;
	case STOR_STEP_META_MKDIR:
		return stor_mkdir_owned(h, h->meta_path, f);
	case STOR_STEP_META_MKFS:
		return make_filesystem(h, f);
	case STOR_STEP_META_MOUNT:
		return mount_device(h, f);
	case STOR_STEP_META_RETIRE:
		return retire_tree(h, f);
	case STOR_STEP_META_CLEAN:
		r = h->ops->remove_tree(h->ops, h->meta_retired);
		break;
	case STOR_STEP_META_BUILD:
		return build_tree(h, f);
	case STOR_STEP_META_COMMIT:
		return commit_tree(h, f);
	default:
		r = -EINVAL;
		break;
	}
	if (r < 0)
		return fault_plain(f, r, "%s %s: %s", stor_step_name(s->kind), s->object,
				   strerror(-r));
	return 0;
}
