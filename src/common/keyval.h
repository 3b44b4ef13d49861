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
 * A list of pairs. -EINVAL with a plain fault for an empty text, an item without value, an empty
 * or too long key, a key given twice; -ENOMEM. *ret is written only on success.
 */
int keyvals_parse(const char *text, struct keyvals *ret, struct fault *f);
/* A list of keys; one given twice counts once. Errors as above, and for a `:` in a key. */
int  keyvals_parse_keys(const char *text, struct keyvals *ret, struct fault *f);
void keyvals_fini(struct keyvals *kv);

/* An old name of a key. */
struct keyval_alias {
	const char *old_key, *key;
};

/* Which keys a command takes. */
struct keyval_rules {
	const char                *what;    /* "settable", "gettable": for the error text */
	const char *const         *allowed; /* n_allowed 0: all */
	size_t                     n_allowed;
	const struct keyval_alias *aliases; /* allowed, too */
	size_t                     n_aliases;
};

/*
 * Refuses keys that a command does not take and replaces old names. -EINVAL with a plain fault
 * that names the key and the valid ones, also for a pair given under both its names; -ENOMEM. The
 * list may be used up by a failure: free it.
 */
int keyvals_restrict(struct keyvals *kv, const struct keyval_rules *rules, struct fault *f);
