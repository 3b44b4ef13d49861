/*
 * The fault catalogue as a table and the functions that fill and print faults.
 */
#include "common/fault.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"

#define NO_RESOLUTION "no known resolution"

struct fault_row {
	uint32_t    code;
	int	    err;
	const char *name;
	const char *domain;
	const char *resolution;
};

static const struct fault_row catalogue[] = {
#define FAULT_CODE(name, number, domain, err, resolution) {number, err, #name, domain, resolution},
#include "common/fault_codes.h"
#undef FAULT_CODE
};

static const struct fault_row *
find_row(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(catalogue); i++)
		if (catalogue[i].code == code)
			return &catalogue[i];
	return NULL;
}

static void
copy_text(char *dst, size_t size, const char *src)
{
	(void)snprintf(dst, size, "%s", src ? src : "");
}

int
fault_set(struct fault *f, enum fault_code code, const char *fmt, ...)
{
	const struct fault_row *row = find_row(code);
	va_list			ap;

	if (row == NULL)
		row = &catalogue[0];
	if (f != NULL) {
		f->set	= true;
		f->code = row->code;
		copy_text(f->domain, sizeof(f->domain), row->domain);
		copy_text(f->resolution, sizeof(f->resolution), row->resolution);
		va_start(ap, fmt);
		(void)vsnprintf(f->description, sizeof(f->description), fmt, ap);
		va_end(ap);
		copy_text(f->reason, sizeof(f->reason), f->description);
	}
	return -row->err;
}

void
fault_resolve(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	if (f == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(f->resolution, sizeof(f->resolution), fmt, ap);
	va_end(ap);
}

int
fault_plain(struct fault *f, int err, const char *fmt, ...)
{
	va_list ap;

	if (f == NULL)
		return err;
	*f     = (struct fault){.set = true};
	va_start(ap, fmt);
	(void)vsnprintf(f->description, sizeof(f->description), fmt, ap);
	va_end(ap);
	return err;
}

void
fault_wrap(struct fault *f, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;
	va_list				     ap;

	if (f == NULL || !f->set)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_addf(&text, ": %s", f->description);
	if (strbuf_error(&text) == 0) /* without memory the bare text must do */
		copy_text(f->description, sizeof(f->description), strbuf_str(&text));
}

void
fault_import(struct fault *f, const char *domain, uint32_t code, const char *description,
	     const char *reason, const char *resolution)
{
	if (f == NULL)
		return;
	*f = (struct fault){.set = true, .code = code};
	copy_text(f->domain, sizeof(f->domain), domain);
	copy_text(f->description, sizeof(f->description), description);
	copy_text(f->reason, sizeof(f->reason), reason);
	copy_text(f->resolution, sizeof(f->resolution), resolution);
}

bool
fault_has_resolution(const struct fault *f)
{
	return f->set && f->resolution[0] != '\0' && !str_eq(f->resolution, NO_RESOLUTION);
}

/* Domains print without ':' and with '_' for blanks, so that the text form splits unambiguously. */
static const char *
printable_domain(const struct fault *f, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *s = f->domain; *s != '\0' && n + 1 < size; s++)
		if (*s != ':')
			buf[n++] = *s == ' ' ? '_' : *s;
	buf[n] = '\0';
	return n > 0 ? buf : "unknown";
}

/* One character as it stands inside of double quotes. */
static void
quote_char(unsigned char c, char buf[5])
{
	if (c == '"' || c == '\\')
		(void)snprintf(buf, 5, "\\%c", c);
	else if (c == '\n')
		(void)snprintf(buf, 5, "\\n");
	else if (c == '\t')
		(void)snprintf(buf, 5, "\\t");
	else if (c < 0x20 || c == 0x7f)
		(void)snprintf(buf, 5, "\\x%02x", c);
	else
		(void)snprintf(buf, 5, "%c", c);
}

/* Appends text in double quotes; what does not fit is left out. */
static void
add_quoted(char *buf, size_t size, const char *text)
{
	size_t n = strlen(buf);
	char   one[5];

	n += (size_t)snprintf(buf + n, size - n, "\"");
	for (; *text != '\0' && n + 1 < size; text++) {
		quote_char((unsigned char)*text, one);
		n += (size_t)snprintf(buf + n, size - n, "%s", one);
	}
	if (n + 1 < size)
		(void)snprintf(buf + n, size - n, "\"");
}

char *
fault_format(const struct fault *f, char *buf, size_t size)
{
	const char *text = f->description[0] ? f->description : "unknown fault";
	char domain[sizeof(f->domain)];

	if (!fault_is_coded(f)) {
		(void)snprintf(buf, size, "%s", text);
		return buf;
	}
	(void)snprintf(buf, size,
		       "%s: code = %u description = ", printable_domain(f, domain, sizeof(domain)),
		       f->code);
	add_quoted(buf, size, text);
	return buf;
}

char *
fault_format_resolution(const struct fault *f, char *buf, size_t size)
{
	char domain[sizeof(f->domain)];

	(void)snprintf(buf, size,
		       "%s: code = %u resolution = ", printable_domain(f, domain, sizeof(domain)),
		       f->code);
	add_quoted(buf, size, f->resolution[0] ? f->resolution : NO_RESOLUTION);
	return buf;
}

const char *
fault_code_name(uint32_t code)
{
	const struct fault_row *row = find_row(code);

	return row ? row->name : NULL;
}

const char *
fault_code_domain(uint32_t code)
{
	const struct fault_row *row = find_row(code);

	return row ? row->domain : NULL;
}

const char *
fault_code_resolution(uint32_t code)
{
	const struct fault_row *row = find_row(code);

	return row ? row->resolution : NULL;
}
