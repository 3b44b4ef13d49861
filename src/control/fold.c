/*
 * Folding: hosts with equal storage share an entry, hosts with the same error share a line.
 */
#include <inttypes.h>
#include <string.h>

#include "common/vec.h"
#include "control/control_private.h"

struct storage_group {
	char                  *key; /* canonical text */
	struct hostset        *hosts;
	struct daosctl_storage storage;
};

struct error_group {
	const char     *text, *brief;
	struct hostset *hosts;
};

struct ctl_fold {
	struct ctl_arena *arena;
	VEC(struct storage_group) groups;
	VEC(struct error_group) errors;
	int error;
};

int
ctl_fold_new(struct ctl_fold **ret)
{
	struct ctl_fold *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	if (ctl_arena_new(&f->arena) != 0) {
		free(f);
		return -ENOMEM;
	}
	*ret = f;
	return 0;
}

struct ctl_fold *
ctl_fold_free(struct ctl_fold *f)
{
	if (f == NULL)
		return NULL;
	vec_foreach (&f->groups, g) {
		free(g->key);
		(void)hostset_free(g->hosts);
	}
	vec_foreach (&f->errors, e)
		(void)hostset_free(e->hosts);
	vec_fini(&f->groups);
	vec_fini(&f->errors);
	(void)ctl_arena_free(f->arena);
	free(f);
	return NULL;
}

struct ctl_arena *
ctl_fold_memory(struct ctl_fold *f)
{
	return f->arena;
}

/* A set holding one host. */
static int
set_of(const char *host, struct hostset **ret)
{
	return hostset_parse(host, ret, NULL);
}

void
ctl_fold_error(struct ctl_fold *f, const char *host, const char *text, const char *brief)
{
	struct error_group g = {0};
	int                r;

	vec_foreach (&f->errors, e) {
		if (!str_eq(e->text, text))
			continue;
		r = hostset_insert(e->hosts, host, NULL);
		if (r != 0)
			f->error = r;
		return;
	}
	g.text  = ctl_arena_text(f->arena, text);
	g.brief = ctl_arena_text(f->arena, brief);
	r       = set_of(host, &g.hosts);
	if (r == 0)
		r = vec_push(&f->errors, g);
	if (r != 0) {
		(void)hostset_free(g.hosts);
		f->error = r;
	}
}

void
ctl_fold_status(struct ctl_fold *f, const char *host, const struct rpc_status *s)
{
	struct daosctl_error e = {0};

	ctl_error_from_status(&e, s);
	ctl_fold_error(f, host, e.text, e.brief);
}

/* ---- canonical text ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef void (*element_fn)(struct strbuf *out, const void *element);

/* A list as a set: texts of the elements in sorted order. */
static void
add_set(struct strbuf *out, const char *name, const void *v, size_t n, size_t size, element_fn fn)
{
	_cleanup_(freep) char **texts = calloc(MAX(n, 1), sizeof(*texts));
	size_t                  got   = 0;

	strbuf_addf(out, "%s[", name);
	for (; texts != NULL && got < n; got++) {
		struct strbuf text = STRBUF_INIT;

		fn(&text, (const char *)v + got * size);
		strbuf_add(&text, ""); /* never NULL */
		texts[got] = strbuf_take(&text);
		if (texts[got] == NULL)
			break;
	}
	if (got < n)
		out->error = -ENOMEM;
	else
		qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < got; i++) {
		if (got == n)
			strbuf_addf(out, "%s;", texts[i]);
		free(texts[i]);
	}
	strbuf_add_char(out, ']');
}

static void
add_target(struct strbuf *out, const void *element)
{
	strbuf_addf(out, "%d", *(const int32_t *)element);
}

static void
add_nvme_namespace(struct strbuf *out, const void *element)
{
	const struct daosctl_nvme_namespace *ns = element;

	strbuf_addf(out, "%u,%" PRIu64, ns->id, ns->size_bytes);
}

