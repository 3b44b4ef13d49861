/* Rows of logmask.tsv. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/log.h"
#include "common/logmask.h"

void
run_logmask(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg       = row_get(row, "arg");
	char          *merged = NULL;
	enum log_level level;

	if (str_eq(op, "masks")) {
		out->rc = logmask_check(input, &out->fault);
	} else if (str_eq(op, "streams")) {
		out->rc = logmask_check_streams(input, &out->fault);
	} else if (str_eq(op, "subsystems")) {
		out->rc = logmask_check_subsystems(input, &out->fault);
	} else if (str_eq(op, "merge")) {
		out->rc =
		    logmask_merge(input, str_starts(arg, "subsystems=") ? strchr(arg, '=') + 1 : "",
				  &merged, &out->fault);
		if (out->rc == 0)
			outcome_take(&out->output, merged);
	} else if (str_eq(op, "control-log-mask")) {
		out->rc = log_level_parse(input, &level);
		if (out->rc == 0)
			strbuf_add(&out->output, log_level_name(level));
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
