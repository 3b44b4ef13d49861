/*
 * The rules of one engine and its storage tiers, in upstream's order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/logmask.h"
#include "config/config_private.h"

#define MAX_BDEV_TIERS 3 /* with roles */

struct engine_check {
	struct cfg_check  *c;
	struct cfg_engine *e;
	char               context[64]; /* what summaries put before the text */
};

static void
report(struct engine_check *ec, const char *key, const struct fault *f)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "engines[%u]%s%s", ec->e->index, *key != '\0' ? "." : "",
		       key);
	cfg_check_report(ec->c, path, ec->context, f);
}

static void
report_tier(struct engine_check *ec, size_t tier, const char *key, const struct fault *f)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "storage[%zu]%s%s", tier, *key != '\0' ? "." : "", key);
	report(ec, path, f);
}

/* ---- engine ---- */

static void
check_cores(struct engine_check *ec)
{
	struct fault f = FAULT_INIT;

	if (!ec->e->pinned_numa_node.set || !ec->e->first_core.set || ec->e->first_core.value == 0)
		return;
	(void)fault_plain(&f, -EINVAL, "cannot specify both pinned_numa_node and first_core");
	report(ec, "first_core", &f);
}

static void
check_counts(struct engine_check *ec)
{
	const struct {
		const char *key;
		int64_t     value;
	} counts[] = {
	    {"targets", ec->e->targets},
	    {"nr_xs_helpers", ec->e->nr_xs_helpers},
	    {"first_core", ec->e->first_core.set ? ec->e->first_core.value : 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct fault f = FAULT_INIT;

		if (counts[i].value >= 0)
			continue;
		(void)fault_plain(&f, -EINVAL, "%s must not be negative (got %" PRId64 ")",
				  counts[i].key, counts[i].value);
		report(ec, counts[i].key, &f);
	}
	if (ec->e->targets == 0) {
		struct fault f = FAULT_INIT;

		(void)fault_plain(&f, -EINVAL, "target count must be nonzero: set targets");
		report(ec, "targets", &f);
	}
}

/* Names in a comma-separated list; blank ones do not count. */
static size_t
count_names(const char *text)
{
	size_t n = 0;

	for (const char *s = text; s != NULL && *s != '\0';) {
		size_t len = strcspn(s, ",");

		n += strspn(s, " \t\r\n") < len;
		s += len + (s[len] == ',');
	}
	return n;
}

static void
check_endpoints(struct engine_check *ec, size_t n_secondary)
{
	const struct cfg_int_list *list = &ec->e->fabric.secondary_provider_endpoints;
	struct fault               f    = FAULT_INIT;

	if (n_secondary == 0 || list->n == 0)
		return;
	if (list->n != n_secondary) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "secondary_provider_endpoints must have one value for each secondary provider");
		report(ec, "secondary_provider_endpoints", &f);
		return;
	}
	vec_foreach (list, value)
		if (*value < 1) {
			(void)fault_plain(&f, -EINVAL,
					  "all values in secondary_provider_endpoints must be > 0");
			report(ec, "secondary_provider_endpoints", &f);
			return;
		}
}

static void
check_fabric(struct engine_check *ec)
{
	const struct cfg_fabric *fabric      = &ec->e->fabric;
	size_t                   n_providers = count_names(fabric->provider);
	size_t                   n_ifaces    = count_names(fabric->fabric_iface);
	struct fault             f           = FAULT_INIT;

	if (n_providers == 0) {
		(void)fault_plain(&f, -EINVAL, "fabric config validation failed: provider not set");
		report(ec, "provider", &f);
	}
	if (n_ifaces == 0) {
		(void)fault_plain(&f, -EINVAL,
				  "fabric config validation failed: fabric_iface not set");
		report(ec, "fabric_iface", &f);
	}
	if (fabric->fabric_iface_port <= 0) {
		(void)fault_plain(
		    &f, -EINVAL, "fabric config validation failed: fabric_iface_port %s",
		    fabric->fabric_iface_port == 0 ? "not set" : "cannot be negative");
		report(ec, "fabric_iface_port", &f);
	}
	if (n_providers > 0 && n_ifaces > 0 && n_providers != n_ifaces) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "fabric config validation failed: provider and fabric_iface must have the same "
		    "number of names separated by \",\" (%zu and %zu)",
		    n_providers, n_ifaces);
		report(ec, "fabric_iface", &f);
	}
	check_endpoints(ec, n_providers > 0 ? n_providers - 1 : 0);
}

