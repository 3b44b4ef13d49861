/*
 * dmg: list of pools, and what is done to all pools of the system: drain, reintegrate, rebuild, cleanup,
 * self-heal.
 */
#include <daos_control/pool.h>
#include <string.h>

#include "cli/table.h"
#include "common/ranks.h"
#include "dmg.h"

/* Ends a command whose request failed. */
static int
failed(struct cli_error *e, int r, const struct daosctl_error *error, const char *what)
{
	if (error != NULL)
		(void)dmg_error(e, r, error);
	cli_error_wrap(e, "%s failed", what);
	return r;
}

/* Prints a table and an empty line. */
static int
print_table(struct cli_call *call, struct cli_table *t, struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;

	if (t == NULL || cli_table_print(t, 0, &out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	strbuf_add_char(&out, '\n');
	if (strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	return 0;
}

/* ---- list ---- */

static void
write_no_pools(struct cli_json *j, const void *data)
{
	cli_json_object(j);
	cli_json_set_i64(j, "status", 0);
	cli_json_set_null(j, "pools");
	cli_json_object_end(j);
}

static int
print_pools(struct cli_call *call, const struct daosctl_pool_list *list, struct cli_error *e)
{
	static const char *const                     titles[] = {"Pool", "State"};
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));

	for (size_t i = 0; t != NULL && i < list->n; i++) {
		const struct daosctl_pool *p = &list->v[i];

		cli_table_row(t);
		if (str_empty(p->label))
			cli_table_cell(t, 0, "%.8s", p->uuid);
		else
			cli_table_cell(t, 0, "%s", p->label);
		cli_table_cell(t, 1, "%s", p->state);
	}
	return print_table(call, t, e);
}

/* Sizes, rebuild states and the JSON of a pool come from pool queries. */
static bool
needs_queries(const struct cli_call *call, const struct dmg_pool_list_args *a)
{
	return call->json || a->verbose || a->rebuild_only || !a->no_query;
}

int
dmg_pool_list(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_pool_list_args *a = args;
	struct daosctl_pool_list         list;
	struct daosctl_error             error;
	int                              r = daosctl_pool_list(dmg_control(call), &list, &error);

	if (r != 0)
		return failed(e, r, &error, "list pools");
	if (list.n == 0) {
		cli_print(call, "No pools in system\n");
		cli_print_envelope(call, write_no_pools, NULL, NULL);
	} else if (needs_queries(call, a)) {
		r = cli_error_set(e, -ENOSYS,
				  "the system has %zu pool%s, and this build cannot query pools: "
				  "only their names and states are shown, with --no-query alone",
				  list.n, list.n == 1 ? "" : "s");
	} else {
		r = print_pools(call, &list, e);
	}
	daosctl_pool_list_fini(&list);
	return r == 0 ? 0 : failed(e, r, NULL, "list pools");
}

/* ---- drain and reintegrate ---- */

/* The results of one pool: from index i up to the one returned. */
static size_t
pool_end(const struct daosctl_pool_results *r, size_t i)
{
	size_t end = i;

	while (end < r->n && str_eq(r->v[end].pool, r->v[i].pool))
		end++;
	return end;
}

static void
write_drain(struct cli_json *j, const void *data)
{
	const struct daosctl_pool_results *r = data;

	cli_json_object(j);
	cli_json_key(j, "responses");
	if (r->n == 0)
		cli_json_null(j);
	else
		cli_json_array(j);
	for (size_t i = 0, end; i < r->n; i = end) {
		end = pool_end(r, i);
		cli_json_object(j);
		cli_json_set_string(j, "id", r->v[i].pool);
		cli_json_key(j, "results");
		cli_json_array(j);
		for (size_t k = i; k < end; k++) {
			cli_json_object(j);
			cli_json_set_u64(j, "rank", r->v[k].rank);
			cli_json_set_bool(j, "errored", r->v[k].errored);
			cli_json_set_string(j, "msg", r->v[k].msg);
			cli_json_object_end(j);
		}
		cli_json_array_end(j);
		cli_json_object_end(j);
	}
	if (r->n > 0)
		cli_json_array_end(j);
	cli_json_object_end(j);
}

static const char *
reason_of(const struct daosctl_pool_result *r)
{
	return r->errored ? r->msg : "";
}

/* One row for the ranks of a pool that share a result; the first such rank stands for them. */
static int
add_rows(struct cli_table *t, const struct daosctl_pool_results *r, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		_cleanup_(rank_set_fini) struct rank_set set  = RANK_SET_INIT;
		_cleanup_(freep) char                   *text = NULL;
		const char                              *why  = reason_of(&r->v[i]);
		bool                                     seen = false;

		for (size_t k = begin; k < i; k++)
			seen = seen || str_eq(reason_of(&r->v[k]), why);
		if (seen)
			continue;
		for (size_t k = i; k < end; k++)
			if (str_eq(reason_of(&r->v[k]), why) &&
			    rank_set_add(&set, r->v[k].rank) != 0)
				return -ENOMEM;
		text = rank_set_text(&set);
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", r->v[i].pool);
		cli_table_cell(t, 1, "%s", text == NULL ? "?" : text);
		cli_table_cell(t, 2, "%s", r->v[i].errored ? "FAIL" : "OK");
		cli_table_cell(t, 3, "%s", str_empty(why) ? "-" : why);
	}
	return 0;
}

