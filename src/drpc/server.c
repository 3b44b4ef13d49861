/*
 * The dRPC server: a listener, its sessions, and the calls they have in flight. A session is in one
 * of three states: reading, serving one call, or sending its answer; it reads again only when the
 * answer is out. A call holds its session weakly: when the session ends first, the answer goes
 * nowhere.
 */
#include "drpc/drpc.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/vec.h"
#include "drpc/socket_private.h"

#define DEFAULT_MAX_SESSIONS     256
#define DEFAULT_WRITE_TIMEOUT_MS 30000
#define READS_PER_EVENT          16  /* then other descriptors of the loop have their turn */
#define ACCEPT_PAUSE_MS          100 /* after running out of descriptors */

enum session_state {
	SESSION_READING,
	SESSION_SERVING,
	SESSION_SENDING,
};

struct drpc_session {
	struct drpc_server   *server;
	int                   fd;
	struct loop_fd       *watch;
	struct loop_timer    *stalled; /* runs while the peer does not read */
	enum session_state    state;
	struct drpc_assembler in;
	struct drpc_output    out;
	struct drpc_call     *call; /* while serving */
	LIST_ENTRY(drpc_session) link;
};

struct drpc_call {
	struct drpc_server  *server;      /* NULL when it is gone */
	struct drpc_session *session;     /* NULL when the peer is gone */
	bool                 dispatching; /* its handler has not returned yet */
	Drpc__Call          *msg;
	LIST_ENTRY(drpc_call) link;
};

struct module {
	int32_t                   id;
	const struct drpc_method *methods;
	size_t                    n_methods;
	void                     *arg;
};

struct drpc_server {
	struct loop            *loop;
	char                    path[DRPC_MAX_PATH + 1];
	int                     fd;
	struct loop_fd         *watch;
	struct loop_timer      *accept_pause;
	struct drpc_server_opts opts;
	struct drpc_counters    counters;
	size_t                  n_sessions;
	VEC(struct module) modules;
	LIST_HEAD(, drpc_session) sessions;
	LIST_HEAD(, drpc_call) calls;
};

/* ---- sessions ---- */

static void
session_free(struct drpc_session *s)
{
	if (s->call != NULL)
		s->call->session = NULL;
	LIST_REMOVE(s, link);
	s->server->n_sessions--;
	loop_fd_free(s->watch);
	loop_timer_free(s->stalled);
	closep(&s->fd);
	drpc_assembler_reset(&s->in);
	drpc_output_reset(&s->out);
	free(s);
}

/* Ends a session that an error of reading or writing stopped. */
static void
session_fail(struct drpc_session *s, int err)
{
	if (err == -EPROTO || err == -EMSGSIZE || err == -ETIMEDOUT)
		s->server->counters.broken++;
	if (err != -ENOTCONN)
		log_debug("dRPC session on %s closed: %s", s->server->path, strerror(-err));
	session_free(s);
}

static void
session_set_state(struct drpc_session *s, enum session_state state)
{
	static const int wanted[] = {
	    [SESSION_READING] = LOOP_READABLE,
	    [SESSION_SERVING] = 0,
	    [SESSION_SENDING] = LOOP_WRITABLE,
	};

	if (s->state == state)
		return;
	s->state = state;
	if (state == SESSION_SENDING)
		loop_timer_start(s->stalled, s->server->opts.write_timeout_ms, 0);
	else
		loop_timer_stop(s->stalled);
	(void)loop_fd_want(s->watch,
			   wanted[state]); /* fails only for a descriptor that is closing */
}

/*
 * Sends what is queued. Returns 0 also when the peer has to read first; on error the session is
 * still there.
 */
static int
session_flush(struct drpc_session *s)
{
	int r = drpc_socket_flush(s->fd, &s->out);

	if (r == -EAGAIN) {
		session_set_state(s, SESSION_SENDING);
		return 0;
	}
	if (r == 0)
		session_set_state(s, SESSION_READING);
	return r == -EPIPE || r == -ECONNRESET ? -ENOTCONN : r;
}

static void
session_stalled(struct loop_timer *t, void *arg)
{
	session_fail(arg, -ETIMEDOUT);
}

/* ---- calls ---- */

static struct drpc_call *
call_free(struct drpc_call *c)
{
	if (c->session != NULL)
		c->session->call = NULL;
	if (c->server != NULL)
		LIST_REMOVE(c, link);
	if (c->msg != NULL)
		drpc__call__free_unpacked(c->msg, NULL);
	free(c);
	return NULL;
}

