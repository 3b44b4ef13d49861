/*
 * Running out of memory in lists, sets and text grammars: the n-th allocation fails, for every n. What fails leaves its
 * target as it was, and everything is freed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_fault.h"
#include "common/acl.h"
#include "common/fault_domain.h"
#include "common/hostlist.h"
#include "common/logmask.h"
#include "common/pci.h"
#include "common/pool_prop.h"
#include "common/ranks.h"
#include "common/str.h"

static int
use_hostlist(void)
{
	struct hostlist *l = NULL;
	int              r = hostlist_parse("n[1-5],x,n[002-4].d", &l, NULL);
	size_t           count;

	if (r < 0)
		return r;
	count = hostlist_count(l);
	r     = hostlist_push(l, "y[1-3],z", NULL);
	assert_int_equal(hostlist_count(l), r == 0 ? count + 4 : count);
	count = hostlist_count(l);
	if (r == 0) {
		r = hostlist_delete_nth(l, 2);
		assert_int_equal(hostlist_count(l), r == 0 ? count - 1 : count);
	}
	free(hostlist_text(l));
	free(hostlist_expand(l));
	l = hostlist_free(l);
	return r;
}

static int
use_hostset(void)
{
	struct hostset *s = NULL, *common = NULL;
	size_t          count;
	int             r = hostset_parse("n[1-200],n010,x", &s, NULL);

	if (r < 0)
		return r;
	count = hostset_count(s);
	assert_int_equal(count, 202);
	r = hostset_insert(s, "n[150-250],y", NULL);
	assert_int_equal(hostset_count(s), r == 0 ? count + 51 : count);
	count = hostset_count(s);
	if (r == 0) {
		r = hostset_delete(s, "n[20-30]", NULL, NULL);
		assert_int_equal(hostset_count(s), r == 0 ? count - 11 : count);
	}
	if (r == 0)
		r = hostset_intersect(s, "n[1-5]", &common, NULL);
	free(hostset_text(s));
	s      = hostset_free(s);
	common = hostset_free(common);
	return r;
}

static int
use_hosts_with_port(void)
{
	const char *exprs[] = {"n[1-3]", "n2:10001,x:5"};
	char      **hosts   = NULL;
	size_t      n       = 0;
	int         r       = hostlist_with_port(exprs, 2, 10001, &hosts, &n, NULL);

	if (r == 0)
		hostlist_free_hosts(hosts, n);
	return r;
}

static int
use_ranks(void)
{
	struct rank_set a = RANK_SET_INIT, b = RANK_SET_INIT;
	int             r = rank_set_parse(&a, "0-9,20-29,40", NULL);

	if (r == 0)
		r = rank_set_copy(&b, &a);
	if (r == 0) {
		r = rank_set_del(&b, 5);
		assert_int_equal(rank_set_count(&b), r == 0 ? 20 : 21);
	}
	if (r == 0) {
		r = rank_set_merge(&b, &a);
		assert_int_equal(rank_set_count(&b), r == 0 ? 21 : 20);
	}
	free(rank_set_ranged(&a));
	rank_set_fini(&a);
	rank_set_fini(&b);
	return r;
}

static int
use_pci(void)
{
	struct pci_set a = PCI_SET_INIT, b = PCI_SET_INIT;
	int            r = pci_set_parse(&a, "0000:80:00.0 5d0505:01:00.0", ' ', NULL);

	if (r == 0)
		r = pci_set_backing_to_vmd(&a, &b);
	if (r == 0)
		r = pci_set_difference(&a, &b, &a);
	free(pci_set_text(&a, ' '));
	pci_set_fini(&a);
	pci_set_fini(&b);
	return r;
}

static int
use_fault_tree(void)
{
	struct fault_domain *d = NULL, *child = NULL;
	struct fault_tree   *t = NULL;
	int                  r = fault_domain_parse("/rack=a/node=b", &d, NULL);

	if (r == 0)
		r = fault_domain_child(d, "rank=7", &child, NULL);
	if (r == 0)
		r = fault_tree_new(&t);
	if (r == 0)
		r = fault_tree_add(t, d, NULL);
	if (r == 0)
		r = fault_tree_add(t, child, NULL);
	free(fault_domain_text(child));
	t     = fault_tree_free(t);
	d     = fault_domain_free(d);
	child = fault_domain_free(child);
	return r;
}

static int
use_logmask(void)
{
	char *merged = NULL;
	int   r      = logmask_merge("debug,rdb=crit,pool=err", "pool,mgmt", &merged, NULL);

	free(merged);
	return r;
}

static int
use_acl(void)
{
	struct acl acl  = {0};
	int        r    = acl_parse("# c\nA::OWNER@:rw\nA:G:x@:r\n", &acl);
	char      *text = r == 0 ? acl_format(&acl, true) : NULL;

	if (r == 0 && text == NULL)
		r = -ENOMEM;
	free(text);
	acl_fini(&acl);
	return r;
}

static int
use_settings(void)
{
	struct pool_settings s = {0};
	size_t               count;
	int                  r = pool_settings_add(&s, "rf:1,label:x", NULL);

	if (r == 0) {
		count = s.list.n;
		assert_int_equal(count, 2);
		r = pool_settings_add(&s, "scrub:lazy,space_rb:5%,reclaim:time", NULL);
		assert_int_equal(s.list.n, r == 0 ? count + 3 : count);
	}
	pool_settings_fini(&s);
	return r;
}

static void
sweep(int (*use)(void))
{
	long n = 0;
	int  r;

	do {
		alloc_fault_begin(++n);
		r = use();
		assert_int_equal(alloc_fault_end(), 0);
		assert_true(r == 0 || (r == -ENOMEM && alloc_fault_happened()));
	} while (alloc_fault_works() && alloc_fault_happened());
}

static void
test_hosts(void **state)
{
	sweep(use_hostlist);
	sweep(use_hostset);
	sweep(use_hosts_with_port);
}

static void
test_ranks_and_devices(void **state)
{
	sweep(use_ranks);
	sweep(use_pci);
}

static void
test_domains_and_masks(void **state)
{
	sweep(use_fault_tree);
	sweep(use_logmask);
}

static void
test_acls_and_properties(void **state)
{
	sweep(use_acl);
	sweep(use_settings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_ranks_and_devices),
	    cmocka_unit_test(test_domains_and_masks),
	    cmocka_unit_test(test_acls_and_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