/* `ranks 0-1 failed on pool p`, for each pool with failures. */
static int
drain_error(struct cli_error *e, const struct daosctl_pool_results *r)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0, end; i < r->n; i = end) {
		_cleanup_(rank_set_fini) struct rank_set set   = RANK_SET_INIT;
		_cleanup_(freep) char                   *ranks = NULL;

		end = pool_end(r, i);
		for (size_t k = i; k < end; k++)
			if (r->v[k].errored)
				(void)rank_set_add(&set, r->v[k].rank); /* fewer are named */
		if (rank_set_empty(&set))
			continue;
		ranks = rank_set_ranged(&set);
		strbuf_addf(&text, "%srank%s %s failed on pool %s", text.len > 0 ? ", " : "",
			    rank_set_count(&set) == 1 ? "" : "s", ranks == NULL ? "?" : ranks,
			    r->v[i].pool);
	}
	return text.len == 0 ? 0 : cli_error_set(e, -EREMOTEIO, "%s", strbuf_str(&text));
}

static int
show_drain(struct cli_call *call, const struct daosctl_pool_results *resp, struct cli_error *e)
{
	static const char *const titles[]              = {"Pool", "Ranks", "Result", "Reason"};
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));
	int                                          r = 0;

	if (call->json) {
		r = drain_error(e, resp);
		cli_print_envelope(call, write_drain, resp, e);
		return r;
	}
	for (size_t i = 0, end; t != NULL && i < resp->n && r == 0; i = end) {
		end = pool_end(resp, i);
		r   = add_rows(t, resp, i, end);
	}
	if (r != 0)
		return cli_error_set(e, r, "out of memory");
	if (resp->n == 0)
		cli_print(call, "No pool ranks processed\n");
	else
		r = print_table(call, t, e);
	return r == 0 ? drain_error(e, resp) : r;
}

static int
drain(struct cli_call *call, const struct dmg_system_args *a, bool reintegrate, struct cli_error *e)
{
	const char                 *what = reintegrate ? "system reintegrate" : "system drain";
	struct daosctl_pool_results resp;
	struct daosctl_error        error;
	int                         r = dmg_check_filter(a, e);

	if (r == 0 && str_empty(a->ranks) && str_empty(a->rank_hosts))
		r = cli_error_set(e, -EINVAL, "no ranks or hosts specified");
	if (r != 0)
		return failed(e, r, NULL, what);
	r = daosctl_system_drain(
	    dmg_control(call),
	    &(struct daosctl_system_drain_req){.filter = dmg_filter(a), .reintegrate = reintegrate},
	    &resp, &error);
	if (r != 0)
		return failed(e, r, &error, what);
	r = show_drain(call, &resp, e);
	daosctl_pool_results_fini(&resp);
	return r == 0 ? 0 : failed(e, r, NULL, what);
}

int
dmg_system_drain(struct cli_call *call, void *args, struct cli_error *e)
{
	return drain(call, args, false, e);
}

int
dmg_system_reintegrate(struct cli_call *call, void *args, struct cli_error *e)
{
	return drain(call, args, true, e);
}

/* ---- rebuild ---- */

static void
write_rebuild(struct cli_json *j, const void *data)
{
	const struct daosctl_pool_results *r = data;

	cli_json_object(j);
	cli_json_key(j, "results");
	if (r->n == 0)
		cli_json_null(j);
	else
		cli_json_array(j);
	for (size_t i = 0; i < r->n; i++) {
		cli_json_object(j);
		cli_json_set_string(j, "id", r->v[i].pool);
		cli_json_set_u64(j, "op_code", r->v[i].op);
		cli_json_set_bool(j, "errored", r->v[i].errored);
		cli_json_set_string(j, "msg", r->v[i].msg);
		cli_json_object_end(j);
	}
	if (r->n > 0)
		cli_json_array_end(j);
	cli_json_object_end(j);
}

static int
rebuild_error(struct cli_error *e, const char *op, const struct daosctl_pool_results *r)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].errored)
			strbuf_addf(&text, "%spool-rebuild %s failed on pool %s: %s",
				    text.len > 0 ? ", " : "", op, r->v[i].pool, r->v[i].msg);
	return text.len == 0 ? 0 : cli_error_set(e, -EREMOTEIO, "%s", strbuf_str(&text));
}

