/*
 * PCI addresses, sets of them, and bus ranges (text-formats.md §3).
 *
 * An address behind a VMD (a volume management device) has a 6-digit first field that encodes the
 * VMD's own address.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define PCI_ADDR_TEXT_MAX 24 /* size of a buffer for the canonical text */

struct pci_addr {
	uint16_t domain; /* 0xffff behind a VMD */
	uint8_t  bus;
	uint8_t  device;
	uint8_t  function;
	bool     behind_vmd;
	uint8_t  vmd_bus; /* the VMD's address is 0000:bus:device.function; 0 when not behind one */
	uint8_t  vmd_device;
	uint8_t  vmd_function;
};

/* -EINVAL (shape or digits), -ERANGE (a field too large), with a plain fault. */
int pci_addr_parse(const char *text, struct pci_addr *ret, struct fault *f);
/* Canonical text; returns buf. */
char *pci_addr_format(const struct pci_addr *a, char buf[PCI_ADDR_TEXT_MAX]);
/* <0, 0, >0: by VMD address, then domain, bus, device, function. */
int pci_addr_compare(const struct pci_addr *a, const struct pci_addr *b);
/* The address of the VMD a device is behind; false when it is behind none. */
bool pci_addr_vmd(const struct pci_addr *a, struct pci_addr *ret);

/* Sorted and unique. */
struct pci_set {
	struct pci_addr *v;
	size_t           n;
	size_t           cap;
};

#define PCI_SET_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

/* Items are separated by `sep` (a blank or a comma); empty text is the empty set. *set is replaced.
 */
int  pci_set_parse(struct pci_set *set, const char *text, char sep, struct fault *f);
void pci_set_fini(struct pci_set *set);
int  pci_set_add(struct pci_set *set, const struct pci_addr *a);
bool pci_set_has(const struct pci_set *set, const struct pci_addr *a);
/* Joined by `sep`; fresh memory, NULL on no memory. */
char *pci_set_text(const struct pci_set *set, char sep);
/* Results replace *ret, which may be one of the inputs. */
int pci_set_intersect(const struct pci_set *a, const struct pci_set *b, struct pci_set *ret);
int pci_set_difference(const struct pci_set *a, const struct pci_set *b, struct pci_set *ret);
/* Every device behind a VMD replaced by the VMD. */
int pci_set_backing_to_vmd(const struct pci_set *set, struct pci_set *ret);
/* Whether some member is behind a VMD. */
bool pci_set_has_vmd(const struct pci_set *set);

/*
 * Whether a device name is meant as a PCI address: three parts at colons, the first of 4 or 6
 * characters, the second of 2. Such a name that does not parse is an error, any other is a path or
 * name.
 */
bool pci_looks_like_addr(const char *text);

/* `lo-hi`, each decimal, 0x hexadecimal or 0 octal; empty text gives 0 and 0, which stands for all
 * buses. */
int pci_bus_range_parse(const char *text, uint8_t *ret_low, uint8_t *ret_high, struct fault *f);
