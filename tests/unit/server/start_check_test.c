/* What is looked at before a start: the lock of the socket directory, left-over sockets, fabric interfaces. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/fs.h"
#include "server/server_private.h"

static char dir[] = "/tmp/start_check_test.XXXXXX";

static void
test_a_second_server_is_refused_with_the_pid_of_the_first(void **state)
{
	struct fault f      = FAULT_INIT;
	int          fds[2] = {-1, -1};
	int          other  = -1;
	char         pid[32], byte;
	pid_t        child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		int lock = -1;

		byte = srv_lock_socket_dir(dir, &lock, NULL) == 0 ? 'y' : 'n';
		if (write(fds[1], &byte, 1) == 1)
			(void)pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(srv_lock_socket_dir(dir, &other, &f), -EADDRINUSE);
	assert_int_equal(f.code, FAULT_SOCKET_FILE_IN_USE);
	(void)snprintf(pid, sizeof(pid), "%d", (int)child);
	assert_non_null(strstr(f.description, pid));
	assert_non_null(strstr(f.description, dir));
	assert_true(fault_has_resolution(&f));
	assert_int_equal(srv_check_idle(dir, NULL), -EADDRINUSE);

	/* Killed, it leaves the directory to its successor. */
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(srv_check_idle(dir, NULL), 0);
	assert_int_equal(srv_lock_socket_dir(dir, &other, &f), 0);
	(void)close(other);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
test_a_missing_directory_is_named_with_its_key(void **state)
{
	static const struct {
		const char *name;
		int         r;
	} rows[] = {{"none", -ENOENT}, {"file", -ENOTDIR}};
	char path[128];
	int  fd = -1;

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(fs_write_atomic(path, "x", 1, 0600), 0);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct fault f = FAULT_INIT;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, rows[k].name);
		assert_int_equal(srv_lock_socket_dir(path, &fd, &f), rows[k].r);
		assert_non_null(strstr(f.description, path));
		assert_non_null(strstr(f.description, "socket_dir"));
		assert_true(fault_has_resolution(&f));
	}
}

static void
test_only_our_sockets_are_removed(void **state)
{
	static const struct {
		const char *name;
		bool        stays;
	} rows[] = {
	    {"daos_server.sock", false},  {"daos_engine_17.sock", false},
	    {"daos_engine.sock", false},  {"daos_agent.sock", true},
	    {"daos_engine_17.log", true}, {"x_daos_engine_1.sock", true},
	};
	char path[128];

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, rows[k].name);
		assert_int_equal(fs_write_atomic(path, "", 0, 0600), 0);
	}
	srv_remove_sockets(dir);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, rows[k].name);
		if (fs_exists(path) != rows[k].stays)
			fail_msg("%s", rows[k].name);
	}
}

static void
test_fabric_interfaces(void **state)
{
	struct hw_netif ifs_v[] = {
	    {.name = "eth0", .net_class = HW_NET_CLASS_ETHERNET, .up = true},
	    {.name = "eth1", .net_class = HW_NET_CLASS_ETHERNET, .up = true},
	    {.name = "eth2", .net_class = HW_NET_CLASS_ETHERNET, .up = false},
	    {.name = "ib0", .net_class = HW_NET_CLASS_INFINIBAND, .up = true},
	};
	struct hw_netifs ifs = {.v = {.v = ifs_v, .n = ARRAY_SIZE(ifs_v)}};
	static const struct {
		const char *first, *second;
		int         r;
		const char *text;
	} rows[] = {
	    {"eth0", "eth1", 0, NULL},
	    {"eth0,eth1", NULL, 0, NULL},
	    {"eth9", NULL, -ENODEV, "engine 0: fabric interface \"eth9\" does not exist"},
	    {"eth0", "eth9", -ENODEV, "engine 1: fabric interface \"eth9\""},
	    {"eth0,eth9", NULL, -ENODEV, "\"eth9\""},
	    {"eth2", NULL, -ENETDOWN, "requested fabric interface \"eth2\" is unusable"},
	    {"eth0", "ib0", -EINVAL, "engine 1 (ib0) differs from engine 0 (eth0)"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_engine engines[2] = {
		    {.fabric.fabric_iface = (char *)(uintptr_t)rows[k].first},
		    {.fabric.fabric_iface = (char *)(uintptr_t)rows[k].second},
		};
		struct cfg_server cfg = {.engines   = engines,
					 .n_engines = rows[k].second == NULL ? 1 : 2};
		struct fault      f   = FAULT_INIT;

		assert_int_equal(srv_check_fabric(&cfg, &ifs, &f), rows[k].r);
		if (rows[k].text != NULL && strstr(f.description, rows[k].text) == NULL)
			fail_msg("%s: %s", rows[k].first, f.description);
	}
}

static void
test_fabric_providers(void **state)
{
	struct hw_netifs ifs = {0};
	static const struct {
		const char *provider;
		int         r;
	} rows[] = {
	    {"ofi+tcp", 0}, {"ofi+tcp;ofi_rxm", 0}, {"ofi+verbs", 0}, {"ucx+dc_x", 0},
	    {NULL, 0},      {"bogus", -EINVAL},     {"tcp", -EINVAL}, {"ofi", -EINVAL},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_engine engine = {.fabric.provider = (char *)(uintptr_t)rows[k].provider};
		struct cfg_server cfg    = {.engines = &engine, .n_engines = 1};
		struct fault      f      = FAULT_INIT;

		assert_int_equal(srv_check_fabric(&cfg, &ifs, &f), rows[k].r);
		if (rows[k].r < 0 && !str_starts(f.description, "scan fabric: engine 0: "))
			fail_msg("%s: %s", rows[k].provider, f.description);
	}
}

static int
set_up(void **state)
{
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	return fs_remove_tree(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_second_server_is_refused_with_the_pid_of_the_first),
	    cmocka_unit_test(test_a_missing_directory_is_named_with_its_key),
	    cmocka_unit_test(test_only_our_sockets_are_removed),
	    cmocka_unit_test(test_fabric_interfaces),
	    cmocka_unit_test(test_fabric_providers),
	};

	return cmocka_run_group_tests_name("start_check", tests, set_up, tear_down);
}
