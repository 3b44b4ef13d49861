/*
 * A call being served: its way to the state loop, the handler's view of it, the answer, and
 * cancellation. The session that carries it is session.c's.
 */
#include <assert.h>
#include <string.h>

#include "server_private.h"
#include "session_private.h"

struct rpc_call *
rpc_call_new(struct rpc_session *session, int32_t stream_id)
{
	struct rpc_call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	atomic_init(&c->refs, 1);
	c->session        = session;
	c->stream_id      = stream_id;
	c->started_ms     = rpc_now_ms();
	c->deadline_ms    = UINT64_MAX;
	c->server         = rpc_server_ref(session->shard->server);
	c->loop           = session->shard->loop;
	c->cert_component = session->component;
	c->secure         = session->wire.ssl != NULL;
	memcpy(c->peer_ip, session->peer_ip, sizeof(c->peer_ip));
	return c;
}

struct rpc_call *
rpc_call_unref(struct rpc_call *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) > 1)
		return NULL;
	rpc_body_fini(&c->body);
	rpc_arena_free(c->arena);
	free(c->path);
	free(c->resp);
	rpc_status_headers_fini(&c->status);
	rpc_server_unref(c->server);
	free(c);
	return NULL;
}

/* ---- state loop ---- */

static void
send_back(struct rpc_call *c)
{
	c->replied = true;
	atomic_fetch_sub(&c->server->calls_in_flight, 1);
	rpc_loop_post(c->loop, &c->msg, rpc_session_answer);
}

static void
run_call(struct rpc_msg *m)
{
	struct rpc_call  *c = container_of(m, struct rpc_call, msg);
	struct rpc_arena *arena =
	    TAKE_PTR(c->arena); /* the call may be gone when the handler returns */
	ProtobufCMessage  *req    = TAKE_PTR(c->req);
	struct rpc_server *s      = c->server;
	struct rpc_status  status = RPC_STATUS_INIT;

	atomic_fetch_add(&s->calls_in_flight, 1);
	if (rpc_call_time_left_ms(c) == 0) {
		rpc_status_set(&status, RPC_DEADLINE_EXCEEDED, "context deadline exceeded");
		rpc_call_fail(c, &status);
	} else if (s->gate == NULL || s->gate(c, req, s->arg)) {
		if (c->method->fn != NULL) {
			c->method->fn(c, req, s->arg);
		} else {
			rpc_status_set(&status, RPC_UNIMPLEMENTED, "method %s not implemented",
				       c->method->desc->name);
			rpc_call_fail(c, &status);
		}
	}
	rpc_status_fini(&status);
	rpc_arena_free(arena);
}

void
rpc_call_dispatch(struct rpc_call *c)
{
	c->dispatched = true;
	atomic_fetch_add(&c->server->calls_total, 1);
	rpc_state_post(c->server->io, &c->msg, run_call);
}

static void
run_cancel(struct rpc_msg *m)
{
	struct rpc_call *c = container_of(m, struct rpc_call, cancel_msg);

	if (!c->replied) {
		c->cancelled = true;
		if (c->on_cancel != NULL) {
			loop_fn cb = c->on_cancel;

			c->on_cancel = NULL;
			cb(c->on_cancel_arg);
		}
	}
	rpc_call_unref(c);
}

void
rpc_call_post_cancel(struct rpc_call *c)
{
	if (c->cancel_posted)
		return;
	c->cancel_posted = true;
	atomic_fetch_add(&c->refs, 1);
	rpc_state_post(c->server->io, &c->cancel_msg, run_cancel);
}

const char *
rpc_call_path(const struct rpc_call *c)
{
	return c->path;
}

const ProtobufCMethodDescriptor *
rpc_call_method(const struct rpc_call *c)
{
	return c->method->desc;
}

enum sec_component
rpc_call_cert_component(const struct rpc_call *c)
{
	return c->cert_component;
}

bool
rpc_call_is_secure(const struct rpc_call *c)
{
	return c->secure;
}

const char *
rpc_call_header(const struct rpc_call *c, const char *name)
{
	if (c->has_component && str_eq(name, "x-daos-component"))
		return c->component;
	if (c->has_version && str_eq(name, "x-daos-version"))
		return c->version;
	return NULL;
}

const char *
rpc_call_peer_ip(const struct rpc_call *c)
{
	return c->peer_ip;
}

uint64_t
rpc_call_time_left_ms(const struct rpc_call *c)
{
	uint64_t now = rpc_now_ms();

	if (c->deadline_ms == UINT64_MAX)
		return UINT64_MAX;
	return c->deadline_ms > now ? c->deadline_ms - now : 0;
}

void
rpc_call_on_cancel(struct rpc_call *c, loop_fn cb, void *arg)
{
	c->on_cancel     = cb;
	c->on_cancel_arg = arg;
}

bool
rpc_call_is_cancelled(const struct rpc_call *c)
{
	return c->cancelled;
}

/* The value of the response's int32 field `status`, 0 when it has none. */
static int32_t
response_status(const struct rpc_call *c, const ProtobufCMessage *resp)
{
	int32_t v;

	if (c->method->status_offset == 0)
		return 0;
	memcpy(&v, (const char *)resp + c->method->status_offset, sizeof(v));
	return v;
}

void
rpc_call_reply(struct rpc_call *c, const ProtobufCMessage *resp)
{
	struct rpc_status status = RPC_STATUS_INIT;
	int32_t           code;

	assert(!c->replied);
	assert(resp->descriptor == c->method->desc->output);
	code = response_status(c, resp);
	if (code != 0) {
		rpc_status_from_daos(&status, code);
	} else {
		c->resp = rpc_message_pack(resp, &c->resp_len);
		if (c->resp == NULL)
			rpc_status_set(&status, RPC_RESOURCE_EXHAUSTED,
				       "no memory for the response");
	}
	if (status.code != RPC_OK) {
		rpc_call_fail(c, &status);
		rpc_status_fini(&status);
		return;
	}
	send_back(c);
}

void
rpc_call_fail(struct rpc_call *c, const struct rpc_status *s)
{
	assert(!c->replied);
	assert(s->code != RPC_OK);
	rpc_status_encode(s, &c->status);
	send_back(c);
}

void
rpc_call_fail_fault(struct rpc_call *c, const struct fault *f)
{
	struct rpc_status status = RPC_STATUS_INIT;

	rpc_status_from_fault(&status, f);
	rpc_call_fail(c, &status);
	rpc_status_fini(&status);
}
