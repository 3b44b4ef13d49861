#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/fs.h"
#include "rep_fixture.h"

#define N_NODES 3

/* Three replicas on one loop; links between them are socket pairs. */
struct cluster {
	struct loop         *l;
	struct rep_test_node nodes[N_NODES];
	bool                 cut[N_NODES]; /* nobody reaches it, it reaches nobody */
	char                 tmp[64];
};

struct dial {
	struct cluster  *c;
	size_t           from;
	size_t           to;
	rep_connected_cb cb;
	void            *cb_arg;
};

struct dialer {
	struct cluster *c;
	size_t          from;
};

static struct dialer dialers[N_NODES];

static void
finish_dial(void *arg)
{
	struct dial     d = *(struct dial *)arg;
	struct cluster *c = d.c;
	int             fds[2];

	free(arg);
	if (d.to == N_NODES || c->nodes[d.to].n == NULL || c->cut[d.to] || c->cut[d.from]) {
		d.cb(-ECONNREFUSED, -EBADF, d.cb_arg);
		return;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	if (rep_node_accept_take(c->nodes[d.to].n, rep_id(c->nodes[d.from].address),
				 c->nodes[d.from].address, fds[1]) < 0) {
		(void)close(fds[0]);
		d.cb(-EACCES, -EBADF, d.cb_arg);
		return;
	}
	d.cb(0, fds[0], d.cb_arg);
}

static int
dial(void *arg, uint64_t id, const char *address, rep_connected_cb cb, void *cb_arg)
{
	struct dialer *from = arg;
	struct dial   *d    = calloc(1, sizeof(*d));

	*d = (struct dial){
	    .c = from->c, .from = from->from, .to = N_NODES, .cb = cb, .cb_arg = cb_arg};
	for (size_t i = 0; i < N_NODES; i++) {
		if (strcmp(from->c->nodes[i].address, address) == 0 && rep_id(address) == id)
			d->to = i;
	}
	return loop_post(from->c->l, finish_dial, d);
}

static int
setup(void **state)
{
	struct cluster *c = calloc(1, sizeof(*c));
	struct fault    f = FAULT_INIT;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(c->tmp, sizeof(c->tmp), "/tmp/links_test.XXXXXX");
	assert_non_null(mkdtemp(c->tmp));
	assert_int_equal(loop_new(&c->l), 0);
	for (size_t i = 0; i < N_NODES; i++) {
		struct rep_test_node *x = &c->nodes[i];

		dialers[i]   = (struct dialer){.c = c, .from = i};
		x->l         = c->l;
		x->transport = (struct rep_transport){.connect = dial, .arg = &dialers[i]};
		(void)snprintf(x->dir, sizeof(x->dir), "%s/%zu", c->tmp, i);
		(void)snprintf(x->address, sizeof(x->address), "10.0.0.%zu:10001", i + 1);
	}
	assert_int_equal(rep_dir_bootstrap(c->nodes[0].dir, rep_id(c->nodes[0].address),
					   c->nodes[0].address, &f),
			 0);
	for (size_t i = 0; i < N_NODES; i++)
		assert_int_equal(rep_test_open(&c->nodes[i], &f), 0);
	run_until(c->l, c->nodes[0].leader);
	*state = c;
	return 0;
}

static void
close_one(struct cluster *c, size_t i)
{
	if (c->nodes[i].n == NULL)
		return;
	rep_node_close(c->nodes[i].n, rep_test_on_closed, &c->nodes[i]);
	c->nodes[i].n = NULL;
	run_until(c->l, c->nodes[i].closed);
}

static int
teardown(void **state)
{
	struct cluster *c = *state;

	for (size_t i = 0; i < N_NODES; i++)
		close_one(c, i);
	loop_free(c->l);
	assert_int_equal(fs_remove_tree(c->tmp), 0);
	free(c);
	return 0;
}

static void
add_others(struct cluster *c)
{
	struct rep_test_node *x = &c->nodes[0];

	for (size_t i = 1; i < N_NODES; i++) {
		const char *address = c->nodes[i].address;
		unsigned    before  = x->answered;

		assert_int_equal(
		    rep_node_add_voter(x->n, rep_id(address), address, rep_test_on_answer, x), 0);
		assert_int_equal(
		    rep_node_add_voter(x->n, rep_id("other"), "other", rep_test_on_answer, x),
		    -EBUSY);
		run_until(c->l, x->answered == before + 1);
		assert_int_equal(x->last_err, 0);
		assert_int_equal(
		    rep_node_add_voter(x->n, rep_id(address), address, rep_test_on_answer, x),
		    -EALREADY);
	}
}

static void
apply_n(struct cluster *c, struct rep_test_node *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned before = x->answered;

		assert_int_equal(rep_node_apply(x->n, "command", 7, rep_test_on_answer, x), 0);
		run_until(c->l, x->answered == before + 1);
		assert_int_equal(x->last_err, 0);
	}
}

