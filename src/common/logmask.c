/*
 * Checks and merges the log settings of an engine: mask, debug streams, subsystems.
 */
#include "common/logmask.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/vec.h"

/* Severity rises with the number. */
enum level {
	LEVEL_NONE,
	LEVEL_DBUG,
	LEVEL_INFO,
	LEVEL_NOTE,
	LEVEL_WARN,
	LEVEL_ERR,
	LEVEL_CRIT,
	LEVEL_ALRT,
	LEVEL_EMRG,
	LEVEL_EMIT,
	_LEVEL_MAX
};

/* The first name of a level is the one that is printed. */
static const struct {
	const char *name;
	enum level  level;
} levels[] = {
    {"DBUG", LEVEL_DBUG}, {"DEBUG", LEVEL_DBUG}, {"INFO", LEVEL_INFO},  {"NOTE", LEVEL_NOTE},
    {"WARN", LEVEL_WARN}, {"ERR", LEVEL_ERR},    {"ERROR", LEVEL_ERR},  {"CRIT", LEVEL_CRIT},
    {"ALRT", LEVEL_ALRT}, {"EMRG", LEVEL_EMRG},  {"FATAL", LEVEL_EMRG}, {"EMIT", LEVEL_EMIT},
};

static const char *const streams[] = {
    "ALL",
    "MD",
    "PL",
    "MGMT",
    "EPC",
    "DF",
    "REBUILD",
    "SEC",
    "CSUM",
    "GROUP_DEFAULT",
    "GROUP_METADATA_ONLY",
    "GROUP_METADATA",
    "ANY",
    "TRACE",
    "MEM",
    "NET",
    "IO",
    "TEST",
};

static const char *const subsystems[] = {
    "ALL",   "DAOS", "ARRAY", "KV",        "COMMON",   "TREE",      "VOS",     "CLIENT", "SERVER",
    "RDB",   "RSVC", "POOL",  "CONTAINER", "OBJECT",   "PLACEMENT", "REBUILD", "MGMT",   "BIO",
    "TESTS", "DFS",  "DUNS",  "DRPC",      "SECURITY", "DTX",       "DFUSE",   "IL",     "CSUM",
    "STACK", "MISC", "MEM",   "SWIM",      "FI",       "TELEM",     "CRT",     "RPC",    "BULK",
    "CORPC", "GRP",  "LM",    "HG",        "EXTERNAL", "ST",        "IV",      "CTL",
};

static enum level
parse_level(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (str_eq_nocase(levels[i].name, text))
			return levels[i].level;
	return LEVEL_NONE;
}

static const char *
level_name(enum level level)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "";
}

static bool
is_name(const char *text, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(names[i], text))
			return true;
	return false;
}

static int
check_text(const char *text, struct fault *f)
{
	size_t n = strlen(text);

	if (n > LOGMASK_MAX_LEN)
		return fault_plain(f, -EINVAL,
				   "log setting is %zu bytes long, at most %d are allowed", n,
				   LOGMASK_MAX_LEN);
	for (const char *s = text; *s != '\0'; s++)
		if (!isalpha((unsigned char)*s) && strchr(",=_", *s) == NULL)
			return fault_plain(
			    f, -EINVAL,
			    "'%c' in log setting \"%.200s\" is not a letter, ',', '=' or '_'", *s,
			    text);
	return 0;
}

