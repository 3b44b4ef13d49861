/* Network interfaces: class, state, NUMA node, addresses. */
#include <arpa/inet.h>

#include "fixture.h"

static struct sockaddr_in addrs[3];
static struct sockaddr    other = {.sa_family = AF_INET6};
static struct ifaddrs     list[5];

static int
fake_ifaddrs(struct ifaddrs **ret)
{
	static char *const       names[] = {(char *)"eth0:1", (char *)"eth0", (char *)"lo",
					    (char *)"eth0", (char *)"gone"};
	static const char *const texts[] = {"10.0.0.9", "10.0.0.5", "127.0.0.1"};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		list[i] =
		    (struct ifaddrs){.ifa_name = names[i],
				     .ifa_next = i + 1 < ARRAY_SIZE(list) ? &list[i + 1] : NULL};
		if (i < ARRAY_SIZE(texts)) {
			addrs[i].sin_family = AF_INET;
			assert_int_equal(inet_pton(AF_INET, texts[i], &addrs[i].sin_addr), 1);
			list[i].ifa_addr = (struct sockaddr *)&addrs[i];
		}
	}
	list[3].ifa_addr = &other;
	*ret             = list;
	return 0;
}

static void
netif(struct machine *m, const char *name, const char *type, const char *state, const char *flags,
      const char *node)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/type", name);
	machine_file(m, path, type);
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", name);
	machine_file(m, path, state);
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/flags", name);
	machine_file(m, path, flags);
	if (node) {
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s/device/numa_node", name);
		machine_file(m, path, node);
	}
}

static void
interfaces_are_described(void **state)
{
	struct machine         m;
	struct hw_netifs       n;
	const struct hw_netif *nif;
	struct in_addr         addr;
	static const struct {
		const char       *name;
		enum hw_net_class net_class;
		bool              up;
		uint32_t          node;
		size_t            n_addrs;
	} want[] = {
	    {"eth0", HW_NET_CLASS_ETHERNET, true, 1, 2},
	    {"ib0", HW_NET_CLASS_INFINIBAND, false, 0, 0},
	    {"lo", HW_NET_CLASS_LOOPBACK, true, 0, 1},
	    {"tun0", HW_NET_CLASS_UNKNOWN, false, 0, 0},
	};

	machine_init(&m);
	m.env.get_ifaddrs = fake_ifaddrs;
	netif(&m, "eth0", "1\n", "up\n", "0x1003\n", "1\n");
	netif(&m, "ib0", "32\n", "down\n", "0x1003\n", "-1\n");
	netif(&m, "lo", "772\n", "unknown\n", "0x9\n", NULL);
	netif(&m, "tun0", "65534\n", "unknown\n", "0x8\n", NULL);
	machine_file(&m, "/sys/class/net/bonding_masters", "");
	assert_int_equal(hw_netifs_read(&m.env, &n), 0);
	assert_int_equal(n.v.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		nif = hw_netifs_find(&n, want[i].name);
		assert_ptr_equal(nif, &n.v.v[i]);
		assert_int_equal(nif->net_class, want[i].net_class);
		assert_int_equal(nif->up, want[i].up);
		assert_int_equal(nif->numa_node, want[i].node);
		assert_int_equal(nif->n_addrs, want[i].n_addrs);
	}
	assert_int_equal(inet_pton(AF_INET, "10.0.0.5", &addr), 1);
	assert_int_equal(n.v.v[0].addrs[0].s_addr, addr.s_addr);
	assert_ptr_equal(hw_netifs_find_addr(&n, addr), &n.v.v[0]);
	assert_int_equal(inet_pton(AF_INET, "10.0.0.6", &addr), 1);
	assert_null(hw_netifs_find_addr(&n, addr));
	assert_null(hw_netifs_find(&n, "eth1"));
	assert_string_equal(hw_net_class_name(HW_NET_CLASS_INFINIBAND), "INFINIBAND");
	hw_netifs_fini(&n);
	machine_fini(&m);
}

static void
loopback_of_this_machine_is_there(void **state)
{
	struct hw_netifs       n;
	struct in_addr         addr = {.s_addr = htonl(INADDR_LOOPBACK)};
	const struct hw_netif *nif;

	assert_int_equal(hw_netifs_read(NULL, &n), 0);
	nif = hw_netifs_find_addr(&n, addr);
	assert_non_null(nif);
	assert_int_equal(nif->net_class, HW_NET_CLASS_LOOPBACK);
	assert_true(nif->up);
	hw_netifs_fini(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interfaces_are_described),
	    cmocka_unit_test(loopback_of_this_machine_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
