/*
 * The index of members by UUID agrees with a walk over the records, whatever comes and goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "system/uuid_index.h"

#define N 300

static void
compare(const struct sys_uuid_index *x, const struct sys_member *all, const bool *in)
{
	for (unsigned i = 0; i < N; i++)
		assert_ptr_equal(sys_uuid_index_find(x, &all[i].uuid), in[i] ? &all[i] : NULL);
}

static void
agrees_with_a_walk(void **state)
{
	static struct sys_member all[N];
	struct sys_uuid_index    x     = {0}, copy;
	bool                     in[N] = {0}, before[N];
	uint32_t                 seed  = 7;
	size_t                   n     = 0;

	for (unsigned i = 0; i < N; i++) {
		all[i].rank = i;
		uuid_new(&all[i].uuid);
	}
	compare(&x, all, in);
	for (unsigned step = 0; step < 3000; step++) {
		unsigned i;

		seed = seed * 1103515245U + 12345U;
		i    = (seed >> 16) % N;
		if (in[i]) {
			sys_uuid_index_remove(&x, &all[i]);
			n--;
		} else {
			assert_int_equal(sys_uuid_index_reserve(&x, ++n), 0);
			sys_uuid_index_add(&x, &all[i]);
		}
		in[i] = !in[i];
		assert_int_equal(x.n, n);
		if (step % 50 == 0)
			compare(&x, all, in);
	}
	assert_int_equal(sys_uuid_index_copy(&x, &copy), 0);
	memcpy(before, in, sizeof(in));
	for (unsigned i = 0; i < N; i++) {
		sys_uuid_index_remove(&x, &all[i]); /* also those that are not there */
		in[i] = false;
	}
	assert_int_equal(x.n, 0);
	compare(&x, all, in);
	compare(&copy, all, before);
	sys_uuid_index_fini(&x);
	sys_uuid_index_fini(&copy);
}

static void
lowest_rank_of_equal_uuids(void **state)
{
	struct sys_member     a = {.rank = 5}, b = {.rank = 2};
	struct sys_uuid_index x = {0};

	uuid_new(&a.uuid);
	b.uuid = a.uuid;
	assert_int_equal(sys_uuid_index_reserve(&x, 2), 0);
	sys_uuid_index_add(&x, &a);
	sys_uuid_index_add(&x, &b);
	assert_ptr_equal(sys_uuid_index_find(&x, &a.uuid), &b);
	sys_uuid_index_remove(&x, &b);
	assert_ptr_equal(sys_uuid_index_find(&x, &a.uuid), &a);
	sys_uuid_index_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_a_walk),
	    cmocka_unit_test(lowest_rank_of_equal_uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
