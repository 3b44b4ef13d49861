/* Which members a request means: over a real database of four members on two hosts, one of them excluded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"
#include "server/server_private.h"

#define WAIT_MS 20000
#define ADDRESS "127.0.0.1:10001"

struct fixture {
	char               dir[64];
	struct loop       *loop;
	struct loop_timer *timer;
	struct sys_db     *db;
	bool               leader, done, closed, timed_out;
	int                err;
};

static void
too_late(struct loop_timer *t, void *arg)
{
	((struct fixture *)arg)->timed_out = true;
}

static void
run_until(struct fixture *fx, const bool *flag)
{
	while (!*flag && !fx->timed_out)
		(void)loop_run_once(fx->loop, true);
	assert_false(fx->timed_out);
}

static void
on_leadership(bool is_leader, void *arg)
{
	((struct fixture *)arg)->leader = is_leader;
}

static void
on_done(int err, const struct fault *f, void *arg)
{
	struct fixture *fx = arg;

	fx->done = true;
	fx->err  = err;
}

static void
on_providers(int err, const struct fault *f, enum sys_providers_verdict verdict, void *arg)
{
	on_done(err, f, arg);
}

static void
on_join(int err, const struct fault *f, const struct sys_join_outcome *o, size_t n,
	uint32_t version, void *arg)
{
	for (size_t k = 0; err == 0 && k < n; k++)
		assert_int_equal(o[k].result, SYS_JOIN_ADDED);
	on_done(err, f, arg);
}

static void
on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static void
finish(struct fixture *fx, int started)
{
	assert_int_equal(started, 0);
	run_until(fx, &fx->done);
	assert_int_equal(fx->err, 0);
	fx->done = false;
}

/* Ranks 0 and 1 at 10.0.0.1:10001, 2 and 3 at 10.0.0.2:10001; 3 is admin-excluded. */
static int
set_up(void **state)
{
	static const char *const replicas[] = {ADDRESS};
	static const uint32_t    excluded   = 3;
	static struct fixture    fx;
	struct sys_join_req      reqs[4];
	char                     uuids[4][UUID_TEXT_LEN + 1];
	struct sys_db_opts       opts = {.address       = ADDRESS,
					 .replicas      = replicas,
					 .n_replicas    = 1,
					 .on_leadership = on_leadership,
					 .arg           = &fx};
	char                     path[96];
	struct fault             f = FAULT_INIT;

	fx = (struct fixture){.dir = "/tmp/resolve_test.XXXXXX"};
	assert_non_null(mkdtemp(fx.dir));
	(void)snprintf(path, sizeof(path), "%s/control_raft", fx.dir);
	opts.dir = path;
	assert_int_equal(loop_new(&fx.loop), 0);
	assert_int_equal(loop_timer_new(fx.loop, too_late, &fx, &fx.timer), 0);
	loop_timer_start(fx.timer, WAIT_MS, 0);
	if (sys_db_open(fx.loop, &opts, &fx.db, &f) < 0)
		fail_msg("%s", f.description);
	run_until(&fx, &fx.leader);
	finish(&fx, sys_db_check_providers(fx.db, "ofi+tcp", on_providers, &fx));
	for (uint32_t k = 0; k < 4; k++) {
		(void)snprintf(uuids[k], sizeof(uuids[k]), "00000000-0000-4000-8000-00000000000%u",
			       k);
		reqs[k] = (struct sys_join_req){.rank = k,
						.uuid = uuids[k],
						.addr = k < 2 ? "10.0.0.1:10001" : "10.0.0.2:10001",
						.uri  = "ofi+tcp://10.0.0.1:31416",
						.nctxs        = 1,
						.fault_domain = k < 2 ? "/a" : "/b",
						.incarnation  = 1};
	}
	finish(&fx, sys_db_join(fx.db, reqs, 4, on_join, &fx));
	finish(&fx, sys_db_admin_exclude(fx.db, &excluded, 1, false, on_done, &fx));
	*state = &fx;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fx = *state;

	sys_db_close(fx->db, on_closed, fx);
	run_until(fx, &fx->closed);
	fx->timer = loop_timer_free(fx->timer);
	fx->loop  = loop_free(fx->loop);
	return fs_remove_tree(fx->dir);
}

