/*
 * Rank sets: sorted, disjoint ranges; neighbours that touch are joined when their padding allows
 * printing them as one.
 */
#include "common/ranks.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/vec.h"

int
rank_parse(const char *text, uint32_t *ret, struct fault *f)
{
	uint32_t rank;

	if (str_to_u32(text, 10, &rank) < 0 || rank > RANK_MAX)
		return fault_plain(f, -EINVAL, "rank \"%.40s\" is not a number from 0 to %u", text,
				   RANK_MAX);
	*ret = rank;
	return 0;
}

char *
rank_format(uint32_t rank, char buf[RANK_TEXT_MAX])
{
	if (rank == DAOS_RANK_NIL)
		(void)snprintf(buf, RANK_TEXT_MAX, "NilRank");
	else
		(void)snprintf(buf, RANK_TEXT_MAX, "%u", rank);
	return buf;
}

void
rank_set_fini(struct rank_set *set)
{
	vec_fini(set);
}

static uint8_t
digits(uint32_t n)
{
	uint8_t d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

/* Zeros in front of n printed with a width. */
static unsigned
padding(uint32_t n, uint8_t width)
{
	return width > digits(n) ? width - digits(n) : 0;
}

/* Whether two ranges can print with one width, which becomes *ret. */
static bool
widths_fit(const struct rank_range *a, const struct rank_range *b, uint8_t *ret)
{
	if (padding(b->lo, a->width) == padding(b->lo, b->width))
		*ret = a->width;
	else if (padding(a->lo, b->width) == padding(a->lo, a->width))
		*ret = b->width;
	else
		return false;
	return true;
}

/* Index of the first range that ends at or after `rank`. */
static size_t
lower_bound(const struct rank_set *set, uint64_t rank)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->v[mid].hi < rank)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Takes range b into a: b overlaps a, or touches it with a fitting width. */
static bool
absorb(struct rank_range *a, const struct rank_range *b)
{
	uint8_t width   = a->width;
	bool    overlap = a->lo <= b->hi && b->lo <= a->hi;
	bool    touch   = (uint64_t)a->hi + 1 == b->lo || (uint64_t)b->hi + 1 == a->lo;

	if (!overlap &&
	    !(touch && widths_fit(a->lo <= b->lo ? a : b, a->lo <= b->lo ? b : a, &width)))
		return false;
	a->lo    = MIN(a->lo, b->lo);
	a->hi    = MAX(a->hi, b->hi);
	a->width = width;
	return true;
}

static int
add_range(struct rank_set *set, struct rank_range r)
{
	size_t i = lower_bound(set, r.lo > 0 ? (uint64_t)r.lo - 1 : 0);

	/* The one before may touch but not fit; then the new range goes after it. */
	if (i < set->n && set->v[i].hi < r.lo && !absorb(&r, &set->v[i]))
		i++;
	else if (i < set->n && absorb(&r, &set->v[i]))
		vec_remove(set, i);
	while (i < set->n && absorb(&r, &set->v[i]))
		vec_remove(set, i);
	if (vec_reserve(set, set->n + 1) < 0)
		return -ENOMEM;
	memmove(&set->v[i + 1], &set->v[i], (set->n - i) * sizeof(*set->v));
	set->v[i] = r;
	set->n++;
	return 0;
}

int
rank_set_add_range(struct rank_set *set, uint32_t lo, uint32_t hi)
{
	if (lo > hi || hi > RANK_MAX)
		return -EINVAL;
	/* First, so that a failure leaves the set as it was. */
	if (vec_reserve(set, set->n + 1) < 0)
		return -ENOMEM;
	return add_range(set, (struct rank_range){.lo = lo, .hi = hi, .width = 1});
}

int
rank_set_add(struct rank_set *set, uint32_t rank)
{
	return rank_set_add_range(set, rank, rank);
}

