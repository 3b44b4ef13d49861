/*
 * Channels and requests as the state loop sees them. Messages are packed here; everything that
 * touches a socket is in connection.c on the channel's I/O loop.
 */
#include <assert.h>
#include <string.h>

#include "client_private.h"
#include "common/str.h"
#include "rpc/rpc.h"
#include "security/tls.h"

#define DEFAULT_CONNECT_MS 20000

void
rpc_channel_unref(struct rpc_channel *ch)
{
	if (atomic_fetch_sub(&ch->refs, 1) > 1)
		return;
	free(ch->host);
	free(ch);
}

void
rpc_request_unref(struct rpc_request *r)
{
	if (atomic_fetch_sub(&r->refs, 1) > 1)
		return;
	rpc_status_fini(&r->status);
	rpc_arena_free(r->arena);
	rpc_body_fini(&r->body);
	SSL_CTX_free(r->ctx);
	free(r->path);
	free(r->out);
	free(r->grpc_message);
	free(r->grpc_details);
	if (r->ch != NULL)
		rpc_channel_unref(r->ch);
	free(r);
}

int
rpc_channel_new(struct rpc_io *io, const struct rpc_channel_opts *opts, struct rpc_channel **ret)
{
	struct rpc_channel *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return -ENOMEM;
	atomic_init(&ch->refs, 1);
	ch->host = strdup(opts->host);
	if (ch->host == NULL) {
		free(ch);
		return -ENOMEM;
	}
	ch->io                = io;
	ch->loop              = rpc_io_pick(io);
	ch->tls               = opts->tls;
	ch->port              = opts->port;
	ch->component         = opts->component;
	ch->connect_ms        = opts->connect_ms != 0 ? opts->connect_ms : DEFAULT_CONNECT_MS;
	ch->max_message_bytes = opts->max_message_bytes != 0 ? opts->max_message_bytes : 4 * MIB;
	*ret                  = ch;
	return 0;
}

static void
unlink_open(struct rpc_request *r)
{
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		r->ch->open = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	r->prev = r->next = NULL;
}

void
rpc_request_cancel(struct rpc_request *r)
{
	assert(!r->cancelled);
	r->cancelled = true;
	unlink_open(r);
	atomic_fetch_add(&r->refs, 1);
	rpc_loop_post(r->ch->loop, &r->cancel_msg, rpc_connection_cancel_request);
}

struct rpc_channel *
rpc_channel_free(struct rpc_channel *ch)
{
	if (ch == NULL)
		return NULL;
	while (ch->open != NULL)
		rpc_request_cancel(ch->open);
	/* the owner's reference travels along and is dropped there */
	rpc_loop_post(ch->loop, &ch->closed, rpc_connection_close_channel);
	return NULL;
}

static int
fill_request(struct rpc_request *r, struct rpc_channel *ch,
	     const ProtobufCServiceDescriptor *service, const ProtobufCMessage *req)
{
	r->path = str_format("/%s/%s", service->name, r->method->name);
	r->out  = rpc_message_pack(req, &r->out_len);
	if (r->path == NULL || r->out == NULL)
		return -ENOMEM;
	if (ch->tls == NULL)
		return 0;
	r->ctx = sec_tls_client_ctx(ch->tls);
	if (r->ctx == NULL)
		return -ENOMEM;
	SSL_CTX_up_ref(r->ctx);
	return 0;
}

int
rpc_channel_call(struct rpc_channel *ch, const ProtobufCServiceDescriptor *service,
		 const char *method, const ProtobufCMessage *req, uint64_t deadline_ms,
		 rpc_reply_cb cb, void *arg, struct rpc_request **ret)
{
	const ProtobufCMethodDescriptor *desc =
	    protobuf_c_service_descriptor_get_method_by_name(service, method);
	struct rpc_request *r;
	int                 e;

	if (desc == NULL)
		return -EINVAL;
	assert(req->descriptor == desc->input);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	atomic_init(&r->refs, 1);
	r->method = desc;
	e         = fill_request(r, ch, service, req);
	if (e < 0) {
		rpc_request_unref(r);
		return e;
	}
	atomic_fetch_add(&ch->refs, 1);
	r->ch          = ch;
	r->cb          = cb;
	r->arg         = arg;
	r->stream_id   = -1;
	r->grpc_status = -1;
	r->deadline_ms = deadline_ms != 0 ? rpc_now_ms() + deadline_ms : UINT64_MAX;
	r->next        = ch->open;
	if (ch->open != NULL)
		ch->open->prev = r;
	ch->open = r;
	rpc_loop_post(ch->loop, &r->msg, rpc_connection_start_request);
	if (ret != NULL)
		*ret = r;
	return 0;
}

void
rpc_request_done(struct rpc_msg *m)
{
	struct rpc_request *r = container_of(m, struct rpc_request, msg);

	if (!r->cancelled) {
		unlink_open(r);
		r->cb(&r->status, r->status.code == RPC_OK ? r->resp : NULL, r->arg);
	}
	rpc_request_unref(r);
}