/* Queues the answer of the session's call. -ENOMEM leaves nothing queued. */
static int
session_answer(struct drpc_session *s, int64_t sequence, Drpc__Status status, const uint8_t *body,
	       size_t len)
{
	Drpc__Response resp = DRPC__RESPONSE__INIT;
	uint8_t       *packed;
	size_t         size;

	resp.sequence  = sequence;
	resp.status    = status;
	resp.body.data = (uint8_t *)body;
	resp.body.len  = len;
	size           = drpc__response__get_packed_size(&resp);
	packed         = malloc(MAX(size, 1UL));
	if (packed == NULL)
		return -ENOMEM;
	(void)drpc__response__pack(&resp, packed);
	drpc_output_begin_take(&s->out, packed, size);
	if (status != DRPC__STATUS__SUCCESS)
		s->server->counters.failed++;
	return 0;
}

static void
call_finish(struct drpc_call *c, Drpc__Status status, const uint8_t *body, size_t len)
{
	struct drpc_session *s           = c->session;
	bool                 dispatching = c->dispatching;
	int                  r;

	if (s == NULL) {
		call_free(c);
		return;
	}
	r = session_answer(s, c->msg->sequence, status, body, len);
	call_free(c);
	if (r == 0 && !dispatching)
		r = session_flush(s);
	if (r < 0 && !dispatching) /* while dispatching, serve_message() sends the answer or ends */
		session_fail(s, r);
}

void
drpc_call_fail(struct drpc_call *c, Drpc__Status status)
{
	assert(status != DRPC__STATUS__SUCCESS);
	call_finish(c, status, NULL, 0);
}

void
drpc_call_reply(struct drpc_call *c, const ProtobufCMessage *resp)
{
	size_t                    len = resp != NULL ? protobuf_c_message_get_packed_size(resp) : 0;
	_cleanup_(freep) uint8_t *body = NULL;

	if (len > 0) {
		body = malloc(len);
		if (body == NULL) {
			drpc_call_fail(c, DRPC__STATUS__FAILED_MARSHAL);
			return;
		}
		(void)protobuf_c_message_pack(resp, body);
	}
	call_finish(c, DRPC__STATUS__SUCCESS, body, len);
}

int32_t
drpc_call_module(const struct drpc_call *c)
{
	return c->msg->module;
}

int32_t
drpc_call_method(const struct drpc_call *c)
{
	return c->msg->method;
}

const void *
drpc_call_body(const struct drpc_call *c, size_t *ret_len)
{
	*ret_len = c->msg->body.len;
	return c->msg->body.data;
}

ProtobufCMessage *
drpc_call_unpack(struct drpc_call *c, const ProtobufCMessageDescriptor *d)
{
	ProtobufCMessage *m =
	    protobuf_c_message_unpack(d, NULL, c->msg->body.len, c->msg->body.data);

	if (m == NULL)
		drpc_call_fail(c, DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
	return m;
}

/* ---- dispatch ---- */

static const struct module *
find_module(struct drpc_server *s, int32_t id)
{
	vec_foreach (&s->modules, m)
		if (m->id == id)
			return m;
	return NULL;
}

static void
dispatch(struct drpc_server *s, struct drpc_call *c)
{
	const struct module *m = find_module(s, c->msg->module);

	if (m == NULL) {
		drpc_call_fail(c, DRPC__STATUS__UNKNOWN_MODULE);
		return;
	}
	for (size_t i = 0; i < m->n_methods; i++) {
		if (m->methods[i].method == c->msg->method) {
			m->methods[i].fn(c, m->arg);
			return;
		}
	}
	drpc_call_fail(c, DRPC__STATUS__UNKNOWN_METHOD);
}

/* Makes the call that arrived and serves it. On error the session is still there. */
static int
serve_message(struct drpc_session *s)
{
	struct drpc_server *server = s->server;
	struct drpc_call   *c      = calloc(1, sizeof(*c));
	int                 r;

	if (c == NULL)
		return -ENOMEM;
	server->counters.calls++;
	*c = (struct drpc_call){.server = server, .session = s, .dispatching = true};
	LIST_INSERT_HEAD(&server->calls, c, link);
	c->msg = drpc__call__unpack(NULL, s->in.len, s->in.data);
	drpc_assembler_reset(&s->in);
	s->call = c;
	if (c->msg == NULL) {
		r = session_answer(s, -1, DRPC__STATUS__FAILED_UNMARSHAL_CALL, NULL, 0);
		call_free(c);
		return r < 0 ? r : session_flush(s);
	}
	dispatch(server, c);
	if (s->call != NULL) { /* answered later */
		s->call->dispatching = false;
		session_set_state(s, SESSION_SERVING);
		return 0;
	}
	return s->out.active ? session_flush(s) : -ENOMEM;
}

static void
session_read(struct drpc_session *s)
{
	for (int i = 0; i < READS_PER_EVENT && s->state == SESSION_READING; i++) {
		bool complete = false;
		int  r        = drpc_socket_read(s->fd, &s->in, &complete);

		if (r == -EAGAIN)
			return;
		if (r == 0 && complete)
			r = serve_message(s);
		if (r < 0) {
			session_fail(s, r == -ECONNRESET ? -ENOTCONN : r);
			return;
		}
	}
}

static void
session_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct drpc_session *s = arg;
	int                  r;

	if (s->state == SESSION_READING) {
		session_read(s);
	} else if (s->state == SESSION_SENDING) {
		r = session_flush(s);
		if (r < 0)
			session_fail(s, r);
	}
}

