/*
 * Cutting messages into chunks and putting them together again. The rules a datagram must keep are
 * all in check_header(); memory grows with the data that arrived, not with what a header announces.
 */
#include "drpc/frame_private.h"

#include <assert.h>
#include <string.h>

#include "drpc/drpc.h"

static_assert(sizeof(struct drpc_chunk_header) == DRPC_HEADER_BYTES, "the header has no padding");
static_assert(DRPC_HEADER_BYTES + DRPC_MAX_CHUNK_DATA == DRPC_MAX_DATAGRAM, "sizes agree");

static int
check_header(const struct drpc_assembler *a, const struct drpc_chunk_header *h, size_t datagram_len)
{
	if (h->count == 0 || h->index != a->next || h->index >= h->count)
		return -EPROTO;
	if (a->started && (h->count != a->count || h->total_bytes != a->total_bytes))
		return -EPROTO;
	if (h->chunk_bytes > DRPC_MAX_CHUNK_DATA ||
	    h->chunk_bytes != datagram_len - DRPC_HEADER_BYTES)
		return -EPROTO;
	if (h->chunk_bytes > h->total_bytes - a->len)
		return -EPROTO;
	if (h->chunk_bytes == 0 && h->total_bytes != 0) /* or a message would never have to end */
		return -EPROTO;
	/* the last chunk, and no other, completes the data */
	if ((a->len + h->chunk_bytes == h->total_bytes) != (h->index + 1 == h->count))
		return -EPROTO;
	return h->total_bytes > a->max_bytes ? -EMSGSIZE : 0;
}

static int
append(struct drpc_assembler *a, const void *p, size_t len)
{
	if (len > a->cap - a->len) {
		size_t   want  = MIN(MAX(a->cap * 2, a->len + len), (size_t)a->total_bytes);
		uint8_t *grown = realloc(a->data, want);

		if (grown == NULL)
			return -ENOMEM;
		a->data = grown;
		a->cap  = want;
	}
	if (len > 0)
		memcpy(a->data + a->len, p, len);
	a->len += len;
	return 0;
}

int
drpc_assembler_add(struct drpc_assembler *a, const void *datagram, size_t len, bool *ret_complete)
{
	struct drpc_chunk_header h;
	int                      r;

	if (len < DRPC_HEADER_BYTES || len > DRPC_MAX_DATAGRAM)
		return -EPROTO;
	memcpy(&h, datagram, sizeof(h));
	r = check_header(a, &h, len);
	if (r < 0)
		return r;
	a->started     = true;
	a->total_bytes = h.total_bytes;
	a->count       = h.count;
	r = append(a, (const uint8_t *)datagram + DRPC_HEADER_BYTES, (size_t)h.chunk_bytes);
	if (r < 0)
		return r;
	a->next++;
	*ret_complete = a->next == a->count;
	return 0;
}

void
drpc_assembler_reset(struct drpc_assembler *a)
{
	free(a->data);
	*a = (struct drpc_assembler){.max_bytes = a->max_bytes};
}

void
drpc_output_begin_take(struct drpc_output *o, uint8_t *data, size_t len)
{
	assert(!o->active);
	*o = (struct drpc_output){.active = true, .data = data, .len = len};
	/* an empty message is one chunk too */
	o->count = len == 0 ? 1 : (uint32_t)((len + DRPC_MAX_CHUNK_DATA - 1) / DRPC_MAX_CHUNK_DATA);
}

const uint8_t *
drpc_output_chunk(const struct drpc_output *o, struct drpc_chunk_header *ret_header,
		  size_t *ret_len)
{
	size_t n = MIN(o->len - o->sent, (size_t)DRPC_MAX_CHUNK_DATA);

	assert(o->active && o->index < o->count);
	*ret_header = (struct drpc_chunk_header){
	    .total_bytes = o->len, .chunk_bytes = n, .index = o->index, .count = o->count};
	*ret_len = n;
	return o->data + o->sent;
}

void
drpc_output_advance(struct drpc_output *o)
{
	assert(o->active && o->index < o->count);
	o->sent += MIN(o->len - o->sent, (size_t)DRPC_MAX_CHUNK_DATA);
	if (++o->index == o->count)
		drpc_output_reset(o);
}

void
drpc_output_reset(struct drpc_output *o)
{
	free(o->data);
	*o = (struct drpc_output){0};
}
