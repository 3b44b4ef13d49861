/*
 * A storage host in a temporary directory, on top of effects that are recorded, can fail on
 * purpose, and pretend mounts: a "mounted" path is a plain directory listed in a file that stands
 * for /proc/self/mountinfo, so that a test needs no root and the state outlives a killed process.
 */
#pragma once

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"
#include "storage/storage_private.h"

#define FIX_UNUSED __attribute__((unused))

struct fix {
	struct stor_ops  ops; /* first: effects find the fixture by it */
	char             dir[128];
	struct stor_host host;
	struct strbuf    log;       /* "call path" a line, changing calls only */
	const char      *fail_call; /* this call fails ... */
	const char      *fail_path; /* ... on paths that end in this (NULL: any) */
	int              fail_errno;
	bool             not_root;
	bool             read_only;   /* what fs_info says */
	uint64_t         avail_bytes; /* what fs_info says; 0: the truth */
	unsigned         calls;       /* changing calls so far */
	unsigned         kill_at;     /* the process kills itself before this one; 0: never */
	struct hw_env    hw;
	char             hw_root[160];
};

static FIX_UNUSED char *
fix_path(struct fix *x, const char *name)
{
	char *p = str_format("%s/%s", x->dir, name);

	assert_non_null(p);
	return p;
}

static int
fix_call(const struct stor_ops *o, const char *call, const char *path)
{
	struct fix *x = (struct fix *)(uintptr_t)o;

	if (++x->calls == x->kill_at)
		(void)raise(SIGKILL);
	strbuf_addf(&x->log, "%s %s\n", call, path);
	if (x->fail_call && str_eq(x->fail_call, call) &&
	    (x->fail_path == NULL || str_ends(path, x->fail_path)))
		return -x->fail_errno;
	return 0;
}

static char *
fix_table(const struct stor_ops *o)
{
	return fix_path((struct fix *)(uintptr_t)o, "mountinfo");
}

static bool
fix_is_root(const struct stor_ops *o)
{
	return !((const struct fix *)o)->not_root;
}

static int
fix_read_mounts(const struct stor_ops *o, char **ret)
{
	_cleanup_(freep) char *table = fix_table(o);

	return fs_read_file(table, MIB, ret, NULL);
}

static int
fix_mount(const struct stor_ops *o, const struct stor_mount_args *a)
{
	_cleanup_(freep) char *table = fix_table(o);
	_cleanup_(freep) char *text  = NULL;
	_cleanup_(freep) char *more  = NULL;
	int                    r     = fix_call(o, "mount", a->target);

	if (r == 0 && !fs_is_dir(a->target))
		r = -ENOENT;
	if (r == 0)
		r = fs_read_file(table, MIB, &text, NULL);
	if (r < 0)
		return r;
	more = str_format("%s40 1 0:40 / %s rw,noatime - %s %s rw\n", text, a->target, a->fstype,
			  a->source);
	return fs_write_atomic(table, more, strlen(more), 0600);
}

/* What is in a tmpfs is gone with it. */
static int
fix_unmount(const struct stor_ops *o, const char *target)
{
	_cleanup_(freep) char               *table = fix_table(o);
	_cleanup_(freep) char               *text  = NULL;
	_cleanup_(freep) char               *match = str_format(" / %s rw", target);
	_cleanup_(strbuf_fini) struct strbuf out   = STRBUF_INIT;
	char                                *save  = NULL;
	int                                  r     = fix_call(o, "unmount", target);

	if (r == 0)
		r = stor_ops_system.clear_dir(o, target, NULL);
	if (r == 0)
		r = fs_read_file(table, MIB, &text, NULL);
	if (r < 0)
		return r;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (strstr(l, match) == NULL)
			strbuf_addf(&out, "%s\n", l);
	}
	return fs_write_atomic(table, strbuf_str(&out), out.len, 0600);
}

static int
fix_fs_info(const struct stor_ops *o, const char *path, struct stor_fs_info *ret)
{
	struct fix       *x = (struct fix *)(uintptr_t)o;
	struct stor_mount m;
	bool              empty;
	int               r = stor_ops_system.fs_info(o, path, ret);

	if (r < 0)
		return r;
	ret->read_only = x->read_only;
	ret->nosuid    = false; /* the directory of the test may be on such a mount */
	if (x->avail_bytes)
		ret->avail_bytes = x->avail_bytes;
	if (stor_find_mount(&x->host, path, &m) == 0) {
		r                = stor_ops_system.dir_empty(o, path, NULL, &empty);
		ret->total_bytes = 6 * GIB;
		ret->avail_bytes = empty ? 6 * GIB : 5 * GIB;
	}
	return r;
}

