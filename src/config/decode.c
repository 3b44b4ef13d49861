/*
 * A YAML document into a struct, driven by the field table. Everything wrong is collected with its
 * place; what is right is decoded all the same, so that one pass shows all problems.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <yaml.h>

#include "common/pci.h"
#include "config/bdev_list.h"
#include "config/config_private.h"
#include "config/scalar.h"

struct decoder {
	yaml_document_t     *doc;
	struct cfg_source   *source;
	struct cfg_problems *problems;
	struct strbuf        path;  /* key being decoded */
	int                  error; /* -ENOMEM once memory ran out */
};

static void decode_map(struct decoder *d, const yaml_node_t *node, const struct cfg_schema *schema,
		       void *obj);

/* ---- keys that are not (or no longer) where they stand ---- */

static const struct {
	const char *name;
	const char *hint;
} former_keys[] = {
    {"servers", "the list of engines is called engines now"},
    {"enable_vmd", "use disable_vmd with the opposite value"},
    {"user_name", "the key was removed; engines run as the user of daos_server"},
    {"group_name", "the key was removed; engines run as the group of daos_server"},
    {"recreate_superblocks", "the key was removed; use dmg storage format"},
    {"firmware_helper", "did you mean firmware_helper_log_file?"},
    {"scm_class", "use class in an entry of storage"},
    {"bdev_class", "use class in an entry of storage"},
};

static const struct {
	const struct cfg_schema *schema;
	const char              *where;
} homes[] = {
    {&cfg_tier_schema, "an entry of engines[].storage"},
    {&cfg_engine_schema, "an entry of engines"},
    {&cfg_server_schema, "the top level of daos_server.yml"},
    {&cfg_control_schema, "daos_control.yml"},
};

static const struct cfg_field *
find_field(const struct cfg_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->n; i++)
		if (str_eq(schema->fields[i].name, name))
			return &schema->fields[i];
	return NULL;
}

/* What to say about an unknown key: fresh memory, or NULL for nothing (or no memory). */
static char *
suggest(const struct cfg_schema *schema, const char *name)
{
	const char *names[CFG_MAX_FIELDS], *near;
	size_t      n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(former_keys); i++)
		if (str_eq(former_keys[i].name, name))
			return strdup(former_keys[i].hint);
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++)
		if (homes[i].schema != schema && find_field(homes[i].schema, name) != NULL)
			return str_format("%s belongs in %s", name, homes[i].where);
	for (; n < schema->n; n++)
		names[n] = schema->fields[n].name;
	near = str_nearest(name, names, n);
	return near != NULL ? str_format("did you mean %s?", near) : NULL;
}

/* ---- problems ---- */

static void
add_problem(struct decoder *d, const yaml_node_t *at, const struct fault *f, bool hard,
	    char *suggestion)
{
	struct cfg_problem q = {.severity   = CFG_ERROR,
				.stage      = CFG_STAGE_PARSE,
				.line       = (unsigned)at->start_mark.line + 1,
				.column     = (unsigned)at->start_mark.column + 1,
				.key        = strdup(strbuf_str(&d->path)),
				.suggestion = suggestion,
				.fault      = *f};
	int                r;

	r = hard ? cfg_problems_add_hard(d->problems, &q) : cfg_problems_add(d->problems, &q);
	if (r < 0)
		d->error = r;
}

static const char *
scalar_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static void
resolve(const yaml_node_t *node, struct scalar *ret)
{
	scalar_resolve(scalar_text(node), node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, ret);
}

static bool
is_null(const yaml_node_t *node)
{
	struct scalar s;

	if (node->type != YAML_SCALAR_NODE)
		return false;
	resolve(node, &s);
	return s.kind == SCALAR_NULL;
}

