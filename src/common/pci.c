/*
 * PCI addresses: text, order, sets, and the mapping of devices behind a VMD to the VMD.
 */
#include "common/pci.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/vec.h"

#define VMD_DIGITS 6 /* bus, device, function of the VMD, two hexadecimal digits each */

/* Cuts `DDDD:BB:DD.F` into its four fields in place. */
static bool
split(char *text, char *fields[4])
{
	const char seps[] = "::.";

	fields[0] = text;
	for (int i = 0; i < 3; i++) {
		char *sep = strpbrk(fields[i], ":.");

		if (sep == NULL || *sep != seps[i])
			return false;
		*sep          = '\0';
		fields[i + 1] = sep + 1;
	}
	return strpbrk(fields[3], ":.") == NULL;
}

static int
parse_byte(const char *field, const char *what, const char *text, uint8_t *ret, struct fault *f)
{
	uint64_t v;
	int      r = strpbrk(field, "xX") != NULL ? -EINVAL : str_to_u64(field, 16, &v);

	if (r == -EINVAL)
		return fault_plain(f, -EINVAL,
				   "%s \"%.20s\" of PCI address \"%.60s\" is not hexadecimal", what,
				   field, text);
	if (r < 0 || v > UINT8_MAX)
		return fault_plain(f, -ERANGE,
				   "%s \"%.20s\" of PCI address \"%.60s\" is larger than ff", what,
				   field, text);
	*ret = (uint8_t)v;
	return 0;
}

/* The first field: a domain, or the address of a VMD as six digits. */
static int
parse_domain(const char *field, const char *text, struct pci_addr *a, struct fault *f)
{
	uint64_t v;
	int      r = strpbrk(field, "xX") != NULL ? -EINVAL : str_to_u64(field, 16, &v);

	if (r == -EINVAL)
		return fault_plain(f, -EINVAL,
				   "domain \"%.20s\" of PCI address \"%.60s\" is not hexadecimal",
				   field, text);
	if (r < 0 || v >= 1ULL << (4 * VMD_DIGITS))
		return fault_plain(
		    f, -ERANGE, "domain \"%.20s\" of PCI address \"%.60s\" is larger than ffffff",
		    field, text);
	if (v <= UINT16_MAX) {
		a->domain = (uint16_t)v;
		return 0;
	}
	a->domain       = UINT16_MAX;
	a->behind_vmd   = true;
	a->vmd_bus      = (uint8_t)(v >> 16);
	a->vmd_device   = (uint8_t)(v >> 8);
	a->vmd_function = (uint8_t)v;
	return 0;
}

int
pci_addr_parse(const char *text, struct pci_addr *ret, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(text);
	struct pci_addr        a    = {0};
	char                  *fields[4];
	int                    r;

	if (copy == NULL)
		return -ENOMEM;
	if (!split(copy, fields))
		return fault_plain(f, -EINVAL,
				   "\"%.60s\" is not a PCI address of the form DDDD:BB:DD.F", text);
	r = parse_domain(fields[0], text, &a, f);
	if (r == 0)
		r = parse_byte(fields[1], "bus", text, &a.bus, f);
	if (r == 0)
		r = parse_byte(fields[2], "device", text, &a.device, f);
	if (r == 0)
		r = parse_byte(fields[3], "function", text, &a.function, f);
	if (r == 0)
		*ret = a;
	return r;
}

char *
pci_addr_format(const struct pci_addr *a, char buf[PCI_ADDR_TEXT_MAX])
{
	char domain[8];

	if (a->behind_vmd)
		(void)snprintf(domain, sizeof(domain), "%02x%02x%02x", a->vmd_bus, a->vmd_device,
			       a->vmd_function);
	else
		(void)snprintf(domain, sizeof(domain), "%04x", a->domain);
	(void)snprintf(buf, PCI_ADDR_TEXT_MAX, "%s:%02x:%02x.%x", domain, a->bus, a->device,
		       a->function);
	return buf;
}

int
pci_addr_compare(const struct pci_addr *a, const struct pci_addr *b)
{
	const int d[] = {
	    (int)a->domain - b->domain,
	    (int)a->behind_vmd - b->behind_vmd,
	    (int)a->vmd_bus - b->vmd_bus,
	    (int)a->vmd_device - b->vmd_device,
	    (int)a->vmd_function - b->vmd_function,
	    (int)a->bus - b->bus,
	    (int)a->device - b->device,
	    (int)a->function - b->function,
	};

	for (size_t i = 0; i < ARRAY_SIZE(d); i++)
		if (d[i] != 0)
			return d[i];
	return 0;
}

bool
pci_addr_vmd(const struct pci_addr *a, struct pci_addr *ret)
{
	if (!a->behind_vmd)
		return false;
	*ret = (struct pci_addr){
	    .bus = a->vmd_bus, .device = a->vmd_device, .function = a->vmd_function};
	return true;
}

void
pci_set_fini(struct pci_set *set)
{
	vec_fini(set);
}

