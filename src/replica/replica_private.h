/*
 * Shared inside the room: the form of a command in the log, the directory reader, the links.
 */
#pragma once

#include <raft.h>
#include <raft/uv.h>

#include "replica/replica.h"

#define REP_SEGMENT_BYTES MIB /* prepared ahead; two of them, and the one in use */
#define REP_SERVERS_MAX   16
#define REP_DISK_FORMAT   1 /* of libraft's files */
#define REP_DIR_MODE      0770

/*
 * libraft wants entries in multiples of 8 bytes: a command is stored as its length (u32, little
 * endian), four zero bytes, the bytes, zeros up to the next multiple.
 */
#define REP_COMMAND_HEADER 8

static inline size_t
rep_command_size(size_t len)
{
	return REP_COMMAND_HEADER + (len + 7) / 8 * 8;
}

void rep_command_pack(void *dst, const void *cmd, size_t len);
/* -EPROTO when the frame does not hold together. */
int rep_command_unpack(const void *entry, size_t entry_len, const void **ret, size_t *ret_len);

/* Called for every command and for the newest snapshot found; file is its name in the directory. */
typedef int (*rep_check_fn)(void *arg, bool is_snapshot, const void *data, size_t len,
			    struct fault *f);

/*
 * Reads and verifies everything in dir. Damage is -EPROTO with f naming the file. ret may be NULL
 * (verify only), and so may check. -ENOENT: nothing there.
 */
int rep_dir_verify(const char *dir, rep_check_fn check, void *arg, struct rep_dir_content *ret,
		   struct fault *f);

/*
 * The text of a libraft error put into f: directory, what was done, libraft's words; returns the
 * errno.
 */
int rep_raft_fault(struct fault *f, int rv, const char *dir, const char *doing, const char *errmsg);

/* What to do about damage in dir, unless f says something better already. f may be NULL. */
void rep_advise(struct fault *f, const char *dir);

/* Locks dir for this process by its descriptor; -EBUSY when another one holds it. */
int rep_dir_lock(const char *dir, int *ret_fd, struct fault *f);
/* Directory exists (made when missing), is ours to write, and has room for the log. */
int rep_dir_prepare(const char *dir, struct fault *f);

/* ---- batches of entries in a log file ---- */

#define REP_MAX_FILE_BYTES (64 * MIB)

/* Where a batch of entries begins and what is known of it. */
struct rep_batch {
	uint64_t       n;
	const uint8_t *headers;
	const uint8_t *data;
	size_t         end; /* offset behind it */
};

enum rep_batch_verdict {
	REP_BATCH_OK,
	REP_BATCH_END,
	REP_BATCH_TORN,
	REP_BATCH_SHORT,
	REP_BATCH_BAD_HEADER,
	REP_BATCH_BAD_DATA
};

uint64_t rep_get64(const uint8_t *p);
uint32_t rep_get32(const uint8_t *p);
/* libraft's checksum; feed a longer message in pieces by passing the last result, 0 first. */
uint32_t rep_crc32(uint32_t crc, const uint8_t *p, size_t len);
bool     rep_all_zero(const uint8_t *p, size_t len);
/*
 * The batch at offset off < len of a file. Fields of *ret are set for REP_BATCH_OK. REP_BATCH_END:
 * only zeros follow; REP_BATCH_TORN: it never reached the disk whole.
 */
enum rep_batch_verdict rep_batch_read(const uint8_t *buf, size_t len, size_t off,
				      struct rep_batch *ret);

/* ---- checksums of the metadata files ---- */

#define REP_METADATA_BYTES 32

/* libraft's I/O with a guard on it. */
struct rep_io {
	struct raft_io io;
	const char    *dir;
	int (*set_term)(struct raft_io *io, raft_term term);
	int (*set_vote)(struct raft_io *io, raft_id id);
};

/* After raft_uv_init(): from now on metadata files are written with a guard. dir is borrowed. */
void rep_guard_attach(struct rep_io *rio, const char *dir);
/* Makes the guard of a directory that has none. */
int rep_guard_ensure(const char *dir);
/*
 * Whether a metadata file is as it was written: 0 (also when there is no guard), -EBADMSG: it is not, -EPROTO: the guard
 * itself is damaged.
 */
int rep_guard_check(const char *dir, const uint8_t content[REP_METADATA_BYTES]);

/* ---- links ---- */
struct rep_links;

/*
 * libraft's transport over a rep_transport (may be NULL: every connection fails). raft_uv_init()
 * borrows the result of rep_links_uv() until libraft closed it.
 */
int rep_links_new(uv_loop_t *uv, const struct rep_transport *t, struct rep_links **ret);
struct raft_uv_transport *rep_links_uv(struct rep_links *ls);
/* fd is taken. */
int rep_links_accept_take(struct rep_links *ls, uint64_t id, const char *address, int fd);
/* After libraft closed it; memory goes when the last connection under way has answered. */
void rep_links_release(struct rep_links *ls);
