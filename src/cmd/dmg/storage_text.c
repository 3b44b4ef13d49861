/*
 * Storage as text: summaries, device tables, health figures, format results.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/table.h"
#include "common/size.h"
#include "common/version.h"
#include "dmg.h"

#define NIL_DEVICE "<nil>" /* address of a skipped step in format results */

#define table_new(...)                                                                             \
	cli_table_new((const char *const[]){__VA_ARGS__},                                          \
		      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Without memory for a table the buffer is marked, which the caller sees. */
static bool
lost(const struct cli_table *t, struct strbuf *out)
{
	if (t == NULL)
		out->error = -ENOMEM;
	return t == NULL;
}

static uint64_t
nvme_capacity(const struct daosctl_nvme_device *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < d->n_namespaces; i++)
		sum += d->namespaces[i].size_bytes;
	return sum;
}

static void
add_banner(const char *hosts, struct strbuf *out)
{
	_cleanup_(freep) char *names = dmg_without_ports(hosts);

	cli_banner(names ? names : hosts, out);
}

void
dmg_role_text(uint32_t roles, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s%s", roles & DAOSCTL_ROLE_DATA ? "data," : "",
		       roles & DAOSCTL_ROLE_META ? "meta," : "",
		       roles & DAOSCTL_ROLE_WAL ? "wal," : "");
	if (buf[0] == '\0')
		(void)snprintf(buf, size, "NA");
	else
		buf[strlen(buf) - 1] = '\0';
}

/* ---- summary ---- */

static void
scm_summary(const struct daosctl_storage *s, struct strbuf *out)
{
	char     size[SIZE_TEXT_MAX];
	uint64_t sum = 0;

	if (s->n_scm_namespaces == 0) {
		for (size_t i = 0; i < s->n_scm_modules; i++)
			sum += s->scm_modules[i].capacity_bytes;
		strbuf_addf(out, "%s (", size_format_iec(sum, size));
		dmg_add_count(out, s->n_scm_modules, "module");
	} else {
		for (size_t i = 0; i < s->n_scm_namespaces; i++)
			sum += s->scm_namespaces[i].size_bytes;
		strbuf_addf(out, "%s (", size_format_si(sum, size));
		dmg_add_count(out, s->n_scm_namespaces, "namespace");
	}
	strbuf_add_char(out, ')');
}

static void
nvme_summary(const struct daosctl_storage *s, struct strbuf *out)
{
	char     size[SIZE_TEXT_MAX];
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_nvme_devices; i++)
		sum += nvme_capacity(&s->nvme_devices[i]);
	strbuf_addf(out, "%s (", size_format_si(sum, size));
	dmg_add_count(out, s->n_nvme_devices, "controller");
	strbuf_add_char(out, ')');
}

void
dmg_print_scan(const struct daosctl_storage_resp *r, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("Hosts", "SCM Total", "NVMe Total");

	if (r->n_hosts == 0 || lost(t, out))
		return;
	for (size_t i = 0; i < r->n_hosts; i++) {
		_cleanup_(freep) char               *hosts = dmg_without_ports(r->hosts[i].hosts);
		_cleanup_(strbuf_fini) struct strbuf scm   = STRBUF_INIT;
		_cleanup_(strbuf_fini) struct strbuf nvme  = STRBUF_INIT;

		scm_summary(&r->hosts[i].storage, &scm);
		nvme_summary(&r->hosts[i].storage, &nvme);
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", hosts ? hosts : r->hosts[i].hosts);
		cli_table_cell(t, 1, "%s", strbuf_str(&scm));
		cli_table_cell(t, 2, "%s", strbuf_str(&nvme));
	}
	(void)cli_table_print(t, 0, out); /* the buffer remembers */
}

/* ---- tables of devices ---- */

/* Copies of a list's pointers, sorted. */
static const void **
sorted_copy(const void *v, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	const void **p = calloc(MAX(n, 1), sizeof(*p));

	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = (const char *)v + i * size;
	if (p != NULL)
		qsort(p, n, sizeof(*p), compare);
	return p;
}

static int
by_pci_address(const void *a, const void *b)
{
	return strcmp((*(const struct daosctl_nvme_device *const *)a)->pci_addr,
		      (*(const struct daosctl_nvme_device *const *)b)->pci_addr);
}

static int
by_physical_id(const void *a, const void *b)
{
	uint32_t x = (*(const struct daosctl_scm_module *const *)a)->physical_id;
	uint32_t y = (*(const struct daosctl_scm_module *const *)b)->physical_id;

	return (x > y) - (x < y);
}

static int
by_blockdev(const void *a, const void *b)
{
	return strcmp((*(const struct daosctl_scm_namespace *const *)a)->blockdev,
		      (*(const struct daosctl_scm_namespace *const *)b)->blockdev);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp((*(const struct daosctl_scm_mount *const *)a)->path,
		      (*(const struct daosctl_scm_mount *const *)b)->path);
}

