/*
 * dmg system: query, leader-query, stop, start.
 */
#include <daos_control/system.h>
#include <ctype.h>
#include <string.h>

#include "cli/table.h"
#include "common/hostlist.h"
#include "common/ranks.h"
#include "common/self_heal.h"
#include "common/vec.h"
#include "dmg.h"

/* ---- options ---- */

int
dmg_parse_states(const char *value, void *target, struct strbuf *why)
{
	_cleanup_(freep) char *copy = strdup(value);
	uint32_t               mask = 0;

	if (copy == NULL)
		return -ENOMEM;
	for (char *save = copy, *name; (name = strsep(&save, ",")) != NULL && value[0] != '\0';) {
		enum daosctl_member_state state = daosctl_member_state_parse(str_trim(name));

		if (state == DAOSCTL_STATE_UNKNOWN) {
			strbuf_addf(why, "invalid state name \"%s\"", name);
			return -EINVAL;
		}
		mask |= state;
	}
	*(uint32_t *)target = mask;
	return 0;
}

int
dmg_check_filter(const struct dmg_system_args *a, struct cli_error *e)
{
	if (!str_empty(a->ranks) && !str_empty(a->rank_hosts))
		return cli_error_set(e, -EINVAL,
				     "--ranks and --rank-hosts options cannot be set together");
	return 0;
}

struct daosctl_rank_filter
dmg_filter(const struct dmg_system_args *a)
{
	return (struct daosctl_rank_filter){.ranks = a->ranks, .hosts = a->rank_hosts};
}

/* ---- ranks grouped by what they have in common ---- */

struct group {
	char           *text; /* cells of the row behind the ranks, joined by tabs */
	struct rank_set ranks;
};

struct groups {
	VEC(struct group) list;
	int error;
};

static void
groups_fini(struct groups *g)
{
	vec_foreach (&g->list, x) {
		free(x->text);
		rank_set_fini(&x->ranks);
	}
	vec_fini(&g->list);
}

/* The group of a text, made when it is new. */
static struct group *
groups_get(struct groups *g, const char *text)
{
	struct group fresh = {0};

	vec_foreach (&g->list, x)
		if (str_eq(x->text, text))
			return x;
	fresh.text = strdup(text);
	if (fresh.text == NULL || vec_push(&g->list, fresh) != 0) {
		free(fresh.text);
		g->error = -ENOMEM;
		return NULL;
	}
	return &g->list.v[g->list.n - 1];
}

static void
groups_add(struct groups *g, const char *text, uint32_t rank)
{
	struct group *x = groups_get(g, text);

	if (x != NULL && rank_set_add(&x->ranks, rank) != 0)
		g->error = -ENOMEM;
}

/* Ranks that were asked for and do not exist are a group of their own. */
static void
groups_add_absent(struct groups *g, const char *text, const char *ranks)
{
	_cleanup_(rank_set_fini) struct rank_set absent = RANK_SET_INIT;
	struct group                            *x;

	if (rank_set_parse(&absent, ranks, NULL) != 0 || rank_set_empty(&absent))
		return;
	x = groups_get(g, text);
	if (x != NULL && rank_set_merge(&x->ranks, &absent) != 0)
		g->error = -ENOMEM;
}

/* Most ranks first, then by text. */
static int
by_size(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	size_t              n = rank_set_count(&x->ranks), m = rank_set_count(&y->ranks);

	return n != m ? (n < m) - (n > m) : strcmp(x->text, y->text);
}

/* The table and an empty line. */
static int
groups_print(struct groups *g, const char *const *titles, size_t n_titles, struct strbuf *out)
{
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, n_titles);
	int                                          r;

	if (t == NULL || g->error != 0)
		return -ENOMEM;
	if (g->list.n > 1)
		qsort(g->list.v, g->list.n, sizeof(*g->list.v), by_size);
	vec_foreach (&g->list, x) {
		_cleanup_(freep) char *ranks = rank_set_ranged(&x->ranks);
		char                  *save  = x->text;

		cli_table_row(t);
		cli_table_cell(t, 0, "%s", ranks ? ranks : "");
		for (size_t c = 1; c < n_titles; c++) {
			const char *cell = strsep(&save, "\t");

			cli_table_cell(t, c, "%s", cell ? cell : "");
		}
	}
	r = cli_table_print(t, 0, out);
	strbuf_add_char(out, '\n');
	return r;
}

/* ---- what was asked for and is not there ---- */

