/* Whole-file reads, durable replacement, directory trees. */
#include "common/fs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/str.h"

static char dir[64];

static int
make_dir(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/fs_test.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	return fs_remove_tree(dir);
}

static char *
in_dir(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
test_write_replaces_and_sets_the_mode(void **state)
{
	_cleanup_(freep) char *text = NULL;
	struct stat	       st;
	size_t		       len;

	assert_int_equal(fs_write_atomic(in_dir("f"), "old", 3, 0660), 0);
	assert_int_equal(fs_write_atomic(in_dir("f"), "newer", 5, 0660), 0);
	assert_int_equal(fs_read_file(in_dir("f"), 100, &text, &len), 0);
	assert_int_equal(len, 5);
	assert_string_equal(text, "newer");
	assert_int_equal(stat(in_dir("f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_false(fs_exists(in_dir("f.staging")));
}

static void
test_failed_write_keeps_the_old_file(void **state)
{
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(fs_write_atomic(in_dir("keep"), "old", 3, 0600), 0);
	/* a directory in the way of the staging file */
	assert_int_equal(fs_mkdir_all(in_dir("keep.staging"), 0700), 0);
	assert_int_equal(fs_write_atomic(in_dir("keep"), "new", 3, 0600), -EISDIR);
	assert_int_equal(fs_read_file(in_dir("keep"), 100, &text, NULL), 0);
	assert_string_equal(text, "old");
}

static void
test_read_has_a_limit(void **state)
{
	char *text = NULL;

	assert_int_equal(fs_write_atomic(in_dir("big"), "0123456789", 10, 0600), 0);
	assert_int_equal(fs_read_file(in_dir("big"), 9, &text, NULL), -EFBIG);
	assert_int_equal(fs_read_file(in_dir("none"), 9, &text, NULL), -ENOENT);
	assert_null(text);
}

static void
test_trees_are_made_and_removed(void **state)
{
	assert_int_equal(fs_mkdir_all(in_dir("a/b/c"), 0755), 0);
	assert_int_equal(fs_mkdir_all(in_dir("a/b/c"), 0755), 0);
	assert_int_equal(fs_write_atomic(in_dir("a/b/file"), "x", 1, 0600), 0);
	assert_int_equal(fs_mkdir_all(in_dir("a/b/file/d"), 0755), -ENOTDIR);
	assert_int_equal(symlink("/etc", in_dir("a/b/link")), 0);
	assert_int_equal(fs_remove_tree(in_dir("a")), 0);
	assert_false(fs_exists(in_dir("a")));
	assert_true(fs_exists("/etc/passwd")); /* links are removed, not followed */
	assert_int_equal(fs_remove_tree(in_dir("a")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write_replaces_and_sets_the_mode),
	    cmocka_unit_test(test_failed_write_keeps_the_old_file),
	    cmocka_unit_test(test_read_has_a_limit),
	    cmocka_unit_test(test_trees_are_made_and_removed),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
