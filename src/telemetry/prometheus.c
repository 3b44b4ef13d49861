/*
 * Prometheus text. A scrape collects lines with their family, sorts them by family, and prints each
 * family's head once: the metrics of several engines interleave.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/vec.h"
#include "telemetry/telemetry.h"

#define COMPONENTS_MAX 34
#define LABELS_MAX     6

/* ---- names ---- */

struct label {
	const char *name;
	const char *value;
};

struct parsed {
	struct strbuf name;
	struct label  labels[LABELS_MAX];
	size_t        n_labels;
};

static void
append_name(struct parsed *p, const char *component)
{
	if (p->name.len > 0)
		strbuf_add_char(&p->name, '_');
	strbuf_add(&p->name, component);
}

static void
add_label(struct parsed *p, const char *name, const char *value)
{
	for (size_t i = 0; i < p->n_labels; i++) {
		if (str_eq(p->labels[i].name, name)) {
			p->labels[i].value = value;
			return;
		}
	}
	if (p->n_labels < LABELS_MAX)
		p->labels[p->n_labels++] = (struct label){name, value};
}

/*
 * Components that stand for an instance of something become labels. Returns how many were used up.
 */
static size_t
parse_head(char *const *c, size_t n, struct parsed *p)
{
	size_t i = 1;

	if (n < 2)
		return 0;
	if (str_eq(c[0], "pool")) {
		append_name(p, "pool");
		add_label(p, "pool", c[i++]);
		if (i + 1 < n && str_eq(c[i], "ops")) {
			append_name(p, "ops");
			append_name(p, c[i + 1]);
			i += 2;
		} else if (i + 1 < n && str_eq(c[i], "container")) {
			add_label(p, "container", c[i + 1]);
			i += 2;
			if (i < n && str_eq(c[i], "dfs"))
				strbuf_reset(&p->name);
		}
		return i;
	}
	if (str_eq(c[0], "io") && str_eq(c[1], "latency") && n >= 4) {
		append_name(p, "io_latency");
		append_name(p, c[2]);
		add_label(p, "size", c[3]);
		return 4;
	}
	if (str_eq(c[0], "net") && !str_eq(c[1], "uri")) {
		append_name(p, "net");
		add_label(p, "provider", c[1]);
		return 2;
	}
	if (str_eq(c[0], "nvme")) {
		append_name(p, "nvme");
		add_label(p, "device", c[1]);
		return 2;
	}
	return 0;
}

static void
parse_rest(char *component, struct parsed *p)
{
	static const struct {
		const char *prefix, *label;
	} instances[] = {{"tgt_", "target"}, {"xs_", "xstream"}, {"ctx_", "context"}};

	for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
		if (str_starts(component, instances[i].prefix)) {
			add_label(p, instances[i].label, component + strlen(instances[i].prefix));
			return;
		}
	}
	append_name(p, component);
}

static void
sanitize(struct strbuf *name)
{
	for (size_t i = 0; i < name->len; i++) {
		char *c = &name->s[i];

		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		else if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')))
			*c = '_';
	}
}

static void
add_escaped(struct strbuf *out, const char *s, bool quote)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			strbuf_add(out, "\\n");
		else if (*s == '\\' || (quote && *s == '"'))
			strbuf_addf(out, "\\%c", *s);
		else
			strbuf_add_char(out, *s);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

void
tm_prometheus_name(const char *path, uint32_t rank, struct strbuf *name, struct strbuf *labels)
{
	_cleanup_(freep) char *copy = strdup(path);
	char                  *c[COMPONENTS_MAX], *save = NULL, rank_text[16];
	struct parsed          p = {.name = STRBUF_INIT};
	size_t                 n = 0;

	if (copy == NULL) {
		name->error = -ENOMEM;
		return;
	}
	for (char *s = strtok_r(copy, "/", &save); s != NULL && n < COMPONENTS_MAX;
	     s       = strtok_r(NULL, "/", &save))
                c[n++] = s;
	(void)snprintf(rank_text, sizeof(rank_text), "%u", rank);
	for (size_t i = parse_head(c, n, &p); i < n; i++)
		parse_rest(c[i], &p);
	add_label(&p, "rank", rank_text);
	qsort(p.labels, p.n_labels, sizeof(p.labels[0]), by_name);
	sanitize(&p.name);
	strbuf_add(name, "engine_");
	strbuf_add(name, strbuf_str(&p.name));
	for (size_t i = 0; i < p.n_labels; i++) {
		strbuf_addf(labels, "%s%s=\"", i > 0 ? "," : "", p.labels[i].name);
		add_escaped(labels, p.labels[i].value, true);
		strbuf_add_char(labels, '"');
	}
	if (p.name.error < 0)
		name->error = p.name.error;
	strbuf_fini(&p.name);
}

/* ---- scrape ---- */

/* One family's lines of one metric. */
struct entry {
	char       *family;
	char       *help;
	const char *type;
	char       *lines;
	size_t      order; /* of arrival, so that sorting keeps it */
};

struct tm_scrape {
	VEC(struct entry) entries;
	int error;
};

struct add_arg {
	struct tm_scrape *scrape;
	uint32_t          rank;
};

int
tm_scrape_new(struct tm_scrape **ret)
{
	struct tm_scrape *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	*ret = s;
	return 0;
}

