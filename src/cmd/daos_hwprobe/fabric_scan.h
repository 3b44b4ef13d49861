/*
 * Fabric interfaces of this host, from libfabric.
 */
#pragma once

#include <jansson.h>

#include "common/util.h"

struct topology;

struct scan_opts {
	const char *provider; /* "ofi+tcp"; NULL: all */
	bool        with_loopback;
};

/* A JSON array with an object for each provider on each network interface. 0 or a negative errno.
 */
int fabric_scan(const struct scan_opts *opts, const struct topology *topo, json_t **ret);
