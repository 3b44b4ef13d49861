/*
 * HTTP/2 and message framing shared by both sides: bytes in and out of an nghttp2 session, the
 * five-byte prefix, and packing and unpacking of protobuf messages.
 */
#include "h2_private.h"

#include <string.h>

int
rpc_h2_feed(nghttp2_session *h2, const uint8_t *data, size_t len, const char **ret_text)
{
	ssize_t n = nghttp2_session_mem_recv(h2, data, len);

	if (n >= 0 && (size_t)n == len)
		return 0;
	*ret_text = n < 0 ? nghttp2_strerror((int)n) : "protocol error";
	return -EPROTO;
}

bool
rpc_h2_pump(nghttp2_session *h2, struct rpc_wire *w)
{
	uint8_t *gather = w->loop->gather_buf;

	while (rpc_wire_is_live(w) && w->unsent < RPC_UNSENT_MAX) {
		const uint8_t *chunk;
		size_t         n = 0;
		ssize_t        got;

		/* a chunk is one frame: at most 16 KiB and its header */
		while (n + 16384 + 64 <= RPC_GATHER_BYTES &&
		       (got = nghttp2_session_mem_send(h2, &chunk)) > 0) {
			if ((size_t)got >
			    RPC_GATHER_BYTES - n) { /* a header block of several frames */
				rpc_wire_send(w, gather, n);
				rpc_wire_send(w, chunk, (size_t)got);
				n = 0;
				continue;
			}
			memcpy(gather + n, chunk, (size_t)got);
			n += (size_t)got;
		}
		if (n == 0)
			break;
		rpc_wire_send(w, gather, n);
		rpc_wire_flush(w);
	}
	rpc_wire_flush(w);
	return nghttp2_session_want_read(h2) || nghttp2_session_want_write(h2);
}

/* ---- messages ---- */

static enum rpc_body_result
check_prefix(struct rpc_body *b, size_t max_bytes)
{
	b->expected = (size_t)b->prefix[1] << 24 | (size_t)b->prefix[2] << 16 |
		      (size_t)b->prefix[3] << 8 | b->prefix[4];
	if (b->prefix[0] != 0)
		return RPC_BODY_COMPRESSED;
	return b->expected > max_bytes ? RPC_BODY_TOO_LARGE : RPC_BODY_OK;
}

static bool
reserve(struct rpc_body *b, size_t want)
{
	size_t   cap = b->cap > 0 ? b->cap : 256;
	uint8_t *data;

	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	cap  = MIN(cap, b->expected);
	data = realloc(b->data, cap);
	if (data == NULL)
		return false;
	b->data = data;
	b->cap  = cap;
	return true;
}

enum rpc_body_result
rpc_body_add(struct rpc_body *b, const uint8_t *data, size_t len, size_t max_bytes)
{
	while (len > 0 && b->prefix_len < RPC_FRAME_PREFIX) {
		b->prefix[b->prefix_len++] = *data++;
		len--;
		if (b->prefix_len == RPC_FRAME_PREFIX) {
			enum rpc_body_result r = check_prefix(b, max_bytes);

			if (r != RPC_BODY_OK)
				return r;
		}
	}
	if (len == 0)
		return RPC_BODY_OK;
	if (len > b->expected - b->len)
		return RPC_BODY_EXCESS;
	if (!reserve(b, b->len + len))
		return RPC_BODY_NO_MEMORY;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return RPC_BODY_OK;
}

void
rpc_body_fini(struct rpc_body *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

uint8_t *
rpc_message_pack(const ProtobufCMessage *msg, size_t *ret_len)
{
	size_t   len = protobuf_c_message_get_packed_size(msg);
	uint8_t *buf;

	if (len > UINT32_MAX)
		return NULL;
	buf = malloc(RPC_FRAME_PREFIX + len);
	if (buf == NULL)
		return NULL;
	buf[0] = 0;
	buf[1] = (uint8_t)(len >> 24);
	buf[2] = (uint8_t)(len >> 16);
	buf[3] = (uint8_t)(len >> 8);
	buf[4] = (uint8_t)len;
	(void)protobuf_c_message_pack(msg, buf + RPC_FRAME_PREFIX); /* as long as the size above */
	*ret_len = RPC_FRAME_PREFIX + len;
	return buf;
}

/* ---- arena ---- */

#define ARENA_FIRST_BYTES 1024
#define ARENA_GROWTH      32 /* decoded bytes allowed for each received one */
#define ARENA_FREE_BYTES  (256 * KIB)

struct arena_block {
	struct arena_block *next;
	size_t              used, cap;
	_Alignas(16) uint8_t data[];
};

struct rpc_arena {
	struct arena_block *blocks;
	size_t              left; /* what may still be allocated */
};

static void *
arena_alloc(void *arg, size_t size)
{
	struct rpc_arena   *a = arg;
	struct arena_block *b = a->blocks;

	if (size > a->left)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (b == NULL || b->cap - b->used < size) {
		size_t cap = MAX(b != NULL ? b->cap * 2 : (size_t)ARENA_FIRST_BYTES, size);

		b = malloc(sizeof(*b) + cap);
		if (b == NULL)
			return NULL;
		*b        = (struct arena_block){.next = a->blocks, .cap = cap};
		a->blocks = b;
	}
	b->used += size;
	a->left -= MIN(a->left, size);
	return b->data + b->used - size;
}

static void
arena_ignore_free(void *arg, void *p)
{
	/* the arena goes as a whole */
}

ProtobufCMessage *
rpc_message_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
		   struct rpc_arena **ret_arena)
{
	ProtobufCAllocator allocator = {.alloc = arena_alloc, .free = arena_ignore_free};
	struct rpc_arena  *a         = calloc(1, sizeof(*a));
	ProtobufCMessage  *msg;

	if (a == NULL)
		return NULL;
	a->left                  = len * ARENA_GROWTH + ARENA_FREE_BYTES;
	allocator.allocator_data = a;
	msg                      = protobuf_c_message_unpack(type, &allocator, len, data);
	if (msg == NULL) {
		rpc_arena_free(a);
		return NULL;
	}
	*ret_arena = a;
	return msg;
}

struct rpc_arena *
rpc_arena_free(struct rpc_arena *a)
{
	struct arena_block *next;

	if (a == NULL)
		return NULL;
	for (struct arena_block *b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
	return NULL;
}
