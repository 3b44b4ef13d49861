/* The gates: one row a situation, what the caller is told. */
#include "server/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MGMT(m) "/mgmt.MgmtSvc/" m
#define CTL(m)  "/ctl.CtlSvc/" m

static const char *const replicas[] = {"10.0.0.1:10001", "10.0.0.2:10001", "10.0.0.3:10001"};

/* A secure request of dmg that passes everything. */
static struct srv_gate_request
admin(const char *path)
{
	return (struct srv_gate_request){
	    .path             = path,
	    .type_name        = "mgmt.SystemQueryReq",
	    .secure           = true,
	    .cert             = SEC_COMPONENT_ADMIN,
	    .header_component = "admin",
	    .header_version   = "2.8.0",
	    .has_sys          = true,
	    .sys              = "daos_server-2.8.0",
	};
}

static struct srv_gate_self
leader(void)
{
	return (struct srv_gate_self){
	    .system       = "daos_server",
	    .is_replica   = true,
	    .replicas     = replicas,
	    .n_replicas   = 3,
	    .address      = replicas[0],
	    .db           = SRV_DB_RUNNING,
	    .is_leader    = true,
	    .leader_ready = true,
	    .leader_hint  = "10.0.0.1:10001",
	};
}

/* Runs the gate and compares with the text a client prints; NULL: it passes. */
static void
expect(const char *name, const struct srv_gate_request *q, const struct srv_gate_self *self,
       enum rpc_code code, const char *text)
{
	struct rpc_status st = RPC_STATUS_INIT;
	char              got[1200];
	bool              ok = srv_gate_check(q, self, &st);

	if (ok != (text == NULL))
		fail_msg("%s: passes=%d", name, ok);
	if (!ok) {
		(void)rpc_status_format(&st, got, sizeof(got));
		if (st.code != code || strstr(got, text) == NULL)
			fail_msg("%s: %d %s", name, (int)st.code, got);
		rpc_status_fini(&st);
	}
}

