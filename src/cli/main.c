/*
 * The frame of a program: parse, set up, run, report, and the exit code.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cli/cli_private.h"
#include "cli/json.h"
#include "common/log.h"

#define DEFAULT_WIDTH 80

static unsigned
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return DEFAULT_WIDTH;
	return size.ws_col;
}

/* Writes text and, when it lacks one, a newline. Failures show when the stream is flushed at the
 * end. */
static void
put_line(FILE *f, const char *prefix, const char *text)
{
	size_t len = strlen(text);

	(void)fputs(prefix, f);
	(void)fputs(text, f);
	if (len == 0 || text[len - 1] != '\n')
		(void)fputc('\n', f);
}

void
cli_print(const struct cli_call *call, const char *text)
{
	if (!call->json)
		put_line(stdout, "", text);
}

/*
 * Through the log, so that a log file gets it too. What was printed before must be seen before. The
 * log ends each message with one newline; a text that ends in an empty line keeps it on the
 * terminal.
 */
static void
put_stderr(enum log_level level, const char *text)
{
	(void)fflush(stdout);
	log_at(level, "%s", text);
	if (str_ends(text, "\n\n"))
		(void)fputc('\n', stderr);
}

void
cli_print_error(const char *text)
{
	put_stderr(LOG_LEVEL_ERROR, text);
}

void
cli_print_notice(const char *text)
{
	put_stderr(LOG_LEVEL_NOTICE, text);
}

void
cli_print_envelope(struct cli_call *call, cli_json_fn write, const void *data,
		   const struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	if (!call->json || call->wrote_json)
		return;
	call->wrote_json = true;
	cli_json_envelope(write, data, e, &out);
	if (strbuf_error(&out) != 0)
		cli_print_error("out of memory: the JSON output is lost");
	else
		(void)fwrite(out.s, 1, out.len, stdout);
}

static void
report(const struct cli_app *app, const struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s%s", app->error_prefix, e->text ? e->text : "out of memory");
	cli_print_error(strbuf_str(&line));
	if (e->resolution != NULL) {
		strbuf_reset(&line);
		strbuf_addf(&line, "%s%s", app->error_prefix, e->resolution);
		cli_print_error(strbuf_str(&line));
	}
}

static int
run_command(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct cli_app *app = call->app;
	int                   r   = 0;

	if (app->setup != NULL)
		r = app->setup(call, args, e);
	if (r == 0)
		r = call->command->run(call, args, e);
	if (app->teardown != NULL)
		app->teardown(call);
	return r;
}

/*
 * Results that cannot be written are an error. A reader that has gone (`dmg … | head`) ends the program as quietly as
 * it ends others.
 */
static int
finish_output(const struct cli_app *app, int r)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return r;
	if (errno == EPIPE) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)raise(SIGPIPE);
	}
	(void)fprintf(stderr, "ERROR: %sunable to write the output: %s\n", app->error_prefix,
		      strerror(errno));
	return -EIO;
}

int
cli_main(const struct cli_app *app, int argc, char *const *argv)
{
	_cleanup_(strbuf_fini) struct strbuf help = STRBUF_INIT;
	struct cli_call                      call;
	struct cli_error                     e    = {0};
	enum cli_parsed                      how  = CLI_PARSED_RUN;
	void                                *args = NULL;
	int                                  r;

	/* A peer that hangs up must be an error of the write to it, not the end of the process. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (!str_empty(getenv("GO_FLAGS_COMPLETION"))) {
		cli_complete(app, argc, argv, &help);
		return fputs(strbuf_str(&help), stdout) < 0 || fflush(stdout) != 0;
	}
	r = cli_parse(app, argc, argv, terminal_width(), &call, &args, &how, &help, &e);
	if (r == 0 && how == CLI_PARSED_HELP) {
		put_line(stdout, "", strbuf_str(&help));
	} else {
		if (r == 0) {
			r = run_command(&call, args, &e);
			cli_args_free(call.command, args);
		}
		if (r != 0 && !e.set)
			(void)cli_error_set(&e, r, "%s", strerror(-r));
		cli_print_envelope(&call, NULL, NULL, &e);
		if (r != 0)
			report(app, &e);
	}
	r = finish_output(app, r);
	cli_error_fini(&e);
	cli_call_fini(&call);
	return r == 0 ? 0 : 1;
}

int
cli_confirm(const char *question, struct cli_error *e)
{
	char answer[16];

	for (;;) {
		(void)printf("%s (yes/no): ", question);
		(void)fflush(stdout);
		if (fgets(answer, sizeof(answer), stdin) == NULL)
			break;
		answer[strcspn(answer, "\n")] = '\0';
		if (str_eq(answer, "yes"))
			return 0;
		if (str_eq(answer, "no") || answer[0] == '\0')
			break;
	}
	return cli_error_set(e, -ECANCELED, "consent not given");
}
