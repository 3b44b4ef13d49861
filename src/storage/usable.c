/*
 * How much of SCM and of block devices pools can use: the formulas of storage.md §7.3, without any
 * I/O.
 */
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

#define RDB_DEFAULT_BYTES   (1 * GIB)
#define CONTROL_PLANE_BYTES (16 * MIB)
#define FS_OVERHEAD_BYTES   (1 * MIB)

/* Size of the engine's system database; false when DAOS_MD_CAP is not a plain number. */
static bool
rdb_size(const struct stor_engine *e, uint64_t *ret)
{
	if (e->md_cap_set && !e->md_cap_valid)
		return false;
	*ret = e->md_cap_set ? e->md_cap_bytes : RDB_DEFAULT_BYTES;
	return true;
}

static uint64_t
take(uint64_t from, uint64_t bytes)
{
	return from > bytes ? from - bytes : 0;
}

/* Whether path is dir or lies below it. */
static bool
lies_under(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0)
		return false;
	return path[len] == '\0' || path[len] == '/' || str_eq(dir, "/");
}

uint64_t
stor_usable_scm(const struct stor_host *h, unsigned idx, uint64_t avail_bytes)
{
	const struct stor_engine *e = &h->engines[idx];
	uint64_t                  rdb, usable;

	if (!rdb_size(e, &rdb) || (e->has_meta_role && h->meta_path == NULL))
		return 0;
	usable = take(avail_bytes, rdb);
	if (!e->has_meta_role || lies_under(h->meta_path, e->scm_mount))
		usable = take(usable, CONTROL_PLANE_BYTES);
	return take(usable, FS_OVERHEAD_BYTES);
}

void
stor_meta_request(const struct stor_host *h, unsigned idx, uint64_t scm_usable_bytes,
		  float mem_ratio, uint64_t *ret_meta_size, uint64_t *ret_rdb_size)
{
	const struct stor_engine *e    = &h->engines[idx];
	uint64_t                  meta = e->targets > 0 ? scm_usable_bytes / e->targets : 0;
	uint64_t                  rdb  = 0;

	if (mem_ratio > 0)
		meta = (uint64_t)((double)meta / (double)mem_ratio);
	if (meta > 0 && !rdb_size(e, &rdb))
		meta = rdb = 0;
	*ret_meta_size = meta;
	*ret_rdb_size  = rdb;
}

static uint64_t
clusters(uint64_t bytes, uint64_t cluster)
{
	return bytes / cluster + (bytes % cluster != 0);
}

/* Clusters that metadata and WAL of all targets take on a device, by its roles. */
static uint64_t
reserved_clusters(const struct stor_smd_dev *d)
{
	uint64_t n = 0;

	if (d->role_bits & STOR_ROLE_META)
		n += clusters(d->meta_size, d->cluster_size) * d->n_targets +
		     clusters(d->rdb_size, d->cluster_size);
	if (d->role_bits & STOR_ROLE_WAL)
		n += clusters(d->meta_wal_size, d->cluster_size) * d->n_targets +
		     (d->rdb_size > 0 ? clusters(d->rdb_wal_size, d->cluster_size) : 0);
	return n;
}

/* Rounds what is available and returns the clusters for data, 0 when the device counts for nothing.
 */
static uint64_t
data_clusters(struct stor_smd_dev *d)
{
	uint64_t n;

	d->usable_bytes = 0;
	if (d->role_bits != 0 && (d->role_bits & STOR_ROLE_DATA) == 0)
		return 0;
	if (!d->normal || d->cluster_size == 0 || d->n_targets == 0) {
		d->avail_bytes = 0;
		return 0;
	}
	n              = d->avail_bytes / d->cluster_size;
	d->avail_bytes = n * d->cluster_size;
	return d->role_bits == 0 ? n : take(n, reserved_clusters(d));
}

/* The least number of clusters a target gets on any counted device of a rank. */
static uint64_t
least_per_target(const struct stor_smd_dev *devs, size_t n, const uint64_t *data, uint32_t rank)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (devs[i].rank == rank && data[i] > 0)
			least = MIN(least, data[i] / devs[i].n_targets);
	}
	return least;
}

int
stor_usable_bdevs(struct stor_smd_dev *devs, size_t n)
{
	_cleanup_(freep) uint64_t *data = calloc(MAX(n, 1), sizeof(*data));

	if (data == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		data[i] = data_clusters(&devs[i]);
	for (size_t i = 0; i < n; i++) {
		if (data[i] > 0)
			devs[i].usable_bytes = devs[i].n_targets *
					       least_per_target(devs, n, data, devs[i].rank) *
					       devs[i].cluster_size;
	}
	return 0;
}
