/*
 * TLS contexts from loaded certificate files, and the judgement of a peer's certificate. TLS 1.3
 * and forward secrecy with whoever offers them; upstream's programs speak only TLS 1.2 with
 * AES256-GCM-SHA384 and static RSA, so that is the last entry of the list. No session is resumed: a
 * reload must be felt by the next connection.
 */
#include <string.h>

#include <openssl/err.h>

#include "certificate_private.h"
#include "security/tls.h"

#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:AES256-GCM-SHA384"

struct sec_tls {
	struct cfg_transport paths; /* own copies */
	enum sec_role        role;
	struct sec_files     files;
	SSL_CTX             *server; /* of a server */
	SSL_CTX             *client; /* made at the first connection */
};

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	    unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x0b" SEC_ALPN_RAFT;
	unsigned char             *chosen;

	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* What both directions share: versions, ciphers, own certificate, trusted CAs. */
static int
set_common(SSL_CTX *ctx, const struct sec_files *files)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1)
		return -EINVAL;
	if (SSL_CTX_use_certificate(ctx, files->leaf) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, files->key) != 1 ||
	    (sk_X509_num(files->chain) > 0 && SSL_CTX_set1_chain(ctx, files->chain) != 1))
		return -EINVAL;
	SSL_CTX_set1_cert_store(ctx, files->ca);
	return 0;
}

static int
set_server(SSL_CTX *ctx, const struct sec_files *files)
{
	for (int i = 0; i < sk_X509_num(files->ca_certs); i++)
		if (SSL_CTX_add_client_CA(ctx, sk_X509_value(files->ca_certs, i)) != 1)
			return -ENOMEM;
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return -EINVAL;
	/* without an id, a client that offers a ticket would get a fatal alert instead of a full
	 * handshake */
	if (SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"daos", 4) != 1)
		return -EINVAL;
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	return 0;
}

static int
new_context(const struct sec_files *files, bool server, SSL_CTX **ret)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	int      r;

	if (ctx == NULL)
		return -ENOMEM;
	r = set_common(ctx, files);
	if (r == 0 && server)
		r = set_server(ctx, files);
	if (r == 0 && !server)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER,
				   NULL); /* the CN is checked after the handshake */
	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

static int
context_failed(const struct cfg_transport *t, int err, struct fault *f)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	(void)fault_set(f, FAULT_SECURITY_INVALID_CERT, "certificate file %s is not usable: %s",
			t->cert, reason != NULL ? reason : strerror(-err));
	ERR_clear_error();
	return err;
}

/* Loads the files into *tls, replacing what is there only when all of it is good. */
static int
load_into(struct sec_tls *tls, struct fault *f)
{
	struct sec_files files;
	SSL_CTX         *server = NULL;
	int              r      = sec_files_load(&tls->paths, tls->role, &files, f);

	if (r < 0)
		return r;
	if (tls->role == SEC_ROLE_SERVER)
		r = new_context(&files, true, &server);
	if (r < 0) {
		sec_files_fini(&files);
		return context_failed(&tls->paths, r, f);
	}
	sec_files_fini(&tls->files);
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	tls->files  = files;
	tls->server = server;
	tls->client = NULL;
	return 0;
}

static int
copy_paths(struct cfg_transport *dst, const struct cfg_transport *src)
{
	const char *const from[] = {src->ca_cert, src->cert, src->key, src->client_cert_dir};
	char **const      to[]   = {&dst->ca_cert, &dst->cert, &dst->key, &dst->client_cert_dir};

	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		if (from[i] == NULL)
			continue;
		*to[i] = strdup(from[i]);
		if (*to[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int
sec_tls_load(const struct cfg_transport *t, enum sec_role role, struct sec_tls **ret,
	     struct fault *f)
{
	struct sec_tls *tls;
	int             r;

	if (t->allow_insecure) {
		*ret = NULL;
		return 0;
	}
	/* a command pays for parsing the site's OpenSSL configuration; a server follows its crypto
	 * policy */
	if (role != SEC_ROLE_SERVER)
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG,
					  NULL); /* failures show below */
	tls = calloc(1, sizeof(*tls));
	if (tls == NULL)
		return fault_plain(f, -ENOMEM, "certificates: out of memory");
	tls->role = role;
	r         = copy_paths(&tls->paths, t);
	if (r < 0)
		(void)fault_plain(f, r, "certificates: out of memory");
	else
		r = load_into(tls, f);
	if (r < 0) {
		sec_tls_free(tls);
		return r;
	}
	*ret = tls;
	return 0;
}

int
sec_tls_reload(struct sec_tls *tls, struct fault *f)
{
	return tls != NULL ? load_into(tls, f) : 0;
}

struct sec_tls *
sec_tls_free(struct sec_tls *tls)
{
	if (tls == NULL)
		return NULL;
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	sec_files_fini(&tls->files);
	free(tls->paths.ca_cert);
	free(tls->paths.cert);
	free(tls->paths.key);
	free(tls->paths.client_cert_dir);
	free(tls);
	return NULL;
}

int64_t
sec_tls_seconds_left(const struct sec_tls *tls)
{
	int days = 0, seconds = 0;

	/* NULL stands for now; fails only on a date that cannot be parsed, and such a certificate
	 * is not loaded */
	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(tls->files.leaf)) != 1)
		return 0;
	return (int64_t)days * 86400 + seconds;
}

SSL_CTX *
sec_tls_server_ctx(struct sec_tls *tls)
{
	return tls->server;
}

SSL_CTX *
sec_tls_client_ctx(struct sec_tls *tls)
{
	if (tls->client == NULL)
		(void)new_context(&tls->files, false, &tls->client); /* NULL tells the caller */
	return tls->client;
}

enum sec_component
sec_tls_peer_component(const SSL *ssl)
{
	X509              *cert = SSL_get0_peer_certificate(ssl);
	char               cn[64];
	enum sec_component c;

	if (cert == NULL || SSL_get_verify_result(ssl) != X509_V_OK ||
	    sec_common_name(cert, cn, sizeof(cn)) < 0)
		return SEC_COMPONENT_UNDEFINED;
	c = sec_component_parse(cn);
	return c == SEC_COMPONENT_CLIENT ? SEC_COMPONENT_UNDEFINED
					 : c; /* no certificate names it */
}
