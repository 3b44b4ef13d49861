/*
 * Writer of daos_nvme.conf, the device file an engine hands to SPDK. Order, layout and names are
 * upstream's to the byte (engine-process.md §7): other readers of the file are strict.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

#define AIO_BLOCK_SIZE    4096
#define HOTPLUG_PERIOD_US 5000000

/* Appends {"params": params, "method": method} to a list; takes params, which may be NULL when
 * memory ran out. */
static int
add_method(json_t *list, const char *method, json_t *params)
{
	json_t *entry = params ? json_pack("{s:o, s:s}", "params", params, "method", method) : NULL;

	return entry && json_array_append_new(list, entry) == 0 ? 0 : -ENOMEM;
}

static int
add_daos_data(json_t *list, const struct stor_conf_params *p)
{
	int r = 0;

	if (p->accel_engine && !str_eq(p->accel_engine, "none") && p->accel_opts != 0)
		r = add_method(list, "accel_props",
			       json_pack("{s:s, s:I}", "accel_engine", p->accel_engine,
					 "accel_opts", (json_int_t)p->accel_opts));
	if (r == 0 && p->rpc_enable)
		r = add_method(list, "spdk_rpc_srv",
			       json_pack("{s:b, s:s}", "enable", 1, "sock_addr",
					 p->rpc_sock_addr ? p->rpc_sock_addr : ""));
	if (r == 0 && p->auto_faulty)
		r = add_method(list, "auto_faulty",
			       json_pack("{s:b, s:I, s:I}", "enable", 1, "max_io_errs",
					 (json_int_t)p->max_io_errs, "max_csum_errs",
					 (json_int_t)p->max_csum_errs));
	if (r == 0 && p->hotplug)
		r = add_method(list, "hotplug_busid_range",
			       json_pack("{s:i, s:i}", "begin", p->bus_begin, "end", p->bus_end));
	return r;
}

/* The device's name tells the engine its tier and role. */
static int
add_device(json_t *list, const struct stor_conf_params *p, const struct stor_tier *t, size_t i)
{
	bool                   nvme       = t->class == STOR_CLASS_NVME;
	_cleanup_(freep) char *name       = str_format("%s_%s_%zu_%u_%u", nvme ? "Nvme" : "AIO",
						       p->hostname, i, t->number, t->role_bits);
	json_int_t             block_size = t->class == STOR_CLASS_FILE ? AIO_BLOCK_SIZE : 0;

	if (name == NULL)
		return -ENOMEM;
	if (nvme)
		return add_method(list, "bdev_nvme_attach_controller",
				  json_pack("{s:s, s:s, s:s}", "trtype", "PCIe", "name", name,
					    "traddr", t->devices[i]));
	return add_method(list, "bdev_aio_create",
			  json_pack("{s:I, s:s, s:s}", "block_size", block_size, "name", name,
				    "filename", t->devices[i]));
}

static int
add_bdev(json_t *list, const struct stor_conf_params *p, const struct stor_tier *tiers, size_t n)
{
	int r = add_method(
	    list, "bdev_set_options",
	    json_pack("{s:i, s:i}", "bdev_io_pool_size", 65536, "bdev_io_cache_size", 256));

	if (r == 0)
		r = add_method(list, "bdev_nvme_set_options",
			       json_pack("{s:i, s:i, s:i, s:s, s:i}", "transport_retry_count", 4,
					 "timeout_us", 0, "nvme_adminq_poll_period_us", 100000,
					 "action_on_timeout", "none", "nvme_ioq_poll_period_us",
					 0));
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; r == 0 && i < tiers[t].n_devices; i++)
			r = add_device(list, p, &tiers[t], i);
	}
	if (r == 0)
		r = add_method(list, "bdev_nvme_set_hotplug",
			       json_pack("{s:b, s:i}", "enable", p->hotplug, "period_us",
					 p->hotplug ? HOTPLUG_PERIOD_US : 0));
	return r;
}

/* Appends {"subsystem": name, "config": []} and hands out the config list (borrowed). */
static json_t *
add_subsystem(json_t *subsystems, const char *name)
{
	json_t *config = json_array();
	json_t *entry =
	    config ? json_pack("{s:s, s:o}", "subsystem", name, "config", config) : NULL;

	return entry && json_array_append_new(subsystems, entry) == 0 ? config : NULL;
}

