/* Channels against servers that are not there, not theirs, or not what they seem; certificates on
 * both sides. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "rpc_fixture.h"

static void
expect_code(struct fixture *f, const struct rpc_channel_opts *opts, enum rpc_code code,
	    uint32_t fault, const char *text)
{
	struct rpc_channel  *ch;
	struct fixture_reply r = {0};
	char                 shown[1024];

	assert_int_equal(rpc_channel_new(f->io, opts, &ch), 0);
	fixture_echo_call(f, ch, "x", &r);
	rpc_status_format(&r.status, shown, sizeof(shown));
	if (r.status.code != code || r.status.fault.code != fault)
		fail_msg("%s (fault %u)", shown, r.status.fault.code);
	if (code != RPC_OK)
		assert_true(r.status.local);
	if (text != NULL && strstr(shown, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, shown);
	fixture_reply_fini(&r);
	rpc_channel_free(ch);
}

/* A port that is bound and not listened on. */
static int
open_socket(bool listening, uint16_t *ret_port)
{
	struct sockaddr_in a   = {.sin_family = AF_INET};
	socklen_t          len = sizeof(a);
	int                fd  = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	if (listening)
		assert_int_equal(listen(fd, 8), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void
test_connections_that_cannot_be_made(void **state)
{
	struct fixture          f = {0};
	struct rpc_channel_opts opts;
	int                     silent, unused;

	fixture_start(&f, 1, false, NULL);
	opts   = fixture_channel_opts(&f);
	unused = open_socket(false, &opts.port);
	expect_code(&f, &opts, RPC_UNAVAILABLE, FAULT_CLIENT_CONNECTION_REFUSED,
		    "refused the connection");
	opts.host = "localhost";
	expect_code(&f, &opts, RPC_UNAVAILABLE, FAULT_CLIENT_CONNECTION_REFUSED,
		    "the server at localhost:");
	opts.host = "no-such-host.invalid";
	expect_code(&f, &opts, RPC_UNAVAILABLE, FAULT_CLIENT_CONNECTION_BAD_HOST,
		    "no-such-host.invalid");
	opts.host       = "127.0.0.1";
	silent          = open_socket(true, &opts.port);
	opts.connect_ms = 50;
	expect_code(&f, &opts, RPC_UNAVAILABLE, FAULT_CLIENT_CONNECTION_TIMED_OUT, NULL);
	close(silent);
	close(unused);
	fixture_stop(&f);
}

static void
test_a_deadline_counts_while_connecting(void **state)
{
	struct fixture          f   = {0};
	struct fixture_reply    r   = {0};
	Mgmt__LeaderQueryReq    req = MGMT__LEADER_QUERY_REQ__INIT;
	struct rpc_channel_opts opts;
	int                     silent;

	fixture_start(&f, 1, false, NULL);
	opts   = fixture_channel_opts(&f);
	silent = open_socket(true, &opts.port);
	assert_int_equal(rpc_channel_new(f.io, &opts, &f.ch), 0);
	fixture_start_call(&f, f.ch, "LeaderQuery", &req.base, 30, &r, NULL);
	fixture_wait(&f, &r.n, 1);
	assert_int_equal(r.status.code, RPC_DEADLINE_EXCEEDED);
	assert_true(r.status.local);
	fixture_reply_fini(&r);
	close(silent);
	fixture_stop(&f);
}

static void
test_plaintext_and_tls_do_not_mix(void **state)
{
	struct fixture          f = {0};
	struct rpc_channel_opts opts;

	fixture_start(&f, 1, true, NULL);
	opts     = fixture_channel_opts(&f);
	opts.tls = NULL;
	expect_code(&f, &opts, RPC_UNAVAILABLE, 0,
		    "connection error: desc = \"error reading server preface: ");
	opts.tls = f.client_tls;
	expect_code(&f, &opts, RPC_OK, 0, NULL);
	fixture_stop(&f);

	f = (struct fixture){0};
	fixture_make_certs(&f, false);
	f.client_files = fixture_files(&f, "ca", "admin");
	assert_int_equal(sec_tls_load(&f.client_files, SEC_ROLE_ADMIN, &f.client_tls, NULL), 0);
	fixture_start(&f, 1, false, NULL);
	opts = fixture_channel_opts(&f);
	expect_code(&f, &opts, RPC_UNAVAILABLE, 0, "authentication handshake failed: ");
	fixture_stop(&f);
}

/* A client that presents `cert` and trusts `ca`. */
static struct sec_tls *
other_client(struct fixture *f, const char *ca, const char *cert)
{
	struct cfg_transport t     = fixture_files(f, ca, cert);
	struct fault         fault = FAULT_INIT;
	struct sec_tls      *tls;

	if (sec_tls_load(&t, SEC_ROLE_ADMIN, &tls, &fault) < 0)
		fail_msg("%s", fault.description);
	fixture_free_files(&t);
	return tls;
}

static void
test_the_other_side_has_another_ca(void **state)
{
	struct fixture          f = {0};
	struct rpc_channel_opts opts;
	struct sec_tls         *tls;
	struct rpc_server_stats stats;

	fixture_start(&f, 1, true, NULL);
	tls      = other_client(&f, "other-ca", "other-admin");
	opts     = fixture_channel_opts(&f);
	opts.tls = tls;
	expect_code(&f, &opts, RPC_UNAVAILABLE, 0, "authentication handshake failed: ");
	rpc_server_get_stats(f.server, &stats);
	assert_int_equal(stats.calls_total, 0);
	opts.tls = f.client_tls;
	expect_code(&f, &opts, RPC_OK, 0, NULL);
	sec_tls_free(tls);
	fixture_stop(&f);
}

static void
start_with_server_cert(struct fixture *f, const struct test_cert_opts *o)
{
	struct test_cert ca, c, good;

	strcpy(f->dir, "/tmp/rpc_test_XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	ca = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
	fixture_write_cert(f, "ca", &ca);
	good = test_cert_new(&(struct test_cert_opts){.cn = "admin"}, &ca);
	fixture_write_cert(f, "admin", &good);
	test_cert_free(&good);
	good = test_cert_new(&(struct test_cert_opts){.cn = "server"}, &ca);
	fixture_write_cert(f, "server", &good);
	test_cert_free(&good);
	fixture_start(f, 1, true, NULL);
	c = test_cert_new(o, &ca);
	fixture_write_cert(f, "server", &c);
	test_cert_free(&c);
	test_cert_free(&ca);
}

static void
test_a_server_does_not_take_another_name(void **state)
{
	struct fixture          f = {0};
	struct rpc_channel_opts opts;
	struct fault            fault = FAULT_INIT;

	start_with_server_cert(&f, &(struct test_cert_opts){.cn = "admin"});
	assert_true(sec_tls_reload(f.server_tls, &fault) < 0);
	assert_int_equal(fault.code, FAULT_SECURITY_INVALID_CERT);
	opts = fixture_channel_opts(&f);
	expect_code(&f, &opts, RPC_OK, 0, NULL);
	fixture_stop(&f);
}

static void
test_a_reload_shows_from_the_next_connection_on(void **state)
{
	struct fixture       f     = {0};
	struct fixture_reply r     = {0};
	struct fault         fault = FAULT_INIT;
	struct test_cert     other = test_cert_new(&(struct test_cert_opts){.cn = "other"}, NULL);
	struct rpc_channel_opts opts;
	struct test_cert        c;
	char                   *path;

	fixture_start(&f, 1, true, NULL);
	fixture_connect(&f);
	fixture_echo_call(&f, f.ch, "before", &r);
	assert_int_equal(r.status.code, RPC_OK);
	/* the server moves to another CA */
	c = test_cert_new(&(struct test_cert_opts){.cn = "server"}, &other);
	fixture_write_cert(&f, "server", &c);
	path = fixture_path(&f, "ca.crt");
	test_cert_write(&other, path, NULL);
	free(path);
	assert_int_equal(sec_tls_reload(f.server_tls, &fault), 0);
	r.n = 0;
	fixture_echo_call(&f, f.ch, "the old connection stays", &r);
	assert_int_equal(r.status.code, RPC_OK);
	opts = fixture_channel_opts(&f);
	expect_code(&f, &opts, RPC_UNAVAILABLE, 0, "authentication handshake failed: ");
	test_cert_free(&c);
	test_cert_free(&other);
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_rsa_certificates(void **state)
{
	struct fixture          f = {0};
	struct rpc_channel_opts opts;

	fixture_make_certs(&f, true);
	fixture_start(&f, 1, true, NULL);
	opts = fixture_channel_opts(&f);
	expect_code(&f, &opts, RPC_OK, 0, NULL);
	fixture_stop(&f);
}

static void
test_a_channel_connects_again_after_a_loss(void **state)
{
	struct fixture         f     = {0};
	struct fixture_reply   r     = {0};
	struct rpc_server_opts opts  = {.address = "127.0.0.1"};
	struct fault           fault = FAULT_INIT;

	fixture_start(&f, 1, false, NULL);
	fixture_connect(&f);
	fixture_echo_call(&f, f.ch, "one", &r);
	opts.port = rpc_server_port(f.server);
	opts.arg  = &f;
	rpc_server_stop(f.server, 0, fixture_has_stopped, &f);
	while (!f.stopped)
		loop_run_once(f.loop, true);
	f.server  = rpc_server_free(f.server);
	f.stopped = false;
	r.n       = 0;
	fixture_echo_call(&f, f.ch, "nobody there", &r);
	assert_int_equal(r.status.code, RPC_UNAVAILABLE);
	assert_int_equal(rpc_server_new(f.io, &opts, &f.server, &fault), 0);
	assert_int_equal(rpc_server_add_service(f.server, &mgmt__mgmt_svc__descriptor,
						fixture_handlers, ARRAY_SIZE(fixture_handlers)),
			 0);
	assert_int_equal(rpc_server_start(f.server), 0);
	r.n = 0;
	fixture_echo_call(&f, f.ch, "again", &r);
	assert_int_equal(r.status.code, RPC_OK);
	assert_string_equal(r.text, "again");
	fixture_reply_fini(&r);
	fixture_stop(&f);
}

static void
test_an_unknown_method_is_the_callers_mistake(void **state)
{
	struct fixture       f   = {0};
	Mgmt__LeaderQueryReq req = MGMT__LEADER_QUERY_REQ__INIT;

	fixture_start(&f, 0, false, NULL);
	fixture_connect(&f);
	assert_int_equal(rpc_channel_call(f.ch, &mgmt__mgmt_svc__descriptor, "Nope", &req.base, 0,
					  fixture_on_reply, NULL, NULL),
			 -EINVAL);
	fixture_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connections_that_cannot_be_made),
	    cmocka_unit_test(test_a_deadline_counts_while_connecting),
	    cmocka_unit_test(test_plaintext_and_tls_do_not_mix),
	    cmocka_unit_test(test_the_other_side_has_another_ca),
	    cmocka_unit_test(test_a_server_does_not_take_another_name),
	    cmocka_unit_test(test_a_reload_shows_from_the_next_connection_on),
	    cmocka_unit_test(test_rsa_certificates),
	    cmocka_unit_test(test_a_channel_connects_again_after_a_loss),
	    cmocka_unit_test(test_an_unknown_method_is_the_callers_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
