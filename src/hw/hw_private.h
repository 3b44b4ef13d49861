/*
 * Reading small files of /proc and /sys below the root of a hw_env.
 */
#pragma once

#include "hw/hw.h"

#define HW_PATH_MAX 512

/* printf of a path below the root into a buffer. 0 or -ENAMETOOLONG. */
int hw_path(const struct hw_env *env, char *buf, size_t size, const char *fmt, ...) _printf_(4, 5);
/* Whole file as text without blanks at its ends, in fresh memory. */
int hw_read_text(const char *path, char **ret);
/* A file that holds one number; base as for str_to_u64(). */
int hw_read_u64(const char *path, int base, uint64_t *ret);
int hw_read_i64(const char *path, int64_t *ret);

/* A set of numbers as sysfs prints it: "0-3,8,10-11". Calls fn for each; at most HW_LIST_MAX of
 * them. */
#define HW_LIST_MAX 65536
typedef int (*hw_list_fn)(uint32_t value, void *arg);
int hw_list_each(const char *text, hw_list_fn fn, void *arg);
/* NUMA nodes with numbers ascending; none when the kernel has no NUMA support. */
int hw_node_ids(const struct hw_env *env, struct hw_numa *ret);
