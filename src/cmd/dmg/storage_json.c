/*
 * Storage as JSON. Key names and order are those of dmg 2.8; empty lists print null.
 */
#include <stdio.h>
#include <string.h>

#include "dmg.h"

static void write_smd_device(struct cli_json *j, const struct daosctl_smd_device *d);

/* Opens an array, or writes null for an empty list and returns false. */
static bool
open_list(struct cli_json *j, const char *key, size_t n)
{
	cli_json_key(j, key);
	if (n == 0)
		cli_json_null(j);
	else
		cli_json_array(j);
	return n > 0;
}

static void
write_health(struct cli_json *j, const struct daosctl_nvme_health *h)
{
	const struct {
		const char *key;
		uint64_t    v;
	} first[] =
	    {
		{"timestamp", h->timestamp},
		{"warn_temp_time", h->warn_temp_minutes},
		{"crit_temp_time", h->crit_temp_minutes},
		{"ctrl_busy_time", h->ctrl_busy_minutes},
		{"power_cycles", h->power_cycles},
		{"power_on_hours", h->power_on_hours},
		{"unsafe_shutdowns", h->unsafe_shutdowns},
		{"media_errs", h->media_errs},
		{"err_log_entries", h->err_log_entries},
		{"bio_read_errs", h->bio_read_errs},
		{"bio_write_errs", h->bio_write_errs},
		{"bio_unmap_errs", h->bio_unmap_errs},
		{"checksum_errs", h->checksum_errs},
		{"temperature", h->temperature_k},
	    },
	  second[] = {
	      {"program_fail_cnt_norm", h->program_fail_norm},
	      {"program_fail_cnt_raw", h->program_fail_raw},
	      {"erase_fail_cnt_norm", h->erase_fail_norm},
	      {"erase_fail_cnt_raw", h->erase_fail_raw},
	      {"wear_leveling_cnt_norm", h->wear_norm},
	      {"wear_leveling_cnt_min", h->wear_min},
	      {"wear_leveling_cnt_max", h->wear_max},
	      {"wear_leveling_cnt_avg", h->wear_avg},
	      {"endtoend_err_cnt_raw", h->endtoend_err_raw},
	      {"crc_err_cnt_raw", h->crc_err_raw},
	      {"media_wear_raw", h->media_wear_raw},
	      {"host_reads_raw", h->host_reads_raw},
	      {"workload_timer_raw", h->workload_timer_raw},
	      {"thermal_throttle_status", h->thermal_throttle_status},
	      {"thermal_throttle_event_cnt", h->thermal_throttle_events},
	      {"retry_buffer_overflow_cnt", h->retry_buffer_overflows},
	      {"pll_lock_loss_cnt", h->pll_lock_losses},
	      {"nand_bytes_written", h->nand_bytes_written},
	      {"host_bytes_written", h->host_bytes_written},
	      {"cluster_size", h->cluster_size},
	      {"meta_wal_size", h->meta_wal_size},
	      {"rdb_wal_size", h->rdb_wal_size},
	      {"link_port_id", h->link_port},
	  };

	cli_json_object(j);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		cli_json_set_u64(j, first[i].key, first[i].v);
	cli_json_set_bool(j, "temp_warn", h->temp_warn);
	cli_json_set_bool(j, "avail_spare_warn", h->avail_spare_warn);
	cli_json_set_bool(j, "dev_reliability_warn", h->dev_reliability_warn);
	cli_json_set_bool(j, "read_only_warn", h->read_only_warn);
	cli_json_set_bool(j, "volatile_mem_warn", h->volatile_mem_warn);
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		cli_json_set_u64(j, second[i].key, second[i].v);
	cli_json_set_float(j, "link_max_speed", h->link_max_speed);
	cli_json_set_u64(j, "link_max_width", h->link_max_width);
	cli_json_set_float(j, "link_neg_speed", h->link_neg_speed);
	cli_json_set_u64(j, "link_neg_width", h->link_neg_width);
	cli_json_object_end(j);
}

static void
write_nvme_device(struct cli_json *j, const struct daosctl_nvme_device *d)
{
	cli_json_object(j);
	cli_json_set_string(j, "info", d->info);
	cli_json_set_string(j, "model", d->model);
	cli_json_set_string(j, "serial", d->serial);
	cli_json_set_string(j, "pci_addr", d->pci_addr);
	cli_json_set_string(j, "fw_rev", d->fw_rev);
	cli_json_set_string(j, "vendor_id", d->vendor_id);
	cli_json_set_string(j, "pci_type", d->pci_type);
	cli_json_set_i64(j, "socket_id", d->socket);
	cli_json_key(j, "health_stats");
	if (d->health != NULL)
		write_health(j, d->health);
	else
		cli_json_null(j);
	if (open_list(j, "namespaces", d->n_namespaces)) {
		for (size_t i = 0; i < d->n_namespaces; i++) {
			cli_json_object(j);
			cli_json_set_u64(j, "id", d->namespaces[i].id);
			cli_json_set_u64(j, "size", d->namespaces[i].size_bytes);
			cli_json_object_end(j);
		}
		cli_json_array_end(j);
	}
	if (open_list(j, "smd_devices", d->n_smd_devices)) {
		for (size_t i = 0; i < d->n_smd_devices; i++)
			write_smd_device(j, &d->smd_devices[i]);
		cli_json_array_end(j);
	}
	cli_json_set_string(j, "dev_state", d->dev_state);
	cli_json_set_string(j, "led_state", d->led_state);
	cli_json_object_end(j);
}

