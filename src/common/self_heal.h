/*
 * Self-heal policies: `;`-joined flags, of a pool and of the system (text-formats.md §7).
 */
#pragma once

#include "common/util.h"

enum self_heal_scope {
	SELF_HEAL_POOL,   /* exclude, rebuild, delay_rebuild */
	SELF_HEAL_SYSTEM, /* exclude, pool_exclude, pool_rebuild */
	_SELF_HEAL_SCOPE_MAX
};

/*
 * The flags of the scope that a policy leaves off, joined by `glue`; "" when it has all of them.
 * Words of the policy that are no flags of the scope (`none`) do not count. Fresh memory; NULL on
 * no memory. *ret_n, which may be NULL, gets their number.
 */
char *self_heal_off(enum self_heal_scope scope, const char *policy, const char *glue,
		    size_t *ret_n);
