/*
 * Certificate files: mode and ownership rules, PEM parsing, and the check of the own certificate
 * against the CA. Each file is opened once, and what is checked is what is read. Builds no TLS
 * context; context.c does.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "certificate_private.h"
#include "common/str.h"

#define MAX_PEM_BYTES   (1 * MIB)
#define MAX_CA_CERTS    256
#define MAX_CHAIN_CERTS 16
#define CERT_MODE       0664

static const char *
ssl_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "not in PEM format";
}

static int
invalid_cert(struct fault *f, const char *path, const char *why)
{
	int r = fault_set(f, FAULT_SECURITY_INVALID_CERT, "certificate file %s is not usable: %s",
			  path, why);

	fault_resolve(
	    f,
	    "make sure that %s is valid now, was issued by the CA in ca_cert, and belongs to "
	    "the configured key; make new certificates if it has expired",
	    path);
	return r;
}

static int
unreadable(struct fault *f, const char *path, const char *why)
{
	int r = fault_set(f, FAULT_SECURITY_UNREADABLE_CERT_FILE,
			  "certificate file %s is not usable: %s", path, why);

	fault_resolve(f, "correct owner and mode of %s; see chmod and chown", path);
	return r;
}

static int
open_failed(struct fault *f, const char *path, int err)
{
	if (err == EACCES || err == EPERM)
		return unreadable(f, path, "permission denied");
	if (err != ENOENT && err != ENOTDIR)
		return unreadable(f, path, strerror(err));
	err = fault_set(f, FAULT_SECURITY_MISSING_CERT_FILE,
			"certificates are enabled, but %s was not found", path);
	return err;
}

static int
check_mode(struct fault *f, const char *path, const struct stat *st, mode_t allowed)
{
	char why[96];

	if (!S_ISREG(st->st_mode))
		return unreadable(f, path, "not a regular file");
	if ((st->st_mode & 07777 & ~allowed) == 0)
		return 0;
	(void)snprintf(why, sizeof(why), "its mode is %04o, bits outside %04o are not allowed",
		       (unsigned)(st->st_mode & 07777), (unsigned)allowed);
	return unreadable(f, path, why);
}

/* Opens a PEM file and hands out its bytes as a memory BIO with a private copy. */
static int
read_pem(const char *key_name, const char *path, mode_t allowed, BIO **ret, struct fault *f)
{
	_cleanup_(closep) int fd = -EBADF;
	struct stat           st;
	BIO                  *bio;
	char                  buf[4096];
	ssize_t               n;
	size_t                total = 0;
	int                   r;

	if (str_empty(path)) {
		r = fault_set(f, FAULT_SECURITY_MISSING_CERT_FILE,
			      "certificates are enabled, but %s is not set", key_name);
		fault_resolve(f, "set transport_config: %s", key_name);
		return r;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return open_failed(f, path, errno);
	if (fstat(fd, &st) < 0)
		return open_failed(f, path, errno);
	r = check_mode(f, path, &st, allowed);
	if (r < 0)
		return r;
	bio = BIO_new(BIO_s_secmem());
	if (bio == NULL)
		return fault_plain(f, -ENOMEM, "reading %s: out of memory", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0 && (total += (size_t)n) <= MAX_PEM_BYTES)
		if (BIO_write(bio, buf, (int)n) != n)
			break;
	OPENSSL_cleanse(buf, sizeof(buf));
	if (n != 0) {
		BIO_free(bio);
		return n < 0 ? open_failed(f, path, errno) : invalid_cert(f, path, "too large");
	}
	*ret = bio;
	return 0;
}

/* Appends every certificate of a PEM stream; at least one is required. */
static int
parse_certs(BIO *bio, const char *path, STACK_OF(X509) * list, int max, struct fault *f)
{
	X509 *cert;

	ERR_clear_error();
	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(list) >= max || sk_X509_push(list, cert) == 0) {
			X509_free(cert);
			return invalid_cert(f, path, "too many certificates in one file");
		}
	}
	/* the end of the file shows as "no start line" */
	if (sk_X509_num(list) == 0 ||
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		int r = invalid_cert(
		    f, path, sk_X509_num(list) == 0 ? "holds no certificate" : ssl_reason());

		ERR_clear_error();
		return r;
	}
	ERR_clear_error();
	return 0;
}

static int
load_certs(const char *key_name, const char *path, int max, STACK_OF(X509) * *ret, struct fault *f)
{
	STACK_OF(X509) * list;
	BIO *bio;
	int  r = read_pem(key_name, path, CERT_MODE, &bio, f);

	if (r < 0)
		return r;
	list = sk_X509_new_null();
	r    = list == NULL ? fault_plain(f, -ENOMEM, "reading %s: out of memory", path)
			    : parse_certs(bio, path, list, max, f);
	BIO_free(bio);
	if (r < 0) {
		sk_X509_pop_free(list, X509_free);
		return r;
	}
	*ret = list;
	return 0;
}

int
sec_certificate_load(const char *path, X509 **ret, struct fault *f)
{
	STACK_OF(X509) * list;
	int r = load_certs("client_cert_dir", path, 1, &list, f);

	if (r < 0)
		return r;
	*ret = sk_X509_pop(list);
	sk_X509_pop_free(list, X509_free);
	return 0;
}

