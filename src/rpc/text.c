/*
 * Encodings of gRPC header values: percent-encoding of grpc-message, base64 of `-bin` headers,
 * grpc-timeout. All input comes from a peer, so every function accepts any bytes.
 */
#include "text_private.h"

#include <stdio.h>

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '%';
}

/* Length of the UTF-8 sequence that starts at s; 1 for a byte that starts none. */
static size_t
utf8_length(const char *s)
{
	unsigned char c    = (unsigned char)*s;
	size_t        want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

	for (size_t i = 1; i < want; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
	return want;
}

void
rpc_percent_encode(struct strbuf *out, const char *text, size_t max_len)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t            used  = 0;

	while (*text != '\0') {
		size_t n    = utf8_length(text);
		size_t cost = is_plain((unsigned char)*text) ? 1 : 3 * n;

		if (used + cost > max_len)
			return;
		used += cost;
		for (; n > 0; n--, text++) {
			unsigned char c = (unsigned char)*text;

			if (is_plain(c)) {
				strbuf_add_char(out, (char)c);
				continue;
			}
			strbuf_add_char(out, '%');
			strbuf_add_char(out, hex[c >> 4]);
			strbuf_add_char(out, hex[c & 15]);
		}
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
rpc_percent_decode(const char *text, size_t len)
{
	char  *out = malloc(len + 1);
	size_t n   = 0;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%' && len - i > 2 && hex_value(text[i + 1]) >= 0 &&
		    hex_value(text[i + 2]) >= 0) {
			c = (char)(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
			i += 2;
		}
		out[n++] = c != '\0' ? c : ' '; /* the result is a C string */
	}
	out[n] = '\0';
	return out;
}

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
rpc_base64_encode(struct strbuf *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t   left = MIN(len - i, (size_t)3);
		uint32_t v    = (uint32_t)p[i] << 16;

		if (left > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		for (size_t k = 0; k <= left; k++)
			strbuf_add_char(out, base64_alphabet[v >> (18 - 6 * k) & 63]);
	}
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
rpc_base64_decode(const char *text, size_t len, uint8_t **ret, size_t *ret_len)
{
	_cleanup_(freep) uint8_t *out  = NULL;
	uint32_t                  bits = 0;
	unsigned                  held = 0;
	size_t                    n    = 0;

	for (unsigned pad = 0; pad < 2 && len > 0 && text[len - 1] == '='; pad++)
		len--;
	if (len % 4 == 1)
		return -EINVAL;
	out = malloc(len / 4 * 3 + 3);
	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int v = base64_value(text[i]);

		if (v < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)v;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	*ret     = TAKE_PTR(out);
	*ret_len = n;
	return 0;
}

#define TIMEOUT_MAX 99999999ULL

void
rpc_timeout_encode(uint64_t ms, char buf[static RPC_TIMEOUT_TEXT_SIZE])
{
	static const struct {
		uint64_t ms;
		char     unit;
	} units[]  = {{1, 'm'}, {1000, 'S'}, {60000, 'M'}, {3600000, 'H'}};
	size_t   i = 0;
	uint64_t v = ms;

	while (v > TIMEOUT_MAX && i + 1 < ARRAY_SIZE(units)) {
		i++;
		v = ms / units[i].ms + (ms % units[i].ms != 0);
	}
	(void)snprintf(buf, RPC_TIMEOUT_TEXT_SIZE, "%u%c", (unsigned)MIN(v, TIMEOUT_MAX),
		       units[i].unit);
}

int
rpc_timeout_decode(const char *text, size_t len, uint64_t *ret_ms)
{
	uint64_t v = 0;

	if (len < 2 || len > 9)
		return -EINVAL;
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	switch (text[len - 1]) {
	case 'H':
		*ret_ms = v * 3600000;
		return 0;
	case 'M':
		*ret_ms = v * 60000;
		return 0;
	case 'S':
		*ret_ms = v * 1000;
		return 0;
	case 'm':
		*ret_ms = v;
		return 0;
	case 'u':
		*ret_ms = (v + 999) / 1000;
		return 0;
	case 'n':
		*ret_ms = (v + 999999) / 1000000;
		return 0;
	default:
		return -EINVAL;
	}
}