static void
print_rebuild(struct cli_call *call, const char *op, bool verbose,
	      const struct daosctl_pool_results *r)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	_cleanup_(strbuf_fini) struct strbuf ids = STRBUF_INIT;
	size_t                               n   = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].errored)
			strbuf_addf(&ids, "%s%s", n++ > 0 ? " " : "", r->v[i].pool);
	strbuf_addf(&out, "System-rebuild %s request succeeded on ", op);
	dmg_add_count(&out, n, "pool");
	if (verbose)
		strbuf_addf(&out, " [%s]", strbuf_str(&ids));
	strbuf_add_char(&out, '\n');
	cli_print(call, strbuf_str(&out));
}

static int
rebuild(struct cli_call *call, const struct dmg_rebuild_args *a, enum daosctl_rebuild_op op,
	struct cli_error *e)
{
	const char                 *name = op == DAOSCTL_REBUILD_START ? "start" : "stop";
	struct daosctl_pool_results resp;
	struct daosctl_error        error;
	int                         r;

	r = daosctl_system_rebuild(dmg_control(call), op, a->force, &resp, &error);
	if (r != 0)
		return failed(e, r, &error, call->command->path);
	r = rebuild_error(e, name, &resp);
	cli_print_envelope(call, write_rebuild, &resp, e);
	print_rebuild(call, name, a->verbose, &resp);
	daosctl_pool_results_fini(&resp);
	return r == 0 ? 0 : failed(e, r, NULL, call->command->path);
}

int
dmg_system_rebuild_start(struct cli_call *call, void *args, struct cli_error *e)
{
	return rebuild(call, args, DAOSCTL_REBUILD_START, e);
}

int
dmg_system_rebuild_stop(struct cli_call *call, void *args, struct cli_error *e)
{
	return rebuild(call, args, DAOSCTL_REBUILD_STOP, e);
}

/* ---- cleanup ---- */

static void
write_cleanup(struct cli_json *j, const void *data)
{
	const struct daosctl_pool_results *r = data;

	cli_json_object(j);
	cli_json_key(j, "results");
	if (r->n == 0)
		cli_json_null(j);
	else
		cli_json_array(j);
	for (size_t i = 0; i < r->n; i++) {
		cli_json_object(j);
		cli_json_set_i64(j, "status", r->v[i].status);
		cli_json_set_string(j, "msg", r->v[i].msg);
		cli_json_set_string(j, "pool_id", r->v[i].pool);
		cli_json_set_u64(j, "count", r->v[i].count);
		cli_json_object_end(j);
	}
	if (r->n > 0)
		cli_json_array_end(j);
	cli_json_object_end(j);
}

static int
print_cleanup(struct cli_call *call, bool verbose, const struct daosctl_pool_results *r,
	      struct cli_error *e)
{
	static const char *const                     titles[] = {"Pool", "Handles Revoked"};
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));

	if (r->n == 0 || !verbose) {
		cli_print(call, r->n == 0 ? "No handles cleaned up\n" : "System Cleanup Success\n");
		return 0;
	}
	for (size_t i = 0; t != NULL && i < r->n; i++) {
		cli_table_row(t);
		cli_table_cell(t, 0, "%s", r->v[i].pool);
		cli_table_cell(t, 1, "%u", r->v[i].count);
	}
	return print_table(call, t, e);
}

static int
cleanup_error(struct cli_error *e, const struct daosctl_pool_results *r)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].errored)
			strbuf_addf(&text, "%s%s", text.len > 0 ? ", " : "", r->v[i].msg);
	return text.len == 0 ? 0 : cli_error_set(e, -EREMOTEIO, "%s", strbuf_str(&text));
}

int
dmg_system_cleanup(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_cleanup_args *a = args;
	struct daosctl_pool_results    resp;
	struct daosctl_error           error;
	int                            r;

	r = daosctl_system_cleanup(dmg_control(call), a->machine, &resp, &error);
	if (r != 0)
		return failed(e, r, &error, "system cleanup");
	r = cleanup_error(e, &resp);
	cli_print_envelope(call, write_cleanup, &resp, e);
	if (r != 0)
		cli_print_error(e->text);
	else if (!call->json)
		r = print_cleanup(call, a->verbose, &resp, e);
	daosctl_pool_results_fini(&resp);
	return r == 0 ? 0 : failed(e, r, NULL, "system cleanup");
}

/* ---- self-heal ---- */

static void
write_nothing(struct cli_json *j, const void *data)
{
	cli_json_object(j);
	cli_json_object_end(j);
}

int
dmg_system_self_heal(struct cli_call *call, void *args, struct cli_error *e)
{
	struct daosctl_error error;
	int                  r = daosctl_system_self_heal(dmg_control(call), &error);

	if (r != 0)
		return failed(e, r, &error, "system self-heal eval");
	cli_print(call, "System self-heal eval request succeeded\n");
	cli_print_envelope(call, write_nothing, NULL, NULL);
	return 0;
}
