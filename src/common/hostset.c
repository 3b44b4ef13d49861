/*
 * Host sets. A set keeps ranges cut where the zero-padded number grows by a digit, because a host
 * is then told by prefix, suffix, length of the number and number alone: `node01` and `node1`
 * differ, `node[1-200]` is three ranges. Printing joins them again (struct host_range.next).
 *
 * Adding appends; the first reader sorts and joins in place, which needs no memory and so cannot
 * fail.
 */
#include <string.h>

#include "common/hostlist.h"
#include "common/hostlist_private.h"

struct hostset {
	struct host_ranges ranges;
	size_t             count;
	bool               settled;
};

/* 10^digits, or 0 when it does not fit: no number is that large. */
static uint64_t
power_of_ten(uint32_t digits)
{
	uint64_t p = 1;

	if (digits > 19)
		return 0;
	while (digits-- > 0)
		p *= 10;
	return p;
}

/* All numbers of a cut range have this many characters. */
static uint32_t
text_len(const struct host_range *r)
{
	return host_number_len(r->lo, r->width);
}

static int
compare_groups(const struct host_range *a, const struct host_range *b)
{
	int c = strcmp(a->prefix, b->prefix);

	if (c == 0)
		c = strcmp(a->suffix, b->suffix);
	if (c == 0)
		c = (int)a->numbered - (int)b->numbered;
	return c;
}

static int
compare_ranges(const void *pa, const void *pb)
{
	const struct host_range *a = pa, *b = pb;
	int                      c = compare_groups(a, b);

	if (c != 0 || !a->numbered)
		return c;
	if (text_len(a) != text_len(b))
		return text_len(a) < text_len(b) ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return 0;
}

/* Joins b to a, its predecessor in order, when they overlap or touch. */
static bool
join(struct host_range *a, const struct host_range *b)
{
	if (compare_groups(a, b) != 0)
		return false;
	if (!a->numbered)
		return true;
	if (text_len(a) != text_len(b) || (a->hi < b->lo && b->lo - a->hi > 1))
		return false;
	a->hi = MAX(a->hi, b->hi);
	return true;
}

/* The range that holds host number n with `len` characters in the group of `which`, or
 * HOST_RANGE_END. */
