/*
 * A client of the rpc room against a foreign server that offers what rpc_server.c does. Prints TAP.
 *
 * usage: rpc_client PORT [CERTIFICATE-DIR [tls12]]
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "config/transport.h"
#include "mgmt/mgmt.pb-c.h"
#include "rpc/rpc.h"
#include "security/tls.h"

#define WAIT_MS 20000
#define AT_ONCE 100

struct app {
	struct loop        *loop;
	struct rpc_channel *ch;
	struct loop_timer  *timer;
	bool                late;
	unsigned            n_tests, n_failed;
};

struct reply {
	unsigned          n;
	struct rpc_status status;
	char             *text;
};

static void
ok(struct app *a, bool good, const char *what)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++a->n_tests, what);
	a->n_failed += !good;
}

static void
on_late(struct loop_timer *t, void *arg)
{
	((struct app *)arg)->late = true;
}

static void
on_reply(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct reply *r = arg;

	r->n++;
	(void)rpc_status_copy(&r->status,
			      status); /* without memory the code is OK and the test fails */
	free(r->text);
	r->text = NULL;
	if (resp != NULL && resp->descriptor == &mgmt__leader_query_resp__descriptor)
		r->text = strdup(((const Mgmt__LeaderQueryResp *)resp)->current_leader);
}

static void
wait_reply(struct app *a, struct reply *r)
{
	loop_timer_start(a->timer, WAIT_MS, 0);
	while (r->n == 0 && !a->late)
		loop_run_once(a->loop, true);
	loop_timer_stop(a->timer);
}

static void
start(struct app *a, const char *method, const ProtobufCMessage *req, uint64_t deadline_ms,
      struct reply *r)
{
	rpc_status_fini(&r->status);
	r->n = 0;
	if (rpc_channel_call(a->ch, &mgmt__mgmt_svc__descriptor, method, req, deadline_ms, on_reply,
			     r, NULL) < 0)
		abort();
}

static void
start_echo(struct app *a, const char *text, struct reply *r)
{
	Mgmt__LeaderQueryReq req = MGMT__LEADER_QUERY_REQ__INIT;

	req.hosts = (char *)text;
	start(a, "LeaderQuery", &req.base, WAIT_MS, r);
}

static void
finish(struct reply *r)
{
	rpc_status_fini(&r->status);
	free(r->text);
}

static void
test_messages(struct app *a)
{
	struct reply r    = {0};
	size_t       size = 3 * MIB;
	char        *text = malloc(size + 1);

	if (text == NULL)
		abort();
	start_echo(a, "hello", &r);
	wait_reply(a, &r);
	ok(a, r.status.code == RPC_OK && str_eq(r.text, "hello"), "a call is answered");
	memset(text, 'x', size);
	text[size] = '\0';
	start_echo(a, text, &r);
	wait_reply(a, &r);
	ok(a, r.status.code == RPC_OK && str_eq(r.text, text), "three MiB both ways");
	free(text);
	finish(&r);
}

static void
test_many(struct app *a)
{
	static struct reply r[AT_ONCE];
	unsigned            good = 0;
	char                text[16];

	for (unsigned i = 0; i < AT_ONCE; i++) {
		snprintf(text, sizeof(text), "%u", i);
		start_echo(a, text, &r[i]);
	}
	for (unsigned i = 0; i < AT_ONCE; i++) {
		wait_reply(a, &r[i]);
		snprintf(text, sizeof(text), "%u", i);
		good += r[i].status.code == RPC_OK && str_eq(r[i].text, text);
		finish(&r[i]);
	}
	ok(a, good == AT_ONCE, "100 calls at once");
}

static void
test_deadline(struct app *a)
{
	Mgmt__SystemEraseReq req = MGMT__SYSTEM_ERASE_REQ__INIT;
	struct reply         r   = {0};

	start(a, "SystemErase", &req.base, 200, &r);
	wait_reply(a, &r);
	ok(a, r.status.code == RPC_DEADLINE_EXCEEDED, "a deadline passes");
	finish(&r);
}

