/*
 * The Prometheus exporter (server-lifecycle.md §10): GET /metrics over plain HTTP, a page with a link
 * to it at `/`. Connections are served on the loop; the text of a scrape is made on a worker.
 *
 * libmicrohttpd is loaded when the first exporter is made, so that a server without one pays nothing
 * for it or for the libraries it brings along.
 */
#pragma once

#include "common/fault.h"
#include "loop/loop.h"
#include "server/metrics.h"

#define SRV_EXPORTER_SOURCES_MAX 8

struct srv_exporter;

/* Fills v with the engines to show now and returns how many. On the loop, at each scrape. */
typedef size_t (*srv_sources_fn)(struct srv_source v[SRV_EXPORTER_SOURCES_MAX], void *arg);

struct srv_exporter_opts {
	const char    *ip;   /* numeric IPv4 */
	uint16_t       port; /* 0: any that is free */
	srv_sources_fn sources;
	void          *arg;
};

/*
 * Listens. -EADDRINUSE, -EADDRNOTAVAIL, -EACCES …; -ELIBACC when the library cannot be used. Plain
 * faults say what and where.
 */
int srv_exporter_new(struct loop *l, const struct srv_exporter_opts *opts,
		     struct srv_exporter **ret, struct fault *f);
/* Where it listens. */
uint16_t srv_exporter_port(const struct srv_exporter *e);
/* Closes all connections; a scrape that runs ends by itself, before loop_free() returns. */
struct srv_exporter *srv_exporter_free(struct srv_exporter *e);
