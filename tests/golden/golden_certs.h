/*
 * Certificates of a case: a CA, a server and an admin, in the case's directory.
 */
#pragma once

#include "certs.h"
#include "common/str.h"
#include "common/util.h"
#include "config/transport.h"
#include "security/security.h"

static inline void
golden_cert(const char *dir, const char *name, const struct test_cert *issuer)
{
	struct test_cert       c    = test_cert_new(&(struct test_cert_opts){.cn = name}, issuer);
	_cleanup_(freep) char *cert = str_format("%s/%s.crt", dir, name);
	_cleanup_(freep) char *key  = str_format("%s/%s.key", dir, name);

	test_cert_write(&c, cert, key);
	test_cert_free(&c);
}

/* Writes the files and loads the server's side. */
static inline int
golden_certs(const char *dir, struct sec_tls **ret)
{
	struct test_cert       ca      = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
	_cleanup_(freep) char *ca_path = str_format("%s/ca.crt", dir);
	_cleanup_(freep) char *cert    = str_format("%s/server.crt", dir);
	_cleanup_(freep) char *key     = str_format("%s/server.key", dir);
	struct cfg_transport   files   = {.ca_cert = ca_path, .cert = cert, .key = key};
	struct fault           f       = FAULT_INIT;
	int                    r;

	test_cert_write(&ca, ca_path, NULL);
	golden_cert(dir, "server", &ca);
	golden_cert(dir, "admin", &ca);
	test_cert_free(&ca);
	r = sec_tls_load(&files, SEC_ROLE_SERVER, ret, &f);
	if (r != 0)
		fprintf(stderr, "%s\n", f.description);
	return r;
}
