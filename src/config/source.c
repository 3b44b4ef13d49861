/* Where each key of a file stands, so that rules applied later can point at it. */
#include <string.h>

#include "config/config_private.h"

struct place {
	char    *key;
	unsigned line;
	unsigned column;
};

struct cfg_source {
	struct {
		struct place *v;
		size_t        n;
		size_t        cap;
	} places;
};

int
cfg_source_new(struct cfg_source **ret)
{
	struct cfg_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	*ret = s;
	return 0;
}

struct cfg_source *
cfg_source_free(struct cfg_source *s)
{
	if (s != NULL) {
		vec_foreach (&s->places, p)
			free(p->key);
		vec_fini(&s->places);
		free(s);
	}
	return NULL;
}

int
cfg_source_add(struct cfg_source *s, const char *key, unsigned line, unsigned column)
{
	struct place p = {.key = strdup(key), .line = line, .column = column};

	if (p.key == NULL || vec_push(&s->places, p) < 0) {
		free(p.key);
		return -ENOMEM;
	}
	return 0;
}

static const struct place *
find(const struct cfg_source *s, const char *key, size_t len)
{
	vec_foreach (&s->places, p)
		if (strncmp(p->key, key, len) == 0 && p->key[len] == '\0')
			return p;
	return NULL;
}

void
cfg_source_find(const struct cfg_source *s, const char *key, unsigned *ret_line,
		unsigned *ret_column)
{
	size_t              len = strlen(key);
	const struct place *p   = NULL;

	*ret_line   = 0;
	*ret_column = 0;
	while (s != NULL && len > 0) {
		p = find(s, key, len);
		if (p != NULL)
			break;
		/* the key around it: up to the last '.' or '[' */
		for (len--; len > 0 && key[len] != '.' && key[len] != '['; len--)
			;
	}
	if (p != NULL) {
		*ret_line   = p->line;
		*ret_column = p->column;
	}
}
