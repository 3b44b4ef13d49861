/*
 * Small files of /proc and /sys: paths below the injectable root, numbers, and the kernel's list
 * format.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/fs.h"
#include "common/str.h"
#include "hw_private.h"

#define SMALL_FILE_MAX (256 * KIB)

int
hw_path(const struct hw_env *env, char *buf, size_t size, const char *fmt, ...)
{
	const char *root = env && env->root ? env->root : "";
	va_list     ap;
	int         used = snprintf(buf, size, "%s", root);
	int         n;

	if (used < 0 || (size_t)used >= size)
		return -ENAMETOOLONG;
	va_start(ap, fmt);
	n = vsnprintf(buf + used, size - (size_t)used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size - (size_t)used)
		return -ENAMETOOLONG;
	return 0;
}

int
hw_read_text(const char *path, char **ret)
{
	_cleanup_(freep) char *text = NULL;
	char                  *trimmed;
	int                    r = fs_read_file(path, SMALL_FILE_MAX, &text, NULL);

	if (r < 0)
		return r;
	trimmed = str_trim(text);
	memmove(text, trimmed, strlen(trimmed) + 1);
	*ret = TAKE_PTR(text);
	return 0;
}

int
hw_read_u64(const char *path, int base, uint64_t *ret)
{
	_cleanup_(freep) char *text = NULL;
	int                    r    = hw_read_text(path, &text);

	return r < 0 ? r : str_to_u64(text, base, ret);
}

int
hw_read_i64(const char *path, int64_t *ret)
{
	_cleanup_(freep) char *text = NULL;
	int                    r    = hw_read_text(path, &text);

	return r < 0 ? r : str_to_i64(text, 10, ret);
}

static int
list_range(char *item, hw_list_fn fn, void *arg, uint32_t *budget)
{
	char    *dash = strchr(item, '-');
	uint32_t lo, hi;
	int      r;

	if (dash != NULL)
		*dash++ = '\0';
	r = str_to_u32(item, 10, &lo);
	if (r < 0)
		return r;
	hi = lo;
	if (dash != NULL)
		r = str_to_u32(dash, 10, &hi);
	if (r < 0 || hi < lo)
		return r < 0 ? r : -EINVAL;
	for (uint64_t v = lo; v <= hi; v++) {
		if ((*budget)-- == 0)
			return -E2BIG;
		r = fn((uint32_t)v, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

int
hw_list_each(const char *text, hw_list_fn fn, void *arg)
{
	_cleanup_(freep) char *copy   = strdup(text);
	uint32_t               budget = HW_LIST_MAX;
	char                  *save   = NULL;

	if (copy == NULL)
		return -ENOMEM;
	for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		int r = list_range(str_trim(item), fn, arg, &budget);

		if (r < 0)
			return r;
	}
	return 0;
}
