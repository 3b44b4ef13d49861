/*
 * OpenSSL between a wire's buffers: a BIO that reads the bytes just received and writes into the
 * loop's output. It holds nothing of its own, so an idle connection pays for no buffer.
 */
#include <pthread.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "wire_private.h"

static BIO_METHOD    *wire_bio;
static pthread_once_t wire_bio_once = PTHREAD_ONCE_INIT;

static int
bio_read(BIO *b, char *buf, int size)
{
	struct rpc_wire *w = BIO_get_data(b);
	size_t           n = MIN((size_t)size, w->in_len);

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	memcpy(buf, w->in, n);
	w->in += n;
	w->in_len -= n;
	return (int)n;
}

static int
bio_write(BIO *b, const char *data, int len)
{
	struct rpc_wire *w = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (rpc_loop_out(w->loop, data, (size_t)len) == 0)
		return len;
	w->out_of_memory = true;
	return -1;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *arg)
{
	return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static void
make_wire_bio(void)
{
	wire_bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rpc wire");
	if (wire_bio == NULL)
		return;
	(void)BIO_meth_set_read(wire_bio, bio_read); /* setters of fields */
	(void)BIO_meth_set_write(wire_bio, bio_write);
	(void)BIO_meth_set_ctrl(wire_bio, bio_ctrl);
}

int
rpc_tls_attach(struct rpc_wire *w)
{
	BIO *b;

	pthread_once(&wire_bio_once, make_wire_bio);
	b = wire_bio != NULL ? BIO_new(wire_bio) : NULL;
	if (b == NULL)
		return -ENOMEM;
	BIO_set_data(b, w);
	BIO_set_init(b, 1);
	SSL_set_bio(w->ssl, b, b);
	return 0;
}

/* Sorts the result of an SSL call: 0 for "needs input", -ECONNRESET for an orderly end, -EPROTO
 * otherwise. */
static int
classify(struct rpc_wire *w, int r)
{
	switch (SSL_get_error(w->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return -ECONNRESET;
	default:
		return w->out_of_memory ? -ENOMEM : -EPROTO;
	}
}

int
rpc_tls_handshake(struct rpc_wire *w)
{
	int r;

	ERR_clear_error(); /* the queue of errors is per thread, and SSL_get_error() looks at it */
	r = SSL_do_handshake(w->ssl);
	return r == 1 ? 1 : classify(w, r);
}

ssize_t
rpc_tls_read(struct rpc_wire *w, uint8_t *buf, size_t size)
{
	int r;

	ERR_clear_error();
	r = SSL_read(w->ssl, buf, (int)size);
	return r > 0 ? r : classify(w, r);
}

int
rpc_tls_write(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	while (len > 0) {
		int r;

		ERR_clear_error();
		r = SSL_write(w->ssl, data, (int)MIN(len, (size_t)16384));
		if (r <= 0) {
			r = classify(w, r);
			return r < 0 ? r : -EPROTO; /* our BIO never blocks a write */
		}
		data += r;
		len -= (size_t)r;
	}
	return 0;
}

void
rpc_tls_shutdown(struct rpc_wire *w)
{
	if (!SSL_is_init_finished(w->ssl))
		return;
	ERR_clear_error();
	(void)SSL_shutdown(w->ssl); /* says goodbye; the answer is not awaited */
	ERR_clear_error();
}

const char *
rpc_tls_error(const struct rpc_wire *w, bool *ret_expired)
{
	unsigned long err    = ERR_peek_last_error();
	long          verify = SSL_get_verify_result(w->ssl);
	const char   *text;

	*ret_expired = false;
	if (ERR_GET_REASON(err) == SSL_R_CERTIFICATE_VERIFY_FAILED && verify != X509_V_OK) {
		*ret_expired = verify == X509_V_ERR_CERT_HAS_EXPIRED;
		return X509_verify_cert_error_string(verify);
	}
	text = ERR_reason_error_string(err);
	return text != NULL ? text : "protocol error";
}
