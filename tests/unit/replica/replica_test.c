#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/fs.h"
#include "common/str.h"
#include "rep_fixture.h"

#define ADDRESS "127.0.0.1:10001"

struct fixture {
	struct rep_test_node node; /* first: what callbacks get */
	char                 tmp[64];
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	(void)snprintf(x->tmp, sizeof(x->tmp), "/tmp/replica_test.XXXXXX");
	assert_non_null(mkdtemp(x->tmp));
	(void)snprintf(x->node.dir, sizeof(x->node.dir), "%s/control_raft", x->tmp);
	(void)snprintf(x->node.address, sizeof(x->node.address), ADDRESS);
	assert_int_equal(loop_new(&x->node.l), 0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	if (x->node.n != NULL) {
		rep_node_close(x->node.n, rep_test_on_closed, x);
		run_until(x->node.l, x->node.closed);
	}
	loop_free(x->node.l);
	(void)chmod(x->node.dir, 0770);
	assert_int_equal(fs_remove_tree(x->tmp), 0);
	free(x);
	return 0;
}

static void
bootstrap(struct fixture *x)
{
	struct fault f = FAULT_INIT;

	assert_false(rep_dir_is_initialized(x->node.dir));
	assert_int_equal(rep_dir_bootstrap(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), 0);
	assert_true(rep_dir_is_initialized(x->node.dir));
}

static void
open_node(struct fixture *x)
{
	struct fault f = FAULT_INIT;

	if (rep_test_open(&x->node, &f) < 0)
		fail_msg("%s", f.description);
	run_until(x->node.l, x->node.leader);
}

static void
close_node(struct fixture *x)
{
	rep_node_close(x->node.n, rep_test_on_closed, x);
	run_until(x->node.l, x->node.closed);
	x->node.n = NULL;
}

static void
apply_n(struct fixture *x, unsigned n)
{
	unsigned before = x->node.answered;

	for (unsigned i = 0; i < n; i++) {
		char cmd[64];

		(void)snprintf(cmd, sizeof(cmd), "command %u after %u", i, before);
		assert_int_equal(rep_node_apply(x->node.n, cmd, strlen(cmd), rep_test_on_answer, x),
				 0);
		run_until(x->node.l, x->node.answered == before + i + 1);
		assert_int_equal(x->node.last_err, 0);
	}
}

static void
bootstrap_refuses_what_is_there(void **state)
{
	struct fixture *x = *state;
	struct fault    f = FAULT_INIT;

	bootstrap(x);
	assert_int_equal(rep_dir_bootstrap(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), -EEXIST);
	assert_non_null(strstr(f.description, x->node.dir));
	assert_true(fault_has_resolution(&f));
}

static void
bootstrap_refuses_a_foreign_database(void **state)
{
	struct fixture        *x    = *state;
	_cleanup_(freep) char *path = str_format("%s/daos_system.db", x->node.dir);
	struct fault           f    = FAULT_INIT;

	assert_int_equal(fs_mkdir_all(x->node.dir, 0700), 0);
	assert_int_equal(fs_write_atomic(path, "x", 1, 0600), 0);
	assert_int_equal(rep_dir_bootstrap(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), -EEXIST);
	assert_non_null(strstr(f.description, "holds a database that this server cannot read"));
	assert_non_null(strstr(f.resolution, "start the daos_server that wrote it"));
	assert_true(fs_exists(path));
}

static void
single_replica_leads_at_once(void **state)
{
	struct fixture *x = *state;
	uint64_t        start;

	bootstrap(x);
	start = rep_test_ms();
	open_node(x);
	print_message("# leader after %llu ms\n", (unsigned long long)(rep_test_ms() - start));
	/* Half of the shortest election timeout: it did not wait for one. */
	assert_true(rep_test_ms() - start < 500);
	assert_true(rep_node_is_leader(x->node.n));
	assert_string_equal(rep_node_leader(x->node.n), ADDRESS);
}

static void
applies_and_survives_restart(void **state)
{
	struct fixture *x = *state;
	struct counter  before;
	struct rep_info info;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->node.n, "first", 5, rep_test_on_answer, x), 0);
	assert_int_equal(x->node.answered, 0); /* never from inside the start call */
	run_until(x->node.l, x->node.answered == 1);
	assert_int_equal(x->node.last_err, 0);
	assert_int_equal((uintptr_t)x->node.last_result, 1);
	apply_n(x, 20);
	before = x->node.c;
	assert_int_equal(before.n, 21);
	close_node(x);
	open_node(x);
	assert_memory_equal(&x->node.c, &before, sizeof(before));
	rep_node_info(x->node.n, &info);
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
	assert_int_equal(rep_node_apply(x->node.n, "", 0, rep_test_on_answer, x), 0);
	assert_int_equal(rep_node_apply(x->node.n, big, REP_COMMAND_MAX, rep_test_on_answer, x), 0);
	assert_int_equal(rep_node_apply(x->node.n, big, REP_COMMAND_MAX + 1, rep_test_on_answer, x),
			 -E2BIG);
	run_until(x->node.l, x->node.answered == 2);
	assert_int_equal(x->node.ok, 2);
	close_node(x);
	open_node(x);
	assert_int_equal(x->node.c.n, 2);
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
	rep_node_info(x->node.n, &info);
	assert_true(info.snapshot_index > 0);
	before = x->node.c;
	close_node(x);
	assert_int_equal(rep_dir_read(x->node.dir, &content, &f), 0);
	assert_true(content.info.snapshot_index > 0);
	assert_int_equal(content.snapshot_len, sizeof(struct counter));
	assert_int_equal(content.last_type, REP_ENTRY_COMMAND);
	assert_int_equal(content.last_len, strlen("command 299 after 0"));
	assert_memory_equal(content.last_data, "command 299 after 0", content.last_len);
	assert_int_equal(content.info.n_servers, 1);
	rep_dir_content_fini(&content);
	open_node(x);
	assert_memory_equal(&x->node.c, &before, sizeof(before));
}

