/*
 * What lies in the shared memory of an engine (engine-process.md §10): layout of DAOS 2.8 on LP64
 * machines. Every pointer is an address in the producer's process; a reader converts it with the
 * header's base.
 */
#pragma once

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/util.h"

#define TM_KEY_BASE 0x10242048
#define TM_METRIC_ESTIMATE                                                                         \
	624 /* bytes a metric takes at most, as the size of a segment is reckoned */

/* Bits of a node's type. */
enum {
	TM_NODE_DIRECTORY    = 0x001,
	TM_NODE_COUNTER      = 0x002,
	TM_NODE_TIMESTAMP    = 0x004,
	TM_NODE_SNAPSHOT     = 0x008,
	TM_NODE_DURATION     = 0x010,
	TM_NODE_GAUGE        = 0x020,
	TM_NODE_STATS_GAUGE  = 0x040,
	TM_NODE_REALTIME     = 0x080,
	TM_NODE_PROCESS_TIME = 0x100,
	TM_NODE_THREAD_TIME  = 0x200,
	TM_NODE_LINK         = 0x400,
	TM_NODE_MEMINFO      = 0x800,
};

enum {
	TM_HEADER_DELETED      = 1 << 0,
	TM_HEADER_MULTI_WRITER = 1 << 1,
};

typedef uint64_t tm_address; /* in the producer; 0: none */

struct tm_header {
	uint64_t        base; /* address of this struct */
	int32_t         key;
	uint32_t        flags;
	uint64_t        total_bytes;
	uint64_t        free_bytes;
	tm_address      free;
	tm_address      root;
	pthread_mutex_t lock; /* with TM_HEADER_MULTI_WRITER only */
	tm_address      regions_next, regions_prev;
};

struct tm_node {
	tm_address      child;
	tm_address      sibling;
	tm_address      name;
	int32_t         type;
	int32_t         key;
	pthread_mutex_t lock; /* with `protect` only */
	tm_address      metric;
	uint8_t         protect;
	_Atomic uint8_t readable; /* of metrics: everything is there */
};

struct tm_metric_data {
	union {
		uint64_t        value;
		struct timespec time[2];
		struct {
			uint64_t arena, ordblks, uordblks, fordblks;
		} memory;
	};
	tm_address stats;
	tm_address histogram;
	tm_address description;
	tm_address units;
};

struct tm_stats_data {
	uint64_t min, max, sum;
	double   std_dev; /* this and mean are reckoned by the reader */
	double   mean;
	double   sum_of_squares;
	uint64_t samples;
};

struct tm_histogram_data {
	tm_address buckets;
	uint8_t    fast;
	int32_t    count;
	int32_t    initial_width;
	int32_t    multiplier;
};

struct tm_bucket_data {
	uint64_t   min, max;
	tm_address counter; /* a node */
};

struct tm_region_data {
	tm_address link_node;
	int32_t    key;
	tm_address next, prev;
};

#if defined(__x86_64__)
static_assert(sizeof(struct tm_header) == 104 && offsetof(struct tm_header, total_bytes) == 16 &&
		  offsetof(struct tm_header, root) == 40 &&
		  offsetof(struct tm_header, regions_next) == 88,
	      "header");
static_assert(sizeof(struct tm_node) == 88 && offsetof(struct tm_node, type) == 24 &&
		  offsetof(struct tm_node, metric) == 72 &&
		  offsetof(struct tm_node, protect) == 80 &&
		  offsetof(struct tm_node, readable) == 81,
	      "node");
static_assert(sizeof(struct tm_node) + sizeof(struct tm_metric_data) + 128 + 256 + 32 +
		      sizeof(struct tm_stats_data) ==
		  TM_METRIC_ESTIMATE,
	      "estimate");
#endif
static_assert(sizeof(pthread_mutex_t) == 40 || sizeof(pthread_mutex_t) == 48, "x86_64, aarch64");
static_assert(sizeof(struct tm_metric_data) == 64 && offsetof(struct tm_metric_data, stats) == 32,
	      "metric");
static_assert(sizeof(struct tm_stats_data) == 56, "stats");
static_assert(sizeof(struct tm_histogram_data) == 24 &&
		  offsetof(struct tm_histogram_data, count) == 12,
	      "histogram");
static_assert(sizeof(struct tm_bucket_data) == 24, "bucket");
static_assert(sizeof(struct tm_region_data) == 32, "region");
