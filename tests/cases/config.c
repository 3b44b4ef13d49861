/* Rows of config-validation.tsv: a configuration, the stage up to which it is taken, and what comes
 * out. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "config/config.h"

static json_t *
string_or_empty(const char *s)
{
	return json_string(s != NULL ? s : "");
}

/* The values that the table holds for the stage of validation. */
static void
print_validated(const struct cfg_server *cfg, struct strbuf *out)
{
	json_t *obj = json_object(), *replicas = json_array(), *engines = json_array();

	for (size_t i = 0; i < cfg->mgmt_svc_replicas.n; i++)
		json_array_append_new(replicas, json_string(cfg->mgmt_svc_replicas.v[i]));
	for (size_t i = 0; i < cfg->n_engines; i++) {
		const struct cfg_engine *e    = &cfg->engines[i];
		json_t                  *item = json_object();

		json_object_set_new(item, "tiers", json_integer((json_int_t)e->n_storage));
		json_object_set_new(item, "nvme_conf", string_or_empty(e->nvme_conf));
		json_object_set_new(item, "vos_bdev_class", string_or_empty(e->vos_bdev_class));
		json_array_append_new(engines, item);
	}
	json_object_set_new(obj, "control_log_mask",
			    json_string(log_level_name(cfg->control_log_mask)));
	json_object_set_new(obj, "disable_hotplug", json_boolean(cfg->disable_hotplug == CFG_TRUE));
	json_object_set_new(obj, "disable_vmd", json_boolean(cfg->disable_vmd == CFG_TRUE));
	json_object_set_new(obj, "engines", json_integer((json_int_t)cfg->n_engines));
	json_object_set(obj, "mgmt_svc_replicas", replicas);
	if (cfg->n_engines > 0)
		json_object_set(obj, "engine", engines);
	outcome_take(out, json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS));
	json_decref(replicas);
	json_decref(engines);
	json_decref(obj);
}

static void
print_derived(const struct cfg_server *cfg, bool ramdisk, struct strbuf *out)
{
	json_t *obj = json_object(), *sizes = json_array();

	for (size_t i = 0; i < cfg->n_engines; i++) {
		const struct cfg_tier *scm = cfg_engine_scm(&cfg->engines[i]);

		json_array_append_new(sizes,
				      json_integer(scm != NULL ? (json_int_t)scm->scm_size : 0));
	}
	json_object_set_new(obj, "nr_hugepages", json_integer(cfg->nr_hugepages));
	if (ramdisk)
		json_object_set(obj, "scm_size_gib", sizes);
	outcome_take(out, json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS));
	json_decref(sizes);
	json_decref(obj);
}

/* The number after `key=` in the params column; 0 when absent. */
static uint64_t
param(const char *params, const char *key)
{
	const char *p = strstr(params, key);

	return p != NULL ? strtoull(p + strlen(key), NULL, 10) : 0;
}

static int
run_stages(const struct row *row, struct cfg_server **cfg, struct cfg_problems *problems)
{
	const char     *text = row_get(row, "config"), *params = row_get(row, "params");
	const char     *stage = row_get(row, "stage");
	struct cfg_host host  = {.hugepage_kib  = param(params, "hugepage_kib="),
				 .mem_total_kib = param(params, "mem_gib=") * MIB};
	int r = cfg_server_load_text("daos_server.yml", text, strlen(text), cfg, problems);

	if (r == 0 && !str_eq(stage, "load"))
		r = cfg_server_validate(*cfg, problems);
	if (r == 0 && (str_eq(stage, "nr_hugepages") || str_eq(stage, "ramdisk")))
		r = cfg_server_derive_hugepages(*cfg, &host, problems);
	if (r == 0 && str_eq(stage, "ramdisk"))
		r = cfg_server_derive_ramdisk(*cfg, &host, problems);
	return r;
}

void
run_config(const struct row *row, struct outcome *out)
{
	const char               *stage    = row_get(row, "stage");
	struct cfg_problems       problems = CFG_PROBLEMS_INIT;
	struct cfg_server        *cfg      = NULL;
	const struct cfg_problem *first;

	out->rc = run_stages(row, &cfg, &problems);
	first   = cfg_problems_first_error(&problems);
	if (first != NULL)
		out->fault = first->fault;
	if (out->rc == 0 && str_eq(stage, "validate"))
		print_validated(cfg, &out->extra);
	else if (out->rc == 0 && !str_eq(stage, "load"))
		print_derived(cfg, str_eq(stage, "ramdisk"), &out->extra);
	out->has_extra = out->extra.len > 0;
	cfg            = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
}
