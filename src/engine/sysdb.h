/*
 * What an engine keeps over restarts: its last incarnation and the UUIDs of its block devices. One
 * small file, `daos_sys/sys_db` (engine-process.md §6), replaced as a whole by each change.
 *
 * Format: 32-byte header (magic "DAOSCENG", version, length, CRC32C of the rest, zeroes), then
 * JSON. Blocking.
 */
#pragma once

#include "common/fault.h"
#include "common/uuid.h"
#include "common/vec.h"

struct eng_sysdb_device {
	char       *name; /* as daos_nvme.conf calls it */
	char       *path;
	struct uuid uuid;
};

struct eng_sysdb {
	char    *path;
	uint64_t incarnation; /* of the last start; 0: never started */
	VEC(struct eng_sysdb_device) devices;
};

/*
 * Reads `<dir>/daos_sys/sys_db`, or makes an empty one in memory and the directory for it. -EBADMSG
 * with a plain fault when the file is not ours or damaged; -ENOTSUP when a newer version wrote it:
 * it is left as it is.
 */
int  eng_sysdb_open(const char *dir, struct eng_sysdb *ret, struct fault *f);
int  eng_sysdb_save(const struct eng_sysdb *db, struct fault *f);
void eng_sysdb_close(struct eng_sysdb *db);
/* The device's UUID, a fresh one for a device not seen before. -ENOMEM. */
int eng_sysdb_device_uuid(struct eng_sysdb *db, const char *name, const char *path,
			  struct uuid *ret);

/* Contents of a file into an empty db whose path is set, with the errors of eng_sysdb_open(). */
int eng_sysdb_decode(struct eng_sysdb *db, const void *data, size_t len, struct fault *f);
