/*
 * Runs case tables: usage `cases [--tap] [DIRECTORY]`, or CASES_DIR in the environment; default is
 * the copy beside the sources. Prints TAP, one line a row, and ends with `N passed, N failed, N
 * skipped`; with --tap that line is a comment, because test harnesses refuse free text. Exit
 * status 1 when a row failed.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/fs.h"

#define MAX_TABLE_BYTES (16U * 1024U * 1024U)

static const struct {
	const char *file;
	run_fn      run; /* NULL: what it tests is not built yet */
} tables[] = {
    {"acl.tsv", run_acl},
    {"config-validation.tsv", run_config},
    {"fault-domain.tsv", run_fault_domain},
    {"hostlist.tsv", run_hostlist},
    {"logmask.tsv", run_logmask},
    {"pci-address.tsv", run_pci},
    {"pool-create-size.tsv", run_pool_size},
    {"properties.tsv", run_properties},
    {"ranklist.tsv", run_ranklist},
    {"sizes.tsv", run_sizes},
};

static struct {
	unsigned n, passed, failed, skipped;
} totals;

const char *
row_get(const struct row *row, const char *column)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->columns[i] != NULL && str_eq(row->columns[i], column))
			return row->fields[i];
	return "";
}

void
outcome_take(struct strbuf *to, char *text)
{
	strbuf_add(to, text != NULL ? text : "<no memory>");
	free(text);
}

size_t
split_list(char *text, char **parts, size_t max)
{
	size_t n = 0;

	while (text != NULL && n < max && (n > 0 || *text != '\0')) {
		char *bar = strstr(text, " | ");

		if (bar != NULL)
			*bar = '\0';
		parts[n++] = text;
		text       = bar != NULL ? bar + 3 : NULL;
	}
	return n;
}

/* `<a*1024>` at s → the letter repeated; returns the bytes read, 0 when it is no such form. */
static size_t
add_repeat(const char *s, struct strbuf *out)
{
	const char   *end = strchr(s, '>');
	unsigned long n;

	if (s[0] != '<' || s[1] == '\0' || s[2] != '*' || end == NULL)
		return 0;
	n = strtoul(s + 3, NULL, 10);
	if (n > MAX_TABLE_BYTES)
		return 0;
	strbuf_pad(out, s[1], n);
	return (size_t)(end - s) + 1;
}

/* Undoes the escapes of a field. */
static char *
decode_field(const char *s)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	if (str_eq(s, "<empty>"))
		return strbuf_take(&out);
	while (*s != '\0') {
		size_t used = add_repeat(s, &out);

		if (used > 0) {
			s += used;
		} else if (s[0] == '\\' && s[1] != '\0' && strchr("\\tnr", s[1]) != NULL) {
			strbuf_add_char(&out, s[1] == 't'   ? '\t'
					      : s[1] == 'n' ? '\n'
					      : s[1] == 'r' ? '\r'
							    : '\\');
			s += 2;
		} else {
			strbuf_add_char(&out, *s++);
		}
	}
	return strbuf_take(&out);
}

static bool
same_json(const char *a, const char *b)
{
	json_t *ja   = json_loads(a, JSON_DECODE_ANY, NULL);
	json_t *jb   = json_loads(b, JSON_DECODE_ANY, NULL);
	bool    same = ja != NULL && jb != NULL && json_equal(ja, jb);

	json_decref(ja);
	json_decref(jb);
	return same;
}

static bool
same_text(const char *want, const char *got)
{
	return str_eq(want, "-") || str_eq(want, got) ||
	       ((want[0] == '{' || want[0] == '[') && same_json(want, got));
}

/* Name of a fault as the tables spell it: ServerConfigBadPort for SERVER_CONFIG_BAD_PORT. Only the
 * number is compared. */
static void
describe_result(const struct outcome *out, struct strbuf *text)
{
	char buf[1400];

	if (out->rc == 0) {
		strbuf_add(text, "ok");
		if (out->ok_suffix.len > 0)
			strbuf_addf(text, " %s", strbuf_str(&out->ok_suffix));
		return;
	}
	strbuf_addf(text, "error (%s)",
		    out->fault.set ? fault_format(&out->fault, buf, sizeof(buf))
				   : strerror(-out->rc));
}

/* Whether the outcome is what the table's result column says; fills in the reason when it is not.
 */
