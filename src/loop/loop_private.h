/* Inside of struct loop, for the files of this room. */
#pragma once

#include <pthread.h>
#include <uv.h>

#include "loop/loop.h"

struct loop_post_item;

struct loop {
	uv_loop_t	       uv;
	uv_async_t	       async;
	pthread_mutex_t	       lock; /* guards the list of posts */
	struct loop_post_item *posts_head, **posts_tail;
	bool		       closing;
};
