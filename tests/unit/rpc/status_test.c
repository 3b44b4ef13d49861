/* Statuses: texts, the bytes of their details, and what a peer's details become. */
#include "rpc/status_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const two[] = {"10.0.0.1:10001", "10.0.0.2:10001"};

/* Encodes, decodes, and gives the text a person would see on the other side. */
static char *
across(const struct rpc_status *s, struct rpc_status *ret)
{
	struct rpc_status_headers h;
	char                     *text = malloc(2048);

	rpc_status_encode(s, &h);
	rpc_status_decode(ret, atoi(h.code), h.message, h.details);
	rpc_status_headers_fini(&h);
	return rpc_status_format(ret, text, 2048);
}

static void
test_a_fault_as_bytes(void **state)
{
	/* google.rpc.Status{13, text, [Any{url, ErrorInfo{reason, domain, five entries}}]} */
	static const char golden[] = "\x08\x0d"
				     "\x12\x26security: code = 901 description = \"d\""
				     "\x1a\x9f\x01"
				     "\x0a\x28type.googleapis.com/google.rpc.ErrorInfo"
				     "\x12\x73"
				     "\x0a\x11proto.fault.Fault"
				     "\x12\x08security"
				     "\x1a\x0b\x0a\x04"
				     "Code\x12\x03"
				     "901"
				     "\x1a\x10\x0a\x0b"
				     "Description\x12\x01"
				     "d"
				     "\x1a\x12\x0a\x06"
				     "Domain\x12\x08security"
				     "\x1a\x0b\x0a\x06Reason\x12\x01"
				     "d"
				     "\x1a\x14\x0a\x0aResolution\x12\x06"
				     "do so.";
	struct rpc_status s        = RPC_STATUS_INIT;
	struct fault      f        = FAULT_INIT;
	uint8_t          *data;
	size_t            len;

	fault_set(&f, FAULT_SECURITY_MISSING_CERT_FILE, "d");
	fault_resolve(&f, "do so.");
	rpc_status_from_fault(&s, &f);
	assert_int_equal(rpc_details_encode(&s, &data, &len), 0);
	assert_int_equal(len, sizeof(golden) - 1);
	assert_memory_equal(data, golden, len);
	free(data);
	rpc_status_fini(&s);
}

static void
test_round_trips(void **state)
{
	struct rpc_status s = RPC_STATUS_INIT, back = RPC_STATUS_INIT;
	struct fault      f    = FAULT_INIT;
	const uint32_t    rank = 7;
	char             *text;

	fault_import(&f, "server", 4711, "d\xc3\xa9j\xc3\xa0 \"vu\" 100%", "why", "do this");
	rpc_status_from_fault(&s, &f);
	text = across(&s, &back);
	assert_string_equal(
	    text, "server: code = 4711 description = \"d\xc3\xa9j\xc3\xa0 \\\"vu\\\" 100%\"");
	assert_memory_equal(&back.fault, &f, sizeof(f));
	free(text);

	rpc_status_from_daos(&s, -1007);
	text = across(&s, &back);
	assert_int_equal(back.daos_status, -1007);
	assert_string_equal(text, "DER_NOSPACE(-1007): storage target is full");
	free(text);

	rpc_status_not_replica(&s, two, 2);
	text = across(&s, &back);
	assert_int_equal(back.detail, RPC_DETAIL_NOT_REPLICA);
	assert_string_equal(
	    text,
	    "not a DAOS Management Service replica (try one of 10.0.0.1:10001,10.0.0.2:10001)");
	free(text);

	rpc_status_not_replica(&s, NULL, 0);
	text = across(&s, &back);
	assert_int_equal(back.detail, RPC_DETAIL_NOT_REPLICA);
	assert_int_equal(back.n_replicas, 0);
	free(text);

	rpc_status_not_leader(&s, NULL, two, 1);
	text = across(&s, &back);
	assert_null(back.leader_hint);
	assert_string_equal(text,
			    "not the DAOS Management Service leader (try one of 10.0.0.1:10001)");
	free(text);

	rpc_status_pool_not_found(&s, NULL, NULL, &rank);
	text = across(&s, &back);
	assert_true(back.has_pool_rank);
	assert_string_equal(text, "unable to find pool service with rank 7");
	free(text);

	rpc_status_pool_not_found(&s, NULL, "a \"b\"", NULL);
	text = across(&s, &back);
	assert_string_equal(back.pool_label, "a \"b\"");
	free(text);

	rpc_status_set(&s, RPC_PERMISSION_DENIED, "no: %d", 3);
	text = across(&s, &back);
	assert_string_equal(text, "rpc error: code = PermissionDenied desc = no: 3");
	free(text);
	rpc_status_fini(&s);
	rpc_status_fini(&back);
}

