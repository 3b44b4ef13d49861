/*
 * `transport_config`: the certificates one program uses. Its own header, because the security room
 * reads nothing else of a configuration.
 */
#pragma once

#include "common/util.h"

struct cfg_transport {
	bool  allow_insecure; /* true: plaintext, no file is loaded */
	char *ca_cert;
	char *cert;
	char *key;
	char *client_cert_dir; /* NULL or empty: not checked */
};

enum cfg_transport_role { CFG_TRANSPORT_SERVER, CFG_TRANSPORT_ADMIN, _CFG_TRANSPORT_ROLE_MAX };

/* Fills *t with copies of the defaults of a role. 0 or -ENOMEM; *t is empty then. */
int  cfg_transport_init(struct cfg_transport *t, enum cfg_transport_role role);
void cfg_transport_fini(struct cfg_transport *t);
