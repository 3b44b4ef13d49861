/*
 * The embedded I/O engine: one process, one loop. See README.md for what it does and what it leaves
 * to later releases.
 */
#pragma once

#include "engine/environment.h"
#include "engine/options.h"

/*
 * Runs an engine until a signal ends it. Returns the exit status: 0 after SIGINT or SIGTERM, 1
 * after SIGBUS and after a start that failed, which has been reported on standard error and in the
 * log. Called once a process.
 */
int eng_run(const struct eng_options *opts);