static void
print_absent(const char *what, const char *text, size_t n)
{
	_cleanup_(strbuf_fini) struct strbuf line = STRBUF_INIT;

	if (n == 0)
		return;
	strbuf_add(&line, "Unknown ");
	dmg_add_count(&line, n, what);
	strbuf_addf(&line, ": %s\n", text);
	cli_print_error(strbuf_str(&line));
}

static void
print_absent_hosts(const char *text)
{
	struct hostset *set = NULL;

	if (hostset_parse(text, &set, NULL) == 0)
		print_absent("host", text, hostset_count(set));
	(void)hostset_free(set);
}

static void
print_absent_ranks(const char *text)
{
	_cleanup_(rank_set_fini) struct rank_set set = RANK_SET_INIT;

	if (rank_set_parse(&set, text, NULL) == 0)
		print_absent("rank", text, rank_set_count(&set));
}

/* The command's error for absent items and failed ranks; 0 when there are none. */
static int
results_error(struct cli_error *e, const char *absent_hosts, const char *absent_ranks,
	      const char *failed_ranks)
{
	_cleanup_(strbuf_fini) struct strbuf     text   = STRBUF_INIT;
	_cleanup_(rank_set_fini) struct rank_set failed = RANK_SET_INIT;

	if (!str_empty(absent_hosts))
		strbuf_addf(&text, "non-existent hosts %s", absent_hosts);
	if (!str_empty(absent_ranks))
		strbuf_addf(&text, "%snon-existent ranks %s", text.len > 0 ? ", " : "",
			    absent_ranks);
	if (!str_empty(failed_ranks)) {
		(void)rank_set_parse(&failed, failed_ranks, NULL); /* only for the plural */
		strbuf_addf(&text, "%scheck results for failed rank%s %s", text.len > 0 ? ", " : "",
			    rank_set_count(&failed) == 1 ? "" : "s", failed_ranks);
	}
	if (text.len == 0)
		return 0;
	return cli_error_set(e, -EREMOTEIO, "%s", strbuf_str(&text));
}

/* ---- query ---- */

