/*
 * JSON to protobuf-c by descriptor.
 */
#include "json_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t
element_size(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return 4;
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return 8;
	}
}

static int
put_enum(const ProtobufCFieldDescriptor *f, const json_t *v, void *at)
{
	const ProtobufCEnumValue *e;

	if (json_is_integer(v)) {
		*(int *)at = (int)json_integer_value(v);
		return 0;
	}
	e = json_is_string(v)
		? protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, json_string_value(v))
		: NULL;
	if (e == NULL)
		return -1;
	*(int *)at = e->value;
	return 0;
}

static int
put_value(const ProtobufCFieldDescriptor *f, const json_t *v, void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		if (!json_is_string(v))
			return -1;
		*(char **)at = strdup(json_string_value(v));
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)at = json_message(f->descriptor, v);
		return *(ProtobufCMessage **)at ? 0 : -1;
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(v))
			return -1;
		*(protobuf_c_boolean *)at = json_is_true(v);
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		return put_enum(f, v, at);
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)at = (float)json_number_value(v);
		return json_is_number(v) ? 0 : -1;
	case PROTOBUF_C_TYPE_DOUBLE:
		*(double *)at = json_number_value(v);
		return json_is_number(v) ? 0 : -1;
	case PROTOBUF_C_TYPE_BYTES:
		return -1;
	default:
		if (!json_is_integer(v))
			return -1;
		if (element_size(f) == 4)
			*(uint32_t *)at = (uint32_t)json_integer_value(v);
		else
			*(uint64_t *)at = (uint64_t)json_integer_value(v);
		return 0;
	}
}

static int
put_field(const ProtobufCFieldDescriptor *f, const json_t *v, ProtobufCMessage *m)
{
	char  *base = (char *)m;
	size_t n, size = element_size(f);
	char  *list;

	if (f->label != PROTOBUF_C_LABEL_REPEATED)
		return put_value(f, v, base + f->offset);
	n    = json_array_size(v);
	list = calloc(n + 1, size);
	if (!json_is_array(v) || list == NULL) {
		free(list);
		return -1;
	}
	*(char **)(base + f->offset)             = list;
	*(size_t *)(base + f->quantifier_offset) = n;
	for (size_t i = 0; i < n; i++)
		if (put_value(f, json_array_get(v, i), list + i * size) != 0)
			return -1;
	return 0;
}

ProtobufCMessage *
json_message(const ProtobufCMessageDescriptor *d, const json_t *json)
{
	ProtobufCMessage *m = calloc(1, d->sizeof_message);
	const char       *key;
	json_t           *v;

	if (m == NULL)
		return NULL;
	protobuf_c_message_init(d, m);
	json_object_foreach((json_t *)(uintptr_t)json, key, v)
	{
		const ProtobufCFieldDescriptor *f =
		    protobuf_c_message_descriptor_get_field_by_name(d, key);

		if (f == NULL || put_field(f, v, m) != 0) {
			(void)fprintf(stderr, "%s: key %s does not fit\n", d->name, key);
			return NULL; /* a broken test file: the program ends */
		}
	}
	return m;
}
