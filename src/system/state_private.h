/*
 * The replicated state and how commands change it. Inside the room only.
 */
#pragma once

#include "common/vec.h"
#include "sysdb/sysdb.pb-c.h"
#include "system/domain.h"
#include "system/member.h"
#include "system/uuid_index.h"

/* Version of commands and snapshots this release writes; it reads all up to it. */
#define SYS_FORMAT 1

struct sys_kv {
	char *key;
	char *value;
};

struct sys_state {
	VEC(struct sys_member *) members; /* by rank */
	struct sys_uuid_index by_uuid;    /* the same */
	VEC(struct sys_kv) attrs;         /* by key */
	struct sys_domain *domains;
	bool     domains_borrowed; /* they are those of the state this one was forked from */
	uint64_t data_version;
	uint32_t map_version;
	uint32_t next_rank;
};

int  sys_state_init(struct sys_state *s);
void sys_state_fini(struct sys_state *s);
/*
 * A state that starts as s and changes apart from it, into uninitialised *ret. It shares what it does
 * not change, so s must outlive it and stay as it is.
 */
int sys_state_fork(const struct sys_state *s, struct sys_state *ret);
/* An empty record to be put into the table of a state, and its release; NULL without memory. */
struct sys_member *sys_stored_new(void);
void               sys_stored_unref(struct sys_member *m);

struct sys_members sys_state_members(const struct sys_state *s);
const char        *sys_state_attr(const struct sys_state *s, const char *key);

/*
 * Applies one command whole. -EPROTO with f for one that makes no sense (then the state is
 * undefined, the replica stops), -ENOMEM. changed_members may be NULL.
 */
int sys_state_apply(struct sys_state *s, const Sysdb__Command *cmd, bool *changed_members,
		    struct fault *f);

/* ---- codec ---- */

/* A frame around body; *ret is malloc'ed. */
int sys_record_pack(const void *body, size_t len, void **ret, size_t *ret_len);
/*
 * Checks frame, checksum and format; *ret_body points into rec, which the caller frees. -EPROTO
 * with f.
 */
int sys_record_unpack(const void *data, size_t len, Sysdb__Record **ret, struct fault *f);

int sys_command_pack(const Sysdb__Command *cmd, void **ret, size_t *ret_len);
/* Free the result with sysdb__command__free_unpacked(). */
int sys_command_unpack(const void *data, size_t len, Sysdb__Command **ret, struct fault *f);

int sys_snapshot_pack(const struct sys_state *s, void **ret, size_t *ret_len);
/* Into uninitialised *ret. */
int sys_snapshot_unpack(const void *data, size_t len, struct sys_state *ret, struct fault *f);

/* Record ↔ message. The message is a deep copy; free it with sysdb__member__free_unpacked(). */
int sys_member_to_pb(const struct sys_member *m, Sysdb__Member **ret);
/* -EPROTO with f for values no release writes. Into uninitialised *ret. */
int sys_member_from_pb(const Sysdb__Member *pb, struct sys_member *ret, struct fault *f);

/* ---- a command being put together ---- */

/* Effects collected by an operation, and the state as it will be when they are committed. */
/* A batch is cut here; what is left of the log entry has room for a record of any size. */
#define SYS_TXN_FULL (384 * KIB)

struct sys_txn {
	struct sys_state scratch;
	Sysdb__Command  *cmd;
	size_t           bytes; /* of the effects, packed */
};

/* now_ns is the command's time; action is a literal. */
int  sys_txn_begin(struct sys_txn *t, const struct sys_state *s, uint64_t now_ns,
		   const char *action);
void sys_txn_end(struct sys_txn *t);
/* Each adds an effect and applies it to scratch. */
int sys_txn_put_member(struct sys_txn *t, const struct sys_member *m);
int sys_txn_remove_member(struct sys_txn *t, uint32_t rank);
int sys_txn_set_attr(struct sys_txn *t, const char *key, const char *value);
int sys_txn_set_next_rank(struct sys_txn *t, uint32_t next);
int sys_txn_bump_map(struct sys_txn *t);
static inline bool
sys_txn_is_empty(const struct sys_txn *t)
{
	return t->cmd->n_ops == 0;
}
static inline bool
sys_txn_is_full(const struct sys_txn *t)
{
	return t->bytes >= SYS_TXN_FULL;
}

/* ---- tree, for the codec ---- */
struct sys_domain *sys_domain_node_new(const char *name, uint32_t id, uint32_t rank);
/* Child is owned by parent afterwards. */
int sys_domain_attach(struct sys_domain *parent, struct sys_domain *child);
