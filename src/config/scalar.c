/*
 * YAML 1.1 scalars: null, yes/no/on/off, integers in four bases with underscores, floats.
 */
#include "config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/str.h"

#define MAX_NUMBER 64 /* longer text is no number */

static bool
is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(text, words[i]))
			return true;
	return false;
}

static bool
resolve_word(const char *text, struct scalar *ret)
{
	static const char *const nulls[]  = {"", "~", "null", "Null", "NULL"};
	static const char *const truths[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
					     "True", "TRUE", "on",  "On",  "ON"};
	static const char *const lies[]   = {"n",     "N",     "no",  "No",  "NO", "false",
					     "False", "FALSE", "off", "Off", "OFF"};

	if (is_one_of(text, nulls, ARRAY_SIZE(nulls))) {
		ret->kind = SCALAR_NULL;
	} else if (is_one_of(text, truths, ARRAY_SIZE(truths))) {
		ret->kind    = SCALAR_BOOL;
		ret->boolean = true;
	} else if (is_one_of(text, lies, ARRAY_SIZE(lies))) {
		ret->kind = SCALAR_BOOL;
	} else {
		return false;
	}
	return true;
}

/* Copies a number without its underscores; false when it does not look like one. */
static bool
copy_number(const char *text, char buf[MAX_NUMBER])
{
	size_t n = 0;

	if (!isdigit((unsigned char)text[0]) && strchr("+-.", text[0]) == NULL)
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '_')
			continue;
		if (n == MAX_NUMBER - 1)
			return false;
		buf[n++] = *text;
	}
	buf[n] = '\0';
	return n > 0;
}

/* Decimal, 0x, 0o, 0b, and 0 for octal. */
static bool
resolve_integer(const char *number, struct scalar *ret)
{
	bool               negative = number[0] == '-';
	const char        *digits   = number + (number[0] == '-' || number[0] == '+');
	int                base     = 10;
	unsigned long long v;
	char              *end;

	if (digits[0] == '0' && digits[1] != '\0') {
		static const char prefixes[] = "xXbBoO";
		static const int  bases[]    = {16, 16, 2, 2, 8, 8};
		const char       *p          = strchr(prefixes, digits[1]);

		base = p != NULL ? bases[p - prefixes] : 8;
		digits += p != NULL ? 2 : 1;
	}
	if (!isalnum((unsigned char)digits[0])) /* strtoull would take a sign or blanks */
		return false;
	if (base == 16 && (digits[1] == 'x' || digits[1] == 'X'))
		return false;
	errno = 0;
	v     = strtoull(digits, &end, base);
	if (*end != '\0' || errno == ERANGE || (negative && v > (uint64_t)INT64_MAX + 1))
		return false;
	if (!negative && v > INT64_MAX) {
		ret->kind    = SCALAR_UINT;
		ret->natural = v;
		return true;
	}
	ret->kind    = SCALAR_INT;
	ret->integer = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static size_t
skip_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* [-+] digits with a dot somewhere, and an optional exponent. */
static bool
resolve_float(const char *number, struct scalar *ret)
{
	const char *s      = number + (number[0] == '-' || number[0] == '+');
	size_t      before = skip_digits(s), after = 0;

	if (str_eq_nocase(s, ".inf") || str_eq_nocase(number, ".nan")) {
		ret->kind = SCALAR_FLOAT;
		ret->real = s[1] == 'n' || s[1] == 'N' ? __builtin_nan("")
			    : number[0] == '-'         ? -__builtin_inf()
						       : __builtin_inf();
		return true;
	}
	s += before;
	if (*s == '.') {
		after = skip_digits(++s);
		s += after;
	}
	if (before + after == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		size_t n;

		s += 1 + (s[1] == '-' || s[1] == '+');
		n = skip_digits(s);
		if (n == 0)
			return false;
		s += n;
	}
	if (*s != '\0')
		return false;
	ret->kind = SCALAR_FLOAT;
	ret->real = strtod(number, NULL);
	return true;
}

void
scalar_resolve(const char *text, bool plain, struct scalar *ret)
{
	char number[MAX_NUMBER];

	*ret = (struct scalar){.kind = SCALAR_STRING};
	if (!plain || resolve_word(text, ret) || !copy_number(text, number))
		return;
	if (!resolve_integer(number, ret))
		(void)resolve_float(number, ret); /* else it stays a string */
}

const char *
scalar_kind_name(enum scalar_kind kind)
{
	static const char *const names[] = {"null",     "a boolean",  "a number",
					    "a number", "a fraction", "text"};

	return names[kind];
}
