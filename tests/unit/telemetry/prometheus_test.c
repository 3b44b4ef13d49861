/* Names, labels and text of the exposition. */
#include "telemetry_fixture.h"

static const struct {
	const char *path, *name, *labels;
} names[] = {
    {"rank", "engine_rank", "rank=\"3\""},
    {"started_at", "engine_started_at", "rank=\"3\""},
    {"events/dead_ranks", "engine_events_dead_ranks", "rank=\"3\""},
    {"mem/total_mem/xs_2", "engine_mem_total_mem", "rank=\"3\",xstream=\"2\""},
    {"io/latency/update/256B/tgt_1", "engine_io_latency_update",
     "rank=\"3\",size=\"256B\",target=\"1\""},
    {"io/ops/dkey_enum/active/tgt_0", "engine_io_ops_dkey_enum_active", "rank=\"3\",target=\"0\""},
    {"io/dtx/committable/tgt_0", "engine_io_dtx_committable", "rank=\"3\",target=\"0\""},
    {"pool/uuid-1/started_at", "engine_pool_started_at", "pool=\"uuid-1\",rank=\"3\""},
    {"pool/uuid-1/ops/pool_connect", "engine_pool_ops_pool_connect", "pool=\"uuid-1\",rank=\"3\""},
    {"pool/uuid-1/xferred/fetch/tgt_4", "engine_pool_xferred_fetch",
     "pool=\"uuid-1\",rank=\"3\",target=\"4\""},
    {"pool/p/container/c/dfs/ops/read", "engine_dfs_ops_read",
     "container=\"c\",pool=\"p\",rank=\"3\""},
    {"pool/p/container/c/x", "engine_pool_x", "container=\"c\",pool=\"p\",rank=\"3\""},
    {"net/ofi+tcp/req_timeout/ctx_0", "engine_net_req_timeout",
     "context=\"0\",provider=\"ofi+tcp\",rank=\"3\""},
    {"net/uri/lookup_self/ctx_1", "engine_net_uri_lookup_self", "context=\"1\",rank=\"3\""},
    {"nvme/0000:81:00.0/temp/warn", "engine_nvme_temp_warn", "device=\"0000:81:00.0\",rank=\"3\""},
    {"Some-Thing/With.Dots", "engine_some_thing_with_dots", "rank=\"3\""},
    {"nvme/a\"b\\c/x", "engine_nvme_x", "device=\"a\\\"b\\\\c\",rank=\"3\""},
    {"pool", "engine_pool", "rank=\"3\""},
    {"pool/p", "engine_pool", "pool=\"p\",rank=\"3\""},
    {"io/latency", "engine_io_latency", "rank=\"3\""},
    {"", "engine_", "rank=\"3\""},
};

static void
test_names(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(strbuf_fini) struct strbuf name = STRBUF_INIT, labels = STRBUF_INIT;

		tm_prometheus_name(names[i].path, 3, &name, &labels);
		assert_string_equal(strbuf_str(&name), names[i].name);
		assert_string_equal(strbuf_str(&labels), names[i].labels);
	}
}

static void
add_metrics(struct tm_writer *w, uint64_t rank)
{
	struct tm_metric *m;

	assert_int_equal(tm_add(w, TM_GAUGE, "Rank ID", NULL, &m, "rank"), 0);
	tm_set(m, rank);
	assert_int_equal(tm_add(w, TM_COUNTER, "Calls \\ lines\nof text", NULL, &m, "drpc/calls"),
			 0);
	tm_count(m, 10 + rank);
	assert_int_equal(tm_add(w, TM_STATS_GAUGE, "Depth", NULL, &m, "depth"), 0);
	tm_set(m, 1);
	tm_set(m, 2);
	assert_int_equal(tm_add(w, TM_MEMINFO, "m", NULL, &m, "mem/meminfo/xs_0"), 0);
}

static const char exposition[] = "# HELP engine_depth Depth\n"
				 "# TYPE engine_depth gauge\n"
				 "engine_depth{rank=\"0\"} 2\n"
				 "engine_depth{rank=\"1\"} 2\n"
				 "# HELP engine_depth_max Depth (max value)\n"
				 "# TYPE engine_depth_max gauge\n"
				 "engine_depth_max{rank=\"0\"} 2\n"
				 "engine_depth_max{rank=\"1\"} 2\n"
				 "# HELP engine_depth_mean Depth (mean)\n"
				 "# TYPE engine_depth_mean gauge\n"
				 "engine_depth_mean{rank=\"0\"} 1.5\n"
				 "engine_depth_mean{rank=\"1\"} 1.5\n"
				 "# HELP engine_depth_min Depth (min value)\n"
				 "# TYPE engine_depth_min gauge\n"
				 "engine_depth_min{rank=\"0\"} 1\n"
				 "engine_depth_min{rank=\"1\"} 1\n"
				 "# HELP engine_depth_samples Depth (samples)\n"
				 "# TYPE engine_depth_samples counter\n"
				 "engine_depth_samples{rank=\"0\"} 2\n"
				 "engine_depth_samples{rank=\"1\"} 2\n"
				 "# HELP engine_depth_stddev Depth (std dev)\n"
				 "# TYPE engine_depth_stddev gauge\n"
				 "engine_depth_stddev{rank=\"0\"} 0.70710678118654757\n"
				 "engine_depth_stddev{rank=\"1\"} 0.70710678118654757\n"
				 "# HELP engine_depth_sum Depth (sum)\n"
				 "# TYPE engine_depth_sum counter\n"
				 "engine_depth_sum{rank=\"0\"} 3\n"
				 "engine_depth_sum{rank=\"1\"} 3\n"
				 "# HELP engine_depth_sumsquares Depth (sum of squares)\n"
				 "# TYPE engine_depth_sumsquares counter\n"
				 "engine_depth_sumsquares{rank=\"0\"} 5\n"
				 "engine_depth_sumsquares{rank=\"1\"} 5\n"
				 "# HELP engine_drpc_calls Calls \\\\ lines\\nof text\n"
				 "# TYPE engine_drpc_calls counter\n"
				 "engine_drpc_calls{rank=\"0\"} 10\n"
				 "engine_drpc_calls{rank=\"1\"} 11\n"
				 "# HELP engine_rank Rank ID\n"
				 "# TYPE engine_rank gauge\n"
				 "engine_rank{rank=\"0\"} 0\n"
				 "engine_rank{rank=\"1\"} 1\n";

static void
test_two_engines_share_families(void **state)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	struct tm_scrape                    *s;
	struct tm_writer                    *w[2];
	struct tm_reader                    *r[2];

	assert_int_equal(tm_scrape_new(&s), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(tm_writer_new(unique_instance() + 5000000 + i, 65536, &w[i], NULL),
				 0);
		add_metrics(w[i], i);
		assert_int_equal(tm_reader_open(unique_instance() + 5000000 + i, &r[i], NULL), 0);
		assert_int_equal(tm_scrape_add(s, r[i], i), 0);
	}
	tm_scrape_print(s, &out);
	assert_string_equal(strbuf_str(&out), exposition);
	tm_scrape_free(s);
	for (unsigned i = 0; i < 2; i++) {
		tm_reader_free(r[i]);
		tm_writer_free(w[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_two_engines_share_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
