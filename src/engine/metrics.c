/*
 * The engine's metrics: only what is measured here. Those that count by themselves elsewhere (dRPC,
 * memory) are copied into the segment once a second.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "engine/elog.h"
#include "engine/engine_private.h"
#include "telemetry/telemetry.h"

#define REFRESH_MS 1000

struct eng_metrics {
	struct tm_writer  *writer;
	struct loop_timer *refresh;
	struct tm_metric  *started, *serving, *rank;
	struct tm_metric  *memory, *resident, *meminfo;
	struct tm_metric  *sessions, *calls, *failed, *broken;
};

/* Bytes of this process in memory, or 0. */
static uint64_t
resident_bytes(void)
{
	_cleanup_(freep) char *text = NULL;
	unsigned long          total, resident;

	if (fs_read_file("/proc/self/statm", 256, &text, NULL) < 0 ||
	    sscanf(text, "%lu %lu", &total, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
refresh(struct loop_timer *t, void *arg)
{
	struct engine       *e = arg;
	struct eng_metrics  *m = e->metrics;
	struct drpc_counters n;

	drpc_server_get_counters(e->listener, &n);
	tm_counter_set(m->sessions, n.sessions);
	tm_counter_set(m->calls, n.calls);
	tm_counter_set(m->failed, n.failed);
	tm_counter_set(m->broken, n.broken);
	tm_set(m->memory, mallinfo2().uordblks);
	tm_set(m->resident, resident_bytes());
	tm_set_meminfo(m->meminfo);
}

static int
add_all(struct eng_metrics *m)
{
	const struct {
		struct tm_metric **metric;
		enum tm_type       type;
		const char        *description, *units, *path;
	} rows[] = {
	    {&m->started, TM_TIMESTAMP, "Time of this engine's start", NULL, "started_at"},
	    {&m->serving, TM_TIMESTAMP, "Time since which this engine serves", NULL,
	     "servicing_at"},
	    {&m->rank, TM_GAUGE, "Rank of this engine", NULL, "rank"},
	    {&m->memory, TM_GAUGE, "Memory allocated", "byte", "mem/total_mem/xs_0"},
	    {&m->resident, TM_GAUGE, "Memory of the process that is resident", "byte",
	     "mem/resident"},
	    {&m->meminfo, TM_MEMINFO, "State of the allocator", NULL, "mem/meminfo/xs_0"},
	    {&m->sessions, TM_COUNTER, "dRPC connections accepted", "connections", "drpc/sessions"},
	    {&m->calls, TM_COUNTER, "dRPC calls served", "calls", "drpc/calls"},
	    {&m->failed, TM_COUNTER, "dRPC calls that failed", "calls", "drpc/failed"},
	    {&m->broken, TM_COUNTER, "dRPC connections that broke the framing or a limit",
	     "connections", "drpc/broken"},
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++)
		r = tm_add(m->writer, rows[i].type, rows[i].description, rows[i].units,
			   rows[i].metric, "%s", rows[i].path);
	return r;
}

void
eng_metrics_open(struct engine *e)
{
	struct eng_metrics *m = calloc(1, sizeof(*m));
	struct fault        f = FAULT_INIT;
	int                 r = -ENOMEM;

	if (m != NULL)
		r = tm_writer_new(e->opts.instance, tm_segment_bytes(e->opts.targets), &m->writer,
				  &f);
	if (r == 0)
		r = add_all(m);
	if (r == 0)
		r = loop_timer_new(e->loop, refresh, e, &m->refresh);
	if (r < 0) {
		eng_log(telem, ERROR, "no metrics: %s", f.set ? f.description : strerror(-r));
		if (m != NULL)
			tm_writer_free(m->writer);
		free(m);
		return;
	}
	e->metrics = m;
	tm_set_now(m->started);
	tm_set(m->rank, e->group.rank);
	loop_timer_start(m->refresh, 0, REFRESH_MS);
}

void
eng_metrics_close(struct engine *e)
{
	if (e->metrics == NULL)
		return;
	loop_timer_free(e->metrics->refresh);
	tm_writer_free(e->metrics->writer);
	free(e->metrics);
	e->metrics = NULL;
}

void
eng_metrics_serving(struct engine *e)
{
	if (e->metrics == NULL)
		return;
	tm_set_now(e->metrics->serving);
	tm_set(e->metrics->rank, e->group.rank);
}
