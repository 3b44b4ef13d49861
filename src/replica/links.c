/*
 * Links to other replicas: libraft's transport interface over the descriptors that a rep_transport
 * connects.
 *
 * libraft owns every stream it is given, and frees it with raft_free(). A connection that is still
 * being made when the transport closes is answered to libraft at once and its descriptor closed
 * when it arrives.
 */
#include <string.h>

#include "common/log.h"

#include "replica/replica_private.h"

struct connecting {
	struct rep_links       *ls;
	struct raft_uv_connect *req; /* NULL: libraft no longer waits for it */
	raft_uv_connect_cb      cb;
	struct connecting      *next;
};

struct rep_links {
	struct raft_uv_transport    uv_transport;
	uv_loop_t                  *uv;
	const struct rep_transport *transport;
	raft_uv_accept_cb           accept;
	struct connecting          *connecting;
	bool                        released;
};

static void
free_when_unused(struct rep_links *ls)
{
	if (ls->released && ls->connecting == NULL)
		free(ls);
}

static void
free_stream(uv_handle_t *h)
{
	raft_free(h);
}

/* A stream libraft can own, from fd, which is taken. NULL: fd is closed. */
static uv_stream_t *
new_stream_take(struct rep_links *ls, int fd)
{
	uv_pipe_t *pipe = raft_malloc(sizeof(*pipe));
	int        r;

	if (pipe == NULL) {
		(void)close(fd); /* nothing was written to it */
		return NULL;
	}
	(void)uv_pipe_init(ls->uv, pipe, 0); /* cannot fail */
	r = uv_pipe_open(pipe, fd);
	if (r < 0) {
		log_debug("a link between replicas cannot be used: %s", uv_strerror(r));
		(void)close(fd);
		uv_close((uv_handle_t *)pipe, free_stream);
		return NULL;
	}
	return (uv_stream_t *)pipe;
}

static void
forget(struct connecting *c)
{
	struct rep_links *ls = c->ls;

	for (struct connecting **p = &ls->connecting; *p != NULL; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			break;
		}
	}
	free(c);
	free_when_unused(ls);
}

static void
connected(int err, int fd, void *arg)
{
	struct connecting      *c      = arg;
	struct raft_uv_connect *req    = c->req;
	raft_uv_connect_cb      cb     = c->cb;
	uv_stream_t            *stream = NULL;

	if (err == 0 && req == NULL)
		(void)close(fd); /* nobody wants it any more */
	else if (err == 0)
		stream = new_stream_take(c->ls, fd);
	forget(c);
	if (req != NULL)
		cb(req, stream, stream != NULL ? 0 : RAFT_NOCONNECTION);
}

static int
links_init(struct raft_uv_transport *t, raft_id id, const char *address)
{
	(void)t;
	(void)id;
	(void)address;
	return 0;
}

static int
links_listen(struct raft_uv_transport *t, raft_uv_accept_cb cb)
{
	struct rep_links *ls = t->impl;

	ls->accept = cb;
	return 0;
}

static int
links_connect(struct raft_uv_transport *t, struct raft_uv_connect *req, raft_id id,
	      const char *address, raft_uv_connect_cb cb)
{
	struct rep_links  *ls = t->impl;
	struct connecting *c;

	if (ls->transport == NULL)
		return RAFT_NOCONNECTION;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return RAFT_NOMEM;
	*c = (struct connecting){.ls = ls, .req = req, .cb = cb, .next = ls->connecting};
	ls->connecting = c;
	if (ls->transport->connect(ls->transport->arg, id, address, connected, c) < 0) {
		forget(c);
		return RAFT_NOCONNECTION;
	}
	return 0;
}

static void
links_close(struct raft_uv_transport *t, raft_uv_transport_close_cb cb)
{
	struct rep_links *ls = t->impl;

	ls->accept = NULL;
	for (struct connecting *c = ls->connecting; c != NULL; c = c->next) {
		struct raft_uv_connect *req = c->req;

		c->req = NULL;
		if (req != NULL)
			c->cb(req, NULL, RAFT_CANCELED);
	}
	cb(t);
}

int
rep_links_new(uv_loop_t *uv, const struct rep_transport *t, struct rep_links **ret)
{
	struct rep_links *ls = calloc(1, sizeof(*ls));

	if (ls == NULL)
		return -ENOMEM;
	ls->uv           = uv;
	ls->transport    = t;
	ls->uv_transport = (struct raft_uv_transport){.version = 1,
						      .impl    = ls,
						      .init    = links_init,
						      .listen  = links_listen,
						      .connect = links_connect,
						      .close   = links_close};
	*ret             = ls;
	return 0;
}

struct raft_uv_transport *
rep_links_uv(struct rep_links *ls)
{
	return &ls->uv_transport;
}

int
rep_links_accept_take(struct rep_links *ls, uint64_t id, const char *address, int fd)
{
	uv_stream_t *stream;

	if (ls->accept == NULL) {
		(void)close(fd); /* the replica is closing */
		return -ESHUTDOWN;
	}
	stream = new_stream_take(ls, fd);
	if (stream == NULL)
		return -ENOMEM;
	ls->accept(&ls->uv_transport, id, address, stream);
	return 0;
}

void
rep_links_release(struct rep_links *ls)
{
	if (ls == NULL)
		return;
	ls->released = true;
	free_when_unused(ls);
}