int
rank_set_copy(struct rank_set *dst, const struct rank_set *src)
{
	struct rank_set copy = RANK_SET_INIT;

	if (src->n > 0) {
		if (vec_reserve(&copy, src->n) < 0)
			return -ENOMEM;
		memcpy(copy.v, src->v, src->n * sizeof(*src->v));
		copy.n = src->n;
	}
	rank_set_fini(dst);
	*dst = copy;
	return 0;
}

int
rank_set_merge(struct rank_set *set, const struct rank_set *other)
{
	int r = vec_reserve(set, set->n + other->n + 1);

	for (size_t i = 0; r == 0 && i < other->n; i++)
		r = add_range(set, other->v[i]);
	return r;
}

int
rank_set_del(struct rank_set *set, uint32_t rank)
{
	size_t            i = lower_bound(set, rank);
	struct rank_range upper;

	if (i == set->n || set->v[i].lo > rank)
		return 0;
	if (set->v[i].lo == set->v[i].hi) {
		vec_remove(set, i);
	} else if (set->v[i].lo == rank) {
		set->v[i].lo++;
	} else if (set->v[i].hi == rank) {
		set->v[i].hi--;
	} else {
		if (vec_reserve(set, set->n + 1) < 0)
			return -ENOMEM;
		upper        = set->v[i];
		upper.lo     = rank + 1;
		set->v[i].hi = rank - 1;
		memmove(&set->v[i + 2], &set->v[i + 1], (set->n - i - 1) * sizeof(*set->v));
		set->v[i + 1] = upper;
		set->n++;
	}
	return 0;
}

bool
rank_set_has(const struct rank_set *set, uint32_t rank)
{
	size_t i = lower_bound(set, rank);

	return i < set->n && set->v[i].lo <= rank;
}

size_t
rank_set_count(const struct rank_set *set)
{
	size_t n = 0;

	vec_foreach (set, r)
		n += (size_t)r->hi - r->lo + 1;
	return n;
}

bool
rank_set_next(const struct rank_set *set, uint64_t *rank)
{
	size_t i = lower_bound(set, *rank);

	if (i == set->n)
		return false;
	*rank = MAX(*rank, set->v[i].lo);
	return true;
}

static void
add_text(const struct rank_set *set, struct strbuf *out)
{
	vec_foreach (set, r) {
		if (r > set->v)
			strbuf_add_char(out, ',');
		strbuf_addf(out, "%0*u", r->width, r->lo);
		if (r->hi > r->lo)
			strbuf_addf(out, "-%0*u", r->width, r->hi);
	}
}

char *
rank_set_text(const struct rank_set *set)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	add_text(set, &out);
	return strbuf_take(&out);
}

char *
rank_set_ranged(const struct rank_set *set)
{
	struct strbuf out  = STRBUF_INIT;
	bool          many = set->n > 1 || (set->n == 1 && set->v[0].hi > set->v[0].lo);

	strbuf_add(&out, many ? "[" : "");
	add_text(set, &out);
	strbuf_add(&out, many ? "]" : "");
	return strbuf_take(&out);
}

char *
rank_set_json(const struct rank_set *set)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add_char(&out, '[');
	rank_set_foreach(set, r) strbuf_addf(&out, "%s%" PRIu64, out.len > 1 ? "," : "", r);
	strbuf_add_char(&out, ']');
	return strbuf_take(&out);
}

int
rank_set_array(const struct rank_set *set, uint32_t **ret, size_t *ret_n)
{
	size_t    n = rank_set_count(set), i = 0;
	uint32_t *all = NULL;

	if (n > 0) {
		all = calloc(n, sizeof(*all));
		if (all == NULL)
			return -ENOMEM;
		rank_set_foreach(set, r) all[i++] = (uint32_t)r;
	}
	*ret   = all;
	*ret_n = n;
	return 0;
}

