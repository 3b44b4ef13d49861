/*
 * The mount table: /proc/self/mountinfo parsed line by line, with its octal escapes. A mount point
 * matches exactly or not at all; of several mounts stacked on one path the last line is the visible
 * one.
 */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/str.h"
#include "storage_private.h"

/* "\040" and friends; the result is cut at size. */
static void
unescape(const char *s, char *buf, size_t size)
{
	size_t n = 0;

	while (*s != '\0' && n + 1 < size) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			buf[n++] = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			buf[n++] = *s++;
		}
	}
	buf[n] = '\0';
}

static bool
has_option(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *o = options; *o != '\0';) {
		size_t n = strcspn(o, ",");

		if (n == len && strncmp(o, name, n) == 0)
			return true;
		o += n + (o[n] == ',');
	}
	return false;
}

/* "36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue"; the line is
 * changed. */
static bool
parse_line(char *line, struct stor_mount *ret)
{
	char    *fields[6];
	char    *save = NULL, *type, *source, *super;
	char    *dash = strstr(line, " - ");
	char    *colon;
	uint32_t maj, min;

	if (dash == NULL)
		return false;
	*dash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (fields[i] == NULL)
			return false;
	}
	type   = strtok_r(dash + 3, " ", &save);
	source = strtok_r(NULL, " ", &save);
	super  = strtok_r(NULL, " ", &save);
	if (type == NULL || source == NULL)
		return false;
	colon = strchr(fields[2], ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	if (str_to_u32(fields[2], 10, &maj) < 0 || str_to_u32(colon + 1, 10, &min) < 0)
		return false;
	unescape(fields[4], ret->target, sizeof(ret->target));
	unescape(source, ret->source, sizeof(ret->source));
	(void)snprintf(ret->fstype, sizeof(ret->fstype), "%s",
		       type); /* longer names do not exist */
	ret->dev       = makedev(maj, min);
	ret->read_only = has_option(fields[5], "ro") || (super != NULL && has_option(super, "ro"));
	return true;
}

typedef bool (*match_fn)(const struct stor_mount *m, const void *arg);

static bool
find(const char *text, match_fn match, const void *arg, struct stor_mount *ret)
{
	_cleanup_(freep) char *copy  = strdup(text);
	char                  *save  = NULL;
	bool                   found = false;

	for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line != NULL;
	     line       = strtok_r(NULL, "\n", &save)) {
		struct stor_mount m;

		if (parse_line(line, &m) && match(&m, arg)) {
			*ret  = m;
			found = true;
		}
	}
	return found;
}

static bool
match_target(const struct stor_mount *m, const void *arg)
{
	return str_eq(m->target, arg);
}

bool
stor_mountinfo_find(const char *text, const char *target, struct stor_mount *ret)
{
	return find(text, match_target, target, ret);
}

struct dev_query {
	dev_t       dev;
	const char *except;
};

static bool
match_dev(const struct stor_mount *m, const void *arg)
{
	const struct dev_query *q = arg;

	return m->dev == q->dev && (q->except == NULL || !str_eq(m->target, q->except));
}

bool
stor_mountinfo_find_dev(const char *text, dev_t dev, const char *except, struct stor_mount *ret)
{
	struct dev_query q = {.dev = dev, .except = except};

	return find(text, match_dev, &q, ret);
}

int
stor_find_mount(const struct stor_host *h, const char *target, struct stor_mount *ret)
{
	_cleanup_(freep) char *text = NULL;
	int                    r    = h->ops->read_mounts(h->ops, &text);

	if (r < 0)
		return r;
	return stor_mountinfo_find(text, target, ret) ? 0 : -ENOENT;
}

int
stor_find_mount_of_dev(const struct stor_host *h, dev_t dev, const char *except,
		       struct stor_mount *ret)
{
	_cleanup_(freep) char *text = NULL;
	int                    r    = h->ops->read_mounts(h->ops, &text);

	if (r < 0)
		return r;
	return stor_mountinfo_find_dev(text, dev, except, ret) ? 0 : -ENOENT;
}
