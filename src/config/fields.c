/*
 * The field table: every key of daos_server.yml and daos_control.yml, in the order in which
 * upstream writes them. Decoder, defaults, printer, sample and suggestions are all driven by it.
 */
#include "config/config_private.h"

#include <string.h>

#include "common/version.h"

#define STRINGIFY(x) #x
#define TO_STRING(x) STRINGIFY(x)
#define PORT_TEXT    TO_STRING(DAOS_DEFAULT_PORT)
#define CERTS        "/etc/daos/certs/"

/* One key: the member of the struct that holds it, its name, its type, then what else applies. */
#define ROW(type_, member, key, kind, ...)                                                         \
	{                                                                                          \
		.name = key, .type = CFG_TYPE_##kind, .offset = offsetof(struct type_, member),    \
		__VA_ARGS__                                                                        \
	}

/* The certificates of a role; `role` is the file name stem. */
#define TRANSPORT_ROWS(role, ...)                                                                  \
	{                                                                                          \
		ROW(cfg_transport, allow_insecure, "allow_insecure", BOOL, .def = "false",         \
		    .flags = CFG_FIELD_ALWAYS,                                                     \
		    .help  = "true: no TLS, no certificates; anyone on the network is trusted"),    \
		    ROW(cfg_transport, client_cert_dir, "client_cert_dir", STRING, __VA_ARGS__,    \
			.help = "directory of the certificates of known clients"),                 \
		    ROW(cfg_transport, ca_cert, "ca_cert", STRING, .def = CERTS "daosCA.crt",      \
			.flags = CFG_FIELD_ALWAYS, .help = "certificate of the authority"),        \
		    ROW(cfg_transport, cert, "cert", STRING, .def = CERTS role ".crt",             \
			.flags = CFG_FIELD_ALWAYS, .help = "certificate of this program"),         \
		    ROW(cfg_transport, key, "key", STRING, .def = CERTS role ".key",               \
			.flags = CFG_FIELD_ALWAYS, .help = "private key of that certificate"),     \
	}

static const struct cfg_field server_transport_fields[] =
    TRANSPORT_ROWS("server", .def = CERTS "clients");
static const struct cfg_field admin_transport_fields[] = TRANSPORT_ROWS("admin", .def = NULL);

static const struct cfg_schema server_transport_schema = {
    "transport_config", sizeof(struct cfg_transport), server_transport_fields,
    ARRAY_SIZE(server_transport_fields)};
static const struct cfg_schema admin_transport_schema = {
    "transport_config", sizeof(struct cfg_transport), admin_transport_fields,
    ARRAY_SIZE(admin_transport_fields)};

/* Keys of struct cfg_fabric, which stand directly in the map that holds it. */
#define FABRIC_ROWS(t)                                                                             \
	ROW(t, fabric.provider, "provider", STRING,                                                \
	    .help = "libfabric provider, e.g. ofi+tcp; the top level's holds for all engines"),    \
	    ROW(t, fabric.fabric_iface, "fabric_iface", STRING,                                    \
		.help = "network interface of the engine"),                                        \
	    ROW(t, fabric.fabric_iface_port, "fabric_iface_port", INT, .range = "1 or more",       \
		.help = "first port of the engine on that interface"),                             \
	    ROW(t, fabric.bypass_health_chk, "bypass_health_chk", OPT_BOOL,                        \
		.help = "true: the engine skips its check of NVMe health at start"),               \
	    ROW(t, fabric.crt_timeout, "crt_timeout", U32,                                         \
		.help = "seconds until a call between engines is given up; 0: engine default"),    \
	    ROW(t, fabric.secondary_provider_endpoints, "secondary_provider_endpoints", INT_LIST,  \
		.range = "1 or more", .help = "endpoints for each secondary provider"),            \
	    ROW(t, fabric.disable_srx, "disable_srx", BOOL,                                        \
		.help = "true: no shared receive contexts"),                                       \
	    ROW(t, fabric.fabric_auth_key, "fabric_auth_key", STRING,                              \
		.help = "authorization key of the fabric")