static size_t
find_range(const struct host_ranges *ranges, const struct host_range *which, uint32_t len,
	   uint64_t n)
{
	size_t lo = 0, hi = ranges->n;

	while (lo < hi) {
		size_t                   mid = lo + (hi - lo) / 2;
		const struct host_range *r   = &ranges->v[mid];
		int                      c   = compare_groups(r, which);

		if (c == 0 && !r->numbered)
			return mid;
		if (c == 0 && text_len(r) != len)
			c = text_len(r) < len ? -1 : 1;
		if (c == 0)
			c = r->hi < n ? -1 : r->lo > n ? 1 : 0;
		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return HOST_RANGE_END;
}

/* Marks ranges that end at 9…9 as continued by the one that starts at the next power of ten. */
static void
chain(struct host_ranges *ranges)
{
	vec_foreach (ranges, r) {
		r->chained = false;
		r->next    = HOST_RANGE_END;
	}
	vec_foreach (ranges, r) {
		uint32_t len   = text_len(r);
		uint64_t limit = power_of_ten(len);

		if (!r->numbered || limit == 0 || r->hi != limit - 1)
			continue;
		r->next = find_range(ranges, r, len + 1, limit);
		if (r->next != HOST_RANGE_END && ranges->v[r->next].lo == limit)
			ranges->v[r->next].chained = true;
		else
			r->next = HOST_RANGE_END;
	}
}

static void
drop_range(struct host_range *r)
{
	free(r->prefix);
	free(r->suffix);
}

static void
settle(const struct hostset *set)
{
	struct hostset     *s      = (struct hostset *)set; /* the set of hosts stays the same */
	struct host_ranges *ranges = &s->ranges;
	size_t              kept   = 0;

	if (s->settled)
		return;
	if (ranges->n > 0)
		qsort(ranges->v, ranges->n, sizeof(*ranges->v), compare_ranges);
	s->count = 0;
	for (size_t i = 0; i < ranges->n; i++) {
		if (kept > 0 && join(&ranges->v[kept - 1], &ranges->v[i]))
			drop_range(&ranges->v[i]);
		else
			ranges->v[kept++] = ranges->v[i];
	}
	ranges->n = kept;
	vec_foreach (ranges, r)
		s->count += host_range_count(r);
	chain(ranges);
	s->settled = true;
}

/* Appends a range, cut where the text of its numbers grows. */
static int
add_cut(struct host_ranges *ranges, const struct host_range *r)
{
	struct host_range piece  = *r;
	size_t            before = ranges->n;

	while (r->numbered) {
		uint64_t limit = power_of_ten(host_number_len(piece.lo, r->width));

		piece.hi    = limit != 0 ? MIN(r->hi, limit - 1) : r->hi;
		piece.width = host_number_len(piece.lo, r->width);
		if (piece.hi == r->hi)
			break;
		if (host_ranges_add(ranges, &piece) < 0) {
			host_ranges_cut(ranges, before);
			return -ENOMEM;
		}
		piece.lo = piece.hi + 1;
	}
	if (host_ranges_add(ranges, &piece) < 0) {
		host_ranges_cut(ranges, before);
		return -ENOMEM;
	}
	return 0;
}

static int
add_all(struct hostset *s, const struct host_ranges *added)
{
	size_t before = s->ranges.n;

	vec_foreach (added, r)
		if (add_cut(&s->ranges, r) < 0) {
			host_ranges_cut(&s->ranges, before);
			return -ENOMEM;
		}
	s->settled = s->settled && added->n == 0;
	return 0;
}

int
hostset_new(struct hostset **ret)
{
	struct hostset *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->settled = true;
	*ret       = s;
	return 0;
}

struct hostset *
hostset_free(struct hostset *s)
{
	if (s != NULL) {
		host_ranges_fini(&s->ranges);
		free(s);
	}
	return NULL;
}

int
hostset_insert(struct hostset *s, const char *text, struct fault *f)
{
	_cleanup_(host_ranges_fini) struct host_ranges added = {0};
	int                                            r     = host_ranges_parse(&added, text, f);

	return r < 0 ? r : add_all(s, &added);
}

int
hostset_parse(const char *text, struct hostset **ret, struct fault *f)
{
	struct hostset *s = NULL;
	int             r = hostset_new(&s);

	if (r == 0)
		r = hostset_insert(s, text, f);
	if (r < 0)
		s = hostset_free(s);
	else
		*ret = s;
	return r;
}

int
hostset_merge(struct hostset *s, const struct hostset *other)
{
	return add_all(s, &other->ranges);
}

int
hostset_dup(const struct hostset *s, struct hostset **ret)
{
	struct hostset *copy = NULL;
	int             r    = hostset_new(&copy);

	if (r == 0)
		r = hostset_merge(copy, s);
	if (r < 0)
		copy = hostset_free(copy);
	else
		*ret = copy;
	return r;
}

size_t
hostset_count(const struct hostset *s)
{
	settle(s);
	return s->count;
}

/* A chain of cut ranges as the one range that is printed. */
static struct host_range
joined(const struct hostset *s, const struct host_range *first)
{
	struct host_range r = *first;

	for (size_t i = r.next; i != HOST_RANGE_END; i = s->ranges.v[i].next)
		r.hi = s->ranges.v[i].hi;
	return r;
}

/* The next range at or after i that starts a chain. */
static size_t
next_head(const struct hostset *s, size_t i)
{
	while (i < s->ranges.n && s->ranges.v[i].chained)
		i++;
	return i;
}

char *
hostset_text(const struct hostset *s)
{
	struct strbuf out  = STRBUF_INIT;
	bool          open = false;

	settle(s);
	strbuf_add(&out, "");
	for (size_t i = next_head(s, 0), n; i < s->ranges.n; i = n) {
		struct host_range r = joined(s, &s->ranges.v[i]);
		bool              more;

		n    = next_head(s, i + 1);
		more = n < s->ranges.n && host_range_akin(&r, &s->ranges.v[n]);
		if (!open) {
			strbuf_add(&out, r.prefix);
			open = r.numbered && (more || r.hi > r.lo);
			if (open)
				strbuf_add_char(&out, '[');
		}
		if (r.numbered)
			host_range_numbers(&r, &out);
		if (open && !more) {
			strbuf_add_char(&out, ']');
			open = false;
		}
		if (!open)
			strbuf_add(&out, r.suffix);
		if (n < s->ranges.n)
			strbuf_add_char(&out, ',');
	}
	return strbuf_take(&out);
}

int
hostset_each(const struct hostset *s, host_fn fn, void *arg)
{
	_cleanup_(strbuf_fini) struct strbuf name = STRBUF_INIT;
	int                                  r    = 0;

	settle(s);
	for (size_t i = next_head(s, 0); r == 0 && i < s->ranges.n; i = next_head(s, i + 1)) {
		struct host_range range = joined(s, &s->ranges.v[i]);
		uint64_t          count = host_range_count(&range);

		for (uint64_t k = 0; r == 0 && k < count; k++) {
			strbuf_reset(&name);
			host_range_name(&range, range.lo + k, &name);
			r = strbuf_error(&name);
			if (r == 0)
				r = fn(strbuf_str(&name), arg);
		}
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
hostset_expand(const struct hostset *s)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	if (hostset_each(s, add_name, &out) < 0) {
		strbuf_fini(&out);
		return NULL;
	}
	return strbuf_take(&out);
}

int
hostset_nth(const struct hostset *s, size_t i, char **ret)
{
	struct strbuf name = STRBUF_INIT;
	char         *text;

	settle(s);
	for (size_t n = next_head(s, 0); n < s->ranges.n; n = next_head(s, n + 1)) {
		struct host_range r     = joined(s, &s->ranges.v[n]);
		uint64_t          count = host_range_count(&r);

		if (i >= count) {
			i -= count;
			continue;
		}
		host_range_name(&r, r.lo + i, &name);
		text = strbuf_take(&name);
		if (text == NULL)
			return -ENOMEM;
		*ret = text;
		return 0;
	}
	return -ENOENT;
}

/*
 * Splits `other` at the borders of `s` and appends the parts that are inside `s` (want) or outside
 * it (!want).
 */
static int
select_parts(const struct hostset *s, const struct hostset *other, bool want,
	     struct host_ranges *out)
{
	settle(s);
	settle(other);
	vec_foreach (&other->ranges, r) {
		struct host_range part = *r;

		if (!r->numbered) {
			if ((find_range(&s->ranges, r, 0, 0) != HOST_RANGE_END) == want &&
			    host_ranges_add(out, r) < 0)
				return -ENOMEM;
			continue;
		}
		for (uint64_t n = r->lo;; n = part.hi + 1) {
			size_t i = find_range(&s->ranges, r, text_len(r), n);

			part.lo = n;
			part.hi = r->hi;
			if (i != HOST_RANGE_END) {
				part.hi = MIN(r->hi, s->ranges.v[i].hi);
			} else {
				/* up to the next range of s in the same group */
				vec_foreach (&s->ranges, q)
					if (host_range_akin(q, r) && text_len(q) == text_len(r) &&
					    q->lo > n)
						part.hi = MIN(part.hi, q->lo - 1);
			}
			if ((i != HOST_RANGE_END) == want && host_ranges_add(out, &part) < 0)
				return -ENOMEM;
			if (part.hi == r->hi)
				break;
		}
	}
	return 0;
}

int
hostset_intersect(const struct hostset *s, const char *text, struct hostset **ret, struct fault *f)
{
	struct hostset *other = NULL, *common = NULL;
	int             r = hostset_parse(text, &other, f);

	if (r == 0)
		r = hostset_new(&common);
	if (r == 0) {
		r               = select_parts(s, other, true, &common->ranges);
		common->settled = false;
	}
	other = hostset_free(other);
	if (r < 0)
		common = hostset_free(common);
	else
		*ret = common;
	return r;
}

int
hostset_within(const struct hostset *s, const char *text, bool *ret, struct fault *f)
{
	_cleanup_(host_ranges_fini) struct host_ranges outside = {0};
	struct hostset                                *other   = NULL;
	int                                            r       = hostset_parse(text, &other, f);

	if (r == 0)
		r = select_parts(s, other, false, &outside);
	other = hostset_free(other);
	if (r == 0)
		*ret = outside.n == 0;
	return r;
}

int
hostset_delete(struct hostset *s, const char *text, size_t *ret_deleted, struct fault *f)
{
	struct host_ranges kept    = {0};
	struct hostset    *victims = NULL;
	size_t             before  = hostset_count(s);
	int                r       = hostset_parse(text, &victims, f);

	if (r == 0)
		r = select_parts(victims, s, false, &kept);
	victims = hostset_free(victims);
	if (r < 0) {
		host_ranges_fini(&kept);
		return r;
	}
	host_ranges_fini(&s->ranges);
	s->ranges  = kept;
	s->settled = false;
	if (ret_deleted != NULL)
		*ret_deleted = before - hostset_count(s);
	return 0;
}

/* ---- hosts with ports ---- */

struct port_list {
	const struct hostset *hosts;
	unsigned              port;
	struct fault         *fault;
	char                **v;
	size_t                n;
	size_t                cap;
};

static int
check_port(const char *host, struct fault *f)
{
	const char *colon = strchr(host, ':');
	uint64_t    port;

	if (strchr(colon + 1, ':') != NULL)
		return fault_plain(f, -EINVAL, "host \"%.200s\" has more than one ':'", host);
	if (str_to_u64(colon + 1, 10, &port) < 0)
		return fault_plain(f, -EINVAL, "the port of host \"%.200s\" is not a number", host);
	return 0;
}

static int
add_with_port(const char *host, void *arg)
{
	struct port_list *l     = arg;
	bool              bare  = strchr(host, ':') == NULL;
	char             *name  = bare ? str_format("%s:%u", host, l->port) : strdup(host);
	bool              twice = false;
	int               r     = name != NULL ? 0 : -ENOMEM;

	if (r == 0 && !bare)
		r = check_port(host, l->fault);
	if (r == 0 && bare) /* the set may hold it with the port written out, too */
		r = hostset_within(l->hosts, name, &twice, l->fault);
	if (r == 0 && !twice) {
		r = vec_push(l, name);
		if (r == 0)
			name = NULL;
	}
	free(name);
	return r;
}

void
hostlist_free_hosts(char **hosts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(hosts[i]);
	free(hosts);
}

int
hostlist_with_port(const char *const *exprs, size_t n, unsigned port, char ***ret_hosts,
		   size_t *ret_n, struct fault *f)
{
	struct hostset  *set = NULL;
	struct port_list l   = {.port = port, .fault = f};
	int              r   = hostset_new(&set);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = hostset_insert(set, exprs[i], f);
	l.hosts = set;
	if (r == 0)
		r = hostset_each(set, add_with_port, &l);
	set = hostset_free(set);
	if (r < 0) {
		hostlist_free_hosts(l.v, l.n);
		return r;
	}
	*ret_hosts = l.v;
	*ret_n     = l.n;
	return 0;
}