static void
add_scm_modules(const struct daosctl_storage *s, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("SCM Module", "Socket", "Memory Ctrlr", "Channel", "Channel Slot", "Capacity",
		      "UID", "Part Number", "Health");
	_cleanup_(freep) const void **v =
	    sorted_copy(s->scm_modules, s->n_scm_modules, sizeof(*s->scm_modules), by_physical_id);

	if (s->n_scm_modules == 0) {
		strbuf_add(out, "  No SCM modules found\n");
		return;
	}
	if (v == NULL || lost(t, out)) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < s->n_scm_modules; i++) {
		const struct daosctl_scm_module *m = v[i];
		char                             size[SIZE_TEXT_MAX];

		cli_table_row(t);
		cli_table_cell(t, 0, "%u", m->physical_id);
		cli_table_cell(t, 1, "%u", m->socket);
		cli_table_cell(t, 2, "%u", m->controller);
		cli_table_cell(t, 3, "%u", m->channel);
		cli_table_cell(t, 4, "%u", m->channel_slot);
		cli_table_cell(t, 5, "%s", size_format_iec(m->capacity_bytes, size));
		cli_table_cell(t, 6, "%s", m->uid);
		cli_table_cell(t, 7, "%s", m->part_number);
		cli_table_cell(t, 8, "%s", m->health);
	}
	(void)cli_table_print(t, 0, out); /* as above */
}

static void
add_scm_namespaces(const struct daosctl_storage *s, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("SCM Namespace", "Socket", "Capacity");
	_cleanup_(freep) const void **v = sorted_copy(s->scm_namespaces, s->n_scm_namespaces,
						      sizeof(*s->scm_namespaces), by_blockdev);

	if (v == NULL || lost(t, out)) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < s->n_scm_namespaces; i++) {
		const struct daosctl_scm_namespace *ns = v[i];
		char                                size[SIZE_TEXT_MAX];

		cli_table_row(t);
		cli_table_cell(t, 0, "%s", ns->blockdev);
		cli_table_cell(t, 1, "%u", ns->numa_node);
		cli_table_cell(t, 2, "%s", size_format_si(ns->size_bytes, size));
	}
	(void)cli_table_print(t, 0, out); /* as above */
}

static void
add_nvme_devices(const struct daosctl_storage *s, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("NVMe PCI", "Model", "FW Revision", "Socket", "Capacity", "Role(s)", "Rank");
	_cleanup_(freep) const void **v = sorted_copy(s->nvme_devices, s->n_nvme_devices,
						      sizeof(*s->nvme_devices), by_pci_address);

	if (s->n_nvme_devices == 0) {
		strbuf_add(out, "  No NVMe devices found\n");
		return;
	}
	if (v == NULL || lost(t, out)) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < s->n_nvme_devices; i++) {
		const struct daosctl_nvme_device *d = v[i];
		const struct daosctl_smd_device  *smd =
                    d->n_smd_devices > 0 ? &d->smd_devices[0] : NULL;
		char size[SIZE_TEXT_MAX], roles[24];

		dmg_role_text(smd ? smd->roles : 0, roles, sizeof(roles));
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", d->pci_addr);
		cli_table_cell(t, 1, "%s", d->model);
		cli_table_cell(t, 2, "%s", d->fw_rev);
		cli_table_cell(t, 3, "%d", d->socket);
		cli_table_cell(t, 4, "%s", size_format_si(nvme_capacity(d), size));
		cli_table_cell(t, 5, "%s", roles);
		if (smd != NULL && smd->rank != DAOS_RANK_NIL)
			cli_table_cell(t, 6, "%u", smd->rank);
	}
	(void)cli_table_print(t, 0, out); /* as above */
}

void
dmg_print_scan_verbose(const struct daosctl_storage_resp *r, struct strbuf *out)
{
	for (size_t i = 0; i < r->n_hosts; i++) {
		const struct daosctl_storage *s = &r->hosts[i].storage;

		add_banner(r->hosts[i].hosts, out);
		strbuf_addf(out, "HugePage Size: %u KB\n\n",
			    s->mem_info ? s->mem_info->hugepage_size_kb : 0);
		if (s->n_scm_namespaces == 0)
			add_scm_modules(s, out);
		else
			add_scm_namespaces(s, out);
		strbuf_add_char(out, '\n');
		add_nvme_devices(s, out);
		strbuf_add_char(out, '\n');
	}
}

/* ---- health ---- */

/* `1h30m0s`; zero is `0s`. */
static void
add_minutes(struct strbuf *out, const char *label, uint64_t minutes)
{
	strbuf_addf(out, "    %s:", label);
	if (minutes >= 60)
		strbuf_addf(out, "%" PRIu64 "h", minutes / 60);
	if (minutes > 0)
		strbuf_addf(out, "%" PRIu64 "m", minutes % 60);
	strbuf_add(out, "0s\n");
}

