/* Files, limits and rules beyond those of the case tables. */
#include "common/acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
test_read_file(void **state)
{
	char         dir[] = "/tmp/acl_test_XXXXXX", path[64];
	struct acl   acl   = {0};
	struct fault f     = FAULT_INIT;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/acl", dir);
	assert_int_equal(acl_read_file(path, &acl, &f), -ENOENT);
	assert_non_null(strstr(f.description, path));

	write_file(path, "# only a comment\n\n");
	assert_int_equal(acl_read_file(path, &acl, &f), -EINVAL);
	assert_non_null(strstr(f.description, "contains no entries"));
	assert_int_equal(acl.entries.n, 0);

	write_file(path, "# owner\n A::OWNER@:rw \n");
	assert_int_equal(acl_read_file(path, &acl, &f), 0);
	assert_int_equal(acl.entries.n, 1);
	assert_string_equal(acl.entries.v[0], "A::OWNER@:rw");
	acl_fini(&acl);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_entries_of_the_engine(void **state)
{
	static const struct {
		const char *text;
		const char *canonical; /* NULL: refused */
		enum ace_class class;
	} cases[] = {
	    {"A::OWNER@:owr", "A::OWNER@:rwo", ACE_CLASS_OWNER},
	    {"LUA:PFSG:GROUP@:oAaTtdcwr", "AUL:GSFP:GROUP@:rwcdtTaAo", ACE_CLASS_OWNER_GROUP},
	    {"A::EVERYONE@:", "A::EVERYONE@:", ACE_CLASS_EVERYONE},
	    {"A:G:x@y:r", "A:G:x@y:r", ACE_CLASS_GROUP},
	    {"A::group@:r", "A::group@:r", ACE_CLASS_USER},
	    {"A::GROUP@:r", NULL, _ACE_CLASS_MAX},
	    {"AL::u@:r", NULL, _ACE_CLASS_MAX},
	    {"A::u@:R", NULL, _ACE_CLASS_MAX},
	    {"", NULL, _ACE_CLASS_MAX},
	    {":::", NULL, _ACE_CLASS_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ace   ace = {0};
		struct fault f   = FAULT_INIT;
		char        *text;

		assert_int_equal(ace_parse(cases[i].text, &ace, &f),
				 cases[i].canonical != NULL ? 0 : -EINVAL);
		assert_int_equal(f.set, cases[i].canonical == NULL);
		if (cases[i].canonical == NULL)
			continue;
		text = ace_format(&ace);
		assert_string_equal(text, cases[i].canonical);
		assert_int_equal(ace_class(&ace), cases[i].class);
		free(text);
	}
}

static void
test_longest_entry(void **state)
{
	struct ace    ace;
	struct strbuf text = STRBUF_INIT;

	strbuf_add(&text, "A::");
	strbuf_pad(&text, 'x', ACL_PRINCIPAL_MAX - 1);
	strbuf_add(&text, "@:r");
	assert_int_equal(ace_parse(strbuf_str(&text), &ace, NULL), 0);
	strbuf_pad(&text, 'r', ACL_ENTRY_MAX - text.len);
	assert_int_equal(ace_parse(strbuf_str(&text), &ace, NULL), 0);
	strbuf_add(&text, "r");
	assert_int_equal(ace_parse(strbuf_str(&text), &ace, NULL), -EINVAL);
	strbuf_fini(&text);
}

static void
test_unknown_letters_of_several_bytes(void **state)
{
	char *text = acl_entry_verbose("\xc3\xa9"
				       "A::u@:\xc3\xa9r");

	assert_string_equal(text, "Unknown/Allow::u@:Unknown/Read");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read_file),
	    cmocka_unit_test(test_entries_of_the_engine),
	    cmocka_unit_test(test_longest_entry),
	    cmocka_unit_test(test_unknown_letters_of_several_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
