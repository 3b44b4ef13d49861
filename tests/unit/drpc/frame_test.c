/*
 * The rules of the framing, one row each, and messages of every interesting size cut and put
 * together.
 */
#include "drpc/frame_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "drpc/drpc.h"

#define LIMIT (1 << 20)

/*
 * One datagram as numbers; `data` bytes follow the header, `cut` bytes of all are left away at the
 * end.
 */
struct datagram {
	uint64_t total, chunk;
	uint32_t index, count;
	size_t   data, cut;
};

struct rule {
	const char     *name;
	int             want; /* of the last datagram */
	bool            complete;
	size_t          n;
	struct datagram d[3];
};

static const struct rule rules[] = {
    {"one chunk", 0, true, 1, {{4, 4, 0, 1, 4}}},
    {"empty message as a header", 0, true, 1, {{0, 0, 0, 1, 0}}},
    {"two chunks", 0, true, 2, {{6, 4, 0, 2, 4}, {6, 2, 1, 2, 2}}},
    {"first of two is not complete", 0, false, 1, {{6, 4, 0, 2, 4}}},
    {"largest chunk", 0, true, 1, {{131048, 131048, 0, 1, 131048}}},
    {"shorter than a header", -EPROTO, false, 1, {{0, 0, 0, 1, 0, 1}}},
    {"no bytes at all", -EPROTO, false, 1, {{0, 0, 0, 1, 0, 24}}},
    {"no chunks announced", -EPROTO, false, 1, {{4, 4, 0, 0, 4}}},
    {"no chunks announced for nothing", -EPROTO, false, 1, {{0, 0, 0, 0, 0}}},
    {"number of chunks changes", -EPROTO, false, 2, {{6, 4, 0, 2, 4}, {6, 1, 1, 3, 1}}},
    {"total size changes", -EPROTO, false, 2, {{6, 4, 0, 2, 4}, {7, 3, 1, 2, 3}}},
    {"first index is not 0", -EPROTO, false, 1, {{6, 2, 1, 2, 2}}},
    {"index repeated", -EPROTO, false, 2, {{6, 2, 0, 3, 2}, {6, 2, 0, 3, 2}}},
    {"index left out", -EPROTO, false, 2, {{6, 2, 0, 3, 2}, {6, 2, 2, 3, 2}}},
    {"more data than announced", -EPROTO, false, 1, {{3, 4, 0, 1, 4}}},
    {"more data in the end", -EPROTO, false, 2, {{6, 4, 0, 2, 4}, {6, 3, 1, 2, 3}}},
    {"chunk over the limit", -EPROTO, false, 1, {{131049, 131049, 0, 1, 131049}}},
    {"chunk says more than it holds", -EPROTO, false, 1, {{4, 4, 0, 1, 3}}},
    {"chunk says less than it holds", -EPROTO, false, 1, {{4, 4, 0, 1, 5}}},
    {"chunk without data", -EPROTO, false, 1, {{4, 0, 0, 2, 0}}},
    {"last chunk leaves a hole", -EPROTO, false, 1, {{8, 4, 0, 1, 4}}},
    {"data complete before the last chunk", -EPROTO, false, 1, {{4, 4, 0, 2, 4}}},
    {"over the limit", -EMSGSIZE, false, 1, {{LIMIT + 1, 131048, 0, 9, 131048}}},
    {"enormous", -EMSGSIZE, false, 1, {{UINT64_MAX, 131048, 0, UINT32_MAX, 131048}}},
};

static int
feed(struct drpc_assembler *a, const struct datagram *d, bool *complete)
{
	struct drpc_chunk_header  h   = {d->total, d->chunk, d->index, d->count};
	size_t                    len = sizeof(h) + d->data - d->cut;
	_cleanup_(freep) uint8_t *buf = calloc(1, sizeof(h) + d->data);

	memcpy(buf, &h, sizeof(h));
	return drpc_assembler_add(a, buf, len, complete);
}

static void
test_rules(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule    *c        = &rules[i];
		struct drpc_assembler a        = {.max_bytes = LIMIT};
		bool                  complete = false;
		int                   r        = 0;

		for (size_t j = 0; j < c->n; j++) {
			assert_int_equal(r, 0);
			assert_false(complete);
			r = feed(&a, &c->d[j], &complete);
		}
		if (r != c->want || complete != c->complete)
			fail_msg("%s: returned %d, complete %d", c->name, r, complete);
		drpc_assembler_reset(&a);
	}
}

/* A peer that announces much and sends little must not make us hold much. */
static void
test_memory_follows_data(void **state)
{
	struct drpc_assembler a        = {.max_bytes = 64 * MIB};
	bool                  complete = false;

	assert_int_equal(feed(&a, &(struct datagram){60 * MIB, 16, 0, 3, 16}, &complete), 0);
	assert_in_range(a.cap, 16, 4096);
	drpc_assembler_reset(&a);
}

static void
round_trip(size_t size)
{
	struct drpc_output        out      = {0};
	struct drpc_assembler     in       = {.max_bytes = LIMIT};
	uint8_t                  *message  = malloc(size + 1);
	_cleanup_(freep) uint8_t *copy     = malloc(size + 1);
	_cleanup_(freep) uint8_t *buf      = malloc(DRPC_MAX_DATAGRAM);
	bool                      complete = false;
	uint32_t                  chunks   = 0;

	for (size_t i = 0; i < size; i++)
		copy[i] = (uint8_t)(i * 31 + i / 251);
	memcpy(message, copy, size);
	drpc_output_begin_take(&out, message, size);
	while (out.active) {
		struct drpc_chunk_header h;
		size_t                   len;
		const uint8_t           *data = drpc_output_chunk(&out, &h, &len);

		assert_false(complete);
		memcpy(buf, &h, sizeof(h));
		memcpy(buf + sizeof(h), data, len);
		assert_int_equal(drpc_assembler_add(&in, buf, sizeof(h) + len, &complete), 0);
		chunks++;
		drpc_output_advance(&out);
	}
	assert_true(complete);
	assert_int_equal(chunks,
			 size == 0 ? 1 : (size + DRPC_MAX_CHUNK_DATA - 1) / DRPC_MAX_CHUNK_DATA);
	assert_int_equal(in.len, size);
	if (size > 0)
		assert_memory_equal(in.data, copy, size);
	drpc_assembler_reset(&in);
}

static void
test_round_trips(void **state)
{
	static const size_t sizes[] = {0,      1,      23,     131047, 131048,
				       131049, 262095, 262096, 262097, 1000000};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		round_trip(sizes[i]);
}

/* total, chunk, index, count: little endian on the machines DAOS runs on */
static void
test_header_bytes(void **state)
{
	static const uint8_t     want[DRPC_HEADER_BYTES] = {89, 0, 0, 0, 0, 0, 0, 0, 89, 0, 0, 0,
							    0,  0, 0, 0, 0, 0, 0, 0, 1,  0, 0, 0};
	struct drpc_output       out                     = {0};
	struct drpc_chunk_header h;
	size_t                   len;

	drpc_output_begin_take(&out, calloc(1, 89), 89);
	(void)drpc_output_chunk(&out, &h, &len);
	assert_memory_equal(&h, want, sizeof(want));
	drpc_output_reset(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_memory_follows_data),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_header_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
