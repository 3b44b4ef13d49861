/*
 * From argv to a command row, its filled struct and the global options.
 *
 * Words are read left to right. A word that names a command of the level reached goes one level
 * down; from then on the options of that level are known too, the innermost meaning of a name
 * winning. The first fault ends the reading, so options behind it are not seen.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli_private.h"
#include "common/vec.h"

struct parser {
	const struct cli_app  *app;
	struct cli_call       *call;
	struct cli_error      *e;
	struct cli_path        path;
	void                  *args;
	char *const           *next; /* words not read yet */
	char *const           *end;
	const struct cli_word *word; /* next row for a word that is no command */
	VEC(const struct cli_option *) seen;
	bool help;
	bool unknown_command;
};

static const struct cli_option help_option = {
    .short_name = 'h', .long_name = "help", .type = CLI_BOOL};

/* Whether a word of argv looks like an option. */
static bool
is_option(const char *s)
{
	if (s[0] != '-' || s[1] == '\0')
		return false;
	return s[1] != '-' || (s[2] != '\0' && s[2] != '-');
}

static int
fail_option(struct parser *p, const struct cli_option *o, const char *before, const char *after)
{
	_cleanup_(strbuf_fini) struct strbuf name = STRBUF_INIT;

	cli_option_name(o, &name);
	return cli_error_set(p->e, -EINVAL, "%s `%s'%s", before, strbuf_str(&name), after);
}

static const struct cli_option *
find_in(const struct cli_option *options, char short_name, const char *long_name, size_t len)
{
	for (const struct cli_option *o = options; o != NULL && !cli_option_is_end(o); o++) {
		if (long_name == NULL && o->short_name == short_name)
			return o;
		if (long_name != NULL && o->long_name != NULL && strlen(o->long_name) == len &&
		    memcmp(o->long_name, long_name, len) == 0)
			return o;
	}
	return NULL;
}

/* The option a name means here and the struct it fills. */
static const struct cli_option *
find_option(struct parser *p, char short_name, const char *long_name, size_t len, void **ret_struct)
{
	const struct cli_option *o;

	for (size_t i = p->path.n; i-- > 0;) {
		o = find_in(p->path.v[i]->options, short_name, long_name, len);
		if (o != NULL) {
			*ret_struct = p->args;
			return o;
		}
	}
	*ret_struct = p->call->globals;
	o           = find_in(p->app->globals, short_name, long_name, len);
	if (o == NULL &&
	    (long_name ? len == 4 && memcmp(long_name, "help", 4) == 0 : short_name == 'h'))
		o = &help_option;
	return o;
}

static int
store_value(struct parser *p, const struct cli_option *o, void *base, const char *value)
{
	_cleanup_(strbuf_fini) struct strbuf why    = STRBUF_INIT;
	_cleanup_(strbuf_fini) struct strbuf after  = STRBUF_INIT;
	void                                *target = (char *)base + o->offset;
	int                                  r      = 0;

	switch (o->type) {
	case CLI_BOOL:
		*(bool *)target = true;
		break;
	case CLI_STRING:
		*(const char **)target = value;
		break;
	case CLI_U32:
		r = str_to_u32(value, 10, target);
		if (r == -ERANGE)
			strbuf_addf(&why, "%s is out of range", value);
		else if (r != 0)
			strbuf_addf(&why, "\"%s\" is not a number", value);
		break;
	case CLI_CUSTOM:
		r = o->parse(value, target, &why);
		break;
	}
	if (r != 0) {
		if (o->kind != NULL)
			strbuf_addf(&after, " (expected %s)", o->kind);
		strbuf_addf(&after, ": %s", strbuf_str(&why));
		return fail_option(p, o, "invalid argument for flag", strbuf_str(&after));
	}
	return vec_push(&p->seen, o);
}

/* value: joined to the option, or NULL; may_take: the next word may be the value. */
static int
take_option(struct parser *p, const struct cli_option *o, void *base, const char *value,
	    bool may_take)
{
	_cleanup_(strbuf_fini) struct strbuf after = STRBUF_INIT;

	if (o == &help_option) {
		p->help = true;
		return 0;
	}
	if (o->type == CLI_BOOL) {
		if (value != NULL)
			return fail_option(p, o, "bool flag", " cannot have an argument");
		return store_value(p, o, base, NULL);
	}
	if (value == NULL) {
		if (!may_take || p->next == p->end)
			return fail_option(p, o, "expected argument for flag", "");
		value = *p->next++;
		if (str_eq(value, "--"))
			return fail_option(p, o, "expected argument for flag",
					   ", but got double dash `--'");
		if (is_option(value)) {
			strbuf_addf(&after, ", but got option `%s'", value);
			return fail_option(p, o, "expected argument for flag", strbuf_str(&after));
		}
	}
	return store_value(p, o, base, value);
}

