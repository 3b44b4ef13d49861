/*
 * dRPC calls to engines. Each instance has a queue, because an engine answers one of our calls at a
 * time; a call checks the instance's state when its turn comes, not when it is made. A harness call
 * is a sequence of instance calls that moves on while instances cannot take it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "harness/harness_private.h"

struct har_call {
	struct har_instance              *i; /* NULL for a harness call, which owns `inner` */
	struct har_harness               *h;
	enum drpc_mgmt_method             method;
	const ProtobufCMessageDescriptor *type; /* of the body; NULL without one */
	void                             *body;
	size_t                            body_len;
	uint64_t                          deadline_ms; /* loop time; 0: none */
	bool                              setup;       /* allowed before the engine is ready */
	bool                              cancelled;
	bool                              posted;
	har_reply_cb                      cb;
	void                             *arg;
	struct drpc_request              *request;

	/* an end that was decided here, on its way through the loop */
	int          err;
	struct fault f;

	/* harness calls */
	size_t           next; /* index of the instance to try */
	struct har_call *inner;
};

static void pump(struct har_instance *i);
static void try_next(struct har_call *c);

static struct har_call *
call_free(struct har_call *c)
{
	free(c->body);
	free(c);
	return NULL;
}

static int
call_new(struct har_harness *h, enum drpc_mgmt_method method, const ProtobufCMessage *body,
	 uint64_t timeout_ms, har_reply_cb cb, void *arg, struct har_call **ret)
{
	struct har_call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->h      = h;
	c->method = method;
	c->cb     = cb;
	c->arg    = arg;
	if (timeout_ms != 0 && timeout_ms != UINT64_MAX)
		c->deadline_ms = loop_now_ms(h->loop) + timeout_ms;
	if (body != NULL) {
		c->type     = body->descriptor;
		c->body_len = protobuf_c_message_get_packed_size(body);
		c->body     = malloc(c->body_len + 1);
		if (c->body == NULL) {
			call_free(c);
			return -ENOMEM;
		}
		(void)protobuf_c_message_pack(body, c->body);
	}
	*ret = c;
	return 0;
}

static uint64_t
time_left(const struct har_call *c)
{
	uint64_t now = loop_now_ms(c->h->loop);

	if (c->deadline_ms == 0)
		return UINT64_MAX;
	return c->deadline_ms > now ? c->deadline_ms - now : 0;
}

/* ---- calls to one instance ---- */

/* The call that was active ends; the next one may begin. */
static void
finish(struct har_call *c, int err, const struct fault *f, const void *body, size_t len)
{
	struct har_instance *i = c->i;

	assert(i->active == c);
	i->active = NULL;
	if (!c->cancelled)
		c->cb(err, f, body, len, c->arg);
	call_free(c);
	pump(i);
}

static void
finish_posted(void *arg)
{
	struct har_call *c = arg;

	if (c->i == NULL) { /* the instance is gone */
		call_free(c);
		return;
	}
	finish(c, c->err, &c->f, NULL, 0);
}

/* Ends the active call with a fault decided here; never from inside the function that started it.
 */
static void
fail_later(struct har_call *c, int err)
{
	c->err    = err;
	c->posted = true;
	if (loop_post(c->h->loop, finish_posted, c) < 0) {
		log_debug("engine %u: a dRPC call was lost for lack of memory", c->i->idx);
		c->i->active = NULL;
		call_free(c);
	}
}

static int
not_started(struct fault *f)
{
	fault_set(f, FAULT_SERVER_DATA_PLANE_NOT_STARTED,
		  "DAOS I/O Engine instance not started or not responding on dRPC");
	return -EAGAIN;
}

static void
replied(int err, Drpc__Status status, const void *body, size_t len, void *arg)
{
	struct har_call *c = arg;
	struct fault     f = FAULT_INIT;

	c->request = NULL;
	if (err == -ECONNREFUSED || err == -ENOENT)
		err = not_started(&f);
	else if (err == -ETIMEDOUT)
		fault_plain(&f, err, "engine %u gave no answer to dRPC method %d in time",
			    c->i->idx, (int)c->method);
	else if (err < 0)
		fault_plain(&f, err, "dRPC method %d of engine %u failed: %s", (int)c->method,
			    c->i->idx, strerror(-err));
	else if (status != DRPC__STATUS__SUCCESS)
		err = fault_plain(&f, -EREMOTEIO, "engine %u answered dRPC method %d with %s",
				  c->i->idx, (int)c->method, drpc_status_name(status));
	finish(c, err, err < 0 ? &f : NULL, body, len);
}

static void
start(struct har_call *c)
{
	struct har_instance  *i    = c->i;
	uint64_t              left = time_left(c);
	ProtobufCMessage     *body = NULL;
	struct drpc_call_opts opts;
	int                   r;

	if (left == 0) {
		fail_later(c, fault_plain(&c->f, -ETIMEDOUT,
					  "no time left for dRPC method %d of engine %u",
					  (int)c->method, i->idx));
		return;
	}
	if (!har_state_has_process(i->state)) {
		fail_later(c, not_started(&c->f));
		return;
	}
	if (!i->notify.set || (!c->setup && i->state != HAR_STATE_READY && !i->was_ready)) {
		fail_later(c, fault_plain(&c->f, -EAGAIN, "engine not ready yet"));
		return;
	}
	if (c->type != NULL) {
		body = protobuf_c_message_unpack(c->type, NULL, c->body_len, c->body);
		if (body == NULL) {
			fail_later(c, fault_plain(&c->f, -ENOMEM, "out of memory"));
			return;
		}
	}
	opts = (struct drpc_call_opts){
	    .path       = i->notify.drpc_path,
	    .module     = DRPC_MODULE_MGMT,
	    .method     = c->method,
	    .sequence   = 1,
	    .body       = body,
	    .timeout_ms = left == UINT64_MAX ? 0 : left,
	};
	r = drpc_call_start(c->h->loop, &opts, replied, c, &c->request);
	if (body != NULL)
		protobuf_c_message_free_unpacked(body, NULL);
	if (r == -ECONNREFUSED || r == -ENOENT)
		fail_later(c, not_started(&c->f));
	else if (r < 0)
		fail_later(c, fault_plain(&c->f, r, "dRPC method %d of engine %u failed: %s",
					  (int)c->method, i->idx, strerror(-r)));
}

