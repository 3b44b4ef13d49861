/*
 * Who may call what, when: the checks every gRPC request passes before its handler, as a pure
 * function (wire-grpc.md §3, §4 and §6). Order: version, permission, checker, system name, replica,
 * leader.
 */
#pragma once

#include "rpc/rpc.h"

/* Texts other programs recognise (wire-grpc.md §5). */
#define SRV_TEXT_RAFT_UNAVAILABLE "raft service unavailable (not started yet?)"
#define SRV_TEXT_STEP_UP          "leader step-up in progress (try again)"
#define SRV_TEXT_UNINITIALIZED    "system is uninitialized (storage format required?)"
#define SRV_TEXT_EMPTY_GROUP      "empty group map (all ranks excluded?)"

/* What the request says. */
struct srv_gate_request {
	const char        *path;      /* "/mgmt.MgmtSvc/Join" */
	const char        *type_name; /* full name of the request message, "mgmt.JoinReq" */
	bool               secure;
	enum sec_component cert;             /* secure only */
	const char        *header_component; /* NULL when absent */
	const char        *header_version;
	bool               has_sys; /* the message has a field `sys` */
	const char        *sys;
};

enum srv_db_state {
	SRV_DB_NONE,        /* replica, never formatted */
	SRV_DB_NOT_RUNNING, /* replica, database exists but is not open */
	SRV_DB_RUNNING,
};

/* What the server is. */
struct srv_gate_self {
	const char        *system;
	bool               checker_enabled;
	bool               is_replica;
	const char *const *replicas;
	size_t             n_replicas;
	const char        *address; /* our own entry among the replicas */
	enum srv_db_state  db;
	bool               is_leader;
	bool               leader_ready; /* step-up complete */
	const char        *leader_hint;
};

/* Returns whether the request may go on; otherwise *ret is the answer (rpc_status_fini() it). */
bool srv_gate_check(const struct srv_gate_request *q, const struct srv_gate_self *self,
		    struct rpc_status *ret);
