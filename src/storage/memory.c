/*
 * Does the host have the memory its ramdisks need? Rules of server-lifecycle.md §3.5 with
 * upstream's rounding.
 */
#include <string.h>

#include "common/size.h"
#include "storage_private.h"

int
stor_check_ram_available(uint64_t ramdisk_bytes, uint64_t available_bytes, struct fault *f)
{
	uint64_t need = ramdisk_bytes / 100 * 90;
	char     size[SIZE_TEXT_MAX], want[SIZE_TEXT_MAX], have[SIZE_TEXT_MAX];

	if (available_bytes >= need)
		return 0;
	return fault_set(
	    f, FAULT_SCM_RAMDISK_LOW_MEM,
	    "available memory (RAM) is insufficient for ramdisks of %s: %s are needed, there are "
	    "only %s",
	    size_format_iec(ramdisk_bytes, size), size_format_iec(need, want),
	    size_format_iec(available_bytes, have));
}

static int
check_mounted_size(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	struct stor_fs_info info;
	char                have[SIZE_TEXT_MAX], want[SIZE_TEXT_MAX];
	int                 r = h->ops->fs_info(h->ops, e->scm_mount, &info);

	if (r < 0)
		return fault_plain(f, r, "cannot examine %s: %s", e->scm_mount, strerror(-r));
	if (info.total_bytes <= e->scm_size_bytes)
		return 0;
	r = fault_set(f, FAULT_SCM_RAMDISK_BAD_SIZE,
		      "the ramdisk mounted at %s has %s, more than the %s of the configuration",
		      e->scm_mount, size_format_iec(info.total_bytes, have),
		      size_format_iec(e->scm_size_bytes, want));
	fault_resolve(f, "unmount %s and let daos_server mount it, or mount it with size %s",
		      e->scm_mount, want);
	return r;
}

int
stor_engine_check_memory(const struct stor_host *h, unsigned idx, struct fault *f)
{
	const struct stor_engine *e = &h->engines[idx];
	struct stor_mount         m;
	struct hw_mem             mem;
	int                       r;

	if (e->scm_class != STOR_CLASS_RAM || e->scm_size_bytes == 0)
		return 0;
	r = stor_find_mount(h, e->scm_mount, &m);
	if (r == 0)
		return check_mounted_size(h, e, f);
	if (r != -ENOENT)
		return fault_plain(f, r, "cannot read the mount table: %s", strerror(-r));
	r = hw_mem_read_totals(h->hw, &mem, f);
	if (r < 0)
		return r;
	r = stor_check_ram_available(e->scm_size_bytes, mem.mem_available_kb * KIB, f);
	hw_mem_fini(&mem);
	return r;
}
