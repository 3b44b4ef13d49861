/*
 * A growing array of any element type.
 *
 *	struct ports { VEC(uint16_t) list; };
 *	VEC(struct member) members = {0};
 *	r = vec_push(&members, m);       // 0 or -ENOMEM; the vector is unchanged on failure
 *	vec_foreach(&members, p) ...     // p is a pointer to each element
 *	vec_fini(&members);              // frees the array, not what elements point to
 */
#pragma once

#include <string.h>

#include "common/util.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type  *v;                                                                          \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

/* Makes room for `want` elements in all. Returns 0 or -ENOMEM. */
int vec_reserve_raw(void **v, size_t *cap, size_t want, size_t elem_size);

#define vec_reserve(vec, want)                                                                     \
	vec_reserve_raw((void **)&(vec)->v, &(vec)->cap, (want), sizeof(*(vec)->v))

#define vec_push(vec, ...)                                                                         \
	({                                                                                         \
		int _vec_rc = vec_reserve((vec), (vec)->n + 1);                                    \
		if (_vec_rc == 0)                                                                  \
			(vec)->v[(vec)->n++] = (__VA_ARGS__);                                      \
		_vec_rc;                                                                           \
	})

/* Removes element i and keeps the order of the rest. */
#define vec_remove(vec, i)                                                                         \
	do {                                                                                       \
		size_t _vec_i = (i);                                                               \
		memmove(&(vec)->v[_vec_i], &(vec)->v[_vec_i + 1],                                  \
			((vec)->n - _vec_i - 1) * sizeof(*(vec)->v));                              \
		(vec)->n--;                                                                        \
	} while (0)

#define vec_foreach(vec, p)                                                                        \
	for (__typeof__(*(vec)->v) *p = (vec)->v; p != NULL && p < (vec)->v + (vec)->n; p++)

#define vec_fini(vec)                                                                              \
	do {                                                                                       \
		free((vec)->v);                                                                    \
		(vec)->v   = NULL;                                                                 \
		(vec)->n   = 0;                                                                    \
		(vec)->cap = 0;                                                                    \
	} while (0)
