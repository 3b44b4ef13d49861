/* TLS as other programs speak it: versions, suites, ALPN and certificates that our own pair never
 * shows each other. */
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "rpc_fixture.h"

/* Another program, as a thread that blocks: connects or accepts once, shakes hands, waits for a
 * byte or the end. */
struct stranger {
	bool        server;
	const char *dir;
	const char *cert;    /* base name of certificate and key; NULL: none */
	int         version; /* 0: any */
	const char *ciphers;
	const char *alpn; /* in wire form */
	uint16_t    port;
	int         listener;
	/* outcome */
	bool         ok; /* handshake done and a byte came */
	char         cipher[64];
	char         protocol[32];
	struct loop *loop; /* told about the end */
	unsigned     done;
};

static SSL_CTX *
stranger_ctx(const struct stranger *s)
{
	SSL_CTX *ctx = SSL_CTX_new(s->server ? TLS_server_method() : TLS_client_method());
	char     path[128];

	SSL_CTX_set_security_level(ctx, 0);
	if (s->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, s->version);
		SSL_CTX_set_max_proto_version(ctx, s->version);
	}
	if (s->ciphers != NULL)
		SSL_CTX_set_cipher_list(ctx, s->ciphers);
	if (s->alpn != NULL)
		SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)s->alpn,
					(unsigned)strlen(s->alpn));
	if (s->cert != NULL) {
		snprintf(path, sizeof(path), "%s/%s.crt", s->dir, s->cert);
		SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM);
		snprintf(path, sizeof(path), "%s/%s.key", s->dir, s->cert);
		SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
	}
	return ctx;
}

