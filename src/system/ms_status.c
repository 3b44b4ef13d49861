/*
 * The database of a stopped server, as "ms status" shows it.
 */
#include "system/ms_status.h"

#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/str.h"

#include "replica/replica.h"
#include "system/state_private.h"

static int
read_entry(const struct rep_dir_content *c, struct sys_ms_entry *ret, struct fault *f)
{
	Sysdb__Command *cmd;
	int             r;

	*ret = (struct sys_ms_entry){.index = c->info.last_index, .term = c->last_term};
	switch (c->last_type) {
	case REP_ENTRY_BARRIER:
		(void)snprintf(ret->op, sizeof(ret->op), "barrier");
		return 0;
	case REP_ENTRY_GROUP:
		(void)snprintf(ret->op, sizeof(ret->op), "configuration");
		return 0;
	case REP_ENTRY_COMMAND:
		r = sys_command_unpack(c->last_data, c->last_len, &cmd, f);
		if (r < 0)
			return r;
		ret->time_ns = cmd->time_ns;
		(void)snprintf(ret->op, sizeof(ret->op), "%s", cmd->action);
		sysdb__command__free_unpacked(cmd, NULL);
		return 0;
	default:
		*ret = (struct sys_ms_entry){0}; /* the snapshot holds all there is */
		return 0;
	}
}

static int
read_snapshot(const struct rep_dir_content *c, struct sys_ms_snapshot *ret, struct fault *f)
{
	struct sys_state s;
	int              r;

	*ret = (struct sys_ms_snapshot){0};
	if (c->info.snapshot_index == 0)
		return 0;
	r = sys_snapshot_unpack(c->snapshot, c->snapshot_len, &s, f);
	if (r < 0) {
		fault_wrap(f, "system database file %s", c->snapshot_file);
		return r;
	}
	ret->index        = c->info.snapshot_index;
	ret->term         = c->info.snapshot_term;
	ret->time_ms      = c->snapshot_time_ms;
	ret->map_version  = s.map_version;
	ret->data_version = s.data_version;
	ret->n_members    = s.members.n;
	(void)snprintf(ret->file, sizeof(ret->file), "%s", c->snapshot_file);
	sys_state_fini(&s);
	return 0;
}

int
sys_ms_status_read(const char *dir, struct sys_ms_status *ret, struct fault *f)
{
	struct rep_dir_content c;
	struct sys_ms_status   status = {0};
	int                    r      = rep_dir_read(dir, &c, f);

	if (r < 0)
		return r;
	status.term      = c.info.term;
	status.n_servers = MIN(c.info.n_servers, ARRAY_SIZE(status.servers));
	for (size_t i = 0; i < status.n_servers; i++) {
		status.servers[i].id    = c.info.servers[i].id;
		status.servers[i].voter = c.info.servers[i].voter;
		memcpy(status.servers[i].address, c.info.servers[i].address,
		       sizeof(status.servers[i].address));
	}
	r = read_entry(&c, &status.last_entry, f);
	if (r == 0)
		r = read_snapshot(&c, &status.snapshot, f);
	if (r < 0)
		fault_wrap(f, "system database in %s", dir);
	rep_dir_content_fini(&c);
	if (r == 0)
		*ret = status;
	return r;
}
