/*
 * One replica of a replicated state machine: log and snapshots on disk, elections, commits (libraft
 * inside).
 *
 * Everything runs on the loop's thread. The room knows nothing of what is replicated: commands are
 * bytes, the state machine is a vtable, the links to other replicas come from a transport vtable
 * (none for a single replica). Opening and closing block for some tens of milliseconds; commands do
 * not block.
 */
#pragma once

#include "common/fault.h"
#include "loop/loop.h"

struct rep_node;

#define REP_COMMAND_MAX (512 * 1024) /* bytes of one command */

/*
 * The state machine. Commands reach apply() in log order, each exactly once since the last
 * restore().
 */
struct rep_fsm {
	/*
	 * Applies a committed command. result goes to the submitter. A negative errno stops this
	 * replica, and f reaches on_fatal.
	 */
	int (*apply)(void *arg, const void *cmd, size_t len, uint64_t index, void **result,
		     struct fault *f);
	/* Writes the whole state; *ret_buf is malloc'ed and taken. */
	int (*snapshot)(void *arg, void **ret_buf, size_t *ret_len);
	/* Replaces the whole state. -EPROTO for a newer or damaged one, with f saying which. */
	int (*restore)(void *arg, const void *buf, size_t len, struct fault *f);
	/*
	 * Whether this release can take a stored command or snapshot. Called by rep_node_open() for
	 * all that is stored, before anything is loaded or written, so that damage and newer
	 * formats are refused whole. May be NULL.
	 */
	int (*check)(void *arg, bool is_snapshot, const void *data, size_t len, struct fault *f);
	void *arg;
};

/* fd (taken) is a connected stream socket when err is 0. */
typedef void (*rep_connected_cb)(int err, int fd, void *arg);

/*
 * Links to other replicas. A link carries messages one way, from the side that connected. The process
 * ignores SIGPIPE.
 */
struct rep_transport {
	/*
	 * Starts to connect to a replica; cb runs exactly once, later, within a deadline of the
	 * transport's own. That may be after the node was closed; the descriptor is then closed.
	 */
	int (*connect)(void *arg, uint64_t id, const char *address, rep_connected_cb cb,
		       void *cb_arg);
	void *arg;
};

struct rep_opts {
	const char                 *dir;     /* holds log and snapshots; created with mode 0770 */
	uint64_t                    id;      /* non-zero, unique in the group; rep_id() */
	const char                 *address; /* of this replica */
	struct rep_fsm              fsm;
	const struct rep_transport *transport; /* NULL: a single replica. Borrowed until closed. */
	unsigned                    election_ms;        /* 0: 1000 */
	unsigned                    heartbeat_ms;       /* 0: 100; less than election_ms */
	unsigned                    snapshot_threshold; /* entries; 0: 1024 */
	unsigned                    snapshot_trailing;  /* 0: 1024 */
	/*
	 * Leadership of this replica changed. true: elected, and all earlier commands have been
	 * applied. Not called from inside rep_node_open(), nor after rep_node_close().
	 */
	void (*on_leadership)(bool is_leader, void *arg);
	/*
	 * The replica stopped by itself (a command that cannot be applied, damaged state): nothing is
	 * accepted any more, only rep_node_close() is left.
	 */
	void (*on_fatal)(const struct fault *f, void *arg);
	void *arg;
};

/* ---- a running replica ---- */

/* Identity of the replica at an address: the same text gives the same id everywhere. Never 0. */
uint64_t rep_id(const char *address);
/*
 * Opens the directory, loads snapshot and log, and joins the group. An empty directory is that of a
 * replica which waits to be added. Errors name the damaged file and leave everything as it was. A
 * command cut off by a crash at the end of the log was never acknowledged and is dropped. -EBUSY:
 * another process uses the directory.
 */
int rep_node_open(struct loop *l, const struct rep_opts *opts, struct rep_node **ret,
		  struct fault *f);
