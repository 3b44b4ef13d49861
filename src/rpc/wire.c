/*
 * The byte pipe below a session. Reads go through one buffer per loop; writes are gathered in the
 * loop's output buffer and tried at once, and only what the kernel does not take is copied for
 * later.
 */
#include <assert.h>
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>

#include "wire_private.h"

#define FLUSH_LIMIT_MS  5000 /* for the last bytes of a wire that is closing */
#define END_LIMIT_MS    1000 /* for a peer that was told the end to close as well */
#define TRIM_PEAK_WIRES 256

struct late_write {
	uv_write_t       req;
	struct rpc_wire *wire;
	size_t           len;
	uint8_t          data[];
};

static void
handle_closed(uv_handle_t *h)
{
	struct rpc_wire *w = h->data;
	struct rpc_loop *l = w->loop;

	assert(w->open_handles > 0);
	if (--w->open_handles > 0)
		return;
	SSL_free(w->ssl);
	w->ssl = NULL;
	l->n_wires--;
	w->ops->on_closed(w);
	/* after a mass of connections has gone the allocator would keep their memory for good */
	if (l->n_wires == 0 && l->peak_wires >= TRIM_PEAK_WIRES) {
		l->peak_wires = 0;
		(void)malloc_trim(0); /* whether anything was returned does not matter */
	}
	rpc_loop_release(l);
}

static void
timer_fired(uv_timer_t *t)
{
	struct rpc_wire *w = container_of(t, struct rpc_wire, timer);

	w->timer_due_ms = UINT64_MAX;
	if (w->state == RPC_WIRE_FLUSHING || w->state == RPC_WIRE_ENDED)
		rpc_wire_close(w);
	else if (w->state != RPC_WIRE_CLOSED)
		w->ops->on_timer(w);
}

int
rpc_wire_init(struct rpc_wire *w, struct rpc_loop *l, SSL *ssl, const struct rpc_wire_ops *ops)
{
	int r = uv_tcp_init(l->uv, &w->tcp);

	if (r < 0)
		return r;
	(void)uv_timer_init(l->uv, &w->timer); /* cannot fail */
	w->tcp.data     = w;
	w->timer.data   = w;
	w->loop         = l;
	w->ops          = ops;
	w->ssl          = ssl;
	w->state        = RPC_WIRE_NEW;
	w->open_handles = 2;
	w->timer_due_ms = UINT64_MAX;
	w->last_read_ms = rpc_now_ms();
	rpc_loop_hold(l);
	l->n_wires++;
	l->peak_wires = MAX(l->peak_wires, l->n_wires);
	return 0;
}

int
rpc_wire_adopt(struct rpc_wire *w, int fd)
{
	int r = uv_tcp_open(&w->tcp, fd);

	if (r < 0)
		(void)close(fd); /* it was not taken over */
	return r;
}

static void
lost(struct rpc_wire *w, int err, const char *text)
{
	if (rpc_wire_is_live(w))
		w->ops->on_lost(w, err, text);
}

/* Hands decrypted bytes up until the input is used up. */
static void
read_tls(struct rpc_wire *w)
{
	bool    expired;
	ssize_t n;

	while (w->state == RPC_WIRE_OPEN) {
		n = rpc_tls_read(w, w->loop->clear_buf, sizeof(w->loop->clear_buf));
		if (n > 0) {
			w->ops->on_data(w, w->loop->clear_buf, (size_t)n);
			continue;
		}
		if (n == -ECONNRESET)
			lost(w, 0, "EOF");
		else if (n < 0)
			lost(w, (int)n, rpc_tls_error(w, &expired));
		break;
	}
	rpc_wire_flush(w); /* answers of TLS itself, alerts among them */
}

static void
go_on_with_handshake(struct rpc_wire *w)
{
	bool expired = false;
	int  r       = rpc_tls_handshake(w);

	if (r < 0) {
		const char *text = rpc_tls_error(w, &expired);

		rpc_wire_flush(w); /* or the peer would never see the alert */
		lost(w, expired ? -EKEYEXPIRED : r, text);
		return;
	}
	rpc_wire_flush(w);
	if (r == 0 || !rpc_wire_is_live(w))
		return;
	w->state = RPC_WIRE_OPEN;
	w->ops->on_open(w);
}

