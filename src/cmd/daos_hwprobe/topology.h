/*
 * NUMA layout and the place of devices in it, from hwloc.
 */
#pragma once

#include "common/util.h"

struct topology;

/* 0 or a negative errno. HWLOC_XMLFILE names a recorded topology instead of the machine. */
int              topology_load(struct topology **ret);
struct topology *topology_free(struct topology *t);
unsigned         topology_numa_count(const struct topology *t);
/* Cores of the smallest node that has any. */
unsigned topology_cores_per_node(const struct topology *t);
/* NUMA node of an OS device (eth0, mlx5_0); 0 when hwloc does not know it. */
unsigned topology_device_node(const struct topology *t, const char *name);
