/* Segments made by hand: histograms, damage of each kind, endless ways. */
#include "telemetry_fixture.h"

#define BASE 0x7f0000000000ULL

/* A segment with a root, one directory "d" and one counter "c" in it. */
struct segment {
	struct tm_header         h; /* 104 bytes */
	struct tm_node           root, dir, counter;
	struct tm_metric_data    metric;
	struct tm_stats_data     stats;
	struct tm_histogram_data histogram;
	struct tm_bucket_data    buckets[3];
	struct tm_node           bucket_nodes[3];
	struct tm_metric_data    bucket_metrics[3];
	char                     names[8][8];
};

#define AT(field) (BASE + offsetof(struct segment, field))

static void
fill(struct segment *s)
{
	memset(s, 0, sizeof(*s));
	s->h = (struct tm_header){.base = BASE, .total_bytes = sizeof(*s), .root = AT(root)};
	s->root =
	    (struct tm_node){.type = TM_NODE_DIRECTORY, .name = AT(names[0]), .child = AT(dir)};
	s->dir =
	    (struct tm_node){.type = TM_NODE_DIRECTORY, .name = AT(names[1]), .child = AT(counter)};
	s->counter = (struct tm_node){
	    .type = TM_NODE_COUNTER, .name = AT(names[2]), .metric = AT(metric), .readable = 1};
	s->metric.value = 42;
	strcpy(s->names[0], "ID: 0");
	strcpy(s->names[1], "d");
	strcpy(s->names[2], "c");
}

static int
walk(const struct segment *s, struct found *f)
{
	struct tm_reader *r;
	int               rc = tm_reader_open_memory(s, sizeof(*s), &r);

	memset(f, 0, sizeof(*f));
	if (rc < 0)
		return rc;
	rc = tm_reader_walk(r, note_sample, f);
	tm_reader_free(r);
	return rc;
}

static void
test_whole(void **state)
{
	static struct segment s;
	static struct found   f;

	fill(&s);
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.path[0], "d/c");
	assert_int_equal(f.sample[0].value, 42);
	s.counter.readable = 0;
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 0);
	s.counter.readable = 1;
	s.counter.type     = 0x1000; /* of a later release */
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 0);
	s.counter.type = TM_NODE_LINK; /* to a segment that is gone */
	s.metric.value = 0x7ffffff1;
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 0);
}

/* A link goes on in another segment, below the name of that one's root. */
static void
test_link(void **state)
{
	static struct segment s;
	static struct found   f;
	unsigned              id = unique_instance() + 9000000;
	struct tm_writer     *w;
	struct tm_metric     *m;
	char                  path[64];

	assert_int_equal(tm_writer_new(id, 65536, &w, NULL), 0);
	assert_int_equal(tm_add(w, TM_GAUGE, "", NULL, &m, "x/y"), 0);
	tm_set(m, 5);
	fill(&s);
	s.counter.type = TM_NODE_LINK;
	s.metric.value = TM_KEY_BASE + id;
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 1);
	(void)snprintf(path, sizeof(path), "d/ID: %u/x/y", id);
	assert_string_equal(f.path[0], path);
	assert_int_equal(f.sample[0].value, 5);
	tm_writer_free(w);
	assert_int_equal(walk(&s, &f), 0); /* the segment is gone, the rest is there */
	assert_int_equal(f.n, 0);
	s.counter.metric = 0; /* a link that was cleared */
	assert_int_equal(walk(&s, &f), 0);
}

static void
test_histogram(void **state)
{
	static struct segment s;
	static struct found   f;

	fill(&s);
	s.counter.type     = TM_NODE_DURATION | TM_NODE_REALTIME;
	s.metric.stats     = AT(stats);
	s.metric.histogram = AT(histogram);
	s.stats            = (struct tm_stats_data){.samples = 9, .sum = 90};
	s.histogram        = (struct tm_histogram_data){.buckets = AT(buckets), .count = 3};
	for (unsigned i = 0; i < 3; i++) {
		s.buckets[i]              = (struct tm_bucket_data){.max     = (i + 1) * 10,
								    .counter = AT(bucket_nodes[0]) + i * 88};
		s.bucket_nodes[i].metric  = AT(bucket_metrics[0]) + i * 64;
		s.bucket_metrics[i].value = i + 2;
	}
	assert_int_equal(walk(&s, &f), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.sample[0].n_buckets, 2);
	assert_int_equal(f.buckets[0].max, 10);
	assert_int_equal(f.buckets[0].count, 2);
	assert_int_equal(f.buckets[1].max, 20);
	assert_int_equal(f.buckets[1].count, 5);
	s.histogram.count = 1000000;
	assert_int_equal(walk(&s, &f), -EBADMSG);
}

static void
ignore_sample(const struct tm_sample *s, void *arg)
{
}

/* One field of a good segment made bad. */
struct damage {
	const char *name;
	size_t      offset;
	uint64_t    value;
};

#define FIELD(field, v)                                                                            \
	{                                                                                          \
#field " = " #v, offsetof(struct segment, field), v                                \
	}

static const struct damage damages[] = {
    FIELD(h.total_bytes, 0),
    FIELD(h.total_bytes, UINT64_MAX),
    FIELD(h.total_bytes, sizeof(struct segment) + 8),
    FIELD(h.base, 0),
    FIELD(h.base, UINT64_MAX - 16),
    FIELD(h.base, 1),
    FIELD(h.root, 1),
    FIELD(h.root, AT(root) + 4),
    FIELD(h.root, BASE + sizeof(struct segment)),
    FIELD(h.root, BASE + sizeof(struct segment) - 80),
    FIELD(root.child, BASE - 88),
    FIELD(root.child, UINT64_MAX - 7),
    FIELD(root.child, AT(root)),     /* circle downwards */
    FIELD(dir.sibling, AT(dir)),     /* circle sideways */
    FIELD(counter.sibling, AT(dir)), /* circle upwards */
    FIELD(counter.name, BASE + sizeof(struct segment)),
    FIELD(counter.name, 7),
    FIELD(counter.metric, 0),
    FIELD(counter.metric, BASE + 12),
    FIELD(metric.stats, BASE + sizeof(struct segment) - 8),
    FIELD(metric.histogram, 8),
    FIELD(metric.description, 3),
    FIELD(metric.units, BASE + sizeof(struct segment) + 1),
};

static void
test_damage_is_found(void **state)
{
	static struct segment s;
	static struct found   f;

	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct tm_reader *r;
		int               rc;

		fill(&s);
		memcpy((char *)&s + damages[i].offset, &damages[i].value, sizeof(uint64_t));
		rc = tm_reader_open_memory(&s, sizeof(s), &r);
		if (rc == 0) {
			rc = tm_reader_walk(r, ignore_sample, NULL);
			tm_reader_free(r);
		}
		if (rc != -EBADMSG)
			fail_msg("%s: returned %d", damages[i].name, rc);
	}
	fill(&s); /* a name without an end */
	s.counter.name = AT(names[7]);
	memset(s.names[7], 'x', sizeof(s.names[7]));
	assert_int_equal(walk(&s, &f), -EBADMSG);
	assert_int_equal(tm_reader_open_memory(&s, 50, &(struct tm_reader *){NULL}), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_histogram),
	    cmocka_unit_test(test_damage_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
