/* What is written is found again by a reader, in the layout that other DAOS programs expect. */
#include "telemetry_fixture.h"

static void
test_round_trip(void **state)
{
	struct tm_writer *w;
	struct tm_reader *r;
	struct found      f = {0};
	struct tm_metric *rank, *started, *calls, *depth, *took, *mem;
	unsigned          id = unique_instance();
	int               i;

	assert_int_equal(tm_writer_new(id, tm_segment_bytes(1), &w, NULL), 0);
	assert_int_equal(tm_add(w, TM_TIMESTAMP, "when", "ignored", &started, "started_at"), 0);
	assert_int_equal(tm_add(w, TM_GAUGE, "Rank ID of this engine", NULL, &rank, "rank"), 0);
	assert_int_equal(tm_add(w, TM_COUNTER, "", "calls", &calls, "drpc/calls"), 0);
	assert_int_equal(tm_add(w, TM_STATS_GAUGE, "queue", "calls", &depth, "drpc/depth/xs_%d", 3),
			 0);
	assert_int_equal(tm_add(w, TM_DURATION, "time", "ignored", &took, "drpc/time"), 0);
	assert_int_equal(tm_add(w, TM_MEMINFO, "memory", "", &mem, "mem/meminfo/xs_0"), 0);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "drpc/calls"), -EEXIST);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "drpc/calls/more"), -ENOTDIR);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "drpc"), -EEXIST);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "/"), -EINVAL);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "%0300d", 0), -ENAMETOOLONG);
	assert_int_equal(tm_add(w, TM_COUNTER, "", NULL, &calls, "%02000d", 0), -ENAMETOOLONG);

	tm_set(rank, 7);
	tm_set_now(started);
	tm_count(calls, 2);
	tm_count(calls, 3);
	tm_count(NULL, 3);
	for (uint64_t v = 2; v <= 6; v += 2)
		tm_set(depth, v);
	tm_record(took, 1500000000);
	tm_set_meminfo(mem);

	assert_int_equal(tm_reader_open(id, &r, NULL), 0);
	assert_int_equal(tm_reader_walk(r, note_sample, &f), 0);
	assert_int_equal(f.n, 6);
	i = index_of(&f, "rank");
	assert_int_equal(f.sample[i].type, TM_GAUGE);
	assert_int_equal(f.sample[i].value, 7);
	assert_string_equal(f.description[i], "Rank ID of this engine");
	assert_string_equal(f.units[i], "");
	i = index_of(&f, "started_at");
	assert_in_range(f.sample[i].value, time(NULL) - 5, time(NULL));
	assert_string_equal(f.units[i], "");
	assert_int_equal(f.sample[index_of(&f, "drpc/calls")].value, 5);
	i = index_of(&f, "drpc/depth/xs_3");
	assert_int_equal(f.sample[i].value, 6);
	assert_true(f.sample[i].has_stats);
	assert_int_equal(f.sample[i].stats.min, 2);
	assert_int_equal(f.sample[i].stats.max, 6);
	assert_int_equal(f.sample[i].stats.sum, 12);
	assert_int_equal(f.sample[i].stats.samples, 3);
	assert_true(f.sample[i].stats.mean == 4.0);
	assert_true(f.sample[i].stats.std_dev == 2.0);
	i = index_of(&f, "drpc/time");
	assert_int_equal(f.sample[i].value, 1500000000);
	assert_int_equal(f.sample[i].stats.sum, 1500000);
	assert_string_equal(f.units[i], "us");
	(void)index_of(&f, "mem/meminfo/xs_0"); /* its value is the allocator's business */

	assert_false(tm_reader_is_stale(r));
	tm_writer_free(w);
	assert_true(tm_reader_is_stale(r));
	tm_reader_free(r);
	assert_int_equal(tm_reader_open(id, &r, NULL), -ENOENT);
}

