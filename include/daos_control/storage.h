/*
 * Requests about storage: scan and format, to all hosts of the context at once.
 *
 * Hosts whose storage is alike share one entry: serial numbers, identifiers and momentary memory
 * figures do not count.
 */
#pragma once

#include <daos_control/control.h>

#ifdef __cplusplus
extern "C" {
#endif

struct daosctl_mem_node {
	uint32_t numa_node;
	uint64_t hugepages_total, hugepages_free, hugepages_surplus;
	uint64_t mem_total_kb, mem_free_kb, mem_used_kb;
};

struct daosctl_mem_info {
	uint64_t hugepages_total, hugepages_free, hugepages_reserved, hugepages_surplus;
	uint32_t hugepage_size_kb;
	uint64_t mem_total_kb, mem_free_kb, mem_available_kb;
	const struct daosctl_mem_node *nodes;
	size_t                         n_nodes;
};

struct daosctl_scm_module {
	uint32_t    channel, channel_slot, controller, socket, physical_id;
	uint64_t    capacity_bytes;
	const char *uid, *part_number, *firmware, *health;
};

struct daosctl_scm_mount {
	const char        *path, *scm_class, *info;
	const char *const *device_list;
	size_t             n_devices;
	uint32_t           rank;
	uint64_t           total_bytes, avail_bytes, usable_bytes;
};

struct daosctl_scm_namespace {
	const char                     *uuid, *blockdev, *dev;
	uint32_t                        numa_node;
	uint64_t                        size_bytes;
	const struct daosctl_scm_mount *mount; /* NULL: not mounted */
};

struct daosctl_nvme_health {
	uint64_t timestamp, ctrl_busy_minutes, power_cycles, power_on_hours, unsafe_shutdowns;
	uint64_t media_errs, err_log_entries;
	uint32_t warn_temp_minutes, crit_temp_minutes;
	uint32_t bio_read_errs, bio_write_errs, bio_unmap_errs, checksum_errs;
	uint32_t temperature_k;
	bool temp_warn, avail_spare_warn, dev_reliability_warn, read_only_warn, volatile_mem_warn;
	uint32_t program_fail_norm, erase_fail_norm;
	uint64_t program_fail_raw, erase_fail_raw;
	uint32_t wear_norm, wear_min, wear_max, wear_avg;
	uint64_t endtoend_err_raw, crc_err_raw, media_wear_raw, host_reads_raw, workload_timer_raw;
	uint32_t thermal_throttle_status;
	uint64_t thermal_throttle_events, retry_buffer_overflows, pll_lock_losses;
	uint64_t nand_bytes_written, host_bytes_written;
	uint64_t cluster_size, meta_wal_size, rdb_wal_size;
	uint32_t link_port, link_max_width, link_neg_width;
	float    link_max_speed, link_neg_speed; /* transfers a second */
};

struct daosctl_nvme_namespace {
	uint32_t id;
	uint64_t size_bytes;
};

enum daosctl_dev_role {
	DAOSCTL_ROLE_DATA = 1,
	DAOSCTL_ROLE_META = 2,
	DAOSCTL_ROLE_WAL  = 4,
};

struct daosctl_smd_device {
	const char    *uuid;
	const int32_t *targets; /* without the system target */
	size_t         n_targets;
	bool           has_sys_xs;
	uint32_t       rank;
	uint32_t       roles; /* bits of daosctl_dev_role */
	uint64_t       total_bytes, avail_bytes, usable_bytes, cluster_size;
	uint64_t       meta_size, meta_wal_size, rdb_size, rdb_wal_size;
	uint32_t       namespace_id;
};

/* A controller found by a scan, or one step of a format (then info is its result and pci_addr the
 * device). */
struct daosctl_nvme_device {
	const char *info, *model, *serial, *pci_addr, *fw_rev, *vendor_id, *pci_type;
	int32_t     socket;
	const struct daosctl_nvme_health    *health; /* NULL: unknown */
	const struct daosctl_nvme_namespace *namespaces;
	size_t                               n_namespaces;
	const struct daosctl_smd_device     *smd_devices;
	size_t                               n_smd_devices;
	const char                          *dev_state; /* `NORMAL` */
	const char                          *led_state; /* `OFF` */
};

struct daosctl_storage {
	const struct daosctl_nvme_device   *nvme_devices;
	size_t                              n_nvme_devices;
	const struct daosctl_scm_module    *scm_modules;
	size_t                              n_scm_modules;
	const struct daosctl_scm_namespace *scm_namespaces;
	size_t                              n_scm_namespaces;
	const struct daosctl_scm_mount     *scm_mounts; /* results of a format */
	size_t                              n_scm_mounts;
	const struct daosctl_mem_info      *mem_info; /* NULL: not asked for */
};

/* Hosts with equal storage. */
struct daosctl_host_storage {
	const char            *hosts; /* folded, with ports */
	size_t                 n_hosts;
	uint64_t               hash; /* differs between entries; means nothing else */
	struct daosctl_storage storage;
};

struct daosctl_storage_resp {
	struct daosctl_host_errors         errors;
	const struct daosctl_host_storage *hosts; /* by folded text */
	size_t                             n_hosts;
	void                              *memory;
};
void daosctl_storage_resp_fini(struct daosctl_storage_resp *r);

struct daosctl_storage_scan_req {
	bool basic;  /* without details of NVMe devices */
	bool health; /* with NVMe health and link figures */
};
int daosctl_storage_scan(struct daosctl *c, const struct daosctl_storage_scan_req *req,
			 struct daosctl_storage_resp *ret, struct daosctl_error *e);

struct daosctl_storage_format_req {
	bool reformat; /* over existing storage, stopping running engines */
	bool replace;  /* let the engine take over the rank it had */
	/* Ask the context's hosts (an explicit list), not the management service, whether the
	 * system is running. */
	bool check_hosts;
};
/*
 * Formats the storage of all hosts. Refuses with fault 509 when the system answers as running.
 * Destroys data.
 */
int daosctl_storage_format(struct daosctl *c, const struct daosctl_storage_format_req *req,
			   struct daosctl_storage_resp *ret, struct daosctl_error *e);

#ifdef __cplusplus
}
#endif
