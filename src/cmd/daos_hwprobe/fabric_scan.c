/*
 * libfabric's list of fi_info turned into pairs of provider and network interface. Only providers
 * an engine can be told to use are shown; each provider's place in libfabric's own order of
 * preference is its priority.
 */
#include "fabric_scan.h"

#include <dirent.h>
#include <rdma/fabric.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_errno.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/vec.h"
#include "hw/hw.h"
#include "topology.h"

#define OFI_PREFIX       "ofi+"
#define INFINIBAND_CLASS "/sys/class/infiniband"

/* Those that the engine's network layer knows (engine-process.md §3, D_PROVIDER). */
static const char *const known[] = {"cxi",     "gni", "opx",         "psm2",         "psm3",
				    "sockets", "tcp", "tcp;ofi_rxm", "verbs;ofi_rxm"};

struct pair {
	const char *provider; /* libfabric's spelling; borrowed from the fi_info list */
	const char *domain;
	char        netdev[64];
	unsigned    priority;
};

struct scan {
	const struct scan_opts *opts;
	struct hw_netifs        netifs;
	VEC(const char *) providers; /* in the order of their first mention */
	VEC(struct pair) pairs;
};

static bool
is_known(const char *provider)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (str_eq(known[i], provider))
			return true;
	}
	return false;
}

static bool
is_wanted(const struct scan_opts *o, const char *provider)
{
	const char *want = o->provider;

	if (want == NULL)
		return true;
	if (str_starts(want, OFI_PREFIX))
		want += strlen(OFI_PREFIX);
	return str_eq(want, provider);
}

/* The network interface behind a domain: the domain itself, or the one that shares an RDMA device's
 * hardware. */
static bool
find_netdev(const struct scan *s, const char *domain, char *buf, size_t size)
{
	char           path[512];
	DIR           *dir;
	struct dirent *d;
	bool           found = false;

	if (hw_netifs_find(&s->netifs, domain) != NULL) {
		(void)snprintf(buf, size, "%s", domain); /* interface names are short */
		return true;
	}
	if (strchr(domain, '/') != NULL)
		return false;
	(void)snprintf(path, sizeof(path), INFINIBAND_CLASS "/%.200s/device/net", domain);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		found = hw_netifs_find(&s->netifs, d->d_name) != NULL;
		if (found)
			(void)snprintf(buf, size, "%.63s", d->d_name);
	}
	(void)closedir(dir); /* nothing is left to do when it fails */
	return found;
}

static int
priority_of(struct scan *s, const char *provider, unsigned *ret)
{
	for (size_t i = 0; i < s->providers.n; i++) {
		if (str_eq(s->providers.v[i], provider)) {
			*ret = (unsigned)i;
			return 0;
		}
	}
	*ret = (unsigned)s->providers.n;
	return vec_push(&s->providers, provider);
}

static int
add_info(struct scan *s, const struct fi_info *info)
{
	struct pair            p = {0};
	const struct hw_netif *nif;
	int                    r;

	if (info->fabric_attr == NULL || info->fabric_attr->prov_name == NULL ||
	    info->domain_attr == NULL || info->domain_attr->name == NULL)
		return 0;
	p.provider = info->fabric_attr->prov_name;
	p.domain   = info->domain_attr->name;
	if (!is_known(p.provider) || !is_wanted(s->opts, p.provider) ||
	    !find_netdev(s, p.domain, p.netdev, sizeof(p.netdev)))
		return 0;
	nif = hw_netifs_find(&s->netifs, p.netdev);
	if (nif == NULL || (nif->net_class == HW_NET_CLASS_LOOPBACK && !s->opts->with_loopback))
		return 0;
	r = priority_of(s, p.provider, &p.priority);
	if (r < 0)
		return r;
	vec_foreach (&s->pairs, seen) {
		if (str_eq(seen->provider, p.provider) && str_eq(seen->domain, p.domain))
			return 0;
	}
	return vec_push(&s->pairs, p);
}

static int
print(const struct scan *s, const struct topology *topo, json_t **ret)
{
	json_t *list = json_array();

	if (list == NULL)
		return -ENOMEM;
	vec_foreach (&s->pairs, p) {
		_cleanup_(freep) char *provider = str_format(OFI_PREFIX "%s", p->provider);
		const struct hw_netif *nif      = hw_netifs_find(&s->netifs, p->netdev);
		json_t                *entry    = NULL;

		if (provider != NULL)
			entry = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "provider", provider,
					  "domain", p->domain, "device", p->netdev, "numa_node",
					  (int)topology_device_node(topo, p->netdev), "priority",
					  (int)p->priority, "net_class", (int)nif->type);
		if (entry == NULL || json_array_append_new(list, entry) != 0) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	*ret = list;
	return 0;
}

int
fabric_scan(const struct scan_opts *opts, const struct topology *topo, json_t **ret)
{
	struct scan     s    = {.opts = opts};
	struct fi_info *list = NULL;
	int             r    = hw_netifs_read(NULL, &s.netifs);

	if (r == 0)
		r = fi_getinfo(FI_VERSION(1, 14), NULL, NULL, 0, NULL, &list);
	if (r == -FI_ENODATA) /* no provider at all: an empty list */
		r = 0;
	for (const struct fi_info *i = list; r == 0 && i != NULL; i = i->next)
		r = add_info(&s, i);
	if (r == 0)
		r = print(&s, topo, ret);
	vec_fini(&s.providers);
	vec_fini(&s.pairs);
	hw_netifs_fini(&s.netifs);
	if (list != NULL)
		fi_freeinfo(list);
	return r;
}