static void
write_member(struct cli_json *j, const struct daosctl_member *m)
{
	_cleanup_(freep) char *state = strdup(daosctl_member_state_name(m->state));

	for (char *s = state; s != NULL && *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	cli_json_object(j);
	cli_json_set_string(j, "addr", m->addr);
	cli_json_set_string(j, "state", state);
	cli_json_set_string(j, "fault_domain", m->fault_domain);
	cli_json_set_u64(j, "rank", m->rank);
	cli_json_set_u64(j, "incarnation", m->incarnation);
	cli_json_set_string(j, "uuid", m->uuid);
	cli_json_set_string(j, "fabric_uri", m->fabric_uri);
	cli_json_set_strings(j, "secondary_fabric_uris", m->secondary_fabric_uris,
			     m->n_secondary_fabric_uris);
	cli_json_set_u64(j, "fabric_contexts", m->fabric_contexts);
	cli_json_set_null(j, "secondary_fabric_contexts"); /* not in the service's answer */
	cli_json_set_string(j, "info", m->info);
	cli_json_set_string(j, "last_update", m->last_update);
	cli_json_object_end(j);
}

static void
write_query(struct cli_json *j, const void *data)
{
	const struct daosctl_system_query_resp *r = data;

	cli_json_object(j);
	cli_json_key(j, "members");
	if (r->n_members == 0) {
		cli_json_null(j);
	} else {
		cli_json_array(j);
		for (size_t i = 0; i < r->n_members; i++)
			write_member(j, &r->members[i]);
		cli_json_array_end(j);
	}
	cli_json_set_strings(j, "providers", r->providers, r->n_providers);
	cli_json_set_string(j, "sys_self_heal_policy", r->self_heal);
	cli_json_object_end(j);
}

static int
print_members_verbose(const struct daosctl_system_query_resp *resp, struct strbuf *out)
{
	static const char *const titles[] = {"Rank",         "UUID",  "Control Address",
					     "Fault Domain", "State", "Reason"};
	_cleanup_(cli_table_freep) struct cli_table *t = cli_table_new(titles, ARRAY_SIZE(titles));
	int                                          r;

	if (t == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < resp->n_members; i++) {
		const struct daosctl_member *m = &resp->members[i];

		cli_table_row(t);
		cli_table_cell(t, 0, "%u", m->rank);
		cli_table_cell(t, 1, "%s", m->uuid);
		cli_table_cell(t, 2, "%s", m->addr);
		cli_table_cell(t, 3, "%s", m->fault_domain);
		cli_table_cell(t, 4, "%s", daosctl_member_state_name(m->state));
		cli_table_cell(t, 5, "%s", m->info);
	}
	r = cli_table_print(t, 0, out);
	strbuf_add_char(out, '\n');
	return r;
}

static int
print_members(const struct daosctl_system_query_resp *resp, struct strbuf *out)
{
	_cleanup_(groups_fini) struct groups groups = {0};

	for (size_t i = 0; i < resp->n_members; i++)
		groups_add(&groups, daosctl_member_state_name(resp->members[i].state),
			   resp->members[i].rank);
	groups_add_absent(&groups, "Unknown Rank", resp->absent_ranks);
	return groups_print(&groups, (const char *const[]){"Rank", "State"}, 2, out);
}

static void
add_self_heal(const char *policy, struct strbuf *out)
{
	size_t                 n   = 0;
	_cleanup_(freep) char *off = self_heal_off(SELF_HEAL_SYSTEM, policy, ", ", &n);

	if (n > 0)
		strbuf_addf(out, "System property self_heal flag%s disabled: %s\n",
			    n == 1 ? "" : "s", off != NULL ? off : "");
}

static int
show_query(struct cli_call *call, const struct daosctl_system_query_resp *resp, bool verbose,
	   struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	int                                  r   = 0;

	if (call->json) {
		r = results_error(e, resp->absent_hosts, resp->absent_ranks, NULL);
		cli_print_envelope(call, write_query, resp, e);
		return r;
	}
	if (resp->n_members == 0)
		strbuf_add(&out, "Query matches no ranks in system\n");
	else if (verbose)
		r = print_members_verbose(resp, &out);
	else
		r = print_members(resp, &out);
	add_self_heal(resp->self_heal, &out);
	if (r != 0 || strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	print_absent_hosts(resp->absent_hosts);
	if (verbose || resp->n_members == 0) /* the short table has a row for them */
		print_absent_ranks(resp->absent_ranks);
	return results_error(e, resp->absent_hosts, resp->absent_ranks, NULL);
}

int
dmg_system_query(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_system_args    *a = args;
	struct daosctl_system_query_resp resp;
	struct daosctl_error             error;
	int                              r = 0;

	if (a->not_ok && a->states != 0)
		r = cli_error_set(e, -EINVAL,
				  "--not-ok and --with-states options cannot be set together");
	if (r == 0)
		r = dmg_check_filter(a, e);
	if (r == 0) {
		struct daosctl_system_query_req req = {.filter     = dmg_filter(a),
						       .state_mask = a->states};

		if (a->not_ok)
			req.state_mask = DAOSCTL_STATE_ALL & ~(uint32_t)DAOSCTL_STATE_JOINED;
		r = daosctl_system_query(dmg_control(call), &req, &resp, &error);
		if (r != 0) {
			(void)dmg_error(e, r, &error);
		} else {
			r = show_query(call, &resp, a->verbose, e);
			daosctl_system_query_resp_fini(&resp);
		}
	}
	cli_error_wrap(e, "system query failed");
	return r;
}

/* ---- leader ---- */

static void
write_leader(struct cli_json *j, const void *data)
{
	const struct daosctl_leader_query_resp *r = data;

	cli_json_object(j);
	cli_json_set_string(j, "current_leader", r->leader);
	cli_json_set_strings(j, "replicas", r->replicas, r->n_replicas);
	cli_json_set_strings(j, "down_replicas", r->down, r->n_down);
	cli_json_object_end(j);
}

static void
add_joined(struct strbuf *out, const char *label, const char *const *v, size_t n)
{
	strbuf_add(out, label);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "%s%s", i == 0 ? "" : ", ", v[i]);
	strbuf_add_char(out, '\n');
}

int
dmg_system_leader_query(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_leader_args        *a   = args;
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	struct daosctl_leader_query_resp     resp;
	struct daosctl_error                 error;
	int                                  r;

	r = daosctl_leader_query(dmg_control(call), &resp, &error);
	if (r != 0) {
		(void)dmg_error(e, r, &error);
		cli_error_wrap(e, "leader query failed");
		return r;
	}
	if (a->down) {
		add_joined(&out, "Unresponsive Replicas: ", resp.down, resp.n_down);
	} else {
		strbuf_addf(&out, "Current Leader: %s\n", resp.leader);
		add_joined(&out, "   Replica Set: ", resp.replicas, resp.n_replicas);
		add_joined(&out, "  Unresponsive Replicas: ", resp.down, resp.n_down);
	}
	cli_print(call, strbuf_str(&out));
	cli_print_envelope(call, write_leader, &resp, NULL);
	daosctl_leader_query_resp_fini(&resp);
	return 0;
}

/* ---- stop and start ---- */

void
dmg_json_rank_results(struct cli_json *j, const void *data)
{
	const struct daosctl_rank_results *r = data;

	cli_json_object(j);
	cli_json_key(j, "Results");
	if (r->n == 0)
		cli_json_null(j);
	else
		cli_json_array(j);
	for (size_t i = 0; i < r->n; i++) {
		_cleanup_(freep) char *state = strdup(daosctl_member_state_name(r->v[i].state));

		for (char *s = state; s != NULL && *s != '\0'; s++)
			*s = (char)tolower((unsigned char)*s);
		cli_json_object(j);
		cli_json_set_string(j, "state", state);
		cli_json_set_string(j, "Addr", r->v[i].addr);
		cli_json_set_u64(j, "Rank", r->v[i].rank);
		cli_json_set_string(j, "Action", r->v[i].action);
		cli_json_set_bool(j, "Errored", r->v[i].errored);
		cli_json_set_string(j, "Msg", r->v[i].msg);
		cli_json_object_end(j);
	}
	if (r->n > 0)
		cli_json_array_end(j);
	cli_json_object_end(j);
}

static int
print_results(const struct daosctl_rank_results *resp, struct strbuf *out)
{
	_cleanup_(groups_fini) struct groups groups = {0};

	for (size_t i = 0; i < resp->n; i++) {
		const struct daosctl_rank_result    *x    = &resp->v[i];
		_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%s\t", x->action);
		for (const char *s = x->errored ? x->msg : "OK"; *s != '\0'; s++)
			strbuf_add_char(&text, *s == '\t' ? ' ' : *s);
		groups_add(&groups, strbuf_str(&text), x->rank);
	}
	groups_add_absent(&groups, "----\tUnknown Rank", resp->absent_ranks);
	return groups_print(&groups, (const char *const[]){"Rank", "Operation", "Result"}, 3, out);
}

static int
show_results(struct cli_call *call, const struct daosctl_rank_results *resp, struct cli_error *e)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	int                                  r   = 0;

	if (call->json) {
		r = results_error(e, resp->absent_hosts, resp->absent_ranks, resp->failed_ranks);
		cli_print_envelope(call, dmg_json_rank_results, resp, e);
		return r;
	}
	if (resp->n == 0)
		strbuf_add(&out, "No results returned\n");
	else
		r = print_results(resp, &out);
	if (r != 0 || strbuf_error(&out) != 0)
		return cli_error_set(e, -ENOMEM, "out of memory");
	cli_print(call, strbuf_str(&out));
	print_absent_hosts(resp->absent_hosts);
	if (resp->n == 0)
		print_absent_ranks(resp->absent_ranks);
	return results_error(e, resp->absent_hosts, resp->absent_ranks, resp->failed_ranks);
}

