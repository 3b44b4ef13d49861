/*
 * dmg: what its command files share.
 */
#pragma once

#include <daos_control/storage.h>
#include <daos_control/system.h>

#include "cli/cli.h"
#include "cli/json.h"

/* What a command needs before it runs; `data` of its row. */
struct dmg_traits {
	bool local; /* neither configuration nor certificates */
	bool hosts; /* takes -l; its struct begins with `const char *hosts` */
};

/* Options of all commands. */
struct dmg_globals {
	bool        allow_proxy; /* accepted: this program looks at no proxy variable */
	bool        insecure, debug, json, json_logging;
	const char *log_file, *config_path, *hosts;
};

extern const struct cli_command dmg_commands[];
extern const size_t             dmg_n_commands;

/* The control context of a call. */
struct daosctl;
struct daosctl *dmg_control(const struct cli_call *call);
/* From an error of the control library. Returns r. */
int dmg_error(struct cli_error *e, int r, const struct daosctl_error *from);
/* Error `--KEY may not be mixed with --OTHER`. */
int dmg_incompatible(struct cli_error *e, const char *key, const char *other);

/* ---- option values, for CLI_CUSTOM: checked and kept as text ---- */
int dmg_parse_ranks(const char *value, void *target, struct strbuf *why);
int dmg_parse_hosts(const char *value, void *target, struct strbuf *why);

/* ---- output by host ---- */
/* Host set without ports. */
char *dmg_without_ports(const char *hosts);
/* Error block of hosts as one message on stderr; nothing when none failed. */
void dmg_print_host_errors(const struct daosctl_host_errors *errors);
/* `N hosts had errors`, or 0. */
int dmg_host_errors(struct cli_error *e, const struct daosctl_host_errors *errors);
/* "1 host", "2 hosts" */
void dmg_add_count(struct strbuf *out, size_t n, const char *one);

/* ---- storage ---- */
/* `data,meta`, or `NA`. */
void dmg_role_text(uint32_t roles, char *buf, size_t size);
void dmg_json_storage_resp(struct cli_json *j, const void *data);
void dmg_print_scan(const struct daosctl_storage_resp *r, struct strbuf *out);
void dmg_print_scan_verbose(const struct daosctl_storage_resp *r, struct strbuf *out);
void dmg_print_health(const struct daosctl_storage_resp *r, struct strbuf *out);
void dmg_print_format(const struct daosctl_storage_resp *r, struct strbuf *out);
void dmg_print_format_verbose(const struct daosctl_storage_resp *r, struct strbuf *out);

/* ---- commands ---- */
int dmg_version(struct cli_call *call, void *args, struct cli_error *e);
int dmg_server_version(struct cli_call *call, void *args, struct cli_error *e);
int dmg_server_set_logmasks(struct cli_call *call, void *args, struct cli_error *e);
int dmg_storage_scan(struct cli_call *call, void *args, struct cli_error *e);
int dmg_storage_format(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_query(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_leader_query(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_stop(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_start(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_set_attr(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_get_attr(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_del_attr(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_set_prop(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_get_prop(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_exclude(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_clear_exclude(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_erase(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_drain(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_reintegrate(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_rebuild_start(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_rebuild_stop(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_cleanup(struct cli_call *call, void *args, struct cli_error *e);
int dmg_system_self_heal(struct cli_call *call, void *args, struct cli_error *e);
int dmg_pool_list(struct cli_call *call, void *args, struct cli_error *e);
int dmg_manpage(struct cli_call *call, void *args, struct cli_error *e);
/* Every command of dmg 2.8 that this build does not have. */
int dmg_unavailable(struct cli_call *call, void *args, struct cli_error *e);

struct dmg_logmasks_args {
	const char *hosts;
	const char *masks, *streams, *subsystems;
};

struct dmg_scan_args {
	const char *hosts;
	bool        verbose, health;
};

struct dmg_format_args {
	const char *hosts;
	bool        verbose, force, replace;
};

struct dmg_leader_args {
	bool down;
};

/* query, stop and start, exclude */
struct dmg_system_args {
	const char *ranks, *rank_hosts;
	uint32_t    states;
	bool        verbose, not_ok, force, full, ignore_admin_excluded;
};
/* Refuses ranks and hosts together. */
int dmg_check_filter(const struct dmg_system_args *a, struct cli_error *e);
struct daosctl_rank_filter dmg_filter(const struct dmg_system_args *a);
/* `{"Results": [...]}` of struct daosctl_rank_results. */
void dmg_json_rank_results(struct cli_json *j, const void *data);
int dmg_parse_states(const char *value, void *target, struct strbuf *why);

/* attributes and properties: pairs or keys, NULL when not given */
struct dmg_list_args {
	const char *list;
};

struct dmg_pool_list_args {
	bool verbose, no_query, rebuild_only;
};

struct dmg_rebuild_args {
	bool verbose, force;
};

struct dmg_cleanup_args {
	bool        verbose;
	const char *machine;
};

struct dmg_manpage_args {
	const char *output;
};

/* Commands that are not there yet: values are accepted and not looked at. */
struct dmg_unavailable_args {
	bool             flag;
	const char      *value;
	struct cli_words rest;
};
