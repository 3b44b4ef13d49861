/*
 * Network interfaces: kind, state and NUMA node from /sys/class/net, IPv4 addresses from
 * getifaddrs().
 */
#include "hw/hw.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <stdio.h>

#include "common/str.h"
#include "hw_private.h"

static enum hw_net_class
net_class_of(uint64_t type)
{
	switch (type) {
	case HW_NET_CLASS_ETHERNET:
	case HW_NET_CLASS_INFINIBAND:
	case HW_NET_CLASS_LOOPBACK:
		return (enum hw_net_class)type;
	default:
		return HW_NET_CLASS_UNKNOWN;
	}
}

static int
net_file(const struct hw_env *env, char *path, size_t size, const char *name, const char *file)
{
	return hw_path(env, path, size, "/sys/class/net/%s/%s", name, file);
}

static bool
netif_is_up(const struct hw_env *env, const char *name)
{
	_cleanup_(freep) char *state = NULL;
	char                   path[HW_PATH_MAX];
	uint64_t               flags = 0;

	if (net_file(env, path, sizeof(path), name, "operstate") < 0 ||
	    hw_read_text(path, &state) < 0)
		return false;
	if (str_eq(state, "up"))
		return true;
	if (!str_eq(state, "unknown")) /* drivers without carrier detection, and loopback */
		return false;
	return net_file(env, path, sizeof(path), name, "flags") == 0 &&
	       hw_read_u64(path, 0, &flags) == 0 && (flags & IFF_UP) != 0;
}

static int
read_netif(const struct hw_env *env, const char *name, struct hw_netif *ret)
{
	struct hw_netif nif = {0};
	char            path[HW_PATH_MAX];
	uint64_t        type;
	int64_t         node;
	int             r = net_file(env, path, sizeof(path), name, "type");

	if (r == 0)
		r = hw_read_u64(path, 10, &type);
	if (r < 0)
		return r;
	(void)snprintf(nif.name, sizeof(nif.name), "%s", name); /* the caller checked the length */
	nif.type      = (uint32_t)type;
	nif.net_class = net_class_of(type);
	nif.up        = netif_is_up(env, name);
	r             = net_file(env, path, sizeof(path), name, "device/numa_node");
	if (r == 0 && hw_read_i64(path, &node) == 0 && node > 0)
		nif.numa_node = (uint32_t)node;
	*ret = nif;
	return 0;
}

static int
addr_order(const void *a, const void *b)
{
	uint32_t x = ntohl(((const struct in_addr *)a)->s_addr);
	uint32_t y = ntohl(((const struct in_addr *)b)->s_addr);

	return x < y ? -1 : x > y;
}

static int
netif_order(const void *a, const void *b)
{
	return strcmp(((const struct hw_netif *)a)->name, ((const struct hw_netif *)b)->name);
}

static int
add_addresses(const struct hw_env *env, struct hw_netifs *n)
{
	struct ifaddrs *list = NULL;

	if ((env && env->get_ifaddrs ? env->get_ifaddrs(&list) : getifaddrs(&list)) != 0)
		return errno > 0 ? -errno : -EIO;
	for (struct ifaddrs *a = list; a != NULL; a = a->ifa_next) {
		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET)
			continue;
		vec_foreach (&n->v, nif) {
			size_t len = strcspn(a->ifa_name, ":"); /* labels: eth0:1 */

			if (strlen(nif->name) != len || strncmp(nif->name, a->ifa_name, len) != 0 ||
			    nif->n_addrs == HW_NET_MAX_ADDRS)
				continue;
			nif->addrs[nif->n_addrs++] =
			    ((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
		}
	}
	if (env && env->get_ifaddrs) {
		if (env->free_ifaddrs)
			env->free_ifaddrs(list);
	} else {
		freeifaddrs(list);
	}
	vec_foreach (&n->v, nif)
		qsort(nif->addrs, nif->n_addrs, sizeof(nif->addrs[0]), addr_order);
	return 0;
}

static int
read_all(const struct hw_env *env, DIR *dir, struct hw_netifs *n)
{
	struct dirent *d;

	while ((d = readdir(dir)) != NULL) {
		struct hw_netif nif;

		/* plain files such as bonding_masters have no type either and are left out below */
		if (d->d_name[0] == '.' || strlen(d->d_name) >= sizeof(nif.name))
			continue;
		if (read_netif(env, d->d_name, &nif) < 0)
			continue; /* went away while we were looking */
		if (vec_push(&n->v, nif) < 0)
			return -ENOMEM;
	}
	return 0;
}

int
hw_netifs_read(const struct hw_env *env, struct hw_netifs *ret)
{
	_cleanup_(hw_netifs_fini) struct hw_netifs n = {0};
	char                                       path[HW_PATH_MAX];
	DIR                                       *dir;
	int                                        r;

	r = hw_path(env, path, sizeof(path), "/sys/class/net");
	if (r < 0)
		return r;
	dir = opendir(path);
	if (dir == NULL)
		return -errno;
	r = read_all(env, dir, &n);
	(void)closedir(dir); /* nothing is left to do when it fails */
	if (r == 0)
		r = add_addresses(env, &n);
	if (r < 0)
		return r;
	if (n.v.n > 1)
		qsort(n.v.v, n.v.n, sizeof(n.v.v[0]), netif_order);
	*ret = n;
	memset(&n, 0, sizeof(n));
	return 0;
}

void
hw_netifs_fini(struct hw_netifs *n)
{
	vec_fini(&n->v);
}

const struct hw_netif *
hw_netifs_find(const struct hw_netifs *n, const char *name)
{
	vec_foreach (&n->v, nif) {
		if (str_eq(nif->name, name))
			return nif;
	}
	return NULL;
}

const struct hw_netif *
hw_netifs_find_addr(const struct hw_netifs *n, struct in_addr addr)
{
	vec_foreach (&n->v, nif) {
		for (size_t i = 0; i < nif->n_addrs; i++) {
			if (nif->addrs[i].s_addr == addr.s_addr)
				return nif;
		}
	}
	return NULL;
}

const char *
hw_net_class_name(enum hw_net_class c)
{
	switch (c) {
	case HW_NET_CLASS_ETHERNET:
		return "ETHERNET";
	case HW_NET_CLASS_INFINIBAND:
		return "INFINIBAND";
	case HW_NET_CLASS_LOOPBACK:
		return "LOOPBACK";
	case HW_NET_CLASS_UNKNOWN:
		break;
	}
	return "UNKNOWN";
}
