/*
 * A control plane that answers by script: one or more hosts on loopback, canned answers by method.
 */
#pragma once

#include <jansson.h>

#include "rpc/rpc.h"

struct script;

int  script_new(struct loop *l, struct rpc_io *io, struct sec_tls *tls, struct script **ret);
void script_free(struct script *s);
/*
 * Adds one line: `reply[@HOST] METHOD JSON`, `fail[@HOST] METHOD JSON` or `want METHOD JSON`.
 * Answers to the same method are given in order, the last one again and again. 0 or -EINVAL with
 * the reason on stderr.
 *
 * JSON of fail, one of: {"code": 2, "message": "…"}, {"fault": 603, "description": "…"}, {"status":
 * -1005},
 * {"not_leader": "HINT", "replicas": […]}, {"not_replica": […]}
 */
int script_line(struct script *s, const char *line);
/* Listens on the addresses, all on one free port. 0 or a negative errno. */
int script_start(struct script *s, const char *const *addresses, size_t n);
/* Stops listening; the port is remembered. */
void     script_close(struct script *s);
uint16_t script_port(const struct script *s);
/* Whether each `want` was met and nothing else came; a text on stderr otherwise. */
bool script_is_met(const struct script *s);
