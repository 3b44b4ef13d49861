#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/fs.h"
#include "common/str.h"
#include "rep_counter.h"
#include "replica/replica.h"

#define DEADLINE_MS 20000
#define ADDRESS     "127.0.0.1:10001"

struct fixture {
	struct loop     *l;
	struct rep_node *n;
	struct counter   c;
	char             tmp[64];
	char             dir[96];
	bool             leader;
	bool             fatal;
	bool             closed;
	struct fault     fault;
	unsigned         answered;
	unsigned         ok;
	int              last_err;
	void            *last_result;
};

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs the loop until the condition holds; a deadline makes a hang a failure. */
#define run_until(l, cond)                                                                         \
	do {                                                                                       \
		uint64_t _end = mono_ms() + DEADLINE_MS;                                           \
		while (!(cond)) {                                                                  \
			assert_true(mono_ms() < _end);                                             \
			(void)loop_run_once((l), true);                                            \
		}                                                                                  \
	} while (0)

static void
on_leadership(bool is_leader, void *arg)
{
	((struct fixture *)arg)->leader = is_leader;
}

static void
on_fatal(const struct fault *f, void *arg)
{
	struct fixture *x = arg;

	x->fatal = true;
	x->fault = *f;
}

static void
on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static void
on_answer(int err, void *result, void *arg)
{
	struct fixture *x = arg;

	x->answered++;
	x->last_err    = err;
	x->last_result = result;
	if (err == 0)
		x->ok++;
}

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	(void)snprintf(x->tmp, sizeof(x->tmp), "/tmp/replica_test.XXXXXX");
	assert_non_null(mkdtemp(x->tmp));
	(void)snprintf(x->dir, sizeof(x->dir), "%s/control_raft", x->tmp);
	assert_int_equal(loop_new(&x->l), 0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	if (x->n != NULL) {
		rep_node_close(x->n, on_closed, x);
		run_until(x->l, x->closed);
	}
	loop_free(x->l);
	(void)chmod(x->dir, 0770);
	assert_int_equal(fs_remove_tree(x->tmp), 0);
	free(x);
	return 0;
}

static struct rep_opts
options(struct fixture *x)
{
	return (struct rep_opts){.dir                = x->dir,
				 .id                 = rep_id(ADDRESS),
				 .address            = ADDRESS,
				 .fsm                = counter_fsm(&x->c),
				 .snapshot_threshold = 64,
				 .snapshot_trailing  = 16,
				 .on_leadership      = on_leadership,
				 .on_fatal           = on_fatal,
				 .arg                = x};
}

static void
bootstrap(struct fixture *x)
{
	struct fault f = FAULT_INIT;

	assert_false(rep_dir_is_initialized(x->dir));
	assert_int_equal(rep_dir_bootstrap(x->dir, rep_id(ADDRESS), ADDRESS, &f), 0);
	assert_true(rep_dir_is_initialized(x->dir));
}

static void
open_node(struct fixture *x)
{
	struct rep_opts o = options(x);
	struct fault    f = FAULT_INIT;
	int             r;

	x->c      = (struct counter){0};
	x->leader = x->closed = x->fatal = false;
	r                                = rep_node_open(x->l, &o, &x->n, &f);
	if (r < 0)
		print_error("open: %s\n", f.description);
	assert_int_equal(r, 0);
	run_until(x->l, x->leader);
}

static void
close_node(struct fixture *x)
{
	rep_node_close(x->n, on_closed, x);
	run_until(x->l, x->closed);
	x->n = NULL;
}

static void
apply_n(struct fixture *x, unsigned n)
{
	unsigned before = x->answered;

	for (unsigned i = 0; i < n; i++) {
		char cmd[64];

		(void)snprintf(cmd, sizeof(cmd), "command %u after %u", i, before);
		assert_int_equal(rep_node_apply(x->n, cmd, strlen(cmd), on_answer, x), 0);
		run_until(x->l, x->answered == before + i + 1);
		assert_int_equal(x->last_err, 0);
	}
}

