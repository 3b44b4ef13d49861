/*
 * Completion and the manual page: both are made from the tables alone.
 */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int
run_nothing(struct cli_call *call, void *args, struct cli_error *e)
{
	return 0;
}

static const struct cli_option globals[] = {
    {'j', "json", CLI_BOOL, 0, .help = "JSON"},
    {'x', "secret", CLI_BOOL, 0, .help = "no", .hidden = true},
    CLI_OPTIONS_END,
};
static const struct cli_option query_options[] = {
    {'v', "verbose", CLI_BOOL, 0, .help = ".starts with a dot \\ and a backslash"},
    {0, "not-ok", CLI_STRING, 0, .help = "x", .required = true},
    CLI_OPTIONS_END,
};
static const struct cli_word words[] = {
    {.name = "<name>", .required = true},
    {0},
};
static const struct cli_command commands[] = {
    {"system", "sys", "system"},
    {"system query", "q", "Ask", query_options, words, sizeof(const char *), run_nothing},
    {"system quit", NULL, "Quit", NULL, NULL, 0, run_nothing},
    {"version", NULL, "Version", NULL, NULL, 0, run_nothing},
    {"ghost", NULL, "Ghost", NULL, NULL, 0, run_nothing, .hidden = true},
};
static const struct cli_app app = {
    .name         = "tool",
    .error_prefix = "",
    .summary      = "A tool - of tests.",
    .globals      = globals,
    .globals_size = 1,
    .commands     = commands,
    .n_commands   = ARRAY_SIZE(commands),
    .json_offset  = SIZE_MAX,
};

static void
test_what_may_follow(void **state)
{
	static const struct {
		const char *argv[6];
		const char *out;
	} rows[] = {
	    {{"tool", ""}, "system\nversion\n"},
	    {{"tool", "s"}, "system\n"},
	    {{"tool", "g"}, ""},
	    {{"tool", "system", "q"}, "query\nquit\n"},
	    {{"tool", "--json", "sys", "qui"}, "quit\n"},
	    {{"tool", "sys", "q", "--"}, "--verbose\n--not-ok\n--json\n--help\n"},
	    {{"tool", "sys", "q", "--n"}, "--not-ok\n"},
	    {{"tool", "-"}, "--json\n--help\n"},
	    {{"tool"}, "system\nversion\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_fini) struct strbuf out  = STRBUF_INIT;
		int                                  argc = 0;

		while (rows[i].argv[argc] != NULL)
			argc++;
		cli_complete(&app, argc, (char *const *)(uintptr_t)rows[i].argv, &out);
		assert_string_equal(strbuf_str(&out), rows[i].out);
	}
}

static void
test_manual_page(void **state)
{
	static const char *const parts[] = {
	    ".TH TOOL 8 \"\" \"DAOS 1.2.3\"",
	    ".SS tool system query <name>\nAsk.\nAlso called q.\n",
	    "\\&.starts with a dot \\e and a backslash\n",
	    ".B \\-\\-not\\-ok \\fIVALUE\\fR (required)\n",
	    ".SS tool version\n",
	};
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	assert_int_equal(cli_manual(&app, 8, "1.2.3", &out), 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(strbuf_str(&out), parts[i]) == NULL)
			fail_msg("no '%s' in\n%s", parts[i], strbuf_str(&out));
	assert_null(strstr(strbuf_str(&out), "ghost"));
	assert_null(strstr(strbuf_str(&out), "secret"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_may_follow),
	    cmocka_unit_test(test_manual_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
