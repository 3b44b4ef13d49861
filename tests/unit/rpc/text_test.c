/* Encodings of gRPC header values: golden texts, round trips, and input that is wrong. */
#include "rpc/text_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_percent(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} cases[] = {
	    {"", ""},
	    {"plain text, \"quoted\" ~", "plain text, \"quoted\" ~"},
	    {"100%", "100%25"},
	    {"a\nb\tc\x7f", "a%0Ab%09c%7F"},
	    {"r\xc3\xa9seau", "r%C3%A9seau"},
	    {"\xe2\x82\xac", "%E2%82%AC"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;
		char         *back;

		rpc_percent_encode(&out, cases[i].plain, 4096);
		assert_string_equal(strbuf_str(&out), cases[i].encoded);
		back = rpc_percent_decode(cases[i].encoded, strlen(cases[i].encoded));
		assert_string_equal(back, cases[i].plain);
		free(back);
		strbuf_fini(&out);
	}
}

static void
test_percent_decoding_leaves_what_it_does_not_understand(void **state)
{
	static const struct {
		const char *encoded, *plain;
	} cases[] = {{"%", "%"},     {"%4", "%4"},           {"%zz", "%zz"},
		     {"%%41", "%A"}, {"%c3%a9", "\xc3\xa9"}, {"a%00b", "a b"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *back = rpc_percent_decode(cases[i].encoded, strlen(cases[i].encoded));

		assert_string_equal(back, cases[i].plain);
		free(back);
	}
}

static void
test_percent_encoding_is_cut_between_characters(void **state)
{
	struct strbuf out = STRBUF_INIT;

	rpc_percent_encode(&out, "ab\xc3\xa9z", 7);
	assert_string_equal(strbuf_str(&out), "ab");
	strbuf_reset(&out);
	rpc_percent_encode(&out, "ab\xc3\xa9z", 8);
	assert_string_equal(strbuf_str(&out), "ab%C3%A9");
	strbuf_fini(&out);
}

static void
test_base64(void **state)
{
	static const struct {
		const char *plain, *unpadded, *padded;
	} cases[] = {
	    {"", "", ""},
	    {"f", "Zg", "Zg=="},
	    {"fo", "Zm8", "Zm8="},
	    {"foo", "Zm9v", "Zm9v"},
	    {"foob", "Zm9vYg", "Zm9vYg=="},
	    {"\xff\xfe\xfd", "//79", "//79"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out     = STRBUF_INIT;
		const char   *texts[] = {cases[i].unpadded, cases[i].padded};

		rpc_base64_encode(&out, cases[i].plain, strlen(cases[i].plain));
		assert_string_equal(strbuf_str(&out), cases[i].unpadded);
		strbuf_fini(&out);
		for (size_t k = 0; k < 2; k++) {
			uint8_t *data;
			size_t   len;

			assert_int_equal(rpc_base64_decode(texts[k], strlen(texts[k]), &data, &len),
					 0);
			assert_int_equal(len, strlen(cases[i].plain));
			assert_memory_equal(data, cases[i].plain, len);
			free(data);
		}
	}
}

static void
test_base64_refuses(void **state)
{
	static const char *const texts[] = {"A",     "AAAAA", "Zm9=v",   "Z m8",
					    "Zg===", "a-_b",  "\xff\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint8_t *data;
		size_t   len;

		assert_int_equal(rpc_base64_decode(texts[i], strlen(texts[i]), &data, &len),
				 -EINVAL);
	}
}

static void
test_timeout_decoding(void **state)
{
	static const struct {
		const char *text;
		int         r;
		uint64_t    ms;
	} cases[] = {
	    {"1H", 0, 3600000},
	    {"2M", 0, 120000},
	    {"3S", 0, 3000},
	    {"4m", 0, 4},
	    {"5u", 0, 1},
	    {"6n", 0, 1},
	    {"1001u", 0, 2},
	    {"0m", 0, 0},
	    {"99999999H", 0, 359999996400000},
	    {"99999999n", 0, 100},
	    {"100000000m", -EINVAL, 0},
	    {"m", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"1", -EINVAL, 0},
	    {"1s", -EINVAL, 0},
	    {"-1S", -EINVAL, 0},
	    {"1.5S", -EINVAL, 0},
	    {" 1S", -EINVAL, 0},
	    {"1S ", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t ms = 0;

		assert_int_equal(rpc_timeout_decode(cases[i].text, strlen(cases[i].text), &ms),
				 cases[i].r);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void
test_timeout_encoding(void **state)
{
	static const struct {
		uint64_t    ms;
		const char *text;
	} cases[] = {
	    {0, "0m"},
	    {1, "1m"},
	    {99999999, "99999999m"},
	    {100000000, "100000S"},
	    {100000001, "100001S"},
	    {UINT64_MAX, "99999999H"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[RPC_TIMEOUT_TEXT_SIZE];

		rpc_timeout_encode(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_percent_decoding_leaves_what_it_does_not_understand),
	    cmocka_unit_test(test_percent_encoding_is_cut_between_characters),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_base64_refuses),
	    cmocka_unit_test(test_timeout_decoding),
	    cmocka_unit_test(test_timeout_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
