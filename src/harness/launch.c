/*
 * What an engine is started with. The command line follows upstream's order, which other tools
 * parse; the environment is built from three sources of rising precedence into one list without
 * duplicates. Nothing here touches the world but the search for the program.
 */
#include "harness/launch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/logmask.h"
#include "common/str.h"
#include "config/config.h"

#define ENGINE_PROGRAM "daos_engine"

/* ---- lists ---- */

void
har_list_fini(struct har_list *l)
{
	vec_foreach (&l->items, s)
		free(*s);
	vec_fini(&l->items);
}

static int
list_take(struct har_list *l, char *s)
{
	int r;

	if (s == NULL)
		return -ENOMEM;
	r = vec_push(&l->items, s);
	if (r < 0)
		free(s);
	return r;
}

int
har_list_add(struct har_list *l, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	va_list                              ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.s == NULL && strbuf_error(&b) == 0)
		strbuf_add(&b, "");
	return list_take(l, strbuf_take(&b));
}

char *const *
har_list_terminate(struct har_list *l)
{
	if (vec_reserve(&l->items, l->items.n + 1) < 0)
		return NULL;
	l->items.v[l->items.n] = NULL;
	return l->items.v;
}

/* ---- command line ---- */

static int add_option(struct har_list *l, const char *option, const char *fmt, ...) _printf_(3, 4);

static int
add_option(struct har_list *l, const char *option, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	va_list                              ap;
	int                                  r;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	r = har_list_add(l, "%s", option);
	return r < 0 ? r : list_take(l, strbuf_take(&b));
}

int
har_launch_args(const struct har_launch *l, struct har_list *ret)
{
	const struct cfg_engine *e    = l->engine;
	const struct cfg_tier   *scm  = cfg_engine_scm(e);
	struct har_list          args = {0};
	int                      r;

	r = har_list_add(&args, "%s", l->binary);
	if (r == 0 && !str_empty(e->modules))
		r = add_option(&args, "-m", "%s", e->modules);
	if (r == 0)
		r = add_option(&args, "-t", "%" PRId64, e->targets);
	if (r == 0)
		r = add_option(&args, "-x", "%" PRId64, e->nr_xs_helpers);
	if (r == 0 && e->first_core.set)
		r = add_option(&args, "-f", "%" PRId64, e->first_core.value);
	if (r == 0)
		r = add_option(&args, "-g", "%s", l->server->name);
	if (r == 0)
		r = add_option(&args, "-d", "%s", l->server->socket_dir);
	if (r == 0 && e->n_storage > 0)
		r = add_option(&args, "-T", "%zu", e->n_storage);
	if (r == 0 && !str_empty(l->nvme_conf))
		r = add_option(&args, "-n", "%s", l->nvme_conf);
	if (r == 0 && e->fabric.bypass_health_chk == CFG_TRUE)
		r = har_list_add(&args, "-b");
	if (r == 0 && e->pinned_numa_node.set)
		r = add_option(&args, "-p", "%" PRId64, e->pinned_numa_node.value);
	if (r == 0)
		r = add_option(&args, "-I", "%u", l->idx);
	if (r == 0)
		r = add_option(&args, "-r", "%" PRIu64, l->mem_size_mib);
	if (r == 0)
		r = add_option(&args, "-H", "%" PRIu64, l->hugepage_mib);
	if (r == 0 && l->check_mode)
		r = har_list_add(&args, "-C");
	if (r == 0 && scm != NULL)
		r = add_option(&args, "-s", "%s", scm->scm_mount);
	if (r == 0 && har_list_terminate(&args) == NULL)
		r = -ENOMEM;
	if (r < 0) {
		har_list_fini(&args);
		return r;
	}
	*ret = args;
	return 0;
}

/* ---- environment ---- */

static size_t
name_len(const char *assignment)
{
	return strcspn(assignment, "=");
}

static char **
env_find(struct har_list *env, const char *name, size_t len)
{
	vec_foreach (&env->items, s)
		if (name_len(*s) == len && strncmp(*s, name, len) == 0)
			return s;
	return NULL;
}

static void
env_unset(struct har_list *env, const char *name)
{
	char **at = env_find(env, name, strlen(name));

	if (at == NULL)
		return;
	free(*at);
	vec_remove(&env->items, (size_t)(at - env->items.v));
}

/* Sets NAME=VALUE from one text; an empty value removes the name. */
static int
env_assign(struct har_list *env, const char *assignment)
{
	size_t len = name_len(assignment);
	char **at  = env_find(env, assignment, len);
	char  *copy;

	if (at != NULL) {
		free(*at);
		vec_remove(&env->items, (size_t)(at - env->items.v));
	}
	if (assignment[len] != '=' || assignment[len + 1] == '\0')
		return 0;
	copy = strdup(assignment);
	return list_take(env, copy);
}

static int env_set(struct har_list *env, const char *name, const char *fmt, ...) _printf_(3, 4);

static int
env_set(struct har_list *env, const char *name, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	va_list                              ap;

	strbuf_addf(&b, "%s=", name);
	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	return strbuf_error(&b) < 0 ? -ENOMEM : env_assign(env, strbuf_str(&b));
}

static const char *
env_get(struct har_list *env, const char *name)
{
	char **at = env_find(env, name, strlen(name));

	return at == NULL ? NULL : *at + strlen(name) + 1;
}

