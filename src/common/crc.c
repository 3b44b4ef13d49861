/*
 * CRC32C by a table made on first use; records are small, so speed comes second to having no
 * special instructions.
 */
#include "common/crc.h"

#include <pthread.h>

#define CRC32C_POLY 0x82F63B78U /* reflected */

static uint32_t       table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void
fill_table(void)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t v = i;

		for (int bit = 0; bit < 8; bit++)
			v = (v >> 1) ^ (v & 1 ? CRC32C_POLY : 0);
		table[i] = v;
	}
}

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	(void)pthread_once(&table_once, fill_table); /* fails only for an invalid control */
	crc = ~crc;
	while (len-- > 0)
		crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xFF];
	return ~crc;
}
