/*
 * Running replicas in tests: a loop with a deadline, and one node with the counting state machine.
 */
#pragma once

#include <time.h>

#include "rep_counter.h"

#define REP_TEST_DEADLINE_MS 20000

static inline uint64_t
rep_test_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs the loop until the condition holds; a deadline makes a hang a failure. */
#define run_until(l, cond)                                                                         \
	do {                                                                                       \
		uint64_t _end = rep_test_ms() + REP_TEST_DEADLINE_MS;                              \
		while (!(cond)) {                                                                  \
			assert_true(rep_test_ms() < _end);                                         \
			(void)loop_run_once((l), true);                                            \
		}                                                                                  \
	} while (0)

struct rep_test_node {
	struct loop         *l;
	struct rep_node     *n;
	struct counter       c;
	char                 dir[96];
	char                 address[32];
	struct rep_transport transport;
	bool                 leader;
	bool                 fatal;
	bool                 closed;
	struct fault         fault;
	unsigned             answered;
	unsigned             ok;
	int                  last_err;
	void                *last_result;
};

static inline void
rep_test_on_leadership(bool is_leader, void *arg)
{
	((struct rep_test_node *)arg)->leader = is_leader;
}

static inline void
rep_test_on_fatal(const struct fault *f, void *arg)
{
	struct rep_test_node *x = arg;

	x->fatal = true;
	x->fault = *f;
}

static inline void
rep_test_on_closed(void *arg)
{
	((struct rep_test_node *)arg)->closed = true;
}

static inline void
rep_test_on_answer(int err, void *result, void *arg)
{
	struct rep_test_node *x = arg;

	x->answered++;
	x->last_err    = err;
	x->last_result = result;
	if (err == 0)
		x->ok++;
}

static inline struct rep_opts
rep_test_options(struct rep_test_node *x)
{
	return (struct rep_opts){.dir         = x->dir,
				 .id          = rep_id(x->address),
				 .address     = x->address,
				 .transport   = x->transport.connect != NULL ? &x->transport : NULL,
				 .fsm         = counter_fsm(&x->c),
				 .election_ms = x->transport.connect != NULL ? 200 : 0,
				 .heartbeat_ms       = x->transport.connect != NULL ? 20 : 0,
				 .snapshot_threshold = 64,
				 .snapshot_trailing  = 16,
				 .on_leadership      = rep_test_on_leadership,
				 .on_fatal           = rep_test_on_fatal,
				 .arg                = x};
}

/* -errno with *f, or 0. */
static inline int
rep_test_open(struct rep_test_node *x, struct fault *f)
{
	struct rep_opts o = rep_test_options(x);

	x->c      = (struct counter){0};
	x->leader = x->closed = x->fatal = false;
	return rep_node_open(x->l, &o, &x->n, f);
}
