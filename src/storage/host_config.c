/*
 * A stor_host from the configuration: the only file of the room that knows config's structs.
 * Everything is copied, so that the configuration may go away; afterwards the description never
 * changes.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "config/config.h"
#include "storage_private.h"

#define DATA_DIR "daos_control"

static enum stor_class
class_of(enum cfg_class c)
{
	switch (c) {
	case CFG_CLASS_RAM:
		return STOR_CLASS_RAM;
	case CFG_CLASS_DIR:
		return STOR_CLASS_DIR;
	case CFG_CLASS_DCPM:
		return STOR_CLASS_DCPM;
	case CFG_CLASS_NVME:
		return STOR_CLASS_NVME;
	case CFG_CLASS_FILE:
		return STOR_CLASS_FILE;
	case CFG_CLASS_KDEV:
		return STOR_CLASS_KDEV;
	case CFG_CLASS_NONE:
	case _CFG_CLASS_MAX:
		break;
	}
	return STOR_CLASS_NONE;
}

/* Copy of a text that may be NULL; an empty one counts as NULL. */
static int
copy_text(const char *s, char **ret)
{
	if (str_empty(s))
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

/* A path without slashes at its end, so that it can be compared with the mount table. */
static int
copy_path(const char *s, char **ret)
{
	int r = copy_text(s, ret);

	if (r == 0 && *ret != NULL) {
		for (size_t n = strlen(*ret); n > 1 && (*ret)[n - 1] == '/'; n--)
			(*ret)[n - 1] = '\0';
	}
	return r;
}

static int
fill_tier(const struct cfg_tier *c, unsigned number, struct stor_tier *t)
{
	t->class         = class_of(c->class);
	t->number        = number;
	t->role_bits     = c->bdev_roles;
	t->size_bytes    = c->bdev_size > 0 ? (uint64_t)c->bdev_size * GIB : 0;
	t->has_bus_range = c->bdev_busid_range.set;
	t->bus_begin     = c->bdev_busid_range.low;
	t->bus_end       = c->bdev_busid_range.high;
	t->devices       = calloc(MAX(c->bdev_list.n, 1), sizeof(*t->devices));
	if (t->devices == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->bdev_list.n; i++) {
		t->devices[i] = strdup(c->bdev_list.v[i]);
		if (t->devices[i] == NULL)
			return -ENOMEM;
		t->n_devices++;
	}
	return 0;
}

static int
fill_tiers(const struct cfg_engine *c, struct stor_engine *e)
{
	int r;

	e->bdevs = calloc(MAX(c->n_storage, 1), sizeof(*e->bdevs));
	if (e->bdevs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_storage; i++) {
		const struct cfg_tier *t = &c->storage[i];

		if (!cfg_class_is_bdev(t->class))
			continue;
		r = fill_tier(t, (unsigned)i, &e->bdevs[e->n_bdevs++]);
		if (r < 0)
			return r;
		e->has_roles     = e->has_roles || t->bdev_roles != 0;
		e->has_meta_role = e->has_meta_role || (t->bdev_roles & CFG_ROLE_META) != 0;
	}
	return 0;
}

static int
fill_scm(const struct cfg_engine *c, struct stor_engine *e, struct fault *f)
{
	const struct cfg_tier *scm = cfg_engine_scm(c);
	int                    r;

	if (scm == NULL || str_empty(scm->scm_mount))
		return fault_set(f, FAULT_SCM_CONFIG_TIER_MISSING,
				 "engine %u has no SCM tier with scm_mount in its storage list",
				 e->idx);
	e->scm_class      = class_of(scm->class);
	e->scm_size_bytes = scm->scm_size * GIB;
	e->scm_huge       = scm->scm_hugepages_disabled == CFG_FALSE;
	r                 = copy_path(scm->scm_mount, &e->scm_mount);
	if (r == 0 && scm->scm_list.n > 0)
		r = copy_text(scm->scm_list.v[0], &e->scm_device);
	return r;
}

static int
fill_conf(const struct cfg_engine *c, const struct stor_host *h, struct stor_engine *e)
{
	struct stor_conf_params *p = &e->conf;
	int                      r;

	p->hostname      = h->hostname;
	p->hotplug       = c->hotplug;
	p->accel_opts    = c->acceleration.options;
	p->rpc_enable    = c->spdk_rpc_server.enable;
	p->auto_faulty   = c->bdev_auto_faulty.set && c->bdev_auto_faulty.enable;
	p->max_io_errs   = c->bdev_auto_faulty.max_io_errs;
	p->max_csum_errs = c->bdev_auto_faulty.max_csum_errs;
	p->iobuf_small   = c->spdk_iobuf.small_pool_count;
	p->iobuf_large   = c->spdk_iobuf.large_pool_count;
	r                = copy_text(c->acceleration.engine, &p->accel_engine);
	return r < 0 ? r : copy_text(c->spdk_rpc_server.sock_addr, &p->rpc_sock_addr);
}

static int
fill_paths(const struct stor_host *h, struct stor_engine *e)
{
	_cleanup_(freep) char *dir = NULL;

	dir = h->meta_dir ? str_format("%s/engine%u", h->meta_dir, e->idx) : strdup(e->scm_mount);
	if (dir == NULL)
		return -ENOMEM;
	e->superblock = str_format("%s/superblock", dir);
	e->marker     = str_format("%s/" STOR_MARKER, e->scm_mount);
	if (e->superblock == NULL || e->marker == NULL)
		return -ENOMEM;
	if (e->n_bdevs > 0) {
		/* without the meta role the engine looks for it on the SCM (config-server.md §3.1)
		 */
		e->nvme_conf =
		    str_format("%s/daos_nvme.conf", e->has_meta_role ? dir : e->scm_mount);
		if (e->nvme_conf == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
fill_engine(const struct cfg_engine *c, const struct stor_host *h, unsigned idx,
	    struct stor_engine *e, struct fault *f)
{
	const char *cap = cfg_env_get(&c->env_vars, "DAOS_MD_CAP");
	uint64_t    mib;
	int         r;

	e->idx       = idx;
	e->numa_node = c->numa_node;
	e->targets   = c->targets > 0 ? (unsigned)c->targets : 0;
	if (cap != NULL) {
		e->md_cap_set   = true;
		e->md_cap_valid = str_to_u64(cap, 10, &mib) == 0 &&
				  !__builtin_mul_overflow(mib, MIB, &e->md_cap_bytes);
	}
	r = fill_scm(c, e, f);
	if (r == 0)
		r = fill_tiers(c, e);
	if (r == 0)
		r = fill_conf(c, h, e);
	return r < 0 ? r : fill_paths(h, e);
}

static int
fill_host(const struct cfg_server *cfg, struct stor_host *h)
{
	int r = copy_path(cfg->control_metadata.path, &h->meta_path);

	if (r == 0)
		r = copy_text(cfg->control_metadata.device, &h->meta_device);
	if (r < 0)
		return r;
	h->keep_conf = cfg->control_metadata.allow_spdk_conf_override;
	if (h->meta_path != NULL) {
		h->meta_dir =
		    str_format("%s/" DATA_DIR, str_eq(h->meta_path, "/") ? "" : h->meta_path);
		h->meta_staging = h->meta_dir ? str_format("%s.staging", h->meta_dir) : NULL;
		h->meta_retired = h->meta_dir ? str_format("%s.old", h->meta_dir) : NULL;
		if (h->meta_staging == NULL || h->meta_retired == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
fill_hostname(const char *name, char **ret)
{
	char buf[256] = {0};

	if (name == NULL) {
		if (gethostname(buf, sizeof(buf) - 1) != 0)
			return -errno;
		name = buf;
	}
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

int
stor_host_new(const struct stor_host_opts *opts, struct stor_host **ret, struct fault *f)
{
	const struct cfg_server *cfg = opts->cfg;
	struct stor_host        *h;
	const char              *raft_base;
	int                      r;

	if (cfg->n_engines > STOR_MAX_ENGINES)
		return fault_plain(f, -EINVAL,
				   "the configuration has %zu engines, at most %u are supported",
				   cfg->n_engines, STOR_MAX_ENGINES);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	h->ops = opts->ops ? opts->ops : &stor_ops_system;
	h->hw  = opts->hw;
	h->uid = opts->uid;
	h->gid = opts->gid;
	r      = fill_hostname(opts->hostname, &h->hostname);
	if (r == 0)
		r = fill_host(cfg, h);
	for (unsigned i = 0; r == 0 && i < cfg->n_engines; i++) {
		h->n_engines = i + 1; /* before filling, so that a half-made one is freed */
		r            = fill_engine(&cfg->engines[i], h, i, &h->engines[i], f);
	}
	raft_base = h->meta_dir ? h->meta_dir : h->engines[0].scm_mount;
	if (r == 0 && raft_base != NULL) {
		h->raft_dir = str_format("%s/control_raft", raft_base);
		r           = h->raft_dir ? 0 : -ENOMEM;
	}
	if (r < 0) {
		(void)stor_host_free(h); /* always NULL */
		return r;
	}
	*ret = h;
	return 0;
}