static int
stranger_socket(struct stranger *s)
{
	struct sockaddr_in a  = {.sin_family = AF_INET, .sin_port = htons(s->port)};
	struct timeval     tv = {.tv_sec = FIXTURE_WAIT_MS / 1000};
	int                fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s->server) {
		fd = accept(s->listener, NULL, NULL);
	} else {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			abort();
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
stranger_done(void *arg)
{
	((struct stranger *)arg)->done = 1;
}

static void *
stranger_main(void *arg)
{
	static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	struct stranger  *s          = arg;
	SSL_CTX          *ctx        = stranger_ctx(s);
	SSL              *ssl        = SSL_new(ctx);
	int               fd         = stranger_socket(s);
	char              byte;

	SSL_set_fd(ssl, fd);
	if ((s->server ? SSL_accept(ssl) : SSL_connect(ssl)) == 1) {
		if (!s->server)
			SSL_write(ssl, greeting, sizeof(greeting) - 1);
		s->ok = SSL_read(ssl, &byte, 1) == 1;
		snprintf(s->cipher, sizeof(s->cipher), "%s", SSL_get_cipher_name(ssl));
		snprintf(s->protocol, sizeof(s->protocol), "%s", SSL_get_version(ssl));
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	ERR_clear_error();
	if (s->loop != NULL && loop_post(s->loop, stranger_done, s) < 0)
		abort();
	return NULL;
}

struct client_case {
	const char     *what;
	struct stranger s;
	bool            ok;
	const char     *cipher, *protocol; /* NULL: any */
};

static void
test_clients_of_other_programs(void **state)
{
	static const struct client_case cases[] = {
	    {"TLS 1.3", {.cert = "admin", .alpn = "\x02h2"}, true, NULL, "TLSv1.3"},
	    {"upstream's suite, static RSA",
	     {.cert    = "admin",
	      .version = TLS1_2_VERSION,
	      .ciphers = "AES256-GCM-SHA384",
	      .alpn    = "\x02h2"},
	     true,
	     "AES256-GCM-SHA384",
	     "TLSv1.2"},
	    {"TLS 1.2 prefers forward secrecy",
	     {.cert    = "admin",
	      .version = TLS1_2_VERSION,
	      .ciphers = "AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"},
	     true,
	     "ECDHE-RSA-AES256-GCM-SHA384",
	     "TLSv1.2"},
	    {"no ALPN at all", {.cert = "admin"}, true, NULL, NULL},
	    {"ALPN without h2", {.cert = "admin", .alpn = "\x08http/1.1"}, false, NULL, NULL},
	    {"ALPN with h2 among others",
	     {.cert = "admin", .alpn = "\x08http/1.1\x02h2"},
	     true,
	     NULL,
	     NULL},
	    {"no client certificate", {.alpn = "\x02h2"}, false, NULL, NULL},
	    {"no client certificate, TLS 1.2", {.version = TLS1_2_VERSION}, false, NULL, NULL},
	    {"a certificate of another CA",
	     {.cert = "other-admin", .alpn = "\x02h2"},
	     false,
	     NULL,
	     NULL},
	    {"TLS 1.1",
	     {.cert = "admin", .version = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"},
	     false,
	     NULL,
	     NULL},
	    {"a weaker suite",
	     {.cert = "admin", .version = TLS1_2_VERSION, .ciphers = "AES128-SHA"},
	     false,
	     NULL,
	     NULL},
	    {"raft, which this server does not serve",
	     {.cert = "server",
	      .alpn = "\x0b"
		      "daos-raft/1"},
	     false,
	     NULL,
	     NULL},
	};
	struct fixture f = {0};

	fixture_make_certs(&f, true);
	fixture_start(&f, 1, true, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stranger s = cases[i].s;
		pthread_t       t;

		s.dir  = f.dir;
		s.loop = f.loop;
		s.port = rpc_server_port(f.server);
		pthread_create(&t, NULL, stranger_main, &s);
		fixture_wait(&f, &s.done, 1);
		pthread_join(t, NULL);
		if (s.ok != cases[i].ok)
			fail_msg("%s: %s", cases[i].what, s.ok ? "accepted" : "refused");
		if (cases[i].cipher != NULL)
			assert_string_equal(s.cipher, cases[i].cipher);
		if (cases[i].protocol != NULL)
			assert_string_equal(s.protocol, cases[i].protocol);
	}
	fixture_stop(&f);
}

/* A client without TLS at a port with it: it sees an orderly end, and what it still sends afterwards
 * is not answered with a reset, which would take the place of the end. */
static void *
plain_main(void *arg)
{
	static const char preface[]   = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	static const char settings[9] = "\0\0\0\4";
	struct stranger  *s           = arg;
	int               fd          = stranger_socket(s);
	char              buf[64];
	ssize_t           n;

	send(fd, preface, sizeof(preface) - 1, MSG_NOSIGNAL);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		;
	s->ok = n == 0;
	for (int i = 0; i < 3; i++) {
		if (send(fd, settings, sizeof(settings), MSG_NOSIGNAL) < 0 ||
		    recv(fd, buf, sizeof(buf), 0) != 0)
			s->ok = false;
	}
	close(fd);
	if (loop_post(s->loop, stranger_done, s) < 0)
		abort();
	return NULL;
}

static void
test_a_client_without_tls_sees_an_orderly_end(void **state)
{
	struct fixture  f = {0};
	struct stranger s = {0};
	pthread_t       t;

	fixture_make_certs(&f, true);
	fixture_start(&f, 1, true, NULL);
	s.loop = f.loop;
	s.port = rpc_server_port(f.server);
	pthread_create(&t, NULL, plain_main, &s);
	fixture_wait(&f, &s.done, 1);
	pthread_join(t, NULL);
	assert_true(s.ok);
	fixture_stop(&f);
}

static void
test_servers_our_client_refuses(void **state)
{
	static const struct {
		const char           *what;
		struct test_cert_opts o;
		uint32_t              fault;
		const char           *text;
	} cases[] = {
	    {"expired",
	     {.cn = "server", .from_s = -7200, .to_s = -60},
	     FAULT_SECURITY_INVALID_CERT,
	     "certificate has expired"},
	    {"not yet valid",
	     {.cn = "server", .from_s = 3600, .to_s = 7200},
	     0,
	     "certificate is not yet valid"},
	    {"for clients only", {.cn = "admin"}, 0, "authentication handshake failed"},
	    {"two names", {.cn = "server", .second_cn = "admin"}, 0, "not a server's"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture       f   = {0};
		struct fixture_reply r   = {0};
		struct sockaddr_in   a   = {.sin_family = AF_INET};
		socklen_t            len = sizeof(a);
		struct stranger      s   = {.server = true, .cert = "strange"};
		struct test_cert     ca = test_cert_new(&(struct test_cert_opts){.cn = "ca"}, NULL);
		struct test_cert     c;
		char                 text[512];
		pthread_t            t;

		strcpy(f.dir, "/tmp/rpc_test_XXXXXX");
		assert_non_null(mkdtemp(f.dir));
		fixture_write_cert(&f, "ca", &ca);
		c = test_cert_new(&(struct test_cert_opts){.cn = "server"}, &ca);
		fixture_write_cert(&f, "server", &c);
		test_cert_free(&c);
		c = test_cert_new(&(struct test_cert_opts){.cn = "admin"}, &ca);
		fixture_write_cert(&f, "admin", &c);
		test_cert_free(&c);
		c = test_cert_new(&cases[i].o, &ca);
		fixture_write_cert(&f, "strange", &c);
		test_cert_free(&c);
		test_cert_free(&ca);
		fixture_start(&f, 1, true, NULL);

		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		s.dir             = f.dir;
		s.listener        = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(s.listener, (struct sockaddr *)&a, len), 0);
		assert_int_equal(listen(s.listener, 1), 0);
		getsockname(s.listener, (struct sockaddr *)&a, &len);
		pthread_create(&t, NULL, stranger_main, &s);

		struct rpc_channel_opts opts = fixture_channel_opts(&f);
		opts.port                    = ntohs(a.sin_port);
		assert_int_equal(rpc_channel_new(f.io, &opts, &f.ch), 0);
		fixture_echo_call(&f, f.ch, "x", &r);
		pthread_join(t, NULL);
		rpc_status_format(&r.status, text, sizeof(text));
		if (r.status.code != RPC_UNAVAILABLE || r.status.fault.code != cases[i].fault ||
		    strstr(text, cases[i].text) == NULL)
			fail_msg("%s: %s", cases[i].what, text);
		close(s.listener);
		fixture_reply_fini(&r);
		fixture_stop(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clients_of_other_programs),
	    cmocka_unit_test(test_a_client_without_tls_sees_an_orderly_end),
	    cmocka_unit_test(test_servers_our_client_refuses),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
