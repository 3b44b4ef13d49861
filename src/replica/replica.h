/*
 * One replica of a replicated state machine: log and snapshots on disk, elections, commits (libraft inside).
 *
 * Everything runs on the loop's thread. The room knows nothing of what is replicated: commands are bytes, the state
 * machine is a vtable, the links to other replicas come from a transport vtable (none for a single replica).
 */
#pragma once

#include "common/fault.h"
#include "loop/loop.h"

struct rep_node;

/* The state machine. Commands reach apply() in log order, each exactly once since the last restore(). */
struct rep_fsm {
	/* Applies a committed command. result goes to the submitter. A negative errno stops this replica. */
	int (*apply)(void *arg, const void *cmd, size_t len, uint64_t index, void **result);
	/* Writes the whole state; *ret_buf is malloc'ed and taken. */
	int (*snapshot)(void *arg, void **ret_buf, size_t *ret_len);
	/* Replaces the whole state. -EPROTO for a newer or damaged one, with f saying which. */
	int (*restore)(void *arg, const void *buf, size_t len, struct fault *f);
	void *arg;
};

struct rep_opts {
	const char    *dir; /* holds log and snapshots; created with mode 0770 */
	uint64_t       id;  /* non-zero, unique in the group */
	const char    *address;
	struct rep_fsm fsm;
	unsigned       election_ms;  /* 0: 1000 */
	unsigned       heartbeat_ms; /* 0: 100 */
	unsigned       snapshot_threshold; /* entries; 0: 1024 */
	unsigned       snapshot_trailing;  /* 0: 1024 */
	/* Leadership of this replica changed. is_leader true: elected and all earlier commands have been applied. */
	void (*on_leadership)(bool is_leader, void *arg);
	/* The replica stopped by itself (disk error, damaged state): nothing is accepted any more. */
	void (*on_fatal)(const struct fault *f, void *arg);
	void *arg;
};

/*
 * Opens the directory, loads snapshot and log, and joins the group. Errors name the damaged file.
 */
int	    rep_node_open(struct loop *l, const struct rep_opts *opts, struct rep_node **ret, struct fault *f);
/* Closes; done(arg) runs when everything is on disk and released. Commands in flight end with -ECANCELED first. */
void	    rep_node_close(struct rep_node *n, loop_fn done, void *arg);
/* Whether the directory holds a replica that has been bootstrapped. */
bool	    rep_dir_is_initialized(const char *dir);
/* Writes a fresh group of the one voter (id, address) into an empty directory. -EEXIST when it is not empty. */
int	    rep_dir_bootstrap(const char *dir, uint64_t id, const char *address, struct fault *f);

/* err 0: committed and applied, result from apply(). -EAGAIN: not the leader. -ECANCELED: outcome unknown. */
typedef void (*rep_apply_cb)(int err, void *result, void *arg);
/* Replicates a command (copied). */
int	    rep_node_apply(struct rep_node *n, const void *cmd, size_t len, rep_apply_cb cb, void *arg);
/* Calls back when everything committed before has been applied here. Leader only. */
int	    rep_node_barrier(struct rep_node *n, rep_apply_cb cb, void *arg);
bool	    rep_node_is_leader(const struct rep_node *n);
/* Address of the leader as known here, "" when unknown. */
const char *rep_node_leader(const struct rep_node *n);

struct rep_info {
	uint64_t term;
	uint64_t last_index;
	uint64_t last_applied;
	uint64_t snapshot_index; /* 0: none */
	uint64_t snapshot_term;
	size_t	 n_servers;
	struct {
		uint64_t id;
		char	 address[64];
		bool	 voter;
	} servers[16];
};
void rep_node_info(const struct rep_node *n, struct rep_info *ret);
/* Reads the same from a directory no replica is running in, changing nothing. */
int  rep_dir_info(const char *dir, struct rep_info *ret, struct fault *f);
