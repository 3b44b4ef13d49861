/*
 * Attributes and properties of the system. Properties are checked here as well as by the service, so that
 * a misspelt one never travels.
 */
#include <daos_control/attr.h>
#include <string.h>

#include "common/sysprop.h"
#include "control/control_private.h"
#include "mgmt/system.pb-c.h"

/* protobuf-c messages hold char * also for what is only read. */
static char *
readonly(const char *s)
{
	return (char *)(uintptr_t)(s ? s : "");
}

/* ---- attributes ---- */

int
daosctl_system_set_attrs(struct daosctl *c, const struct daosctl_pair *pairs, size_t n,
			 struct daosctl_error *e)
{
	typedef Mgmt__SystemSetAttrReq__AttributesEntry entry;
	Mgmt__SystemSetAttrReq                          m    = MGMT__SYSTEM_SET_ATTR_REQ__INIT;
	_cleanup_(freep) entry                         *rows = calloc(n + 1, sizeof(*rows));
	_cleanup_(freep) entry                        **list = calloc(n + 1, sizeof(*list));

	if (n == 0)
		return ctl_error_set(e, -EINVAL, "attributes cannot be empty");
	if (rows == NULL || list == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		mgmt__system_set_attr_req__attributes_entry__init(&rows[i]);
		rows[i].key   = readonly(pairs[i].key);
		rows[i].value = readonly(pairs[i].value);
		list[i]       = &rows[i];
	}
	m.n_attributes = n;
	m.attributes   = list;
	return ctl_ms_sync(c, &(struct ctl_sync_opts){.method = "SystemSetAttr", .req = &m.base},
			   e);
}

static int
by_pair_key(const void *a, const void *b)
{
	return strcmp(((const struct daosctl_pair *)a)->key, ((const struct daosctl_pair *)b)->key);
}

static int
take_attrs(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemGetAttrResp               *m   = (const Mgmt__SystemGetAttrResp *)message;
	struct daosctl_pairs                        *ret = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a   = NULL;
	struct daosctl_pair                         *v;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, m->n_attributes, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_attributes; i++)
		v[i] = (struct daosctl_pair){.key   = ctl_arena_text(a, m->attributes[i]->key),
					     .value = ctl_arena_text(a, m->attributes[i]->value)};
	if (v != NULL && m->n_attributes > 1)
		qsort(v, m->n_attributes, sizeof(*v), by_pair_key);
	*ret = (struct daosctl_pairs){.v = v, .n = m->n_attributes};
	r    = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

int
daosctl_system_get_attrs(struct daosctl *c, const char *const *keys, size_t n,
			 struct daosctl_pairs *ret, struct daosctl_error *e)
{
	Mgmt__SystemGetAttrReq m = MGMT__SYSTEM_GET_ATTR_REQ__INIT;
	struct daosctl_pairs   resp;
	int                    r;

	m.n_keys = n;
	m.keys   = (char **)(uintptr_t)keys;
	r        = ctl_ms_sync(
		   c,
		   &(struct ctl_sync_opts){
		       .method = "SystemGetAttr", .req = &m.base, .take = take_attrs, .arg = &resp},
		   e);
	if (r == 0)
		*ret = resp;
	return r;
}

void
daosctl_pairs_fini(struct daosctl_pairs *p)
{
	(void)ctl_arena_free(p->memory);
	*p = (struct daosctl_pairs){0};
}

/* ---- properties ---- */

/* The key as the service has it and the value in canonical form, owned by the arena. */
static int
check_prop(struct ctl_arena *a, const struct daosctl_pair *from, const char **ret_key,
	   const char **ret_value, struct daosctl_error *e)
{
	const struct sysprop *p     = sysprop_find(from->key);
	struct fault          f     = FAULT_INIT;
	char                 *value = NULL;
	int                   r;

	if (p == NULL)
		return ctl_error_set(e, -EINVAL, "invalid system property key: %s", from->key);
	r = sysprop_value(p, from->value, &value, &f);
	if (r != 0) {
		fault_wrap(&f, "invalid system property value for %s", p->key);
		ctl_error_from_fault(e, &f);
		return r;
	}
	*ret_key   = p->key;
	*ret_value = ctl_arena_take(a, value);
	return 0;
}