static bool
matches(const struct row *row, const struct outcome *out, struct strbuf *why)
{
	const char                          *want  = row_get(row, "result");
	const char                          *extra = row->n > 0 ? row->fields[row->n - 1] : "";
	const char                          *paren = strrchr(want, '(');
	bool                                 ok;
	uint32_t                             code = out->fault.set ? out->fault.code : 0;
	_cleanup_(strbuf_fini) struct strbuf got  = STRBUF_INIT;

	describe_result(out, &got);
	if (str_starts(want, "error"))
		ok = out->rc < 0;
	else if (str_starts(want, "fault:"))
		ok = out->rc < 0 && paren != NULL && strtoul(paren + 1, NULL, 10) == code;
	else
		ok = str_eq(want, strbuf_str(&got));
	if (!ok) {
		strbuf_addf(why, "wanted %s, got %s", want, strbuf_str(&got));
		return false;
	}
	if (out->rc < 0)
		return true;
	if (!same_text(row_get(row, "output"), strbuf_str(&out->output)) &&
	    *row_get(row, "op") != '\0') {
		strbuf_addf(why, "wanted output \"%s\", got \"%s\"", row_get(row, "output"),
			    strbuf_str(&out->output));
		return false;
	}
	if (out->has_extra && !same_text(extra, strbuf_str(&out->extra))) {
		strbuf_addf(why, "wanted %s \"%s\", got \"%s\"", row->columns[row->n - 1], extra,
			    strbuf_str(&out->extra));
		return false;
	}
	return true;
}

static void
outcome_fini(struct outcome *out)
{
	strbuf_fini(&out->ok_suffix);
	strbuf_fini(&out->output);
	strbuf_fini(&out->extra);
}

static void
run_row(const struct row *row, run_fn run)
{
	_cleanup_(outcome_fini) struct outcome out = {0};
	_cleanup_(strbuf_fini) struct strbuf   why = STRBUF_INIT;
	const char                            *id  = row->fields[0];
	const char                            *name =
            *row_get(row, "name") != '\0' ? row_get(row, "name") : row_get(row, "op");

	totals.n++;
	if (run == NULL)
		(void)snprintf(out.skip, sizeof(out.skip), "not built yet");
	else
		run(row, &out);
	if (out.skip[0] != '\0') {
		totals.skipped++;
		printf("ok %u - %s %s # SKIP %s\n", totals.n, id, name, out.skip);
	} else if (out.broken[0] == '\0' && matches(row, &out, &why)) {
		totals.passed++;
		printf("ok %u - %s %s\n", totals.n, id, name);
	} else {
		totals.failed++;
		printf("not ok %u - %s %s\n# %s\n", totals.n, id, name,
		       out.broken[0] != '\0' ? out.broken : strbuf_str(&why));
	}
}

static size_t
split_tabs(char *line, char **parts)
{
	size_t n = 0;
	char  *part;

	while (n < ROW_MAX_FIELDS && (part = strsep(&line, "\t")) != NULL)
		parts[n++] = part;
	return n;
}

static void
run_lines(char *text, run_fn run)
{
	char *columns[ROW_MAX_FIELDS] = {NULL};
	char *line;

	while ((line = strsep(&text, "\n")) != NULL) {
		char      *raw[ROW_MAX_FIELDS];
		struct row row = {.columns = (const char *const *)columns};

		if (*line == '\0')
			continue;
		if (*line == '#') {
			(void)split_tabs(line + 1, columns);
			continue;
		}
		row.n = split_tabs(line, raw);
		for (size_t i = 0; i < row.n; i++)
			row.fields[i] = decode_field(raw[i]);
		run_row(&row, run);
		for (size_t i = 0; i < row.n; i++)
			free(row.fields[i]);
	}
}

static int
run_directory(const char *dir, bool tap)
{
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_(freep) char *path = str_format("%s/%s", dir, tables[i].file);
		_cleanup_(freep) char *text = NULL;

		if (path == NULL || fs_read_file(path, MAX_TABLE_BYTES, &text, NULL) < 0)
			continue;
		found++;
		printf("# %s\n", tables[i].file);
		run_lines(text, tables[i].run);
	}
	if (found == 0) {
		fprintf(stderr, "cases: no table in %s\n", dir);
		return 2;
	}
	printf("1..%u\n%s%u passed, %u failed, %u skipped\n", totals.n, tap ? "# " : "",
	       totals.passed, totals.failed, totals.skipped);
	return totals.failed > 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	bool        tap = argc > 1 && str_eq(argv[1], "--tap");
	int         i   = tap ? 2 : 1;
	const char *dir = argc > i ? argv[i] : getenv("CASES_DIR");

	if (argc > i + 1 || (argc > i && argv[i][0] == '-')) {
		fprintf(stderr,
			"usage: cases [--tap] [DIRECTORY]   (or CASES_DIR=DIRECTORY cases)\n");
		return 2;
	}
	return run_directory(dir != NULL && *dir != '\0' ? dir : CASES_DEFAULT_DIR, tap);
}
