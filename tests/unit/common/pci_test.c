/* PCI addresses and sets; forms and errors are covered by the case tables. */
#include "common/pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
test_errors_name_the_field(void **state)
{
	static const struct {
		const char *text, *says;
		int         err;
	} cases[] = {
	    {"0000:gg:00.0", "bus", -EINVAL},       {"0000:100:00.0", "bus", -ERANGE},
	    {"1000000:01:00.0", "domain", -ERANGE}, {"0000:00:00", "DDDD:BB:DD.F", -EINVAL},
	    {"0x00:00:00.0", "domain", -EINVAL},    {"", "DDDD:BB:DD.F", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_addr a;
		struct fault    f = FAULT_INIT;

		assert_int_equal(pci_addr_parse(cases[i].text, &a, &f), cases[i].err);
		assert_non_null(strstr(f.description, cases[i].says));
	}
}

static void
test_sets_may_be_results_of_themselves(void **state)
{
	struct pci_set a = PCI_SET_INIT, b = PCI_SET_INIT;

	assert_int_equal(pci_set_parse(&a, "0000:81:00.0,5d0505:01:00.0,0000:80:00.0", ',', NULL),
			 0);
	assert_int_equal(pci_set_parse(&b, "0000:80:00.0", ' ', NULL), 0);
	assert_int_equal(pci_set_difference(&a, &b, &a), 0);
	assert_int_equal(pci_set_backing_to_vmd(&a, &a), 0);
	_cleanup_(freep) char *text = pci_set_text(&a, ' ');
	assert_string_equal(text, "0000:5d:05.5 0000:81:00.0");
	assert_int_equal(pci_set_parse(&a, "junk", ' ', NULL), -EINVAL);
	assert_int_equal(a.n, 2); /* as before */
	pci_set_fini(&a);
	pci_set_fini(&b);
}

static void
test_what_looks_like_an_address(void **state)
{
	assert_true(pci_looks_like_addr("0000:80:00.0"));
	assert_true(pci_looks_like_addr("5d0505:01:00.0"));
	assert_true(pci_looks_like_addr("abcd:zz:00"));
	assert_false(pci_looks_like_addr("/dev/sda"));
	assert_false(pci_looks_like_addr("0000:80a:00.0"));
	assert_false(pci_looks_like_addr("0000:80:00.0:1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors_name_the_field),
	    cmocka_unit_test(test_sets_may_be_results_of_themselves),
	    cmocka_unit_test(test_what_looks_like_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
