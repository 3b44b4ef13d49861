/*
 * Storage scan: answers of hosts to plain structures.
 */
#include <daos_control/storage.h>

#include "control/control_private.h"
#include "ctl/ctl.pb-c.h"

/* Target number that stands for an engine's system work, not for a real target. */
#define SYS_TARGET 1024

static const char *
enum_text(const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);

	return v ? v->name : "UNKNOWN";
}

static const struct daosctl_nvme_health *
take_health(struct ctl_arena *a, const Ctl__BioHealthResp *m)
{
	struct daosctl_nvme_health *h = m ? ctl_arena_alloc(a, 1, sizeof(*h)) : NULL;

	if (h == NULL)
		return NULL;
	h->timestamp               = m->timestamp;
	h->ctrl_busy_minutes       = m->ctrl_busy_time;
	h->power_cycles            = m->power_cycles;
	h->power_on_hours          = m->power_on_hours;
	h->unsafe_shutdowns        = m->unsafe_shutdowns;
	h->media_errs              = m->media_errs;
	h->err_log_entries         = m->err_log_entries;
	h->warn_temp_minutes       = m->warn_temp_time;
	h->crit_temp_minutes       = m->crit_temp_time;
	h->bio_read_errs           = m->bio_read_errs;
	h->bio_write_errs          = m->bio_write_errs;
	h->bio_unmap_errs          = m->bio_unmap_errs;
	h->checksum_errs           = m->checksum_errs;
	h->temperature_k           = m->temperature;
	h->temp_warn               = m->temp_warn;
	h->avail_spare_warn        = m->avail_spare_warn;
	h->dev_reliability_warn    = m->dev_reliability_warn;
	h->read_only_warn          = m->read_only_warn;
	h->volatile_mem_warn       = m->volatile_mem_warn;
	h->program_fail_norm       = m->program_fail_cnt_norm;
	h->program_fail_raw        = m->program_fail_cnt_raw;
	h->erase_fail_norm         = m->erase_fail_cnt_norm;
	h->erase_fail_raw          = m->erase_fail_cnt_raw;
	h->wear_norm               = m->wear_leveling_cnt_norm;
	h->wear_min                = m->wear_leveling_cnt_min;
	h->wear_max                = m->wear_leveling_cnt_max;
	h->wear_avg                = m->wear_leveling_cnt_avg;
	h->endtoend_err_raw        = m->endtoend_err_cnt_raw;
	h->crc_err_raw             = m->crc_err_cnt_raw;
	h->media_wear_raw          = m->media_wear_raw;
	h->host_reads_raw          = m->host_reads_raw;
	h->workload_timer_raw      = m->workload_timer_raw;
	h->thermal_throttle_status = m->thermal_throttle_status;
	h->thermal_throttle_events = m->thermal_throttle_event_cnt;
	h->retry_buffer_overflows  = m->retry_buffer_overflow_cnt;
	h->pll_lock_losses         = m->pll_lock_loss_cnt;
	h->nand_bytes_written      = m->nand_bytes_written;
	h->host_bytes_written      = m->host_bytes_written;
	h->cluster_size            = m->cluster_size;
	h->meta_wal_size           = m->meta_wal_size;
	h->rdb_wal_size            = m->rdb_wal_size;
	h->link_port               = m->link_port_id;
	h->link_max_speed          = m->link_max_speed;
	h->link_max_width          = m->link_max_width;
	h->link_neg_speed          = m->link_neg_speed;
	h->link_neg_width          = m->link_neg_width;
	return h;
}

static void
take_smd_device(struct ctl_arena *a, const Ctl__SmdDevice *m, struct daosctl_smd_device *ret)
{
	int32_t *targets = ctl_arena_alloc(a, MAX(m->n_tgt_ids, 1), sizeof(*targets));

	*ret = (struct daosctl_smd_device){
	    .uuid          = ctl_arena_text(a, m->uuid),
	    .targets       = targets,
	    .rank          = m->rank,
	    .roles         = m->role_bits,
	    .total_bytes   = m->total_bytes,
	    .avail_bytes   = m->avail_bytes,
	    .usable_bytes  = m->usable_bytes,
	    .cluster_size  = m->cluster_size,
	    .meta_size     = m->meta_size,
	    .meta_wal_size = m->meta_wal_size,
	    .rdb_size      = m->rdb_size,
	    .rdb_wal_size  = m->rdb_wal_size,
	    .namespace_id  = m->ctrlr_namespace_id,
	};
	for (size_t i = 0; targets != NULL && i < m->n_tgt_ids; i++) {
		if (m->tgt_ids[i] == SYS_TARGET)
			ret->has_sys_xs = true;
		else
			targets[ret->n_targets++] = m->tgt_ids[i];
	}
}

