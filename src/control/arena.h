/*
 * Memory of one response: everything it points to is released at once.
 *
 * Failures stick: build freely, look at ctl_arena_error() once.
 */
#pragma once

#include "common/util.h"

struct ctl_arena;

int               ctl_arena_new(struct ctl_arena **ret);
struct ctl_arena *ctl_arena_free(struct ctl_arena *a);
/* 0 or -ENOMEM when any allocation failed. */
int ctl_arena_error(const struct ctl_arena *a);
/* Zeroed memory for n elements, or NULL; NULL for n 0 is no failure. */
void *ctl_arena_alloc(struct ctl_arena *a, size_t n, size_t size);
/* A copy; "" for NULL and on failure, so the result is never NULL. */
const char *ctl_arena_text(struct ctl_arena *a, const char *s);
/* Takes fresh memory over; "" for NULL, which counts as a failure. */
const char *ctl_arena_take(struct ctl_arena *a, char *s);
/* A copy of an array of strings and its strings. */
const char *const *ctl_arena_texts(struct ctl_arena *a, char *const *v, size_t n);

static inline void
ctl_arena_freep(struct ctl_arena **a)
{
	*a = ctl_arena_free(*a);
}
