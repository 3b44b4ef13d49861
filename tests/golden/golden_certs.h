/*
 * Certificates of a case: a CA, a server and an admin, in the case's directory.
 */
#pragma once

#include "certs.h"
#include "common/str.h"
#include "common/util.h"
#include "config/transport.h"
#include "security/security.h"

/* What is wrong with a case's certificates; NULL ends the list of golden_faults. */
static const char *const golden_faults[] = {
    "expired",   /* the admin's certificate */
    "other-ca",  /* the admin's is signed by somebody else */
    "not-ours",  /* the server's is signed by somebody else */
    "wrong-key", /* the admin's key belongs to another certificate */
    "open-key",  /* everybody may read the admin's key */
    "no-cert",   /* the admin's certificate is missing */
    NULL,
};

static inline void
golden_cert(const char *dir, const char *name, const struct test_cert_opts *opts,
	    const struct test_cert *issuer)
{
	struct test_cert       c    = test_cert_new(opts, issuer);
	_cleanup_(freep) char *cert = str_format("%s/%s.crt", dir, name);
	_cleanup_(freep) char *key  = str_format("%s/%s.key", dir, name);

	test_cert_write(&c, cert, key);
	test_cert_free(&c);
}

/* Makes the admin's files wrong in the ways that concern files only. */
static inline void
golden_spoil(const char *dir, const char *fault)
{
	struct test_cert       c    = test_cert_new(&(struct test_cert_opts){.cn = "admin"}, NULL);
	_cleanup_(freep) char *cert = str_format("%s/admin.crt", dir);
	_cleanup_(freep) char *key  = str_format("%s/admin.key", dir);

	if (str_eq(fault, "wrong-key"))
		test_cert_write(&c, NULL, key);
	else if (str_eq(fault, "open-key"))
		(void)chmod(key, 0644);
	else if (str_eq(fault, "no-cert"))
		(void)unlink(cert);
	test_cert_free(&c);
}

/* Writes the files and loads the server's side. fault: one of golden_faults, or NULL. */
static inline int
golden_certs(const char *dir, const char *fault, struct sec_tls **ret)
{
	struct test_cert       ca    = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
	struct test_cert       other = test_cert_new(&(struct test_cert_opts){.cn = "other"}, NULL);
	_cleanup_(freep) char *ca_path = str_format("%s/ca.crt", dir);
	_cleanup_(freep) char *cert    = str_format("%s/server.crt", dir);
	_cleanup_(freep) char *key     = str_format("%s/server.key", dir);
	_cleanup_(freep) char *own_ca  = str_format("%s/server-ca.crt", dir);
	struct cfg_transport   files   = {.ca_cert = own_ca, .cert = cert, .key = key};
	struct fault           f       = FAULT_INIT;
	bool                   strange = str_eq(fault, "not-ours");
	long                   expiry  = str_eq(fault, "expired") ? -60 : 86400;
	int                    r;

	test_cert_write(&ca, ca_path, NULL);
	test_cert_write(strange ? &other : &ca, own_ca, NULL);
	golden_cert(dir, "server", &(struct test_cert_opts){.cn = "server"},
		    strange ? &other : &ca);
	golden_cert(dir, "admin",
		    &(struct test_cert_opts){.cn = "admin", .from_s = -3600, .to_s = expiry},
		    str_eq(fault, "other-ca") ? &other : &ca);
	if (fault != NULL)
		golden_spoil(dir, fault);
	test_cert_free(&ca);
	test_cert_free(&other);
	r = sec_tls_load(&files, SEC_ROLE_SERVER, ret, &f);
	if (r != 0)
		fprintf(stderr, "%s\n", f.description);
	return r;
}
