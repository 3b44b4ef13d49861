/*
 * Switches of the kernel (transparent hugepages, IOMMU) and facts about block devices, from /sys.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "common/fs.h"
#include "common/str.h"
#include "hw_private.h"

#define SECTOR_BYTES 512ULL /* the unit of /sys/.../size whatever the device's own block size is   \
			     */

int
hw_thp_enabled(const struct hw_env *env, bool *ret)
{
	_cleanup_(freep) char *text = NULL;
	char                   path[HW_PATH_MAX];
	int r = hw_path(env, path, sizeof(path), "/sys/kernel/mm/transparent_hugepage/enabled");

	if (r == 0)
		r = hw_read_text(path, &text);
	if (r == -ENOENT) {
		*ret = false;
		return 0;
	}
	if (r < 0)
		return r;
	*ret = strstr(text, "[never]") == NULL;
	return 0;
}

bool
hw_iommu_present(const struct hw_env *env)
{
	char           path[HW_PATH_MAX];
	struct dirent *d;
	bool           found = false;
	DIR           *dir;

	if (hw_path(env, path, sizeof(path), "/sys/class/iommu") < 0)
		return false;
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL)
		found = d->d_name[0] != '.';
	(void)closedir(dir); /* nothing is left to do when it fails */
	return found;
}

int
hw_block_read(const struct hw_env *env, dev_t dev, struct hw_block *ret)
{
	struct hw_block b = {.logical_block_size = SECTOR_BYTES};
	char            base[HW_PATH_MAX], path[HW_PATH_MAX + 64];
	uint64_t        sectors, value;
	int r = hw_path(env, base, sizeof(base), "/sys/dev/block/%u:%u", major(dev), minor(dev));

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/size", base); /* base is shorter by more than that */
	r = hw_read_u64(path, 10, &sectors);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	if (__builtin_mul_overflow(sectors, SECTOR_BYTES, &b.size_bytes))
		return -EOVERFLOW;
	(void)snprintf(path, sizeof(path), "%s/ro", base);
	if (hw_read_u64(path, 10, &value) == 0)
		b.read_only = value != 0;
	(void)snprintf(path, sizeof(path), "%s/partition", base);
	b.partition = fs_exists(path);
	(void)snprintf(path, sizeof(path), "%s/%squeue/logical_block_size", base,
		       b.partition ? "../" : "");
	if (hw_read_u64(path, 10, &value) == 0 && value <= UINT32_MAX)
		b.logical_block_size = (uint32_t)value;
	*ret = b;
	return 0;
}
