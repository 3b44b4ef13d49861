/*
 * When metrics are exported and of which engines: from the moment all engines have been ready once,
 * those that are ready now. Nothing that goes wrong here stops the server.
 */
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "server/server_private.h"

static_assert(SRV_EXPORTER_SOURCES_MAX >= HAR_INSTANCES_MAX, "one source an engine");

static size_t
ready_engines(struct srv_source v[SRV_EXPORTER_SOURCES_MAX], void *arg)
{
	const struct srv_server *s = arg;
	size_t                   n = 0;

	for (size_t i = 0; i < har_harness_count(s->harness); i++) {
		const struct har_instance *engine = har_harness_get(s->harness, i);

		if (har_instance_state(engine) == HAR_STATE_READY)
			v[n++] = (struct srv_source){.instance = har_instance_index(engine),
						     .rank     = har_instance_rank(engine)};
	}
	return n;
}

static bool
all_were_ready(const struct srv_server *s)
{
	for (size_t i = 0; i < har_harness_count(s->harness); i++)
		if (!s->restarts[i].was_ready)
			return false;
	return true;
}

void
srv_export_engine_ready(struct srv_server *s)
{
	char                     ip[INET_ADDRSTRLEN];
	struct srv_exporter_opts opts = {.ip = ip, .sources = ready_engines, .arg = s};
	struct fault             f    = FAULT_INIT;
	int                      r;

	if (s->cfg->telemetry_port == 0 || s->exporter_tried || s->stopping || !all_were_ready(s))
		return;
	s->exporter_tried = true;
	if (s->cfg->telemetry_port < 0 || s->cfg->telemetry_port > UINT16_MAX) {
		log_error("telemetry is not exported: telemetry_port %lld is not a port",
			  (long long)s->cfg->telemetry_port);
		return;
	}
	(void)snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(s->net.control_addr, ":"),
		       s->net.control_addr);
	opts.port = (uint16_t)s->cfg->telemetry_port;
	r         = srv_exporter_new(s->loop, &opts, &s->exporter, &f);
	if (r < 0)
		log_error("telemetry is not exported: %s", f.set ? f.description : strerror(-r));
	else
		log_info("telemetry is exported at http://%s:%u/metrics", opts.ip, opts.port);
}
