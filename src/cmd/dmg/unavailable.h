/*
 * Options and words of the commands that this build only knows by name. Values are accepted and not
 * looked at. Included by commands.c alone.
 */
#pragma once

#include "dmg.h"

#define FLAG(short_, long_, help_)                                                                 \
	{                                                                                          \
		short_, long_, CLI_BOOL, offsetof(struct dmg_unavailable_args, flag),              \
		    .help = help_                                                                  \
	}
#define VALUE(short_, long_, help_)                                                                \
	{                                                                                          \
		short_, long_, CLI_STRING, offsetof(struct dmg_unavailable_args, value),           \
		    .help = help_                                                                  \
	}
#define NEEDED(short_, long_, help_)                                                               \
	{                                                                                          \
		short_, long_, CLI_STRING, offsetof(struct dmg_unavailable_args, value),           \
		    .help = help_, .required = true                                                \
	}
#define OPTIONS(name_, ...) static const struct cli_option name_[] = {__VA_ARGS__, CLI_OPTIONS_END}

#define WORD(name_, required_)                                                                     \
	{                                                                                          \
		.name = name_, .offset = offsetof(struct dmg_unavailable_args, value),             \
		.required = required_                                                              \
	}
#define REST(name_)                                                                                \
	{                                                                                          \
		.name = name_, .offset = offsetof(struct dmg_unavailable_args, rest), .rest = true \
	}
#define WORDS(name_, ...) static const struct cli_word name_[] = {__VA_ARGS__, {0}}

#define HOSTS    VALUE('l', "host-list", "Hosts to ask instead of the configured ones")
#define ONE_HOST NEEDED('l', "host", "Host to ask")
#define VERBOSE  FLAG('v', "verbose", "Show more")
#define FORCE    FLAG('f', "force", "Do it in any case")
#define RANKS    VALUE('r', "ranks", "Ranks to work on")

OPTIONS(later_hosts, HOSTS);
OPTIONS(later_verbose, VERBOSE);
OPTIONS(later_force, FORCE);
OPTIONS(later_smd_pools, HOSTS, VALUE('r', "rank", "Only this rank"),
	VALUE('u', "uuid", "Only this pool"), VERBOSE);
OPTIONS(later_smd_devices, HOSTS, VALUE('r', "rank", "Only this rank"),
	FLAG('b', "health", "Show health figures"), VALUE('u', "uuid", "Only this device"),
	FLAG('e', "show-evicted", "Only evicted devices"));
OPTIONS(later_usage, HOSTS, FLAG('u', "show-usable", "Show what pools could use"),
	VALUE(0, "mem-ratio", "Memory share of pool metadata"));
OPTIONS(later_rebind, HOSTS, NEEDED('a', "pci-address", "Address of the device"));
OPTIONS(later_add_device, HOSTS, NEEDED('a', "pci-address", "Address of the device"),
	NEEDED('e', "engine-index", "Engine that gets it"),
	VALUE('t', "tier-index", "Storage tier of the engine"));
OPTIONS(later_set_faulty, ONE_HOST, NEEDED('u', "uuid", "The device"), FORCE);
OPTIONS(later_replace, ONE_HOST, NEEDED(0, "old-uuid", "The device that went"),
	NEEDED(0, "new-uuid", "The device in its place"));
OPTIONS(later_identify, HOSTS, VALUE(0, "timeout", "Minutes"), FLAG(0, "reset", "Stop blinking"));
OPTIONS(later_generate, HOSTS, VALUE('r', "ms-replicas", "Hosts of the management service"),
	VALUE('a', "access-points", "Same as --ms-replicas (deprecated)"),
	VALUE('e', "num-engines", "Engines a host"), FLAG('s', "scm-only", "Without NVMe"),
	VALUE('c', "net-class", "ethernet or infiniband"),
	VALUE('p', "net-provider", "Fabric provider"), FLAG('t', "use-tmpfs-scm", "SCM in memory"),
	VALUE('m', "control-metadata-path", "Directory of control metadata"),
	VALUE('f', "fabric-ports", "Fabric ports of the engines"));
OPTIONS(later_network, HOSTS, VALUE('p', "provider", "Only this provider"));
OPTIONS(later_collect, HOSTS, FLAG('s', "stop-on-error", "Stop at the first error"),
	VALUE('t', "target-folder", "Where logs go"), FLAG('z', "archive", "Pack the result"),
	VALUE('c', "extra-logs-dir", "Further logs"), VALUE('D', "start-date", "From this day"),
	VALUE('F', "end-date", "To this day"), VALUE('S', "log-start-time", "From this time"),
	VALUE('E', "log-end-time", "To this time"),
	VALUE('T', "transfer-args", "For the program that copies"),
	VALUE('e', "log-type", "admin, control, server"));
