/*
 * Steering and repeating: decisions over call outcomes, driven by a clock that is a number.
 */
#include "control/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/der.h"

static const char *const start[]    = {"a:1", "b:1", "c:1"};
static const char *const replicas[] = {"r1:1", "r2:1"};

enum outcome {
	OUT_OK,
	OUT_LEADER,
	OUT_NO_LEADER,
	OUT_NO_LEADER_NO_REPLICAS,
	OUT_NOT_REPLICA,
	OUT_UNAVAILABLE,
	OUT_STEP_UP,
	OUT_NO_DATA_PLANE,
	OUT_UNINITIALIZED,
	OUT_REFUSED,
	OUT_CLOSED,
	OUT_CONNECT_TIMEOUT,
	OUT_BAD_HOST,
	OUT_LATE,
	OUT_POOL_BUSY,
	OUT_POOL_LOCKED,
	OUT_POOL_GONE,
	OUT_WRONG_SYSTEM,
	OUT_UNIMPLEMENTED,
	OUT_PLAIN,
};

static void
set_fault(struct rpc_status *s, enum fault_code code)
{
	struct fault f = FAULT_INIT;

	(void)fault_set(&f, code, "fault %d", (int)code);
	rpc_status_from_fault(s, &f);
}

static void
make(enum outcome o, struct rpc_status *s)
{
	static const enum fault_code faults[] = {
	    [OUT_NO_DATA_PLANE]   = FAULT_SERVER_DATA_PLANE_NOT_STARTED,
	    [OUT_REFUSED]         = FAULT_CLIENT_CONNECTION_REFUSED,
	    [OUT_CLOSED]          = FAULT_CLIENT_CONNECTION_CLOSED,
	    [OUT_CONNECT_TIMEOUT] = FAULT_CLIENT_CONNECTION_TIMED_OUT,
	    [OUT_BAD_HOST]        = FAULT_CLIENT_CONNECTION_BAD_HOST,
	    [OUT_POOL_LOCKED]     = FAULT_SYSTEM_POOL_LOCKED,
	    [OUT_WRONG_SYSTEM]    = FAULT_SERVER_WRONG_SYSTEM,
	};

	*s = (struct rpc_status)RPC_STATUS_INIT;
	switch (o) {
	case OUT_OK:
		break;
	case OUT_LEADER:
		rpc_status_not_leader(s, "r2:1", replicas, 2);
		break;
	case OUT_NO_LEADER:
		rpc_status_not_leader(s, "", replicas, 2);
		break;
	case OUT_NO_LEADER_NO_REPLICAS:
		rpc_status_not_leader(s, NULL, NULL, 0);
		break;
	case OUT_NOT_REPLICA:
		rpc_status_not_replica(s, replicas, 2);
		break;
	case OUT_UNAVAILABLE:
		rpc_status_set(s, RPC_UNKNOWN, "raft service unavailable (not started yet?)");
		break;
	case OUT_STEP_UP:
		rpc_status_set(s, RPC_UNKNOWN, "join: leader step-up in progress (try again)");
		break;
	case OUT_UNINITIALIZED:
		rpc_status_set(s, RPC_UNKNOWN,
			       "system is uninitialized (storage format required?)");
		break;
	case OUT_LATE:
		rpc_status_set(s, RPC_DEADLINE_EXCEEDED, "late");
		break;
	case OUT_POOL_BUSY:
		rpc_status_from_daos(s, -DER_AGAIN);
		break;
	case OUT_POOL_GONE:
		rpc_status_from_daos(s, -DER_NONEXIST);
		break;
	case OUT_UNIMPLEMENTED:
		rpc_status_set(s, RPC_UNIMPLEMENTED, "not here");
		break;
	case OUT_PLAIN:
		rpc_status_set(s, RPC_UNKNOWN, "no such thing");
		break;
	default:
		set_fault(s, faults[o]);
		s->local = o != OUT_POOL_LOCKED && o != OUT_WRONG_SYSTEM && o != OUT_NO_DATA_PLANE;
		if (s->local)
			s->code = RPC_UNAVAILABLE;
	}
}

