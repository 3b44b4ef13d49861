/* Host lists; the grammar itself is covered by the case tables. */
#include "common/hostlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static struct hostlist *
parse(const char *text)
{
	struct hostlist *l = NULL;

	assert_int_equal(hostlist_parse(text, &l, NULL), 0);
	return l;
}

static void
assert_text(struct hostlist *l, const char *want)
{
	_cleanup_(freep) char *text = hostlist_text(l);

	assert_string_equal(text, want);
}

static void
test_order_and_duplicates_stay(void **state)
{
	struct hostlist *l = parse("node3,node[1-2],node1");

	assert_int_equal(hostlist_count(l), 4);
	assert_text(l, "node[3,1-2,1]");
	assert_int_equal(hostlist_push(l, "a,b", NULL), 0);
	assert_text(l, "node[3,1-2,1],a,b");
	l = hostlist_free(l);
}

static void
test_a_failed_push_changes_nothing(void **state)
{
	struct hostlist *l = parse("n1");
	struct fault     f = FAULT_INIT;

	assert_int_equal(hostlist_push(l, "n2,n[5-4]", &f), -EINVAL);
	assert_non_null(strstr(f.description, "5-4"));
	assert_int_equal(hostlist_count(l), 1);
	assert_text(l, "n1");
	l = hostlist_free(l);
}

static void
test_delete_splits_a_range(void **state)
{
	struct hostlist *l       = parse("n[1-5],x");
	size_t           deleted = 0;

	assert_int_equal(hostlist_delete_nth(l, 2), 0);
	assert_text(l, "n[1-2,4-5],x");
	assert_int_equal(hostlist_delete(l, "n[1-9],x", &deleted, NULL), 0);
	assert_int_equal(deleted, 5);
	assert_int_equal(hostlist_count(l), 0);
	assert_int_equal(hostlist_delete(l, "n1", NULL, NULL), -ENOENT);
	l = hostlist_free(l);
}

static void
test_bad_input_is_named(void **state)
{
	static const struct {
		const char *text;
		int         err;
		const char *says;
	} cases[] = {
	    {"n[1-3", -EINVAL, "brackets"},
	    {"[1-3]", -EINVAL, "no host name"},
	    {"n[1-2-3]", -EINVAL, "one '-'"},
	    {"n[a]", -EINVAL, "not a number"},
	    {"n[]", -EINVAL, "not a number"},
	    {"n[0-16385]", -ERANGE, "16385"},
	    {"_x", -EINVAL, "_x"},
	    {"1node", -EINVAL, "1node"},
	    {"n99999999999999999999999", -EINVAL, "too large"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hostlist *l = NULL;
		struct fault     f = FAULT_INIT;

		assert_int_equal(hostlist_parse(cases[i].text, &l, &f), cases[i].err);
		assert_null(l);
		assert_non_null(strstr(f.description, cases[i].says));
	}
}

static void
test_nth_of_padded_ranges(void **state)
{
	struct hostlist *l    = parse("n[008-011].d");
	char            *host = NULL;

	assert_int_equal(hostlist_nth(l, 2, &host), 0);
	assert_string_equal(host, "n010.d");
	free(host);
	assert_int_equal(hostlist_nth(l, 4, &host), -ENOENT);
	l = hostlist_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_and_duplicates_stay),
	    cmocka_unit_test(test_a_failed_push_changes_nothing),
	    cmocka_unit_test(test_delete_splits_a_range),
	    cmocka_unit_test(test_bad_input_is_named),
	    cmocka_unit_test(test_nth_of_padded_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
