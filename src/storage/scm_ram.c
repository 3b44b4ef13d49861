/*
 * SCM of class ram: a tmpfs. A mounted tmpfs counts as formatted; one that still carries the marker
 * of a format that did not end is made anew. Anything else at the mount point is not ours and is
 * left alone.
 */
#include <stdio.h>
#include <string.h>

#include "common/size.h"
#include "common/str.h"
#include "storage_private.h"

#define TMPFS "tmpfs"

static int
look_unmounted(const struct stor_host *h, const struct stor_engine *e, struct stor_scm_state *s,
	       struct fault *f)
{
	struct stat st;
	int         r = h->ops->stat(h->ops, e->scm_mount, &st);

	(void)snprintf(s->what, sizeof(s->what), "no ramdisk is mounted"); /* fits */
	if (r == -ENOENT)
		return 0;
	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r == 0) {
		s->exists = true;
		r         = h->ops->dir_empty(h->ops, e->scm_mount, NULL, &s->empty);
	}
	if (r < 0)
		return fault_plain(f, r, "cannot use mount point %s: %s", e->scm_mount,
				   strerror(-r));
	return 0;
}

static int
ram_look(const struct stor_host *h, const struct stor_engine *e, struct stor_scm_state *ret,
	 struct fault *f)
{
	struct stor_scm_state s = {0};
	struct stor_mount     m;
	struct stor_fs_info   info;
	enum stor_mark        mark;
	int                   r = stor_find_mount(h, e->scm_mount, &m);

	if (r == -ENOENT) {
		r = look_unmounted(h, e, &s, f);
		if (r == 0)
			*ret = s;
		return r;
	}
	if (r < 0)
		return fault_plain(f, r, "cannot read the mount table: %s", strerror(-r));
	s.mounted = s.exists = true;
	s.foreign            = !str_eq(m.fstype, TMPFS);
	if (s.foreign) {
		(void)snprintf(s.what, sizeof(s.what),
			       "%.20s of %.100s is mounted there, not a ramdisk", m.fstype,
			       m.source);
		*ret = s;
		return 0;
	}
	r = stor_read_mark(h, e, &mark, f);
	if (r < 0)
		return r;
	r = h->ops->fs_info(h->ops, e->scm_mount, &info);
	if (r < 0)
		return fault_plain(f, r, "cannot examine %s: %s", e->scm_mount, strerror(-r));
	s.interrupted = mark == STOR_MARK_FORMATTING;
	s.empty       = info.total_bytes == info.avail_bytes;
	(void)snprintf(s.what, sizeof(s.what), "%s",
		       s.interrupted ? "an earlier format did not end" : "a ramdisk is mounted");
	*ret = s;
	return 0;
}

char *
stor_ram_options(const struct stor_engine *e, bool with_mpol)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_add(&b, "noatime");
	if (with_mpol)
		strbuf_addf(&b, ",mpol=prefer:%u", e->numa_node);
	if (e->scm_size_bytes > 0)
		strbuf_addf(&b, ",size=%llug", (unsigned long long)(e->scm_size_bytes / GIB));
	if (e->scm_huge)
		strbuf_add(&b, ",huge=always");
	return strbuf_take(&b);
}

static int
mount_with(const struct stor_host *h, const struct stor_engine *e, bool with_mpol)
{
	_cleanup_(freep) char *options = stor_ram_options(e, with_mpol);
	struct stor_mount_args args    = {
	       .source = TMPFS, .target = e->scm_mount, .fstype = TMPFS, .options = options};

	return options ? h->ops->mount(h->ops, &args) : -ENOMEM;
}

int
stor_ram_mount_now(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	int r = mount_with(h, e, true);

	if (r == -EINVAL) /* a kernel without NUMA does not know mpol */
		r = mount_with(h, e, false);
	if (r < 0)
		return fault_plain(f, r, "cannot mount a tmpfs at %s: %s", e->scm_mount,
				   strerror(-r));
	return 0;
}

/* Mounting needs a privilege; say so before anything is changed. */
static int
check_rights(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	if (h->ops->is_root(h->ops))
		return 0;
	return fault_plain(
	    f, -EPERM,
	    "engine %u: class ram needs root to mount a tmpfs at %s: run daos_server as root, "
	    "or use an SCM tier of class dir",
	    e->idx, e->scm_mount);
}

