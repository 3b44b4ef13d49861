/*
 * The directory of a replica while nobody runs it: making, locking, taking over, reading.
 *
 * Writing is left to libraft, run on a loop of its own that ends before the function returns. A
 * fresh directory is made beside its place and renamed, so that it exists whole or not at all.
 */
#include <fcntl.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"

#include "replica/replica_private.h"

#define FOREIGN_DB  "daos_system.db"        /* what the control plane in Go keeps its log in */
#define ROOM_NEEDED (4 * REP_SEGMENT_BYTES) /* two prepared, one in use, one being closed */

uint64_t
rep_id(const char *address)
{
	uint64_t h = 14695981039346656037ULL; /* FNV-1a */

	for (; *address != '\0'; address++)
		h = (h ^ (uint8_t)*address) * 1099511628211ULL;
	return h != 0 ? h : 1;
}

void
rep_command_pack(void *dst, const void *cmd, size_t len)
{
	uint8_t *p = dst;

	memset(p, 0, rep_command_size(len));
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(len >> (8 * i));
	if (len > 0)
		memcpy(p + REP_COMMAND_HEADER, cmd, len);
}

int
rep_command_unpack(const void *entry, size_t entry_len, const void **ret, size_t *ret_len)
{
	const uint8_t *p = entry;
	size_t         len;

	if (entry_len < REP_COMMAND_HEADER)
		return -EPROTO;
	len = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
	if (p[4] != 0 || p[5] != 0 || p[6] != 0 || p[7] != 0 || rep_command_size(len) != entry_len)
		return -EPROTO;
	*ret     = p + REP_COMMAND_HEADER;
	*ret_len = len;
	return 0;
}

int
rep_raft_fault(struct fault *f, int rv, const char *dir, const char *doing, const char *errmsg)
{
	int err;

	switch (rv) {
	case RAFT_NOMEM:
		return fault_plain(f, -ENOMEM, "out of memory while %s in %s", doing, dir);
	case RAFT_CORRUPT:
	case RAFT_MALFORMED:
		err = -EPROTO;
		break;
	case RAFT_NOSPACE:
		err = -ENOSPC;
		break;
	case RAFT_UNAUTHORIZED:
		err = -EACCES;
		break;
	case RAFT_CANTBOOTSTRAP:
		err = -EEXIST;
		break;
	default:
		err = -EIO;
		break;
	}
	(void)fault_plain(f, err, "system database in %s: %s failed: %s", dir, doing,
			  errmsg != NULL && errmsg[0] != '\0' ? errmsg : raft_strerror(rv));
	fault_resolve(f, "check that the file system of %s is sound, writable and not full", dir);
	return err;
}

void
rep_advise(struct fault *f, const char *dir)
{
	if (f == NULL || fault_has_resolution(f))
		return;
	fault_resolve(
	    f,
	    "stop the server, keep a copy of %s and put back a sound one; a system of which no "
	    "sound copy is left must be formatted again",
	    dir);
}

/* ---- checks before use ---- */

static int
dir_fault(struct fault *f, int err, const char *dir, const char *what)
{
	(void)fault_plain(f, err, "system database directory %s: %s: %s", dir, what,
			  strerror(-err));
	fault_resolve(
	    f, "make %s a directory that the user the server runs as (uid %u) owns and can write",
	    dir, (unsigned)geteuid());
	return err;
}

static int
check_room(const char *dir, struct fault *f)
{
	struct statvfs vfs;
	uint64_t       room;

	if (statvfs(dir, &vfs) != 0)
		return dir_fault(f, -errno, dir, "cannot read its file system's figures");
	if ((vfs.f_flag & ST_RDONLY) != 0)
		return dir_fault(f, -EROFS, dir, "cannot write there");
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (room >= ROOM_NEEDED)
		return 0;
	(void)fault_plain(f, -ENOSPC,
			  "system database directory %s: %" PRIu64
			  " KiB are free and %llu KiB are needed",
			  dir, (uint64_t)(room / KIB), ROOM_NEEDED / KIB);
	fault_resolve(f, "free space on the file system of %s", dir);
	return -ENOSPC;
}

