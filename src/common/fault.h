/*
 * Faults: failures an administrator may see.
 *
 * A function that can raise one takes `struct fault *f` (may be NULL) as its last parameter and returns a negative
 * errno; on success *f is untouched. Two kinds exist:
 *   - coded: a row of fault_codes.h, with domain, code, description, reason and resolution, carried over the wire as is;
 *   - plain: text only (code FAULT_UNKNOWN, empty domain); peers see it as gRPC code Unknown with the text.
 *
 * The struct holds its texts inline (cut at the sizes below), so it needs no clean-up and raising one cannot fail.
 * Text forms and equality: server-lifecycle.md §1.
 */
#pragma once

#include <stdarg.h>

#include "common/util.h"

enum fault_code {
#define FAULT_CODE(name, number, domain, err, resolution) FAULT_##name = number,
#include "common/fault_codes.h"
#undef FAULT_CODE
	_FAULT_CODE_MAX
};

struct fault {
	bool	 set;  /* something was raised */
	uint32_t code; /* enum fault_code, or a number only the peer knows; 0 for a plain error */
	char	 domain[32];
	char	 description[1024];
	char	 reason[256];
	char	 resolution[512];
};

#define FAULT_INIT                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Raises a coded fault; domain and resolution come from the catalogue, reason equals the description.
 * Returns the catalogue's errno, negated.
 */
int fault_set(struct fault *f, enum fault_code code, const char *fmt, ...) _printf_(3, 4);
/* Replaces the resolution of a raised fault by one that names the key, file, device or command. */
void fault_resolve(struct fault *f, const char *fmt, ...) _printf_(2, 3);
/* Raises a plain error and returns err (negative errno). */
int fault_plain(struct fault *f, int err, const char *fmt, ...) _printf_(3, 4);
/* Puts "context: " before the description: rank, file or step that the raiser could not know. Keeps the code. */
void fault_wrap(struct fault *f, const char *fmt, ...) _printf_(2, 3);
/* A fault as received from a peer. */
void fault_import(struct fault *f, const char *domain, uint32_t code, const char *description,
		  const char *reason, const char *resolution);

static inline bool
fault_is_coded(const struct fault *f)
{
	return f->set && (f->code != FAULT_UNKNOWN || f->domain[0] != '\0');
}

/* Whether the fault has a resolution a person can act on. */
bool	    fault_has_resolution(const struct fault *f);
/*
 * One-line text: `<domain>: code = <n> description = "<text>"` for a coded fault, the bare text for a plain one.
 * The buffer is cut at size. Returns buf.
 */
char	   *fault_format(const struct fault *f, char *buf, size_t size);
/* `<domain>: code = <n> resolution = "<text>"`. */
char	   *fault_format_resolution(const struct fault *f, char *buf, size_t size);
/* The constant's name without FAULT_, or NULL for an unknown number. */
const char *fault_code_name(uint32_t code);
/* Catalogue defaults; NULL for an unknown number. */
const char *fault_code_domain(uint32_t code);
const char *fault_code_resolution(uint32_t code);
