/* What client and server sessions share of HTTP/2 and of gRPC's message framing. Inside of the rpc
 * room. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "wire_private.h"

#define RPC_FRAME_PREFIX 5 /* compression flag and length in front of a message */

#define RPC_NV(name_, value_, len_)                                                                \
	((nghttp2_nv){.name     = (uint8_t *)(name_),                                              \
		      .value    = (uint8_t *)(value_),                                             \
		      .namelen  = sizeof(name_) - 1,                                               \
		      .valuelen = (len_),                                                          \
		      .flags    = NGHTTP2_NV_FLAG_NONE})
#define RPC_NV_LITERAL(name_, value_) RPC_NV(name_, value_, sizeof(value_) - 1)

/* Gives received bytes to the session. 0, or -EPROTO with the reason when the connection cannot go
 * on. */
int rpc_h2_feed(nghttp2_session *h2, const uint8_t *data, size_t len, const char **ret_text);
/*
 * Writes what the session has to say, as far as the peer takes it. Never from inside of a session
 * callback. Returns whether the session still wants anything; when not, the connection has done its
 * work.
 */
bool rpc_h2_pump(nghttp2_session *h2, struct rpc_wire *w);

/* ---- messages ---- */

/* One length-prefixed message as it arrives. */
struct rpc_body {
	uint8_t  prefix[RPC_FRAME_PREFIX];
	unsigned prefix_len;
	uint8_t *data;
	size_t   len, cap;
	size_t   expected; /* valid with a whole prefix */
};

enum rpc_body_result {
	RPC_BODY_OK,
	RPC_BODY_COMPRESSED,
	RPC_BODY_TOO_LARGE,
	RPC_BODY_EXCESS, /* bytes behind the message */
	RPC_BODY_NO_MEMORY,
};
/* Memory follows what has arrived, not what was announced. */
enum rpc_body_result rpc_body_add(struct rpc_body *b, const uint8_t *data, size_t len,
				  size_t max_bytes);
static inline bool
rpc_body_is_complete(const struct rpc_body *b)
{
	return b->prefix_len == RPC_FRAME_PREFIX && b->len == b->expected;
}
void rpc_body_fini(struct rpc_body *b);

/* A message with its prefix in fresh memory. NULL: out of memory. */
uint8_t *rpc_message_pack(const ProtobufCMessage *msg, size_t *ret_len);

/*
 * Decoded messages live in an arena, so that a message that unfolds to many times its size hits a
 * limit instead of the machine's memory.
 */
struct rpc_arena;
/* NULL: not decodable, too large when decoded, or no memory. */
ProtobufCMessage *rpc_message_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data,
				     size_t len, struct rpc_arena **ret_arena);
struct rpc_arena *rpc_arena_free(struct rpc_arena *a);
