/*
 * Effects of the storage room on the system: one table of functions, so that a plan can be executed
 * on the real machine, be recorded, or fail on purpose in tests. Policy (what to do, in which
 * order) never calls the system itself.
 *
 * All functions get the table they were called through, so that a wrapper can find its own state
 * with container_of(), and return 0 or a negative errno. They may be called from several threads at
 * once. Paths are absolute.
 */
#pragma once

#include <sys/stat.h>

#include "common/util.h"

struct stor_mount_args {
	const char *source; /* "tmpfs" or a device */
	const char *target;
	const char *fstype;
	const char *options; /* comma list, flags such as noatime included; "" for none */
};

/* A file system as statvfs() and its magic number describe it. */
struct stor_fs_info {
	uint64_t total_bytes;
	uint64_t avail_bytes; /* for unprivileged users */
	bool     read_only;
	bool     nosuid;
	uint64_t magic; /* f_type */
};

/* What libblkid finds on a device. */
struct stor_fs_probe {
	char type[32];  /* "ext4"; empty when nothing is recognised */
	char label[64]; /* empty when there is none */
};

struct stor_ops {
	bool (*is_root)(const struct stor_ops *o);
	/* Contents of /proc/self/mountinfo in fresh memory. */
	int (*read_mounts)(const struct stor_ops *o, char **ret);
	int (*mount)(const struct stor_ops *o, const struct stor_mount_args *args);
	int (*unmount)(const struct stor_ops *o, const char *target);
	int (*stat)(const struct stor_ops *o, const char *path, struct stat *ret);
	int (*fs_info)(const struct stor_ops *o, const char *path, struct stor_fs_info *ret);
	/* Reads only. */
	int (*fs_probe)(const struct stor_ops *o, const char *device, struct stor_fs_probe *ret);
	/* Opens a block device read-only and exclusively, and closes it: -EBUSY when something
	 * holds it. */
	int (*claim_check)(const struct stor_ops *o, const char *device);
	/* Takes an exclusive lock on a directory, waiting for it; closing the descriptor gives it
	 * up. */
	int (*lock_dir)(const struct stor_ops *o, const char *path, int *ret_fd);
	/* Whether a directory is empty but for the file `except` (may be NULL) and files named
	 * `<except>.*`. */
	int (*dir_empty)(const struct stor_ops *o, const char *path, const char *except, bool *ret);

	int (*mkdir)(const struct stor_ops *o, const char *path, mode_t mode);
	int (*chmod)(const struct stor_ops *o, const char *path, mode_t mode);
	int (*chown)(const struct stor_ops *o, const char *path, uid_t uid, gid_t gid);
	int (*rename)(const struct stor_ops *o, const char *from, const char *to);
	int (*fsync_dir)(const struct stor_ops *o, const char *path);
	/* Removes a file or tree without crossing mounts; missing is success. */
	int (*remove_tree)(const struct stor_ops *o, const char *path);
	/* Removes what is in a directory but the entry `except` (may be NULL), without crossing
	 * mounts. */
	int (*clear_dir)(const struct stor_ops *o, const char *path, const char *except);
	/* Creates or truncates a regular file and allocates its blocks. */
	int (*make_file)(const struct stor_ops *o, const char *path, uint64_t size_bytes,
			 mode_t mode, uid_t uid, gid_t gid);
	/* Replaces a small file atomically and durably. */
	int (*write_file)(const struct stor_ops *o, const char *path, const void *data, size_t len,
			  mode_t mode, uid_t uid, gid_t gid);
	int (*read_file)(const struct stor_ops *o, const char *path, size_t max_bytes, char **ret,
			 size_t *ret_len);
	/*
	 * Runs a program to its end with a clean environment. 0 when it exits with 0; -EIO
	 * otherwise, with what it printed to standard error in `why` (cut at size).
	 */
	int (*run)(const struct stor_ops *o, char *const *argv, char *why, size_t size);
};

/* The real system. */
extern const struct stor_ops stor_ops_system;
