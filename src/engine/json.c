/* jansson with an allocator that remembers a failure. */
#include "engine/json.h"

#include <stdio.h>
#include <stdlib.h>

static bool failed;

static void *
remembering_malloc(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		failed = true;
	return p;
}

void
eng_json_begin(void)
{
	json_set_alloc_funcs(remembering_malloc, free);
	failed = false;
}

json_t *
eng_json_parse(const char *text, size_t len, json_error_t *error)
{
	json_t *value;

	eng_json_begin();
	value = json_loadb(text, len, 0, error);
	if (!failed)
		return value;
	json_decref(value);
	(void)snprintf(error->text, sizeof(error->text), "out of memory");
	return NULL;
}

char *
eng_json_dump(const json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_INDENT(1)) : NULL;

	if (!failed)
		return text;
	free(text);
	return NULL;
}

bool
eng_json_no_memory(void)
{
	return failed;
}
