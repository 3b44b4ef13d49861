/*
 * daos_server.yml and daos_control.yml (config-server.md): open structs holding every key, and the
 *functions that load, check, complete and save them. A field is named after its key; nested maps
 *are nested structs.
 *
 *	struct cfg_problems problems = CFG_PROBLEMS_INIT;
 *	struct cfg_server  *cfg	     = NULL;
 *
 *	r = cfg_server_load(path, &cfg, &problems);
 *	if (r == 0)
 *		r = cfg_server_validate(cfg, &problems);
 *	if (r < 0)
 *		cfg_problems_summary() or cfg_problems_print()
 *	cfg_problems_fini(&problems);
 *	cfg = cfg_server_free(cfg);
 *
 * Nothing here is thread-safe; a loaded configuration may be read from any thread. All functions
 *return 0 or a negative errno. A failure that a person should see is appended to `problems`;
 *-ENOMEM adds nothing.
 *
 * Strings are NULL or empty when unset, except those with a default, which are never NULL.
 */
#pragma once

#include "common/log.h"
#include "common/util.h"
#include "config/problem.h"
#include "config/transport.h"

#define CFG_MAX_ENGINES        64 /* more in a file is a problem; a host has two to eight */
#define CFG_RAMDISK_MIN_GIB    4ULL
#define CFG_SCAN_MIN_HUGEPAGES 128 /* what a scan for NVMe devices needs */
#define CFG_RESTART_DELAY_SEC  300 /* engine_auto_restart_min_delay 0 stands for this */

/* List of strings; vec_foreach() works on it. */
struct cfg_list {
	char **v;
	size_t n;
	size_t cap;
};

struct cfg_int_list {
	int64_t *v;
	size_t   n;
	size_t   cap;
};

/* A boolean that may be absent or null. */
enum cfg_opt_bool {
	CFG_UNSET,
	CFG_FALSE,
	CFG_TRUE,
};

struct cfg_opt_int {
	bool    set;
	int64_t value;
};

enum cfg_class {
	CFG_CLASS_NONE, /* key absent; validation refuses it */
	CFG_CLASS_DCPM,
	CFG_CLASS_RAM,
	CFG_CLASS_DIR, /* our addition: scm_mount is a directory used as it stands, nothing is
			  mounted */
	CFG_CLASS_NVME,
	CFG_CLASS_FILE,
	CFG_CLASS_KDEV,
	_CFG_CLASS_MAX
};

/* Bits of bdev_roles. */
enum cfg_role {
	CFG_ROLE_DATA = 1,
	CFG_ROLE_META = 2,
	CFG_ROLE_WAL  = 4,
};

/* Bits of acceleration.options. */
enum cfg_accel_option {
	CFG_ACCEL_MOVE = 1,
	CFG_ACCEL_CRC  = 2,
};

/* 8-bit PCI bus numbers; set is false when absent: all buses. */
struct cfg_bus_range {
	bool    set;
	uint8_t low;
	uint8_t high;
};

/* engines[].storage[] */
struct cfg_tier {
	enum cfg_class class;
	char           *scm_mount;
	struct cfg_list scm_list;
	uint64_t scm_size; /* GiB; 0: not set, cfg_server_derive() fills it in for class ram */
	enum cfg_opt_bool    scm_hugepages_disabled; /* unset behaves as true for mounting */
	struct cfg_list      bdev_list; /* sorted, canonical; all PCI addresses or none */
	bool                 bdev_list_is_pci;
	int64_t              bdev_number; /* accepted, unused */
	int64_t              bdev_size;   /* GiB */
	struct cfg_bus_range bdev_busid_range;
	unsigned             bdev_roles; /* enum cfg_role bits */
};

/* The keys that the top level and every engine share; an engine's value wins. */
struct cfg_fabric {
	char               *provider;
	char               *fabric_iface;
	int64_t             fabric_iface_port;
	enum cfg_opt_bool   bypass_health_chk;
	uint32_t            crt_timeout; /* seconds; 0: not set */
	bool                disable_srx;
	char               *fabric_auth_key;
	struct cfg_int_list secondary_provider_endpoints;
};

struct cfg_acceleration {
	char    *engine;  /* "none", "spdk", "dml"; NULL when the map is absent */
	unsigned options; /* enum cfg_accel_option bits */
};

/* engines[] */
struct cfg_engine {
	int64_t            targets;
	int64_t            nr_xs_helpers;
	struct cfg_opt_int first_core;
	struct cfg_opt_int pinned_numa_node;
	char              *modules;
	char              *log_mask;
	char              *log_file;
	struct cfg_fabric  fabric; /* after loading with the top level's values filled in */
	struct cfg_list    env_vars;
	struct cfg_list    env_pass_through;
	char *engine_path; /* our addition: the daos_engine to run; NULL: the top level decides */

	struct cfg_tier *storage; /* n_storage tiers, SCM first when valid */
	size_t           n_storage;

