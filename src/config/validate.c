/*
 * The rules of daos_server.yml as one array, in the order in which DAOS 2.8 applies them. Upstream
 * stops at the first broken one; here every rule runs, and the order decides which problem is named
 * first.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config_private.h"

void
cfg_check_report(struct cfg_check *c, const char *key, const char *context, const struct fault *f)
{
	struct cfg_problem q = {.severity = CFG_ERROR,
				.stage    = CFG_STAGE_VALIDATE,
				.key      = strdup(key),
				.context  = context != NULL ? strdup(context) : NULL,
				.fault    = *f};

	if (!fault_is_coded(f)) { /* a rule without a fault of its own */
		(void)fault_set(&q.fault, FAULT_SERVER_BAD_CONFIG, "%s", f->description);
		if (*key != '\0')
			fault_resolve(
			    &q.fault,
			    "correct %s in the configuration file and start daos_server again",
			    key);
	}
	cfg_source_find(c->cfg->source, key, &q.line, &q.column);
	if (cfg_problems_add(c->problems, &q) < 0)
		c->error = -ENOMEM;
}

void
cfg_check_notice(struct cfg_check *c, const char *key, const struct fault *f)
{
	struct cfg_problem q = {
	    .severity = CFG_NOTICE, .stage = CFG_STAGE_VALIDATE, .key = strdup(key), .fault = *f};

	cfg_source_find(c->cfg->source, key, &q.line, &q.column);
	if (cfg_problems_add(c->problems, &q) < 0)
		c->error = -ENOMEM;
}

static void
rule_hotplug_alias(struct cfg_check *c)
{
	struct cfg_server *cfg = c->cfg;
	struct fault       f   = FAULT_INIT;

	if (cfg->enable_hotplug == CFG_UNSET)
		return;
	if (cfg->disable_hotplug != CFG_UNSET) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_ENABLE_HOTPLUG_DEPRECATED,
				"enable_hotplug (deprecated) and disable_hotplug are both set");
		cfg_check_report(c, "enable_hotplug", NULL, &f);
		return;
	}
	cfg->disable_hotplug = cfg->enable_hotplug == CFG_TRUE ? CFG_FALSE : CFG_TRUE;
	cfg->enable_hotplug  = CFG_UNSET;
	(void)fault_plain(
	    &f, -EINVAL,
	    "enable_hotplug is deprecated; please use disable_hotplug instead (false by default)");
	cfg_check_notice(c, "enable_hotplug", &f);
}

static void
rule_defaults(struct cfg_check *c)
{
	if (c->cfg->disable_hotplug == CFG_UNSET)
		c->cfg->disable_hotplug = CFG_FALSE;
	if (c->cfg->disable_vmd == CFG_UNSET)
		c->cfg->disable_vmd = CFG_FALSE;
	if (cfg_server_propagate(c->cfg) < 0)
		c->error = -ENOMEM;
}

/*
 * Port of `host:port` or `[address]:port`; 0 when there is none. -EINVAL: not one host and one port, -ERANGE: not a usable
 * port.
 */
static int
replica_port(const char *addr, int64_t *ret)
{
	const char *colon = strchr(addr, ':');

	*ret = 0;
	if (colon == NULL)
		return 0;
	if (addr[0] == '[') { /* an IPv6 address */
		colon = strchr(addr, ']');
		if (colon == NULL || *++colon != ':')
			return -EINVAL;
	}
	if (strchr(colon + 1, ':') != NULL || (addr[0] != '[' && strpbrk(addr, "[]") != NULL))
		return -EINVAL;
	if (str_to_i64(colon[1] == '+' ? colon + 2 : colon + 1, 10, ret) < 0 || *ret <= 0)
		return -ERANGE;
	return 0;
}

static void
rule_replica_ports(struct cfg_check *c)
{
	struct cfg_server *cfg = c->cfg;

	for (size_t i = 0; i < cfg->mgmt_svc_replicas.n; i++) {
		struct fault f    = FAULT_INIT;
		char       **addr = &cfg->mgmt_svc_replicas.v[i];
		char         key[48];
		int64_t      port;
		int          r = replica_port(*addr, &port);

		(void)snprintf(key, sizeof(key), "mgmt_svc_replicas[%zu]", i);
		if (r == -EINVAL)
			(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS,
					"\"%.100s\" in mgmt_svc_replicas is not HOST or HOST:PORT",
					*addr);
		else if (r < 0)
			(void)fault_set(
			    &f, FAULT_SERVER_CONFIG_BAD_CONTROL_PORT,
			    "the port of \"%.100s\" in mgmt_svc_replicas is not a positive number",
			    *addr);
		if (r < 0) {
			cfg_check_report(c, key, NULL, &f);
		} else if (port == 0) {
			char *full = str_format("%s:%" PRId64, *addr, cfg->port);

			if (full == NULL) {
				c->error = -ENOMEM;
				return;
			}
			free(*addr);
			*addr = full;
		}
	}
}