static struct rep_test_node *
leader_but(struct cluster *c, size_t not )
{
	for (size_t i = 0; i < N_NODES; i++) {
		if (i != not &&c->nodes[i].n != NULL && c->nodes[i].leader)
			return &c->nodes[i];
	}
	return NULL;
}

static void
three_replicas_agree(void **state)
{
	struct cluster *c = *state;
	struct rep_info info;

	add_others(c);
	apply_n(c, &c->nodes[0], 20);
	run_until(c->l, c->nodes[1].c.n == 20 && c->nodes[2].c.n == 20);
	assert_int_equal(c->nodes[1].c.hash, c->nodes[0].c.hash);
	assert_int_equal(c->nodes[2].c.hash, c->nodes[0].c.hash);
	assert_string_equal(rep_node_leader(c->nodes[2].n), c->nodes[0].address);
	rep_node_info(c->nodes[1].n, &info);
	assert_int_equal(info.n_servers, 3);
	assert_int_equal(rep_node_apply(c->nodes[1].n, "x", 1, rep_test_on_answer, &c->nodes[1]),
			 -EAGAIN);
}

static void
late_replica_gets_a_snapshot(void **state)
{
	struct cluster *c = *state;

	apply_n(c, &c->nodes[0], 300);
	add_others(c);
	run_until(c->l, c->nodes[1].c.n == 300 && c->nodes[2].c.n == 300);
	assert_int_equal(c->nodes[2].c.hash, c->nodes[0].c.hash);
}

static void
leader_closes_and_another_takes_over(void **state)
{
	struct cluster       *c = *state;
	struct rep_test_node *leader;
	struct fault          f = FAULT_INIT;

	add_others(c);
	apply_n(c, &c->nodes[0], 10);
	close_one(c, 0);
	run_until(c->l, (leader = leader_but(c, 0)) != NULL);
	assert_int_equal(leader->c.n, 10); /* it has applied everything when it says it leads */
	apply_n(c, leader, 10);
	assert_int_equal(rep_test_open(&c->nodes[0], &f), 0);
	run_until(c->l, c->nodes[0].c.n == 20);
	assert_int_equal(c->nodes[0].c.hash, leader->c.hash);
}

static void
without_quorum_the_leader_steps_down(void **state)
{
	struct cluster *c = *state;

	add_others(c);
	close_one(c, 1);
	close_one(c, 2);
	/* It may notice before or after it took the command: never is it acknowledged. */
	if (rep_node_apply(c->nodes[0].n, "lost", 4, rep_test_on_answer, &c->nodes[0]) == 0) {
		unsigned before = c->nodes[0].ok;

		run_until(c->l, !c->nodes[0].leader);
		assert_int_equal(c->nodes[0].ok, before);
	}
	run_until(c->l, !c->nodes[0].leader);
	assert_false(rep_node_is_leader(c->nodes[0].n));
}

static void
strangers_are_not_let_in(void **state)
{
	struct cluster *c = *state;
	int             fds[2];

	add_others(c);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(
	    rep_node_accept_take(c->nodes[0].n, rep_id("stranger"), "stranger", fds[1]), -EACCES);
	assert_int_equal(fcntl(fds[1], F_GETFD), -1); /* taken, so closed */
	(void)close(fds[0]);
}

static void
removed_replica_is_out(void **state)
{
	struct cluster *c = *state;
	struct rep_info info;
	unsigned        before;

	add_others(c);
	before = c->nodes[0].answered;
	assert_int_equal(
	    rep_node_remove(c->nodes[0].n, rep_id("stranger"), rep_test_on_answer, &c->nodes[0]),
	    -ENOENT);
	assert_int_equal(rep_node_remove(c->nodes[0].n, rep_id(c->nodes[2].address),
					 rep_test_on_answer, &c->nodes[0]),
			 0);
	run_until(c->l, c->nodes[0].answered == before + 1);
	assert_int_equal(c->nodes[0].last_err, 0);
	rep_node_info(c->nodes[0].n, &info);
	assert_int_equal(info.n_servers, 2);
}

static void
a_leader_gives_leadership_away(void **state)
{
	struct cluster *c = *state;

	assert_int_equal(rep_node_resign(c->nodes[0].n), -ENOENT);
	add_others(c);
	assert_int_equal(rep_node_resign(c->nodes[1].n), -EAGAIN);
	assert_int_equal(rep_node_resign(c->nodes[0].n), 0);
	assert_int_equal(rep_node_resign(c->nodes[0].n), -EBUSY);
	run_until(c->l, leader_but(c, 0) != NULL && !c->nodes[0].leader);
	apply_n(c, leader_but(c, 0), 1);
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(three_replicas_agree),
	    CASE(late_replica_gets_a_snapshot),
	    CASE(leader_closes_and_another_takes_over),
	    CASE(without_quorum_the_leader_steps_down),
	    CASE(strangers_are_not_let_in),
	    CASE(removed_replica_is_out),
	    CASE(a_leader_gives_leadership_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
