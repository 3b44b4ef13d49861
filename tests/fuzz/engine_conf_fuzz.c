/*
 * daos_nvme.conf with any content. Files it happens to name are opened and closed again, nothing is
 * written.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "engine/devices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eng_devices    devices = {0};
	struct fault          f       = FAULT_INIT;
	char                  path[40];
	_cleanup_(closep) int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (eng_devices_open(path, &devices, &f) < 0) {
		if (!f.set)
			abort();
		return 0;
	}
	eng_devices_close(&devices);
	return 0;
}
