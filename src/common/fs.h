/*
 * File helpers. All return 0 (or the value said) or a negative errno; all descriptors are close-on-exec.
 */
#pragma once

#include <sys/types.h>

#include "common/util.h"

/*
 * Reads a whole file of at most max_bytes into fresh memory with a NUL after it. -EFBIG when it is larger.
 * ret_len may be NULL.
 */
int  fs_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_len);
/*
 * Replaces a file durably: writes `<path>.staging`, fsyncs, renames, fsyncs the directory. The old content stays when
 * any step fails.
 */
int  fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode);
/* Creates missing directories with mode; existing ones stay as they are. -ENOTDIR when a component is a file. */
int  fs_mkdir_all(const char *path, mode_t mode);
/* Removes a file or a directory tree without crossing mount points or following links. Missing is success. */
int  fs_remove_tree(const char *path);
int  fs_fsync_dir(const char *path);
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);
