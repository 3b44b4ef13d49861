/*
 * How fast the system database takes members: 1,000 engines joining one by one, and as one batch.
 *
 *	sysdb_bench [directory]		(default: a new one in /tmp)
 *
 * One line a figure: name, value, unit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/fs.h"
#include "common/version.h"
#include "system/system.h"

#define ADDRESS "127.0.0.1:10001"
#define N       1000

struct bench {
	struct loop   *l;
	struct sys_db *db;
	bool           leader;
	bool           done;
	size_t         joined;
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
on_done(void *arg)
{
	((struct bench *)arg)->done = true;
}

static void
on_providers(int err, const struct fault *f, enum sys_providers_verdict verdict, void *arg)
{
	(void)verdict;
	if (err < 0)
		on_fatal(f, arg);
	on_done(arg);
}

static void
on_join(int err, const struct fault *f, const struct sys_join_outcome *outcomes, size_t n,
	uint32_t map_version, void *arg)
{
	struct bench *b = arg;

	(void)map_version;
	if (err < 0)
		on_fatal(f, arg);
	for (size_t i = 0; i < n; i++)
		b->joined += outcomes[i].result == SYS_JOIN_ADDED;
	b->done = true;
}

static void
wait_done(struct bench *b)
{
	while (!b->done)
		(void)loop_run_once(b->l, true);
	b->done = false;
}

static void
run(const char *base, bool batch)
{
	static struct sys_join_req reqs[N];
	static char                uuid[N][40], addr[N][32], domain[N][16];
	static const char *const   replicas[] = {ADDRESS};
	char                       dir[512];
	struct bench               b = {0};
	struct fault               f = FAULT_INIT;
	struct sys_db_opts         o = {.dir           = dir,
					.address       = ADDRESS,
					.replicas      = replicas,
					.n_replicas    = 1,
					.on_leadership = on_leadership,
					.on_fatal      = on_fatal,
					.arg           = &b};
	double                     start;

	(void)snprintf(dir, sizeof(dir), "%s/%s", base, batch ? "batch" : "single");
	if (loop_new(&b.l) < 0 || sys_db_open(b.l, &o, &b.db, &f) < 0)
		on_fatal(&f, NULL);
	while (!b.leader)
		(void)loop_run_once(b.l, true);
	if (sys_db_check_providers(b.db, "ofi+tcp", on_providers, &b) < 0)
		exit(1);
	wait_done(&b);
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(uuid[i], sizeof(uuid[i]), "22222222-0000-4000-8000-%012u", i);
		(void)snprintf(addr[i], sizeof(addr[i]), "10.0.%u.%u:10001", i / 250, i % 250 + 1);
		(void)snprintf(domain[i], sizeof(domain[i]), "/host%u", i);
		reqs[i] = (struct sys_join_req){.rank         = DAOS_RANK_NIL,
						.uuid         = uuid[i],
						.addr         = addr[i],
						.uri          = "ofi+tcp://10.0.0.1:31416",
						.fault_domain = domain[i]};
	}
	start = now_ms();
	for (unsigned i = 0; i < (batch ? 1 : N); i++) {
		if (sys_db_join(b.db, &reqs[i], batch ? N : 1, on_join, &b) < 0)
			exit(1);
		wait_done(&b);
	}
	(void)printf("%d joins %s\t%.0f\tms\n", N, batch ? "as one batch" : "one by one",
		     now_ms() - start);
	if (b.joined != N)
		exit(1);
	sys_db_close(b.db, on_done, &b);
	wait_done(&b);
	loop_free(b.l);
	(void)fs_remove_tree(dir); /* the base directory goes, or its owner clears up */
}

int
main(int argc, char **argv)
{
	char        tmp[] = "/tmp/sysdb_bench.XXXXXX";
	const char *base  = argc > 1 ? argv[1] : mkdtemp(tmp);

	if (base == NULL)
		return 1;
	run(base, false);
	run(base, true);
	return argc > 1 || fs_remove_tree(base) == 0 ? 0 : 1;
}
