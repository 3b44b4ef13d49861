/* Lists of properties: what is taken apart, what is protected, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/keyval.h"
#include "common/str.h"

#define KEY_128                                                                                    \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* `key=value|key=value`, or the error. */
static char *
render(const char *text, bool pairs)
{
	struct keyvals kv  = {0};
	struct strbuf  out = STRBUF_INIT;
	struct fault   f   = FAULT_INIT;
	int            r = pairs ? keyvals_parse(text, &kv, &f) : keyvals_parse_keys(text, &kv, &f);

	strbuf_add(&out, r == 0 ? "" : f.description);
	vec_foreach (&kv.list, p)
		strbuf_addf(&out, "%s%s%s%s", p == kv.list.v ? "" : "|", p->key, pairs ? "=" : "",
			    pairs ? p->value : "");
	keyvals_fini(&kv);
	return strbuf_take(&out);
}

static void
test_pairs(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"a:b,c:d", "a=b|c=d"},
	    {"b:d,a:c", "a=c|b=d"},
	    {" a : b , c:d", "a=b|c=d"},
	    {"a:b:c", "a=b:c"},
	    {"a:b,", "a=b"},
	    {"a:b,,c:d", "a=b|c=d"},
	    {"a:\"b:c\",b:'d,e'", "a=\"b:c\"|b='d,e'"},
	    {"\"e,f\":g", "\"e,f\"=g"},
	    {"a:b\\:c,b\\:c:d", "a=b\\:c|b\\:c=d"},
	    {"a:b\\,c", "a=b\\,c"},
	    {"", "empty property"},
	    {"a", "invalid property \"a\" (must be key:val)"},
	    {"a:", "invalid property \"a:\" (must be key:val)"},
	    {":b", "invalid property \":b\" (must be key:val)"},
	    {"a: ", "value must not be empty"},
	    {" :a", "key must not be empty"},
	    {"a:b,a:c", "\"a\": same key was specified more than once"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *got = render(cases[i].text, true);

		assert_string_equal(got, cases[i].want);
	}
}

static void
test_keys(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"a", "a"},
	    {"b,a,b", "a|b"},
	    {"c,c,b,b,a,a,a", "a|b|c"},
	    {"\"a,b\",c", "\"a,b\"|c"},
	    {"a\\:b", "a\\:b"},
	    {"", "key must not be empty"},
	    {" ", "key must not be empty"},
	    {"a:b", "\"a:b\": key cannot contain ':'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *got = render(cases[i].text, false);

		assert_string_equal(got, cases[i].want);
	}
}

static void
test_long_keys(void **state)
{
	struct keyvals kv = {0};
	struct fault   f  = FAULT_INIT;

	assert_int_equal(keyvals_parse(KEY_128 KEY_128 KEY_128 KEY_128 ":v", &kv, &f), -EINVAL);
	assert_non_null(strstr(f.description, "key too long (512 > 511)"));
	assert_int_equal(keyvals_parse(&KEY_128 KEY_128 KEY_128 KEY_128 ":v"[1], &kv, NULL), 0);
	assert_int_equal(kv.list.n, 1);
	keyvals_fini(&kv);
}

static void
test_rules(void **state)
{
	static const char *const         allowed[] = {"a", "b"};
	static const struct keyval_alias old[]     = {{"e", "a"}};
	static const struct keyval_rules rules     = {"settable", allowed, 2, old, 1};
	static const struct {
		const char *text, *error; /* NULL: taken */
	} cases[] = {
	    {"b:1,e:2", NULL},
	    {"c:1", "\"c\" is not a settable property (valid: a,b)"},
	    {"a:1,e:2", "\"a\": same key was specified more than once"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct keyvals kv = {0};
		struct fault   f  = FAULT_INIT;

		assert_int_equal(keyvals_parse(cases[i].text, &kv, &f), 0);
		assert_int_equal(keyvals_restrict(&kv, &rules, &f),
				 cases[i].error == NULL ? 0 : -EINVAL);
		assert_string_equal(f.description, cases[i].error != NULL ? cases[i].error : "");
		if (cases[i].error == NULL)
			assert_string_equal(kv.list.v[0].key, "a");
		keyvals_fini(&kv);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pairs),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_long_keys),
	    cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
