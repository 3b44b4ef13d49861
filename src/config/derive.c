/*
 * Values that follow from the configuration and the host: hugepages, ramdisk size, NUMA affinity,
 * provider. Pure: the host's numbers are handed in.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/size.h"
#include "config/config_private.h"

#define TARGET_HUGEPAGE_BYTES GIB         /* DMA memory of one target */
#define TARGET_RESERVE_BYTES  (128 * MIB) /* ordinary memory of one target */
#define ENGINE_RESERVE_MIN    GIB

static int
add_problem(struct cfg_server *cfg, struct cfg_problems *problems, enum cfg_severity severity,
	    const char *key, const struct fault *f)
{
	struct cfg_problem q = {
	    .severity = severity, .stage = CFG_STAGE_DERIVE, .key = strdup(key), .fault = *f};
	int r;

	cfg_source_find(cfg->source, key, &q.line, &q.column);
	r = cfg_problems_add(problems, &q);
	if (r < 0)
		return r;
	return severity == CFG_ERROR ? -EINVAL : 0;
}

/* ---- provider ---- */

static int
fix_provider(char **provider)
{
	return str_eq(*provider != NULL ? *provider : "", "ofi+verbs")
		   ? cfg_set_string(provider, "ofi+verbs;ofi_rxm")
		   : 0;
}

int
cfg_server_fix_provider(struct cfg_server *cfg)
{
	int r;

	if (str_empty(cfg->fabric.provider))
		return -EINVAL;
	r = fix_provider(&cfg->fabric.provider);
	for (size_t i = 0; r == 0 && i < cfg->n_engines; i++)
		r = fix_provider(&cfg->engines[i].fabric.provider);
	return r;
}

/* ---- NUMA affinity ---- */

/* Cores are chosen the old way when an engine says where to start; first_core 0 beside a NUMA node
 * says nothing. */
static bool
uses_first_core(const struct cfg_server *cfg)
{
	for (size_t i = 0; i < cfg->n_engines; i++) {
		const struct cfg_engine *e = &cfg->engines[i];

		if (e->first_core.set && !(e->first_core.value == 0 && e->pinned_numa_node.set))
			return true;
	}
	return false;
}

static int
pin_engine(struct cfg_server *cfg, struct cfg_engine *e, int detected,
	   struct cfg_problems *problems)
{
	int64_t      node = MAX(detected, 0);
	struct fault f    = FAULT_INIT;
	char         key[48];
	int          r = 0;

	/* One engine on node 0 gains nothing from being pinned: its cores are chosen the old way.
	 */
	if (cfg->n_engines == 1 && !e->pinned_numa_node.set && node == 0)
		return 0;
	if (e->pinned_numa_node.set && e->pinned_numa_node.value != node) {
		(void)fault_plain(&f, -EINVAL,
				  "engine %u: configured NUMA node %" PRId64
				  " does not match detected NUMA node %" PRId64,
				  e->index, e->pinned_numa_node.value, node);
		(void)snprintf(key, sizeof(key), "engines[%u].pinned_numa_node", e->index);
		r = add_problem(cfg, problems, CFG_NOTICE, key, &f);
	}
	if (!e->pinned_numa_node.set)
		e->pinned_numa_node = (struct cfg_opt_int){.set = true, .value = node};
	e->numa_node = (unsigned)e->pinned_numa_node.value;
	return r;
}

int
cfg_server_derive_affinity(struct cfg_server *cfg, const int *detected,
			   struct cfg_problems *problems)
{
	bool by_core = uses_first_core(cfg);
	int  r       = 0;

	for (size_t i = 0; r == 0 && i < cfg->n_engines; i++) {
		struct cfg_engine *e = &cfg->engines[i];

		if (by_core) {
			e->pinned_numa_node = (struct cfg_opt_int){0};
			continue;
		}
		e->first_core = (struct cfg_opt_int){0};
		r             = pin_engine(cfg, e, detected[i], problems);
	}
	return r;
}

/* ---- hugepages ---- */

/* Targets that need DMA memory, as hugepages are counted for them. */
static uint64_t
count_dma_targets(const struct cfg_server *cfg)
{
	uint64_t n = 0;

	for (size_t i = 0; i < cfg->n_engines; i++) {
		const struct cfg_engine *e = &cfg->engines[i];

		if (!cfg_engine_has_bdevs(e) || e->targets <= 0)
			continue;
		n += (uint64_t)e->targets;
		/* the system's own stream, or room for a single target, which is short of buffers
		 * otherwise */
		n += cfg_engine_md_on_ssd(e) || e->targets == 1;
	}
	return n;
}

