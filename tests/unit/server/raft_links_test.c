#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "server/server_private.h"

static void
who_may_open_a_link(void **state)
{
	static const struct {
		const char *name, *id_of, *address, *peer_ip;
		bool        ok;
	} rows[] = {
	    {"another replica", "10.0.0.2:10001", "10.0.0.2:10001", "10.0.0.2", true},
	    {"from another replica's address", "10.0.0.2:10001", "10.0.0.2:10001", "10.0.0.3",
	     true},
	    {"from this machine", "10.0.0.2:10001", "10.0.0.2:10001", "10.0.0.1", true},
	    {"from elsewhere", "10.0.0.2:10001", "10.0.0.2:10001", "10.0.0.20", false},
	    {"from part of an address", "10.0.0.2:10001", "10.0.0.2:10001", "10.0.0.", false},
	    {"no replica", "10.0.0.4:10001", "10.0.0.4:10001", "10.0.0.2", false},
	    {"another port", "10.0.0.2:10002", "10.0.0.2:10002", "10.0.0.2", false},
	    {"this server", "10.0.0.1:10001", "10.0.0.1:10001", "10.0.0.1", false},
	    {"id of another address", "10.0.0.3:10001", "10.0.0.2:10001", "10.0.0.2", false},
	    {"no address", "10.0.0.2:10001", "", "10.0.0.2", false},
	};
	char  first[] = "10.0.0.1:10001", second[] = "10.0.0.2:10001", third[] = "10.0.0.3:10001";
	char *list[]         = {first, second, third};
	struct hw_netif  eth = {.name = "eth0", .up = true, .n_addrs = 1};
	struct hw_netifs ifs = {.v = {.v = &eth, .n = 1}};
	struct srv_net   net = {.replica_addr = "10.0.0.1:10001", .is_replica = true};

	eth.addrs[0].s_addr = inet_addr("10.0.0.1");
	net.replicas.v      = list;
	net.replicas.n      = 3;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (srv_raft_peer_ok(&net, &ifs, rep_id(rows[k].id_of), rows[k].address,
				     rows[k].peer_ip) != rows[k].ok)
			fail_msg("%s", rows[k].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_may_open_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
