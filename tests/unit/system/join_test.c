#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "system/membership.h"

#define NIL    DAOS_RANK_NIL
#define UUID0  "11111111-0000-4000-8000-000000000000"
#define UUID1  "11111111-0000-4000-8000-000000000001"
#define UUID2  "11111111-0000-4000-8000-000000000002"
#define UUID9  "11111111-0000-4000-8000-000000000009"
#define ADDR0  "10.0.0.1:10001"
#define ADDR1  "10.0.0.2:10001"
#define URI(n) "ofi+tcp://10.0.0." #n ":31416"

static struct sys_member table[] = {
    {.rank         = 0,
     .uuid         = {UUID0},
     .addr         = ADDR0,
     .state        = SYS_MEMBER_STOPPED,
     .info         = (char *)"was stopped",
     .incarnation  = 5,
     .uri          = (char *)URI(1),
     .nctxs        = 2,
     .fault_domain = (char *)"/host1"},
    {.rank         = 1,
     .uuid         = {UUID1},
     .addr         = ADDR1,
     .state        = SYS_MEMBER_ADMIN_EXCLUDED,
     .info         = (char *)"",
     .incarnation  = 5,
     .uri          = (char *)URI(2),
     .nctxs        = 2,
     .fault_domain = (char *)"/host2"},
    {.rank         = 2,
     .uuid         = {UUID2},
     .addr         = ADDR1,
     .state        = SYS_MEMBER_EXCLUDED,
     .info         = (char *)"",
     .incarnation  = 6,
     .uri          = (char *)URI(3),
     .nctxs        = 2,
     .fault_domain = (char *)"/host2"},
};

static const struct sys_member *const rows[] = {&table[0], &table[1], &table[2]};

struct given {
	size_t      members; /* of the table */
	uint32_t    next;
	const char *providers;
	const char *labels;
};

static const struct given usual = {3, 2, "ofi+tcp", NULL};

static struct sys_join_env
env_of(const struct given *g)
{
	return (struct sys_join_env){.members   = {.v = rows, .n = g->members},
				     .next_rank = g->next,
				     .providers = g->providers,
				     .labels    = g->labels};
}

static struct sys_join_req
request(uint32_t rank, const char *uuid, const char *addr, const char *uri, const char *domain)
{
	return (struct sys_join_req){.rank         = rank,
				     .uuid         = uuid,
				     .addr         = addr,
				     .uri          = uri,
				     .fault_domain = domain,
				     .nctxs        = 2,
				     .incarnation  = 77};
}

struct refusal {
	const char          *name;
	struct given         given;
	struct sys_join_req  req;
	enum sys_join_reason reason;
	uint32_t             code;
	const char          *text; /* whole description, or its beginning when it ends in '*' */
};

#define REQ(r, u, a, i, d)                                                                         \
	{                                                                                          \
		.rank = r, .uuid = u, .addr = a, .uri = i, .fault_domain = d, .nctxs = 2           \
	}
#define REPLACE(r, u, a, i, d)                                                                     \
	{                                                                                          \
		.rank = r, .uuid = u, .addr = a, .uri = i, .fault_domain = d, .nctxs = 2,          \
		.replace = true                                                                    \
	}

