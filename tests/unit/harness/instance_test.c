/*
 * Instances with real processes: what becomes of engines that come up, that fail in every way, and
 * of the calls made to them. The processes are fake_engine with a script; storage is of class dir
 * in a temporary directory.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/str.h"
#include "config/config.h"
#include "harness/harness.h"
#include "harness/superblock.h"
#include "srv/srv.pb-c.h"
#include "storage/storage.h"

#define WAIT_MS 20000

struct fixture {
	char                dir[64];
	struct loop        *loop;
	struct loop_timer  *timer;
	bool                timed_out;
	struct cfg_server  *cfg;
	struct stor_host   *storage;
	struct drpc_server *drpc;
	struct har_harness *h;
	const char         *script;
	enum har_join_state join_state;
	/* what happened */
	unsigned n_await, n_ready, n_failed, n_exit, n_join;
	char     failure[1400];
	bool     exit_expected, exit_was_ready;
	char     exit_status[64];
	bool     replied;
	int      reply_err;
	char     reply_text[1200];
	bool     stopped;
};

/* ---- the owner's side ---- */

static void
on_await_format(struct har_instance *i, const char *type, void *arg)
{
	struct fixture         *fx   = arg;
	struct stor_format_req  req  = {0};
	struct stor_format_resp resp = {0};
	char                    path[128];

	fx->n_await++;
	assert_string_equal(type, "SCM");
	assert_int_equal(stor_format(fx->storage, &req, &resp, NULL), 0);
	stor_format_resp_fini(&resp);
	(void)snprintf(path, sizeof(path), "%s/scm/fake_engine.script", fx->dir);
	assert_int_equal(fs_write_atomic(path, fx->script, strlen(fx->script), 0600), 0);
	har_instance_storage_ready(i, false);
}

static void
on_join(struct har_instance *i, const struct har_notify *n, void *arg)
{
	struct fixture              *fx  = arg;
	const struct har_join_result res = {.state = fx->join_state, .rank = 0, .map_version = 1};

	fx->n_join++;
	assert_int_equal(har_instance_state(i), HAR_STATE_JOINING);
	assert_true(n->incarnation != 0);
	har_instance_joined(i, &res);
}

static void
on_ready(struct har_instance *i, void *arg)
{
	((struct fixture *)arg)->n_ready++;
}

static void
on_start_failed(struct har_instance *i, const struct fault *f, void *arg)
{
	struct fixture *fx = arg;

	fx->n_failed++;
	(void)fault_format(f, fx->failure, sizeof(fx->failure));
}

static void
on_engine_exit(struct har_instance *i, const struct har_exit *e, void *arg)
{
	struct fixture *fx = arg;

	fx->n_exit++;
	fx->exit_expected  = e->expected;
	fx->exit_was_ready = e->was_ready;
	(void)snprintf(fx->exit_status, sizeof(fx->exit_status), "%s", e->status);
}

/* What daos_server does with the engine's ready message. */
static void
notify_ready(struct drpc_call *call, void *arg)
{
	struct fixture      *fx = arg;
	size_t               len;
	const void          *body = drpc_call_body(call, &len);
	Srv__NotifyReadyReq *req  = srv__notify_ready_req__unpack(NULL, len, body);
	struct har_notify    n;
	struct fault         f = FAULT_INIT;

	assert_non_null(req);
	n = (struct har_notify){.uri         = req->uri,
				.nctxs       = req->nctxs,
				.ntgts       = req->ntgts,
				.incarnation = req->incarnation,
				.drpc_path   = req->drpclistenersock};
	if (har_instance_notify_ready(har_harness_get(fx->h, req->instanceidx), &n, &f) == 0)
		drpc_call_reply(call, NULL);
	else
		drpc_call_fail(call, DRPC__STATUS__FAILURE);
	srv__notify_ready_req__free_unpacked(req, NULL);
}

static const struct drpc_method methods[] = {{DRPC_SRV_NOTIFY_READY, notify_ready}};

/* ---- fixture ---- */

static void
too_late(struct loop_timer *t, void *arg)
{
	((struct fixture *)arg)->timed_out = true;
}

