/*
 * Running out of memory: the n-th allocation fails, for every n, while a configuration is loaded,
 * checked, completed and printed. Each time -ENOMEM or a full result comes back, and everything is
 * freed.
 *
 * The C library's allocator is replaced for this program; with a sanitizer, which brings its own,
 * nothing is tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config_text.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_ALLOCATOR 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define OWN_ALLOCATOR 0
#endif
#endif
#ifndef OWN_ALLOCATOR
#define OWN_ALLOCATOR 1
#endif

static long countdown = -1; /* allocations until one fails; negative: none does */
static long live;           /* allocated and not freed */

#if OWN_ALLOCATOR
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void  __libc_free(void *p);

static bool
fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *
malloc(size_t size)
{
	void *p = fails() ? NULL : __libc_malloc(size);

	live += p != NULL;
	return p;
}

void *
calloc(size_t n, size_t size)
{
	void *p = fails() ? NULL : __libc_calloc(n, size);

	live += p != NULL;
	return p;
}

void *
realloc(void *old, size_t size)
{
	void *p = fails() ? NULL : __libc_realloc(old, size);

	live += p != NULL && old == NULL;
	return p;
}

void
free(void *p)
{
	live -= p != NULL;
	__libc_free(p);
}
#endif

static const char good[]   = "provider: ofi+verbs\n"
			     "mgmt_svc_replicas: [a, b, \"c:5\"]\n"
			     "bdev_exclude: [\"0000:99:00.0\"]\n"
			     "engines:\n" ENGINE(0) ENGINE(1);
static const char bad[]    = "prot: 1\n"
			     "port: x\n"
			     "engines:\n"
			     "- storage: [{class: rma}, {bdev_roles: [x]}, {bdev_list: [/a, /a]}]\n"
			     "  acceleration: {engine: q}\n";
static const char broken[] = "system_ram_reserved: 0\nenable_hotplug: true\nengines: [null, {}]\n";

/* Everything that can be done with a text. Returns the first failure. */
static int
go_through(const char *text, struct cfg_problems *problems)
{
	const struct cfg_host host    = {.hugepage_kib = 2048, .mem_total_kib = 128 * MIB};
	struct cfg_server    *cfg     = NULL;
	char                 *printed = NULL, *summary, *list;
	int                   r       = load(text, &cfg, problems);

	if (r == 0)
		r = cfg_server_validate(cfg, problems);
	if (r == 0)
		r = cfg_server_fix_provider(cfg);
	if (r == 0)
		r = cfg_server_derive(cfg, &host, problems);
	if (r == 0)
		r = cfg_server_print(cfg, &printed);
	summary = cfg_problems_summary(problems, NULL);
	list    = cfg_problems_print(problems);
	free(summary);
	free(list);
	free(printed);
	cfg = cfg_server_free(cfg);
	return r;
}

static void
sweep(const char *text, int result)
{
	for (long n = 0; n < 5000; n++) {
		struct cfg_problems problems = CFG_PROBLEMS_INIT;
		long                before   = live, left;
		int                 r;

		countdown = n;
		r         = go_through(text, &problems);
		left      = countdown;
		countdown = -1;
		cfg_problems_fini(&problems);
		assert_int_equal(live, before);
		if (left >= 0) { /* nothing failed any more */
			assert_int_equal(r, result);
			return;
		}
		if (r != -ENOMEM && r != result)
			fail_msg("allocation %ld: %d", n, r);
	}
	fail_msg("the sweep does not end");
}

static void
test_sweep(void **state)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;

	assert_int_equal(go_through(good, &problems), 0);
	cfg_problems_fini(&problems);
	if (!OWN_ALLOCATOR)
		skip();
	sweep(good, 0);
	sweep(bad, -EINVAL);
	sweep(broken, -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sweep)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
