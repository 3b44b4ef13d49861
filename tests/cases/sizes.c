/* Rows of sizes.tsv. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/size.h"

static void
run_human(const char *input, const char *arg, struct outcome *out)
{
	const char *suffix = strstr(arg, "suffix=");
	char        buf[SIZE_TEXT_MAX], unit[32] = "";

	if (suffix != NULL)
		(void)snprintf(unit, sizeof(unit), "%.*s", (int)strcspn(suffix + 7, " "),
			       suffix + 7);
	strbuf_add(&out->output, size_format_human(strtod(input, NULL),
						   strstr(arg, "binary=true") ? SIZE_HUMAN_BINARY
									      : SIZE_HUMAN_DECIMAL,
						   unit, buf));
}

void
run_sizes(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg = row_get(row, "arg");
	char     buf[SIZE_TEXT_MAX];
	uint64_t n = 0, total = 0;

	if (str_eq(op, "parse-size")) {
		out->rc = size_parse(input, &n, &out->fault);
		if (out->rc == 0)
			strbuf_addf(&out->output, "%" PRIu64 " str=%s", n, size_format_si(n, buf));
	} else if (str_eq(op, "fmt-human")) {
		run_human(input, arg, out);
	} else if (str_eq(op, "fmt-link-speed")) {
		strbuf_add(&out->output, size_format_link_speed(strtod(input, NULL), buf));
	} else if (str_to_u64(input, 10, &n) < 0) {
		(void)snprintf(out->broken, sizeof(out->broken), "input %s is not a number", input);
	} else if (str_eq(op, "fmt-si")) {
		strbuf_add(&out->output, size_format_si(n, buf));
	} else if (str_eq(op, "fmt-iec")) {
		strbuf_add(&out->output, size_format_iec(n, buf));
	} else if (str_eq(op, "percent") && str_to_u64(arg, 10, &total) == 0) {
		strbuf_add(&out->output, size_format_percent(n, total, buf));
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
