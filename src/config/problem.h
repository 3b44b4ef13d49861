/*
 * What is wrong with a configuration: a list of problems, each with its place, key, fault and
 * perhaps a suggestion.
 *
 * Problems are kept in the order in which DAOS 2.8 examines things, so the first error is the one
 * that upstream stops at.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

enum cfg_severity {
	CFG_ERROR,  /* the configuration cannot be used */
	CFG_NOTICE, /* worth telling: deprecated key, no redundancy, … */
};

/* The step that found it; decides the form of the summary. */
enum cfg_stage {
	CFG_STAGE_READ,  /* the file could not be read */
	CFG_STAGE_PARSE, /* not YAML, unknown key, wrong type, bad enumeration value */
	CFG_STAGE_LOAD,  /* refused while loading, after decoding: system name, two providers, both
			    replica keys */
	CFG_STAGE_VALIDATE, /* a rule is broken */
	CFG_STAGE_DERIVE,   /* does not fit the host: memory, hugepages, NUMA */
};

struct cfg_problem {
	enum cfg_severity severity;
	enum cfg_stage    stage;
	unsigned          line;       /* from 1; 0: no place in the file */
	unsigned          column;     /* from 1; 0 as above */
	char             *key;        /* "engines[0].storage[1].bdev_list", "" for the whole file */
	char             *suggestion; /* "did you mean scm_size?", or NULL */
	char             *context;    /* "I/O Engine 0 failed config validation", or NULL */
	struct fault      fault;
	bool              hard; /* upstream decoder stops here; such problems stand first */
};

/* More problems than this are counted in `dropped` and not kept. */
#define CFG_PROBLEMS_MAX 200

struct cfg_problems {
	char               *file; /* what was read; NULL for text from memory */
	struct cfg_problem *v;
	size_t              n;
	size_t              cap;
	size_t              n_errors;
	size_t              dropped;
};

#define CFG_PROBLEMS_INIT                                                                          \
	{                                                                                          \
		0                                                                                  \
	}

void cfg_problems_fini(struct cfg_problems *p);
/* The first problem of severity CFG_ERROR, or NULL. */
const struct cfg_problem *cfg_problems_first_error(const struct cfg_problems *p);
/*
 * The one-line failure text of the first error, in upstream's form (config-server.md §5), without
 * "ERROR: ": failed to load config from PATH: …        read, parse and load stage PATH: validation
 * failed: …                validation stage *f (may be NULL) becomes its fault; callers print its
 * resolution when fault_has_resolution(). Returns text in fresh memory, or NULL when there is no
 * error or no memory.
 */
char *cfg_problems_summary(const struct cfg_problems *p, struct fault *f);
/*
 * Every problem as text, one paragraph each, errors and notices in order:
 *   FILE:LINE:COLUMN: error: KEY: DESCRIPTION (serverconfig: code = 703)
 *           did you mean …?
 *           resolution
 * Returns fresh memory or NULL on no memory.
 */
char *cfg_problems_print(const struct cfg_problems *p);
