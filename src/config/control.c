/*
 * daos_control.yml: the file dmg reads.
 */
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/version.h"
#include "config/config_private.h"

#define SYSTEM_NAME_MAX 15

int
cfg_control_new(struct cfg_control **ret)
{
	struct cfg_control *cfg = calloc(1, sizeof(*cfg));
	char                host[64];
	int r = cfg != NULL ? cfg_schema_defaults(&cfg_control_schema, cfg) : -ENOMEM;

	(void)snprintf(host, sizeof(host), "localhost:%d", DAOS_DEFAULT_PORT);
	if (r == 0)
		r = cfg_list_add(&cfg->hostlist, host);
	if (r < 0)
		cfg = cfg_control_free(cfg);
	else
		*ret = cfg;
	return r;
}

struct cfg_control *
cfg_control_free(struct cfg_control *cfg)
{
	if (cfg != NULL) {
		cfg_schema_fini(&cfg_control_schema, cfg);
		(void)cfg_source_free(cfg->source);
		free(cfg->path);
		free(cfg);
	}
	return NULL;
}

static int
add_problem(struct cfg_control *cfg, struct cfg_problems *problems, const char *key,
	    const struct fault *f)
{
	struct cfg_problem q = {
	    .severity = CFG_ERROR, .stage = CFG_STAGE_LOAD, .key = strdup(key), .fault = *f};

	cfg_source_find(cfg->source, key, &q.line, &q.column);
	return cfg_problems_add(problems, &q);
}

static int
check(struct cfg_control *cfg, struct cfg_problems *problems)
{
	struct fault f = FAULT_INIT;
	size_t       n = strlen(cfg->name);

	if (n >= 1 && n <= SYSTEM_NAME_MAX)
		return 0;
	(void)fault_plain(&f, -EINVAL, "invalid system name: \"%.60s\"; 1 to %d bytes are allowed",
			  cfg->name, SYSTEM_NAME_MAX);
	return add_problem(cfg, problems, "name", &f);
}

int
cfg_control_load_text(const char *name, const char *text, size_t len, struct cfg_control **ret,
		      struct cfg_problems *problems)
{
	struct cfg_control *cfg    = NULL;
	size_t              before = problems->n_errors;
	struct fault        f      = FAULT_INIT;
	int                 r      = cfg_problems_set_file(problems, name);

	if (r == 0)
		r = cfg_control_new(&cfg);
	if (r == 0)
		r = cfg_source_new(&cfg->source);
	if (r == 0 && len == 0) { /* unlike the server's, an empty file is taken for a mistake */
		(void)fault_plain(&f, -EINVAL, "%s is empty", name);
		r = add_problem(cfg, problems, "", &f);
	}
	if (r == 0)
		r = cfg_decode(text, len, &cfg_control_schema, cfg, cfg->source, problems);
	if (r == 0)
		r = check(cfg, problems);
	if (r == 0 && problems->n_errors > before)
		r = -EINVAL;
	if (r < 0)
		cfg = cfg_control_free(cfg);
	else
		*ret = cfg;
	return r;
}

static int
load_file(const char *path, struct cfg_control **ret, struct cfg_problems *problems)
{
	_cleanup_(freep) char *text = NULL;
	size_t                 len  = 0;
	int                    r    = cfg_problems_set_file(problems, path);

	if (r == 0)
		r = cfg_read_file(path, &text, &len, problems);
	if (r == 0)
		r = cfg_control_load_text(path, text, len, ret, problems);
	if (r == 0)
		(*ret)->path = strdup(path);
	return r;
}

int
cfg_control_load(const char *option, const char *home, struct cfg_control **ret,
		 struct cfg_problems *problems)
{
	_cleanup_(freep) char *own = NULL;
	const char            *candidates[3];
	size_t                 n = 0;

	if (option != NULL)
		return load_file(option, ret, problems);
	if (!str_empty(home)) {
		own = str_format("%s/.daos_control.yml", home);
		if (own == NULL)
			return -ENOMEM;
		candidates[n++] = own;
	}
	candidates[n++] = CFG_CONF_DIR "/daos_control.yml";
	candidates[n++] = "/etc/daos/daos_control.yml";
	for (size_t i = 0; i < n; i++)
		if (fs_exists(candidates[i]))
			return load_file(candidates[i], ret, problems);
	return cfg_control_new(ret);
}