static void
check_logging(struct engine_check *ec)
{
	struct fault f = FAULT_INIT;

	if (logmask_check(ec->e->log_mask, &f) < 0) {
		fault_wrap(&f, "validate engine log masks");
		report(ec, "log_mask", &f);
	}
	if (logmask_check_streams(cfg_env_get(&ec->e->env_vars, "DD_MASK"), &f) < 0) {
		fault_wrap(&f, "DD_MASK in env_vars");
		report(ec, "env_vars", &f);
	}
	if (logmask_check_subsystems(cfg_env_get(&ec->e->env_vars, "DD_SUBSYS"), &f) < 0) {
		fault_wrap(&f, "DD_SUBSYS in env_vars");
		report(ec, "env_vars", &f);
	}
}

/* ---- one tier ---- */

static void
check_scm_tier(struct engine_check *ec, size_t i)
{
	const struct cfg_tier *t = &ec->e->storage[i];
	struct fault           f = FAULT_INIT;

	if (str_empty(t->scm_mount)) {
		(void)fault_plain(&f, -EINVAL, "tier %zu failed validation: no scm_mount set", i);
		report_tier(ec, i, "scm_mount", &f);
	}
	if (t->class == CFG_CLASS_DCPM && t->scm_size > 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "tier %zu failed validation: scm_size may not be set when class is dcpm", i);
		report_tier(ec, i, "scm_size", &f);
	}
	if (t->class == CFG_CLASS_DCPM && t->scm_list.n != 1) {
		(void)fault_plain(&f, -EINVAL,
				  "tier %zu failed validation: scm_list must name one device when "
				  "class is dcpm, not %zu",
				  i, t->scm_list.n);
		report_tier(ec, i, "scm_list", &f);
	}
	if (t->class != CFG_CLASS_DCPM && t->scm_list.n > 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "tier %zu failed validation: scm_list may not be set when class is %s", i,
		    cfg_class_name(t->class));
		report_tier(ec, i, "scm_list", &f);
	}
	if (t->class == CFG_CLASS_RAM && t->scm_size > 0 && t->scm_size < CFG_RAMDISK_MIN_GIB) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_RAMDISK_UNDER_MIN_MEM,
				"scm_size of engine %u is %" PRIu64 " GiB, less than %llu GiB",
				ec->e->index, t->scm_size, CFG_RAMDISK_MIN_GIB);
		report_tier(ec, i, "scm_size", &f);
	}
}

static void
check_bdev_tier(struct engine_check *ec, size_t i)
{
	const struct cfg_tier *t    = &ec->e->storage[i];
	const char            *name = cfg_class_name(t->class);
	struct fault           f    = FAULT_INIT;

	if (t->bdev_size < 0) {
		(void)fault_plain(&f, -EINVAL, "tier %zu failed validation: negative bdev_size", i);
		report_tier(ec, i, "bdev_size", &f);
	}
	if (t->class == CFG_CLASS_NVME && (t->bdev_list.n == 0 || !t->bdev_list_is_pci)) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "tier %zu failed validation: class nvme requires PCI addresses in bdev_list",
		    i);
		report_tier(ec, i, "bdev_list", &f);
	} else if (t->bdev_list.n == 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "tier %zu failed validation: class %s requires non-empty bdev_list", i, name);
		report_tier(ec, i, "bdev_list", &f);
	}
	if (t->class == CFG_CLASS_FILE && t->bdev_size == 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "tier %zu failed validation: class file requires non-zero bdev_size", i);
		report_tier(ec, i, "bdev_size", &f);
	}
}

static void
check_tier(struct engine_check *ec, size_t i)
{
	const struct cfg_tier *t = &ec->e->storage[i];
	struct fault           f = FAULT_INIT;

	if (cfg_class_is_scm(t->class)) {
		check_scm_tier(ec, i);
	} else if (cfg_class_is_bdev(t->class)) {
		check_bdev_tier(ec, i);
	} else {
		(void)fault_plain(&f, -EINVAL, "tier %zu failed validation: no storage class set",
				  i);
		report_tier(ec, i, "class", &f);
	}
}

