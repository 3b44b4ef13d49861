/*
 * Writing, reading and printing while the nth allocation fails: an error, nothing leaked, no
 * segment left.
 */
#include "telemetry_fixture.h"

#include "alloc_fault.h"

static int
write_read_print(unsigned id, struct strbuf *out)
{
	struct tm_writer *w = NULL;
	struct tm_reader *r = NULL;
	struct tm_scrape *s = NULL;
	struct tm_metric *m;
	int               rc = tm_writer_new(id, 65536, &w, NULL);

	if (rc == 0)
		rc = tm_add(w, TM_STATS_GAUGE, "depth", "pieces", &m, "pool/p/depth/tgt_0");
	if (rc == 0)
		rc = tm_add(w, TM_COUNTER, "calls", NULL, &m, "calls");
	if (rc == 0)
		rc = tm_reader_open(id, &r, NULL);
	if (rc == 0)
		rc = tm_scrape_new(&s);
	if (rc == 0)
		rc = tm_scrape_add(s, r, 0);
	if (rc == 0) {
		tm_scrape_print(s, out);
		rc = strbuf_error(out);
	}
	tm_scrape_free(s);
	tm_reader_free(r);
	tm_writer_free(w);
	return rc;
}

static void
test_each_allocation_may_fail(void **state)
{
	unsigned id = unique_instance() + 7000000;
	long     n  = 0;
	int      rc;

	if (!alloc_fault_works())
		skip();
	do {
		struct strbuf     out = STRBUF_INIT;
		struct tm_reader *r;

		alloc_fault_begin(++n);
		rc = write_read_print(id, &out);
		strbuf_fini(&out);
		if (alloc_fault_end() != 0)
			fail_msg("allocation %ld: %ld not given back", n, alloc_fault_live);
		if (alloc_fault_happened() && rc == 0)
			fail_msg("allocation %ld failed unnoticed", n);
		assert_int_equal(tm_reader_open(id, &r, NULL), -ENOENT);
	} while (alloc_fault_happened());
	assert_int_equal(rc, 0);
	print_message("# %ld allocations\n", n - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
