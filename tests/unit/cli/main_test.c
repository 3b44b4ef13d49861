/*
 * The frame of a program, run in a child process: what goes to which stream, one envelope, exit codes, the question.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cli/json.h"
#include "common/fs.h"

struct globals {
	bool json, fail_setup;
};

static int
run_good(struct cli_call *call, void *args, struct cli_error *e)
{
	cli_print(call, "result");
	return 0;
}

static int
run_bad(struct cli_call *call, void *args, struct cli_error *e)
{
	struct fault f = FAULT_INIT;

	cli_print(call, "partial\n");
	cli_print_notice("look");
	(void)fault_set(&f, FAULT_CLIENT_CONFIG_EMPTY_HOST_LIST, "no hosts");
	fault_resolve(&f, "name some");
	(void)cli_error_from_fault(e, -EINVAL, &f);
	cli_error_wrap(e, "bad failed");
	return -EINVAL;
}

static int
run_silent(struct cli_call *call, void *args, struct cli_error *e)
{
	return -ENOENT;
}

static void
write_answer(struct cli_json *j, const void *data)
{
	cli_json_u64(j, 42);
}

static int
run_json(struct cli_call *call, void *args, struct cli_error *e)
{
	int r = cli_error_set(e, -EIO, "1 host had errors");

	cli_print_envelope(call, write_answer, NULL, e);
	cli_error_wrap(e, "json failed");
	return r;
}

static int
run_ask(struct cli_call *call, void *args, struct cli_error *e)
{
	int r = cli_confirm("sure?", e);

	if (r == 0)
		cli_print(call, "done");
	return r;
}

static int
set_up(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct globals *g = call->globals;

	return g->fail_setup ? cli_error_set(e, -EINVAL, "no setup") : 0;
}

static const struct cli_option globals[] = {
    {'j', "json", CLI_BOOL, offsetof(struct globals, json)},
    {'f', "fail", CLI_BOOL, offsetof(struct globals, fail_setup)},
    CLI_OPTIONS_END,
};
static const struct cli_command commands[] = {
    {.path = "good", .run = run_good},     {.path = "bad", .run = run_bad},
    {.path = "silent", .run = run_silent}, {.path = "json", .run = run_json},
    {.path = "ask", .run = run_ask},
};
static const struct cli_app app = {
    .name         = "tool",
    .error_prefix = "tool: ",
    .globals      = globals,
    .globals_size = sizeof(struct globals),
    .commands     = commands,
    .n_commands   = ARRAY_SIZE(commands),
    .json_offset  = offsetof(struct globals, json),
    .setup        = set_up,
};

struct result {
	char *out, *err;
	int   status;
};

static void
redirect(int to, const char *dir, const char *name, int flags)
{
	char path[96];
	int  fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags, 0600);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(99);
}

/* Runs a command line in a child; `input` is its standard input. */
static struct result
run(const char *line, const char *input)
{
	char          dir[] = "/tmp/cli_main_XXXXXX", path[96], copy[128];
	char         *argv[8];
	int           argc = 0;
	struct result r    = {0};
	pid_t         pid;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/in", dir);
	assert_int_equal(fs_write_atomic(path, input, strlen(input), 0600), 0);
	(void)snprintf(copy, sizeof(copy), "tool %s", line);
	for (char *save = NULL, *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		redirect(0, dir, "in", O_RDONLY);
		redirect(1, dir, "out", O_WRONLY | O_CREAT);
		redirect(2, dir, "err", O_WRONLY | O_CREAT);
		_exit(cli_main(&app, argc, argv));
	}
	assert_int_equal(waitpid(pid, &r.status, 0), pid);
	(void)snprintf(path, sizeof(path), "%s/out", dir);
	assert_int_equal(fs_read_file(path, 65536, &r.out, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/err", dir);
	assert_int_equal(fs_read_file(path, 65536, &r.err, NULL), 0);
	assert_int_equal(fs_remove_tree(dir), 0);
	return r;
}

#define ENVELOPE(response, error)                                                                  \
	"{\n  \"response\": " response ",\n  \"error\": " error ",\n  \"status\": -1025\n}\n"

static void
test_streams_and_exit_codes(void **state)
{
	static const struct {
		const char *line, *input, *out, *err;
		int         code;
	} rows[] = {
	    {"good", "", "result\n", "", 0},
	    {"-j good", "", "{\n  \"response\": null,\n  \"error\": null,\n  \"status\": 0\n}\n",
	     "", 0},
	    {"bad", "", "partial\n",
	     "NOTICE: look\nERROR: tool: bad failed: client: code = 503 description = \"no "
	     "hosts\"\n"
	     "ERROR: tool: client: code = 503 resolution = \"name some\"\n",
	     1},
	    {"silent", "", "", "ERROR: tool: No such file or directory\n", 1},
	    {"-j json", "", ENVELOPE("42", "\"1 host had errors\""),
	     "ERROR: tool: json failed: 1 host had errors\n", 1},
	    {"-j -f good", "", ENVELOPE("null", "\"no setup\""), "ERROR: tool: no setup\n", 1},
	    {"-j nope", "",
	     ENVELOPE(
		 "null",
		 "\"Unknown command `nope'. Please specify one command of: ask, bad, good, json or "
		 "silent\""),
	     "ERROR: tool: Unknown command `nope'. Please specify one command of: ask, bad, good, "
	     "json or silent\n",
	     1},
	    {"ask", "yes\n", "sure? (yes/no): done\n", "", 0},
	    {"ask", "maybe\nyes\n", "sure? (yes/no): sure? (yes/no): done\n", "", 0},
	    {"ask", "no\n", "sure? (yes/no): ", "ERROR: tool: consent not given\n", 1},
	    {"ask", "\n", "sure? (yes/no): ", "ERROR: tool: consent not given\n", 1},
	    {"ask", "", "sure? (yes/no): ", "ERROR: tool: consent not given\n", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result r = run(rows[i].line, rows[i].input);

		assert_string_equal(r.out, rows[i].out);
		assert_string_equal(r.err, rows[i].err);
		assert_true(WIFEXITED(r.status));
		assert_int_equal(WEXITSTATUS(r.status), rows[i].code);
		free(r.out);
		free(r.err);
	}
}

static void
test_a_reader_that_has_gone_ends_it_quietly(void **state)
{
	int   ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[0]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *argv[] = {(char *)"tool", (char *)"good", NULL};

		if (dup2(ends[1], STDOUT_FILENO) < 0)
			_exit(99);
		_exit(cli_main(&app, 2, argv));
	}
	(void)close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_streams_and_exit_codes),
	    cmocka_unit_test(test_a_reader_that_has_gone_ends_it_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
