/*
 * dmg system: attributes and properties.
 */
#include <daos_control/attr.h>
#include <stdio.h>
#include <string.h>

#include "cli/table.h"
#include "common/keyval.h"
#include "dmg.h"

/* A list as the library takes it, borrowing from the parsed one. */
static struct daosctl_pair *
pairs_of(const struct keyvals *kv)
{
	struct daosctl_pair *v = calloc(kv->list.n + 1, sizeof(*v));

	for (size_t i = 0; v != NULL && i < kv->list.n; i++)
		v[i] = (struct daosctl_pair){kv->list.v[i].key, kv->list.v[i].value};
	return v;
}

static const char **
keys_of(const struct keyvals *kv)
{
	const char **v = calloc(kv->list.n + 1, sizeof(*v));

	for (size_t i = 0; v != NULL && i < kv->list.n; i++)
		v[i] = kv->list.v[i].key;
	return v;
}

/* What the word of the command says; nothing when there is none. Refusals have no prefix. */
static int
parse_word(const struct dmg_list_args *a, bool pairs, struct keyvals *ret, struct cli_error *e)
{
	struct fault f = FAULT_INIT;
	int          r;

	*ret = (struct keyvals){0};
	if (a->list == NULL)
		return 0;
	r = pairs ? keyvals_parse(a->list, ret, &f) : keyvals_parse_keys(a->list, ret, &f);
	return r < 0 ? cli_error_from_fault(e, r, &f) : 0;
}

/* The end of a command without a result. */
static int
finish(struct cli_call *call, int r, const struct daosctl_error *error, struct cli_error *e)
{
	const char *name = call->command->path;
	char        line[64];

	if (r != 0) {
		(void)dmg_error(e, r, error);
		if (call->json)
			cli_print_envelope(call, NULL, NULL, e);
		if (r != -EINVAL && r != -EROFS) /* refused here, like a misspelt option */
			cli_error_wrap(e, "%s failed", name);
		return r;
	}
	(void)snprintf(line, sizeof(line), "%s succeeded\n", name);
	cli_print(call, line);
	cli_print_envelope(call, NULL, NULL, NULL);
	return 0;
}

static int
no_memory(struct daosctl_error *error)
{
	(void)snprintf(error->text, sizeof(error->text), "out of memory");
	return -ENOMEM;
}

/* ---- attributes ---- */

int
dmg_system_set_attr(struct cli_call *call, void *args, struct cli_error *e)
{
	_cleanup_(keyvals_fini) struct keyvals kv    = {0};
	_cleanup_(freep) struct daosctl_pair  *pairs = NULL;
	struct daosctl_error                   error = {0};
	int                                    r     = parse_word(args, true, &kv, e);

	if (r != 0)
		return r;
	pairs = pairs_of(&kv);
	r     = pairs == NULL ? no_memory(&error)
			      : daosctl_system_set_attrs(dmg_control(call), pairs, kv.list.n, &error);
	return finish(call, r, &error, e);
}

int
dmg_system_del_attr(struct cli_call *call, void *args, struct cli_error *e)
{
	_cleanup_(keyvals_fini) struct keyvals kv    = {0};
	_cleanup_(freep) struct daosctl_pair  *pairs = NULL;
	struct daosctl_error                   error = {0};
	int                                    r     = parse_word(args, false, &kv, e);

	if (r != 0)
		return r;
	pairs = pairs_of(&kv); /* without values, which deletes */
	r     = pairs == NULL ? no_memory(&error)
			      : daosctl_system_set_attrs(dmg_control(call), pairs, kv.list.n, &error);
	return finish(call, r, &error, e);
}

static void
write_attrs(struct cli_json *j, const void *data)
{
	const struct daosctl_pairs *p = data;

	cli_json_object(j);
	cli_json_key(j, "attributes");
	if (p->n == 0) {
		cli_json_null(j);
	} else {
		cli_json_object(j);
		for (size_t i = 0; i < p->n; i++)
			cli_json_set_string(j, p->v[i].key, p->v[i].value);
		cli_json_object_end(j);
	}
	cli_json_object_end(j);
}

