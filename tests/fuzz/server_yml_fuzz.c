/*
 * daos_server.yml: any text is loaded or refused with a problem; what loads can be validated,
 * printed and read back as the same configuration.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/str.h"
#include "config/config.h"

static void
check_round_trip(const struct cfg_server *cfg)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *again    = NULL;
	char               *first = NULL, *second = NULL;

	if (cfg_server_print(cfg, &first) == 0 &&
	    cfg_server_load_text("again", first, strlen(first), &again, &problems) == 0 &&
	    cfg_server_print(again, &second) == 0)
		assert(str_eq(first, second));
	free(first);
	free(second);
	again = cfg_server_free(again);
	cfg_problems_fini(&problems);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cfg_host host     = {.hugepage_kib = 2048, .mem_total_kib = 64 * MIB};
	struct cfg_problems   problems = CFG_PROBLEMS_INIT;
	struct cfg_server    *cfg      = NULL;
	int                   r;

	r = cfg_server_load_text("fuzz", (const char *)data, size, &cfg, &problems);
	assert(r == 0 || r == -ENOMEM || problems.n_errors > 0);
	if (r == 0) {
		check_round_trip(cfg);
		if (cfg_server_validate(cfg, &problems) == 0)
			(void)cfg_server_derive(cfg, &host,
						&problems); /* either outcome is right */
	}
	free(cfg_problems_print(&problems));
	free(cfg_problems_summary(&problems, NULL));
	cfg = cfg_server_free(cfg);
	cfg_problems_fini(&problems);
	return 0;
}
