/*
 * Response memory: a list of blocks.
 */
#include "control/arena.h"

#include <string.h>

struct ctl_arena {
	void **blocks;
	size_t n;
	int    error;
};

int
ctl_arena_new(struct ctl_arena **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct ctl_arena *
ctl_arena_free(struct ctl_arena *a)
{
	if (a == NULL)
		return NULL;
	for (size_t i = 0; i < a->n; i++)
		free(a->blocks[i]);
	free(a->blocks);
	free(a);
	return NULL;
}

int
ctl_arena_error(const struct ctl_arena *a)
{
	return a->error;
}

static void *
keep(struct ctl_arena *a, void *block)
{
	void **blocks;

	if (block == NULL) {
		a->error = -ENOMEM;
		return NULL;
	}
	if ((a->n & (a->n + 1)) == 0) { /* full at 0, 1, 3, 7, … */
		blocks = reallocarray(a->blocks, 2 * (a->n + 1), sizeof(*blocks));
		if (blocks == NULL) {
			free(block);
			a->error = -ENOMEM;
			return NULL;
		}
		a->blocks = blocks;
	}
	a->blocks[a->n++] = block;
	return block;
}

void *
ctl_arena_alloc(struct ctl_arena *a, size_t n, size_t size)
{
	return n > 0 ? keep(a, calloc(n, size)) : NULL;
}

const char *
ctl_arena_take(struct ctl_arena *a, char *s)
{
	const char *kept = keep(a, s);

	return kept ? kept : "";
}

const char *
ctl_arena_text(struct ctl_arena *a, const char *s)
{
	return s == NULL || s[0] == '\0' ? "" : ctl_arena_take(a, strdup(s));
}

const char *const *
ctl_arena_texts(struct ctl_arena *a, char *const *v, size_t n)
{
	const char **copy = ctl_arena_alloc(a, n, sizeof(*copy));

	for (size_t i = 0; copy != NULL && i < n; i++)
		copy[i] = ctl_arena_text(a, v[i]);
	return copy;
}
