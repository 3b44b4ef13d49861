/*
 * The state file of an engine with any content; each is tried again with the right length and
 * checksum, so that the JSON is reached.
 */
#include <string.h>

#include "common/crc.h"
#include "engine/sysdb.h"

#define HEADER_BYTES 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
decode(const uint8_t *data, size_t size)
{
	struct eng_sysdb db = {.path = strdup("sys_db")};
	struct fault     f  = FAULT_INIT;

	if (eng_sysdb_decode(&db, data, size, &f) < 0 && !f.set)
		abort();
	eng_sysdb_close(&db);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) uint8_t *copy = malloc(size + 1);
	uint32_t                  length, crc;

	decode(data, size);
	if (size < HEADER_BYTES)
		return 0;
	memcpy(copy, data, size);
	length = (uint32_t)(size - HEADER_BYTES);
	crc    = crc32c(0, copy + HEADER_BYTES, length);
	memcpy(copy, "DAOSCENG\1\0\0", 12);
	memcpy(copy + 12, &length, 4);
	memcpy(copy + 16, &crc, 4);
	decode(copy, size);
	return 0;
}
