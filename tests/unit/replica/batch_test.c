#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <endian.h>
#include <string.h>

#include "replica/replica_private.h"

#define FILE_BYTES 8192
#define SECTOR     512

static void
put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static void
put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

/* A batch of one command with len bytes without zeros; returns the offset behind it. */
static size_t
put_batch(uint8_t *buf, size_t off, size_t len)
{
	uint8_t *p = buf + off;

	put64(p + 8, 1);
	put64(p + 16, 7); /* term */
	p[24] = RAFT_COMMAND;
	put32(p + 28, (uint32_t)len);
	memset(p + 32, 0xA5, len);
	put32(p, rep_crc32(0, p + 8, 24));
	put32(p + 4, rep_crc32(0, p + 32, len));
	return off + 32 + len;
}

static void
whole_batches_are_read(void **state)
{
	uint8_t          buf[FILE_BYTES] = {1};
	struct rep_batch b;
	size_t           second = put_batch(buf, 8, 100), end = put_batch(buf, second, 2000);

	assert_int_equal(rep_batch_read(buf, FILE_BYTES, 8, &b), REP_BATCH_OK);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.end, second);
	assert_int_equal(rep_batch_read(buf, FILE_BYTES, second, &b), REP_BATCH_OK);
	assert_int_equal(b.end, end);
	assert_int_equal(rep_batch_read(buf, FILE_BYTES, end, &b), REP_BATCH_END);
}

/* Any flipped bit of a batch that is on disk whole is told from a write that was cut off. */
static void
flipped_bits_are_no_torn_write(void **state)
{
	static const size_t sizes[] = {8, 100, 2000};

	for (size_t c = 0; c < ARRAY_SIZE(sizes); c++) {
		uint8_t buf[FILE_BYTES] = {1};
		size_t  end             = put_batch(buf, 8, sizes[c]);

		for (size_t bit = 8 * 8; bit < end * 8; bit++) {
			struct rep_batch       b;
			enum rep_batch_verdict v;

			buf[bit / 8] ^= (uint8_t)(1U << (bit % 8));
			v = rep_batch_read(buf, FILE_BYTES, 8, &b);
			if (v != REP_BATCH_BAD_HEADER && v != REP_BATCH_BAD_DATA &&
			    v != REP_BATCH_SHORT)
				fail_msg("size %zu bit %zu: verdict %d", sizes[c], bit, v);
			buf[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		}
	}
}

/* Whatever set of whole sectors did not reach the disk, the batch counts as never written. */
static void
missing_sectors_are_a_torn_write(void **state)
{
	uint8_t whole[FILE_BYTES] = {1};
	size_t  end               = put_batch(whole, 300, 2000);
	size_t  first = 300 / SECTOR, n = (end - 1) / SECTOR - first + 1;

	for (unsigned lost = 1; lost < 1U << n; lost++) {
		uint8_t                buf[FILE_BYTES];
		struct rep_batch       b;
		enum rep_batch_verdict v;

		memcpy(buf, whole, sizeof(buf));
		for (size_t i = 0; i < n; i++) {
			size_t from = i == 0 ? 300 : (first + i) * SECTOR;

			if ((lost >> i & 1) != 0)
				memset(buf + from, 0, (first + i + 1) * SECTOR - from);
		}
		v = rep_batch_read(buf, FILE_BYTES, 300, &b);
		if (v != REP_BATCH_TORN && v != REP_BATCH_END)
			fail_msg("lost sectors %x: verdict %d", lost, v);
	}
}

static void
short_files(void **state)
{
	uint8_t          buf[FILE_BYTES] = {1};
	struct rep_batch b;
	size_t           end = put_batch(buf, 8, 100);

	for (size_t len = 9; len < end; len++) {
		enum rep_batch_verdict v = rep_batch_read(buf, len, 8, &b);

		assert_true(v == REP_BATCH_SHORT || v == REP_BATCH_BAD_HEADER);
	}
	assert_int_equal(rep_batch_read(buf, end, 8, &b), REP_BATCH_OK);
}

static void
commands_are_framed(void **state)
{
	uint8_t     buf[64];
	const void *cmd;
	size_t      len;

	for (size_t n = 0; n <= 40; n++) {
		rep_command_pack(buf, "0123456789012345678901234567890123456789", n);
		assert_int_equal(rep_command_size(n) % 8, 0);
		assert_int_equal(rep_command_unpack(buf, rep_command_size(n), &cmd, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(cmd, "0123456789012345678901234567890123456789", n);
		assert_int_equal(rep_command_unpack(buf, rep_command_size(n) + 8, &cmd, &len),
				 -EPROTO);
	}
	assert_int_equal(rep_command_unpack(buf, 7, &cmd, &len), -EPROTO);
	buf[5] = 1;
	assert_int_equal(rep_command_unpack(buf, 48, &cmd, &len), -EPROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_batches_are_read),
	    cmocka_unit_test(flipped_bits_are_no_torn_write),
	    cmocka_unit_test(missing_sectors_are_a_torn_write),
	    cmocka_unit_test(short_files),
	    cmocka_unit_test(commands_are_framed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
