/*
 * Certificates, TLS contexts, components and who may call what (wire-grpc.md §2 to §4).
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

/* The role a certificate's CN or a request header names. */
enum sec_component {
	SEC_COMPONENT_UNDEFINED,
	SEC_COMPONENT_SERVER,
	SEC_COMPONENT_ADMIN,
	SEC_COMPONENT_AGENT,
	SEC_COMPONENT_CLIENT, /* in headers only */
	_SEC_COMPONENT_MAX
};

const char *sec_component_name(enum sec_component c);
/* Exact lower-case match; anything else is UNDEFINED. */
enum sec_component sec_component_parse(const char *name);

/* ---- versions ---- */
struct sec_version {
	int major, minor, patch;
};
/* "2.8.0", an optional leading v allowed; exactly three integers. 0 or -EINVAL. */
int sec_version_parse(const char *text, struct sec_version *ret);
/* Interoperability rules (wire-grpc.md §3); raises SERVER_INCOMPATIBLE_COMPONENTS. */
int sec_version_check(enum sec_component self, const struct sec_version *self_version,
		      enum sec_component peer, const struct sec_version *peer_version,
		      struct fault *f);

/* ---- permissions ---- */
/* Whether a component may call a method, e.g. "/mgmt.MgmtSvc/Join". A method not in the table may
 * not be called. */
bool sec_may_call(enum sec_component c, const char *grpc_path);

/* ---- certificates and TLS ---- */
struct cfg_transport;
struct sec_tls; /* one side's credentials with its SSL_CTX for connecting and, for a server, for
		   accepting */

enum sec_role {
	SEC_ROLE_SERVER, /* key mode at most 0400; accepts and connects */
	SEC_ROLE_ADMIN,  /* key mode at most 0440; connects */
	SEC_ROLE_AGENT,
};

/*
 * Loads CA, certificate and key, checks files, modes, expiry, and that key and certificate match;
 * every problem names the file. Raises SECURITY_MISSING_CERT_FILE, SECURITY_UNREADABLE_CERT_FILE,
 * SECURITY_INVALID_CERT. With allow_insecure set *ret becomes NULL and 0 is returned: NULL stands
 * for plaintext everywhere.
 */
int sec_tls_load(const struct cfg_transport *t, enum sec_role role, struct sec_tls **ret,
		 struct fault *f);
/* Loads the files again; connections made from now on use them. The old ones stay in use when
 * anything is wrong. */
int             sec_tls_reload(struct sec_tls *tls, struct fault *f);
struct sec_tls *sec_tls_free(struct sec_tls *tls);
/* Seconds until the own certificate expires, negative when it has. */
int64_t sec_tls_seconds_left(const struct sec_tls *tls);

/* ---- tokens ---- */
/*
 * Whether the verifier of a packed token is right: an RSA-PSS signature over SHA-512 with the key of
 * <cert_dir>/<origin>.crt, or with cert_dir NULL (certificates are off) the plain SHA-512 digest.
 * -EACCES: it is not; -ENOENT: the certificate cannot be used; -ENOMEM. Reads a file.
 */
int sec_token_verify(const char *cert_dir, const char *origin, const void *token, size_t len,
		     const void *verifier, size_t verifier_len, struct fault *f);