static const struct refusal refusals[] = {
    {"bad uuid",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, "nonsense", ADDR0, URI(1), "/host1"),
     SYS_JOIN_BAD_REQUEST,
     0,
     "invalid uuid \"nonsense\""},
    {"no domain",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, UUID9, ADDR0, URI(1), ""),
     SYS_JOIN_BAD_FAULT_DOMAIN,
     0,
     "no fault domain in join request"},
    {"root domain",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, UUID9, ADDR0, URI(1), "/"),
     SYS_JOIN_BAD_FAULT_DOMAIN,
     0,
     "no fault domain in join request"},
    {"bad domain",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, UUID9, ADDR0, URI(1), "host1"),
     SYS_JOIN_BAD_FAULT_DOMAIN,
     717,
     "invalid fault domain*"},
    {"no provider in uri",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, UUID9, ADDR0, "nowhere", "/h"),
     SYS_JOIN_BAD_REQUEST,
     0,
     "unable to parse fabric provider from URI \"nowhere\""},
    {"leader not ready",
     {3, 2, NULL, NULL},
     REQ(NIL, UUID9, ADDR0, URI(1), "/h"),
     SYS_JOIN_NO_PROVIDER,
     0,
     "leader step-up in progress (try again)"},
    {"other provider",
     {3, 2, "ofi+verbs", NULL},
     REQ(4, UUID9, ADDR0, URI(1), "/h"),
     SYS_JOIN_WRONG_PROVIDER,
     0,
     "rank 4 fabric provider \"ofi+tcp\" does not match system provider \"ofi+verbs\""},
    {"depth",
     {3, 2, "ofi+tcp", NULL},
     REQ(NIL, UUID9, ADDR0, URI(9), "/rack/h"),
     SYS_JOIN_BAD_DEPTH,
     401,
     "cannot join system with fault domain \"/rack/h\", need layers = 1"},
    {"depth before exclusion",
     {3, 2, "ofi+tcp", NULL},
     REQ(1, UUID1, ADDR1, URI(2), "/rack/h"),
     SYS_JOIN_BAD_DEPTH,
     401,
     "cannot join system*"},
    {"labels",
     {3, 2, "ofi+tcp", "rack=node"},
     REQ(NIL, UUID9, ADDR0, URI(9), "/rack=a/host=b"),
     SYS_JOIN_BAD_LABELS,
     620,
     "labels in join request [rack, host] don't match system labels [rack, node] for server " URI(
	 9) " (fault path: /rack=a/host=b)"},
    {"labels before depth",
     {3, 2, "ofi+tcp", "="},
     REQ(NIL, UUID9, ADDR0, URI(9), "/h"),
     SYS_JOIN_BAD_LABELS,
     620,
     "labels in join request [] don't match system labels []*"},
    {"admin excluded",
     {3, 2, "ofi+tcp", NULL},
     REQ(1, UUID1, ADDR1, URI(2), "/host2"),
     SYS_JOIN_ADMIN_EXCLUDED,
     0,
     "failed to join system: member " UUID1 " (rank 1) has been administratively excluded"},
    {"uuid changed",
     {3, 2, "ofi+tcp", NULL},
     REQ(0, UUID9, ADDR0, URI(1), "/host1"),
     SYS_JOIN_UUID_CHANGED,
     0,
     "failed to join system: can't rejoin member with rank 0: uuid changed from " UUID0
     " -> " UUID9},
    {"address changed",
     {3, 2, "ofi+tcp", NULL},
     REQ(0, UUID0, ADDR1, URI(1), "/host1"),
     SYS_JOIN_ADDR_CHANGED,
     0,
     "failed to join system: can't rejoin member " UUID0
     " (rank 0): control address changed from " ADDR0 " -> " ADDR1},
    {"known uuid, other rank",
     {3, 2, "ofi+tcp", NULL},
     REQ(7, UUID0, ADDR0, URI(1), "/host1"),
     SYS_JOIN_UUID_EXISTS,
     0,
     "failed to join system: failed to add new member: member with uuid " UUID0 " already exists"},
    {"replace with rank",
     {3, 2, "ofi+tcp", NULL},
     REPLACE(2, UUID9, ADDR1, URI(3), "/host2"),
     SYS_JOIN_BAD_REQUEST,
     0,
     "unexpected rank in replace-rank request"},
    {"replace nothing",
     {0, 2, "ofi+tcp", NULL},
     REPLACE(NIL, UUID9, ADDR1, URI(3), "/host2"),
     SYS_JOIN_NOTHING_TO_REPLACE,
     0,
     "empty system membership"},
    {"replace no match",
     {3, 2, "ofi+tcp", NULL},
     REPLACE(NIL, UUID9, ADDR1, URI(8), "/host2"),
     SYS_JOIN_NOTHING_TO_REPLACE,
     403,
     "system member could not be found from join request fields"},
    {"replace same uuid",
     {3, 2, "ofi+tcp", NULL},
     REPLACE(NIL, UUID2, ADDR1, URI(3), "/host2"),
     SYS_JOIN_UUID_EXISTS,
     0,
     "member with uuid " UUID2 " already exists"},
    {"replace excluded by admin",
     {3, 2, "ofi+tcp", NULL},
     REPLACE(NIL, UUID9, ADDR1, URI(2), "/host2"),
     SYS_JOIN_ADMIN_EXCLUDED,
     0,
     "failed to join system: member " UUID1 " (rank 1) has been administratively excluded"},
};

