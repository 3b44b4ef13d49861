/*
 * The set of instances: making, starting and stopping them all, and telling watchers of state
 * changes.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "harness/harness_private.h"
#include "storage/storage.h"

int
har_harness_new(struct loop *l, const struct har_opts *opts, struct har_harness **ret,
		struct fault *f)
{
	struct har_harness *h;
	size_t              n = opts->cfg->n_engines;
	int                 r = -ENOMEM;

	if (n > HAR_INSTANCES_MAX)
		return fault_plain(f, -EINVAL, "%zu engines are configured, a host runs at most %d",
				   n, HAR_INSTANCES_MAX);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	h->loop         = l;
	h->opts         = *opts;
	h->server_path  = strdup(opts->server_path == NULL ? "" : opts->server_path);
	h->fault_domain = strdup(opts->fault_domain == NULL ? "" : opts->fault_domain);
	h->instances    = calloc(n + 1, sizeof(*h->instances));
	if (h->opts.ready_limit_ms == 0)
		h->opts.ready_limit_ms = HAR_READY_LIMIT_MS;
	if (h->opts.setup_limit_ms == 0)
		h->opts.setup_limit_ms = HAR_SETUP_LIMIT_MS;
	if (h->server_path == NULL || h->fault_domain == NULL || h->instances == NULL)
		goto fail;
	for (; h->n < n; h->n++) {
		r = har_instance_init(h, (unsigned)h->n, &h->instances[h->n]);
		if (r < 0) {
			h->n++; /* half-made, freed below */
			goto fail;
		}
	}
	*ret = h;
	return 0;
fail:
	(void)har_harness_free(h);
	return r;
}

struct har_harness *
har_harness_free(struct har_harness *h)
{
	if (h == NULL)
		return NULL;
	h->stopping  = true;
	h->stop_done = NULL;
	for (size_t i = 0; i < h->n; i++)
		har_instance_fini(&h->instances[i]);
	while (h->watches != NULL) {
		struct har_watch *w = h->watches;

		h->watches = w->next;
		free(w);
	}
	free(h->instances);
	free(h->server_path);
	free(h->fault_domain);
	free(h);
	return NULL;
}

void
har_harness_start(struct har_harness *h)
{
	h->started = true;
	for (size_t i = 0; i < h->n; i++)
		har_instance_request_start(&h->instances[i], false);
}

bool
har_harness_is_started(const struct har_harness *h)
{
	return h->started;
}

static void
all_stopped(void *arg)
{
	struct har_harness *h    = arg;
	loop_fn             done = h->stop_done;

	done(h->stop_arg);
}

void
har_harness_check_stopped(struct har_harness *h)
{
	if (!h->stopping || h->stop_done == NULL || !h->started)
		return;
	for (size_t i = 0; i < h->n; i++)
		if (!har_instance_is_idle(&h->instances[i]))
			return;
	h->started = false;
	if (loop_post(h->loop, all_stopped, h) < 0)
		h->stop_done(
		    h->stop_arg); /* no memory for the post: the end matters more than the order */
}

void
har_harness_stop(struct har_harness *h, loop_fn done, void *arg)
{
	h->stopping  = true;
	h->started   = true;
	h->stop_done = done;
	h->stop_arg  = arg;
	for (size_t i = 0; i < h->n; i++)
		har_instance_shut(&h->instances[i]);
	har_harness_check_stopped(h);
}

size_t
har_harness_count(const struct har_harness *h)
{
	return h->n;
}

struct har_instance *
har_harness_get(const struct har_harness *h, size_t idx)
{
	return idx < h->n ? &h->instances[idx] : NULL;
}

struct har_instance *
har_harness_find_rank(const struct har_harness *h, uint32_t rank)
{
	for (size_t i = 0; rank != DAOS_RANK_NIL && i < h->n; i++)
		if (har_instance_rank(&h->instances[i]) == rank)
			return &h->instances[i];
	return NULL;
}

/* ---- watches ---- */

int
har_watch_add(struct har_harness *h, har_watch_cb cb, void *arg, struct har_watch **ret)
{
	struct har_watch  *w = calloc(1, sizeof(*w));
	struct har_watch **at;

	if (w == NULL)
		return -ENOMEM;
	*w = (struct har_watch){.h = h, .cb = cb, .arg = arg};
	for (at = &h->watches; *at != NULL; at = &(*at)->next)
		;
	*at  = w;
	*ret = w;
	return 0;
}

static void
sweep_watches(struct har_harness *h)
{
	struct har_watch **at = &h->watches;

	while (*at != NULL) {
		struct har_watch *w = *at;

		if (!w->removed) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}

struct har_watch *
har_watch_remove(struct har_watch *w)
{
	if (w == NULL)
		return NULL;
	w->removed = true;
	if (w->h->notifying == 0)
		sweep_watches(w->h);
	return NULL;
}

void
har_harness_state_changed(struct har_instance *i, enum har_state from, enum har_state to)
{
	struct har_harness *h = i->h;

	h->notifying++;
	for (struct har_watch *w = h->watches; w != NULL; w = w->next)
		if (!w->removed)
			w->cb(i, from, to, w->arg);
	if (--h->notifying == 0)
		sweep_watches(h);
}
