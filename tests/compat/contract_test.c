/*
 * Holds every row of the wire tables (data/wire-*.tsv) against the compiled descriptors: names,
 * numbers, types, labels, oneofs, enum values, methods; and the other way round, that nothing is
 * compiled that no row names. What descriptors do not keep (syntax, imports, names of oneofs) is
 * read from the .proto files.
 *
 * Prints TAP, one line a row. CONTRACT_DATA and PROTO_DIR name the directories.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/str.h"
#include "common/vec.h"
#include "descriptors.h"

#define MAX_BYTES  (4U * 1024U * 1024U)
#define MAX_FIELDS 10

struct row {
	char *f[MAX_FIELDS];
};

struct table {
	char *text;
	struct {
		struct row *v;
		size_t      n;
		size_t      cap;
	} rows;
};

static unsigned n_tests, n_failed;

static void result(bool ok, const char *what, const char *fmt, ...) _printf_(3, 4);

/* One TAP line; the text says what was found when it failed. */
static void
result(bool ok, const char *what, const char *fmt, ...)
{
	va_list ap;

	n_failed += !ok;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++n_tests, what);
	if (ok)
		return;
	printf("# ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static int
table_read(const char *dir, const char *name, struct table *t)
{
	_cleanup_(freep) char *path = str_format("%s/%s", dir, name);
	char                  *rest, *line;
	int r = path != NULL ? fs_read_file(path, MAX_BYTES, &t->text, NULL) : -ENOMEM;

	rest = t->text;
	if (r == 0)
		(void)strsep(&rest, "\n"); /* the header */
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		struct row row = {{NULL}};

		if (*line == '\0')
			continue;
		for (size_t i = 0; i < MAX_FIELDS; i++) {
			row.f[i] = strsep(&line, "\t");
			if (row.f[i] == NULL)
				row.f[i] = (char *)"";
		}
		r = vec_push(&t->rows, row);
	}
	if (r < 0)
		printf("Bail out! %s: %s\n", name, strerror(-r));
	return r;
}

static void
table_fini(struct table *t)
{
	vec_fini(&t->rows);
	free(t->text);
}

static const ProtobufCMessageDescriptor *
find_message(const char *package, const char *name)
{
	_cleanup_(freep) char *full = str_format("%s.%s", package, name);

	for (size_t i = 0; all_messages[i] != NULL; i++)
		if (str_eq(all_messages[i]->name, full))
			return all_messages[i];
	return NULL;
}

static const ProtobufCEnumDescriptor *
find_enum(const char *package, const char *name)
{
	_cleanup_(freep) char *full = str_format("%s.%s", package, name);

	for (size_t i = 0; all_enums[i] != NULL; i++)
		if (str_eq(all_enums[i]->name, full))
			return all_enums[i];
	return NULL;
}

/* ---- messages ---- */

static const char *
type_name(const ProtobufCFieldDescriptor *f, char *buf, size_t size)
{
	static const char *const names[] = {
	    [PROTOBUF_C_TYPE_INT32] = "int32",       [PROTOBUF_C_TYPE_SINT32] = "sint32",
	    [PROTOBUF_C_TYPE_SFIXED32] = "sfixed32", [PROTOBUF_C_TYPE_INT64] = "int64",
	    [PROTOBUF_C_TYPE_SINT64] = "sint64",     [PROTOBUF_C_TYPE_SFIXED64] = "sfixed64",
	    [PROTOBUF_C_TYPE_UINT32] = "uint32",     [PROTOBUF_C_TYPE_FIXED32] = "fixed32",
	    [PROTOBUF_C_TYPE_UINT64] = "uint64",     [PROTOBUF_C_TYPE_FIXED64] = "fixed64",
	    [PROTOBUF_C_TYPE_FLOAT] = "float",       [PROTOBUF_C_TYPE_DOUBLE] = "double",
	    [PROTOBUF_C_TYPE_BOOL] = "bool",         [PROTOBUF_C_TYPE_STRING] = "string",
	    [PROTOBUF_C_TYPE_BYTES] = "bytes",
	};

	if (f->type == PROTOBUF_C_TYPE_ENUM)
		(void)snprintf(buf, size, "enum:%s",
			       ((const ProtobufCEnumDescriptor *)f->descriptor)->name);
	else if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		(void)snprintf(buf, size, "%s",
			       ((const ProtobufCMessageDescriptor *)f->descriptor)->name);
	else
		(void)snprintf(buf, size, "%s", names[f->type]);
	return buf;
}

