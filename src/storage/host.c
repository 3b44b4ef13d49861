/*
 * A stor_host once it is made: names, paths and properties, and its end. How it is made is in
 * host_config.c.
 */
#include "storage_private.h"

static const char *const class_names[_STOR_CLASS_MAX] = {
    [STOR_CLASS_NONE] = "",     [STOR_CLASS_RAM] = "ram",   [STOR_CLASS_DIR] = "dir",
    [STOR_CLASS_DCPM] = "dcpm", [STOR_CLASS_NVME] = "nvme", [STOR_CLASS_FILE] = "file",
    [STOR_CLASS_KDEV] = "kdev",
};

const char *
stor_class_name(enum stor_class c)
{
	return c < _STOR_CLASS_MAX ? class_names[c] : "";
}

static void
engine_fini(struct stor_engine *e)
{
	for (size_t i = 0; i < e->n_bdevs; i++) {
		for (size_t d = 0; d < e->bdevs[i].n_devices; d++)
			free(e->bdevs[i].devices[d]);
		free(e->bdevs[i].devices);
	}
	free(e->bdevs);
	free(e->scm_mount);
	free(e->scm_device);
	free(e->superblock);
	free(e->nvme_conf);
	free(e->marker);
	free(e->conf.accel_engine);
	free(e->conf.rpc_sock_addr);
}

struct stor_host *
stor_host_free(struct stor_host *h)
{
	if (h == NULL)
		return NULL;
	for (unsigned i = 0; i < h->n_engines; i++)
		engine_fini(&h->engines[i]);
	free(h->hostname);
	free(h->meta_path);
	free(h->meta_device);
	free(h->meta_dir);
	free(h->meta_staging);
	free(h->meta_retired);
	free(h->raft_dir);
	free(h);
	return NULL;
}

unsigned
stor_host_n_engines(const struct stor_host *h)
{
	return h->n_engines;
}

bool
stor_host_has_metadata(const struct stor_host *h)
{
	return h->meta_path != NULL;
}

const char *
stor_superblock_path(const struct stor_host *h, unsigned idx)
{
	return h->engines[idx].superblock;
}

const char *
stor_nvme_conf_path(const struct stor_host *h, unsigned idx)
{
	return h->engines[idx].nvme_conf;
}

const char *
stor_raft_dir(const struct stor_host *h)
{
	return h->raft_dir;
}

const char *
stor_scm_mount(const struct stor_host *h, unsigned idx)
{
	return h->engines[idx].scm_mount;
}

enum stor_class
stor_scm_class(const struct stor_host *h, unsigned idx)
{
	return h->engines[idx].scm_class;
}

bool
stor_has_bdevs(const struct stor_host *h, unsigned idx)
{
	return h->engines[idx].n_bdevs > 0;
}

unsigned
stor_n_tiers(const struct stor_host *h, unsigned idx)
{
	return (unsigned)h->engines[idx].n_bdevs + 1;
}

unsigned
stor_bdev_expected(const struct stor_host *h, unsigned idx)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->engines[idx].n_bdevs; i++)
		n += (unsigned)h->engines[idx].bdevs[i].n_devices;
	return n;
}
