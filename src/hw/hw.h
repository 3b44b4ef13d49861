/*
 * What the host is made of: memory, NUMA nodes, network interfaces, hugepages, IOMMU, block
 * devices, PCI bus numbers.
 *
 * Everything here but hw_probe_* is read from /proc and /sys (addresses of interfaces from
 * getifaddrs), costs well under a millisecond and may be called from any thread: there is no state
 * behind it. Fabric providers need libfabric, which is slow to load and large, so they come from
 * the separate program daos_hwprobe, which hw_probe_start() runs as a child of the loop.
 *
 * `const struct hw_env *env` may be NULL everywhere: the real machine.
 */
#pragma once

#include <ifaddrs.h>
#include <netinet/in.h>

#include "common/fault.h"
#include "common/util.h"
#include "common/vec.h"

/* Where to look; tests give a directory that holds proc/ and sys/. */
struct hw_env {
	const char *root;                           /* put before /proc and /sys; NULL = none */
	int (*get_ifaddrs)(struct ifaddrs **ret);   /* NULL = getifaddrs() */
	void (*free_ifaddrs)(struct ifaddrs *list); /* NULL = freeifaddrs() */
};

/* ---- memory ---- */

/* One NUMA node; field names are those of the wire message MemInfo. */
struct hw_mem_node {
	uint32_t node;
	uint64_t hugepages_total;
	uint64_t hugepages_free;
	uint64_t hugepages_surplus;
	uint64_t mem_total_kb;
	uint64_t mem_free_kb;
	uint64_t mem_used_kb;
};

/* The whole host; field names are those of the wire message SysMemInfo. */
struct hw_mem {
	uint64_t hugepages_total;
	uint64_t hugepages_free;
	uint64_t hugepages_reserved;
	uint64_t hugepages_surplus;
	uint32_t hugepage_size_kb; /* 0: the kernel has no hugepages */
	uint64_t mem_total_kb;
	uint64_t mem_free_kb;
	uint64_t mem_available_kb;
	VEC(struct hw_mem_node) nodes; /* ascending; empty when the kernel has no NUMA support */
};

/* Reads /proc/meminfo and the meminfo of each node. -ENOENT/-EIO with a plain fault naming the
 * file. */
int hw_mem_read(const struct hw_env *env, struct hw_mem *ret, struct fault *f);
/* /proc/meminfo only (no nodes): one file, for checks that need totals. */
int  hw_mem_read_totals(const struct hw_env *env, struct hw_mem *ret, struct fault *f);
void hw_mem_fini(struct hw_mem *m);

/* ---- NUMA ---- */

struct hw_numa {
	unsigned count;          /* nodes; at least 1: a kernel without NUMA counts as one node 0 */
	unsigned cores_per_node; /* physical cores of the smallest node */
	VEC(uint32_t) ids;       /* ascending */
};

int  hw_numa_read(const struct hw_env *env, struct hw_numa *ret);
void hw_numa_fini(struct hw_numa *n);

/*
 * Lowest and highest PCI bus number of the devices on a NUMA node (devices without a node count as
 * node 0). -ENODEV when the node has no PCI device.
 */
int hw_pci_bus_range(const struct hw_env *env, uint32_t node, uint8_t *ret_begin, uint8_t *ret_end);

/* ---- network interfaces ---- */

/* Numbers are those of FabricInterface.netdevclass (ARP hardware types). */
enum hw_net_class {
	HW_NET_CLASS_ETHERNET   = 1,
	HW_NET_CLASS_INFINIBAND = 32,
	HW_NET_CLASS_LOOPBACK   = 772,
	HW_NET_CLASS_UNKNOWN    = 0xffff,
};

#define HW_NET_MAX_ADDRS 16

struct hw_netif {
	char              name[16]; /* IFNAMSIZ */
	uint32_t          type;     /* ARP hardware type as the kernel says it */
	enum hw_net_class net_class;
	uint32_t          numa_node; /* 0 when the kernel names none */
	bool   up; /* operational: up, or a state the driver does not report on an enabled device */
	size_t n_addrs;
	struct in_addr addrs[HW_NET_MAX_ADDRS]; /* IPv4, ascending */
};

