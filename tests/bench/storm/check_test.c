/*
 * storm's checker finds each wrong answer: one seeded fault a case, and none in right answers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "common/str.h"

#define N 4

/* Engines 0 to 3 with ranks 10 to 13, incarnation 7. */
static void
set_up(struct storm_check *c)
{
	assert_int_equal(storm_check_init(c, N), 0);
	for (uint32_t i = 0; i < N; i++) {
		c->engines[i].incarnation = 7;
		storm_check_joined(c, i, 10 + i, 5 + i, 5);
	}
	assert_int_equal(c->n_problems, 0);
	assert_int_equal(c->map_version, 8);
}

static void
expect(struct storm_check *c, uint64_t n, const char *text)
{
	assert_int_equal(c->n_problems, n);
	if (n > 0)
		assert_non_null(strstr(c->problems.v[0], text));
	storm_check_fini(c);
}

static void
test_right_joins(void **state)
{
	struct storm_check c;

	set_up(&c);
	storm_check_joined(&c, 2, 12, 9, 8); /* again, with the same rank */
	storm_check_joined(&c, 1, 11, 8, 8); /* sent before the answer above had come */
	expect(&c, 0, NULL);
}

static void
test_wrong_joins(void **state)
{
	static const struct {
		uint32_t    i, rank, version, before;
		const char *text;
	} cases[] = {
	    {1, 10, 8, 8, "rank 10 was given to"},
	    {1, 20, 8, 8, "had rank 11 and was given rank 20"},
	    {1, DAOS_RANK_NIL, 8, 8, "was given rank 4294967295"},
	    {1, 11, 7, 8, "map version 7 after another was told 8"},
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct storm_check c;

		set_up(&c);
		storm_check_joined(&c, cases[k].i, cases[k].rank, cases[k].version,
				   cases[k].before);
		expect(&c, 1, cases[k].text);
	}
}

static void
fill(const struct storm_check *c, struct storm_member rows[N + 1])
{
	for (uint32_t i = 0; i < N; i++)
		rows[i] = (struct storm_member){c->engines[i].uuid.s, 10 + i, 7, "joined"};
	rows[N] = (struct storm_member){"11111111-2222-3333-4444-555555555555", 0, 1, "joined"};
}

static void
test_right_query(void **state)
{
	struct storm_check  c;
	struct storm_member rows[N + 1];

	set_up(&c);
	fill(&c, rows);
	storm_check_members(&c, rows, N + 1, 30, 30, false);
	rows[1].state = "stopped";
	storm_check_members(&c, rows, N + 1, 31, 30, true);
	assert_int_equal(c.data_version, 31);
	expect(&c, 0, NULL);
}

enum wrong { RANK, TWICE, LOST, OLD, STATE, STRANGER, DATA_VERSION };

static void
test_wrong_query(void **state)
{
	static const struct {
		enum wrong  what;
		uint64_t    n;
		const char *text;
	} cases[] = {
	    {RANK, 1, "the answer says 99"},
	    {TWICE, 2, "the answer has rank 12 twice"},
	    {LOST, 1, "rank 13"},
	    {OLD, 1, "incarnation 7, the answer says 6"},
	    {STATE, 1, "the answer says excluded"},
	    {STRANGER, 1, "rank 10 is that of"},
	    {DATA_VERSION, 1, "data version 29"},
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct storm_check  c;
		struct storm_member rows[N + 1];
		size_t              n = N + 1;

		set_up(&c);
		fill(&c, rows);
		switch (cases[k].what) {
		case RANK:
			rows[0].rank = 99;
			break;
		case TWICE:
			rows[N] = rows[2];
			break;
		case LOST:
			rows[3] = rows[N];
			n       = N;
			break;
		case OLD:
			rows[0].incarnation = 6;
			break;
		case STATE:
			rows[0].state = "excluded";
			break;
		case STRANGER:
			rows[N].rank = 10;
			rows[0].rank = 0;
			rows[0].uuid = "22222222-2222-3333-4444-555555555555";
			/* engine 0 itself is missing then, which is a second problem */
			c.engines[0].rank = DAOS_RANK_NIL;
			rows[0].rank      = 50;
			break;
		case DATA_VERSION:
			break;
		}
		storm_check_members(&c, rows, n, cases[k].what == DATA_VERSION ? 29 : 30, 30,
				    false);
		expect(&c, cases[k].n, cases[k].text);
	}
}

static void
test_state_file(void **state)
{
	char               path[] = "/tmp/storm-check.XXXXXX";
	int                fd     = mkstemp(path);
	struct storm_check c, d;

	assert_true(fd >= 0);
	set_up(&c);
	c.engines[3].incarnation = UINT64_MAX;
	assert_int_equal(storm_check_save(&c, path), 0);
	assert_int_equal(storm_check_load(&d, path), 0);
	assert_int_equal(d.n, N);
	assert_int_equal(d.map_version, 8);
	for (uint32_t i = 0; i < N; i++) {
		assert_string_equal(d.engines[i].uuid.s, c.engines[i].uuid.s);
		assert_int_equal(d.engines[i].rank, 10 + i);
	}
	assert_true(d.engines[3].incarnation == UINT64_MAX);
	/* what was remembered is held against the next answers */
	storm_check_joined(&d, 0, 11, 9, 8);
	expect(&d, 1, "rank 11 was given to");
	assert_int_equal(truncate(path, 60), 0);
	assert_int_equal(storm_check_load(&d, path), -EPROTO);
	close(fd);
	unlink(path);
	assert_int_equal(storm_check_load(&d, path), -ENOENT);
	storm_check_fini(&c);
}

static void
test_many_problems(void **state)
{
	struct storm_check c;

	set_up(&c);
	for (int k = 0; k < 1000; k++)
		storm_check_joined(&c, 1, 10, 8, 8);
	assert_int_equal(c.problems.n, STORM_PROBLEMS_MAX);
	expect(&c, 1000, "rank 10");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right_joins), cmocka_unit_test(test_wrong_joins),
	    cmocka_unit_test(test_right_query), cmocka_unit_test(test_wrong_query),
	    cmocka_unit_test(test_state_file),  cmocka_unit_test(test_many_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
