/*
 * Calls in a world where the nth allocation fails: each ends in a callback or a refused start, the
 * server stays usable, nothing leaks.
 */
#include "drpc_fixture.h"

#include "alloc_fault.h"
#include "srv/srv.pb-c.h"

struct result {
	bool         done;
	int          err;
	Drpc__Status status;
	size_t       len;
};

static void
answered(int err, Drpc__Status status, const void *body, size_t len, void *arg)
{
	*(struct result *)arg = (struct result){true, err, status, len};
}

static void
echo(struct drpc_call *call, void *arg)
{
	ProtobufCMessage *req = drpc_call_unpack(call, &srv__notify_ready_req__descriptor);

	if (req == NULL)
		return;
	drpc_call_reply(call, req);
	protobuf_c_message_free_unpacked(req, NULL);
}

static const struct drpc_method methods[] = {{1, echo}};

static struct drpc_server *
start_server(struct fixture *x)
{
	struct drpc_server *s;

	assert_int_equal(
	    drpc_server_new(x->loop, &(struct drpc_server_opts){.path = x->path}, &s, NULL), 0);
	assert_int_equal(drpc_server_add_module(s, DRPC_MODULE_TEST, methods, 1, NULL), 0);
	return s;
}

/* One call, to its end. Turns the loop on until the server has seen the connection close. */
static struct result
call(struct fixture *x, const char *uri, uint64_t timeout_ms)
{
	Srv__NotifyReadyReq   body = SRV__NOTIFY_READY_REQ__INIT;
	struct drpc_call_opts opts = {.path       = x->path,
				      .module     = DRPC_MODULE_TEST,
				      .method     = 1,
				      .sequence   = 1,
				      .body       = &body.base,
				      .timeout_ms = timeout_ms};
	struct result         r    = {0};

	body.uri = (char *)uri;
	r.err    = drpc_call_start(x->loop, &opts, answered, &r, NULL);
	if (r.err == 0)
		turn_until(x, r.done);
	for (int i = 0; i < 10; i++) /* closing handles give their memory back */
		(void)loop_run_once(x->loop, true);
	return r;
}

static void
test_a_call_survives_each_failed_allocation(void **state)
{
	struct fixture      x;
	struct drpc_server *s;
	struct result       r;
	long                n = 0, failed = 0;

	if (!alloc_fault_works())
		skip();
	fixture_init(&x);
	s = start_server(&x);
	for (int i = 0; i < 3; i++) /* libuv's own tables are large enough afterwards */
		assert_int_equal(call(&x, "warm", 1000).err, 0);
	do {
		alloc_fault_begin(++n);
		r = call(&x, "some text", 200);
		if (alloc_fault_end() != 0)
			fail_msg("allocation %ld: %ld not given back", n, alloc_fault_live);
		failed += r.err != 0 || r.status != DRPC__STATUS__SUCCESS;
		assert_int_equal(call(&x, "after", 1000).err, 0);
	} while (alloc_fault_happened());
	assert_int_equal(r.err, 0);
	assert_int_equal(r.status, DRPC__STATUS__SUCCESS);
	assert_true(failed >= 5);
	print_message("# %ld allocations, %ld of them fatal to the call\n", n - 1, failed);
	drpc_server_free(s, true);
	fixture_fini(&x);
}

static void
test_a_server_starts_or_says_no(void **state)
{
	struct fixture      x;
	struct drpc_server *s;
	long                n = 0;
	int                 r;

	if (!alloc_fault_works())
		skip();
	fixture_init(&x);
	drpc_server_free(start_server(&x), true);
	do {
		struct fault f = FAULT_INIT;

		(void)loop_run_once(x.loop, false);
		alloc_fault_begin(++n);
		s = NULL;
		r = drpc_server_new(x.loop, &(struct drpc_server_opts){.path = x.path}, &s, &f);
		if (r == 0)
			r = drpc_server_add_module(s, DRPC_MODULE_TEST, methods, 1, NULL);
		drpc_server_free(s, true);
		(void)loop_run_once(x.loop, true); /* handles give their memory back */
		assert_int_equal(alloc_fault_end(), 0);
		assert_false(fs_exists(x.path));
	} while (alloc_fault_happened());
	assert_int_equal(r, 0);
	assert_true(n > 3);
	fixture_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_call_survives_each_failed_allocation),
	    cmocka_unit_test(test_a_server_starts_or_says_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
