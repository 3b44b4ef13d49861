/*
 * The pump of a raft link, on an I/O loop. Each direction stops reading while the other side has not taken what is
 * there, so a slow disk or network slows the sender down instead of filling memory.
 */
#include "link_private.h"

#include <string.h>
#include <sys/socket.h>

#define TO_PIPE_MAX (256 * KIB)
#define TO_WIRE_MAX (1 * MIB)

struct rpc_link {
	struct rpc_wire *wire; /* NULL: it is closing */
	struct rpc_loop *loop;
	uv_pipe_t        pipe;
	size_t           unsent; /* to the pipe */
	bool             wire_paused, pipe_paused;
};

struct late_write {
	uv_write_t       req;
	struct rpc_link *link;
	size_t           len;
	uint8_t          data[];
};

/* ---- greeting ---- */

#define MAGIC_LEN (sizeof(RPC_HELLO_MAGIC) - 1)

size_t
rpc_hello_encode(const struct rpc_hello *h, uint8_t buf[static RPC_HELLO_MAX])
{
	size_t   n = strlen(h->raft_address);
	uint8_t *p = buf;

	memcpy(p, RPC_HELLO_MAGIC, MAGIC_LEN);
	p += MAGIC_LEN;
	for (int shift = 56; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(h->raft_id >> shift);
	*p++ = (uint8_t)n;
	memcpy(p, h->raft_address, n);
	return (size_t)(p - buf) + n;
}

int
rpc_hello_decode(const uint8_t *data, size_t len, struct rpc_hello *ret)
{
	const uint8_t *p = data + MAGIC_LEN;
	size_t         n;

	if (memcmp(data, RPC_HELLO_MAGIC, MIN(len, MAGIC_LEN)) != 0)
		return -EPROTO;
	if (len < MAGIC_LEN + 9)
		return 0;
	ret->raft_id = 0;
	for (int i = 0; i < 8; i++)
		ret->raft_id = ret->raft_id << 8 | *p++;
	n = *p++;
	if (len < MAGIC_LEN + 9 + n)
		return 0;
	if (n == 0 || memchr(p, '\0', n) != NULL)
		return -EPROTO;
	memcpy(ret->raft_address, p, n);
	ret->raft_address[n] = '\0';
	return (int)(MAGIC_LEN + 9 + n);
}

/* ---- pump ---- */

static void
end(struct rpc_link *l, int err, const char *text)
{
	if (l->wire != NULL && rpc_wire_is_live(l->wire))
		l->wire->ops->on_lost(l->wire, err,
				      text); /* closes the wire, and that closes the link */
}

static void
alloc_read(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct rpc_link *l = h->data;

	*buf = uv_buf_init((char *)l->loop->read_buf, sizeof(l->loop->read_buf));
}

static void
on_pipe_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct rpc_link *l = s->data;

	if (n < 0)
		end(l, n == UV_EOF ? 0 : (int)n, "the replica closed the link");
	if (n <= 0 || l->wire == NULL)
		return;
	rpc_wire_send(l->wire, (const uint8_t *)buf->base, (size_t)n);
	if (l->wire != NULL)
		rpc_wire_flush(l->wire);
	if (l->wire != NULL && l->wire->unsent > TO_WIRE_MAX && !l->pipe_paused) {
		l->pipe_paused = true;
		(void)uv_read_stop(s);
	}
}

void
rpc_link_pump(struct rpc_link *l)
{
	if (!l->pipe_paused)
		return;
	l->pipe_paused = false;
	(void)uv_read_start((uv_stream_t *)&l->pipe, alloc_read, on_pipe_read); /* worked before */
}

static void
late_written(uv_write_t *req, int status)
{
	struct late_write *late = container_of(req, struct late_write, req);
	struct rpc_link   *l    = late->link;

	l->unsent -= late->len;
	free(late);
	if (l->wire == NULL)
		return;
	if (status < 0) {
		end(l, status, strerror(-status));
	} else if (l->wire_paused && l->unsent < TO_PIPE_MAX) {
		l->wire_paused = false;
		rpc_wire_resume(l->wire);
	}
}

static int
write_later(struct rpc_link *l, const uint8_t *data, size_t len)
{
	struct late_write *late = malloc(sizeof(*late) + len);
	uv_buf_t           buf;
	int                r;

	if (late == NULL)
		return -ENOMEM;
	late->link = l;
	late->len  = len;
	memcpy(late->data, data, len);
	buf = uv_buf_init((char *)late->data, (unsigned)len);
	r   = uv_write(&late->req, (uv_stream_t *)&l->pipe, &buf, 1, late_written);
	if (r < 0) {
		free(late);
		return r;
	}
	l->unsent += len;
	if (l->unsent > TO_PIPE_MAX && !l->wire_paused) {
		l->wire_paused = true;
		rpc_wire_pause(l->wire);
	}
	return 0;
}

void
rpc_link_data(struct rpc_link *l, const uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
	int      r   = l->unsent == 0 ? uv_try_write((uv_stream_t *)&l->pipe, &buf, 1) : UV_EAGAIN;

	if (r == (int)len)
		return;
	if (r > 0)
		r = write_later(l, data + r, len - (size_t)r);
	else if (r == 0 || r == UV_EAGAIN)
		r = write_later(l, data, len);
	if (r < 0)
		end(l, r, strerror(-r));
}

/* ---- life ---- */

static void
pipe_closed(uv_handle_t *h)
{
	struct rpc_link *l    = h->data;
	struct rpc_loop *loop = l->loop;

	free(l);
	rpc_loop_release(loop);
}

struct rpc_link *
rpc_link_close(struct rpc_link *l)
{
	if (l != NULL) {
		l->wire = NULL;
		uv_close((uv_handle_t *)&l->pipe, pipe_closed);
	}
	return NULL;
}

static int
start(struct rpc_link *l, int fd)
{
	int r = uv_pipe_open(&l->pipe, fd);

	if (r < 0) {
		(void)close(fd); /* it was not taken over */
		return r;
	}
	return uv_read_start((uv_stream_t *)&l->pipe, alloc_read, on_pipe_read);
}

int
rpc_link_new(struct rpc_wire *w, struct rpc_link **ret, int *ret_fd)
{
	struct rpc_link *l = calloc(1, sizeof(*l));
	int              pair[2];
	int              r;

	if (l == NULL)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		r = -errno;
		free(l);
		return r;
	}
	(void)uv_pipe_init(w->loop->uv, &l->pipe, 0); /* cannot fail */
	rpc_loop_hold(w->loop);
	l->pipe.data = l;
	l->loop      = w->loop;
	l->wire      = w;
	r            = start(l, pair[0]);
	if (r < 0) {
		(void)close(pair[1]); /* nothing was written */
		rpc_link_close(l);
		return r;
	}
	*ret    = l;
	*ret_fd = pair[1];
	return 0;
}
