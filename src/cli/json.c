/*
 * JSON writer. Layout is that of the programs this one replaces: two blanks a level, `{}` and `[]`
 * for empty values.
 */
#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/der.h"

#define REPLACEMENT "\\ufffd"

void
cli_json_init(struct cli_json *j, struct strbuf *out)
{
	*j = (struct cli_json){.out = out};
}

static void
new_line(struct cli_json *j)
{
	strbuf_add_char(j->out, '\n');
	strbuf_pad(j->out, ' ', 2 * j->depth);
}

/* Before each key and each element of an array: comma and line. */
static void
next_item(struct cli_json *j)
{
	if (j->depth == 0)
		return;
	if (j->filled[j->depth])
		strbuf_add_char(j->out, ',');
	j->filled[j->depth] = true;
	new_line(j);
}

static void
before_value(struct cli_json *j)
{
	if (!j->keyed)
		next_item(j);
	j->keyed = false;
}

static void
open_level(struct cli_json *j, char bracket)
{
	before_value(j);
	strbuf_add_char(j->out, bracket);
	assert(j->depth + 1 < CLI_JSON_DEPTH);
	j->filled[++j->depth] = false;
}

static void
close_level(struct cli_json *j, char bracket)
{
	bool filled;

	assert(j->depth > 0 && !j->keyed);
	filled = j->filled[j->depth--];
	if (filled)
		new_line(j);
	strbuf_add_char(j->out, bracket);
}

void
cli_json_object(struct cli_json *j)
{
	open_level(j, '{');
}

void
cli_json_object_end(struct cli_json *j)
{
	close_level(j, '}');
}

void
cli_json_array(struct cli_json *j)
{
	open_level(j, '[');
}

void
cli_json_array_end(struct cli_json *j)
{
	close_level(j, ']');
}

/* Length of the well-formed UTF-8 sequence at s, or 0. */
static size_t
utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char lo, hi, second_lo, second_hi, length;
	} rows[] = {
	    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (s[0] < rows[i].lo || s[0] > rows[i].hi)
			continue;
		if (s[1] < rows[i].second_lo || s[1] > rows[i].second_hi)
			return 0;
		for (size_t k = 2; k < rows[i].length; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].length;
	}
	return 0;
}

static void
add_ascii(struct strbuf *out, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		strbuf_addf(out, "\\%c", c);
		break;
	case '\n':
		strbuf_add(out, "\\n");
		break;
	case '\r':
		strbuf_add(out, "\\r");
		break;
	case '\t':
		strbuf_add(out, "\\t");
		break;
	case '<':
	case '>':
	case '&':
		strbuf_addf(out, "\\u%04x", c);
		break;
	default:
		if (c < 0x20)
			strbuf_addf(out, "\\u%04x", c);
		else
			strbuf_add_char(out, (char)c);
	}
}

static void
add_quoted(struct strbuf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	strbuf_add_char(out, '"');
	while (*s != '\0') {
		size_t n = utf8_length(s);

		if (n == 1)
			add_ascii(out, *s);
		else if (n == 0)
			strbuf_add(out, REPLACEMENT);
		else if (n == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9))
			strbuf_addf(out, "\\u20%02x", s[2] - 0x80); /* line separators */
		else
			strbuf_add_len(out, s, n);
		s += n ? n : 1;
	}
	strbuf_add_char(out, '"');
}

void
cli_json_key(struct cli_json *j, const char *key)
{
	assert(!j->keyed);
	next_item(j);
	add_quoted(j->out, key);
	strbuf_add(j->out, ": ");
	j->keyed = true;
}

void
cli_json_string(struct cli_json *j, const char *s)
{
	if (s == NULL) {
		cli_json_null(j);
		return;
	}
	before_value(j);
	add_quoted(j->out, s);
}

void
cli_json_u64(struct cli_json *j, uint64_t v)
{
	before_value(j);
	strbuf_addf(j->out, "%" PRIu64, v);
}

void
cli_json_i64(struct cli_json *j, int64_t v)
{
	before_value(j);
	strbuf_addf(j->out, "%" PRId64, v);
}

