/*
 * Loading daos_server.yml: finding the file, decoding, and what upstream does while loading (system
 * name, one provider, handing values down to the engines, replica list). Rules come later, in
 * validate.c.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/version.h"
#include "config/config_private.h"

#define FILE_NAME       "daos_server.yml"
#define SYSTEM_NAME_MAX 15

int
cfg_server_find(const char *option, char **ret_path, struct fault *f)
{
	static const char *const             dirs[] = {CFG_CONF_DIR, "/etc/daos"};
	_cleanup_(strbuf_fini) struct strbuf tried  = STRBUF_INIT;
	char                                *path;

	if (option != NULL) {
		path = realpath(option, NULL);
		if (path == NULL)
			return errno == ENOENT
				   ? fault_plain(f, -ENOENT, "stat %s: no such file or directory",
						 option)
				   : fault_plain(f, -errno, "stat %s: %s", option, strerror(errno));
		*ret_path = path;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		path = str_format("%s/%s", dirs[i], FILE_NAME);
		if (path == NULL)
			return -ENOMEM;
		if (fs_exists(path)) {
			*ret_path = path;
			return 0;
		}
		free(path);
		if (i == 0 || !str_eq(dirs[i], dirs[0]))
			strbuf_addf(&tried, "%s%s", i > 0 ? ", " : "", dirs[i]);
	}
	return fault_plain(f, -ENOENT, "no %s in %s; name one with --config", FILE_NAME,
			   strbuf_str(&tried));
}

int
cfg_server_new(struct cfg_server **ret)
{
	struct cfg_server *cfg = calloc(1, sizeof(*cfg));

	if (cfg == NULL)
		return -ENOMEM;
	if (cfg_schema_defaults(&cfg_server_schema, cfg) < 0) {
		(void)cfg_server_free(cfg);
		return -ENOMEM;
	}
	*ret = cfg;
	return 0;
}

struct cfg_server *
cfg_server_free(struct cfg_server *cfg)
{
	if (cfg != NULL) {
		cfg_schema_fini(&cfg_server_schema, cfg);
		(void)cfg_source_free(cfg->source);
		free(cfg->path);
		free(cfg);
	}
	return NULL;
}

/* ---- after decoding ---- */

static int
add_load_problem(struct cfg_server *cfg, struct cfg_problems *problems, enum cfg_severity severity,
		 const char *key, const struct fault *f)
{
	struct cfg_problem q = {
	    .severity = severity, .stage = CFG_STAGE_LOAD, .key = strdup(key), .fault = *f};

	cfg_source_find(cfg->source, key, &q.line, &q.column);
	return cfg_problems_add(problems, &q);
}

/* Number of names in a comma-separated list. */
static size_t
count_names(const char *text)
{
	size_t n = 0;

	for (const char *s = text; s != NULL && *s != '\0';) {
		size_t len = strcspn(s, ",");

		n += strspn(s, " \t") < len;
		s += len + (s[len] == ',');
	}
	return n;
}

/* Fills what the engine has not set from the top level. */
static int
inherit_fabric(const struct cfg_fabric *from, struct cfg_fabric *to)
{
	if (str_empty(to->provider) && cfg_set_string(&to->provider, from->provider) < 0)
		return -ENOMEM;
	if (str_empty(to->fabric_iface) &&
	    cfg_set_string(&to->fabric_iface, from->fabric_iface) < 0)
		return -ENOMEM;
	if (to->fabric_iface_port == 0)
		to->fabric_iface_port = from->fabric_iface_port;
	if (to->crt_timeout == 0)
		to->crt_timeout = from->crt_timeout;
	if (!to->disable_srx)
		to->disable_srx = from->disable_srx;
	if (str_empty(to->fabric_auth_key) &&
	    cfg_set_string(&to->fabric_auth_key, from->fabric_auth_key) < 0)
		return -ENOMEM;
	if (to->secondary_provider_endpoints.n == 0)
		vec_foreach (&from->secondary_provider_endpoints, n)
			if (vec_push(&to->secondary_provider_endpoints, *n) < 0)
				return -ENOMEM;
	return 0;
}

int
cfg_server_propagate(struct cfg_server *cfg)
{
	for (size_t i = 0; i < cfg->n_engines; i++) {
		if (inherit_fabric(&cfg->fabric, &cfg->engines[i].fabric) < 0)
			return -ENOMEM;
		cfg->engines[i].index   = (uint32_t)i;
		cfg->engines[i].hotplug = cfg->disable_hotplug != CFG_TRUE;
	}
	return 0;
}

