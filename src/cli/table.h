/*
 * Text tables as dmg prints them (cli-dmg.md §1.2): cells padded to the widest of their column and
 * followed by a blank, titles underlined, missing cells `None`.
 */
#pragma once

#include "common/str.h"

struct cli_table;

/* Columns are fixed by their titles. NULL on no memory. */
struct cli_table *cli_table_new(const char *const *titles, size_t n);
struct cli_table *cli_table_free(struct cli_table *t);
/* A new row with empty cells; the following cells go to it. */
void cli_table_row(struct cli_table *t);
/* Sets a cell of the last row; an unset one prints `None`. */
void cli_table_cell(struct cli_table *t, size_t column, const char *fmt, ...) _printf_(3, 4);
/* Appends the table, each line behind `indent` blanks. -ENOMEM when a cell was lost. */
int    cli_table_print(const struct cli_table *t, unsigned indent, struct strbuf *out);
size_t cli_table_rows(const struct cli_table *t);

static inline void
cli_table_freep(struct cli_table **t)
{
	*t = cli_table_free(*t);
}

/* Dashes, text, dashes. */
void cli_banner(const char *text, struct strbuf *out);
/* Appends text with each line behind `indent` blanks. */
void cli_indent(const char *text, unsigned indent, struct strbuf *out);