/* A map is compiled as a list of entries with a key and a value. */
static bool
is_string_map(const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *entry = f->descriptor;

	return f->type == PROTOBUF_C_TYPE_MESSAGE && f->label == PROTOBUF_C_LABEL_REPEATED &&
	       entry->n_fields == 2 && str_eq(entry->fields[0].name, "key") &&
	       entry->fields[0].id == 1 && entry->fields[0].type == PROTOBUF_C_TYPE_STRING &&
	       str_eq(entry->fields[1].name, "value") && entry->fields[1].id == 2 &&
	       entry->fields[1].type == PROTOBUF_C_TYPE_STRING;
}

/* The JSON name that every protobuf compiler derives from a field's name. */
static bool
json_name_fits(const char *field, const char *json)
{
	for (; *field != '\0'; field++) {
		char c = *field;

		if (c == '_' && field[1] != '\0')
			c = (char)toupper((unsigned char)*++field);
		if (*json++ != c)
			return false;
	}
	return *json == '\0';
}

static bool
label_fits(const ProtobufCFieldDescriptor *f, const char *label)
{
	if (str_eq(label, "repeated"))
		return f->label == PROTOBUF_C_LABEL_REPEATED;
	if (str_eq(label, "map"))
		return is_string_map(f);
	return f->label == PROTOBUF_C_LABEL_NONE || f->label == PROTOBUF_C_LABEL_OPTIONAL;
}

/* Fields of one oneof share the place that tells which of them is set; others have no such place.
 */
