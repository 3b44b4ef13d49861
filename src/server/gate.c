/*
 * The gates as a chain of small checks. Access by method is one table; a method of the management
 * service that is not in it is a leader's, which is the strictest.
 */
#include "server/gate.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "common/vec.h"
#include "common/version.h"

#define MGMT_PREFIX "/mgmt.MgmtSvc/"

enum access {
	ACCESS_LEADER,
	ACCESS_REPLICA,
	ACCESS_SYSTEM, /* only the system name; the handler does the rest */
};

static const struct {
	const char *method;
	enum access access;
	bool        in_checker_mode;
} methods[] = {
    {"ClusterEvent", ACCESS_LEADER, true},         {"ContSetOwner", ACCESS_REPLICA, false},
    {"GetAttachInfo", ACCESS_REPLICA, true},       {"Join", ACCESS_LEADER, true},
    {"LeaderQuery", ACCESS_SYSTEM, true},          {"ListContainers", ACCESS_REPLICA, false},
    {"ListPools", ACCESS_REPLICA, true},           {"PoolGetACL", ACCESS_REPLICA, false},
    {"PoolGetProp", ACCESS_REPLICA, false},        {"PoolQuery", ACCESS_REPLICA, false},
    {"PoolQueryTarget", ACCESS_REPLICA, false},    {"SystemCheckDisable", ACCESS_LEADER, true},
    {"SystemCheckEnable", ACCESS_LEADER, true},    {"SystemCheckEngineReport", ACCESS_LEADER, true},
    {"SystemCheckGetPolicy", ACCESS_LEADER, true}, {"SystemCheckQuery", ACCESS_LEADER, true},
    {"SystemCheckRepair", ACCESS_LEADER, true},    {"SystemCheckSetPolicy", ACCESS_LEADER, true},
    {"SystemCheckStart", ACCESS_LEADER, true},     {"SystemCheckStop", ACCESS_LEADER, true},
    {"SystemDrain", ACCESS_LEADER, true},          {"SystemErase", ACCESS_REPLICA, false},
    {"SystemExclude", ACCESS_LEADER, true},        {"SystemGetAttr", ACCESS_REPLICA, false},
    {"SystemGetProp", ACCESS_REPLICA, true},       {"SystemQuery", ACCESS_REPLICA, true},
    {"SystemStart", ACCESS_LEADER, true},          {"SystemStop", ACCESS_LEADER, true},
};

/* ---- version ---- */

static bool
refuse_version(struct rpc_status *ret, const struct srv_gate_request *q, const char *why)
{
	rpc_status_set(ret, RPC_UNKNOWN,
		       "version check failed for *%s: failed to extract peer component/version "
		       "from headers: %s",
		       q->type_name, why);
	return false;
}

/* The version a peer without headers puts behind its system name. */
static void
version_from_sys(const char *sys, struct sec_version *ret)
{
	const char *dash = sys == NULL ? NULL : strrchr(sys, '-');

	if (dash == NULL || sec_version_parse(dash + 1, ret) < 0)
		*ret = (struct sec_version){0};
}

static bool
check_version(const struct srv_gate_request *q, struct rpc_status *ret)
{
	static const struct sec_version self = {DAOS_VERSION_MAJOR, DAOS_VERSION_MINOR,
						DAOS_VERSION_PATCH};
	enum sec_component              peer = q->secure ? q->cert : SEC_COMPONENT_SERVER;
	struct sec_version              version;
	struct fault                    f = FAULT_INIT;

	if (q->header_component != NULL && q->header_version != NULL) {
		enum sec_component named = sec_component_parse(q->header_component);

		if (named == SEC_COMPONENT_UNDEFINED)
			return refuse_version(ret, q, "unknown component");
		if (sec_version_parse(q->header_version, &version) < 0)
			return refuse_version(ret, q, "malformed version");
		if (q->secure && named != q->cert) {
			rpc_status_set(ret, RPC_PERMISSION_DENIED,
				       "version check failed for *%s: rpc error: code = "
				       "PermissionDenied desc = "
				       "component mismatch (req: \"%s\" != cert: \"%s\")",
				       q->type_name, q->header_component,
				       sec_component_name(q->cert));
			return false;
		}
		peer = named;
	} else {
		if (!q->has_sys)
			return true;
		version_from_sys(q->sys, &version);
		if (!q->secure && (version.major != self.major || version.minor != self.minor ||
				   version.patch != self.patch)) {
			fault_set(&f, FAULT_SERVER_NO_COMPATIBILITY_INSECURE,
				  "versions " DAOS_VERSION
				  " and %d.%d.%d are not compatible in insecure mode",
				  version.major, version.minor, version.patch);
			rpc_status_from_fault(ret, &f);
			return false;
		}
	}
	if (sec_version_check(SEC_COMPONENT_SERVER, &self, peer, &version, &f) < 0) {
		rpc_status_from_fault(ret, &f);
		return false;
	}
	return true;
}