static const struct cfg_field tier_fields[] = {
    ROW(cfg_tier, class, "class", CLASS, .flags = CFG_FIELD_ALWAYS,
	.range = "dcpm, ram, dir, nvme, file or kdev",
	.help  = "kind of storage; dcpm, ram and dir are SCM and come first"),
    ROW(cfg_tier, scm_mount, "scm_mount", STRING, .help = "where the SCM is mounted"),
    ROW(cfg_tier, scm_size, "scm_size", U64, .range = "4 or more",
	.help = "class ram: size in GiB; without it as large as memory allows"),
    ROW(cfg_tier, scm_hugepages_disabled, "scm_hugepages_disabled", OPT_BOOL,
	.help = "class ram: mount without hugepages"),
    ROW(cfg_tier, scm_list, "scm_list", LIST, .help = "class dcpm: the one PMem device"),
    ROW(cfg_tier, bdev_list, "bdev_list", BDEV_LIST,
	.help = "class nvme: PCI addresses; file and kdev: paths"),
    ROW(cfg_tier, bdev_number, "bdev_number", INT, .help = "accepted and not used"),
    ROW(cfg_tier, bdev_size, "bdev_size", INT, .range = "1 or more",
	.help = "class file: size of each file in GiB"),
    ROW(cfg_tier, bdev_busid_range, "bdev_busid_range", BUS_RANGE,
	.range = "LOW-HIGH, 0 to 255 each",
	.help  = "class nvme: PCI buses whose hotplug events count"),
    ROW(cfg_tier, bdev_roles, "bdev_roles", ROLES, .range = "data, meta, wal",
	.help = "what this tier holds when metadata is kept on SSD"),
};
const struct cfg_schema cfg_tier_schema = {"a storage tier", sizeof(struct cfg_tier), tier_fields,
					   ARRAY_SIZE(tier_fields)};

static const struct cfg_field acceleration_fields[] = {
    ROW(cfg_acceleration, engine, "engine", STRING, .range = "none, spdk or dml",
	.help = "who computes checksums and moves data"),
    ROW(cfg_acceleration, options, "options", ACCEL_OPTIONS, .range = "move, crc",
	.help = "what is accelerated; without it everything"),
};
static const struct cfg_schema acceleration_schema = {
    "acceleration", sizeof(struct cfg_acceleration), acceleration_fields,
    ARRAY_SIZE(acceleration_fields)};

/* Maps without a type of their own are described with offsets inside the engine or the server. */
static const struct cfg_field spdk_rpc_fields[] = {
    ROW(cfg_engine, spdk_rpc_server.enable, "enable", BOOL,
	.help = "run SPDK's JSON-RPC server in the engine"),
    ROW(cfg_engine, spdk_rpc_server.sock_addr, "sock_addr", STRING, .help = "its socket"),
};
static const struct cfg_field auto_faulty_fields[] = {
    ROW(cfg_engine, bdev_auto_faulty.enable, "enable", BOOL,
	.help = "set a device faulty when it errs too often"),
    ROW(cfg_engine, bdev_auto_faulty.max_io_errs, "max_io_errs", U32,
	.help = "I/O errors that are too often"),
    ROW(cfg_engine, bdev_auto_faulty.max_csum_errs, "max_csum_errs", U32,
	.help = "checksum errors that are too often"),
};
static const struct cfg_field iobuf_fields[] = {
    ROW(cfg_engine, spdk_iobuf.small_pool_count, "small_pool_count", U32,
	.help = "small I/O buffers; 0: engine default"),
    ROW(cfg_engine, spdk_iobuf.large_pool_count, "large_pool_count", U32,
	.help = "large I/O buffers; 0: engine default"),
};
static const struct cfg_schema spdk_rpc_schema    = {"spdk_rpc_server", 0, spdk_rpc_fields,
						     ARRAY_SIZE(spdk_rpc_fields)};
static const struct cfg_schema auto_faulty_schema = {"bdev_auto_faulty", 0, auto_faulty_fields,
						     ARRAY_SIZE(auto_faulty_fields)};
static const struct cfg_schema iobuf_schema       = {"spdk_iobuf", 0, iobuf_fields,
						     ARRAY_SIZE(iobuf_fields)};

/* A map whose rows carry offsets of the struct around it. */
#define GROUP(key, schema_, ...)                                                                   \
	{                                                                                          \
		.name = key, .type = CFG_TYPE_MAP, .offset = 0, .schema = &schema_, __VA_ARGS__    \
	}

