/*
 * Names people give: labels of pools and containers, names of systems (text-formats.md §7.3).
 */
#pragma once

#include "common/util.h"

#define LABEL_MAX       127 /* bytes */
#define SYSTEM_NAME_MAX 15

/* Letters, digits and `._:-`, and no UUID: a text that is one names the object itself. */
bool label_is_valid(const char *label);
/* 1 to 15 bytes of any kind. The configuration has stricter rules (config room). */
bool system_name_is_valid(const char *name);
