/*
 * Completion of a command line: what may stand where the last word begins.
 */
#include <string.h>

#include "cli/cli_private.h"

static void
add_options(const struct cli_option *options, const char *start, struct strbuf *out)
{
	for (const struct cli_option *o = options; o != NULL && !cli_option_is_end(o); o++)
		if (!o->hidden && o->long_name != NULL && str_starts(o->long_name, start))
			strbuf_addf(out, "--%s\n", o->long_name);
}

static void
add_commands(const struct cli_app *app, const struct cli_command *here, const char *start,
	     struct strbuf *out)
{
	size_t                                      n = 0;
	_cleanup_(freep) const struct cli_command **v = cli_command_children(app, here, &n);

	for (size_t i = 0; i < n; i++)
		if (str_starts(cli_command_word(v[i]), start))
			strbuf_addf(out, "%s\n", cli_command_word(v[i]));
}

void
cli_complete(const struct cli_app *app, int argc, char *const *argv, struct strbuf *out)
{
	const char     *start = argc > 1 ? argv[argc - 1] : "";
	struct cli_path path  = {0};

	for (int i = 1; i < argc - 1 && path.n < CLI_MAX_LEVELS; i++) {
		const struct cli_command *c = cli_command_find(app, cli_path_last(&path), argv[i]);

		if (c != NULL)
			path.v[path.n++] = c;
	}
	if (start[0] != '-') {
		add_commands(app, cli_path_last(&path), start, out);
		return;
	}
	start += strspn(start, "-");
	for (size_t i = path.n; i-- > 0;)
		add_options(path.v[i]->options, start, out);
	add_options(app->globals, start, out);
	if (str_starts("help", start))
		strbuf_add(out, "--help\n");
}
