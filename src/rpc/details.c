/*
 * The bytes behind grpc-status-details-bin: google.rpc.Status holding one google.rpc.ErrorInfo
 * whose reason names the kind of error and whose metadata carries it (wire-grpc.md §5). Input comes
 * from a peer: what is not understood is left out, never guessed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/str.h"
#include "google/status.pb-c.h"
#include "status_private.h"

#define ERROR_INFO_URL     "type.googleapis.com/google.rpc.ErrorInfo"
#define REASON_FAULT       "proto.fault.Fault"
#define REASON_STATUS      "proto.daos.DaosStatus"
#define REASON_NOT_REPLICA "proto.system.ErrNotReplica"
#define REASON_NOT_LEADER  "proto.system.ErrNotLeader"
#define REASON_NO_POOL     "proto.system.ErrPoolNotFound"
#define MAX_ENTRIES        5
#define MAX_REPLICAS       1024

/* ErrorInfo under construction. Values point to texts that live until it is packed. */
struct info {
	Google__Rpc__ErrorInfo                 msg;
	Google__Rpc__ErrorInfo__MetadataEntry  entries[MAX_ENTRIES];
	Google__Rpc__ErrorInfo__MetadataEntry *list[MAX_ENTRIES];
	char                                   number[16];
	char                                  *json;
};

static void
info_add(struct info *i, const char *key, const char *value)
{
	Google__Rpc__ErrorInfo__MetadataEntry *e = &i->entries[i->msg.n_metadata];

	google__rpc__error_info__metadata_entry__init(e);
	e->key                       = (char *)key;
	e->value                     = (char *)value;
	i->list[i->msg.n_metadata++] = e;
}

