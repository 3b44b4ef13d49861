/* Device lists of block device tiers. */
#pragma once

#include "common/fault.h"
#include "config/config.h"

/*
 * Checks and sorts device names: all PCI addresses (canonical text, PCI order) or none (byte
 * order); none twice. *list is replaced on success. -EINVAL with a plain fault.
 */
int cfg_bdev_list_parse(const char *const *names, size_t n, struct cfg_list *list, bool *ret_is_pci,
			struct fault *f);
