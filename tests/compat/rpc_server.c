/*
 * A server of the rpc room for foreign clients: MgmtSvc with the handlers of
 * tests/lib/rpc_handlers.h, and SystemErase, which answers never. Prints its port and ends with its
 * standard input.
 *
 * usage: rpc_server [CERTIFICATE-DIR [tls12]]
 */
#include <stdio.h>
#include <unistd.h>

#include "config/transport.h"
#include "rpc_handlers.h"
#include "security/tls.h"

struct app {
	struct loop       *loop;
	struct rpc_server *server;
};

static void
give_up(void *arg)
{
	struct rpc_call  *c = arg;
	struct rpc_status s = RPC_STATUS_INIT;

	rpc_status_set(&s, RPC_CANCELLED, "the caller has gone");
	rpc_call_fail(c, &s);
	rpc_status_fini(&s);
}

/* Keeps a call until its caller gives up. */
static void
handle_hold(struct rpc_call *c, const ProtobufCMessage *req, void *arg)
{
	rpc_call_on_cancel(c, give_up, c);
}

/* What a server does first: the caller's component must be allowed to call, over TLS. */
static bool
gate(struct rpc_call *c, const ProtobufCMessage *req, void *arg)
{
	struct rpc_status s = RPC_STATUS_INIT;

	if (!rpc_call_is_secure(c) || sec_may_call(rpc_call_cert_component(c), rpc_call_path(c)))
		return true;
	rpc_status_set(&s, RPC_PERMISSION_DENIED, "%s does not have permission to call %s",
		       sec_component_name(rpc_call_cert_component(c)), rpc_call_path(c));
	rpc_call_fail(c, &s);
	rpc_status_fini(&s);
	return false;
}

static void
stopped(void *arg)
{
	loop_stop(arg);
}

static void
stdin_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct app *a = arg;
	char        buf[64];

	if (read(fd, buf, sizeof(buf)) > 0)
		return;
	(void)loop_fd_want(w, 0);
	rpc_server_stop(a->server, 1000, stopped, a->loop);
}

static const struct rpc_method_handler handlers[] = {
    {"LeaderQuery", handler_echo},
    {"PoolDestroy", handler_fail},
    {"SystemErase", handle_hold},
};

static int
load_tls(const char *dir, struct sec_tls **ret)
{
	struct cfg_transport t = {
	    .ca_cert = str_format("%s/daosCA.crt", dir),
	    .cert    = str_format("%s/server.crt", dir),
	    .key     = str_format("%s/server.key", dir),
	};
	struct fault f = FAULT_INIT;
	int          r = sec_tls_load(&t, SEC_ROLE_SERVER, ret, &f);

	if (r < 0)
		fprintf(stderr, "%s\n", f.description);
	free(t.ca_cert);
	free(t.cert);
	free(t.key);
	return r;
}

static int
run(struct app *a, const struct rpc_server_opts *opts)
{
	struct fault    f  = FAULT_INIT;
	struct rpc_io  *io = NULL;
	struct loop_fd *in = NULL;
	int             r  = rpc_io_new(a->loop, 2, &io);

	if (r == 0)
		r = rpc_server_new(io, opts, &a->server, &f);
	if (r == 0)
		r = rpc_server_add_service(a->server, &mgmt__mgmt_svc__descriptor, handlers,
					   ARRAY_SIZE(handlers));
	if (r == 0)
		r = rpc_server_start(a->server);
	if (r == 0)
		r = loop_fd_new(a->loop, STDIN_FILENO, stdin_ready, a, &in);
	if (r == 0)
		r = loop_fd_want(in, LOOP_READABLE);
	if (r == 0) {
		printf("%u\n", rpc_server_port(a->server));
		fflush(stdout);
		loop_run(a->loop);
	} else {
		fprintf(stderr, "rpc_server: %s\n", f.set ? f.description : "failed to start");
	}
	loop_fd_free(in);
	rpc_server_free(a->server);
	rpc_io_free(io);
	return r;
}

int
main(int argc, char **argv)
{
	struct rpc_server_opts opts = {.address = "127.0.0.1", .gate = gate};
	struct app             a    = {0};
	struct sec_tls        *tls  = NULL;
	int                    r;

	if (argc > 1 && load_tls(argv[1], &tls) < 0)
		return 1;
	if (loop_new(&a.loop) < 0)
		return 1;
	/* some foreign stacks cannot be told to speak TLS 1.2 only */
	if (argc > 2)
		SSL_CTX_set_max_proto_version(sec_tls_server_ctx(tls), TLS1_2_VERSION);
	opts.tls = tls;
	r        = run(&a, &opts);
	sec_tls_free(tls);
	loop_free(a.loop);
	return r < 0;
}
