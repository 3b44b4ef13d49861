/* Names of components, versions, and the rules that say which releases may talk to each other. */
#include "security/security.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_names(void **state)
{
	static const struct {
		const char        *name;
		enum sec_component c;
	} cases[] = {
	    {"server", SEC_COMPONENT_SERVER},    {"admin", SEC_COMPONENT_ADMIN},
	    {"agent", SEC_COMPONENT_AGENT},      {"client", SEC_COMPONENT_CLIENT},
	    {"Server", SEC_COMPONENT_UNDEFINED}, {"servers", SEC_COMPONENT_UNDEFINED},
	    {"", SEC_COMPONENT_UNDEFINED},       {"undefined", SEC_COMPONENT_UNDEFINED},
	    {"admin ", SEC_COMPONENT_UNDEFINED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(sec_component_parse(cases[i].name), cases[i].c);
	for (int c = 0; c < _SEC_COMPONENT_MAX; c++)
		assert_non_null(sec_component_name(c));
}

static void
test_versions_are_parsed_strictly(void **state)
{
	static const struct {
		const char *text;
		int         r, major, minor, patch;
	} cases[] = {
	    {"2.8.0", 0, 2, 8, 0},         {"v2.6.13", 0, 2, 6, 13},
	    {"0.0.0", 0, 0, 0, 0},         {"2.8", -EINVAL, 0, 0, 0},
	    {"2.8.0.1", -EINVAL, 0, 0, 0}, {"", -EINVAL, 0, 0, 0},
	    {"v", -EINVAL, 0, 0, 0},       {"2.8.x", -EINVAL, 0, 0, 0},
	    {"2.8.-1", -EINVAL, 0, 0, 0},  {" 2.8.0", -EINVAL, 0, 0, 0},
	    {"2.8.0 ", -EINVAL, 0, 0, 0},  {"+2.8.0", -EINVAL, 0, 0, 0},
	    {"2..0", -EINVAL, 0, 0, 0},    {"99999999999.0.0", -EINVAL, 0, 0, 0},
	    {"vv2.8.0", -EINVAL, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sec_version v = {0};

		assert_int_equal(sec_version_parse(cases[i].text, &v), cases[i].r);
		assert_int_equal(v.major, cases[i].major);
		assert_int_equal(v.minor, cases[i].minor);
		assert_int_equal(v.patch, cases[i].patch);
	}
	assert_int_equal(sec_version_parse(NULL, &(struct sec_version){0}), -EINVAL);
}

#define SERVER SEC_COMPONENT_SERVER
#define ADMIN  SEC_COMPONENT_ADMIN
#define AGENT  SEC_COMPONENT_AGENT

static void
test_interoperability_rules(void **state)
{
	static const struct {
		const char        *rule;
		enum sec_component self;
		const char        *self_version;
		enum sec_component peer;
		const char        *peer_version;
		bool               ok;
	} cases[] = {
	    {"equal versions", SERVER, "2.8.0", ADMIN, "2.8.0", true},
	    {"patch is free", SERVER, "2.8.0", ADMIN, "2.8.7", true},
	    {"another minor release of dmg", SERVER, "2.8.0", ADMIN, "2.6.0", false},
	    {"another minor release of a server", SERVER, "2.8.0", SERVER, "2.9.0", false},
	    {"an agent two minor releases older", SERVER, "2.8.0", AGENT, "2.6.5", true},
	    {"an agent two minor releases newer", SERVER, "2.8.0", AGENT, "2.10.0", true},
	    {"an agent three minor releases older", SERVER, "2.8.0", AGENT, "2.5.9", false},
	    {"an agent three minor releases newer", SERVER, "2.8.0", AGENT, "2.11.0", false},
	    {"an agent of another major release", SERVER, "2.8.0", AGENT, "3.8.0", false},
	    {"the agent rule is the server's only", ADMIN, "2.8.0", AGENT, "2.7.0", false},
	    {"nothing older than 2.0.0", SERVER, "2.8.0", ADMIN, "1.8.0", false},
	    {"version 0.0.0 of a bare system name", SERVER, "2.8.0", ADMIN, "0.0.0", false},
	    {"another major release", SERVER, "2.8.0", ADMIN, "3.8.0", false},
	    {"an unknown component, even of the same version", SERVER, "2.8.0",
	     SEC_COMPONENT_UNDEFINED, "2.8.0", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sec_version self, peer;
		struct fault       f = FAULT_INIT;
		int                r;

		sec_version_parse(cases[i].self_version, &self);
		sec_version_parse(cases[i].peer_version, &peer);
		r = sec_version_check(cases[i].self, &self, cases[i].peer, &peer, &f);
		if ((r == 0) != cases[i].ok)
			fail_msg("%s", cases[i].rule);
		assert_int_equal(f.set, !cases[i].ok);
		if (!cases[i].ok)
			assert_int_equal(f.code, FAULT_SERVER_INCOMPATIBLE_COMPONENTS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_versions_are_parsed_strictly),
	    cmocka_unit_test(test_interoperability_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
