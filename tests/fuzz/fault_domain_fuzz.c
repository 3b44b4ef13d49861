/* The other text grammars: fault domains, PCI addresses, sizes, log masks. What parses prints and
 * parses again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/fault_domain.h"
#include "common/logmask.h"
#include "common/pci.h"
#include "common/size.h"
#include "common/str.h"

#define MAX_TEXT 512

static void
check_domain(const char *text)
{
	struct fault_domain *d = NULL, *again = NULL;
	char                *printed;

	if (fault_domain_parse(text, &d, NULL) < 0)
		return;
	printed = fault_domain_text(d);
	assert(printed != NULL && fault_domain_parse(printed, &again, NULL) == 0);
	assert(fault_domain_equal(d, again));
	free(printed);
	d     = fault_domain_free(d);
	again = fault_domain_free(again);
}

static void
check_pci(const char *text)
{
	struct pci_addr a, b;
	char            buf[PCI_ADDR_TEXT_MAX];
	uint8_t         low, high;

	if (pci_addr_parse(text, &a, NULL) == 0) {
		assert(pci_addr_parse(pci_addr_format(&a, buf), &b, NULL) == 0);
		assert(pci_addr_compare(&a, &b) == 0);
	}
	if (pci_bus_range_parse(text, &low, &high, NULL) == 0)
		assert(low <= high);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char     text[MAX_TEXT + 1], *merged = NULL, buf[SIZE_TEXT_MAX];
	uint64_t bytes;

	size = MIN(size, (size_t)MAX_TEXT);
	memcpy(text, data, size);
	text[size] = '\0';
	check_domain(text);
	check_pci(text);
	if (size_parse(text, &bytes, NULL) == 0) {
		(void)size_format_si(bytes, buf);
		(void)size_format_iec(bytes, buf);
	}
	if (logmask_merge(text, "vos,bio", &merged, NULL) == 0)
		assert(logmask_check(merged, NULL) == 0);
	free(merged);
	return 0;
}
