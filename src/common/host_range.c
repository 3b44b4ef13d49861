/*
 * The grammar of host lists: text to ranges of hosts with a common prefix and suffix. Lists and
 * sets (hostlist.c, hostset.c) decide what is joined, sorted or dropped.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/hostlist.h"
#include "common/hostlist_private.h"

#define SEPARATORS "\t, "

uint64_t
host_range_count(const struct host_range *r)
{
	return r->numbered ? r->hi - r->lo + 1 : 1;
}

bool
host_range_akin(const struct host_range *a, const struct host_range *b)
{
	return a->numbered && b->numbered && str_eq(a->prefix, b->prefix) &&
	       str_eq(a->suffix, b->suffix);
}

uint32_t
host_number_len(uint64_t n, uint32_t width)
{
	uint32_t digits = 1;

	while (n >= 10) {
		n /= 10;
		digits++;
	}
	return MAX(digits, width);
}

static void
add_number(uint64_t n, uint32_t width, struct strbuf *out)
{
	uint32_t digits = host_number_len(n, 0);

	if (width > digits)
		strbuf_pad(out, '0', width - digits);
	strbuf_addf(out, "%" PRIu64, n);
}

void
host_range_name(const struct host_range *r, uint64_t n, struct strbuf *out)
{
	strbuf_add(out, r->prefix);
	if (r->numbered) {
		add_number(n, r->width, out);
		strbuf_add(out, r->suffix);
	}
}

void
host_range_numbers(const struct host_range *r, struct strbuf *out)
{
	add_number(r->lo, r->width, out);
	if (r->hi > r->lo) {
		strbuf_add_char(out, '-');
		add_number(r->hi, r->width, out);
	}
}

static void
range_fini(struct host_range *r)
{
	free(r->prefix);
	free(r->suffix);
}

void
host_ranges_cut(struct host_ranges *ranges, size_t n)
{
	while (ranges->n > n)
		range_fini(&ranges->v[--ranges->n]);
}

void
host_ranges_fini(struct host_ranges *ranges)
{
	host_ranges_cut(ranges, 0);
	vec_fini(ranges);
}

void
host_ranges_remove(struct host_ranges *ranges, size_t i)
{
	range_fini(&ranges->v[i]);
	vec_remove(ranges, i);
}

/* Appends a range whose prefix and suffix are copied from the given stretches of text. */
static int
add_range(struct host_ranges *ranges, struct host_range r, const char *prefix, size_t prefix_len,
	  const char *suffix)
{
	r.prefix = strndup(prefix, prefix_len);
	r.suffix = strdup(suffix);
	if (r.prefix == NULL || r.suffix == NULL || vec_push(ranges, r) < 0) {
		range_fini(&r);
		return -ENOMEM;
	}
	return 0;
}

int
host_ranges_add(struct host_ranges *ranges, const struct host_range *r)
{
	return add_range(ranges, *r, r->prefix, strlen(r->prefix), r->suffix);
}

/* Parts of an unbracketed host; lengths of prefix and number, the rest is the suffix. */
struct host_parts {
	size_t prefix;
	size_t number;
};

static size_t
count_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Letters, digits and hyphens up to the last hyphen of the leading run; at least one character
 * before it. */
static bool
split_hyphenated(const char *host, struct host_parts *parts)
{
	size_t run = 0;

	while (isalnum((unsigned char)host[run]) || host[run] == '-')
		run++;
	while (run > 0 && host[run - 1] != '-')
		run--;
	if (run < 2)
		return false;
	parts->prefix = run;
	parts->number = count_digits(host + run);
	return true;
}

static bool
split_letters(const char *host, struct host_parts *parts)
{
	size_t n = 0;

	while (isalpha((unsigned char)host[n]))
		n++;
	parts->prefix = n;
	parts->number = count_digits(host + n);
	return n > 0;
}

/* Three octets are the prefix, the fourth the number; after it a separator and an unsigned number
 * may stand. */
static bool
split_ipv4(const char *host, struct host_parts *parts)
{
	const char *s = host;
	uint64_t    port;

	for (int i = 0; i < 3; i++) {
		size_t n = count_digits(s);

		if (n < 1 || n > 3 || s[n] != '.')
			return false;
		s += n + 1;
	}
	parts->prefix = (size_t)(s - host);
	parts->number = MIN(count_digits(s), 3U);
	s += parts->number;
	return parts->number > 0 && (*s == '\0' || str_to_u64(s + 1, 10, &port) == 0);
}

