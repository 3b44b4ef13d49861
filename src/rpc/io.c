/*
 * I/O loops: their threads, buffers, and the queues that carry calls to the state loop and back.
 * With no thread the only I/O loop is the state loop itself; everything still goes through the
 * queues, so callbacks never run from inside a function the caller is in.
 */
#include "io_private.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "wire_private.h"

uint64_t
rpc_now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* ---- queues ---- */

static struct rpc_msg *
queue_take(struct rpc_queue *q)
{
	struct rpc_msg *list;

	pthread_mutex_lock(&q->lock);
	list    = q->head;
	q->head = NULL;
	q->tail = &q->head;
	pthread_mutex_unlock(&q->lock);
	return list;
}

/* Returns whether there was anything. */
static bool
queue_run(struct rpc_queue *q)
{
	struct rpc_msg *m   = queue_take(q), *next;
	bool            any = m != NULL;

	for (; m != NULL; m = next) {
		next = m->next; /* the message may be gone when its function returns */
		m->fn(m);
	}
	if (any && q->after != NULL)
		q->after(q);
	return any;
}

static void
queue_woken(uv_poll_t *poll, int status, int events)
{
	struct rpc_queue *q = container_of(poll, struct rpc_queue, poll);
	eventfd_t         count;

	(void)eventfd_read(q->fd, &count); /* only clears it */
	(void)queue_run(q);
}

static void
queue_post(struct rpc_queue *q, struct rpc_msg *m, rpc_msg_fn fn)
{
	bool was_empty;

	m->fn   = fn;
	m->next = NULL;
	pthread_mutex_lock(&q->lock);
	was_empty = q->head == NULL;
	*q->tail  = m;
	q->tail   = &m->next;
	pthread_mutex_unlock(&q->lock);
	if (was_empty)
		(void)eventfd_write(q->fd, 1); /* fails only at 2^64, and then it is readable */
}

static int
queue_init(struct rpc_queue *q, uv_loop_t *uv)
{
	int r;

	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0)
		return -errno;
	r = uv_poll_init(uv, &q->poll, q->fd);
	if (r < 0) {
		(void)close(q->fd); /* an eventfd loses nothing */
		return r;
	}
	pthread_mutex_init(&q->lock, NULL);
	q->tail = &q->head;
	return uv_poll_start(&q->poll, UV_READABLE,
			     queue_woken); /* cannot fail: it is not closing */
}

/* On the thread of its loop, when nobody posts any more. */
static void
queue_close(struct rpc_queue *q, uv_close_cb cb)
{
	uv_close((uv_handle_t *)&q->poll, cb);
	(void)close(q->fd); /* an eventfd loses nothing */
	q->fd = -EBADF;
}

void
rpc_loop_post(struct rpc_loop *l, struct rpc_msg *m, rpc_msg_fn fn)
{
	queue_post(&l->in, m, fn);
}

void
rpc_state_post(struct rpc_io *io, struct rpc_msg *m, rpc_msg_fn fn)
{
	queue_post(&io->to_state, m, fn);
}

struct rpc_loop *
rpc_io_pick(struct rpc_io *io)
{
	return io->loops[io->next++ % io->n_loops];
}

int
rpc_loop_out(struct rpc_loop *l, const void *data, size_t len)
{
	if (l->out_len + len > l->out_cap) {
		size_t   cap = MAX(l->out_cap * 2, l->out_len + len + 16384);
		uint8_t *out = realloc(l->out, cap);

		if (out == NULL)
			return -ENOMEM;
		l->out     = out;
		l->out_cap = cap;
	}
	memcpy(l->out + l->out_len, data, len);
	l->out_len += len;
	return 0;
}

/* ---- loops ---- */

static struct rpc_loop *
loop_destroy(struct rpc_loop *l)
{
	if (l != NULL) {
		free(l->out);
		free(l);
	}
	return NULL;
}

static void *
thread_main(void *arg)
{
	struct rpc_loop *l = arg;

	(void)uv_run(&l->own, UV_RUN_DEFAULT); /* until the last handle has closed */
	return NULL;
}

static int
start_thread(struct rpc_loop *l)
{
	sigset_t all, old;
	int      r;

	/* signals are the state loop's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&l->thread, NULL, thread_main, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static void
close_own(struct rpc_loop *l)
{
	queue_close(&l->in, NULL);
	(void)uv_run(&l->own, UV_RUN_DEFAULT);
	(void)uv_loop_close(&l->own); /* nothing is open on it */
	pthread_mutex_destroy(&l->in.lock);
}