OPTIONS(later_pool_create, VALUE('g', "group", "Owning group"), VALUE('u', "user", "Owning user"),
	VALUE('P', "properties", "Properties"), VALUE('a', "acl-file", "Access control list"),
	VALUE('z', "size", "Total size or share of all storage"),
	VALUE('t', "tier-ratio", "Shares of the tiers"), VALUE('k', "nranks", "Number of ranks"),
	VALUE('v', "nsvc", "Replicas of the pool service"), VALUE('s', "scm-size", "SCM an engine"),
	VALUE('n', "nvme-size", "NVMe an engine"), VALUE(0, "meta-size", "Metadata an engine"),
	VALUE(0, "data-size", "Data an engine"), VALUE(0, "mem-ratio", "Memory share of metadata"),
	VALUE('r', "ranks", "Ranks of the pool"));
OPTIONS(later_pool_destroy, FLAG('r', "recursive", "With its containers"), FORCE);
OPTIONS(later_pool_ranks, NEEDED(0, "ranks", "The ranks"));
OPTIONS(later_pool_targets, NEEDED(0, "ranks", "The ranks"),
	VALUE(0, "target-idx", "Targets of each rank"));
OPTIONS(later_pool_exclude, NEEDED(0, "ranks", "The ranks"), FORCE,
	VALUE(0, "target-idx", "Targets of each rank"));
OPTIONS(later_pool_query, FLAG('t', "health-only", "Only health"),
	FLAG('e', "show-enabled", "Show enabled ranks"),
	FLAG(0, "no-self-heal-check", "Without the self_heal property"));
OPTIONS(later_query_targets, NEEDED(0, "rank", "The rank"),
	VALUE(0, "target-idx", "Only these targets"));
OPTIONS(later_get_acl, VALUE('O', "outfile", "Write to this file"), FORCE, VERBOSE);
OPTIONS(later_overwrite_acl, NEEDED('a', "acl-file", "The new list"));
OPTIONS(later_update_acl, VALUE('a', "acl-file", "Entries"), VALUE('e', "entry", "One entry"));
OPTIONS(later_delete_acl, NEEDED('p', "principal", "Whose entry"));
OPTIONS(later_set_owner, VALUE('g', "group", "New group"), VALUE('u', "user", "New user"));
OPTIONS(later_telemetry_config, NEEDED('i', "install-dir", "Where the collector goes"),
	VALUE('s', "system", "Which collector"));
OPTIONS(later_metrics, ONE_HOST, VALUE('p', "port", "Port of the metrics"));
OPTIONS(later_metrics_query, ONE_HOST, VALUE('p', "port", "Port of the metrics"),
	VALUE('m', "metrics", "Only these"));
OPTIONS(later_check_start, FLAG('n', "dry-run", "Change nothing"),
	FLAG('r', "reset", "Forget earlier findings"),
	VALUE('f', "failout", "on or off: stop at a failure"),
	VALUE('a', "auto", "on or off: repair by itself"),
	FLAG('O', "find-orphans", "Look for orphaned pools"),
	VALUE('p', "policies", "CLASS:ACTION[,...]"));
OPTIONS(later_check_set, FLAG('d', "reset-defaults", "All to their defaults"),
	FLAG('a', "all-interactive", "All to interactive"));
OPTIONS(later_check_get, FLAG('L', "last", "Those of the last check"));

OPTIONS(later_firmware_query, HOSTS, VALUE('t', "type", "nvme, scm or all"),
	VALUE('d', "devices", "Only these devices"), VALUE('m', "model", "Only this model"),
	VALUE('f', "fwrev", "Only this revision"), VERBOSE);
OPTIONS(later_firmware_update, HOSTS, NEEDED('t', "type", "nvme or scm"),
	NEEDED('p', "path", "The firmware file"), VALUE('d', "devices", "Only these devices"),
	VALUE('m', "model", "Only this model"), VALUE('f', "fwrev", "Only this revision"), VERBOSE);

WORDS(later_ids_word, WORD("ids", false));
WORDS(later_label_word, WORD("<pool label>", true));
WORDS(later_pool_word, WORD("<pool label or UUID>", true));
WORDS(later_pool_set_prop_words, WORD("<pool label or UUID>", true),
      WORD("<key:val[,key:val1[;val2...]...]>", true));
WORDS(later_pool_get_prop_words, WORD("<pool label or UUID>", true), WORD("[key[,key...]]", false));
WORDS(later_container_words, WORD("<pool label or UUID>", true),
      WORD("<container label or UUID>", true));
WORDS(later_pools_word, REST("pool name or UUID"));
WORDS(later_policies_word, WORD("CLASS:ACTION[,...]", false));
WORDS(later_classes_word, WORD("CLASS[,...]", false));
WORDS(later_repair_words, WORD("[seq-num]", true), WORD("[action]", true));