int
daosctl_system_set_props(struct daosctl *c, const struct daosctl_pair *pairs, size_t n,
			 struct daosctl_error *e)
{
	typedef Mgmt__SystemSetPropReq__PropertiesEntry entry;
	Mgmt__SystemSetPropReq                          m    = MGMT__SYSTEM_SET_PROP_REQ__INIT;
	_cleanup_(freep) entry                         *rows = calloc(n + 1, sizeof(*rows));
	_cleanup_(freep) entry                        **list = calloc(n + 1, sizeof(*list));
	_cleanup_(ctl_arena_freep) struct ctl_arena    *a    = NULL;
	int                                             r    = ctl_arena_new(&a);

	if (n == 0)
		return ctl_error_set(e, -EINVAL, "properties cannot be empty");
	if (r != 0 || rows == NULL || list == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const char *key, *value;

		r = check_prop(a, &pairs[i], &key, &value, e);
		if (r != 0)
			return r;
		mgmt__system_set_prop_req__properties_entry__init(&rows[i]);
		rows[i].key   = readonly(key);
		rows[i].value = readonly(value);
		list[i]       = &rows[i];
	}
	if (ctl_arena_error(a) != 0)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	m.n_properties = n;
	m.properties   = list;
	return ctl_ms_sync(c, &(struct ctl_sync_opts){.method = "SystemSetProp", .req = &m.base},
			   e);
}

static int
by_prop_key(const void *a, const void *b)
{
	return strcmp(((const struct daosctl_property *)a)->key,
		      ((const struct daosctl_property *)b)->key);
}

/* A property this library does not know is left out: it has no title. */
static int
take_props(const ProtobufCMessage *message, void *arg)
{
	const Mgmt__SystemGetPropResp               *m   = (const Mgmt__SystemGetPropResp *)message;
	struct daosctl_properties                   *ret = arg;
	_cleanup_(ctl_arena_freep) struct ctl_arena *a   = NULL;
	struct daosctl_property                     *v;
	size_t                                       n = 0;
	int                                          r = ctl_arena_new(&a);

	if (r != 0)
		return r;
	v = ctl_arena_alloc(a, m->n_properties, sizeof(*v));
	for (size_t i = 0; v != NULL && i < m->n_properties; i++) {
		const struct sysprop *p = sysprop_find(m->properties[i]->key);

		if (p != NULL)
			v[n++] = (struct daosctl_property){
			    .key         = p->key,
			    .value       = ctl_arena_text(a, m->properties[i]->value),
			    .description = p->title};
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_prop_key);
	*ret = (struct daosctl_properties){.v = v, .n = n};
	r    = ctl_arena_error(a);
	if (r == 0)
		ret->memory = TAKE_PTR(a);
	return r;
}

int
daosctl_system_get_props(struct daosctl *c, const char *const *keys, size_t n,
			 struct daosctl_properties *ret, struct daosctl_error *e)
{
	Mgmt__SystemGetPropReq    m    = MGMT__SYSTEM_GET_PROP_REQ__INIT;
	_cleanup_(freep) char   **list = calloc(n + 1, sizeof(*list));
	struct daosctl_properties resp;
	int                       r;

	if (list == NULL)
		return ctl_error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct sysprop *p = sysprop_find(keys[i]);

		if (p == NULL)
			return ctl_error_set(e, -EINVAL, "invalid system property key: %s",
					     keys[i]);
		list[i] = readonly(p->key);
	}
	m.n_keys = n;
	m.keys   = list;
	r        = ctl_ms_sync(
		   c,
		   &(struct ctl_sync_opts){
		       .method = "SystemGetProp", .req = &m.base, .take = take_props, .arg = &resp},
		   e);
	if (r == 0)
		*ret = resp;
	return r;
}

void
daosctl_properties_fini(struct daosctl_properties *p)
{
	(void)ctl_arena_free(p->memory);
	*p = (struct daosctl_properties){0};
}
