/*
 * One call to many hosts: a window of targets is in work at any time, each on a connection of its
 * own that is closed when its answer is there. Results are handed on as they come.
 */
#include <assert.h>
#include <string.h>

#include "io_private.h"

#define DEFAULT_WINDOW 64

struct slot {
	struct rpc_fanout  *fo;
	size_t              index;
	struct rpc_channel *ch;
};

struct rpc_fanout {
	struct rpc_io         *io;
	struct rpc_fanout_opts opts;
	uint64_t               end_ms; /* UINT64_MAX: none */
	size_t                 next;   /* target to start next */
	unsigned               n_active;
	unsigned               window;
	bool                   in_callback; /* a cancel from inside of one only marks */
	bool                   cancelled;
	struct rpc_msg         begin;
	bool                   begun;
	struct slot            slots[];
};

static void
slot_close(struct slot *s)
{
	if (s->ch == NULL)
		return;
	s->ch = rpc_channel_free(s->ch);
	s->fo->n_active--;
}

static void
destroy(struct rpc_fanout *fo)
{
	for (unsigned i = 0; i < fo->window; i++)
		slot_close(&fo->slots[i]);
	free(fo);
}

/* Hands one result on; false when the owner cancelled in it. */
static bool
report(struct rpc_fanout *fo, size_t index, const struct rpc_status *status,
       const ProtobufCMessage *resp)
{
	fo->in_callback = true;
	fo->opts.on_result(index, status, resp, fo->opts.arg);
	fo->in_callback = false;
	return !fo->cancelled;
}

static void answered(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg);

static uint64_t
time_left(const struct rpc_fanout *fo)
{
	uint64_t now = rpc_now_ms();

	if (fo->end_ms == UINT64_MAX)
		return 0; /* no deadline */
	return fo->end_ms > now ? fo->end_ms - now
				: 1; /* so that the target is reported as timed out */
}

static int
slot_start(struct slot *s, size_t index)
{
	struct rpc_fanout              *fo   = s->fo;
	const struct rpc_fanout_target *t    = &fo->opts.targets[index];
	struct rpc_channel_opts         opts = fo->opts.channel;
	int                             r;

	opts.host = t->host;
	opts.port = t->port;
	s->index  = index;
	r         = rpc_channel_new(fo->io, &opts, &s->ch);
	if (r < 0)
		return r;
	fo->n_active++;
	r = rpc_channel_call(s->ch, fo->opts.service, fo->opts.method, t->req, time_left(fo),
			     answered, s, NULL);
	if (r < 0)
		slot_close(s);
	return r;
}

/* Starts targets in a free slot until one is under way; false when the owner cancelled. */
static bool
fill_slot(struct slot *s)
{
	struct rpc_fanout *fo = s->fo;

	while (s->ch == NULL && fo->next < fo->opts.n_targets) {
		struct rpc_status status = RPC_STATUS_INIT;
		size_t            index  = fo->next++;
		int               r      = slot_start(s, index);
		bool              go_on;

		if (r == 0)
			return true;
		rpc_status_set(&status, RPC_RESOURCE_EXHAUSTED, "unable to start the call: %s",
			       strerror(-r));
		status.local = true;
		go_on        = report(fo, index, &status, NULL);
		rpc_status_fini(&status);
		if (!go_on)
			return false;
	}
	return true;
}

/* The end, when nothing is under way and nothing left to start. */
static void
finish_if_done(struct rpc_fanout *fo)
{
	void (*on_done)(void *arg) = fo->opts.on_done;
	void *arg                  = fo->opts.arg;

	if (fo->n_active > 0 || fo->next < fo->opts.n_targets)
		return;
	destroy(fo);
	on_done(arg);
}

static void
answered(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct slot       *s  = arg;
	struct rpc_fanout *fo = s->fo;
	bool               go_on;

	go_on = report(fo, s->index, status, resp);
	slot_close(s);
	if (!go_on || !fill_slot(s)) {
		destroy(fo);
		return;
	}
	finish_if_done(fo);
}

static void
begin(struct rpc_msg *m)
{
	struct rpc_fanout *fo = container_of(m, struct rpc_fanout, begin);

	fo->begun = true;
	if (fo->cancelled) {
		destroy(fo);
		return;
	}
	for (unsigned i = 0; i < fo->window; i++)
		if (!fill_slot(&fo->slots[i])) {
			destroy(fo);
			return;
		}
	finish_if_done(fo);
}

int
rpc_fanout_start(struct rpc_io *io, const struct rpc_fanout_opts *opts, struct rpc_fanout **ret)
{
	unsigned           window = opts->window != 0 ? opts->window : DEFAULT_WINDOW;
	struct rpc_fanout *fo;

	if (protobuf_c_service_descriptor_get_method_by_name(opts->service, opts->method) == NULL)
		return -EINVAL;
	window = (unsigned)MIN((size_t)window, MAX(opts->n_targets, (size_t)1));
	fo     = calloc(1, sizeof(*fo) + window * sizeof(fo->slots[0]));
	if (fo == NULL)
		return -ENOMEM;
	fo->io     = io;
	fo->opts   = *opts;
	fo->window = window;
	fo->end_ms = opts->deadline_ms != 0 ? rpc_now_ms() + opts->deadline_ms : UINT64_MAX;
	for (unsigned i = 0; i < window; i++)
		fo->slots[i].fo = fo;
	rpc_state_post(io, &fo->begin, begin);
	*ret = fo;
	return 0;
}

struct rpc_fanout *
rpc_fanout_cancel(struct rpc_fanout *fo)
{
	if (fo == NULL)
		return NULL;
	fo->cancelled = true;
	if (fo->begun && !fo->in_callback)
		destroy(fo);
	return NULL;
}
