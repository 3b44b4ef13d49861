/*
 * The command tree of dmg 2.8. Rows whose run is dmg_unavailable() are known with their options, so
 * that help and refusals are right, but this build cannot carry them out.
 */
#include "dmg.h"

#include "unavailable.h"

static const struct dmg_traits local_only = {.local = true};
static const struct dmg_traits with_hosts = {.hosts = true};

/* ---- options of the commands that are there ---- */

#define HOST_LIST(type)                                                                            \
	{                                                                                          \
		'l', "host-list", CLI_CUSTOM, offsetof(type, hosts),                               \
		    .kind = "host set", .parse = dmg_parse_hosts,                                  \
		    .help = "Hosts to ask instead of the configured ones"                          \
	}

static const struct cli_option logmasks_options[] = {
    HOST_LIST(struct dmg_logmasks_args),
    {'m', "masks", CLI_STRING, offsetof(struct dmg_logmasks_args, masks),
     .help = "Log levels, [FACILITY=]LEVEL[,...] with FATAL, CRIT, ERR, WARN, NOTE, INFO or DEBUG; "
	     "without this "
	     "option the engines go back to the log_mask of the server configuration"},
    {'d', "streams", CLI_STRING, offsetof(struct dmg_logmasks_args, streams),
     .help = "Debug streams, separated by commas; empty: all; without this option back to the "
	     "server configuration"},
    {'s', "subsystems", CLI_STRING, offsetof(struct dmg_logmasks_args, subsystems),
     .help = "Facilities that log, separated by commas; empty: all; without this option back to "
	     "the server "
	     "configuration"},
    CLI_OPTIONS_END,
};

static const struct cli_option scan_options[] = {
    HOST_LIST(struct dmg_scan_args),
    {'v', "verbose", CLI_BOOL, offsetof(struct dmg_scan_args, verbose), .help = "Show each device"},
    {'n', "nvme-health", CLI_BOOL, offsetof(struct dmg_scan_args, health),
     .help = "Show health figures of NVMe devices"},
    CLI_OPTIONS_END,
};

static const struct cli_option format_options[] = {
    HOST_LIST(struct dmg_format_args),
    {'v', "verbose", CLI_BOOL, offsetof(struct dmg_format_args, verbose),
     .help = "Show the result of each device"},
    {0, "force", CLI_BOOL, offsetof(struct dmg_format_args, force),
     .help = "Format over existing storage and stop running engines first (destroys data)"},
    {0, "replace", CLI_BOOL, offsetof(struct dmg_format_args, replace),
     .help = "Let the engine take over the rank it had before its metadata was lost; needs one "
	     "host in -l"},
    CLI_OPTIONS_END,
};

#define RANKS_OPTION                                                                               \
	{                                                                                          \
		'r', "ranks", CLI_CUSTOM, offsetof(struct dmg_system_args, ranks),                 \
		    .kind = "rank set", .parse = dmg_parse_ranks,                                  \
		    .help = "Ranks to work on, as in 0-3,7"                                        \
	}
#define RANK_HOSTS_OPTION                                                                          \
	{                                                                                          \
		0, "rank-hosts", CLI_CUSTOM, offsetof(struct dmg_system_args, rank_hosts),         \
		    .kind = "host set", .parse = dmg_parse_hosts,                                  \
		    .help = "Hosts whose ranks to work on"                                         \
	}
#define IGNORE_OPTION                                                                              \
	{                                                                                          \
		0, "ignore-admin-excluded", CLI_BOOL,                                              \
		    offsetof(struct dmg_system_args, ignore_admin_excluded),                       \
		    .help = "Leave out asked-for ranks that an administrator excluded, instead "   \
			    "of failing"                                                           \
	}

static const struct cli_option query_options[] = {
    RANKS_OPTION,
    RANK_HOSTS_OPTION,
    {'v', "verbose", CLI_BOOL, offsetof(struct dmg_system_args, verbose),
     .help = "Show each member"},
    {0, "not-ok", CLI_BOOL, offsetof(struct dmg_system_args, not_ok),
     .help = "Show only members that are not joined"},
    {0, "with-states", CLI_CUSTOM, offsetof(struct dmg_system_args, states),
     .kind = "member states", .parse = dmg_parse_states,
     .help = "Show only members in one of these states, separated by commas"},
    CLI_OPTIONS_END,
};

static const struct cli_option stop_options[] = {
    RANKS_OPTION,
    RANK_HOSTS_OPTION,
    IGNORE_OPTION,
    {0, "force", CLI_BOOL, offsetof(struct dmg_system_args, force), .help = "Kill the engines"},
    {0, "full", CLI_BOOL, offsetof(struct dmg_system_args, full),
     .help = "Let all engines of the system shut down by themselves", .hidden = true},
    CLI_OPTIONS_END,
};