static void
rule_replica_duplicates(struct cfg_check *c)
{
	const struct cfg_list *l = &c->cfg->mgmt_svc_replicas;
	struct fault           f = FAULT_INIT;
	char                   key[48];

	for (size_t i = 1; i < l->n; i++)
		for (size_t k = 0; k < i; k++) {
			if (!str_eq(l->v[i], l->v[k]))
				continue;
			(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS,
					"%.100s stands twice in mgmt_svc_replicas", l->v[i]);
			(void)snprintf(key, sizeof(key), "mgmt_svc_replicas[%zu]", i);
			cfg_check_report(c, key, NULL, &f);
			return;
		}
}

static void
rule_metadata_path(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (str_empty(c->cfg->control_metadata.device) || !str_empty(c->cfg->control_metadata.path))
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_CONTROL_METADATA_NO_PATH,
			"control_metadata.device is set without control_metadata.path");
	cfg_check_report(c, "control_metadata.device", NULL, &f);
}

static void
rule_reserved_ram(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (c->cfg->system_ram_reserved > 0)
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_SYS_RSVD_ZERO,
			"system_ram_reserved is %" PRId64 ", at least 1 GiB is needed",
			c->cfg->system_ram_reserved);
	cfg_check_report(c, "system_ram_reserved", NULL, &f);
}

static void
rule_restart_delay(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (c->cfg->engine_auto_restart_min_delay >= 0)
		return;
	(void)fault_plain(&f, -EINVAL,
			  "engine_auto_restart_min_delay must be >= 0 (got %" PRId64 ")",
			  c->cfg->engine_auto_restart_min_delay);
	cfg_check_report(c, "engine_auto_restart_min_delay", NULL, &f);
}

static void
rule_ready_timeout(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (c->cfg->engine_ready_timeout >= 0)
		return;
	(void)fault_plain(&f, -EINVAL, "engine_ready_timeout must be >= 0 (got %" PRId64 ")",
			  c->cfg->engine_ready_timeout);
	cfg_check_report(c, "engine_ready_timeout", NULL, &f);
}

static void
rule_replica_count(struct cfg_check *c)
{
	size_t       n = c->cfg->mgmt_svc_replicas.n;
	struct fault f = FAULT_INIT;

	if (n == 0) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS,
				"mgmt_svc_replicas is empty");
	} else if (n % 2 == 0) {
		(void)fault_set(&f, FAULT_SERVER_CONFIG_EVEN_MGMT_SVC_REPLICAS,
				"mgmt_svc_replicas names %zu hosts, an even number", n);
	} else {
		if (n == 1) {
			(void)fault_plain(
			    &f, -EINVAL,
			    "Configuration includes only one MS replica. This provides no "
			    "redundancy in the event of a MS replica failure.");
			cfg_check_notice(c, "mgmt_svc_replicas", &f);
		}
		return;
	}
	cfg_check_report(c, "mgmt_svc_replicas", NULL, &f);
}

static void
rule_provider(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (!str_empty(c->cfg->fabric.provider))
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_PROVIDER, "provider is not set");
	cfg_check_report(c, "provider", NULL, &f);
}

static void
rule_port(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (c->cfg->port > 0)
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_CONTROL_PORT,
			"port is %" PRId64 ", not a positive number", c->cfg->port);
	cfg_check_report(c, "port", NULL, &f);
}

static void
rule_control_addr(struct cfg_check *c)
{
	const char    *addr = c->cfg->control_addr;
	struct fault   f    = FAULT_INIT;
	struct in_addr a;

	if (str_empty(addr))
		return;
	if (inet_pton(AF_INET, addr, &a) != 1 || a.s_addr == INADDR_ANY) {
		(void)fault_plain(&f, -EINVAL,
				  "control_addr \"%.64s\" is not the IPv4 address of a host", addr);
	} else if (!str_empty(c->cfg->control_iface)) {
		(void)fault_plain(&f, -EINVAL, "control_addr and control_iface are both set");
	} else {
		return;
	}
	cfg_check_report(c, "control_addr", NULL, &f);
}

