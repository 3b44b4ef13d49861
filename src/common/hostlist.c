/*
 * Host lists: ranges in the order in which they were given. A new range is joined to the one before
 * when it continues it. Parsing is in host_range.c, sets are in hostset.c.
 */
#include "common/hostlist.h"

#include <string.h>

#include "common/hostlist_private.h"

struct hostlist {
	struct host_ranges ranges;
	size_t             count;
};

struct hostlist *
hostlist_free(struct hostlist *l)
{
	if (l != NULL) {
		host_ranges_fini(&l->ranges);
		free(l);
	}
	return NULL;
}

/* Zeros in front of a number printed with a width. */
static uint32_t
padding(uint64_t n, uint32_t width)
{
	return host_number_len(n, width) - host_number_len(n, 0);
}

/* Whether b prints the same with a's width, or a with b's; *ret_width is the width that fits both.
 */
static bool
widths_fit(const struct host_range *a, const struct host_range *b, uint32_t *ret_width)
{
	if (padding(b->lo, a->width) == padding(b->lo, b->width))
		*ret_width = a->width;
	else if (padding(a->lo, b->width) == padding(a->lo, a->width))
		*ret_width = b->width;
	else
		return false;
	return true;
}

/* Appends a range; joins it to the last one when it continues it. */
static int
push_range(struct hostlist *l, const struct host_range *r)
{
	struct host_range *tail = l->ranges.n > 0 ? &l->ranges.v[l->ranges.n - 1] : NULL;
	uint32_t           width;

	if (tail != NULL && host_range_akin(tail, r) && r->lo > 0 && tail->hi == r->lo - 1 &&
	    widths_fit(tail, r, &width)) {
		tail->hi    = r->hi;
		tail->width = width;
	} else if (host_ranges_add(&l->ranges, r) < 0) {
		return -ENOMEM;
	}
	l->count += host_range_count(r);
	return 0;
}

int
hostlist_push(struct hostlist *l, const char *text, struct fault *f)
{
	_cleanup_(host_ranges_fini) struct host_ranges added = {0};
	struct host_range                              tail  = {0};
	size_t                                         n = l->ranges.n, count = l->count;
	int                                            r = host_ranges_parse(&added, text, f);

	if (r < 0)
		return r;
	if (n > 0)
		tail = l->ranges.v[n - 1];
	for (size_t i = 0; r == 0 && i < added.n; i++)
		r = push_range(l, &added.v[i]);
	if (r < 0) { /* take back what was added, also what the last range was joined with */
		host_ranges_cut(&l->ranges, n);
		if (n > 0)
			l->ranges.v[n - 1] = tail;
		l->count = count;
	}
	return r;
}

int
hostlist_parse(const char *text, struct hostlist **ret, struct fault *f)
{
	struct hostlist *l = calloc(1, sizeof(*l));
	int              r;

	if (l == NULL)
		return -ENOMEM;
	r = hostlist_push(l, text, f);
	if (r < 0)
		l = hostlist_free(l);
	else
		*ret = l;
	return r;
}

size_t
hostlist_count(const struct hostlist *l)
{
	return l->count;
}

char *
hostlist_text(const struct hostlist *l)
{
	struct strbuf out  = STRBUF_INIT;
	bool          open = false;

	strbuf_add(&out, "");
	for (size_t i = 0; i < l->ranges.n; i++) {
		const struct host_range *r    = &l->ranges.v[i];
		bool                     last = i + 1 == l->ranges.n;
		bool                     more = !last && host_range_akin(r, &l->ranges.v[i + 1]);

		if (!open)
			strbuf_add(&out, r->prefix);
		if (r->numbered) {
			if (!open && (more || r->hi > r->lo)) {
				strbuf_add_char(&out, '[');
				open = true;
			}
			host_range_numbers(r, &out);
			if (open && !more) {
				strbuf_add_char(&out, ']');
				open = false;
			}
			if (!open)
				strbuf_add(&out, r->suffix);
		}
		if (!last)
			strbuf_add_char(&out, ',');
	}
	return strbuf_take(&out);
}

int
hostlist_each(const struct hostlist *l, host_fn fn, void *arg)
{
	_cleanup_(strbuf_fini) struct strbuf name = STRBUF_INIT;
	int                                  r    = 0;

	vec_foreach (&l->ranges, range) {
		uint64_t count = host_range_count(range);

		for (uint64_t i = 0; r == 0 && i < count; i++) {
			strbuf_reset(&name);
			host_range_name(range, range->lo + i, &name);
			r = strbuf_error(&name);
			if (r == 0)
				r = fn(strbuf_str(&name), arg);
		}
		if (r != 0)
			break;
	}
	return r;
}

