/*
 * The superblock: who the engine of this storage is (engine-process.md §6).
 *
 * A YAML file in upstream's byte form, replaced durably. Where the file system has extended
 * attributes the file carries a checksum of its text in `user.daos.crc32` (or
 * `trusted.daos.crc32`): a file written by another control plane has none and is accepted by its
 * form alone.
 */
#pragma once

#include "common/fault.h"
#include "common/str.h"
#include "common/uuid.h"

#define HAR_SUPERBLOCK_VERSION 1
#define HAR_SUPERBLOCK_MODE    0660

struct har_superblock {
	struct uuid uuid;
	char        system[16];
	bool        has_rank; /* false: null in the file */
	uint32_t    rank;
	char        uri[256];
	bool        valid_rank;
	char        fault_domain[512];
	uint64_t    incarnation;
};

/* A fresh one with a new random UUID and no rank. An empty system name becomes `daos_engine`. */
void har_superblock_init(struct har_superblock *sb, const char *system, const char *fault_domain);
/* Appends the file's text. */
void har_superblock_format(const struct har_superblock *sb, struct strbuf *b);
/*
 * Parses a file's text strictly; path is for messages. Plain faults name file, line and key, for a
 * truncated text, an unknown, missing or repeated key, a value that cannot be right, and a newer
 * version.
 */
int har_superblock_parse(const char *path, const char *text, size_t len, struct har_superblock *ret,
			 struct fault *f);
/* Reads and checks. -ENOENT without a fault when there is no file. Blocks. */
int har_superblock_read(const char *path, struct har_superblock *ret, struct fault *f);
/* Writes durably, so that a crash leaves the old or the new one. Blocks. */
int har_superblock_write(const char *path, const struct har_superblock *sb, struct fault *f);
