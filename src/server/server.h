/*
 * The running daos_server: everything between a loaded configuration and the end by a signal
 * (server-lifecycle.md).
 */
#pragma once

#include "common/fault.h"
#include "config/config.h"

struct srv_opts {
	struct cfg_server *cfg;        /* loaded, command line applied; completed here; borrowed */
	const char        *executable; /* this program's file, absolute */
	bool               auto_format;
};

/*
 * Looks for a second server, then serves until SIGINT, SIGQUIT or SIGTERM and returns 0 then;
 * otherwise a negative errno with f saying why the server did not come up or had to end. Logs
 * through common/log.h; notices of the configuration are logged too.
 */
int srv_run(const struct srv_opts *opts, struct fault *f);

/*
 * -EEXIST with a plain fault when another process was started under the same program name as this
 * one. The variable DAOS_SERVER_ALLOW_DUPLICATE in the environment switches the check off, for
 * several servers on one test machine.
 */
int srv_check_duplicate(struct fault *f);

/*
 * Addresses of the management service as the configuration has them, resolved: our own ("" when
 * this host is no replica) and the others, comma separated. Fresh memory.
 */
int srv_replica_addresses(const struct cfg_server *cfg, char **ret_local, char **ret_peers,
			  struct fault *f);
