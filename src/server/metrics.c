/*
 * Text of one scrape. Segments are opened anew for each: an engine that started again has a new one,
 * and attaching costs less than keeping track of them would.
 */
#include "server/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "telemetry/telemetry.h"

/* ---- engines ---- */

static int
add_engine(struct tm_scrape *scrape, const struct srv_source *source)
{
	struct tm_reader *reader;
	struct fault      f = FAULT_INIT;
	int               r = tm_reader_open(source->instance, &reader, &f);

	if (r < 0) {
		log_debug("metrics of engine %u not read: %s", source->instance,
			  f.set ? f.description : strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	r = tm_scrape_add(scrape, reader, source->rank);
	tm_reader_free(reader);
	if (r < 0)
		log_debug("metrics of engine %u are not complete: %s", source->instance,
			  strerror(-r));
	return r == -ENOMEM ? r : 0;
}

static int
print_engines(const struct srv_source *v, size_t n, struct strbuf *out)
{
	struct tm_scrape *scrape;
	int               r = tm_scrape_new(&scrape);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_engine(scrape, &v[i]);
	if (r == 0)
		tm_scrape_print(scrape, out);
	tm_scrape_free(scrape);
	return r;
}

/* ---- the server's own process ---- */

static void
print_value(struct strbuf *out, const char *name, const char *type, const char *help, double value)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name,
		    value);
}

static unsigned
count_open_files(void)
{
	DIR     *dir = opendir("/proc/self/fd");
	unsigned n   = 0;

	if (dir == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	(void)closedir(dir);
	return n - (n > 0); /* not the one that lists them */
}

/* What /proc/self/stat says behind the name of the program, which may hold anything. */
struct process_stat {
	uint64_t user, system; /* ticks */
	uint64_t start;        /* ticks since the boot */
	uint64_t virtual;      /* bytes */
	uint64_t resident;     /* pages */
};

static bool
read_stat(struct process_stat *ret)
{
	char        text[1024];
	FILE       *file = fopen("/proc/self/stat", "re");
	size_t      n    = file == NULL ? 0 : fread(text, 1, sizeof(text) - 1, file);
	const char *p;

	if (file != NULL)
		(void)fclose(file);
	text[n] = '\0';
	p       = strrchr(text, ')');
	return p != NULL &&
	       sscanf(p,
		      ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		      " %*d %*d %*d %*d %*d %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
		      &ret->user, &ret->system, &ret->start, &ret->virtual, &ret->resident) == 5;
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) < 0 ? 0 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print_process(struct strbuf *out)
{
	double              tick = (double)sysconf(_SC_CLK_TCK);
	struct process_stat stat;
	struct rlimit       limit;

	if (read_stat(&stat)) {
		print_value(out, "process_cpu_seconds_total", "counter",
			    "Processor time used, in user and system mode.",
			    (double)(stat.user + stat.system) / tick);
		print_value(out, "process_resident_memory_bytes", "gauge",
			    "Memory resident in RAM.",
			    (double)stat.resident * (double)sysconf(_SC_PAGESIZE));
		print_value(
		    out, "process_start_time_seconds", "gauge", "Start of the process, since 1970.",
		    seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + (double)stat.start / tick);
		print_value(out, "process_virtual_memory_bytes", "gauge",
			    "Size of the address space.", (double)stat.virtual);
	}
	if (getrlimit(RLIMIT_AS, &limit) == 0)
		print_value(out, "process_virtual_memory_max_bytes", "gauge",
			    "Limit of the address space.", (double)limit.rlim_cur);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		print_value(out, "process_max_fds", "gauge", "Limit of open files.",
			    (double)limit.rlim_cur);
	print_value(out, "process_open_fds", "gauge", "Open files.", count_open_files());
}

int
srv_metrics_print(const struct srv_source *v, size_t n, struct strbuf *out)
{
	int r = print_engines(v, n, out);

	if (r < 0)
		return r;
	print_process(out);
	return strbuf_error(out);
}