/*
 * Closes; done(arg) runs when everything is on disk and released. Commands in flight end with
 * -ECANCELED first, from inside this call. NULL n: only done runs.
 */
void rep_node_close(struct rep_node *n, loop_fn done, void *arg);

/*
 * err 0: committed and applied, result from apply(). -EAGAIN: not the leader, nothing happened.
 * -ENOSPC: the file system is full. -ECANCELED: outcome unknown.
 */
typedef void (*rep_apply_cb)(int err, void *result, void *arg);
/* Replicates a command (copied). Also returns -ESHUTDOWN after a failure and -E2BIG. */
int rep_node_apply(struct rep_node *n, const void *cmd, size_t len, rep_apply_cb cb, void *arg);
/* Calls back when everything submitted before has been applied here. Leader only. */
int  rep_node_barrier(struct rep_node *n, rep_apply_cb cb, void *arg);
bool rep_node_is_leader(const struct rep_node *n);
/* Address of the leader as known here, "" when unknown. */
const char *rep_node_leader(const struct rep_node *n);

/* ---- the group ---- */

/*
 * Adds a replica as voter (leader only); it gets the log or a snapshot first, cb err 0 when it votes.
 * -EALREADY: it does. -EBUSY: another change of the group is under way.
 */
int rep_node_add_voter(struct rep_node *n, uint64_t id, const char *address, rep_apply_cb cb,
		       void *arg);
/*
 * Gives leadership to a voter that is up to date; on_leadership tells when it is gone. -EAGAIN: not the
 * leader. -ENOENT: there is no other voter. -EBUSY: under way already.
 */
int rep_node_resign(struct rep_node *n);
/* Removes a replica (leader only). -ENOENT: there is none with that id. */
int rep_node_remove(struct rep_node *n, uint64_t id, rep_apply_cb cb, void *arg);
/*
 * A link from another replica (fd is taken, also on failure). -EACCES when the group has no such
 * member.
 */
int rep_node_accept_take(struct rep_node *n, uint64_t id, const char *address, int fd);

struct rep_info {
	uint64_t term;
	uint64_t last_index;
	uint64_t last_applied;
	uint64_t snapshot_index; /* 0: none */
	uint64_t snapshot_term;
	size_t   n_servers;
	struct {
		uint64_t id;
		char     address[64];
		bool     voter;
	} servers[16];
};
void rep_node_info(const struct rep_node *n, struct rep_info *ret);

/* ---- a directory nobody runs ---- */

/* Whether the directory holds a replica that has been bootstrapped or added to a group. */
bool rep_dir_is_initialized(const char *dir);
/*
 * Writes a fresh group of the one voter (id, address) into an empty or new directory; killed at any
 * point, it has or has not happened. -EEXIST when the directory is not empty.
 */
int rep_dir_bootstrap(const char *dir, uint64_t id, const char *address, struct fault *f);
/* Makes (id, address) the only voter of the group stored there, whoever was in it. */
int rep_dir_recover(const char *dir, uint64_t id, const char *address, struct fault *f);

enum rep_entry_type { REP_ENTRY_NONE, REP_ENTRY_COMMAND, REP_ENTRY_BARRIER, REP_ENTRY_GROUP };

/* The last log entry and the newest snapshot with their content. */
struct rep_dir_content {
	struct rep_info     info; /* last_applied is 0: it is not stored */
	enum rep_entry_type last_type;
	uint64_t            last_term;
	void               *last_data; /* malloc'ed */
	size_t              last_len;
	char                snapshot_file[128]; /* "" when there is none */
	uint64_t            snapshot_time_ms;
	void               *snapshot; /* malloc'ed */
	size_t              snapshot_len;
};
/* Reads the directory, changing nothing; the same checks as opening. -ENOENT: not initialised. */
int  rep_dir_read(const char *dir, struct rep_dir_content *ret, struct fault *f);
void rep_dir_content_fini(struct rep_dir_content *c);
/* Only the figures of rep_dir_read(). */
int rep_dir_info(const char *dir, struct rep_info *ret, struct fault *f);
