/*
 * How fast one replica is: opening, becoming leader, durable commands one at a time and with many
 *in flight.
 *
 *	replica_bench [directory]	(default: a new one in /tmp)
 *
 * One line a figure: name, value, unit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/fs.h"
#include "rep_counter.h"
#include "replica/replica.h"

#define ADDRESS   "127.0.0.1:10001"
#define COMMAND   512
#define N_SINGLE  1000
#define N_MANY    8000
#define IN_FLIGHT 64

struct bench {
	struct loop     *l;
	struct rep_node *n;
	struct counter   c;
	bool             leader;
	bool             closed;
	unsigned         sent;
	unsigned         answered;
	unsigned         failed;
	unsigned         total;
};

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void
on_leadership(bool is_leader, void *arg)
{
	((struct bench *)arg)->leader = is_leader;
}

static void
on_fatal(const struct fault *f, void *arg)
{
	(void)arg;
	(void)fprintf(stderr, "%s\n", f->description);
	exit(1);
}

static void
on_closed(void *arg)
{
	((struct bench *)arg)->closed = true;
}

static void submit(struct bench *b);

static void
on_answer(int err, void *result, void *arg)
{
	struct bench *b = arg;

	(void)result;
	b->answered++;
	b->failed += err != 0;
	if (b->sent < b->total)
		submit(b);
}

static void
submit(struct bench *b)
{
	static const char cmd[COMMAND] = "bench";

	b->sent++;
	if (rep_node_apply(b->n, cmd, sizeof(cmd), on_answer, b) < 0) {
		b->answered++;
		b->failed++;
	}
}

static void
measure(struct bench *b, const char *name, unsigned total, unsigned in_flight)
{
	double start = now_ms();

	b->sent = b->answered = b->failed = 0;
	b->total                          = total;
	for (unsigned i = 0; i < in_flight; i++)
		submit(b);
	while (b->answered < total)
		(void)loop_run_once(b->l, true);
	(void)printf("%s\t%.0f\tcommits/s\n", name, total / ((now_ms() - start) / 1e3));
	if (b->failed > 0) {
		(void)fprintf(stderr, "%u of %u commands failed\n", b->failed, total);
		exit(1);
	}
}

static void
open_node(struct bench *b, const char *dir, const char *name)
{
	struct rep_opts o     = {.dir           = dir,
				 .id            = rep_id(ADDRESS),
				 .address       = ADDRESS,
				 .fsm           = counter_fsm(&b->c),
				 .on_leadership = on_leadership,
				 .on_fatal      = on_fatal,
				 .arg           = b};
	struct fault    f     = FAULT_INIT;
	double          start = now_ms(), opened;

	b->leader = b->closed = false;
	if (rep_node_open(b->l, &o, &b->n, &f) < 0)
		on_fatal(&f, NULL);
	opened = now_ms();
	while (!b->leader)
		(void)loop_run_once(b->l, true);
	(void)printf("%s: open\t%.1f\tms\n%s: open to leader\t%.1f\tms\n", name, opened - start,
		     name, now_ms() - opened);
}

static void
close_node(struct bench *b)
{
	rep_node_close(b->n, on_closed, b);
	while (!b->closed)
		(void)loop_run_once(b->l, true);
}

int
main(int argc, char **argv)
{
	char         tmp[] = "/tmp/replica_bench.XXXXXX";
	char         dir[512];
	struct bench b    = {0};
	struct fault f    = FAULT_INIT;
	const char  *base = argc > 1 ? argv[1] : mkdtemp(tmp);

	if (base == NULL || loop_new(&b.l) < 0)
		return 1;
	(void)snprintf(dir, sizeof(dir), "%s/control_raft", base);
	if (rep_dir_bootstrap(dir, rep_id(ADDRESS), ADDRESS, &f) < 0)
		on_fatal(&f, NULL);
	open_node(&b, dir, "fresh");
	measure(&b, "one in flight", N_SINGLE, 1);
	measure(&b, "64 in flight", N_MANY, IN_FLIGHT);
	close_node(&b);
	open_node(&b, dir, "restart");
	close_node(&b);
	loop_free(b.l);
	return fs_remove_tree(argc > 1 ? dir : base) == 0 ? 0 : 1;
}
