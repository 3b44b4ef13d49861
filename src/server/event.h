/*
 * RAS events: identifiers, printed form, conversion from and to the wire (server-lifecycle.md §9).
 */
#pragma once

#include "common/str.h"
#include "common/version.h"
#include "shared/event.pb-c.h"

enum srv_event_id {
	SRV_EVENT_UNKNOWN                 = 0,
	SRV_EVENT_ENGINE_FORMAT_REQUIRED  = 1,
	SRV_EVENT_ENGINE_DIED             = 2,
	SRV_EVENT_ENGINE_SELF_TERMINATED  = 5,
	SRV_EVENT_SWIM_RANK_DEAD          = 17,
	SRV_EVENT_SYSTEM_START_FAILED     = 18,
	SRV_EVENT_SYSTEM_STOP_FAILED      = 19,
	SRV_EVENT_FABRIC_PROVIDER_CHANGED = 25,
	SRV_EVENT_ENGINE_JOIN_FAILED      = 26,
	_SRV_EVENT_MAX                    = 30
};
/* "engine_died"; "unknown_ras_event" for a number without a name. */
const char *srv_event_name(uint32_t id);

enum srv_event_type { SRV_EVENT_TYPE_ANY, SRV_EVENT_STATE_CHANGE, SRV_EVENT_INFO };
enum srv_event_severity { SRV_SEV_UNKNOWN, SRV_SEV_ERROR, SRV_SEV_WARNING, SRV_SEV_NOTICE };

/* Strings are borrowed; NULL or "" when not known. */
struct srv_event {
	uint32_t    id;
	uint32_t    type;
	uint32_t    severity;
	const char *msg;
	const char *timestamp;
	const char *hostname;
	const char *hw_id;
	const char *job_id;
	const char *pool_uuid;
	const char *cont_uuid;
	const char *obj_id;
	const char *ctl_op;
	const char *str_info;
	uint32_t    rank; /* DAOS_RANK_NIL: unknown */
	uint64_t    incarnation;
	uint64_t    proc_id;
	uint64_t    thread_id;
	bool        has_engine; /* engine_state_info */
	uint32_t    engine_idx;
	const char *engine_error;
};

/* Appends the fields as upstream logs them, without the `&&& RAS ` in front. */
void srv_event_format(const struct srv_event *e, struct strbuf *b);
/* `YYYY-MM-DDTHH:MM:SS.mmm+00:00` in local time. Returns buf. */
char *srv_event_timestamp(uint64_t wall_ms, char *buf, size_t size);
/* Borrows from the message. */
void srv_event_from_pb(const Shared__RASEvent *pb, struct srv_event *ret);
/* Borrows from the event; engine must be initialised by the caller and live as long as pb is used.
 */
void srv_event_to_pb(const struct srv_event *e, Shared__RASEvent *pb,
		     Shared__RASEvent__EngineStateEventInfo *engine);