static void
add_smd_device(struct strbuf *out, const void *element)
{
	const struct daosctl_smd_device *d = element;

	strbuf_addf(out, "%s,%u,%u,%d,%u", d->uuid, d->rank, d->roles, d->has_sys_xs,
		    d->namespace_id);
	strbuf_addf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, d->total_bytes,
		    d->avail_bytes, d->usable_bytes, d->cluster_size);
	strbuf_addf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, d->meta_size,
		    d->meta_wal_size, d->rdb_size, d->rdb_wal_size);
	add_set(out, "targets", d->targets, d->n_targets, sizeof(*d->targets), add_target);
}

static void
add_nvme_device(struct strbuf *out, const void *element)
{
	const struct daosctl_nvme_device *d = element;

	strbuf_addf(out, "%s|%s|%s|%s|%s|%s|%d|%s|%s", d->info, d->model, d->pci_addr, d->fw_rev,
		    d->vendor_id, d->pci_type, d->socket, d->dev_state, d->led_state);
	if (d->health !=
	    NULL) /* plain numbers without holes that matter: memory is zeroed before filling */
		for (size_t i = 0; i < sizeof(*d->health); i++)
			strbuf_addf(out, "%02x", ((const unsigned char *)d->health)[i]);
	add_set(out, "ns", d->namespaces, d->n_namespaces, sizeof(*d->namespaces),
		add_nvme_namespace);
	add_set(out, "smd", d->smd_devices, d->n_smd_devices, sizeof(*d->smd_devices),
		add_smd_device);
}

static void
add_scm_module(struct strbuf *out, const void *element)
{
	const struct daosctl_scm_module *m = element;

	strbuf_addf(out, "%u,%u,%u,%u,%u,%" PRIu64 "|%s|%s|%s", m->channel, m->channel_slot,
		    m->controller, m->socket, m->physical_id, m->capacity_bytes, m->part_number,
		    m->firmware, m->health);
}

static void
add_text(struct strbuf *out, const void *element)
{
	strbuf_add(out, *(const char *const *)element);
}

static void
add_scm_mount(struct strbuf *out, const void *element)
{
	const struct daosctl_scm_mount *m = element;

	strbuf_addf(out, "%s|%s|%s|%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64, m->path, m->scm_class,
		    m->info, m->rank, m->total_bytes, m->avail_bytes, m->usable_bytes);
	add_set(out, "dev", m->device_list, m->n_devices, sizeof(*m->device_list), add_text);
}

static void
add_scm_namespace(struct strbuf *out, const void *element)
{
	const struct daosctl_scm_namespace *ns = element;

	strbuf_addf(out, "%s|%s|%u,%" PRIu64, ns->blockdev, ns->dev, ns->numa_node, ns->size_bytes);
	if (ns->mount != NULL)
		add_scm_mount(out, ns->mount);
}

void
ctl_storage_text(const struct daosctl_storage *s, struct strbuf *out)
{
	add_set(out, "nvme", s->nvme_devices, s->n_nvme_devices, sizeof(*s->nvme_devices),
		add_nvme_device);
	add_set(out, "modules", s->scm_modules, s->n_scm_modules, sizeof(*s->scm_modules),
		add_scm_module);
	add_set(out, "namespaces", s->scm_namespaces, s->n_scm_namespaces,
		sizeof(*s->scm_namespaces), add_scm_namespace);
	add_set(out, "mounts", s->scm_mounts, s->n_scm_mounts, sizeof(*s->scm_mounts),
		add_scm_mount);
	if (s->mem_info != NULL) /* what is free at the moment does not count */
		strbuf_addf(out, "mem%u,%" PRIu64, s->mem_info->hugepage_size_kb,
			    s->mem_info->mem_total_kb);
}