static const struct cfg_field engine_fields[] = {
    ROW(cfg_engine, modules, "modules", STRING,
	.help = "engine modules to load; empty: all it needs"),
    ROW(cfg_engine, targets, "targets", INT, .range = "1 or more",
	.help = "targets of the engine; one core each"),
    ROW(cfg_engine, nr_xs_helpers, "nr_xs_helpers", INT, .def = "0", .range = "0 or more",
	.flags = CFG_FIELD_ALWAYS, .help = "helper threads of the engine"),
    ROW(cfg_engine, first_core, "first_core", OPT_INT, .range = "0 or more", .min = INT64_MIN,
	.help = "first core of the engine; not together with pinned_numa_node"),
    ROW(cfg_engine, log_mask, "log_mask", STRING, .help = "engine log mask, e.g. ERR,mgmt=DEBUG"),
    ROW(cfg_engine, log_file, "log_file", STRING, .help = "engine log file"),
    ROW(cfg_engine, storage, "storage", TIERS, .schema = &cfg_tier_schema,
	.flags = CFG_FIELD_ALWAYS, .help = "SCM tier first, then block device tiers"),
    ROW(cfg_engine, acceleration, "acceleration", MAP, .schema = &acceleration_schema,
	.help = "hardware acceleration"),
    GROUP("spdk_rpc_server", spdk_rpc_schema, .help = "SPDK's own control interface"),
    GROUP("bdev_auto_faulty", auto_faulty_schema, .help = "automatic eviction of devices"),
    GROUP("spdk_iobuf", iobuf_schema, .help = "SPDK buffer pools"),
    FABRIC_ROWS(cfg_engine),
    ROW(cfg_engine, env_vars, "env_vars", LIST, .range = "NAME=VALUE",
	.help = "environment variables of the engine"),
    ROW(cfg_engine, env_pass_through, "env_pass_through", LIST,
	.help = "names of variables that the engine takes over from daos_server"),
    ROW(cfg_engine, pinned_numa_node, "pinned_numa_node", OPT_INT, .range = "0 or more",
	.help = "NUMA node whose cores the engine uses"),
    ROW(cfg_engine, engine_path, "engine_path", STRING, .flags = CFG_FIELD_OURS,
	.help = "daos_engine program of this engine"),
};
const struct cfg_schema cfg_engine_schema = {"an engine", sizeof(struct cfg_engine), engine_fields,
					     ARRAY_SIZE(engine_fields)};

static const struct cfg_field support_fields[] = {
    ROW(cfg_server, support_config.file_transfer_exec, "file_transfer_exec", STRING,
	.help = "program that copies collected logs away"),
};
static const struct cfg_field metadata_fields[] = {
    ROW(cfg_server, control_metadata.path, "path", STRING,
	.help = "directory for the control plane's own data; needed when metadata is kept on SSD"),
    ROW(cfg_server, control_metadata.device, "device", STRING, .help = "device mounted at path"),
    ROW(cfg_server, control_metadata.allow_spdk_conf_override, "allow_spdk_conf_override", BOOL,
	.help = "true: an SPDK configuration kept there is used as it stands"),
};
static const struct cfg_schema support_schema  = {"support_config", 0, support_fields,
						  ARRAY_SIZE(support_fields)};
static const struct cfg_schema metadata_schema = {"control_metadata", 0, metadata_fields,
						  ARRAY_SIZE(metadata_fields)};