static void
test_version(void **state)
{
	static const struct {
		const char        *name;
		bool               secure;
		enum sec_component cert;
		const char        *component, *version, *sys;
		enum rpc_code      code;
		const char        *text;
	} rows[] = {
	    {"same", true, SEC_COMPONENT_ADMIN, "admin", "2.8.0", "daos_server-2.8.0", 0, NULL},
	    {"patch is free", true, SEC_COMPONENT_ADMIN, "admin", "2.8.7", "daos_server-2.8.7", 0,
	     NULL},
	    {"leading v", true, SEC_COMPONENT_ADMIN, "admin", "v2.8.0", "daos_server", 0, NULL},
	    {"other minor", true, SEC_COMPONENT_ADMIN, "admin", "2.7.0", "daos_server",
	     RPC_INTERNAL, "code = 616"},
	    {"version 1", true, SEC_COMPONENT_ADMIN, "admin", "1.2.0", "daos_server", RPC_INTERNAL,
	     "code = 616"},
	    {"certificate differs", true, SEC_COMPONENT_AGENT, "admin", "2.8.0", "daos_server",
	     RPC_PERMISSION_DENIED,
	     "rpc error: code = PermissionDenied desc = version check failed for "
	     "*mgmt.SystemQueryReq: rpc error: "
	     "code = PermissionDenied desc = component mismatch (req: \"admin\" != cert: "
	     "\"agent\")"},
	    {"malformed version", true, SEC_COMPONENT_ADMIN, "admin", "2.8", "daos_server",
	     RPC_UNKNOWN, "malformed"},
	    {"unknown component", true, SEC_COMPONENT_ADMIN, "root", "2.8.0", "daos_server",
	     RPC_UNKNOWN, "unknown component"},
	    {"no headers, version in sys", true, SEC_COMPONENT_ADMIN, NULL, NULL,
	     "daos_server-2.8.0", 0, NULL},
	    {"one header counts as none", true, SEC_COMPONENT_ADMIN, "admin", NULL,
	     "daos_server-2.8.0", 0, NULL},
	    {"no headers, no version", true, SEC_COMPONENT_ADMIN, NULL, NULL, "daos_server",
	     RPC_INTERNAL, "code = 616"},
	    {"insecure, headers", false, 0, "admin", "2.8.1", "daos_server", 0, NULL},
	    {"insecure, no headers, same", false, 0, NULL, NULL, "daos_server-2.8.0", 0, NULL},
	    {"insecure, no headers, patch", false, 0, NULL, NULL, "daos_server-2.8.1", RPC_INTERNAL,
	     "code = 617"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct srv_gate_request q    = admin(MGMT("SystemQuery"));
		struct srv_gate_self    self = leader();

		q.secure           = rows[i].secure;
		q.cert             = rows[i].cert;
		q.header_component = rows[i].component;
		q.header_version   = rows[i].version;
		q.sys              = rows[i].sys;
		expect(rows[i].name, &q, &self, rows[i].code, rows[i].text);
	}
}

static void
test_a_message_without_sys_and_headers_passes_the_version_check(void **state)
{
	struct srv_gate_request q    = admin(CTL("StorageScan"));
	struct srv_gate_self    self = leader();

	q.header_component = q.header_version = q.sys = NULL;
	q.has_sys                                     = false;
	expect("no sys", &q, &self, 0, NULL);
}

static void
test_permission(void **state)
{
	struct srv_gate_request q    = admin(MGMT("Join"));
	struct srv_gate_self    self = leader();

	q.type_name = "mgmt.JoinReq";
	expect("admin may not join", &q, &self, RPC_PERMISSION_DENIED,
	       "access denied for *mgmt.JoinReq: rpc error: code = PermissionDenied desc = admin "
	       "does not have "
	       "permission to call /mgmt.MgmtSvc/Join");
	q.secure = false;
	expect("insecure: everybody may", &q, &self, 0, NULL);
}

static void
test_system_name(void **state)
{
	static const struct {
		const char *sys;
		bool        ok;
	} rows[] = {
	    {"daos_server", true}, {"daos_server-2.8.0", true}, {"other-2.8.0", false},
	    {"", false},           {"daos_server-x", false},    {"daos_serve-2.8.0", false},
	    {"-2.8.0", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct srv_gate_request q    = admin(MGMT("LeaderQuery"));
		struct srv_gate_self    self = leader();

		q.sys = rows[i].sys;
		expect(rows[i].sys, &q, &self, RPC_INTERNAL,
		       rows[i].ok ? NULL : "server: code = 603");
	}
}

static void
test_replica_and_leader(void **state)
{
	static const struct {
		const char       *name, *path;
		bool              replica, leads, ready, checker;
		enum srv_db_state db;
		enum rpc_code     code;
		const char       *text;
	} rows[] = {
	    {"leader", MGMT("SystemStop"), true, true, true, false, SRV_DB_RUNNING, 0, NULL},
	    {"no replica", MGMT("SystemQuery"), false, false, false, false, SRV_DB_NONE,
	     RPC_INTERNAL,
	     "not a DAOS Management Service replica (try one of "
	     "10.0.0.1:10001,10.0.0.2:10001,10.0.0.3:10001)"},
	    {"LeaderQuery needs the name only", MGMT("LeaderQuery"), false, false, false, false,
	     SRV_DB_NONE, 0, NULL},
	    {"never formatted", MGMT("SystemQuery"), true, false, false, false, SRV_DB_NONE,
	     RPC_UNKNOWN, "system is uninitialized (storage format required?)"},
	    {"not open", MGMT("SystemQuery"), true, false, false, false, SRV_DB_NOT_RUNNING,
	     RPC_UNKNOWN, "raft service unavailable (not started yet?)"},
	    {"follower reads", MGMT("SystemQuery"), true, false, false, false, SRV_DB_RUNNING, 0,
	     NULL},
	    {"follower does not stop", MGMT("SystemStop"), true, false, false, false,
	     SRV_DB_RUNNING, RPC_INTERNAL,
	     "not the DAOS Management Service leader (try 10.0.0.9:10001 or one of "
	     "10.0.0.2:10001,10.0.0.3:10001)"},
	    {"stepping up", MGMT("SystemStop"), true, true, false, false, SRV_DB_RUNNING,
	     RPC_UNKNOWN, "leader step-up in progress (try again)"},
	    {"checker mode refuses", MGMT("PoolCreate"), true, true, true, true, SRV_DB_RUNNING,
	     RPC_INTERNAL, "checker: code = 1103"},
	    {"checker mode allows", MGMT("SystemQuery"), true, true, true, true, SRV_DB_RUNNING, 0,
	     NULL},
	    {"control service has no such gate", CTL("StorageScan"), false, false, false, true,
	     SRV_DB_NONE, 0, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct srv_gate_request q    = admin(rows[i].path);
		struct srv_gate_self    self = leader();

		self.is_replica      = rows[i].replica;
		self.is_leader       = rows[i].leads;
		self.leader_ready    = rows[i].ready;
		self.checker_enabled = rows[i].checker;
		self.db              = rows[i].db;
		if (!rows[i].leads)
			self.leader_hint = "10.0.0.9:10001";
		expect(rows[i].name, &q, &self, rows[i].code, rows[i].text);
	}
}

static void
test_version_is_judged_before_permission_and_name(void **state)
{
	struct srv_gate_request q    = admin(MGMT("Join"));
	struct srv_gate_self    self = leader();

	q.header_version = "2.4.0";
	q.sys            = "other";
	expect("version first", &q, &self, RPC_INTERNAL, "code = 616");
	q.header_version = "2.8.0";
	expect("then permission", &q, &self, RPC_PERMISSION_DENIED, "permission");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_a_message_without_sys_and_headers_passes_the_version_check),
	    cmocka_unit_test(test_permission),
	    cmocka_unit_test(test_system_name),
	    cmocka_unit_test(test_replica_and_leader),
	    cmocka_unit_test(test_version_is_judged_before_permission_and_name),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
