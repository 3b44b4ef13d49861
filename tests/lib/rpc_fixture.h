/*
 * A server and a client of the rpc room in one process, on loopback, for cmocka programs. The
 * service is MgmtSvc with handlers that do what their request says; see fixture_handlers. Waiting
 * is always for an event with a deadline.
 */
#pragma once

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "common/fs.h"
#include "common/str.h"
#include "config/transport.h"
#include "mgmt/mgmt.pb-c.h"
#include "rpc/rpc.h"
#include "rpc_handlers.h"

#define FIXTURE_WAIT_MS 20000

struct fixture {
	struct loop         *loop;
	struct rpc_io       *io;
	struct rpc_server   *server;
	struct rpc_channel  *ch;
	struct loop_timer   *timer;
	bool                 timed_out;
	char                 dir[64]; /* certificates; empty without TLS */
	struct sec_tls      *server_tls, *client_tls;
	struct cfg_transport server_files, client_files;
	unsigned             n_cancelled;
	struct rpc_call     *held; /* by SystemErase */
	bool                 stopped;
};

/* Outcome of one call. */
struct fixture_reply {
	struct fixture   *f;
	unsigned          n;
	struct rpc_status status;
	char             *text; /* current_leader */
};

static inline void
fixture_late(struct loop_timer *t, void *arg)
{
	((struct fixture *)arg)->timed_out = true;
}

/* Runs the loop until *what is at least n. */
static inline void
fixture_wait(struct fixture *f, const unsigned *what, unsigned n)
{
	loop_timer_start(f->timer, FIXTURE_WAIT_MS, 0);
	while (*what < n && !f->timed_out)
		loop_run_once(f->loop, true);
	loop_timer_stop(f->timer);
	assert_false(f->timed_out);
}

/* ---- handlers ---- */

static inline void
fixture_cancelled(void *arg)
{
	struct fixture   *f = arg;
	struct rpc_status s = RPC_STATUS_INIT;

	f->n_cancelled++;
	assert_true(rpc_call_is_cancelled(f->held));
	rpc_status_set(&s, RPC_CANCELLED, "too late");
	rpc_call_fail(TAKE_PTR(f->held), &s);
	rpc_status_fini(&s);
}

/* SystemErase: keeps the call until the caller gives up or the test answers. */
static inline void
fixture_hold(struct rpc_call *c, const ProtobufCMessage *m, void *arg)
{
	struct fixture *f = arg;

	assert_null(f->held);
	f->held = c;
	rpc_call_on_cancel(c, fixture_cancelled, f);
}

static const struct rpc_method_handler fixture_handlers[] = {
    {"LeaderQuery", handler_echo},
    {"PoolDestroy", handler_fail},
    {"SystemErase", fixture_hold},
};

/* ---- set-up ---- */

static inline char *
fixture_path(const struct fixture *f, const char *name)
{
	return str_format("%s/%s", f->dir, name);
}

static inline struct cfg_transport
fixture_files(const struct fixture *f, const char *ca, const char *role)
{
	return (struct cfg_transport){
	    .ca_cert = str_format("%s/%s.crt", f->dir, ca),
	    .cert    = str_format("%s/%s.crt", f->dir, role),
	    .key     = str_format("%s/%s.key", f->dir, role),
	};
}

static inline void
fixture_write_cert(const struct fixture *f, const char *name, const struct test_cert *c)
{
	char *crt = str_format("%s/%s.crt", f->dir, name);
	char *key = str_format("%s/%s.key", f->dir, name);

	test_cert_write(c, crt, key);
	free(crt);
	free(key);
}

/* ca.crt, server, admin, agent, and a CA of somebody else with other-ca.crt and other-admin. */
static inline void
fixture_make_certs(struct fixture *f, bool rsa)
{
	const char *const roles[] = {"server", "admin", "agent"};
	struct test_cert ca = test_cert_new(&(struct test_cert_opts){.cn = "ca", .rsa = rsa}, NULL);
	struct test_cert other =
	    test_cert_new(&(struct test_cert_opts){.cn = "other", .rsa = rsa}, NULL);
	struct test_cert c;

	strcpy(f->dir, "/tmp/rpc_test_XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	fixture_write_cert(f, "ca", &ca);
	fixture_write_cert(f, "other-ca", &other);
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		c = test_cert_new(&(struct test_cert_opts){.cn = roles[i], .rsa = rsa}, &ca);
		fixture_write_cert(f, roles[i], &c);
		test_cert_free(&c);
	}
	c = test_cert_new(&(struct test_cert_opts){.cn = "admin", .rsa = rsa}, &other);
	fixture_write_cert(f, "other-admin", &c);
	test_cert_free(&c);
	test_cert_free(&ca);
	test_cert_free(&other);
}

static inline void
fixture_free_files(struct cfg_transport *t)
{
	free(t->ca_cert);
	free(t->cert);
	free(t->key);
	*t = (struct cfg_transport){0};
}

