/* Lists of strings and owned strings. */
#include <string.h>

#include "config/config_private.h"

int
cfg_list_add(struct cfg_list *l, const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL || vec_push(l, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

bool
cfg_list_has(const struct cfg_list *l, const char *s)
{
	vec_foreach (l, item)
		if (str_eq(*item, s))
			return true;
	return false;
}

void
cfg_list_fini(struct cfg_list *l)
{
	vec_foreach (l, item)
		free(*item);
	vec_fini(l);
}

int
cfg_list_copy(const struct cfg_list *from, struct cfg_list *to)
{
	struct cfg_list copy = {0};

	vec_foreach (from, item)
		if (cfg_list_add(&copy, *item) < 0) {
			cfg_list_fini(&copy);
			return -ENOMEM;
		}
	cfg_list_fini(to);
	*to = copy;
	return 0;
}

int
cfg_set_string(char **field, const char *s)
{
	char *copy = s != NULL ? strdup(s) : NULL;

	if (s != NULL && copy == NULL)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

const char *
cfg_env_get(const struct cfg_list *env, const char *name)
{
	const char *value = NULL;
	size_t      n     = strlen(name);

	vec_foreach (env, item)
		if (strncmp(*item, name, n) == 0 && (*item)[n] == '=')
			value = *item + n + 1;
	return value;
}
