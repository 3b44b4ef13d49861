/*
 * Who makes requests: loop, I/O, credentials, system name and the hosts to ask when a request names
 * none.
 *
 * Everything in the control room runs on the client's loop; callbacks never run from inside the
 * function that started the operation. A client must outlive its operations.
 */
#pragma once

#include "common/fault.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "security/security.h"

struct ctl_client;

struct ctl_client_opts {
	struct loop       *loop;      /* borrowed */
	struct rpc_io     *io;        /* borrowed */
	struct sec_tls    *tls;       /* borrowed; NULL: plaintext */
	enum sec_component component; /* sent with each call */
	const char        *system;    /* bare name; copied */
	const char *const *hosts;     /* `host:port` or `host`; copied */
	size_t             n_hosts;
	uint16_t           default_port; /* for hosts without one; 0: DAOS_DEFAULT_PORT */
	/* A random number below `bound`; NULL uses the system's generator. */
	uint32_t (*draw)(uint32_t bound, void *arg);
	void *draw_arg;
};

int ctl_client_new(const struct ctl_client_opts *opts, struct ctl_client **ret, struct fault *f);
struct ctl_client *ctl_client_free(struct ctl_client *c);
/* Replaces the default hosts. On failure the old ones stay. */
int ctl_client_set_hosts(struct ctl_client *c, const char *const *hosts, size_t n, struct fault *f);
size_t      ctl_client_host_count(const struct ctl_client *c);
const char *ctl_client_host(const struct ctl_client *c, size_t i);
/* `<system name>-<version>`, what goes into `sys` fields. */
const char  *ctl_client_sys(const struct ctl_client *c);
struct loop *ctl_client_loop(const struct ctl_client *c);
