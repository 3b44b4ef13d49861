/*
 * Command lines: what is accepted, what it means, and the texts of refusals.
 */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct globals {
	bool        json;
	bool        debug;
	const char *config;
};

struct args {
	bool             verbose;
	bool             force;
	const char      *list;
	const char      *name;
	uint32_t         number;
	struct cli_words rest;
	char             custom[8];
};

static int
parse_even(const char *value, void *target, struct strbuf *why)
{
	if (strlen(value) % 2 != 0) {
		strbuf_addf(why, "odd: %s", value);
		return -EINVAL;
	}
	(void)snprintf(target, 8, "%s", value);
	return 0;
}

static int
run_nothing(struct cli_call *call, void *args, struct cli_error *e)
{
	return 0;
}

static const struct cli_option globals[] = {
    {'j', "json", CLI_BOOL, offsetof(struct globals, json), .help = "JSON"},
    {'d', "debug", CLI_BOOL, offsetof(struct globals, debug), .help = "debug"},
    {'o', "config-path", CLI_STRING, offsetof(struct globals, config), .help = "file"},
    CLI_OPTIONS_END,
};

static const struct cli_option scan_options[] = {
    {'v', "verbose", CLI_BOOL, offsetof(struct args, verbose), .help = "more"},
    {'f', "force", CLI_BOOL, offsetof(struct args, force), .help = "force"},
    {'l', "host-list", CLI_STRING, offsetof(struct args, list), .help = "hosts"},
    {'n', "number", CLI_U32, offsetof(struct args, number), .help = "a number", .kind = "number"},
    {'e', "even", CLI_CUSTOM, offsetof(struct args, custom), .kind = "even text",
     .parse = parse_even},
    CLI_OPTIONS_END,
};

/* `-d` means something else below this command. */
static const struct cli_option mask_options[] = {
    {'d', "streams", CLI_STRING, offsetof(struct args, list)},
    {'m', "masks", CLI_STRING, offsetof(struct args, name), .required = true},
    {'a', "again", CLI_STRING, offsetof(struct args, name), .required = true},
    CLI_OPTIONS_END,
};

static const struct cli_word create_words[] = {
    {.name = "<label>", .offset = offsetof(struct args, name), .required = true},
    {.name = "more", .offset = offsetof(struct args, rest), .rest = true},
    {0},
};

static const struct cli_command commands[] = {
    {"storage", "sto", "storage", .run = NULL},
    {"storage scan", NULL, "scan", scan_options, NULL, sizeof(struct args), run_nothing},
    {"storage format", NULL, "format", NULL, NULL, 0, run_nothing},
    {"server", "srv", "servers"},
    {"server set-logmasks", "slm masks", "masks", mask_options, NULL, sizeof(struct args),
     run_nothing},
    {"pool", NULL, "pools"},
    {"pool create", NULL, "create", scan_options, create_words, sizeof(struct args), run_nothing},
    {"pool destroy", NULL, "destroy", NULL, NULL, 0, run_nothing},
    {"pool query", NULL, "query", NULL, NULL, 0, run_nothing},
    {"pool hidden", NULL, "x", NULL, NULL, 0, run_nothing, .hidden = true},
    {"version", NULL, "version", NULL, NULL, 0, run_nothing},
};

static const struct cli_app app = {
    .name         = "tool",
    .error_prefix = "tool: ",
    .globals      = globals,
    .globals_size = sizeof(struct globals),
    .commands     = commands,
    .n_commands   = ARRAY_SIZE(commands),
    .json_offset  = offsetof(struct globals, json),
};

struct parsed {
	int              r;
	struct cli_call  call;
	struct args     *args;
	enum cli_parsed  how;
	struct strbuf    help;
	struct cli_error e;
	char             line[256];
	char            *argv[24];
};

static void
parse(struct parsed *p, const char *line)
{
	int   argc = 0;
	void *args = NULL;

	*p = (struct parsed){0};
	(void)snprintf(p->line, sizeof(p->line), "tool %s", line);
	for (char *save = NULL, *s = strtok_r(p->line, " ", &save); s;
	     s = strtok_r(NULL, " ", &save))
		p->argv[argc++] = s;
	p->r    = cli_parse(&app, argc, p->argv, 80, &p->call, &args, &p->how, &p->help, &p->e);
	p->args = args;
}

static void
drop(struct parsed *p)
{
	if (p->r == 0 && p->how == CLI_PARSED_RUN)
		cli_args_free(p->call.command, p->args);
	cli_call_fini(&p->call);
	cli_error_fini(&p->e);
	strbuf_fini(&p->help);
}

