/*
 * MgmtSvc.SystemSetAttr and SystemGetAttr: attributes that users keep in the system database. Names
 * that begin like those of properties or of the service's own values cannot be set.
 */
#include <stdlib.h>
#include <string.h>

#include "common/keyval.h"
#include "common/str.h"
#include "mgmt/svc.pb-c.h"
#include "mgmt/system.pb-c.h"
#include "server/server_private.h"

static void
stored(int err, const struct fault *f, void *arg)
{
	struct rpc_call *call = arg;
	Mgmt__DaosResp   resp = MGMT__DAOS_RESP__INIT;
	struct fault     copy = FAULT_INIT;

	if (err == 0) {
		rpc_call_reply(call, &resp.base);
		return;
	}
	if (f != NULL)
		copy = *f;
	srv_call_fail(call, err, &copy);
}

void
srv_store_attrs(struct srv_server *s, struct rpc_call *call, const struct sys_attr *attrs, size_t n)
{
	struct fault f     = FAULT_INIT;
	size_t       bytes = 0;
	int          r     = 0;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(attrs[i].key) + strlen(attrs[i].value);
	if (bytes > SRV_ATTRS_MAX_BYTES)
		r = fault_plain(&f, -E2BIG,
				"the attributes take %zu bytes, a request may carry %llu", bytes,
				SRV_ATTRS_MAX_BYTES);
	if (r == 0)
		r = sys_db_set_attrs(s->db, attrs, n, stored, call);
	if (r < 0)
		srv_call_fail(call, r, &f);
}

/* ---- set ---- */

static int
check_key(const char *key, struct fault *f)
{
	if (str_starts(key, SYS_ATTR_PROP) || str_starts(key, SYS_ATTR_MGMT))
		return fault_plain(f, -EPERM, "cannot set reserved key \"%s\"", key);
	if (key[0] == '\0' || strlen(key) > KEYVAL_KEY_MAX)
		return fault_plain(f, -EINVAL, "attribute names have 1 to %d characters",
				   KEYVAL_KEY_MAX);
	return 0;
}

void
srv_system_set_attr(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemSetAttrReq *req   = (const Mgmt__SystemSetAttrReq *)msg;
	struct sys_attr              *attrs = calloc(req->n_attributes + 1, sizeof(*attrs));
	struct fault                  f     = FAULT_INIT;
	size_t                        n     = 0;
	int                           r     = attrs == NULL ? -ENOMEM : 0;

	for (; r == 0 && n < req->n_attributes; n++) {
		const char *key = req->attributes[n]->key;

		r = check_key(key, &f);
		if (r < 0)
			break;
		attrs[n] = (struct sys_attr){.key   = str_format(SYS_ATTR_USER "%s", key),
					     .value = req->attributes[n]->value};
		r        = attrs[n].key == NULL ? -ENOMEM : 0;
	}
	if (r == 0)
		srv_store_attrs(arg, call, attrs, n);
	else
		srv_call_fail(call, r, &f);
	for (size_t i = 0; attrs != NULL && i < n; i++)
		free((char *)(uintptr_t)attrs[i].key);
	free(attrs);
}

/* ---- get ---- */

struct rows {
	VEC(Mgmt__SystemGetAttrResp__AttributesEntry) list;
	int error;
};

static void
add_row(const char *key, const char *value, void *arg)
{
	struct rows                             *rows = arg;
	Mgmt__SystemGetAttrResp__AttributesEntry row =
	    MGMT__SYSTEM_GET_ATTR_RESP__ATTRIBUTES_ENTRY__INIT;

	row.key   = (char *)(uintptr_t)(key + strlen(SYS_ATTR_USER));
	row.value = (char *)(uintptr_t)value;
	if (vec_push(&rows->list, row) < 0)
		rows->error = -ENOMEM;
}

/* Reserved names are not there for users: they come back as not found too. */
static int
add_asked(const struct sys_db *db, char *const *keys, size_t n, struct rows *rows, struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(freep) char *full  = str_format(SYS_ATTR_USER "%s", keys[i]);
		const char            *value = full == NULL ? NULL : sys_db_attr(db, full);
		Mgmt__SystemGetAttrResp__AttributesEntry row =
		    MGMT__SYSTEM_GET_ATTR_RESP__ATTRIBUTES_ENTRY__INIT;

		if (full == NULL)
			return -ENOMEM;
		if (value == NULL)
			return fault_plain(
			    f, -ENOENT, "unable to find system attribute with key \"%s\"", keys[i]);
		row.key   = keys[i];
		row.value = (char *)(uintptr_t)value;
		if (vec_push(&rows->list, row) < 0)
			return -ENOMEM;
	}
	return 0;
}

void
srv_system_get_attr(struct rpc_call *call, const ProtobufCMessage *msg, void *arg)
{
	const Mgmt__SystemGetAttrReq              *req  = (const Mgmt__SystemGetAttrReq *)msg;
	struct srv_server                         *s    = arg;
	Mgmt__SystemGetAttrResp                    resp = MGMT__SYSTEM_GET_ATTR_RESP__INIT;
	Mgmt__SystemGetAttrResp__AttributesEntry **list = NULL;
	struct rows                                rows = {0};
	struct fault                               f    = FAULT_INIT;
	int                                        r;

	if (req->n_keys == 0)
		sys_db_attrs(s->db, SYS_ATTR_USER, add_row, &rows);
	r = rows.error;
	if (r == 0)
		r = add_asked(s->db, req->keys, req->n_keys, &rows, &f);
	if (r == 0) {
		list = calloc(rows.list.n + 1, sizeof(*list));
		r    = list == NULL ? -ENOMEM : 0;
	}
	if (r == 0) {
		for (size_t i = 0; i < rows.list.n; i++)
			list[i] = &rows.list.v[i];
		resp.n_attributes = rows.list.n;
		resp.attributes   = list;
		rpc_call_reply(call, &resp.base);
	} else {
		srv_call_fail(call, r, &f);
	}
	free(list);
	vec_fini(&rows.list);
}