static int
refuse_foreign(const struct stor_engine *e, const struct stor_scm_state *s, struct fault *f)
{
	int r = fault_set(f, FAULT_STORAGE_TARGET_ALREADY_MOUNTED,
			  "cannot use %s for engine %u: %s", e->scm_mount, e->idx, s->what);

	fault_resolve(f, "unmount %s, or set another scm_mount for engine %u", e->scm_mount,
		      e->idx);
	return r;
}

static int
add_mount_steps(const struct stor_engine *e, const struct stor_scm_state *s, struct stor_plan *p)
{
	int r = 0;

	if (s->mounted)
		r = stor_plan_add(p, STOR_STEP_SCM_UNMOUNT, e, NULL, e->scm_mount);
	if (r == 0 && !s->mounted && s->exists && !s->empty)
		r = stor_plan_add(p, STOR_STEP_SCM_REMOVE, e, NULL, e->scm_mount);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_MKDIR, e, NULL, e->scm_mount);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_MOUNT, e, NULL, e->scm_mount);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_OWN, e, NULL, e->scm_mount);
	return r;
}

static int
ram_plan(const struct stor_host *h, const struct stor_engine *e, const struct stor_scm_state *s,
	 bool force, struct stor_plan *p, struct fault *f)
{
	int r;

	if (s->foreign)
		return refuse_foreign(e, s, f);
	if (!stor_scm_needs_format(s) && !force)
		return fault_set(f, FAULT_STORAGE_ALREADY_FORMATTED,
				 "SCM of engine %u at %s is already formatted", e->idx,
				 e->scm_mount);
	if (!s->mounted && s->exists && !s->empty && !force) {
		r = fault_plain(
		    f, -ENOTEMPTY,
		    "%s of engine %u is not mounted but holds files, which a mount would hide",
		    e->scm_mount, e->idx);
		fault_resolve(f, "move the files away, or format with --force, which removes them");
		return r;
	}
	r = check_rights(h, e, f);
	if (r == 0)
		r = add_mount_steps(e, s, p);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_MARK, e, NULL, e->marker);
	return r;
}

int
stor_ram_plan_recreate(const struct stor_host *h, const struct stor_engine *e, struct stor_plan *p,
		       struct fault *f)
{
	struct stor_scm_state s;
	int                   r = ram_look(h, e, &s, f);

	if (r < 0)
		return r;
	if (s.foreign)
		return refuse_foreign(e, &s, f);
	if (!s.mounted && s.exists && !s.empty)
		return fault_plain(
		    f, -ENOTEMPTY,
		    "%s of engine %u is not mounted but holds files, which a mount would hide: "
		    "move them away",
		    e->scm_mount, e->idx);
	r = check_rights(h, e, f);
	return r < 0 ? r : add_mount_steps(e, &s, p);
}

static int
ram_mount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	struct stor_mount m;
	int               r = stor_find_mount(h, e->scm_mount, &m);

	if (r == 0 && str_eq(m.fstype, TMPFS))
		return 0;
	if (r == 0) {
		struct stor_scm_state s = {.foreign = true};

		(void)snprintf(s.what, sizeof(s.what),
			       "%.20s of %.100s is mounted there, not a ramdisk", m.fstype,
			       m.source);
		return refuse_foreign(e, &s, f);
	}
	if (r != -ENOENT)
		return fault_plain(f, r, "cannot read the mount table: %s", strerror(-r));
	r = check_rights(h, e, f);
	return r < 0 ? r : stor_ram_mount_now(h, e, f);
}

static int
ram_unmount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	struct stor_mount m;
	int               r = stor_find_mount(h, e->scm_mount, &m);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = h->ops->unmount(h->ops, e->scm_mount);
	if (r < 0)
		return fault_plain(f, r, "cannot unmount %s of engine %u: %s", e->scm_mount, e->idx,
				   strerror(-r));
	return 0;
}

const struct stor_scm_provider stor_scm_ram = {
    .look    = ram_look,
    .plan    = ram_plan,
    .mount   = ram_mount,
    .unmount = ram_unmount,
};
