/*
 * Log masks of engines: `ERR,MGMT=DEBUG`, debug streams and subsystem lists (text-formats.md §8).
 * All checks return 0 or -EINVAL with a plain fault that names the wrong part.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define LOGMASK_MAX_LEN 1023

/* D_LOG_MASK. Empty or NULL is valid. */
int logmask_check(const char *mask, struct fault *f);
/* DD_MASK. */
int logmask_check_streams(const char *streams, struct fault *f);
/* DD_SUBSYS. */
int logmask_check_subsystems(const char *subsystems, struct fault *f);
/*
 * Mask and subsystem list → the one mask an engine is told, with canonical level names. *ret is
 * fresh memory.
 */
int logmask_merge(const char *mask, const char *subsystems, char **ret, struct fault *f);