static void
ranks_text(const struct srv_selection *sel, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t k = 0; k < sel->n; k++)
		at += (size_t)snprintf(buf + at, size - at, "%s%u", k == 0 ? "" : ",",
				       sel->v[k]->rank);
}

static void
test_selection(void **state)
{
	static const struct {
		const char *ranks, *hosts;
		int         r;
		const char *hit, *absent_ranks, *absent_hosts;
	} rows[] = {
	    {"", "", 0, "0,1,2,3", "", ""},
	    {NULL, NULL, 0, "0,1,2,3", "", ""},
	    {"1-2", "", 0, "1,2", "", ""},
	    {"[0,7-9]", "", 0, "0", "7-9", ""},
	    {"9", "", 0, "", "9", ""},
	    {"x", "", -EINVAL, "", "", ""},
	    {"", "10.0.0.2", 0, "2,3", "", ""},
	    {"", "10.0.0.1:10001", 0, "0,1", "", ""},
	    {"", "10.0.0.1:10002", 0, "", "", "10.0.0.1:10002"},
	    {"", "10.0.0.[2,9]", 0, "2,3", "", "10.0.0.9"},
	    {"", "10.0.0.[7-9],10.0.0.9:10001,10.0.0.9:5", 0, "", "", "10.0.0.[7-9],10.0.0.9:5"},
	    {"", "10.0.0.9:10001", 0, "", "", "10.0.0.9:10001"},
	    {"0", "10.0.0.1", -EINVAL, "", "", ""},
	};
	struct fixture *fx = *state;

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct srv_selection sel = {0};
		struct fault         f   = FAULT_INIT;
		char                 hit[64];

		if (srv_select(fx->db, rows[k].ranks, rows[k].hosts, &sel, &f) != rows[k].r)
			fail_msg("row %zu: %s", k, f.description);
		if (rows[k].r < 0) {
			assert_true(f.set);
			continue;
		}
		ranks_text(&sel, hit, sizeof(hit));
		assert_string_equal(hit, rows[k].hit);
		assert_string_equal(sel.absent_ranks, rows[k].absent_ranks);
		assert_string_equal(sel.absent_hosts, rows[k].absent_hosts);
		srv_selection_fini(&sel);
	}
}

static void
test_excluded_ranks_are_dropped_or_refused_by_name(void **state)
{
	static const struct {
		const char *ranks;
		bool        explicitly;
		int         r;
		const char *hit, *text;
	} rows[] = {
	    {"", false, 0, "0,1,2", NULL},
	    {"1,3", false, 0, "1", NULL},
	    {"3", false, -ENOENT, "", "all requested ranks are administratively excluded"},
	    {"1,3", true, -EINVAL, "", "server: code = 622 description = \"ranks 3 are"},
	    {"1,2", true, 0, "1,2", NULL},
	    {"9", true, 0, "", NULL},
	};
	struct fixture *fx = *state;

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct srv_selection sel = {0};
		struct fault         f   = FAULT_INIT;
		char                 text[1200];

		assert_int_equal(srv_select(fx->db, rows[k].ranks, "", &sel, &f), 0);
		assert_int_equal(srv_selection_drop_excluded(&sel, rows[k].explicitly, &f),
				 rows[k].r);
		if (rows[k].r == 0) {
			ranks_text(&sel, text, sizeof(text));
			assert_string_equal(text, rows[k].hit);
		} else if (strstr(fault_format(&f, text, sizeof(text)), rows[k].text) == NULL) {
			fail_msg("row %zu: %s", k, text);
		}
		srv_selection_fini(&sel);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_selection),
	    cmocka_unit_test(test_excluded_ranks_are_dropped_or_refused_by_name),
	};

	return cmocka_run_group_tests_name("resolve", tests, set_up, tear_down);
}
