/*
 * The value side of events: names, text, wire. What happens with an event is in publish.c.
 */
#include "server/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const names[_SRV_EVENT_MAX] = {
    "unknown_ras_event",
    "engine_format_required",
    "engine_died",
    "engine_asserted",
    "engine_clock_drift",
    "engine_self_terminated",
    "pool_corruption_detected",
    "pool_rebuild_started",
    "pool_rebuild_finished",
    "pool_rebuild_failed",
    "pool_replicas_updated",
    "pool_durable_format_incompatible",
    "pool_destroy_deferred",
    "pool_start_failed",
    "container_durable_format_incompatible",
    "rdb_durable_format_incompatible",
    "swim_rank_alive",
    "swim_rank_dead",
    "system_start_failed",
    "system_stop_failed",
    "device_set_faulty",
    "device_media_error",
    "device_unplugged",
    "device_plugged",
    "device_replace",
    "system_fabric_provider_changed",
    "engine_join_failed",
    "device_link_speed_changed",
    "device_link_width_changed",
    "device_led_set",
};

const char *
srv_event_name(uint32_t id)
{
	return names[id < _SRV_EVENT_MAX ? id : SRV_EVENT_UNKNOWN];
}

static void
add_text(struct strbuf *b, const char *name, const char *value)
{
	if (!str_empty(value))
		strbuf_addf(b, " %s: [%s]", name, value);
}

static void
add_number(struct strbuf *b, const char *name, uint64_t value)
{
	if (value != 0)
		strbuf_addf(b, " %s: [%" PRIu64 "]", name, value);
}

void
srv_event_format(const struct srv_event *e, struct strbuf *b)
{
	strbuf_addf(b, "id: [%s]", srv_event_name(e->id));
	add_text(b, "ts", e->timestamp);
	add_text(b, "host", e->hostname);
	strbuf_addf(b, " type: [%s]", e->type == SRV_EVENT_STATE_CHANGE ? "STATE_CHANGE" : "INFO");
	strbuf_addf(b, " sev: [%s]",
		    e->severity == SRV_SEV_ERROR     ? "ERROR"
		    : e->severity == SRV_SEV_WARNING ? "WARNING"
						     : "NOTICE");
	add_text(b, "msg", e->msg);
	add_number(b, "pid", e->proc_id);
	add_number(b, "tid", e->thread_id);
	add_text(b, "hwid", e->hw_id);
	if (e->rank != DAOS_RANK_NIL)
		strbuf_addf(b, " rank: [%" PRIu32 "]", e->rank);
	add_number(b, "incarnation", e->incarnation);
	add_text(b, "jobid", e->job_id);
	add_text(b, "pool", e->pool_uuid);
	add_text(b, "container", e->cont_uuid);
	add_text(b, "objid", e->obj_id);
	add_text(b, "ctlop", e->ctl_op);
	add_text(b, "data", e->str_info);
}

char *
srv_event_timestamp(uint64_t wall_ms, char *buf, size_t size)
{
	time_t    seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char      date[32] = "", zone[8] = "";

	if (localtime_r(&seconds, &tm) != NULL) {
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		(void)strftime(zone, sizeof(zone), "%z", &tm);
	}
	(void)snprintf(buf, size, "%s.%03u%.3s:%s", date, (unsigned)(wall_ms % 1000), zone,
		       strlen(zone) == 5 ? zone + 3 : "00");
	return buf;
}

void
srv_event_from_pb(const Shared__RASEvent *pb, struct srv_event *ret)
{
	*ret = (struct srv_event){
	    .id          = pb->id,
	    .type        = pb->type,
	    .severity    = pb->severity,
	    .msg         = pb->msg,
	    .timestamp   = pb->timestamp,
	    .hostname    = pb->hostname,
	    .hw_id       = pb->hw_id,
	    .job_id      = pb->job_id,
	    .pool_uuid   = pb->pool_uuid,
	    .cont_uuid   = pb->cont_uuid,
	    .obj_id      = pb->obj_id,
	    .ctl_op      = pb->ctl_op,
	    .rank        = pb->rank,
	    .incarnation = pb->incarnation,
	    .proc_id     = pb->proc_id,
	    .thread_id   = pb->thread_id,
	};
	if (pb->extended_info_case == SHARED__RASEVENT__EXTENDED_INFO_STR_INFO)
		ret->str_info = pb->str_info;
	if (pb->extended_info_case == SHARED__RASEVENT__EXTENDED_INFO_ENGINE_STATE_INFO) {
		ret->has_engine   = true;
		ret->engine_idx   = pb->engine_state_info->instance;
		ret->engine_error = pb->engine_state_info->error;
	}
}

/* protobuf-c has `char *` for strings it only reads when packing. */
static char *
text(const char *s)
{
	return s == NULL ? (char *)protobuf_c_empty_string : (char *)(uintptr_t)s;
}

void
srv_event_to_pb(const struct srv_event *e, Shared__RASEvent *pb,
		Shared__RASEvent__EngineStateEventInfo *engine)
{
	shared__rasevent__init(pb);
	pb->id          = e->id;
	pb->type        = e->type;
	pb->severity    = e->severity;
	pb->msg         = text(e->msg);
	pb->timestamp   = text(e->timestamp);
	pb->hostname    = text(e->hostname);
	pb->hw_id       = text(e->hw_id);
	pb->job_id      = text(e->job_id);
	pb->pool_uuid   = text(e->pool_uuid);
	pb->cont_uuid   = text(e->cont_uuid);
	pb->obj_id      = text(e->obj_id);
	pb->ctl_op      = text(e->ctl_op);
	pb->rank        = e->rank;
	pb->incarnation = e->incarnation;
	pb->proc_id     = e->proc_id;
	pb->thread_id   = e->thread_id;
	if (e->has_engine) {
		engine->instance       = e->engine_idx;
		engine->errored        = !str_empty(e->engine_error);
		engine->error          = text(e->engine_error);
		pb->extended_info_case = SHARED__RASEVENT__EXTENDED_INFO_ENGINE_STATE_INFO;
		pb->engine_state_info  = engine;
	} else if (!str_empty(e->str_info)) {
		pb->extended_info_case = SHARED__RASEVENT__EXTENDED_INFO_STR_INFO;
		pb->str_info           = text(e->str_info);
	}
}
