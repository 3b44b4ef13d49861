/*
 * dmg server: log masks.
 */
#include <daos_control/server.h>

#include "dmg.h"

static int
show_masks(struct cli_call *call, const struct daosctl_storage_resp *resp, struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	int                                  r   = dmg_host_errors(e, &resp->errors);

	if (call->json) {
		cli_print_envelope(call, dmg_json_storage_resp, resp, e);
		return r;
	}
	dmg_print_host_errors(&resp->errors);
	if (resp->n_hosts > 0) {
		strbuf_addf(&out,
			    "Engine log-masks updated successfully on the following host%s: %s\n",
			    resp->hosts[0].n_hosts == 1 ? "" : "s", resp->hosts[0].hosts);
		cli_print(call, strbuf_str(&out));
	}
	return r;
}

int
dmg_server_set_logmasks(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_logmasks_args *a = args;
	struct daosctl_storage_resp     resp;
	struct daosctl_error            error;
	int                             r;

	r = daosctl_set_logmasks(dmg_control(call),
				 &(struct daosctl_set_logmasks_req){.masks      = a->masks,
								    .streams    = a->streams,
								    .subsystems = a->subsystems},
				 &resp, &error);
	if (r != 0) {
		(void)dmg_error(e, r, &error);
	} else {
		r = show_masks(call, &resp, e);
		daosctl_storage_resp_fini(&resp);
	}
	cli_error_wrap(e, "set engine log level failed");
	return r;
}
