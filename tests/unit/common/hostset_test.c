/* Host sets: what the case tables cannot show, and sizes of real systems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/hostlist.h"
#include "common/str.h"

static struct hostset *
parse(const char *text)
{
	struct hostset *s = NULL;

	assert_int_equal(hostset_parse(text, &s, NULL), 0);
	return s;
}

static void
test_folding(void **state)
{
	static const struct {
		const char *in, *out;
		size_t      count;
	} cases[] = {
	    {"d,d1", "d,d1", 2}, /* upstream prints d[] */
	    {"n[1-200],n010", "n[1-200,010]", 201},
	    {"n[1-120],n[050-150]", "n[1-99,050-150]", 200}, /* the same hosts are counted once */
	    {"n9,n10,n11", "n[9-11]", 3},
	    {"n[99-101],n[1-98]", "n[1-101]", 101},
	    {"n01,n1,n001", "n[1,01,001]", 3},
	    {"b,a,b", "a,b", 2},
	    {"n2:1,n1:1,n1", "n1,n[1-2]:1", 3},
	    {"", "", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hostset        *s    = parse(cases[i].in);
		_cleanup_(freep) char *text = hostset_text(s);

		assert_string_equal(text, cases[i].out);
		assert_int_equal(hostset_count(s), cases[i].count);
		s = hostset_free(s);
	}
}

/* A folded set read back is the same set. */
static void
test_text_reads_back(void **state)
{
	struct hostset        *a     = parse("n[1-200],n010,x,y3.dom:5,10.0.0.[9-11]"), *b;
	_cleanup_(freep) char *first = hostset_text(a), *second = NULL;

	b      = parse(first);
	second = hostset_text(b);
	assert_string_equal(first, second);
	assert_int_equal(hostset_count(a), hostset_count(b));
	a = hostset_free(a);
	b = hostset_free(b);
}

static void
test_thousands_of_single_hosts_fold(void **state)
{
	struct hostset *s = NULL;
	char            host[32];

	assert_int_equal(hostset_new(&s), 0);
	for (unsigned i = 0; i < 4096; i++) {
		(void)snprintf(host, sizeof(host), "node%u", (i * 2653U) % 4096U + 1);
		assert_int_equal(hostset_insert(s, host, NULL), 0);
	}
	assert_int_equal(hostset_count(s), 4096);
	_cleanup_(freep) char *text = hostset_text(s);
	assert_string_equal(text, "node[1-4096]");
	s = hostset_free(s);
}

static void
test_set_algebra(void **state)
{
	struct hostset *s = parse("n[1-100],x"), *common = NULL, *copy = NULL;
	size_t          deleted = 0;
	bool            within  = false;
	char           *host    = NULL;

	assert_int_equal(hostset_dup(s, &copy), 0);
	assert_int_equal(hostset_intersect(s, "n[50-150],x,y", &common, NULL), 0);
	assert_int_equal(hostset_count(common), 52);
	assert_int_equal(hostset_within(s, "n[1-100]", &within, NULL), 0);
	assert_true(within);
	assert_int_equal(hostset_within(s, "n[1-101]", &within, NULL), 0);
	assert_false(within);
	assert_int_equal(hostset_within(s, "n01", &within, NULL), 0);
	assert_false(within); /* padded: another host */
	assert_int_equal(hostset_delete(s, "n[5-96],x", &deleted, NULL), 0);
	assert_int_equal(deleted, 93);
	_cleanup_(freep) char *text = hostset_text(s);
	assert_string_equal(text, "n[1-4,97-100]");
	assert_int_equal(hostset_nth(s, 4, &host), 0);
	assert_string_equal(host, "n97");
	free(host);
	assert_int_equal(hostset_merge(s, copy), 0);
	assert_int_equal(hostset_count(s), 101);
	s      = hostset_free(s);
	copy   = hostset_free(copy);
	common = hostset_free(common);
}

static void
test_default_port(void **state)
{
	const char *exprs[] = {"n[2-1]"}, *good[] = {"b", "n[9-10],b:7"};
	char      **hosts = NULL;
	size_t      n     = 0;

	assert_int_equal(hostlist_with_port(exprs, 1, 7, &hosts, &n, NULL), -EINVAL);
	assert_int_equal(hostlist_with_port(good, 2, 7, &hosts, &n, NULL), 0);
	assert_int_equal(n, 3); /* b and b:7 are one host */
	assert_string_equal(hosts[0], "b:7");
	assert_string_equal(hosts[1], "n9:7");
	assert_string_equal(hosts[2], "n10:7");
	hostlist_free_hosts(hosts, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_folding),
	    cmocka_unit_test(test_text_reads_back),
	    cmocka_unit_test(test_thousands_of_single_hosts_fold),
	    cmocka_unit_test(test_set_algebra),
	    cmocka_unit_test(test_default_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