/* Place of an address, or where it belongs. */
static size_t
find(const struct pci_set *set, const struct pci_addr *a, bool *ret_found)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pci_addr_compare(&set->v[mid], a) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_found = lo < set->n && pci_addr_compare(&set->v[lo], a) == 0;
	return lo;
}

int
pci_set_add(struct pci_set *set, const struct pci_addr *a)
{
	bool   found;
	size_t i = find(set, a, &found);

	if (found)
		return 0;
	if (vec_reserve(set, set->n + 1) < 0)
		return -ENOMEM;
	memmove(&set->v[i + 1], &set->v[i], (set->n - i) * sizeof(*set->v));
	set->v[i] = *a;
	set->n++;
	return 0;
}

bool
pci_set_has(const struct pci_set *set, const struct pci_addr *a)
{
	bool found;

	(void)find(set, a, &found); /* the place does not matter */
	return found;
}

static void
replace(struct pci_set *set, struct pci_set *by)
{
	pci_set_fini(set);
	*set = *by;
}

int
pci_set_parse(struct pci_set *set, const char *text, char sep, struct fault *f)
{
	_cleanup_(freep) char *copy   = strdup(text);
	struct pci_set         parsed = PCI_SET_INIT;
	char                  *item, *rest = copy;
	const char             seps[] = {sep, '\0'};
	int                    r      = copy != NULL ? 0 : -ENOMEM;

	while (r == 0 && (item = strsep(&rest, seps)) != NULL) {
		struct pci_addr a;

		if (*item == '\0')
			continue;
		r = pci_addr_parse(item, &a, f);
		if (r == 0)
			r = pci_set_add(&parsed, &a);
	}
	if (r < 0)
		pci_set_fini(&parsed);
	else
		replace(set, &parsed);
	return r;
}

char *
pci_set_text(const struct pci_set *set, char sep)
{
	struct strbuf out = STRBUF_INIT;
	char          buf[PCI_ADDR_TEXT_MAX];

	strbuf_add(&out, "");
	vec_foreach (set, a) {
		if (a > set->v)
			strbuf_add_char(&out, sep);
		strbuf_add(&out, pci_addr_format(a, buf));
	}
	return strbuf_take(&out);
}

static int
filter(const struct pci_set *a, const struct pci_set *b, bool want, struct pci_set *ret)
{
	struct pci_set out = PCI_SET_INIT;
	int            r   = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++)
		if (pci_set_has(b, &a->v[i]) == want)
			r = pci_set_add(&out, &a->v[i]);
	if (r < 0)
		pci_set_fini(&out);
	else
		replace(ret, &out);
	return r;
}

int
pci_set_intersect(const struct pci_set *a, const struct pci_set *b, struct pci_set *ret)
{
	return filter(a, b, true, ret);
}

int
pci_set_difference(const struct pci_set *a, const struct pci_set *b, struct pci_set *ret)
{
	return filter(a, b, false, ret);
}

int
pci_set_backing_to_vmd(const struct pci_set *set, struct pci_set *ret)
{
	struct pci_set out = PCI_SET_INIT;
	int            r   = 0;

	for (size_t i = 0; r == 0 && i < set->n; i++) {
		struct pci_addr a = set->v[i];

		(void)pci_addr_vmd(&set->v[i], &a); /* others stay as they are */
		r = pci_set_add(&out, &a);
	}
	if (r < 0)
		pci_set_fini(&out);
	else
		replace(ret, &out);
	return r;
}

bool
pci_set_has_vmd(const struct pci_set *set)
{
	vec_foreach (set, a)
		if (a->behind_vmd)
			return true;
	return false;
}

bool
pci_looks_like_addr(const char *text)
{
	const char *first  = strchr(text, ':');
	const char *second = first != NULL ? strchr(first + 1, ':') : NULL;

	if (second == NULL || strchr(second + 1, ':') != NULL)
		return false;
	return (first - text == 4 || first - text == VMD_DIGITS) && second - first == 3 &&
	       strlen(second + 1) >= 2;
}

static int
parse_bus(const char *text, uint8_t *ret)
{
	uint64_t v;
	int      r = str_to_u64(text, 0, &v);

	if (r < 0 || v > UINT8_MAX)
		return -EINVAL;
	*ret = (uint8_t)v;
	return 0;
}

int
pci_bus_range_parse(const char *text, uint8_t *ret_low, uint8_t *ret_high, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(text);
	uint8_t                low = 0, high = 0;
	char                  *dash;

	if (copy == NULL)
		return -ENOMEM;
	dash = strchr(copy, '-');
	if (dash != NULL)
		*dash++ = '\0';
	if (*text != '\0' &&
	    (dash == NULL || parse_bus(copy, &low) < 0 || parse_bus(dash, &high) < 0 || low > high))
		return fault_plain(
		    f, -EINVAL,
		    "bus range \"%.60s\" is not LOW-HIGH with numbers from 0 to 255 (0x00 to 0xff)",
		    text);
	*ret_low  = low;
	*ret_high = high;
	return 0;
}
