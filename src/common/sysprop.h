/*
 * System properties: their names, titles, defaults and values (text-formats.md §7.2). What is stored is
 * the management service's business.
 */
#pragma once

#include "common/fault.h"

#define SYSPROP_SELF_HEAL "self_heal"

struct sysprop {
	const char *key;
	const char *title;
	const char *preset; /* value when none is stored; NULL: computed by the server, read-only */
};

/* All of them, sorted by key: i from 0, NULL behind the last. */
const struct sysprop *sysprop_at(size_t i);
/* By key in any case; NULL when there is none. */
const struct sysprop *sysprop_find(const char *key);
/*
 * Checks a value and gives its canonical form in fresh memory. -EINVAL with a plain fault that names what
 * is accepted, -EROFS for a computed property, -ENOMEM.
 */
int sysprop_value(const struct sysprop *p, const char *value, char **ret, struct fault *f);
/* Whether a self_heal policy, `exclude;pool_rebuild`, has the flag. */
bool sysprop_policy_has(const char *policy, const char *flag);