static void
write_smd_device(struct cli_json *j, const struct daosctl_smd_device *d)
{
	/* Where a device is seen from its controller the way back is empty. */
	static const struct daosctl_nvme_device none = {.info      = "",
							.model     = "",
							.serial    = "",
							.pci_addr  = "",
							.fw_rev    = "",
							.vendor_id = "",
							.pci_type  = "",
							.dev_state = "UNKNOWN",
							.led_state = "NA"};
	char                                    roles[24];

	dmg_role_text(d->roles, roles, sizeof(roles));
	cli_json_object(j);
	cli_json_set_u64(j, "role_bits", d->roles);
	cli_json_set_string(j, "uuid", d->uuid);
	cli_json_key(j, "tgt_ids");
	if (d->targets == NULL) {
		cli_json_null(j);
	} else {
		cli_json_array(j);
		for (size_t i = 0; i < d->n_targets; i++)
			cli_json_i64(j, d->targets[i]);
		cli_json_array_end(j);
	}
	cli_json_set_u64(j, "rank", d->rank);
	cli_json_set_u64(j, "total_bytes", d->total_bytes);
	cli_json_set_u64(j, "avail_bytes", d->avail_bytes);
	cli_json_set_u64(j, "usable_bytes", d->usable_bytes);
	cli_json_set_u64(j, "cluster_size", d->cluster_size);
	cli_json_set_u64(j, "meta_size", d->meta_size);
	cli_json_set_u64(j, "meta_wal_size", d->meta_wal_size);
	cli_json_set_u64(j, "rdb_size", d->rdb_size);
	cli_json_set_u64(j, "rdb_wal_size", d->rdb_wal_size);
	cli_json_set_string(j, "roles", roles);
	cli_json_set_bool(j, "has_sys_xs", d->has_sys_xs);
	cli_json_key(j, "ctrlr");
	write_nvme_device(j, &none);
	cli_json_set_u64(j, "ctrlr_namespace_id", d->namespace_id);
	cli_json_object_end(j);
}

static void
write_scm_module(struct cli_json *j, const struct daosctl_scm_module *m)
{
	cli_json_object(j);
	cli_json_set_u64(j, "ChannelID", m->channel);
	cli_json_set_u64(j, "ChannelPosition", m->channel_slot);
	cli_json_set_u64(j, "ControllerID", m->controller);
	cli_json_set_u64(j, "SocketID", m->socket);
	cli_json_set_u64(j, "PhysicalID", m->physical_id);
	cli_json_set_u64(j, "Capacity", m->capacity_bytes);
	cli_json_set_string(j, "UID", m->uid);
	cli_json_set_string(j, "PartNumber", m->part_number);
	cli_json_set_string(j, "FirmwareRevision", m->firmware);
	cli_json_set_string(j, "HealthState", m->health);
	cli_json_object_end(j);
}

static void
write_scm_mount(struct cli_json *j, const struct daosctl_scm_mount *m)
{
	cli_json_object(j);
	cli_json_set_string(j, "class", m->scm_class);
	cli_json_set_strings(j, "device_list", m->device_list, m->n_devices);
	cli_json_set_string(j, "info", m->info);
	cli_json_set_string(j, "path", m->path);
	cli_json_set_u64(j, "rank", m->rank);
	cli_json_set_u64(j, "total_bytes", m->total_bytes);
	cli_json_set_u64(j, "avail_bytes", m->avail_bytes);
	cli_json_set_u64(j, "usable_bytes", m->usable_bytes);
	cli_json_object_end(j);
}

static void
write_scm_namespace(struct cli_json *j, const struct daosctl_scm_namespace *ns)
{
	cli_json_object(j);
	cli_json_set_string(j, "uuid", ns->uuid);
	cli_json_set_string(j, "blockdev", ns->blockdev);
	cli_json_set_string(j, "dev", ns->dev);
	cli_json_set_u64(j, "numa_node", ns->numa_node);
	cli_json_set_u64(j, "size", ns->size_bytes);
	cli_json_key(j, "mount");
	if (ns->mount != NULL)
		write_scm_mount(j, ns->mount);
	else
		cli_json_null(j);
	cli_json_object_end(j);
}

