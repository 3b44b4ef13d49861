/* The state dump of SIGUSR1 and SIGUSR2: what the engine knows, in lines a person can read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/elog.h"
#include "engine/engine_private.h"

static void
write_state(struct engine *e, FILE *out)
{
	_cleanup_(strbuf_fini) struct strbuf masks = STRBUF_INIT;
	struct drpc_counters                 n;

	drpc_server_get_counters(e->listener, &n);
	eng_log_get_masks(&masks);
	fprintf(out, "instance %u, system %s, state %s, pid %d, host %s\n", e->opts.instance,
		e->opts.group, eng_state_name(e->state), getpid(), e->hostname);
	fprintf(out, "rank %d, incarnation %lu, uri %s\n", (int32_t)e->group.rank, e->incarnation,
		e->endpoint.uri);
	fprintf(out, "targets %u, helpers %u, contexts %u, check mode %s\n", e->opts.targets,
		e->opts.helpers, eng_contexts(&e->opts), e->opts.check_mode ? "on" : "off");
	fprintf(out, "storage %s, state file %s\n", e->opts.storage, e->sysdb.path);
	vec_foreach (&e->devices.list, d)
		fprintf(out, "device %s %s %s, roles %u, %lu bytes\n", d->uuid.s, d->name, d->path,
			d->roles, d->size_bytes);
	fprintf(out, "group version %u (at least %u), %zu members\n", e->group.version,
		e->group.version_min, e->group.members.n);
	vec_foreach (&e->group.members, m)
		fprintf(out, "member rank %u, incarnation %lu, uri %s\n", m->rank, m->incarnation,
			m->uri);
	fprintf(out,
		"drpc listener %s: sessions %lu, refused %lu, broken %lu, calls %lu, failed %lu\n",
		e->listener_path, n.sessions, n.refused, n.broken, n.calls, n.failed);
	fprintf(out, "log masks %s\n", strbuf_str(&masks));
}

void
eng_dump(struct engine *e, const char *mode)
{
	char            path[64], when[32];
	struct timespec ts;
	struct tm       tm;
	FILE           *out = NULL;
	int             fd;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y%m%d_%H_%M_%S", &tm);
	(void)snprintf(path, sizeof(path), "/tmp/daos_dump_%d_%s.txt", getpid(), when);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		out = fdopen(fd, "a");
	if (out == NULL) {
		eng_log(server, ERROR, "%s: %s", path, strerror(errno));
		closep(&fd);
		return;
	}
	strftime(when, sizeof(when), "%Y/%m/%d-%H:%M:%S", &tm);
	fprintf(out, "=== Dump of engine state in %s mode (%s.%02ld)\n", mode, when,
		ts.tv_nsec / 10000000);
	write_state(e, out);
	if (fclose(out) != 0)
		eng_log(server, ERROR, "%s: %s", path, strerror(errno));
	else
		eng_log(server, INFO, "state written to %s", path);
}