static void
rule_telemetry_port(struct cfg_check *c)
{
	struct fault f = FAULT_INIT;

	if (c->cfg->telemetry_port >= 0)
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_BAD_TELEMETRY_PORT,
			"telemetry_port is %" PRId64 ", a negative number", c->cfg->telemetry_port);
	cfg_check_report(c, "telemetry_port", NULL, &f);
}

static void
rule_each_engine(struct cfg_check *c)
{
	for (size_t i = 0; i < c->cfg->n_engines; i++)
		cfg_check_engine(c, i);
}

static void
rule_hugepages(struct cfg_check *c)
{
	struct fault f  = FAULT_INIT;
	int64_t      nr = c->cfg->nr_hugepages;

	if (nr >= 0 && nr <= INT32_MAX)
		return;
	(void)fault_set(&f, FAULT_SERVER_CONFIG_NR_HUGEPAGES_OUT_OF_RANGE,
			"nr_hugepages is %" PRId64 ", from 0 to %d is possible", nr, INT32_MAX);
	cfg_check_report(c, "nr_hugepages", NULL, &f);
}

static void
rule_excluded_devices(struct cfg_check *c)
{
	struct cfg_server *cfg = c->cfg;
	struct fault       f   = FAULT_INIT;
	char               key[64];

	for (size_t i = 0; i < cfg->n_engines; i++)
		for (size_t t = 0; t < cfg->engines[i].n_storage; t++) {
			const struct cfg_tier *tier = &cfg->engines[i].storage[t];

			for (size_t d = 0; tier->class == CFG_CLASS_NVME && d < tier->bdev_list.n;
			     d++) {
				if (!cfg_list_has(&cfg->bdev_exclude, tier->bdev_list.v[d]))
					continue;
				(void)fault_set(
				    &f, FAULT_SERVER_CONFIG_BDEV_EXCLUDE_CLASH,
				    "%.60s is in bdev_exclude and in bdev_list of engine %zu",
				    tier->bdev_list.v[d], i);
				(void)snprintf(key, sizeof(key),
					       "engines[%zu].storage[%zu].bdev_list", i, t);
				cfg_check_report(c, key, NULL, &f);
			}
		}
}

enum rule_scope {
	RULE_ALWAYS,
	RULE_WITH_ENGINES, /* without engines the server only discovers, and the rule does not count
			    */
};

static const struct {
	const char     *name;
	enum rule_scope scope;
	void (*run)(struct cfg_check *c);
} rules[] = {
    {"enable_hotplug is an old name", RULE_ALWAYS, rule_hotplug_alias},
    {"defaults and inheritance", RULE_ALWAYS, rule_defaults},
    {"replica ports", RULE_ALWAYS, rule_replica_ports},
    {"replicas are different", RULE_ALWAYS, rule_replica_duplicates},
    {"metadata device has a path", RULE_ALWAYS, rule_metadata_path},
    {"memory is left to the system", RULE_ALWAYS, rule_reserved_ram},
    {"restart delay", RULE_ALWAYS, rule_restart_delay},
    {"ready timeout", RULE_ALWAYS, rule_ready_timeout},
    {"control address", RULE_ALWAYS, rule_control_addr},
    {"odd number of replicas", RULE_WITH_ENGINES, rule_replica_count},
    {"provider is set", RULE_WITH_ENGINES, rule_provider},
    {"port", RULE_WITH_ENGINES, rule_port},
    {"telemetry port", RULE_WITH_ENGINES, rule_telemetry_port},
    {"each engine", RULE_WITH_ENGINES, rule_each_engine},
    {"engines share nothing", RULE_WITH_ENGINES, cfg_check_engines},
    {"number of hugepages", RULE_WITH_ENGINES, rule_hugepages},
    {"excluded devices are not used", RULE_WITH_ENGINES, rule_excluded_devices},
};

int
cfg_server_validate(struct cfg_server *cfg, struct cfg_problems *problems)
{
	struct cfg_check c      = {.cfg = cfg, .problems = problems};
	size_t           before = problems->n_errors;

	for (size_t i = 0; c.error == 0 && i < ARRAY_SIZE(rules); i++)
		if (rules[i].scope == RULE_ALWAYS || cfg->n_engines > 0)
			rules[i].run(&c);
	if (c.error < 0)
		return c.error;
	return problems->n_errors > before ? -EINVAL : 0;
}