static void
received(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	w->last_read_ms = rpc_now_ms();
	if (w->ssl == NULL) {
		if (w->state == RPC_WIRE_OPEN)
			w->ops->on_data(w, data, len);
		return;
	}
	w->in     = data;
	w->in_len = len;
	if (w->state == RPC_WIRE_HANDSHAKE)
		go_on_with_handshake(w);
	if (w->state == RPC_WIRE_OPEN)
		read_tls(w);
	w->in     = NULL;
	w->in_len = 0;
}

static void
alloc_read(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct rpc_wire *w = h->data;

	*buf = uv_buf_init((char *)w->loop->read_buf, sizeof(w->loop->read_buf));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct rpc_wire *w = s->data;

	if (n < 0 && w->state == RPC_WIRE_ENDED)
		rpc_wire_close(w);
	else if (n > 0)
		received(w, (const uint8_t *)buf->base, (size_t)n);
	else if (n == UV_EOF)
		lost(w, 0, "EOF");
	else if (n < 0)
		lost(w, (int)n, strerror((int)-n));
}

int
rpc_wire_start(struct rpc_wire *w, bool server)
{
	int r;

	(void)uv_tcp_nodelay(&w->tcp, 1); /* an optimisation */
	if (w->ssl != NULL) {
		r = rpc_tls_attach(w);
		if (r < 0)
			return r;
		if (server)
			SSL_set_accept_state(w->ssl);
		else
			SSL_set_connect_state(w->ssl);
	}
	r = uv_read_start((uv_stream_t *)&w->tcp, alloc_read, on_read);
	if (r < 0)
		return r;
	w->progress_ms = rpc_now_ms();
	if (w->ssl == NULL) {
		w->state = RPC_WIRE_OPEN;
		w->ops->on_open(w);
		return 0;
	}
	w->state = RPC_WIRE_HANDSHAKE;
	if (!server)
		go_on_with_handshake(w);
	return 0;
}

void
rpc_wire_send(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	int r;

	if (!rpc_wire_is_live(w))
		return;
	r = w->ssl != NULL ? rpc_tls_write(w, data, len) : rpc_loop_out(w->loop, data, len);
	if (r < 0)
		lost(w, r, r == -ENOMEM ? "out of memory" : "TLS failure");
}

static void
late_written(uv_write_t *req, int status)
{
	struct late_write *late = container_of(req, struct late_write, req);
	struct rpc_wire   *w    = late->wire;

	w->unsent -= late->len;
	w->progress_ms = rpc_now_ms();
	free(late);
	if (w->state == RPC_WIRE_CLOSED)
		return;
	if (status < 0) {
		if (w->state == RPC_WIRE_FLUSHING)
			rpc_wire_close(w);
		else
			lost(w, status, strerror(-status));
		return;
	}
	if (w->unsent > 0)
		return;
	if (w->state == RPC_WIRE_FLUSHING)
		rpc_wire_close(w);
	else
		w->ops->on_pump(w);
}

static int
write_later(struct rpc_wire *w, const uint8_t *data, size_t len)
{
	struct late_write *late = malloc(sizeof(*late) + len);
	uv_buf_t           buf;
	int                r;

	if (late == NULL)
		return -ENOMEM;
	late->wire = w;
	late->len  = len;
	memcpy(late->data, data, len);
	buf = uv_buf_init((char *)late->data, (unsigned)len);
	r   = uv_write(&late->req, (uv_stream_t *)&w->tcp, &buf, 1, late_written);
	if (r < 0) {
		free(late);
		return r;
	}
	if (w->unsent == 0)
		w->progress_ms = rpc_now_ms();
	w->unsent += len;
	return 0;
}

