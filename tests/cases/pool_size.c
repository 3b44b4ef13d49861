/* Rows of pool-create-size.tsv. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "cli/cli.h"
#include "common/acl.h"
#include "common/pool_prop.h"
#include "common/ranks.h"
#include "control/pool_size.h"

#define MAX_WORDS   64
#define MAX_HOSTS   16
#define MAX_DEVICES 64

/* ---- numbers as the table writes them: the shortest text that reads back ---- */

static void
add_double(struct strbuf *out, double value, bool single)
{
	char buf[64];

	for (int digits = 1; digits <= 17; digits++) {
		(void)snprintf(buf, sizeof(buf), "%.*g", digits, value);
		if (single ? strtof(buf, NULL) == (float)value : strtod(buf, NULL) == value)
			break;
	}
	strbuf_add(out, buf);
}

static void
add_ratios(struct strbuf *out, const struct pool_size_ratios *r)
{
	for (size_t i = 0; i < r->n; i++) {
		strbuf_add_char(out, i == 0 ? '[' : ',');
		add_double(out, r->v[i], false);
	}
	strbuf_add(out, r->n > 0 ? "]" : "null");
}

/* `"tier_bytes":…,"tier_ratio":…,"total_bytes":…` */
static void
add_sizes(struct strbuf *out, const struct pool_size_request *r)
{
	strbuf_add(out, "\"tier_bytes\":");
	for (size_t i = 0; i < r->n_tier_bytes; i++)
		strbuf_addf(out, "%c%" PRIu64, i == 0 ? '[' : ',', r->tier_bytes[i]);
	strbuf_add(out, r->n_tier_bytes > 0 ? "],\"tier_ratio\":" : "null,\"tier_ratio\":");
	add_ratios(out, &r->tier_ratio);
	strbuf_addf(out, ",\"total_bytes\":%" PRIu64, r->total_bytes);
}

static void
add_json_string(struct strbuf *out, const char *text)
{
	json_t *json = json_string(text);

	outcome_take(out, json_dumps(json, JSON_ENCODE_ANY));
	json_decref(json);
}

/* ---- cli: a command line ---- */

struct create_args {
	struct pool_size_options size;
	uint32_t                 n_svc;
	const char              *user, *group, *ranks, *acl_file, *label;
	bool                     has_settings;
};

/* Of the row that runs: arguments that are parsed in vain are freed without a look inside. */
static struct pool_settings settings;

static int
parse_settings(const char *value, void *target, struct strbuf *why)
{
	struct fault f = FAULT_INIT;
	int          r = pool_settings_add(&settings, value, &f);

	*(bool *)target = true;
	strbuf_add(why, f.description);
	return r;
}

#define TEXT(letter, name, field)                                                                  \
	{                                                                                          \
		letter, name, CLI_STRING, offsetof(struct create_args, field), "text"              \
	}

static const struct cli_option create_options[] = {
    TEXT('z', "size", size.size),
    TEXT('t', "tier-ratio", size.tier_ratio),
    TEXT('s', "scm-size", size.scm_size),
    TEXT('n', "nvme-size", size.nvme_size),
    TEXT(0, "meta-size", size.meta_size),
    TEXT(0, "data-size", size.data_size),
    TEXT(0, "mem-ratio", size.mem_ratio),
    TEXT('u', "user", user),
    TEXT('g', "group", group),
    TEXT('r', "ranks", ranks),
    TEXT('a', "acl-file", acl_file),
    {'k', "nranks", CLI_U32, offsetof(struct create_args, size.n_ranks), "text"},
    {'v', "nsvc", CLI_U32, offsetof(struct create_args, n_svc), "text"},
    {'P', "properties", CLI_CUSTOM, offsetof(struct create_args, has_settings), "text",
     .kind = "properties", .parse = parse_settings},
    CLI_OPTIONS_END,
};

static const struct cli_word create_words[] = {
    {"label", offsetof(struct create_args, label), .required = true},
    {NULL},
};