	struct cfg_acceleration acceleration;
	struct {
		bool  enable;
		char *sock_addr;
	} spdk_rpc_server;
	struct {
		bool     set; /* the map is present; otherwise the engine's defaults hold */
		bool     enable;
		uint32_t max_io_errs;
		uint32_t max_csum_errs;
	} bdev_auto_faulty;
	struct {
		uint32_t small_pool_count; /* 0: engine default */
		uint32_t large_pool_count;
	} spdk_iobuf;

	/* Not keys: filled in by cfg_server_validate() and the cfg_server_derive*() functions. */
	uint32_t    index;        /* place in the list */
	unsigned    numa_node;    /* NUMA node of fabric and storage; 0 until affinity is known */
	uint64_t    mem_size_mib; /* -r: hugepage memory of this engine; 0: none */
	uint64_t    hugepage_size_mib; /* -H */
	bool        hotplug;           /* not disable_hotplug */
	const char *vos_bdev_class; /* "NVME", "AIO", or NULL without bdev tiers; constant text */
	char       *nvme_conf;      /* path of daos_nvme.conf, or NULL without bdev tiers */
};

struct cfg_source; /* where each key stands in the file */

/* daos_server.yml */
struct cfg_server {
	char           *name;
	struct cfg_list mgmt_svc_replicas; /* host:port after validation */
	int64_t         port;
	char           *control_iface;
	char           *control_addr; /* our addition: the IPv4 address to bind and advertise */
	struct cfg_transport transport_config;
	struct cfg_fabric    fabric;
	struct cfg_engine   *engines; /* n_engines; none: discovery mode */
	size_t               n_engines;
	struct cfg_list      bdev_exclude;
	bool                 disable_vfio;
	enum cfg_opt_bool    disable_vmd;     /* set after validation */
	enum cfg_opt_bool    disable_hotplug; /* set after validation */
	int64_t              nr_hugepages;    /* total for all engines */
	bool                 disable_hugepages;
	bool                 allow_numa_imbalance;
	bool                 allow_thp;
	int64_t              system_ram_reserved; /* GiB */
	enum log_level       control_log_mask;
	char                *control_log_file;
	bool                 control_log_json;
	char                *helper_log_file;
	char                *firmware_helper_log_file;
	char                *fault_path;
	char                *fault_cb;
	int64_t              telemetry_port; /* 0: no exporter */
	uint8_t              core_dump_filter;
	struct cfg_list      client_env_vars;
	struct {
		char *file_transfer_exec;
	} support_config;
	char *socket_dir;
	struct {
		char *path;
		char *device;
		bool  allow_spdk_conf_override;
	} control_metadata;
	bool    hyperthreads;
	bool    disable_engine_auto_restart;
	int64_t engine_auto_restart_min_delay; /* seconds; 0 stands for CFG_RESTART_DELAY_SEC */
	char   *engine_path;                   /* our addition: for engines without their own */
	int64_t
	    engine_ready_timeout; /* our addition: seconds; 0 stands for the harness's own limit */

	/* Deprecated keys as read; loading (access_points) and validating (enable_hotplug) move
	 * them. */
	struct cfg_list   access_points;
	enum cfg_opt_bool enable_hotplug;

	char              *path;   /* the file, absolute; NULL for text from memory */
	struct cfg_source *source; /* NULL for a configuration not read from a file */
};

/* daos_control.yml */
struct cfg_control {
	char           *name;
	int64_t         port;
	struct cfg_list hostlist; /* host list expressions as written; default "localhost:10001" */
	struct cfg_transport transport_config;

	char              *path; /* the file; NULL: built-in defaults */
	struct cfg_source *source;
};

/* ---- daos_server.yml ---- */

/*
 * Finds the file: `option` (-o/--config) resolved against the working directory when not NULL, else
 * daos_server.yml in the build's configuration directory, then in /etc/daos. *ret_path is fresh
 * memory. -ENOENT with a plain fault that lists every directory tried.
 */
int cfg_server_find(const char *option, char **ret_path, struct fault *f);

/* All defaults, as an empty file gives them. */
int                cfg_server_new(struct cfg_server **ret);
struct cfg_server *cfg_server_free(struct cfg_server *cfg);

/*
 * Reads and decodes a file; top-level values are handed down to engines, aliases and the default
 * replica applied. -EINVAL (or the errno of reading) when an error was added to `problems`, and
 * *ret is untouched then. Notices may be added on success too.
 */
int cfg_server_load(const char *path, struct cfg_server **ret, struct cfg_problems *problems);
/* The same for text in memory; `name` stands for the path in messages. */
int cfg_server_load_text(const char *name, const char *text, size_t len, struct cfg_server **ret,
			 struct cfg_problems *problems);
/*
 * Applies every rule that needs no look at the host and completes the derived fields. All broken
 * rules are reported, in the order of config-server.md §5. -EINVAL when an error was added.
 */
int cfg_server_validate(struct cfg_server *cfg, struct cfg_problems *problems);
/*
 * `config check`: loads and validates in one pass, so that a misspelt key and a broken rule are
 * both reported. Rules about a key that could not be decoded are left out. *ret is set only when
 * there is no error; ret may be NULL.
 */
int cfg_server_check(const char *path, struct cfg_server **ret, struct cfg_problems *problems);

