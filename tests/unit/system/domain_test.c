#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "system/domain.h"

struct addition {
	const char *path;
	uint32_t    rank;
};

static struct sys_domain *
tree_of(const struct addition *a, size_t n)
{
	struct sys_domain *t = sys_domain_new();

	assert_non_null(t);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sys_domain_add_rank(t, a[i].path, a[i].rank), 0);
	return t;
}

#define TREE(...)                                                                                  \
	tree_of((struct addition[]){__VA_ARGS__},                                                  \
		sizeof((struct addition[]){__VA_ARGS__}) / sizeof(struct addition))

static void
check_compressed(const struct sys_domain *t, const uint32_t *ranks, size_t n_ranks,
		 const uint32_t *want, size_t n_want)
{
	uint32_t *got;
	size_t    n;

	assert_int_equal(sys_domain_compress(t, ranks, n_ranks, &got, &n, NULL), 0);
	assert_int_equal(n, n_want);
	assert_memory_equal(got, want, n * sizeof(*want));
	free(got);
}

#define CHECK(t, ranks, n_ranks, ...)                                                              \
	check_compressed(t, ranks, n_ranks, (uint32_t[]){__VA_ARGS__},                             \
			 sizeof((uint32_t[]){__VA_ARGS__}) / 4)

static void
hosts_only(void **state)
{
	struct sys_domain *t = TREE({"/host1", 0}, {"/host0", 1}, {"/host1", 2});

	/* Ids in the order of arrival: host1 2, rank0 3, host0 4, rank1 5, rank2 6; children by
	 * name. */
	CHECK(t, NULL, 0, 0, 2, 1, 2, 1, 4, 1, 1, 2, 2, 1, 0, 2);
	CHECK(t, (uint32_t[]){2}, 1, 0, 2, 1, 1, 1, 2, 1, 2);
	assert_int_equal(sys_domain_depth(t), 2);
	sys_domain_free(t);
}

static void
racks_and_labels(void **state)
{
	struct sys_domain *t = TREE({"/rack=r0/node=n0", 0}, {"/rack=r1/node=n1", 1});

	assert_string_equal(t->children[0]->name, "r0");
	assert_string_equal(t->children[0]->children[0]->name, "n0");
	assert_int_equal(t->children[0]->children[0]->children[0]->rank, 0);
	CHECK(t, NULL, 0, 2, 3, 1, 2, 2, 2, 1, 2, 5, 1, 1, 3, 1, 1, 6, 1, 0, 1);
	/* The bit tells of the whole tree, the levels of what is sent. */
	CHECK(t, (uint32_t[]){1}, 1, 2, 3, 1, 1, 2, 5, 1, 1, 6, 1, 1);
	sys_domain_free(t);
}

static void
empty_tree(void **state)
{
	struct sys_domain *t = sys_domain_new();

	CHECK(t, NULL, 0, 0, 0, 1, 0);
	assert_int_equal(sys_domain_depth(t), 0);
	sys_domain_free(t);
}

static void
absent_rank_is_named(void **state)
{
	struct sys_domain *t = TREE({"/a", 0});
	struct fault       f = FAULT_INIT;
	uint32_t          *got;
	size_t             n;

	assert_int_equal(sys_domain_compress(t, (uint32_t[]){0, 9}, 2, &got, &n, &f), -ENOENT);
	assert_non_null(strstr(f.description, "9"));
	sys_domain_free(t);
}

static void
ids_stay(void **state)
{
	struct sys_domain *t = TREE({"/a", 0}, {"/b", 1});

	assert_int_equal(sys_domain_add_rank(t, "/a", 0), -EEXIST);
	assert_int_equal(t->children[0]->id, 2);
	assert_int_equal(t->children[1]->id, 4);
	sys_domain_remove_rank(t, "/a", 0);
	sys_domain_remove_rank(t, "/a", 0);
	sys_domain_remove_rank(t, "/nowhere/at/all", 3);
	assert_int_equal(t->n_children, 2);
	assert_int_equal(t->children[0]->id,
			 2); /* the host keeps its id for when the rank comes back */
	assert_int_equal(sys_domain_add_rank(t, "/a", 0), 0);
	assert_int_equal(t->children[0]->children[0]->id, 6);
	sys_domain_free(t);
}

static void
bad_paths_change_nothing(void **state)
{
	static const char *const bad[] = {"", "/", "a", "/a=/b", "/rack="};
	struct sys_domain       *t     = sys_domain_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(sys_domain_add_rank(t, bad[i], 1), -EINVAL);
	assert_int_equal(t->n_children, 0);
	sys_domain_free(t);
}

static uint32_t
highest_by_walk(const struct sys_domain *d)
{
	uint32_t max = d->id;

	for (size_t i = 0; i < d->n_children; i++) {
		assert_ptr_equal(d->children[i]->parent, d);
		max = MAX(max, highest_by_walk(d->children[i]));
	}
	assert_int_equal(d->highest_id, max);
	return max;
}

/* What nodes remember of the ids below them stays true whatever comes and goes. */
static void
highest_id_is_kept(void **state)
{
	struct sys_domain *t      = sys_domain_new();
	bool               in[32] = {0};
	uint32_t           seed   = 1;

	assert_non_null(t);
	for (unsigned i = 0; i < 500; i++) {
		char     path[32];
		uint32_t rank;

		seed = seed * 1103515245U + 12345U;
		rank = (seed >> 16) % 32;
		(void)snprintf(path, sizeof(path), "/rack%u/host%u", rank % 3, rank / 4);
		if (in[rank])
			sys_domain_remove_rank(t, path, rank);
		else
			assert_int_equal(sys_domain_add_rank(t, path, rank), 0);
		in[rank] = !in[rank];
		highest_by_walk(t);
	}
	sys_domain_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_only),         cmocka_unit_test(racks_and_labels),
	    cmocka_unit_test(empty_tree),         cmocka_unit_test(absent_rank_is_named),
	    cmocka_unit_test(ids_stay),           cmocka_unit_test(bad_paths_change_nothing),
	    cmocka_unit_test(highest_id_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