struct tm_scrape *
tm_scrape_free(struct tm_scrape *s)
{
	if (s == NULL)
		return NULL;
	vec_foreach (&s->entries, e) {
		free(e->family);
		free(e->help);
		free(e->lines);
	}
	vec_fini(&s->entries);
	free(s);
	return NULL;
}

/* Takes lines. */
static void
add_entry(struct tm_scrape *s, const char *type, const char *help, const char *help_suffix,
	  char *family, char *lines)
{
	struct entry e = {.family = family,
			  .help   = str_format("%s%s", help, help_suffix),
			  .type   = type,
			  .lines  = lines,
			  .order  = s->entries.n};

	if (e.family == NULL || e.help == NULL || e.lines == NULL || vec_push(&s->entries, e) < 0) {
		free(e.family);
		free(e.help);
		free(e.lines);
		s->error = -ENOMEM;
	}
}

static void
add_value(struct tm_scrape *s, const char *type, const struct tm_sample *m, const char *name,
	  const char *suffix, const char *help_suffix, const char *labels, double value)
{
	char number[40];

	/* whole numbers as such, as far as a double holds them */
	if (value >= 0 && value < 9007199254740992.0 && value == (double)(uint64_t)value)
		(void)snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)value);
	else
		(void)snprintf(number, sizeof(number), "%.17g", value);
	add_entry(s, type, m->description, help_suffix, str_format("%s%s", name, suffix),
		  str_format("%s%s{%s} %s\n", name, suffix, labels, number));
}

static void
add_stats(struct tm_scrape *s, const struct tm_sample *m, const char *name, const char *labels)
{
	add_value(s, "gauge", m, name, "_min", " (min value)", labels, (double)m->stats.min);
	add_value(s, "gauge", m, name, "_max", " (max value)", labels, (double)m->stats.max);
	add_value(s, "gauge", m, name, "_mean", " (mean)", labels, m->stats.mean);
	add_value(s, "gauge", m, name, "_stddev", " (std dev)", labels, m->stats.std_dev);
	add_value(s, "counter", m, name, "_sum", " (sum)", labels, (double)m->stats.sum);
	add_value(s, "counter", m, name, "_sumsquares", " (sum of squares)", labels,
		  m->stats.sum_of_squares);
	add_value(s, "counter", m, name, "_samples", " (samples)", labels,
		  (double)m->stats.samples);
}

static void
add_histogram(struct tm_scrape *s, const struct tm_sample *m, const char *name, const char *labels)
{
	struct strbuf lines = STRBUF_INIT;

	for (size_t i = 0; i < m->n_buckets; i++)
		strbuf_addf(&lines, "%s_bucket{%s,le=\"%" PRIu64 "\"} %" PRIu64 "\n", name, labels,
			    m->buckets[i].max, m->buckets[i].count);
	strbuf_addf(&lines, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels,
		    m->stats.samples);
	strbuf_addf(&lines, "%s_sum{%s} %" PRIu64 "\n%s_count{%s} %" PRIu64 "\n", name, labels,
		    m->stats.sum, name, labels, m->stats.samples);
	add_entry(s, "histogram", m->description, "", strdup(name), strbuf_take(&lines));
}

static void
add_sample(const struct tm_sample *m, void *arg)
{
	struct add_arg                      *a      = arg;
	_cleanup_(strbuf_fini) struct strbuf name   = STRBUF_INIT;
	_cleanup_(strbuf_fini) struct strbuf labels = STRBUF_INIT;

	if (m->type ==
	    TM_MEMINFO) /* has no place in the exposition; mem/total_mem says what matters */
		return;
	tm_prometheus_name(m->path, a->rank, &name, &labels);
	if (strbuf_error(&name) < 0 || strbuf_error(&labels) < 0) {
		a->scrape->error = -ENOMEM;
		return;
	}
	if (m->n_buckets > 0 && m->has_stats) {
		add_histogram(a->scrape, m, name.s, labels.s);
		return;
	}
	add_value(a->scrape, m->type == TM_COUNTER ? "counter" : "gauge", m, name.s, "", "",
		  labels.s, (double)m->value);
	if (m->has_stats)
		add_stats(a->scrape, m, name.s, labels.s);
}

int
tm_scrape_add(struct tm_scrape *s, struct tm_reader *r, uint32_t rank)
{
	struct add_arg a = {.scrape = s, .rank = rank};
	int            rc;

	s->error = 0;
	rc       = tm_reader_walk(r, add_sample, &a);
	return s->error < 0 ? s->error : rc;
}

static int
by_family(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int                 c = strcmp(x->family, y->family);

	return c != 0 ? c : (x->order < y->order ? -1 : 1);
}

void
tm_scrape_print(struct tm_scrape *s, struct strbuf *out)
{
	if (s->entries.n > 1)
		qsort(s->entries.v, s->entries.n, sizeof(s->entries.v[0]), by_family);
	for (size_t i = 0; i < s->entries.n; i++) {
		const struct entry *e = &s->entries.v[i];

		if (i == 0 || strcmp(s->entries.v[i - 1].family, e->family) != 0) {
			strbuf_addf(out, "# HELP %s ", e->family);
			add_escaped(out, e->help, false);
			strbuf_addf(out, "\n# TYPE %s %s\n", e->family, e->type);
		}
		strbuf_add(out, e->lines);
	}
}
