/*
 * Whether a token of an agent is what it says: its verifier is a signature with the agent's key, or
 * a plain digest where certificates are off.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "certificate_private.h"
#include "common/str.h"

static int
verify_signature(EVP_PKEY *key, const void *token, size_t len, const void *verifier,
		 size_t verifier_len)
{
	EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey;
	int           r = -EACCES;

	if (ctx == NULL)
		return -ENOMEM;
	if (EVP_PKEY_is_a(key, "RSA") == 1 &&
	    EVP_DigestVerifyInit(ctx, &pkey, EVP_sha512(), NULL, key) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, RSA_PSS_SALTLEN_AUTO) == 1 &&
	    EVP_DigestVerify(ctx, verifier, verifier_len, token, len) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

int
sec_token_verify(const char *cert_dir, const char *origin, const void *token, size_t len,
		 const void *verifier, size_t verifier_len, struct fault *f)
{
	_cleanup_(freep) char *path = NULL;
	unsigned char          digest[SHA512_DIGEST_LENGTH];
	X509                  *cert;
	int                    r;

	if (cert_dir == NULL) {
		(void)SHA512(token, len, digest);
		if (verifier_len == sizeof(digest) &&
		    CRYPTO_memcmp(digest, verifier, sizeof(digest)) == 0)
			return 0;
		return fault_plain(f, -EACCES, "the token's digest is wrong");
	}
	if (str_empty(origin) || strchr(origin, '/') != NULL)
		return fault_plain(f, -ENOENT, "the token's origin is no name of a certificate");
	path = str_format("%s/%s.crt", cert_dir, origin);
	if (path == NULL)
		return -ENOMEM;
	r = sec_certificate_load(path, &cert, f);
	if (r < 0)
		return -ENOENT;
	r = verify_signature(X509_get0_pubkey(cert), token, len, verifier, verifier_len);
	X509_free(cert);
	return r < 0 ? fault_plain(f, r, "the token's signature does not fit %s", path) : 0;
}
