/*
 * Fault domains: normalised levels, each with an optional label. The tree they form is in
 * fault_tree.c.
 */
#include "common/fault_domain.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"

struct level {
	char       *text;  /* "label=name" or "name", as printed */
	const char *name;  /* inside text */
	char       *label; /* NULL without */
};

struct fault_domain {
	size_t       n;
	struct level levels[];
};

struct fault_domain *
fault_domain_free(struct fault_domain *d)
{
	if (d != NULL) {
		for (size_t i = 0; i < d->n; i++) {
			free(d->levels[i].text);
			free(d->levels[i].label);
		}
		free(d);
	}
	return NULL;
}

static bool
is_trimmed(char c)
{
	return isspace((unsigned char)c) || c == '"';
}

/* Cuts blanks and quotes off both ends, lowers the rest. Returns what remains, inside s. */
static char *
normalise(char *s)
{
	size_t n;

	while (is_trimmed(*s))
		s++;
	n = strlen(s);
	while (n > 0 && is_trimmed(s[n - 1]))
		n--;
	s[n] = '\0';
	for (char *c = s; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return s;
}

static int
check_part(const char *part, const char *level, struct fault *f)
{
	if (*part == '\0')
		return fault_plain(f, -EINVAL, "a level of the fault domain is empty: \"%.100s\"",
				   level);
	if (strchr(part, '/') != NULL)
		return fault_plain(f, -EINVAL, "level \"%.100s\" of the fault domain contains '/'",
				   level);
	if (strchr(part, '=') != NULL)
		return fault_plain(f, -EINVAL,
				   "level \"%.100s\" of the fault domain has more than one '='",
				   level);
	return 0;
}

static int
level_init(struct level *l, const char *text, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(text);
	char                  *label, *name;
	int                    r;

	if (copy == NULL)
		return -ENOMEM;
	name = strchr(copy, '=');
	if (name != NULL)
		*name++ = '\0';
	label = name != NULL ? normalise(copy) : NULL;
	name  = normalise(name != NULL ? name : copy);
	r     = label != NULL ? check_part(label, text, f) : 0;
	if (r == 0)
		r = check_part(name, text, f);
	if (r < 0)
		return r;
	if (label != NULL) {
		l->label = strdup(label);
		l->text  = str_format("%s=%s", label, name);
	} else {
		l->text = strdup(name);
	}
	if (l->text == NULL || (label != NULL && l->label == NULL))
		return -ENOMEM;
	l->name = l->text + (label != NULL ? strlen(label) + 1 : 0);
	return 0;
}

int
fault_domain_new(const char *const *levels, size_t n, struct fault_domain **ret, struct fault *f)
{
	struct fault_domain *d;
	int                  r = 0;

	if (n > FAULT_DOMAIN_MAX_LEVELS)
		return fault_plain(f, -EINVAL,
				   "a fault domain of more than %d levels is not accepted",
				   FAULT_DOMAIN_MAX_LEVELS);
	d = calloc(1, sizeof(*d) + n * sizeof(d->levels[0]));
	if (d == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		d->n = i + 1; /* counted first, so that freeing covers a half-built level */
		r    = level_init(&d->levels[i], levels[i], f);
		if (r == 0 && (d->levels[i].label != NULL) != (d->levels[0].label != NULL))
			r = fault_plain(
			    f, -EINVAL,
			    "the fault domain has levels with and without a label (\"%.100s\")",
			    levels[i]);
	}
	if (r < 0)
		(void)fault_domain_free(d);
	else
		*ret = d;
	return r;
}

int
fault_domain_parse(const char *text, struct fault_domain **ret, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(text);
	const char            *levels[FAULT_DOMAIN_MAX_LEVELS + 1];
	char                  *trimmed, *rest, *level;
	size_t                 n = 0;

	if (copy == NULL)
		return -ENOMEM;
	trimmed = str_trim(copy);
	if (str_eq(trimmed, "(nil)")) {
		*ret = NULL;
		return 0;
	}
	if (*trimmed == '\0' || str_eq(trimmed, "/"))
		return fault_domain_new(NULL, 0, ret, f);
	if (*trimmed != '/')
		return fault_plain(f, -EINVAL, "fault domain \"%.100s\" does not start with '/'",
				   trimmed);
	rest = trimmed + 1;
	while ((level = strsep(&rest, "/")) != NULL) {
		levels[n++] = level;
		if (n == ARRAY_SIZE(levels))
			break;
	}
	return fault_domain_new(levels, n, ret, f);
}

int
fault_domain_dup(const struct fault_domain *d, struct fault_domain **ret)
{
	const char *levels[FAULT_DOMAIN_MAX_LEVELS];

	if (d == NULL) {
		*ret = NULL;
		return 0;
	}
	for (size_t i = 0; i < d->n; i++)
		levels[i] = d->levels[i].text;
	return fault_domain_new(levels, d->n, ret, NULL);
}

int
fault_domain_child(const struct fault_domain *d, const char *level, struct fault_domain **ret,
		   struct fault *f)
{
	const char *levels[FAULT_DOMAIN_MAX_LEVELS + 1];
	size_t      n = 0;

	for (; d != NULL && n < d->n; n++)
		levels[n] = d->levels[n].text;
	levels[n++] = level;
	return fault_domain_new(levels, n, ret, f);
}

char *
fault_domain_text(const struct fault_domain *d)
{
	struct strbuf out = STRBUF_INIT;

	if (d == NULL)
		strbuf_add(&out, "(nil)");
	else if (d->n == 0)
		strbuf_add_char(&out, '/');
	for (size_t i = 0; d != NULL && i < d->n; i++) {
		strbuf_add_char(&out, '/');
		strbuf_add(&out, d->levels[i].text);
	}
	return strbuf_take(&out);
}

size_t
fault_domain_n_levels(const struct fault_domain *d)
{
	return d != NULL ? d->n : 0;
}

bool
fault_domain_equal(const struct fault_domain *a, const struct fault_domain *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->levels[i].text, b->levels[i].text))
			return false;
	return true;
}

/* Labels do not count: upstream compares names only. */
bool
fault_domain_is_ancestor(const struct fault_domain *ancestor, const struct fault_domain *d)
{
	if (ancestor == NULL || d == NULL || ancestor->n > d->n)
		return false;
	for (size_t i = 0; i < ancestor->n; i++)
		if (!str_eq(ancestor->levels[i].name, d->levels[i].name))
			return false;
	return true;
}

const char *
fault_domain_top(const struct fault_domain *d)
{
	return fault_domain_n_levels(d) > 0 ? d->levels[0].name : "";
}

const char *
fault_domain_bottom(const struct fault_domain *d)
{
	return fault_domain_n_levels(d) > 0 ? d->levels[d->n - 1].name : "";
}

bool
fault_domain_has_labels(const struct fault_domain *d)
{
	return fault_domain_n_levels(d) > 0 && d->levels[0].label != NULL;
}

const char *
fault_domain_bottom_label(const struct fault_domain *d)
{
	return fault_domain_has_labels(d) ? d->levels[d->n - 1].label : "";
}

const char *
fault_domain_level(const struct fault_domain *d, size_t i)
{
	return i < fault_domain_n_levels(d) ? d->levels[d->n - 1 - i].name : NULL;
}

const char *
fault_domain_level_text(const struct fault_domain *d, size_t i)
{
	return i < fault_domain_n_levels(d) ? d->levels[i].text : NULL;
}