static bool
oneof_fits(const struct table *t, const struct row *row, const ProtobufCMessageDescriptor *m,
	   const ProtobufCFieldDescriptor *f)
{
	bool in_oneof = (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;

	if (str_eq(row->f[7], "-"))
		return !in_oneof;
	if (!in_oneof)
		return false;
	vec_foreach (&t->rows, other) {
		const ProtobufCFieldDescriptor *peer;

		if (!str_eq(other->f[1], row->f[1]) || !str_eq(other->f[2], row->f[2]) ||
		    str_eq(other->f[7], "-"))
			continue;
		peer = protobuf_c_message_descriptor_get_field_by_name(m, other->f[3]);
		if (peer == NULL || (peer->quantifier_offset == f->quantifier_offset) !=
					str_eq(other->f[7], row->f[7]))
			return false;
	}
	return true;
}

static void
check_field(const struct table *t, const struct row *row, const ProtobufCMessageDescriptor *m,
	    const char *what)
{
	const ProtobufCFieldDescriptor *f =
	    protobuf_c_message_descriptor_get_field_by_name(m, row->f[3]);
	bool map;
	char type[128];

	if (f == NULL) {
		result(false, what, "no such field");
		return;
	}
	map = str_eq(row->f[6], "map");
	(void)type_name(f, type, sizeof(type));
	if (f->id != strtoul(row->f[4], NULL, 10))
		result(false, what, "number is %u, not %s", f->id, row->f[4]);
	else if (!(map ? str_eq(row->f[5], "map<string,string>") : str_eq(type, row->f[5])))
		result(false, what, "type is %s, not %s", type, row->f[5]);
	else if (!label_fits(f, row->f[6]))
		result(false, what, "label is not %s", row->f[6]);
	else if (!oneof_fits(t, row, m, f))
		result(false, what, "oneof is not %s", row->f[7]);
	else
		result(json_name_fits(row->f[3], row->f[8]), what, "JSON name is not %s",
		       row->f[8]);
}

/* Neither a number of the range nor the name is used. */
static bool
is_reserved(const ProtobufCMessageDescriptor *m, const struct row *row)
{
	const char *name =
	    str_starts(row->f[3], "(reserved name) ") ? strchr(row->f[3], ')') + 2 : NULL;
	unsigned long lo = 0, hi = 0;

	if (name != NULL)
		return protobuf_c_message_descriptor_get_field_by_name(m, name) == NULL;
	if (sscanf(row->f[4], "%lu-%lu", &lo, &hi) != 2)
		return false;
	for (unsigned i = 0; i < m->n_fields; i++)
		if (m->fields[i].id >= lo && m->fields[i].id <= hi)
			return false;
	return true;
}

static void
check_message_rows(const struct table *t)
{
	vec_foreach (&t->rows, row) {
		_cleanup_(freep) char *what =
		    str_format("%s.%s %s", row->f[1], row->f[2], row->f[3]);
		const ProtobufCMessageDescriptor *m = find_message(row->f[1], row->f[2]);

		if (m == NULL)
			result(false, what, "no such message");
		else if (str_eq(row->f[6], "reserved"))
			result(is_reserved(m, row), what, "a reserved number or name is used");
		else if (str_starts(row->f[3], "(empty") || str_starts(row->f[5], "(empty"))
			result(m->n_fields == 0, what, "has %u fields", m->n_fields);
		else
			check_field(t, row, m, what);
	}
}

/* Nothing is compiled that no row names. Map entries stand in no row; packages of our own are not
 * in the tables. */
static void
check_no_further_fields(const struct table *t)
{
	for (size_t i = 0; all_messages[i] != NULL; i++) {
		const ProtobufCMessageDescriptor *m = all_messages[i];
		_cleanup_(freep) char *what    = str_format("%s has no further fields", m->name);
		size_t                 n       = 0;
		bool                   package = false, known = false;

		vec_foreach (&t->rows, row) {
			_cleanup_(freep) char *full = str_format("%s.%s", row->f[1], row->f[2]);

			package |=
			    str_starts(m->name, row->f[1]) && m->name[strlen(row->f[1])] == '.';
			if (!str_eq(full, m->name))
				continue;
			known = true;
			n += strtoul(row->f[4], NULL, 10) > 0 && !str_eq(row->f[6], "reserved");
		}
		if (!package || str_ends(m->name, "Entry"))
			continue;
		result(known && n == m->n_fields, what, "%u fields, %zu rows", m->n_fields, n);
	}
}

/* ---- enums ---- */

static void
check_enums(const struct table *t)
{
	vec_foreach (&t->rows, row) {
		_cleanup_(freep) char *what =
		    str_format("enum %s.%s %s", row->f[1], row->f[2], row->f[3]);
		const ProtobufCEnumDescriptor *e = find_enum(row->f[1], row->f[2]);
		const ProtobufCEnumValue      *v =
                    e != NULL ? protobuf_c_enum_descriptor_get_value_by_name(e, row->f[3]) : NULL;
		size_t n = 0;

		vec_foreach (&t->rows, other)
			n += str_eq(other->f[1], row->f[1]) && str_eq(other->f[2], row->f[2]);
		if (v == NULL)
			result(false, what, "no such %s", e == NULL ? "enum" : "value");
		else if (v->value != strtol(row->f[4], NULL, 10))
			result(false, what, "number is %d, not %s", v->value, row->f[4]);
		else
			result(e->n_value_names == n, what, "the enum has %u names, %zu rows",
			       e->n_value_names, n);
	}
}

/* ---- services ---- */

static void
check_service_rows(const struct table *t)
{
	vec_foreach (&t->rows, row) {
		const ProtobufCServiceDescriptor *s    = NULL;
		const ProtobufCMethodDescriptor  *m    = NULL;
		_cleanup_(freep) char            *path = NULL;

		for (size_t i = 0; all_services[i] != NULL; i++)
			if (str_eq(all_services[i]->name, row->f[1]))
				s = all_services[i];
		if (s != NULL)
			m = protobuf_c_service_descriptor_get_method_by_name(s, row->f[2]);
		path = str_format("/%s/%s", row->f[1], row->f[2]);
		if (m == NULL)
			result(false, path, "no such method");
		else if (!str_eq(m->input->name, row->f[3]) || !str_eq(m->output->name, row->f[4]))
			result(false, path, "takes %s and gives %s, not %s and %s", m->input->name,
			       m->output->name, row->f[3], row->f[4]);
		else
			result(str_eq(path, row->f[7]) && str_eq(row->f[5], "false") &&
				   str_eq(row->f[6], "false"),
			       path, "path is %s, or the method streams", row->f[7]);
	}
	for (size_t i = 0; all_services[i] != NULL; i++) {
		_cleanup_(freep) char *what =
		    str_format("%s has no further methods", all_services[i]->name);
		size_t n = 0;

		vec_foreach (&t->rows, row)
			n += str_eq(row->f[1], all_services[i]->name);
		result(n == all_services[i]->n_methods, what, "%u methods, %zu rows",
		       all_services[i]->n_methods, n);
	}
}

/* ---- files ---- */

/* Number of declarations `word NAME {` at the top level of a .proto text. */
static size_t
count_declarations(const char *text, const char *word)
{
	size_t n = 0, len = strlen(word);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		n += strncmp(line, word, len) == 0 && line[len] == ' ' && isupper((unsigned char)line[len + 1]);
	}
	return n;
}

