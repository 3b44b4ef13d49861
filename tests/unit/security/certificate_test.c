/* Certificate files: every way in which they can be wrong, and that a reload keeps the old ones
 * then. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "common/fs.h"
#include "common/str.h"
#include "config/transport.h"
#include "security/tls.h"

struct files {
	char                 dir[64];
	char                 ca[96], crt[96], key[96], clients[96];
	struct cfg_transport t;
	struct test_cert     ca_cert, leaf;
};

static void
write_leaf(struct files *f, const struct test_cert_opts *o, const struct test_cert *issuer)
{
	test_cert_free(&f->leaf);
	f->leaf = test_cert_new(o, issuer);
	test_cert_write(&f->leaf, f->crt, f->key);
}

static int
set_up(void **state)
{
	struct files *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/certificate_test_XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->ca, sizeof(f->ca), "%s/ca.crt", f->dir);
	snprintf(f->crt, sizeof(f->crt), "%s/own.crt", f->dir);
	snprintf(f->key, sizeof(f->key), "%s/own.key", f->dir);
	snprintf(f->clients, sizeof(f->clients), "%s/clients", f->dir);
	mkdir(f->clients, 0700);
	f->t = (struct cfg_transport){
	    .ca_cert = f->ca, .cert = f->crt, .key = f->key, .client_cert_dir = f->clients};
	f->ca_cert = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
	test_cert_write(&f->ca_cert, f->ca, NULL);
	write_leaf(f, &(struct test_cert_opts){.cn = "server"}, &f->ca_cert);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct files *f = *state;

	test_cert_free(&f->ca_cert);
	test_cert_free(&f->leaf);
	fs_remove_tree(f->dir);
	free(f);
	return 0;
}

/* Expects a fault that names the file and has a resolution. */
static void
expect(struct files *f, enum sec_role role, enum fault_code code, const char *path)
{
	struct fault    fault = FAULT_INIT;
	struct sec_tls *tls   = NULL;

	assert_true(sec_tls_load(&f->t, role, &tls, &fault) < 0);
	assert_null(tls);
	if (fault.code != code)
		fail_msg("fault %u instead of %u: %s", fault.code, code, fault.description);
	assert_string_equal(fault.domain, "security");
	if (strstr(fault.description, path) == NULL)
		fail_msg("%s is not named in: %s", path, fault.description);
	assert_true(fault_has_resolution(&fault));
}

static void
expect_good(struct files *f, enum sec_role role)
{
	struct fault    fault = FAULT_INIT;
	struct sec_tls *tls   = NULL;

	if (sec_tls_load(&f->t, role, &tls, &fault) < 0)
		fail_msg("%s", fault.description);
	assert_non_null(tls);
	assert_non_null(sec_tls_client_ctx(tls));
	assert_int_equal(sec_tls_server_ctx(tls) != NULL, role == SEC_ROLE_SERVER);
	assert_in_range(sec_tls_seconds_left(tls), 86000, 86400);
	sec_tls_free(tls);
}

static void
test_good_files(void **state)
{
	struct files *f = *state;

	expect_good(f, SEC_ROLE_SERVER);
	f->t.client_cert_dir = NULL;
	expect_good(f, SEC_ROLE_SERVER);
	write_leaf(f, &(struct test_cert_opts){.cn = "admin", .rsa = true}, &f->ca_cert);
	expect_good(f, SEC_ROLE_ADMIN);
	write_leaf(f, &(struct test_cert_opts){.cn = "agent"}, &f->ca_cert);
	expect_good(f, SEC_ROLE_AGENT);
}

static void
test_insecure_loads_nothing(void **state)
{
	struct cfg_transport t   = {.allow_insecure = true};
	struct sec_tls      *tls = (struct sec_tls *)&t;

	assert_int_equal(sec_tls_load(&t, SEC_ROLE_SERVER, &tls, NULL), 0);
	assert_null(tls);
}

static void
test_missing_files(void **state)
{
	struct files *f = *state;

	unlink(f->key);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_MISSING_CERT_FILE, f->key);
	unlink(f->crt);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_MISSING_CERT_FILE, f->crt);
	unlink(f->ca);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_MISSING_CERT_FILE, f->ca);
	f->t.ca_cert = NULL;
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_MISSING_CERT_FILE, "ca_cert");
}

static void
test_missing_client_directory(void **state)
{
	struct files *f = *state;

	rmdir(f->clients);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_MISSING_CERT_FILE, f->clients);
}

static void
test_unreadable_file(void **state)
{
	struct files *f = *state;

	bool root = geteuid() == 0;

	chmod(f->dir, 0755);
	chmod(f->key, 0);
	if (root) /* who reads everything */
		assert_int_equal(seteuid(65534), 0);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_UNREADABLE_CERT_FILE, f->key);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void
