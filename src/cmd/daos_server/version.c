/*
 * `daos_server version`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "common/version.h"
#include "daos_server.h"

#define NAME "DAOS Control Server"

static void
write_version(struct cli_json *j, const void *data)
{
	cli_json_object(j);
	cli_json_set_string(j, "name", NAME);
	cli_json_set_string(j, "version", DAOS_VERSION);
	/* The time of the build is not recorded, so that equal sources give equal programs. */
	cli_json_set_string(j, "build_time", "0001-01-01T00:00:00Z");
	cli_json_object_end(j);
}

int
ds_version(struct cli_call *call, void *args, struct cli_error *e)
{
	cli_print(call, NAME " version " DAOS_VERSION "\n");
	cli_print_envelope(call, write_version, NULL, NULL);
	return 0;
}