static int
add_name(const char *host, void *arg)
{
	struct strbuf *out = arg;

	if (out->len > 0)
		strbuf_add_char(out, ',');
	strbuf_add(out, host);
	return strbuf_error(out);
}

char *
hostlist_expand(const struct hostlist *l)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	if (hostlist_each(l, add_name, &out) < 0) {
		strbuf_fini(&out);
		return NULL;
	}
	return strbuf_take(&out);
}

/* The range holding the i-th host and the host's place in it; NULL when out of range. */
static struct host_range *
find_nth(const struct hostlist *l, size_t i, size_t *ret_range, uint64_t *ret_offset)
{
	for (size_t n = 0; n < l->ranges.n; n++) {
		uint64_t count = host_range_count(&l->ranges.v[n]);

		if (i < count) {
			*ret_range  = n;
			*ret_offset = i;
			return &l->ranges.v[n];
		}
		i -= count;
	}
	return NULL;
}

int
hostlist_nth(const struct hostlist *l, size_t i, char **ret)
{
	struct strbuf      name = STRBUF_INIT;
	size_t             n;
	uint64_t           offset;
	struct host_range *r = find_nth(l, i, &n, &offset);
	char              *text;

	if (r == NULL)
		return -ENOENT;
	host_range_name(r, r->lo + offset, &name);
	text = strbuf_take(&name);
	if (text == NULL)
		return -ENOMEM;
	*ret = text;
	return 0;
}

/* Removes one host of range n; splits the range when it is in the middle. */
static int
delete_from(struct hostlist *l, size_t n, uint64_t offset)
{
	struct host_range *r      = &l->ranges.v[n];
	uint64_t           number = r->lo + offset;

	if (host_range_count(r) == 1) {
		host_ranges_remove(&l->ranges, n);
	} else if (number == r->lo) {
		r->lo++;
	} else if (number == r->hi) {
		r->hi--;
	} else {
		struct host_range upper = *r;

		upper.lo = number + 1;
		if (host_ranges_add(&l->ranges, &upper) < 0)
			return -ENOMEM;
		upper             = l->ranges.v[l->ranges.n - 1]; /* now with its own texts */
		l->ranges.v[n].hi = number - 1;
		memmove(&l->ranges.v[n + 2], &l->ranges.v[n + 1],
			(l->ranges.n - n - 2) * sizeof(upper));
		l->ranges.v[n + 1] = upper;
	}
	l->count--;
	return 0;
}

int
hostlist_delete_nth(struct hostlist *l, size_t i)
{
	size_t   n;
	uint64_t offset;

	if (find_nth(l, i, &n, &offset) == NULL)
		return -ENOENT;
	return delete_from(l, n, offset);
}

/* Deletes the first host that equals number `number` of `which`. 1: deleted, 0: absent, or -ENOMEM.
 */
static int
delete_host(struct hostlist *l, const struct host_range *which, uint64_t number)
{
	for (size_t n = 0; n < l->ranges.n; n++) {
		const struct host_range *r = &l->ranges.v[n];
		int                      rc;

		if (!which->numbered) {
			if (r->numbered || !str_eq(r->prefix, which->prefix))
				continue;
			rc = delete_from(l, n, 0);
			return rc < 0 ? rc : 1;
		}
		if (!host_range_akin(r, which) || number < r->lo || number > r->hi ||
		    host_number_len(number, r->width) != host_number_len(number, which->width))
			continue;
		rc = delete_from(l, n, number - r->lo);
		return rc < 0 ? rc : 1;
	}
	return 0;
}

int
hostlist_delete(struct hostlist *l, const char *text, size_t *ret_deleted, struct fault *f)
{
	_cleanup_(host_ranges_fini) struct host_ranges victims = {0};
	size_t                                         deleted = 0;
	int                                            r;

	if (l->count == 0)
		return fault_plain(f, -ENOENT, "the host list is empty");
	r = host_ranges_parse(&victims, text, f);
	if (r < 0)
		return r;
	vec_foreach (&victims, range) {
		uint64_t count = host_range_count(range);

		for (uint64_t i = 0; i < count; i++) {
			r = delete_host(l, range, range->lo + i);
			if (r < 0)
				return r;
			deleted += (size_t)r;
		}
	}
	if (ret_deleted != NULL)
		*ret_deleted = deleted;
	return 0;
}