static int
parse_host(struct host_ranges *ranges, const char *host, struct fault *f)
{
	bool              hyphens = strchr(host, '-') != NULL;
	struct host_range r       = {.next = HOST_RANGE_END};
	struct host_parts parts   = {0};
	char              digits[24];

	if (!(hyphens ? split_hyphenated(host, &parts) : split_letters(host, &parts)) &&
	    !split_ipv4(host, &parts))
		return fault_plain(f, -EINVAL, "invalid host name \"%.200s\"", host);
	if (parts.number == 0) /* a name without a number is kept whole */
		return add_range(ranges, r, host, strlen(host), "");
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)MIN(parts.number, sizeof(digits) - 1),
		       host + parts.prefix);
	if (parts.number >= sizeof(digits) || str_to_u64(digits, 10, &r.lo) < 0)
		return fault_plain(f, -EINVAL, "the number in host name \"%.200s\" is too large",
				   host);
	r.hi       = r.lo;
	r.width    = (uint32_t)parts.number;
	r.numbered = true;
	return add_range(ranges, r, host, parts.prefix, host + parts.prefix + parts.number);
}

static int
parse_number(const char *s, uint64_t *ret)
{
	char *copy = strdup(s);
	int   r;

	if (copy == NULL)
		return -ENOMEM;
	r = str_to_u64(str_trim(copy), 10, ret);
	free(copy);
	return r;
}

/* One item between the brackets. The width is that of the first number's text, blanks counted as
 * upstream does. */
static int
parse_item(char *item, struct host_range *ret, struct fault *f)
{
	char *hi = strchr(item, '-');
	int   r;

	if (hi != NULL)
		*hi++ = '\0';
	if (hi != NULL && strchr(hi, '-') != NULL)
		return fault_plain(f, -EINVAL, "a range has one '-', not \"%.100s-%.100s\"", item,
				   hi);
	r = parse_number(item, &ret->lo);
	if (r < 0)
		return r == -ENOMEM
			   ? r
			   : fault_plain(f, -EINVAL, "\"%.100s\" in a host range is not a number",
					 item);
	ret->hi = ret->lo;
	r       = hi != NULL ? parse_number(hi, &ret->hi) : 0;
	if (r < 0)
		return r == -ENOMEM ? r
				    : fault_plain(f, -EINVAL,
						  "\"%.100s\" in a host range is not a number", hi);
	if (ret->hi < ret->lo)
		return fault_plain(f, -EINVAL, "host range %s-%s runs backwards", item, hi);
	if (ret->hi - ret->lo >= HOSTLIST_MAX_RANGE)
		return fault_plain(f, -ERANGE, "host range %s-%s is longer than %d hosts", item, hi,
				   HOSTLIST_MAX_RANGE);
	ret->width = (uint32_t)strlen(item);
	return 0;
}

/* `prefix[ranges]suffix`; the token is cut up in place. */
static int
parse_bracketed(struct host_ranges *ranges, char *token, struct fault *f)
{
	char *open  = strchr(token, '[');
	char *close = strchr(token, ']');
	char *item, *rest;
	int   r;

	if (close == NULL || close < open)
		return fault_plain(f, -EINVAL, "unbalanced brackets in \"%.200s\"", token);
	if (open == token)
		return fault_plain(f, -EINVAL, "no host name before the bracket in \"%.200s\"",
				   token);
	*close = '\0';
	for (item = open + 1; item != NULL; item = rest) {
		struct host_range range = {.numbered = true, .next = HOST_RANGE_END};

		rest = strchr(item, ',');
		if (rest != NULL)
			*rest++ = '\0';
		r = parse_item(item, &range, f);
		if (r == 0)
			r = add_range(ranges, range, token, (size_t)(open - token), close + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Length of the token at s: up to a separator that stands outside brackets. */
static size_t
token_len(const char *s)
{
	size_t n     = 0;
	int    depth = 0;

	for (; s[n] != '\0'; n++) {
		if (s[n] == '[')
			depth++;
		else if (s[n] == ']')
			depth--;
		else if (depth <= 0 && strchr(SEPARATORS, s[n]) != NULL)
			break;
	}
	return n;
}

int
host_ranges_parse(struct host_ranges *ranges, const char *text, struct fault *f)
{
	size_t before = ranges->n;

	if (strlen(text) > HOSTLIST_MAX_TEXT)
		return fault_plain(f, -EINVAL, "a host list longer than %u bytes is not accepted",
				   HOSTLIST_MAX_TEXT);
	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		size_t                 n     = token_len(text);
		_cleanup_(freep) char *token = strndup(text, n);
		int                    r     = -ENOMEM;

		if (token != NULL)
			r = strchr(token, '[') ? parse_bracketed(ranges, token, f)
					       : parse_host(ranges, token, f);
		if (r < 0) {
			host_ranges_cut(ranges, before);
			return r;
		}
		text += n;
	}
	return 0;
}
