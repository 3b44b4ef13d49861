/*
 * Open addressing with steps of one. A record that leaves closes the gap behind it, so there are no
 * marks of former entries.
 */
#include "system/uuid_index.h"

#include <string.h>

#include "common/str.h"

#define SLOTS_MIN 16

static size_t
home(const struct sys_uuid_index *x, const struct uuid *uuid)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (const char *s = uuid->s; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h & (x->n_slots - 1);
}

static size_t
next_slot(const struct sys_uuid_index *x, size_t i)
{
	return (i + 1) & (x->n_slots - 1);
}

void
sys_uuid_index_fini(struct sys_uuid_index *x)
{
	free(x->slots);
	*x = (struct sys_uuid_index){0};
}

int
sys_uuid_index_copy(const struct sys_uuid_index *x, struct sys_uuid_index *ret)
{
	struct sys_uuid_index c = *x;

	if (x->n_slots > 0) {
		c.slots = malloc(x->n_slots * sizeof(*c.slots));
		if (c.slots == NULL)
			return -ENOMEM;
		memcpy(c.slots, x->slots, x->n_slots * sizeof(*c.slots));
	}
	*ret = c;
	return 0;
}

int
sys_uuid_index_reserve(struct sys_uuid_index *x, size_t n)
{
	struct sys_uuid_index grown = {.n_slots = MAX(x->n_slots, (size_t)SLOTS_MIN)};

	while (grown.n_slots < 2 * n)
		grown.n_slots *= 2;
	if (grown.n_slots == x->n_slots)
		return 0;
	grown.slots = calloc(grown.n_slots, sizeof(*grown.slots));
	if (grown.slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < x->n_slots; i++)
		if (x->slots[i] != NULL)
			sys_uuid_index_add(&grown, x->slots[i]);
	free(x->slots);
	*x = grown;
	return 0;
}

void
sys_uuid_index_add(struct sys_uuid_index *x, const struct sys_member *m)
{
	size_t i = home(x, &m->uuid);

	while (x->slots[i] != NULL)
		i = next_slot(x, i);
	x->slots[i] = m;
	x->n++;
}

void
sys_uuid_index_remove(struct sys_uuid_index *x, const struct sys_member *m)
{
	size_t i, gap;

	if (x->n == 0)
		return;
	i = home(x, &m->uuid);
	while (x->slots[i] != NULL && x->slots[i] != m)
		i = next_slot(x, i);
	if (x->slots[i] == NULL)
		return;
	gap = i;
	for (i = next_slot(x, gap); x->slots[i] != NULL; i = next_slot(x, i)) {
		size_t from_home = (i - home(x, &x->slots[i]->uuid)) & (x->n_slots - 1);
		size_t from_gap  = (i - gap) & (x->n_slots - 1);

		if (from_home < from_gap)
			continue; /* it would not be found at the gap */
		x->slots[gap] = x->slots[i];
		gap           = i;
	}
	x->slots[gap] = NULL;
	x->n--;
}

const struct sys_member *
sys_uuid_index_find(const struct sys_uuid_index *x, const struct uuid *uuid)
{
	const struct sys_member *found = NULL;

	if (x->n == 0)
		return NULL;
	for (size_t i = home(x, uuid); x->slots[i] != NULL; i = next_slot(x, i)) {
		const struct sys_member *m = x->slots[i];

		if (str_eq(m->uuid.s, uuid->s) && (found == NULL || m->rank < found->rank))
			found = m;
	}
	return found;
}