static int
add_iobuf(json_t *list, const struct stor_conf_params *p)
{
	json_t *params = json_object();
	int     r      = params ? 0 : -ENOMEM;

	if (r == 0 && p->iobuf_small > 0)
		r = json_object_set_new(params, "small_pool_count", json_integer(p->iobuf_small));
	if (r == 0 && p->iobuf_large > 0)
		r = json_object_set_new(params, "large_pool_count", json_integer(p->iobuf_large));
	if (r != 0) {
		json_decref(params);
		return -ENOMEM;
	}
	return add_method(list, "iobuf_set_options", params);
}

static int
add_subsystems(json_t *subsystems, const struct stor_conf_params *p, const struct stor_tier *tiers,
	       size_t n)
{
	json_t *list = add_subsystem(subsystems, "bdev");
	bool    vmd  = false;
	int     r    = list ? add_bdev(list, p, tiers, n) : -ENOMEM;

	for (size_t t = 0; t < n; t++)
		vmd = vmd || (p->vmd && tiers[t].class == STOR_CLASS_NVME);
	if (r == 0 && vmd) {
		list = add_subsystem(subsystems, "vmd");
		r    = list ? add_method(list, "vmd_enable", json_object()) : -ENOMEM;
	}
	if (r == 0 && (p->iobuf_small > 0 || p->iobuf_large > 0)) {
		list = add_subsystem(subsystems, "iobuf");
		r    = list ? add_iobuf(list, p) : -ENOMEM;
	}
	return r;
}

/* These three are written as escapes by upstream; in this file they occur inside strings only. */
static char *
escape_html(const char *json)
{
	struct strbuf b = STRBUF_INIT;

	for (const char *s = json; *s != '\0'; s++) {
		if (*s == '<' || *s == '>' || *s == '&')
			strbuf_addf(&b, "\\u%04x", (unsigned)*s);
		else
			strbuf_add_char(&b, *s);
	}
	return strbuf_take(&b);
}

int
stor_nvme_conf_print(const struct stor_conf_params *p, const struct stor_tier *tiers, size_t n,
		     char **ret, struct fault *f)
{
	json_t *daos       = json_array();
	json_t *subsystems = json_array();
	json_t *root       = NULL;
	char   *text       = NULL;
	int     r          = daos && subsystems ? 0 : -ENOMEM;

	for (size_t t = 0; r == 0 && t < n; t++) {
		for (size_t i = 0; i < tiers[t].n_devices; i++) {
			json_t *probe = json_string(tiers[t].devices[i]);

			if (probe == NULL)
				r = fault_plain(f, -EINVAL, "device name %s is not UTF-8 text",
						tiers[t].devices[i]);
			json_decref(probe);
		}
	}
	if (r == 0)
		r = add_daos_data(daos, p);
	if (r == 0)
		r = add_subsystems(subsystems, p, tiers, n);
	if (r == 0) {
		root = json_pack("{s:{s:O}, s:O}", "daos_data", "config", daos, "subsystems",
				 subsystems);
		text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
		/* json_dumps() leaves out keys it had no memory for: a text our own reader refuses
		 */
		if (text == NULL || stor_nvme_conf_check(text, strlen(text), NULL) < 0)
			r = -ENOMEM;
	}
	if (r == 0) {
		char *escaped = escape_html(text);

		r = escaped ? 0 : -ENOMEM;
		if (r == 0)
			*ret = escaped;
	}
	free(text);
	json_decref(root);
	json_decref(daos);
	json_decref(subsystems);
	return r;
}

/* storage.md §9: all buses with VMD; else the configured range; else those of the engine's NUMA
 * node. */
static void
fill_bus_range(const struct stor_host *h, const struct stor_engine *e, struct stor_conf_params *p)
{
	const struct stor_tier *first = &e->bdevs[0];

	if (p->vmd) {
		p->bus_begin = 0;
		p->bus_end   = 0xff;
	} else if (first->has_bus_range) {
		p->bus_begin = first->bus_begin;
		p->bus_end   = first->bus_end;
	} else if (hw_pci_bus_range(h->hw, e->numa_node, &p->bus_begin, &p->bus_end) < 0) {
		p->bus_begin = p->bus_end = 0; /* no PCI on that node: nothing can be plugged in */
	}
}

int
stor_nvme_conf_write(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	_cleanup_(freep) char  *text = NULL;
	struct stor_conf_params p    = e->conf;
	int                     r;

	fill_bus_range(h, e, &p);
	r = stor_nvme_conf_print(&p, e->bdevs, e->n_bdevs, &text, f);
	if (r < 0)
		return r;
	r = h->ops->write_file(h->ops, e->nvme_conf, text, strlen(text), STOR_CONF_MODE, h->uid,
			       h->gid);
	if (r < 0)
		return fault_plain(f, r, "cannot write %s: %s", e->nvme_conf, strerror(-r));
	return 0;
}