static void
take_nvme_device(struct ctl_arena *a, const Ctl__NvmeController *m, struct daosctl_nvme_device *ret)
{
	struct daosctl_nvme_namespace *namespaces =
	    ctl_arena_alloc(a, m->n_namespaces, sizeof(*namespaces));
	struct daosctl_smd_device *smd = ctl_arena_alloc(a, m->n_smd_devices, sizeof(*smd));

	for (size_t i = 0; namespaces != NULL && i < m->n_namespaces; i++)
		namespaces[i] = (struct daosctl_nvme_namespace){
		    .id = m->namespaces[i]->id, .size_bytes = m->namespaces[i]->size};
	for (size_t i = 0; smd != NULL && i < m->n_smd_devices; i++)
		take_smd_device(a, m->smd_devices[i], &smd[i]);
	*ret = (struct daosctl_nvme_device){
	    .info          = "",
	    .model         = ctl_arena_text(a, m->model),
	    .serial        = ctl_arena_text(a, m->serial),
	    .pci_addr      = ctl_arena_text(a, m->pci_addr),
	    .fw_rev        = ctl_arena_text(a, m->fw_rev),
	    .vendor_id     = ctl_arena_text(a, m->vendor_id),
	    .pci_type      = ctl_arena_text(a, m->pci_dev_type),
	    .socket        = m->socket_id,
	    .health        = take_health(a, m->health_stats),
	    .namespaces    = namespaces,
	    .n_namespaces  = namespaces ? m->n_namespaces : 0,
	    .smd_devices   = smd,
	    .n_smd_devices = smd ? m->n_smd_devices : 0,
	    .dev_state =
		ctl_arena_text(a, enum_text(&ctl__nvme_dev_state__descriptor, (int)m->dev_state)),
	    .led_state =
		ctl_arena_text(a, enum_text(&ctl__led_state__descriptor, (int)m->led_state)),
	};
}

static void
take_nvme(struct ctl_arena *a, const Ctl__ScanNvmeResp *m, struct daosctl_storage *s)
{
	struct daosctl_nvme_device *v = ctl_arena_alloc(a, m->n_ctrlrs, sizeof(*v));

	for (size_t i = 0; v != NULL && i < m->n_ctrlrs; i++)
		take_nvme_device(a, m->ctrlrs[i], &v[i]);
	s->nvme_devices   = v;
	s->n_nvme_devices = v ? m->n_ctrlrs : 0;
}

static const struct daosctl_scm_mount *
take_mount(struct ctl_arena *a, const Ctl__ScmNamespace__Mount *m)
{
	struct daosctl_scm_mount *mount = m ? ctl_arena_alloc(a, 1, sizeof(*mount)) : NULL;

	if (mount == NULL)
		return NULL;
	*mount = (struct daosctl_scm_mount){
	    .path         = ctl_arena_text(a, m->path),
	    .scm_class    = ctl_arena_text(a, m->class_),
	    .info         = "",
	    .device_list  = ctl_arena_texts(a, m->device_list, m->n_device_list),
	    .n_devices    = m->n_device_list,
	    .rank         = m->rank,
	    .total_bytes  = m->total_bytes,
	    .avail_bytes  = m->avail_bytes,
	    .usable_bytes = m->usable_bytes,
	};
	return mount;
}

static void
take_scm(struct ctl_arena *a, const Ctl__ScanScmResp *m, struct daosctl_storage *s)
{
	struct daosctl_scm_module    *modules = ctl_arena_alloc(a, m->n_modules, sizeof(*modules));
	struct daosctl_scm_namespace *namespaces =
	    ctl_arena_alloc(a, m->n_namespaces, sizeof(*namespaces));

	for (size_t i = 0; modules != NULL && i < m->n_modules; i++) {
		const Ctl__ScmModule *x = m->modules[i];

		modules[i] = (struct daosctl_scm_module){
		    .channel        = x->channelid,
		    .channel_slot   = x->channelposition,
		    .controller     = x->controllerid,
		    .socket         = x->socketid,
		    .physical_id    = x->physicalid,
		    .capacity_bytes = x->capacity,
		    .uid            = ctl_arena_text(a, x->uid),
		    .part_number    = ctl_arena_text(a, x->partnumber),
		    .firmware       = ctl_arena_text(a, x->firmwarerevision),
		    .health         = ctl_arena_text(a, x->healthstate),
		};
	}
	for (size_t i = 0; namespaces != NULL && i < m->n_namespaces; i++) {
		const Ctl__ScmNamespace *x = m->namespaces[i];

		namespaces[i] = (struct daosctl_scm_namespace){
		    .uuid       = ctl_arena_text(a, x->uuid),
		    .blockdev   = ctl_arena_text(a, x->blockdev),
		    .dev        = ctl_arena_text(a, x->dev),
		    .numa_node  = x->numa_node,
		    .size_bytes = x->size,
		    .mount      = take_mount(a, x->mount),
		};
	}
	s->scm_modules      = modules;
	s->n_scm_modules    = modules ? m->n_modules : 0;
	s->scm_namespaces   = namespaces;
	s->n_scm_namespaces = namespaces ? m->n_namespaces : 0;
}

