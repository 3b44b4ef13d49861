/*
 * Makes the nth allocation of a piece of code fail, and counts what is not given back. A sweep over
 * an entry point goes until a run makes fewer than n allocations:
 *
 *	long n = 0;
 *
 *	do {
 *		alloc_fault_begin(++n);
 *		… the code under test, which must cope …
 *		assert_int_equal(alloc_fault_end(), 0); // nothing leaked
 *	} while (alloc_fault_happened());
 *
 * Include it in one file of a test program. Not with a sanitizer, whose allocator must stay in
 * place: alloc_fault_works() tells. One thread.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static bool alloc_fault_on;
static long alloc_fault_seen, alloc_fault_at, alloc_fault_live;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_FAULT_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOC_FAULT_SANITIZER 1
#endif
#endif

#ifdef ALLOC_FAULT_SANITIZER
static inline bool
alloc_fault_works(void)
{
	return false;
}
#else
static inline bool
alloc_fault_works(void)
{
	return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void  __libc_free(void *p);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void  free(void *p);

static bool
alloc_fault_now(void)
{
	if (!alloc_fault_on || ++alloc_fault_seen != alloc_fault_at)
		return false;
	errno = ENOMEM;
	return true;
}

static void *
alloc_fault_count(void *p)
{
	if (alloc_fault_on && p != NULL)
		alloc_fault_live++;
	return p;
}

void *
malloc(size_t size)
{
	return alloc_fault_now() ? NULL : alloc_fault_count(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return alloc_fault_now() ? NULL : alloc_fault_count(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t size)
{
	void *q;

	if (alloc_fault_now())
		return NULL;
	q = __libc_realloc(p, size);
	return p == NULL ? alloc_fault_count(q) : q;
}

void
free(void *p)
{
	if (alloc_fault_on && p != NULL)
		alloc_fault_live--;
	__libc_free(p);
}
#endif

static inline void
alloc_fault_begin(long n)
{
	alloc_fault_seen = 0;
	alloc_fault_live = 0;
	alloc_fault_at   = n;
	alloc_fault_on   = true;
}

/* Returns how many allocations were not given back. */
static inline long
alloc_fault_end(void)
{
	alloc_fault_on = false;
	return alloc_fault_live;
}

/* Whether the run that just ended got as far as its nth allocation. */
static inline bool
alloc_fault_happened(void)
{
	return alloc_fault_seen >= alloc_fault_at;
}