static void
pump(struct har_instance *i)
{
	if (i->active != NULL || i->calls.n == 0)
		return;
	i->active = i->calls.v[0];
	vec_remove(&i->calls, 0);
	start(i->active);
}

static int
instance_call(struct har_instance *i, bool setup, enum drpc_mgmt_method method,
	      const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb, void *arg,
	      struct har_call **ret)
{
	struct har_call *c;
	int              r;

	if (i->calls.n >= HAR_CALL_QUEUE_MAX)
		return -ENOBUFS;
	r = call_new(i->h, method, body, timeout_ms, cb, arg, &c);
	if (r < 0)
		return r;
	c->i     = i;
	c->setup = setup;
	r        = vec_push(&i->calls, c);
	if (r < 0) {
		call_free(c);
		return r;
	}
	if (ret != NULL)
		*ret = c;
	pump(i);
	return 0;
}

int
har_instance_call(struct har_instance *i, enum drpc_mgmt_method method,
		  const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb, void *arg,
		  struct har_call **ret)
{
	return instance_call(i, false, method, body, timeout_ms, cb, arg, ret);
}

int
har_instance_setup_call(struct har_instance *i, enum drpc_mgmt_method method,
			const ProtobufCMessage *body, uint64_t timeout_ms, har_reply_cb cb,
			void *arg)
{
	return instance_call(i, true, method, body, timeout_ms, cb, arg, NULL);
}

/* Ends a call of an instance that goes away. */
static void
drop(struct har_call *c)
{
	struct fault f = FAULT_INIT;

	fault_plain(&f, -ECANCELED, "the server is shutting down");
	if (!c->cancelled)
		c->cb(-ECANCELED, &f, NULL, 0, c->arg);
	c->cancelled = true;
	c->i         = NULL;
	if (!c->posted) /* otherwise freed when the post arrives */
		call_free(c);
}

void
har_calls_drop(struct har_instance *i)
{
	struct har_call *active = TAKE_PTR(i->active);

	if (active != NULL) {
		if (active->request != NULL)
			drpc_request_cancel(active->request);
		drop(active);
	}
	while (i->calls.n > 0) {
		struct har_call *c = i->calls.v[0];

		vec_remove(&i->calls, 0);
		drop(c);
	}
	vec_fini(&i->calls);
}

/* ---- calls to whichever instance can ---- */

static void
harness_finish(struct har_call *c, int err, const struct fault *f, const void *body, size_t len)
{
	if (!c->cancelled)
		c->cb(err, f, body, len, c->arg);
	call_free(c);
}

static void
harness_finish_posted(void *arg)
{
	struct har_call *c = arg;

	harness_finish(c, c->err, &c->f, NULL, 0);
}

static int
harness_fail_later(struct har_call *c, int err)
{
	c->err = err;
	return loop_post(c->h->loop, harness_finish_posted, c);
}

static void
tried(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct har_call *c = arg;

	c->inner = NULL;
	if (err == -EAGAIN && c->next < c->h->n) {
		try_next(c);
		return;
	}
	harness_finish(c, err, f, body, len);
}

static void
try_next(struct har_call *c)
{
	struct har_instance *i    = &c->h->instances[c->next++];
	ProtobufCMessage    *body = NULL;
	uint64_t             left = time_left(c);
	int                  r    = -ENOMEM;

	if (c->type != NULL)
		body = protobuf_c_message_unpack(c->type, NULL, c->body_len, c->body);
	if (c->type == NULL || body != NULL)
		r = har_instance_call(i, c->method, body, left == UINT64_MAX ? 0 : MAX(left, 1ULL),
				      tried, c, &c->inner);
	if (body != NULL)
		protobuf_c_message_free_unpacked(body, NULL);
	if (r < 0 && harness_fail_later(c, fault_plain(&c->f, r, "dRPC method %d: %s",
						       (int)c->method, strerror(-r))) < 0)
		call_free(c);
}

int
har_harness_call(struct har_harness *h, enum drpc_mgmt_method method, const ProtobufCMessage *body,
		 uint64_t timeout_ms, har_reply_cb cb, void *arg, struct har_call **ret)
{
	struct har_call *c;
	int              r;

	r = call_new(h, method, body, timeout_ms, cb, arg, &c);
	if (r < 0)
		return r;
	if (h->started && h->n > 0) {
		try_next(c);
	} else {
		fault_set(&c->f, FAULT_SERVER_HARNESS_NOT_STARTED,
			  "DAOS I/O Engine harness not started");
		r = harness_fail_later(c, -EAGAIN);
		if (r < 0) {
			call_free(c);
			return r;
		}
	}
	if (ret != NULL)
		*ret = c;
	return 0;
}

void
har_call_cancel(struct har_call *c)
{
	c->cancelled = true; /* it stays in its place and is freed at its end */
}
