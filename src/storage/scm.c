/*
 * What all classes of SCM share: the provider table, the format marker, directories with the right
 * owner, and the superblock's presence.
 *
 * The marker `<scm_mount>/.daos_format` holds "formatting" from the first change of a format to its
 * last step, and, for class dir only, "formatted" afterwards: a directory has no mount that could
 * tell.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

#define MARKER_MAX  64
#define MARKER_MODE 0644

static const struct {
	enum stor_mark mark;
	const char    *text;
} marks[] = {
    {STOR_MARK_FORMATTING, "formatting\n"},
    {STOR_MARK_FORMATTED, "formatted\n"},
};

const struct stor_scm_provider *
stor_scm_provider(enum stor_class c)
{
	switch (c) {
	case STOR_CLASS_RAM:
		return &stor_scm_ram;
	case STOR_CLASS_DIR:
		return &stor_scm_dir;
	default:
		return &stor_scm_dcpm; /* refuses whatever it is asked */
	}
}

int
stor_read_mark(const struct stor_host *h, const struct stor_engine *e, enum stor_mark *ret,
	       struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	int                    r    = h->ops->read_file(h->ops, e->marker, MARKER_MAX, &text, NULL);

	if (r == -ENOENT || r == -ENOTDIR) {
		*ret = STOR_MARK_NONE;
		return 0;
	}
	if (r < 0)
		return fault_plain(f, r, "cannot read %s: %s", e->marker, strerror(-r));
	*ret = STOR_MARK_FORMATTING; /* not understood: a format is known to have begun, no more */
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (str_eq(marks[i].text, text))
			*ret = marks[i].mark;
	}
	return 0;
}

int
stor_write_mark(const struct stor_host *h, const struct stor_engine *e, enum stor_mark mark,
		struct fault *f)
{
	int r = 0;

	if (mark == STOR_MARK_NONE)
		r = h->ops->remove_tree(h->ops, e->marker);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].mark == mark)
			r = h->ops->write_file(h->ops, e->marker, marks[i].text,
					       strlen(marks[i].text), MARKER_MODE, h->uid, h->gid);
	}
	if (r < 0)
		return fault_plain(f, r, "cannot write %s: %s", e->marker, strerror(-r));
	return 0;
}

int
stor_superblock_exists(const struct stor_host *h, const struct stor_engine *e, bool *ret,
		       struct fault *f)
{
	struct stat st;
	int         r = h->ops->stat(h->ops, e->superblock, &st);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return fault_plain(f, r, "cannot look at superblock %s: %s", e->superblock,
				   strerror(-r));
	*ret = r == 0;
	return 0;
}

static int
mkdir_one(const struct stor_host *h, const char *path, struct fault *f)
{
	struct stat st;
	int         r = h->ops->stat(h->ops, path, &st);

	if (r == 0 && !S_ISDIR(st.st_mode))
		return fault_plain(f, -ENOTDIR, "%s exists and is not a directory", path);
	if (r == 0)
		return 0;
	if (r == -ENOENT)
		r = h->ops->mkdir(h->ops, path, STOR_DIR_MODE);
	if (r == 0)
		r = h->ops->chown(h->ops, path, h->uid, h->gid);
	if (r == -EACCES || r == -EPERM)
		return fault_set(f, FAULT_STORAGE_PATH_ACCESS_DENIED,
				 "cannot make directory %s: %s", path, strerror(-r));
	if (r < 0)
		return fault_plain(f, r, "cannot make directory %s: %s", path, strerror(-r));
	return 0;
}

int
stor_mkdir_owned(const struct stor_host *h, const char *path, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(path);
	int                    r    = copy ? 0 : -ENOMEM;

	for (char *p = copy ? copy + 1 : NULL; r == 0; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		r  = mkdir_one(h, copy, f);
		*p = saved;
		if (saved == '\0')
			break;
	}
	return r;
}