static const struct cfg_field server_fields[] = {
    ROW(cfg_server, port, "port", INT, .def = PORT_TEXT, .range = "1 to 65535",
	.flags = CFG_FIELD_ALWAYS, .help = "port of the control plane"),
    ROW(cfg_server, control_iface, "control_iface", STRING,
	.help = "listen on the first IPv4 address of this interface only"),
    ROW(cfg_server, control_addr, "control_addr", STRING, .flags = CFG_FIELD_OURS,
	.range = "numeric IPv4 address",
	.help  = "listen on this address only, and be known by it; lets servers share a machine"),
    ROW(cfg_server, transport_config, "transport_config", MAP, .schema = &server_transport_schema,
	.flags = CFG_FIELD_ALWAYS, .help = "certificates"),
    ROW(cfg_server, engines, "engines", ENGINES, .schema = &cfg_engine_schema,
	.flags = CFG_FIELD_ALWAYS, .help = "one entry an engine; none: only discovery"),
    ROW(cfg_server, bdev_exclude, "bdev_exclude", LIST,
	.help = "PCI addresses that are never used"),
    ROW(cfg_server, disable_vfio, "disable_vfio", BOOL, .def = "false", .flags = CFG_FIELD_ALWAYS,
	.help = "true: NVMe without VFIO; needs root"),
    ROW(cfg_server, disable_vmd, "disable_vmd", OPT_BOOL, .flags = CFG_FIELD_ALWAYS,
	.help = "true: no devices behind a VMD (default false)"),
    ROW(cfg_server, disable_hotplug, "disable_hotplug", OPT_BOOL, .flags = CFG_FIELD_ALWAYS,
	.help = "true: no NVMe hotplug (default false)"),
    ROW(cfg_server, nr_hugepages, "nr_hugepages", INT, .def = "0", .range = "0 to 2147483647",
	.flags = CFG_FIELD_ALWAYS, .help = "hugepages for all engines together; 0: computed"),
    ROW(cfg_server, system_ram_reserved, "system_ram_reserved", INT, .def = "64",
	.range = "1 or more", .flags = CFG_FIELD_ALWAYS,
	.help = "GiB of memory left to the system when a ramdisk is sized"),
    ROW(cfg_server, disable_hugepages, "disable_hugepages", BOOL, .def = "false",
	.flags = CFG_FIELD_ALWAYS, .help = "true: no hugepages at all"),
    ROW(cfg_server, allow_numa_imbalance, "allow_numa_imbalance", BOOL, .def = "false",
	.flags = CFG_FIELD_ALWAYS,
	.help  = "true: NUMA nodes may have different numbers of engines"),
    ROW(cfg_server, allow_thp, "allow_thp", BOOL, .def = "false", .flags = CFG_FIELD_ALWAYS,
	.help = "true: transparent hugepages of the host are tolerated"),
    ROW(cfg_server, control_log_mask, "control_log_mask", LOG_LEVEL, .def = "INFO",
	.range = "DISABLED, TRACE, DEBUG, INFO, NOTICE or ERROR", .flags = CFG_FIELD_ALWAYS,
	.help = "how much daos_server logs"),
    ROW(cfg_server, control_log_file, "control_log_file", STRING,
	.help = "log file of daos_server; without it standard output and error"),
    ROW(cfg_server, control_log_json, "control_log_json", BOOL,
	.help = "true: one JSON object a log line"),
    ROW(cfg_server, helper_log_file, "helper_log_file", STRING,
	.help = "log file of daos_server_helper"),
    ROW(cfg_server, firmware_helper_log_file, "firmware_helper_log_file", STRING,
	.help = "log file of the firmware helper"),
    ROW(cfg_server, fault_path, "fault_path", STRING, .range = "1 or 2 levels",
	.help = "fault domain of this host, e.g. /rack0/host1 (default /HOSTNAME)"),
    ROW(cfg_server, telemetry_port, "telemetry_port", INT, .range = "0 to 65535",
	.help = "port of the metrics exporter; 0: none"),
    ROW(cfg_server, core_dump_filter, "core_dump_filter", U8, .def = "19", .range = "0 to 255",
	.help = "bits for /proc/self/coredump_filter; 0: left alone"),
    ROW(cfg_server, client_env_vars, "client_env_vars", LIST, .range = "NAME=VALUE",
	.help = "environment variables that clients are told"),
    GROUP("support_config", support_schema, .help = "collecting logs"),
    ROW(cfg_server, name, "name", STRING, .def = DAOS_DEFAULT_SYSTEM, .range = "1 to 15 bytes",
	.flags = CFG_FIELD_ALWAYS, .help = "name of the DAOS system"),
    ROW(cfg_server, socket_dir, "socket_dir", STRING, .def = "/var/run/daos_server",
	.flags = CFG_FIELD_ALWAYS,
	.help  = "directory of the sockets between daos_server and its engines"),
    FABRIC_ROWS(cfg_server),
    ROW(cfg_server, mgmt_svc_replicas, "mgmt_svc_replicas", LIST,
	.range = "HOST or HOST:PORT, an odd number", .flags = CFG_FIELD_ALWAYS,
	.help = "hosts that keep the system database (default localhost:" PORT_TEXT ")"),
    GROUP("control_metadata", metadata_schema, .help = "where the control plane keeps its data"),
    ROW(cfg_server, fault_cb, "fault_cb", STRING, .flags = CFG_FIELD_ALWAYS,
	.help = "program that prints the fault domain; instead of fault_path"),
    ROW(cfg_server, hyperthreads, "hyperthreads", BOOL, .def = "false", .flags = CFG_FIELD_ALWAYS,
	.help = "accepted and not used"),
    ROW(cfg_server, disable_engine_auto_restart, "disable_engine_auto_restart", BOOL,
	.def = "false", .flags = CFG_FIELD_ALWAYS,
	.help = "true: an engine that stops by itself is not started again"),
    ROW(cfg_server, engine_auto_restart_min_delay, "engine_auto_restart_min_delay", INT,
	.range = "0 or more", .help = "seconds between two automatic restarts; 0: 300"),
    ROW(cfg_server, engine_path, "engine_path", STRING, .flags = CFG_FIELD_OURS,
	.help = "daos_engine program of all engines; default: beside daos_server, then PATH"),
    ROW(cfg_server, engine_ready_timeout, "engine_ready_timeout", INT, .flags = CFG_FIELD_OURS,
	.range = "0 or more",
	.help  = "seconds an engine may take to report ready before it is ended; 0: 300"),
    ROW(cfg_server, access_points, "access_points", LIST, .flags = CFG_FIELD_DEPRECATED,
	.help = "old name of mgmt_svc_replicas"),
    ROW(cfg_server, enable_hotplug, "enable_hotplug", OPT_BOOL, .flags = CFG_FIELD_DEPRECATED,
	.help = "opposite of disable_hotplug"),
};
/* The decoder marks the keys it has seen in one word. */
_Static_assert(ARRAY_SIZE(server_fields) <= CFG_MAX_FIELDS, "too many keys in one map");
_Static_assert(ARRAY_SIZE(engine_fields) <= CFG_MAX_FIELDS, "too many keys in one map");

