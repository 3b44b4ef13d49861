/*
 * libdaos_control: requests to the control plane of a DAOS system.
 *
 * A context holds a loaded control configuration (daos_control.yml) and the credentials it names.
 * Requests on it are synchronous; they go to hosts (storage.h, server.h) or to the management
 * service (system.h), where the library finds the leader, retries what can be retried and gives up
 * at the deadline.
 *
 * Signals: a server may hang up while it is written to, so the program must ignore SIGPIPE.
 * Threads: a context and everything made from it belong to one thread at a time.
 * Errors: a function that can fail returns 0 or a negative errno and fills *e (may be NULL) on
 * failure. Memory: a response is a plain struct the caller owns; its `_fini` releases all it points
 * to. It is written only on success. Texts are UTF-8, never NULL unless said so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What went wrong, as a person should see it. */
struct daosctl_error {
	uint32_t fault_code;      /* fault number, or 0 when the error is not a coded fault */
	int32_t  daos_status;     /* negative DAOS error number, or 0 when it is none */
	char     text[1536];      /* complete, one line */
	char     brief[1024];     /* description alone, for a table cell */
	char     resolution[768]; /* `<domain>: code = N resolution = "…"`, or empty */
};

struct daosctl;

struct daosctl_options {
	/* Configuration file; NULL searches the usual places and falls back to built-in defaults.
	 */
	const char *config_path;
	/* Plaintext, whatever the configuration says. */
	bool insecure;
};

/* Loads configuration and certificates; opens no connection. */
int daosctl_new(const struct daosctl_options *opts, struct daosctl **ret, struct daosctl_error *e);
/* NULL is allowed; returns NULL. */
struct daosctl *daosctl_free(struct daosctl *c);
/* Replaces the configured hosts by a host list expression such as `node[1-3],other:10002`. */
int daosctl_set_hosts(struct daosctl *c, const char *hostlist, struct daosctl_error *e);
/* Number of hosts a request to all of them would go to. */
size_t daosctl_host_count(const struct daosctl *c);
/* Limit for each following request as a whole, retries included. 0 restores the default of 5
 * minutes. */
void daosctl_set_timeout(struct daosctl *c, uint64_t timeout_ms);

/* ---- results by host ---- */

/* Hosts that failed with the same text. */
struct daosctl_host_error {
	const char *hosts; /* folded, with ports: `node[1-3]:10001` */
	size_t      n_hosts;
	const char *text;  /* complete */
	const char *brief; /* description alone */
};

/* Ordered by text. */
struct daosctl_host_errors {
	const struct daosctl_host_error *v;
	size_t                           n;       /* entries */
	size_t                           n_hosts; /* hosts in all entries */
};

#ifdef __cplusplus
}
#endif
