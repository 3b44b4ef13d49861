/*
 * One call on a connection of its own: connect (again while the listener's queue is full), send,
 * read one answer, close. Every end goes through request_finish(), always from the loop and never
 * from inside drpc_call_start().
 */
#include <assert.h>
#include <string.h>

#include "drpc/drpc.h"
#include "drpc/socket_private.h"

#define CONNECT_RETRY_MS  10
#define CONNECT_RETRY_MAX 500 /* 5 s without a deadline of the caller */

struct drpc_request {
	struct loop          *loop;
	char                  path[DRPC_MAX_PATH + 1];
	bool                  no_reply;
	bool                  finished; /* the callback is running */
	unsigned              connects;
	int                   fd;
	struct loop_fd       *watch;
	struct loop_timer    *step; /* what has to happen outside of the start call */
	struct loop_timer    *deadline;
	struct drpc_output    out;
	struct drpc_assembler in;
	drpc_reply_cb         cb;
	void                 *arg;
};

static const char *const status_names[] = {
    [DRPC__STATUS__SUCCESS]                  = "SUCCESS",
    [DRPC__STATUS__SUBMITTED]                = "SUBMITTED",
    [DRPC__STATUS__FAILURE]                  = "FAILURE",
    [DRPC__STATUS__UNKNOWN_MODULE]           = "UNKNOWN_MODULE",
    [DRPC__STATUS__UNKNOWN_METHOD]           = "UNKNOWN_METHOD",
    [DRPC__STATUS__FAILED_UNMARSHAL_CALL]    = "FAILED_UNMARSHAL_CALL",
    [DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD] = "FAILED_UNMARSHAL_PAYLOAD",
    [DRPC__STATUS__FAILED_MARSHAL]           = "FAILED_MARSHAL",
};

const char *
drpc_status_name(Drpc__Status s)
{
	return (unsigned)s < ARRAY_SIZE(status_names) ? status_names[s] : "UNKNOWN";
}

static void
request_free(struct drpc_request *r)
{
	loop_fd_free(r->watch);
	loop_timer_free(r->step);
	loop_timer_free(r->deadline);
	closep(&r->fd);
	drpc_output_reset(&r->out);
	drpc_assembler_reset(&r->in);
	free(r);
}

static void
request_finish(struct drpc_request *r, int err, Drpc__Status status, const void *body, size_t len)
{
	assert(!r->finished);
	r->finished = true;
	if (r->cb != NULL)
		r->cb(err, status, body, len, r->arg);
	request_free(r);
}

static void
request_fail(struct drpc_request *r, int err)
{
	if (err == -ENOTCONN || err == -EPIPE)
		err = -ECONNRESET;
	request_finish(r, err, DRPC__STATUS__FAILURE, NULL, 0);
}

static void
finish_with_answer(struct drpc_request *r)
{
	Drpc__Response *resp = drpc__response__unpack(NULL, r->in.len, r->in.data);

	if (resp == NULL) {
		request_fail(r, -EPROTO);
		return;
	}
	request_finish(r, 0, resp->status, resp->body.data, resp->body.len);
	drpc__response__free_unpacked(resp, NULL);
}

/* Sends on; when all is out, waits for the answer. */
static void
request_send(struct drpc_request *r)
{
	int err = drpc_socket_flush(r->fd, &r->out);

	if (err == -EAGAIN)
		err = loop_fd_want(r->watch, LOOP_WRITABLE);
	else if (err == 0 && r->no_reply) {
		request_finish(r, 0, DRPC__STATUS__SUBMITTED, NULL, 0);
		return;
	} else if (err == 0 || err == -EPIPE) {
		/* a peer may have answered, by refusing, before it took everything */
		drpc_output_reset(&r->out);
		err = loop_fd_want(r->watch, LOOP_READABLE);
	}
	if (err < 0)
		request_fail(r, err);
}

static void
request_read(struct drpc_request *r)
{
	bool complete = false;
	int  err;

	do
		err = drpc_socket_read(r->fd, &r->in, &complete);
	while (err == 0 && !complete);
	if (err == -EAGAIN)
		return;
	if (err < 0)
		request_fail(r, err);
	else
		finish_with_answer(r);
}

static void
request_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct drpc_request *r = arg;

	if (r->out.active)
		request_send(r);
	else
		request_read(r);
}

static void
request_step(struct loop_timer *t, void *arg)
{
	struct drpc_request *r   = arg;
	int                  err = drpc_socket_connect(r->path, &r->fd);

	if (err == -EAGAIN && ++r->connects < CONNECT_RETRY_MAX) {
		loop_timer_start(r->step, CONNECT_RETRY_MS, 0);
		return;
	}
	if (err == 0)
		err = loop_fd_new(r->loop, r->fd, request_ready, r, &r->watch);
	if (err < 0)
		request_fail(r, err);
	else
		request_send(r);
}

static void
request_expired(struct loop_timer *t, void *arg)
{
	request_fail(arg, -ETIMEDOUT);
}

/* The Call with its body, packed. */
static int
pack_call(const struct drpc_call_opts *opts, struct drpc_output *out)
{
	_cleanup_(freep) uint8_t *body   = NULL;
	Drpc__Call                call   = DRPC__CALL__INIT;
	uint8_t                  *packed = NULL;
	size_t                    size;

	call.module   = opts->module;
	call.method   = opts->method;
	call.sequence = opts->sequence;
	if (opts->body != NULL)
		call.body.len = protobuf_c_message_get_packed_size(opts->body);
	if (call.body.len > 0) {
		body = malloc(call.body.len);
		if (body == NULL)
			return -ENOMEM;
		(void)protobuf_c_message_pack(opts->body, body);
		call.body.data = body;
	}
	size   = drpc__call__get_packed_size(&call);
	packed = malloc(MAX(size, 1UL));
	if (packed == NULL)
		return -ENOMEM;
	(void)drpc__call__pack(&call, packed);
	drpc_output_begin_take(out, packed, size);
	return 0;
}

int
drpc_call_start(struct loop *l, const struct drpc_call_opts *opts, drpc_reply_cb cb, void *arg,
		struct drpc_request **ret)
{
	size_t               len = strlen(opts->path);
	struct drpc_request *r;
	int                  err;

	if (len > DRPC_MAX_PATH)
		return -ENAMETOOLONG;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	*r = (struct drpc_request){
	    .loop = l, .no_reply = opts->no_reply, .fd = -EBADF, .cb = cb, .arg = arg};
	memcpy(r->path, opts->path, len + 1);
	r->in.max_bytes = DRPC_MAX_MESSAGE;
	err             = pack_call(opts, &r->out);
	if (err == 0)
		err = loop_timer_new(l, request_step, r, &r->step);
	if (err == 0)
		err = loop_timer_new(l, request_expired, r, &r->deadline);
	if (err < 0) {
		request_free(r);
		return err;
	}
	loop_timer_start(r->step, 0, 0);
	if (opts->timeout_ms > 0)
		loop_timer_start(r->deadline, opts->timeout_ms, 0);
	if (ret != NULL)
		*ret = r;
	return 0;
}

void
drpc_request_cancel(struct drpc_request *r)
{
	if (r != NULL && !r->finished)
		request_free(r);
}
