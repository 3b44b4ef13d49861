/*
 * One table row a property: what it is called, what it takes, how it prints. The functions below
 * know kinds only; a property with a rule of its own has it as a field of its row.
 */
#include "common/pool_prop.h"

#include <inttypes.h>
#include <string.h>

#include "common/names.h"
#include "common/size.h"
#include "common/str.h"

/*
 * Sorted by name. Flags in any order stand for one number; choice_name() knows which one is
 * printed.
 */
struct choice {
	const char *name;
	uint64_t    number;
};

struct rule {
	struct pool_prop     p;
	const struct choice *choices;
	uint64_t             min, max;
	uint32_t             step;         /* the value is a multiple; 0: any */
	bool                 drop_percent; /* `%` in the input means nothing */
	bool                 add_percent;  /* printed behind the number */
	const char          *unset;        /* NULL: as the kind says */
	const char          *unknown;      /* a number without name; NULL: the number */
};

static const struct choice checkpoint[]  = {{"disabled", 0}, {"lazy", 2}, {"timed", 1}, {NULL, 0}};
static const struct choice perf_domain[] = {{"group", 200}, {"root", 255}, {NULL, 0}};
static const struct choice reclaim[]     = {{"disabled", 0}, {"lazy", 1}, {"time", 4}, {NULL, 0}};
static const struct choice reintegration[] = {
    {"data_sync", 0}, {"incremental", 2}, {"no_data_sync", 1}, {NULL, 0}};
static const struct choice scrub[]          = {{"lazy", 1}, {"off", 0}, {"timed", 2}, {NULL, 0}};
static const struct choice upgrade_status[] = {
    {"completed", 2}, {"failed", 3}, {"in progress", 1}, {"not started", 0}, {NULL, 0}};
static const struct choice self_heal[] = {
    {"delay_rebuild", 4},
    {"delay_rebuild;exclude", 5},
    {"exclude", 1},
    {"exclude;delay_rebuild", 5},
    {"exclude;rebuild", 3},
    {"none", 0},
    {"rebuild", 2},
    {"rebuild;exclude", 3},
    {NULL, 0},
};

#define CHOICE(number, name, title, names)                                                         \
	.p = {number, name, title, POOL_PROP_CHOICE}, .choices = names
#define NUMBER(number, name, title, lo, hi)                                                        \
	.p = {number, name, title, POOL_PROP_NUMBER}, .min = lo, .max = hi
#define SIZE(number, name, title, lo, hi)                                                          \
	.p = {number, name, title, POOL_PROP_SIZE}, .min = lo, .max = hi

/* Sorted by name. */
static const struct rule rules[] = {
    {CHOICE(22, "checkpoint", "WAL checkpointing behavior", checkpoint)},
    {NUMBER(23, "checkpoint_freq", "WAL checkpointing frequency, in seconds", 0, UINT64_MAX)},
    {NUMBER(24, "checkpoint_thresh", "WAL checkpoint threshold, in percentage", 0, UINT32_MAX)},
    {SIZE(10, "data_thresh", "Data bdev threshold size", 0, UINT32_MAX)},
    {SIZE(9, "ec_cell_sz", "EC cell size", 4 * KIB, MIB), .step = 32},
    {NUMBER(12, "ec_pda", "Performance domain affinity level of EC", 1, UINT32_MAX)},
    {NUMBER(14, "global_version", "Global Version", 0, UINT32_MAX)},
    {.p = {1, POOL_PROP_LABEL, "Pool label", POOL_PROP_TEXT}},
    {CHOICE(21, "perf_domain", "Pool performance domain", perf_domain)},
    {NUMBER(11, "rd_fac", "Pool redundancy factor", 0, 4)},
    {CHOICE(5, "reclaim", "Reclaim strategy", reclaim)},
    {CHOICE(25, "reintegration", "Reintegration mode", reintegration)},
    {NUMBER(13, "rp_pda", "Performance domain affinity level of RP", 1, UINT32_MAX)},
    {CHOICE(16, "scrub", "Checksum scrubbing mode", scrub)},
    {NUMBER(17, "scrub_freq", "Checksum scrubbing frequency", 0, UINT64_MAX), .drop_percent = true},
    {NUMBER(18, "scrub_thresh", "Checksum scrubbing threshold", 0, UINT64_MAX),
     .drop_percent = true},
    {CHOICE(4, "self_heal", "Self-healing policy", self_heal), .unset = "not set",
     .unknown = "unknown"},
    {NUMBER(3, "space_rb", "Rebuild space ratio", 0, 100), .drop_percent = true,
     .add_percent = true},
    {.p = {8, "svc_list", "Pool service replica list", POOL_PROP_RANKS}},
    {NUMBER(26, "svc_ops_enabled", "Metadata duplicate operations detection enabled", 0, 1)},
    {NUMBER(27, "svc_ops_entry_age", "Metadata duplicate operations KVS max entry age, in seconds",
	    60, 600)},
    {NUMBER(19, "svc_rf", "Pool service redundancy factor", 0, 4)},
    {CHOICE(15, "upgrade_status", "Upgrade Status", upgrade_status)},
};

