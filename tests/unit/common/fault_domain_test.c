/* Fault domains and their tree; forms are covered by the case tables. */
#include "common/fault_domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static struct fault_domain *
parse(const char *text)
{
	struct fault_domain *d = NULL;

	assert_int_equal(fault_domain_parse(text, &d, NULL), 0);
	return d;
}

static void
test_no_domain_is_not_the_root(void **state)
{
	struct fault_domain *root = parse("/"), *none = parse("(nil)");

	assert_null(none);
	assert_false(fault_domain_equal(root, none));
	assert_true(fault_domain_equal(NULL, none));
	assert_false(fault_domain_is_ancestor(NULL, root));
	assert_string_equal(fault_domain_bottom(none), "");
	root = fault_domain_free(root);
}

static void
test_too_deep_is_refused(void **state)
{
	struct strbuf        text = STRBUF_INIT;
	struct fault_domain *d    = NULL;

	for (int i = 0; i <= FAULT_DOMAIN_MAX_LEVELS; i++)
		strbuf_add(&text, "/a");
	assert_int_equal(fault_domain_parse(strbuf_str(&text), &d, NULL), -EINVAL);
	text.s[text.len - 2] = '\0';
	assert_int_equal(fault_domain_parse(strbuf_str(&text), &d, NULL), 0);
	assert_int_equal(fault_domain_n_levels(d), FAULT_DOMAIN_MAX_LEVELS);
	d = fault_domain_free(d);
	strbuf_fini(&text);
}

static void
test_levels_from_both_ends(void **state)
{
	struct fault_domain *d = parse("/rack=R1/node=\"N 2\""), *copy = NULL;

	assert_string_equal(fault_domain_level(d, 0), "n 2");
	assert_string_equal(fault_domain_level(d, 1), "r1");
	assert_null(fault_domain_level(d, 2));
	assert_string_equal(fault_domain_level_text(d, 0), "rack=r1");
	assert_string_equal(fault_domain_bottom_label(d), "node");
	assert_int_equal(fault_domain_dup(d, &copy), 0);
	assert_true(fault_domain_equal(d, copy));
	d    = fault_domain_free(d);
	copy = fault_domain_free(copy);
}

static void
test_tree_of_many_hosts(void **state)
{
	struct fault_tree *tree = NULL;
	char               text[64];

	assert_int_equal(fault_tree_new(&tree), 0);
	assert_true(fault_tree_balanced(tree));
	for (unsigned i = 0; i < 300; i++) {
		struct fault_domain *d;

		(void)snprintf(text, sizeof(text), "/rack%u/host%03u", i % 10, 299 - i);
		d = parse(text);
		assert_int_equal(fault_tree_add(tree, d, NULL), 0);
		assert_int_equal(fault_tree_add(tree, d, NULL), 0); /* twice changes nothing */
		assert_non_null(fault_tree_find(tree, d));
		d = fault_domain_free(d);
	}
	assert_int_equal(fault_tree_root(tree)->n_children, 10);
	assert_int_equal(fault_tree_depth(tree), 2);
	assert_true(fault_tree_balanced(tree));
	for (size_t i = 1; i < 30; i++) {
		const struct fault_tree_node *rack = fault_tree_root(tree)->children[3];

		assert_true(strcmp(rack->children[i - 1]->level, rack->children[i]->level) < 0);
	}
	tree = fault_tree_free(tree);
}

/* A refused domain leaves no part of itself behind. */
static void
test_label_mismatch_adds_nothing(void **state)
{
	struct fault_tree   *tree = NULL;
	struct fault_domain *a = parse("/rack=r0/node=h0"), *b = parse("/rack=r1/host=h1");
	struct fault         f = FAULT_INIT;

	assert_int_equal(fault_tree_new(&tree), 0);
	assert_int_equal(fault_tree_add(tree, a, NULL), 0);
	assert_int_equal(fault_tree_add(tree, b, &f), -EINVAL);
	assert_non_null(strstr(f.description, "host=h1"));
	assert_int_equal(fault_tree_root(tree)->n_children, 1);
	tree = fault_tree_free(tree);
	a    = fault_domain_free(a);
	b    = fault_domain_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_domain_is_not_the_root),
	    cmocka_unit_test(test_too_deep_is_refused),
	    cmocka_unit_test(test_levels_from_both_ends),
	    cmocka_unit_test(test_tree_of_many_hosts),
	    cmocka_unit_test(test_label_mismatch_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
