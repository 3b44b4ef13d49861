/*
 * Reading and replacing whole files, directory trees.
 */
#include "common/fs.h"

#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/str.h"

#define REMOVE_TREE_FDS 16

int
fs_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_len)
{
	_cleanup_(closep) int		     fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(strbuf_fini) struct strbuf b	= STRBUF_INIT;
	char				     chunk[16384];
	ssize_t				     n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (b.len + (size_t)n > max_bytes)
			return -EFBIG;
		strbuf_add_len(&b, chunk, (size_t)n);
	}
	if (strbuf_error(&b))
		return strbuf_error(&b);
	if (ret_len != NULL)
		*ret_len = b.len;
	*ret = strbuf_take(&b);
	return *ret ? 0 : -ENOMEM;
}

static int
write_synced(const char *path, const void *data, size_t len, mode_t mode)
{
	_cleanup_(closep) int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	const char *p = data;

	if (fd < 0)
		return -errno;
	if (fchmod(fd, mode) != 0) /* the mode asked for, whatever the umask */
		return -errno;
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

int
fs_fsync_dir(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fsync(fd) == 0 ? 0 : -errno;
}

int
fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
{
	_cleanup_(freep) char *staging = str_format("%s.staging", path);
	_cleanup_(freep) char *copy    = strdup(path);
	int		       r;

	if (staging == NULL || copy == NULL)
		return -ENOMEM;
	r = write_synced(staging, data, len, mode);
	if (r == 0 && rename(staging, path) != 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(staging); /* best effort: the error that matters is r */
		return r;
	}
	return fs_fsync_dir(dirname(copy));
}

int
fs_mkdir_all(const char *path, mode_t mode)
{
	_cleanup_(freep) char *copy = strdup(path);

	if (copy == NULL)
		return -ENOMEM;
	for (char *p = copy + 1;; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) != 0 && errno != EEXIST)
			return -errno;
		if (!fs_is_dir(copy))
			return -ENOTDIR;
		*p = saved;
		if (saved == '\0')
			return 0;
	}
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int
fs_remove_tree(const char *path)
{
	int r = nftw(path, remove_entry, REMOVE_TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (r == -1)
		return errno == ENOENT ? 0 : -errno;
	return r;
}

bool
fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
