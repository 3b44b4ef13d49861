/*
 * Loading the configuration for a command, and `config check`.
 */
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "daos_server.h"

const struct cli_option ds_config_options[] = {
    DS_OPTION_CONFIG,
    DS_OPTION_IGNORE_CONFIG,
    CLI_OPTIONS_END,
};

int
ds_error_from_fault(struct cli_error *e, int err, const struct fault *f)
{
	if (fault_is_coded(f))
		return cli_error_from_fault(e, err, f);
	(void)cli_error_set(e, err, "%s", f->set ? f->description : strerror(-err));
	if (f->set && fault_has_resolution(f)) {
		free(e->resolution);
		e->resolution = strdup(f->resolution);
	}
	return err;
}

static int
find_config(const struct ds_config_args *args, char **ret, struct cli_error *e)
{
	struct fault f = FAULT_INIT;
	int          r;

	if (args->ignore_config)
		return cli_error_set(e, -EINVAL,
				     "this command needs a configuration: remove --ignore-config");
	r = cfg_server_find(args->config, ret, &f);
	if (r == 0)
		return 0;
	(void)ds_error_from_fault(e, r, &f);
	if (args->config != NULL)
		cli_error_wrap(e, "failed to load config from %s", args->config);
	return r;
}

int
ds_load_config(const struct ds_config_args *args, struct cfg_server **ret, struct cli_error *e)
{
	_cleanup_(freep) char *path     = NULL;
	_cleanup_(freep) char *text     = NULL;
	struct cfg_problems    problems = CFG_PROBLEMS_INIT;
	struct fault           f        = FAULT_INIT;
	int                    r;

	r = find_config(args, &path, e);
	if (r < 0)
		return r;
	r = cfg_server_load(path, ret, &problems);
	for (size_t i = 0; i < problems.n; i++)
		if (problems.v[i].severity == CFG_NOTICE)
			log_notice("%s", problems.v[i].fault.description);
	if (r == 0) {
		log_info("DAOS Server config loaded from %s", path);
	} else {
		text = cfg_problems_summary(&problems, &f);
		(void)cli_error_set(e, r, "%s", text == NULL ? strerror(-r) : text);
		if (text != NULL && fault_has_resolution(&f)) {
			char line[700];

			free(e->resolution);
			e->resolution = strdup(fault_is_coded(&f)
						   ? fault_format_resolution(&f, line, sizeof(line))
						   : f.resolution);
		}
	}
	cfg_problems_fini(&problems);
	return r;
}

/*
 * All problems at once on standard error, the verdict as exit code. Nothing is started and nothing
 * written.
 */
int
ds_config_check(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct ds_config_check_args *a        = args;
	_cleanup_(freep) char             *path     = NULL;
	_cleanup_(freep) char             *text     = NULL;
	struct cfg_problems                problems = CFG_PROBLEMS_INIT;
	int                                r;

	r = find_config(&a->config, &path, e);
	if (r < 0)
		return r;
	r    = cfg_server_check(path, NULL, &problems);
	text = cfg_problems_print(&problems);
	if (text == NULL && r != -ENOMEM)
		r = -ENOMEM;
	if (text != NULL)
		(void)fputs(text, stderr);
	if (r < 0)
		(void)cli_error_set(e, r, "%s: %zu problem%s found", path, problems.n_errors,
				    problems.n_errors == 1 ? "" : "s");
	else
		(void)printf("%s: no problems found\n", path);
	cfg_problems_fini(&problems);
	return r;
}