static bool
has_real_nvme(const struct cfg_server *cfg)
{
	for (size_t i = 0; i < cfg->n_engines; i++)
		if (cfg_engine_has_real_nvme(&cfg->engines[i]))
			return true;
	return false;
}

static int
check_disabled_hugepages(struct cfg_server *cfg, uint64_t needed, struct cfg_problems *problems)
{
	struct fault f = FAULT_INIT;

	if (cfg->nr_hugepages != 0) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NR_SET,
				"disable_hugepages is true and nr_hugepages is %" PRId64,
				cfg->nr_hugepages);
		return add_problem(cfg, problems, CFG_ERROR, "nr_hugepages", &f);
	}
	if (has_real_nvme(cfg)) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NVME_BDEVS,
				"disable_hugepages is true and an engine has a tier of class nvme");
		return add_problem(cfg, problems, CFG_ERROR, "disable_hugepages", &f);
	}
	(void)fault_plain(&f, -EINVAL, "%s",
			  needed > 0
			      ? "Hugepages have been disabled but engines have block devices. This "
				"is experimental."
			      : "Hugepages have been disabled, NVMe operations may not succeed");
	return add_problem(cfg, problems, CFG_NOTICE, "disable_hugepages", &f);
}

/* -r and -H of each engine; without its block devices, or without hugepages, both stay 0. */
static void
set_engine_memory(struct cfg_server *cfg, const struct cfg_host *host)
{
	uint64_t page = host->hugepage_kib * KIB;

	for (size_t i = 0; i < cfg->n_engines; i++) {
		struct cfg_engine *e = &cfg->engines[i];

		e->mem_size_mib      = 0;
		e->hugepage_size_mib = 0;
		if (cfg->disable_hugepages || page == 0 || e->targets <= 0 ||
		    !cfg_engine_has_bdevs(e))
			continue;
		e->hugepage_size_mib = page / MIB;
		e->mem_size_mib =
		    (uint64_t)e->targets * TARGET_HUGEPAGE_BYTES / page * (page / MIB);
	}
}

int
cfg_server_derive_hugepages(struct cfg_server *cfg, const struct cfg_host *host,
			    struct cfg_problems *problems)
{
	uint64_t     targets = count_dma_targets(cfg), needed = 0;
	struct fault f = FAULT_INIT;

	if (targets > 0 && host->hugepage_kib == 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "the size of a hugepage (Hugepagesize in /proc/meminfo) is unknown");
		return add_problem(cfg, problems, CFG_ERROR, "nr_hugepages", &f);
	}
	if (targets > 0)
		needed = targets * TARGET_HUGEPAGE_BYTES / (host->hugepage_kib * KIB);
	set_engine_memory(cfg, host);
	if (cfg->disable_hugepages)
		return check_disabled_hugepages(cfg, needed, problems);
	if (needed == 0) {
		cfg->nr_hugepages = MAX(cfg->nr_hugepages, CFG_SCAN_MIN_HUGEPAGES);
		return 0;
	}
	if (cfg->nr_hugepages == 0)
		cfg->nr_hugepages = (int64_t)needed;
	if (cfg->nr_hugepages >= (int64_t)needed)
		return 0;
	(void)fault_plain(&f, -EINVAL,
			  "%" PRId64
			  " nr_hugepages (set in config file) is less than recommended %" PRIu64
			  "; remove the key to have it computed",
			  cfg->nr_hugepages, needed);
	return add_problem(cfg, problems, CFG_NOTICE, "nr_hugepages", &f);
}

