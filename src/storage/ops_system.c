/*
 * The effects on the real system: libmount for mounts, libblkid for probing, posix_spawn for mkfs,
 * plain calls for the rest. No policy and no messages here.
 */
#include <blkid/blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "common/fs.h"
#include "common/str.h"
#include "ops.h"

#define MOUNTINFO_MAX (8 * MIB)

static bool
sys_is_root(const struct stor_ops *o)
{
	return geteuid() == 0;
}

static int
sys_read_mounts(const struct stor_ops *o, char **ret)
{
	return fs_read_file("/proc/self/mountinfo", MOUNTINFO_MAX, ret, NULL);
}

static int
sys_mount(const struct stor_ops *o, const struct stor_mount_args *args)
{
	struct libmnt_context *cxt = mnt_new_context();
	int                    r;

	if (cxt == NULL)
		return -ENOMEM;
	(void)mnt_context_disable_helpers(cxt, 1); /* no mount.tmpfs of somebody else's */
	(void)mnt_context_disable_mtab(cxt, 1);
	(void)mnt_context_disable_canonicalize(cxt, 1);
	r = mnt_context_set_source(cxt, args->source);
	if (r == 0)
		r = mnt_context_set_target(cxt, args->target);
	if (r == 0)
		r = mnt_context_set_fstype(cxt, args->fstype);
	if (r == 0)
		r = mnt_context_set_options(cxt, args->options);
	if (r == 0) {
		r = mnt_context_mount(cxt);
		if (r != 0 && mnt_context_syscall_called(cxt))
			r = -mnt_context_get_syscall_errno(cxt);
		else if (r > 0)
			r = -EIO;
	}
	mnt_free_context(cxt);
	return r;
}

static int
sys_unmount(const struct stor_ops *o, const char *target)
{
	return umount2(target, UMOUNT_NOFOLLOW) == 0 ? 0 : -errno;
}

static int
sys_stat(const struct stor_ops *o, const char *path, struct stat *ret)
{
	return stat(path, ret) == 0 ? 0 : -errno;
}

static int
sys_fs_info(const struct stor_ops *o, const char *path, struct stor_fs_info *ret)
{
	struct statvfs v;
	struct statfs  s;

	if (statvfs(path, &v) != 0 || statfs(path, &s) != 0)
		return -errno;
	*ret = (struct stor_fs_info){
	    .total_bytes = (uint64_t)v.f_blocks * v.f_frsize,
	    .avail_bytes = (uint64_t)v.f_bavail * v.f_frsize,
	    .read_only   = (v.f_flag & ST_RDONLY) != 0,
	    .nosuid      = (v.f_flag & ST_NOSUID) != 0,
	    .magic       = (uint64_t)(uint32_t)s.f_type,
	};
	return 0;
}

static void
probe_value(blkid_probe p, const char *name, char *buf, size_t size)
{
	const char *value = NULL;

	buf[0] = '\0';
	if (blkid_probe_lookup_value(p, name, &value, NULL) == 0 && value != NULL)
		(void)snprintf(buf, size, "%s", value); /* types and labels are short */
}

static int
sys_fs_probe(const struct stor_ops *o, const char *device, struct stor_fs_probe *ret)
{
	_cleanup_(closep) int fd = open(device, O_RDONLY | O_CLOEXEC);
	blkid_probe           p;
	int                   r;

	if (fd < 0)
		return -errno;
	p = blkid_new_probe();
	if (p == NULL)
		return -ENOMEM;
	r = blkid_probe_set_device(p, fd, 0, 0);
	if (r == 0)
		r = blkid_probe_enable_superblocks(p, 1);
	if (r == 0)
		r = blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
	if (r == 0)
		r = blkid_do_safeprobe(p);
	if (r == 0) {
		probe_value(p, "TYPE", ret->type, sizeof(ret->type));
		probe_value(p, "LABEL", ret->label, sizeof(ret->label));
	} else if (r == 1) { /* nothing found */
		memset(ret, 0, sizeof(*ret));
		r = 0;
	} else {
		r = r == -2 ? -EMEDIUMTYPE : -EIO; /* -2: several signatures */
	}
	blkid_free_probe(p);
	return r;
}

static int
sys_claim_check(const struct stor_ops *o, const char *device)
{
	_cleanup_(closep) int fd = open(device, O_RDONLY | O_EXCL | O_CLOEXEC);

	return fd < 0 ? -errno : 0;
}

