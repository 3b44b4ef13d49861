/* RAS events: the printed form and the way over the wire. */
#include "server/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void
test_printed_form(void **state)
{
	static const struct {
		struct srv_event e;
		const char      *text;
	} rows[] = {
	    {{.id        = SRV_EVENT_ENGINE_FORMAT_REQUIRED,
	      .type      = SRV_EVENT_INFO,
	      .severity  = SRV_SEV_NOTICE,
	      .timestamp = "2026-01-31T12:00:06.457+00:00",
	      .hostname  = "host1",
	      .msg       = "DAOS engine 0 requires a SCM format",
	      .proc_id   = 1234,
	      .rank      = DAOS_RANK_NIL},
	     "id: [engine_format_required] ts: [2026-01-31T12:00:06.457+00:00] host: [host1] type: "
	     "[INFO] "
	     "sev: [NOTICE] msg: [DAOS engine 0 requires a SCM format] pid: [1234]"},
	    {{.id          = SRV_EVENT_SWIM_RANK_DEAD,
	      .type        = SRV_EVENT_STATE_CHANGE,
	      .severity    = SRV_SEV_ERROR,
	      .timestamp   = "t",
	      .hostname    = "h",
	      .msg         = "SWIM marked rank as dead.",
	      .proc_id     = 1300,
	      .thread_id   = 1,
	      .rank        = 0,
	      .incarnation = 7,
	      .str_info    = "x"},
	     "id: [swim_rank_dead] ts: [t] host: [h] type: [STATE_CHANGE] sev: [ERROR] msg: [SWIM "
	     "marked rank as dead.] "
	     "pid: [1300] tid: [1] rank: [0] incarnation: [7] data: [x]"},
	    {{.id = 99, .severity = SRV_SEV_WARNING, .rank = DAOS_RANK_NIL},
	     "id: [unknown_ras_event] type: [INFO] sev: [WARNING]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf b = STRBUF_INIT;

		srv_event_format(&rows[i].e, &b);
		assert_string_equal(strbuf_str(&b), rows[i].text);
		strbuf_fini(&b);
	}
}

static void
test_timestamp_has_milliseconds_and_zone(void **state)
{
	char buf[64];

	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	assert_string_equal(srv_event_timestamp(1769860806457ULL, buf, sizeof(buf)),
			    "2026-01-31T12:00:06.457+00:00");
	assert_int_equal(setenv("TZ", "XXX-5:30", 1), 0);
	tzset();
	assert_string_equal(srv_event_timestamp(1769860806007ULL, buf, sizeof(buf)),
			    "2026-01-31T17:30:06.007+05:30");
}

static void
test_wire_keeps_every_field(void **state)
{
	Shared__RASEvent__EngineStateEventInfo engine =
	    SHARED__RASEVENT__ENGINE_STATE_EVENT_INFO__INIT;
	Shared__RASEvent       pb;
	struct srv_event       back;
	const struct srv_event e = {.id           = SRV_EVENT_ENGINE_DIED,
				    .type         = SRV_EVENT_STATE_CHANGE,
				    .severity     = SRV_SEV_ERROR,
				    .msg          = "m",
				    .timestamp    = "t",
				    .hostname     = "h",
				    .rank         = 3,
				    .incarnation  = 9,
				    .proc_id      = 5,
				    .thread_id    = 6,
				    .has_engine   = true,
				    .engine_idx   = 1,
				    .engine_error = "why"};

	srv_event_to_pb(&e, &pb, &engine);
	srv_event_from_pb(&pb, &back);
	assert_int_equal(back.id, e.id);
	assert_int_equal(back.type, e.type);
	assert_int_equal(back.severity, e.severity);
	assert_string_equal(back.msg, "m");
	assert_string_equal(back.timestamp, "t");
	assert_string_equal(back.hostname, "h");
	assert_int_equal(back.rank, 3);
	assert_int_equal(back.incarnation, 9);
	assert_true(back.has_engine);
	assert_int_equal(back.engine_idx, 1);
	assert_string_equal(back.engine_error, "why");
	assert_null(back.str_info);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printed_form),
	    cmocka_unit_test(test_timestamp_has_milliseconds_and_zone),
	    cmocka_unit_test(test_wire_keeps_every_field),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
