/*
 * Certificates made on the fly for tests: a CA and leaf certificates with the names, dates and keys
 * a case needs. Header only, for cmocka programs: a failure ends the test.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

struct test_cert {
	X509     *cert;
	EVP_PKEY *key;
};

struct test_cert_opts {
	const char *cn;           /* NULL: no common name */
	const char *second_cn;    /* NULL: only one */
	bool        rsa;          /* static RSA of TLS 1.2 needs it */
	unsigned    rsa_bits;     /* 0: 2048 */
	long        from_s, to_s; /* from now; both 0: an hour back, a day ahead */
};

static inline X509_NAME *
test_cert_name(const struct test_cert_opts *o)
{
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"DAOS", -1, -1,
				   0);
	if (o->cn != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)o->cn,
					   -1, -1, 0);
	if (o->second_cn != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					   (const unsigned char *)o->second_cn, -1, -1, 0);
	return name;
}

static inline void
test_cert_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX      ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* issuer NULL: a CA. */
static inline struct test_cert
test_cert_new(const struct test_cert_opts *o, const struct test_cert *issuer)
{
	static long      serial = 1;
	struct test_cert c;
	X509_NAME       *name = test_cert_name(o);
	bool             span = o->from_s != 0 || o->to_s != 0;

	c.key  = o->rsa ? EVP_RSA_gen(o->rsa_bits != 0 ? o->rsa_bits : 2048) : EVP_EC_gen("P-256");
	c.cert = X509_new();
	X509_set_version(c.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c.cert), span ? o->from_s : -3600);
	X509_gmtime_adj(X509_getm_notAfter(c.cert), span ? o->to_s : 86400);
	X509_set_subject_name(c.cert, name);
	X509_set_issuer_name(c.cert, issuer != NULL ? X509_get_subject_name(issuer->cert) : name);
	X509_NAME_free(name);
	X509_set_pubkey(c.cert, c.key);
	test_cert_extend(c.cert, issuer != NULL ? issuer->cert : c.cert, NID_basic_constraints,
			 issuer != NULL ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (issuer != NULL)
		test_cert_extend(c.cert, issuer->cert, NID_ext_key_usage,
				 o->cn != NULL && strcmp(o->cn, "server") == 0
				     ? "serverAuth,clientAuth"
				     : "clientAuth");
	X509_sign(c.cert, issuer != NULL ? issuer->key : c.key, EVP_sha256());
	return c;
}

static inline void
test_cert_free(struct test_cert *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	c->cert = NULL;
	c->key  = NULL;
}

/* Writes PEM files with the modes the loader wants: certificate 0644, key 0400. */
static inline void
test_cert_write(const struct test_cert *c, const char *cert_path, const char *key_path)
{
	if (cert_path != NULL) {
		FILE *f = fopen(cert_path, "w");

		PEM_write_X509(f, c->cert);
		fclose(f);
		chmod(cert_path, 0644);
	}
	if (key_path != NULL) {
		FILE *f;

		unlink(key_path);
		f = fopen(key_path, "w");
		PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
		fclose(f);
		chmod(key_path, 0400);
	}
}
