/*
 * daos_server: the table of its commands and what happens before each (cli-daos-server.md §1).
 * Upstream's check for its setuid helper has no counterpart: this server has no such helper,
 * operations that need privileges say so themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "daos_server.h"

static const struct cli_option globals[] = {
    {.long_name = "allow-proxy",
     .type      = CLI_BOOL,
     .offset    = offsetof(struct ds_globals, allow_proxy),
     .help      = "keep proxy variables of the environment"},
    {.short_name = 'b',
     .long_name  = "debug",
     .type       = CLI_BOOL,
     .offset     = offsetof(struct ds_globals, debug),
     .help       = "log everything"},
    {.short_name = 'j',
     .long_name  = "json",
     .type       = CLI_BOOL,
     .offset     = offsetof(struct ds_globals, json),
     .help       = "print JSON"},
    {.short_name = 'J',
     .long_name  = "json-logging",
     .type       = CLI_BOOL,
     .offset     = offsetof(struct ds_globals, json_logging),
     .help       = "log lines as JSON objects"},
    {.long_name = "syslog",
     .type      = CLI_BOOL,
     .offset    = offsetof(struct ds_globals, syslog),
     .help      = "send log lines to the system log as well"},
    CLI_OPTIONS_END,
};

static const enum ds_flags with_json = DS_JSON;

static const struct cli_command commands[] = {
    {.path      = "start",
     .help      = "start the server",
     .options   = ds_start_options,
     .args_size = sizeof(struct ds_start_args),
     .run       = ds_start},
    {.path = "config", .aliases = "cfg", .help = "work with configuration files"},
    {.path      = "config check",
     .help      = "report every problem of a configuration file",
     .options   = ds_config_options,
     .args_size = sizeof(struct ds_config_check_args),
     .run       = ds_config_check},
    {.path = "ms", .help = "work with the database of the management service"},
    {.path      = "ms status",
     .help      = "show the state of the local database",
     .options   = ds_config_options,
     .args_size = sizeof(struct ds_ms_status_args),
     .run       = ds_ms_status},
    {.path = "version", .help = "print the version", .run = ds_version, .data = &with_json},
};

static void
scrub_proxies(bool keep)
{
	static const char *const names[] = {"http_proxy",  "https_proxy", "HTTP_PROXY",
					    "HTTPS_PROXY", "all_proxy",   "ALL_PROXY"};
	const char              *off     = getenv("DAOS_DISABLE_PROXY_SCRUB");

	if (keep || (off != NULL &&
		     (str_eq(off, "1") || str_eq_nocase(off, "true") || str_eq_nocase(off, "t"))))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unsetenv(names[i]); /* fails for no valid name */
}

static int
set_up(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct ds_globals *g    = call->globals;
	struct log_opts          opts = {
		     .level      = g->debug ? LOG_LEVEL_TRACE : LOG_LEVEL_INFO,
		     .terminal   = true,
		     .quiet_info = g->json,
		     .json       = g->json_logging,
		     .syslog     = g->syslog,
        };
	int r;

	if (call->extra.n > 0) {
		struct strbuf b = STRBUF_INIT;

		for (size_t i = 0; i < call->extra.n; i++)
			strbuf_addf(&b, "%s%s", i == 0 ? "" : " ", call->extra.v[i]);
		r = cli_error_set(e, -EINVAL, "unexpected commandline arguments: [%s]",
				  strbuf_str(&b));
		strbuf_fini(&b);
		return r;
	}
	if (g->json && call->command->data == NULL)
		return cli_error_set(e, -ENOTSUP, "this subcommand does not support JSON output");
	scrub_proxies(g->allow_proxy);
	r = log_configure(&opts);
	return r < 0 ? cli_error_set(e, r, "cannot set up logging: %s", strerror(-r)) : 0;
}

int
main(int argc, char **argv)
{
	static const struct cli_app app = {
	    .name         = "daos_server",
	    .error_prefix = "",
	    .globals      = globals,
	    .globals_size = sizeof(struct ds_globals),
	    .commands     = commands,
	    .n_commands   = ARRAY_SIZE(commands),
	    .json_offset  = offsetof(struct ds_globals, json),
	    .setup        = set_up,
	};

	return cli_main(&app, argc, argv);
}
