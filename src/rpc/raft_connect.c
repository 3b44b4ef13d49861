/*
 * The connecting side of raft links: dial, check that the peer is a server, greet, and hand the descriptor over. After
 * that the object only carries the link until one side closes it.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "dial_private.h"
#include "link_private.h"
#include "security/tls.h"

#define DEFAULT_CONNECT_MS 20000
#define MAX_REASON         200

struct rpc_raft_dial {
	atomic_uint refs; /* the outcome that is due, the wire, and a cancel message on its way */
	struct rpc_msg   msg, cancel_msg;
	struct rpc_io   *io;
	struct rpc_loop *loop;
	char            *host;
	uint16_t         port;
	SSL_CTX         *ctx;
	uint64_t         due_ms;
	struct rpc_hello hello;

	/* I/O loop */
	struct rpc_wire  wire;
	struct rpc_dial  dial;
	struct rpc_link *link;
	bool             told; /* the outcome is on its way */

	/* outcome, then state loop */
	int               fd;
	struct rpc_status status;
	rpc_raft_cb       cb;
	void             *arg;
	bool              cancelled;
};

static void
unref(struct rpc_raft_dial *d)
{
	if (atomic_fetch_sub(&d->refs, 1) > 1)
		return;
	rpc_status_fini(&d->status);
	SSL_CTX_free(d->ctx);
	free(d->host);
	free(d);
}

/* ---- I/O loop ---- */

static void
outcome(struct rpc_msg *m)
{
	struct rpc_raft_dial *d = container_of(m, struct rpc_raft_dial, msg);

	if (!d->cancelled)
		d->cb(d->fd, &d->status, d->arg);
	else if (d->fd >= 0)
		(void)close(d->fd); /* ends the link */
	unref(d);
}

static void
tell(struct rpc_raft_dial *d)
{
	assert(!d->told);
	d->told = true;
	rpc_state_post(d->io, &d->msg, outcome);
}

static void
give_up(struct rpc_raft_dial *d, enum rpc_failure failure, const char *reason)
{
	if (!d->told) {
		rpc_status_from_failure(&d->status, failure, d->host, d->port, reason);
		tell(d);
	}
	d->link = rpc_link_close(d->link);
	rpc_wire_close(&d->wire);
}

static void
on_open(struct rpc_wire *w)
{
	struct rpc_raft_dial *d = container_of(w, struct rpc_raft_dial, wire);
	uint8_t               hello[RPC_HELLO_MAX];

	if (w->ssl != NULL && sec_tls_peer_component(w->ssl) != SEC_COMPONENT_SERVER) {
		give_up(d, RPC_FAILURE_OTHER,
			"transport: authentication handshake failed: the peer's certificate is not "
			"a server's");
		return;
	}
	rpc_wire_send(w, hello, rpc_hello_encode(&d->hello, hello));
	rpc_wire_flush(w);
}

static void
on_data(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	struct rpc_raft_dial *d = container_of(w, struct rpc_raft_dial, wire);

	if (d->link == NULL) {
		if (data[0] != RPC_HELLO_ANSWER || rpc_link_new(w, &d->link, &d->fd) < 0) {
			give_up(d, RPC_FAILURE_OTHER, "the peer does not take raft links");
			return;
		}
		tell(d);
		data++;
		len--;
	}
	if (len > 0)
		rpc_link_data(d->link, data, len);
}

static void
on_pump(struct rpc_wire *w)
{
	struct rpc_raft_dial *d = container_of(w, struct rpc_raft_dial, wire);

	if (d->link != NULL)
		rpc_link_pump(d->link);
}

static void
on_timer(struct rpc_wire *w)
{
	struct rpc_raft_dial *d = container_of(w, struct rpc_raft_dial, wire);

	if (!d->told)
		give_up(d, RPC_FAILURE_TIMED_OUT, "i/o timeout");
}

static void
on_lost(struct rpc_wire *w, int err, const char *text)
{
	char reason[MAX_REASON];

	(void)snprintf(
	    reason, sizeof(reason), "%s%s",
	    w->state == RPC_WIRE_HANDSHAKE ? "transport: authentication handshake failed: " : "",
	    text);
	give_up(container_of(w, struct rpc_raft_dial, wire),
		err == -EKEYEXPIRED ? RPC_FAILURE_EXPIRED : RPC_FAILURE_OTHER, reason);
}

