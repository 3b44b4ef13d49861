/* Property lists: pairs and keys come out trimmed, sorted and once, and pool properties among them print as a text that reads back. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/pool_prop.h"
#include "common/str.h"

#define MAX_TEXT 1200

static void
check_list(const struct keyvals *kv, bool pairs)
{
	for (size_t i = 0; i < kv->list.n; i++) {
		const struct keyval *p = &kv->list.v[i];

		assert(p->key[0] != '\0' && strlen(p->key) <= KEYVAL_KEY_MAX);
		assert(pairs == (p->value != NULL) && (!pairs || p->value[0] != '\0'));
		assert(i == 0 || strcmp(p[-1].key, p->key) < 0);
	}
}

static void
check_settings(const struct pool_settings *s)
{
	vec_foreach (&s->list, one) {
		struct pool_prop_value again = {0};
		char                  *text  = pool_prop_text(one->prop, &one->value);

		assert(text != NULL);
		assert(pool_prop_parse(one->prop, text, &again, NULL) == 0 ||
		       one->prop->kind == POOL_PROP_SIZE); /* printed sizes are rounded */
		assert(one->prop->kind == POOL_PROP_SIZE || again.number == one->value.number);
		free(text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keyvals       kv = {0};
	struct pool_settings s  = {0};
	char                 text[MAX_TEXT + 1];

	size = MIN(size, (size_t)MAX_TEXT);
	memcpy(text, data, size);
	text[size] = '\0';
	if (keyvals_parse(text, &kv, NULL) == 0)
		check_list(&kv, true);
	keyvals_fini(&kv);
	kv = (struct keyvals){0};
	if (keyvals_parse_keys(text, &kv, NULL) == 0)
		check_list(&kv, false);
	keyvals_fini(&kv);
	if (pool_settings_add(&s, text, NULL) == 0)
		check_settings(&s);
	pool_settings_fini(&s);
	return 0;
}