static void
close_answers_what_is_in_flight(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rep_node_apply(x->node.n, "x", 1, rep_test_on_answer, x), 0);
	rep_node_close(x->node.n, rep_test_on_closed, x);
	assert_int_equal(x->node.answered, 10);
	assert_int_equal(x->node.last_err, -ECANCELED);
	assert_int_equal(rep_node_apply(x->node.n, "x", 1, rep_test_on_answer, x), -ESHUTDOWN);
	run_until(x->node.l, x->node.closed);
	assert_int_equal(x->node.answered, 10);
	x->node.n = NULL;
}

static void
barrier_comes_after_what_was_submitted(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->node.n, "x", 1, rep_test_on_answer, x), 0);
	assert_int_equal(rep_node_barrier(x->node.n, rep_test_on_answer, x), 0);
	run_until(x->node.l, x->node.answered == 2);
	assert_int_equal(x->node.ok, 2);
	assert_int_equal(x->node.c.n, 1);
}

static void
refused_command_stops_the_replica(void **state)
{
	struct fixture *x = *state;

	bootstrap(x);
	open_node(x);
	assert_int_equal(rep_node_apply(x->node.n, "refuse", 6, rep_test_on_answer, x), 0);
	run_until(x->node.l, x->node.fatal && x->node.answered == 1);
	assert_int_equal(x->node.last_err, -ECANCELED);
	assert_false(x->node.leader);
	assert_non_null(strstr(x->node.fault.description, "asks to be refused"));
	assert_int_equal(rep_node_apply(x->node.n, "x", 1, rep_test_on_answer, x), -ESHUTDOWN);
	assert_string_equal(rep_node_leader(x->node.n), "");
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
		int             r = rep_dir_info(x->node.dir, &info, &f);

		_exit(r == -EBUSY && strstr(f.description, x->node.dir) != NULL ? 0 : 1);
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

	assert_int_equal(rep_dir_recover(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), -ENOENT);
	assert_false(fs_exists(x->node.dir));
	assert_int_equal(rep_dir_bootstrap(x->node.dir, rep_id("10.0.0.9:1"), "10.0.0.9:1", &f), 0);
	assert_int_equal(rep_dir_recover(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), 0);
	assert_int_equal(rep_dir_info(x->node.dir, &info, &f), 0);
	assert_int_equal(info.n_servers, 1);
	assert_string_equal(info.servers[0].address, ADDRESS);
	open_node(x);
	apply_n(x, 3);
}

