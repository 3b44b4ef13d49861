/*
 * Rules between the engines of one host: what they must not share, and what must be the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config_private.h"

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static bool
same_fabric(const struct cfg_engine *a, const struct cfg_engine *b)
{
	return str_eq(text_or_empty(a->fabric.provider), text_or_empty(b->fabric.provider)) &&
	       str_eq(text_or_empty(a->fabric.fabric_iface),
		      text_or_empty(b->fabric.fabric_iface)) &&
	       a->fabric.fabric_iface_port == b->fabric.fabric_iface_port;
}

static bool
same_log_file(const struct cfg_engine *a, const struct cfg_engine *b)
{
	return !str_empty(a->log_file) && str_eq(a->log_file, text_or_empty(b->log_file));
}

static bool
lists_meet(const struct cfg_list *a, const struct cfg_list *b)
{
	vec_foreach (a, item)
		if (cfg_list_has(b, *item))
			return true;
	return false;
}

static bool
same_mount(const struct cfg_engine *a, const struct cfg_engine *b)
{
	const struct cfg_tier *x = cfg_engine_scm(a), *y = cfg_engine_scm(b);

	return x != NULL && y != NULL &&
	       str_eq(text_or_empty(x->scm_mount), text_or_empty(y->scm_mount));
}

static bool
scm_devices_meet(const struct cfg_engine *a, const struct cfg_engine *b)
{
	const struct cfg_tier *x = cfg_engine_scm(a), *y = cfg_engine_scm(b);

	return x != NULL && y != NULL && lists_meet(&x->scm_list, &y->scm_list);
}

static bool
scm_class_differs(const struct cfg_engine *a, const struct cfg_engine *b)
{
	const struct cfg_tier *x = cfg_engine_scm(a), *y = cfg_engine_scm(b);

	return x != NULL && y != NULL && x->class != y->class;
}

static bool
scm_hugepages_differ(const struct cfg_engine *a, const struct cfg_engine *b)
{
	const struct cfg_tier *x = cfg_engine_scm(a), *y = cfg_engine_scm(b);

	return x != NULL && y != NULL && x->scm_hugepages_disabled != y->scm_hugepages_disabled;
}

static bool
bdevs_meet(const struct cfg_engine *a, const struct cfg_engine *b)
{
	for (size_t t = 0; t < a->n_storage; t++)
		for (size_t u = 0; u < b->n_storage; u++)
			if (cfg_class_is_bdev(a->storage[t].class) &&
			    cfg_class_is_bdev(b->storage[u].class) &&
			    lists_meet(&a->storage[t].bdev_list, &b->storage[u].bdev_list))
				return true;
	return false;
}

static size_t
count_bdevs(const struct cfg_engine *e)
{
	size_t n = 0;

	for (size_t t = 0; t < e->n_storage; t++)
		if (cfg_class_is_bdev(e->storage[t].class))
			n += e->storage[t].bdev_list.n;
	return n;
}

static bool
bdev_counts_differ(const struct cfg_engine *a, const struct cfg_engine *b)
{
	return count_bdevs(a) != count_bdevs(b);
}

static bool
targets_differ(const struct cfg_engine *a, const struct cfg_engine *b)
{
	return a->targets != b->targets;
}

static bool
helpers_differ(const struct cfg_engine *a, const struct cfg_engine *b)
{
	return a->nr_xs_helpers != b->nr_xs_helpers;
}

/* In upstream's order. `phrase` stands between "engine 1" and "engine 0". */
static const struct {
	enum fault_code   code;
	enum cfg_severity severity;
	const char       *key;
	const char       *phrase;
	bool (*clash)(const struct cfg_engine *a, const struct cfg_engine *b);
} rules[] = {
    {FAULT_SERVER_CONFIG_DUPLICATE_FABRIC, CFG_ERROR, "fabric_iface_port",
     "has the provider, fabric_iface and fabric_iface_port of", same_fabric},
    {FAULT_SERVER_CONFIG_DUPLICATE_LOG_FILE, CFG_ERROR, "log_file", "has the log_file of",
     same_log_file},
    {FAULT_SERVER_CONFIG_DUPLICATE_SCM_MOUNT, CFG_ERROR, "storage[0].scm_mount",
     "has the scm_mount of", same_mount},
    {FAULT_SERVER_CONFIG_DUPLICATE_SCM_DEVICE_LIST, CFG_ERROR, "storage[0].scm_list",
     "shares an scm_list entry with", scm_devices_meet},
    {FAULT_SERVER_CONFIG_SCM_DIFF_CLASS, CFG_ERROR, "storage[0].class",
     "has another SCM class than", scm_class_differs},
    {FAULT_SERVER_CONFIG_SCM_HUGE_ENABLED, CFG_ERROR, "storage[0].scm_hugepages_disabled",
     "has another scm_hugepages_disabled than", scm_hugepages_differ},
    {FAULT_SERVER_CONFIG_OVERLAPPING_BDEV_DEVICE_LIST, CFG_ERROR, "storage",
     "shares a bdev_list entry with", bdevs_meet},
    {FAULT_SERVER_CONFIG_BDEV_COUNT_MISMATCH, CFG_NOTICE, "storage",
     "has another number of block devices than", bdev_counts_differ},
    {FAULT_SERVER_CONFIG_TARGET_COUNT_MISMATCH, CFG_ERROR, "targets",
     "has another number of targets than", targets_differ},
    {FAULT_SERVER_CONFIG_HELPER_STREAM_COUNT_MISMATCH, CFG_ERROR, "nr_xs_helpers",
     "has other nr_xs_helpers than", helpers_differ},
};

/* Reports the first earlier engine that engine i clashes with. */
static void
apply(struct cfg_check *c, size_t rule, size_t i)
{
	const struct cfg_engine *engines = c->cfg->engines;
	struct fault             f       = FAULT_INIT;
	char                     key[128];
	size_t                   j = 0;

	while (j < i && !rules[rule].clash(&engines[i], &engines[j]))
		j++;
	if (j == i)
		return;
	(void)fault_set(&f, rules[rule].code, "engine %zu %s engine %zu", i, rules[rule].phrase, j);
	(void)snprintf(key, sizeof(key), "engines[%zu].%s", i, rules[rule].key);
	if (rules[rule].severity == CFG_ERROR)
		cfg_check_report(c, key, NULL, &f);
	else
		cfg_check_notice(c, key, &f);
}

void
cfg_check_engines(struct cfg_check *c)
{
	for (size_t i = 1; i < c->cfg->n_engines; i++)
		for (size_t rule = 0; rule < ARRAY_SIZE(rules); rule++)
			apply(c, rule, i);
}
