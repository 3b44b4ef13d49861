/*
 * The consumer. The producer may write at any time, may be broken, or may be someone else: each
 * struct is copied out of the segment, after its place has been checked, and only the copy is
 * looked at.
 */
#include <math.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "telemetry/region_private.h"
#include "telemetry/telemetry.h"

#define DEPTH_MAX   32
#define LINKS_MAX   4 /* one inside the other */
#define BUCKETS_MAX 64

struct tm_reader {
	int              shmid; /* -1: memory of the caller */
	struct tm_region region;
};

struct walk {
	const struct tm_region *region;
	unsigned                links;     /* followed to get here */
	size_t                  nodes;     /* seen */
	size_t                  nodes_max; /* as many as fit into the segments visited */
	tm_sample_cb            cb;
	void                   *arg;
	char                    path[TM_PATH_MAX + 1];
};

/* ---- one metric ---- */

static int
read_stats(const struct tm_region *r, tm_address at, struct tm_sample *s)
{
	struct tm_stats_data d;
	double               n, variance;
	int                  rc = tm_fetch(r, at, &d, sizeof(d));

	if (rc < 0)
		return rc;
	s->has_stats = true;
	s->stats     = (struct tm_stats){.min            = d.min,
					 .max            = d.max,
					 .sum            = d.sum,
					 .samples        = d.samples,
					 .sum_of_squares = d.sum_of_squares};
	if (d.samples == 0)
		return 0;
	n             = (double)d.samples;
	s->stats.mean = (double)d.sum / n;
	variance      = d.sum_of_squares - n * s->stats.mean * s->stats.mean;
	if (d.samples > 1 && variance > 0)
		s->stats.std_dev = sqrt(variance / (n - 1));
	return 0;
}

static int
read_buckets(const struct tm_region *r, tm_address at, struct tm_bucket *buckets, size_t *ret_n)
{
	struct tm_histogram_data h;
	uint64_t                 sum = 0;
	int                      rc  = tm_fetch(r, at, &h, sizeof(h));

	if (rc == 0 && (h.count < 0 || h.count > BUCKETS_MAX))
		rc = -EBADMSG;
	for (int32_t i = 0; rc == 0 && i < h.count - 1; i++) {
		struct tm_bucket_data b;
		struct tm_node        n;
		struct tm_metric_data m;

		rc = tm_fetch(r, h.buckets + (uint64_t)i * sizeof(b), &b, sizeof(b));
		if (rc == 0)
			rc = tm_fetch(r, b.counter, &n, sizeof(n));
		if (rc == 0)
			rc = tm_fetch(r, n.metric, &m, sizeof(m));
		if (rc < 0)
			break;
		sum += m.value;
		buckets[i] = (struct tm_bucket){.max = b.max, .count = sum};
		*ret_n     = (size_t)i + 1;
	}
	return rc;
}

static bool
type_of(int32_t node_type, enum tm_type *ret)
{
	switch (node_type & ~(TM_NODE_REALTIME | TM_NODE_PROCESS_TIME | TM_NODE_THREAD_TIME)) {
	case TM_NODE_COUNTER:
		*ret = TM_COUNTER;
		return true;
	case TM_NODE_TIMESTAMP:
		*ret = TM_TIMESTAMP;
		return true;
	case TM_NODE_SNAPSHOT:
		*ret = TM_SNAPSHOT;
		return true;
	case TM_NODE_DURATION:
		*ret = TM_DURATION;
		return true;
	case TM_NODE_GAUGE:
		*ret = TM_GAUGE;
		return true;
	case TM_NODE_STATS_GAUGE:
		*ret = TM_STATS_GAUGE;
		return true;
	case TM_NODE_MEMINFO:
		*ret = TM_MEMINFO;
		return true;
	default:
		return false; /* of a later release */
	}
}

static uint64_t
value_of(enum tm_type type, const struct tm_metric_data *m)
{
	switch (type) {
	case TM_DURATION:
		return (uint64_t)m->time[0].tv_sec * 1000000000 + (uint64_t)m->time[0].tv_nsec;
	case TM_SNAPSHOT:
		return (uint64_t)m->time[0].tv_sec * 1000000 + (uint64_t)m->time[0].tv_nsec / 1000;
	case TM_MEMINFO:
		return m->memory.uordblks;
	default:
		return m->value;
	}
}

static int
report(struct walk *w, const struct tm_node *n)
{
	char                  description[TM_DESCRIPTION_MAX + 1], units[TM_UNITS_MAX + 1];
	struct tm_bucket      buckets[BUCKETS_MAX];
	struct tm_metric_data m;
	struct tm_sample      s = {
		 .path = w->path, .description = description, .units = units, .buckets = buckets};
	int r;

	if (!type_of(n->type, &s.type))
		return 0;
	r = tm_fetch(w->region, n->metric, &m, sizeof(m));
	if (r == 0)
		r = tm_fetch_text(w->region, m.description, description, sizeof(description));
	if (r == 0)
		r = tm_fetch_text(w->region, m.units, units, sizeof(units));
	if (r == 0 && m.stats != 0)
		r = read_stats(w->region, m.stats, &s);
	if (r == 0 && m.histogram != 0)
		r = read_buckets(w->region, m.histogram, buckets, &s.n_buckets);
	if (r < 0)
		return r;
	s.value = value_of(s.type, &m);
	w->cb(&s, w->arg);
	return 0;
}