/* "targets: "many" is text, a number is wanted". */
static void
wrong_type(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field)
{
	struct fault  f = FAULT_INIT;
	struct scalar s;

	if (node->type == YAML_SCALAR_NODE) {
		resolve(node, &s);
		(void)fault_plain(&f, -EINVAL, "%s: \"%.100s\" is %s, %s is wanted", field->name,
				  scalar_text(node), scalar_kind_name(s.kind),
				  cfg_type_name(field->type));
	} else {
		(void)fault_plain(&f, -EINVAL, "%s: %s where %s is wanted", field->name,
				  node->type == YAML_MAPPING_NODE ? "a map" : "a list",
				  cfg_type_name(field->type));
	}
	add_problem(d, node, &f, false, NULL);
}

static void
out_of_range(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field)
{
	struct fault f = FAULT_INIT;

	(void)fault_plain(&f, -ERANGE, "%s: %.60s is out of range, %s is wanted", field->name,
			  scalar_text(node), cfg_type_name(field->type));
	add_problem(d, node, &f, false, NULL);
}

/* ---- paths ---- */

static size_t
push_key(struct decoder *d, const char *name)
{
	size_t before = d->path.len;

	if (before > 0)
		strbuf_add_char(&d->path, '.');
	strbuf_add(&d->path, name);
	return before;
}

static size_t
push_index(struct decoder *d, size_t i)
{
	size_t before = d->path.len;

	strbuf_addf(&d->path, "[%zu]", i);
	return before;
}

static void
pop(struct decoder *d, size_t before)
{
	if (d->path.s != NULL) {
		d->path.len       = before;
		d->path.s[before] = '\0';
	}
}

static void
remember_place(struct decoder *d, const yaml_node_t *node)
{
	if (strbuf_error(&d->path) < 0 ||
	    cfg_source_add(d->source, strbuf_str(&d->path), (unsigned)node->start_mark.line + 1,
			   (unsigned)node->start_mark.column + 1) < 0)
		d->error = -ENOMEM;
}

/* ---- scalars ---- */

/* A whole number; fractions are cut as upstream does. 0, -EINVAL (no number), -ERANGE. */
static int
to_i64(const yaml_node_t *node, int64_t *ret)
{
	struct scalar s;

	resolve(node, &s);
	switch (s.kind) {
	case SCALAR_NULL:
		*ret = 0;
		return 0;
	case SCALAR_INT:
		*ret = s.integer;
		return 0;
	case SCALAR_UINT:
		return -ERANGE;
	case SCALAR_FLOAT:
		if (!(s.real > -9.2e18 && s.real < 9.2e18))
			return -ERANGE;
		*ret = (int64_t)s.real;
		return 0;
	default:
		return -EINVAL;
	}
}

static int
to_u64(const yaml_node_t *node, uint64_t max, uint64_t *ret)
{
	struct scalar s;
	int64_t       n;
	int           r;

	resolve(node, &s);
	if (s.kind == SCALAR_UINT && s.natural <= max) {
		*ret = s.natural;
		return 0;
	}
	r = to_i64(node, &n);
	if (r == 0 && (n < 0 || (uint64_t)n > max))
		r = -ERANGE;
	if (r == 0)
		*ret = (uint64_t)n;
	return r;
}

static void
check_number(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, int r)
{
	if (r == -ERANGE)
		out_of_range(d, node, field);
	else if (r < 0)
		wrong_type(d, node, field);
}

static void
decode_number(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	uint64_t max = field->type == CFG_TYPE_U8    ? UINT8_MAX
		       : field->type == CFG_TYPE_U32 ? UINT32_MAX
						     : UINT64_MAX;
	uint64_t u   = 0;
	int64_t  i   = 0;
	int      r;

	if (field->type == CFG_TYPE_INT || field->type == CFG_TYPE_OPT_INT) {
		r = to_i64(node, &i);
		if (r == 0 && field->type == CFG_TYPE_OPT_INT && i < field->min)
			r = -ERANGE;
	} else {
		r = to_u64(node, max, &u);
	}
	check_number(d, node, field, r);
	if (r < 0)
		return;
	switch (field->type) {
	case CFG_TYPE_INT:
		*(int64_t *)p = i;
		break;
	case CFG_TYPE_OPT_INT:
		*(struct cfg_opt_int *)p = (struct cfg_opt_int){.set = !is_null(node), .value = i};
		break;
	case CFG_TYPE_U64:
		*(uint64_t *)p = u;
		break;
	case CFG_TYPE_U32:
		*(uint32_t *)p = (uint32_t)u;
		break;
	default:
		*(uint8_t *)p = (uint8_t)u;
		break;
	}
}