void
rpc_wire_flush(struct rpc_wire *w)
{
	struct rpc_loop *l   = w->loop;
	size_t           len = l->out_len, done = 0;
	uv_buf_t         buf;
	int              r;

	if (len == 0)
		return;
	l->out_len = 0;
	if (!rpc_wire_is_live(w))
		return;
	if (w->unsent == 0) {
		buf = uv_buf_init((char *)l->out, (unsigned)len);
		r   = uv_try_write((uv_stream_t *)&w->tcp, &buf, 1);
		if (r < 0 && r != UV_EAGAIN) {
			lost(w, r, strerror(-r));
			return;
		}
		done = r > 0 ? (size_t)r : 0;
		if (done > 0)
			w->progress_ms = rpc_now_ms();
	}
	if (done == len)
		return;
	r = write_later(w, l->out + done, len - done);
	if (r < 0)
		lost(w, r, strerror(-r));
}

void
rpc_wire_want_pump(struct rpc_wire *w)
{
	if (w->dirty)
		return;
	w->dirty       = true;
	w->dirty_next  = w->loop->dirty;
	w->loop->dirty = w;
}

void
rpc_wire_flush_dirty(struct rpc_loop *l)
{
	while (l->dirty != NULL) {
		struct rpc_wire *w = l->dirty;

		l->dirty = w->dirty_next;
		w->dirty = false;
		if (rpc_wire_is_live(w)) /* one that closed meanwhile still has its memory */
			w->ops->on_pump(w);
	}
}

void
rpc_wire_arm(struct rpc_wire *w, uint64_t due_ms)
{
	uint64_t now = rpc_now_ms();

	if (due_ms >= w->timer_due_ms || w->state >= RPC_WIRE_FLUSHING)
		return;
	w->timer_due_ms = due_ms;
	uv_update_time(w->loop->uv); /* the loop's own idea of now may be a long handshake old */
	(void)uv_timer_start(&w->timer, timer_fired, due_ms > now ? due_ms - now : 0, 0);
}

void
rpc_wire_pause(struct rpc_wire *w)
{
	if (rpc_wire_is_live(w))
		(void)uv_read_stop((uv_stream_t *)&w->tcp); /* cannot fail */
}

void
rpc_wire_resume(struct rpc_wire *w)
{
	if (rpc_wire_is_live(w))
		(void)uv_read_start((uv_stream_t *)&w->tcp, alloc_read,
				    on_read); /* worked before */
}

void
rpc_wire_close_flushed(struct rpc_wire *w)
{
	if (!rpc_wire_is_live(w)) {
		if (w->state == RPC_WIRE_NEW)
			rpc_wire_close(w);
		return;
	}
	if (w->ssl != NULL)
		rpc_tls_shutdown(w);
	rpc_wire_flush(w);
	if (w->state == RPC_WIRE_CLOSED)
		return;
	if (w->unsent == 0) {
		rpc_wire_close(w);
		return;
	}
	w->state = RPC_WIRE_FLUSHING;
	(void)uv_read_stop((uv_stream_t *)&w->tcp);
	(void)uv_timer_start(&w->timer, timer_fired, FLUSH_LIMIT_MS, 0);
}

void
rpc_wire_end(struct rpc_wire *w)
{
	uv_os_fd_t fd;

	if (!rpc_wire_is_live(w) || w->unsent > 0 ||
	    uv_fileno((const uv_handle_t *)&w->tcp, &fd) < 0 || shutdown(fd, SHUT_WR) < 0) {
		rpc_wire_close(w);
		return;
	}
	w->state = RPC_WIRE_ENDED;
	uv_update_time(w->loop->uv); /* a handshake may have taken long */
	(void)uv_timer_start(&w->timer, timer_fired, END_LIMIT_MS, 0);
}

void
rpc_wire_close(struct rpc_wire *w)
{
	if (w->state == RPC_WIRE_CLOSED)
		return;
	w->state         = RPC_WIRE_CLOSED;
	w->loop->out_len = 0; /* whatever is there was this wire's */
	uv_close((uv_handle_t *)&w->timer, handle_closed);
	uv_close((uv_handle_t *)&w->tcp, handle_closed);
}
