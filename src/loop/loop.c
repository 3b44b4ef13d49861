/*
 * The loop itself, posts from other threads, and blocking work on libuv's worker pool.
 */
#include "loop/loop.h"

#include <time.h>

#include "loop/loop_private.h"

struct loop_post_item {
	loop_fn		       fn;
	void		      *arg;
	struct loop_post_item *next;
};

static struct loop_post_item *
take_posts(struct loop *l)
{
	struct loop_post_item *list;

	pthread_mutex_lock(&l->lock);
	list	      = l->posts_head;
	l->posts_head = NULL;
	l->posts_tail = &l->posts_head;
	pthread_mutex_unlock(&l->lock);
	return list;
}

static void
run_posts(uv_async_t *async)
{
	struct loop_post_item *item = take_posts(container_of(async, struct loop, async)), *next;

	for (; item != NULL; item = next) {
		next = item->next;
		item->fn(item->arg);
		free(item);
	}
}

int
loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));
	int	     r;

	if (l == NULL)
		return -ENOMEM;
	l->posts_tail = &l->posts_head;
	pthread_mutex_init(&l->lock, NULL);
	r = uv_loop_init(&l->uv);
	if (r < 0)
		goto fail;
	r = uv_async_init(&l->uv, &l->async, run_posts);
	if (r < 0) {
		(void)uv_loop_close(&l->uv); /* nothing is open on it */
		goto fail;
	}
	uv_unref((uv_handle_t *)&l->async); /* waiting for posts alone does not keep the loop alive */
	*ret = l;
	return 0;
fail:
	pthread_mutex_destroy(&l->lock);
	free(l);
	return r;
}

struct loop *
loop_free(struct loop *l)
{
	if (l == NULL)
		return NULL;
	pthread_mutex_lock(&l->lock);
	l->closing = true;
	pthread_mutex_unlock(&l->lock);
	run_posts(&l->async);
	uv_close((uv_handle_t *)&l->async, NULL);
	while (uv_loop_close(&l->uv) == UV_EBUSY)
		uv_run(&l->uv, UV_RUN_ONCE);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return NULL;
}

void
loop_run(struct loop *l)
{
	uv_ref((uv_handle_t *)&l->async);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT); /* the count of handles left is of no use here */
	uv_unref((uv_handle_t *)&l->async);
}

void
loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

bool
loop_run_once(struct loop *l, bool wait)
{
	return uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT) != 0;
}

uint64_t
loop_now_ms(const struct loop *l)
{
	return uv_now(&l->uv);
}

uint64_t
loop_wall_ms(const struct loop *l)
{
	struct timespec ts;

	(void)l; /* a simulated loop will keep its own wall clock */
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void *
loop_uv(struct loop *l)
{
	return &l->uv;
}

int
loop_post(struct loop *l, loop_fn fn, void *arg)
{
	struct loop_post_item *item = calloc(1, sizeof(*item));
	bool		       was_empty;

	if (item == NULL)
		return -ENOMEM;
	*item = (struct loop_post_item){.fn = fn, .arg = arg};
	pthread_mutex_lock(&l->lock);
	if (l->closing) {
		pthread_mutex_unlock(&l->lock);
		free(item);
		return -ESHUTDOWN;
	}
	was_empty      = l->posts_head == NULL;
	*l->posts_tail = item;
	l->posts_tail  = &item->next;
	pthread_mutex_unlock(&l->lock);
	if (was_empty)
		(void)uv_async_send(&l->async); /* fails only on a closed handle */
	return 0;
}

/* ---- blocking work ---- */

struct work {
	uv_work_t req;
	loop_fn	  work;
	loop_fn	  done;
	void	 *arg;
};

static void
work_run(uv_work_t *req)
{
	struct work *w = container_of(req, struct work, req);

	w->work(w->arg);
}

static void
work_done(uv_work_t *req, int status)
{
	struct work *w = container_of(req, struct work, req);

	w->done(w->arg);
	free(w);
}

int
loop_work_submit(struct loop *l, loop_fn work, loop_fn done, void *arg)
{
	struct work *w = calloc(1, sizeof(*w));
	int	     r;

	if (w == NULL)
		return -ENOMEM;
	*w = (struct work){.work = work, .done = done, .arg = arg};
	r  = uv_queue_work(&l->uv, &w->req, work_run, work_done);
	if (r < 0)
		free(w);
	return r;
}
