/* The answer of daos_hwprobe: an accepted one is sorted, and each of its entries can be found. */
#include <stdlib.h>

#include "hw/hw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hw_fabric fab = {0};
	struct fault     f   = FAULT_INIT;

	if (hw_fabric_parse((const char *)data, size, &fab, &f) < 0) {
		if (!f.set)
			abort();
		return 0;
	}
	for (size_t i = 0; i < fab.ifs.n; i++) {
		const struct hw_fabric_if *e = &fab.ifs.v[i];

		if (i > 0 && e->priority < fab.ifs.v[i - 1].priority)
			abort();
		if (hw_fabric_find(&fab, e->provider, e->netdev) == NULL)
			abort();
	}
	hw_fabric_fini(&fab);
	return 0;
}
