/*
 * Help texts: usage line, options of each level, words, commands below.
 */
#include <string.h>

#include "cli/cli_private.h"

/* Columns between names and descriptions. */
struct layout {
	size_t   widest; /* longest "name=VALUE" */
	bool     any_short;
	bool     any_value;
	unsigned width;
};

static bool
is_shown(const struct cli_option *o)
{
	return !o->hidden;
}

static bool
has_shown(const struct cli_option *options)
{
	for (const struct cli_option *o = options; o != NULL && !cli_option_is_end(o); o++)
		if (is_shown(o))
			return true;
	return false;
}

static void
measure(struct layout *l, const struct cli_option *options, size_t indent)
{
	for (const struct cli_option *o = options; o != NULL && !cli_option_is_end(o); o++) {
		size_t n = (o->long_name ? strlen(o->long_name) : 0) + indent;

		if (!is_shown(o))
			continue;
		if (o->value_name != NULL) {
			n += strlen(o->value_name);
			l->any_value = true;
		}
		l->widest = MAX(l->widest, n);
		if (o->short_name != 0)
			l->any_short = true;
	}
}

static size_t
description_column(const struct layout *l)
{
	return 2 + l->widest + 2 + (l->any_short ? 2 : 0) + 4 + (l->any_value ? 3 : 0);
}

/* Breaks text at blanks so that it fits between `column` and the width. */
static void
add_wrapped(struct strbuf *out, const char *text, size_t column, unsigned width)
{
	size_t room = width > column + 10 ? width - column : 10;

	while (strlen(text) > room) {
		size_t cut = room;

		while (cut > 0 && text[cut] != ' ')
			cut--;
		if (cut == 0)
			cut = strcspn(text, " ");
		strbuf_add_len(out, text, cut);
		text += cut;
		while (*text == ' ')
			text++;
		if (*text == '\0')
			return;
		strbuf_add_char(out, '\n');
		strbuf_pad(out, ' ', column);
	}
	strbuf_add(out, text);
}

static void
add_options(struct strbuf *out, const struct layout *l, const struct cli_option *options,
	    size_t indent)
{
	size_t column = description_column(l);

	for (const struct cli_option *o = options; !cli_option_is_end(o); o++) {
		size_t start = out->len;

		if (!is_shown(o))
			continue;
		strbuf_pad(out, ' ', 2 + indent);
		if (o->short_name != 0)
			strbuf_addf(out, "-%c", o->short_name);
		else if (l->any_short)
			strbuf_add(out, "  ");
		if (o->long_name != NULL)
			strbuf_addf(out, "%s--%s",
				    o->short_name ? ", " : (l->any_short ? "  " : ""),
				    o->long_name);
		if (o->type != CLI_BOOL)
			strbuf_addf(out, "=%s", o->value_name ? o->value_name : "");
		if (o->help != NULL) {
			size_t written = out->len - start;

			strbuf_pad(out, ' ', column > written ? column - written : 1);
			add_wrapped(out, o->help, column, l->width);
		}
		strbuf_add_char(out, '\n');
	}
}

static void
add_usage(struct strbuf *out, const struct cli_app *app, const struct cli_path *path,
	  const struct cli_command **children, size_t n_children)
{
	strbuf_addf(out, "Usage:\n  %s [OPTIONS]", app->name);
	for (size_t i = 0; i < path->n; i++) {
		const struct cli_command *c = path->v[i];

		strbuf_addf(out, " %s", cli_command_word(c));
		if (has_shown(c->options))
			strbuf_addf(out, " [%s-OPTIONS]", cli_command_word(c));
		for (const struct cli_word *w = c->words; w != NULL && w->name != NULL; w++)
			strbuf_addf(out, w->required ? " %s%s" : " [%s%s]", w->name,
				    w->rest ? "..." : "");
	}
	if (n_children > 3) {
		strbuf_add(out, " <command>");
	} else if (n_children > 0) {
		for (size_t i = 0; i < n_children; i++)
			strbuf_addf(out, "%s%s", i == 0 ? " <" : " | ",
				    cli_command_word(children[i]));
		strbuf_add_char(out, '>');
	}
	strbuf_add_char(out, '\n');
}

static void
add_words(struct strbuf *out, const struct layout *l, const struct cli_command *c)
{
	bool any = false;

	for (const struct cli_word *w = c->words; w != NULL && w->name != NULL; w++) {
		size_t column = description_column(l);
		size_t taken  = 2 + strlen(w->name) + 1;

		if (w->help == NULL)
			continue;
		if (!any)
			strbuf_addf(out, "\n[%s command arguments]\n", cli_command_word(c));
		any = true;
		strbuf_addf(out, "  %s:", w->name);
		strbuf_pad(out, ' ', column > taken ? column - taken : 1);
		add_wrapped(out, w->help, column, l->width);
		strbuf_add_char(out, '\n');
	}
}

static void
add_commands(struct strbuf *out, const struct cli_command **children, size_t n)
{
	size_t widest = 0;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		widest = MAX(widest, strlen(cli_command_word(children[i])));
	strbuf_add(out, "\nAvailable commands:\n");
	for (size_t i = 0; i < n; i++) {
		const char *word = cli_command_word(children[i]);

		strbuf_addf(out, "  %s", word);
		strbuf_pad(out, ' ', widest - strlen(word));
		strbuf_addf(out, "  %s", children[i]->help ? children[i]->help : "");
		if (children[i]->aliases != NULL) {
			strbuf_add(out, " (aliases: ");
			for (const char *s = children[i]->aliases; *s != '\0'; s++)
				strbuf_addf(out, *s == ' ' ? ", " : "%c", *s);
			strbuf_add_char(out, ')');
		}
		strbuf_add_char(out, '\n');
	}
}

int
cli_help(const struct cli_app *app, const struct cli_path *path, unsigned width, struct strbuf *out)
{
	static const struct cli_option help[] = {
	    {.short_name = 'h', .long_name = "help", .help = "Show this help message"},
	    CLI_OPTIONS_END,
	};
	struct layout                               l          = {.width = width ? width : 80};
	size_t                                      n_children = 0;
	_cleanup_(freep) const struct cli_command **children =
	    cli_command_children(app, cli_path_last(path), &n_children);

	measure(&l, app->globals, 0);
	measure(&l, help, 0);
	for (size_t i = 0; i < path->n; i++) {
		measure(&l, path->v[i]->options, 4);
		for (const struct cli_word *w = path->v[i]->words; w != NULL && w->name != NULL;
		     w++)
			l.widest = MAX(l.widest, strlen(w->name) + 4);
	}

	add_usage(out, app, path, children, n_children);
	if (path->n == 0 && app->summary != NULL) {
		strbuf_add_char(out, '\n');
		add_wrapped(out, app->summary, 0, l.width);
		strbuf_add_char(out, '\n');
	}
	if (has_shown(app->globals)) {
		strbuf_add(out, "\nApplication Options:\n");
		add_options(out, &l, app->globals, 0);
	}
	strbuf_add(out, "\nHelp Options:\n");
	add_options(out, &l, help, 0);
	for (size_t i = 0; i < path->n; i++) {
		if (has_shown(path->v[i]->options)) {
			strbuf_addf(out, "\n[%s command options]\n", cli_command_word(path->v[i]));
			add_options(out, &l, path->v[i]->options, 4);
		}
		add_words(out, &l, path->v[i]);
	}
	add_commands(out, children, n_children);
	return strbuf_error(out);
}
