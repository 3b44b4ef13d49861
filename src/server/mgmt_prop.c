/*
 * MgmtSvc.SystemSetProp and SystemGetProp. Stored properties are attributes of their own name space;
 * what is not stored has its default, and two are computed from the server itself. Properties that pools
 * share reach no pool here: this server has none and cannot create one.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/sysprop.h"
#include "common/version.h"
#include "mgmt/system.pb-c.h"
#include "server/server_private.h"

static const char *
value_of(const struct srv_server *s, const struct sysprop *p)
{
	char        key[64];
	const char *stored;

	if (p->preset == NULL)
		return str_eq(p->key, "daos_version") ? DAOS_VERSION : s->cfg->name;
	(void)snprintf(key, sizeof(key), SYS_ATTR_PROP "%s", p->key);
	stored = sys_db_attr(s->db, key);
	return stored == NULL ? p->preset : stored;
}

const char *
srv_self_heal_policy(const struct srv_server *s)
{
	return value_of(s, sysprop_find(SYSPROP_SELF_HEAL));
}

/* ---- set ---- */

static int
make_attr(const char *key, const char *value, struct sys_attr *ret, struct fault *f)
{
	const struct sysprop *p         = sysprop_find(key);
	char                 *canonical = NULL, *full;
	int                   r;

	if (p == NULL)
		return fault_plain(f, -EINVAL, "unknown property \"%.64s\"", key);
	r = sysprop_value(p, value, &canonical, f);
	if (r < 0) {
		fault_wrap(f, "invalid value for property \"%s\"", p->key);
		return r;
	}
	full = str_format(SYS_ATTR_PROP "%s", p->key);
	if (full == NULL) {
		free(canonical);
		return -ENOMEM;
	}
	*ret = (struct sys_attr){.key = full, .value = canonical};
	return 0;
}

void
srv_system_set_prop(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemSetPropReq *req   = (const Mgmt__SystemSetPropReq *)msg;
	struct sys_attr              *attrs = calloc(req->n_properties + 1, sizeof(*attrs));
	struct fault                  f     = FAULT_INIT;
	size_t                        n     = 0;
	int                           r     = attrs == NULL ? -ENOMEM : 0;

	while (r == 0 && n < req->n_properties) {
		r = make_attr(req->properties[n]->key, req->properties[n]->value, &attrs[n], &f);
		if (r == 0)
			n++;
	}
	if (r == 0)
		srv_store_attrs(arg, call, attrs, n);
	else
		srv_call_fail(call, r, &f);
	for (size_t i = 0; i < n; i++) {
		free((char *)(uintptr_t)attrs[i].key);
		free((char *)(uintptr_t)attrs[i].value);
	}
	free(attrs);
}

/* ---- get ---- */

/* The properties asked for, or all; *ret has room for them. */
static int
choose(const Mgmt__SystemGetPropReq *req, const struct sysprop **ret, size_t *ret_n,
       struct fault *f)
{
	const struct sysprop *p;
	size_t                n = 0;

	while (req->n_keys == 0 && (p = sysprop_at(n)) != NULL)
		ret[n++] = p;
	for (size_t i = 0; i < req->n_keys; i++) {
		bool again = false;

		p = sysprop_find(req->keys[i]);
		if (p == NULL)
			return fault_plain(f, -EINVAL, "unknown property \"%.64s\"", req->keys[i]);
		for (size_t k = 0; k < n; k++)
			again = again || ret[k] == p;
		if (!again)
			ret[n++] = p;
	}
	*ret_n = n;
	return 0;
}

#define PROPS_MAX 16

void
srv_system_get_prop(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemGetPropReq             *req  = (const Mgmt__SystemGetPropReq *)msg;
	Mgmt__SystemGetPropResp                   resp = MGMT__SYSTEM_GET_PROP_RESP__INIT;
	Mgmt__SystemGetPropResp__PropertiesEntry  rows[PROPS_MAX];
	Mgmt__SystemGetPropResp__PropertiesEntry *list[PROPS_MAX];
	const struct sysprop                     *props[PROPS_MAX];
	struct fault                              f = FAULT_INIT;
	size_t                                    n = 0;
	int                                       r;

	/* The table has fewer, and no property is taken twice. */
	assert(sysprop_at(PROPS_MAX) == NULL);
	r = choose(req, props, &n, &f);
	if (r < 0) {
		srv_call_fail(call, r, &f);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		mgmt__system_get_prop_resp__properties_entry__init(&rows[i]);
		rows[i].key   = (char *)(uintptr_t)props[i]->key;
		rows[i].value = (char *)(uintptr_t)value_of(arg, props[i]);
		list[i]       = &rows[i];
	}
	resp.n_properties = n;
	resp.properties   = list;
	rpc_call_reply(call, &resp.base);
}
