/*
 * The server as the state loop sees it: listener, registered services, stop and statistics.
 * Accepted descriptors go round robin to the I/O loops: sharing the port between several listeners
 * would let a second server bind it unnoticed.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "security/tls.h"
#include "server_private.h"

#define ACCEPT_BATCH    64
#define ACCEPT_RETRY_MS 100
#define LISTEN_BACKLOG  1024

/* An accepted descriptor on its way to an I/O loop. */
struct accepted {
	struct rpc_msg    msg;
	struct rpc_shard *shard;
	int               fd;
	SSL_CTX          *ctx;
	char              peer_ip[46];
};

struct rpc_server *
rpc_server_ref(struct rpc_server *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

struct rpc_server *
rpc_server_unref(struct rpc_server *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return NULL;
	for (size_t i = 0; i < s->n_methods; i++)
		free(s->methods[i].path);
	free(s->methods);
	nghttp2_option_del(s->options);
	free(s);
	return NULL;
}

/* ---- services ---- */

static int
compare_methods(const void *a, const void *b)
{
	return strcmp(((const struct rpc_method *)a)->path, ((const struct rpc_method *)b)->path);
}

static int
compare_path(const void *path, const void *m)
{
	return strcmp(path, ((const struct rpc_method *)m)->path);
}

const struct rpc_method *
rpc_server_find(const struct rpc_server *s, const char *path)
{
	if (path == NULL || s->n_methods == 0)
		return NULL;
	return bsearch(path, s->methods, s->n_methods, sizeof(s->methods[0]), compare_path);
}

static rpc_handler_fn
find_handler(const struct rpc_method_handler *handlers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(handlers[i].name, name))
			return handlers[i].fn;
	return NULL;
}

static size_t
status_offset(const ProtobufCMessageDescriptor *response)
{
	const ProtobufCFieldDescriptor *f =
	    protobuf_c_message_descriptor_get_field_by_name(response, "status");

	if (f == NULL || f->type != PROTOBUF_C_TYPE_INT32 || f->label == PROTOBUF_C_LABEL_REPEATED)
		return 0;
	return f->offset;
}

static int
add_method(struct rpc_server *s, const ProtobufCServiceDescriptor *service, unsigned i,
	   const struct rpc_method_handler *handlers, size_t n)
{
	const ProtobufCMethodDescriptor *desc = &service->methods[i];
	struct rpc_method               *m    = &s->methods[s->n_methods];

	*m = (struct rpc_method){
	    .path          = str_format("/%s/%s", service->name, desc->name),
	    .service       = service,
	    .desc          = desc,
	    .fn            = find_handler(handlers, n, desc->name),
	    .status_offset = status_offset(desc->output),
	};
	if (m->path == NULL)
		return -ENOMEM;
	s->n_methods++;
	return 0;
}

int
rpc_server_add_service(struct rpc_server *s, const ProtobufCServiceDescriptor *service,
		       const struct rpc_method_handler *handlers, size_t n)
{
	struct rpc_method *methods;
	int                r = 0;

	for (size_t i = 0; i < n; i++)
		if (protobuf_c_service_descriptor_get_method_by_name(service, handlers[i].name) ==
		    NULL)
			return -EINVAL;
	methods = realloc(s->methods, (s->n_methods + service->n_methods) * sizeof(*methods));
	if (methods == NULL)
		return -ENOMEM;
	s->methods = methods;
	for (unsigned i = 0; i < service->n_methods && r == 0; i++)
		r = add_method(s, service, i, handlers, n);
	qsort(s->methods, s->n_methods, sizeof(s->methods[0]), compare_methods);
	return r;
}

/* ---- accepting ---- */

static void
start_accepted(struct rpc_msg *m)
{
	struct accepted   *a = container_of(m, struct accepted, msg);
	struct rpc_server *s = a->shard->server;

	rpc_session_start(a->shard, a->fd, a->ctx, a->peer_ip);
	SSL_CTX_free(a->ctx);
	free(a);
	rpc_server_unref(s);
}