static int
resolve_replicas(struct cfg_server *cfg, struct cfg_problems *problems)
{
	struct fault f = FAULT_INIT;

	if (cfg->access_points.n > 0 && cfg->mgmt_svc_replicas.n > 0) {
		(void)fault_plain(&f, -EINVAL,
				  "access_points is deprecated and mgmt_svc_replicas is set; "
				  "remove access_points");
		return add_load_problem(cfg, problems, CFG_ERROR, "access_points", &f);
	}
	if (cfg->access_points.n > 0) {
		(void)fault_plain(
		    &f, -EINVAL,
		    "access_points is deprecated; please use mgmt_svc_replicas instead");
		cfg->mgmt_svc_replicas = cfg->access_points;
		cfg->access_points     = (struct cfg_list){0};
		return add_load_problem(cfg, problems, CFG_NOTICE, "access_points", &f);
	}
	if (cfg->mgmt_svc_replicas.n == 0) {
		char text[64];

		/* upstream's default keeps this port whatever `port` says */
		(void)snprintf(text, sizeof(text), "localhost:%d", DAOS_DEFAULT_PORT);
		return cfg_list_add(&cfg->mgmt_svc_replicas, text);
	}
	return 0;
}

static int
check_name(struct cfg_server *cfg, struct cfg_problems *problems)
{
	struct fault f = FAULT_INIT;
	size_t       n = strlen(cfg->name);

	if (n >= 1 && n <= SYSTEM_NAME_MAX)
		return 0;
	(void)fault_plain(&f, -EINVAL, "invalid system name: \"%.60s\"; 1 to %d bytes are allowed",
			  cfg->name, SYSTEM_NAME_MAX);
	return add_load_problem(cfg, problems, CFG_ERROR, "name", &f);
}

static int
check_providers(struct cfg_server *cfg, struct cfg_problems *problems)
{
	struct fault f = FAULT_INIT;

	if (count_names(cfg->fabric.provider) <= 1)
		return 0;
	(void)fault_plain(&f, -EINVAL,
			  "fabric provider string \"%.100s\" includes more than one provider",
			  cfg->fabric.provider);
	return add_load_problem(cfg, problems, CFG_ERROR, "provider", &f);
}

int
cfg_server_finish_load(struct cfg_server *cfg, struct cfg_problems *problems)
{
	int r = check_name(cfg, problems);

	if (r == 0)
		r = check_providers(cfg, problems);
	if (r == 0)
		r = cfg_server_propagate(cfg);
	if (r == 0)
		r = resolve_replicas(cfg, problems);
	return r;
}

/* Decodes as far as possible; *ret is set unless memory ran out. */
static int
decode(const char *name, const char *text, size_t len, struct cfg_server **ret,
       struct cfg_problems *problems)
{
	struct cfg_server *cfg = NULL;
	int                r   = cfg_problems_set_file(problems, name);

	if (r == 0)
		r = cfg_server_new(&cfg);
	if (r == 0)
		r = cfg_source_new(&cfg->source);
	if (r == 0)
		r = cfg_decode(text, len, &cfg_server_schema, cfg, cfg->source, problems);
	if (r == 0)
		r = cfg_server_finish_load(cfg, problems);
	if (r < 0)
		cfg = cfg_server_free(cfg);
	else
		*ret = cfg;
	return r;
}

static int
finish(int r, size_t errors_before, const struct cfg_problems *problems, struct cfg_server *cfg,
       struct cfg_server **ret)
{
	if (r == 0 && problems->n_errors > errors_before)
		r = -EINVAL;
	if (r < 0 || ret == NULL)
		cfg = cfg_server_free(cfg);
	else
		*ret = cfg;
	return r;
}

int
cfg_server_load_text(const char *name, const char *text, size_t len, struct cfg_server **ret,
		     struct cfg_problems *problems)
{
	size_t             before = problems->n_errors;
	struct cfg_server *cfg    = NULL;
	int                r      = decode(name, text, len, &cfg, problems);

	return finish(r, before, problems, cfg, ret);
}

/* Reads and decodes `path`; the configuration remembers its absolute path. */
static int
decode_file(const char *path, struct cfg_server **ret, struct cfg_problems *problems)
{
	_cleanup_(freep) char *text = NULL;
	size_t                 len  = 0;
	int                    r    = cfg_problems_set_file(problems, path);

	if (r == 0)
		r = cfg_read_file(path, &text, &len, problems);
	if (r == 0)
		r = decode(path, text, len, ret, problems);
	if (r == 0) {
		(*ret)->path = realpath(path, NULL);
		if ((*ret)->path == NULL)
			(*ret)->path = strdup(path);
	}
	return r;
}

int
cfg_server_load(const char *path, struct cfg_server **ret, struct cfg_problems *problems)
{
	size_t             before = problems->n_errors;
	struct cfg_server *cfg    = NULL;
	int                r      = decode_file(path, &cfg, problems);

	return finish(r, before, problems, cfg, ret);
}