test_modes(void **state)
{
	static const struct {
		const char   *file;
		enum sec_role role;
		mode_t        mode;
		bool          ok;
	} cases[] = {
	    {"key", SEC_ROLE_SERVER, 0400, true},  {"key", SEC_ROLE_SERVER, 0600, false},
	    {"key", SEC_ROLE_SERVER, 0440, false}, {"key", SEC_ROLE_SERVER, 0404, false},
	    {"key", SEC_ROLE_ADMIN, 0440, true},   {"key", SEC_ROLE_ADMIN, 0400, true},
	    {"key", SEC_ROLE_ADMIN, 0640, false},  {"key", SEC_ROLE_ADMIN, 0444, false},
	    {"key", SEC_ROLE_AGENT, 0400, true},   {"key", SEC_ROLE_AGENT, 0440, false},
	    {"crt", SEC_ROLE_SERVER, 0664, true},  {"crt", SEC_ROLE_SERVER, 0666, false},
	    {"crt", SEC_ROLE_SERVER, 0755, false}, {"ca", SEC_ROLE_SERVER, 0644, true},
	    {"ca", SEC_ROLE_SERVER, 0646, false},  {"ca", SEC_ROLE_SERVER, 04644, false},
	};
	struct files *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = str_eq(cases[i].file, "key")   ? f->key
				   : str_eq(cases[i].file, "crt") ? f->crt
								  : f->ca;

		chmod(f->key, 0400);
		chmod(f->crt, 0644);
		chmod(f->ca, 0644);
		chmod(path, cases[i].mode);
		if (cases[i].ok)
			expect_good(f, cases[i].role);
		else
			expect(f, cases[i].role, FAULT_SECURITY_UNREADABLE_CERT_FILE, path);
	}
}

static void
test_not_a_regular_file(void **state)
{
	struct files *f = *state;

	unlink(f->crt);
	mkdir(f->crt, 0644);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_UNREADABLE_CERT_FILE, f->crt);
}

static void
test_expired_and_not_yet_valid(void **state)
{
	struct files *f = *state;

	write_leaf(f, &(struct test_cert_opts){.cn = "server", .from_s = -7200, .to_s = -60},
		   &f->ca_cert);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	write_leaf(f, &(struct test_cert_opts){.cn = "server", .from_s = 3600, .to_s = 7200},
		   &f->ca_cert);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
}

static void
test_another_ca(void **state)
{
	struct files    *f     = *state;
	struct test_cert other = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);

	write_leaf(f, &(struct test_cert_opts){.cn = "server"}, &other);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	test_cert_free(&other);
}

static void
test_key_of_another_certificate(void **state)
{
	struct files    *f = *state;
	struct test_cert other =
	    test_cert_new(&(struct test_cert_opts){.cn = "server"}, &f->ca_cert);

	test_cert_write(&other, NULL, f->key);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	test_cert_free(&other);
}

static void
test_names_in_the_own_certificate(void **state)
{
	struct files *f = *state;

	write_leaf(f, &(struct test_cert_opts){.cn = "admin"}, &f->ca_cert);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	write_leaf(f, &(struct test_cert_opts){.cn = NULL}, &f->ca_cert);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	write_leaf(f, &(struct test_cert_opts){.cn = "server", .second_cn = "admin"}, &f->ca_cert);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	/* what a client presents is the server's to judge */
	write_leaf(f, &(struct test_cert_opts){.cn = "agent"}, &f->ca_cert);
	expect_good(f, SEC_ROLE_ADMIN);
}

static void
test_garbage(void **state)
{
	static const char *const texts[] = {
	    "", "garbage\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE-----\nMIIB"};
	struct files *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(fs_write_atomic(f->crt, texts[i], strlen(texts[i]), 0644), 0);
		expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->crt);
	}
	test_cert_write(&f->leaf, f->crt, NULL);
	unlink(f->key);
	assert_int_equal(fs_write_atomic(f->key, "garbage\n", 8, 0400), 0);
	expect(f, SEC_ROLE_SERVER, FAULT_SECURITY_INVALID_CERT, f->key);
}

static void
test_reload_keeps_what_works(void **state)
{
	struct files   *f     = *state;
	struct fault    fault = FAULT_INIT;
	struct sec_tls *tls;
	SSL_CTX        *before;

	assert_int_equal(sec_tls_load(&f->t, SEC_ROLE_SERVER, &tls, &fault), 0);
	before = sec_tls_server_ctx(tls);
	write_leaf(f, &(struct test_cert_opts){.cn = "server", .from_s = -7200, .to_s = -60},
		   &f->ca_cert);
	assert_true(sec_tls_reload(tls, &fault) < 0);
	assert_int_equal(fault.code, FAULT_SECURITY_INVALID_CERT);
	assert_ptr_equal(sec_tls_server_ctx(tls), before);
	assert_true(sec_tls_seconds_left(tls) > 0);
	write_leaf(f, &(struct test_cert_opts){.cn = "server", .from_s = -60, .to_s = 1000},
		   &f->ca_cert);
	assert_int_equal(sec_tls_reload(tls, &fault), 0);
	assert_in_range(sec_tls_seconds_left(tls), 900, 1000);
	sec_tls_free(tls);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_good_files),
	    CASE(test_insecure_loads_nothing),
	    CASE(test_missing_files),
	    CASE(test_missing_client_directory),
	    CASE(test_unreadable_file),
	    CASE(test_modes),
	    CASE(test_not_a_regular_file),
	    CASE(test_expired_and_not_yet_valid),
	    CASE(test_another_ca),
	    CASE(test_key_of_another_certificate),
	    CASE(test_names_in_the_own_certificate),
	    CASE(test_garbage),
	    CASE(test_reload_keeps_what_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
