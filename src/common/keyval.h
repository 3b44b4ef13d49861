/*
 * Property and attribute lists as commands take them: `key:value,key:value` and `key,key`
 * (text-formats.md §7).
 *
 * Quotes and backslashes protect separators and stay part of the text. Results are sorted by key.
 */
#pragma once

#include "common/fault.h"
#include "common/vec.h"

#define KEYVAL_KEY_MAX 511 /* bytes */

struct keyval {
	char *key;
	char *value; /* NULL in a list of keys */
};

struct keyvals {
	VEC(struct keyval) list;
};

/*
 * A list of pairs. -EINVAL with a plain fault for an empty text, an item without value, an empty or too
 * long key, a key given twice; -ENOMEM. *ret is written only on success.
 */
int keyvals_parse(const char *text, struct keyvals *ret, struct fault *f);
/* A list of keys; one given twice counts once. Errors as above, and for a `:` in a key. */
int  keyvals_parse_keys(const char *text, struct keyvals *ret, struct fault *f);
void keyvals_fini(struct keyvals *kv);
