/*
 * What an engine's life needs of its storage: the check before a start, mounting, daos_nvme.conf,
 * and clean-up after its exit; also the removals of ResetFormatRanks and SystemErase.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

static void
add_reason(struct stor_need *n, const char *text)
{
	size_t used = strlen(n->reason);

	if (!str_empty(text))
		(void)snprintf(n->reason + used, sizeof(n->reason) - used, "%s%s", used ? "; " : "",
			       text); /* may be cut: it is for the log */
}

/* Control metadata allows ramdisks with a meta role only. */
static int
check_metadata_rules(const struct stor_engine *e, struct fault *f)
{
	if (e->scm_class != STOR_CLASS_RAM)
		return fault_set(
		    f, FAULT_BDEV_CONFIG_ROLES_WITH_DCPM,
		    "control_metadata.path is set, but SCM of engine %u is of class %s, not ram",
		    e->idx, stor_class_name(e->scm_class));
	if (!e->has_meta_role)
		return fault_set(
		    f, FAULT_BDEV_CONFIG_CONTROL_METADATA_NO_ROLES,
		    "control_metadata.path is set, but no bdev tier of engine %u has the role meta",
		    e->idx);
	return 0;
}

static int
recreate_ramdisk(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	struct stor_exec x = {.host = h};
	struct stor_plan p = {0};
	int              r = stor_ram_plan_recreate(h, e, &p, f);

	if (r == 0)
		r = stor_exec_plan(&x, &p, f);
	stor_plan_fini(&p);
	if (r < 0)
		fault_wrap(f, "making the ramdisk of engine %u anew", e->idx);
	return r;
}

static int
check_metadata(const struct stor_host *h, const struct stor_engine *e, struct stor_need *n,
	       struct fault *f)
{
	struct fault           doubt    = FAULT_INIT;
	char                   why[256] = "", text[512];
	_cleanup_(freep) char *dir      = NULL;
	int                    r        = check_metadata_rules(e, f);

	if (r < 0)
		return r;
	r = stor_meta_needs_format(h, &n->metadata, why, sizeof(why), &doubt);
	if (r < 0) { /* doubt counts as need: the format says what is wrong */
		n->metadata = true;
		add_reason(n, fault_format(&doubt, text, sizeof(text)));
	}
	add_reason(n, why);
	n->scm = n->metadata;
	if (n->metadata)
		return 0;
	/* an engine that was added to the configuration after the format has no directory yet */
	dir = str_format("%s/engine%u", h->meta_dir, e->idx);
	r   = dir ? stor_mkdir_owned(h, dir, f) : -ENOMEM;
	return r < 0 ? r : recreate_ramdisk(h, e, f);
}

static int
check_scm(const struct stor_host *h, const struct stor_engine *e, struct stor_need *n,
	  struct fault *f)
{
	struct stor_scm_state s     = {0};
	struct fault          doubt = FAULT_INIT;
	char                  text[512];
	int                   r = stor_scm_provider(e->scm_class)->look(h, e, &s, &doubt);

	if (r == -EOPNOTSUPP || doubt.code == FAULT_STORAGE_DEVICE_WITH_FS_NO_MOUNTPOINT) {
		if (f != NULL)
			*f = doubt;
		return r;
	}
	if (r < 0) {
		n->scm = true;
		add_reason(n, fault_format(&doubt, text, sizeof(text)));
		return 0;
	}
	n->scm = stor_scm_needs_format(&s);
	if (s.foreign)
		n->scm = true;
	if (n->scm)
		add_reason(n, s.what);
	return 0;
}

int
stor_engine_check(const struct stor_host *h, unsigned idx, struct stor_need *ret, struct fault *f)
{
	const struct stor_engine *e       = &h->engines[idx];
	struct stor_need          n       = {0};
	struct fault              doubt   = FAULT_INIT;
	bool                      present = false;
	int r = h->meta_path ? check_metadata(h, e, &n, f) : check_scm(h, e, &n, f);

	if (r < 0)
		return r;
	if (!n.metadata && !n.scm && stor_superblock_exists(h, e, &present, &doubt) < 0)
		add_reason(&n, doubt.description);
	n.superblock = !present;
	if (n.superblock && !n.metadata && !n.scm)
		add_reason(&n, "there is no superblock");
	*ret = n;
	return 0;
}

int
stor_engine_check_nvme_conf(const struct stor_host *h, unsigned idx, bool *ret_regenerated,
			    struct fault *f)
{
	const struct stor_engine *e    = &h->engines[idx];
	_cleanup_(freep) char    *text = NULL;
	struct fault              why  = FAULT_INIT;
	size_t                    len;
	int                       r;

	*ret_regenerated = false;
	if (e->n_bdevs == 0 || h->keep_conf)
		return 0;
	r = h->ops->read_file(h->ops, e->nvme_conf, STOR_CONF_MAX, &text, &len);
	if (r < 0 && r != -EFBIG) {
		r = fault_plain(f, r, "cannot read device file %s of engine %u: %s", e->nvme_conf,
				e->idx, strerror(-r));
		fault_resolve(
		    f, "find out what became of the file; a format of the storage writes it anew");
		return r;
	}
	if (r == 0 && stor_nvme_conf_check(text, len, &why) == 0)
		return 0;
	r                = stor_nvme_conf_write(h, e, f);
	*ret_regenerated = r == 0;
	return r;
}

int
stor_engine_mount(const struct stor_host *h, unsigned idx, struct fault *f)
{
	const struct stor_engine *e = &h->engines[idx];
	int                       r = stor_meta_mount(h, f);

	return r < 0 ? r : stor_scm_provider(e->scm_class)->mount(h, e, f);
}

int
stor_engine_unmount(const struct stor_host *h, unsigned idx, struct fault *f)
{
	const struct stor_engine *e = &h->engines[idx];

	return stor_scm_provider(e->scm_class)->unmount(h, e, f);
}

int
stor_engine_after_exit(const struct stor_host *h, unsigned idx, struct fault *f)
{
	return h->meta_path ? stor_engine_unmount(h, idx, f) : 0;
}

int
stor_scm_usage(const struct stor_host *h, unsigned idx, struct stor_mount_usage *ret,
	       struct fault *f)
{
	const struct stor_engine *e = &h->engines[idx];
	struct stor_fs_info       info;
	int                       r = h->ops->fs_info(h->ops, e->scm_mount, &info);

	if (r < 0)
		return fault_plain(f, r, "cannot examine %s: %s", e->scm_mount, strerror(-r));
	ret->total_bytes = info.total_bytes;
	ret->avail_bytes = info.avail_bytes;
	return 0;
}

int
stor_superblock_remove(const struct stor_host *h, unsigned idx, struct fault *f)
{
	const char *path = h->engines[idx].superblock;
	int         r    = h->ops->remove_tree(h->ops, path);

	if (r < 0)
		return fault_plain(f, r, "cannot remove superblock %s: %s", path, strerror(-r));
	return 0;
}

int
stor_raft_dir_remove(const struct stor_host *h, struct fault *f)
{
	int r = h->raft_dir ? h->ops->remove_tree(h->ops, h->raft_dir) : 0;

	if (r < 0)
		return fault_plain(f, r, "cannot remove %s: %s", h->raft_dir, strerror(-r));
	return 0;
}
