/* Who may call what: every method of the wire contract, held against the allowed callers of the
 * fact sheet. */
#include "security/security.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"

struct allowed {
	unsigned    callers; /* bits of enum sec_component */
	const char *service;
	const char *methods; /* blank before and after each */
};

#define SERVER (1u << SEC_COMPONENT_SERVER)
#define ADMIN  (1u << SEC_COMPONENT_ADMIN)
#define AGENT  (1u << SEC_COMPONENT_AGENT)

/* Everything that is not the administrator's alone; the rest of both services is. */
static const struct allowed exceptions[] = {
    {SERVER, "ctl.CtlSvc",
     " PrepShutdownRanks StopRanks ResetFormatRanks StartRanks CheckEngineRepair "},
    {SERVER, "mgmt.MgmtSvc", " Join ClusterEvent SystemCheckEngineReport "},
    {AGENT, "mgmt.MgmtSvc", " GetAttachInfo "},
    {ADMIN | AGENT, "mgmt.MgmtSvc", " PoolEvict SystemCleanup "},
    {ADMIN | SERVER, "mgmt.MgmtSvc",
     " PoolDrain PoolReintegrate PoolRebuildStart PoolRebuildStop PoolSelfHealEval SystemGetProp "
     /* beyond DAOS 2.8: the leader tells the other replicas */
     "SystemErase "},
};

static unsigned
expected_callers(const char *service, const char *method)
{
	char word[80];

	snprintf(word, sizeof(word), " %s ", method);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (str_eq(exceptions[i].service, service) &&
		    strstr(exceptions[i].methods, word) != NULL)
			return exceptions[i].callers;
	return ADMIN;
}

static void
check_method(const char *service, const char *method, const char *path)
{
	unsigned expected = expected_callers(service, method);

	for (int c = 0; c < _SEC_COMPONENT_MAX; c++)
		if (sec_may_call(c, path) != ((expected >> c & 1) != 0))
			fail_msg("%s called by %s", path, sec_component_name(c));
}

static void
test_every_method_of_the_contract(void **state)
{
	_cleanup_(freep) char *path = str_format("%s/../compat/data/wire-services.tsv", getenv("TEST_DATA_DIR"));
	_cleanup_(freep) char *text = NULL;
	char                  *line, *next;
	unsigned               n = 0;

	assert_int_equal(fs_read_file(path, MIB, &text, NULL), 0);
	next = strchr(text, '\n') + 1; /* behind the names of the columns */
	while ((line = strsep(&next, "\n")) != NULL && *line != '\0') {
		char *column[8];

		for (size_t i = 0; i < ARRAY_SIZE(column); i++)
			assert_non_null(column[i] = strsep(&line, "\t"));
		check_method(column[1], column[2], column[7]);
		n++;
	}
	assert_int_equal(n, 67);
}

static void
test_raft_is_the_servers(void **state)
{
	assert_true(sec_may_call(SEC_COMPONENT_SERVER, "/RaftTransport/AppendEntries"));
	assert_true(sec_may_call(SEC_COMPONENT_SERVER, "/RaftTransport/TimeoutNow"));
	assert_false(sec_may_call(SEC_COMPONENT_ADMIN, "/RaftTransport/RequestVote"));
}

static void
test_what_is_not_in_the_table_may_not_be_called(void **state)
{
	static const char *const paths[] = {"",
					    "/",
					    "/mgmt.MgmtSvc",
					    "/mgmt.MgmtSvc/",
					    "/mgmt.MgmtSvc/join",
					    "/mgmt.MgmtSvc/JoinX",
					    "mgmt.MgmtSvc/Join",
					    "/ctl.CtlSvc/Join",
					    "/grpc.health.v1.Health/Check"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (int c = 0; c < _SEC_COMPONENT_MAX; c++)
			assert_false(sec_may_call(c, paths[i]));
	assert_false(sec_may_call(SEC_COMPONENT_SERVER, NULL));
	assert_false(sec_may_call(_SEC_COMPONENT_MAX, "/mgmt.MgmtSvc/Join"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_method_of_the_contract),
	    cmocka_unit_test(test_raft_is_the_servers),
	    cmocka_unit_test(test_what_is_not_in_the_table_may_not_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
