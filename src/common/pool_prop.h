/*
 * Pool properties: their names, numbers, titles, what each accepts and how it prints
 * (text-formats.md §7.1). What a property does is the engine's business.
 */
#pragma once

#include "common/fault.h"
#include "common/keyval.h"
#include "common/vec.h"

#define POOL_PROP_LABEL "label"

enum pool_prop_kind {
	POOL_PROP_TEXT,   /* the label */
	POOL_PROP_CHOICE, /* one of some names, each with a number */
	POOL_PROP_NUMBER,
	POOL_PROP_SIZE,  /* a number of bytes, written and printed with a unit */
	POOL_PROP_RANKS, /* a rank list; read-only */
	_POOL_PROP_KIND_MAX
};

struct pool_prop {
	uint32_t            number; /* on the wire */
	const char         *name;   /* case counts */
	const char         *title;
	enum pool_prop_kind kind;
};

enum pool_prop_state {
	POOL_PROP_UNSET,
	POOL_PROP_IS_NUMBER,
	POOL_PROP_IS_TEXT,
};

/* A value as it travels: nothing, a number, or a text (borrowed). */
struct pool_prop_value {
	enum pool_prop_state state;
	uint64_t             number;
	const char          *text;
};

/* All of them, sorted by name: i from 0, NULL behind the last. */
const struct pool_prop *pool_prop_at(size_t i);
/* NULL when there is none. */
const struct pool_prop *pool_prop_find(const char *name);
const struct pool_prop *pool_prop_by_number(uint32_t number);
/* The names a choice accepts, sorted: i from 0, NULL behind the last and for every other kind. */
const char *pool_prop_choice(const struct pool_prop *p, size_t i);

/*
 * A value from the text of a command line; names in any case. -EINVAL with a plain fault that says
 * what is accepted, -EROFS for a read-only property. A text value borrows `text`.
 */
int pool_prop_parse(const struct pool_prop *p, const char *text, struct pool_prop_value *ret,
		    struct fault *f);
/*
 * As people read it: `128 KiB`, `5%`, `exclude;rebuild`, `not set`. Fresh memory; NULL on no
 * memory.
 */
char *pool_prop_text(const struct pool_prop *p, const struct pool_prop_value *value);

struct pool_setting {
	const struct pool_prop *prop;
	struct pool_prop_value  value;
	char                   *text; /* owned; what value.text points to */
};

struct pool_settings {
	VEC(struct pool_setting) list; /* sorted by name */
};

/*
 * Adds the properties of `key:value,key:value` to what is there already; an old name (`rf`) stands
 * for the new one. -EINVAL with a plain fault for a text that is no such list, an unknown
 * property, a value that is not accepted, and a property given twice; *s is unchanged then.
 */
int pool_settings_add(struct pool_settings *s, const char *text, struct fault *f);
/* NULL when the property is not among them. */
const struct pool_setting *pool_settings_find(const struct pool_settings *s, const char *name);
void                       pool_settings_fini(struct pool_settings *s);
/* `key,key` with old names replaced, sorted, each once. Errors as above. */
int pool_prop_names_parse(const char *text, struct keyvals *ret, struct fault *f);