struct hw_netifs {
	VEC(struct hw_netif) v; /* by name */
};

int  hw_netifs_read(const struct hw_env *env, struct hw_netifs *ret);
void hw_netifs_fini(struct hw_netifs *n);
/* Borrowed from n; NULL when there is no such interface. */
const struct hw_netif *hw_netifs_find(const struct hw_netifs *n, const char *name);
/* The interface that has this IPv4 address, or NULL. */
const struct hw_netif *hw_netifs_find_addr(const struct hw_netifs *n, struct in_addr addr);
/* "ETHERNET", "INFINIBAND", "LOOPBACK", "UNKNOWN". */
const char *hw_net_class_name(enum hw_net_class c);

/* ---- switches of the kernel ---- */

/* Whether transparent hugepages may be used by the kernel (`[never]` is not selected). No THP in
 * the kernel = false. */
int hw_thp_enabled(const struct hw_env *env, bool *ret);
/* /sys/class/iommu exists and is not empty. */
bool hw_iommu_present(const struct hw_env *env);

/* ---- block devices ---- */

struct hw_block {
	uint64_t size_bytes;
	bool     read_only;
	bool     partition;
	uint32_t logical_block_size; /* of the whole disk */
};

/* By device number (stat's st_rdev). -ENODEV when the kernel has no such block device. */
int hw_block_read(const struct hw_env *env, dev_t dev, struct hw_block *ret);

/* ---- fabric interfaces, by the program daos_hwprobe ---- */

/* One usable pair of provider and domain. */
struct hw_fabric_if {
	char    *provider; /* as in the configuration: "ofi+tcp", "ofi+verbs;ofi_rxm" */
	char    *domain;   /* D_DOMAIN of that provider: what libfabric says */
	char    *netdev;   /* network interface: FabricInterface.device, D_INTERFACE */
	uint32_t numa_node;
	uint32_t priority;  /* 0 is best; libfabric's own order */
	uint32_t net_class; /* enum hw_net_class or another ARP type */
};

struct hw_fabric {
	VEC(struct hw_fabric_if)
	ifs; /* by priority, then provider, then interface; loopback only when asked for */
	unsigned numa_count;
	unsigned cores_per_node;
};

void hw_fabric_fini(struct hw_fabric *fab);
/*
 * The entry of a provider on an interface, or NULL. Accepts the provider's spelling of the
 * configuration: "ofi+tcp" finds "ofi+tcp" and "ofi+tcp;ofi_rxm" finds its layered form; without a
 * match of the exact spelling the part before ';' decides.
 */
const struct hw_fabric_if *hw_fabric_find(const struct hw_fabric *fab, const char *provider,
					  const char *netdev);
/* Parses what daos_hwprobe prints. -EBADMSG with a plain fault for anything else. */
int hw_fabric_parse(const char *json, size_t len, struct hw_fabric *ret, struct fault *f);

struct loop;
struct hw_probe;

/*
 * End of a probe: error is 0 and fab is set (borrowed for the call), or error is a negative errno
 * and f says what happened (program missing, exit status with its last line of stderr, no answer
 * within the time, answer not understood).
 */
typedef void (*hw_probe_cb)(int error, const struct hw_fabric *fab, const struct fault *f,
			    void *arg);

struct hw_probe_opts {
	const char *program;       /* NULL: daos_hwprobe beside the running program, else on PATH */
	const char *provider;      /* filter ("ofi+tcp"); NULL or "all": all */
	bool        with_loopback; /* interfaces of class loopback too */
	uint64_t    timeout_ms;    /* 0: 10000 */
	hw_probe_cb cb;
	void       *arg;
};

/* Starts the program. When it returns 0, cb runs once, later, on the loop's thread; ret is freed by
 * that. */
int hw_probe_start(struct loop *l, const struct hw_probe_opts *opts, struct hw_probe **ret,
		   struct fault *f);
/* Gives up: the child is killed and cb is not called. NULL is fine; not to be called after cb ran.
 */
struct hw_probe *hw_probe_cancel(struct hw_probe *p);