static int
check_owner(const char *dir, struct fault *f)
{
	struct stat st;

	if (lstat(dir, &st) != 0)
		return dir_fault(f, -errno, dir, "cannot look at it");
	if (!S_ISDIR(st.st_mode))
		return dir_fault(f, -ENOTDIR, dir, "it is no directory");
	if (st.st_uid != geteuid()) {
		(void)fault_plain(
		    f, -EACCES,
		    "system database directory %s belongs to uid %u and the server runs as uid %u",
		    dir, (unsigned)st.st_uid, (unsigned)geteuid());
		fault_resolve(
		    f, "run the server as the user that formatted the system, or chown -R %s", dir);
		return -EACCES;
	}
	if (faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
		return dir_fault(f, -errno, dir, "cannot write there");
	return 0;
}

int
rep_dir_prepare(const char *dir, struct fault *f)
{
	bool existed = fs_exists(dir);
	int  r       = fs_mkdir_all(dir, REP_DIR_MODE);

	if (r == 0 && !existed && chmod(dir, REP_DIR_MODE) != 0) /* whatever the umask */
		r = -errno;
	if (r < 0)
		return dir_fault(f, r, dir, "cannot be made");
	r = check_owner(dir, f);
	return r < 0 ? r : check_room(dir, f);
}

int
rep_dir_lock(const char *dir, int *ret_fd, struct fault *f)
{
	_cleanup_(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return dir_fault(f, -errno, dir, "cannot be opened");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int err = errno == EWOULDBLOCK ? -EBUSY : -errno;

		if (err != -EBUSY)
			return dir_fault(f, err, dir, "cannot be locked");
		(void)fault_plain(f, err,
				  "system database directory %s is in use by another process", dir);
		fault_resolve(
		    f,
		    "stop the other server that uses %s, or give this one a directory of its own",
		    dir);
		return err;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* A prepared log file begins with zeros until something is written to it. */
static bool
is_written(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = str_format("%s/%s", dir, name);
	_cleanup_(closep) int  fd   = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -EBADF;
	uint64_t               format;

	return fd < 0 ||
	       (read(fd, &format, sizeof(format)) == (ssize_t)sizeof(format) && format != 0);
}

bool
rep_dir_is_initialized(const char *dir)
{
	DIR           *d = opendir(dir);
	struct dirent *e;
	bool           found = false;

	if (d == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL)
		found = strcmp(e->d_name, "metadata1") == 0 ||
			strcmp(e->d_name, "metadata2") == 0 || str_starts(e->d_name, "snapshot-") ||
			(e->d_name[0] >= '0' && e->d_name[0] <= '9') ||
			(str_starts(e->d_name, "open-") && is_written(dir, e->d_name));
	(void)closedir(d); /* opened for reading, cannot lose anything */
	return found;
}

/* ---- writing through libraft ---- */

struct offline {
	uv_loop_t         uv;
	struct rep_links *links;
	struct rep_io     rio;
	struct raft_fsm   fsm;
	struct raft       raft;
};

static int
no_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result)
{
	(void)fsm;
	(void)buf;
	*result = NULL;
	return RAFT_INVALID; /* never called: raft is not started */
}

static int
no_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
	(void)fsm;
	(void)bufs;
	(void)n_bufs;
	return RAFT_INVALID;
}

static int
no_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
	(void)fsm;
	(void)buf;
	return RAFT_INVALID;
}

static void
drain(struct offline *o)
{
	(void)uv_run(&o->uv, UV_RUN_DEFAULT); /* ends when nothing is left */
	rep_links_release(o->links);
	raft_uv_close(&o->rio.io);
	(void)uv_loop_close(&o->uv); /* nothing is open on it any more */
}

static int
offline_open(struct offline *o, const char *dir, uint64_t id, const char *address, struct fault *f)
{
	int r = uv_loop_init(&o->uv);

	if (r < 0)
		return fault_plain(f, r, "no event loop for %s: %s", dir, strerror(-r));
	r = rep_links_new(&o->uv, NULL, &o->links);
	if (r < 0) {
		(void)uv_loop_close(&o->uv); /* nothing is open on it */
		return r;
	}
	o->rio.io.version = 1;
	o->fsm.version    = 1;
	o->fsm.apply      = no_apply;
	o->fsm.snapshot   = no_snapshot;
	o->fsm.restore    = no_restore;
	r                 = raft_uv_init(&o->rio.io, &o->uv, dir, rep_links_uv(o->links));
	if (r != 0) {
		r = rep_raft_fault(f, r, dir, "opening", o->rio.io.errmsg);
		rep_links_release(o->links);
		(void)uv_loop_close(&o->uv); /* nothing is open on it */
		return r;
	}
	rep_guard_attach(&o->rio, dir);
	raft_uv_set_auto_recovery(&o->rio.io, false);
	r = raft_init(&o->raft, &o->rio.io, &o->fsm, id, address);
	if (r != 0) {
		r = rep_raft_fault(f, r, dir, "opening", o->rio.io.errmsg);
		drain(o);
		return r;
	}
	return 0;
}

typedef int (*offline_fn)(struct raft *r, const struct raft_configuration *conf);

/* Has libraft write a group of the one voter. */
static int
write_group(const char *dir, uint64_t id, const char *address, offline_fn fn, const char *doing,
	    struct fault *f)
{
	struct raft_configuration        conf;
	_cleanup_(freep) struct offline *o = calloc(1, sizeof(*o));
	int                              rv, r;

	if (o == NULL)
		return -ENOMEM;
	r = offline_open(o, dir, id, address, f);
	if (r < 0)
		return r;
	raft_configuration_init(&conf);
	rv = raft_configuration_add(&conf, id, address, RAFT_VOTER);
	if (rv == 0)
		rv = fn(&o->raft, &conf);
	if (rv != 0)
		r = rep_raft_fault(f, rv, dir, doing, o->rio.io.errmsg);
	raft_configuration_close(&conf);
	raft_close(&o->raft, NULL);
	drain(o);
	if (r == 0)
		r = rep_guard_ensure(dir);
	return r;
}

