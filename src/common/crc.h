/*
 * CRC32C (Castagnoli), the checksum of records this code base stores.
 */
#pragma once

#include "common/util.h"

/* Checksum of len bytes; feed a longer message in pieces by passing the last result as crc, 0 for
 * the first. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