static void
run_until(struct fixture *fx, const bool *done)
{
	while (!*done && !fx->timed_out)
		(void)loop_run_once(fx->loop, true);
	assert_false(fx->timed_out);
}

static void
run_until_count(struct fixture *fx, const unsigned *n, unsigned want)
{
	while (*n < want && !fx->timed_out)
		(void)loop_run_once(fx->loop, true);
	if (fx->timed_out)
		fail_msg("waited for %u, got %u; last failure: %s", want, *n, fx->failure);
}

static void
run_until_state(struct fixture *fx, enum har_state s)
{
	while (har_instance_state(har_harness_get(fx->h, 0)) != s && !fx->timed_out)
		(void)loop_run_once(fx->loop, true);
	if (fx->timed_out)
		fail_msg("waited for state %s", har_state_name(s));
}

static void
load_config(struct fixture *fx, const char *binary)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	char               *text;
	int                 r;

	text = str_format(
	    "name: daos_server\nprovider: ofi+tcp\nsocket_dir: %s\ntransport_config:\n"
	    "  allow_insecure: true\ndisable_hugepages: true\nengine_path: %s\nengines:\n"
	    "- targets: 1\n  fabric_iface: lo\n  fabric_iface_port: 31416\n"
	    "  log_file: %s/engine.log\n  storage:\n  - class: dir\n    scm_mount: %s/scm\n",
	    fx->dir, binary, fx->dir, fx->dir);
	r = cfg_server_load_text("test", text, strlen(text), &fx->cfg, &problems);
	if (r == 0)
		r = cfg_server_validate(fx->cfg, &problems);
	if (r < 0)
		fail_msg("configuration: %s",
			 cfg_problems_first_error(&problems)->fault.description);
	cfg_problems_fini(&problems);
	free(text);
}