static void
hand_over(struct rpc_server *s, int fd, const struct sockaddr_in *peer)
{
	struct accepted *a = calloc(1, sizeof(*a));

	if (a == NULL || atomic_load(&s->connections_open) >= s->limits.max_connections) {
		(void)close(fd); /* nothing was said on it */
		free(a);
		return;
	}
	a->fd    = fd;
	a->shard = &s->shards[rpc_io_pick(s->io)->index];
	if (s->tls != NULL) {
		a->ctx = sec_tls_server_ctx(
		    s->tls); /* as of now: a reload shows from the next connection on */
		SSL_CTX_up_ref(a->ctx);
	}
	(void)inet_ntop(AF_INET, &peer->sin_addr, a->peer_ip, sizeof(a->peer_ip)); /* it fits */
	atomic_fetch_add(&s->connections_open, 1);
	atomic_fetch_add(&s->connections_total, 1);
	rpc_server_ref(s);
	rpc_loop_post(a->shard->loop, &a->msg, start_accepted);
}

static void
on_connection(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct rpc_server *s = arg;

	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_in peer;
		socklen_t          len = sizeof(peer);
		int c = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (c >= 0) {
			hand_over(s, c, &peer);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno !=
		    EAGAIN) { /* out of descriptors or memory: look again when some may be free */
			(void)loop_fd_want(w, 0);
			loop_timer_start(s->retry, ACCEPT_RETRY_MS, 0);
		}
		return;
	}
}

static void
accept_again(struct loop_timer *t, void *arg)
{
	struct rpc_server *s = arg;

	if (s->listen_watch != NULL)
		(void)loop_fd_want(s->listen_watch, LOOP_READABLE); /* worked before */
}

static int
listen_failed(struct fault *f, const struct rpc_server_opts *o, int err)
{
	return fault_plain(f, err, "unable to listen on %s:%u: %s", o->address, o->port,
			   strerror(-err));
}

static int
open_listener(struct rpc_server *s, const struct rpc_server_opts *o, struct fault *f)
{
	struct sockaddr_in a   = {.sin_family = AF_INET, .sin_port = htons(o->port)};
	socklen_t          len = sizeof(a);
	int                one = 1;

	if (inet_pton(AF_INET, o->address, &a.sin_addr) != 1)
		return listen_failed(f, o, -EADDRNOTAVAIL);
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0)
		return listen_failed(f, o, -errno);
	(void)setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one,
			 sizeof(one)); /* a quicker restart */
	if (bind(s->listen_fd, (struct sockaddr *)&a, len) < 0 ||
	    listen(s->listen_fd, LISTEN_BACKLOG) < 0 ||
	    getsockname(s->listen_fd, (struct sockaddr *)&a, &len) < 0)
		return listen_failed(f, o, -errno);
	s->port = ntohs(a.sin_port);
	return 0;
}

/* ---- life ---- */

static void
set_limits(struct rpc_limits *l)
{
#define DEFAULT(field, value)                                                                      \
	do {                                                                                       \
		if (l->field == 0)                                                                 \
			l->field = (value);                                                        \
	} while (0)
	DEFAULT(max_message_bytes, 4 * MIB);
	DEFAULT(max_header_bytes, 16 * KIB);
	DEFAULT(max_streams, 128);
	DEFAULT(max_connections, 4096);
	DEFAULT(max_buffered_bytes, 64 * MIB);
	DEFAULT(handshake_ms, 10000);
	DEFAULT(request_ms, 60000);
	DEFAULT(write_stall_ms, 60000);
	DEFAULT(idle_ms, 2 * 3600 * 1000);
	DEFAULT(min_ping_interval_ms, 5 * 60 * 1000);
#undef DEFAULT
}

static int
make_options(struct rpc_server *s)
{
	if (nghttp2_option_new(&s->options) < 0)
		return -ENOMEM;
	nghttp2_option_set_no_closed_streams(s->options, 1);
	nghttp2_option_set_max_outbound_ack(s->options, 100);
	nghttp2_option_set_max_settings(s->options, 32);
	nghttp2_option_set_stream_reset_rate_limit(s->options, 200, 50);
	nghttp2_option_set_max_continuations(s->options, 4);
	return 0;
}

int
rpc_server_new(struct rpc_io *io, const struct rpc_server_opts *opts, struct rpc_server **ret,
	       struct fault *f)
{
	struct rpc_server *s = calloc(1, sizeof(*s));
	int                r;

