/* Rows of fault-domain.tsv. Rows about fault_cb make the described script in a temporary directory
 * and run it. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cases.h"
#include "common/fault_domain.h"
#include "common/fs.h"
#include "config/fault_path.h"

#define MAX_PARTS 32

/* {"domains":[…],"labels":[…]} or (nil) */
static void
print_json(const struct fault_domain *d, struct strbuf *out)
{
	json_t *names = json_array(), *labels = json_array(), *obj = json_object();
	char   *text;

	if (d == NULL) {
		strbuf_add(out, "(nil)");
		json_decref(names);
		json_decref(labels);
		json_decref(obj);
		return;
	}
	for (size_t i = 0; i < fault_domain_n_levels(d); i++) {
		const char *level = fault_domain_level_text(d, i);
		const char *eq    = fault_domain_has_labels(d) ? strchr(level, '=') : NULL;

		json_array_append_new(names, json_string(eq != NULL ? eq + 1 : level));
		if (eq != NULL)
			json_array_append_new(labels, json_stringn(level, (size_t)(eq - level)));
	}
	json_object_set_new(obj, "domains",
			    fault_domain_n_levels(d) > 0 ? json_incref(names) : json_null());
	if (json_array_size(labels) > 0)
		json_object_set(obj, "labels", labels);
	text = json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS);
	outcome_take(out, text);
	json_decref(names);
	json_decref(labels);
	json_decref(obj);
}

static void
print_levels(const struct fault_domain *d, struct outcome *out)
{
	strbuf_addf(&out->extra, "%zu", fault_domain_n_levels(d));
	out->has_extra = true;
}

static void
run_from_levels(const char *input, struct outcome *out)
{
	_cleanup_(freep) char *copy = strdup(input);
	struct fault_domain   *d    = NULL;
	char                  *parts[MAX_PARTS];
	size_t                 n = split_list(copy, parts, ARRAY_SIZE(parts));

	out->rc = fault_domain_new((const char *const *)parts, n, &d, &out->fault);
	if (out->rc < 0)
		return;
	print_json(d, &out->output);
	print_levels(d, out);
	d = fault_domain_free(d);
}

static void
run_pair(const char *op, const char *input, const char *arg, struct outcome *out)
{
	struct fault_domain *a = NULL, *b = NULL;
	bool                 answer;

	out->rc = fault_domain_parse(input, &a, &out->fault);
	if (out->rc == 0)
		out->rc = fault_domain_parse(arg, &b, &out->fault);
	answer = str_eq(op, "equals") ? fault_domain_equal(a, b) : fault_domain_is_ancestor(a, b);
	strbuf_add(&out->output, answer ? "true" : "false");
	a = fault_domain_free(a);
	b = fault_domain_free(b);
}

static void
run_level(const struct fault_domain *d, const char *arg, struct outcome *out)
{
	const char *name = NULL;
	int64_t     i;

	out->rc = str_to_i64(arg, 10, &i);
	if (out->rc == 0 && i >= 0)
		name = fault_domain_level(d, (size_t)i);
	if (name == NULL)
		out->rc = -ERANGE;
	else
		strbuf_add(&out->output, name);
}

static void
run_single(const char *op, const char *input, const char *arg, struct outcome *out)
{
	struct fault_domain *d = NULL, *child = NULL;

	out->rc = fault_domain_parse(input, &d, &out->fault);
	if (out->rc < 0)
		return;
	if (str_eq(op, "from-string")) {
		print_json(d, &out->output);
		print_levels(d, out);
	} else if (str_eq(op, "to-string")) {
		outcome_take(&out->output, fault_domain_text(d));
		print_levels(d, out);
	} else if (str_eq(op, "top")) {
		strbuf_add(&out->output, fault_domain_top(d));
	} else if (str_eq(op, "bottom")) {
		strbuf_add(&out->output, fault_domain_bottom(d));
	} else if (str_eq(op, "bottom-label")) {
		strbuf_add(&out->output, fault_domain_bottom_label(d));
	} else if (str_eq(op, "level")) {
		run_level(d, arg, out);
	} else {
		out->rc = fault_domain_child(d, arg, &child, &out->fault);
		if (out->rc == 0) {
			outcome_take(&out->output, fault_domain_text(child));
			print_levels(child, out);
		}
	}
	d     = fault_domain_free(d);
	child = fault_domain_free(child);
}

/* path#id(children) */
static void
print_node(const struct fault_tree_node *n, struct strbuf *out)
{
	outcome_take(out, fault_domain_text(n->domain));
	strbuf_addf(out, "#%u", n->id);
	for (size_t i = 0; i < n->n_children; i++) {
		strbuf_add_char(out, i == 0 ? '(' : ' ');
		print_node(n->children[i], out);
	}
	if (n->n_children > 0)
		strbuf_add_char(out, ')');
}

static void
run_tree(const char *input, struct outcome *out)
{
	_cleanup_(freep) char *copy = strdup(input);
	struct fault_tree     *tree = NULL;
	char                  *parts[MAX_PARTS];
	size_t                 n = split_list(copy, parts, ARRAY_SIZE(parts));

	out->rc = fault_tree_new(&tree);
	for (size_t i = 0; out->rc == 0 && i < n; i++) {
		struct fault_domain *d = NULL;

		out->rc = fault_domain_parse(parts[i], &d, &out->fault);
		if (out->rc == 0)
			out->rc = fault_tree_add(tree, d, &out->fault);
		d = fault_domain_free(d);
	}
	if (out->rc == 0) {
		print_node(fault_tree_root(tree), &out->output);
		strbuf_addf(&out->extra, "depth=%zu balanced=%s", fault_tree_depth(tree),
			    fault_tree_balanced(tree) ? "true" : "false");
		out->has_extra = true;
	}
	tree = fault_tree_free(tree);
}

