/*
 * Errors of commands: text, resolution line and DAOS status travel together until the program ends.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void
cli_error_fini(struct cli_error *e)
{
	free(e->text);
	free(e->resolution);
	*e = (struct cli_error){0};
}

int
cli_error_set(struct cli_error *e, int err, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list       ap;

	cli_error_fini(e);
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	e->set  = true;
	e->text = strbuf_take(&text);
	return err;
}

int
cli_error_from_fault(struct cli_error *e, int err, const struct fault *f)
{
	char text[2048];

	(void)cli_error_set(e, err, "%s", fault_format(f, text, sizeof(text)));
	if (fault_has_resolution(f))
		e->resolution = strdup(fault_format_resolution(f, text, sizeof(text)));
	return err;
}

void
cli_error_wrap(struct cli_error *e, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list       ap;
	char         *wrapped;

	if (!e->set)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_addf(&text, ": %s", e->text ? e->text : "");
	wrapped = strbuf_take(&text);
	if (wrapped == NULL) /* the bare text must do */
		return;
	free(e->text);
	e->text = wrapped;
}
