/*
 * What a scrape of this server's exporter shows: the metrics of its engines and of its own process,
 * as Prometheus text. No loop, no HTTP: exporter.h serves it.
 */
#pragma once

#include "common/str.h"
#include "common/util.h"

/* One engine whose shared memory is read. */
struct srv_source {
	unsigned instance;
	uint32_t rank;
};

/*
 * Appends the text. An engine whose memory is not there or is damaged is left out, or shows what came
 * before the damage, and the log says so at debug. Reads shared memory and /proc: for a worker. 0 or
 * -ENOMEM.
 */
int srv_metrics_print(const struct srv_source *v, size_t n, struct strbuf *out);