static const struct daosctl_mem_info *
take_mem_info(struct ctl_arena *a, const Ctl__SysMemInfo *m)
{
	struct daosctl_mem_info *info = m ? ctl_arena_alloc(a, 1, sizeof(*info)) : NULL;
	struct daosctl_mem_node *nodes =
	    m ? ctl_arena_alloc(a, m->n_numa_nodes, sizeof(*nodes)) : NULL;

	if (info == NULL)
		return NULL;
	for (size_t i = 0; nodes != NULL && i < m->n_numa_nodes; i++)
		nodes[i] = (struct daosctl_mem_node){
		    .numa_node         = m->numa_nodes[i]->numa_node_index,
		    .hugepages_total   = m->numa_nodes[i]->hugepages_total,
		    .hugepages_free    = m->numa_nodes[i]->hugepages_free,
		    .hugepages_surplus = m->numa_nodes[i]->hugepages_surplus,
		    .mem_total_kb      = m->numa_nodes[i]->mem_total_kb,
		    .mem_free_kb       = m->numa_nodes[i]->mem_free_kb,
		    .mem_used_kb       = m->numa_nodes[i]->mem_used_kb,
		};
	*info = (struct daosctl_mem_info){
	    .hugepages_total    = m->hugepages_total,
	    .hugepages_free     = m->hugepages_free,
	    .hugepages_reserved = m->hugepages_reserved,
	    .hugepages_surplus  = m->hugepages_surplus,
	    .hugepage_size_kb   = m->hugepage_size_kb,
	    .mem_total_kb       = m->mem_total_kb,
	    .mem_free_kb        = m->mem_free_kb,
	    .mem_available_kb   = m->mem_available_kb,
	    .nodes              = nodes,
	    .n_nodes            = nodes ? m->n_numa_nodes : 0,
	};
	return info;
}

/* Reports a failed part of a scan as an error of the host. Returns whether the part is good. */
static bool
part_is_good(struct ctl_fold *fold, const char *host, const Ctl__ResponseState *state)
{
	_cleanup_(freep) char *text = NULL;
	const char            *error;

	if (state == NULL || state->status == CTL__RESPONSE_STATUS__CTL_SUCCESS)
		return true;
	error = str_empty(state->error) ? "unknown error" : state->error;
	text  = str_empty(state->info) ? str_format("%s", error)
				       : str_format("%s (%s)", error, state->info);
	ctl_fold_error(fold, host, text ? text : error, text ? text : error);
	return false;
}

static void
take_scan(const char *host, const struct rpc_status *status, const ProtobufCMessage *message,
	  void *arg)
{
	const Ctl__StorageScanResp *m    = (const Ctl__StorageScanResp *)message;
	struct ctl_fold            *fold = arg;
	struct ctl_arena           *a    = ctl_fold_memory(fold);
	struct daosctl_storage      s    = {0};

	if (status->code != RPC_OK) {
		ctl_fold_status(fold, host, status);
		return;
	}
	if (m->nvme != NULL && part_is_good(fold, host, m->nvme->state))
		take_nvme(a, m->nvme, &s);
	if (m->scm != NULL && part_is_good(fold, host, m->scm->state))
		take_scm(a, m->scm, &s);
	s.mem_info = take_mem_info(a, m->sys_mem_info);
	ctl_fold_storage(fold, host, &s);
}

int
daosctl_storage_scan(struct daosctl *c, const struct daosctl_storage_scan_req *req,
		     struct daosctl_storage_resp *ret, struct daosctl_error *e)
{
	Ctl__StorageScanReq m    = CTL__STORAGE_SCAN_REQ__INIT;
	Ctl__ScanNvmeReq    nvme = CTL__SCAN_NVME_REQ__INIT;
	Ctl__ScanScmReq     scm  = CTL__SCAN_SCM_REQ__INIT;
	struct ctl_fold    *fold = NULL;
	int                 r;

	nvme.basic     = req->basic;
	nvme.health    = req->health;
	nvme.linkstats = req->health;
	m.nvme         = &nvme;
	m.scm          = &scm;
	r              = ctl_fold_new(&fold);
	if (r != 0)
		return ctl_error_set(e, r, "out of memory");
	r = ctl_hosts_sync(c, "StorageScan", &ctl__ctl_svc__descriptor, &m.base, NULL, 0, take_scan,
			   fold, e);
	if (r == 0) {
		r = ctl_fold_finish(fold, ret);
		if (r != 0)
			(void)ctl_error_set(e, r, "unable to read the answers to StorageScan");
	}
	(void)ctl_fold_free(fold);
	return r;
}

void
daosctl_storage_resp_fini(struct daosctl_storage_resp *r)
{
	(void)ctl_arena_free(r->memory);
	*r = (struct daosctl_storage_resp){0};
}
