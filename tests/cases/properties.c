/* Rows of properties.tsv. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/names.h"
#include "common/pool_prop.h"
#include "common/self_heal.h"
#include "common/sysprop.h"
#include "common/version.h"

#define MAX_KEYS 16

static void
take_json(struct strbuf *to, json_t *json)
{
	outcome_take(to, json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS));
	json_decref(json);
}

static void
run_pool_set(const char *key, const char *text, struct outcome *out)
{
	const struct pool_prop *p     = pool_prop_find(key);
	struct pool_prop_value  value = {0};
	_cleanup_(freep) char  *shown = NULL;
	json_t                 *json;

	out->rc = p == NULL ? -ENOENT : pool_prop_parse(p, text, &value, &out->fault);
	if (out->rc < 0)
		return;
	shown = pool_prop_text(p, &value);
	strbuf_addf(&out->output, "%s:%s", p->name, shown);
	json = p->kind == POOL_PROP_CHOICE || p->kind == POOL_PROP_TEXT
		   ? json_string(shown)
		   : json_integer((json_int_t)value.number);
	take_json(&out->extra, json_pack("{s:s, s:s, s:o}", "name", p->name, "description",
					 p->title, "value", json));
	out->has_extra = true;
}

static void
run_pool_info(const char *key, struct outcome *out)
{
	const struct pool_prop *p     = pool_prop_find(key);
	struct pool_prop_value  value = {0};
	_cleanup_(freep) char  *unset = NULL;
	const char             *name;

	if (p == NULL) {
		out->rc = -ENOENT;
		return;
	}
	unset = pool_prop_text(p, &value);
	strbuf_addf(&out->output, "number=%" PRIu32 " unset-string=%s values=", p->number, unset);
	for (size_t i = 0; (name = pool_prop_choice(p, i)) != NULL; i++)
		strbuf_addf(&out->output, "%s%s", i > 0 ? "," : "", name);
}

/* `settable=a,b deprecated={"e":"a"}` → what the list is held against. */
struct list_rules {
	const char         *keys[MAX_KEYS];
	struct keyval_alias aliases[MAX_KEYS];
	struct keyval_rules rules;
	json_t             *deprecated;
	char               *arg;
};

static bool
read_rules(const char *arg, struct list_rules *r)
{
	char       *keys, *rest, *key;
	const char *old_key;
	json_t     *value;

	*r               = (struct list_rules){.arg = strdup(arg)};
	r->rules.allowed = r->keys;
	r->rules.aliases = r->aliases;
	keys             = r->arg != NULL ? strchr(r->arg, '=') : NULL;
	rest             = keys != NULL ? strstr(keys, " deprecated=") : NULL;
	if (rest == NULL)
		return false;
	*rest         = '\0';
	*keys++       = '\0';
	r->rules.what = r->arg;
	r->deprecated = json_loads(rest + strlen(" deprecated="), JSON_DECODE_ANY, NULL);
	while (*keys != '\0' && r->rules.n_allowed < MAX_KEYS &&
	       (key = strsep(&keys, ",")) != NULL) {
		r->keys[r->rules.n_allowed++] = key;
		if (keys == NULL)
			break;
	}
	json_object_foreach(r->deprecated, old_key, value) if (r->rules.n_aliases < MAX_KEYS)
	    r->aliases[r->rules.n_aliases++] =
	    (struct keyval_alias){old_key, json_string_value(value)};
	return r->deprecated != NULL;
}

static void
run_list(const struct row *row, bool pairs, struct outcome *out)
{
	_cleanup_(keyvals_fini) struct keyvals kv    = {0};
	const char                            *input = row_get(row, "input");
	struct list_rules                      rules;
	json_t                                *json;

	if (!read_rules(row_get(row, "arg"), &rules)) {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown form of rules");
	} else {
		out->rc = pairs ? keyvals_parse(input, &kv, &out->fault)
				: keyvals_parse_keys(input, &kv, &out->fault);
		if (out->rc == 0)
			out->rc = keyvals_restrict(&kv, &rules.rules, &out->fault);
	}
	json = pairs ? json_object() : json_array();
	vec_foreach (&kv.list, p)
		if (pairs)
			json_object_set_new(json, p->key, json_string(p->value));
		else
			json_array_append_new(json, json_string(p->key));
	take_json(&out->output, json);
	json_decref(rules.deprecated);
	free(rules.arg);
}

static void
put_system(const struct sysprop *p, const char *value, struct outcome *out)
{
	strbuf_addf(&out->output, "%s:%s", p->key, value);
	take_json(&out->extra, json_pack("{s:s, s:s, s:s}", "key", p->key, "value", value,
					 "description", p->title));
	out->has_extra = true;
}

static void
run_system(const char *key, const char *text, struct outcome *out)
{
	const struct sysprop  *p     = sysprop_find(key);
	_cleanup_(freep) char *value = NULL;

	out->rc = p == NULL ? -ENOENT : 0;
	if (out->rc == 0 && text != NULL) {
		out->rc = sysprop_value(p, text, &value, &out->fault);
		if (out->rc == 0)
			put_system(p, value, out);
	} else if (out->rc == 0 && p->preset != NULL) {
		put_system(p, p->preset, out);
	} else if (out->rc == 0) { /* computed: by the server, from these */
		put_system(p, str_eq(p->key, "daos_version") ? DAOS_VERSION : DAOS_DEFAULT_SYSTEM,
			   out);
	}
}

void
run_properties(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg = row_get(row, "arg");

	if (str_eq(op, "pool-prop-set"))
		run_pool_set(input, arg, out);
	else if (str_eq(op, "pool-prop-info"))
		run_pool_info(input, out);
	else if (str_eq(op, "set-list") || str_eq(op, "get-list"))
		run_list(row, str_eq(op, "set-list"), out);
	else if (str_eq(op, "label-valid"))
		strbuf_add(&out->output, label_is_valid(input) ? "true" : "false");
	else if (str_eq(op, "system-name-valid"))
		strbuf_add(&out->output, system_name_is_valid(input) ? "true" : "false");
	else if (str_eq(op, "sys-prop-set"))
		run_system(input, arg, out);
	else if (str_eq(op, "sys-prop-default"))
		run_system(input, NULL, out);
	else if (str_eq(op, "pool-self-heal-off-flags"))
		outcome_take(&out->output, self_heal_off(SELF_HEAL_POOL, input, ",", NULL));
	else if (str_eq(op, "sys-self-heal-off-flags"))
		outcome_take(&out->output, self_heal_off(SELF_HEAL_SYSTEM, input, ",", NULL));
	else
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
}