static void
decode_bool(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	struct scalar s;

	resolve(node, &s);
	if (s.kind != SCALAR_NULL && s.kind != SCALAR_BOOL)
		wrong_type(d, node, field);
	else if (field->type == CFG_TYPE_BOOL)
		*(bool *)p = s.kind == SCALAR_BOOL && s.boolean;
	else
		*(enum cfg_opt_bool *)p = s.kind == SCALAR_NULL ? CFG_UNSET
					  : s.boolean           ? CFG_TRUE
								: CFG_FALSE;
}

/* Text of any scalar; false (and a problem) when it holds a NUL. */
static bool
clean_text(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field)
{
	struct fault f = FAULT_INIT;

	if (strlen(scalar_text(node)) == node->data.scalar.length)
		return true;
	(void)fault_plain(&f, -EINVAL, "%s: the text contains a NUL byte", field->name);
	add_problem(d, node, &f, true, NULL);
	return false;
}

static void
decode_string(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	const char *text = scalar_text(node);

	if (!clean_text(d, node, field))
		return;
	if (is_null(node)) /* as upstream, null takes even the default away */
		text = field->def != NULL ? "" : NULL;
	if (cfg_set_string(p, text) < 0)
		d->error = -ENOMEM;
}

static void
decode_class(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	static const char *const names[] = {"dcpm", "ram", "dir", "nvme", "file", "kdev"};
	enum cfg_class class             = cfg_class_parse(scalar_text(node));
	struct fault f                   = FAULT_INIT;
	const char  *near;

	if (class == CFG_CLASS_NONE && !is_null(node)) {
		near = str_nearest(scalar_text(node), names, ARRAY_SIZE(names));
		(void)fault_plain(&f, -EINVAL,
				  "%s: unsupported storage class \"%.60s\"; %s is wanted",
				  field->name, scalar_text(node), field->range);
		add_problem(d, node, &f, true, near ? str_format("did you mean %s?", near) : NULL);
		return;
	}
	*(enum cfg_class *)p = class;
}

static void
decode_log_level(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	enum log_level level = LOG_LEVEL_DISABLED;
	struct fault   f     = FAULT_INIT;

	if (!is_null(node) && log_level_parse(scalar_text(node), &level) < 0) {
		(void)fault_plain(&f, -EINVAL, "%s: \"%.60s\" is not a log level; %s is wanted",
				  field->name, scalar_text(node), field->range);
		add_problem(d, node, &f, true, NULL);
		return;
	}
	*(enum log_level *)p = level;
}

static void
decode_bus_range(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	struct cfg_bus_range range = {0};
	struct fault         f     = FAULT_INIT;

	if (!is_null(node) &&
	    pci_bus_range_parse(scalar_text(node), &range.low, &range.high, &f) < 0) {
		fault_wrap(&f, "%s", field->name);
		add_problem(d, node, &f, true, NULL);
		return;
	}
	range.set                  = !is_null(node) && *scalar_text(node) != '\0';
	*(struct cfg_bus_range *)p = range;
}

static void
decode_scalar(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	switch (field->type) {
	case CFG_TYPE_STRING:
		decode_string(d, node, field, p);
		break;
	case CFG_TYPE_BOOL:
	case CFG_TYPE_OPT_BOOL:
		decode_bool(d, node, field, p);
		break;
	case CFG_TYPE_CLASS:
		decode_class(d, node, field, p);
		break;
	case CFG_TYPE_LOG_LEVEL:
		decode_log_level(d, node, field, p);
		break;
	case CFG_TYPE_BUS_RANGE:
		decode_bus_range(d, node, field, p);
		break;
	default:
		decode_number(d, node, field, p);
		break;
	}
}

