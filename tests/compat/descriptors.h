/* Every descriptor of the generated code; the arrays are made by descriptor-list and end with NULL. */
#pragma once

#include <protobuf-c/protobuf-c.h>

extern const ProtobufCMessageDescriptor *const all_messages[];
extern const ProtobufCEnumDescriptor *const    all_enums[];
extern const ProtobufCServiceDescriptor *const all_services[];
