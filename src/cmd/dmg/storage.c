/*
 * dmg storage: scan and format.
 */
#include "dmg.h"

typedef void (*print_fn)(const struct daosctl_storage_resp *r, struct strbuf *out);

/* Errors first, then what the hosts that answered have. */
static int
show(struct cli_call *call, const struct daosctl_storage_resp *resp, print_fn print,
     struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	int                                  r   = dmg_host_errors(e, &resp->errors);

	if (call->json) {
		cli_print_envelope(call, dmg_json_storage_resp, resp, e);
		return r;
	}
	dmg_print_host_errors(&resp->errors);
	print(resp, &out);
	if (strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	return r;
}

int
dmg_storage_scan(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_scan_args *a = args;
	struct daosctl_storage_resp resp;
	struct daosctl_error        error;
	int                         r;

	if (a->verbose && a->health)
		return cli_error_set(e, -EINVAL, "cannot use --verbose with --nvme-health");
	r = daosctl_storage_scan(dmg_control(call),
				 &(struct daosctl_storage_scan_req){
				     .basic = !a->verbose && !a->health, .health = a->health},
				 &resp, &error);
	if (r != 0)
		return dmg_error(e, r, &error);
	r = show(call, &resp,
		 a->health ? dmg_print_health
			   : (a->verbose ? dmg_print_scan_verbose : dmg_print_scan),
		 e);
	daosctl_storage_resp_fini(&resp);
	return r;
}

int
dmg_storage_format(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_format_args *a     = args;
	bool                          named = !str_empty(a->hosts);
	struct daosctl_storage_resp   resp;
	struct daosctl_error          error;
	int                           r;

	if (a->replace && a->force)
		return dmg_incompatible(e, "replace", "force");
	if (a->replace && (!named || daosctl_host_count(dmg_control(call)) != 1))
		return cli_error_set(
		    e, -EINVAL, "command expects a single host in hostlist if replace option used");
	r = daosctl_storage_format(dmg_control(call),
				   &(struct daosctl_storage_format_req){.reformat    = a->force,
									.replace     = a->replace,
									.check_hosts = named},
				   &resp, &error);
	if (r != 0)
		return dmg_error(e, r, &error);
	r = show(call, &resp, a->verbose ? dmg_print_format_verbose : dmg_print_format, e);
	daosctl_storage_resp_fini(&resp);
	return r;
}