/* Sizes and places as a tool of another build finds them. */
static void
test_layout(void **state)
{
	struct tm_writer *w;
	struct tm_metric *m;
	unsigned          id = unique_instance();
	struct shmid_ds   ds;
	struct tm_header  h;
	struct tm_node    root, node;
	struct tm_region  region;
	char              name[64];
	int               shmid;

	assert_int_equal(tm_segment_bytes(1), (1024 + 128) * 624);
	assert_int_equal(tm_writer_new(id, tm_segment_bytes(1), &w, NULL), 0);
	assert_int_equal(tm_add(w, TM_GAUGE, "d", "u", &m, "rank"), 0);
	tm_set(m, 0x1122334455667788);
	shmid = shmget((key_t)(0x10242048 + id), 0, 0);
	assert_true(shmid >= 0);
	assert_int_equal(shmctl(shmid, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_perm.mode & 0777, 0660);
	assert_int_equal(ds.shm_segsz, tm_segment_bytes(1));
	assert_int_equal(tm_region_attach((key_t)(0x10242048 + id), &shmid, &region), 0);
	memcpy(&h, region.p, sizeof(h));
	assert_int_equal(h.key, 0x10242048 + id);
	assert_int_equal(h.total_bytes, ds.shm_segsz);
	assert_int_equal(h.free - h.base + h.free_bytes, h.total_bytes);
	assert_int_equal(h.regions_next, h.base + 88);
	assert_int_equal(tm_fetch(&region, h.root, &root, sizeof(root)), 0);
	assert_int_equal(tm_fetch_text(&region, root.name, name, sizeof(name)), 0);
	assert_int_equal(root.type, 1);
	assert_true(strncmp(name, "ID: ", 4) == 0);
	assert_int_equal(tm_fetch(&region, root.child, &node, sizeof(node)), 0);
	assert_int_equal(node.type, 0x20);
	assert_int_equal(node.key, h.key);
	assert_int_equal(node.sibling, 0);
	assert_int_equal(node.protect, 0);
	assert_int_equal(node.readable, 1);
	assert_int_equal(*(const uint64_t *)(region.p + (node.metric - h.base)),
			 0x1122334455667788);
	shmdt(region.p);
	tm_writer_free(w);
}

/* What a killed engine left behind is replaced, with the segments it had linked. */
static void
test_leftovers_are_removed(void **state)
{
	unsigned               id  = unique_instance();
	key_t                  key = (key_t)(0x10242048 + id), child_key = key ^ 0x40000000;
	int                    shmid = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	int                    child = shmget(child_key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	uint8_t               *p     = shmat(shmid, NULL, 0);
	struct tm_header      *h     = (struct tm_header *)p;
	struct tm_region_data *d     = (struct tm_region_data *)(p + 256);
	struct tm_writer      *w;
	struct tm_reader      *r;

	assert_true(shmid >= 0 && child >= 0);
	*h              = (struct tm_header){.base = 0x10000, .total_bytes = 4096, .key = key};
	d->key          = child_key;
	h->regions_next = h->base + 256 + offsetof(struct tm_region_data, next);
	d->next         = h->base + offsetof(struct tm_header, regions_next);
	assert_int_equal(tm_reader_open(id, &r, NULL), 0);
	assert_int_equal(tm_writer_new(id, 65536, &w, NULL), 0);
	assert_true(tm_reader_is_stale(r)); /* so that its reader opens the new one */
	assert_int_equal(h->flags, TM_HEADER_DELETED);
	assert_int_equal(shmget(child_key, 0, 0), -1);
	tm_reader_free(r);
	shmdt(p);
	tm_writer_free(w);
}

static void
test_full_segment(void **state)
{
	struct tm_writer *w;
	struct tm_metric *m;
	struct tm_reader *r;
	struct found      f  = {0};
	unsigned          id = unique_instance(), n = 0;
	int               rc = 0;

	assert_int_equal(tm_writer_new(id, 100, &w, NULL), -EINVAL);
	assert_int_equal(tm_writer_new(id, 4096, &w, NULL), 0);
	while (rc == 0 && n < 60)
		rc = tm_add(w, TM_STATS_GAUGE, "a metric among many", "pieces", &m, "d/m%u", n++);
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(tm_reader_open(id, &r, NULL), 0);
	assert_int_equal(tm_reader_walk(r, note_sample, &f), 0);
	assert_int_equal(f.n, n - 1); /* the half-made one does not show */
	tm_reader_free(r);
	tm_writer_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_leftovers_are_removed),
	    cmocka_unit_test(test_full_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