const struct cfg_schema cfg_server_schema = {"daos_server.yml", sizeof(struct cfg_server),
					     server_fields, ARRAY_SIZE(server_fields)};

static const struct cfg_field control_fields[] = {
    ROW(cfg_control, name, "name", STRING, .def = DAOS_DEFAULT_SYSTEM, .range = "1 to 15 bytes",
	.flags = CFG_FIELD_ALWAYS, .help = "name of the DAOS system"),
    ROW(cfg_control, port, "port", INT, .def = PORT_TEXT, .range = "1 to 65535",
	.flags = CFG_FIELD_ALWAYS, .help = "port for hosts without one"),
    ROW(cfg_control, hostlist, "hostlist", LIST, .flags = CFG_FIELD_ALWAYS,
	.help = "hosts to talk to, e.g. node[1-8] (default localhost:" PORT_TEXT ")"),
    ROW(cfg_control, transport_config, "transport_config", MAP, .schema = &admin_transport_schema,
	.flags = CFG_FIELD_ALWAYS, .help = "certificates"),
};
const struct cfg_schema cfg_control_schema = {"daos_control.yml", sizeof(struct cfg_control),
					      control_fields, ARRAY_SIZE(control_fields)};

const struct cfg_flag_name cfg_role_names[3] = {
    {"data", CFG_ROLE_DATA}, {"meta", CFG_ROLE_META}, {"wal", CFG_ROLE_WAL}};
const struct cfg_flag_name cfg_accel_names[2] = {{"crc", CFG_ACCEL_CRC}, {"move", CFG_ACCEL_MOVE}};

static const char *const class_names[_CFG_CLASS_MAX] = {
    [CFG_CLASS_NONE] = "",     [CFG_CLASS_DCPM] = "dcpm", [CFG_CLASS_RAM] = "ram",
    [CFG_CLASS_DIR] = "dir",   [CFG_CLASS_NVME] = "nvme", [CFG_CLASS_FILE] = "file",
    [CFG_CLASS_KDEV] = "kdev",
};

const char *
cfg_class_name(enum cfg_class c)
{
	return class_names[c];
}

enum cfg_class
cfg_class_parse(const char *text)
{
	for (int c = CFG_CLASS_DCPM; c < _CFG_CLASS_MAX; c++)
		if (str_eq(class_names[c], text))
			return (enum cfg_class)c;
	return CFG_CLASS_NONE;
}

bool
cfg_class_is_scm(enum cfg_class c)
{
	return c == CFG_CLASS_DCPM || c == CFG_CLASS_RAM || c == CFG_CLASS_DIR;
}

bool
cfg_class_is_bdev(enum cfg_class c)
{
	return c == CFG_CLASS_NVME || c == CFG_CLASS_FILE || c == CFG_CLASS_KDEV;
}