static void
hosts_of(const struct ctl_plan *p, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < p->n_hosts; i++)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), "%s%s", i ? "," : "",
			       p->hosts[i]);
}

static void
test_reaction_to_one_failure(void **state)
{
	static const char all[] = "a:1,b:1,c:1";
	static const struct {
		enum outcome     outcome;
		unsigned         retry;
		enum ctl_verdict verdict;
		const char      *hosts;
	} rows[] = {
	    {OUT_LEADER, 0, CTL_VERDICT_REPEAT, "r2:1"},
	    {OUT_NO_LEADER, 0, CTL_VERDICT_REPEAT, "r1:1,r2:1"},
	    {OUT_NO_LEADER_NO_REPLICAS, 0, CTL_VERDICT_REPEAT, all},
	    {OUT_NOT_REPLICA, 0, CTL_VERDICT_REPEAT, "r1:1,r2:1"},
	    {OUT_UNAVAILABLE, 0, CTL_VERDICT_REPEAT, all},
	    {OUT_STEP_UP, 0, CTL_VERDICT_REPEAT, all},
	    {OUT_NO_DATA_PLANE, 0, CTL_VERDICT_REPEAT, all},
	    {OUT_LATE, 0, CTL_VERDICT_REPEAT, all},
	    {OUT_UNINITIALIZED, 0, CTL_VERDICT_STOP, all},
	    {OUT_UNINITIALIZED, CTL_JOIN_RETRY, CTL_VERDICT_REPEAT, all},
	    {OUT_REFUSED, 0, CTL_VERDICT_STOP, all},
	    {OUT_REFUSED, CTL_JOIN_RETRY, CTL_VERDICT_REPEAT, all},
	    {OUT_CLOSED, CTL_JOIN_RETRY, CTL_VERDICT_REPEAT, all},
	    {OUT_CONNECT_TIMEOUT, CTL_JOIN_RETRY, CTL_VERDICT_REPEAT, all},
	    {OUT_BAD_HOST, CTL_JOIN_RETRY, CTL_VERDICT_STOP, all},
	    {OUT_POOL_BUSY, 0, CTL_VERDICT_STOP, all},
	    {OUT_POOL_BUSY, CTL_RETRY_POOL, CTL_VERDICT_REPEAT, all},
	    {OUT_POOL_LOCKED, 0, CTL_VERDICT_STOP, all},
	    {OUT_POOL_LOCKED, CTL_RETRY_POOL, CTL_VERDICT_REPEAT, all},
	    {OUT_POOL_GONE, CTL_RETRY_POOL, CTL_VERDICT_STOP, all},
	    {OUT_WRONG_SYSTEM, CTL_JOIN_RETRY, CTL_VERDICT_STOP, all},
	    {OUT_UNIMPLEMENTED, CTL_JOIN_RETRY, CTL_VERDICT_STOP, all},
	    {OUT_PLAIN, CTL_JOIN_RETRY, CTL_VERDICT_STOP, all},
	    {OUT_LEADER, CTL_RETRY_NOT_UNAVAILABLE, CTL_VERDICT_STOP, all},
	    {OUT_NOT_REPLICA, CTL_RETRY_NOT_UNAVAILABLE, CTL_VERDICT_STOP, all},
	    {OUT_UNAVAILABLE, CTL_RETRY_NOT_UNAVAILABLE, CTL_VERDICT_STOP, all},
	    {OUT_CONNECT_TIMEOUT, CTL_RETRY_NOT_UNAVAILABLE, CTL_VERDICT_STOP, all},
	    {OUT_OK, 0, CTL_VERDICT_STOP, all},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ctl_plan   p;
		struct rpc_status s;
		char              hosts[128];

		assert_int_equal(ctl_plan_init(&p, start, 3, rows[i].retry), 0);
		make(rows[i].outcome, &s);
		if (ctl_plan_react(&p, &s) != rows[i].verdict)
			fail_msg("row %zu: other verdict", i);
		hosts_of(&p, hosts, sizeof(hosts));
		assert_string_equal(hosts, rows[i].hosts);
		assert_int_equal(p.tries, rows[i].verdict == CTL_VERDICT_REPEAT);
		rpc_status_fini(&s);
		ctl_plan_fini(&p);
	}
}

