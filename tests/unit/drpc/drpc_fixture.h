/*
 * What the dRPC tests share: a loop that is turned until a condition holds, a directory of its own,
 * raw seqpacket peers, and the messages recorded from the real programs (wire-drpc.md §8).
 */
#pragma once

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <cmocka.h>

#include "common/fs.h"
#include "drpc/drpc.h"
#include "drpc/frame_private.h"

#define DEADLINE_MS 10000

struct fixture {
	struct loop       *loop;
	struct loop_timer *tick; /* wakes the loop so that conditions outside of it are looked at */
	char               dir[64];
	char               path[96];
};

static inline void
tick(struct loop_timer *t, void *arg)
{
}

static inline void
fixture_init(struct fixture *x)
{
	memset(x, 0, sizeof(*x));
	(void)snprintf(x->dir, sizeof(x->dir), "/tmp/drpc-test-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	(void)snprintf(x->path, sizeof(x->path), "%s/a.sock", x->dir);
	assert_int_equal(loop_new(&x->loop), 0);
	assert_int_equal(loop_timer_new(x->loop, tick, NULL, &x->tick), 0);
	loop_timer_start(x->tick, 1, 1);
}

static inline void
fixture_fini(struct fixture *x)
{
	loop_timer_free(x->tick);
	loop_free(x->loop);
	assert_int_equal(fs_remove_tree(x->dir), 0);
}

static inline uint64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Turns the loop until the expression is true; fails the test after the deadline. */
#define turn_until(x, condition)                                                                   \
	do {                                                                                       \
		uint64_t _end = monotonic_ms() + DEADLINE_MS;                                      \
		while (!(condition)) {                                                             \
			if (monotonic_ms() > _end)                                                 \
				fail_msg("waited in vain for %s", #condition);                     \
			(void)loop_run_once((x)->loop, true);                                      \
		}                                                                                  \
	} while (0)

static inline int
readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static inline struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

/* A blocking raw client. */
static inline int
raw_connect(const char *path)
{
	struct sockaddr_un a  = address(path);
	int                fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static inline int
raw_listen(const char *path, int type)
{
	struct sockaddr_un a  = address(path);
	int                fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Sends one message in one datagram. */
static inline void
raw_send(int fd, const void *message, size_t len)
{
	struct drpc_chunk_header h      = {len, len, 0, 1};
	struct iovec             iov[2] = {{&h, sizeof(h)}, {(void *)message, len}};
	struct msghdr            msg    = {.msg_iov = iov, .msg_iovlen = 2};

	assert_int_equal(sendmsg(fd, &msg, MSG_NOSIGNAL), sizeof(h) + len);
}

/* "0803 10ad02" → bytes. Returns how many. */
static inline size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; *hex != '\0'; hex += hex[0] == ' ' ? 1 : 2) {
		unsigned v;

		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

/* Turns the loop until a datagram is there; returns its size. */
static inline size_t
turn_and_recv(struct fixture *x, int fd, uint8_t *buf, size_t size)
{
	ssize_t n;

	turn_until(x, readable(fd));
	n = recv(fd, buf, size, 0);
	assert_true(n >= 0);
	return (size_t)n;
}

/* row 1: NotifyReady of engine 0 */
#define HEX_NOTIFY_READY                                                                           \
	"0803 10ad02 2252 0a19 6f66692b7463703a2f2f3139322e302e322e323a3331333136 1003 "           \
	"1a27 2f72756e2f64616f735f7365727665722f64616f735f656e67696e655f32333837342e736f636b "     \
	"2801 308080c0f2e4e5e9a229"
/*
 * row 4: SetRank 0, map version 1; row 6: SetUp; row 9: GroupUpdate version 2; row 12: PrepShutdown
 */
#define HEX_SET_RANK "0802 10ca01 1801 2202 1001"
#define HEX_SET_UP   "0802 10d101 1801"
#define HEX_GROUP_UPDATE                                                                           \
	"0802 10e801 1801 2229 0802 1225 1219 6f66692b7463703a2f2f3139322e302e322e323a3331333136 " \
	"188080c0f2e4e5e9a229"
#define HEX_PREP_SHUTDOWN "0802 10da01 1801"
