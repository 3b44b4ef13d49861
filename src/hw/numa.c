/*
 * NUMA nodes, cores per node, and the PCI buses of a node, from /sys/devices/system/node and
 * /sys/bus/pci.
 */
#include "hw/hw.h"

#include <dirent.h>
#include <stdio.h>

#include "common/str.h"
#include "hw_private.h"

static int
add_id(uint32_t value, void *arg)
{
	struct hw_numa *n = arg;

	return vec_push(&n->ids, value);
}

int
hw_node_ids(const struct hw_env *env, struct hw_numa *ret)
{
	_cleanup_(hw_numa_fini) struct hw_numa n    = {0};
	_cleanup_(freep) char                 *text = NULL;
	char                                   path[HW_PATH_MAX];
	int r = hw_path(env, path, sizeof(path), "/sys/devices/system/node/online");

	if (r < 0)
		return r;
	r = hw_read_text(path, &text);
	if (r == 0)
		r = hw_list_each(text, add_id, &n);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = n;
	memset(&n, 0, sizeof(n));
	return 0;
}

struct core {
	uint64_t package;
	uint64_t id;
};

struct core_set {
	const struct hw_env *env;
	VEC(struct core) v;
};

/* Adds the core a CPU belongs to, once; a CPU whose topology is not exported counts as a core of
 * its own. */
static int
add_core(uint32_t cpu, void *arg)
{
	struct core_set *set  = arg;
	struct core      core = {.package = UINT64_MAX, .id = cpu};
	char             path[HW_PATH_MAX];
	uint64_t         package, id;
	int              r;

	r = hw_path(set->env, path, sizeof(path),
		    "/sys/devices/system/cpu/cpu%u/topology/physical_package_id", cpu);
	if (r < 0)
		return r;
	if (hw_read_u64(path, 10, &package) == 0 &&
	    hw_path(set->env, path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/core_id",
		    cpu) == 0 &&
	    hw_read_u64(path, 10, &id) == 0)
		core = (struct core){.package = package, .id = id};
	vec_foreach (&set->v, seen) {
		if (seen->package == core.package && seen->id == core.id)
			return 0;
	}
	return vec_push(&set->v, core);
}

/* Cores of the CPUs that a cpulist file names. */
static int
count_cores(const struct hw_env *env, const char *cpulist_path, unsigned *ret)
{
	_cleanup_(freep) char *text = NULL;
	struct core_set        set  = {.env = env};
	int                    r    = hw_read_text(cpulist_path, &text);

	if (r == 0)
		r = hw_list_each(text, add_core, &set);
	if (r == 0)
		*ret = (unsigned)set.v.n;
	vec_fini(&set.v);
	return r;
}

int
hw_numa_read(const struct hw_env *env, struct hw_numa *ret)
{
	_cleanup_(hw_numa_fini) struct hw_numa n = {0};
	char                                   path[HW_PATH_MAX];
	unsigned                               cores, least = UINT32_MAX;
	int                                    r = hw_node_ids(env, &n);

	if (r < 0)
		return r;
	vec_foreach (&n.ids, id) {
		r = hw_path(env, path, sizeof(path), "/sys/devices/system/node/node%u/cpulist",
			    *id);
		if (r == 0)
			r = count_cores(env, path, &cores);
		if (r < 0)
			return r;
		if (cores > 0) /* nodes that hold only memory do not count */
			least = MIN(least, cores);
	}
	if (n.ids.n == 0) {
		r = hw_path(env, path, sizeof(path), "/sys/devices/system/cpu/online");
		if (r == 0)
			r = count_cores(env, path, &least);
		if (r == 0)
			r = vec_push(&n.ids, 0);
		if (r < 0)
			return r;
	}
	n.count          = (unsigned)n.ids.n;
	n.cores_per_node = least == UINT32_MAX ? 0 : least;
	*ret             = n;
	memset(&n, 0, sizeof(n));
	return 0;
}

void
hw_numa_fini(struct hw_numa *n)
{
	vec_fini(&n->ids);
}

/* Bus number of "0000:80:1f.0"; a domain beyond 16 bits (VMD) has no bus number of the host. */
static int
pci_bus(const char *addr, uint8_t *ret)
{
	char     bus[3] = {0};
	uint32_t value;

	if (strlen(addr) != 12 || addr[4] != ':' || addr[7] != ':' || addr[10] != '.')
		return -EINVAL;
	memcpy(bus, addr + 5, 2);
	if (str_to_u32(bus, 16, &value) < 0)
		return -EINVAL;
	*ret = (uint8_t)value;
	return 0;
}

int
hw_pci_bus_range(const struct hw_env *env, uint32_t node, uint8_t *ret_begin, uint8_t *ret_end)
{
	char           path[HW_PATH_MAX];
	uint8_t        begin = 0xff, end = 0, bus;
	bool           found = false;
	DIR           *dir;
	struct dirent *d;
	int            r = hw_path(env, path, sizeof(path), "/sys/bus/pci/devices");

	if (r < 0)
		return r;
	dir = opendir(path);
	if (dir == NULL)
		return errno == ENOENT ? -ENODEV : -errno;
	while ((d = readdir(dir)) != NULL) {
		int64_t on = 0;

		if (pci_bus(d->d_name, &bus) < 0)
			continue;
		if (hw_path(env, path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node",
			    d->d_name) < 0)
			continue;
		if (hw_read_i64(path, &on) < 0 || on < 0)
			on = 0;
		if (on != (int64_t)node)
			continue;
		begin = MIN(begin, bus);
		end   = MAX(end, bus);
		found = true;
	}
	(void)closedir(dir); /* nothing is left to do when it fails */
	if (!found)
		return -ENODEV;
	*ret_begin = begin;
	*ret_end   = end;
	return 0;
}