static int
run_nothing(struct cli_call *call, void *args, struct cli_error *e)
{
	return 0;
}

static const struct cli_command commands[] = {
    {"pool", .help = "pools"},
    {"pool create", .help = "a pool", .options = create_options, .words = create_words,
     .args_size = sizeof(struct create_args), .run = run_nothing},
};

static const struct cli_app app = {
    .name         = "cases",
    .error_prefix = "",
    .commands     = commands,
    .n_commands   = ARRAY_SIZE(commands),
    .json_offset  = SIZE_MAX,
};

/* The label becomes a property like any other, and cannot be given twice. */
static int
add_label(struct create_args *a, struct fault *f)
{
	_cleanup_(freep) char *pair = str_format("label:%s", a->label);

	if (pair == NULL)
		return -ENOMEM;
	return pool_settings_add(&settings, pair, f);
}

/* What the table stands for a file: `<acl-file:ENTRIES>`. Anything else is a path. */
static int
read_acl(const char *path, struct acl *acl, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;

	if (path == NULL)
		return 0;
	if (!str_starts(path, "<acl-file:"))
		return acl_read_file(path, acl, f);
	text = strndup(path + strlen("<acl-file:"), strlen(path) - strlen("<acl-file:") - 1);
	return text == NULL ? -ENOMEM : acl_parse(text, acl);
}

struct create_request {
	struct pool_size_request size;
	struct acl               acl;
	struct rank_set          ranks;
	char                    *user, *group;
};

static int
make_request(struct create_args *a, struct create_request *r, struct fault *f)
{
	int rc = acl_principal_parse(a->user != NULL ? a->user : "", &r->user, f);

	if (rc == 0)
		rc = acl_principal_parse(a->group != NULL ? a->group : "", &r->group, f);
	if (rc == 0 && a->ranks != NULL)
		rc = rank_set_parse(&r->ranks, a->ranks, f);
	if (rc == 0)
		rc = add_label(a, f);
	if (rc == 0)
		rc = read_acl(a->acl_file, &r->acl, f);
	a->size.ranks_given = !rank_set_empty(&r->ranks);
	return rc < 0 ? rc : pool_size_request_make(&a->size, &r->size, f);
}

static void
print_request(const struct create_args *a, const struct create_request *r, struct strbuf *out)
{
	const char *glue = "";

	strbuf_add(out, "{");
	if (r->acl.entries.n > 0) {
		strbuf_add(out, "\"acl\":[");
		vec_foreach (&r->acl.entries, e) {
			strbuf_add(out, e == r->acl.entries.v ? "" : ",");
			add_json_string(out, *e);
		}
		strbuf_add(out, "],");
	}
	strbuf_addf(out, "\"group\":\"%s\",\"mem_ratio\":", r->group);
	add_double(out, (double)r->size.mem_ratio, true);
	strbuf_addf(out, ",\"num_ranks\":%" PRIu32 ",\"num_svc_reps\":%" PRIu32 ",\"props\":[",
		    r->size.n_ranks, a->n_svc);
	vec_foreach (&settings.list, one) {
		_cleanup_(freep) char *value = pool_prop_text(one->prop, &one->value);
		_cleanup_(freep) char *pair  = str_format("%s:%s", one->prop->name, value);

		strbuf_add(out, glue);
		add_json_string(out, pair);
		glue = ",";
	}
	strbuf_add(out, "],\"ranks\":");
	outcome_take(out, rank_set_json(&r->ranks));
	strbuf_add(out, ",");
	add_sizes(out, &r->size);
	strbuf_addf(out, ",\"user\":\"%s\"}", r->user);
}

/* Words between blanks; `<acl-file:…>` is one word whatever it holds. */
static int
split_words(char *text, char **words)
{
	int n = 0;

	while (*(text += strspn(text, " ")) != '\0' && n < MAX_WORDS) {
		char *file = strstr(text, "<acl-file:"), *blank = strchr(text, ' ');

		if (file != NULL && blank != NULL && file < blank)
			blank = strchr(strchr(file, '>') != NULL ? strchr(file, '>') : file, ' ');
		words[n++] = text;
		if (blank == NULL)
			break;
		*blank = '\0';
		text   = blank + 1;
	}
	return n;
}

