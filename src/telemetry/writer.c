/*
 * The producer. Memory is given out from the start of the segment to its end and never returned; a
 * metric becomes visible by one store, after all of it has been written.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "telemetry/region_private.h"
#include "telemetry/telemetry.h"

#define STANDARD_METRICS 1024 /* of an engine, beside those of its targets */
#define TARGET_METRICS   128
#define SEGMENT_MODE     0660

struct tm_writer {
	int               shmid;
	struct tm_header *header;
	struct tm_metric *metrics; /* list of all handles */
};

struct tm_metric {
	enum tm_type           type;
	struct tm_metric_data *data;
	struct tm_stats_data  *stats;
	struct tm_metric      *next;
};

static const int32_t node_types[_TM_TYPE_MAX] = {
    [TM_COUNTER]     = TM_NODE_COUNTER,
    [TM_GAUGE]       = TM_NODE_GAUGE,
    [TM_STATS_GAUGE] = TM_NODE_STATS_GAUGE,
    [TM_TIMESTAMP]   = TM_NODE_TIMESTAMP,
    [TM_SNAPSHOT]    = TM_NODE_SNAPSHOT | TM_NODE_REALTIME,
    [TM_DURATION]    = TM_NODE_DURATION | TM_NODE_REALTIME,
    [TM_MEMINFO]     = TM_NODE_MEMINFO,
};

uint64_t
tm_segment_bytes(unsigned targets)
{
	return (STANDARD_METRICS + (uint64_t)TARGET_METRICS * targets) * TM_METRIC_ESTIMATE;
}

/* ---- memory ---- */

/* Zeroed memory of the segment, or NULL when it is full. */
static void *
take(struct tm_writer *w, size_t bytes)
{
	struct tm_header *h = w->header;
	void             *p;

	bytes = (bytes + 7) & ~(size_t)7;
	if (bytes > h->free_bytes)
		return NULL;
	p = (void *)(uintptr_t)h->free;
	h->free += bytes;
	h->free_bytes -= bytes;
	memset(p, 0, bytes);
	return p;
}

static int
take_text(struct tm_writer *w, const char *text, size_t max, tm_address *ret)
{
	size_t len = text != NULL ? strlen(text) : 0;
	char  *p;

	*ret = 0;
	if (len == 0)
		return 0;
	if (len > max)
		return -ENAMETOOLONG;
	p = take(w, len + 1);
	if (p == NULL)
		return -ENOSPC;
	memcpy(p, text, len + 1);
	*ret = (tm_address)(uintptr_t)p;
	return 0;
}

static struct tm_node *
node_at(tm_address a)
{
	return (struct tm_node *)(uintptr_t)a; /* the producer's addresses are its own */
}

static int
new_node(struct tm_writer *w, const char *name, struct tm_node **ret)
{
	struct tm_node *n;
	tm_address      text;
	int             r = take_text(w, name, TM_NAME_MAX, &text);

	if (r < 0)
		return r;
	n = take(w, sizeof(*n));
	if (n == NULL)
		return -ENOSPC;
	n->name = text;
	n->type = TM_NODE_DIRECTORY;
	n->key  = w->header->key;
	*ret    = n;
	return 0;
}

/* ---- the segment ---- */

static int
make_segment(key_t key, uint64_t bytes, struct tm_writer *w)
{
	void *p;

	w->shmid = shmget(key, bytes, IPC_CREAT | IPC_EXCL | SEGMENT_MODE);
	if (w->shmid < 0)
		return -errno;
	p = shmat(w->shmid, NULL, 0);
	if (p == (void *)-1) {
		int r = -errno;

		(void)shmctl(w->shmid, IPC_RMID, NULL); /* ours, and not in use */
		return r;
	}
	w->header  = p;
	*w->header = (struct tm_header){.base        = (uintptr_t)p,
					.key         = key,
					.total_bytes = bytes,
					.free_bytes  = bytes - sizeof(struct tm_header),
					.free        = (uintptr_t)p + sizeof(struct tm_header)};
	/* an empty list points to its own head */
	w->header->regions_next = w->header->regions_prev =
	    (uintptr_t)p + offsetof(struct tm_header, regions_next);
	return 0;
}

int
tm_writer_new(unsigned instance, uint64_t bytes, struct tm_writer **ret, struct fault *f)
{
	key_t             key = (key_t)(TM_KEY_BASE + instance);
	struct tm_writer *w   = calloc(1, sizeof(*w));
	struct tm_node   *root;
	char              name[32];
	int               r;

	if (w == NULL)
		return fault_plain(f, -ENOMEM, "metrics: out of memory");
	if (bytes < sizeof(struct tm_header) + TM_METRIC_ESTIMATE)
		r = -EINVAL;
	else
		r = tm_region_remove(key);
	if (r == 0)
		r = make_segment(key, bytes, w);
	if (r < 0) {
		free(w);
		return fault_plain(f, r, "metrics: shared memory with key 0x%x: %s", (unsigned)key,
				   strerror(-r));
	}
	(void)snprintf(name, sizeof(name), "ID: %u", instance);
	r = new_node(w, name, &root);
	if (r < 0) {
		tm_writer_free(w);
		return fault_plain(f, r, "metrics: shared memory with key 0x%x: %s", (unsigned)key,
				   strerror(-r));
	}
	w->header->root = (uintptr_t)root;
	*ret            = w;
	return 0;
}

