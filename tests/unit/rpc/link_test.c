/* Raft links: who gets one, that bytes pass in both directions beside calls, and how they end. */
#include "raw_peer.h"
#include "rpc/link_private.h"

#define BULK (8 * MIB)

/* One end of a link: sends a pattern of `want` bytes and checks what comes. */
struct end {
	struct fixture *f;
	int             fd;
	struct loop_fd *watch;
	size_t          sent, received, want;
	unsigned        done, ended;
};

struct links {
	struct fixture    f;
	struct end        here, there;
	unsigned          arrived, answered;
	uint64_t          raft_id;
	char              address[64];
	struct rpc_status status;
};

static uint8_t
pattern(size_t at)
{
	return (uint8_t)(at * 31 >> 3);
}

static void
end_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct end *e = arg;
	uint8_t     buf[65536];
	ssize_t     n;

	if (events & LOOP_READABLE) {
		n = read(fd, buf, sizeof(buf));
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			e->ended = 1;
			loop_fd_want(w, 0);
			return;
		}
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern(e->received++))
				fail_msg("byte %zu differs", e->received - 1);
	}
	if ((events & LOOP_WRITABLE) && e->sent < e->want) {
		size_t len = MIN(sizeof(buf), e->want - e->sent);

		for (size_t i = 0; i < len; i++)
			buf[i] = pattern(e->sent + i);
		n = write(fd, buf, len);
		e->sent += n > 0 ? (size_t)n : 0;
	}
	if (e->sent == e->want) {
		loop_fd_want(w, LOOP_READABLE);
		e->done = e->received == e->want;
	}
}

static void
end_open(struct end *e, struct fixture *f, int fd)
{
	*e = (struct end){.f = f, .fd = fd};
	assert_int_equal(loop_fd_new(f->loop, fd, end_ready, e, &e->watch), 0);
	loop_fd_want(e->watch, LOOP_READABLE);
}

static void
end_close(struct end *e)
{
	e->watch = loop_fd_free(e->watch);
	if (e->fd > 0)
		close(e->fd);
	e->fd = -1;
}

static void
on_link(int fd, uint64_t raft_id, const char *address, const char *peer_ip, void *arg)
{
	struct links *l = container_of(arg, struct links, f);

	l->arrived++;
	l->raft_id = raft_id;
	snprintf(l->address, sizeof(l->address), "%s", address);
	assert_string_equal(peer_ip, "127.0.0.1");
	end_open(&l->there, &l->f, fd);
}

static void
on_outcome(int fd, const struct rpc_status *status, void *arg)
{
	struct links *l = arg;

	l->answered++;
	assert_int_equal(rpc_status_copy(&l->status, status), 0);
	if (fd >= 0)
		end_open(&l->here, &l->f, fd);
}

static void
start(struct links *l, unsigned threads, bool tls)
{
	struct rpc_server_opts opts = {.on_raft_link = on_link};

	*l = (struct links){0};
	fixture_start(&l->f, threads, tls, &opts);
}

static struct rpc_raft_dial *
dial(struct links *l, struct sec_tls *tls)
{
	struct rpc_raft_opts opts = {
	    .host         = "127.0.0.1",
	    .port         = rpc_server_port(l->f.server),
	    .tls          = tls,
	    .raft_id      = 0x1122334455667788,
	    .raft_address = "127.0.0.1:10001",
	};
	struct rpc_raft_dial *d;

	assert_int_equal(rpc_raft_connect(l->f.io, &opts, on_outcome, l, &d), 0);
	return d;
}

static void
stop(struct links *l)
{
	end_close(&l->here);
	end_close(&l->there);
	rpc_status_fini(&l->status);
	fixture_stop(&l->f);
}

static void
test_bytes_pass_both_ways_beside_calls(void **state)
{
	for (unsigned variant = 0; variant < 4; variant++) {
		struct links         l;
		struct fixture_reply r = {0};

		start(&l, variant & 1 ? 2 : 0, variant & 2);
		(void)dial(&l, l.f.server_tls);
		fixture_wait(&l.f, &l.answered, 1);
		assert_int_equal(l.status.code, RPC_OK);
		fixture_wait(&l.f, &l.arrived, 1);
		assert_true(l.raft_id == 0x1122334455667788);
		assert_string_equal(l.address, "127.0.0.1:10001");
		l.here.want = l.there.want = BULK;
		loop_fd_want(l.here.watch, LOOP_READABLE | LOOP_WRITABLE);
		loop_fd_want(l.there.watch, LOOP_READABLE | LOOP_WRITABLE);
		fixture_connect(&l.f);
		fixture_echo_call(&l.f, l.f.ch, "meanwhile", &r);
		assert_int_equal(r.status.code, RPC_OK);
		fixture_wait(&l.f, &l.here.done, 1);
		fixture_wait(&l.f, &l.there.done, 1);
		/* one side closes, the other sees the end */
		end_close(&l.here);
		fixture_wait(&l.f, &l.there.ended, 1);
		fixture_reply_fini(&r);
		stop(&l);
	}
}

