/*
 * Raft links: a wire whose clear text goes to a descriptor of the replica room. The connector greets with its raft id
 * and address, the acceptor answers one byte; from then on bytes are passed on in both directions. Inside of the rpc
 * room.
 */
#pragma once

#include "wire_private.h"

#define RPC_HELLO_MAGIC                                                                            \
	"DRFT\x01" /* its first byte tells a link from HTTP/2 in clear text; the last is the version */
#define RPC_HELLO_ANSWER  'A'
#define RPC_HELLO_ADDRESS 255 /* longest address */
#define RPC_HELLO_MAX     (sizeof(RPC_HELLO_MAGIC) - 1 + 8 + 1 + RPC_HELLO_ADDRESS)

struct rpc_hello {
	uint64_t raft_id;
	char     raft_address[RPC_HELLO_ADDRESS + 1];
};
/* Returns its length. */
size_t rpc_hello_encode(const struct rpc_hello *h, uint8_t buf[static RPC_HELLO_MAX]);
/* Bytes used, 0 when more are needed, -EPROTO. */
int rpc_hello_decode(const uint8_t *data, size_t len, struct rpc_hello *ret);

struct rpc_link;
/* Passes bytes between a wire and one end of a socket pair; *ret_fd is the other end. */
int rpc_link_new(struct rpc_wire *w, struct rpc_link **ret, int *ret_fd);
/* Clear text of the wire. */
void rpc_link_data(struct rpc_link *l, const uint8_t *data, size_t len);
/* The wire has room. */
void rpc_link_pump(struct rpc_link *l);
/* The wire is closing. NULL is fine. */
struct rpc_link *rpc_link_close(struct rpc_link *l);
