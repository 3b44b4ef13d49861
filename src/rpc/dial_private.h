/* Resolving a name and connecting a wire to it; shared by channels and raft links. Inside of the rpc room. */
#pragma once

#include "status_private.h"
#include "wire_private.h"

struct rpc_dial {
	struct rpc_wire *wire;
	const char *host; /* borrowed, like all above; the owner fills these and the callbacks */
	uint16_t    port;
	/* The TCP connection is there and the handshake has begun. May be NULL. */
	void (*on_connected)(struct rpc_dial *d);
	/* No connection; called at most once. */
	void (*on_failed)(struct rpc_dial *d, enum rpc_failure failure, const char *reason);
	/* The wire has closed while the name was being resolved, and now that has ended too: free the owner. */
	void (*on_released)(struct rpc_dial *d);
	uv_connect_t     connect_req;
	uv_getaddrinfo_t resolve_req;
	bool             resolving; /* the memory must stay until on_released */
};

void rpc_dial_start(struct rpc_dial *d);
/* An SSL for connecting to host that offers one protocol (in wire form). NULL: no memory. */
SSL *rpc_dial_new_ssl(SSL_CTX *ctx, const char *host, const char *alpn);
