/*
 * What a YAML 1.1 scalar means, with the rules of the decoder that DAOS 2.8 uses, so that a file
 * means the same to both. Room-private.
 */
#pragma once

#include "common/util.h"

enum scalar_kind {
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,  /* fits int64_t */
	SCALAR_UINT, /* larger than INT64_MAX */
	SCALAR_FLOAT,
	SCALAR_STRING,
};

struct scalar {
	enum scalar_kind kind;
	bool             boolean;
	int64_t          integer;
	uint64_t         natural;
	double           real;
};

/* `plain`: unquoted and without a tag; quoted text is always a string. */
void scalar_resolve(const char *text, bool plain, struct scalar *ret);
/* "!!int" and the like, for messages. */
const char *scalar_kind_name(enum scalar_kind kind);