/* Whether a problem of decoding stands at `key`, around it or inside it, or suggests it. */
static bool
is_covered(const struct cfg_problems *problems, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		const struct cfg_problem *q   = &problems->v[i];
		size_t                    len = strlen(q->key);
		const char               *dot;

		if (q->severity != CFG_ERROR)
			continue;
		if (str_starts(key, q->key) || str_starts(q->key, key))
			return true;
		dot = strrchr(q->key, '.');
		len = dot != NULL ? (size_t)(dot - q->key) + 1 : 0;
		if (q->suggestion != NULL && strncmp(key, q->key, len) == 0 &&
		    strstr(q->suggestion, key + len) != NULL)
			return true;
	}
	return false;
}

/* Takes away rules' problems that only follow from what could not be decoded. */
static void
drop_consequences(struct cfg_problems *problems, size_t n_decoded)
{
	for (size_t i = n_decoded; i < problems->n;) {
		struct cfg_problem *q = &problems->v[i];

		if (q->stage != CFG_STAGE_VALIDATE || !is_covered(problems, n_decoded, q->key)) {
			i++;
			continue;
		}
		problems->n_errors -= q->severity == CFG_ERROR;
		free(q->key);
		free(q->suggestion);
		free(q->context);
		vec_remove(problems, i);
	}
}

int
cfg_server_check(const char *path, struct cfg_server **ret, struct cfg_problems *problems)
{
	size_t             before = problems->n_errors, decoded;
	struct cfg_server *cfg    = NULL;
	int                r      = decode_file(path, &cfg, problems);

	decoded = problems->n;
	if (r == 0)
		r = cfg_server_validate(cfg, problems);
	if (r == -EINVAL && cfg != NULL)
		r = 0; /* counted below, after consequences are dropped */
	if (r == 0 && decoded > 0)
		drop_consequences(problems, decoded);
	return finish(r, before, problems, cfg, ret);
}

/* ---- questions ---- */

struct cfg_tier *
cfg_engine_scm(const struct cfg_engine *e)
{
	for (size_t i = 0; i < e->n_storage; i++)
		if (cfg_class_is_scm(e->storage[i].class))
			return &e->storage[i];
	return NULL;
}

bool
cfg_engine_has_bdevs(const struct cfg_engine *e)
{
	for (size_t i = 0; i < e->n_storage; i++)
		if (cfg_class_is_bdev(e->storage[i].class) && e->storage[i].bdev_list.n > 0)
			return true;
	return false;
}

bool
cfg_engine_has_real_nvme(const struct cfg_engine *e)
{
	for (size_t i = 0; i < e->n_storage; i++)
		if (e->storage[i].class == CFG_CLASS_NVME && e->storage[i].bdev_list.n > 0)
			return true;
	return false;
}

bool
cfg_engine_md_on_ssd(const struct cfg_engine *e)
{
	for (size_t i = 0; i < e->n_storage; i++)
		if (cfg_class_is_bdev(e->storage[i].class) &&
		    (e->storage[i].bdev_roles & CFG_ROLE_META) != 0)
			return true;
	return false;
}

char *
cfg_roles_text(unsigned roles)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	for (size_t i = 0; i < ARRAY_SIZE(cfg_role_names); i++)
		if ((roles & cfg_role_names[i].bit) != 0)
			strbuf_addf(&out, "%s%s", out.len > 0 ? "," : "", cfg_role_names[i].name);
	return strbuf_take(&out);
}

static int
give(char *path, char **ret)
{
	if (path == NULL)
		return -ENOMEM;
	*ret = path;
	return 0;
}

int
cfg_server_metadata_dir(const struct cfg_server *cfg, char **ret)
{
	if (str_empty(cfg->control_metadata.path))
		return -ENOENT;
	return give(str_format("%s/daos_control", cfg->control_metadata.path), ret);
}

int
cfg_server_engine_metadata_dir(const struct cfg_server *cfg, uint32_t index, char **ret)
{
	if (str_empty(cfg->control_metadata.path))
		return -ENOENT;
	return give(str_format("%s/daos_control/engine%u", cfg->control_metadata.path, index), ret);
}

int
cfg_server_database_dir(const struct cfg_server *cfg, char **ret)
{
	const struct cfg_tier *scm = cfg->n_engines > 0 ? cfg_engine_scm(&cfg->engines[0]) : NULL;

	if (!str_empty(cfg->control_metadata.path))
		return give(str_format("%s/daos_control/control_raft", cfg->control_metadata.path),
			    ret);
	if (scm == NULL || str_empty(scm->scm_mount))
		return -ENOENT;
	return give(str_format("%s/control_raft", scm->scm_mount), ret);
}
