/*
 * The engine's network address: a listening TCP socket on the address of D_INTERFACE, named in
 * NotifyReady.
 *
 * The fabric's data path is not part of this engine yet: the socket holds the port that the URI
 * claims, and a peer that connects is closed at once. Hence only providers over TCP are accepted.
 */
#pragma once

#include "common/fault.h"
#include "engine/environment.h"

struct eng_endpoint {
	int      fd; /* -EBADF: none */
	uint16_t port;
	char     address[64];
	char     uri[128]; /* ofi+tcp://127.0.0.1:31316 */
};

/*
 * -EINVAL, -ENOTSUP, -ENODEV, -EADDRINUSE, -EADDRNOTAVAIL with a plain fault naming variable,
 * interface and port.
 */
int eng_endpoint_open(const struct eng_environment *env, struct eng_endpoint *ret, struct fault *f);
void eng_endpoint_close(struct eng_endpoint *e);
/* Takes what waits in the listener's queue and closes it. Returns how many there were. */
unsigned eng_endpoint_refuse(struct eng_endpoint *e);