static void
test_options_in_every_form(void **state)
{
	static const char *const lines[] = {
	    "storage scan -v -l node1 -o file -j",
	    "-j -o file storage scan -v --host-list=node1",
	    "-jo file storage scan -vl node1",
	    "sto -ofile -j scan --host-list node1 --verbose",
	    "storage -j -o=file scan -l=node1 -v",
	    "storage scan -v -lnode1 --json --config-path file",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct parsed         p;
		const struct globals *g;

		parse(&p, lines[i]);
		assert_int_equal(p.r, 0);
		g = p.call.globals;
		assert_string_equal(p.call.command->path, "storage scan");
		assert_true(p.call.json && g->json);
		assert_string_equal(g->config, "file");
		assert_true(p.args->verbose);
		assert_string_equal(p.args->list, "node1");
		assert_false(p.args->force);
		drop(&p);
	}
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *line, *text;
		bool        json;
	} rows[] = {
	    {"storage scan --nope", "unknown flag `nope'", false},
	    {"-j storage scan -x", "unknown flag `x'", true},
	    {"storage scan -x -j", "unknown flag `x'", false},
	    {"storage scan -vx", "unknown flag `x'", false},
	    {"-v storage scan", "unknown flag `v'", false},
	    {"storage scan -l", "expected argument for flag `-l, --host-list'", false},
	    {"storage scan -l -v",
	     "expected argument for flag `-l, --host-list', but got option `-v'", false},
	    {"storage scan -l --",
	     "expected argument for flag `-l, --host-list', but got double dash `--'", false},
	    {"storage scan --verbose=yes", "bool flag `-v, --verbose' cannot have an argument",
	     false},
	    {"storage scan -n x",
	     "invalid argument for flag `-n, --number' (expected number): \"x\" is not a number",
	     false},
	    {"storage scan -n 4294967296",
	     "invalid argument for flag `-n, --number' (expected number): 4294967296 is out of "
	     "range",
	     false},
	    {"storage scan -e abc",
	     "invalid argument for flag `-e, --even' (expected even text): odd: abc", false},
	    {"server slm", "the required flags `-a, --again' and `-m, --masks' were not specified",
	     false},
	    {"server slm -a x", "the required flag `-m, --masks' was not specified", false},
	    {"-j pool create", "the required argument `<label>` was not provided", true},
	    {"-j pool frobnicate",
	     "Unknown command `frobnicate'. Please specify one command of: create, destroy or "
	     "query",
	     true},
	    {"pool frobnicate -j",
	     "Unknown command `frobnicate'. Please specify one command of: create, destroy or "
	     "query",
	     false},
	    {"pool querry", "Unknown command `querry', did you mean `query'?", false},
	    {"pool", "Please specify one command of: create, destroy or query", false},
	    {"server", "Please specify the set-logmasks command", false},
	    {"server x", "Unknown command `x'. You should use the set-logmasks command", false},
	    {"", "Please specify one command of: pool, server, storage or version", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].line);
		assert_true(p.r < 0);
		assert_string_equal(p.e.text, rows[i].text);
		assert_int_equal(p.call.json, rows[i].json);
		drop(&p);
	}
}

static void
test_words_fill_the_struct_and_the_rest(void **state)
{
	struct parsed p;

	parse(&p, "pool create tank -v a -- -b --c");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.args->name, "tank");
	assert_true(p.args->verbose);
	assert_int_equal(p.args->rest.n, 3);
	assert_string_equal(p.args->rest.v[2], "--c");
	assert_int_equal(p.call.extra.n, 0);
	drop(&p);
}

static void
test_extra_words_are_kept_and_can_be_refused(void **state)
{
	struct parsed p;

	parse(&p, "storage scan one two");
	assert_int_equal(p.r, 0);
	assert_int_equal(cli_refuse_extra(&p.call, &p.e), -EINVAL);
	assert_string_equal(p.e.text, "unexpected arguments: one two");
	drop(&p);
}

static void
test_inner_option_wins_over_global(void **state)
{
	struct parsed         p;
	const struct globals *g;

	parse(&p, "-d srv masks -d mgmt -m ERR -a x");
	assert_int_equal(p.r, 0);
	g = p.call.globals;
	assert_true(g->debug);
	assert_string_equal(p.args->list, "mgmt");
	drop(&p);
}

static void
test_custom_values_and_numbers(void **state)
{
	struct parsed p;

	parse(&p, "storage scan -e abcd -n7");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.args->custom, "abcd");
	assert_int_equal(p.args->number, 7);
	drop(&p);
}

static void
test_help_at_every_level(void **state)
{
	static const struct {
		const char *line, *part;
	} rows[] = {
	    {"-h", "Available commands:\n  pool     pools\n  server   servers (aliases: srv)\n"},
	    {"--help", "Usage:\n  tool [OPTIONS] <command>\n"},
	    {"pool --help", "  tool [OPTIONS] pool <create | destroy | query>\n"},
	    {"storage scan -h", "[scan command options]\n"},
	    {"storage scan -h", "  tool [OPTIONS] storage scan [scan-OPTIONS]\n"},
	    {"pool create -h", "pool create [create-OPTIONS] <label> [more...]\n"},
	    {"srv slm -h --nope", "set-logmasks [set-logmasks-OPTIONS]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].line);
		assert_int_equal(p.r, 0);
		assert_int_equal(p.how, CLI_PARSED_HELP);
		if (strstr(strbuf_str(&p.help), rows[i].part) == NULL)
			fail_msg("%s: no '%s' in\n%s", rows[i].line, rows[i].part,
				 strbuf_str(&p.help));
		drop(&p);
	}
}

static void
test_errors_wrap_and_carry_resolutions(void **state)
{
	struct cli_error e = {0};
	struct fault     f = FAULT_INIT;

	(void)fault_set(&f, FAULT_CLIENT_CONFIG_EMPTY_HOST_LIST, "no hosts");
	(void)cli_error_from_fault(&e, -EINVAL, &f);
	cli_error_wrap(&e, "storage %s failed", "scan");
	assert_string_equal(e.text,
			    "storage scan failed: client: code = 503 description = \"no hosts\"");
	assert_non_null(strstr(e.resolution, "client: code = 503 resolution = \""));
	cli_error_fini(&e);
	cli_error_wrap(&e, "nothing to wrap");
	assert_false(e.set);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options_in_every_form),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_words_fill_the_struct_and_the_rest),
	    cmocka_unit_test(test_extra_words_are_kept_and_can_be_refused),
	    cmocka_unit_test(test_inner_option_wins_over_global),
	    cmocka_unit_test(test_custom_values_and_numbers),
	    cmocka_unit_test(test_help_at_every_level),
	    cmocka_unit_test(test_errors_wrap_and_carry_resolutions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
