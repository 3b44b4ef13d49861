/*
 * The fault domain of this server: from fault_path, from the program named by fault_cb, or from the
 * host name (text-formats.md §5).
 */
#pragma once

#include "common/fault.h"
#include "common/fault_domain.h"
#include "config/config.h"

/* How long the program of fault_cb may take. */
#define CFG_FAULT_CB_TIMEOUT_MS 10000

/* Raises SERVER_CONFIG_FAULT_DOMAIN_INVALID or …_TOO_MANY_LAYERS. */
int cfg_fault_path_parse(const char *text, struct fault_domain **ret, struct fault *f);
/*
 * Runs `script`, which must lie under `required_dir`, be a plain file, without setuid, and writable
 * by nobody but its owner. Blocks for at most CFG_FAULT_CB_TIMEOUT_MS: for start-up or a worker.
 * Raises SERVER_CONFIG_FAULT_CALLBACK_*.
 */
int cfg_fault_cb_run(const char *script, const char *required_dir, struct fault_domain **ret,
		     struct fault *f);
/*
 * What the configuration says; `hostname` is used when it says nothing. A fault_cb must lie under
 * the directory of the configuration file. Blocks as cfg_fault_cb_run(). Raises
 * SERVER_CONFIG_BOTH_FAULT_PATH_AND_CB and the above.
 */
int cfg_server_fault_domain(const struct cfg_server *cfg, const char *hostname,
			    struct fault_domain **ret, struct fault *f);