void
cli_json_bool(struct cli_json *j, bool v)
{
	before_value(j);
	strbuf_add(j->out, v ? "true" : "false");
}

void
cli_json_null(struct cli_json *j)
{
	before_value(j);
	strbuf_add(j->out, "null");
}

/* The exponent of "1.5e+09". */
static int
decimal_exponent(const char *text)
{
	const char *sign  = strchr(text, 'e') + 1;
	int         value = 0;

	for (const char *s = sign + 1; *s != '\0'; s++)
		value = value * 10 + (*s - '0');
	return *sign == '-' ? -value : value;
}

void
cli_json_float(struct cli_json *j, float v)
{
	char     text[32];
	char     digits[16];
	int      exponent, precision;
	size_t   n = 0;
	unsigned i;

	before_value(j);
	if (!isfinite(v)) { /* JSON has no word for it */
		strbuf_add(j->out, "null");
		return;
	}
	for (precision = 0; precision < 9; precision++) {
		(void)snprintf(text, sizeof(text), "%.*e", precision, (double)fabsf(v));
		if (strtof(text, NULL) == fabsf(v))
			break;
	}
	exponent = decimal_exponent(text);
	for (i = 0; text[i] != 'e' && n < sizeof(digits) - 1; i++)
		if (text[i] != '.')
			digits[n++] = text[i];
	digits[n] = '\0';
	if (signbit(v))
		strbuf_add_char(j->out, '-');
	if (exponent < -6 || exponent > 20) {
		strbuf_addf(j->out, "%c%s%se%+03d", digits[0], n > 1 ? "." : "", digits + 1,
			    exponent);
	} else if (exponent < 0) {
		strbuf_add(j->out, "0.");
		strbuf_pad(j->out, '0', (size_t)(-exponent - 1));
		strbuf_add(j->out, digits);
	} else if (n <= (size_t)exponent + 1) {
		strbuf_add(j->out, digits);
		strbuf_pad(j->out, '0', (size_t)exponent + 1 - n);
	} else {
		strbuf_add_len(j->out, digits, (size_t)exponent + 1);
		strbuf_addf(j->out, ".%s", digits + exponent + 1);
	}
}

void
cli_json_set_string(struct cli_json *j, const char *key, const char *s)
{
	cli_json_key(j, key);
	cli_json_string(j, s);
}

void
cli_json_set_u64(struct cli_json *j, const char *key, uint64_t v)
{
	cli_json_key(j, key);
	cli_json_u64(j, v);
}

void
cli_json_set_i64(struct cli_json *j, const char *key, int64_t v)
{
	cli_json_key(j, key);
	cli_json_i64(j, v);
}

void
cli_json_set_bool(struct cli_json *j, const char *key, bool v)
{
	cli_json_key(j, key);
	cli_json_bool(j, v);
}

void
cli_json_set_null(struct cli_json *j, const char *key)
{
	cli_json_key(j, key);
	cli_json_null(j);
}

void
cli_json_set_float(struct cli_json *j, const char *key, float v)
{
	cli_json_key(j, key);
	cli_json_float(j, v);
}

void
cli_json_set_strings(struct cli_json *j, const char *key, const char *const *v, size_t n)
{
	cli_json_key(j, key);
	if (n == 0) {
		cli_json_null(j);
		return;
	}
	cli_json_array(j);
	for (size_t i = 0; i < n; i++)
		cli_json_string(j, v[i]);
	cli_json_array_end(j);
}

void
cli_json_envelope(cli_json_fn write, const void *data, const struct cli_error *e,
		  struct strbuf *out)
{
	struct cli_json j;
	bool            failed = e != NULL && e->set;

	cli_json_init(&j, out);
	cli_json_object(&j);
	cli_json_key(&j, "response");
	if (write != NULL)
		write(&j, data);
	else
		cli_json_null(&j);
	cli_json_set_string(&j, "error", failed ? (e->text ? e->text : "out of memory") : NULL);
	cli_json_set_i64(&j, "status",
			 !failed ? 0 : (e->daos_status != 0 ? e->daos_status : -DER_MISC));
	cli_json_object_end(&j);
	strbuf_add_char(out, '\n');
}
