/* Parsed host ranges, shared by lists and sets. Room-private. */
#pragma once

#include "common/fault.h"
#include "common/str.h"
#include "common/vec.h"

/* Hosts `prefix` lo…hi `suffix`, the number padded with zeros to `width`; without a number just
 * `prefix`. */
struct host_range {
	char    *prefix;
	char    *suffix;
	uint64_t lo;
	uint64_t hi;
	uint32_t width;
	bool     numbered;

	/* Sets only: ranges are cut where the text of the number grows by a digit, and printed
	 * joined again. */
	bool   chained; /* printed as the continuation of another range */
	size_t next;    /* the range that continues this one, or HOST_RANGE_END */
};

#define HOST_RANGE_END SIZE_MAX

struct host_ranges {
	struct host_range *v;
	size_t             n;
	size_t             cap;
};

/* Appends the ranges of a text in order, not joined with each other. On failure *ranges is as
 * before. */
int  host_ranges_parse(struct host_ranges *ranges, const char *text, struct fault *f);
void host_ranges_fini(struct host_ranges *ranges);
/* Appends a copy. 0 or -ENOMEM. */
int  host_ranges_add(struct host_ranges *ranges, const struct host_range *r);
void host_ranges_remove(struct host_ranges *ranges, size_t i);
void host_ranges_cut(struct host_ranges *ranges, size_t n);

uint64_t host_range_count(const struct host_range *r);
/* Same prefix and suffix, and both numbered: they share a bracket. */
bool host_range_akin(const struct host_range *a, const struct host_range *b);
/* Number of digits of n, zero-padded to width. */
uint32_t host_number_len(uint64_t n, uint32_t width);
/* Appends the name of host number n. */
void host_range_name(const struct host_range *r, uint64_t n, struct strbuf *out);
/* Appends "1-3" or "7". */
void host_range_numbers(const struct host_range *r, struct strbuf *out);