static int
check_subsystem(const char *name, struct fault *f)
{
	const char *near;
	char        upper[32];
	size_t      n = 0;

	if (is_name(name, subsystems, ARRAY_SIZE(subsystems)))
		return 0;
	for (; name[n] != '\0' && n < sizeof(upper) - 1; n++)
		upper[n] = (char)toupper((unsigned char)name[n]);
	upper[n] = '\0';
	near     = str_nearest(upper, subsystems, ARRAY_SIZE(subsystems));
	return fault_plain(f, -EINVAL, "\"%.60s\" is not a log subsystem%s%s%s", name,
			   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int
check_level(const char *name, struct fault *f)
{
	if (parse_level(name) != LEVEL_NONE)
		return 0;
	return fault_plain(
	    f, -EINVAL,
	    "\"%.60s\" is not a log level (DEBUG INFO NOTE WARN ERR CRIT ALRT FATAL EMIT)", name);
}

/* One part of a mask; only the first may be a bare level. The text is cut up. */
static int
check_assignment(char *token, bool first, struct fault *f)
{
	char *level = strchr(token, '=');
	int   r;

	if (level == NULL && first)
		return check_level(token, f);
	if (level == NULL || strchr(level + 1, '=') != NULL)
		return fault_plain(f, -EINVAL,
				   "\"%.60s\" in a log mask is not of the form SUBSYSTEM=LEVEL",
				   token);
	*level++ = '\0';
	r        = check_level(level, f);
	if (r < 0)
		return r;
	if (str_eq_nocase(token, "ALL"))
		return fault_plain(
		    f, -EINVAL,
		    "\"all\" is not a subsystem of a log mask; a level for all stands first, bare");
	return *token == '\0' ? 0 : check_subsystem(token, f);
}

int
logmask_check(const char *mask, struct fault *f)
{
	_cleanup_(freep) char *copy = NULL;
	char                  *token, *rest;
	bool                   first = true;
	int                    r;

	if (str_empty(mask))
		return 0;
	r = check_text(mask, f);
	if (r < 0)
		return r;
	rest = copy = strdup(mask);
	if (copy == NULL)
		return -ENOMEM;
	while (r == 0 && (token = strsep(&rest, ",")) != NULL) {
		r     = check_assignment(token, first, f);
		first = false;
	}
	return r;
}

static int
check_names(const char *text, const char *const *names, size_t n, const char *what, struct fault *f)
{
	_cleanup_(freep) char *copy = NULL;
	char                  *token, *rest;
	int                    r;

	if (str_empty(text))
		return 0;
	r = check_text(text, f);
	if (r < 0)
		return r;
	rest = copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;
	while ((token = strsep(&rest, ",")) != NULL) {
		if (!is_name(token, names, n))
			return fault_plain(f, -EINVAL, "\"%.60s\" is not a log %s", token, what);
		if (str_eq_nocase(token, "ALL") && strchr(text, ',') != NULL)
			return fault_plain(f, -EINVAL, "\"all\" stands alone in a list of log %ss",
					   what);
	}
	return 0;
}

int
logmask_check_streams(const char *text, struct fault *f)
{
	return check_names(text, streams, ARRAY_SIZE(streams), "stream", f);
}

int
logmask_check_subsystems(const char *text, struct fault *f)
{
	return check_names(text, subsystems, ARRAY_SIZE(subsystems), "subsystem", f);
}

/* ---- merging ---- */

struct assignment {
	const char *name; /* borrowed from the copies in struct merge */
	enum level  level;
};

struct merge {
	char *mask;
	char *list;
	struct {
		struct assignment *v;
		size_t             n;
		size_t             cap;
	} assignments;
	struct {
		const char **v;
		size_t       n;
		size_t       cap;
	} wanted; /* the subsystem list; empty for none or ALL */
	enum level base;
};

static void
merge_fini(struct merge *m)
{
	free(m->mask);
	free(m->list);
	vec_fini(&m->assignments);
	vec_fini(&m->wanted);
}

static int
merge_read(struct merge *m)
{
	char *rest = m->mask, *token;

	m->base = LEVEL_ERR;
	for (bool first = true; (token = strsep(&rest, ",")) != NULL; first = false) {
		char *level = strchr(token, '=');

		if (level == NULL && first)
			m->base = parse_level(token);
		if (level == NULL)
			continue;
		*level++ = '\0';
		if (vec_push(&m->assignments,
			     (struct assignment){.name = token, .level = parse_level(level)}) < 0)
			return -ENOMEM;
	}
	rest = m->list;
	while ((token = strsep(&rest, ",")) != NULL)
		if (*token != '\0' && !str_eq_nocase(token, "ALL") &&
		    vec_push(&m->wanted, token) < 0)
			return -ENOMEM;
	return 0;
}

static bool
is_wanted(const struct merge *m, const char *name)
{
	vec_foreach (&m->wanted, w)
		if (str_eq_nocase(*w, name))
			return true;
	return false;
}

static bool
is_assigned(const struct merge *m, const char *name)
{
	vec_foreach (&m->assignments, a)
		if (str_eq_nocase(a->name, name))
			return true;
	return false;
}

/* Applies the list: less than ERR only for listed subsystems, which get the old base level when
 * they have none. */
static int
merge_apply(struct merge *m)
{
	enum level old_base = m->base;

	m->base = MAX(old_base, LEVEL_ERR);
	for (size_t i = 0; i < m->assignments.n;) {
		const struct assignment *a = &m->assignments.v[i];

		if (a->level < LEVEL_ERR && !is_wanted(m, a->name))
			vec_remove(&m->assignments, i);
		else
			i++;
	}
	vec_foreach (&m->wanted, name)
		if (old_base < LEVEL_ERR && !is_assigned(m, *name) &&
		    vec_push(&m->assignments,
			     (struct assignment){.name = *name, .level = old_base}) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < m->assignments.n;) {
		if (m->assignments.v[i].level == m->base)
			vec_remove(&m->assignments, i);
		else
			i++;
	}
	return 0;
}

int
logmask_merge(const char *mask, const char *list, char **ret, struct fault *f)
{
	_cleanup_(merge_fini) struct merge m   = {0};
	struct strbuf                      out = STRBUF_INIT;
	char                              *text;
	int                                r = logmask_check(mask, f);

	if (r == 0)
		r = logmask_check_subsystems(list, f);
	if (r < 0)
		return r;
	strbuf_add(&out, "");
	if (!str_empty(mask)) {
		m.mask = strdup(mask);
		m.list = strdup(list != NULL ? list : "");
		r      = m.mask != NULL && m.list != NULL ? merge_read(&m) : -ENOMEM;
		if (r == 0 && m.wanted.n > 0)
			r = merge_apply(&m);
		strbuf_add(&out, level_name(m.base));
		vec_foreach (&m.assignments, a)
			strbuf_addf(&out, ",%s=%s", a->name, level_name(a->level));
	}
	text = strbuf_take(&out);
	if (r < 0 || text == NULL) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}