static void
bootstrap_refuses_what_is_there(void **state)
{
	struct fixture *x = *state;
	struct fault    f = FAULT_INIT;

	bootstrap(x);
	assert_int_equal(rep_dir_bootstrap(x->dir, rep_id(ADDRESS), ADDRESS, &f), -EEXIST);
	assert_non_null(strstr(f.description, x->dir));
	assert_true(fault_has_resolution(&f));
}

static void
single_replica_leads_at_once(void **state)
{
	struct fixture *x = *state;
	uint64_t        start;

	bootstrap(x);
	start = mono_ms();
	open_node(x);
	print_message("# leader after %llu ms\n", (unsigned long long)(mono_ms() - start));
	/* Half of the shortest election timeout: it did not wait for one. */
	assert_true(mono_ms() - start < 500);
	assert_true(rep_node_is_leader(x->n));
	assert_string_equal(rep_node_leader(x->n), ADDRESS);
}

static void
applies_and_survives_restart(void **state)
{
	struct fixture *x = *state;
	struct counter  before;
	struct rep_info info;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->n, "first", 5, on_answer, x), 0);
	assert_int_equal(x->answered, 0); /* never from inside the start call */
	run_until(x->l, x->answered == 1);
	assert_int_equal(x->last_err, 0);
	assert_int_equal((uintptr_t)x->last_result, 1);
	apply_n(x, 20);
	before = x->c;
	assert_int_equal(before.n, 21);
	close_node(x);
	open_node(x);
	assert_memory_equal(&x->c, &before, sizeof(before));
	rep_node_info(x->n, &info);
	assert_int_equal(info.n_servers, 1);
	assert_string_equal(info.servers[0].address, ADDRESS);
	assert_true(info.servers[0].voter);
	assert_int_equal(info.last_applied, info.last_index);
}

static void
empty_and_large_commands(void **state)
{
	struct fixture        *x   = *state;
	_cleanup_(freep) char *big = calloc(1, REP_COMMAND_MAX + 1);

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->n, "", 0, on_answer, x), 0);
	assert_int_equal(rep_node_apply(x->n, big, REP_COMMAND_MAX, on_answer, x), 0);
	assert_int_equal(rep_node_apply(x->n, big, REP_COMMAND_MAX + 1, on_answer, x), -E2BIG);
	run_until(x->l, x->answered == 2);
	assert_int_equal(x->ok, 2);
	close_node(x);
	open_node(x);
	assert_int_equal(x->c.n, 2);
}

static void
snapshots_and_truncates(void **state)
{
	struct fixture        *x = *state;
	struct counter         before;
	struct rep_info        info;
	struct rep_dir_content content;
	struct fault           f = FAULT_INIT;

	bootstrap(x);
	open_node(x);
	apply_n(x, 300);
	rep_node_info(x->n, &info);
	assert_true(info.snapshot_index > 0);
	before = x->c;
	close_node(x);
	assert_int_equal(rep_dir_read(x->dir, &content, &f), 0);
	assert_true(content.info.snapshot_index > 0);
	assert_int_equal(content.snapshot_len, sizeof(struct counter));
	assert_int_equal(content.last_type, REP_ENTRY_COMMAND);
	assert_int_equal(content.last_len, strlen("command 299 after 0"));
	assert_memory_equal(content.last_data, "command 299 after 0", content.last_len);
	assert_int_equal(content.info.n_servers, 1);
	rep_dir_content_fini(&content);
	open_node(x);
	assert_memory_equal(&x->c, &before, sizeof(before));
}

static void
close_answers_what_is_in_flight(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rep_node_apply(x->n, "x", 1, on_answer, x), 0);
	rep_node_close(x->n, on_closed, x);
	assert_int_equal(x->answered, 10);
	assert_int_equal(x->last_err, -ECANCELED);
	assert_int_equal(rep_node_apply(x->n, "x", 1, on_answer, x), -ESHUTDOWN);
	run_until(x->l, x->closed);
	assert_int_equal(x->answered, 10);
	x->n = NULL;
}

