/*
 * Snapshots of the system database, without their frame. One that is accepted must come out of a
 * second round unchanged, and the tree in it must be walkable.
 */
#include <string.h>

#include "system/state_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sys_state s, again;
	void            *record, *one, *two;
	size_t           len, n_one, n_two, n;
	uint32_t        *compressed;

	if (sys_snapshot_unpack(data, size, &s, NULL) == 0)
		sys_state_fini(&s);
	if (sys_record_pack(data, size, &record, &len) < 0)
		abort();
	if (sys_snapshot_unpack(record, len, &s, NULL) == 0) {
		if (sys_snapshot_pack(&s, &one, &n_one) < 0 ||
		    sys_snapshot_unpack(one, n_one, &again, NULL) < 0 ||
		    sys_snapshot_pack(&again, &two, &n_two) < 0)
			abort();
		if (n_one != n_two || memcmp(one, two, n_one) != 0)
			abort();
		if (sys_domain_compress(s.domains, NULL, 0, &compressed, &n, NULL) == 0)
			free(compressed);
		free(one);
		free(two);
		sys_state_fini(&again);
		sys_state_fini(&s);
	}
	free(record);
	return 0;
}
