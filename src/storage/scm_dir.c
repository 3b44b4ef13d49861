/*
 * SCM of class dir: a directory used as it stands, so that a system runs without root. It is ours
 * once it carries our marker (or a superblock); a directory with anything else in it is never
 * cleared, with or without force.
 */
#include <stdio.h>
#include <string.h>

#include "storage_private.h"

static int
look_existing(const struct stor_host *h, const struct stor_engine *e, struct stor_scm_state *s,
	      struct fault *f)
{
	enum stor_mark mark;
	bool           superblock;
	const char    *what = "the directory is empty";
	int            r;

	s->exists = true;
	r         = stor_read_mark(h, e, &mark, f);
	if (r == 0)
		r = stor_superblock_exists(h, e, &superblock, f);
	if (r < 0)
		return r;
	r = h->ops->dir_empty(h->ops, e->scm_mount, STOR_MARKER, &s->empty);
	if (r < 0)
		return fault_plain(f, r, "cannot read directory %s: %s", e->scm_mount,
				   strerror(-r));
	if (mark == STOR_MARK_FORMATTING) {
		s->interrupted = true;
		what           = "an earlier format did not end";
	} else if (mark == STOR_MARK_FORMATTED || superblock) {
		s->mounted = true;
		what       = "the directory is formatted";
	} else if (!s->empty) {
		s->foreign = true;
		what       = "the directory holds files that are not of a DAOS engine";
	}
	(void)snprintf(s->what, sizeof(s->what), "%s", what); /* fits */
	return 0;
}

static int
dir_look(const struct stor_host *h, const struct stor_engine *e, struct stor_scm_state *ret,
	 struct fault *f)
{
	struct stor_scm_state s = {0};
	struct stat           st;
	int                   r = h->ops->stat(h->ops, e->scm_mount, &st);

	if (r == -ENOENT) {
		(void)snprintf(s.what, sizeof(s.what), "there is no such directory"); /* fits */
		r = 0;
	} else if (r == 0 && !S_ISDIR(st.st_mode)) {
		return fault_plain(f, -ENOTDIR, "scm_mount %s of engine %u is not a directory",
				   e->scm_mount, e->idx);
	} else if (r == 0) {
		r = look_existing(h, e, &s, f);
	} else {
		(void)fault_plain(f, r, "cannot look at %s: %s", e->scm_mount, strerror(-r));
	}
	if (r == 0)
		*ret = s;
	return r;
}

static int
dir_plan(const struct stor_host *h, const struct stor_engine *e, const struct stor_scm_state *s,
	 bool force, struct stor_plan *p, struct fault *f)
{
	struct stor_fs_info info;
	int                 r;

	if (s->foreign) {
		r = fault_plain(f, -ENOTEMPTY, "cannot use %s for engine %u: %s", e->scm_mount,
				e->idx, s->what);
		fault_resolve(f, "name an empty or new directory in scm_mount of engine %u",
			      e->idx);
		return r;
	}
	if (!stor_scm_needs_format(s) && !force)
		return fault_set(f, FAULT_STORAGE_ALREADY_FORMATTED,
				 "SCM of engine %u at %s is already formatted", e->idx,
				 e->scm_mount);
	if (s->exists && h->ops->fs_info(h->ops, e->scm_mount, &info) == 0 && info.read_only)
		return fault_plain(f, -EROFS, "%s of engine %u is on a read-only file system",
				   e->scm_mount, e->idx);
	r = s->exists ? 0 : stor_plan_add(p, STOR_STEP_SCM_MKDIR, e, NULL, e->scm_mount);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_MARK, e, NULL, e->marker);
	if (r == 0 && s->exists && !s->empty)
		r = stor_plan_add(p, STOR_STEP_SCM_CLEAR, e, NULL, e->scm_mount);
	if (r == 0)
		r = stor_plan_add(p, STOR_STEP_SCM_OWN, e, NULL, e->scm_mount);
	return r;
}

static int
dir_mount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	struct stat st;
	int         r = h->ops->stat(h->ops, e->scm_mount, &st);

	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r < 0)
		return fault_plain(f, r, "SCM directory %s of engine %u: %s", e->scm_mount, e->idx,
				   strerror(-r));
	return 0;
}

static int
dir_unmount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	return 0;
}

const struct stor_scm_provider stor_scm_dir = {
    .look    = dir_look,
    .plan    = dir_plan,
    .mount   = dir_mount,
    .unmount = dir_unmount,
};