static void
run_cli(const char *input, struct outcome *out)
{
	_cleanup_(freep) char               *line                = str_format("cases %s", input);
	_cleanup_(strbuf_fini) struct strbuf help                = STRBUF_INIT;
	char                                *argv[MAX_WORDS + 1] = {NULL};
	struct cli_call                      call                = {0};
	struct cli_error                     e                   = {0};
	struct create_request                request             = {.ranks = RANK_SET_INIT};
	void                                *args                = NULL;
	enum cli_parsed                      how;

	out->rc = cli_parse(&app, split_words(line, argv), argv, 80, &call, &args, &how, &help, &e);
	if (out->rc == 0)
		out->rc = cli_refuse_extra(&call, &e);
	if (out->rc < 0)
		(void)fault_plain(&out->fault, out->rc, "%s", e.text);
	else
		out->rc = make_request(args, &request, &out->fault);
	if (out->rc == 0)
		print_request(args, &request, &out->output);
	if (args != NULL)
		cli_args_free(call.command, args);
	pool_settings_fini(&settings);
	acl_fini(&request.acl);
	rank_set_fini(&request.ranks);
	free(request.user);
	free(request.group);
	cli_error_fini(&e);
	cli_call_fini(&call);
}

/* ---- tier-ratio, size-flag ---- */

static void
run_ratios(const char *input, struct outcome *out)
{
	struct pool_size_ratios r;

	if (str_eq(input, "<unset>"))
		pool_size_ratios_default(&r);
	else
		out->rc = pool_size_ratios_parse(input, &r, &out->fault);
	if (out->rc < 0)
		return;
	add_ratios(&out->output, &r);
	strbuf_add(&out->output, " str=");
	outcome_take(&out->output, pool_size_ratios_text(&r));
}

static void
run_amount(const char *input, struct outcome *out)
{
	struct pool_size_amount a;

	out->rc = pool_size_amount_parse(input, &a, &out->fault);
	if (out->rc < 0)
		return;
	strbuf_addf(&out->output, "ratio=%u bytes=%" PRIu64 " str=", a.percent, a.bytes);
	outcome_take(&out->output, pool_size_amount_text(&a));
}

/* ---- request-mode, max-size ---- */

static uint64_t
number(const json_t *obj, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(obj, key));
}

static void
run_mode(const json_t *input, struct outcome *out)
{
	struct pool_size_request r = {.total_bytes = number(input, "total_bytes")};
	json_t                  *item;
	size_t                   i;

	json_array_foreach(json_object_get(input, "tier_bytes"), i,
			   item) if (r.n_tier_bytes < POOL_SIZE_RATIOS_MAX)
	    r.tier_bytes[r.n_tier_bytes++] = (uint64_t)json_integer_value(item);
	json_array_foreach(json_object_get(input, "tier_ratio"), i,
			   item) if (r.tier_ratio.n < POOL_SIZE_RATIOS_MAX)
	    r.tier_ratio.v[r.tier_ratio.n++] = json_number_value(item);
	out->rc = pool_size_request_resolve(&r, number(input, "max_tier0"),
					    number(input, "max_tier1"), &out->fault);
	if (out->rc < 0)
		return;
	strbuf_add(&out->output, "{");
	add_sizes(&out->output, &r);
	strbuf_add(&out->output, "}");
}

struct scanned {
	struct pool_size_host   hosts[MAX_HOSTS];
	struct pool_size_scm    scm[MAX_DEVICES];
	struct pool_size_device devices[MAX_DEVICES];
	size_t                  n_hosts, n_scm, n_devices;
};

