/*
 * What a self-heal policy leaves off, as people are told.
 */
#include "common/self_heal.h"

#include "common/str.h"
#include "common/sysprop.h"

#define N_FLAGS 3

static const char *const flags[_SELF_HEAL_SCOPE_MAX][N_FLAGS] = {
    [SELF_HEAL_POOL]   = {"exclude", "rebuild", "delay_rebuild"},
    [SELF_HEAL_SYSTEM] = {"exclude", "pool_exclude", "pool_rebuild"},
};

char *
self_heal_off(enum self_heal_scope scope, const char *policy, const char *glue, size_t *ret_n)
{
	struct strbuf out = STRBUF_INIT;
	size_t        n   = 0;

	for (size_t i = 0; i < N_FLAGS; i++)
		if (!sysprop_policy_has(policy, flags[scope][i]))
			strbuf_addf(&out, "%s%s", n++ > 0 ? glue : "", flags[scope][i]);
	if (ret_n != NULL)
		*ret_n = n;
	return strbuf_take(&out);
}
