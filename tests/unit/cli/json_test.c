/*
 * JSON writer: layout, escapes, numbers, the envelope.
 */
#include "cli/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
write_sample(struct cli_json *j, const void *data)
{
	static const char *const names[] = {"a", "b"};

	cli_json_object(j);
	cli_json_key(j, "empty");
	cli_json_object(j);
	cli_json_object_end(j);
	cli_json_key(j, "list");
	cli_json_array(j);
	cli_json_u64(j, UINT64_MAX);
	cli_json_i64(j, -5);
	cli_json_object(j);
	cli_json_set_bool(j, "ok", true);
	cli_json_set_null(j, "none");
	cli_json_object_end(j);
	cli_json_array_end(j);
	cli_json_key(j, "no_list");
	cli_json_array(j);
	cli_json_array_end(j);
	cli_json_set_strings(j, "names", names, 2);
	cli_json_set_strings(j, "no_names", NULL, 0);
	cli_json_set_string(j, "text", data);
	cli_json_object_end(j);
}

static void
test_layout(void **state)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	cli_json_envelope(write_sample, "x", NULL, &out);
	assert_string_equal(strbuf_str(&out), "{\n"
					      "  \"response\": {\n"
					      "    \"empty\": {},\n"
					      "    \"list\": [\n"
					      "      18446744073709551615,\n"
					      "      -5,\n"
					      "      {\n"
					      "        \"ok\": true,\n"
					      "        \"none\": null\n"
					      "      }\n"
					      "    ],\n"
					      "    \"no_list\": [],\n"
					      "    \"names\": [\n"
					      "      \"a\",\n"
					      "      \"b\"\n"
					      "    ],\n"
					      "    \"no_names\": null,\n"
					      "    \"text\": \"x\"\n"
					      "  },\n"
					      "  \"error\": null,\n"
					      "  \"status\": 0\n"
					      "}\n");
}

static void
test_envelope_of_an_error(void **state)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	struct cli_error                     e   = {0};

	(void)cli_error_set(&e, -EINVAL, "the required argument `<pool label>` was not provided");
	cli_json_envelope(NULL, NULL, &e, &out);
	assert_string_equal(strbuf_str(&out),
			    "{\n  \"response\": null,\n  \"error\": \"the required argument "
			    "`\\u003cpool label\\u003e` was not "
			    "provided\",\n  \"status\": -1025\n}\n");
	strbuf_reset(&out);
	e.daos_status = -1005;
	cli_json_envelope(NULL, NULL, &e, &out);
	assert_non_null(strstr(strbuf_str(&out), "\"status\": -1005\n"));
	cli_error_fini(&e);
}

static void
test_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"", "\"\""},
	    {"a\"b\\c", "\"a\\\"b\\\\c\""},
	    {"\n\r\t\x01\x1f", "\"\\n\\r\\t\\u0001\\u001f\""},
	    {"<a>&", "\"\\u003ca\\u003e\\u0026\""},
	    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\""},
	    {"\xff\xc0\xaf", "\"\\ufffd\\ufffd\\ufffd\""},
	    {"\xe2\x82", "\"\\ufffd\\ufffd\""},
	    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
	    {"\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\""},
	    {NULL, "null"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
		struct cli_json                      j;

		cli_json_init(&j, &out);
		cli_json_string(&j, rows[i].in);
		assert_string_equal(strbuf_str(&out), rows[i].out);
	}
}

static void
test_floats(void **state)
{
	static const struct {
		float       in;
		const char *out;
	} rows[] = {
	    {0, "0"},
	    {1, "1"},
	    {16e9F, "16000000000"},
	    {0.1F, "0.1"},
	    {-2.5F, "-2.5"},
	    {1e21F, "1e+21"},
	    {123456.78F, "123456.78"},
	    {0.000001F, "0.000001"},
	    {1e-7F, "1e-07"},
	    {3.4028235e38F, "3.4028235e+38"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
		struct cli_json                      j;

		cli_json_init(&j, &out);
		cli_json_float(&j, rows[i].in);
		assert_string_equal(strbuf_str(&out), rows[i].out);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_envelope_of_an_error),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_floats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