/* A key that needs a password is refused: a daemon has nobody to ask. */
static int
no_password(char *buf, int size, int rwflag, void *arg)
{
	return -1;
}

static int
load_key(const char *path, mode_t allowed, EVP_PKEY **ret, struct fault *f)
{
	BIO      *bio;
	EVP_PKEY *key;
	int       r = read_pem("key", path, allowed, &bio, f);

	if (r < 0)
		return r;
	ERR_clear_error();
	key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (key == NULL) {
		r = invalid_cert(f, path, ssl_reason());
		ERR_clear_error();
		return r;
	}
	*ret = key;
	return 0;
}

static int
make_store(struct sec_files *files)
{
	files->ca = X509_STORE_new();
	if (files->ca == NULL)
		return -ENOMEM;
	for (int i = 0; i < sk_X509_num(files->ca_certs); i++)
		if (X509_STORE_add_cert(files->ca, sk_X509_value(files->ca_certs, i)) != 1)
			return -ENOMEM;
	return 0;
}

/* The own certificate must lead to the CA now; finds expiry and mixed-up files before a peer does.
 */
static int
verify_leaf(const struct sec_files *files, const char *path, struct fault *f)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int             err = X509_V_ERR_OUT_OF_MEM;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, files->ca, files->leaf, files->chain) == 1)
		err = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return err == X509_V_OK ? 0 : invalid_cert(f, path, X509_verify_cert_error_string(err));
}

static int
check_leaf(const struct cfg_transport *t, enum sec_role role, const struct sec_files *files,
	   struct fault *f)
{
	char cn[64], why[160];
	int  r = verify_leaf(files, t->cert, f);

	if (r < 0)
		return r;
	if (X509_check_private_key(files->leaf, files->key) != 1) {
		ERR_clear_error();
		(void)snprintf(why, sizeof(why), "the key in %.100s belongs to another certificate",
			       t->key);
		return invalid_cert(f, t->cert, why);
	}
	if (sec_common_name(files->leaf, cn, sizeof(cn)) < 0)
		return invalid_cert(f, t->cert,
				    "its subject must have exactly one common name (CN)");
	/* every client would refuse such a server; a wrong client certificate is the server's to
	 * judge */
	if (role == SEC_ROLE_SERVER && strcmp(cn, sec_component_name(SEC_COMPONENT_SERVER)) != 0) {
		(void)snprintf(why, sizeof(why),
			       "its common name is \"%s\", a server needs \"server\"", cn);
		return invalid_cert(f, t->cert, why);
	}
	return 0;
}

static int
check_client_dir(const char *path, struct fault *f)
{
	DIR *dir;

	if (str_empty(path))
		return 0;
	dir = opendir(path);
	if (dir == NULL)
		return open_failed(f, path, errno);
	(void)closedir(dir); /* read-only, nothing to lose */
	return 0;
}

static int
load_all(const struct cfg_transport *t, enum sec_role role, struct sec_files *files,
	 struct fault *f)
{
	int r = load_certs("ca_cert", t->ca_cert, MAX_CA_CERTS, &files->ca_certs, f);

	if (r < 0)
		return r;
	r = load_certs("cert", t->cert, MAX_CHAIN_CERTS, &files->chain, f);
	if (r < 0)
		return r;
	files->leaf = sk_X509_shift(files->chain);
	r           = load_key(t->key, role == SEC_ROLE_ADMIN ? 0440 : 0400, &files->key, f);
	if (r < 0)
		return r;
	r = make_store(files);
	if (r < 0)
		return fault_plain(f, r, "certificates: out of memory");
	r = check_leaf(t, role, files, f);
	if (r < 0)
		return r;
	return role == SEC_ROLE_SERVER ? check_client_dir(t->client_cert_dir, f) : 0;
}

int
sec_files_load(const struct cfg_transport *t, enum sec_role role, struct sec_files *ret,
	       struct fault *f)
{
	struct sec_files files = {0};
	int              r     = load_all(t, role, &files, f);

	if (r < 0) {
		sec_files_fini(&files);
		return r;
	}
	*ret = files;
	return 0;
}

void
sec_files_fini(struct sec_files *files)
{
	X509_STORE_free(files->ca);
	sk_X509_pop_free(files->ca_certs, X509_free);
	sk_X509_pop_free(files->chain, X509_free);
	X509_free(files->leaf);
	EVP_PKEY_free(files->key);
	*files = (struct sec_files){0};
}

int
sec_common_name(X509 *cert, char *buf, size_t size)
{
	const X509_NAME   *subject = X509_get_subject_name(cert);
	const ASN1_STRING *text;
	int                i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	int                len;

	if (i < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, i) >= 0)
		return -EINVAL;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
	len  = ASN1_STRING_length(text);
	if (len <= 0 || (size_t)len >= size ||
	    memchr(ASN1_STRING_get0_data(text), '\0', (size_t)len))
		return -EINVAL;
	memcpy(buf, ASN1_STRING_get0_data(text), (size_t)len);
	buf[len] = '\0';
	return 0;
}