static void
set_up(struct fixture *fx, const char *binary, const char *script, uint64_t ready_ms,
       uint64_t setup_ms)
{
	struct stor_host_opts   stor = {.hostname = "host1", .uid = getuid(), .gid = getgid()};
	struct drpc_server_opts drpc = {0};
	struct har_opts         har  = {.fault_domain = "/host1"};
	char                    path[128];
	struct fault            f = FAULT_INIT;

	*fx = (struct fixture){.dir = "/tmp/instance_test.XXXXXX", .script = script};
	assert_non_null(mkdtemp(fx->dir));
	(void)snprintf(path, sizeof(path), "%s/scm", fx->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	load_config(fx, binary);
	assert_int_equal(loop_new(&fx->loop), 0);
	assert_int_equal(loop_timer_new(fx->loop, too_late, fx, &fx->timer), 0);
	loop_timer_start(fx->timer, WAIT_MS, 0);
	stor.cfg = fx->cfg;
	assert_int_equal(stor_host_new(&stor, &fx->storage, &f), 0);
	(void)snprintf(path, sizeof(path), "%s/daos_server.sock", fx->dir);
	drpc.path = path;
	assert_int_equal(drpc_server_new(fx->loop, &drpc, &fx->drpc, &f), 0);
	assert_int_equal(drpc_server_add_module(fx->drpc, DRPC_MODULE_SRV, methods, 1, fx), 0);
	har.cfg            = fx->cfg;
	har.storage        = fx->storage;
	har.ready_limit_ms = ready_ms;
	har.setup_limit_ms = setup_ms;
	har.cb             = (struct har_callbacks){.on_await_format = on_await_format,
						    .on_join         = on_join,
						    .on_ready        = on_ready,
						    .on_start_failed = on_start_failed,
						    .on_exit         = on_engine_exit,
						    .arg             = fx};
	assert_int_equal(har_harness_new(fx->loop, &har, &fx->h, &f), 0);
}

static void
on_stopped(void *arg)
{
	((struct fixture *)arg)->stopped = true;
}

static void
tear_down(struct fixture *fx)
{
	har_harness_stop(fx->h, on_stopped, fx);
	run_until(fx, &fx->stopped);
	fx->h       = har_harness_free(fx->h);
	fx->drpc    = drpc_server_free(fx->drpc, true);
	fx->storage = stor_host_free(fx->storage);
	fx->timer   = loop_timer_free(fx->timer);
	fx->loop    = loop_free(fx->loop);
	fx->cfg     = cfg_server_free(fx->cfg);
	assert_int_equal(fs_remove_tree(fx->dir), 0);
}

static const char *
fake_engine(void)
{
	const char *path = getenv("FAKE_ENGINE_PATH");

	if (path == NULL)
		fail_msg("FAKE_ENGINE_PATH is not set");
	return path;
}

/* ---- engines that come up ---- */

static void
test_engine_comes_up_and_ends_when_asked(void **state)
{
	struct fixture        fx;
	struct har_instance  *i;
	struct har_superblock sb;
	char                  path[128];

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	har_harness_start(fx.h);
	run_until_count(&fx, &fx.n_ready, 1);
	assert_int_equal(fx.n_await, 1);
	assert_int_equal(fx.n_join, 1);
	assert_int_equal(fx.n_failed, 0);
	assert_int_equal(har_instance_state(i), HAR_STATE_READY);
	assert_int_equal(har_instance_rank(i), 0);
	(void)snprintf(path, sizeof(path), "%s/scm/superblock", fx.dir);
	assert_int_equal(har_superblock_read(path, &sb, NULL), 0);
	assert_true(sb.valid_rank);
	assert_string_equal(sb.uuid.s, har_instance_uuid(i)->s);
	assert_true(sb.incarnation == har_instance_incarnation(i));
	assert_string_equal(sb.uri, har_instance_notify(i)->uri);

	assert_int_equal(har_instance_stop(i, SIGINT), 0);
	run_until_count(&fx, &fx.n_exit, 1);
	assert_true(fx.exit_expected);
	assert_true(fx.exit_was_ready);
	assert_string_equal(fx.exit_status, "process exited with 0");
	assert_int_equal(har_instance_state(i), HAR_STATE_STOPPED);

	/* Formatted storage: the same engine comes back without a format. */
	har_instance_request_start(i, false);
	run_until_count(&fx, &fx.n_ready, 2);
	assert_int_equal(fx.n_await, 1);
	tear_down(&fx);
}

static void
test_engine_that_dies_when_ready_is_reported_and_not_restarted(void **state)
{
	struct fixture       fx;
	struct har_instance *i;

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	har_harness_start(fx.h);
	run_until_count(&fx, &fx.n_ready, 1);
	assert_int_equal(kill(har_instance_pid(i), SIGKILL), 0);
	run_until_count(&fx, &fx.n_exit, 1);
	assert_false(fx.exit_expected);
	assert_string_equal(fx.exit_status, "signal: killed");
	assert_int_equal(fx.n_failed, 0);
	assert_int_equal(har_instance_state(i), HAR_STATE_STOPPED);
	tear_down(&fx);
}

static void
test_start_asked_for_while_stopping_happens_after_the_end(void **state)
{
	struct fixture       fx;
	struct har_instance *i;

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	har_harness_start(fx.h);
	run_until_count(&fx, &fx.n_ready, 1);
	assert_int_equal(har_instance_stop(i, SIGINT), 0);
	har_instance_request_start(i, false);
	run_until_count(&fx, &fx.n_ready, 2);
	assert_int_equal(fx.n_exit, 1);
	tear_down(&fx);
}

static void
test_stop_gives_up_a_start_that_is_at_its_storage(void **state)
{
	struct fixture       fx;
	struct har_instance *i;

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	har_harness_start(fx.h);
	assert_int_equal(har_instance_state(i), HAR_STATE_CHECKING);
	assert_int_equal(har_instance_stop(i, SIGKILL), 0);
	run_until_state(&fx, HAR_STATE_STOPPED);
	assert_int_equal(fx.n_await, 0);
	assert_int_equal(fx.n_failed, 0);
	har_instance_request_start(i, false);
	run_until_count(&fx, &fx.n_ready, 1);
	tear_down(&fx);
}

/* ---- engines that do not ---- */

static void
test_bad_engines_are_errors_at_once(void **state)
{
	static const struct {
		const char         *name, *script;
		uint64_t            ready_ms, setup_ms;
		enum har_join_state join;
		const char         *text;
		const char         *also;
	} rows[] = {
	    {"exits at once", "print no such core; exit 3", 0, 0, 0,
	     "ended before it was ready: exit status 3", "no such core"},
	    {"exits with success", "exit 0", 0, 0, 0,
	     "ended before it was ready: process exited with 0", "printed nothing"},
	    {"exits after listening", "listen; print late; exit 4", 0, 0, 0, "exit status 4",
	     "late"},
	    {"killed", "listen; signal 9", 0, 0, 0, "signal: killed", ""},
	    {"hangs before ready", "print waiting for nothing; hang", 300, 0, 0,
	     "did not report ready within 1 s", "waiting for nothing"},
	    {"answers garbage", "listen; notify; garbage", 0, 0, 0, "SetRank", "engine 0"},
	    {"half a header", "listen; notify; half", 0, 0, 0, "SetRank", ""},
	    {"drops the connection", "listen; notify; drop", 0, 0, 0, "SetRank", ""},
	    {"dRPC failure", "listen; notify; fail", 0, 0, 0, "SetRank", "FAILURE"},
	    {"refuses the rank", "listen; notify; status -1007; serve", 0, 0, 0, "SetRank", "DER_"},
	    {"refuses the set-up", "listen; notify; serve 1; status -1007; serve", 0, 0, 0, "SetUp",
	     "DER_"},
	    {"never answers", "listen; notify; mute", 0, 300, 0, "gave no answer", ""},
	    {"excluded by the system", "listen; notify; serve", 0, 0, HAR_JOIN_OUT, "excluded",
	     "rank 0"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct fixture fx;

		set_up(&fx, fake_engine(), rows[k].script, rows[k].ready_ms, rows[k].setup_ms);
		fx.join_state = rows[k].join;
		har_harness_start(fx.h);
		run_until_count(&fx, &fx.n_failed, 1);
		if (strstr(fx.failure, rows[k].text) == NULL ||
		    strstr(fx.failure, rows[k].also) == NULL)
			fail_msg("%s: %s", rows[k].name, fx.failure);
		run_until_count(&fx, &fx.n_exit, 1);
		run_until_state(&fx, HAR_STATE_STOPPED);
		assert_int_equal(fx.n_ready, 0);
		assert_int_equal(fx.n_failed, 1);
		tear_down(&fx);
	}
}

static void
test_program_that_cannot_run_is_named(void **state)
{
	static const struct {
		const char *name;
		mode_t      mode; /* 0: no file */
		const char *text;
	} rows[] = {
	    {"missing", 0, "No such file"},
	    {"not executable", 0600, "not an executable file"},
	    {"not a program", 0700, "cannot be started"},
	};
	char path[] = "/tmp/instance_test_program.XXXXXX";
	int  fd     = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "not a program", 13), 13);
	(void)close(fd);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		const char    *binary = rows[k].mode == 0 ? "/nonexistent/daos_engine" : path;
		struct fixture fx;

		assert_int_equal(chmod(path, rows[k].mode), 0);
		set_up(&fx, binary, "", 0, 0);
		har_harness_start(fx.h);
		run_until_count(&fx, &fx.n_failed, 1);
		if (strstr(fx.failure, rows[k].text) == NULL || strstr(fx.failure, binary) == NULL)
			fail_msg("%s: %s", rows[k].name, fx.failure);
		assert_int_equal(fx.n_exit, 0);
		tear_down(&fx);
	}
	(void)unlink(path);
}