/* ---- all tiers ---- */

struct roles {
	size_t  n_bdev;
	size_t  n_with; /* block device tiers with roles */
	size_t  wal, meta, data;
	ssize_t wal_data; /* tier with wal and data but not meta; -1: none */
	ssize_t odd;      /* first tier that differs from the first in having roles; -1: none */
};

static struct roles
count_roles(const struct cfg_engine *e)
{
	struct roles r     = {.wal_data = -1, .odd = -1};
	bool         first = false;

	for (size_t i = 0; i < e->n_storage; i++) {
		unsigned bits = e->storage[i].bdev_roles;

		if (!cfg_class_is_bdev(e->storage[i].class))
			continue;
		if (r.n_bdev++ == 0)
			first = bits != 0;
		if ((bits != 0) != first && r.odd < 0)
			r.odd = (ssize_t)i;
		r.n_with += bits != 0;
		r.wal += (bits & CFG_ROLE_WAL) != 0;
		r.meta += (bits & CFG_ROLE_META) != 0;
		r.data += (bits & CFG_ROLE_DATA) != 0;
		if (bits == (CFG_ROLE_WAL | CFG_ROLE_DATA) && r.wal_data < 0)
			r.wal_data = (ssize_t)i;
	}
	return r;
}

/* Upstream walks the tiers and stops at what it meets first: a tier without its peers' roles, or
 * wal with data. */
static void
check_role_mix(struct engine_check *ec, const struct roles *r)
{
	struct fault f = FAULT_INIT;

	for (size_t i = 0; i < ec->e->n_storage; i++) {
		if ((ssize_t)i == r->odd) {
			(void)fault_set(
			    &f, FAULT_BDEV_CONFIG_ROLES_MISSING,
			    "engine %u: some block device tiers have bdev_roles and tier %zu %s",
			    ec->e->index, i,
			    ec->e->storage[i].bdev_roles ? "alone has" : "has none");
			report_tier(ec, i, "bdev_roles", &f);
		}
		if ((ssize_t)i == r->wal_data) {
			(void)fault_set(
			    &f, FAULT_BDEV_CONFIG_ROLES_WAL_DATA_NO_META,
			    "engine %u: tier %zu has the roles wal and data but not meta",
			    ec->e->index, i);
			report_tier(ec, i, "bdev_roles", &f);
		}
	}
}

