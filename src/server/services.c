/*
 * The two gRPC services: which methods have a handler, and the gate before them. All methods of
 * both services are registered from their descriptors; one without a handler answers Unimplemented.
 */
#include <string.h>

#include "common/log.h"
#include "ctl/ctl.pb-c.h"
#include "server/server_private.h"

static const struct rpc_method_handler ctl_handlers[] = {
    {"PrepShutdownRanks", srv_prep_shutdown_ranks},
    {"ResetFormatRanks", srv_reset_format_ranks},
    {"SetEngineLogMasks", srv_set_engine_log_masks},
    {"StartRanks", srv_start_ranks},
    {"StopRanks", srv_stop_ranks},
    {"StorageFormat", srv_storage_format},
    {"StorageScan", srv_storage_scan},
};

static const struct rpc_method_handler mgmt_handlers[] = {
    {"ClusterEvent", srv_cluster_event},
    {"GetAttachInfo", srv_get_attach_info},
    {"Join", srv_join},
    {"LeaderQuery", srv_leader_query},
    {"ListPools", srv_list_pools},
    {"SystemCleanup", srv_system_cleanup},
    {"SystemDrain", srv_system_drain},
    {"SystemErase", srv_system_erase},
    {"SystemExclude", srv_system_exclude},
    {"SystemGetAttr", srv_system_get_attr},
    {"SystemGetProp", srv_system_get_prop},
    {"SystemQuery", srv_system_query},
    {"SystemRebuildManage", srv_system_rebuild_manage},
    {"SystemSelfHealEval", srv_system_self_heal_eval},
    {"SystemSetAttr", srv_system_set_attr},
    {"SystemSetProp", srv_system_set_prop},
    {"SystemStart", srv_system_start},
    {"SystemStop", srv_system_stop},
};

static enum srv_db_state
db_state(const struct srv_server *s)
{
	const char *dir;

	if (s->db != NULL && !s->db_failed)
		return SRV_DB_RUNNING;
	dir = s->storage == NULL ? NULL : stor_raft_dir(s->storage);
	return dir != NULL && sys_db_exists(dir) ? SRV_DB_NOT_RUNNING : SRV_DB_NONE;
}

/* The string field `sys` of a message, when its type has one. */
static bool
get_sys(const ProtobufCMessage *req, const char **ret)
{
	const ProtobufCFieldDescriptor *field =
	    protobuf_c_message_descriptor_get_field_by_name(req->descriptor, "sys");

	if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING ||
	    field->label == PROTOBUF_C_LABEL_REPEATED)
		return false;
	memcpy(ret, (const char *)req + field->offset, sizeof(*ret));
	return true;
}

bool
srv_gate(struct rpc_call *call, const ProtobufCMessage *req, void *arg)
{
	struct srv_server      *s      = arg;
	struct rpc_status       status = RPC_STATUS_INIT;
	struct srv_gate_request q      = {
		 .path             = rpc_call_path(call),
		 .type_name        = req->descriptor->name,
		 .secure           = rpc_call_is_secure(call),
		 .cert             = rpc_call_cert_component(call),
		 .header_component = rpc_call_header(call, "x-daos-component"),
		 .header_version   = rpc_call_header(call, "x-daos-version"),
        };
	struct srv_gate_self self = {
	    .system       = s->cfg->name,
	    .is_replica   = s->net.is_replica,
	    .replicas     = (const char *const *)s->net.replicas.v,
	    .n_replicas   = s->net.replicas.n,
	    .address      = s->net.replica_addr,
	    .db           = s->net.is_replica ? db_state(s) : SRV_DB_NONE,
	    .is_leader    = s->leader.elected,
	    .leader_ready = s->leader.ready,
	};

	q.has_sys = get_sys(req, &q.sys);
	if (self.db == SRV_DB_RUNNING) {
		const char *checker = sys_db_attr(s->db, SYS_ATTR_CHECKER_ENABLED);

		self.checker_enabled = str_eq(checker == NULL ? "" : checker, "true");
		self.leader_hint     = sys_db_leader(s->db);
		/* Elected, and what was committed before is being applied. */
		self.is_leader = self.is_leader || str_eq(self.leader_hint, self.address);
	}
	if (!s->stopping && !s->erasing && srv_gate_check(&q, &self, &status))
		return true;
	if (s->stopping || s->erasing)
		rpc_status_set(&status, RPC_UNAVAILABLE, "the server is shutting down");
	log_debug("%s from %s refused: %s", q.path, rpc_call_peer_ip(call),
		  status.message == NULL ? rpc_code_name(status.code) : status.message);
	rpc_call_fail(call, &status);
	rpc_status_fini(&status);
	return false;
}

void
srv_call_fail(struct rpc_call *call, int err, struct fault *f)
{
	if (!f->set)
		fault_plain(f, err, "%s", strerror(-err));
	rpc_call_fail_fault(call, f);
}

uint64_t
srv_call_time_ms(const struct rpc_call *call)
{
	uint64_t left = call == NULL ? UINT64_MAX : rpc_call_time_left_ms(call);

	return left == UINT64_MAX ? SRV_DEFAULT_DEADLINE_MS : MAX(left, 1ULL);
}

int
srv_services_register(struct srv_server *s)
{
	int r;

	r = rpc_server_add_service(s->rpc, &ctl__ctl_svc__descriptor, ctl_handlers,
				   ARRAY_SIZE(ctl_handlers));
	return r < 0 ? r
		     : rpc_server_add_service(s->rpc, &mgmt__mgmt_svc__descriptor, mgmt_handlers,
					      ARRAY_SIZE(mgmt_handlers));
}