static int
fix_stat(const struct stor_ops *o, const char *path, struct stat *ret)
{
	return stor_ops_system.stat(o, path, ret);
}

static int
fix_mkdir(const struct stor_ops *o, const char *path, mode_t mode)
{
	int r = fix_call(o, "mkdir", path);

	return r ? r : stor_ops_system.mkdir(o, path, mode);
}

static int
fix_chmod(const struct stor_ops *o, const char *path, mode_t mode)
{
	int r = fix_call(o, "chmod", path);

	return r ? r : stor_ops_system.chmod(o, path, mode);
}

static int
fix_chown(const struct stor_ops *o, const char *path, uid_t uid, gid_t gid)
{
	int r = fix_call(o, "chown", path);

	return r ? r : stor_ops_system.chown(o, path, uid, gid);
}

static int
fix_rename(const struct stor_ops *o, const char *from, const char *to)
{
	int r = fix_call(o, "rename", to);

	return r ? r : stor_ops_system.rename(o, from, to);
}

static int
fix_remove_tree(const struct stor_ops *o, const char *path)
{
	int r = fix_call(o, "remove", path);

	return r ? r : stor_ops_system.remove_tree(o, path);
}

static int
fix_clear_dir(const struct stor_ops *o, const char *path, const char *except)
{
	int r = fix_call(o, "clear", path);

	return r ? r : stor_ops_system.clear_dir(o, path, except);
}

static int
fix_make_file(const struct stor_ops *o, const char *path, uint64_t size, mode_t mode, uid_t uid,
	      gid_t gid)
{
	int r = fix_call(o, "make", path);

	return r ? r : stor_ops_system.make_file(o, path, size, mode, uid, gid);
}

static int
fix_write_file(const struct stor_ops *o, const char *path, const void *data, size_t len,
	       mode_t mode, uid_t uid, gid_t gid)
{
	int r = fix_call(o, "write", path);

	return r ? r : stor_ops_system.write_file(o, path, data, len, mode, uid, gid);
}

static int
fix_read_file(const struct stor_ops *o, const char *path, size_t max, char **ret, size_t *ret_len)
{
	return stor_ops_system.read_file(o, path, max, ret, ret_len);
}

static int
fix_run(const struct stor_ops *o, char *const *argv, char *why, size_t size)
{
	return fix_call(o, "run", argv[0]);
}

static void
fix_write(struct fix *x, const char *name, const char *text)
{
	_cleanup_(freep) char *p = fix_path(x, name);

	assert_int_equal(fs_write_atomic(p, text, strlen(text), 0644), 0);
}

static FIX_UNUSED bool
fix_exists(struct fix *x, const char *name)
{
	_cleanup_(freep) char *p = fix_path(x, name);

	return fs_exists(p);
}