	if (s == NULL)
		return fault_plain(f, -ENOMEM, "out of memory");
	assert(opts->tls == NULL ||
	       sec_tls_server_ctx(opts->tls) != NULL); /* loaded as a server's */
	atomic_init(&s->refs, 1);
	s->io           = io;
	s->tls          = opts->tls;
	s->limits       = opts->limits;
	s->gate         = opts->gate;
	s->arg          = opts->arg;
	s->on_raft_link = opts->on_raft_link;
	s->listen_fd    = -EBADF;
	set_limits(&s->limits);
	for (unsigned i = 0; i < io->n_loops; i++) {
		s->shards[i].server = s;
		s->shards[i].loop   = io->loops[i];
	}
	r = make_options(s);
	if (r < 0)
		(void)fault_plain(f, r, "out of memory");
	else
		r = open_listener(s, opts, f);
	if (r < 0) {
		rpc_server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

int
rpc_server_start(struct rpc_server *s)
{
	int r = loop_timer_new(s->io->state, accept_again, s, &s->retry);

	if (r < 0)
		return r;
	r = loop_fd_new(s->io->state, s->listen_fd, on_connection, s, &s->listen_watch);
	return r < 0 ? r : loop_fd_want(s->listen_watch, LOOP_READABLE);
}

uint16_t
rpc_server_port(const struct rpc_server *s)
{
	return s->port;
}

void
rpc_server_get_stats(const struct rpc_server *s, struct rpc_server_stats *ret)
{
	*ret = (struct rpc_server_stats){
	    .connections_open  = atomic_load(&s->connections_open),
	    .connections_total = atomic_load(&s->connections_total),
	    .handshakes_failed = atomic_load(&s->handshakes_failed),
	    .calls_total       = atomic_load(&s->calls_total),
	    .calls_in_flight   = atomic_load(&s->calls_in_flight),
	};
}

/* ---- stop ---- */

static void
close_listener(struct rpc_server *s)
{
	s->listen_watch = loop_fd_free(s->listen_watch);
	s->retry        = loop_timer_free(s->retry);
	if (s->listen_fd >= 0)
		(void)close(s->listen_fd); /* a listening socket loses nothing */
	s->listen_fd = -EBADF;
}

/* On the state loop: one shard has no session left. */
static void
shard_stopped(struct rpc_msg *m)
{
	struct rpc_server *s = container_of(m, struct rpc_shard, stopped)->server;

	assert(s->shards_left > 0);
	if (--s->shards_left == 0 && s->stop_done != NULL)
		s->stop_done(s->stop_arg);
	rpc_server_unref(s);
}

static void
report_if_empty(struct rpc_shard *shard)
{
	if (shard->stopping && shard->sessions == NULL)
		rpc_state_post(shard->server->io, &shard->stopped, shard_stopped);
}

void
rpc_shard_session_gone(struct rpc_shard *shard)
{
	report_if_empty(shard);
	rpc_server_unref(shard->server);
}

/* On the I/O loop. */
static void
stop_shard(struct rpc_msg *m)
{
	struct rpc_shard *shard = container_of(m, struct rpc_shard, stop);

	shard->stopping = true;
	if (shard->sessions == NULL)
		report_if_empty(shard);
	else
		rpc_session_stop_all(shard);
}

void
rpc_server_stop(struct rpc_server *s, uint64_t grace_ms, loop_fn done, void *arg)
{
	assert(!s->stopping);
	s->stopping  = true;
	s->stop_done = done;
	s->stop_arg  = arg;
	close_listener(s);
	s->shards_left = s->io->n_loops;
	for (unsigned i = 0; i < s->io->n_loops; i++) {
		s->shards[i].grace_ms = grace_ms;
		rpc_server_ref(s); /* until the shard has reported */
		rpc_loop_post(s->shards[i].loop, &s->shards[i].stop, stop_shard);
	}
}

struct rpc_server *
rpc_server_free(struct rpc_server *s)
{
	if (s == NULL)
		return NULL;
	if (!s->stopping)
		rpc_server_stop(s, 0, NULL, NULL);
	s->stop_done = NULL;
	rpc_server_unref(s);
	return NULL;
}