static bool
dir_is_empty(const char *dir)
{
	DIR           *d = opendir(dir);
	struct dirent *e;
	bool           empty = true;

	if (d == NULL)
		return true;
	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	(void)closedir(d); /* opened for reading, cannot lose anything */
	return empty;
}

static int
move_into_place(const char *fresh, const char *dir, struct fault *f)
{
	_cleanup_(freep) char *parent = strdup(dir);
	char                  *slash;
	int                    r = fs_fsync_dir(fresh);

	if (parent == NULL)
		return -ENOMEM;
	if (r < 0)
		return dir_fault(f, r, fresh, "cannot be made durable");
	if (rename(fresh, dir) != 0)
		return dir_fault(f, -errno, dir, "cannot be put in place");
	slash = strrchr(parent, '/');
	if (slash != NULL && slash != parent)
		*slash = '\0';
	r = fs_fsync_dir(slash == NULL ? "." : slash == parent ? "/" : parent);
	return r < 0 ? dir_fault(f, r, dir, "cannot be made durable") : 0;
}

static int
refuse_filled(const char *dir, struct fault *f)
{
	_cleanup_(freep) char *foreign = str_format("%s/" FOREIGN_DB, dir);

	if (foreign == NULL)
		return -ENOMEM;
	if (fs_exists(foreign)) {
		(void)fault_plain(f, -EEXIST,
				  "system database directory %s holds a database that this server "
				  "cannot read: " FOREIGN_DB " of the DAOS control plane in Go",
				  dir);
		fault_resolve(
		    f,
		    "start the daos_server that wrote it; or, to give up the pools it knows, "
		    "move the contents of %s away",
		    dir);
		return -EEXIST;
	}
	(void)fault_plain(f, -EEXIST, "system database directory %s is not empty", dir);
	fault_resolve(f, "start the server on what is there, or move the contents of %s away", dir);
	return -EEXIST;
}

int
rep_dir_bootstrap(const char *dir, uint64_t id, const char *address, struct fault *f)
{
	_cleanup_(freep) char *fresh = str_format("%s.new", dir);
	int                    r     = rep_dir_prepare(dir, f);

	if (fresh == NULL)
		return -ENOMEM;
	if (r < 0)
		return r;
	if (!dir_is_empty(dir))
		return refuse_filled(dir, f);
	r = fs_remove_tree(fresh); /* of an attempt that was killed */
	if (r < 0)
		return dir_fault(f, r, fresh, "cannot be removed");
	r = rep_dir_prepare(fresh, f);
	if (r == 0)
		r = write_group(fresh, id, address, raft_bootstrap, "writing the first log entry",
				f);
	if (r == 0)
		r = move_into_place(fresh, dir, f);
	if (r < 0)
		(void)fs_remove_tree(fresh); /* the error to report is the first one */
	return r;
}

int
rep_dir_recover(const char *dir, uint64_t id, const char *address, struct fault *f)
{
	_cleanup_(closep) int lock = -EBADF;
	int                   r;

	if (!fs_exists(dir))
		return fault_plain(f, -ENOENT, "there is no system database in %s", dir);
	r = rep_dir_prepare(dir, f);
	if (r == 0)
		r = rep_dir_lock(dir, &lock, f);
	if (r == 0)
		r = rep_dir_verify(dir, NULL, NULL, NULL, f);
	if (r == -ENOENT)
		return fault_plain(f, r, "there is no system database in %s", dir);
	if (r < 0)
		return r;
	return write_group(dir, id, address, raft_recover, "taking over the group", f);
}

/* ---- reading ---- */

int
rep_dir_read(const char *dir, struct rep_dir_content *ret, struct fault *f)
{
	_cleanup_(closep) int lock = -EBADF;
	int                   r;

	if (!fs_is_dir(dir) && !fs_exists(dir))
		return fault_plain(f, -ENOENT, "there is no system database in %s", dir);
	r = rep_dir_lock(dir, &lock, f);
	if (r == 0)
		r = rep_dir_verify(dir, NULL, NULL, ret, f);
	if (r == -ENOENT)
		return fault_plain(f, r, "there is no system database in %s", dir);
	return r;
}

void
rep_dir_content_fini(struct rep_dir_content *c)
{
	if (c == NULL)
		return;
	free(c->last_data);
	free(c->snapshot);
	*c = (struct rep_dir_content){0};
}

int
rep_dir_info(const char *dir, struct rep_info *ret, struct fault *f)
{
	struct rep_dir_content c = {0};
	int                    r = rep_dir_read(dir, &c, f);

	if (r < 0)
		return r;
	*ret = c.info;
	rep_dir_content_fini(&c);
	return 0;
}
