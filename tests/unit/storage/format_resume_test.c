/* Formats that fail at any call or are killed before any: the next one ends in the same state. */
#include <sys/wait.h>

#include "format_fixture.h"

/* What a format that nothing disturbs leaves behind, and how many changing calls it takes. */
static char *
undisturbed(enum layout l, bool twice, unsigned *ret_calls)
{
	struct fix x;
	char      *dump;

	make_layout(&x, l);
	assert_formatted(&x, &plain_req);
	x.calls = twice ? 0 : x.calls;
	if (twice)
		assert_formatted(&x, &force_req);
	*ret_calls = x.calls;
	dump       = fix_dump(&x);
	fix_fini(&x);
	return dump;
}

static void
assert_same_state(struct fix *x, const char *want, enum layout l, unsigned at)
{
	_cleanup_(freep) char *have = fix_dump(x);

	if (!str_eq(have, want))
		fail_msg("layout %d, call %u: state differs:\n%s\n--- instead of\n%s", l, at, have,
			 want);
}

static void
kill_during(struct fix *x, const struct stor_format_req *req, unsigned at)
{
	pid_t pid = fork();
	int   status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct stor_format_resp resp = {0};

		x->calls   = 0;
		x->kill_at = at;
		(void)stor_format(&x->host, req, &resp, NULL);
		_exit(1); /* the kill did not happen */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
killed_before_every_call_the_next_run_completes(void **state)
{
	for (enum layout l = 0; l < _LAYOUT_MAX; l++) {
		unsigned               calls;
		_cleanup_(freep) char *want = undisturbed(l, false, &calls);

		for (unsigned at = 1; at <= calls; at++) {
			struct fix x;

			make_layout(&x, l);
			kill_during(&x, &plain_req, at);
			assert_formatted(&x, &plain_req);
			assert_same_state(&x, want, l, at);
			fix_fini(&x);
		}
	}
}

/* A reformat that was killed is finished by another one; without force it is finished or nothing
 * was lost. */
static void
killed_reformat_completes(void **state)
{
	for (enum layout l = 0; l < _LAYOUT_MAX; l++) {
		unsigned               calls;
		_cleanup_(freep) char *want = undisturbed(l, true, &calls);

		for (unsigned at = 1; at <= calls; at++) {
			struct fix x;

			make_layout(&x, l);
			assert_formatted(&x, &plain_req);
			kill_during(&x, &force_req, at);
			assert_formatted(&x, &plain_req);
			if (l !=
			    LAYOUT_METADATA) /* its ramdisk is made by the start of an engine */
				assert_same_state(&x, want, l, at);
			assert_formatted(&x, &force_req);
			assert_same_state(&x, want, l, at);
			fix_fini(&x);
		}
	}
}

static void
every_failing_call_is_reported_and_repaired(void **state)
{
	static const int errors[] = {ENOSPC, EROFS, EIO};

	for (enum layout l = 0; l < _LAYOUT_MAX; l++) {
		unsigned               calls;
		_cleanup_(freep) char *want    = undisturbed(l, false, &calls);
		static const char     *names[] = {"mount", "mkdir", "chown", "chmod",
						  "write", "make",  "rename"};

		for (size_t n = 0; n < ARRAY_SIZE(names) * ARRAY_SIZE(errors); n++) {
			struct stor_format_resp resp = {0};
			struct fault            f    = FAULT_INIT;
			struct fix              x;
			bool                    failed = false;

			make_layout(&x, l);
			x.fail_call  = names[n / ARRAY_SIZE(errors)];
			x.fail_errno = errors[n % ARRAY_SIZE(errors)];
			if (stor_format(&x.host, &plain_req, &resp, &f) < 0) {
				assert_true(f.set && f.description[0] != '\0');
				failed = true;
			}
			vec_foreach (&resp.scm, row)
				failed = failed || row->error[0] != '\0';
			vec_foreach (&resp.bdev, row)
				failed = failed || row->error[0] != '\0';
			if (strstr(strbuf_str(&x.log), x.fail_call) != NULL)
				assert_true(failed);
			stor_format_resp_fini(&resp);
			x.fail_call = NULL;
			assert_formatted(&x, &plain_req);
			assert_same_state(&x, want, l, (unsigned)n);
			fix_fini(&x);
		}
	}
}

static int
stop_at(const char *step, const char *object, void *arg)
{
	return str_eq(step, arg) ? -ECANCELED : 0;
}

static void
steps_are_announced_and_can_be_stopped(void **state)
{
	static const char *const names[] = {"scm-mkdir",   "scm-mark",  "scm-own",
					    "bdev-format", "nvme-conf", "scm-seal"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stor_format_req  req = {.on_step = stop_at, .on_step_arg = (char *)names[i]};
		struct stor_format_resp resp = {0};
		struct fix              x;

		make_layout(&x, LAYOUT_DIR);
		format(&x, &req, &resp);
		assert_false(resp.ready[0]);
		stor_format_resp_fini(&resp);
		assert_formatted(&x, &plain_req);
		fix_fini(&x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_before_every_call_the_next_run_completes),
	    cmocka_unit_test(killed_reformat_completes),
	    cmocka_unit_test(every_failing_call_is_reported_and_repaired),
	    cmocka_unit_test(steps_are_announced_and_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
