/* Device lists: PCI addresses or paths, sorted, without duplicates. */
#include "config/bdev_list.h"

#include <string.h>

#include "common/pci.h"
#include "common/str.h"
#include "config/config_private.h"

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_addr(struct pci_set *set, const char *name, struct fault *f)
{
	struct pci_addr a;
	char            text[PCI_ADDR_TEXT_MAX];
	int             r = pci_addr_parse(name, &a, f);

	if (r < 0) {
		fault_wrap(f, "bdev_list");
		return r;
	}
	if (pci_set_has(set, &a))
		return fault_plain(f, -EINVAL, "bdev_list: PCI address %s is given twice",
				   pci_addr_format(&a, text));
	return pci_set_add(set, &a);
}

static int
add_name(struct cfg_list *list, const char *name, struct fault *f)
{
	if (cfg_list_has(list, name))
		return fault_plain(f, -EINVAL, "bdev_list: device %.200s is given twice", name);
	return cfg_list_add(list, name);
}

static int
print_addrs(const struct pci_set *set, struct cfg_list *list)
{
	char text[PCI_ADDR_TEXT_MAX];
	int  r = 0;

	for (size_t i = 0; r == 0 && i < set->n; i++)
		r = cfg_list_add(list, pci_addr_format(&set->v[i], text));
	return r;
}

int
cfg_bdev_list_parse(const char *const *names, size_t n, struct cfg_list *list, bool *ret_is_pci,
		    struct fault *f)
{
	_cleanup_(pci_set_fini) struct pci_set addrs = PCI_SET_INIT;
	struct cfg_list                        out   = {0};
	int                                    r     = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = pci_looks_like_addr(names[i]) ? add_addr(&addrs, names[i], f)
						  : add_name(&out, names[i], f);
	if (r == 0 && addrs.n > 0 && out.n > 0)
		r = fault_plain(
		    f, -EINVAL,
		    "bdev_list: PCI addresses and other devices (%.200s) cannot be mixed",
		    out.v[0]);
	if (r == 0 && out.n > 0)
		qsort(out.v, out.n, sizeof(*out.v), compare_names);
	if (r == 0)
		r = print_addrs(&addrs, &out);
	if (r < 0) {
		cfg_list_fini(&out);
		return r;
	}
	cfg_list_fini(list);
	*list       = out;
	*ret_is_pci = addrs.n > 0;
	return 0;
}
