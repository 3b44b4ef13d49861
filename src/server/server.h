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
 * Makes sure that no other server runs on its socket directory, then serves until SIGINT, SIGQUIT or
 * SIGTERM and returns 0 then; otherwise a negative errno with f saying why the server did not come up
 * or had to end. After an erasure of the system it returns 0 with *ret_again: the program is to start
 * over in a fresh process image. Logs through common/log.h; notices of the configuration are logged too.
 */
int srv_run(const struct srv_opts *opts, bool *ret_again, struct fault *f);

/*
 * Raises SOCKET_FILE_IN_USE (-EADDRINUSE) when a server runs on the socket directory, naming its pid;
 * for commands that work on the files of a stopped server.
 */
int srv_check_idle(const char *socket_dir, struct fault *f);

/*
 * Addresses of the management service as the configuration has them, resolved: our own ("" when
 * this host is no replica) and the others, comma separated. Fresh memory.
 */
int srv_replica_addresses(const struct cfg_server *cfg, char **ret_local, char **ret_peers,
			  struct fault *f);
