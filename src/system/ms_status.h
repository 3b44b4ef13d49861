/*
 * What `daos_server ms status` tells of a database nobody runs: reads the directory, changes
 * nothing.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

struct sys_ms_server {
	uint64_t id;
	char     address[64];
	bool     voter;
};

/* index 0: there is none. */
struct sys_ms_entry {
	uint64_t index;
	uint64_t term;
	uint64_t time_ns; /* of a command; 0 otherwise */
	char     op[64];  /* what it did: "join members", "barrier", "configuration", ... */
};

struct sys_ms_snapshot {
	uint64_t index; /* 0: there is none */
	uint64_t term;
	uint64_t time_ms; /* when it was taken */
	char     file[128];
	uint32_t map_version;
	uint64_t data_version;
	size_t   n_members;
};

struct sys_ms_status {
	uint64_t               term;
	size_t                 n_servers;
	struct sys_ms_server   servers[16];
	struct sys_ms_entry    last_entry;
	struct sys_ms_snapshot snapshot;
};

/*
 * -ENOENT: no database there; -EBUSY: a server is using it; -EACCES, -EPROTO (damaged or newer): f
 * names the file.
 */
int sys_ms_status_read(const char *dir, struct sys_ms_status *ret, struct fault *f);
