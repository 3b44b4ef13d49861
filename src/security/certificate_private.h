/* Certificate files of one role, checked and parsed. Inside of the security room. */
#pragma once

#include <openssl/x509.h>

#include "config/transport.h"
#include "security/security.h"

struct sec_files {
	X509_STORE *ca;            /* trusted certificates */
	STACK_OF(X509) * ca_certs; /* the same, for the list a server sends */
	X509 *leaf;
	STACK_OF(X509) * chain; /* intermediates behind the leaf, may be empty */
	EVP_PKEY *key;
};

/* Reads and checks all files of a role; raises SECURITY_* faults. *ret is written only on success.
 */
int  sec_files_load(const struct cfg_transport *t, enum sec_role role, struct sec_files *ret,
		    struct fault *f);
void sec_files_fini(struct sec_files *files);
/* The only certificate of a file; mode and contents are checked, dates and issuer are not. */
int sec_certificate_load(const char *path, X509 **ret, struct fault *f);
/* The single CN of a certificate, or -EINVAL when there is none, several, or one that does not fit
 * or holds a NUL. */
int sec_common_name(X509 *cert, char *buf, size_t size);