struct tm_writer *
tm_writer_free(struct tm_writer *w)
{
	if (w == NULL)
		return NULL;
	for (struct tm_metric *m = w->metrics, *next; m != NULL; m = next) {
		next = m->next;
		free(m);
	}
	w->header->flags |= TM_HEADER_DELETED;
	(void)shmdt(w->header);                 /* fails only for an address that is none */
	(void)shmctl(w->shmid, IPC_RMID, NULL); /* gone already is fine */
	free(w);
	return NULL;
}

/* ---- metrics ---- */

/* The child of that name, or a new one at the end of the list. */
static int
child_of(struct tm_writer *w, struct tm_node *parent, const char *name, struct tm_node **ret)
{
	tm_address     *link = &parent->child;
	struct tm_node *fresh;
	int             r;

	for (; *link != 0; link = &node_at(*link)->sibling) {
		if (strcmp((const char *)(uintptr_t)node_at(*link)->name, name) == 0) {
			*ret = node_at(*link);
			return 0;
		}
	}
	r = new_node(w, name, &fresh);
	if (r < 0)
		return r;
	__atomic_store_n(link, (uintptr_t)fresh, __ATOMIC_RELEASE); /* readers find it complete */
	*ret = fresh;
	return 0;
}

static int
node_for(struct tm_writer *w, char *path, struct tm_node **ret)
{
	struct tm_node *n    = node_at(w->header->root);
	char           *save = NULL;
	int             r    = -EINVAL;

	for (char *p = strtok_r(path, "/", &save); p != NULL; p = strtok_r(NULL, "/", &save)) {
		if (n->type != TM_NODE_DIRECTORY)
			return -ENOTDIR;
		r = child_of(w, n, p, &n);
		if (r < 0)
			return r;
	}
	if (r == 0 && (n->metric != 0 || n->child != 0))
		return -EEXIST;
	*ret = n;
	return r;
}

static int
fill_metric(struct tm_writer *w, struct tm_metric *m, const char *description, const char *units)
{
	bool stats = m->type == TM_STATS_GAUGE || m->type == TM_DURATION;
	int  r;

	m->data = take(w, sizeof(*m->data));
	if (stats)
		m->stats = take(w, sizeof(*m->stats));
	if (m->data == NULL || (stats && m->stats == NULL))
		return -ENOSPC;
	m->data->stats = (uintptr_t)m->stats;
	if (m->type == TM_TIMESTAMP)
		units = NULL;
	else if (m->type == TM_DURATION || m->type == TM_SNAPSHOT)
		units = "us";
	r = take_text(w, description, TM_DESCRIPTION_MAX, &m->data->description);
	if (r == 0)
		r = take_text(w, units, TM_UNITS_MAX, &m->data->units);
	return r;
}

int
tm_add(struct tm_writer *w, enum tm_type type, const char *description, const char *units,
       struct tm_metric **ret, const char *path, ...)
{
	char              text[TM_PATH_MAX + 1];
	struct tm_node   *n;
	struct tm_metric *m;
	va_list           ap;
	int               len, r;

	va_start(ap, path);
	len = vsnprintf(text, sizeof(text), path, ap);
	va_end(ap);
	if (len < 0 || len >= (int)sizeof(text))
		return -ENAMETOOLONG;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	m->type = type;
	r       = node_for(w, text, &n);
	if (r == 0)
		r = fill_metric(w, m, description, units);
	if (r < 0) {
		free(m);
		return r;
	}
	n->metric = (uintptr_t)m->data;
	n->type   = node_types[type];
	atomic_store_explicit(&n->readable, 1, memory_order_release);
	m->next    = w->metrics;
	w->metrics = m;
	*ret       = m;
	return 0;
}

static void
add_sample(struct tm_stats_data *s, uint64_t value)
{
	s->samples++;
	s->sum += value;
	s->sum_of_squares += (double)value * (double)value;
	s->max = MAX(s->max, value);
	if (s->samples == 1 || value < s->min)
		s->min = value;
}

void
tm_count(struct tm_metric *m, uint64_t n)
{
	if (m != NULL)
		m->data->value += n;
}

void
tm_counter_set(struct tm_metric *m, uint64_t value)
{
	if (m != NULL)
		m->data->value = value;
}

void
tm_set(struct tm_metric *m, uint64_t value)
{
	if (m == NULL)
		return;
	m->data->value = value;
	if (m->stats != NULL)
		add_sample(m->stats, value);
}

void
tm_set_now(struct tm_metric *m)
{
	if (m != NULL)
		m->data->value = (uint64_t)time(NULL);
}

void
tm_record(struct tm_metric *m, uint64_t ns)
{
	if (m == NULL)
		return;
	m->data->time[0] = (struct timespec){.tv_sec  = (time_t)(ns / 1000000000),
					     .tv_nsec = (long)(ns % 1000000000)};
	add_sample(m->stats, ns / 1000);
}

void
tm_set_meminfo(struct tm_metric *m)
{
	struct mallinfo2 mi;

	if (m == NULL)
		return;
	mi                       = mallinfo2();
	m->data->memory.arena    = mi.arena;
	m->data->memory.ordblks  = mi.ordblks;
	m->data->memory.uordblks = mi.uordblks;
	m->data->memory.fordblks = mi.fordblks;
}
