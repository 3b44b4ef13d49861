/*
 * Name to address to TCP connection, on the I/O loop of a wire. Literals and `localhost` are not looked up: that would
 * start the resolver's threads, which costs a short-lived command more than the rest of its work.
 */
#include "dial_private.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"

#define MAX_REASON 200

static void
failed(struct rpc_dial *d, int err)
{
	char reason[MAX_REASON];

	(void)snprintf(reason, sizeof(reason), "transport: error while dialing: %s",
		       strerror(-err));
	d->on_failed(d, rpc_failure_from_errno(err), reason);
}

static void
connected(uv_connect_t *req, int status)
{
	struct rpc_dial *d = container_of(req, struct rpc_dial, connect_req);
	int              r = status;

	if (d->wire->state == RPC_WIRE_CLOSED)
		return;
	if (r == 0)
		r = rpc_wire_start(d->wire, false);
	if (r < 0)
		failed(d, r);
	else if (d->on_connected != NULL)
		d->on_connected(d);
}

static void
connect_to(struct rpc_dial *d, const struct sockaddr *addr)
{
	int r = uv_tcp_connect(&d->connect_req, &d->wire->tcp, addr, connected);

	if (r < 0)
		failed(d, r);
}

/* Upstream's servers listen on IPv4 only, so that is what a name with both is tried at. */
static const struct addrinfo *
choose_address(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		if (a->ai_family == AF_INET)
			return a;
	return list;
}

static void
not_resolved(struct rpc_dial *d, int err)
{
	char reason[MAX_REASON];

	(void)snprintf(reason, sizeof(reason), "transport: error while dialing: lookup %.100s: %s",
		       d->host,
		       err == UV_EAI_AGAIN ? "the name servers did not answer" : "no such host");
	d->on_failed(d, RPC_FAILURE_BAD_HOST, reason);
}

static void
resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct rpc_dial *d = container_of(req, struct rpc_dial, resolve_req);

	d->resolving = false;
	if (d->wire->state == RPC_WIRE_CLOSED)
		d->on_released(d);
	else if (status < 0)
		not_resolved(d, status);
	else
		connect_to(d, choose_address(list)->ai_addr);
	uv_freeaddrinfo(list);
}

void
rpc_dial_start(struct rpc_dial *d)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct sockaddr_in    v4    = {.sin_family = AF_INET, .sin_port = htons(d->port)};
	const char           *host  = str_eq(d->host, "localhost") ? "127.0.0.1" : d->host;
	char                  port[8];
	int                   r;

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		connect_to(d, (const struct sockaddr *)&v4);
		return;
	}
	(void)snprintf(port, sizeof(port), "%u", d->port);
	r = uv_getaddrinfo(d->wire->loop->uv, &d->resolve_req, resolved, host, port, &hints);
	if (r < 0)
		failed(d, r);
	else
		d->resolving = true;
}

static bool
is_literal(const char *host)
{
	uint8_t addr[16];

	return inet_pton(AF_INET, host, addr) == 1 || inet_pton(AF_INET6, host, addr) == 1;
}

SSL *
rpc_dial_new_ssl(SSL_CTX *ctx, const char *host, const char *alpn)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL)
		return NULL;
	if (SSL_set_alpn_protos(ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn)) != 0 ||
	    (!is_literal(host) && SSL_set_tlsext_host_name(ssl, host) != 1)) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}
