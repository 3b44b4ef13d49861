/*
 * dmg system: exclude, clear-exclude, erase.
 */
#include "common/ranks.h"
#include "dmg.h"

/* `failed ranks 1-2`, or 0 when none failed. */
static int
failed_error(struct cli_error *e, const struct daosctl_rank_results *resp)
{
	_cleanup_(rank_set_fini) struct rank_set set = RANK_SET_INIT;

	if (str_empty(resp->failed_ranks))
		return 0;
	(void)rank_set_parse(&set, resp->failed_ranks, NULL); /* only for the plural */
	return cli_error_set(e, -EREMOTEIO, "failed rank%s %s",
			     rank_set_count(&set) == 1 ? "" : "s", resp->failed_ranks);
}

/* ---- exclude ---- */

static int
show_excluded(struct cli_call *call, const struct daosctl_rank_results *resp, struct cli_error *e)
{
	_cleanup_(rank_set_fini) struct rank_set set  = RANK_SET_INIT;
	_cleanup_(strbuf_fini) struct strbuf     line = STRBUF_INIT;
	_cleanup_(freep) char                   *text = NULL;
	int                                      r    = failed_error(e, resp);

	if (call->json) {
		cli_print_envelope(call, dmg_json_rank_results, resp, e);
		return r;
	}
	for (size_t i = 0; i < resp->n; i++)
		if (rank_set_add(&set, resp->v[i].rank) != 0)
			return cli_error_set(e, -ENOMEM, "out of memory");
	text = rank_set_text(&set);
	if (r != 0) {
		strbuf_addf(&line, "Errors: %s\n", e->text);
		cli_print_error(strbuf_str(&line));
		strbuf_reset(&line);
	}
	strbuf_addf(&line, "updated ranks: %s\n", text == NULL ? "?" : text);
	cli_print(call, strbuf_str(&line));
	return r;
}

static int
exclude(struct cli_call *call, const struct dmg_system_args *a, bool clear, struct cli_error *e)
{
	struct daosctl_rank_results resp;
	struct daosctl_error        error;
	int                         r = dmg_check_filter(a, e);

	if (r != 0)
		return r;
	if (str_empty(a->ranks) && str_empty(a->rank_hosts))
		return cli_error_set(e, -EINVAL, "no ranks or hosts specified");
	r = daosctl_system_exclude(
	    dmg_control(call),
	    &(struct daosctl_system_exclude_req){.filter = dmg_filter(a), .clear = clear}, &resp,
	    &error);
	if (r != 0)
		return dmg_error(e, r, &error);
	r = show_excluded(call, &resp, e);
	daosctl_rank_results_fini(&resp);
	return r;
}

int
dmg_system_exclude(struct cli_call *call, void *args, struct cli_error *e)
{
	return exclude(call, args, false, e);
}

int
dmg_system_clear_exclude(struct cli_call *call, void *args, struct cli_error *e)
{
	return exclude(call, args, true, e);
}

/* ---- erase ---- */

int
dmg_system_erase(struct cli_call *call, void *args, struct cli_error *e)
{
	struct daosctl_rank_results resp;
	struct daosctl_error        error;
	int                         r;

	r = daosctl_system_erase(dmg_control(call), &resp, &error);
	if (r != 0)
		return dmg_error(e, r, &error);
	r = failed_error(e, &resp);
	if (r == 0)
		cli_print_envelope(call, NULL, NULL, NULL);
	daosctl_rank_results_fini(&resp);
	return r;
}