static struct pool_size_device
read_device(const json_t *item)
{
	const char *state = json_string_value(json_object_get(item, "state"));
	const char *roles = json_string_value(json_object_get(item, "roles"));

	return (struct pool_size_device){
	    .rank         = (uint32_t)number(item, "rank"),
	    .state        = str_eq(state, "NORMAL") ? POOL_SIZE_DEVICE_NORMAL
			    : str_eq(state, "NEW")  ? POOL_SIZE_DEVICE_NEW
						    : POOL_SIZE_DEVICE_OTHER,
	    .state_name   = state != NULL ? state : "unknown",
	    .has_roles    = !str_empty(roles),
	    .has_data     = roles != NULL && strstr(roles, "data") != NULL,
	    .usable_bytes = number(item, "usable"),
	};
}

static void
read_host(const json_t *obj, struct scanned *s)
{
	struct pool_size_host *h    = &s->hosts[s->n_hosts++];
	const char            *name = json_string_value(json_object_get(obj, "name"));
	json_t                *item, *mounted;
	size_t                 i;

	*h = (struct pool_size_host){.name    = name != NULL ? name : "",
				     .scm     = &s->scm[s->n_scm],
				     .devices = &s->devices[s->n_devices]};
	json_array_foreach(json_object_get(obj, "scm"), i, item)
	{
		if (s->n_scm == MAX_DEVICES)
			break;
		mounted            = json_object_get(item, "mounted");
		s->scm[s->n_scm++] = (struct pool_size_scm){
		    (uint32_t)number(item, "rank"), mounted == NULL || json_is_true(mounted),
		    number(item, "usable")};
		h->n_scm++;
	}
	json_array_foreach(json_object_get(obj, "nvme"), i, item)
	{
		if (s->n_devices == MAX_DEVICES)
			break;
		s->devices[s->n_devices++] = read_device(item);
		h->n_devices++;
	}
}

static void
read_ranks(const json_t *list, struct rank_set *ranks)
{
	json_t *item;
	size_t  i;

	json_array_foreach(list, i, item)(void)
	    rank_set_add(ranks, (uint32_t)json_integer_value(item)); /* a row, not a peer */
}

static void
print_max(const struct pool_size_max *m, struct strbuf *out)
{
	const char *glue = "";

	strbuf_addf(out, "tier0=%" PRIu64 " tier1=%" PRIu64 " ranks=[", m->scm_bytes,
		    m->nvme_bytes);
	rank_set_foreach(&m->ranks, r)
	{
		strbuf_addf(out, "%s%" PRIu64, glue, r);
		glue = " ";
	}
	strbuf_add(out, "]");
}

static void
run_max(const json_t *input, struct outcome *out)
{
	struct rank_set          joined = RANK_SET_INIT, requested = RANK_SET_INIT;
	struct scanned           scanned = {.n_hosts = 0};
	struct pool_size_max     max;
	struct pool_size_storage storage = {
	    .hosts = scanned.hosts, .joined = &joined, .requested = &requested};
	json_t *host;
	size_t  i;

	json_array_foreach(json_object_get(input, "hosts"), i,
			   host) if (scanned.n_hosts < MAX_HOSTS) read_host(host, &scanned);
	read_ranks(json_object_get(input, "joined"), &joined);
	read_ranks(json_object_get(input, "req_ranks"), &requested);
	storage.n_hosts   = scanned.n_hosts;
	storage.mem_ratio = (float)json_number_value(json_object_get(input, "mem_ratio"));
	out->rc           = pool_size_max(&storage, &max, &out->fault);
	if (out->rc == 0) {
		print_max(&max, &out->output);
		pool_size_max_fini(&max);
	}
	rank_set_fini(&joined);
	rank_set_fini(&requested);
}

void
run_pool_size(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input");
	json_t     *json = json_loads(input, 0, NULL);

	if (str_eq(op, "cli"))
		run_cli(input, out);
	else if (str_eq(op, "tier-ratio"))
		run_ratios(input, out);
	else if (str_eq(op, "size-flag"))
		run_amount(input, out);
	else if (str_eq(op, "request-mode") && json != NULL)
		run_mode(json, out);
	else if (str_eq(op, "max-size") && json != NULL)
		run_max(json, out);
	else
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	json_decref(json);
}