static void
test_a_plain_fault_is_unknown_with_its_text(void **state)
{
	struct rpc_status s = RPC_STATUS_INIT;
	struct fault      f = FAULT_INIT;

	fault_plain(&f, -EIO, "raft service unavailable (not started yet?)");
	rpc_status_from_fault(&s, &f);
	assert_int_equal(s.code, RPC_UNKNOWN);
	assert_int_equal(s.detail, RPC_DETAIL_NONE);
	assert_string_equal(s.message, "raft service unavailable (not started yet?)");
	rpc_status_fini(&s);
}

static void
test_details_that_make_no_sense_are_left_out(void **state)
{
	static const char *const details[] = {
	    "", "!", "AAAA", "////", "CA0", /* a Status without details */
	};
	struct rpc_status s = RPC_STATUS_INIT;
	char              text[256];

	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		rpc_status_decode(&s, 13, "what it said", details[i]);
		assert_int_equal(s.code, RPC_INTERNAL);
		assert_int_equal(s.detail, RPC_DETAIL_NONE);
		assert_string_equal(rpc_status_format(&s, text, sizeof(text)),
				    "rpc error: code = Internal desc = what it said");
	}
	rpc_status_decode(&s, 99, NULL, NULL);
	assert_int_equal(s.code, RPC_UNKNOWN);
	rpc_status_fini(&s);
}

static void
test_failures_of_a_connection(void **state)
{
	static const struct {
		enum rpc_failure failure;
		uint32_t         code;
		const char      *text;
	} cases[] = {
	    {RPC_FAILURE_BAD_HOST, 504,
	     "client: code = 504 description = \"the server address (h:1) could not be resolved\""},
	    {RPC_FAILURE_NO_ROUTE, 505,
	     "client: code = 505 description = \"the server could not be reached at the configured "
	     "address (h:1)\""},
	    {RPC_FAILURE_REFUSED, 506,
	     "client: code = 506 description = \"the server at h:1 refused the connection\""},
	    {RPC_FAILURE_CLOSED, 507, NULL},
	    {RPC_FAILURE_TIMED_OUT, 508,
	     "client: code = 508 description = \"the connection to the server at h:1 timed out\""},
	    {RPC_FAILURE_EXPIRED, 903, NULL},
	    {RPC_FAILURE_OTHER, 0,
	     "rpc error: code = Unavailable desc = connection error: desc = \"why\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rpc_status s = RPC_STATUS_INIT;
		char              text[256];

		rpc_status_from_failure(&s, cases[i].failure, "h", 1, "why");
		assert_int_equal(s.code, RPC_UNAVAILABLE);
		assert_true(s.local);
		assert_int_equal(s.fault.code, cases[i].code);
		assert_int_equal(s.detail, cases[i].code != 0 ? RPC_DETAIL_FAULT : RPC_DETAIL_NONE);
		if (cases[i].text != NULL)
			assert_string_equal(rpc_status_format(&s, text, sizeof(text)),
					    cases[i].text);
		rpc_status_fini(&s);
	}
}

static void
test_copies_are_deep(void **state)
{
	struct rpc_status s = RPC_STATUS_INIT, copy = RPC_STATUS_INIT;

	rpc_status_not_leader(&s, "hint", two, 2);
	assert_int_equal(rpc_status_copy(&copy, &s), 0);
	rpc_status_fini(&s);
	assert_string_equal(copy.leader_hint, "hint");
	assert_string_equal(copy.replicas[1], two[1]);
	assert_int_equal(copy.code, RPC_INTERNAL);
	rpc_status_fini(&copy);
}

static void
test_a_message_is_cut_before_it_fills_the_headers(void **state)
{
	struct rpc_status         s         = RPC_STATUS_INIT;
	char                     *long_text = malloc(100001);
	struct rpc_status_headers h;

	memset(long_text, 'x', 100000);
	long_text[100000] = '\0';
	rpc_status_set(&s, RPC_UNKNOWN, "%s", long_text);
	rpc_status_encode(&s, &h);
	assert_int_equal(strlen(h.message), 4096);
	rpc_status_headers_fini(&h);
	rpc_status_fini(&s);
	free(long_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_fault_as_bytes),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_a_plain_fault_is_unknown_with_its_text),
	    cmocka_unit_test(test_details_that_make_no_sense_are_left_out),
	    cmocka_unit_test(test_failures_of_a_connection),
	    cmocka_unit_test(test_copies_are_deep),
	    cmocka_unit_test(test_a_message_is_cut_before_it_fills_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
