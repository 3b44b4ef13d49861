/*
 * Allocation faults for a test program: this header replaces malloc and its kin in the program that
 * includes it. Under a sanitizer, which has its own, nothing is replaced and ALLOC_FAIL_WORKS is 0.
 *
 *	for (alloc_fail_at = 1;; alloc_fail_at++) {
 *		alloc_fail_start();
 *		r = call();
 *		if (!alloc_fail_hit()) break;   // it needs no more allocations than that
 *		...r is -ENOMEM, alloc_fail_live() is 0...
 *	}
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_FAIL_WORKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOC_FAIL_WORKS 0
#endif
#endif
#ifndef ALLOC_FAIL_WORKS
#define ALLOC_FAIL_WORKS 1
#endif

static uint64_t alloc_fail_at;    /* which allocation from the start fails; 0: none */
static uint64_t alloc_fail_count; /* of allocations since the start */
static int64_t  alloc_fail_balance;
static bool     alloc_fail_on;

static inline void
alloc_fail_start(void)
{
	alloc_fail_count   = 0;
	alloc_fail_balance = 0;
	alloc_fail_on      = true;
}

/* Ends the section; whether the fault was met. */
static inline bool
alloc_fail_hit(void)
{
	alloc_fail_on = false;
	return alloc_fail_at != 0 && alloc_fail_count >= alloc_fail_at;
}

/* Pieces allocated in the section and not freed in it. */
static inline int64_t
alloc_fail_live(void)
{
	return alloc_fail_balance;
}

#if ALLOC_FAIL_WORKS
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void  __libc_free(void *p);

static inline bool
alloc_fail_now(void)
{
	if (!alloc_fail_on || ++alloc_fail_count != alloc_fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

static inline void *
alloc_fail_note(void *p)
{
	alloc_fail_balance += alloc_fail_on && p != NULL;
	return p;
}

void *
malloc(size_t size)
{
	return alloc_fail_now() ? NULL : alloc_fail_note(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return alloc_fail_now() ? NULL : alloc_fail_note(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t size)
{
	bool fresh = p == NULL;

	if (alloc_fail_now())
		return NULL;
	p = __libc_realloc(p, size);
	return fresh ? alloc_fail_note(p) : p;
}

void
free(void *p)
{
	alloc_fail_balance -= alloc_fail_on && p != NULL;
	__libc_free(p);
}
#endif
