/* Rows of acl.tsv. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/acl.h"

static void
run_file(const char *text, struct outcome *out)
{
	_cleanup_(acl_fini) struct acl acl  = {0};
	json_t                        *list = json_array();

	out->rc = acl_parse(text, &acl);
	vec_foreach (&acl.entries, e)
		json_array_append_new(list, json_string(*e));
	outcome_take(&out->output, json_dumps(list, JSON_COMPACT));
	json_decref(list);
}

static char *
member(const json_t *obj, const char *key)
{
	const char *value = json_string_value(json_object_get(obj, key));

	return value != NULL ? strdup(value) : NULL;
}

static void
run_format(const char *input, bool verbose, struct outcome *out)
{
	_cleanup_(acl_fini) struct acl acl = {0};
	json_t                        *obj = json_loads(input, JSON_DECODE_ANY, NULL), *entry;
	size_t                         i;

	acl.owner       = member(obj, "owner_user");
	acl.owner_group = member(obj, "owner_group");
	json_array_foreach(json_object_get(obj, "entries"), i, entry)
	{
		out->rc = vec_push(&acl.entries, strdup(json_string_value(entry)));
		if (out->rc < 0)
			break;
	}
	outcome_take(&out->output, acl_format(json_is_null(obj) ? NULL : &acl, verbose));
	if (obj == NULL)
		(void)snprintf(out->broken, sizeof(out->broken), "input is no JSON");
	json_decref(obj);
}

/* Long principals stand in the table by their length alone. */
static void
run_principal(const char *input, const char *want, struct outcome *out)
{
	char *principal = NULL;

	out->rc = acl_principal_parse(input, &principal, &out->fault);
	if (out->rc == 0 && str_starts(want, "<len "))
		strbuf_addf(&out->output, "<len %zu>", strlen(principal));
	else if (out->rc == 0)
		strbuf_add(&out->output, principal);
	free(principal);
}

void
run_acl(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input");
	struct ace  ace;

	if (str_eq(op, "parse-file")) {
		run_file(input, out);
	} else if (str_eq(op, "format")) {
		run_format(input, str_eq(row_get(row, "arg"), "verbose=true"), out);
	} else if (str_eq(op, "verbose-ace")) {
		outcome_take(&out->output, acl_entry_verbose(input));
	} else if (str_eq(op, "principal-flag")) {
		run_principal(input, row_get(row, "output"), out);
	} else if (str_eq(op, "engine-ace")) {
		out->rc = ace_parse(input, &ace, &out->fault);
		if (out->rc == 0)
			outcome_take(&out->output, ace_format(&ace));
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
