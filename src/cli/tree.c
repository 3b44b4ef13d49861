/*
 * The command tree: rows are kept as a flat table, their paths say which lies below which.
 */
#include <string.h>

#include "cli/cli_private.h"

const char *
cli_command_word(const struct cli_command *c)
{
	const char *blank = strrchr(c->path, ' ');

	return blank ? blank + 1 : c->path;
}

bool
cli_command_is_child(const struct cli_command *parent, const struct cli_command *c)
{
	const char *rest = c->path;

	if (parent != NULL) {
		size_t n = strlen(parent->path);

		if (strncmp(c->path, parent->path, n) != 0 || c->path[n] != ' ')
			return false;
		rest = c->path + n + 1;
	}
	return strchr(rest, ' ') == NULL;
}

bool
cli_command_has_children(const struct cli_app *app, const struct cli_command *parent)
{
	for (size_t i = 0; i < app->n_commands; i++)
		if (cli_command_is_child(parent, &app->commands[i]))
			return true;
	return false;
}

/* Whether a blank-separated list holds the word. */
static bool
list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (list != NULL && *list != '\0') {
		const char *end = strchrnul(list, ' ');

		if ((size_t)(end - list) == n && memcmp(list, word, n) == 0)
			return true;
		list = *end == ' ' ? end + 1 : end;
	}
	return false;
}

const struct cli_command *
cli_command_find(const struct cli_app *app, const struct cli_command *parent, const char *word)
{
	for (size_t i = 0; i < app->n_commands; i++) {
		const struct cli_command *c = &app->commands[i];

		if (!cli_command_is_child(parent, c))
			continue;
		if (str_eq(cli_command_word(c), word) || list_has(c->aliases, word))
			return c;
	}
	return NULL;
}

static int
by_word(const void *a, const void *b)
{
	return strcmp(cli_command_word(*(const struct cli_command *const *)a),
		      cli_command_word(*(const struct cli_command *const *)b));
}

const struct cli_command **
cli_command_children(const struct cli_app *app, const struct cli_command *parent, size_t *ret_n)
{
	const struct cli_command **v = calloc(app->n_commands + 1, sizeof(*v));
	size_t                     n = 0;

	if (v == NULL)
		return NULL;
	for (size_t i = 0; i < app->n_commands; i++)
		if (!app->commands[i].hidden && cli_command_is_child(parent, &app->commands[i]))
			v[n++] = &app->commands[i];
	if (n == 0) {
		free(v);
		return NULL;
	}
	qsort(v, n, sizeof(*v), by_word);
	*ret_n = n;
	return v;
}

bool
cli_option_is_end(const struct cli_option *o)
{
	return o->short_name == 0 && o->long_name == NULL;
}

void
cli_option_name(const struct cli_option *o, struct strbuf *out)
{
	if (o->short_name != 0)
		strbuf_addf(out, "-%c", o->short_name);
	if (o->short_name != 0 && o->long_name != NULL)
		strbuf_add(out, ", ");
	if (o->long_name != NULL)
		strbuf_addf(out, "--%s", o->long_name);
}
