/*
 * What the rpc room needs of a `struct sec_tls`: the contexts to make connections from and the
 * judgement of a peer's certificate. Nobody else includes this.
 */
#pragma once

#include <openssl/ssl.h>

#include "security/security.h"

/* Protocol name of a raft link; `h2` is the other one a server accepts. */
#define SEC_ALPN_RAFT "daos-raft/1"

/*
 * The context for accepting or connecting, as of the last load. Borrowed until the next call on
 * `tls`; whoever keeps it longer (another thread) takes a reference with SSL_CTX_up_ref(). NULL:
 * out of memory, or not a server.
 */
SSL_CTX *sec_tls_server_ctx(struct sec_tls *tls);
SSL_CTX *sec_tls_client_ctx(struct sec_tls *tls);
/*
 * The component a verified peer certificate names: exactly one CN, no NUL inside. UNDEFINED when
 * the chain was not verified or the name is no component. Any thread.
 */
enum sec_component sec_tls_peer_component(const SSL *ssl);
