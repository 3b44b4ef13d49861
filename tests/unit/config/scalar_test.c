/* YAML 1.1 scalars as the decoder of DAOS 2.8 reads them. */
#include "config/scalar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_plain_scalars(void **state)
{
	static const struct {
		const char      *text;
		enum scalar_kind kind;
		int64_t          value;
	} cases[] = {
	    {"", SCALAR_NULL, 0},
	    {"~", SCALAR_NULL, 0},
	    {"NULL", SCALAR_NULL, 0},
	    {"nUll", SCALAR_STRING, 0},
	    {"yes", SCALAR_BOOL, 1},
	    {"y", SCALAR_BOOL, 1},
	    {"Off", SCALAR_BOOL, 0},
	    {"N", SCALAR_BOOL, 0},
	    {"oFF", SCALAR_STRING, 0},
	    {"10", SCALAR_INT, 10},
	    {"+5", SCALAR_INT, 5},
	    {"-7", SCALAR_INT, -7},
	    {"010", SCALAR_INT, 8},
	    {"0x1F", SCALAR_INT, 31},
	    {"0b101", SCALAR_INT, 5},
	    {"0o17", SCALAR_INT, 15},
	    {"1_000", SCALAR_INT, 1000},
	    {"08", SCALAR_FLOAT, 8},
	    {"1.5", SCALAR_FLOAT, 1},
	    {"1e3", SCALAR_FLOAT, 1000},
	    {".5", SCALAR_FLOAT, 0},
	    {"1e", SCALAR_STRING, 0},
	    {"0x", SCALAR_STRING, 0},
	    {"1-2", SCALAR_STRING, 0},
	    {"--1", SCALAR_STRING, 0},
	    {"0x-1", SCALAR_STRING, 0},
	    {"1 2", SCALAR_STRING, 0},
	    {"9223372036854775807", SCALAR_INT, INT64_MAX},
	    {"-9223372036854775808", SCALAR_INT, INT64_MIN},
	    {"9223372036854775808", SCALAR_UINT, 0},
	    {"18446744073709551616", SCALAR_FLOAT, 0},
	    {"2025-05-01", SCALAR_STRING, 0},
	    {"1:30", SCALAR_STRING, 0},
	    {"host", SCALAR_STRING, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scalar s;

		scalar_resolve(cases[i].text, true, &s);
		if (s.kind != cases[i].kind)
			fail_msg("\"%s\" is %s", cases[i].text, scalar_kind_name(s.kind));
		if (s.kind == SCALAR_INT)
			assert_int_equal(s.integer, cases[i].value);
		if (s.kind == SCALAR_BOOL)
			assert_int_equal(s.boolean, cases[i].value);
		if (s.kind == SCALAR_FLOAT && cases[i].value != 0)
			assert_int_equal((int64_t)s.real, cases[i].value);
	}
}

static void
test_quoted_text_is_text(void **state)
{
	struct scalar s;

	scalar_resolve("10", false, &s);
	assert_int_equal(s.kind, SCALAR_STRING);
	scalar_resolve("", false, &s);
	assert_int_equal(s.kind, SCALAR_STRING);
}

static void
test_special_floats(void **state)
{
	struct scalar s;

	scalar_resolve("-.inf", true, &s);
	assert_int_equal(s.kind, SCALAR_FLOAT);
	assert_true(s.real < 0);
	scalar_resolve(".NaN", true, &s);
	assert_int_equal(s.kind, SCALAR_FLOAT);
	assert_true(s.real != s.real);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain_scalars),
	    cmocka_unit_test(test_quoted_text_is_text),
	    cmocka_unit_test(test_special_floats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
