/*
 * What one run of a short command costs: run_bench RUNS PROGRAM [ARGUMENT…] prints a line a run, wall milliseconds, CPU
 * milliseconds and peak resident KiB. A small program of its own, because the peak that the system reports for a child
 * includes the memory of the process it was made from.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "common/str.h"
#include "common/util.h"

extern char **environ;

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
cpu_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static int
run_once(char **argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage              usage;
	pid_t                      pid;
	double                     start, wall;
	int                        status, r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	start = now_ms();
	r     = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0) {
		fprintf(stderr, "run_bench: unable to start %s (error %d)\n", argv[0], r);
		return -r;
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return -errno;
	wall = now_ms() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "run_bench: %s failed\n", argv[0]);
		return -ECHILD;
	}
	printf("%.3f %.3f %ld\n", wall, cpu_ms(&usage), usage.ru_maxrss);
	return 0;
}

int
main(int argc, char **argv)
{
	uint32_t runs;

	if (argc < 3 || str_to_u32(argv[1], 10, &runs) != 0) {
		fprintf(stderr, "usage: run_bench RUNS PROGRAM [ARGUMENT...]\n");
		return 1;
	}
	for (uint32_t i = 0; i < runs; i++)
		if (run_once(argv + 2) != 0)
			return 1;
	return 0;
}