static int
new_own_loop(struct rpc_loop *l)
{
	int r = uv_loop_init(&l->own);

	if (r < 0)
		return r;
	l->uv = &l->own;
	r     = queue_init(&l->in, l->uv);
	if (r < 0) {
		(void)uv_loop_close(&l->own); /* nothing is open on it */
		return r;
	}
	r = start_thread(l);
	if (r < 0)
		close_own(l);
	return r;
}

static int
new_state_loop(struct rpc_loop *l, struct rpc_io *io)
{
	int r;

	l->uv = loop_uv(io->state);
	r     = queue_init(&l->in, l->uv);
	if (r < 0)
		return r;
	io->open_handles++;
	return 0;
}

/* Writes of a batch of messages go out together, one write a connection. */
static void
flush_dirty(struct rpc_queue *q)
{
	rpc_wire_flush_dirty(container_of(q, struct rpc_loop, in));
}

static int
add_loop(struct rpc_io *io)
{
	struct rpc_loop *l = calloc(1, sizeof(*l));
	int              r;

	if (l == NULL)
		return -ENOMEM;
	l->io       = io;
	l->in.after = flush_dirty;
	l->index    = io->n_loops;
	r           = io->n_threads > 0 ? new_own_loop(l) : new_state_loop(l, io);
	if (r < 0) {
		loop_destroy(l);
		return r;
	}
	io->loops[io->n_loops++] = l;
	return 0;
}

/* libuv writes to sockets without MSG_NOSIGNAL, and a peer may close at any time. A handler of the program stays. */
static void
ignore_sigpipe(void)
{
	struct sigaction old;

	if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN); /* fails only for numbers that are no signal */
}

int
rpc_io_new(struct loop *state, unsigned threads, struct rpc_io **ret)
{
	struct rpc_io *io;
	int            r;

	if (threads > RPC_IO_THREADS_MAX)
		return -EINVAL;
	ignore_sigpipe();
	io = calloc(1, sizeof(*io));
	if (io == NULL)
		return -ENOMEM;
	io->state     = state;
	io->n_threads = threads;
	r             = queue_init(&io->to_state, loop_uv(state));
	if (r < 0) {
		free(io);
		return r;
	}
	io->open_handles = 1;
	while (r == 0 && io->n_loops < MAX(threads, 1U))
		r = add_loop(io);
	if (r < 0) {
		rpc_io_free(io);
		return r;
	}
	*ret = io;
	return 0;
}

static void
release(struct rpc_io *io)
{
	assert(io->open_handles > 0);
	if (--io->open_handles > 0)
		return;
	for (unsigned i = 0; i < io->n_loops; i++)
		loop_destroy(io->loops[i]);
	free(io);
}

static void
handle_closed(uv_handle_t *h)
{
	release(h->data);
}

void
rpc_loop_hold(struct rpc_loop *l)
{
	if (l->io->n_threads == 0)
		l->io->open_handles++;
}

void
rpc_loop_release(struct rpc_loop *l)
{
	if (l->io->n_threads == 0)
		release(l->io);
}

static void
close_on_state(struct rpc_io *io, struct rpc_queue *q)
{
	q->poll.data = io;
	pthread_mutex_destroy(&q->lock);
	queue_close(q, handle_closed);
}

/* On the I/O thread: the last message of its queue. */
static void
stop_thread(struct rpc_msg *m)
{
	struct rpc_loop *l = container_of(m, struct rpc_loop, stop);

	queue_close(&l->in, NULL);
}

struct rpc_io *
rpc_io_free(struct rpc_io *io)
{
	bool more = true;

	if (io == NULL)
		return NULL;
	for (unsigned i = 0; i < io->n_threads && i < io->n_loops; i++) {
		rpc_loop_post(io->loops[i], &io->loops[i]->stop, stop_thread);
		pthread_join(io->loops[i]->thread, NULL);
		(void)uv_loop_close(&io->loops[i]->own); /* its last handle has closed */
		pthread_mutex_destroy(&io->loops[i]->in.lock);
	}
	/* what was on its way when the owner freed channels and servers */
	while (more) {
		more = queue_run(&io->to_state);
		if (io->n_threads == 0 && io->n_loops > 0)
			more |= queue_run(&io->loops[0]->in);
	}
	if (io->n_threads == 0 && io->n_loops > 0)
		close_on_state(io, &io->loops[0]->in);
	close_on_state(io, &io->to_state);
	return NULL;
}
