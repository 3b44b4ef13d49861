/* What the telemetry tests share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <cmocka.h>

#include "telemetry/region_private.h"
#include "telemetry/telemetry.h"

/* An index no engine of this machine has. */
static inline unsigned
unique_instance(void)
{
	return 2000000 + (unsigned)getpid() % 1000000;
}

struct found {
	unsigned         n;
	char             path[64][128];
	struct tm_sample sample[64]; /* its pointers are not valid any more */
	char             description[64][128];
	char             units[64][32];
	struct tm_bucket buckets[8];
};

static inline void
note_sample(const struct tm_sample *s, void *arg)
{
	struct found *f = arg;

	assert_true(f->n < 64);
	(void)snprintf(f->path[f->n], sizeof(f->path[0]), "%s", s->path);
	(void)snprintf(f->description[f->n], sizeof(f->description[0]), "%s", s->description);
	(void)snprintf(f->units[f->n], sizeof(f->units[0]), "%s", s->units);
	if (s->n_buckets > 0)
		memcpy(f->buckets, s->buckets,
		       MIN(s->n_buckets, ARRAY_SIZE(f->buckets)) * sizeof(f->buckets[0]));
	f->sample[f->n++] = *s;
}

static inline int
index_of(const struct found *f, const char *path)
{
	for (unsigned i = 0; i < f->n; i++)
		if (strcmp(f->path[i], path) == 0)
			return (int)i;
	fail_msg("no metric %s", path);
	return -1;
}
