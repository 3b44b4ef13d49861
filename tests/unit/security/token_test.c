/* Verifiers of tokens: signatures as an agent makes them, digests, and everything that is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "certs.h"
#include "common/fs.h"
#include "security/security.h"

static const char token[] = "\x08\x01\x12\x03"
			    "abc";
#define LEN (sizeof(token) - 1)

static void
digests(void **state)
{
	unsigned char d[SHA512_DIGEST_LENGTH];

	SHA512((const unsigned char *)token, LEN, d);
	assert_int_equal(sec_token_verify(NULL, "agent", token, LEN, d, sizeof(d), NULL), 0);
	assert_int_equal(sec_token_verify(NULL, "agent", token, LEN, d, sizeof(d) - 1, NULL),
			 -EACCES);
	assert_int_equal(sec_token_verify(NULL, "agent", token, LEN - 1, d, sizeof(d), NULL),
			 -EACCES);
	assert_int_equal(sec_token_verify(NULL, "agent", token, LEN, NULL, 0, NULL), -EACCES);
}

static void
signatures(void **state)
{
	char             dir[] = "/tmp/token_test_XXXXXX", crt[64], key[64];
	unsigned char    sig[512];
	size_t           n  = sizeof(sig);
	struct test_cert ca = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
	struct test_cert leaf =
	    test_cert_new(&(struct test_cert_opts){.cn = "agent", .rsa = true}, &ca);
	EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p;

	assert_non_null(mkdtemp(dir));
	snprintf(crt, sizeof(crt), "%s/agent.crt", dir);
	snprintf(key, sizeof(key), "%s/agent.key", dir);
	test_cert_write(&leaf, crt, key);
	assert_int_equal(EVP_DigestSignInit(ctx, &p, EVP_sha512(), NULL, leaf.key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_MAX), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const unsigned char *)token, LEN), 1);

	assert_int_equal(sec_token_verify(dir, "agent", token, LEN, sig, n, NULL), 0);
	assert_int_equal(sec_token_verify(dir, "agent", token, LEN - 1, sig, n, NULL), -EACCES);
	assert_int_equal(sec_token_verify(dir, "agent", token, LEN, sig, n - 1, NULL), -EACCES);
	assert_int_equal(sec_token_verify(dir, "agent", token, LEN, NULL, 0, NULL), -EACCES);
	sig[9] ^= 1;
	assert_int_equal(sec_token_verify(dir, "agent", token, LEN, sig, n, NULL), -EACCES);
	assert_int_equal(sec_token_verify(dir, "other", token, LEN, sig, n, NULL), -ENOENT);
	assert_int_equal(sec_token_verify(dir, "", token, LEN, sig, n, NULL), -ENOENT);
	assert_int_equal(sec_token_verify(dir, "../agent", token, LEN, sig, n, NULL), -ENOENT);
	EVP_MD_CTX_free(ctx);
	test_cert_free(&leaf);
	test_cert_free(&ca);
	fs_remove_tree(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digests),
	    cmocka_unit_test(signatures),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
