/* Reading a segment that may be damaged or changing: every access is checked and copied. */
#pragma once

#include <sys/types.h>

#include "telemetry/layout_private.h"

struct tm_region {
	const uint8_t *p;
	size_t         bytes;
	uint64_t       base; /* address in the producer */
};

/* -EBADMSG when the header cannot be that of a segment. */
int tm_region_init(const void *p, size_t bytes, struct tm_region *ret);
/* Attaches for reading; the caller detaches p with shmdt(). -ENOENT, -EACCES, -EBADMSG … */
int tm_region_attach(key_t key, int *ret_shmid, struct tm_region *ret);
/* Copies a struct from a producer's address. -EBADMSG: not inside, or not aligned. */
int tm_fetch(const struct tm_region *r, tm_address at, void *to, size_t bytes);
/*
 * Copies a text; `size` counts the NUL. Address 0 is an empty text; one that does not end in time
 * is damage.
 */
int tm_fetch_text(const struct tm_region *r, tm_address at, char *to, size_t size);
/*
 * Removes the segment with the key and those it lists as its own, as an engine that was killed left
 * them. Missing is success; -EPERM, -EACCES when they are someone else's.
 */
int tm_region_remove(key_t key);
