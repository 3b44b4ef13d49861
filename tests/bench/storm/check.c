/*
 * The checker of storm: see check.h. Nothing in it knows of sockets or messages, so that a test can
 * feed it answers no right server gives.
 */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/str.h"

#define NONE       UINT32_MAX
#define HEADER     "storm-state 1"
#define STATE_MAX  (64 * MIB)
#define RANKS_MAX  (1U << 24) /* a rank above is taken for nonsense */
#define LINE_WORDS 3

void
storm_check_problem(struct storm_check *c, const char *fmt, ...)
{
	struct strbuf b = STRBUF_INIT;
	char         *text;
	va_list       ap;

	c->n_problems++;
	if (c->problems.n >= STORM_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	text = strbuf_take(&b);
	if (text == NULL || vec_push(&c->problems, text) < 0)
		free(text); /* it is counted */
}

/* ---- UUIDs ---- */

static uint32_t
hash_text(const char *s)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h;
}

/* The slot of a UUID: its own or the empty one it would take. */
static uint32_t *
uuid_slot(const struct storm_check *c, const char *uuid)
{
	uint32_t at = hash_text(uuid) & (c->n_slots - 1);

	while (c->by_uuid[at] != NONE && !str_eq(c->engines[c->by_uuid[at]].uuid.s, uuid))
		at = (at + 1) & (c->n_slots - 1);
	return &c->by_uuid[at];
}

static int
alloc_tables(struct storm_check *c, uint32_t n)
{
	*c = (struct storm_check){.n = n, .n_slots = 64};
	while (c->n_slots < 2 * n)
		c->n_slots *= 2;
	c->engines = calloc(n + 1, sizeof(*c->engines));
	c->by_uuid = malloc(c->n_slots * sizeof(*c->by_uuid));
	if (c->engines == NULL || c->by_uuid == NULL) {
		storm_check_fini(c);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < c->n_slots; i++)
		c->by_uuid[i] = NONE;
	return 0;
}

int
storm_check_init(struct storm_check *c, uint32_t n)
{
	int r = alloc_tables(c, n);

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		uuid_new(&c->engines[i].uuid);
		c->engines[i].rank                  = DAOS_RANK_NIL;
		*uuid_slot(c, c->engines[i].uuid.s) = i;
	}
	return r;
}

void
storm_check_fini(struct storm_check *c)
{
	vec_foreach (&c->problems, p)
		free(*p);
	vec_fini(&c->problems);
	free(c->engines);
	free(c->by_rank);
	free(c->by_uuid);
	*c = (struct storm_check){0};
}

/* ---- ranks ---- */

