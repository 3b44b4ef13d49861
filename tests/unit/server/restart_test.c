/* When an engine that ended itself is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/server_private.h"

static void
test_decisions(void **state)
{
	static const struct {
		const char              *name;
		bool                     restarted;
		uint64_t                 since_ms;
		bool                     waiting;
		enum srv_restart_verdict verdict;
		uint64_t                 wait_ms;
	} rows[] = {
	    {"first time", false, 5, false, SRV_RESTART_NOW, 0},
	    {"again at once", true, 0, false, SRV_RESTART_LATER, 300000},
	    {"again within the window", true, 299999, false, SRV_RESTART_LATER, 1},
	    {"one waits already", true, 1000, true, SRV_RESTART_DROP, 0},
	    {"after the window", true, 300000, false, SRV_RESTART_NOW, 0},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		uint64_t wait_ms = 0;

		if (srv_restart_decide(rows[k].restarted, rows[k].since_ms, 300000, rows[k].waiting,
				       &wait_ms) != rows[k].verdict ||
		    wait_ms != rows[k].wait_ms)
			fail_msg("%s", rows[k].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