/* One form for the host and its nodes; the figures a level does not have are 0. */
static void
write_mem(struct cli_json *j, const struct daosctl_mem_info *total,
	  const struct daosctl_mem_node *node)
{
	cli_json_object(j);
	cli_json_set_u64(j, "numa_node_index", node ? node->numa_node : 0);
	cli_json_set_u64(j, "hugepages_total",
			 node ? node->hugepages_total : total->hugepages_total);
	cli_json_set_u64(j, "hugepages_free", node ? node->hugepages_free : total->hugepages_free);
	cli_json_set_u64(j, "hugepages_reserved", node ? 0 : total->hugepages_reserved);
	cli_json_set_u64(j, "hugepages_surplus",
			 node ? node->hugepages_surplus : total->hugepages_surplus);
	cli_json_set_u64(j, "hugepage_size_kb", node ? 0 : total->hugepage_size_kb);
	cli_json_set_u64(j, "mem_total_kb", node ? node->mem_total_kb : total->mem_total_kb);
	cli_json_set_u64(j, "mem_free_kb", node ? node->mem_free_kb : total->mem_free_kb);
	cli_json_set_u64(j, "mem_available_kb", node ? 0 : total->mem_available_kb);
	cli_json_set_u64(j, "mem_used_kb", node ? node->mem_used_kb : 0);
	if (node == NULL && open_list(j, "numa_nodes", total->n_nodes)) {
		for (size_t i = 0; i < total->n_nodes; i++)
			write_mem(j, NULL, &total->nodes[i]);
		cli_json_array_end(j);
	}
	cli_json_object_end(j);
}

static void
write_storage(struct cli_json *j, const struct daosctl_storage *s)
{
	cli_json_object(j);
	if (open_list(j, "nvme_devices", s->n_nvme_devices)) {
		for (size_t i = 0; i < s->n_nvme_devices; i++)
			write_nvme_device(j, &s->nvme_devices[i]);
		cli_json_array_end(j);
	}
	if (open_list(j, "scm_modules", s->n_scm_modules)) {
		for (size_t i = 0; i < s->n_scm_modules; i++)
			write_scm_module(j, &s->scm_modules[i]);
		cli_json_array_end(j);
	}
	if (open_list(j, "scm_namespaces", s->n_scm_namespaces)) {
		for (size_t i = 0; i < s->n_scm_namespaces; i++)
			write_scm_namespace(j, &s->scm_namespaces[i]);
		cli_json_array_end(j);
	}
	if (open_list(j, "scm_mount_points", s->n_scm_mounts)) {
		for (size_t i = 0; i < s->n_scm_mounts; i++)
			write_scm_mount(j, &s->scm_mounts[i]);
		cli_json_array_end(j);
	}
	cli_json_set_null(j, "smd_info");
	cli_json_set_bool(j, "reboot_required", false);
	cli_json_key(j, "mem_info");
	if (s->mem_info != NULL)
		write_mem(j, s->mem_info, NULL);
	else
		cli_json_null(j);
	cli_json_object_end(j);
}

static void
hash_text(const struct daosctl_host_storage *h, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%llu", (unsigned long long)h->hash);
}

static int
by_hash_text(const void *a, const void *b)
{
	char x[24], y[24];

	hash_text(*(const struct daosctl_host_storage *const *)a, x, sizeof(x));
	hash_text(*(const struct daosctl_host_storage *const *)b, y, sizeof(y));
	return strcmp(x, y);
}

void
dmg_json_storage_resp(struct cli_json *j, const void *data)
{
	const struct daosctl_storage_resp                   *r = data;
	_cleanup_(freep) const struct daosctl_host_storage **sorted =
	    calloc(MAX(r->n_hosts, 1), sizeof(*sorted));

	if (sorted == NULL) {
		j->out->error = -ENOMEM;
		return;
	}
	cli_json_object(j);
	cli_json_key(j, "host_errors");
	cli_json_object(j);
	for (size_t i = 0; i < r->errors.n; i++)
		cli_json_set_string(j, r->errors.v[i].text, r->errors.v[i].hosts);
	cli_json_object_end(j);
	cli_json_key(j, "HostStorage");
	if (r->n_hosts == 0) {
		cli_json_null(j);
	} else {
		for (size_t i = 0; i < r->n_hosts; i++)
			sorted[i] = &r->hosts[i];
		qsort(sorted, r->n_hosts, sizeof(*sorted),
		      by_hash_text); /* keys of an object are sorted */
		cli_json_object(j);
		for (size_t i = 0; i < r->n_hosts; i++) {
			char key[24];

			hash_text(sorted[i], key, sizeof(key));
			cli_json_key(j, key);
			cli_json_object(j);
			cli_json_key(j, "storage");
			write_storage(j, &sorted[i]->storage);
			cli_json_set_string(j, "hosts", sorted[i]->hosts);
			cli_json_object_end(j);
		}
		cli_json_object_end(j);
	}
	cli_json_object_end(j);
}
