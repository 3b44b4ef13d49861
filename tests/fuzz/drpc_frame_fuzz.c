/*
 * Datagrams of one connection: each is a 16-bit length and so many bytes. A whole message is never
 * longer than allowed.
 */
#include <string.h>

#include "drpc/frame_private.h"

#define LIMIT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drpc_assembler a = {.max_bytes = LIMIT};

	while (size >= 2) {
		uint16_t len;
		bool     complete = false;

		memcpy(&len, data, 2);
		data += 2;
		size -= 2;
		if (len > size)
			len = (uint16_t)size;
		if (drpc_assembler_add(&a, data, len, &complete) < 0)
			break;
		if (a.len > LIMIT || a.len > a.total_bytes || complete != (a.len == a.total_bytes))
			abort();
		if (complete)
			drpc_assembler_reset(&a);
		data += len;
		size -= len;
	}
	drpc_assembler_reset(&a);
	return 0;
}
