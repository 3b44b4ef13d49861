/*
 * The accepting side of raft links: a session that greeted as one gets a link instead of HTTP/2, and its descriptor
 * goes to the server's owner on the state loop.
 */
#include <string.h>

#include "session_private.h"

/* A link on its way to the owner. */
struct arrival {
	struct rpc_msg     msg;
	struct rpc_server *server;
	int                fd;
	struct rpc_hello   hello;
	char               peer_ip[46];
};

static void
deliver(struct rpc_msg *m)
{
	struct arrival    *a = container_of(m, struct arrival, msg);
	struct rpc_server *s = a->server;

	if (s->stopping)
		(void)close(a->fd); /* the other end sees the link end */
	else
		s->on_raft_link(a->fd, a->hello.raft_id, a->hello.raft_address, a->peer_ip, s->arg);
	rpc_server_unref(s);
	free(a);
}

bool
rpc_session_may_link(const struct rpc_session *s)
{
	if (s->shard->server->on_raft_link == NULL)
		return false;
	return s->wire.ssl == NULL || s->component == SEC_COMPONENT_SERVER;
}

static int
begin_link(struct rpc_session *s, const struct rpc_hello *hello)
{
	static const uint8_t answer = RPC_HELLO_ANSWER;
	struct arrival      *a      = calloc(1, sizeof(*a));
	int                  r;

	if (a == NULL)
		return -ENOMEM;
	r = rpc_link_new(&s->wire, &s->link, &a->fd);
	if (r < 0) {
		free(a);
		return r;
	}
	a->server = rpc_server_ref(s->shard->server);
	a->hello  = *hello;
	memcpy(a->peer_ip, s->peer_ip, sizeof(a->peer_ip));
	s->greeted = true;
	rpc_wire_send(&s->wire, &answer, 1);
	rpc_wire_flush(&s->wire);
	rpc_state_post(a->server->io, &a->msg, deliver);
	return 0;
}

/* Returns how many bytes belong to the greeting, or an error. */
static int
greet(struct rpc_session *s, const uint8_t *data, size_t len)
{
	size_t           before = s->hello_len;
	size_t           n      = MIN(len, sizeof(s->hello) - before);
	struct rpc_hello hello;
	int              r;

	memcpy(s->hello + before, data, n);
	s->hello_len += n;
	r = rpc_hello_decode(s->hello, s->hello_len, &hello);
	if (r == 0)
		return n == len ? (int)n : -EPROTO;
	if (r > 0) {
		int e = begin_link(s, &hello);

		return e < 0 ? e : r - (int)before;
	}
	return r;
}

void
rpc_session_link_data(struct rpc_session *s, const uint8_t *data, size_t len)
{
	if (s->link == NULL) {
		int used = greet(s, data, len);

		if (used < 0) {
			log_debug("refusing a raft link from %s: %s", s->peer_ip, strerror(-used));
			rpc_session_close(s);
			return;
		}
		data += used;
		len -= (size_t)used;
	}
	if (len > 0 && s->link != NULL && rpc_wire_is_live(&s->wire))
		rpc_link_data(s->link, data, len);
}
