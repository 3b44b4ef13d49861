/*
 * Strict reader of daos_nvme.conf: a table of every method with the keys its parameters may have.
 * The file is used only when nothing in it is unknown; the engine would fail on it later and less
 * clearly.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

enum key_type { KEY_END, KEY_BOOL, KEY_U8, KEY_UINT, KEY_TEXT };

struct key {
	const char   *name;
	enum key_type type;
};

struct method {
	const char *name;
	struct key  keys[6];
};

static const struct method daos_methods[] = {
    {"accel_props", {{"accel_engine", KEY_TEXT}, {"accel_opts", KEY_UINT}}},
    {"spdk_rpc_srv", {{"enable", KEY_BOOL}, {"sock_addr", KEY_TEXT}}},
    {"auto_faulty", {{"enable", KEY_BOOL}, {"max_io_errs", KEY_UINT}, {"max_csum_errs", KEY_UINT}}},
    {"hotplug_busid_range", {{"begin", KEY_U8}, {"end", KEY_U8}}},
};

static const struct method subsystem_methods[] = {
    {"bdev_set_options", {{"bdev_io_pool_size", KEY_UINT}, {"bdev_io_cache_size", KEY_UINT}}},
    {"bdev_nvme_set_options",
     {{"transport_retry_count", KEY_UINT},
      {"timeout_us", KEY_UINT},
      {"nvme_adminq_poll_period_us", KEY_UINT},
      {"action_on_timeout", KEY_TEXT},
      {"nvme_ioq_poll_period_us", KEY_UINT}}},
    {"bdev_nvme_attach_controller",
     {{"trtype", KEY_TEXT}, {"name", KEY_TEXT}, {"traddr", KEY_TEXT}}},
    {"bdev_nvme_set_hotplug", {{"enable", KEY_BOOL}, {"period_us", KEY_UINT}}},
    {"vmd_enable", {{NULL, KEY_END}}},
    {"bdev_aio_create", {{"block_size", KEY_UINT}, {"name", KEY_TEXT}, {"filename", KEY_TEXT}}},
    {"iobuf_set_options", {{"small_pool_count", KEY_UINT}, {"large_pool_count", KEY_UINT}}},
};

static int
bad(struct fault *f, const char *what, const char *name)
{
	return fault_set(f, FAULT_SPDK_INVALID_CONFIGURATION,
			 "unable to parse SPDK configuration: %s \"%s\"", what, name);
}

static bool
type_matches(const json_t *v, enum key_type type)
{
	switch (type) {
	case KEY_BOOL:
		return json_is_boolean(v);
	case KEY_TEXT:
		return json_is_string(v);
	case KEY_U8:
		return json_is_integer(v) && json_integer_value(v) >= 0 &&
		       json_integer_value(v) <= 0xff;
	case KEY_UINT:
		return json_is_integer(v) && json_integer_value(v) >= 0;
	case KEY_END:
		break;
	}
	return false;
}

static int
check_params(json_t *params, const struct method *m, struct fault *f)
{
	const char *name;
	json_t     *value;

	json_object_foreach(params, name, value)
	{
		const struct key *k = m->keys;

		while (k < m->keys + ARRAY_SIZE(m->keys) && k->type != KEY_END &&
		       !str_eq(k->name, name))
			k++;
		if (k == m->keys + ARRAY_SIZE(m->keys) || k->type == KEY_END)
			return bad(f, "unknown parameter", name);
		if (!type_matches(value, k->type))
			return bad(f, "wrong value of parameter", name);
	}
	return 0;
}

/* Every key of an object must be one of the two. */
static int
check_keys(json_t *obj, const char *a, const char *b, struct fault *f)
{
	const char *name;
	json_t     *value;

	if (!json_is_object(obj))
		return bad(f, "not an object where there should be one with", a);
	json_object_foreach(obj, name, value)
	{
		if (!str_eq(name, a) && !str_eq(name, b))
			return bad(f, "unknown key", name);
	}
	return 0;
}

static int
check_entry(json_t *entry, const struct method *methods, size_t n, struct fault *f)
{
	json_t     *params = json_object_get(entry, "params");
	const char *method = json_string_value(json_object_get(entry, "method"));
	int         r      = check_keys(entry, "params", "method", f);

	if (r < 0)
		return r;
	if (method == NULL)
		return bad(f, "entry without", "method");
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(methods[i].name, method))
			continue;
		if (!json_is_object(params))
			return bad(f, "no parameters of method", method);
		return check_params(params, &methods[i], f);
	}
	return bad(f, "unknown method", method);
}

static int
check_entries(json_t *list, const struct method *methods, size_t n, struct fault *f)
{
	json_t *entry;
	size_t  i;
	int     r = 0;

	if (!json_is_array(list))
		return bad(f, "no list", "config");
	json_array_foreach(list, i, entry)
	{
		r = check_entry(entry, methods, n, f);
		if (r < 0)
			return r;
	}
	return r;
}

static int
check_root(json_t *root, struct fault *f)
{
	json_t *daos       = json_object_get(root, "daos_data");
	json_t *subsystems = json_object_get(root, "subsystems");
	json_t *entry;
	size_t  i;
	int     r = check_keys(root, "daos_data", "subsystems", f);

	if (r == 0)
		r = check_keys(daos, "config", "config", f);
	if (r == 0)
		r = check_entries(json_object_get(daos, "config"), daos_methods,
				  ARRAY_SIZE(daos_methods), f);
	if (r == 0 && !json_is_array(subsystems))
		r = bad(f, "no list", "subsystems");
	if (r < 0)
		return r;
	json_array_foreach(subsystems, i, entry)
	{
		r = check_keys(entry, "subsystem", "config", f);
		if (r == 0 && !json_is_string(json_object_get(entry, "subsystem")))
			r = bad(f, "entry without", "subsystem");
		if (r == 0)
			r = check_entries(json_object_get(entry, "config"), subsystem_methods,
					  ARRAY_SIZE(subsystem_methods), f);
		if (r < 0)
			return r;
	}
	return r;
}

int
stor_nvme_conf_check(const char *text, size_t len, struct fault *f)
{
	json_error_t err;
	json_t      *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &err);
	int          r;

	if (root == NULL)
		return fault_set(f, FAULT_SPDK_INVALID_CONFIGURATION,
				 "unable to parse SPDK configuration: %s (line %d)", err.text,
				 err.line);
	r = check_root(root, f);
	json_decref(root);
	return r;
}
