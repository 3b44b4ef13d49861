/*
 * The event loop: libuv wrapped so that other rooms see timers, descriptors, children, workers and posts, not uv types.
 *
 * Threads: everything is called from the thread that runs the loop, except loop_post() and loop_stop_async().
 * Handles: `*_start` returns 0 or a negative errno; when it fails the callback never runs. When it succeeds the
 * callback runs later, never from inside the start call. A handle is closed with its `_free` function, which accepts
 * NULL and returns NULL; after it returns the callback does not run any more (memory is released later by the loop).
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "common/fault.h"
#include "common/util.h"

struct loop;

int	     loop_new(struct loop **ret);
/* Frees the loop; every handle on it must have been freed. Pending work callbacks are waited for. */
struct loop *loop_free(struct loop *l);
/* Runs until loop_stop(). */
void	     loop_run(struct loop *l);
/* Ends loop_run() after the current callbacks; handles stay. */
void	     loop_stop(struct loop *l);
/* Runs at most one round of events, waiting for one when `wait`. Returns whether handles are still active. */
bool	     loop_run_once(struct loop *l, bool wait);
/* Monotonic time of the current round in milliseconds; wall clock for records. */
uint64_t     loop_now_ms(const struct loop *l);
uint64_t     loop_wall_ms(const struct loop *l);
/* The uv_loop_t, for rooms allowed to include uv.h (rpc, replica). */
void	    *loop_uv(struct loop *l);

/* Runs fn(arg) on the loop's thread soon, in the order posted. Any thread. -ENOMEM, or -ESHUTDOWN after loop_free(). */
typedef void (*loop_fn)(void *arg);
int loop_post(struct loop *l, loop_fn fn, void *arg);

/* ---- timers ---- */
struct loop_timer;
typedef void (*loop_timer_cb)(struct loop_timer *t, void *arg);
int		   loop_timer_new(struct loop *l, loop_timer_cb cb, void *arg, struct loop_timer **ret);
/* (Re)arms: first after `after_ms`, then every `repeat_ms` unless 0. */
void		   loop_timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms);
void		   loop_timer_stop(struct loop_timer *t);
bool		   loop_timer_active(const struct loop_timer *t);
struct loop_timer *loop_timer_free(struct loop_timer *t);

/* ---- descriptors ---- */
struct loop_fd;
enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2, LOOP_HANGUP = 4 };
/* events: bits above; error: 0 or a negative errno of the poll itself. */
typedef void (*loop_fd_cb)(struct loop_fd *w, int fd, int events, int error, void *arg);
/* Watches fd, which stays the caller's and must stay open until loop_fd_free(). Starts with no events. */
int		loop_fd_new(struct loop *l, int fd, loop_fd_cb cb, void *arg, struct loop_fd **ret);
int		loop_fd_want(struct loop_fd *w, int events);
struct loop_fd *loop_fd_free(struct loop_fd *w);

/* ---- signals ---- */
struct loop_signal;
typedef void (*loop_signal_cb)(int signum, void *arg);
int loop_signal_new(struct loop *l, int signum, loop_signal_cb cb, void *arg, struct loop_signal **ret);
struct loop_signal *loop_signal_free(struct loop_signal *s);

/* ---- blocking work ---- */
/*
 * Runs work(arg) on a worker thread, then done(arg) on the loop. `arg` belongs to the worker in between.
 * 0 or a negative errno (then neither runs).
 */
int loop_work_submit(struct loop *l, loop_fn work, loop_fn done, void *arg);

/* ---- child processes ---- */
struct loop_child;

/* How a child ended: exactly one of exited/signalled. */
struct loop_exit {
	pid_t pid;
	int   code;   /* exit code, or -1 when killed by a signal */
	int   signum; /* signal number, or 0 */
};

typedef void (*loop_child_exit_cb)(struct loop_child *c, const struct loop_exit *e, void *arg);
/* One line of output without its newline; lines longer than 8 KiB are cut into pieces. is_stderr tells the stream. */
typedef void (*loop_child_line_cb)(struct loop_child *c, bool is_stderr, const char *line, void *arg);

struct loop_child_opts {
	const char	  *path; /* executable, absolute */
	char *const	  *argv; /* NULL-terminated */
	char *const	  *envp; /* NULL-terminated; exactly the child's environment */
	bool		   die_with_parent; /* PR_SET_PDEATHSIG = SIGKILL */
	bool		   real_ids;	    /* set effective to real uid and gid */
	loop_child_line_cb on_line;	    /* NULL: output goes to /dev/null */
	loop_child_exit_cb on_exit;	    /* after the last line of output, once */
	void		  *arg;
};

/*
 * Starts a process with its own signal state (default dispositions, empty mask), standard input /dev/null, and no
 * inherited descriptor but its standard ones. Errors of exec itself are returned here (-ENOENT, -EACCES, -ENOEXEC, …).
 */
int		   loop_child_start(struct loop *l, const struct loop_child_opts *opts, struct loop_child **ret);
pid_t		   loop_child_pid(const struct loop_child *c);
/* -ESRCH after it has been reaped. Safe against pid reuse. */
int		   loop_child_kill(struct loop_child *c, int signum);
/* Forgets the child: kills it with SIGKILL when it still runs, reaps it, calls nothing. */
struct loop_child *loop_child_free(struct loop_child *c);
/* "exit status 1", "signal: killed", or "process exited with 0". Returns buf. */
char		  *loop_exit_format(const struct loop_exit *e, char *buf, size_t size);