static void
test_damaged_superblock_stops_the_start_and_stays(void **state)
{
	struct fixture       fx;
	struct har_instance *i;
	char                 path[128];
	char                *text;
	size_t               len;

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	har_harness_start(fx.h);
	run_until_count(&fx, &fx.n_ready, 1);
	assert_int_equal(har_instance_stop(i, SIGKILL), 0);
	run_until_count(&fx, &fx.n_exit, 1);
	(void)snprintf(path, sizeof(path), "%s/scm/superblock", fx.dir);
	assert_int_equal(truncate(path, 100), 0);
	har_instance_request_start(i, false);
	run_until_count(&fx, &fx.n_failed, 1);
	assert_non_null(strstr(fx.failure, path));
	assert_int_equal(har_instance_state(i), HAR_STATE_STOPPED);
	assert_int_equal(fs_read_file(path, 1000, &text, &len), 0);
	assert_int_equal(len, 100);
	free(text);
	tear_down(&fx);
}

/* ---- calls ---- */

static void
on_reply(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct fixture *fx = arg;

	fx->replied   = true;
	fx->reply_err = err;
	if (f != NULL)
		(void)fault_format(f, fx->reply_text, sizeof(fx->reply_text));
}

static void
call(struct fixture *fx, bool harness, uint64_t timeout_ms)
{
	struct har_instance *i = har_harness_get(fx->h, 0);

	fx->replied = false;
	if (harness)
		assert_int_equal(har_harness_call(fx->h, DRPC_MGMT_PING_RANK, NULL, timeout_ms,
						  on_reply, fx, NULL),
				 0);
	else
		assert_int_equal(
		    har_instance_call(i, DRPC_MGMT_PING_RANK, NULL, timeout_ms, on_reply, fx, NULL),
		    0);
	assert_false(fx->replied); /* never from inside */
	run_until(fx, &fx->replied);
}