static void
on_closed(struct rpc_wire *w)
{
	struct rpc_raft_dial *d = container_of(w, struct rpc_raft_dial, wire);

	if (!d->dial.resolving)
		unref(d);
}

static const struct rpc_wire_ops link_ops = {
    .on_open   = on_open,
    .on_data   = on_data,
    .on_pump   = on_pump,
    .on_timer  = on_timer,
    .on_lost   = on_lost,
    .on_closed = on_closed,
};

static void
dial_failed(struct rpc_dial *dial, enum rpc_failure failure, const char *reason)
{
	give_up(container_of(dial, struct rpc_raft_dial, dial), failure, reason);
}

static void
dial_released(struct rpc_dial *dial)
{
	unref(container_of(dial, struct rpc_raft_dial, dial));
}

static void
begin(struct rpc_msg *m)
{
	struct rpc_raft_dial *d   = container_of(m, struct rpc_raft_dial, msg);
	SSL                  *ssl = NULL;

	if (d->ctx != NULL)
		ssl = rpc_dial_new_ssl(d->ctx, d->host, "\x0b" SEC_ALPN_RAFT);
	if ((d->ctx != NULL && ssl == NULL) ||
	    rpc_wire_init(&d->wire, d->loop, ssl, &link_ops) < 0) {
		SSL_free(ssl);
		rpc_status_set(&d->status, RPC_RESOURCE_EXHAUSTED, "no memory for a connection");
		d->wire.state = RPC_WIRE_CLOSED; /* for a cancel on its way */
		tell(d);
		unref(d); /* the wire's */
		return;
	}
	d->dial = (struct rpc_dial){
	    .wire        = &d->wire,
	    .host        = d->host,
	    .port        = d->port,
	    .on_failed   = dial_failed,
	    .on_released = dial_released,
	};
	rpc_wire_arm(&d->wire, d->due_ms);
	rpc_dial_start(&d->dial);
}

static void
cancel(struct rpc_msg *m)
{
	struct rpc_raft_dial *d = container_of(m, struct rpc_raft_dial, cancel_msg);

	if (!d->told)
		give_up(d, RPC_FAILURE_OTHER, "cancelled");
	unref(d);
}

/* ---- state loop ---- */

int
rpc_raft_connect(struct rpc_io *io, const struct rpc_raft_opts *opts, rpc_raft_cb cb, void *arg,
		 struct rpc_raft_dial **ret)
{
	struct rpc_raft_dial *d;

	if (str_empty(opts->raft_address) || strlen(opts->raft_address) > RPC_HELLO_ADDRESS)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	atomic_init(&d->refs, 1);
	d->host = strdup(opts->host);
	if (opts->tls != NULL)
		d->ctx = sec_tls_client_ctx(opts->tls);
	if (d->host == NULL || (opts->tls != NULL && d->ctx == NULL)) {
		d->ctx = NULL; /* not ours yet */
		unref(d);
		return -ENOMEM;
	}
	if (d->ctx != NULL)
		SSL_CTX_up_ref(d->ctx);
	atomic_store(&d->refs, 2);
	d->io     = io;
	d->loop   = rpc_io_pick(io);
	d->port   = opts->port;
	d->due_ms = rpc_now_ms() + (opts->connect_ms != 0 ? opts->connect_ms : DEFAULT_CONNECT_MS);
	d->hello.raft_id = opts->raft_id;
	(void)snprintf(d->hello.raft_address, sizeof(d->hello.raft_address), "%s",
		       opts->raft_address);
	d->fd  = -EBADF;
	d->cb  = cb;
	d->arg = arg;
	rpc_loop_post(d->loop, &d->msg, begin);
	*ret = d;
	return 0;
}

struct rpc_raft_dial *
rpc_raft_cancel(struct rpc_raft_dial *d)
{
	if (d != NULL) {
		d->cancelled = true;
		atomic_fetch_add(&d->refs, 1);
		rpc_loop_post(d->loop, &d->cancel_msg, cancel);
	}
	return NULL;
}