static int
sys_lock_dir(const struct stor_ops *o, const char *path, int *ret_fd)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return -errno;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static bool
entry_is(const char *name, const char *except)
{
	size_t len;

	if (except == NULL)
		return false;
	len = strlen(except);
	return strncmp(name, except, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

static int
sys_dir_empty(const struct stor_ops *o, const char *path, const char *except, bool *ret)
{
	DIR           *dir   = opendir(path);
	bool           empty = true;
	struct dirent *d;

	if (dir == NULL)
		return -errno;
	while (empty && (d = readdir(dir)) != NULL)
		empty = str_eq(d->d_name, ".") || str_eq(d->d_name, "..") ||
			entry_is(d->d_name, except);
	(void)closedir(dir); /* nothing is left to do when it fails */
	*ret = empty;
	return 0;
}

static int
sys_mkdir(const struct stor_ops *o, const char *path, mode_t mode)
{
	if (mkdir(path, mode) != 0)
		return -errno;
	return chmod(path, mode) == 0 ? 0 : -errno; /* whatever the umask */
}

static int
sys_chmod(const struct stor_ops *o, const char *path, mode_t mode)
{
	return chmod(path, mode) == 0 ? 0 : -errno;
}

static int
sys_chown(const struct stor_ops *o, const char *path, uid_t uid, gid_t gid)
{
	return chown(path, uid, gid) == 0 ? 0 : -errno;
}

static int
sys_rename(const struct stor_ops *o, const char *from, const char *to)
{
	return rename(from, to) == 0 ? 0 : -errno;
}

static int
sys_fsync_dir(const struct stor_ops *o, const char *path)
{
	return fs_fsync_dir(path);
}

static int
sys_remove_tree(const struct stor_ops *o, const char *path)
{
	return fs_remove_tree(path);
}

static int
sys_clear_dir(const struct stor_ops *o, const char *path, const char *except)
{
	DIR           *dir = opendir(path);
	struct dirent *d;
	int            r = 0;

	if (dir == NULL)
		return -errno;
	while (r == 0 && (d = readdir(dir)) != NULL) {
		_cleanup_(freep) char *full = NULL;

		if (str_eq(d->d_name, ".") || str_eq(d->d_name, "..") || str_eq(d->d_name, except))
			continue;
		full = str_format("%s/%s", path, d->d_name);
		r    = full ? fs_remove_tree(full) : -ENOMEM;
	}
	(void)closedir(dir); /* nothing is left to do when it fails */
	return r;
}

static int
sys_make_file(const struct stor_ops *o, const char *path, uint64_t size_bytes, mode_t mode,
	      uid_t uid, gid_t gid)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	int                   r;

	if (fd < 0)
		return -errno;
	r = -posix_fallocate(fd, 0, (off_t)size_bytes);
	if (r == 0 && fchown(fd, uid, gid) != 0)
		r = -errno;
	if (r == 0 && fchmod(fd, mode) != 0)
		r = -errno;
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	if (r < 0)
		(void)ftruncate(fd,
				0); /* give back what was allocated; r is the error that matters */
	return r;
}

static int
sys_write_file(const struct stor_ops *o, const char *path, const void *data, size_t len,
	       mode_t mode, uid_t uid, gid_t gid)
{
	int r = fs_write_atomic(path, data, len, mode);

	if (r == 0 && chown(path, uid, gid) != 0)
		r = -errno;
	return r;
}

static int
sys_read_file(const struct stor_ops *o, const char *path, size_t max_bytes, char **ret,
	      size_t *ret_len)
{
	return fs_read_file(path, max_bytes, ret, ret_len);
}

static int
spawn(char *const *argv, int err_fd, pid_t *ret)
{
	posix_spawn_file_actions_t fa;
	char *envp[] = {(char *)"PATH=/usr/sbin:/sbin:/usr/bin:/bin", (char *)"LC_ALL=C", NULL};
	int   r      = posix_spawn_file_actions_init(&fa);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&fa, err_fd, 2);
	if (r == 0)
		r = posix_spawn(ret, argv[0], &fa, NULL, argv, envp);
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail after a successful init */
	return -r;
}

/* Keeps the beginning of what a child prints; reads on to the end so that the child never blocks.
 */
static void
collect(int fd, char *buf, size_t size)
{
	size_t used = 0;
	char   chunk[1024];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n && used + 1 < size; i++)
			buf[used++] = chunk[i] == '\n' ? ' ' : chunk[i];
	}
	buf[used] = '\0';
	(void)memmove(buf, str_trim(buf), strlen(str_trim(buf)) + 1);
}

static int
sys_run(const struct stor_ops *o, char *const *argv, char *why, size_t size)
{
	_cleanup_(closep) int read_fd = -EBADF, write_fd = -EBADF;
	int                   fds[2], status             = 0, r;
	pid_t                 pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	read_fd  = fds[0];
	write_fd = fds[1];
	r        = spawn(argv, write_fd, &pid);
	if (r < 0)
		return r;
	(void)close(TAKE_FD(write_fd)); /* ours; the child has its own */
	collect(read_fd, why, size);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

const struct stor_ops stor_ops_system = {
    .is_root     = sys_is_root,
    .read_mounts = sys_read_mounts,
    .mount       = sys_mount,
    .unmount     = sys_unmount,
    .stat        = sys_stat,
    .fs_info     = sys_fs_info,
    .fs_probe    = sys_fs_probe,
    .claim_check = sys_claim_check,
    .lock_dir    = sys_lock_dir,
    .dir_empty   = sys_dir_empty,
    .mkdir       = sys_mkdir,
    .chmod       = sys_chmod,
    .chown       = sys_chown,
    .rename      = sys_rename,
    .fsync_dir   = sys_fsync_dir,
    .remove_tree = sys_remove_tree,
    .clear_dir   = sys_clear_dir,
    .make_file   = sys_make_file,
    .write_file  = sys_write_file,
    .read_file   = sys_read_file,
    .run         = sys_run,
};
