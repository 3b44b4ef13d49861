/* The problem list and its text forms. */
#include "config/problem.h"

#include <stdio.h>
#include <string.h>

#include "config/config_private.h"

#define PARSE_HINT      "a key may be misspelt or of another release"
#define BAD_CONFIG_TEXT "the configuration breaks a rule"

static void
problem_fini(struct cfg_problem *p)
{
	free(p->key);
	free(p->suggestion);
	free(p->context);
	*p = (struct cfg_problem){0};
}

void
cfg_problems_fini(struct cfg_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		problem_fini(&p->v[i]);
	free(p->v);
	free(p->file);
	*p = (struct cfg_problems)CFG_PROBLEMS_INIT;
}

int
cfg_problems_set_file(struct cfg_problems *p, const char *file)
{
	return cfg_set_string(&p->file, file);
}

static int
insert(struct cfg_problems *p, size_t at, struct cfg_problem *add)
{
	p->n_errors += add->severity == CFG_ERROR;
	if (p->n >= CFG_PROBLEMS_MAX) {
		p->dropped++;
		problem_fini(add);
		return 0;
	}
	if (add->key == NULL)
		add->key = strdup("");
	if (add->key == NULL || vec_reserve(p, p->n + 1) < 0) {
		problem_fini(add);
		return -ENOMEM;
	}
	memmove(&p->v[at + 1], &p->v[at], (p->n - at) * sizeof(*p->v));
	p->v[at] = *add;
	p->n++;
	return 0;
}

int
cfg_problems_add(struct cfg_problems *p, struct cfg_problem *add)
{
	return insert(p, p->n, add);
}

int
cfg_problems_add_hard(struct cfg_problems *p, struct cfg_problem *add)
{
	size_t at = 0;

	while (at < p->n && p->v[at].hard)
		at++;
	add->hard = true;
	return insert(p, at, add);
}

const struct cfg_problem *
cfg_problems_first_error(const struct cfg_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].severity == CFG_ERROR)
			return &p->v[i];
	return NULL;
}

/* All texts of the parse stage as upstream's decoder joins them. */
static void
add_decoder_texts(const struct cfg_problems *p, struct strbuf *out)
{
	bool first = true;

	for (size_t i = 0; i < p->n; i++) {
		const struct cfg_problem *q = &p->v[i];

		if (q->severity != CFG_ERROR || q->stage != CFG_STAGE_PARSE)
			continue;
		strbuf_add(out, first ? "" : "; ");
		if (q->line > 0)
			strbuf_addf(out, "line %u: ", q->line);
		strbuf_add(out, q->fault.description);
		if (q->suggestion != NULL)
			strbuf_addf(out, " (%s)", q->suggestion);
		first = false;
	}
}

char *
cfg_problems_summary(const struct cfg_problems *p, struct fault *f)
{
	const struct cfg_problem *q    = cfg_problems_first_error(p);
	const char               *file = p->file != NULL ? p->file : "configuration";
	struct strbuf             out  = STRBUF_INIT;
	char                      text[1400];

	if (q == NULL)
		return NULL;
	if (f != NULL)
		*f = q->fault;
	switch (q->stage) {
	case CFG_STAGE_READ:
	case CFG_STAGE_LOAD:
		strbuf_addf(&out, "failed to load config from %s: %s", file,
			    fault_format(&q->fault, text, sizeof(text)));
		break;
	case CFG_STAGE_PARSE:
		strbuf_addf(&out,
			    "failed to load config from %s: parse of \"%s\" failed; %s: ", file,
			    file, PARSE_HINT);
		if (q->fault.code != FAULT_UNKNOWN)
			strbuf_add(&out, fault_format(&q->fault, text, sizeof(text)));
		else
			add_decoder_texts(p, &out);
		break;
	case CFG_STAGE_VALIDATE:
		strbuf_addf(&out, "%s: validation failed: ", file);
		if (q->context != NULL)
			strbuf_addf(&out, "%s: ", q->context);
		if (q->fault.code == FAULT_SERVER_BAD_CONFIG)
			strbuf_addf(&out, "%s, examples: %s: %s: code = %u description = \"%s\"",
				    q->fault.description, CFG_EXAMPLES_DIR, q->fault.domain,
				    q->fault.code, BAD_CONFIG_TEXT);
		else
			strbuf_add(&out, fault_format(&q->fault, text, sizeof(text)));
		break;
	case CFG_STAGE_DERIVE:
		strbuf_add(&out, fault_format(&q->fault, text, sizeof(text)));
		break;
	}
	return strbuf_take(&out);
}

static void
print_problem(const char *file, const struct cfg_problem *q, struct strbuf *out)
{
	strbuf_add(out, file);
	if (q->line > 0)
		strbuf_addf(out, ":%u:%u", q->line, q->column);
	strbuf_addf(out, ": %s: ", q->severity == CFG_ERROR ? "error" : "notice");
	if (q->key[0] != '\0')
		strbuf_addf(out, "%s: ", q->key);
	strbuf_add(out, q->fault.description);
	if (q->fault.code != FAULT_UNKNOWN)
		strbuf_addf(out, " (%s: code = %u)", q->fault.domain, q->fault.code);
	strbuf_add_char(out, '\n');
	if (q->suggestion != NULL)
		strbuf_addf(out, "        %s\n", q->suggestion);
	if (q->severity == CFG_ERROR && fault_has_resolution(&q->fault))
		strbuf_addf(out, "        %s\n", q->fault.resolution);
}

char *
cfg_problems_print(const struct cfg_problems *p)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, "");
	for (size_t i = 0; i < p->n; i++)
		print_problem(p->file != NULL ? p->file : "configuration", &p->v[i], &out);
	if (p->dropped > 0)
		strbuf_addf(&out, "… and %zu more\n", p->dropped);
	return strbuf_take(&out);
}
