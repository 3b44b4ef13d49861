/* Running the probe program: every way it can end. Scripts stand for the program. */
#include "fixture.h"
#include "loop/loop.h"

struct outcome {
	struct loop *loop;
	int          calls;
	int          error;
	size_t       n_ifs;
	unsigned     numa_count;
	struct fault fault;
};

static void
on_probe(int error, const struct hw_fabric *fab, const struct fault *f, void *arg)
{
	struct outcome *o = arg;

	o->calls++;
	o->error      = error;
	o->numa_count = fab ? fab->numa_count : 0;
	o->n_ifs      = fab ? fab->ifs.n : 0;
	o->fault      = *f;
	loop_stop(o->loop);
}

static char *
script(struct machine *m, const char *body)
{
	_cleanup_(freep) char *text = str_format("#!/bin/sh\n%s\n", body);
	char                  *path = str_format("%s/probe", m->root);

	assert_non_null(text);
	assert_non_null(path);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0755), 0);
	return path;
}

static void
every_ending_is_reported(void **state)
{
	static const struct {
		const char *what, *body;
		int         error;
		const char *says;
	} rows[] = {
	    {"answer", "echo '{\"interfaces\":[],'; echo '\"numa_count\":1,\"cores_per_node\":2}'",
	     0, NULL},
	    {"failure with a reason", "echo 'no such library' >&2; exit 3", -EIO,
	     "exit status 3): no such library"},
	    {"killed", "kill -9 $$", -EIO, "killed"},
	    {"garbage", "echo hello", -EBADMSG, "not JSON"},
	    {"nothing", "true", -EBADMSG, "not JSON"},
	    {"hanging", "exec sleep 1000", -ETIMEDOUT, "no answer within 300 ms"},
	    {"arguments",
	     "[ \"$*\" = '--provider ofi+tcp --loopback' ] || { echo \"got $*\" >&2; exit 1; }; "
	     "echo '{\"interfaces\":[],\"numa_count\":1,\"cores_per_node\":2}'",
	     0, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine         m;
		struct outcome         o    = {0};
		struct hw_probe       *p    = NULL;
		_cleanup_(freep) char *path = NULL;
		struct hw_probe_opts   opts = {
		      .cb = on_probe, .arg = &o, .with_loopback = true, .provider = "ofi+tcp"};

		print_message("%s\n", rows[i].what);
		machine_init(&m);
		path         = script(&m, rows[i].body);
		opts.program = path;
		/* only the one that hangs is to run into its time limit */
		opts.timeout_ms = rows[i].error == -ETIMEDOUT ? 300 : 30000;
		assert_int_equal(loop_new(&o.loop), 0);
		assert_int_equal(hw_probe_start(o.loop, &opts, &p, NULL), 0);
		loop_run(o.loop);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.error, rows[i].error);
		if (rows[i].says && strstr(o.fault.description, rows[i].says) == NULL)
			fail_msg("%s", o.fault.description);
		(void)loop_free(o.loop); /* always NULL */
		machine_fini(&m);
	}
}

static void
a_missing_program_is_an_error_at_once(void **state)
{
	struct outcome       o    = {0};
	struct hw_probe     *p    = NULL;
	struct fault         f    = FAULT_INIT;
	struct hw_probe_opts opts = {
	    .cb = on_probe, .arg = &o, .program = "/nonexistent/daos_hwprobe"};

	assert_int_equal(loop_new(&o.loop), 0);
	assert_int_equal(hw_probe_start(o.loop, &opts, &p, &f), -ENOENT);
	assert_non_null(strstr(f.description, "/nonexistent/daos_hwprobe"));
	assert_null(p);
	assert_int_equal(o.calls, 0);
	(void)loop_free(o.loop); /* always NULL */
}

static void
a_cancelled_probe_calls_nothing(void **state)
{
	struct machine         m;
	struct outcome         o    = {0};
	struct hw_probe       *p    = NULL;
	_cleanup_(freep) char *path = NULL;
	struct hw_probe_opts   opts = {.cb = on_probe, .arg = &o};

	machine_init(&m);
	path         = script(&m, "exec sleep 1000");
	opts.program = path;
	assert_int_equal(loop_new(&o.loop), 0);
	assert_int_equal(hw_probe_start(o.loop, &opts, &p, NULL), 0);
	assert_null(hw_probe_cancel(p));
	(void)loop_run_once(o.loop, false);
	assert_int_equal(o.calls, 0);
	(void)loop_free(o.loop); /* always NULL */
	machine_fini(&m);
}

/* The program of this build, when it is there: bin/ beside the directory of the tests. */
static void
the_real_program_answers(void **state)
{
	struct outcome       o    = {0};
	struct hw_probe     *p    = NULL;
	struct hw_probe_opts opts = {
	    .cb = on_probe, .arg = &o, .with_loopback = true, .timeout_ms = 30000};
	char    exe[256], path[512];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n]             = '\0';
	*strrchr(exe, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/../../bin/daos_hwprobe", exe);
	if (access(path, X_OK) != 0) {
		print_message("skipped: %s is not built\n", path);
		skip();
	}
	opts.program = path;
	assert_int_equal(loop_new(&o.loop), 0);
	assert_int_equal(hw_probe_start(o.loop, &opts, &p, NULL), 0);
	loop_run(o.loop);
	if (o.error != 0)
		fail_msg("%s", o.fault.description);
	assert_true(o.numa_count >= 1);
	(void)loop_free(o.loop); /* always NULL */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_ending_is_reported),
	    cmocka_unit_test(a_missing_program_is_an_error_at_once),
	    cmocka_unit_test(a_cancelled_probe_calls_nothing),
	    cmocka_unit_test(the_real_program_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
