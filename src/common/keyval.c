/*
 * Lists of properties. A splitter walks the text once and knows what is protected; empty items
 * vanish, so that a comma at the end does no harm.
 */
#include "common/keyval.h"

#include <string.h>

#include "common/str.h"

/* What protects the next character. */
struct guard {
	bool single, twice, escaped;
};

/* Whether c, the next character, stands in the open. */
static bool
guard_step(struct guard *g, char c)
{
	bool open;

	if (!g->single && c == '"')
		g->twice = !g->twice;
	if (!g->twice && c == '\'')
		g->single = !g->single;
	if (c == '\\') {
		g->escaped = true;
		return false;
	}
	open       = !g->single && !g->twice && !g->escaped;
	g->escaped = false;
	return open;
}

/*
 * Length of the item at the start of text: up to the first open separator or the end. A separator
 * protects nothing, so each item is judged by itself.
 */
static size_t
item_len(const char *text, size_t len, char separator)
{
	struct guard g = {0};

	for (size_t i = 0; i < len; i++)
		if (guard_step(&g, text[i]) && text[i] == separator)
			return i;
	return len;
}

/* The text without blanks at its ends, in fresh memory. */
static char *
dup_trimmed(const char *text, size_t len)
{
	char *copy = strndup(text, len);
	char *start;

	if (copy == NULL)
		return NULL;
	start = str_trim(copy);
	memmove(copy, start, strlen(start) + 1);
	return copy;
}

static int
check_key(const char *key, struct fault *f)
{
	if (key[0] == '\0')
		return fault_plain(f, -EINVAL, "key must not be empty");
	if (strlen(key) > KEYVAL_KEY_MAX)
		return fault_plain(f, -EINVAL, "\"%s\": key too long (%zu > %d)", key, strlen(key),
				   KEYVAL_KEY_MAX);
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct keyval *)a)->key, ((const struct keyval *)b)->key);
}

static void
pair_fini(struct keyval *p)
{
	free(p->key);
	free(p->value);
}

static int
read_pair(const char *item, size_t len, struct keyval *ret, struct fault *f)
{
	size_t key = item_len(item, len, ':');
	int    r;

	if (key == 0 || key + 1 >= len)
		return fault_plain(f, -EINVAL, "invalid property \"%.*s\" (must be key:val)",
				   (int)MIN(len, 512), item);
	*ret = (struct keyval){.key   = dup_trimmed(item, key),
			       .value = dup_trimmed(item + key + 1, len - key - 1)};
	r    = ret->key == NULL || ret->value == NULL ? -ENOMEM : check_key(ret->key, f);
	if (r == 0 && ret->value[0] == '\0')
		r = fault_plain(f, -EINVAL, "value must not be empty");
	return r;
}

static int
read_key(const char *item, size_t len, struct keyval *ret, struct fault *f)
{
	size_t n;

	*ret = (struct keyval){.key = dup_trimmed(item, len)};
	if (ret->key == NULL)
		return -ENOMEM;
	n = strlen(ret->key);
	if (item_len(ret->key, n, ':') < n)
		return fault_plain(f, -EINVAL, "\"%s\": key cannot contain ':'", ret->key);
	return check_key(ret->key, f);
}

/* Sorts; equal keys are dropped or refused. */
static int
settle(struct keyvals *kv, bool pairs, struct fault *f)
{
	size_t kept = 0;

	if (kv->list.n > 1)
		qsort(kv->list.v, kv->list.n, sizeof(*kv->list.v), by_key);
	for (size_t i = 0; i < kv->list.n; i++) {
		struct keyval p = kv->list.v[i];

		if (kept == 0 || !str_eq(kv->list.v[kept - 1].key, p.key)) {
			kv->list.v[i]      = (struct keyval){0};
			kv->list.v[kept++] = p;
			continue;
		}
		if (pairs)
			return fault_plain(f, -EINVAL,
					   "\"%s\": same key was specified more than once", p.key);
		pair_fini(&p);
		kv->list.v[i] = (struct keyval){0};
	}
	kv->list.n = kept;
	return 0;
}

static int
parse(const char *text, bool pairs, struct keyvals *ret, struct fault *f)
{
	struct keyvals kv   = {0};
	size_t         left = strlen(text);
	int            r    = 0;

	while (r == 0 && left > 0) {
		size_t        len  = item_len(text, left, ',');
		size_t        step = MIN(len + 1, left);
		struct keyval p    = {0};

		if (len > 0) {
			r = pairs ? read_pair(text, len, &p, f) : read_key(text, len, &p, f);
			if (r == 0)
				r = vec_push(&kv.list, p);
			if (r < 0)
				pair_fini(&p);
		}
		text += step;
		left -= step;
	}
	if (r == 0)
		r = settle(&kv, pairs, f);
	if (r < 0) {
		keyvals_fini(&kv);
		return r;
	}
	*ret = kv;
	return 0;
}

int
keyvals_parse(const char *text, struct keyvals *ret, struct fault *f)
{
	if (str_empty(text))
		return fault_plain(f, -EINVAL, "empty property");
	return parse(text, true, ret, f);
}

int
keyvals_parse_keys(const char *text, struct keyvals *ret, struct fault *f)
{
	if (str_empty(text))
		return fault_plain(f, -EINVAL, "key must not be empty");
	return parse(text, false, ret, f);
}

void
keyvals_fini(struct keyvals *kv)
{
	vec_foreach (&kv->list, p)
		pair_fini(p);
	vec_fini(&kv->list);
}

static int
refuse_key(const char *key, const struct keyval_rules *rules, struct fault *f)
{
	_cleanup_(strbuf_fini) struct strbuf valid = STRBUF_INIT;

	for (size_t i = 0; i < rules->n_allowed; i++)
		strbuf_addf(&valid, "%s%s", i > 0 ? "," : "", rules->allowed[i]);
	return fault_plain(f, -EINVAL, "\"%s\" is not a %s property (valid: %s)", key, rules->what,
			   strbuf_str(&valid));
}

static int
restrict_key(char **key, const struct keyval_rules *rules, struct fault *f)
{
	char *copy;

	for (size_t i = 0; i < rules->n_aliases; i++) {
		if (!str_eq(rules->aliases[i].old_key, *key))
			continue;
		copy = strdup(rules->aliases[i].key);
		if (copy == NULL)
			return -ENOMEM;
		free(*key);
		*key = copy;
		return 0;
	}
	for (size_t i = 0; i < rules->n_allowed; i++)
		if (str_eq(rules->allowed[i], *key))
			return 0;
	return rules->n_allowed == 0 ? 0 : refuse_key(*key, rules, f);
}

int
keyvals_restrict(struct keyvals *kv, const struct keyval_rules *rules, struct fault *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < kv->list.n; i++)
		r = restrict_key(&kv->list.v[i].key, rules, f);
	if (r == 0 && kv->list.n > 0)
		r = settle(kv, kv->list.v[0].value != NULL, f);
	return r;
}