static void
test_calls_say_why_they_cannot_be_made(void **state)
{
	struct fixture       fx;
	struct har_instance *i;

	set_up(&fx, fake_engine(), "listen; notify; serve", 0, 0);
	i = har_harness_get(fx.h, 0);
	call(&fx, true, 0);
	assert_int_equal(fx.reply_err, -EAGAIN);
	assert_non_null(strstr(fx.reply_text, "server: code = 610"));
	call(&fx, false, 0);
	assert_int_equal(fx.reply_err, -EAGAIN);
	assert_string_equal(
	    fx.reply_text,
	    "server: code = 611 description = \"DAOS I/O Engine instance not started or not "
	    "responding on dRPC\"");
	har_harness_start(fx.h);
	run_until_state(&fx, HAR_STATE_STARTING);
	call(&fx, false, 0);
	assert_int_equal(fx.reply_err, -EAGAIN);
	assert_string_equal(fx.reply_text, "engine not ready yet");
	run_until_state(&fx, HAR_STATE_READY);
	call(&fx, false, 0);
	assert_int_equal(fx.reply_err, 0);
	call(&fx, true, 0);
	assert_int_equal(fx.reply_err, 0);
	assert_int_equal(har_instance_stop(i, SIGKILL), 0);
	run_until_count(&fx, &fx.n_exit, 1);
	call(&fx, true, 0);
	assert_int_equal(fx.reply_err, -EAGAIN);
	assert_non_null(strstr(fx.reply_text, "code = 611"));
	tear_down(&fx);
}

static void
test_a_call_that_is_not_answered_times_out(void **state)
{
	struct fixture fx;

	set_up(&fx, fake_engine(), "listen; notify; serve 2; mute", 0, 0);
	har_harness_start(fx.h);
	run_until_count(&fx, &fx.n_ready, 1);
	call(&fx, false, 200);
	assert_int_equal(fx.reply_err, -ETIMEDOUT);
	tear_down(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_engine_comes_up_and_ends_when_asked),
	    cmocka_unit_test(test_engine_that_dies_when_ready_is_reported_and_not_restarted),
	    cmocka_unit_test(test_start_asked_for_while_stopping_happens_after_the_end),
	    cmocka_unit_test(test_stop_gives_up_a_start_that_is_at_its_storage),
	    cmocka_unit_test(test_bad_engines_are_errors_at_once),
	    cmocka_unit_test(test_program_that_cannot_run_is_named),
	    cmocka_unit_test(test_damaged_superblock_stops_the_start_and_stays),
	    cmocka_unit_test(test_calls_say_why_they_cannot_be_made),
	    cmocka_unit_test(test_a_call_that_is_not_answered_times_out),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
