#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "system/member.h"

static void
transitions_are_those_of_the_table(void **state)
{
	char  path[512], line[256];
	FILE *file;
	int   rows = 0;

	(void)snprintf(path, sizeof(path), "%s/member-transitions.tsv", getenv("TEST_DATA_DIR"));
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file)); /* head */
	while (fgets(line, sizeof(line), file) != NULL) {
		char *save = NULL, *from = strtok_r(line, "\t\n", &save);
		char *to = strtok_r(NULL, "\t\n", &save), *verdict = strtok_r(NULL, "\t\n", &save);
		enum sys_member_state a, b;
		bool                  legal = str_eq(verdict, "legal");

		assert_int_equal(sys_member_state_parse(from, &a), 0);
		assert_int_equal(sys_member_state_parse(to, &b), 0);
		if (sys_member_may_change(a, b) != legal)
			fail_msg("%s -> %s should be %s", from, to, verdict);
		rows++;
	}
	(void)fclose(file);
	assert_int_equal(rows, 12 * 12);
}

static void
names_and_bits(void **state)
{
	static const struct {
		unsigned    bit;
		const char *name;
	} cases[] = {
	    {0x0, "unknown"},        {0x1, "awaitformat"},     {0x2, "starting"},
	    {0x4, "ready"},          {0x8, "joined"},          {0x10, "stopping"},
	    {0x20, "stopped"},       {0x40, "excluded"},       {0x80, "errored"},
	    {0x100, "unresponsive"}, {0x200, "adminexcluded"}, {0x400, "checkerstarted"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum sys_member_state s;

		assert_string_equal(sys_member_state_name((enum sys_member_state)cases[i].bit),
				    cases[i].name);
		assert_int_equal(sys_member_state_parse(cases[i].name, &s), 0);
		assert_int_equal(s, cases[i].bit);
	}
	assert_null(sys_member_state_name((enum sys_member_state)3));
	assert_null(sys_member_state_name((enum sys_member_state)0x800));
	assert_false(sys_member_may_change(SYS_MEMBER_JOINED, (enum sys_member_state)3));
	assert_false(sys_member_may_change((enum sys_member_state)3, SYS_MEMBER_JOINED));
}

static void
copies_are_equal_and_independent(void **state)
{
	char             *uris[] = {(char *)"ofi+tcp://10.0.1.1:1", (char *)"ofi+tcp://10.0.2.1:1"};
	uint32_t          ctxs[] = {4, 5};
	struct sys_member m      = {.rank              = 7,
				    .addr              = "10.0.0.1:10001",
				    .state             = SYS_MEMBER_JOINED,
				    .info              = (char *)"",
				    .uri               = (char *)"ofi+tcp://10.0.0.1:1",
				    .nctxs             = 3,
				    .secondary_uris    = uris,
				    .secondary_nctxs   = ctxs,
				    .n_secondary_uris  = 2,
				    .n_secondary_nctxs = 2,
				    .fault_domain      = (char *)"/a"};
	struct sys_member a, b;

	uuid_new(&m.uuid);
	assert_int_equal(sys_member_dup(&m, &a), 0);
	assert_int_equal(sys_member_dup(&a, &b), 0);
	assert_true(sys_member_equal(&a, &m));
	b.secondary_uris[1][0] = 'x';
	assert_false(sys_member_equal(&a, &b));
	b.secondary_uris[1][0] = 'o';
	assert_true(sys_member_equal(&a, &b));
	b.secondary_nctxs[0] = 9;
	assert_false(sys_member_equal(&a, &b));
	sys_member_fini(&a);
	sys_member_fini(&b);
	sys_member_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(transitions_are_those_of_the_table),
	    cmocka_unit_test(names_and_bits),
	    cmocka_unit_test(copies_are_equal_and_independent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