static FIX_UNUSED void
fix_init(struct fix *x)
{
	_cleanup_(freep) char *proc = NULL;

	memset(x, 0, sizeof(*x));
	x->ops = (struct stor_ops){
	    .is_root     = fix_is_root,
	    .read_mounts = fix_read_mounts,
	    .mount       = fix_mount,
	    .unmount     = fix_unmount,
	    .stat        = fix_stat,
	    .fs_info     = fix_fs_info,
	    .fs_probe    = stor_ops_system.fs_probe,
	    .claim_check = stor_ops_system.claim_check,
	    .lock_dir    = stor_ops_system.lock_dir,
	    .dir_empty   = stor_ops_system.dir_empty,
	    .mkdir       = fix_mkdir,
	    .chmod       = fix_chmod,
	    .chown       = fix_chown,
	    .rename      = fix_rename,
	    .fsync_dir   = stor_ops_system.fsync_dir,
	    .remove_tree = fix_remove_tree,
	    .clear_dir   = fix_clear_dir,
	    .make_file   = fix_make_file,
	    .write_file  = fix_write_file,
	    .read_file   = fix_read_file,
	    .run         = fix_run,
	};
	(void)snprintf(x->dir, sizeof(x->dir), "%s/stor-test-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(x->dir));
	(void)snprintf(x->hw_root, sizeof(x->hw_root), "%s/hw", x->dir);
	x->hw.root = x->hw_root;
	proc       = fix_path(x, "hw/proc");
	assert_int_equal(fs_mkdir_all(proc, 0755), 0);
	fix_write(x, "hw/proc/meminfo",
		  "MemTotal: 100000000 kB\nMemFree: 90000000 kB\nMemAvailable: 90000000 kB\n"
		  "Hugepagesize: 2048 kB\n");
	fix_write(x, "mountinfo", "1 0 8:1 / / rw - ext4 /dev/root rw\n");
	x->host = (struct stor_host){.ops      = &x->ops,
				     .hw       = &x->hw,
				     .uid      = getuid(),
				     .gid      = getgid(),
				     .hostname = strdup("host1")};
}

static FIX_UNUSED void
fix_metadata(struct fix *x)
{
	x->host.meta_path    = fix_path(x, "meta");
	x->host.meta_dir     = fix_path(x, "meta/daos_control");
	x->host.meta_staging = fix_path(x, "meta/daos_control.staging");
	x->host.meta_retired = fix_path(x, "meta/daos_control.old");
}

/* Engine i with SCM at scm<i>; control metadata, when wanted, is set before. */
static FIX_UNUSED struct stor_engine *
fix_engine(struct fix *x, enum stor_class scm_class)
{
	unsigned            i    = x->host.n_engines++;
	struct stor_engine *e    = &x->host.engines[i];
	const char         *base = x->host.meta_dir ? "meta/daos_control/engine" : "scm";

	*e                = (struct stor_engine){.idx = i, .scm_class = scm_class, .targets = 4};
	e->scm_mount      = str_format("%s/scm%u", x->dir, i);
	e->scm_size_bytes = scm_class == STOR_CLASS_RAM ? 6 * GIB : 0;
	e->superblock     = str_format("%s/%s%u/superblock", x->dir, base, i);
	e->nvme_conf      = str_format("%s/%s%u/daos_nvme.conf", x->dir, base, i);
	e->marker         = str_format("%s/" STOR_MARKER, e->scm_mount);
	e->conf.hostname  = x->host.hostname;
	e->conf.hotplug   = true;
	e->bdevs          = calloc(4, sizeof(*e->bdevs));
	assert_non_null(e->bdevs);
	return e;
}

/* A tier with one device named `name` in the temporary directory. */
static FIX_UNUSED struct stor_tier *
fix_tier(struct fix *x, struct stor_engine *e, enum stor_class class, const char *name,
	 uint32_t roles)
{
	struct stor_tier *t = &e->bdevs[e->n_bdevs++];

	*t         = (struct stor_tier){.class      = class,
					.number     = (unsigned)e->n_bdevs,
					.role_bits  = roles,
					.size_bytes = 64 * KIB,
					.n_devices  = 1};
	t->devices = calloc(1, sizeof(*t->devices));
	assert_non_null(t->devices);
	t->devices[0]    = name[0] == '/' ? strdup(name) : fix_path(x, name);
	e->has_roles     = e->has_roles || roles;
	e->has_meta_role = e->has_meta_role || (roles & STOR_ROLE_META);
	return t;
}

static FIX_UNUSED void
fix_fini(struct fix *x)
{
	struct stor_host *copy = malloc(sizeof(*copy));

	assert_non_null(copy);
	*copy = x->host;
	(void)stor_host_free(copy); /* always NULL */
	strbuf_fini(&x->log);
	assert_int_equal(fs_remove_tree(x->dir), 0);
}

/* All files below the temporary directory with their kind and content, for comparing states. */
static void
fix_dump_dir(const char *path, const char *name, struct strbuf *out)
{
	_cleanup_(freep) char *text = NULL;
	struct stat            st;
	struct dirent        **names = NULL;
	int                    n;

	assert_int_equal(lstat(path, &st), 0);
	strbuf_addf(out, "%s %o %lld\n", name, st.st_mode,
		    S_ISREG(st.st_mode) ? (long long)st.st_size : 0);
	if (S_ISREG(st.st_mode) && st.st_size < 16384) {
		assert_int_equal(fs_read_file(path, MIB, &text, NULL), 0);
		strbuf_addf(out, "%s\n", text);
	}
	if (!S_ISDIR(st.st_mode))
		return;
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *p = str_format("%s/%s", path, names[i]->d_name);
		_cleanup_(freep) char *s = str_format("%s/%s", name, names[i]->d_name);

		if (!str_eq(names[i]->d_name, ".") && !str_eq(names[i]->d_name, ".."))
			fix_dump_dir(p, s, out);
		free(names[i]);
	}
	free(names);
}

static FIX_UNUSED char *
fix_dump(struct fix *x)
{
	struct strbuf out = STRBUF_INIT;

	struct strbuf same = STRBUF_INIT;
	const char   *at, *next;

	fix_dump_dir(x->dir, "", &out);
	for (at = strbuf_str(&out); (next = strstr(at, x->dir)) != NULL;
	     at = next + strlen(x->dir)) {
		strbuf_add_len(&same, at, (size_t)(next - at));
		strbuf_add(&same, "@"); /* the name of the directory differs between fixtures */
	}
	strbuf_add(&same, at);
	strbuf_fini(&out);
	return strbuf_take(&same);
}
