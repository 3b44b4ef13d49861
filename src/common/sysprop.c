/*
 * The table of system properties and the grammar of each kind of value.
 */
#include "common/sysprop.h"

#include <string.h>

#include "common/pool_prop.h"
#include "common/str.h"

#define ALL_FLAGS "exclude;pool_exclude;pool_rebuild"

/* The kinds differ only in what they accept. */
typedef int (*value_fn)(const char *value, char **ret, struct fault *f);

/*
 * What pools get when their creator says nothing: the pool property of that name knows its values.
 */
static int
pool_value(const char *name, const char *value, char **ret, struct fault *f)
{
	const struct pool_prop *p = pool_prop_find(name);
	struct pool_prop_value  v = {0};
	int                     r = pool_prop_parse(p, value, &v, f);

	if (r < 0)
		return r;
	*ret = pool_prop_text(p, &v);
	return *ret == NULL ? -ENOMEM : 0;
}

static int
scrub_mode(const char *value, char **ret, struct fault *f)
{
	return pool_value("scrub", value, ret, f);
}

static int
scrub_threshold(const char *value, char **ret, struct fault *f)
{
	return pool_value("scrub_thresh", value, ret, f);
}

/* `none`, or some of the flags in the order of ALL_FLAGS. */
static int
self_heal(const char *value, char **ret, struct fault *f)
{
	static const char *const flags[] = {"exclude", "pool_exclude", "pool_rebuild"};
	const char              *rest    = value;

	for (size_t i = 0; i < ARRAY_SIZE(flags) && rest != NULL; i++) {
		size_t n = strlen(flags[i]);

		if (strncmp(rest, flags[i], n) == 0 && (rest[n] == ';' || rest[n] == '\0'))
			rest = rest[n] == ';' ? rest + n + 1 : NULL;
	}
	if (rest != NULL && !str_eq(value, "none"))
		return fault_plain(f, -EINVAL,
				   "invalid value \"%.64s\" (valid: none, or of %s some in this "
				   "order)",
				   value, ALL_FLAGS);
	*ret = strdup(value);
	return *ret == NULL ? -ENOMEM : 0;
}

static const struct {
	struct sysprop p;
	value_fn       value;
} table[] = {
    {{"daos_system", "DAOS system name", NULL}, NULL},
    {{"daos_version", "DAOS version", NULL}, NULL},
    {{"pool_scrub_mode", "Checksum scrubbing mode", "off"}, scrub_mode},
    {{"pool_scrub_thresh", "Checksum scrubbing threshold", "0"}, scrub_threshold},
    {{SYSPROP_SELF_HEAL, "Self-heal policy for the system", ALL_FLAGS}, self_heal},
};

const struct sysprop *
sysprop_at(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i].p : NULL;
}

const struct sysprop *
sysprop_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq_nocase(table[i].p.key, key))
			return &table[i].p;
	return NULL;
}

int
sysprop_value(const struct sysprop *p, const char *value, char **ret, struct fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (&table[i].p == p && table[i].value != NULL)
			return table[i].value(value, ret, f);
	return fault_plain(f, -EROFS, "computed property values may not be set");
}

bool
sysprop_policy_has(const char *policy, const char *flag)
{
	size_t n = strlen(flag);

	for (const char *s = policy; *s != '\0';) {
		size_t len = strcspn(s, ";");

		if (len == n && memcmp(s, flag, n) == 0)
			return true;
		s += len + (s[len] == ';');
	}
	return false;
}
