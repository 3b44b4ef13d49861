/*
 * `daos_server ms status`: the local database of the management service, read while no server runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/str.h"
#include "daos_server.h"
#include "server/server.h"
#include "system/ms_status.h"

static void
add_time(struct strbuf *b, uint64_t ns)
{
	time_t    seconds = (time_t)(ns / 1000000000ULL);
	struct tm tm;
	char      text[32];

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	strbuf_addf(b, "    Time: %s.%09" PRIu64 " +0000 UTC\n", text,
		    (uint64_t)(ns % 1000000000ULL));
}

static void
format_status(const struct sys_ms_status *st, const char *dir, const char *local, const char *peers,
	      struct strbuf *b)
{
	strbuf_add(b, "DAOS Management Service DB status:\n  Control configuration:\n");
	strbuf_addf(b, "    Local replica address: %s\n", local);
	if (!str_empty(peers))
		strbuf_addf(b, "    Peer replica addresses: %s\n", peers);
	strbuf_add(b, "  Raft configuration (servers):\n");
	for (size_t i = 0; i < st->n_servers; i++)
		strbuf_addf(b, "    %s: %s\n", st->servers[i].address,
			    str_eq(st->servers[i].address, local) ? "local" : "peer");
	if (st->last_entry.index == 0) {
		strbuf_add(b, "  No log entries found\n");
	} else {
		strbuf_addf(b,
			    "  Latest committed log entry:\n    Index: %" PRIu64
			    "\n    Term: %" PRIu64 "\n",
			    st->last_entry.index, st->last_entry.term);
		if (st->last_entry.time_ns != 0)
			add_time(b, st->last_entry.time_ns);
		strbuf_addf(b, "    Op: %s\n", st->last_entry.op);
	}
	if (st->snapshot.index == 0) {
		strbuf_add(b, "  No snapshot info found\n");
		return;
	}
	strbuf_addf(
	    b, "  Snapshot info:\n    Path: %s/%s\n    Index: %" PRIu64 "\n    Term: %" PRIu64 "\n",
	    dir, st->snapshot.file, st->snapshot.index, st->snapshot.term);
	strbuf_addf(b, "    DB Version: %" PRIu64 "\n    System Members: %zu\n",
		    st->snapshot.data_version, st->snapshot.n_members);
}

static int
print_status(struct cfg_server *cfg, struct cli_error *e)
{
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct sys_ms_status   st       = {0};
	struct strbuf          b        = STRBUF_INIT;
	struct fault           f        = FAULT_INIT;
	_cleanup_(freep) char *dir      = NULL;
	_cleanup_(freep) char *local    = NULL;
	_cleanup_(freep) char *peers    = NULL;
	_cleanup_(freep) char *text     = NULL;
	int                    r;

	r = cfg_server_validate(cfg, &problems);
	if (r < 0)
		text = cfg_problems_summary(&problems, &f);
	cfg_problems_fini(&problems);
	if (r < 0)
		return cli_error_set(e, r, "%s", text == NULL ? strerror(-r) : text);
	r = cfg_server_database_dir(cfg, &dir);
	if (r == -ENOENT)
		return cli_error_set(e, r,
				     "the configuration names no engine, so there is no database");
	if (r == 0)
		r = srv_replica_addresses(cfg, &local, &peers, &f);
	if (r < 0)
		return ds_error_from_fault(e, r, &f);
	r = sys_ms_status_read(dir, &st, &f);
	if (r < 0) {
		if (!f.set)
			fault_plain(&f, r, "%s: %s", dir, strerror(-r));
		(void)ds_error_from_fault(e, r, &f);
		cli_error_wrap(e, "failed to get raft configuration");
		return r;
	}
	format_status(&st, dir, local, peers, &b);
	(void)fputs(strbuf_str(&b), stdout);
	strbuf_fini(&b);
	return 0;
}

int
ds_ms_status(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct ds_ms_status_args *a   = args;
	struct cfg_server              *cfg = NULL;
	struct fault                    f   = FAULT_INIT;
	int                             r;

	r = ds_load_config(&a->config, &cfg, e);
	if (r < 0)
		return r;
	r = srv_check_idle(cfg->socket_dir, &f);
	if (r < 0)
		(void)ds_error_from_fault(e, r, &f);
	else
		r = print_status(cfg, e);
	(void)cfg_server_free(cfg);
	return r;
}