/* ---- lists ---- */

static size_t
n_items(const yaml_node_t *node)
{
	return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static const yaml_node_t *
item(struct decoder *d, const yaml_node_t *node, size_t i)
{
	return yaml_document_get_node(d->doc, node->data.sequence.items.start[i]);
}

/* The texts of a list of scalars; null counts as empty text. Items of another kind are reported and
 * left out. */
static void
collect_texts(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field,
	      struct cfg_list *out)
{
	static const struct cfg_field text_field = {.name = "", .type = CFG_TYPE_STRING};

	for (size_t i = 0; i < n_items(node); i++) {
		const yaml_node_t *it     = item(d, node, i);
		size_t             before = push_index(d, i);

		remember_place(d, it);
		if (it->type != YAML_SCALAR_NODE) {
			struct cfg_field named = text_field;

			named.name = field->name;
			wrong_type(d, it, &named);
		} else if (clean_text(d, it, field) &&
			   cfg_list_add(out, is_null(it) ? "" : scalar_text(it)) < 0) {
			d->error = -ENOMEM;
		}
		pop(d, before);
	}
}

static void
decode_int_list(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	struct cfg_field     named = {.name = field->name, .type = CFG_TYPE_INT};
	struct cfg_int_list *list  = p;

	vec_fini(list);
	for (size_t i = 0; i < n_items(node); i++) {
		const yaml_node_t *it     = item(d, node, i);
		size_t             before = push_index(d, i);
		int64_t            n      = 0;
		int                r      = it->type == YAML_SCALAR_NODE ? to_i64(it, &n) : -EINVAL;

		remember_place(d, it);
		check_number(d, it, &named, r);
		if (r == 0 && vec_push(list, n) < 0)
			d->error = -ENOMEM;
		pop(d, before);
	}
}

/* Names → bits; `na` in any case ends the list, empty names count for nothing. */
static void
decode_flags(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	bool                        roles = field->type == CFG_TYPE_ROLES;
	const struct cfg_flag_name *names = roles ? cfg_role_names : cfg_accel_names;
	size_t          n     = roles ? ARRAY_SIZE(cfg_role_names) : ARRAY_SIZE(cfg_accel_names);
	struct cfg_list texts = {0};
	unsigned        bits  = 0;
	struct fault    f     = FAULT_INIT;

	collect_texts(d, node, field, &texts);
	for (size_t i = 0; i < texts.n; i++) {
		size_t k = 0;

		if (str_empty(texts.v[i]))
			continue;
		if (str_eq_nocase(texts.v[i], "na"))
			break;
		while (k < n && !str_eq(names[k].name, texts.v[i]))
			k++;
		if (k < n) {
			bits |= names[k].bit;
			continue;
		}
		(void)fault_set(&f, FAULT_BDEV_CONFIG_OPT_FLAG_UNKNOWN,
				"%s: \"%.60s\" is unknown; %s are the choices", field->name,
				texts.v[i], field->range);
		fault_resolve(&f, "use only %s (lower case) in %s and start daos_server again",
			      field->range, strbuf_str(&d->path));
		add_problem(d, node, &f, true, NULL);
	}
	cfg_list_fini(&texts);
	*(unsigned *)p = bits;
}

static void
decode_bdev_list(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *p)
{
	struct cfg_tier *tier  = container_of(p, struct cfg_tier, bdev_list);
	struct cfg_list  texts = {0};
	struct fault     f     = FAULT_INIT;
	int              r;

	collect_texts(d, node, field, &texts);
	r = cfg_bdev_list_parse((const char *const *)texts.v, texts.n, &tier->bdev_list,
				&tier->bdev_list_is_pci, &f);
	if (r == -ENOMEM)
		d->error = r;
	else if (r < 0)
		add_problem(d, node, &f, true, NULL);
	cfg_list_fini(&texts);
}

static void
decode_engines(struct decoder *d, const yaml_node_t *node, struct cfg_server *cfg)
{
	struct fault f = FAULT_INIT;
	size_t       n = n_items(node);

	if (n > CFG_MAX_ENGINES) {
		(void)fault_plain(&f, -EINVAL, "engines: %zu entries, at most %d are possible", n,
				  CFG_MAX_ENGINES);
		add_problem(d, node, &f, false, NULL);
		return;
	}
	cfg->engines = calloc(MAX(n, 1U), sizeof(*cfg->engines));
	if (cfg->engines == NULL) {
		d->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const yaml_node_t *it     = item(d, node, i);
		size_t             before = push_index(d, i);
		struct cfg_engine *e      = &cfg->engines[cfg->n_engines];

		remember_place(d, it);
		if (is_null(it) || it->type == YAML_MAPPING_NODE) {
			cfg->n_engines++;
			if (cfg_schema_defaults(&cfg_engine_schema, e) < 0)
				d->error = -ENOMEM;
		}
		if (!is_null(it))
			decode_map(d, it, &cfg_engine_schema, e);
		pop(d, before);
	}
}

static void
decode_tiers(struct decoder *d, const yaml_node_t *node, struct cfg_engine *e)
{
	size_t n = n_items(node);

	e->storage = calloc(MAX(n, 1U), sizeof(*e->storage));
	if (e->storage == NULL) {
		d->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const yaml_node_t *it   = item(d, node, i);
		struct cfg_tier   *tier = &e->storage[e->n_storage];
		size_t             before;

		if (is_null(it))
			continue;
		/* numbered as the tiers are: null entries do not count */
		before = push_index(d, e->n_storage);
		remember_place(d, it);
		if (it->type == YAML_MAPPING_NODE)
			e->n_storage++;
		decode_map(d, it, &cfg_tier_schema, tier);
		pop(d, before);
	}
}

static void
decode_list(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *obj)
{
	void *p = cfg_field_ptr(field, obj);

	switch (field->type) {
	case CFG_TYPE_LIST:
		cfg_list_fini(p);
		collect_texts(d, node, field, p);
		break;
	case CFG_TYPE_INT_LIST:
		decode_int_list(d, node, field, p);
		break;
	case CFG_TYPE_ROLES:
	case CFG_TYPE_ACCEL_OPTIONS:
		decode_flags(d, node, field, p);
		break;
	case CFG_TYPE_BDEV_LIST:
		decode_bdev_list(d, node, field, p);
		break;
	case CFG_TYPE_ENGINES:
		decode_engines(d, node, obj);
		break;
	default:
		decode_tiers(d, node, obj);
		break;
	}
}

/* ---- maps ---- */

static bool
is_list_type(enum cfg_type type)
{
	return type == CFG_TYPE_LIST || type == CFG_TYPE_INT_LIST || type == CFG_TYPE_ROLES ||
	       type == CFG_TYPE_ACCEL_OPTIONS || type == CFG_TYPE_BDEV_LIST ||
	       type == CFG_TYPE_ENGINES || type == CFG_TYPE_TIERS;
}

/* Fills in what a present `acceleration` map implies, and checks its engine. */
static void
finish_acceleration(struct decoder *d, const yaml_node_t *node, struct cfg_acceleration *a)
{
	struct fault f = FAULT_INIT;

	if (a->engine == NULL && cfg_set_string(&a->engine, "none") < 0) {
		d->error = -ENOMEM;
	} else if (str_eq(a->engine, "none")) {
		a->options = 0;
	} else if (str_eq(a->engine, "spdk") || str_eq(a->engine, "dml")) {
		if (a->options == 0)
			a->options = CFG_ACCEL_MOVE | CFG_ACCEL_CRC;
	} else {
		(void)fault_set(
		    &f, FAULT_BDEV_ACCEL_ENGINE_UNKNOWN,
		    "acceleration.engine: \"%.60s\" is unknown; none, spdk and dml are the choices",
		    a->engine);
		fault_resolve(&f, "set %s.engine to none, spdk or dml and start daos_server again",
			      strbuf_str(&d->path));
		add_problem(d, node, &f, true, NULL);
	}
}

static void
decode_value(struct decoder *d, const yaml_node_t *node, const struct cfg_field *field, void *obj)
{
	void *p = cfg_field_ptr(field, obj);

	if (field->type == CFG_TYPE_MAP) {
		if (is_null(node))
			return;
		if (node->type != YAML_MAPPING_NODE) {
			wrong_type(d, node, field);
			return;
		}
		decode_map(d, node, field->schema, p);
		if (str_eq(field->name, "acceleration"))
			finish_acceleration(d, node, p);
		else if (str_eq(field->name, "bdev_auto_faulty"))
			((struct cfg_engine *)obj)->bdev_auto_faulty.set = true;
	} else if (is_list_type(field->type)) {
		if (node->type == YAML_SEQUENCE_NODE)
			decode_list(d, node, field, obj);
		else if (!is_null(node))
			wrong_type(d, node, field);
	} else if (node->type == YAML_SCALAR_NODE) {
		decode_scalar(d, node, field, p);
	} else {
		wrong_type(d, node, field);
	}
}

static void
decode_pair(struct decoder *d, const yaml_node_t *key, const yaml_node_t *value,
	    const struct cfg_schema *schema, void *obj, uint64_t *seen)
{
	struct fault            f      = FAULT_INIT;
	const char             *name   = scalar_text(key);
	size_t                  before = push_key(d, name);
	const struct cfg_field *field  = find_field(schema, name);
	uint64_t                bit    = field != NULL ? 1ULL << (field - schema->fields) : 0;

	if (field == NULL) {
		(void)fault_plain(&f, -EINVAL, "field %.100s is not a key of %s", name,
				  schema->what);
		add_problem(d, key, &f, false, suggest(schema, name));
	} else if ((*seen & bit) != 0) {
		(void)fault_plain(&f, -EINVAL, "field %s is already set in this map", name);
		add_problem(d, key, &f, false, NULL);
	} else {
		*seen |= bit;
		remember_place(d, key);
		decode_value(d, value, field, obj);
	}
	pop(d, before);
}

static void
decode_map(struct decoder *d, const yaml_node_t *node, const struct cfg_schema *schema, void *obj)
{
	struct fault f    = FAULT_INIT;
	uint64_t     seen = 0;

	if (node->type != YAML_MAPPING_NODE) {
		(void)fault_plain(&f, -EINVAL, "%s must be a map of keys and values", schema->what);
		add_problem(d, node, &f, false, NULL);
		return;
	}
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(d->doc, p->key);

		if (d->error < 0)
			return;
		if (key->type != YAML_SCALAR_NODE) {
			(void)fault_plain(&f, -EINVAL, "a key must be a word");
			add_problem(d, key, &f, false, NULL);
			continue;
		}
		decode_pair(d, key, yaml_document_get_node(d->doc, p->value), schema, obj, &seen);
	}
}

int
cfg_decode(const char *text, size_t len, const struct cfg_schema *schema, void *obj,
	   struct cfg_source *source, struct cfg_problems *problems)
{
	yaml_document_t    doc;
	struct decoder     d = {.doc = &doc, .source = source, .problems = problems};
	const yaml_node_t *root;
	int                r = cfg_document_load(text, len, &doc, problems);

	if (r < 0)
		return r == -ENOMEM ? r : 0; /* said in the list */
	root = yaml_document_get_root_node(&doc);
	if (root != NULL && !is_null(root))
		decode_map(&d, root, schema, obj);
	if (strbuf_error(&d.path) < 0)
		d.error = -ENOMEM;
	strbuf_fini(&d.path);
	yaml_document_delete(&doc);
	return d.error;
}
