/*
 * A state machine for tests of the replica: remembers how many commands it applied and a hash over
 * them in order. Commands that begin with "refuse" are refused.
 */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/replica.h"

struct counter {
	uint64_t n;
	uint64_t hash;
	uint64_t last_index;
	char     last[64];
};

static inline int
counter_apply(void *arg, const void *cmd, size_t len, uint64_t index, void **result,
	      struct fault *f)
{
	struct counter *c = arg;
	const uint8_t  *p = cmd;

	if (len >= 6 && memcmp(cmd, "refuse", 6) == 0)
		return fault_plain(f, -EPROTO, "the command asks to be refused");
	c->n++;
	for (size_t i = 0; i < len; i++)
		c->hash = (c->hash ^ p[i]) * 1099511628211ULL;
	c->last_index = index;
	(void)snprintf(c->last, sizeof(c->last), "%.*s", (int)(len < 63 ? len : 63),
		       (const char *)cmd);
	*result = (void *)(uintptr_t)c->n;
	return 0;
}

static inline int
counter_snapshot(void *arg, void **ret_buf, size_t *ret_len)
{
	struct counter *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	*copy    = *(struct counter *)arg;
	*ret_buf = copy;
	*ret_len = sizeof(*copy);
	return 0;
}

static inline int
counter_restore(void *arg, const void *buf, size_t len, struct fault *f)
{
	if (len != sizeof(struct counter))
		return fault_plain(f, -EPROTO, "a snapshot of %zu bytes", len);
	memcpy(arg, buf, len);
	return 0;
}

static inline int
counter_check(void *arg, bool is_snapshot, const void *data, size_t len, struct fault *f)
{
	(void)arg;
	(void)data;
	if (is_snapshot && len != sizeof(struct counter))
		return fault_plain(f, -EPROTO, "a snapshot of %zu bytes", len);
	return 0;
}

static inline struct rep_fsm
counter_fsm(struct counter *c)
{
	return (struct rep_fsm){.apply    = counter_apply,
				.snapshot = counter_snapshot,
				.restore  = counter_restore,
				.check    = counter_check,
				.arg      = c};
}
