/*
 * No acknowledged command is lost when the process is killed: a child applies commands and tells of
 * each that was acknowledged; it is killed after a number of them that a fixed seed chooses;
 * another child looks what is there. Only children run loops, so that every one starts from
 * nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/fs.h"
#include "rep_fixture.h"

#define ADDRESS "127.0.0.1:10001"
#define ROUNDS  8

struct child {
	struct rep_test_node node;
	int                  out;
};

static void
say(int fd, uint64_t v)
{
	if (write(fd, &v, sizeof(v)) != (ssize_t)sizeof(v))
		_exit(3);
}

static void
child_open(struct child *c, const char *dir)
{
	struct fault f = FAULT_INIT;

	(void)snprintf(c->node.dir, sizeof(c->node.dir), "%s", dir);
	(void)snprintf(c->node.address, sizeof(c->node.address), ADDRESS);
	if (loop_new(&c->node.l) < 0)
		_exit(2);
	if (!rep_dir_is_initialized(dir) &&
	    rep_dir_bootstrap(dir, rep_id(ADDRESS), ADDRESS, &f) < 0)
		_exit(2);
	if (rep_test_open(&c->node, &f) < 0) {
		(void)fprintf(stderr, "# %s\n", f.description);
		_exit(2);
	}
	while (!c->node.leader)
		(void)loop_run_once(c->node.l, true);
}

static void submit(struct child *c);

static void
on_written(int err, void *result, void *arg)
{
	struct child *c = arg;

	if (err != 0)
		_exit(4);
	say(c->out, (uint64_t)(uintptr_t)result);
	submit(c);
}

static void
submit(struct child *c)
{
	char cmd[200];

	/* Sizes vary, so that batches end anywhere in a block. */
	(void)snprintf(cmd, sizeof(cmd), "%*d", (int)(c->node.c.n * 37 % 190 + 1),
		       (int)c->node.c.n);
	if (rep_node_apply(c->node.n, cmd, strlen(cmd), on_written, c) < 0)
		_exit(5);
}

/* Says how many commands there are, then goes on applying until killed; `write_on` false: ends
 * after the first. */
static void __attribute__((noreturn)) run_child(const char *dir, int out, bool write_on)
{
	struct child c = {.out = out};

	child_open(&c, dir);
	say(out, c.node.c.n);
	if (!write_on)
		_exit(0);
	for (int i = 0; i < 4; i++)
		submit(&c);
	for (;;)
		(void)loop_run_once(c.node.l, true);
}

static pid_t
start(const char *dir, bool write_on, int *ret_fd)
{
	int   fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_child(dir, fds[1], write_on);
	(void)close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}

/* The next number a child says; false when it ended. */
static bool
hear(int fd, uint64_t *ret)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, REP_TEST_DEADLINE_MS), 1);
	return read(fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

static void
kill_and_look(const char *dir, unsigned kill_after, uint64_t *acked)
{
	uint64_t heard = 0, found = 0;
	int      fd, status;
	pid_t    pid = start(dir, true, &fd);

	assert_true(hear(fd, &found));
	if (found < *acked)
		fail_msg("%llu of %llu acknowledged commands are there", (unsigned long long)found,
			 (unsigned long long)*acked);
	for (unsigned i = 0; i < kill_after; i++)
		assert_true(hear(fd, &heard));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	*acked = MAX(found, heard);
	while (hear(fd, &heard)) /* said before it died */
		*acked = MAX(*acked, heard);
	(void)close(fd);
}

static void
killed_at_any_time(void **state)
{
	char     tmp[] = "/tmp/kill_test.XXXXXX";
	char     dir[64];
	uint32_t seed  = 20261122;
	uint64_t acked = 0, found;
	int      fd, status;
	pid_t    pid;

	assert_non_null(mkdtemp(tmp));
	(void)snprintf(dir, sizeof(dir), "%s/control_raft", tmp);
	for (unsigned i = 0; i < ROUNDS; i++)
		kill_and_look(dir, next_random(&seed) % 150, &acked);
	pid = start(dir, false, &fd);
	assert_true(hear(fd, &found));
	assert_true(found >= acked);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(fd);
	print_message("# %llu commands acknowledged, %llu there, seed 20261122\n",
		      (unsigned long long)acked, (unsigned long long)found);
	assert_int_equal(fs_remove_tree(tmp), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
