/*
 * Commands of the system database. The input is what the frame holds: its checksum would stop every
 * mutation at the door. What is accepted must leave a state that survives a snapshot.
 */
#include <string.h>

#include "system/state_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_state(const struct sys_state *s)
{
	struct sys_state again;
	void            *buf, *buf2;
	size_t           len, len2;

	if (sys_snapshot_pack(s, &buf, &len) < 0)
		abort();
	if (sys_snapshot_unpack(buf, len, &again, NULL) < 0)
		abort();
	if (sys_snapshot_pack(&again, &buf2, &len2) < 0 || len != len2 ||
	    memcmp(buf, buf2, len) != 0)
		abort();
	free(buf);
	free(buf2);
	sys_state_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sys_state s;
	Sysdb__Command  *cmd;
	void            *record;
	size_t           len;

	if (sys_command_unpack(data, size, &cmd, NULL) == 0)
		sysdb__command__free_unpacked(cmd, NULL);
	if (sys_state_init(&s) < 0 || sys_record_pack(data, size, &record, &len) < 0)
		abort();
	if (sys_command_unpack(record, len, &cmd, NULL) == 0) {
		bool ok = true;

		for (int i = 0; i < 3 && ok; i++)
			ok = sys_state_apply(&s, cmd, NULL, NULL) == 0;
		if (ok)
			check_state(&s);
		sysdb__command__free_unpacked(cmd, NULL);
	}
	free(record);
	sys_state_fini(&s);
	return 0;
}