static void
barrier_comes_after_what_was_submitted(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->n, "x", 1, on_answer, x), 0);
	assert_int_equal(rep_node_barrier(x->n, on_answer, x), 0);
	run_until(x->l, x->answered == 2);
	assert_int_equal(x->ok, 2);
	assert_int_equal(x->c.n, 1);
}

static void
refused_command_stops_the_replica(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->n, "refuse", 6, on_answer, x), 0);
	run_until(x->l, x->fatal && x->answered == 1);
	assert_int_equal(x->last_err, -ECANCELED);
	assert_false(x->leader);
	assert_non_null(strstr(x->fault.description, "asks to be refused"));
	assert_int_equal(rep_node_apply(x->n, "x", 1, on_answer, x), -ESHUTDOWN);
	assert_string_equal(rep_node_leader(x->n), "");
}

static void
second_process_is_refused(void **state)
{
	struct fixture *x = *state;
	pid_t           pid;
	int             status;

	bootstrap(x);
	open_node(x);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct fault    f = FAULT_INIT;
		struct rep_info info;
		int             r = rep_dir_info(x->dir, &info, &f);

		_exit(r == -EBUSY && strstr(f.description, x->dir) != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
recover_takes_over_a_group(void **state)
{
	struct fixture *x = *state;
	struct rep_info info;
	struct fault    f = FAULT_INIT;

	assert_int_equal(rep_dir_recover(x->dir, rep_id(ADDRESS), ADDRESS, &f), -ENOENT);
	assert_false(fs_exists(x->dir));
	assert_int_equal(rep_dir_bootstrap(x->dir, rep_id("10.0.0.9:1"), "10.0.0.9:1", &f), 0);
	assert_int_equal(rep_dir_recover(x->dir, rep_id(ADDRESS), ADDRESS, &f), 0);
	assert_int_equal(rep_dir_info(x->dir, &info, &f), 0);
	assert_int_equal(info.n_servers, 1);
	assert_string_equal(info.servers[0].address, ADDRESS);
	open_node(x);
	apply_n(x, 3);
}

static void
bad_directories_are_named(void **state)
{
	struct fixture *x = *state;
	struct rep_opts o = options(x);
	struct fault    f = FAULT_INIT;
	struct rep_info info;

	assert_int_equal(rep_dir_info(x->dir, &info, &f), -ENOENT);
	assert_non_null(strstr(f.description, x->dir));
	assert_int_equal(fs_write_atomic(x->dir, "x", 1, 0600), 0);
	assert_true(rep_node_open(x->l, &o, &x->n, &f) < 0);
	assert_non_null(strstr(f.description, x->dir));
	assert_true(fault_has_resolution(&f));
	assert_int_equal(unlink(x->dir), 0);
	if (geteuid() == 0) {
		assert_int_equal(mkdir(x->dir, 0700), 0);
		assert_int_equal(chown(x->dir, 12345, 12345), 0);
	} else {
		assert_int_equal(mkdir(x->dir, 0500), 0);
	}
	f = (struct fault)FAULT_INIT;
	assert_int_equal(rep_node_open(x->l, &o, &x->n, &f), -EACCES);
	assert_non_null(strstr(f.description, x->dir));
	assert_true(fault_has_resolution(&f));
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(bootstrap_refuses_what_is_there),
	    CASE(single_replica_leads_at_once),
	    CASE(applies_and_survives_restart),
	    CASE(empty_and_large_commands),
	    CASE(snapshots_and_truncates),
	    CASE(close_answers_what_is_in_flight),
	    CASE(barrier_comes_after_what_was_submitted),
	    CASE(refused_command_stops_the_replica),
	    CASE(second_process_is_refused),
	    CASE(recover_takes_over_a_group),
	    CASE(bad_directories_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
