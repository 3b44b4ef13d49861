/*
 * A checksum beside libraft's metadata files, which have none: term and vote are what keeps two leaders of one term
 * apart, so a flipped bit in them must not go unnoticed.
 *
 * Before libraft writes the next metadata file, `metadata.guard` is replaced by one that knows three contents: the two
 * files as they are, and the one to be written. Killed at any point, what is on disk is among them.
 *
 * Content: 8 bytes of magic, number of checksums (u32), CRC32C of each content, CRC32C of all before. Little endian.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"

#include "replica/replica_private.h"

#define MAGIC       "repguar1"
#define GUARD_FILE  "metadata.guard"
#define MAX_CONTENT 3
#define GUARD_BYTES (8 + 4 + 4 * MAX_CONTENT + 4)

/* One of the two files, when it is there and whole. */
static bool
read_metadata(const char *dir, unsigned i, uint8_t content[REP_METADATA_BYTES])
{
	_cleanup_(freep) char *path = str_format("%s/metadata%u", dir, i);
	_cleanup_(freep) char *buf  = NULL;
	size_t                 len;

	if (path == NULL || fs_read_file(path, REP_METADATA_BYTES, &buf, &len) < 0 ||
	    len != REP_METADATA_BYTES)
		return false;
	memcpy(content, buf, REP_METADATA_BYTES);
	return true;
}

static void
put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static void
put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

/* What libraft will write next: the newest file with the next version and another term or vote. */
static void
next_metadata(const uint8_t files[2][REP_METADATA_BYTES], const bool there[2], const uint64_t *term,
	      uint64_t vote, uint8_t ret[REP_METADATA_BYTES])
{
	uint64_t version = 0, old_term = 0;

	for (unsigned i = 0; i < 2; i++) {
		if (!there[i] || rep_get64(files[i] + 8) < version)
			continue;
		version  = rep_get64(files[i] + 8);
		old_term = rep_get64(files[i] + 16);
	}
	put64(ret, REP_DISK_FORMAT);
	put64(ret + 8, version + 1);
	put64(ret + 16, term != NULL ? *term : old_term);
	put64(ret + 24, vote);
}

/* next_term and vote of the file to come; no file is to come when both are NULL. */
static int
write_guard(const char *dir, const uint64_t *next_term, const uint64_t *next_vote)
{
	_cleanup_(freep) char *path = str_format("%s/" GUARD_FILE, dir);
	uint8_t  files[2][REP_METADATA_BYTES], next[REP_METADATA_BYTES], buf[GUARD_BYTES];
	bool     there[2];
	uint32_t n = 0;
	int      r;

	if (path == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < 2; i++) {
		there[i] = read_metadata(dir, i + 1, files[i]);
		if (there[i])
			put32(buf + 12 + 4 * n++, crc32c(0, files[i], REP_METADATA_BYTES));
	}
	if (next_term != NULL || next_vote != NULL) {
		next_metadata(files, there, next_term, next_vote != NULL ? *next_vote : 0, next);
		put32(buf + 12 + 4 * n++, crc32c(0, next, sizeof(next)));
	}
	memcpy(buf, MAGIC, 8);
	put32(buf + 8, n);
	put32(buf + 12 + 4 * n, crc32c(0, buf, 12 + 4 * n));
	r = fs_write_atomic(path, buf, 16 + 4 * n, 0600);
	if (r == 0)
		return 0;
	log_debug("%s cannot be written: %s", path, strerror(-r));
	/* An old guard would refuse the file that is about to be written; none is better. */
	return unlink(path) == 0 || errno == ENOENT ? 0 : r;
}

int
rep_guard_ensure(const char *dir)
{
	_cleanup_(freep) char *path = str_format("%s/" GUARD_FILE, dir);
	uint8_t                content[REP_METADATA_BYTES];

	if (path == NULL)
		return -ENOMEM;
	if (fs_exists(path) || (!read_metadata(dir, 1, content) && !read_metadata(dir, 2, content)))
		return 0;
	return write_guard(dir, NULL, NULL);
}

static int
set_term(struct raft_io *io, raft_term term)
{
	struct rep_io *rio   = container_of(io, struct rep_io, io);
	uint64_t       value = term;

	return write_guard(rio->dir, &value, NULL) < 0 ? RAFT_IOERR : rio->set_term(io, term);
}

static int
set_vote(struct raft_io *io, raft_id id)
{
	struct rep_io *rio   = container_of(io, struct rep_io, io);
	uint64_t       value = id;

	return write_guard(rio->dir, NULL, &value) < 0 ? RAFT_IOERR : rio->set_vote(io, id);
}

void
rep_guard_attach(struct rep_io *rio, const char *dir)
{
	rio->dir         = dir;
	rio->set_term    = rio->io.set_term;
	rio->set_vote    = rio->io.set_vote;
	rio->io.set_term = set_term;
	rio->io.set_vote = set_vote;
}

int
rep_guard_check(const char *dir, const uint8_t content[REP_METADATA_BYTES])
{
	_cleanup_(freep) char *path = str_format("%s/" GUARD_FILE, dir);
	_cleanup_(freep) char *buf  = NULL;
	const uint8_t         *p;
	size_t                 len;
	uint32_t               n, crc = crc32c(0, content, REP_METADATA_BYTES);
	int r = path != NULL ? fs_read_file(path, GUARD_BYTES, &buf, &len) : -ENOMEM;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -EFBIG ? -EPROTO : r;
	p = (const uint8_t *)buf;
	if (len < 16 || memcmp(p, MAGIC, 8) != 0)
		return -EPROTO;
	n = rep_get32(p + 8);
	if (n > MAX_CONTENT || len != 16 + 4 * n ||
	    rep_get32(p + 12 + 4 * n) != crc32c(0, p, 12 + 4 * n))
		return -EPROTO;
	for (uint32_t i = 0; i < n; i++) {
		if (rep_get32(p + 12 + 4 * i) == crc)
			return 0;
	}
	return -EBADMSG;
}
