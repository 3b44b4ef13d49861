/*
 * Case tables: rows of recorded inputs and outcomes (format: data/README.md), run against the rooms
 * they belong to.
 *
 * A runner takes one row and says what our code makes of it; the driver (main.c) compares and
 * reports.
 */
#pragma once

#include "common/fault.h"
#include "common/str.h"
#include "common/util.h"

#define ROW_MAX_FIELDS 8

struct row {
	const char *const *columns; /* names of the fields, from the header line */
	char              *fields[ROW_MAX_FIELDS];
	size_t             n;
};

/* The field of a column; "" when the table has no such column. Escapes are already undone. */
const char *row_get(const struct row *row, const char *column);

struct outcome {
	int           rc;        /* 0: ok, else the negative errno our code returned */
	struct fault  fault;     /* when rc < 0 */
	struct strbuf ok_suffix; /* what stands after "ok" in the result column, e.g. "deleted=2" */
	struct strbuf output;    /* the output column */
	struct strbuf extra;     /* the last column: count, ranks, levels, json, derived */
	bool          has_extra; /* whether `extra` was filled in and is to be compared */
	char          skip[128]; /* why the row is not run; "" when it is */
	char          broken[256]; /* why the row cannot be understood; "" when it can */
};

/* Appends text that may be NULL for "no memory" and frees it. */
void outcome_take(struct strbuf *to, char *text);

typedef void (*run_fn)(const struct row *row, struct outcome *out);

void run_acl(const struct row *row, struct outcome *out);
void run_hostlist(const struct row *row, struct outcome *out);
void run_ranklist(const struct row *row, struct outcome *out);
void run_pci(const struct row *row, struct outcome *out);
void run_fault_domain(const struct row *row, struct outcome *out);
void run_pool_size(const struct row *row, struct outcome *out);
void run_properties(const struct row *row, struct outcome *out);
void run_sizes(const struct row *row, struct outcome *out);
void run_logmask(const struct row *row, struct outcome *out);
void run_config(const struct row *row, struct outcome *out);

/* Splits "a | b | c" in place; returns the number of parts (0 for ""). */
size_t split_list(char *text, char **parts, size_t max);