static char *
replicas_to_json(const struct rpc_status *s)
{
	json_t *list   = s->n_replicas > 0 ? json_array() : json_null();
	int     failed = 0;
	char   *text;

	for (size_t i = 0; i < s->n_replicas; i++)
		failed |= json_array_append_new(list, json_string(s->replicas[i]));
	text = failed ? NULL : json_dumps(list, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(list);
	return text;
}

static char *
pool_to_json(const struct rpc_status *s)
{
	json_t *o     = json_object();
	json_t *rank  = s->has_pool_rank ? json_integer(s->pool_rank) : json_null();
	json_t *uuid  = s->pool_uuid != NULL ? json_string(s->pool_uuid) : json_null();
	json_t *label = s->pool_label != NULL ? json_string(s->pool_label) : json_null();
	int failed = json_object_set_new(o, "Rank", rank) | json_object_set_new(o, "UUID", uuid) |
		     json_object_set_new(o, "Label", label);
	char *text = failed ? NULL : json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

static int
info_fill(struct info *i, const struct rpc_status *s)
{
	google__rpc__error_info__init(&i->msg);
	i->msg.metadata = i->list;
	i->msg.domain   = (char *)"DAOS";
	switch (s->detail) {
	case RPC_DETAIL_NONE:
		return -ENOENT;
	case RPC_DETAIL_FAULT:
		(void)snprintf(i->number, sizeof(i->number), "%" PRIu32, s->fault.code);
		i->msg.reason = (char *)REASON_FAULT;
		i->msg.domain = (char *)s->fault.domain;
		info_add(i, "Code", i->number);
		info_add(i, "Description", s->fault.description);
		info_add(i, "Domain", s->fault.domain);
		info_add(i, "Reason", s->fault.reason);
		info_add(i, "Resolution", s->fault.resolution);
		return 0;
	case RPC_DETAIL_DAOS_STATUS:
		(void)snprintf(i->number, sizeof(i->number), "%" PRId32, s->daos_status);
		i->msg.reason = (char *)REASON_STATUS;
		info_add(i, "Status", i->number);
		return 0;
	case RPC_DETAIL_NOT_REPLICA:
	case RPC_DETAIL_NOT_LEADER:
		i->msg.reason = (char *)(s->detail == RPC_DETAIL_NOT_LEADER ? REASON_NOT_LEADER
									    : REASON_NOT_REPLICA);
		i->json       = replicas_to_json(s);
		if (s->detail == RPC_DETAIL_NOT_LEADER)
			info_add(i, "LeaderHint", s->leader_hint != NULL ? s->leader_hint : "");
		info_add(i, "Replicas", i->json);
		return i->json != NULL ? 0 : -ENOMEM;
	case RPC_DETAIL_POOL_NOT_FOUND:
		i->msg.reason = (char *)REASON_NO_POOL;
		i->json       = pool_to_json(s);
		info_add(i, "PoolInfo", i->json);
		return i->json != NULL ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static int
pack_status(const struct rpc_status *s, const Google__Rpc__ErrorInfo *info, uint8_t **ret,
	    size_t *ret_len)
{
	Google__Rpc__Any    any     = GOOGLE__RPC__ANY__INIT;
	Google__Rpc__Any   *list[1] = {&any};
	Google__Rpc__Status status  = GOOGLE__RPC__STATUS__INIT;
	uint8_t            *out;

	any.type_url   = (char *)ERROR_INFO_URL;
	any.value.len  = google__rpc__error_info__get_packed_size(info);
	any.value.data = malloc(any.value.len + 1);
	if (any.value.data == NULL)
		return -ENOMEM;
	google__rpc__error_info__pack(info, any.value.data);
	status.code = (int32_t)s->code;
	if (s->message != NULL)
		status.message = s->message;
	status.n_details = 1;
	status.details   = list;
	*ret_len         = google__rpc__status__get_packed_size(&status);
	out              = malloc(*ret_len + 1);
	if (out != NULL)
		google__rpc__status__pack(&status, out);
	free(any.value.data);
	if (out == NULL)
		return -ENOMEM;
	*ret = out;
	return 0;
}

int
rpc_details_encode(const struct rpc_status *s, uint8_t **ret, size_t *ret_len)
{
	struct info info = {0};
	size_t      len;
	int         r = info_fill(&info, s);

	if (r == 0)
		r = pack_status(s, &info.msg, ret, &len);
	free(info.json);
	if (r == 0)
		*ret_len = len;
	return r;
}

/* ---- decoding ---- */

static const char *
find_value(const Google__Rpc__ErrorInfo *info, const char *key)
{
	for (size_t i = 0; i < info->n_metadata; i++)
		if (str_eq(info->metadata[i]->key, key))
			return info->metadata[i]->value;
	return "";
}

static int
decode_fault(const Google__Rpc__ErrorInfo *info, struct rpc_status *s)
{
	uint32_t code;

	if (str_to_u32(find_value(info, "Code"), 10, &code) < 0)
		return -EINVAL;
	fault_import(&s->fault, find_value(info, "Domain"), code, find_value(info, "Description"),
		     find_value(info, "Reason"), find_value(info, "Resolution"));
	s->detail = RPC_DETAIL_FAULT;
	return 0;
}

static int
decode_daos_status(const Google__Rpc__ErrorInfo *info, struct rpc_status *s)
{
	int64_t v;

	if (str_to_i64(find_value(info, "Status"), 10, &v) < 0 || v < INT32_MIN || v > INT32_MAX)
		return -EINVAL;
	s->daos_status = (int32_t)v;
	s->detail      = RPC_DETAIL_DAOS_STATUS;
	return 0;
}

static int
read_replicas(const json_t *list, struct rpc_status *s)
{
	size_t n = MIN(json_array_size(list), (size_t)MAX_REPLICAS);

	if (n == 0)
		return 0; /* null or an empty list */
	s->replicas = calloc(n, sizeof(*s->replicas));
	if (s->replicas == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			continue;
		s->replicas[s->n_replicas] = strdup(text);
		if (s->replicas[s->n_replicas] == NULL)
			return -ENOMEM;
		s->n_replicas++;
	}
	return 0;
}

static int
decode_replicas(const Google__Rpc__ErrorInfo *info, enum rpc_detail detail, struct rpc_status *s)
{
	json_t     *list = json_loads(find_value(info, "Replicas"), JSON_DECODE_ANY, NULL);
	const char *hint = find_value(info, "LeaderHint");
	int         r;

	if (!json_is_array(list) && !json_is_null(list)) {
		json_decref(list);
		return -EINVAL;
	}
	r = read_replicas(list, s);
	json_decref(list);
	if (r < 0)
		return r;
	if (detail == RPC_DETAIL_NOT_LEADER && hint[0] != '\0')
		s->leader_hint = strdup(hint); /* without memory: no hint */
	s->detail = detail;
	return 0;
}

static int
decode_pool(const Google__Rpc__ErrorInfo *info, struct rpc_status *s)
{
	json_t       *o     = json_loads(find_value(info, "PoolInfo"), 0, NULL);
	const json_t *rank  = json_object_get(o, "Rank");
	const char   *uuid  = json_string_value(json_object_get(o, "UUID"));
	const char   *label = json_string_value(json_object_get(o, "Label"));
	int           r     = 0;

	if (json_is_integer(rank) && json_integer_value(rank) >= 0 &&
	    json_integer_value(rank) <= UINT32_MAX) {
		s->has_pool_rank = true;
		s->pool_rank     = (uint32_t)json_integer_value(rank);
	} else if (uuid != NULL) {
		s->pool_uuid = strdup(uuid);
	} else if (label != NULL) {
		s->pool_label = strdup(label);
	} else {
		r = -EINVAL;
	}
	if (r == 0)
		s->detail = RPC_DETAIL_POOL_NOT_FOUND;
	json_decref(o);
	return r;
}

static int
decode_info(const Google__Rpc__ErrorInfo *info, struct rpc_status *s)
{
	if (str_eq(info->reason, REASON_FAULT))
		return decode_fault(info, s);
	if (str_eq(info->reason, REASON_STATUS))
		return decode_daos_status(info, s);
	if (str_eq(info->reason, REASON_NOT_REPLICA))
		return decode_replicas(info, RPC_DETAIL_NOT_REPLICA, s);
	if (str_eq(info->reason, REASON_NOT_LEADER))
		return decode_replicas(info, RPC_DETAIL_NOT_LEADER, s);
	if (str_eq(info->reason, REASON_NO_POOL))
		return decode_pool(info, s);
	return -EINVAL;
}

int
rpc_details_decode(const uint8_t *data, size_t len, struct rpc_status *s)
{
	Google__Rpc__Status *status = google__rpc__status__unpack(NULL, len, data);
	int                  r      = -EINVAL;

	if (status == NULL)
		return -EINVAL;
	for (size_t i = 0; i < status->n_details && r < 0; i++) {
		const Google__Rpc__Any *any = status->details[i];
		Google__Rpc__ErrorInfo *info;

		if (!str_eq(any->type_url, ERROR_INFO_URL))
			continue;
		info = google__rpc__error_info__unpack(NULL, any->value.len, any->value.data);
		if (info == NULL)
			continue;
		r = decode_info(info, s);
		google__rpc__error_info__free_unpacked(info, NULL);
	}
	google__rpc__status__free_unpacked(status, NULL);
	return r;
}
