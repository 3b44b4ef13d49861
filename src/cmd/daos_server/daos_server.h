/*
 * The daos_server program: what its command files share.
 */
#pragma once

#include "cli/cli.h"
#include "config/config.h"

/* Options before any command. */
struct ds_globals {
	bool allow_proxy;
	bool debug;
	bool json;
	bool json_logging;
	bool syslog;
};

/* First member of the struct of every command that reads the configuration. */
struct ds_config_args {
	const char *config; /* -o */
	bool        ignore_config;
};

/* cli_command.data of a command. */
enum ds_flags {
	DS_JSON = 1, /* prints JSON with -j */
};

/* Their rows; ds_config_args is the first member. */
#define DS_OPTION_CONFIG                                                                           \
	{                                                                                          \
		.short_name = 'o', .long_name = "config", .type = CLI_STRING,                      \
		.offset = offsetof(struct ds_config_args, config),                                 \
		.help = "server configuration file", .value_name = "PATH"                          \
	}
#define DS_OPTION_IGNORE_CONFIG                                                                    \
	{                                                                                          \
		.long_name = "ignore-config", .type = CLI_BOOL,                                    \
		.offset = offsetof(struct ds_config_args, ignore_config),                          \
		.help   = "run without a configuration file"                                       \
	}

/*
 * Finds and loads the configuration, prints the line that says so, and logs its notices. -EINVAL
 * and the like with *e.
 */
int ds_load_config(const struct ds_config_args *args, struct cfg_server **ret, struct cli_error *e);
/* From a fault, plain ones with their resolution as a line of its own. Returns err. */
int ds_error_from_fault(struct cli_error *e, int err, const struct fault *f);

/* A number an option may give; unset when it was not. */
struct ds_opt_u16 {
	bool     set;
	uint16_t value;
};

struct ds_start_args {
	struct ds_config_args config;
	struct ds_opt_u16     port;
	struct ds_opt_u16     targets;
	struct ds_opt_u16     helpers;
	struct ds_opt_u16     first_core;
	const char           *storage;
	const char           *modules;
	const char           *group;
	const char           *socket_dir;
	bool                  insecure;
	bool                  auto_format;
};

struct ds_config_check_args {
	struct ds_config_args config;
};

struct ds_ms_status_args {
	struct ds_config_args config;
};

/* Commands: one file a group. */
extern const struct cli_option ds_start_options[];
extern const struct cli_option ds_config_options[]; /* -o and --ignore-config alone */
int                            ds_start(struct cli_call *call, void *args, struct cli_error *e);
int ds_config_check(struct cli_call *call, void *args, struct cli_error *e);
int ds_ms_status(struct cli_call *call, void *args, struct cli_error *e);
int ds_version(struct cli_call *call, void *args, struct cli_error *e);
