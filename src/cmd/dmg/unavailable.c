/*
 * The answer of every command that this build knows but cannot carry out.
 */
#include "dmg.h"

int
dmg_unavailable(struct cli_call *call, void *args, struct cli_error *e)
{
	return cli_error_set(e, -ENOSYS, "`%s %s' is not available in this build", call->app->name,
			     call->command->path);
}
