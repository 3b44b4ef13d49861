/*
 * Text tables: widths, underlines, missing cells, indentation.
 */
#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_cells_are_padded_and_followed_by_a_blank(void **state)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    cli_table_new((const char *const[]){"Rank", "State"}, 2);
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	cli_table_row(t);
	cli_table_cell(t, 0, "[0-%d]", 2);
	cli_table_cell(t, 1, "Joined");
	cli_table_row(t);
	cli_table_cell(t, 0, "3");
	cli_table_cell(t, 1, "Excluded");
	assert_int_equal(cli_table_print(t, 0, &out), 0);
	assert_string_equal(strbuf_str(&out), "Rank  State    \n"
					      "----  -----    \n"
					      "[0-2] Joined   \n"
					      "3     Excluded \n");
}

static void
test_missing_cells_print_none_and_empty_ones_blank(void **state)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    cli_table_new((const char *const[]){"A", "B", "C"}, 3);
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	cli_table_row(t);
	cli_table_cell(t, 1, "%s", "");
	cli_table_cell(t, 2, "x");
	assert_int_equal(cli_table_print(t, 2, &out), 0);
	assert_string_equal(strbuf_str(&out), "  A    B C \n  -    - - \n  None   x \n");
}

static void
test_width_counts_characters_not_bytes(void **state)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    cli_table_new((const char *const[]){"X"}, 1);
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	cli_table_row(t);
	cli_table_cell(t, 0, "%s", "\xc3\xa4");
	cli_table_row(t);
	cli_table_cell(t, 0, "ab");
	assert_int_equal(cli_table_print(t, 0, &out), 0);
	assert_string_equal(strbuf_str(&out), "X  \n-  \n\xc3\xa4  \nab \n");
}

static void
test_no_rows_leave_titles(void **state)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    cli_table_new((const char *const[]){"X"}, 1);
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	assert_int_equal(cli_table_rows(t), 0);
	assert_int_equal(cli_table_print(t, 0, &out), 0);
	assert_string_equal(strbuf_str(&out), "X \n- \n");
}

static void
test_banner_and_indent(void **state)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	cli_banner("stor-[1-3]", &out);
	cli_indent("a\nb", 2, &out);
	assert_string_equal(strbuf_str(&out), "----------\nstor-[1-3]\n----------\n  a\n  b");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cells_are_padded_and_followed_by_a_blank),
	    cmocka_unit_test(test_missing_cells_print_none_and_empty_ones_blank),
	    cmocka_unit_test(test_width_counts_characters_not_bytes),
	    cmocka_unit_test(test_no_rows_leave_titles),
	    cmocka_unit_test(test_banner_and_indent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