static void
test_dead_hint_leads_back_to_the_first_hosts(void **state)
{
	struct ctl_plan   p;
	struct rpc_status s;
	char              hosts[128];

	assert_int_equal(ctl_plan_init(&p, start, 3, 0), 0);
	make(OUT_LEADER, &s);
	assert_int_equal(ctl_plan_react(&p, &s), CTL_VERDICT_REPEAT);
	rpc_status_fini(&s);
	make(OUT_REFUSED, &s);
	assert_int_equal(ctl_plan_react(&p, &s), CTL_VERDICT_REPEAT);
	hosts_of(&p, hosts, sizeof(hosts));
	assert_string_equal(hosts, "a:1,b:1,c:1");
	/* The first hosts being away too is final. */
	assert_int_equal(ctl_plan_react(&p, &s), CTL_VERDICT_STOP);
	rpc_status_fini(&s);
	ctl_plan_fini(&p);
}

static void
test_of_several_answers_the_most_telling_counts(void **state)
{
	static const enum outcome rising[] = {
	    OUT_REFUSED,     OUT_LATE,        OUT_UNINITIALIZED, OUT_NO_LEADER_NO_REPLICAS,
	    OUT_UNAVAILABLE, OUT_NOT_REPLICA, OUT_LEADER,        OUT_WRONG_SYSTEM,
	    OUT_OK};

	for (size_t i = 1; i < ARRAY_SIZE(rising); i++) {
		struct rpc_status less, more;

		make(rising[i - 1], &less);
		make(rising[i], &more);
		assert_true(ctl_status_weight(&less) < ctl_status_weight(&more));
		rpc_status_fini(&less);
		rpc_status_fini(&more);
	}
}

static void
test_pauses_grow_and_end(void **state)
{
	static const uint64_t least[] = {0, 250, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000};

	for (unsigned k = 0; k < ARRAY_SIZE(least); k++) {
		assert_int_equal(ctl_retry_delay_ms(k, 0), least[k]);
		for (uint32_t random = 1; random > 0 && random < UINT32_MAX / 3; random *= 3) {
			uint64_t ms = ctl_retry_delay_ms(k, random);

			assert_true(ms >= least[k] && ms <= 2 * least[k]);
		}
	}
}

/* A service that needs 30 s to come up is found within the limit, with few tries. */
static void
test_waiting_for_a_leader_on_a_virtual_clock(void **state)
{
	struct ctl_plan p;
	uint64_t        now = 0;
	unsigned        try;

	assert_int_equal(ctl_plan_init(&p, start, 3, CTL_JOIN_RETRY), 0);
	for (try = 0; now < 30000; try++) {
		struct rpc_status s;

		make(now < 10000 ? OUT_REFUSED : (now < 20000 ? OUT_UNAVAILABLE : OUT_NO_LEADER),
		     &s);
		assert_int_equal(ctl_plan_react(&p, &s), CTL_VERDICT_REPEAT);
		now += ctl_retry_delay_ms(p.tries - 1, 1U << 31);
		rpc_status_fini(&s);
	}
	assert_true(try >= 7 && try <= 12);
	assert_true(now < 50000);
	ctl_plan_fini(&p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reaction_to_one_failure),
	    cmocka_unit_test(test_dead_hint_leads_back_to_the_first_hosts),
	    cmocka_unit_test(test_of_several_answers_the_most_telling_counts),
	    cmocka_unit_test(test_pauses_grow_and_end),
	    cmocka_unit_test(test_waiting_for_a_leader_on_a_virtual_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