static void
bad_directories_are_named(void **state)
{
	struct fixture *x = *state;
	struct rep_opts o = rep_test_options(&x->node);
	struct fault    f = FAULT_INIT;
	struct rep_info info;

	assert_int_equal(rep_dir_info(x->node.dir, &info, &f), -ENOENT);
	assert_non_null(strstr(f.description, x->node.dir));
	assert_int_equal(fs_write_atomic(x->node.dir, "x", 1, 0600), 0);
	assert_true(rep_node_open(x->node.l, &o, &x->node.n, &f) < 0);
	assert_non_null(strstr(f.description, x->node.dir));
	assert_true(fault_has_resolution(&f));
	assert_int_equal(unlink(x->node.dir), 0);
	if (geteuid() == 0) {
		assert_int_equal(mkdir(x->node.dir, 0700), 0);
		assert_int_equal(chown(x->node.dir, 12345, 12345), 0);
	} else {
		assert_int_equal(mkdir(x->node.dir, 0500), 0);
	}
	f = (struct fault)FAULT_INIT;
	assert_int_equal(rep_node_open(x->node.l, &o, &x->node.n, &f), -EACCES);
	assert_non_null(strstr(f.description, x->node.dir));
	assert_true(fault_has_resolution(&f));
}

/* A file system of its own for this process; false where that is not allowed. */
static bool
mount_small(const char *at, unsigned mib)
{
	char options[32], map[32];
	int  fd;

	if (unshare(CLONE_NEWNS) != 0) {
		uid_t uid = geteuid();

		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return false;
		(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
		fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		(void)close(fd);
	}
	(void)snprintf(options, sizeof(options), "size=%um", mib);
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", at, "tmpfs", 0, options) == 0;
}

/* Takes all room that is left. */
static void
fill(const char *path)
{
	static char block[65536];
	int         fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	(void)close(fd);
}

static void
run_into_full_disk(struct fixture *x)
{
	_cleanup_(freep) char *cmd = calloc(1, 60000);
	char                   filler[128];
	struct fault           f = FAULT_INIT;
	int                    r;

	bootstrap(x);
	open_node(x);
	(void)snprintf(filler, sizeof(filler), "%s/filler", x->tmp);
	apply_n(x, 1);
	fill(filler);
	do {
		unsigned before = x->node.answered;

		r = rep_node_apply(x->node.n, cmd, 60000, rep_test_on_answer, &x->node);
		if (r == 0)
			run_until(x->node.l, x->node.answered == before + 1);
	} while (r == 0);
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(unlink(filler), 0);
	do { /* it goes on by itself when there is room */
		(void)loop_run_once(x->node.l, true);
		r = rep_node_apply(x->node.n, "x", 1, rep_test_on_answer, &x->node);
	} while (r == -ENOSPC);
	assert_int_equal(r, 0);
	close_node(x);
	fill(filler);
	assert_int_equal(rep_test_open(&x->node, &f), -ENOSPC);
	assert_non_null(strstr(f.description, x->node.dir));
	assert_true(fault_has_resolution(&f));
}

static void
full_file_systems_are_named(void **state)
{
	struct fixture *x = *state;
	pid_t           pid;
	int             status;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct fault f = FAULT_INIT;

		if (!mount_small(x->tmp, 2))
			_exit(77);
		if (rep_dir_bootstrap(x->node.dir, rep_id(ADDRESS), ADDRESS, &f) != -ENOSPC ||
		    strstr(f.description, x->node.dir) == NULL)
			_exit(1);
		if (!mount_small(x->tmp, 20) ||
		    loop_new(&x->node.l) < 0) /* a loop does not survive fork */
			_exit(77);
		run_into_full_disk(x);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* no mount namespaces here */
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(bootstrap_refuses_what_is_there),
	    CASE(bootstrap_refuses_a_foreign_database),
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
	    CASE(full_file_systems_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
