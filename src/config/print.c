/*
 * A configuration, and a sample of one, as YAML; both are walks over the field table.
 */
#include <inttypes.h>
#include <string.h>

#include "common/fs.h"
#include "config/config_private.h"
#include "config/scalar.h"

#define INDENT      2
#define ACTIVE_NAME ".daos_server.active.yml"
#define SAFE        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+=@;,()-"

struct printer {
	struct strbuf *out;
	unsigned       depth;
	bool           dash; /* the next key is the first of a list entry */
};

/* Text that reads back as the same string: bare when that is safe, else in double quotes. */
static void
add_text(struct strbuf *out, const char *s)
{
	struct scalar as;
	bool          plain = s[0] != '\0' && strchr("-,=@", s[0]) == NULL;

	for (const char *c = s; plain && *c != '\0'; c++)
		plain = strchr(SAFE, *c) != NULL || (*c == ':' && c[1] != '\0' && c[1] != ' ');
	scalar_resolve(s, true, &as);
	if (plain && as.kind == SCALAR_STRING) {
		strbuf_add(out, s);
		return;
	}
	strbuf_add_char(out, '"');
	for (const char *c = s; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			strbuf_addf(out, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			strbuf_addf(out, "\\x%02x", (unsigned char)*c);
		else
			strbuf_add_char(out, *c);
	}
	strbuf_add_char(out, '"');
}

static void
add_key(struct printer *p, const char *key)
{
	strbuf_pad(p->out, ' ', p->dash ? p->depth - INDENT : p->depth);
	if (p->dash)
		strbuf_add(p->out, "- ");
	p->dash = false;
	strbuf_addf(p->out, "%s:", key);
}

static void
add_list(struct printer *p, const char *const *items, size_t n)
{
	strbuf_add(p->out, n == 0 ? " []\n" : "\n");
	for (size_t i = 0; i < n; i++) {
		strbuf_pad(p->out, ' ', p->depth);
		strbuf_add(p->out, "- ");
		add_text(p->out, items[i]);
		strbuf_add_char(p->out, '\n');
	}
}

static void
add_flags(struct printer *p, const struct cfg_flag_name *names, size_t n, unsigned bits)
{
	const char *items[4];
	size_t      k = 0;

	for (size_t i = 0; i < n; i++)
		if ((bits & names[i].bit) != 0)
			items[k++] = names[i].name;
	add_list(p, items, k);
}

static bool map_is_zero(const struct cfg_schema *schema, const void *obj);

static bool
is_zero(const struct cfg_field *f, const void *obj)
{
	const void *v = (const char *)obj + f->offset;

	switch (f->type) {
	case CFG_TYPE_STRING:
		return str_empty(*(char *const *)v);
	case CFG_TYPE_BOOL:
		return !*(const bool *)v;
	case CFG_TYPE_OPT_BOOL:
		return *(const enum cfg_opt_bool *)v == CFG_UNSET;
	case CFG_TYPE_INT:
		return *(const int64_t *)v == 0;
	case CFG_TYPE_OPT_INT:
		return !((const struct cfg_opt_int *)v)->set;
	case CFG_TYPE_U64:
		return *(const uint64_t *)v == 0;
	case CFG_TYPE_U32:
		return *(const uint32_t *)v == 0;
	case CFG_TYPE_U8:
		return *(const uint8_t *)v == 0;
	case CFG_TYPE_LIST:
	case CFG_TYPE_BDEV_LIST:
		return ((const struct cfg_list *)v)->n == 0;
	case CFG_TYPE_INT_LIST:
		return ((const struct cfg_int_list *)v)->n == 0;
	case CFG_TYPE_MAP:
		return map_is_zero(f->schema, v);
	case CFG_TYPE_ROLES:
	case CFG_TYPE_ACCEL_OPTIONS:
		return *(const unsigned *)v == 0;
	case CFG_TYPE_BUS_RANGE:
		return !((const struct cfg_bus_range *)v)->set;
	default:
		return false;
	}
}

static bool
map_is_zero(const struct cfg_schema *schema, const void *obj)
{
	for (size_t i = 0; i < schema->n; i++)
		if (!is_zero(&schema->fields[i], obj))
			return false;
	return true;
}

static void print_map(struct printer *p, const struct cfg_schema *schema, const void *obj);

static void
print_entries(struct printer *p, const struct cfg_schema *schema, const void *entries, size_t n)
{
	strbuf_add(p->out, n == 0 ? " []\n" : "\n");
	for (size_t i = 0; i < n; i++) {
		p->depth += INDENT;
		p->dash = true;
		print_map(p, schema, (const char *)entries + i * schema->size);
		p->dash = false;
		p->depth -= INDENT;
	}
}

static void
print_int_list(struct printer *p, const struct cfg_int_list *list)
{
	strbuf_add(p->out, " [");
	for (size_t i = 0; i < list->n; i++)
		strbuf_addf(p->out, "%s%" PRId64, i > 0 ? ", " : "", list->v[i]);
	strbuf_add(p->out, "]\n");
}

static void
print_scalar(struct printer *p, const struct cfg_field *f, const void *v)
{
	const struct cfg_bus_range *range = v;

	strbuf_add_char(p->out, ' ');
	switch (f->type) {
	case CFG_TYPE_STRING:
		add_text(p->out, *(char *const *)v != NULL ? *(char *const *)v : "");
		break;
	case CFG_TYPE_BOOL:
		strbuf_add(p->out, *(const bool *)v ? "true" : "false");
		break;
	case CFG_TYPE_OPT_BOOL:
		strbuf_add(p->out, *(const enum cfg_opt_bool *)v == CFG_UNSET  ? "null"
				   : *(const enum cfg_opt_bool *)v == CFG_TRUE ? "true"
									       : "false");
		break;
	case CFG_TYPE_INT:
		strbuf_addf(p->out, "%" PRId64, *(const int64_t *)v);
		break;
	case CFG_TYPE_OPT_INT:
		strbuf_addf(p->out, "%" PRId64, ((const struct cfg_opt_int *)v)->value);
		break;
	case CFG_TYPE_U64:
		strbuf_addf(p->out, "%" PRIu64, *(const uint64_t *)v);
		break;
	case CFG_TYPE_U32:
		strbuf_addf(p->out, "%u", *(const uint32_t *)v);
		break;
	case CFG_TYPE_U8:
		strbuf_addf(p->out, "%u", *(const uint8_t *)v);
		break;
	case CFG_TYPE_CLASS:
		add_text(p->out, cfg_class_name(*(const enum cfg_class *)v));
		break;
	case CFG_TYPE_LOG_LEVEL:
		strbuf_add(p->out, log_level_name(*(const enum log_level *)v));
		break;
	default:
		strbuf_addf(p->out, "0x%02x-0x%02x", range->low, range->high);
		break;
	}
	strbuf_add_char(p->out, '\n');
}

static void
print_field(struct printer *p, const struct cfg_field *f, const void *obj)
{
	const void *v = (const char *)obj + f->offset;

	add_key(p, f->name);
	switch (f->type) {
	case CFG_TYPE_LIST:
	case CFG_TYPE_BDEV_LIST:
		add_list(p, (const char *const *)((const struct cfg_list *)v)->v,
			 ((const struct cfg_list *)v)->n);
		break;
	case CFG_TYPE_INT_LIST:
		print_int_list(p, v);
		break;
	case CFG_TYPE_ROLES:
		add_flags(p, cfg_role_names, ARRAY_SIZE(cfg_role_names), *(const unsigned *)v);
		break;
	case CFG_TYPE_ACCEL_OPTIONS:
		add_flags(p, cfg_accel_names, ARRAY_SIZE(cfg_accel_names), *(const unsigned *)v);
		break;
	case CFG_TYPE_MAP:
		strbuf_add_char(p->out, '\n');
		p->depth += INDENT;
		print_map(p, f->schema, v);
		p->depth -= INDENT;
		break;
	case CFG_TYPE_ENGINES:
		print_entries(p, f->schema, ((const struct cfg_server *)obj)->engines,
			      ((const struct cfg_server *)obj)->n_engines);
		break;
	case CFG_TYPE_TIERS:
		print_entries(p, f->schema, ((const struct cfg_engine *)obj)->storage,
			      ((const struct cfg_engine *)obj)->n_storage);
		break;
	default:
		print_scalar(p, f, v);
		break;
	}
}

static void
print_map(struct printer *p, const struct cfg_schema *schema, const void *obj)
{
	for (size_t i = 0; i < schema->n; i++) {
		const struct cfg_field *f = &schema->fields[i];

		if ((f->flags & CFG_FIELD_DEPRECATED) != 0)
			continue;
		if ((f->flags & CFG_FIELD_ALWAYS) != 0 || !is_zero(f, obj))
			print_field(p, f, obj);
	}
}

int
cfg_server_print(const struct cfg_server *cfg, char **ret)
{
	struct strbuf  out = STRBUF_INIT;
	struct printer p   = {.out = &out};
	char          *text;

	print_map(&p, &cfg_server_schema, cfg);
	text = strbuf_take(&out);
	if (text == NULL)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int
cfg_server_save_active(const struct cfg_server *cfg, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	_cleanup_(freep) char *path = str_format("%s/%s", cfg->socket_dir, ACTIVE_NAME);
	int                    r    = path != NULL ? cfg_server_print(cfg, &text) : -ENOMEM;

	if (r < 0)
		return r;
	r = fs_write_atomic(path, text, strlen(text), 0644);
	if (r < 0)
		return fault_plain(f, r, "active config could not be saved to %s: %s", path,
				   strerror(-r));
	return 0;
}

/* ---- samples ---- */

static void
sample_map(struct printer *p, const struct cfg_schema *schema)
{
	for (size_t i = 0; i < schema->n; i++) {
		const struct cfg_field *f     = &schema->fields[i];
		unsigned                depth = p->dash ? p->depth - INDENT : p->depth;

		if ((f->flags & CFG_FIELD_DEPRECATED) != 0)
			continue;
		strbuf_add_char(p->out, '#');
		strbuf_pad(p->out, ' ', depth + 1);
		strbuf_addf(p->out, "%s (%s%s)\n", f->help,
			    f->range != NULL ? f->range : cfg_type_name(f->type),
			    (f->flags & CFG_FIELD_OURS) != 0 ? "; not in upstream DAOS" : "");
		strbuf_add_char(p->out, '#');
		strbuf_pad(p->out, ' ', depth);
		strbuf_addf(p->out, "%s%s:", p->dash ? "- " : "", f->name);
		p->dash = false;
		if (f->def != NULL)
			strbuf_addf(p->out, " %s", f->def);
		strbuf_add_char(p->out, '\n');
		if (f->schema == NULL)
			continue;
		p->depth += INDENT;
		p->dash = f->type != CFG_TYPE_MAP;
		sample_map(p, f->schema);
		p->dash = false;
		p->depth -= INDENT;
	}
}

static int
print_sample(const struct cfg_schema *schema, char **ret)
{
	struct strbuf  out = STRBUF_INIT;
	struct printer p   = {.out = &out};
	char          *text;

	strbuf_addf(&out,
		    "# %s: every key with its meaning. A key with a value shows its default; "
		    "remove the # to set it.\n",
		    schema->what);
	sample_map(&p, schema);
	text = strbuf_take(&out);
	if (text == NULL)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int
cfg_server_sample(char **ret)
{
	return print_sample(&cfg_server_schema, ret);
}

int
cfg_control_sample(char **ret)
{
	return print_sample(&cfg_control_schema, ret);
}
