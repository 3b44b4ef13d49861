/*
 * A manual page in the man macros, made from the command table.
 */
#include <ctype.h>
#include <string.h>

#include "cli/cli_private.h"

/* Text with what the formatter would take for itself escaped. */
static void
add_text(struct strbuf *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		strbuf_add(out, "\\&");
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			strbuf_add(out, "\\e");
		else if (*s == '-')
			strbuf_add(out, "\\-");
		else
			strbuf_add_char(out, *s);
	}
}

static void
add_options(struct strbuf *out, const struct cli_option *options)
{
	for (const struct cli_option *o = options; o != NULL && !cli_option_is_end(o); o++) {
		_cleanup_(strbuf_fini) struct strbuf name = STRBUF_INIT;

		if (o->hidden)
			continue;
		cli_option_name(o, &name);
		strbuf_add(out, ".TP\n.B ");
		add_text(out, strbuf_str(&name));
		if (o->type != CLI_BOOL)
			strbuf_addf(out, " \\fI%s\\fR", o->value_name ? o->value_name : "VALUE");
		strbuf_add(out, o->required ? " (required)\n" : "\n");
		add_text(out, o->help ? o->help : "");
		strbuf_add_char(out, '\n');
	}
}

static void
add_command(struct strbuf *out, const struct cli_app *app, const struct cli_command *c)
{
	strbuf_add(out, ".SS ");
	add_text(out, app->name);
	strbuf_add_char(out, ' ');
	add_text(out, c->path);
	for (const struct cli_word *w = c->words; w != NULL && w->name != NULL; w++) {
		strbuf_add(out, w->required ? " " : " [");
		add_text(out, w->name);
		strbuf_add(out, w->rest ? "...]" : (w->required ? "" : "]"));
	}
	strbuf_add_char(out, '\n');
	add_text(out, c->help ? c->help : "");
	strbuf_add(out, ".\n");
	if (c->aliases != NULL) {
		strbuf_add(out, "Also called ");
		add_text(out, c->aliases);
		strbuf_add(out, ".\n");
	}
	add_options(out, c->options);
}

int
cli_manual(const struct cli_app *app, unsigned section, const char *version, struct strbuf *out)
{
	strbuf_add(out, ".TH ");
	for (const char *s = app->name; *s != '\0'; s++)
		strbuf_add_char(out, (char)toupper((unsigned char)*s));
	strbuf_addf(out, " %u \"\" \"DAOS %s\" \"DAOS\"\n.SH NAME\n", section, version);
	add_text(out, app->name);
	strbuf_add(out, " \\- DAOS administration\n.SH SYNOPSIS\n.B ");
	add_text(out, app->name);
	strbuf_add(out, "\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n.SH DESCRIPTION\n");
	add_text(out, app->summary ? app->summary : "");
	strbuf_add(out, "\n.SH OPTIONS\nAccepted before and after the words of a command.\n");
	add_options(out, app->globals);
	strbuf_add(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < app->n_commands; i++)
		if (!app->commands[i].hidden && app->commands[i].run != NULL)
			add_command(out, app, &app->commands[i]);
	strbuf_add(out, ".SH EXIT STATUS\n0 when all went well, 1 otherwise.\n");
	return strbuf_error(out);
}
