/*
 * What an engine's environment must hold for its provider and storage: stack sizes of its threads
 * and PMDK's settings.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config_private.h"

#define STACK_NAME "ABT_THREAD_STACKSIZE"
#define PMDK_NAME  "PMEMOBJ_CONF"

enum stack_bytes {
	STACK_DCPM   = 20480,
	STACK_ON_SSD = 24576,
	STACK_UCX    = 32768,
};

static int
add_problem(struct cfg_server *cfg, struct cfg_problems *problems, uint32_t engine,
	    const struct fault *f)
{
	struct cfg_problem q = {.severity = CFG_ERROR, .stage = CFG_STAGE_DERIVE, .fault = *f};
	int                r;

	q.key = str_format("engines[%u].env_vars", engine);
	if (q.key != NULL)
		cfg_source_find(cfg->source, q.key, &q.line, &q.column);
	r = cfg_problems_add(problems, &q);
	return r < 0 ? r : -EINVAL;
}

static int
add_variable(struct cfg_list *env, const char *name, const char *value)
{
	_cleanup_(freep) char *text = str_format("%s=%s", name, value);

	return text != NULL ? cfg_list_add(env, text) : -ENOMEM;
}

static void
remove_variable(struct cfg_list *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n;) {
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=') {
			free(env->v[i]);
			vec_remove(env, i);
		} else {
			i++;
		}
	}
}

static int
need_stack(struct cfg_server *cfg, struct cfg_engine *e, enum stack_bytes bytes, const char *why,
	   struct cfg_problems *problems)
{
	const char  *have = cfg_env_get(&e->env_vars, STACK_NAME);
	struct fault f    = FAULT_INIT;
	char         text[16];
	int64_t      value;

	if (have == NULL) {
		(void)snprintf(text, sizeof(text), "%d", bytes);
		return add_variable(&e->env_vars, STACK_NAME, text);
	}
	if (str_to_i64(have, 10, &value) < 0)
		(void)fault_plain(&f, -EINVAL, "env_var " STACK_NAME " has invalid value: %.60s",
				  have);
	else if (value < bytes)
		(void)fault_plain(&f, -EINVAL,
				  "env_var " STACK_NAME " should be >= %d for %s, found %" PRId64,
				  bytes, why, value);
	else
		return 0;
	return add_problem(cfg, problems, e->index, &f);
}

/* PMDK's shutdown state is for real PMem: left to its default there, switched off otherwise. */
static int
set_pmdk(struct cfg_server *cfg, struct cfg_engine *e, bool dcpm, struct cfg_problems *problems)
{
	const char            *have  = cfg_env_get(&e->env_vars, PMDK_NAME);
	bool                   named = have != NULL && strstr(have, "sds.at_create") != NULL;
	_cleanup_(freep) char *value = NULL;
	struct fault           f     = FAULT_INIT;

	if (dcpm && named)
		(void)fault_plain(
		    &f, -EINVAL,
		    "env_var " PMDK_NAME
		    " must not contain sds.at_create when SCM is of class dcpm, found "
		    "'%.100s'",
		    have);
	else if (named && strstr(have, "sds.at_create=1") != NULL)
		(void)fault_plain(
		    &f, -EINVAL,
		    "env_var " PMDK_NAME
		    " must contain sds.at_create=0 unless SCM is of class dcpm, found "
		    "'%.100s'",
		    have);
	if (f.set)
		return add_problem(cfg, problems, e->index, &f);
	if (dcpm || named)
		return 0;
	value = have != NULL ? str_format("%s;sds.at_create=0", have) : strdup("sds.at_create=0");
	if (value == NULL)
		return -ENOMEM;
	remove_variable(&e->env_vars, PMDK_NAME);
	return add_variable(&e->env_vars, PMDK_NAME, value);
}

static int
tune_engine(struct cfg_server *cfg, struct cfg_engine *e, struct cfg_problems *problems)
{
	const struct cfg_tier *scm  = cfg_engine_scm(e);
	bool                   dcpm = scm != NULL && scm->class == CFG_CLASS_DCPM;
	int                    r    = 0;

	if (e->fabric.provider != NULL && str_starts(e->fabric.provider, "ucx+"))
		r = need_stack(cfg, e, STACK_UCX, "UCX provider", problems);
	if (r == 0 && scm != NULL)
		r = set_pmdk(cfg, e, dcpm, problems);
	if (r == 0 && dcpm)
		r = need_stack(cfg, e, STACK_DCPM, "DCPM storage class", problems);
	if (r == 0 && cfg_engine_md_on_ssd(e))
		r = need_stack(cfg, e, STACK_ON_SSD, "MD on SSD", problems);
	return r;
}

int
cfg_server_tune_env(struct cfg_server *cfg, struct cfg_problems *problems)
{
	int r = 0;

	for (size_t i = 0; i < cfg->n_engines && r != -ENOMEM; i++) {
		int rc = tune_engine(cfg, &cfg->engines[i], problems);

		r = r == 0 || rc == -ENOMEM ? rc : r;
	}
	return r;
}