/* One item, `3` or `3-7`, of n bytes. */
static int
parse_item(const char *item, size_t n, struct rank_set *set, struct fault *f)
{
	struct rank_range r = {0};
	uint64_t          lo, hi;
	char              text[64];
	char             *dash;
	int               rc;

	if (n >= sizeof(text))
		return fault_plain(f, -EINVAL, "\"%.*s…\" is not a rank or range of ranks", 40,
				   item);
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, item);
	dash = strchr(text, '-');
	if (dash != NULL)
		*dash++ = '\0';
	rc = str_to_u64(text, 10, &lo);
	hi = lo;
	if (rc == 0 && dash != NULL)
		rc = str_to_u64(dash, 10, &hi);
	if (rc < 0)
		return fault_plain(f, -EINVAL, "\"%.*s\" is not a rank or range of ranks", (int)n,
				   item);
	if (hi > RANK_MAX || lo > RANK_MAX)
		return fault_plain(f, -ERANGE, "rank %" PRIu64 " is larger than %u", MAX(lo, hi),
				   RANK_MAX);
	if (hi < lo)
		return fault_plain(f, -EINVAL, "range of ranks \"%.*s\" runs backwards", (int)n,
				   item);
	if (hi - lo >= RANK_SET_MAX_RANGE)
		return fault_plain(f, -ERANGE, "range of ranks \"%.*s\" is longer than %d", (int)n,
				   item, RANK_SET_MAX_RANGE);
	r.lo    = (uint32_t)lo;
	r.hi    = (uint32_t)hi;
	r.width = (uint8_t)strlen(text);
	return add_range(set, r);
}

/* Items of one pair of brackets, up to ']' or the end. */
static int
parse_items(const char *s, size_t n, struct rank_set *set, struct fault *f)
{
	for (;;) {
		const char *comma = memchr(s, ',', n);
		size_t      len   = comma != NULL ? (size_t)(comma - s) : n;
		int         r     = parse_item(s, len, set, f);

		if (r < 0 || comma == NULL)
			return r;
		s += len + 1;
		n -= len + 1;
	}
}

static int
check_characters(const char *text, struct fault *f)
{
	for (const char *s = text; *s != '\0'; s++) {
		if (isspace((unsigned char)*s))
			return fault_plain(f, -EINVAL, "ranks \"%.100s\" contain a blank", text);
		if (isalpha((unsigned char)*s))
			return fault_plain(f, -EINVAL, "ranks \"%.100s\" contain a letter", text);
	}
	return 0;
}

int
rank_set_parse(struct rank_set *set, const char *text, struct fault *f)
{
	struct rank_set parsed = RANK_SET_INIT;
	size_t          n      = strlen(text);
	int             r      = check_characters(text, f);

	/* Either outer bracket may be missing; inside, groups are `[…],[…]`. */
	if (n > 0 && text[0] == '[') {
		text++;
		n--;
	}
	if (n > 0 && text[n - 1] == ']')
		n--;
	while (r == 0 && n > 0) {
		const char *end = memmem(text, n, "],[", 3);
		size_t      len = end != NULL ? (size_t)(end - text) : n;

		r = parse_items(text, len, &parsed, f);
		len += end != NULL ? 3 : 0;
		if (r == 0 && end != NULL && len == n)
			r = fault_plain(f, -EINVAL, "ranks end with an open bracket");
		text += len;
		n -= len;
	}
	if (r < 0) {
		rank_set_fini(&parsed);
		return r;
	}
	rank_set_fini(set);
	*set = parsed;
	return 0;
}

int
rank_set_parse_json(struct rank_set *set, const char *json, struct fault *f)
{
	_cleanup_(freep) char               *copy  = strdup(json);
	_cleanup_(strbuf_fini) struct strbuf dense = STRBUF_INIT;
	char                                *s;
	size_t                               n;

	if (copy == NULL)
		return -ENOMEM;
	s = str_trim(copy);
	n = strlen(s);
	if (str_eq(s, "null"))
		s = copy + strlen(copy), n = 0;
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		s[n - 1] = '\0';
		return rank_set_parse(set, s + 1, f);
	}
	/* An array of numbers: the same text once blanks are taken out. */
	for (; *s != '\0'; s++)
		if (!isspace((unsigned char)*s))
			strbuf_add_char(&dense, *s);
	if (strbuf_error(&dense) < 0)
		return -ENOMEM;
	return rank_set_parse(set, strbuf_str(&dense), f);
}