static int
reserve_rank(struct storm_check *c, uint32_t rank)
{
	uint32_t  want = MAX(c->n_ranks, 1024U);
	uint32_t *v;

	if (rank < c->n_ranks)
		return 0;
	while (want <= rank)
		want *= 2;
	v = realloc(c->by_rank, want * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	for (uint32_t i = c->n_ranks; i < want; i++)
		v[i] = NONE;
	c->by_rank = v;
	c->n_ranks = want;
	return 0;
}

/* Whether rank may be the one of engine i; it is from now on. */
static void
take_rank(struct storm_check *c, uint32_t i, uint32_t rank)
{
	struct storm_engine *e = &c->engines[i];

	if (rank >= RANKS_MAX || reserve_rank(c, rank) < 0) {
		storm_check_problem(c, "engine %u (%s) was given rank %u", i, e->uuid.s, rank);
		return;
	}
	if (c->by_rank[rank] != NONE && c->by_rank[rank] != i) {
		storm_check_problem(c, "rank %u was given to %s and to %s", rank,
				    c->engines[c->by_rank[rank]].uuid.s, e->uuid.s);
		return;
	}
	if (e->rank != DAOS_RANK_NIL && e->rank != rank) {
		storm_check_problem(c, "engine %u (%s) had rank %u and was given rank %u", i,
				    e->uuid.s, e->rank, rank);
		return;
	}
	e->rank          = rank;
	c->by_rank[rank] = i;
}

void
storm_check_joined(struct storm_check *c, uint32_t i, uint32_t rank, uint32_t map_version,
		   uint32_t map_before)
{
	if (map_version < map_before)
		storm_check_problem(c, "rank %u was told map version %u after another was told %u",
				    rank, map_version, map_before);
	c->map_version = MAX(c->map_version, map_version);
	take_rank(c, i, rank);
}

/* ---- queries ---- */

static void
check_row(struct storm_check *c, const struct storm_member *m, bool *seen, bool any_state)
{
	uint32_t                   i = *uuid_slot(c, m->uuid);
	const struct storm_engine *e;

	if (i == NONE) { /* not one of ours; it must not have one of our ranks either */
		if (m->rank < c->n_ranks && c->by_rank[m->rank] != NONE)
			storm_check_problem(c, "rank %u is that of %s, the answer gives it to %s",
					    m->rank, c->engines[c->by_rank[m->rank]].uuid.s,
					    m->uuid);
		return;
	}
	e = &c->engines[i];
	if (seen[i])
		storm_check_problem(c, "the answer names %s twice", m->uuid);
	seen[i] = true;
	if (e->rank == DAOS_RANK_NIL)
		return; /* its join was not answered: it may be a member or not */
	if (e->rank != m->rank)
		storm_check_problem(c, "%s has rank %u, the answer says %u", m->uuid, e->rank,
				    m->rank);
	if (e->incarnation != m->incarnation)
		storm_check_problem(
		    c, "rank %u joined with incarnation %" PRIu64 ", the answer says %" PRIu64,
		    e->rank, e->incarnation, m->incarnation);
	if (!any_state && !str_eq_nocase(m->state, "joined"))
		storm_check_problem(c, "rank %u has joined, the answer says %s", e->rank, m->state);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
check_ranks_differ(struct storm_check *c, const struct storm_member *rows, size_t n)
{
	_cleanup_(freep) uint32_t *ranks = calloc(n + 1, sizeof(*ranks));

	for (size_t k = 0; ranks != NULL && k < n; k++)
		ranks[k] = rows[k].rank;
	if (ranks == NULL) {
		storm_check_problem(c, "no memory to check an answer");
		return;
	}
	qsort(ranks, n, sizeof(*ranks), by_number);
	for (size_t k = 1; k < n; k++)
		if (ranks[k] == ranks[k - 1])
			storm_check_problem(c, "the answer has rank %u twice", ranks[k]);
}

void
storm_check_members(struct storm_check *c, const struct storm_member *rows, size_t n,
		    uint64_t data_version, uint64_t data_before, bool any_state)
{
	_cleanup_(freep) bool *seen = calloc(c->n + 1, sizeof(*seen));

	if (seen == NULL) {
		storm_check_problem(c, "no memory to check an answer");
		return;
	}
	if (data_version < data_before)
		storm_check_problem(
		    c, "an answer has data version %" PRIu64 " after one with %" PRIu64,
		    data_version, data_before);
	c->data_version = MAX(c->data_version, data_version);
	check_ranks_differ(c, rows, n);
	for (size_t k = 0; k < n; k++)
		check_row(c, &rows[k], seen, any_state);
	for (uint32_t i = 0; i < c->n; i++)
		if (!seen[i] && c->engines[i].rank != DAOS_RANK_NIL)
			storm_check_problem(c, "rank %u (%s) has joined and is not in the answer",
					    c->engines[i].rank, c->engines[i].uuid.s);
}

/* ---- between runs ---- */

int
storm_check_save(const struct storm_check *c, const char *path)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, HEADER " %u %u\n", c->n, c->map_version);
	for (uint32_t i = 0; i < c->n; i++)
		strbuf_addf(&b, "%s %u %" PRIu64 "\n", c->engines[i].uuid.s, c->engines[i].rank,
			    c->engines[i].incarnation);
	if (strbuf_error(&b))
		return -ENOMEM;
	return fs_write_atomic(path, strbuf_str(&b), b.len, 0644);
}

static int
load_line(struct storm_check *c, uint32_t i, char *line)
{
	struct storm_engine *e = &c->engines[i];
	char                *words[LINE_WORDS], *save = NULL;
	uint32_t             rank;
	int                  n = 0;

	for (char *w = strtok_r(line, " ", &save); w != NULL && n < LINE_WORDS;
	     w       = strtok_r(NULL, " ", &save))
                words[n++] = w;
	if (n != LINE_WORDS || uuid_from_text(words[0], &e->uuid) < 0 ||
	    str_to_u32(words[1], 10, &rank) < 0 || str_to_u64(words[2], 10, &e->incarnation) < 0)
		return -EPROTO;
	e->rank = DAOS_RANK_NIL;
	if (*uuid_slot(c, e->uuid.s) != NONE)
		return -EPROTO;
	*uuid_slot(c, e->uuid.s) = i;
	if (rank != DAOS_RANK_NIL)
		take_rank(c, i, rank);
	return c->n_problems == 0 ? 0 : -EPROTO;
}

int
storm_check_load(struct storm_check *c, const char *path)
{
	_cleanup_(freep) char *text = NULL;
	char                  *save = NULL, *line;
	uint32_t               n, map_version;
	size_t                 len;
	int                    r = fs_read_file(path, STATE_MAX, &text, &len);

	if (r < 0)
		return r;
	line = strtok_r(text, "\n", &save);
	if (line == NULL || sscanf(line, HEADER " %u %u", &n, &map_version) != 2 || n >= RANKS_MAX)
		return -EPROTO;
	r = alloc_tables(c, n);
	if (r < 0)
		return r;
	c->map_version = map_version;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		line = strtok_r(NULL, "\n", &save);
		r    = line == NULL ? -EPROTO : load_line(c, i, line);
	}
	if (r < 0)
		storm_check_fini(c);
	return r;
}
