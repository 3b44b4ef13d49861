/* Events to the system log: a socket in the daemon's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/syslog.h"

static void
priorities(void **state)
{
	assert_int_equal(srv_syslog_priority(SRV_SEV_ERROR), 27);
	assert_int_equal(srv_syslog_priority(SRV_SEV_WARNING), 28);
	assert_int_equal(srv_syslog_priority(SRV_SEV_NOTICE), 29);
	assert_int_equal(srv_syslog_priority(SRV_SEV_UNKNOWN), 29);
	assert_int_equal(srv_syslog_priority(99), 29);
}

static void
messages(void **state)
{
	char               dir[]     = "/tmp/syslog_test_XXXXXX";
	struct sockaddr_un at        = {.sun_family = AF_UNIX};
	char               got[1024] = "", pid[32];
	int                daemon, fd, r;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/log", dir);
	assert_int_equal(srv_syslog_open(at.sun_path), -ENOENT);
	daemon = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(daemon, (const struct sockaddr *)&at, sizeof(at)), 0);
	fd = srv_syslog_open(at.sun_path);
	assert_true(fd >= 0);

	assert_int_equal(srv_syslog_send(fd, SRV_SEV_ERROR, "id: [engine_died] 100%s"), 0);
	assert_true(recv(daemon, got, sizeof(got) - 1, 0) > 0);
	assert_true(strncmp(got, "<27>", 4) == 0);
	(void)snprintf(pid, sizeof(pid), " daos_server[%d]: ", (int)getpid());
	assert_non_null(strstr(got, pid));
	assert_string_equal(strstr(got, "id: "), "id: [engine_died] 100%s");

	/* One that does not read is not waited for. */
	do {
		r = srv_syslog_send(fd, SRV_SEV_NOTICE, "more");
	} while (r == 0);
	assert_int_equal(r, -EAGAIN);
	/* One that has gone is noticed. */
	close(daemon);
	assert_true(srv_syslog_send(fd, SRV_SEV_NOTICE, "more") < 0);
	close(fd);
	unlink(at.sun_path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(priorities),
	    cmocka_unit_test(messages),
	};

	return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