/* ---- the tree ---- */

static int walk_list(struct walk *w, tm_address first, size_t path_len, unsigned depth);

/*
 * Continues in the segment that a link names: its root is a directory of the link's name. A segment
 * that is gone, as that of a pool which was just destroyed, is passed over.
 */
static int
walk_link(struct walk *w, const struct tm_node *n, size_t path_len, unsigned depth)
{
	const struct tm_region *outer = w->region;
	struct tm_metric_data   m;
	struct tm_header        h;
	struct tm_region        inner;
	int                     shmid, r;

	if (n->metric == 0)
		return 0;
	r = tm_fetch(outer, n->metric, &m, sizeof(m));
	if (r < 0 || m.value == 0 || m.value > UINT32_MAX || w->links == LINKS_MAX)
		return r;
	if (tm_region_attach((key_t)(uint32_t)m.value, &shmid, &inner) < 0)
		return 0;
	memcpy(&h, inner.p, sizeof(h));
	if ((h.flags & TM_HEADER_DELETED) == 0) {
		w->region = &inner;
		w->nodes_max += inner.bytes / sizeof(struct tm_node);
		w->links++;
		r = walk_list(w, h.root, path_len, depth);
		w->links--;
		w->region = outer;
	}
	(void)shmdt(inner.p); /* fails only for an address that is none */
	return r;
}

static int
walk_node(struct walk *w, const struct tm_node *n, size_t path_len, unsigned depth)
{
	char   name[TM_NAME_MAX + 1];
	size_t len;
	int    r;

	if (n->type == TM_NODE_LINK)
		return walk_link(w, n, path_len, depth);
	if (n->type != TM_NODE_DIRECTORY &&
	    atomic_load_explicit(&n->readable, memory_order_relaxed) == 0)
		return 0;
	r = tm_fetch_text(w->region, n->name, name, sizeof(name));
	if (r < 0)
		return r;
	len = strlen(name);
	if (len + 1 > TM_PATH_MAX - path_len)
		return -EBADMSG;
	/* the path starts below the root of the first segment */
	if (depth > 0) {
		if (path_len > 0)
			w->path[path_len++] = '/';
		memcpy(w->path + path_len, name, len + 1);
		path_len += len;
	}
	if (n->type == TM_NODE_DIRECTORY)
		r = walk_list(w, n->child, path_len, depth + 1);
	else
		r = report(w, n);
	return r;
}

/* A node and its siblings. */
static int
walk_list(struct walk *w, tm_address first, size_t path_len, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return -EBADMSG;
	for (tm_address at = first; at != 0;) {
		struct tm_node n;
		int            r;

		if (++w->nodes > w->nodes_max)
			return -EBADMSG;
		r = tm_fetch(w->region, at, &n, sizeof(n));
		if (r == 0)
			r = walk_node(w, &n, path_len, depth);
		if (r < 0)
			return r;
		at = n.sibling;
	}
	return 0;
}

/* ---- interface ---- */

int
tm_reader_open(unsigned instance, struct tm_reader **ret, struct fault *f)
{
	key_t             key = (key_t)(TM_KEY_BASE + instance);
	struct tm_reader *rd  = calloc(1, sizeof(*rd));
	int               r;

	if (rd == NULL)
		return fault_plain(f, -ENOMEM, "metrics: out of memory");
	r = tm_region_attach(key, &rd->shmid, &rd->region);
	if (r < 0) {
		free(rd);
		return fault_plain(f, r, "metrics of engine %u: shared memory with key 0x%x: %s",
				   instance, (unsigned)key, strerror(-r));
	}
	*ret = rd;
	return 0;
}

int
tm_reader_open_memory(const void *segment, size_t bytes, struct tm_reader **ret)
{
	struct tm_region  region;
	struct tm_reader *rd;
	int               r = tm_region_init(segment, bytes, &region);

	if (r < 0)
		return r;
	rd = calloc(1, sizeof(*rd));
	if (rd == NULL)
		return -ENOMEM;
	*rd  = (struct tm_reader){.shmid = -1, .region = region};
	*ret = rd;
	return 0;
}

struct tm_reader *
tm_reader_free(struct tm_reader *r)
{
	if (r != NULL && r->shmid >= 0)
		(void)shmdt(r->region.p); /* fails only for an address that is none */
	free(r);
	return NULL;
}

bool
tm_reader_is_stale(const struct tm_reader *r)
{
	struct tm_header h;
	struct shmid_ds  ds;

	memcpy(&h, r->region.p, sizeof(h));
	if ((h.flags & TM_HEADER_DELETED) != 0)
		return true;
	if (r->shmid < 0)
		return false;
	return shmctl(r->shmid, IPC_STAT, &ds) != 0 || (ds.shm_perm.mode & SHM_DEST) != 0;
}

int
tm_reader_walk(struct tm_reader *r, tm_sample_cb cb, void *arg)
{
	struct walk      w = {.region    = &r->region,
			      .nodes_max = r->region.bytes / sizeof(struct tm_node),
			      .cb        = cb,
			      .arg       = arg};
	struct tm_header h;

	memcpy(&h, r->region.p, sizeof(h));
	return walk_list(&w, h.root, 0, 0);
}