/* ---- permission ---- */

static bool
check_permission(const struct srv_gate_request *q, struct rpc_status *ret)
{
	if (!q->secure || sec_may_call(q->cert, q->path))
		return true;
	rpc_status_set(ret, RPC_PERMISSION_DENIED,
		       "access denied for *%s: rpc error: code = PermissionDenied desc = "
		       "%s does not have permission to call %s",
		       q->type_name, sec_component_name(q->cert), q->path);
	return false;
}

/* ---- management service ---- */

static bool
check_system_name(const struct srv_gate_request *q, const struct srv_gate_self *self,
		  struct rpc_status *ret)
{
	const char        *sys  = q->sys == NULL ? "" : q->sys;
	const char        *dash = strrchr(sys, '-');
	size_t             len  = strlen(sys);
	struct sec_version version;
	struct fault       f = FAULT_INIT;

	if (!q->has_sys)
		return true;
	if (dash != NULL && sec_version_parse(dash + 1, &version) == 0)
		len = (size_t)(dash - sys);
	if (len == strlen(self->system) && strncmp(sys, self->system, len) == 0)
		return true;
	fault_set(&f, FAULT_SERVER_WRONG_SYSTEM,
		  "request system does not match running system (%.*s != %s)", (int)MIN(len, 256U),
		  sys, self->system);
	rpc_status_from_fault(ret, &f);
	return false;
}

static bool
check_replica(const struct srv_gate_self *self, struct rpc_status *ret)
{
	if (!self->is_replica) {
		rpc_status_not_replica(ret, self->replicas, self->n_replicas);
		return false;
	}
	if (self->db == SRV_DB_RUNNING)
		return true;
	rpc_status_set(ret, RPC_UNKNOWN, "%s",
		       self->db == SRV_DB_NONE ? SRV_TEXT_UNINITIALIZED
					       : SRV_TEXT_RAFT_UNAVAILABLE);
	return false;
}

static bool
check_leader(const struct srv_gate_self *self, struct rpc_status *ret)
{
	VEC(const char *) others = {0};
	bool ok                  = true;

	if (self->is_leader && self->leader_ready)
		return true;
	if (self->is_leader) {
		rpc_status_set(ret, RPC_UNKNOWN, "%s", SRV_TEXT_STEP_UP);
		return false;
	}
	for (size_t i = 0; ok && i < self->n_replicas; i++)
		if (!str_eq(self->replicas[i], self->address))
			ok = vec_push(&others, self->replicas[i]) == 0;
	rpc_status_not_leader(ret, self->leader_hint, others.v, others.n);
	vec_fini(&others);
	return false;
}

static bool
check_mgmt(const struct srv_gate_request *q, const struct srv_gate_self *self,
	   struct rpc_status *ret)
{
	const char *method  = q->path + strlen(MGMT_PREFIX);
	enum access access  = ACCESS_LEADER;
	bool        checker = false;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (!str_eq(methods[i].method, method))
			continue;
		access  = methods[i].access;
		checker = methods[i].in_checker_mode;
		break;
	}
	if (self->checker_enabled && !checker) {
		struct fault f = FAULT_INIT;

		fault_set(&f, FAULT_SYSTEM_CHECKER_ENABLED, "system checker is enabled");
		rpc_status_from_fault(ret, &f);
		return false;
	}
	if (!check_system_name(q, self, ret))
		return false;
	if (access == ACCESS_SYSTEM)
		return true;
	if (!check_replica(self, ret))
		return false;
	return access == ACCESS_REPLICA || check_leader(self, ret);
}

bool
srv_gate_check(const struct srv_gate_request *q, const struct srv_gate_self *self,
	       struct rpc_status *ret)
{
	if (!check_version(q, ret) || !check_permission(q, ret))
		return false;
	return !str_starts(q->path, MGMT_PREFIX) || check_mgmt(q, self, ret);
}