static void
refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal   *c   = &refusals[i];
		struct sys_join_env     env = env_of(&c->given);
		struct sys_join_outcome out;
		struct sys_member       m;
		uint32_t                next;
		char                   *labels;
		size_t                  len = strlen(c->text);

		assert_int_equal(sys_join_decide(&env, &c->req, &out, &m, &next, &labels), 0);
		if (out.result != SYS_JOIN_REFUSED || out.reason != c->reason)
			fail_msg("%s: result %d reason %d (%s)", c->name, out.result, out.reason,
				 out.fault.description);
		if (out.fault.code != c->code)
			fail_msg("%s: code %u", c->name, out.fault.code);
		if (c->text[len - 1] == '*' ? strncmp(out.fault.description, c->text, len - 1) != 0
					    : strcmp(out.fault.description, c->text) != 0)
			fail_msg("%s: %s", c->name, out.fault.description);
		assert_true(c->code == 0 || fault_has_resolution(&out.fault));
	}
}

static void
decide_ok(const struct given *g, const struct sys_join_req *req, struct sys_join_outcome *out,
	  struct sys_member *m, uint32_t *next, char **labels)
{
	struct sys_join_env env = env_of(g);

	assert_int_equal(sys_join_decide(&env, req, out, m, next, labels), 0);
	if (out->result == SYS_JOIN_REFUSED)
		fail_msg("refused: %s", out->fault.description);
	assert_int_equal(out->rank, m->rank);
	assert_int_equal(out->state, m->state);
}