static bool
has_text(const char *text, const char *before, const char *middle, const char *after)
{
	_cleanup_(freep) char *want = str_format("%s%s%s", before, middle, after);

	return want != NULL && strstr(text, want) != NULL;
}

static bool
imports_fit(const char *text, char *list)
{
	size_t n = 0;
	char  *name;

	while (!str_eq(list != NULL ? list : "-", "-") && (name = strsep(&list, ",")) != NULL) {
		n++;
		if (!has_text(text, "import \"", name, "\""))
			return false;
	}
	for (const char *s = text; (s = strstr(s, "\nimport ")) != NULL; s++)
		n--;
	return n == 0;
}

static void
check_files(const struct table *t, const struct table *messages, const char *proto_dir)
{
	vec_foreach (&t->rows, row) {
		_cleanup_(freep) char *path  = str_format("%s/%s", proto_dir, row->f[0]);
		_cleanup_(freep) char *text  = NULL;
		const char            *wrong = NULL;

		if (path == NULL || fs_read_file(path, MAX_BYTES, &text, NULL) < 0) {
			result(false, row->f[0], "cannot be read");
			continue;
		}
		if (!has_text(text, "package ", row->f[1], ";"))
			wrong = "package";
		else if (!has_text(text, "syntax = \"", row->f[2], "\""))
			wrong = "syntax";
		else if (!imports_fit(text, row->f[3]))
			wrong = "imports";
		else if (count_declarations(text, "message") != strtoul(row->f[5], NULL, 10))
			wrong = "number of messages";
		else if (count_declarations(text, "enum") != strtoul(row->f[6], NULL, 10))
			wrong = "number of enums";
		else if (count_declarations(text, "service") != strtoul(row->f[7], NULL, 10))
			wrong = "number of services";
		vec_foreach (&messages->rows, m)
			if (wrong == NULL && str_eq(m->f[0], row->f[0]) && !str_eq(m->f[7], "-") &&
			    !has_text(text, "oneof ", m->f[7], " "))
				wrong = "name of a oneof";
		result(wrong == NULL, row->f[0], "%s differs", wrong);
	}
}

int
main(void)
{
	_cleanup_(table_fini) struct table messages = {0}, enums = {0}, services = {0}, files = {0};
	const char *data = getenv("CONTRACT_DATA"), *proto = getenv("PROTO_DIR");

	if (data == NULL || proto == NULL) {
		printf("Bail out! CONTRACT_DATA and PROTO_DIR are not set\n");
		return 1;
	}
	if (table_read(data, "wire-messages.tsv", &messages) < 0 ||
	    table_read(data, "wire-enums.tsv", &enums) < 0 ||
	    table_read(data, "wire-services.tsv", &services) < 0 ||
	    table_read(data, "wire-files.tsv", &files) < 0)
		return 1;
	check_message_rows(&messages);
	check_no_further_fields(&messages);
	check_enums(&enums);
	check_service_rows(&services);
	check_files(&files, &messages, proto);
	printf("1..%u\n# %u passed, %u failed\n", n_tests, n_tests - n_failed, n_failed);
	return n_failed > 0;
}
