/*
 * A file of the replicated log, read batch by batch. Half of the inputs get their header checksum
 * put right, or no mutation would come past it.
 */
#include <endian.h>
#include <string.h>

#include "replica/replica_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fix_header(uint8_t *p, size_t left)
{
	uint64_t n = left >= 16 ? rep_get64(p + 8) : 0;
	uint32_t crc;

	if (n == 0 || n > (left - 16) / 16)
		return;
	crc = htole32(rep_crc32(0, p + 8, 8 + 16 * (size_t)n));
	memcpy(p, &crc, sizeof(crc));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *buf = malloc(size + 1);
	size_t   off = 0;

	if (buf == NULL)
		abort();
	memcpy(buf, data, size);
	while (off < size) {
		struct rep_batch b;
		const void      *cmd;
		size_t           len, at = 0;

		if ((size & 1) != 0)
			fix_header(buf + off, size - off);
		if (rep_batch_read(buf, size, off, &b) != REP_BATCH_OK)
			break;
		if (b.end <= off || b.end > size)
			abort();
		for (uint64_t i = 0; i < b.n; i++) {
			size_t entry = rep_get32(b.headers + 16 * i + 12);

			if (b.data + at + entry > buf + size)
				abort();
			(void)rep_command_unpack(b.data + at, entry, &cmd, &len);
			at += entry;
		}
		off = b.end;
	}
	free(buf);
	return 0;
}
