/*
 * Inside of storm: what its modes share.
 */
#pragma once

#include "check.h"
#include "rpc/rpc.h"

struct storm_addr {
	char    *host;
	uint16_t port;
};

struct storm_opts {
	VEC(struct storm_addr) servers;
	const char *system;
	char       *sys; /* as requests carry it */
	const char *provider;
	const char *fault_domain; /* path of the domain above the hosts, may be empty */
	const char *state;        /* file, may be NULL */
	uint32_t    hosts, engines;
	uint32_t    base; /* first host's address, host order */
	uint32_t    host_port;
	uint32_t    window; /* hosts at once; 0: all */
	uint32_t    try_ms, deadline_ms;
	uint32_t    clients, calls, seconds;
	uint32_t    delay_ms;
	uint32_t    io_threads;
	uint32_t    server_pid; /* 0: is not watched */
	bool        any_state;
};

struct storm {
	struct storm_opts  opts;
	struct sec_tls    *tls; /* NULL: plaintext */
	struct loop       *loop;
	struct rpc_io     *io;
	struct storm_check check;
};

double storm_now_s(void);
/* "127.1.0.1" for host i. */
void storm_host_ip(const struct storm *s, uint32_t i, char buf[16]);
/* One line on standard output: name value unit. */
void storm_figure(const char *name, double value, const char *unit);
/* Figures of n durations in seconds, which are sorted: name_p50, name_p99, name_max. */
void storm_percentiles(const char *name, double *seconds, size_t n);
/* CPU seconds and MiB of the watched server; 0 without one. */
double storm_server_cpu_s(const struct storm *s);
double storm_server_rss_mib(const struct storm *s, bool peak);

/* The modes: each runs to its end and returns 0, or a negative errno after it has said why. */
int storm_join(struct storm *s, bool again);
int storm_query(struct storm *s);
int storm_hosts(struct storm *s);