static void
test_errors(struct app *a)
{
	static const struct {
		const char *how, *shown;
	} cases[] = {
	    {"fault", "server: code = 603 description = \"r\xc3\xa9quest 100% for \\\"x\\\"\""},
	    {"status", "DER_NONEXIST(-1005): object is absent"},
	    {"plain",
	     "rpc error: code = Unknown desc = raft service unavailable (not started yet?)"},
	    {"not replica",
	     "not a DAOS Management Service replica (try one of 10.0.0.1:10001,10.0.0.2:10001)"},
	    {"not leader", "not the DAOS Management Service leader (try 10.0.0.9:10001 or one of "
			   "10.0.0.1:10001,10.0.0.2:10001)"},
	    {"no pool", "unable to find pool service with label \"tank\""},
	    {"other", "rpc error: code = PermissionDenied desc = denied"},
	};
	Mgmt__PoolDestroyReq req = MGMT__POOL_DESTROY_REQ__INIT;
	struct reply         r   = {0};
	char                 shown[2048];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		req.id = (char *)cases[i].how;
		start(a, "PoolDestroy", &req.base, WAIT_MS, &r);
		wait_reply(a, &r);
		rpc_status_format(&r.status, shown, sizeof(shown));
		if (!str_eq(shown, cases[i].shown))
			printf("# %s\n", shown);
		ok(a, str_eq(shown, cases[i].shown), cases[i].how);
	}
	finish(&r);
}

static void
test_unimplemented(struct app *a)
{
	Mgmt__JoinReq req = MGMT__JOIN_REQ__INIT;
	struct reply  r   = {0};

	start(a, "Join", &req.base, WAIT_MS, &r);
	wait_reply(a, &r);
	ok(a, r.status.code == RPC_UNIMPLEMENTED, "an unknown method is Unimplemented");
	finish(&r);
}

static int
load_tls(const char *dir, struct sec_tls **ret)
{
	struct cfg_transport t = {
	    .ca_cert = str_format("%s/daosCA.crt", dir),
	    .cert    = str_format("%s/admin.crt", dir),
	    .key     = str_format("%s/admin.key", dir),
	};
	struct fault f = FAULT_INIT;
	int          r = sec_tls_load(&t, SEC_ROLE_ADMIN, ret, &f);

	if (r < 0)
		fprintf(stderr, "%s\n", f.description);
	free(t.ca_cert);
	free(t.cert);
	free(t.key);
	return r;
}

int
main(int argc, char **argv)
{
	struct rpc_channel_opts opts = {.host = "127.0.0.1", .component = SEC_COMPONENT_ADMIN};
	struct app              a    = {0};
	struct rpc_io          *io;
	struct sec_tls         *tls = NULL;
	uint32_t                port;

	if (argc < 2 || str_to_u32(argv[1], 10, &port) < 0 || port > UINT16_MAX)
		return 2;
	if (argc > 2 && load_tls(argv[2], &tls) < 0)
		return 1;
	/* some foreign stacks cannot be told to speak TLS 1.2 only */
	if (argc > 3)
		SSL_CTX_set_max_proto_version(sec_tls_client_ctx(tls), TLS1_2_VERSION);
	opts.port = (uint16_t)port;
	opts.tls  = tls;
	if (loop_new(&a.loop) < 0 || loop_timer_new(a.loop, on_late, &a, &a.timer) < 0 ||
	    rpc_io_new(a.loop, 0, &io) < 0 || rpc_channel_new(io, &opts, &a.ch) < 0)
		return 1;
	test_messages(&a);
	test_many(&a);
	test_errors(&a);
	test_deadline(&a);
	test_unimplemented(&a);
	printf("1..%u\n", a.n_tests);
	rpc_channel_free(a.ch);
	loop_timer_free(a.timer);
	rpc_io_free(io);
	loop_free(a.loop);
	sec_tls_free(tls);
	return a.n_failed > 0;
}
