/*
 * `daos_server start`: options into the configuration, logging, and the server itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"
#include "common/vec.h"
#include "daos_server.h"
#include "server/server.h"

/* A command line longer than this is not ours. */
#define ARGS_MAX_BYTES (1024 * 1024)

static int
parse_u16(const char *value, void *target, struct strbuf *why)
{
	struct ds_opt_u16 *out = target;
	uint64_t           n;

	if (str_to_u64(value, 10, &n) < 0 || n > UINT16_MAX) {
		strbuf_add(why, "expected a number from 0 to 65535");
		return -EINVAL;
	}
	*out = (struct ds_opt_u16){.set = true, .value = (uint16_t)n};
	return 0;
}

#define NUMBER(letter, name, member, text)                                                         \
	{                                                                                          \
		.short_name = letter, .long_name = name, .type = CLI_CUSTOM,                       \
		.offset = offsetof(struct ds_start_args, member), .help = text, .kind = "number",  \
		.parse = parse_u16                                                                 \
	}
#define STRING(letter, name, member, text)                                                         \
	{                                                                                          \
		.short_name = letter, .long_name = name, .type = CLI_STRING,                       \
		.offset = offsetof(struct ds_start_args, member), .help = text                     \
	}

const struct cli_option ds_start_options[] = {
    DS_OPTION_CONFIG,
    DS_OPTION_IGNORE_CONFIG,
    NUMBER('p', "port", port, "port of the control plane"),
    STRING('s', "storage", storage, "SCM mount of the first engine (deprecated)"),
    STRING('m', "modules", modules, "engine modules to load"),
    NUMBER('t', "targets", targets, "targets of each engine"),
    NUMBER('x', "xshelpernr", helpers, "helper streams of each engine"),
    NUMBER('f', "firstcore", first_core, "first core of each engine"),
    STRING('g', "group", group, "name of the system"),
    STRING('d', "socket_dir", socket_dir, "directory for sockets"),
    {.short_name = 'i',
     .long_name  = "insecure",
     .type       = CLI_BOOL,
     .offset     = offsetof(struct ds_start_args, insecure),
     .help       = "serve without certificates"},
    {.long_name = "auto-format",
     .type      = CLI_BOOL,
     .offset    = offsetof(struct ds_start_args, auto_format),
     .help      = "format unformatted storage without waiting for dmg"},
    CLI_OPTIONS_END,
};

static int
replace(char **field, const char *value)
{
	char *copy;

	if (value == NULL)
		return 0;
	copy = strdup(value);
	if (copy == NULL)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int
override_storage(struct cfg_server *cfg, const char *path, struct cli_error *e)
{
	if (path == NULL)
		return 0;
	log_notice("option --storage is deprecated: set scm_mount in the configuration");
	if (cfg->n_engines == 0)
		return cli_error_set(e, -EINVAL, "--storage needs a configured engine");
	if (cfg->engines[0].n_storage == 0 || !cfg_class_is_scm(cfg->engines[0].storage[0].class))
		return cli_error_set(e, -EINVAL,
				     "--storage needs an SCM tier as the first tier of engine 0");
	return replace(&cfg->engines[0].storage[0].scm_mount, path);
}

static int
override(struct cfg_server *cfg, const struct ds_start_args *a, struct cli_error *e)
{
	int r;

	if (a->port.set && a->port.value != 0)
		cfg->port = a->port.value;
	if (a->insecure)
		cfg->transport_config.allow_insecure = true;
	r = replace(&cfg->name, a->group);
	if (r == 0)
		r = replace(&cfg->socket_dir, a->socket_dir);
	if (r == 0)
		r = override_storage(cfg, a->storage, e);
	for (size_t i = 0; r == 0 && i < cfg->n_engines; i++) {
		struct cfg_engine *g = &cfg->engines[i];

		if (a->targets.set && a->targets.value > 0)
			g->targets = a->targets.value;
		if (a->helpers.set)
			g->nr_xs_helpers = a->helpers.value;
		if (a->first_core.set)
			g->first_core = (struct cfg_opt_int){true, a->first_core.value};
		r = replace(&g->modules, a->modules == NULL ? "" : a->modules);
	}
	return r;
}

static int
set_up_logging(const struct cfg_server *cfg, const struct ds_globals *g, struct cli_error *e)
{
	struct log_opts opts = {
	    .level    = log_get_level(),
	    .terminal = true,
	    .json     = g->json_logging || cfg->control_log_json,
	    .syslog   = g->syslog,
	    .file     = str_empty(cfg->control_log_file) ? NULL : cfg->control_log_file,
	};
	int r;

	for (size_t i = 0; i < cfg->n_engines; i++)
		if (str_empty(cfg->engines[i].log_file))
			log_error(
			    "engine %zu has no log_file: its messages go to its standard output",
			    i);
	/* -b asks for more than any key. INFO and DISABLED leave the level as it is. */
	if (!g->debug && cfg->control_log_mask != LOG_LEVEL_INFO &&
	    cfg->control_log_mask != LOG_LEVEL_DISABLED)
		opts.level = cfg->control_log_mask;
	r = log_configure(&opts);
	if (r < 0)
		return cli_error_set(e, r, "cannot open control_log_file %s: %s",
				     cfg->control_log_file, strerror(-r));
	if (opts.file != NULL)
		log_info("%s logging to file %s", program_invocation_name, opts.file);
	else
		log_info("no control log file specified; logging to stdout");
	return 0;
}

/*
 * Replaces this process by a new one of the same program with the same arguments, pid and environment.
 * Returns only when that fails.
 */
static int
start_over(const char *executable, struct cli_error *e)
{
	_cleanup_(freep) char *text = NULL;
	VEC(char *) argv            = {0};
	size_t len                  = 0;
	int    r = fs_read_file("/proc/self/cmdline", ARGS_MAX_BYTES, &text, &len);

	for (size_t at = 0; r == 0 && at < len; at += strlen(text + at) + 1)
		r = vec_push(&argv, text + at);
	if (r == 0)
		r = vec_push(&argv, NULL);
	if (r == 0) {
		argv.v[0] = (char *)(uintptr_t)executable;
		log_info("starting over as %s", executable);
		(void)execv(executable, argv.v);
		r = -errno;
	}
	vec_fini(&argv);
	return cli_error_set(e, r, "cannot start %s again: %s", executable, strerror(-r));
}

static int
run(const struct ds_start_args *a, const struct ds_globals *g, struct cfg_server *cfg,
    struct cli_error *e)
{
	_cleanup_(freep) char *self = realpath("/proc/self/exe", NULL);
	struct srv_opts opts  = {.cfg = cfg, .executable = self, .auto_format = a->auto_format};
	struct fault    f     = FAULT_INIT;
	bool            again = false;
	int             r;

	r = override(cfg, a, e);
	if (r == 0)
		r = set_up_logging(cfg, g, e);
	if (r < 0)
		return r;
	r = srv_run(&opts, &again, &f);
	if (r < 0)
		return ds_error_from_fault(e, r, &f);
	log_info("DAOS Control Server (pid %d) shutting down", (int)getpid());
	if (again)
		return start_over(self == NULL ? "/proc/self/exe" : self, e);
	return 0;
}

int
ds_start(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct ds_start_args *a   = args;
	struct cfg_server          *cfg = NULL;
	int                         r;

	r = ds_load_config(&a->config, &cfg, e);
	if (r < 0)
		return r;
	r = run(a, call->globals, cfg, e);
	(void)cfg_server_free(cfg);
	return r;
}
