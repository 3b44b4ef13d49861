/*
 * Text tables: cells are kept as text and measured when the table is printed.
 */
#include "cli/table.h"

#include <stdarg.h>
#include <string.h>

#include "common/vec.h"

#define MISSING_CELL "None"

struct cli_table {
	char **titles;
	size_t n_columns;
	VEC(char *) cells; /* row by row; NULL: not set */
	int error;
};

static void
free_texts(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
}

struct cli_table *
cli_table_free(struct cli_table *t)
{
	if (t == NULL)
		return NULL;
	if (t->titles != NULL)
		free_texts(t->titles, t->n_columns);
	free(t->titles);
	free_texts(t->cells.v, t->cells.n);
	vec_fini(&t->cells);
	free(t);
	return NULL;
}

struct cli_table *
cli_table_new(const char *const *titles, size_t n)
{
	struct cli_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->titles    = calloc(n, sizeof(*t->titles));
	t->n_columns = n;
	if (t->titles == NULL)
		return cli_table_free(t);
	for (size_t i = 0; i < n; i++) {
		t->titles[i] = strdup(titles[i]);
		if (t->titles[i] == NULL)
			return cli_table_free(t);
	}
	return t;
}

void
cli_table_row(struct cli_table *t)
{
	if (vec_reserve(&t->cells, t->cells.n + t->n_columns) != 0) {
		t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < t->n_columns; i++)
		t->cells.v[t->cells.n++] = NULL;
}

void
cli_table_cell(struct cli_table *t, size_t column, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list       ap;
	char        **cell;

	if (t->error != 0 || t->cells.n < t->n_columns || column >= t->n_columns)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_add(&text, ""); /* an empty format still gives a text */
	cell = &t->cells.v[t->cells.n - t->n_columns + column];
	free(*cell);
	*cell = strbuf_take(&text);
	if (*cell == NULL)
		t->error = -ENOMEM;
}

size_t
cli_table_rows(const struct cli_table *t)
{
	return t->cells.n / t->n_columns;
}

/* Columns a text takes: its code points. */
static size_t
text_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
add_cell(struct strbuf *out, const char *text, size_t width)
{
	strbuf_add(out, text);
	strbuf_pad(out, ' ', width - text_width(text) + 1);
}

static const char *
cell_text(const struct cli_table *t, size_t row, size_t column)
{
	const char *text = t->cells.v[row * t->n_columns + column];

	return text ? text : MISSING_CELL;
}

int
cli_table_print(const struct cli_table *t, unsigned indent, struct strbuf *out)
{
	_cleanup_(freep) size_t *widths = calloc(t->n_columns, sizeof(*widths));
	size_t                   rows   = cli_table_rows(t);

	if (widths == NULL || t->error != 0)
		return -ENOMEM;
	for (size_t c = 0; c < t->n_columns; c++) {
		widths[c] = text_width(t->titles[c]);
		for (size_t r = 0; r < rows; r++)
			widths[c] = MAX(widths[c], text_width(cell_text(t, r, c)));
	}
	strbuf_pad(out, ' ', indent);
	for (size_t c = 0; c < t->n_columns; c++)
		add_cell(out, t->titles[c], widths[c]);
	strbuf_add_char(out, '\n');
	strbuf_pad(out, ' ', indent);
	for (size_t c = 0; c < t->n_columns; c++) {
		size_t dashes = text_width(t->titles[c]);

		strbuf_pad(out, '-', dashes);
		strbuf_pad(out, ' ', widths[c] - dashes + 1);
	}
	strbuf_add_char(out, '\n');
	for (size_t r = 0; r < rows; r++) {
		strbuf_pad(out, ' ', indent);
		for (size_t c = 0; c < t->n_columns; c++)
			add_cell(out, cell_text(t, r, c), widths[c]);
		strbuf_add_char(out, '\n');
	}
	return strbuf_error(out);
}

void
cli_banner(const char *text, struct strbuf *out)
{
	size_t dashes = strlen(text);

	strbuf_pad(out, '-', dashes);
	strbuf_addf(out, "\n%s\n", text);
	strbuf_pad(out, '-', dashes);
	strbuf_add_char(out, '\n');
}

void
cli_indent(const char *text, unsigned indent, struct strbuf *out)
{
	while (*text != '\0') {
		const char *end = strchr(text, '\n');
		size_t      len = end ? (size_t)(end - text) + 1 : strlen(text);

		strbuf_pad(out, ' ', indent);
		strbuf_add_len(out, text, len);
		text += len;
	}
}