static const struct cli_option start_options[] = {
    RANKS_OPTION,
    RANK_HOSTS_OPTION,
    IGNORE_OPTION,
    CLI_OPTIONS_END,
};

static const struct cli_option ranks_options[] = {RANKS_OPTION, RANK_HOSTS_OPTION, CLI_OPTIONS_END};

#define FLAG_OPTION(type_, letter_, name_, member_, help_)                                         \
	{                                                                                          \
		letter_, name_, CLI_BOOL, offsetof(type_, member_), .help = help_                  \
	}

static const struct cli_option pool_list_options[] = {
    FLAG_OPTION(struct dmg_pool_list_args, 'v', "verbose", verbose, "Show more"),
    FLAG_OPTION(struct dmg_pool_list_args, 'n', "no-query", no_query, "Without asking the pools"),
    FLAG_OPTION(struct dmg_pool_list_args, 'r', "rebuild-only", rebuild_only,
		"Only pools being rebuilt"),
    CLI_OPTIONS_END,
};

static const struct cli_option rebuild_start_options[] = {
    FLAG_OPTION(struct dmg_rebuild_args, 'v', "verbose", verbose, "Show which pools"),
    CLI_OPTIONS_END,
};

static const struct cli_option rebuild_stop_options[] = {
    FLAG_OPTION(struct dmg_rebuild_args, 'v', "verbose", verbose, "Show which pools"),
    FLAG_OPTION(struct dmg_rebuild_args, 'f', "force", force, "Stop in any case"),
    CLI_OPTIONS_END,
};

static const struct cli_option cleanup_options[] = {
    FLAG_OPTION(struct dmg_cleanup_args, 'v', "verbose", verbose, "Show what was released"),
    CLI_OPTIONS_END,
};

static const struct cli_word machine_word[] = {
    {.name     = "machine to cleanup",
     .offset   = offsetof(struct dmg_cleanup_args, machine),
     .required = true},
    {0},
};

static const struct cli_option leader_options[] = {
    {'N', "down-replicas", CLI_BOOL, offsetof(struct dmg_leader_args, down),
     .help = "Show only replicas that are down"},
    CLI_OPTIONS_END,
};

static const struct cli_option manpage_options[] = {
    {'o', "output", CLI_STRING, offsetof(struct dmg_manpage_args, output),
     .help = "File to write, else it is printed"},
    CLI_OPTIONS_END,
};

/* Commands that take one list. */
#define LIST_WORD(name_, text_, required_)                                                         \
	static const struct cli_word name_[] = {{.name     = text_,                                \
						 .offset   = offsetof(struct dmg_list_args, list), \
						 .required = required_},                           \
						{0}}
LIST_WORD(set_attr_word, "system attributes to set (key:val[,key:val...])", true);
LIST_WORD(get_attr_word, "system attributes to get (key[,key...])", false);
LIST_WORD(del_attr_word, "system attributes to delete (key[,key...])", true);
LIST_WORD(set_prop_word, "system properties to set (key:val[,key:val...])", true);
LIST_WORD(get_prop_word, "system properties to get (key[,key...])", false);

/* ---- the tree ---- */

#define GROUP(path_, aliases_, help_)                                                              \
	{                                                                                          \
		.path = path_, .aliases = aliases_, .help = help_                                  \
	}
#define COMMAND(path_, aliases_, help_, options_, type_, run_, data_)                              \
	{                                                                                          \
		.path = path_, .aliases = aliases_, .help = help_, .options = options_,            \
		.args_size = sizeof(type_), .run = run_, .data = data_                             \
	}
#define LIST_COMMAND(path_, help_, words_, run_)                                                   \
	{                                                                                          \
		.path = path_, .help = help_, .words = words_,                                     \
		.args_size = sizeof(struct dmg_list_args), .run = run_                             \
	}
#define LATER(path_, aliases_, help_, options_, words_)                                            \
	{                                                                                          \
		.path = path_, .aliases = aliases_, .help = help_, .options = options_,            \
		.words = words_, .args_size = sizeof(struct dmg_unavailable_args),                 \
		.run = dmg_unavailable, .data = &local_only                                        \
	}

