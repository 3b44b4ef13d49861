/*
 * Timers, descriptor watches and signals: thin owners of one libuv handle each. Freeing closes the handle; the memory
 * goes when libuv has called back, so a free inside the handle's own callback is allowed.
 */
#include "loop/loop_private.h"

static void
free_after_close(uv_handle_t *h)
{
	free(h->data);
}

static void
close_handle(uv_handle_t *h, void *owner)
{
	h->data = owner;
	uv_close(h, free_after_close);
}

/* ---- timers ---- */

struct loop_timer {
	uv_timer_t    uv;
	loop_timer_cb cb;
	void	     *arg;
};

static void
timer_fired(uv_timer_t *uv)
{
	struct loop_timer *t = container_of(uv, struct loop_timer, uv);

	t->cb(t, t->arg);
}

int
loop_timer_new(struct loop *l, loop_timer_cb cb, void *arg, struct loop_timer **ret)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->cb  = cb;
	t->arg = arg;
	(void)uv_timer_init(&l->uv, &t->uv); /* cannot fail */
	*ret = t;
	return 0;
}

void
loop_timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms)
{
	(void)uv_timer_start(&t->uv, timer_fired, after_ms, repeat_ms); /* fails only while closing */
}

void
loop_timer_stop(struct loop_timer *t)
{
	(void)uv_timer_stop(&t->uv);
}

bool
loop_timer_active(const struct loop_timer *t)
{
	return uv_is_active((const uv_handle_t *)&t->uv) != 0;
}

struct loop_timer *
loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		close_handle((uv_handle_t *)&t->uv, t);
	return NULL;
}

/* ---- descriptors ---- */

struct loop_fd {
	uv_poll_t  uv;
	int	   fd;
	loop_fd_cb cb;
	void	  *arg;
};

static void
fd_ready(uv_poll_t *uv, int status, int uv_events)
{
	struct loop_fd *w      = container_of(uv, struct loop_fd, uv);
	int		events = 0;

	if (uv_events & UV_READABLE)
		events |= LOOP_READABLE;
	if (uv_events & UV_WRITABLE)
		events |= LOOP_WRITABLE;
	if (uv_events & UV_DISCONNECT)
		events |= LOOP_HANGUP;
	w->cb(w, w->fd, events, status < 0 ? status : 0, w->arg);
}

int
loop_fd_new(struct loop *l, int fd, loop_fd_cb cb, void *arg, struct loop_fd **ret)
{
	struct loop_fd *w = calloc(1, sizeof(*w));
	int		r;

	if (w == NULL)
		return -ENOMEM;
	w->fd  = fd;
	w->cb  = cb;
	w->arg = arg;
	r      = uv_poll_init(&l->uv, &w->uv, fd);
	if (r < 0) {
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

int
loop_fd_want(struct loop_fd *w, int events)
{
	int uv_events = 0;

	if (events & LOOP_READABLE)
		uv_events |= UV_READABLE;
	if (events & LOOP_WRITABLE)
		uv_events |= UV_WRITABLE;
	if (events & LOOP_HANGUP)
		uv_events |= UV_DISCONNECT;
	return uv_events ? uv_poll_start(&w->uv, uv_events, fd_ready) : uv_poll_stop(&w->uv);
}

struct loop_fd *
loop_fd_free(struct loop_fd *w)
{
	if (w != NULL)
		close_handle((uv_handle_t *)&w->uv, w);
	return NULL;
}

/* ---- signals ---- */

struct loop_signal {
	uv_signal_t    uv;
	loop_signal_cb cb;
	void	      *arg;
};

static void
signal_arrived(uv_signal_t *uv, int signum)
{
	struct loop_signal *s = container_of(uv, struct loop_signal, uv);

	s->cb(signum, s->arg);
}

int
loop_signal_new(struct loop *l, int signum, loop_signal_cb cb, void *arg, struct loop_signal **ret)
{
	struct loop_signal *s = calloc(1, sizeof(*s));
	int		    r;

	if (s == NULL)
		return -ENOMEM;
	s->cb  = cb;
	s->arg = arg;
	(void)uv_signal_init(&l->uv, &s->uv); /* fails only without memory for the shared pipe, seen below */
	r = uv_signal_start(&s->uv, signal_arrived, signum);
	if (r < 0) {
		close_handle((uv_handle_t *)&s->uv, s);
		return r;
	}
	*ret = s;
	return 0;
}

struct loop_signal *
loop_signal_free(struct loop_signal *s)
{
	if (s != NULL)
		close_handle((uv_handle_t *)&s->uv, s);
	return NULL;
}