static void
add_figure(struct strbuf *out, const char *label, uint64_t v, const char *unit)
{
	strbuf_addf(out, "    %s:%" PRIu64 "%s\n", label, v, unit);
}

static void
add_warning(struct strbuf *out, const char *label, bool on)
{
	strbuf_addf(out, "    %s: %s\n", label, on ? "WARNING" : "OK");
}

static void
add_timestamp(struct strbuf *out, uint64_t seconds)
{
	time_t    t = (time_t)seconds;
	struct tm tm;
	char      date[32], zone[8];

	if (localtime_r(&t, &tm) == NULL)
		return;
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)strftime(zone, sizeof(zone), "%z", &tm);
	strbuf_addf(out, "    Timestamp:%s.000%.3s:%s\n", date, zone, zone + 3);
}

static void
add_vendor_figures(const struct daosctl_nvme_health *h, struct strbuf *out)
{
	strbuf_add(out, "  Intel Vendor SMART Attributes:\n    Program Fail Count:\n");
	add_figure(out, "   Normalized", h->program_fail_norm, "%");
	add_figure(out, "   Raw", h->program_fail_raw, "");
	strbuf_add(out, "    Erase Fail Count:\n");
	add_figure(out, "   Normalized", h->erase_fail_norm, "%");
	add_figure(out, "   Raw", h->erase_fail_raw, "");
	strbuf_add(out, "    Wear Leveling Count:\n");
	add_figure(out, "   Normalized", h->wear_norm, "%");
	add_figure(out, "   Min", h->wear_min, "");
	add_figure(out, "   Max", h->wear_max, "");
	add_figure(out, "   Avg", h->wear_avg, "");
	add_figure(out, "End-to-End Error Detection Count", h->endtoend_err_raw, "");
	add_figure(out, "CRC Error Count", h->crc_err_raw, "");
	add_figure(out, "Timed Workload, Media Wear", h->media_wear_raw, "");
	add_figure(out, "Timed Workload, Host Read/Write Ratio", h->host_reads_raw, "");
	add_figure(out, "Timed Workload, Timer", h->workload_timer_raw, "");
	add_figure(out, "Thermal Throttle Status", h->thermal_throttle_status, "%");
	add_figure(out, "Thermal Throttle Event Count", h->thermal_throttle_events, "");
	add_figure(out, "Retry Buffer Overflow Counter", h->retry_buffer_overflows, "");
	add_figure(out, "PLL Lock Loss Count", h->pll_lock_losses, "");
	add_figure(out, "NAND Bytes Written", h->nand_bytes_written, "");
	add_figure(out, "Host Bytes Written", h->host_bytes_written, "");
}

static void
add_health(const struct daosctl_nvme_health *h, struct strbuf *out)
{
	char speed[SIZE_TEXT_MAX];

	if (h == NULL) {
		strbuf_add(out, "  Health Stats Unavailable\n");
		return;
	}
	strbuf_add(out, "  Health Stats:\n");
	if (h->timestamp > 0)
		add_timestamp(out, h->timestamp);
	strbuf_addf(out, "    Temperature:%uK(%.02fC)\n", h->temperature_k,
		    (double)h->temperature_k - 273.15);
	if (h->warn_temp_minutes > 0)
		add_minutes(out, "Temperature Warning Duration", h->warn_temp_minutes);
	if (h->crit_temp_minutes > 0)
		add_minutes(out, "Temperature Critical Duration", h->crit_temp_minutes);
	add_minutes(out, "Controller Busy Time", h->ctrl_busy_minutes);
	add_figure(out, "Power Cycles", h->power_cycles, "");
	add_minutes(out, "Power On Duration", h->power_on_hours * 60);
	add_figure(out, "Unsafe Shutdowns", h->unsafe_shutdowns, "");
	add_figure(out, "Media Errors", h->media_errs, "");
	if (h->timestamp > 0) {
		add_figure(out, "Read Errors", h->bio_read_errs, "");
		add_figure(out, "Write Errors", h->bio_write_errs, "");
		add_figure(out, "Unmap Errors", h->bio_unmap_errs, "");
		add_figure(out, "Checksum Errors", h->checksum_errs, "");
	}
	add_figure(out, "Error Log Entries", h->err_log_entries, "");
	strbuf_add(out, "  Critical Warnings:\n");
	add_warning(out, "Temperature", h->temp_warn);
	add_warning(out, "Available Spare", h->avail_spare_warn);
	add_warning(out, "Device Reliability", h->dev_reliability_warn);
	add_warning(out, "Read Only", h->read_only_warn);
	add_warning(out, "Volatile Memory Backup", h->volatile_mem_warn);
	if (h->program_fail_norm > 0)
		add_vendor_figures(h, out);
	strbuf_addf(out, "  PCIe Link Info:\n    Port: #%u\n", h->link_port);
	strbuf_addf(out, "    Max Speed: %s\n",
		    size_format_link_speed((double)h->link_max_speed, speed));
	strbuf_addf(out, "    Negotiated Speed: %s\n",
		    size_format_link_speed((double)h->link_neg_speed, speed));
	strbuf_addf(out, "    Max Width: x%u\n    Negotiated Width: x%u\n", h->link_max_width,
		    h->link_neg_width);
}

