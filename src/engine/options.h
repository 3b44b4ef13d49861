/* The command line of daos_engine (engine-process.md §2). */
#pragma once

#include <stdio.h>

#include "common/util.h"

#define ENG_GROUP_MAX   15
#define ENG_MODULES_MAX 64
#define ENG_TARGETS_MAX 1024

/* Strings are borrowed from argv or constants. */
struct eng_options {
	const char *modules;
	const char *group;
	const char *storage;
	const char *socket_dir;
	const char *nvme_conf; /* NULL: none */
	uint32_t    targets;
	uint32_t    helpers;
	uint32_t    first_core;
	int64_t     numa_node; /* -1: not pinned */
	uint32_t    instance;
	uint32_t    mem_size_mib;
	uint32_t    hugepage_size_mib;
	uint32_t    storage_tiers;
	bool        bypass_health_check;
	bool        check_mode;
};

/*
 * Reads argv; the order of options does not matter. Returns 0, 1 when help was asked for and has
 * been printed to out, or -EINVAL: the reason, and for an unknown option the usage, has been
 * printed to err. Notices about deprecated or ignored options go to out.
 */
int  eng_options_parse(int argc, char **argv, FILE *out, FILE *err, struct eng_options *ret);
void eng_options_usage(const char *program, FILE *stream);
