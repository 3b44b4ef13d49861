/* Rows of hostlist.tsv. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/hostlist.h"
#include "common/ranks.h"

static void
run_list(const char *input, const char *arg, const char *op, struct outcome *out)
{
	struct hostlist *l       = NULL;
	size_t           deleted = 0;
	int64_t          index   = -1;

	out->rc = hostlist_parse(input, &l, &out->fault);
	if (out->rc == 0 && str_eq(op, "list-push"))
		out->rc = hostlist_push(l, arg, &out->fault);
	if (out->rc == 0 && str_eq(op, "delete")) {
		out->rc = hostlist_delete(l, arg, &deleted, &out->fault);
		strbuf_addf(&out->ok_suffix, "deleted=%zu", deleted);
	}
	if (out->rc == 0 && str_ends(op, "nth")) {
		out->rc = str_to_i64(arg, 10, &index);
		if (out->rc == 0 && index < 0)
			out->rc = -ENOENT;
	}
	if (out->rc == 0 && str_eq(op, "delete-nth"))
		out->rc = hostlist_delete_nth(l, (size_t)index);
	if (out->rc == 0 && str_eq(op, "nth")) {
		char *host = NULL;

		out->rc = hostlist_nth(l, (size_t)index, &host);
		if (out->rc == 0)
			outcome_take(&out->output, host);
	} else if (out->rc == 0) {
		outcome_take(&out->output, hostlist_text(l));
		strbuf_addf(&out->extra, "%zu", hostlist_count(l));
		out->has_extra = true;
	}
	l = hostlist_free(l);
}

static void
run_set(const char *input, const char *arg, const char *op, struct outcome *out)
{
	struct hostset *s = NULL, *common = NULL;
	bool            within = false;

	out->rc = hostset_parse(input, &s, &out->fault);
	if (out->rc == 0 && str_eq(op, "set-insert"))
		out->rc = hostset_insert(s, arg, &out->fault);
	if (out->rc == 0 && str_eq(op, "within")) {
		out->rc = hostset_within(s, arg, &within, &out->fault);
		strbuf_add(&out->output, within ? "true" : "false");
	} else if (out->rc == 0) {
		if (str_eq(op, "intersect")) {
			out->rc = hostset_intersect(s, arg, &common, &out->fault);
			s       = hostset_free(s);
			s       = common;
		}
		if (out->rc == 0) {
			outcome_take(&out->output,
				     str_eq(op, "expand") ? hostset_expand(s) : hostset_text(s));
			strbuf_addf(&out->extra, "%zu", hostset_count(s));
			out->has_extra = true;
		}
	}
	s = hostset_free(s);
}

static void
run_default_port(const char *input, const char *arg, struct outcome *out)
{
	_cleanup_(freep) char *copy = strdup(input);
	char                  *exprs[64], **hosts = NULL;
	size_t                 n = split_list(copy, exprs, ARRAY_SIZE(exprs)), n_hosts = 0;
	_cleanup_(strbuf_fini) struct strbuf all = STRBUF_INIT;
	uint64_t                             port;

	out->rc = str_to_u64(arg, 10, &port);
	if (out->rc == 0)
		out->rc = hostlist_with_port((const char *const *)exprs, n, (unsigned)port, &hosts,
					     &n_hosts, &out->fault);
	if (out->rc < 0)
		return;
	for (size_t i = 0; i < n_hosts; i++)
		strbuf_addf(&all, "%s%s", i > 0 ? "," : "", hosts[i]);
	strbuf_add(&out->output, strbuf_str(&all));
	strbuf_addf(&out->extra, "%zu", n_hosts);
	out->has_extra = true;
	hostlist_free_hosts(hosts, n_hosts);
}

static void
run_numeric(const char *input, struct outcome *out)
{
	struct rank_set set = RANK_SET_INIT;

	/* Brackets are optional for ranks, which are built on this grammar; here one must be
	 * present. */
	if (input[0] != '[' && !str_ends(input, "]"))
		out->rc = -EINVAL;
	else
		out->rc = rank_set_parse(&set, input, &out->fault);
	if (out->rc == 0) {
		outcome_take(&out->output, rank_set_ranged(&set));
		strbuf_addf(&out->extra, "%zu", rank_set_count(&set));
		out->has_extra = true;
	}
	rank_set_fini(&set);
}

/* A set of both `d` and `d1` is a listed quirk: upstream prints `d[]`. */
static bool
mixes_bare_and_numbered(const char *input)
{
	_cleanup_(freep) char *copy = strdup(input);
	char                  *rest = copy, *word;

	while ((word = strsep(&rest, ", \t")) != NULL) {
		size_t      n = strlen(word);
		const char *s = input;

		if (n == 0 || strpbrk(word, "0123456789[]") != NULL)
			continue;
		while ((s = strstr(s, word)) != NULL) {
			bool starts = s == input || strchr(", \t", s[-1]) != NULL;

			s += n;
			if (starts && (isdigit((unsigned char)*s) || *s == '['))
				return true;
		}
	}
	return false;
}

void
run_hostlist(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg                     = row_get(row, "arg");
	static const char *const list_ops[] = {"parse", "list-push", "delete", "nth", "delete-nth"};
	static const char *const set_ops[] = {"set", "expand", "set-insert", "within", "intersect"};

	for (size_t i = 0; i < ARRAY_SIZE(list_ops); i++)
		if (str_eq(op, list_ops[i])) {
			run_list(input, arg, op, out);
			return;
		}
	for (size_t i = 0; i < ARRAY_SIZE(set_ops); i++) {
		if (!str_eq(op, set_ops[i]))
			continue;
		if (mixes_bare_and_numbered(input))
			(void)snprintf(out->skip, sizeof(out->skip),
				       "upstream quirk: a set of d and d1 prints d[]");
		else
			run_set(input, arg, op, out);
		return;
	}
	if (str_eq(op, "default-port"))
		run_default_port(input, arg, out);
	else if (str_eq(op, "numeric-set"))
		run_numeric(input, out);
	else
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
}