void
dmg_print_health(const struct daosctl_storage_resp *r, struct strbuf *out)
{
	for (size_t i = 0; i < r->n_hosts; i++) {
		const struct daosctl_storage *s = &r->hosts[i].storage;

		add_banner(r->hosts[i].hosts, out);
		if (s->n_nvme_devices == 0)
			strbuf_add(out, "  No NVMe devices detected\n");
		for (size_t k = 0; k < s->n_nvme_devices; k++) {
			const struct daosctl_nvme_device *d = &s->nvme_devices[k];
			char                              size[SIZE_TEXT_MAX];

			strbuf_addf(out, "PCI:%s Model:%s FW:%s Socket:%d Capacity:%s\n",
				    d->pci_addr, d->model, d->fw_rev, d->socket,
				    size_format_si(nvme_capacity(d), size));
			add_health(d->health, out);
			strbuf_add_char(out, '\n');
		}
	}
}

/* ---- format ---- */

static size_t
count_formatted(const struct daosctl_storage *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_nvme_devices; i++)
		n += !str_eq(s->nvme_devices[i].pci_addr, NIL_DEVICE);
	return n;
}

void
dmg_print_format(const struct daosctl_storage_resp *r, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("Hosts", "SCM Devices", "NVMe Devices");

	if (r->n_hosts == 0 || lost(t, out))
		return;
	for (size_t i = 0; i < r->n_hosts; i++) {
		_cleanup_(freep) char *hosts = dmg_without_ports(r->hosts[i].hosts);

		cli_table_row(t);
		cli_table_cell(t, 0, "%s", hosts ? hosts : r->hosts[i].hosts);
		cli_table_cell(t, 1, "%zu", r->hosts[i].storage.n_scm_mounts);
		cli_table_cell(t, 2, "%zu", count_formatted(&r->hosts[i].storage));
	}
	strbuf_add(out, "Format Summary:\n");
	(void)cli_table_print(t, 2, out); /* as above */
}

static void
add_mount_results(const struct daosctl_storage *s, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t = table_new("SCM Mount", "Format Result");
	_cleanup_(freep) const void                **v =
	    sorted_copy(s->scm_mounts, s->n_scm_mounts, sizeof(*s->scm_mounts), by_path);

	if (s->n_scm_mounts == 0) {
		strbuf_add(out, "  No SCM mount results\n");
		return;
	}
	if (v == NULL || lost(t, out)) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < s->n_scm_mounts; i++) {
		const struct daosctl_scm_mount *m = v[i];

		cli_table_row(t);
		cli_table_cell(t, 0, "%s", m->path);
		cli_table_cell(t, 1, "%s", m->info);
	}
	(void)cli_table_print(t, 0, out); /* as above */
}

static void
add_nvme_results(const struct daosctl_storage *s, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t =
	    table_new("NVMe PCI", "Format Result", "Role(s)");
	_cleanup_(freep) const void **v = sorted_copy(s->nvme_devices, s->n_nvme_devices,
						      sizeof(*s->nvme_devices), by_pci_address);

	if (count_formatted(s) == 0) {
		strbuf_add(out, "  No NVMe devices were formatted\n");
		return;
	}
	if (v == NULL || lost(t, out)) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < s->n_nvme_devices; i++) {
		const struct daosctl_nvme_device *d = v[i];
		char                              roles[24];

		if (str_eq(d->pci_addr, NIL_DEVICE))
			continue;
		dmg_role_text(d->n_smd_devices > 0 ? d->smd_devices[0].roles : 0, roles,
			      sizeof(roles));
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", d->pci_addr);
		cli_table_cell(t, 1, "%s", d->info);
		cli_table_cell(t, 2, "%s", roles);
	}
	(void)cli_table_print(t, 0, out); /* as above */
}

void
dmg_print_format_verbose(const struct daosctl_storage_resp *r, struct strbuf *out)
{
	for (size_t i = 0; i < r->n_hosts; i++) {
		add_banner(r->hosts[i].hosts, out);
		add_mount_results(&r->hosts[i].storage, out);
		strbuf_add_char(out, '\n');
		add_nvme_results(&r->hosts[i].storage, out);
		strbuf_add_char(out, '\n');
	}
}
