/* Log lines: forms per sink, levels, reconfiguration. */
#include "common/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"

static char path[64];

static int
make_path(void **state)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/log_test.XXXXXX");
	fd = mkstemp(path);
	return fd >= 0 ? close(fd) : -1;
}

static int
remove_path(void **state)
{
	log_close();
	return unlink(path);
}

static char *
log_to_file(const struct log_opts *extra, void (*write_lines)(void))
{
	struct log_opts o    = *extra;
	char	       *text = NULL;

	assert_int_equal(truncate(path, 0), 0);
	o.file = path;
	assert_int_equal(log_configure(&o), 0);
	write_lines();
	assert_int_equal(fs_read_file(path, 1 << 20, &text, NULL), 0);
	return text;
}

static void
one_of_each(void)
{
	log_error("an %s", "error");
	log_notice("a notice");
	log_info("an info\n");
	log_debug("a debug");
}

static void
test_file_lines_have_host_level_and_time(void **state)
{
	_cleanup_(freep) char *text = log_to_file(&(struct log_opts){.level = LOG_LEVEL_INFO}, one_of_each);
	char		       host[64] = {0}, expect[128];

	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	(void)snprintf(expect, sizeof(expect), "%s ERROR ", host);
	assert_true(str_starts(text, expect));
	assert_non_null(strstr(text, " an error\n"));
	assert_non_null(strstr(text, "NOTICE "));
	assert_non_null(strstr(text, " an info\n"));
	assert_null(strstr(text, "a debug"));
}

static void
quotes(void)
{
	log_info("say \"hi\"\tto\\me");
}

static void
test_json_lines_are_escaped(void **state)
{
	_cleanup_(freep) char *text =
	    log_to_file(&(struct log_opts){.level = LOG_LEVEL_INFO, .json = true}, quotes);

	assert_non_null(strstr(text, "\"msg\":\"say \\\"hi\\\"\\u0009to\\\\me\"}\n"));
	assert_non_null(strstr(text, "\"level\":\"INFO\""));
}

static void
test_unusable_file_keeps_the_old_settings(void **state)
{
	assert_int_equal(log_configure(&(struct log_opts){.level = LOG_LEVEL_ERROR}), 0);
	assert_int_equal(
	    log_configure(&(struct log_opts){.level = LOG_LEVEL_TRACE, .file = "/nonexistent/x"}), -ENOENT);
	assert_int_equal(log_get_level(), LOG_LEVEL_ERROR);
}

static void
test_level_names(void **state)
{
	enum log_level level;

	assert_int_equal(log_level_parse("Notice", &level), 0);
	assert_int_equal(level, LOG_LEVEL_NOTICE);
	assert_int_equal(log_level_parse("WARN", &level), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file_lines_have_host_level_and_time),
	    cmocka_unit_test(test_json_lines_are_escaped),
	    cmocka_unit_test(test_unusable_file_keeps_the_old_settings),
	    cmocka_unit_test(test_level_names),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
