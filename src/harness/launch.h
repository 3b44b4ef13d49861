/*
 * Command line and environment of an engine (engine-process.md §2 and §3), as pure functions of the
 * configuration.
 */
#pragma once

#include "common/fault.h"
#include "common/vec.h"

struct cfg_engine;
struct cfg_server;

/* Strings owned by the list; har_list_terminate() adds the NULL that exec wants. */
struct har_list {
	VEC(char *) items;
};
void har_list_fini(struct har_list *l);
int  har_list_add(struct har_list *l, const char *fmt, ...) _printf_(2, 3);
/* NULL-terminated array, valid until the list changes; NULL on no memory. */
char *const *har_list_terminate(struct har_list *l);

/* What the command line needs besides the configuration. */
struct har_launch {
	const struct cfg_server *server;
	const struct cfg_engine *engine;
	unsigned                 idx;
	const char              *binary;
	const char              *nvme_conf; /* NULL without bdev tiers */
	uint64_t                 mem_size_mib;
	uint64_t                 hugepage_mib;
	bool                     check_mode;
};

/* argv with argv[0] the binary. */
int har_launch_args(const struct har_launch *l, struct har_list *ret);
/*
 * The environment; `inherited` is the server's own (NULL-terminated), of which only names in
 * env_pass_through are taken. Faults: ABT_THREAD_STACKSIZE too small or not a number, sds.at_create
 * where it may not be, log masks that cannot be merged.
 */
int har_launch_env(const struct har_launch *l, const char *const *inherited, struct har_list *ret,
		   struct fault *f);
/*
 * Finds the engine's program: the configured engine_path (engine, then server), else `daos_engine`
 * beside server_path, else on the search path `path`. The result is absolute and executable; faults
 * name what was tried.
 */
int har_launch_find_binary(const struct cfg_server *s, const struct cfg_engine *e,
			   const char *server_path, const char *path, char **ret, struct fault *f);
