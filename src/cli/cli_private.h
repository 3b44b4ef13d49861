/*
 * Inside the cli room: the command tree, shared by parsing, help and completion.
 */
#pragma once

#include "cli/cli.h"

#define CLI_MAX_LEVELS 4

/* The words typed so far: the row of each level, outermost first. */
struct cli_path {
	const struct cli_command *v[CLI_MAX_LEVELS];
	size_t                    n;
};

/* The row reached, or NULL at the top. */
static inline const struct cli_command *
cli_path_last(const struct cli_path *p)
{
	return p->n > 0 ? p->v[p->n - 1] : NULL;
}

/* Last word of a row's path. */
const char *cli_command_word(const struct cli_command *c);
/* Whether `c` lies directly below `parent` (NULL: the top). */
bool cli_command_is_child(const struct cli_command *parent, const struct cli_command *c);
bool cli_command_has_children(const struct cli_app *app, const struct cli_command *parent);
/* The child a word or alias names, or NULL. */
const struct cli_command *cli_command_find(const struct cli_app     *app,
					   const struct cli_command *parent, const char *word);
/*
 * Visible children by name, in fresh memory; *ret_n entries. NULL on no memory or without children.
 */
const struct cli_command **cli_command_children(const struct cli_app     *app,
						const struct cli_command *parent, size_t *ret_n);
/* Options end with a row that has no name. */
bool cli_option_is_end(const struct cli_option *o);
/* "-o, --config-path" */
void cli_option_name(const struct cli_option *o, struct strbuf *out);
/* Text of -h at a level. */
int cli_help(const struct cli_app *app, const struct cli_path *path, unsigned width,
	     struct strbuf *out);