const char *
cfg_type_name(enum cfg_type type)
{
	static const char *const names[_CFG_TYPE_MAX] = {
	    [CFG_TYPE_STRING]        = "text",
	    [CFG_TYPE_BOOL]          = "true or false",
	    [CFG_TYPE_OPT_BOOL]      = "true or false",
	    [CFG_TYPE_INT]           = "a number",
	    [CFG_TYPE_OPT_INT]       = "a number",
	    [CFG_TYPE_U64]           = "a number from 0",
	    [CFG_TYPE_U32]           = "a number from 0 to 4294967295",
	    [CFG_TYPE_U8]            = "a number from 0 to 255",
	    [CFG_TYPE_LIST]          = "a list",
	    [CFG_TYPE_INT_LIST]      = "a list of numbers",
	    [CFG_TYPE_MAP]           = "a map",
	    [CFG_TYPE_ENGINES]       = "a list of maps",
	    [CFG_TYPE_TIERS]         = "a list of maps",
	    [CFG_TYPE_CLASS]         = "a storage class",
	    [CFG_TYPE_LOG_LEVEL]     = "a log level",
	    [CFG_TYPE_ROLES]         = "a list of roles",
	    [CFG_TYPE_ACCEL_OPTIONS] = "a list of options",
	    [CFG_TYPE_BUS_RANGE]     = "a range of buses",
	    [CFG_TYPE_BDEV_LIST]     = "a list of devices",
	};

	return names[type];
}

/* ---- defaults and freeing ---- */

static int
set_default(const struct cfg_field *f, void *p)
{
	int64_t n = 0;

	switch (f->type) {
	case CFG_TYPE_STRING:
		*(char **)p = strdup(f->def);
		return *(char **)p != NULL ? 0 : -ENOMEM;
	case CFG_TYPE_BOOL:
		*(bool *)p = str_eq(f->def, "true");
		return 0;
	case CFG_TYPE_INT:
		return str_to_i64(f->def, 10, p);
	case CFG_TYPE_U8:
		if (str_to_i64(f->def, 10, &n) < 0 || n < 0 || n > UINT8_MAX)
			return -EINVAL;
		*(uint8_t *)p = (uint8_t)n;
		return 0;
	case CFG_TYPE_LOG_LEVEL:
		return log_level_parse(f->def, p);
	default:
		return -EINVAL; /* no row of another type has a default */
	}
}

int
cfg_schema_defaults(const struct cfg_schema *schema, void *obj)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < schema->n; i++) {
		const struct cfg_field *f = &schema->fields[i];

		if (f->type == CFG_TYPE_MAP)
			r = cfg_schema_defaults(f->schema, cfg_field_ptr(f, obj));
		else if (f->def != NULL)
			r = set_default(f, cfg_field_ptr(f, obj));
	}
	return r;
}

static void
fini_engines(struct cfg_server *cfg)
{
	for (size_t i = 0; i < cfg->n_engines; i++) {
		cfg_schema_fini(&cfg_engine_schema, &cfg->engines[i]);
		free(cfg->engines[i].nvme_conf);
	}
	free(cfg->engines);
	cfg->engines   = NULL;
	cfg->n_engines = 0;
}

static void
fini_tiers(struct cfg_engine *e)
{
	for (size_t i = 0; i < e->n_storage; i++)
		cfg_schema_fini(&cfg_tier_schema, &e->storage[i]);
	free(e->storage);
	e->storage   = NULL;
	e->n_storage = 0;
}

void
cfg_schema_fini(const struct cfg_schema *schema, void *obj)
{
	for (size_t i = 0; i < schema->n; i++) {
		const struct cfg_field *f = &schema->fields[i];
		void                   *p = cfg_field_ptr(f, obj);

		switch (f->type) {
		case CFG_TYPE_STRING:
			free(*(char **)p);
			*(char **)p = NULL;
			break;
		case CFG_TYPE_LIST:
		case CFG_TYPE_BDEV_LIST:
			cfg_list_fini(p);
			break;
		case CFG_TYPE_INT_LIST:
			vec_fini((struct cfg_int_list *)p);
			break;
		case CFG_TYPE_MAP:
			cfg_schema_fini(f->schema, p);
			break;
		case CFG_TYPE_ENGINES:
			fini_engines(obj);
			break;
		case CFG_TYPE_TIERS:
			fini_tiers(obj);
			break;
		default:
			break;
		}
	}
}