static int
read_long(struct parser *p, const char *text)
{
	size_t                   len    = strcspn(text, "=");
	const char              *value  = text[len] == '=' ? text + len + 1 : NULL;
	void                    *base   = NULL;
	const struct cli_option *option = find_option(p, 0, text, len, &base);

	if (option == NULL)
		return cli_error_set(p->e, -EINVAL, "unknown flag `%.*s'", (int)len, text);
	return take_option(p, option, base, value, true);
}

/* One word of short options: the first that takes a value takes the rest of the word. */
static int
read_short(struct parser *p, const char *text)
{
	void *base = NULL;
	int   r    = 0;

	for (const char *s = text; *s != '\0' && r == 0 && !p->help; s++) {
		const struct cli_option *o = find_option(p, *s, NULL, 0, &base);

		if (o == NULL)
			return cli_error_set(p->e, -EINVAL, "unknown flag `%c'", *s);
		if (s == text && s[1] == '=')
			return take_option(p, o, base, s + 2, false);
		if (s == text && s[1] != '\0' && o != &help_option && o->type != CLI_BOOL)
			return take_option(p, o, base, s + 1, false);
		r = take_option(p, o, base, NULL, s[1] == '\0');
	}
	return r;
}

static int
push_word(struct cli_words *words, const char *word)
{
	const char **v = reallocarray(words->v, words->n + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	words->v             = v;
	words->v[words->n++] = word;
	return 0;
}

static int
enter_command(struct parser *p, const struct cli_command *c)
{
	if (p->path.n == CLI_MAX_LEVELS)
		return -E2BIG;
	p->path.v[p->path.n++] = c;
	p->word                = c->words;
	if (!cli_command_has_children(p->app, c)) {
		p->args = calloc(1, MAX(c->args_size, 1));
		if (p->args == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
read_word(struct parser *p, const char *word)
{
	const struct cli_command *here = cli_path_last(&p->path);

	if (p->word != NULL && p->word->name != NULL) {
		void *target = (char *)p->args + p->word->offset;

		if (p->word->rest)
			return push_word(target, word);
		*(const char **)target = word;
		p->word++;
		return 0;
	}
	if (cli_command_has_children(p->app, here) && p->call->extra.n == 0) {
		const struct cli_command *c = cli_command_find(p->app, here, word);

		if (c != NULL)
			return enter_command(p, c);
		p->unknown_command = true;
	}
	return push_word(&p->call->extra, word);
}

static int
read_words(struct parser *p)
{
	int r = 0;

	while (p->next < p->end && r == 0 && !p->help && !p->unknown_command) {
		const char *word = *p->next++;

		if (str_eq(word, "--")) {
			while (p->next < p->end && r == 0)
				r = read_word(p, *p->next++);
			break;
		}
		if (!is_option(word))
			r = read_word(p, word);
		else if (word[1] == '-')
			r = read_long(p, word + 2);
		else
			r = read_short(p, word + 1);
	}
	return r;
}

static bool
was_seen(struct parser *p, const struct cli_option *o)
{
	for (size_t i = 0; i < p->seen.n; i++)
		if (p->seen.v[i] == o)
			return true;
	return false;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "`a', `b' and `c'" with a verb for one or many. */
static int
fail_missing(struct parser *p, const char *what, char **names, size_t n, const char *verb)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&text, "%s%s", i == 0 ? "" : (i + 1 == n ? " and " : ", "), names[i]);
	return cli_error_set(p->e, -EINVAL, "the required %s%s %s %s not %s", what,
			     n == 1 ? "" : "s", strbuf_str(&text), n == 1 ? "was" : "were", verb);
}

static int
check_required_options(struct parser *p)
{
	VEC(char *) names = {0};
	int r             = 0;

	for (size_t i = 0; i < p->path.n && r == 0; i++) {
		const struct cli_option *o = p->path.v[i]->options;

		for (; o != NULL && !cli_option_is_end(o) && r == 0; o++) {
			struct strbuf name = STRBUF_INIT;

			if (!o->required || was_seen(p, o))
				continue;
			strbuf_add_char(&name, '`');
			cli_option_name(o, &name);
			strbuf_add_char(&name, '\'');
			r = vec_push(&names, strbuf_take(&name));
		}
	}
	if (r == 0 && names.n > 0) {
		qsort(names.v, names.n, sizeof(*names.v), by_text);
		r = fail_missing(p, "flag", names.v, names.n, "specified");
	}
	vec_foreach (&names, name)
		free(*name);
	vec_fini(&names);
	return r;
}

static int
check_required_words(struct parser *p)
{
	VEC(char *) names = {0};
	int r             = 0;

	for (const struct cli_word *w = p->word; w != NULL && w->name != NULL && r == 0; w++) {
		if (!w->required)
			continue;
		if (w->rest && ((struct cli_words *)((char *)p->args + w->offset))->n > 0)
			continue;
		r = vec_push(
		    &names, str_format("`%s%s`", w->name, w->rest ? " (at least 1 argument)" : ""));
	}
	if (r == 0 && names.n > 0)
		r = fail_missing(p, "argument", names.v, names.n, "provided");
	vec_foreach (&names, name)
		free(*name);
	vec_fini(&names);
	return r;
}

/* A word that is no command, or none where one is needed. */
static int
fail_command(struct parser *p)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;
	const char *word = p->call->extra.n > 0 ? p->call->extra.v[0] : NULL;
	size_t      n    = 0;
	unsigned    best = UINT32_MAX;
	size_t      near = 0;
	_cleanup_(freep) const struct cli_command **children =
	    cli_command_children(p->app, cli_path_last(&p->path), &n);

	if (children == NULL)
		return -ENOMEM;
	for (size_t i = 0; word != NULL && i < n; i++) {
		unsigned d = str_distance(word, cli_command_word(children[i]));

		if (d < best) {
			best = d;
			near = i;
		}
	}
	if (word != NULL)
		strbuf_addf(&text, "Unknown command `%s'", word);
	if (word != NULL && 2 * (uint64_t)best < strlen(cli_command_word(children[near])))
		return cli_error_set(p->e, -EINVAL, "%s, did you mean `%s'?", strbuf_str(&text),
				     cli_command_word(children[near]));
	if (n == 1) {
		strbuf_addf(&text,
			    word ? ". You should use the %s command"
				 : "Please specify the %s command",
			    cli_command_word(children[0]));
	} else {
		strbuf_addf(&text, "%sPlease specify one command of: ", word ? ". " : "");
		for (size_t i = 0; i < n; i++)
			strbuf_addf(&text, "%s%s", i == 0 ? "" : (i + 1 == n ? " or " : ", "),
				    cli_command_word(children[i]));
	}
	return cli_error_set(p->e, -EINVAL, "%s", strbuf_str(&text));
}

/* Frees the struct of a command that will not run. */
static void
drop_args(struct parser *p)
{
	const struct cli_command *c = cli_path_last(&p->path);

	for (const struct cli_word *w = c ? c->words : NULL; w != NULL && w->name != NULL; w++)
		if (w->rest && p->args != NULL)
			free(((struct cli_words *)((char *)p->args + w->offset))->v);
	free(p->args);
}

void
cli_args_free(const struct cli_command *c, void *args)
{
	struct parser p = {.args = args};

	if (c != NULL && args != NULL) {
		p.path.v[p.path.n++] = c;
		drop_args(&p);
	}
}

int
cli_parse(const struct cli_app *app, int argc, char *const *argv, unsigned width,
	  struct cli_call *call, void **ret_args, enum cli_parsed *ret_how, struct strbuf *help,
	  struct cli_error *e)
{
	struct parser p = {.app = app, .call = call, .e = e};
	int           r;

	*call         = (struct cli_call){.app = app};
	call->globals = calloc(1, MAX(app->globals_size, 1));
	if (call->globals == NULL)
		return cli_error_set(e, -ENOMEM, "out of memory");
	p.next = argv + MIN(argc, 1);
	p.end  = argv + argc;

	r = read_words(&p);
	if (app->json_offset != SIZE_MAX)
		call->json = *(const bool *)((const char *)call->globals + app->json_offset);
	call->command = cli_path_last(&p.path);
	if (r == 0 && p.help) {
		r        = cli_help(app, &p.path, width, help);
		*ret_how = CLI_PARSED_HELP;
		drop_args(&p);
		*ret_args = NULL;
		vec_fini(&p.seen);
		return r;
	}
	if (r == 0)
		r = check_required_options(&p);
	if (r == 0)
		r = check_required_words(&p);
	if (r == 0 && cli_command_has_children(app, call->command))
		r = fail_command(&p);
	vec_fini(&p.seen);
	if (r != 0) {
		drop_args(&p);
		if (!e->set)
			(void)cli_error_set(e, r, "%s", strerror(-r));
		return r;
	}
	*ret_args = p.args;
	*ret_how  = CLI_PARSED_RUN;
	return 0;
}

void
cli_call_fini(struct cli_call *call)
{
	free(call->globals);
	free(call->extra.v);
	*call = (struct cli_call){0};
}

int
cli_refuse_extra(const struct cli_call *call, struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	if (call->extra.n == 0)
		return 0;
	for (size_t i = 0; i < call->extra.n; i++)
		strbuf_addf(&text, "%s%s", i == 0 ? "" : " ", call->extra.v[i]);
	return cli_error_set(e, -EINVAL, "unexpected arguments: %s", strbuf_str(&text));
}
