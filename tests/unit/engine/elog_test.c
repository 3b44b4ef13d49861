/* What a mask lets through, the form of a line, rotation. */
#include "engine/elog.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"

static char dir[64], path[80];

static int
set_up(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/elog-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	return 0;
}

static int
tear_down(void **state)
{
	eng_log_close();
	return fs_remove_tree(dir);
}

static void
open_log(const char *mask, const char *streams, uint64_t max_bytes)
{
	assert_int_equal(eng_log_open(&(struct eng_log_opts){.file      = path,
							     .truncate  = true,
							     .mask      = mask,
							     .streams   = streams,
							     .max_bytes = max_bytes},
				      NULL),
			 0);
}

static void
test_masks(void **state)
{
	static const struct {
		const char            *mask, *streams;
		enum eng_log_subsystem sub;
		enum eng_log_level     level;
		unsigned               stream;
		bool                   wanted;
	} cases[] = {
	    {NULL, NULL, ENG_SUB_mgmt, ENG_LOG_INFO, 0, true},
	    {NULL, NULL, ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_IO, false},
	    {"ERR", NULL, ENG_SUB_mgmt, ENG_LOG_WARN, 0, false},
	    {"ERR", NULL, ENG_SUB_mgmt, ENG_LOG_ERROR, 0, true},
	    {"err,MGMT=Info", NULL, ENG_SUB_mgmt, ENG_LOG_INFO, 0, true},
	    {"err,MGMT=Info", NULL, ENG_SUB_server, ENG_LOG_INFO, 0, false},
	    {"mgmt=debug", NULL, ENG_SUB_server, ENG_LOG_INFO, 0,
	     true}, /* the rest keeps the default */
	    {"all=crit", NULL, ENG_SUB_drpc, ENG_LOG_ERROR, 0, false},
	    {"EMIT", NULL, ENG_SUB_drpc, ENG_LOG_EMRG, 0, false},
	    {"DEBUG", NULL, ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_MGMT,
	     false}, /* not in group_default */
	    {"DEBUG", NULL, ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_IO, true},
	    {"DEBUG", "mgmt,net", ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_MGMT, true},
	    {"DEBUG", "mgmt,net", ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_IO, false},
	    {"DEBUG", "group_metadata", ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_MGMT, true},
	    {"DEBUG", "all", ENG_SUB_mgmt, ENG_LOG_DEBUG, ENG_STREAM_TEST, true},
	    {"no mask at all", NULL, ENG_SUB_mgmt, ENG_LOG_INFO, 0,
	     true}, /* ignored, and said so */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		open_log(cases[i].mask, cases[i].streams, 0);
		if (eng_log_wanted(cases[i].sub, cases[i].level, cases[i].stream) !=
		    cases[i].wanted)
			fail_msg("case %zu (%s)", i, cases[i].mask);
	}
}

static void
test_changes_are_all_or_nothing(void **state)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;
	struct fault                         f    = FAULT_INIT;

	open_log("WARN", NULL, 0);
	assert_int_equal(eng_log_set_masks("DEBUG,nosuch=ERR", NULL, &f), -EINVAL);
	assert_non_null(strstr(f.description, "nosuch"));
	assert_int_equal(eng_log_set_masks("DEBUG,mgmt=LOUD", NULL, &f), -EINVAL);
	assert_non_null(strstr(f.description, "LOUD"));
	assert_int_equal(eng_log_set_masks("DEBUG", "nosuch", &f), -EINVAL);
	eng_log_get_masks(&text);
	assert_string_equal(strbuf_str(&text), "WARN");
	assert_int_equal(eng_log_set_masks("INFO,bio=DEBUG,mgmt=ERROR", NULL, &f), 0);
	strbuf_reset(&text);
	eng_log_get_masks(&text);
	assert_string_equal(strbuf_str(&text), "INFO,mgmt=ERR,bio=DBUG");
	assert_int_equal(eng_log_set_masks("", NULL, &f), 0); /* no change */
	assert_true(eng_log_wanted(ENG_SUB_bio, ENG_LOG_DEBUG, ENG_STREAM_IO));
}

static void
test_line(void **state)
{
	_cleanup_(freep) char *log = NULL;
	regex_t                re;

	open_log("INFO", NULL, 0);
	eng_log(mgmt, INFO, "text %d", 7);
	eng_log(mgmt, NOTE, "more");
	eng_debug(mgmt, IO, "not this");
	assert_int_equal(fs_read_file(path, 4096, &log, NULL), 0);
	assert_int_equal(
	    regcomp(&re,
		    "^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}\\.[0-9]{6} [^ ]+ "
		    "DAOS\\[[0-9]+/[0-9]+/0\\] mgmt INFO "
		    "[^ ]*elog_test\\.c:[0-9]+ test_line\\(\\) text 7\n[^\n]* NOTE [^\n]*more\n$",
		    REG_EXTENDED | REG_NOSUB),
	    0);
	assert_int_equal(regexec(&re, log, 0, NULL, 0), 0);
	regfree(&re);
}

static void
test_rotation(void **state)
{
	_cleanup_(freep) char *log = NULL, *old = NULL;
	char                   old_path[96];
	size_t                 len;

	open_log("INFO", NULL, 1000);
	for (int i = 0; i < 20; i++)
		eng_log(server, INFO, "line %d", i);
	(void)snprintf(old_path, sizeof(old_path), "%s.old", path);
	assert_int_equal(fs_read_file(path, 4096, &log, &len), 0);
	assert_true(len <= 1000);
	assert_int_equal(fs_read_file(old_path, 4096, &old, &len), 0);
	assert_true(len <= 1000);
	assert_non_null(strstr(log, "line 19"));
	assert_null(strstr(old, "line 19"));
}

static void
test_unusable_file(void **state)
{
	struct fault f = FAULT_INIT;

	assert_int_equal(eng_log_open(&(struct eng_log_opts){.file = "/proc/no/such"}, &f),
			 -ENOENT);
	assert_non_null(strstr(f.description, "/proc/no/such"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_masks, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_changes_are_all_or_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_line, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_rotation, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_unusable_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