void
ctl_fold_storage(struct ctl_fold *f, const char *host, const struct daosctl_storage *s)
{
	struct strbuf        key = STRBUF_INIT;
	struct storage_group g   = {.storage = *s};
	int                  r;

	ctl_storage_text(s, &key);
	strbuf_add(&key, "");
	g.key = strbuf_take(&key);
	if (g.key == NULL) {
		f->error = -ENOMEM;
		return;
	}
	vec_foreach (&f->groups, old) {
		if (!str_eq(old->key, g.key))
			continue;
		free(g.key);
		r = hostset_insert(old->hosts, host, NULL);
		if (r != 0)
			f->error = r;
		return;
	}
	r = set_of(host, &g.hosts);
	if (r == 0)
		r = vec_push(&f->groups, g);
	if (r != 0) {
		free(g.key);
		(void)hostset_free(g.hosts);
		f->error = r;
	}
}

/* ---- the response ---- */

static uint64_t
hash_text(const char *s)
{
	uint64_t h = 14695981039346656037ULL; /* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return h;
}

static int
by_hosts(const void *a, const void *b)
{
	return strcmp(((const struct daosctl_host_storage *)a)->hosts,
		      ((const struct daosctl_host_storage *)b)->hosts);
}

static int
by_error_text(const void *a, const void *b)
{
	return strcmp(((const struct daosctl_host_error *)a)->text,
		      ((const struct daosctl_host_error *)b)->text);
}

/* Number of different hosts in all error groups. */
static int
count_failed_hosts(struct ctl_fold *f, size_t *ret)
{
	struct hostset *all = NULL;
	int             r   = hostset_new(&all);

	for (size_t i = 0; r == 0 && i < f->errors.n; i++)
		r = hostset_merge(all, f->errors.v[i].hosts);
	if (r == 0)
		*ret = hostset_count(all);
	(void)hostset_free(all);
	return r;
}

int
ctl_fold_finish(struct ctl_fold *f, struct daosctl_storage_resp *ret)
{
	struct daosctl_host_storage *hosts = ctl_arena_alloc(f->arena, f->groups.n, sizeof(*hosts));
	struct daosctl_host_error *errors = ctl_arena_alloc(f->arena, f->errors.n, sizeof(*errors));
	size_t                     failed = 0;
	int                        r      = f->error;

	if (r == 0)
		r = count_failed_hosts(f, &failed);
	if (r == 0)
		r = ctl_arena_error(f->arena);
	if (r != 0)
		return r;
	for (size_t i = 0; i < f->groups.n; i++) {
		hosts[i] = (struct daosctl_host_storage){
		    .hosts   = ctl_arena_take(f->arena, hostset_text(f->groups.v[i].hosts)),
		    .n_hosts = hostset_count(f->groups.v[i].hosts),
		    .hash    = hash_text(f->groups.v[i].key),
		    .storage = f->groups.v[i].storage,
		};
		for (size_t k = 0; k < i;
		     k++) /* different content, same hash: next to impossible */
			hosts[i].hash += hosts[k].hash == hosts[i].hash;
	}
	for (size_t i = 0; i < f->errors.n; i++)
		errors[i] = (struct daosctl_host_error){
		    .hosts   = ctl_arena_take(f->arena, hostset_text(f->errors.v[i].hosts)),
		    .n_hosts = hostset_count(f->errors.v[i].hosts),
		    .text    = f->errors.v[i].text,
		    .brief   = f->errors.v[i].brief,
		};
	if (ctl_arena_error(f->arena) != 0)
		return -ENOMEM;
	if (f->groups.n > 1)
		qsort(hosts, f->groups.n, sizeof(*hosts), by_hosts);
	if (f->errors.n > 1)
		qsort(errors, f->errors.n, sizeof(*errors), by_error_text);
	*ret = (struct daosctl_storage_resp){
	    .errors  = {.v = errors, .n = f->errors.n, .n_hosts = failed},
	    .hosts   = hosts,
	    .n_hosts = f->groups.n,
	    .memory  = TAKE_PTR(f->arena),
	};
	return 0;
}
