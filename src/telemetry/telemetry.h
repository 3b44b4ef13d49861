/*
 * Metrics of an engine in System V shared memory, in the layout of DAOS 2.8: any DAOS engine's can
 * be read, and ours can be read by any DAOS tool. A producer (the engine) writes, consumers (the
 * server) read and print Prometheus text.
 *
 * A writer and a reader each belong to one thread; they share nothing but the memory.
 */
#pragma once

#include "common/fault.h"
#include "common/str.h"

#define TM_NAME_MAX        255 /* bytes of a path component */
#define TM_DESCRIPTION_MAX 127
#define TM_UNITS_MAX       31
#define TM_PATH_MAX        1023

enum tm_type {
	TM_COUNTER,
	TM_GAUGE,
	TM_STATS_GAUGE, /* gauge with minimum, maximum, sum … of what it was set to */
	TM_TIMESTAMP,   /* seconds since 1970 */
	TM_SNAPSHOT,    /* a point in time with nanoseconds */
	TM_DURATION,    /* length of the last run, with statistics in microseconds */
	TM_MEMINFO,     /* mallinfo() of the producer */
	_TM_TYPE_MAX
};

/* ---- producer ---- */

struct tm_writer;
struct tm_metric; /* lives as long as its writer */

/* Size of the segment of an engine with so many targets. */
uint64_t tm_segment_bytes(unsigned targets);
/*
 * Makes the segment of engine `instance`; one that is there, from a process that was killed, is
 * removed first. -EACCES, -EPERM, -ENOSPC, -ENOMEM … with a plain fault that names the key.
 */
int tm_writer_new(unsigned instance, uint64_t bytes, struct tm_writer **ret, struct fault *f);
/* Marks the segment as deleted and removes it. */
struct tm_writer *tm_writer_free(struct tm_writer *w);

/*
 * Adds a metric at the path ("mem/total_mem/xs_0"); directories on the way are made. units may be
 * NULL; timestamps have none and durations "us". -EEXIST: there is one; -ENOSPC: the segment is
 * full; -ENAMETOOLONG; -EINVAL: empty path.
 */
int tm_add(struct tm_writer *w, enum tm_type type, const char *description, const char *units,
	   struct tm_metric **ret, const char *path, ...) _printf_(6, 7);

/* The following accept NULL, so that a metric that could not be made needs no check. */
void tm_count(struct tm_metric *counter, uint64_t n);
void tm_counter_set(struct tm_metric *counter, uint64_t value);
void tm_set(struct tm_metric *gauge, uint64_t value); /* gauge or stats gauge */
void tm_set_now(struct tm_metric *timestamp);
void tm_record(struct tm_metric *duration, uint64_t ns);
void tm_set_meminfo(struct tm_metric *meminfo);

/* ---- consumer ---- */

struct tm_reader;

struct tm_stats {
	uint64_t min, max, sum, samples;
	double   sum_of_squares, mean, std_dev;
};

struct tm_bucket {
	uint64_t max;   /* upper bound */
	uint64_t count; /* of this and all smaller ones */
};

/* One metric as it is now. Everything is borrowed and valid during the callback. */
struct tm_sample {
	const char  *path; /* without the root: "mem/total_mem/xs_0" */
	enum tm_type type;
	const char  *description;
	const char  *units;
	uint64_t value; /* durations: nanoseconds; snapshots: microseconds; meminfo: bytes in use */
	bool     has_stats;
	struct tm_stats         stats;
	const struct tm_bucket *buckets; /* without the last one, which is open */
	size_t                  n_buckets;
};

typedef void (*tm_sample_cb)(const struct tm_sample *s, void *arg);

/*
 * -ENOENT: the engine has no segment; -EACCES; -EBADMSG: what is there is none. Plain faults name
 * the key.
 */
int tm_reader_open(unsigned instance, struct tm_reader **ret, struct fault *f);
/* A segment in memory, for tests and files. Borrowed. */
int               tm_reader_open_memory(const void *segment, size_t bytes, struct tm_reader **ret);
struct tm_reader *tm_reader_free(struct tm_reader *r);
/* Whether the producer has removed the segment: an engine that starts again makes a new one. */
bool tm_reader_is_stale(const struct tm_reader *r);
/*
 * Calls back for each metric, those of linked segments (pools) too. Everything in the segment is
 * checked before it is used: what points outside, or in circles, ends the walk with -EBADMSG after
 * the metrics found so far.
 */
int tm_reader_walk(struct tm_reader *r, tm_sample_cb cb, void *arg);

/* ---- Prometheus ---- */

struct tm_scrape;

int               tm_scrape_new(struct tm_scrape **ret);
struct tm_scrape *tm_scrape_free(struct tm_scrape *s);
/* Adds all metrics of an engine, labelled with its rank. What tm_reader_walk() says, or -ENOMEM. */
int tm_scrape_add(struct tm_scrape *s, struct tm_reader *r, uint32_t rank);
/*
 * Text exposition format: families sorted by name, each with HELP and TYPE. Check strbuf_error().
 */
void tm_scrape_print(struct tm_scrape *s, struct strbuf *out);
/*
 * Name (with "engine_") and labels ("rank=\"0\",target=\"1\"", sorted) of a path; engine-process.md
 * §10.
 */
void tm_prometheus_name(const char *path, uint32_t rank, struct strbuf *name,
			struct strbuf *labels);
