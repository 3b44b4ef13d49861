/*
 * dmg: administrator's command of a DAOS system. Global options, the way from a command line to a
 * control context, and main(). Commands are in commands.c.
 */
#include <stdio.h>
#include <string.h>

#include "common/hostlist.h"
#include "common/log.h"
#include "common/ranks.h"
#include "dmg.h"

static const struct cli_option globals[] = {
    {0, "allow-proxy", CLI_BOOL, offsetof(struct dmg_globals, allow_proxy),
     .help = "Keep proxy settings of the environment"},
    {'l', "host-list", CLI_CUSTOM, offsetof(struct dmg_globals, hosts), .kind = "host set",
     .parse = dmg_parse_hosts, .hidden = true},
    {'i', "insecure", CLI_BOOL, offsetof(struct dmg_globals, insecure),
     .help = "Connect without certificates"},
    {'d', "debug", CLI_BOOL, offsetof(struct dmg_globals, debug),
     .help = "Log what happens to stderr"},
    {0, "log-file", CLI_STRING, offsetof(struct dmg_globals, log_file),
     .help = "Log to this file as well"},
    {'j', "json", CLI_BOOL, offsetof(struct dmg_globals, json), .help = "Print results as JSON"},
    {'J', "json-logging", CLI_BOOL, offsetof(struct dmg_globals, json_logging),
     .help = "Log as JSON"},
    {'o', "config-path", CLI_STRING, offsetof(struct dmg_globals, config_path),
     .help = "Control configuration file"},
    CLI_OPTIONS_END,
};

struct daosctl *
dmg_control(const struct cli_call *call)
{
	return call->context;
}

int
dmg_error(struct cli_error *e, int r, const struct daosctl_error *from)
{
	(void)cli_error_set(e, r, "%s", from->text);
	e->daos_status = from->daos_status;
	if (from->resolution[0] != '\0')
		e->resolution = strdup(from->resolution);
	return r;
}

int
dmg_incompatible(struct cli_error *e, const char *key, const char *other)
{
	return cli_error_set(e, -EINVAL, "--%s may not be mixed with --%s", key, other);
}

int
dmg_parse_ranks(const char *value, void *target, struct strbuf *why)
{
	_cleanup_(rank_set_fini) struct rank_set set = RANK_SET_INIT;
	struct fault                             f   = FAULT_INIT;
	int                                      r   = rank_set_parse(&set, value, &f);

	if (r != 0)
		strbuf_add(why, f.set ? f.description : strerror(-r));
	else
		*(const char **)target = value;
	return r;
}

int
dmg_parse_hosts(const char *value, void *target, struct strbuf *why)
{
	struct hostset *set = NULL;
	struct fault    f   = FAULT_INIT;
	int             r   = hostset_parse(value, &set, &f);

	(void)hostset_free(set);
	if (r != 0)
		strbuf_add(why, f.set ? f.description : strerror(-r));
	else
		*(const char **)target = value;
	return r;
}

static int
set_up_log(const struct cli_call *call, struct cli_error *e)
{
	const struct dmg_globals *g = call->globals;
	int                       r;

	r = log_configure(&(struct log_opts){
	    .level      = g->debug ? LOG_LEVEL_TRACE : LOG_LEVEL_INFO,
	    .terminal   = true,
	    .quiet_info = g->json,
	    .json       = g->json_logging,
	    .file       = g->log_file,
	});
	if (r != 0)
		return cli_error_set(e, r, "create log file %s: %s", g->log_file, strerror(-r));
	log_debug("debug output enabled");
	return 0;
}

/* The hosts of -l, wherever it stood. */
static int
set_hosts(struct daosctl *c, const struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_globals *g      = call->globals;
	const struct dmg_traits  *traits = call->command->data;
	bool                      takes  = traits != NULL && traits->hosts;
	const char              **hosts  = takes ? args : NULL;
	struct daosctl_error      error;
	int                       r = 0;

	if (!str_empty(g->hosts)) {
		if (!takes)
			return cli_error_set(e, -EINVAL, "unknown flag `l'/`host-list'");
		*hosts = g->hosts;
	}
	if (takes && !str_empty(*hosts))
		r = daosctl_set_hosts(c, *hosts, &error);
	return r != 0 ? dmg_error(e, r, &error) : 0;
}

static int
setup(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_globals *g      = call->globals;
	const struct dmg_traits  *traits = call->command->data;
	struct daosctl           *c      = NULL;
	struct daosctl_error      error;
	int                       r = 0;

	if (g->debug || g->json_logging || g->log_file != NULL)
		r = set_up_log(call, e);
	if (r != 0 || (traits != NULL && traits->local))
		return r;
	r = daosctl_new(
	    &(struct daosctl_options){.config_path = g->config_path, .insecure = g->insecure}, &c,
	    &error);
	if (r != 0)
		return dmg_error(e, r, &error);
	call->context = c;
	r             = set_hosts(c, call, args, e);
	if (r == 0)
		r = cli_refuse_extra(call, e);
	return r;
}

int
main(int argc, char **argv)
{
	const struct cli_app app = {
	    .name         = "dmg",
	    .error_prefix = "dmg: ",
	    .summary = "dmg manages a DAOS system: it asks the servers of the system about their "
		       "state and storage, "
		       "and tells them what to change.",
	    .globals = globals,
	    .globals_size = sizeof(struct dmg_globals),
	    .commands     = dmg_commands,
	    .n_commands   = dmg_n_commands,
	    .json_offset  = offsetof(struct dmg_globals, json),
	    .setup        = setup,
	};
	int rc = cli_main(&app, argc, argv);

	/*
	 * The process ends here: the control context is not taken down, and no exit handler of a
	 * library runs. Together they would take as long as the rest of a small command.
	 */
	(void)fflush(NULL);
	_exit(rc);
}
