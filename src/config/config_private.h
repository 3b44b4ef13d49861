/* Shared inside the room: the field table, the problem collector, places of keys. */
#pragma once

#include "common/str.h"
#include "common/vec.h"
#include "config/config.h"

/* ---- the field table (fields.c) ---- */

enum cfg_type {
	CFG_TYPE_STRING,
	CFG_TYPE_BOOL,
	CFG_TYPE_OPT_BOOL, /* enum cfg_opt_bool */
	CFG_TYPE_INT,      /* int64_t */
	CFG_TYPE_OPT_INT,  /* struct cfg_opt_int */
	CFG_TYPE_U64,
	CFG_TYPE_U32,
	CFG_TYPE_U8,
	CFG_TYPE_LIST,     /* struct cfg_list */
	CFG_TYPE_INT_LIST, /* struct cfg_int_list */
	CFG_TYPE_MAP,
	CFG_TYPE_ENGINES, /* list of maps; null is an empty engine */
	CFG_TYPE_TIERS,   /* list of maps; null is dropped */
	/* texts with a meaning */
	CFG_TYPE_CLASS,
	CFG_TYPE_LOG_LEVEL,
	CFG_TYPE_ROLES,
	CFG_TYPE_ACCEL_OPTIONS,
	CFG_TYPE_BUS_RANGE,
	CFG_TYPE_BDEV_LIST, /* struct cfg_list; sorted, canonical */
	_CFG_TYPE_MAX
};

enum cfg_field_flag {
	CFG_FIELD_ALWAYS     = 1, /* printed even when zero */
	CFG_FIELD_DEPRECATED = 2, /* not in samples, never printed */
	CFG_FIELD_OURS       = 4, /* DAOS 2.8 does not know it */
};

struct cfg_schema;

struct cfg_field {
	const char   *name;
	enum cfg_type type;
	size_t        offset;
	const char   *def;   /* default as it would be written; NULL: zero, empty, unset */
	const char   *range; /* what is allowed, for samples and messages; NULL: the type says it */
	const char   *help;  /* one sentence for samples */
	unsigned      flags;
	const struct cfg_schema *schema; /* of maps and lists of maps */
	int64_t                  min;    /* CFG_TYPE_OPT_INT: smallest value the type takes */
};

#define CFG_MAX_FIELDS 64 /* of one map */

struct cfg_schema {
	const char             *what; /* "the server", for messages */
	size_t                  size; /* of the struct */
	const struct cfg_field *fields;
	size_t                  n;
};

extern const struct cfg_schema cfg_server_schema;
extern const struct cfg_schema cfg_control_schema;
extern const struct cfg_schema cfg_engine_schema;
extern const struct cfg_schema cfg_tier_schema;

/* Sets every field to its default; the struct is zeroed before. Frees nothing. 0 or -ENOMEM. */
int cfg_schema_defaults(const struct cfg_schema *schema, void *obj);
/* Frees what the fields own. */
void cfg_schema_fini(const struct cfg_schema *schema, void *obj);
/* "a number", "a list": for messages and samples. */
const char *cfg_type_name(enum cfg_type type);

static inline void *
cfg_field_ptr(const struct cfg_field *field, void *obj)
{
	return (char *)obj + field->offset;
}

/* Names of the bits of bdev_roles and acceleration.options, in printing order. */
struct cfg_flag_name {
	const char *name;
	unsigned    bit;
};
extern const struct cfg_flag_name cfg_role_names[3];
extern const struct cfg_flag_name cfg_accel_names[2];

enum cfg_class cfg_class_parse(const char *text);

/* ---- places (source.c) ---- */

int                cfg_source_new(struct cfg_source **ret);
struct cfg_source *cfg_source_free(struct cfg_source *s);
/* Remembers where a key stands; lines and columns from 1. 0 or -ENOMEM. */
int cfg_source_add(struct cfg_source *s, const char *key, unsigned line, unsigned column);
/* The place of a key, or of the nearest key around it that is in the file; 0, 0 when there is none.
 */
void cfg_source_find(const struct cfg_source *s, const char *key, unsigned *ret_line,
		     unsigned *ret_column);

/* ---- problems (problem.c) ---- */

/* Appends; *add is consumed (its texts are freed even on failure). 0 or -ENOMEM. */
int cfg_problems_add(struct cfg_problems *p, struct cfg_problem *add);
/*
 * Appends in front of all soft problems of the parse stage: upstream's decoder stops at a hard one
 * and says nothing of soft ones before it.
 */
int cfg_problems_add_hard(struct cfg_problems *p, struct cfg_problem *add);
/* Notes which file is read. */
int cfg_problems_set_file(struct cfg_problems *p, const char *file);

/* ---- decoding (decode.c, document.c) ---- */

/* Largest file, deepest nesting. */
#define CFG_MAX_BYTES (1024U * 1024U)
#define CFG_MAX_DEPTH 32

struct yaml_document_s;
/*
 * Text → document; refuses what a configuration has no use for: anchors, merge keys, several
 * documents, deep nesting. -EINVAL with a problem added.
 */
int cfg_document_load(const char *text, size_t len, struct yaml_document_s *ret,
		      struct cfg_problems *problems);
/* Decodes into obj, which holds the defaults. Problems are added; the rest is decoded. 0 or
 * -ENOMEM. */
int cfg_decode(const char *text, size_t len, const struct cfg_schema *schema, void *obj,
	       struct cfg_source *source, struct cfg_problems *problems);
/* Reads a file for decoding; a failure is added as a problem. */
int cfg_read_file(const char *path, char **ret, size_t *ret_len, struct cfg_problems *problems);

/* ---- loading (server.c) ---- */
/* Steps after decoding that upstream does while loading. */
int cfg_server_finish_load(struct cfg_server *cfg, struct cfg_problems *problems);
/* Hands the top level's fabric keys and hotplug down to the engines. 0 or -ENOMEM. */
int cfg_server_propagate(struct cfg_server *cfg);

/* ---- validation (validate.c, validate_engine.c, validate_multi.c) ---- */

struct cfg_check {
	struct cfg_server   *cfg;
	struct cfg_problems *problems;
	int                  error; /* -ENOMEM once memory ran out */
};

/*
 * Reports a broken rule at `key`. A plain fault becomes SERVER_BAD_CONFIG. `context` (may be NULL)
 * is put before the text in summaries: "I/O Engine 0 failed config validation".
 */
void cfg_check_report(struct cfg_check *c, const char *key, const char *context,
		      const struct fault *f);
void cfg_check_notice(struct cfg_check *c, const char *key, const struct fault *f);
/* The rules of one engine, and those between engines. */
void cfg_check_engine(struct cfg_check *c, size_t index);
void cfg_check_engines(struct cfg_check *c);

/* ---- lists (list.c) ---- */
int cfg_list_copy(const struct cfg_list *from, struct cfg_list *to);
/* Replaces a string field; s may be NULL. 0 or -ENOMEM. */
int cfg_set_string(char **field, const char *s);