static void
test_a_side_that_does_not_read_holds_the_other(void **state)
{
	struct links l;
	size_t       before;

	start(&l, 0, true); /* all of it on this thread, so that standing still can be seen */
	(void)dial(&l, l.f.server_tls);
	fixture_wait(&l.f, &l.answered, 1);
	fixture_wait(&l.f, &l.arrived, 1);
	loop_fd_want(l.there.watch, 0);
	l.here.want = 8 * BULK;
	loop_fd_want(l.here.watch, LOOP_READABLE | LOOP_WRITABLE);
	/* everything between the ends fills up: descriptors, the link's limits, the socket's buffers */
	do {
		before = l.here.sent;
		for (int i = 0; i < 1000; i++)
			loop_run_once(l.f.loop, false);
	} while (l.here.sent > before);
	assert_true(l.here.sent < l.here.want);
	loop_fd_want(l.there.watch, LOOP_READABLE);
	loop_timer_start(l.f.timer, FIXTURE_WAIT_MS, 0);
	while (l.there.received < l.here.want && !l.f.timed_out)
		loop_run_once(l.f.loop, true);
	assert_int_equal(l.there.received, l.here.want);
	stop(&l);
}

static void
test_only_servers_get_a_link(void **state)
{
	struct links l;

	start(&l, 1, true);
	(void)dial(&l, l.f.client_tls); /* the administrator's certificate */
	fixture_wait(&l.f, &l.answered, 1);
	assert_int_equal(l.status.code, RPC_UNAVAILABLE);
	assert_int_equal(l.arrived, 0);
	stop(&l);
}

static void
test_a_server_without_replica_refuses(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct links l = {0};

		fixture_start(&l.f, 1, tls, NULL);
		(void)dial(&l, l.f.server_tls);
		fixture_wait(&l.f, &l.answered, 1);
		assert_int_equal(l.status.code, RPC_UNAVAILABLE);
		stop(&l);
	}
}

static void
test_cancelled_before_and_after_the_outcome_is_on_its_way(void **state)
{
	struct links l;

	for (int wait = 0; wait < 2; wait++) {
		struct rpc_raft_dial *d;

		start(&l, 1, false);
		d = dial(&l, NULL);
		if (wait)
			fixture_wait(&l.f, &l.arrived, 1);
		if (l.answered == 0)
			rpc_raft_cancel(d);
		if (wait && l.answered == 0)
			fixture_wait(&l.f, &l.there.ended, 1);
		stop(&l);
		if (!wait)
			assert_int_equal(l.answered, 0);
	}
}

static void
test_greetings(void **state)
{
	struct rpc_hello h = {.raft_id = 7, .raft_address = "a:1"}, back;
	uint8_t          buf[RPC_HELLO_MAX];
	size_t           len = rpc_hello_encode(&h, buf);

	assert_int_equal(len, 17);
	assert_memory_equal(buf,
			    "DRFT\x01\0\0\0\0\0\0\0\x07\x03"
			    "a:1",
			    len);
	for (size_t n = 1; n < len; n++)
		assert_int_equal(rpc_hello_decode(buf, n, &back), 0);
	assert_int_equal(rpc_hello_decode(buf, len, &back), (int)len);
	assert_int_equal(back.raft_id, 7);
	assert_string_equal(back.raft_address, "a:1");
	buf[13] = 0; /* no address */
	assert_int_equal(rpc_hello_decode(buf, len, &back), -EPROTO);
	buf[4] = 2; /* another version */
	assert_int_equal(rpc_hello_decode(buf, len, &back), -EPROTO);
}

static void
test_wrong_and_half_greetings(void **state)
{
	static const struct {
		const char *bytes;
		size_t      len;
	} cases[] = {{"DAOS", 4},
		     {"DRFT\x02", 5},
		     {"DRFT\x01\0\0\0\0\0\0\0\1\0x", 15},
		     {"DRFT\x01\0\0", 7},
		     {"D", 1}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rpc_server_opts opts = {.on_raft_link = on_link, .limits.handshake_ms = 50};
		struct links           l    = {0};
		struct raw             r;

		fixture_start(&l.f, 1, false, &opts);
		raw_open(&r, &l.f, 0);
		raw_bytes(&r, cases[i].bytes, cases[i].len);
		raw_wait(&r, &r.closed, 1);
		assert_int_equal(l.arrived, 0);
		raw_close(&r);
		stop(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes_pass_both_ways_beside_calls),
	    cmocka_unit_test(test_a_side_that_does_not_read_holds_the_other),
	    cmocka_unit_test(test_only_servers_get_a_link),
	    cmocka_unit_test(test_a_server_without_replica_refuses),
	    cmocka_unit_test(test_cancelled_before_and_after_the_outcome_is_on_its_way),
	    cmocka_unit_test(test_greetings),
	    cmocka_unit_test(test_wrong_and_half_greetings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