static void
new_member_gets_the_next_free_rank(void **state)
{
	static const struct {
		uint32_t asked, next, rank, next_after;
	} cases[] = {
	    {NIL, 1, 3, 4}, /* 1 and 2 are taken by members that asked for them */
	    {NIL, 3, 3, 4},
	    {NIL, 9, 9, 10},
	    {5, 3, 5, 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct given        g = {3, cases[i].next, "ofi+tcp", NULL};
		struct sys_join_req req =
		    request(cases[i].asked, UUID9, "10.0.0.9:10001", URI(9), "/Host9");
		struct sys_join_outcome out;
		struct sys_member       m;
		uint32_t                next;
		char                   *labels;

		req.check_mode = true;
		decide_ok(&g, &req, &out, &m, &next, &labels);
		assert_int_equal(out.result, SYS_JOIN_ADDED);
		assert_int_equal(m.rank, cases[i].rank);
		assert_int_equal(next, cases[i].next_after);
		assert_int_equal(m.state, SYS_MEMBER_JOINED);
		assert_int_equal(m.incarnation, 77);
		assert_string_equal(m.fault_domain, "/host9");
		assert_string_equal(m.addr, "10.0.0.9:10001");
		assert_string_equal(labels, "");
		sys_member_fini(&m);
		free(labels);
	}
}

static void
known_member_rejoins(void **state)
{
	static const struct {
		uint32_t              rank;
		const char           *uuid, *addr;
		bool                  check;
		uint32_t              want;
		enum sys_member_state state, prev;
	} cases[] = {
	    {0, UUID0, ADDR0, false, 0, SYS_MEMBER_JOINED, SYS_MEMBER_STOPPED},
	    {NIL, UUID0, ADDR0, false, 0, SYS_MEMBER_JOINED,
	     SYS_MEMBER_STOPPED}, /* the first answer was lost */
	    {0, UUID0, ADDR0, true, 0, SYS_MEMBER_CHECKER_STARTED, SYS_MEMBER_STOPPED},
	    {2, UUID2, ADDR1, false, 2, SYS_MEMBER_JOINED, SYS_MEMBER_EXCLUDED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sys_join_req req =
		    request(cases[i].rank, cases[i].uuid, cases[i].addr, URI(7), "/other");
		struct sys_join_outcome out;
		struct sys_member       m;
		uint32_t                next;
		char                   *labels;

		req.check_mode = cases[i].check;
		decide_ok(&usual, &req, &out, &m, &next, &labels);
		assert_int_equal(out.result, SYS_JOIN_REJOINED);
		assert_int_equal(m.rank, cases[i].want);
		assert_int_equal(m.state, cases[i].state);
		assert_int_equal(out.prev_state, cases[i].prev);
		assert_string_equal(m.info, "");
		assert_string_equal(m.uri, URI(7));
		assert_string_equal(m.fault_domain, "/other");
		assert_int_equal(m.incarnation, 77);
		assert_int_equal(next, usual.next);
		sys_member_fini(&m);
		free(labels);
	}
}

static void
only_member_may_change_its_depth(void **state)
{
	struct given            g   = {1, 1, "ofi+tcp", NULL};
	struct sys_join_req     req = request(0, UUID0, ADDR0, URI(1), "/rack/host1");
	struct sys_join_outcome out;
	struct sys_member       m;
	uint32_t                next;
	char                   *labels;

	decide_ok(&g, &req, &out, &m, &next, &labels);
	sys_member_fini(&m);
	free(labels);
}

static void
first_member_sets_the_labels(void **state)
{
	static const struct {
		const char *domain, *labels;
	} cases[] = {{"/a", ""}, {"/a/b", "="}, {"/rack=a/node=b", "rack=node"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct given            g   = {0, 1, "ofi+tcp", NULL};
		struct sys_join_req     req = request(NIL, UUID9, ADDR0, URI(1), cases[i].domain);
		struct sys_join_outcome out;
		struct sys_member       m;
		uint32_t                next;
		char                   *labels;

		decide_ok(&g, &req, &out, &m, &next, &labels);
		assert_string_equal(labels, cases[i].labels);
		sys_member_fini(&m);
		free(labels);
		g.labels = cases[i].labels;
		decide_ok(&g, &req, &out, &m, &next, &labels);
		assert_null(labels);
		sys_member_fini(&m);
	}
}

static void
primary_provider_counts(void **state)
{
	struct given            g   = {0, 1, "ofi+tcp,ofi+verbs", NULL};
	struct sys_join_req     req = request(NIL, UUID9, ADDR0, URI(1), "/a");
	struct sys_join_outcome out;
	struct sys_member       m;
	uint32_t                next;
	char                   *labels;

	decide_ok(&g, &req, &out, &m, &next, &labels);
	sys_member_fini(&m);
	free(labels);
}

static void
replaced_member_keeps_rank_and_incarnation(void **state)
{
	struct sys_join_req     req = request(NIL, UUID9, ADDR1, URI(3), "/host2");
	struct sys_join_outcome out;
	struct sys_member       m;
	uint32_t                next, rank;
	char                   *labels;
	struct sys_members      ms = {.v = rows, .n = 3};
	struct fault            f  = FAULT_INIT;

	req.replace = true;
	assert_int_equal(sys_join_find_replaced(&ms, &req, &rank, &f), 0);
	assert_int_equal(rank, 2);
	decide_ok(&usual, &req, &out, &m, &next, &labels);
	assert_int_equal(out.result, SYS_JOIN_REPLACED);
	assert_int_equal(m.rank, 2);
	assert_string_equal(m.uuid.s, UUID9);
	assert_int_equal(m.state, SYS_MEMBER_JOINED);
	assert_int_equal(m.incarnation, 6);
	assert_int_equal(next, usual.next);
	sys_member_fini(&m);
	free(labels);
	req.nctxs = 3;
	assert_int_equal(sys_join_find_replaced(&ms, &req, &rank, &f), -ENOENT);
	assert_int_equal(f.code, 403);
}

static void
oversized_requests(void **state)
{
	struct sys_join_env     env = env_of(&usual);
	char                    long_uri[2000];
	const char             *uris[SYS_MAX_SECONDARY + 1];
	struct sys_join_req     req = request(NIL, UUID9, ADDR0, long_uri, "/a");
	struct sys_join_outcome out;
	struct sys_member       m;
	uint32_t                next;
	char                   *labels;

	memset(long_uri, 'a', sizeof(long_uri));
	memcpy(long_uri, "ofi+tcp://", 10);
	long_uri[sizeof(long_uri) - 1] = '\0';
	assert_int_equal(sys_join_decide(&env, &req, &out, &m, &next, &labels), 0);
	assert_int_equal(out.reason, SYS_JOIN_BAD_REQUEST);
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++)
		uris[i] = URI(1);
	req.uri              = URI(1);
	req.secondary_uris   = uris;
	req.n_secondary_uris = ARRAY_SIZE(uris);
	assert_int_equal(sys_join_decide(&env, &req, &out, &m, &next, &labels), 0);
	assert_int_equal(out.reason, SYS_JOIN_BAD_REQUEST);
}

static void
addresses(void **state)
{
	static const struct {
		const char *named, *peer, *want; /* NULL: refused */
	} cases[] = {
	    {"10.0.0.1:10001", "10.0.0.7", "10.0.0.1:10001"},
	    {"0.0.0.0:10001", "10.0.0.7", "10.0.0.7:10001"},
	    {"[::]:10001", "fe80::1", "[fe80::1]:10001"},
	    {"[fe80::2]:1", "10.0.0.7", "[fe80::2]:1"},
	    {"10.0.0.1", "10.0.0.7", NULL},
	    {"10.0.0.1:0", "10.0.0.7", NULL},
	    {"10.0.0.1:70000", "10.0.0.7", NULL},
	    {":10001", "10.0.0.7", NULL},
	    {"host:10001", "10.0.0.7", NULL},
	    {"0.0.0.0:10001", "", NULL},
	    {"", "10.0.0.7", NULL},
	};
	char got[SYS_ADDR_SIZE], provider[8];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = sys_join_addr(cases[i].named, cases[i].peer, got);

		assert_int_equal(r, cases[i].want != NULL ? 0 : -EINVAL);
		if (r == 0)
			assert_string_equal(got, cases[i].want);
	}
	assert_int_equal(sys_uri_provider("ofi+tcp://x", provider, sizeof(provider)), 0);
	assert_string_equal(provider, "ofi+tcp");
	assert_int_equal(sys_uri_provider("ofi+verbs://x", provider, sizeof(provider)),
			 -ENAMETOOLONG);
	assert_int_equal(sys_uri_provider("x", provider, sizeof(provider)), -EINVAL);
}

static void
reasons_with_events(void **state)
{
	assert_true(sys_join_reason_has_event(SYS_JOIN_ADMIN_EXCLUDED));
	assert_true(sys_join_reason_has_event(SYS_JOIN_WRONG_PROVIDER));
	assert_false(sys_join_reason_has_event(SYS_JOIN_BAD_DEPTH));
	assert_false(sys_join_reason_has_event(SYS_JOIN_UUID_EXISTS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refused),
	    cmocka_unit_test(new_member_gets_the_next_free_rank),
	    cmocka_unit_test(known_member_rejoins),
	    cmocka_unit_test(only_member_may_change_its_depth),
	    cmocka_unit_test(first_member_sets_the_labels),
	    cmocka_unit_test(primary_provider_counts),
	    cmocka_unit_test(replaced_member_keeps_rank_and_incarnation),
	    cmocka_unit_test(oversized_requests),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(reasons_with_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