static inline void
fixture_start(struct fixture *f, unsigned threads, bool tls, const struct rpc_server_opts *more)
{
	struct rpc_server_opts opts  = more != NULL ? *more : (struct rpc_server_opts){0};
	struct fault           fault = FAULT_INIT;

	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(loop_timer_new(f->loop, fixture_late, f, &f->timer), 0);
	assert_int_equal(rpc_io_new(f->loop, threads, &f->io), 0);
	if (tls) {
		if (f->dir[0] == '\0')
			fixture_make_certs(f, false);
		f->server_files = fixture_files(f, "ca", "server");
		f->client_files = fixture_files(f, "ca", "admin");
		assert_int_equal(
		    sec_tls_load(&f->server_files, SEC_ROLE_SERVER, &f->server_tls, &fault), 0);
		assert_int_equal(
		    sec_tls_load(&f->client_files, SEC_ROLE_ADMIN, &f->client_tls, &fault), 0);
	}
	opts.address = "127.0.0.1";
	opts.tls     = f->server_tls;
	if (opts.arg == NULL)
		opts.arg = f;
	assert_int_equal(rpc_server_new(f->io, &opts, &f->server, &fault), 0);
	assert_int_equal(rpc_server_add_service(f->server, &mgmt__mgmt_svc__descriptor,
						fixture_handlers, ARRAY_SIZE(fixture_handlers)),
			 0);
	assert_int_equal(rpc_server_start(f->server), 0);
}

static inline struct rpc_channel_opts
fixture_channel_opts(struct fixture *f)
{
	return (struct rpc_channel_opts){
	    .host      = "127.0.0.1",
	    .port      = rpc_server_port(f->server),
	    .tls       = f->client_tls,
	    .component = SEC_COMPONENT_ADMIN,
	};
}

static inline void
fixture_connect(struct fixture *f)
{
	struct rpc_channel_opts opts = fixture_channel_opts(f);

	assert_int_equal(rpc_channel_new(f->io, &opts, &f->ch), 0);
}

static inline void
fixture_has_stopped(void *arg)
{
	((struct fixture *)arg)->stopped = true;
}

static inline void
fixture_stop(struct fixture *f)
{
	f->ch = rpc_channel_free(f->ch);
	if (f->server != NULL && !f->stopped)
		rpc_server_stop(f->server, 0, fixture_has_stopped, f);
	while (f->server != NULL && !f->stopped)
		loop_run_once(f->loop, true);
	f->server     = rpc_server_free(f->server);
	f->io         = rpc_io_free(f->io);
	f->server_tls = sec_tls_free(f->server_tls);
	f->client_tls = sec_tls_free(f->client_tls);
	fixture_free_files(&f->server_files);
	fixture_free_files(&f->client_files);
	f->timer = loop_timer_free(f->timer);
	f->loop  = loop_free(f->loop);
	if (f->dir[0] != '\0')
		fs_remove_tree(f->dir);
	f->dir[0] = '\0';
}

/* ---- calls ---- */

static inline void
fixture_on_reply(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct fixture_reply *r = arg;

	r->n++;
	assert_int_equal(rpc_status_copy(&r->status, status), 0);
	free(r->text);
	r->text = NULL;
	assert_true((resp != NULL) == (status->code == RPC_OK));
	if (resp != NULL && resp->descriptor == &mgmt__leader_query_resp__descriptor)
		r->text = strdup(((const Mgmt__LeaderQueryResp *)resp)->current_leader);
}

static inline void
fixture_reply_fini(struct fixture_reply *r)
{
	rpc_status_fini(&r->status);
	free(r->text);
	r->text = NULL;
}

static inline void
fixture_start_call(struct fixture *f, struct rpc_channel *ch, const char *method,
		   const ProtobufCMessage *req, uint64_t deadline_ms, struct fixture_reply *r,
		   struct rpc_request **ret)
{
	r->f = f;
	assert_int_equal(rpc_channel_call(ch, &mgmt__mgmt_svc__descriptor, method, req, deadline_ms,
					  fixture_on_reply, r, ret),
			 0);
}

static inline void
fixture_start_echo(struct fixture *f, struct rpc_channel *ch, const char *text,
		   struct fixture_reply *r)
{
	Mgmt__LeaderQueryReq req = MGMT__LEADER_QUERY_REQ__INIT;

	req.hosts = (char *)text;
	fixture_start_call(f, ch, "LeaderQuery", &req.base, FIXTURE_WAIT_MS, r, NULL);
}

static inline void
fixture_echo_call(struct fixture *f, struct rpc_channel *ch, const char *text,
		  struct fixture_reply *r)
{
	fixture_start_echo(f, ch, text, r);
	fixture_wait(f, &r->n, 1);
}

static inline void
fixture_fail_call(struct fixture *f, const char *how, struct fixture_reply *r)
{
	Mgmt__PoolDestroyReq req = MGMT__POOL_DESTROY_REQ__INIT;

	req.id = (char *)how;
	fixture_start_call(f, f->ch, "PoolDestroy", &req.base, FIXTURE_WAIT_MS, r, NULL);
	fixture_wait(f, &r->n, 1);
}
