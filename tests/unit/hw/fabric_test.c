/* The answer of daos_hwprobe. */
#include "fixture.h"

#define IF(prov, dev, prio)                                                                        \
	"{\"provider\":\"" prov "\",\"domain\":\"" dev "_d\",\"device\":\"" dev                    \
	"\",\"numa_node\":1,\"priority\":" prio ",\"net_class\":1}"
#define WRAP(list) "{\"interfaces\":[" list "],\"numa_count\":2,\"cores_per_node\":8}"

static void
entries_are_sorted_and_found(void **state)
{
	const char *text =
	    WRAP(IF("ofi+tcp;ofi_rxm", "eth1", "1") "," IF("ofi+tcp", "eth1", "0") "," IF(
		"ofi+tcp", "eth0", "0") "," IF("ofi+verbs;ofi_rxm", "ib0", "2"));
	static const struct {
		const char *provider, *netdev, *want;
	} rows[] = {
	    {"ofi+tcp", "eth0", "ofi+tcp"},
	    {"ofi+tcp;ofi_rxm", "eth1", "ofi+tcp;ofi_rxm"},
	    {"ofi+tcp;ofi_rxm", "eth0", "ofi+tcp"}, /* by the part before the semicolon */
	    {"ofi+verbs", "ib0", "ofi+verbs;ofi_rxm"},
	    {"ofi+verb", "ib0", NULL},
	    {"ofi+tcp", "eth9", NULL},
	};
	struct hw_fabric fab;

	assert_int_equal(hw_fabric_parse(text, strlen(text), &fab, NULL), 0);
	assert_int_equal(fab.ifs.n, 4);
	assert_string_equal(fab.ifs.v[0].netdev, "eth0");
	assert_string_equal(fab.ifs.v[0].domain, "eth0_d");
	assert_string_equal(fab.ifs.v[3].netdev, "ib0");
	assert_int_equal(fab.numa_count, 2);
	assert_int_equal(fab.cores_per_node, 8);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct hw_fabric_if *f =
		    hw_fabric_find(&fab, rows[i].provider, rows[i].netdev);

		if (rows[i].want == NULL)
			assert_null(f);
		else
			assert_string_equal(f->provider, rows[i].want);
	}
	hw_fabric_fini(&fab);
}

static void
bad_answers_are_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    "{",
	    "[]",
	    "{}",
	    "{\"interfaces\":{},\"numa_count\":1,\"cores_per_node\":1}",
	    "{\"interfaces\":[{}],\"numa_count\":1,\"cores_per_node\":1}",
	    "{\"interfaces\":[],\"numa_count\":-1,\"cores_per_node\":1}",
	    "{\"interfaces\":[],\"numa_count\":1}",
	    WRAP(IF("", "eth0", "0")),
	    WRAP(IF("ofi+tcp", "eth0", "99999999999")),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct hw_fabric fab;
		struct fault     f = FAULT_INIT;

		assert_int_equal(hw_fabric_parse(texts[i], strlen(texts[i]), &fab, &f), -EBADMSG);
		assert_non_null(strstr(f.description, "daos_hwprobe"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_are_sorted_and_found),
	    cmocka_unit_test(bad_answers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