static const struct keyval_alias aliases[] = {{"rf", "rd_fac"}};

static const struct rule *
rule_of(const struct pool_prop *p)
{
	return container_of(p, struct rule, p);
}

const struct pool_prop *
pool_prop_at(size_t i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i].p : NULL;
}

const struct pool_prop *
pool_prop_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (str_eq(rules[i].p.name, name))
			return &rules[i].p;
	return NULL;
}

const struct pool_prop *
pool_prop_by_number(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].p.number == number)
			return &rules[i].p;
	return NULL;
}

const char *
pool_prop_choice(const struct pool_prop *p, size_t i)
{
	const struct choice *c = rule_of(p)->choices;

	for (; c != NULL && c->name != NULL && i > 0; c++)
		i--;
	return c != NULL ? c->name : NULL;
}

/* ---- values ---- */

static int
refuse(const struct pool_prop *p, const char *text, struct fault *f)
{
	const struct rule                   *r     = rule_of(p);
	_cleanup_(strbuf_fini) struct strbuf valid = STRBUF_INIT;
	char                                 lo[SIZE_TEXT_MAX], hi[SIZE_TEXT_MAX];

	if (p->kind == POOL_PROP_CHOICE)
		for (const struct choice *c = r->choices; c->name != NULL; c++)
			strbuf_addf(&valid, "%s%s", c == r->choices ? "" : ",", c->name);
	else if (p->kind == POOL_PROP_SIZE)
		strbuf_addf(&valid, "%s to %s", size_format_iec(r->min, lo),
			    size_format_iec(r->max, hi));
	else if (p->kind == POOL_PROP_NUMBER)
		strbuf_addf(&valid, "%" PRIu64 "-%" PRIu64, r->min, r->max);
	else
		strbuf_addf(&valid, "1 to %d letters, digits, '.', '_', ':', '-'; no UUID",
			    LABEL_MAX);
	if (r->step > 0)
		strbuf_addf(&valid, ", a multiple of %" PRIu32, r->step);
	return fault_plain(f, -EINVAL, "invalid value \"%s\" for %s (valid: %s)", text, p->name,
			   strbuf_str(&valid));
}

/* The digits of a number whose `%` signs count for nothing. */
static int
parse_number(const char *text, bool drop_percent, uint64_t *ret)
{
	char   digits[32];
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (drop_percent && *text == '%')
			continue;
		if (n == sizeof(digits) - 1)
			return -ERANGE;
		digits[n++] = *text;
	}
	digits[n] = '\0';
	return str_to_u64(digits, 10, ret);
}

static int
parse_choice(const struct rule *r, const char *text, uint64_t *ret)
{
	for (const struct choice *c = r->choices; c->name != NULL; c++)
		if (str_eq_nocase(c->name, text)) {
			*ret = c->number;
			return 0;
		}
	return -EINVAL;
}

int
pool_prop_parse(const struct pool_prop *p, const char *text, struct pool_prop_value *ret,
		struct fault *f)
{
	const struct rule *r = rule_of(p);
	uint64_t           n = 0;
	int                rc;

	switch (p->kind) {
	case POOL_PROP_RANKS:
		return fault_plain(f, -EROFS, "cannot set pool service replica list");
	case POOL_PROP_TEXT:
		if (!label_is_valid(text))
			return refuse(p, text, f);
		*ret = (struct pool_prop_value){.state = POOL_PROP_IS_TEXT, .text = text};
		return 0;
	case POOL_PROP_CHOICE:
		if (parse_choice(r, text, &n) < 0)
			return refuse(p, text, f);
		break;
	default:
		rc = p->kind == POOL_PROP_SIZE ? size_parse(text, &n, NULL)
					       : parse_number(text, r->drop_percent, &n);
		if (rc < 0 || n < r->min || n > r->max || (r->step > 0 && n % r->step != 0))
			return refuse(p, text, f);
		break;
	}
	*ret = (struct pool_prop_value){.state = POOL_PROP_IS_NUMBER, .number = n};
	return 0;
}

