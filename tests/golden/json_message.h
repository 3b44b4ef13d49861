/*
 * Protobuf messages written as JSON in test files: field names as in the .proto, enums by name or
 * number.
 */
#pragma once

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/*
 * A message in fresh memory, for protobuf_c_message_free_unpacked(). NULL with the reason on stderr
 * when a key or a type does not fit.
 */
ProtobufCMessage *json_message(const ProtobufCMessageDescriptor *d, const json_t *json);