static void
check_role_numbers(struct engine_check *ec, const struct roles *r)
{
	const struct {
		const char *name;
		size_t      n;
	} counts[]     = {{"WAL", r->wal}, {"Meta", r->meta}, {"Data", r->data}};
	struct fault f = FAULT_INIT;

	if (cfg_engine_scm(ec->e)->class == CFG_CLASS_DCPM) {
		(void)fault_set(&f, FAULT_BDEV_CONFIG_ROLES_WITH_DCPM,
				"engine %u has bdev_roles and SCM of class dcpm", ec->e->index);
		report(ec, "storage", &f);
	}
	if (r->n_bdev > MAX_BDEV_TIERS) {
		(void)fault_set(
		    &f, FAULT_BDEV_CONFIG_BAD_NR_TIERS_WITH_ROLES,
		    "engine %u has %zu block device tiers with roles, at most %d are possible",
		    ec->e->index, r->n_bdev, MAX_BDEV_TIERS);
		report(ec, "storage", &f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (counts[i].n == 1 || r->odd >= 0)
			continue;
		(void)fault_set(&f, FAULT_BDEV_CONFIG_ROLES_BAD_NR,
				"engine %u has %zu tiers with role %s, exactly 1 is wanted",
				ec->e->index, counts[i].n, counts[i].name);
		report(ec, "storage", &f);
	}
}

static void
check_roles(struct engine_check *ec)
{
	struct roles r = count_roles(ec->e);
	struct fault f = FAULT_INIT;

	check_role_mix(ec, &r);
	if (r.n_with == 0 && r.n_bdev > 1) {
		(void)fault_set(&f, FAULT_BDEV_CONFIG_MULTI_TIER_WITHOUT_ROLES,
				"engine %u has %zu block device tiers and no bdev_roles",
				ec->e->index, r.n_bdev);
		report(ec, "storage", &f);
	}
	if (r.n_with > 0)
		check_role_numbers(ec, &r);
}

static void
check_metadata_path(struct engine_check *ec)
{
	bool         path   = !str_empty(ec->c->cfg->control_metadata.path);
	bool         on_ssd = cfg_engine_md_on_ssd(ec->e);
	struct fault f      = FAULT_INIT;

	if (path && !on_ssd) {
		(void)fault_set(
		    &f, FAULT_BDEV_CONFIG_CONTROL_METADATA_NO_ROLES,
		    "control_metadata.path is set and no tier of engine %u has the role meta",
		    ec->e->index);
		report(ec, "storage", &f);
	} else if (!path && on_ssd) {
		(void)fault_set(
		    &f, FAULT_BDEV_CONFIG_ROLES_NO_CONTROL_METADATA,
		    "a tier of engine %u has the role meta and control_metadata.path is not set",
		    ec->e->index);
		report(ec, "storage", &f);
	}
}

static void
check_tier_kinds(struct engine_check *ec)
{
	const struct cfg_engine *e    = ec->e;
	bool                     real = cfg_engine_has_real_nvme(e), emulated = false;
	size_t                   n_scm = 0;
	struct fault             f     = FAULT_INIT;

	for (size_t i = 0; i < e->n_storage; i++) {
		emulated |= cfg_class_is_bdev(e->storage[i].class) &&
			    e->storage[i].class != CFG_CLASS_NVME && e->storage[i].bdev_list.n > 0;
		n_scm += cfg_class_is_scm(e->storage[i].class);
	}
	if (n_scm == 0) {
		(void)fault_set(&f, FAULT_SCM_CONFIG_TIER_MISSING, "engine %u has no SCM tier",
				e->index);
		report(ec, "storage", &f);
	}
	if (real && emulated) {
		(void)fault_set(&f, FAULT_BDEV_CONFIG_TIER_TYPE_MISMATCH,
				"engine %u mixes class nvme with file or kdev", e->index);
		report(ec, "storage", &f);
	}
	for (size_t i = 0; i < e->n_storage; i++)
		check_tier(ec, i);
	if (n_scm > 0 && (n_scm != 1 || !cfg_class_is_scm(e->storage[0].class))) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "first storage tier is not scm, or there is more than one SCM tier");
		report(ec, "storage", &f);
	}
	if (n_scm > 0) {
		check_roles(ec);
		check_metadata_path(ec);
	}
}

/* Fills in what follows from the tiers. */
static int
derive_paths(struct cfg_server *cfg, struct cfg_engine *e)
{
	const struct cfg_tier *scm = cfg_engine_scm(e);
	char                  *dir = NULL;
	int                    r   = 0;

	free(e->nvme_conf);
	e->nvme_conf      = NULL;
	e->vos_bdev_class = NULL;
	for (size_t i = 0; e->vos_bdev_class == NULL && i < e->n_storage; i++)
		if (cfg_class_is_bdev(e->storage[i].class))
			e->vos_bdev_class = e->storage[i].class == CFG_CLASS_NVME ? "NVME" : "AIO";
	if (e->vos_bdev_class == NULL || scm == NULL)
		return 0;
	if (str_empty(cfg->control_metadata.path))
		dir = strdup(scm->scm_mount != NULL ? scm->scm_mount : "");
	else
		r = cfg_server_engine_metadata_dir(cfg, e->index, &dir);
	if (r == 0 && dir != NULL)
		e->nvme_conf = str_format("%s/daos_nvme.conf", dir);
	free(dir);
	return e->nvme_conf != NULL ? 0 : -ENOMEM;
}

void
cfg_check_engine(struct cfg_check *c, size_t index)
{
	struct engine_check ec = {.c = c, .e = &c->cfg->engines[index]};
	struct fault        f  = FAULT_INIT;

	(void)snprintf(ec.context, sizeof(ec.context), "I/O Engine %zu failed config validation",
		       index);
	check_cores(&ec);
	check_counts(&ec);
	check_fabric(&ec);
	if (ec.e->n_storage == 0) {
		(void)fault_plain(&f, -EINVAL, "no storage tiers configured");
		report(&ec, "storage", &f);
	} else {
		check_tier_kinds(&ec);
	}
	check_logging(&ec);
	if (derive_paths(c->cfg, ec.e) < 0)
		c->error = -ENOMEM;
}