static int
compare_unsigned(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* Sorted nodes of all engines → unique ones; whether each has as many engines as the others. */
static size_t
unique_nodes(unsigned *nodes, size_t n, bool *ret_even)
{
	size_t kept = 0, run = 0, first_run = 0;

	*ret_even = true;
	for (size_t i = 0; i < n; i++) {
		run++;
		if (i + 1 < n && nodes[i + 1] == nodes[i])
			continue;
		if (kept == 0)
			first_run = run;
		*ret_even &= run == first_run;
		nodes[kept++] = nodes[i];
		run           = 0;
	}
	return kept;
}

int
cfg_server_hugepage_nodes(const struct cfg_server *cfg, unsigned **ret_nodes, size_t *ret_n,
			  uint64_t *ret_pages_per_node, struct fault *f)
{
	unsigned *nodes = calloc(MAX(cfg->n_engines, 1U), sizeof(*nodes));
	size_t    n     = 1;
	bool      bdevs = false, even = true;

	if (nodes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < cfg->n_engines; i++) {
		bdevs |= cfg_engine_has_bdevs(&cfg->engines[i]);
		nodes[i] = cfg->engines[i].numa_node;
	}
	if (bdevs) {
		qsort(nodes, cfg->n_engines, sizeof(*nodes), compare_unsigned);
		n = unique_nodes(nodes, cfg->n_engines, &even);
	} else {
		nodes[0] = 0;
	}
	if (!even && !cfg->allow_numa_imbalance) {
		free(nodes);
		return fault_set(
		    f, FAULT_SERVER_CONFIG_ENGINE_NUMA_IMBALANCE,
		    "NUMA nodes have different numbers of engines (%zu engines on %zu nodes)",
		    cfg->n_engines, n);
	}
	*ret_nodes          = nodes;
	*ret_n              = n;
	*ret_pages_per_node = (uint64_t)MAX(cfg->nr_hugepages, 0) / n;
	return 0;
}

/* ---- ramdisk ---- */

static uint64_t
engine_reserve(const struct cfg_engine *e)
{
	return MAX((uint64_t)MAX(e->targets, 0) * TARGET_RESERVE_BYTES, ENGINE_RESERVE_MIN);
}

/* Applies the largest possible size to an engine's ramdisk, or holds the configured one against it.
 */
static int
size_ramdisk(struct cfg_server *cfg, struct cfg_engine *e, uint64_t max_bytes,
	     struct cfg_problems *problems)
{
	struct cfg_tier *scm = cfg_engine_scm(e);
	struct fault     f   = FAULT_INIT;
	char             key[64], max[SIZE_TEXT_MAX];

	if (scm == NULL || scm->class != CFG_CLASS_RAM)
		return 0;
	if (scm->scm_size == 0) {
		scm->scm_size = max_bytes / GIB;
		return 0;
	}
	if (scm->scm_size <= max_bytes / GIB)
		return 0;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_RAMDISK_OVER_MAX_MEM,
			"scm_size of engine %u is %" PRIu64 " GiB, memory allows %s", e->index,
			scm->scm_size, size_format_iec(max_bytes, max));
	fault_resolve(&f,
		      "remove scm_size from the engines' storage, or set it from %llu to %" PRIu64,
		      CFG_RAMDISK_MIN_GIB, (uint64_t)(max_bytes / GIB));
	(void)snprintf(key, sizeof(key), "engines[%u].storage[0].scm_size", e->index);
	return add_problem(cfg, problems, CFG_ERROR, key, &f);
}

int
cfg_server_derive_ramdisk(struct cfg_server *cfg, const struct cfg_host *host,
			  struct cfg_problems *problems)
{
	const struct cfg_tier *scm = cfg->n_engines > 0 ? cfg_engine_scm(&cfg->engines[0]) : NULL;
	uint64_t     total = host->mem_total_kib * KIB, n = cfg->n_engines, reserved, max, needed;
	struct fault f = FAULT_INIT;
	char         a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX];
	int          r = 0;

	if (scm == NULL || scm->class != CFG_CLASS_RAM)
		return 0;
	reserved = (uint64_t)MAX(cfg->nr_hugepages, 0) * host->hugepage_kib * KIB +
		   (uint64_t)MAX(cfg->system_ram_reserved, 0) * GIB +
		   engine_reserve(&cfg->engines[0]) * n;
	needed = reserved + CFG_RAMDISK_MIN_GIB * GIB * n;
	if (total < reserved) {
		(void)fault_plain(&f, -ENOMEM,
				  "calculate ramdisk size: insufficient RAM: %s are installed, %s "
				  "are reserved for the "
				  "system, hugepages and engines",
				  size_format_iec(total, a), size_format_iec(reserved, b));
		return add_problem(cfg, problems, CFG_ERROR, "engines", &f);
	}
	max = (total - reserved) / n;
	if (max < CFG_RAMDISK_MIN_GIB * GIB) {
		(void)fault_set(&f, FAULT_SCM_RAMDISK_LOW_MEM,
				"Total memory is too small for ramdisks of %llu GiB: %s are "
				"needed, %s are installed",
				CFG_RAMDISK_MIN_GIB, size_format_iec(needed, a),
				size_format_iec(total, b));
		return add_problem(cfg, problems, CFG_ERROR, "engines", &f);
	}
	for (size_t i = 0; i < cfg->n_engines; i++) {
		int rc = size_ramdisk(cfg, &cfg->engines[i], max, problems);

		r = r < 0 ? r : rc;
	}
	return r;
}

int
cfg_server_derive(struct cfg_server *cfg, const struct cfg_host *host,
		  struct cfg_problems *problems)
{
	int r = cfg_server_derive_hugepages(cfg, host, problems);

	if (r == 0)
		r = cfg_server_derive_ramdisk(cfg, host, problems);
	if (r == 0)
		r = cfg_server_tune_env(cfg, problems);
	return r;
}
