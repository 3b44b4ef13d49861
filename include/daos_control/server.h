/*
 * Requests about the servers themselves.
 */
#pragma once

#include <daos_control/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NULL resets the setting to what the server's configuration says. */
struct daosctl_set_logmasks_req {
	const char *masks;
	const char *streams;
	const char *subsystems;
};
/* Changes the engines' log masks on all hosts. Each entry of the response holds no storage, only
 * its hosts. */
int daosctl_set_logmasks(struct daosctl *c, const struct daosctl_set_logmasks_req *req,
			 struct daosctl_storage_resp *ret, struct daosctl_error *e);

#ifdef __cplusplus
}
#endif