/* ---- values that depend on the host (config-server.md §6) ---- */

struct cfg_host {
	uint64_t hugepage_kib;  /* size of a hugepage; 0: unknown */
	uint64_t mem_total_kib; /* MemTotal */
};

/* Start order is: provider, affinity, validate, hugepages, ramdisk, engine environment. */

/* Plain `ofi+verbs` becomes `ofi+verbs;ofi_rxm`, top level and engines. */
int cfg_server_fix_provider(struct cfg_server *cfg);
/*
 * NUMA policy: decides between first_core and pinned_numa_node and fills in cfg_engine.numa_node.
 * detected[i] is the node of engine i's fabric interface, or negative when unknown.
 */
int cfg_server_derive_affinity(struct cfg_server *cfg, const int *detected,
			       struct cfg_problems *problems);
/* Sets nr_hugepages and each engine's mem_size_mib and hugepage_size_mib. */
int cfg_server_derive_hugepages(struct cfg_server *cfg, const struct cfg_host *host,
				struct cfg_problems *problems);
/* Sets or checks scm_size of class ram, after the hugepages. */
int cfg_server_derive_ramdisk(struct cfg_server *cfg, const struct cfg_host *host,
			      struct cfg_problems *problems);
/* Hugepages, ramdisk and engine environment in the order of starting. */
int cfg_server_derive(struct cfg_server *cfg, const struct cfg_host *host,
		      struct cfg_problems *problems);
/* Completes env_vars of every engine (PMEMOBJ_CONF, ABT_THREAD_STACKSIZE). */
int cfg_server_tune_env(struct cfg_server *cfg, struct cfg_problems *problems);

/*
 * The NUMA nodes that hugepages are allocated on, ascending, and the pages for each. Nodes are
 * those of the engines when any has bdevs, else node 0. -EINVAL with ENGINE_NUMA_IMBALANCE.
 * *ret_nodes is fresh memory.
 */
int cfg_server_hugepage_nodes(const struct cfg_server *cfg, unsigned **ret_nodes, size_t *ret_n,
			      uint64_t *ret_pages_per_node, struct fault *f);

/* ---- questions about a configuration ---- */
const char *cfg_class_name(enum cfg_class c); /* "" for NONE */
bool        cfg_class_is_scm(enum cfg_class c);
bool        cfg_class_is_bdev(enum cfg_class c);
/* The engine's SCM tier, or NULL (only before validation). */
struct cfg_tier *cfg_engine_scm(const struct cfg_engine *e);
bool             cfg_engine_has_bdevs(const struct cfg_engine *e);
bool             cfg_engine_has_real_nvme(const struct cfg_engine *e);
/* MD-on-SSD: some bdev tier has the meta role. */
bool cfg_engine_md_on_ssd(const struct cfg_engine *e);
/* All roles of a tier as "data,meta,wal" in that order; "" for none. */
char *cfg_roles_text(unsigned roles);
/*
 * Directories under control_metadata.path, in fresh memory; -ENOENT when the key is not set.
 *   cfg_server_metadata_dir         <path>/daos_control
 *   cfg_server_engine_metadata_dir  <path>/daos_control/engine<index>
 */
int cfg_server_metadata_dir(const struct cfg_server *cfg, char **ret);
int cfg_server_engine_metadata_dir(const struct cfg_server *cfg, uint32_t index, char **ret);
/*
 * The management service's database directory: <metadata dir>/control_raft, else <scm_mount of
 * engine 0>/control_raft. -ENOENT without engines and control_metadata.path.
 */
int cfg_server_database_dir(const struct cfg_server *cfg, char **ret);
/* Value of NAME in a "NAME=VALUE" list; the last one wins; NULL when absent. */
const char *cfg_env_get(const struct cfg_list *env, const char *name);

/* ---- printing ---- */
/* The configuration as YAML in fresh memory, keys in the table's order, unset ones left out. */
int cfg_server_print(const struct cfg_server *cfg, char **ret);
/* Writes that to <socket_dir>/.daos_server.active.yml, mode 0644. */
int cfg_server_save_active(const struct cfg_server *cfg, struct fault *f);
/* A commented sample with every key, its type, default and meaning; fresh memory. */
int cfg_server_sample(char **ret);
int cfg_control_sample(char **ret);

/* ---- daos_control.yml ---- */
/*
 * `option` must be readable when not NULL. Else $HOME/.daos_control.yml (`home` may be NULL), the
 * build's configuration directory, /etc/daos; none of them there gives the defaults.
 */
int cfg_control_load(const char *option, const char *home, struct cfg_control **ret,
		     struct cfg_problems *problems);
int cfg_control_load_text(const char *name, const char *text, size_t len, struct cfg_control **ret,
			  struct cfg_problems *problems);
int cfg_control_new(struct cfg_control **ret);
struct cfg_control *cfg_control_free(struct cfg_control *cfg);

/* ---- lists ---- */
/* Appends a copy. 0 or -ENOMEM. */
int  cfg_list_add(struct cfg_list *l, const char *s);
bool cfg_list_has(const struct cfg_list *l, const char *s);
void cfg_list_fini(struct cfg_list *l);
