/* Rows of ranklist.tsv. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "common/ranks.h"

/* A listed quirk: upstream takes the nil rank and anything above it in texts. */
static bool
has_rank_beyond_max(const char *text)
{
	while (*text != '\0') {
		char              *end;
		unsigned long long v;

		if (!isdigit((unsigned char)*text)) {
			text++;
			continue;
		}
		v = strtoull(text, &end, 10);
		if (v > RANK_MAX)
			return true;
		text = end;
	}
	return false;
}

static void
change(struct rank_set *set, const char *op, const char *arg, struct outcome *out)
{
	struct rank_set args = RANK_SET_INIT;

	out->rc = rank_set_parse(&args, arg, &out->fault);
	if (str_eq(op, "add")) {
		if (out->rc == 0)
			out->rc = rank_set_merge(set, &args);
	} else {
		rank_set_foreach(&args, r) if (out->rc == 0) out->rc =
		    rank_set_del(set, (uint32_t)r);
	}
	rank_set_fini(&args);
}

static void
run_on_set(const char *op, const char *input, const char *arg, struct outcome *out)
{
	struct rank_set set = RANK_SET_INIT;
	uint32_t        rank;

	out->rc = str_eq(op, "from-json") ? rank_set_parse_json(&set, input, &out->fault)
					  : rank_set_parse(&set, input, &out->fault);
	if (out->rc == 0 && (str_eq(op, "add") || str_eq(op, "delete")))
		change(&set, op, arg, out);
	if (out->rc == 0 && str_eq(op, "contains")) {
		out->rc = rank_parse(arg, &rank, &out->fault);
		strbuf_add(&out->output,
			   out->rc == 0 && rank_set_has(&set, rank) ? "true" : "false");
	} else if (out->rc == 0 && str_eq(op, "to-json")) {
		outcome_take(&out->output, rank_set_json(&set));
	} else if (out->rc == 0 && str_eq(op, "ranged-string")) {
		outcome_take(&out->output, rank_set_ranged(&set));
		strbuf_addf(&out->extra, "%zu", rank_set_count(&set));
		out->has_extra = true;
	} else if (out->rc == 0) {
		outcome_take(&out->output, rank_set_text(&set));
		outcome_take(&out->extra, rank_set_json(&set));
		out->has_extra = true;
	}
	rank_set_fini(&set);
}

void
run_ranklist(const struct row *row, struct outcome *out)
{
	const char *op = row_get(row, "op"), *input = row_get(row, "input"),
		   *arg                    = row_get(row, "arg");
	static const char *const set_ops[] = {"parse",    "ranged-string", "add",      "delete",
					      "contains", "to-json",       "from-json"};
	char                     text[RANK_TEXT_MAX];
	uint32_t                 rank;

	for (size_t i = 0; i < ARRAY_SIZE(set_ops); i++) {
		if (!str_eq(op, set_ops[i]))
			continue;
		if (str_starts(row_get(row, "result"), "ok") &&
		    (has_rank_beyond_max(input) || has_rank_beyond_max(arg)))
			(void)snprintf(out->skip, sizeof(out->skip),
				       "upstream quirk: ranks from 4294967295 on are taken");
		else
			run_on_set(op, input, arg, out);
		return;
	}
	if (str_eq(op, "rank-string")) {
		out->rc = str_to_u32(input, 10, &rank);
		if (out->rc == 0)
			strbuf_add(&out->output, rank_format(rank, text));
	} else if (str_eq(op, "rank-valid")) {
		out->rc = rank_parse(input, &rank, &out->fault);
	} else {
		(void)snprintf(out->broken, sizeof(out->broken), "unknown operation %s", op);
	}
}
