/*
 * hwloc behind four questions. I/O objects are kept so that devices have a place; everything else
 * is hwloc's default.
 */
#include "topology.h"

#include <hwloc.h>
#include <string.h>

struct topology {
	hwloc_topology_t t;
};

int
topology_load(struct topology **ret)
{
	struct topology *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	if (hwloc_topology_init(&t->t) != 0) {
		free(t);
		return -ENOMEM;
	}
	if (hwloc_topology_set_io_types_filter(t->t, HWLOC_TYPE_FILTER_KEEP_IMPORTANT) != 0 ||
	    hwloc_topology_load(t->t) != 0) {
		(void)topology_free(t); /* always NULL */
		return -EIO;
	}
	*ret = t;
	return 0;
}

struct topology *
topology_free(struct topology *t)
{
	if (t != NULL) {
		hwloc_topology_destroy(t->t);
		free(t);
	}
	return NULL;
}

unsigned
topology_numa_count(const struct topology *t)
{
	int n = hwloc_get_nbobjs_by_type(t->t, HWLOC_OBJ_NUMANODE);

	return n > 0 ? (unsigned)n : 1;
}

unsigned
topology_cores_per_node(const struct topology *t)
{
	unsigned least = UINT32_MAX;

	for (hwloc_obj_t node = NULL;
	     (node = hwloc_get_next_obj_by_type(t->t, HWLOC_OBJ_NUMANODE, node)) != NULL;) {
		int cores =
		    hwloc_get_nbobjs_inside_cpuset_by_type(t->t, node->cpuset, HWLOC_OBJ_CORE);

		if (cores > 0)
			least = MIN(least, (unsigned)cores);
	}
	return least == UINT32_MAX ? 0 : least;
}

unsigned
topology_device_node(const struct topology *t, const char *name)
{
	for (hwloc_obj_t dev = NULL; (dev = hwloc_get_next_osdev(t->t, dev)) != NULL;) {
		hwloc_obj_t place;
		int         node;

		if (dev->name == NULL || strcmp(dev->name, name) != 0)
			continue;
		place = hwloc_get_non_io_ancestor_obj(t->t, dev);
		node  = place && place->nodeset ? hwloc_bitmap_first(place->nodeset) : -1;
		return node > 0 ? (unsigned)node : 0;
	}
	return 0;
}