static int
add_inherited(const struct cfg_engine *e, const char *const *inherited, struct har_list *env)
{
	for (; inherited != NULL && *inherited != NULL; inherited++) {
		for (size_t i = 0; i < e->env_pass_through.n; i++) {
			const char *name = e->env_pass_through.v[i];
			int         r;

			if (strlen(name) != name_len(*inherited) ||
			    strncmp(name, *inherited, strlen(name)) != 0)
				continue;
			r = env_assign(env, *inherited);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int
add_derived(const struct cfg_engine *e, struct har_list *env)
{
	const struct cfg_fabric *fabric = &e->fabric;
	int                      r      = 0;

	if (!str_empty(e->log_mask))
		r = env_set(env, "D_LOG_MASK", "%s", e->log_mask);
	if (r == 0 && !str_empty(e->log_file))
		r = env_set(env, "D_LOG_FILE", "%s", e->log_file);
	if (r == 0 && !str_empty(e->vos_bdev_class))
		r = env_set(env, "VOS_BDEV_CLASS", "%s", e->vos_bdev_class);
	if (r == 0 && !str_empty(fabric->provider))
		r = env_set(env, "D_PROVIDER", "%s", fabric->provider);
	if (r == 0 && !str_empty(fabric->fabric_iface))
		r = env_set(env, "D_INTERFACE", "%s", fabric->fabric_iface);
	if (r == 0 && fabric->fabric_iface_port != 0)
		r = env_set(env, "D_PORT", "%" PRId64, fabric->fabric_iface_port);
	if (r == 0)
		r = env_set(env, "CRT_TIMEOUT", "%" PRIu32, fabric->crt_timeout);
	if (r == 0)
		r = env_set(env, "FI_OFI_RXM_USE_SRX", "%d", fabric->disable_srx ? 0 : 1);
	if (r == 0 && !str_empty(fabric->fabric_auth_key))
		r = env_set(env, "D_PROVIDER_AUTH_KEY", "%s", fabric->fabric_auth_key);
	return r;
}

/* Subsystems that users restrict logging to become part of the mask itself; the engine sees one
 * variable. */
static int
merge_log_subsystems(struct har_list *env, struct fault *f)
{
	const char            *mask       = env_get(env, "D_LOG_MASK");
	const char            *subsystems = env_get(env, "DD_SUBSYS");
	_cleanup_(freep) char *merged     = NULL;
	int                    r;

	if (mask == NULL || subsystems == NULL)
		return 0;
	r = logmask_merge(mask, subsystems, &merged, f);
	if (r < 0)
		return r;
	env_unset(env, "DD_SUBSYS");
	return env_set(env, "D_LOG_MASK", "%s", merged);
}

int
har_launch_env(const struct har_launch *l, const char *const *inherited, struct har_list *ret,
	       struct fault *f)
{
	struct har_list env = {0};
	int             r;

	r = add_inherited(l->engine, inherited, &env);
	for (size_t i = 0; r == 0 && i < l->engine->env_vars.n; i++)
		r = env_assign(&env, l->engine->env_vars.v[i]);
	if (r == 0)
		r = add_derived(l->engine, &env);
	if (r == 0)
		r = merge_log_subsystems(&env, f);
	if (r == 0 && har_list_terminate(&env) == NULL)
		r = -ENOMEM;
	if (r < 0) {
		har_list_fini(&env);
		return r;
	}
	*ret = env;
	return 0;
}

/* ---- the program ---- */

static int
check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(path, X_OK) < 0 ? -errno : 0;
}

static int
take_absolute(const char *path, char **ret)
{
	char *abs = realpath(path, NULL);

	if (abs == NULL)
		return -errno;
	*ret = abs;
	return 0;
}

static int
find_configured(const char *path, char **ret, struct fault *f)
{
	int r = check_program(path);

	if (r == 0)
		r = take_absolute(path, ret);
	if (r == 0)
		return 0;
	fault_plain(f, r, "engine program %s (key engine_path) cannot be run: %s", path,
		    r == -EACCES ? "not an executable file" : strerror(-r));
	if (f != NULL)
		fault_resolve(f, "set engine_path to the daos_engine program, or remove the key");
	return r;
}

int
har_launch_find_binary(const struct cfg_server *s, const struct cfg_engine *e,
		       const char *server_path, const char *path, char **ret, struct fault *f)
{
	_cleanup_(strbuf_fini) struct strbuf tried = STRBUF_INIT;
	const char                          *slash;
	int                                  r;

	if (!str_empty(e->engine_path))
		return find_configured(e->engine_path, ret, f);
	if (!str_empty(s->engine_path))
		return find_configured(s->engine_path, ret, f);
	slash = server_path == NULL ? NULL : strrchr(server_path, '/');
	if (slash != NULL) {
		strbuf_add_len(&tried, server_path, (size_t)(slash - server_path) + 1);
		strbuf_add(&tried, ENGINE_PROGRAM);
		if (strbuf_error(&tried) < 0)
			return -ENOMEM;
		r = check_program(strbuf_str(&tried));
		if (r == 0)
			return take_absolute(strbuf_str(&tried), ret);
		if (r == -EACCES) {
			fault_plain(f, r, "engine program %s is not an executable file",
				    strbuf_str(&tried));
			if (f != NULL)
				fault_resolve(f, "make %s executable, or set engine_path",
					      strbuf_str(&tried));
			return r;
		}
	}
	for (const char *p = path; p != NULL && *p != '\0'; p += strspn(p, ":")) {
		size_t                 len  = strcspn(p, ":");
		_cleanup_(freep) char *full = NULL;

		if (len == 0)
			continue;
		full = str_format("%.*s/" ENGINE_PROGRAM, (int)len, p);
		if (full == NULL)
			return -ENOMEM;
		if (check_program(full) == 0)
			return take_absolute(full, ret);
		p += len;
	}
	fault_plain(f, -ENOENT, "no " ENGINE_PROGRAM " program: neither %s nor on the search path",
		    strbuf_str(&tried));
	if (f != NULL)
		fault_resolve(f, "install " ENGINE_PROGRAM
				 " beside daos_server, or set engine_path in the configuration");
	return -ENOENT;
}
