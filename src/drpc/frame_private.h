/*
 * Framing: a message travels as chunks, one datagram each, a 24-byte header in host byte order
 * before the data. Pure: no socket, no loop.
 */
#pragma once

#include "common/util.h"

#define DRPC_HEADER_BYTES 24

/* The header of a datagram as it lies on the wire (same layout on every LP64 host). */
struct drpc_chunk_header {
	uint64_t total_bytes;
	uint64_t chunk_bytes;
	uint32_t index;
	uint32_t count;
};

/* A message on its way in. Zeroed is empty. */
struct drpc_assembler {
	size_t   max_bytes; /* of a message */
	bool     started;   /* at least one chunk arrived */
	uint64_t total_bytes;
	uint32_t count; /* chunks announced */
	uint32_t next;  /* index expected next */
	uint8_t *data;
	size_t   len;
	size_t   cap;
};

/*
 * Adds one datagram. *ret_complete tells whether data/len now hold a whole message;
 * drpc_assembler_reset() before the next. -EPROTO: a rule is broken; -EMSGSIZE: the announced
 * message is over max_bytes; -ENOMEM. After an error the connection cannot go on.
 */
int drpc_assembler_add(struct drpc_assembler *a, const void *datagram, size_t len,
		       bool *ret_complete);
/* Forgets the message and its memory; max_bytes stays. */
void drpc_assembler_reset(struct drpc_assembler *a);

/* A message on its way out. Zeroed is idle. */
struct drpc_output {
	bool     active;
	uint8_t *data;
	size_t   len;
	size_t   sent;
	uint32_t index;
	uint32_t count;
};

/* Begins a message; takes data (may be NULL when len is 0, which goes out as a header alone). */
void drpc_output_begin_take(struct drpc_output *o, uint8_t *data, size_t len);
/* Header and data (borrowed, *ret_len bytes) of the next chunk. */
const uint8_t *drpc_output_chunk(const struct drpc_output *o, struct drpc_chunk_header *ret_header,
				 size_t *ret_len);
/* The chunk has been sent; ends the message with its last one. */
void drpc_output_advance(struct drpc_output *o);
void drpc_output_reset(struct drpc_output *o);