const struct cli_command dmg_commands[] = {
    GROUP("server", "srv", "Servers"),
    COMMAND("server set-logmasks", "slm", "Set log masks of running engines", logmasks_options,
	    struct dmg_logmasks_args, dmg_server_set_logmasks, &with_hosts),

    GROUP("storage", "sto", "Storage of servers"),
    COMMAND("storage scan", NULL, "Show storage devices", scan_options, struct dmg_scan_args,
	    dmg_storage_scan, &with_hosts),
    COMMAND("storage format", NULL, "Format storage for use by engines", format_options,
	    struct dmg_format_args, dmg_storage_format, &with_hosts),
    GROUP("storage query", NULL, "Ask about storage in use"),
    LATER("storage query list-pools", NULL, "List pools with NVMe storage", later_smd_pools, NULL),
    LATER("storage query list-devices", NULL, "List NVMe devices of engines", later_smd_devices,
	  NULL),
    LATER("storage query usage", NULL, "Show space in use", later_usage, NULL),
    LATER("storage nvme-rebind", NULL, "Bind an NVMe device to the user-space driver", later_rebind,
	  NULL),
    LATER("storage nvme-add-device", NULL, "Add an NVMe device to an engine", later_add_device,
	  NULL),
    GROUP("storage set", NULL, "Change the state of a device"),
    LATER("storage set nvme-faulty", NULL, "Mark an NVMe device as faulty", later_set_faulty, NULL),
    GROUP("storage replace", NULL, "Replace a device"),
    LATER("storage replace nvme", NULL, "Replace an evicted NVMe device", later_replace, NULL),
    GROUP("storage led", NULL, "Status LED of devices"),
    LATER("storage led check", NULL, "Show the state of LEDs", later_hosts, later_ids_word),
    LATER("storage led identify", NULL, "Let LEDs blink", later_identify, later_ids_word),

    GROUP("config", "cfg", "Server configuration"),
    LATER("config generate", "gen", "Make a server configuration from the hardware found",
	  later_generate, NULL),

    GROUP("system", "sys", "The DAOS system as a whole"),
    COMMAND("system leader-query", NULL, "Show the leader of the management service",
	    leader_options, struct dmg_leader_args, dmg_system_leader_query, NULL),
    COMMAND("system query", NULL, "Show members and their states", query_options,
	    struct dmg_system_args, dmg_system_query, NULL),
    COMMAND("system stop", NULL, "Stop engines", stop_options, struct dmg_system_args,
	    dmg_system_stop, NULL),
    COMMAND("system start", NULL, "Start stopped engines", start_options, struct dmg_system_args,
	    dmg_system_start, NULL),
    COMMAND("system exclude", NULL, "Exclude ranks until the exclusion is taken back",
	    ranks_options, struct dmg_system_args, dmg_system_exclude, NULL),
    COMMAND("system clear-exclude", NULL, "Take back the exclusion of ranks", ranks_options,
	    struct dmg_system_args, dmg_system_clear_exclude, NULL),
    COMMAND("system drain", NULL, "Drain ranks from all pools", ranks_options,
	    struct dmg_system_args, dmg_system_drain, NULL),
    COMMAND("system reintegrate", "reint", "Take ranks back into all pools", ranks_options,
	    struct dmg_system_args, dmg_system_reintegrate, NULL),
    {.path = "system erase",
     .help = "Erase the system's metadata before a new format (destroys data)",
     .run  = dmg_system_erase},
    COMMAND("system list-pools", NULL, "List pools", pool_list_options, struct dmg_pool_list_args,
	    dmg_pool_list, NULL),
    {.path      = "system cleanup",
     .help      = "Release what a machine holds",
     .options   = cleanup_options,
     .words     = machine_word,
     .args_size = sizeof(struct dmg_cleanup_args),
     .run       = dmg_system_cleanup},
    LIST_COMMAND("system set-attr", "Set system attributes", set_attr_word, dmg_system_set_attr),
    LIST_COMMAND("system get-attr", "Show system attributes", get_attr_word, dmg_system_get_attr),
    LIST_COMMAND("system del-attr", "Delete system attributes", del_attr_word, dmg_system_del_attr),
    LIST_COMMAND("system set-prop", "Set system properties", set_prop_word, dmg_system_set_prop),
    LIST_COMMAND("system get-prop", "Show system properties", get_prop_word, dmg_system_get_prop),
    GROUP("system rebuild", NULL, "Rebuild of all pools"),
    COMMAND("system rebuild start", NULL, "Start the rebuild of pools", rebuild_start_options,
	    struct dmg_rebuild_args, dmg_system_rebuild_start, NULL),
    COMMAND("system rebuild stop", NULL, "Stop the rebuild of pools", rebuild_stop_options,
	    struct dmg_rebuild_args, dmg_system_rebuild_stop, NULL),
    GROUP("system self-heal", NULL, "Automatic recovery"),
    {.path = "system self-heal eval",
     .help = "Apply the self_heal policy now",
     .run  = dmg_system_self_heal},

    GROUP("network", "net", "Network of servers"),
    LATER("network scan", NULL, "Show network interfaces", later_network, NULL),

    GROUP("support", "supp", "Help for support"),
    LATER("support collect-log", NULL, "Collect logs of servers", later_collect, NULL),

    GROUP("pool", NULL, "Pools"),
    LATER("pool create", NULL, "Create a pool", later_pool_create, later_label_word),
    LATER("pool destroy", NULL, "Destroy a pool", later_pool_destroy, later_pool_word),
    LATER("pool evict", NULL, "Close all connections to a pool", NULL, later_pool_word),
    COMMAND("pool list", "ls", "List pools", pool_list_options, struct dmg_pool_list_args,
	    dmg_pool_list, NULL),
    LATER("pool extend", NULL, "Extend a pool to further ranks", later_pool_ranks, later_pool_word),
    LATER("pool exclude", NULL, "Exclude targets from a pool", later_pool_exclude, later_pool_word),
    LATER("pool drain", NULL, "Drain targets of a pool", later_pool_targets, later_pool_word),
    LATER("pool reintegrate", "reint", "Take targets back into a pool", later_pool_targets,
	  later_pool_word),
    LATER("pool query", NULL, "Show the state of a pool", later_pool_query, later_pool_word),
    LATER("pool query-targets", NULL, "Show targets of a pool", later_query_targets,
	  later_pool_word),
    LATER("pool get-acl", NULL, "Show the access control list", later_get_acl, later_pool_word),
    LATER("pool overwrite-acl", NULL, "Replace the access control list", later_overwrite_acl,
	  later_pool_word),
    LATER("pool update-acl", NULL, "Change entries of the access control list", later_update_acl,
	  later_pool_word),
    LATER("pool delete-acl", NULL, "Delete an entry of the access control list", later_delete_acl,
	  later_pool_word),
    LATER("pool set-prop", NULL, "Set properties", NULL, later_pool_set_prop_words),
    LATER("pool get-prop", NULL, "Show properties", NULL, later_pool_get_prop_words),
    LATER("pool upgrade", NULL, "Upgrade a pool to the newest layout", NULL, later_pool_word),
    GROUP("pool rebuild", NULL, "Rebuild of a pool"),
    LATER("pool rebuild start", NULL, "Start the rebuild", NULL, later_pool_word),
    LATER("pool rebuild stop", NULL, "Stop the rebuild", later_force, later_pool_word),

    GROUP("container", "cont", "Containers"),
    LATER("container set-owner", NULL, "Change the owner of a container", later_set_owner,
	  later_container_words),

    COMMAND("version", NULL, "Print the version of dmg", NULL, char, dmg_version, &local_only),
    COMMAND("server-version", NULL, "Print the version of the servers", NULL, char,
	    dmg_server_version, NULL),

    GROUP("telemetry", "telem", "Metrics of engines"),
    LATER("telemetry config", NULL, "Set up a collector of metrics", later_telemetry_config, NULL),
    GROUP("telemetry metrics", NULL, "Metrics"),
    LATER("telemetry metrics list", NULL, "List metrics", later_metrics, NULL),
    LATER("telemetry metrics query", NULL, "Show values of metrics", later_metrics_query, NULL),

    GROUP("check", NULL, "Consistency check of the system"),
    LATER("check enable", NULL, "Turn the checker on", NULL, NULL),
    LATER("check disable", NULL, "Turn the checker off", NULL, NULL),
    LATER("check start", NULL, "Start a check", later_check_start, later_pools_word),
    LATER("check stop", NULL, "Stop a check", NULL, later_pools_word),
    LATER("check query", NULL, "Show findings", later_verbose, later_pools_word),
    LATER("check set-policy", NULL, "Set what is done about findings", later_check_set,
	  later_policies_word),
    LATER("check get-policy", NULL, "Show what is done about findings", later_check_get,
	  later_classes_word),
    LATER("check repair", NULL, "Repair a finding", NULL, later_repair_words),

    {.path      = "manpage",
     .help      = "Write the manual page",
     .options   = manpage_options,
     .args_size = sizeof(struct dmg_manpage_args),
     .run       = dmg_manpage,
     .data      = &local_only,
     .hidden    = true},
    {.path = "firmware", .help = "Firmware of storage devices", .hidden = true},
    LATER("firmware query", NULL, "Show firmware versions", later_firmware_query, NULL),
    LATER("firmware update", NULL, "Update firmware", later_firmware_update, NULL),
};

const size_t dmg_n_commands = ARRAY_SIZE(dmg_commands);