/* ---- fault_cb ---- */

struct script {
	char dir[64]; /* the configuration directory */
	char outside[64];
	char path[128];
};

static bool
mentions(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}

#define MENTIONS(text, ...)                                                                        \
	mentions(text, (const char *const[]){__VA_ARGS__},                                         \
		 ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

/* What the described script prints; the shell text that does so. */
static void
script_text(const char *what, char *buf, size_t size)
{
	const char *prints = strstr(what, "prints ");
	const char *path   = prints != NULL ? strchr(prints, '/') : NULL;

	if (MENTIONS(what, "exit", "fails", "non-zero", "nonzero"))
		(void)snprintf(buf, size, "#!/bin/sh\necho /myfaultdomain\nexit 1\n");
	else if (MENTIONS(what, "spaces", "blank", "whitespace"))
		(void)snprintf(buf, size, "#!/bin/sh\nprintf '    '\n");
	else if (MENTIONS(what, "prints nothing", "no output", "empty output"))
		(void)snprintf(buf, size, "#!/bin/sh\ntrue\n");
	else if (path != NULL)
		(void)snprintf(buf, size, "#!/bin/sh\necho '%.*s'\n", (int)strcspn(path, ", "),
			       path);
	else if (prints != NULL)
		(void)snprintf(buf, size, "#!/bin/sh\necho '%.*s'\n", (int)strcspn(prints + 7, ","),
			       prints + 7);
	else
		(void)snprintf(buf, size, "#!/bin/sh\necho /myfaultdomain\n");
}

static mode_t
script_mode(const char *what)
{
	const char *mode = strstr(what, "mode ");

	if (MENTIONS(what, "setuid"))
		return 04755;
	if (mode != NULL)
		return (mode_t)strtoul(mode + 5, NULL, 8);
	if (MENTIONS(what, "group writable", "group-writable"))
		return 0775;
	if (MENTIONS(what, "writable"))
		return 0777;
	return 0755;
}

static int
make_script(const char *what, struct script *s)
{
	char        text[512], target[128];
	const char *dir =
	    MENTIONS(what, "outside", "not under", "other directory", "another directory")
		? s->outside
		: s->dir;
	int fd;

	(void)snprintf(s->path, sizeof(s->path), "%s/script", dir);
	if (MENTIONS(what, "missing", "not exist", "no such", "nonexistent", "absent"))
		return 0;
	(void)snprintf(target, sizeof(target), "%s/%s", dir,
		       MENTIONS(what, "link") ? "target" : "script");
	script_text(what, text, sizeof(text));
	fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, script_mode(what)) < 0) {
		closep(&fd);
		return -errno;
	}
	(void)close(fd);
	if (!str_eq(target, s->path) && symlink(target, s->path) < 0)
		return -errno;
	return 0;
}

static void
run_fault_cb(const char *what, struct outcome *out)
{
	struct script        s = {.dir = "/tmp/cases.XXXXXX", .outside = "/tmp/cases.XXXXXX"};
	struct fault_domain *d = NULL;
	char                 fault_path[] = "/a", fault_cb[] = "/b";
	struct cfg_server    cfg = {.fault_path = fault_path, .fault_cb = fault_cb};

	if (MENTIONS(what, "both fault_path and fault_cb")) {
		out->rc = cfg_server_fault_domain(&cfg, "host", &d, &out->fault);
		return;
	}
	if (mkdtemp(s.dir) == NULL || mkdtemp(s.outside) == NULL) {
		(void)snprintf(out->broken, sizeof(out->broken), "no temporary directory: %s",
			       strerror(errno));
		return;
	}
	if (!MENTIONS(what, "empty path") && make_script(what, &s) < 0)
		(void)snprintf(out->broken, sizeof(out->broken), "script not made: %s",
			       strerror(errno));
	out->rc = cfg_fault_cb_run(s.path, s.dir, &d, &out->fault);
	if (out->rc == 0)
		outcome_take(&out->output, fault_domain_text(d));
	d = fault_domain_free(d);
	(void)fs_remove_tree(s.dir); /* a leftover does no harm to the result */
	(void)fs_remove_tree(s.outside);
}

void
run_fault_domain(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg                   = row_get(row, "arg");
	static const char *const single[] = {"from-string",  "to-string", "top",  "bottom",
					     "bottom-label", "level",     "child"};
	struct fault_domain     *d        = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		if (str_eq(op, single[i])) {
			run_single(op, input, arg, out);
			return;
		}
	if (str_eq(op, "from-levels")) {
		run_from_levels(input, out);
	} else if (str_eq(op, "equals") || str_eq(op, "is-ancestor")) {
		run_pair(op, input, arg, out);
	} else if (str_eq(op, "tree-add")) {
		run_tree(input, out);
	} else if (str_eq(op, "server-fault-path")) {
		out->rc = cfg_fault_path_parse(input, &d, &out->fault);
		if (out->rc == 0)
			outcome_take(&out->output, fault_domain_text(d));
		d = fault_domain_free(d);
	} else if (str_eq(op, "fault-cb")) {
		run_fault_cb(input, out);
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
