/*
 * Which component may call which method (wire-grpc.md §4). One row a method, in strcmp order for
 * the binary search; a test holds the rows against the list of methods of both services.
 */
#include <string.h>

#include "security/security.h"

#define SERVER (1u << SEC_COMPONENT_SERVER)
#define ADMIN  (1u << SEC_COMPONENT_ADMIN)
#define AGENT  (1u << SEC_COMPONENT_AGENT)

struct permission {
	const char *path;
	unsigned    callers;
};

static const struct permission permissions[] = {
    {"/RaftTransport/AppendEntries", SERVER},
    {"/RaftTransport/AppendEntriesPipeline", SERVER},
    {"/RaftTransport/InstallSnapshot", SERVER},
    {"/RaftTransport/RequestVote", SERVER},
    {"/RaftTransport/TimeoutNow", SERVER},
    {"/ctl.CtlSvc/CheckEngineRepair", SERVER},
    {"/ctl.CtlSvc/CollectLog", ADMIN},
    {"/ctl.CtlSvc/FirmwareQuery", ADMIN},
    {"/ctl.CtlSvc/FirmwareUpdate", ADMIN},
    {"/ctl.CtlSvc/NetworkScan", ADMIN},
    {"/ctl.CtlSvc/PrepShutdownRanks", SERVER},
    {"/ctl.CtlSvc/ResetFormatRanks", SERVER},
    {"/ctl.CtlSvc/SetEngineLogMasks", ADMIN},
    {"/ctl.CtlSvc/SmdManage", ADMIN},
    {"/ctl.CtlSvc/SmdQuery", ADMIN},
    {"/ctl.CtlSvc/StartRanks", SERVER},
    {"/ctl.CtlSvc/StopRanks", SERVER},
    {"/ctl.CtlSvc/StorageFormat", ADMIN},
    {"/ctl.CtlSvc/StorageNvmeAddDevice", ADMIN},
    {"/ctl.CtlSvc/StorageNvmeRebind", ADMIN},
    {"/ctl.CtlSvc/StorageScan", ADMIN},
    {"/mgmt.MgmtSvc/ClusterEvent", SERVER},
    {"/mgmt.MgmtSvc/ContSetOwner", ADMIN},
    {"/mgmt.MgmtSvc/FaultInjectMgmtPoolFault", ADMIN},
    {"/mgmt.MgmtSvc/FaultInjectPoolFault", ADMIN},
    {"/mgmt.MgmtSvc/FaultInjectReport", ADMIN},
    {"/mgmt.MgmtSvc/GetAttachInfo", AGENT},
    {"/mgmt.MgmtSvc/Join", SERVER},
    {"/mgmt.MgmtSvc/LeaderQuery", ADMIN},
    {"/mgmt.MgmtSvc/ListContainers", ADMIN},
    {"/mgmt.MgmtSvc/ListPools", ADMIN},
    {"/mgmt.MgmtSvc/PoolCreate", ADMIN},
    {"/mgmt.MgmtSvc/PoolDeleteACL", ADMIN},
    {"/mgmt.MgmtSvc/PoolDestroy", ADMIN},
    {"/mgmt.MgmtSvc/PoolDrain", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/PoolEvict", ADMIN | AGENT},
    {"/mgmt.MgmtSvc/PoolExclude", ADMIN},
    {"/mgmt.MgmtSvc/PoolExtend", ADMIN},
    {"/mgmt.MgmtSvc/PoolGetACL", ADMIN},
    {"/mgmt.MgmtSvc/PoolGetProp", ADMIN},
    {"/mgmt.MgmtSvc/PoolOverwriteACL", ADMIN},
    {"/mgmt.MgmtSvc/PoolQuery", ADMIN},
    {"/mgmt.MgmtSvc/PoolQueryTarget", ADMIN},
    {"/mgmt.MgmtSvc/PoolRebuildStart", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/PoolRebuildStop", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/PoolReintegrate", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/PoolSelfHealEval", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/PoolSetProp", ADMIN},
    {"/mgmt.MgmtSvc/PoolUpdateACL", ADMIN},
    {"/mgmt.MgmtSvc/PoolUpgrade", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckDisable", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckEnable", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckEngineReport", SERVER},
    {"/mgmt.MgmtSvc/SystemCheckGetPolicy", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckQuery", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckRepair", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckSetPolicy", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckStart", ADMIN},
    {"/mgmt.MgmtSvc/SystemCheckStop", ADMIN},
    {"/mgmt.MgmtSvc/SystemCleanup", ADMIN | AGENT},
    {"/mgmt.MgmtSvc/SystemDrain", ADMIN},
    {"/mgmt.MgmtSvc/SystemErase", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/SystemExclude", ADMIN},
    {"/mgmt.MgmtSvc/SystemGetAttr", ADMIN},
    {"/mgmt.MgmtSvc/SystemGetProp", ADMIN | SERVER},
    {"/mgmt.MgmtSvc/SystemQuery", ADMIN},
    {"/mgmt.MgmtSvc/SystemRebuildManage", ADMIN},
    {"/mgmt.MgmtSvc/SystemSelfHealEval", ADMIN},
    {"/mgmt.MgmtSvc/SystemSetAttr", ADMIN},
    {"/mgmt.MgmtSvc/SystemSetProp", ADMIN},
    {"/mgmt.MgmtSvc/SystemStart", ADMIN},
    {"/mgmt.MgmtSvc/SystemStop", ADMIN},
};

static int
compare_path(const void *key, const void *row)
{
	return strcmp(key, ((const struct permission *)row)->path);
}

bool
sec_may_call(enum sec_component c, const char *grpc_path)
{
	const struct permission *p;

	if (grpc_path == NULL || (unsigned)c >= _SEC_COMPONENT_MAX)
		return false;
	p = bsearch(grpc_path, permissions, ARRAY_SIZE(permissions), sizeof(permissions[0]),
		    compare_path);
	return p != NULL && (p->callers & (1u << c)) != 0;
}