/* ---- listener ---- */

static int
session_new(struct drpc_server *server, int fd)
{
	struct drpc_session *s = calloc(1, sizeof(*s));
	int                  r;

	if (s == NULL)
		return -ENOMEM;
	*s = (struct drpc_session){.server = server, .fd = fd, .state = SESSION_READING};
	s->in.max_bytes = server->opts.max_message_bytes;
	r               = loop_timer_new(server->loop, session_stalled, s, &s->stalled);
	if (r == 0)
		r = loop_fd_new(server->loop, fd, session_ready, s, &s->watch);
	if (r == 0)
		r = loop_fd_want(s->watch, LOOP_READABLE);
	if (r < 0) {
		loop_fd_free(s->watch);
		loop_timer_free(s->stalled);
		free(s);
		return r;
	}
	LIST_INSERT_HEAD(&server->sessions, s, link);
	server->n_sessions++;
	server->counters.sessions++;
	return 0;
}

static void
accept_again(struct loop_timer *t, void *arg)
{
	struct drpc_server *s = arg;

	(void)loop_fd_want(s->watch,
			   LOOP_READABLE); /* fails only for a descriptor that is closing */
}

static void
listener_ready(struct loop_fd *w, int listen_fd, int events, int error, void *arg)
{
	struct drpc_server *s = arg;

	for (int i = 0; i < READS_PER_EVENT; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
			(void)loop_fd_want(w, 0); /* it stays readable: do not spin */
			loop_timer_start(s->accept_pause, ACCEPT_PAUSE_MS, 0);
			return;
		}
		if (fd < 0)
			return;
		if (s->n_sessions >= s->opts.max_sessions) {
			s->counters.refused++;
			close(fd);
		} else if (session_new(s, fd) < 0) {
			close(fd);
		}
	}
}

int
drpc_server_new(struct loop *l, const struct drpc_server_opts *opts, struct drpc_server **ret,
		struct fault *f)
{
	struct drpc_server *s = calloc(1, sizeof(*s));
	int                 r;

	if (s == NULL)
		return fault_plain(f, -ENOMEM, "socket %s: out of memory", opts->path);
	*s = (struct drpc_server){.loop = l, .fd = -EBADF, .opts = *opts};
	r  = drpc_socket_listen(opts->path, &s->fd, f);
	if (r < 0) {
		free(s);
		return r;
	}
	memcpy(s->path, opts->path,
	       strlen(opts->path) + 1); /* listening on it proves that it fits */
	s->opts.path = s->path;
	if (s->opts.max_sessions == 0)
		s->opts.max_sessions = DEFAULT_MAX_SESSIONS;
	if (s->opts.max_message_bytes == 0)
		s->opts.max_message_bytes = DRPC_MAX_MESSAGE;
	if (s->opts.write_timeout_ms == 0)
		s->opts.write_timeout_ms = DEFAULT_WRITE_TIMEOUT_MS;
	r = loop_timer_new(l, accept_again, s, &s->accept_pause);
	if (r == 0)
		r = loop_fd_new(l, s->fd, listener_ready, s, &s->watch);
	if (r == 0)
		r = loop_fd_want(s->watch, LOOP_READABLE);
	if (r < 0) {
		drpc_server_free(s, true);
		return fault_plain(f, r, "socket %s: %s", opts->path, strerror(-r));
	}
	*ret = s;
	return 0;
}

int
drpc_server_add_module(struct drpc_server *s, int32_t module, const struct drpc_method *methods,
		       size_t n, void *arg)
{
	if (find_module(s, module) != NULL)
		return -EEXIST;
	return vec_push(
	    &s->modules,
	    (struct module){.id = module, .methods = methods, .n_methods = n, .arg = arg});
}

void
drpc_server_get_counters(const struct drpc_server *s, struct drpc_counters *ret)
{
	*ret = s->counters;
}

struct drpc_server *
drpc_server_free(struct drpc_server *s, bool unlink_path)
{
	struct drpc_call *c;

	if (s == NULL)
		return NULL;
	while (!LIST_EMPTY(&s->sessions))
		session_free(LIST_FIRST(&s->sessions));
	while ((c = LIST_FIRST(&s->calls)) != NULL) {
		assert(!c->dispatching);
		LIST_REMOVE(c, link);
		c->server = NULL;
	}
	loop_fd_free(s->watch);
	loop_timer_free(s->accept_pause);
	closep(&s->fd);
	if (unlink_path)
		(void)unlink(s->path); /* gone already is fine */
	vec_fini(&s->modules);
	free(s);
	return NULL;
}
