/* Child processes: output lines, exit causes, exec errors, clean environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "loop/loop.h"

struct seen {
	struct loop	*loop;
	struct strbuf	 out, err;
	struct loop_exit exit;
	int		 exits;
};

static void
on_line(struct loop_child *c, bool is_stderr, const char *line, void *arg)
{
	struct seen *s = arg;

	strbuf_addf(is_stderr ? &s->err : &s->out, "%s|", line);
}

static void
on_exit_cb(struct loop_child *c, const struct loop_exit *e, void *arg)
{
	struct seen *s = arg;

	s->exit = *e;
	s->exits++;
	loop_stop(s->loop);
}

static void
run_shell(const char *script, char *const *envp, struct seen *s)
{
	char		      *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	char		      *none[] = {NULL};
	struct loop_child_opts o = {.path = "/bin/sh", .argv = argv, .envp = envp ? envp : none,
				    .die_with_parent = true, .on_line = on_line,
				    .on_exit = on_exit_cb, .arg = s};
	struct loop_child     *c = NULL;

	assert_int_equal(loop_new(&s->loop), 0);
	assert_int_equal(loop_child_start(s->loop, &o, &c), 0);
	loop_run(s->loop);
	assert_int_equal(s->exits, 1);
	assert_int_equal(loop_child_kill(c, SIGTERM), -ESRCH);
	loop_child_free(c);
	loop_free(s->loop);
}

static void
test_output_is_split_into_lines_before_exit(void **state)
{
	struct seen s = {0};
	char	    buf[64];

	run_shell("echo one; echo two >&2; printf three; exit 3", NULL, &s);
	assert_string_equal(s.out.s, "one|three|");
	assert_string_equal(s.err.s, "two|");
	assert_string_equal(loop_exit_format(&s.exit, buf, sizeof(buf)), "exit status 3");
	strbuf_fini(&s.out);
	strbuf_fini(&s.err);
}

static void
test_signal_is_reported(void **state)
{
	struct seen s = {0};
	char	    buf[64];

	run_shell("kill -9 $$", NULL, &s);
	assert_int_equal(s.exit.signum, SIGKILL);
	assert_string_equal(loop_exit_format(&s.exit, buf, sizeof(buf)), "signal: killed");
}

static void
test_environment_is_exactly_as_given(void **state)
{
	struct seen s	   = {0};
	char	   *envp[] = {(char *)"ONLY=this", NULL};

	run_shell("echo \"$ONLY,$HOME\"", envp, &s);
	assert_string_equal(s.out.s, "this,|");
	strbuf_fini(&s.out);
}

/* A grandchild that keeps the pipe open must not delay the exit report for ever. */
static void
test_exit_does_not_wait_for_grandchildren(void **state)
{
	struct seen s = {0};

	run_shell("sleep 30 & echo $!; exit 0", NULL, &s);
	assert_int_equal(s.exit.code, 0);
	(void)kill((pid_t)strtol(s.out.s, NULL, 10), SIGKILL);
	strbuf_fini(&s.out);
}

static void
test_exec_errors_come_back_from_start(void **state)
{
	char		      *argv[] = {(char *)"x", NULL}, *envp[] = {NULL};
	struct loop_child_opts o = {.path = "/nonexistent/x", .argv = argv, .envp = envp};
	struct loop_child     *c = NULL;
	struct loop	      *l;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(loop_child_start(l, &o, &c), -ENOENT);
	o.path = "/etc/passwd";
	assert_int_equal(loop_child_start(l, &o, &c), -EACCES);
	assert_null(c);
	loop_free(l);
}

static void
test_free_kills_and_reaps(void **state)
{
	char		      *argv[] = {(char *)"sleep", (char *)"60", NULL}, *envp[] = {NULL};
	struct loop_child_opts o = {.path = "/bin/sleep", .argv = argv, .envp = envp};
	struct loop_child     *c = NULL;
	struct loop	      *l;
	pid_t		       pid;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(loop_child_start(l, &o, &c), 0);
	pid = loop_child_pid(c);
	loop_child_free(c);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output_is_split_into_lines_before_exit),
	    cmocka_unit_test(test_signal_is_reported),
	    cmocka_unit_test(test_environment_is_exactly_as_given),
	    cmocka_unit_test(test_exit_does_not_wait_for_grandchildren),
	    cmocka_unit_test(test_exec_errors_come_back_from_start),
	    cmocka_unit_test(test_free_kills_and_reaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