static int
print_attrs(struct cli_call *call, const struct daosctl_pairs *p, struct cli_error *e)
{
	static const char *const                     titles[] = {"Name", "Value"};
	_cleanup_(strbuf_fini) struct strbuf         out      = STRBUF_INIT;
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));

	if (p->n == 0) {
		cli_print(call, "No system attributes found.\n");
		return 0;
	}
	for (size_t i = 0; t != NULL && i < p->n; i++) {
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", p->v[i].key);
		cli_table_cell(t, 1, "%s", p->v[i].value);
	}
	if (t == NULL || cli_table_print(t, 0, &out) != 0 || strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	return 0;
}

int
dmg_system_get_attr(struct cli_call *call, void *args, struct cli_error *e)
{
	_cleanup_(keyvals_fini) struct keyvals kv   = {0};
	_cleanup_(freep) const char          **keys = NULL;
	struct daosctl_pairs                   resp;
	struct daosctl_error                   error = {0};
	int                                    r     = parse_word(args, false, &kv, e);

	if (r != 0)
		return r;
	keys = keys_of(&kv);
	r    = keys == NULL
		   ? no_memory(&error)
		   : daosctl_system_get_attrs(dmg_control(call), keys, kv.list.n, &resp, &error);
	if (r != 0)
		return finish(call, r, &error, e);
	r = call->json ? 0 : print_attrs(call, &resp, e);
	cli_print_envelope(call, write_attrs, &resp, NULL);
	daosctl_pairs_fini(&resp);
	return r;
}

/* ---- properties ---- */

int
dmg_system_set_prop(struct cli_call *call, void *args, struct cli_error *e)
{
	_cleanup_(keyvals_fini) struct keyvals kv    = {0};
	_cleanup_(freep) struct daosctl_pair  *pairs = NULL;
	struct daosctl_error                   error = {0};
	int                                    r     = parse_word(args, true, &kv, e);

	if (r != 0)
		return r;
	pairs = pairs_of(&kv);
	r     = pairs == NULL ? no_memory(&error)
			      : daosctl_system_set_props(dmg_control(call), pairs, kv.list.n, &error);
	return finish(call, r, &error, e);
}

static void
write_props(struct cli_json *j, const void *data)
{
	const struct daosctl_properties *p = data;

	cli_json_array(j);
	for (size_t i = 0; i < p->n; i++) {
		cli_json_object(j);
		cli_json_set_string(j, "key", p->v[i].key);
		cli_json_set_string(j, "value", p->v[i].value);
		cli_json_set_string(j, "description", p->v[i].description);
		cli_json_object_end(j);
	}
	cli_json_array_end(j);
}

static int
print_props(struct cli_call *call, const struct daosctl_properties *p, struct cli_error *e)
{
	static const char *const                     titles[] = {"Name", "Value"};
	_cleanup_(strbuf_fini) struct strbuf         out      = STRBUF_INIT;
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));

	if (p->n == 0) {
		cli_print(call, "No system properties found.\n");
		return 0;
	}
	for (size_t i = 0; t != NULL && i < p->n; i++) {
		cli_table_row(t);
		cli_table_cell(t, 0, "%s (%s)", p->v[i].description, p->v[i].key);
		cli_table_cell(t, 1, "%s", p->v[i].value);
	}
	if (t == NULL || cli_table_print(t, 0, &out) != 0 || strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	return 0;
}

int
dmg_system_get_prop(struct cli_call *call, void *args, struct cli_error *e)
{
	_cleanup_(keyvals_fini) struct keyvals kv   = {0};
	_cleanup_(freep) const char          **keys = NULL;
	struct daosctl_properties              resp;
	struct daosctl_error                   error = {0};
	int                                    r     = parse_word(args, false, &kv, e);

	if (r != 0)
		return r;
	keys = keys_of(&kv);
	r    = keys == NULL
		   ? no_memory(&error)
		   : daosctl_system_get_props(dmg_control(call), keys, kv.list.n, &resp, &error);
	if (r != 0)
		return finish(call, r, &error, e);
	r = call->json ? 0 : print_props(call, &resp, e);
	cli_print_envelope(call, write_props, &resp, NULL);
	daosctl_properties_fini(&resp);
	return r;
}