/*
 * The printed name of a number. Of two orders of the same flags it is the one with `exclude` in
 * front, the order in which flags are numbered.
 */
static const char *
choice_name(const struct rule *r, uint64_t number)
{
	const char *name = NULL;

	for (const struct choice *c = r->choices; c->name != NULL; c++)
		if (c->number == number && (name == NULL || str_starts(c->name, "exclude;")))
			name = c->name;
	return name;
}

char *
pool_prop_text(const struct pool_prop *p, const struct pool_prop_value *value)
{
	const struct rule *r      = rule_of(p);
	const char        *name   = NULL;
	bool               counts = p->kind == POOL_PROP_NUMBER || p->kind == POOL_PROP_SIZE;
	char               buf[SIZE_TEXT_MAX];

	if (value->state == POOL_PROP_IS_TEXT && !counts && r->unset == NULL)
		return strdup(value->text);
	if (value->state != POOL_PROP_IS_NUMBER) {
		const char *unset = counts ? "not set" : "value not set";

		return strdup(r->unset != NULL ? r->unset : unset);
	}
	if (p->kind == POOL_PROP_SIZE)
		return strdup(size_format_iec(value->number, buf));
	if (p->kind == POOL_PROP_CHOICE)
		name = choice_name(r, value->number);
	if (name == NULL && p->kind == POOL_PROP_CHOICE)
		name = r->unknown;
	return name != NULL ? strdup(name)
			    : str_format("%" PRIu64 "%s", value->number, r->add_percent ? "%" : "");
}

/* ---- lists ---- */

static int
apply_rules(struct keyvals *kv, const char *what, struct fault *f)
{
	const char *names[ARRAY_SIZE(rules)];

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		names[i] = rules[i].p.name;
	return keyvals_restrict(kv,
				&(struct keyval_rules){.what      = what,
						       .allowed   = names,
						       .n_allowed = ARRAY_SIZE(names),
						       .aliases   = aliases,
						       .n_aliases = ARRAY_SIZE(aliases)},
				f);
}

static int
by_name(const void *a, const void *b)
{
	const struct pool_setting *x = a, *y = b;

	return strcmp(x->prop->name, y->prop->name);
}

/* Takes the value of a pair over. */
static int
read_setting(const struct pool_settings *s, struct keyval *pair, struct pool_settings *more,
	     struct fault *f)
{
	struct pool_setting one = {.prop = pool_prop_find(pair->key)};
	int                 r;

	if (pool_settings_find(s, pair->key) != NULL)
		return fault_plain(f, -EINVAL, "\"%s\": same key was specified more than once",
				   pair->key);
	r = pool_prop_parse(one.prop, pair->value, &one.value, f);
	if (r == 0) {
		one.text = pair->value;
		r        = vec_push(&more->list, one);
	}
	if (r == 0)
		pair->value = NULL;
	return r;
}

int
pool_settings_add(struct pool_settings *s, const char *text, struct fault *f)
{
	_cleanup_(pool_settings_fini) struct pool_settings more = {0};
	_cleanup_(keyvals_fini) struct keyvals             kv   = {0};
	int                                                r    = keyvals_parse(text, &kv, f);

	if (r == 0)
		r = apply_rules(&kv, "settable", f);
	for (size_t i = 0; r == 0 && i < kv.list.n; i++)
		r = read_setting(s, &kv.list.v[i], &more, f);
	if (r == 0)
		r = vec_reserve(&s->list, s->list.n + more.list.n);
	if (r < 0)
		return r;
	vec_foreach (&more.list, one)
		s->list.v[s->list.n++] = *one;
	more.list.n = 0;
	if (s->list.n > 1)
		qsort(s->list.v, s->list.n, sizeof(*s->list.v), by_name);
	return 0;
}

const struct pool_setting *
pool_settings_find(const struct pool_settings *s, const char *name)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (str_eq(s->list.v[i].prop->name, name))
			return &s->list.v[i];
	return NULL;
}

void
pool_settings_fini(struct pool_settings *s)
{
	vec_foreach (&s->list, one)
		free(one->text);
	vec_fini(&s->list);
}

int
pool_prop_names_parse(const char *text, struct keyvals *ret, struct fault *f)
{
	_cleanup_(keyvals_fini) struct keyvals kv = {0};
	int                                    r  = keyvals_parse_keys(text, &kv, f);

	if (r == 0)
		r = apply_rules(&kv, "gettable", f);
	if (r < 0)
		return r;
	*ret = kv;
	kv   = (struct keyvals){0};
	return 0;
}
