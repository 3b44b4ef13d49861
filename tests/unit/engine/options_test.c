/* The command line: short and long names, any order, every refusal. */
#include "engine/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Splits at blanks and parses; texts of both streams are put into `said`. */
static int
parse(const char *line, struct eng_options *o, char *said, size_t size)
{
	static char copy[512];
	char       *argv[40], *save = NULL;
	FILE       *f    = fmemopen(said, size, "w");
	int         argc = 0, r;

	(void)snprintf(copy, sizeof(copy), "daos_engine %s", line);
	for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		argv[argc++] = p;
	argv[argc] = NULL;
	said[0]    = '\0';
	r          = eng_options_parse(argc, argv, f, f, o);
	fclose(f);
	return r;
}

static void
test_as_the_server_starts_it(void **state)
{
	struct eng_options o;
	char               said[4096];

	assert_int_equal(parse("-t 8 -x 2 -f 1 -g sys -d /run/d -T 2 -n /mnt/daos0/daos_nvme.conf "
			       "-b -I 1 -r 4096 -H 2 "
			       "-s /mnt/daos0",
			       &o, said, sizeof(said)),
			 0);
	assert_int_equal(o.targets, 8);
	assert_int_equal(o.helpers, 2);
	assert_int_equal(o.first_core, 1);
	assert_string_equal(o.group, "sys");
	assert_string_equal(o.socket_dir, "/run/d");
	assert_int_equal(o.storage_tiers, 2);
	assert_string_equal(o.nvme_conf, "/mnt/daos0/daos_nvme.conf");
	assert_true(o.bypass_health_check);
	assert_int_equal(o.instance, 1);
	assert_int_equal(o.mem_size_mib, 4096);
	assert_int_equal(o.hugepage_size_mib, 2);
	assert_string_equal(o.storage, "/mnt/daos0");
	assert_int_equal(o.numa_node, -1);
	assert_false(o.check_mode);
	assert_string_equal(said, "");
}

static void
test_long_names_in_another_order(void **state)
{
	struct eng_options o;
	char               said[4096];

	assert_int_equal(
	    parse("--storage=/s --check --mem_size 1 --instance_idx=3 --hugepage_size=1024 "
		  "--pinned_numa_node=0 --targets 0x4 --xshelpernr=1 --group=g --socket_dir=/d "
		  "--nvme=/n "
		  "--storage_tiers=4 --bypass_health_chk --firstcore=0",
		  &o, said, sizeof(said)),
	    0);
	assert_string_equal(o.storage, "/s");
	assert_true(o.check_mode);
	assert_int_equal(o.instance, 3);
	assert_int_equal(o.numa_node, 0);
	assert_int_equal(o.targets, 4);
	assert_int_equal(o.storage_tiers, 4);
	assert_non_null(strstr(o.modules, ",chk"));
}

static void
test_defaults(void **state)
{
	struct eng_options o;
	char               said[4096];

	assert_int_equal(parse("", &o, said, sizeof(said)), 0);
	assert_string_equal(o.group, "daos_server");
	assert_string_equal(o.socket_dir, "/var/run/daos_server");
	assert_string_equal(o.storage, "/mnt/daos");
	assert_null(o.nvme_conf);
	assert_int_equal(o.storage_tiers, 2);
	assert_true(o.targets >= 1);
}

static void
test_notices(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
	    {"-c 4", "deprecated"},
	    {"-t 2 -x 9", "reduced to 4"},
	    {"-C -m vos", "ignored in check mode"},
	    {"-m vos -C", "ignored in check mode"},
	};
	struct eng_options o;
	char               said[4096];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].line, &o, said, sizeof(said)), 0);
		assert_non_null(strstr(said, cases[i].says));
	}
	assert_int_equal(parse("-c 4", &o, said, sizeof(said)), 0);
	assert_int_equal(o.targets, 4);
	assert_int_equal(parse("-h", &o, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "--socket_dir=DIR"));
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
	    {"-S 1,2", "unknown option -S"},
	    {"--nosuch", "unknown option --nosuch"},
	    {"-t", "needs a value"},
	    {"-t x", "\"x\" is not a number"},
	    {"-t -1", "is not a number"},
	    {"-x 4294967296", "is not a number"},
	    {"-t 0", "0 targets"},
	    {"-t 1025", "1025 targets"},
	    {"-T 0", "0 tiers"},
	    {"-T 5", "5 tiers"},
	    {"-g sixteen_bytes_xx", "1 to 15 bytes"},
	    {"-p 1 -f 1", "exclude each other"},
	    {"-m aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	     "longer than 64"},
	    {"-t 1 extra", "unexpected argument extra"},
	};
	struct eng_options o;
	char               said[4096];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = parse(cases[i].line, &o, said, sizeof(said));

		if (r != -EINVAL || strstr(said, cases[i].says) == NULL)
			fail_msg("%s: returned %d, said %s", cases[i].line, r, said);
	}
	assert_int_equal(parse("-g fifteen_bytes_x -p 1 -f 0", &o, said, sizeof(said)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_the_server_starts_it),
	    cmocka_unit_test(test_long_names_in_another_order),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_notices),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
