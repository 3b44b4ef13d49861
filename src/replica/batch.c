/*
 * Batches of log entries in a buffer: where they begin, whether their checksums hold, and whether
 * one that is wrong can be a write that a crash cut off.
 */
#include <endian.h>
#include <string.h>

#include "replica/replica_private.h"

#define SECTOR   512
#define CRC_POLY 0x04C11DB7U /* most significant bit first, no inversion */

uint64_t
rep_get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

uint32_t
rep_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

uint32_t
rep_crc32(uint32_t crc, const uint8_t *p, size_t len)
{
	static uint32_t table[256]; /* filled by the loop's thread only */

	if (table[1] == 0) {
		for (uint32_t i = 0; i < ARRAY_SIZE(table); i++) {
			uint32_t v = i << 24;

			for (int bit = 0; bit < 8; bit++)
				v = (v << 1) ^ (v & 0x80000000U ? CRC_POLY : 0);
			table[i] = v;
		}
	}
	while (len-- > 0)
		crc = (crc << 8) ^ table[(crc >> 24) ^ *p++];
	return crc;
}

bool
rep_all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

/*
 * Whether bytes [from, to) of a file may be a write that was cut off. The disk writes whole
 * sectors, and what was there before is zeros: then at least one sector's share of the range is all
 * zeros.
 */
static bool
may_be_torn(const uint8_t *buf, size_t from, size_t to)
{
	while (from < to) {
		size_t end = MIN((from / SECTOR + 1) * SECTOR, to);

		if (rep_all_zero(buf + from, end - from))
			return true;
		from = end;
	}
	return false;
}

/*
 * The number of entries decides how far the headers reach, so a flipped bit in it can make them
 * seem to reach into sectors that are rightly zero. Whether the checksum holds with one bit of the
 * number turned back.
 */
static bool
count_is_one_bit_off(const uint8_t *p, size_t left)
{
	uint64_t n = rep_get64(p + 8);

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t right = n ^ (1ULL << bit), le = htole64(right);
		uint8_t  bytes[8];
		size_t   headers;

		if (right == 0 || right > (left - 16) / 16)
			continue;
		headers = 16 * (size_t)right;
		memcpy(bytes, &le, sizeof(bytes));
		if (rep_get32(p) == rep_crc32(rep_crc32(0, bytes, sizeof(bytes)), p + 16, headers))
			return true;
	}
	return false;
}

static enum rep_batch_verdict
judge_header(const uint8_t *buf, size_t len, size_t off, size_t end)
{
	if (may_be_torn(buf, off, end) && !count_is_one_bit_off(buf + off, len - off))
		return REP_BATCH_TORN;
	return REP_BATCH_BAD_HEADER;
}

enum rep_batch_verdict
rep_batch_read(const uint8_t *buf, size_t len, size_t off, struct rep_batch *ret)
{
	size_t   left = len - off, header_len, data_len = 0;
	uint64_t n;

	if (rep_all_zero(buf + off, left))
		return REP_BATCH_END;
	if (left < 16)
		return REP_BATCH_SHORT;
	n = rep_get64(buf + off + 8);
	if (n == 0 || n > REP_MAX_FILE_BYTES / 16)
		return judge_header(buf, len, off, off + 16);
	header_len = 8 + 16 * (size_t)n;
	if (header_len > left - 8)
		return REP_BATCH_SHORT;
	if (rep_get32(buf + off) != rep_crc32(0, buf + off + 8, header_len))
		return judge_header(buf, len, off, off + 8 + header_len);
	for (uint64_t i = 0; i < n; i++)
		data_len += rep_get32(buf + off + 16 + 16 * i + 12);
	*ret = (struct rep_batch){.n       = n,
				  .headers = buf + off + 16,
				  .data    = buf + off + 8 + header_len,
				  .end     = off + 8 + header_len + data_len};
	if (data_len > left - 8 - header_len)
		return REP_BATCH_SHORT;
	if (rep_get32(buf + off + 4) != rep_crc32(0, ret->data, data_len))
		return may_be_torn(buf, off, ret->end) ? REP_BATCH_TORN : REP_BATCH_BAD_DATA;
	return REP_BATCH_OK;
}