static int
check_stop(const struct dmg_system_args *a, struct cli_error *e)
{
	if (a->force && a->full)
		return dmg_incompatible(e, "force", "full");
	if (a->full && !str_empty(a->rank_hosts))
		return dmg_incompatible(e, "full", "rank-hosts");
	if (a->full && !str_empty(a->ranks))
		return dmg_incompatible(e, "full", "ranks");
	return dmg_check_filter(a, e);
}

int
dmg_system_stop(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_system_args *a = args;
	struct daosctl_rank_results   resp;
	struct daosctl_error          error;
	int                           r = check_stop(a, e);

	if (r == 0) {
		r = daosctl_system_stop(dmg_control(call),
					&(struct daosctl_system_stop_req){
					    .filter                = dmg_filter(a),
					    .graceful              = a->full,
					    .ignore_admin_excluded = a->ignore_admin_excluded},
					&resp, &error);
		if (r != 0) {
			(void)dmg_error(e, r, &error);
		} else {
			r = show_results(call, &resp, e);
			daosctl_rank_results_fini(&resp);
		}
	}
	cli_error_wrap(e, "system stop failed");
	return r;
}

int
dmg_system_start(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_system_args *a = args;
	struct daosctl_rank_results   resp;
	struct daosctl_error          error;
	int                           r = dmg_check_filter(a, e);

	if (r == 0) {
		r = daosctl_system_start(
		    dmg_control(call),
		    &(struct daosctl_system_start_req){
			.filter = dmg_filter(a), .ignore_admin_excluded = a->ignore_admin_excluded},
		    &resp, &error);
		if (r != 0) {
			(void)dmg_error(e, r, &error);
		} else {
			r = show_results(call, &resp, e);
			daosctl_rank_results_fini(&resp);
		}
	}
	cli_error_wrap(e, "system start failed");
	return r;
}
