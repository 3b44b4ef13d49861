/* Posts from other threads, timers, blocking work. */
#include "loop/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define POSTS 1000

struct counter {
	struct loop *loop;
	int	     n;
	pthread_t    worked_on;
};

static void
count_to_end(void *arg)
{
	struct counter *c = arg;

	if (++c->n == POSTS)
		loop_stop(c->loop);
}

static void *
post_many(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < POSTS; i++)
		assert_int_equal(loop_post(c->loop, count_to_end, c), 0);
	return NULL;
}

static void
test_posts_from_a_thread_all_run(void **state)
{
	struct counter c = {0};
	pthread_t      t;

	assert_int_equal(loop_new(&c.loop), 0);
	pthread_create(&t, NULL, post_many, &c);
	loop_run(c.loop);
	pthread_join(t, NULL);
	assert_int_equal(c.n, POSTS);
	loop_free(c.loop);
}

static void
timer_cb(struct loop_timer *t, void *arg)
{
	struct counter *c = arg;

	if (++c->n == 3) {
		loop_timer_free(t);
		loop_stop(c->loop);
	}
}

static void
test_timer_repeats_and_may_free_itself(void **state)
{
	struct counter	   c = {0};
	struct loop_timer *t;

	assert_int_equal(loop_new(&c.loop), 0);
	assert_int_equal(loop_timer_new(c.loop, timer_cb, &c, &t), 0);
	loop_timer_start(t, 1, 1);
	loop_run(c.loop);
	assert_int_equal(c.n, 3);
	loop_free(c.loop);
}

static void
work(void *arg)
{
	((struct counter *)arg)->worked_on = pthread_self();
}

static void
work_done(void *arg)
{
	struct counter *c = arg;

	assert_false(pthread_equal(c->worked_on, pthread_self()));
	c->n++;
	loop_stop(c->loop);
}

static void
test_work_runs_elsewhere_and_ends_here(void **state)
{
	struct counter c = {0};

	assert_int_equal(loop_new(&c.loop), 0);
	assert_int_equal(loop_work_submit(c.loop, work, work_done, &c), 0);
	loop_run(c.loop);
	assert_int_equal(c.n, 1);
	loop_free(c.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_posts_from_a_thread_all_run),
	    cmocka_unit_test(test_timer_repeats_and_may_free_itself),
	    cmocka_unit_test(test_work_runs_elsewhere_and_ends_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
