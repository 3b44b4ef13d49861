/*
 * Sizes, percentages and speeds as text (text-formats.md §4).
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define SIZE_TEXT_MAX 48 /* size of a buffer for any of the forms below */

/* "1.5 GiB", "100GB", "4096" → bytes. -EINVAL or -ERANGE with a plain fault. */
int size_parse(const char *text, uint64_t *ret_bytes, struct fault *f);
/* "1.6 TB", powers of 1000; returns buf. */
char *size_format_si(uint64_t bytes, char buf[SIZE_TEXT_MAX]);
/* "1.5 TiB", powers of 1024; returns buf. */
char *size_format_iec(uint64_t bytes, char buf[SIZE_TEXT_MAX]);

enum size_human_base {
	SIZE_HUMAN_DECIMAL,
	SIZE_HUMAN_BINARY,
};
/* "1.50 KiB": two decimals, `suffix` is the unit ("B") or ""; returns buf. */
char *size_format_human(double value, enum size_human_base base, const char *suffix,
			char buf[SIZE_TEXT_MAX]);
/* "42 %" of part in total, cut to whole percents; "N/A" when total is 0. */
char *size_format_percent(uint64_t part, uint64_t total, char buf[SIZE_TEXT_MAX]);
/* Transfers per second as "8 GT/s"; returns buf. */
char *size_format_link_speed(double transfers_per_s, char buf[SIZE_TEXT_MAX]);
