/* The strict reader of daos_nvme.conf: whatever it refuses carries fault 804, whatever it accepts
 * is JSON it may keep. */
#include <stdlib.h>

#include "storage/storage_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = FAULT_INIT;
	int          r = stor_nvme_conf_check((const char *)data, size, &f);

	if (r < 0 && (!f.set || f.code != FAULT_SPDK_INVALID_CONFIGURATION))
		abort();
	if (r == 0 && (f.set || size < 2))
		abort();
	return 0;
}
