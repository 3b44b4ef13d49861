/*
 * Members by UUID, beside the table by rank: a hash table that borrows the records.
 */
#pragma once

#include "system/member.h"

struct sys_uuid_index {
	const struct sys_member **slots;   /* NULL: free */
	size_t                    n_slots; /* 0 or a power of two, at least twice n */
	size_t                    n;
};

void sys_uuid_index_fini(struct sys_uuid_index *x);
/* Into uninitialised *ret. -ENOMEM. */
int sys_uuid_index_copy(const struct sys_uuid_index *x, struct sys_uuid_index *ret);
/* Makes room for n records in all. -ENOMEM; unchanged then. */
int sys_uuid_index_reserve(struct sys_uuid_index *x, size_t n);
/* Needs room. */
void sys_uuid_index_add(struct sys_uuid_index *x, const struct sys_member *m);
/* This very record; absent is fine. */
void sys_uuid_index_remove(struct sys_uuid_index *x, const struct sys_member *m);
/* Of several the one with the lowest rank, NULL when absent. */
const struct sys_member *sys_uuid_index_find(const struct sys_uuid_index *x,
					     const struct uuid           *uuid);
