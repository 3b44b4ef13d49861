/*
 * JSON writer for command output: two blanks a level, keys in the order written, `<`, `>` and `&`
 * escaped.
 *
 * Memory errors stick in the buffer (strbuf_error). Every value inside an object needs its key
 * first.
 */
#pragma once

#include "cli/cli.h"

#define CLI_JSON_DEPTH 24

struct cli_json {
	struct strbuf *out;
	unsigned       depth;
	bool           filled[CLI_JSON_DEPTH]; /* the level has an element */
	bool           keyed;                  /* a key was written, its value is due */
};

void cli_json_init(struct cli_json *j, struct strbuf *out);
void cli_json_object(struct cli_json *j);
void cli_json_object_end(struct cli_json *j);
void cli_json_array(struct cli_json *j);
void cli_json_array_end(struct cli_json *j);
void cli_json_key(struct cli_json *j, const char *key);
void cli_json_string(struct cli_json *j, const char *s); /* NULL prints null */
void cli_json_u64(struct cli_json *j, uint64_t v);
void cli_json_i64(struct cli_json *j, int64_t v);
void cli_json_bool(struct cli_json *j, bool v);
void cli_json_null(struct cli_json *j);
/* Shortest form that reads back as the same float. */
void cli_json_float(struct cli_json *j, float v);

/* Key and value in one. */
void cli_json_set_string(struct cli_json *j, const char *key, const char *s);
void cli_json_set_u64(struct cli_json *j, const char *key, uint64_t v);
void cli_json_set_i64(struct cli_json *j, const char *key, int64_t v);
void cli_json_set_bool(struct cli_json *j, const char *key, bool v);
void cli_json_set_null(struct cli_json *j, const char *key);
void cli_json_set_float(struct cli_json *j, const char *key, float v);
/* An array of strings, `null` when n is 0. */
void cli_json_set_strings(struct cli_json *j, const char *key, const char *const *v, size_t n);

/* Writes the response value. */
typedef void (*cli_json_fn)(struct cli_json *j, const void *data);
/*
 * Appends `{"response": …, "error": …, "status": …}` and a newline. `write` NULL: response null. e
 * may be NULL.
 */
void cli_json_envelope(cli_json_fn write, const void *data, const struct cli_error *e,
		       struct strbuf *out);
/*
 * Prints `{"response": …, "error": …, "status": …}` on stdout, once a call. `write` NULL: response
 * null. e (may be NULL) goes into error and status; it is printed without prefixes added later.
 */
void cli_print_envelope(struct cli_call *call, cli_json_fn write, const void *data,
			const struct cli_error *e);
