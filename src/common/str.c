/*
 * Text buffer with a sticky error, strict number parsing, edit distance.
 */
#include "common/str.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
strbuf_grow(struct strbuf *b, size_t extra)
{
	size_t want = b->len + extra + 1;
	size_t cap  = b->cap ? b->cap : 64;
	char  *s;

	if (b->error)
		return false;
	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	s = realloc(b->s, cap);
	if (s == NULL) {
		b->error = -ENOMEM;
		return false;
	}
	b->s   = s;
	b->cap = cap;
	return true;
}

void
strbuf_add_len(struct strbuf *b, const void *p, size_t len)
{
	if (!strbuf_grow(b, len))
		return;
	if (len > 0)
		memcpy(b->s + b->len, p, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void
strbuf_add(struct strbuf *b, const char *s)
{
	strbuf_add_len(b, s, strlen(s));
}

void
strbuf_add_char(struct strbuf *b, char c)
{
	strbuf_add_len(b, &c, 1);
}

void
strbuf_pad(struct strbuf *b, char c, size_t n)
{
	if (!strbuf_grow(b, n))
		return;
	memset(b->s + b->len, c, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void
strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int	n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->error = -EINVAL;
		return;
	}
	if (!strbuf_grow(b, (size_t)n))
		return;
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void
strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(b, fmt, ap);
	va_end(ap);
}

void
strbuf_reset(struct strbuf *b)
{
	b->len	 = 0;
	b->error = 0;
	if (b->s != NULL)
		b->s[0] = '\0';
}

void
strbuf_fini(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf)STRBUF_INIT;
}

char *
strbuf_take(struct strbuf *b)
{
	char *s;

	if (b->error == 0 && b->s == NULL)
		strbuf_add(b, "");
	s = b->error ? NULL : TAKE_PTR(b->s);
	strbuf_fini(b);
	return s;
}

char *
str_format(const char *fmt, ...)
{
	struct strbuf b = STRBUF_INIT;
	va_list	      ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	return strbuf_take(&b);
}

char *
str_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

bool
str_eq(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool
str_eq_nocase(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcasecmp(a, b) == 0;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* strtoull accepts blanks and signs; we do not. */
static bool
starts_like_number(const char *s, int base)
{
	return base == 16 ? isxdigit((unsigned char)s[0]) : isdigit((unsigned char)s[0]);
}

int
str_to_u64(const char *s, int base, uint64_t *ret)
{
	unsigned long long v;
	char		  *end;

	if (str_empty(s) || !starts_like_number(s, base))
		return -EINVAL;
	errno = 0;
	v     = strtoull(s, &end, base);
	if (*end != '\0')
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*ret = v;
	return 0;
}

int
str_to_u32(const char *s, int base, uint32_t *ret)
{
	uint64_t v;
	int	 r = str_to_u64(s, base, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int
str_to_i64(const char *s, int base, int64_t *ret)
{
	bool	 negative = s != NULL && s[0] == '-';
	uint64_t v;
	int	 r = str_to_u64(negative ? s + 1 : s, base, &v);

	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

unsigned
str_distance(const char *a, const char *b)
{
	unsigned rows[3][64]; /* the row being filled and the two before it */
	size_t   la = strlen(a), lb = strlen(b), i, j;

	if (la >= ARRAY_SIZE(rows[0]) || lb >= ARRAY_SIZE(rows[0]))
		return UINT_MAX;
	for (j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		unsigned       *row   = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *swap = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			row[j] = MIN(above[j], row[j - 1]) + 1;
			row[j] = MIN(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], swap[j - 2] + 1); /* two letters changed places */
		}
	}
	return rows[la % 3][lb];
}

const char *
str_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best      = NULL;
	unsigned    best_dist = MAX(strlen(word) / 3, 1) + 1;
	size_t	    i;

	for (i = 0; i < n; i++) {
		unsigned d = str_distance(word, names[i]);

		if (d < best_dist) {
			best	  = names[i];
			best_dist = d;
		}
	}
	return best;
}
