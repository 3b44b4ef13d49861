/*
 * Growing text buffer and small string helpers.
 *
 * A strbuf that ran out of memory stays valid and remembers it: append freely, check strbuf_error() once.
 */
#pragma once

#include <stdarg.h>

#include "common/util.h"

struct strbuf {
	char  *s; /* always NUL-terminated once something was appended; NULL before that */
	size_t len;
	size_t cap;
	int    error; /* 0 or -ENOMEM */
};

#define STRBUF_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

void strbuf_add(struct strbuf *b, const char *s);
void strbuf_add_len(struct strbuf *b, const void *p, size_t len);
void strbuf_add_char(struct strbuf *b, char c);
/* Appends n times c. */
void strbuf_pad(struct strbuf *b, char c, size_t n);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) _printf_(2, 3);
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap) _printf_(2, 0);
void strbuf_reset(struct strbuf *b);
void strbuf_fini(struct strbuf *b);

static inline int
strbuf_error(const struct strbuf *b)
{
	return b->error;
}

/* The text, never NULL; borrowed. */
static inline const char *
strbuf_str(const struct strbuf *b)
{
	return b->s ? b->s : "";
}

/* Moves the text out (caller frees), or returns NULL when memory ran out. The buffer is empty afterwards. */
char	   *strbuf_take(struct strbuf *b);

/* printf into fresh memory; NULL on no memory. */
char	   *str_format(const char *fmt, ...) _printf_(1, 2);
/* Removes blanks at both ends in place and returns the first character that stays. */
char	   *str_trim(char *s);
bool	    str_eq(const char *a, const char *b);
bool	    str_eq_nocase(const char *a, const char *b);
bool	    str_starts(const char *s, const char *prefix);
bool	    str_ends(const char *s, const char *suffix);
static inline bool
str_empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

/*
 * Strict number parsing: the whole string must be the number. Returns 0, -EINVAL (not a number) or -ERANGE.
 * base is 10, 16 or 0 (prefix decides).
 */
int	    str_to_u64(const char *s, int base, uint64_t *ret);
int	    str_to_u32(const char *s, int base, uint32_t *ret);
int	    str_to_i64(const char *s, int base, int64_t *ret);

/* Edit distance, for suggestions of misspelt names; two letters that changed places count as one. Strings longer than 63 bytes compare as far apart. */
unsigned    str_distance(const char *a, const char *b);
/* The name in `names` (n entries) nearest to `word`, or NULL when none is near enough to suggest. */
const char *str_nearest(const char *word, const char *const *names, size_t n);
