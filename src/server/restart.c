/*
 * Starting engines again that ended themselves because the system had given them up
 * (server-lifecycle.md §7.7). Nothing else is restarted: a crash leaves its engine down for
 * somebody to look at.
 */
#include "common/log.h"
#include "server/server_private.h"

static uint64_t
delay_ms(const struct srv_server *s)
{
	int64_t seconds = s->cfg->engine_auto_restart_min_delay;

	return (uint64_t)(seconds > 0 ? seconds : CFG_RESTART_DELAY_SEC) * 1000;
}

static void
restart(struct srv_restart *r)
{
	r->restarted = true;
	r->last_ms   = loop_now_ms(r->s->loop);
	log_notice("engine %u ended itself and is started again", r->idx);
	har_instance_request_restart(har_harness_get(r->s->harness, r->idx));
}

static void
window_over(struct loop_timer *t, void *arg)
{
	restart(arg);
}

/* Restarts begin when every engine has been ready once. */
static bool
is_active(const struct srv_server *s)
{
	for (size_t i = 0; i < har_harness_count(s->harness); i++)
		if (!s->restarts[i].was_ready)
			return false;
	return true;
}

enum srv_restart_verdict
srv_restart_decide(bool restarted, uint64_t since_ms, uint64_t window_ms, bool waiting,
		   uint64_t *ret_wait_ms)
{
	if (!restarted || since_ms >= window_ms)
		return SRV_RESTART_NOW;
	if (waiting)
		return SRV_RESTART_DROP;
	*ret_wait_ms = window_ms - since_ms;
	return SRV_RESTART_LATER;
}

void
srv_restart_self_terminated(struct srv_server *s, uint32_t rank)
{
	struct har_instance *i = har_harness_find_rank(s->harness, rank);
	struct srv_restart  *r;
	uint64_t             wait_ms = 0;

	if (i == NULL) {
		log_error("rank %u ended itself, but is no rank of this host", rank);
		return;
	}
	if (s->cfg->disable_engine_auto_restart || !is_active(s))
		return;
	r = &s->restarts[har_instance_index(i)];
	switch (srv_restart_decide(r->restarted, loop_now_ms(s->loop) - r->last_ms, delay_ms(s),
				   loop_timer_active(r->timer), &wait_ms)) {
	case SRV_RESTART_NOW:
		restart(r);
		break;
	case SRV_RESTART_LATER:
		log_notice("engine %u ended itself again: it is started in %llu s", r->idx,
			   (unsigned long long)(wait_ms + 999) / 1000);
		loop_timer_start(r->timer, wait_ms, 0);
		break;
	case SRV_RESTART_DROP:
		break;
	}
}

void
srv_restart_forget(struct srv_server *s, unsigned idx)
{
	s->restarts[idx].restarted = false;
	loop_timer_stop(s->restarts[idx].timer);
}

void
srv_restart_engine_ready(struct srv_server *s, unsigned idx)
{
	s->restarts[idx].was_ready = true;
}

int
srv_restart_init(struct srv_server *s)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < HAR_INSTANCES_MAX; i++) {
		s->restarts[i] = (struct srv_restart){.s = s, .idx = i};
		r = loop_timer_new(s->loop, window_over, &s->restarts[i], &s->restarts[i].timer);
	}
	return r;
}

void
srv_restart_fini(struct srv_server *s)
{
	for (unsigned i = 0; i < HAR_INSTANCES_MAX; i++)
		s->restarts[i].timer = loop_timer_free(s->restarts[i].timer);
}
