/* Who this server is on the network, and what the host adds to its configuration. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "server/server_private.h"

static struct hw_netif interfaces[] = {
    {.name = "eth0", .net_class = HW_NET_CLASS_ETHERNET, .up = true, .n_addrs = 2},
    {.name = "eth1", .net_class = HW_NET_CLASS_ETHERNET, .up = false, .n_addrs = 1},
    {.name = "eth2", .net_class = HW_NET_CLASS_ETHERNET, .up = true, .n_addrs = 0},
    {.name = "lo", .net_class = HW_NET_CLASS_LOOPBACK, .up = true, .n_addrs = 1},
};
static const struct hw_netifs ifs = {.v = {.v = interfaces, .n = ARRAY_SIZE(interfaces)}};

static int
set_addresses(void **state)
{
	interfaces[0].addrs[0].s_addr = inet_addr("10.0.0.1");
	interfaces[0].addrs[1].s_addr = inet_addr("10.0.0.10");
	interfaces[1].addrs[0].s_addr = inet_addr("10.0.1.1");
	interfaces[3].addrs[0].s_addr = inet_addr("127.0.0.1");
	return 0;
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *name, *replicas, *control_iface;
		int         r;
		const char *control, *replica, *bind; /* or, on failure, the text in `control` */
		bool        is_replica, is_bootstrap;
		const char *control_addr;
	} rows[] = {
	    {"first replica", "10.0.0.1:10001,10.0.0.2:10001,10.0.0.3:10001", NULL, 0,
	     "10.0.0.1:10001", "10.0.0.1:10001", "0.0.0.0", true, true},
	    {"later replica", "10.0.0.2:10001,10.0.0.1:10001,10.0.0.3:10001", NULL, 0,
	     "10.0.0.1:10001", "10.0.0.1:10001", "0.0.0.0", true, false},
	    {"the port of the entry is the replica's, ours is the control port", "10.0.0.1:10002",
	     NULL, 0, "10.0.0.1:10001", "10.0.0.1:10002", "0.0.0.0", true, true},
	    {"no replica", "10.0.0.2:10001", NULL, 0, "0.0.0.0:10001", "", "0.0.0.0", false, false},
	    {"loopback", "127.0.0.1:10001", NULL, 0, "127.0.0.1:10001", "127.0.0.1:10001",
	     "0.0.0.0", true, true},
	    {"control interface", "10.0.0.2:10001", "eth0", 0, "10.0.0.1:10001", "", "10.0.0.1",
	     false, false},
	    {"control interface of a replica", "10.0.0.1:10001", "eth0", 0, "10.0.0.1:10001",
	     "10.0.0.1:10001", "10.0.0.1", true, true},
	    {"control interface with another address", "10.0.0.10:10001", "eth0", -EINVAL,
	     "code = 740", "", "", false, false},
	    {"unknown control interface", "10.0.0.1:10001", "eth9", -EINVAL, "code = 739", "", "",
	     false, false},
	    {"control interface down", "10.0.0.1:10001", "eth1", -EINVAL, "it is down", "", "",
	     false, false},
	    {"control interface without address", "10.0.0.1:10001", "eth2", -EINVAL,
	     "no IPv4 address", "", "", false, false},
	    {"control address", "127.0.0.2:10001,127.0.0.3:10001,127.0.0.4:10001", NULL, 0,
	     "127.0.0.3:10001", "127.0.0.3:10001", "127.0.0.3", true, false, "127.0.0.3"},
	    {"control address of no replica", "127.0.0.1:10001", NULL, 0, "127.0.0.3:10001", "",
	     "127.0.0.3", false, false, "127.0.0.3"},
	    {"control address of another server", "127.0.0.3:10002", NULL, 0, "127.0.0.3:10001", "",
	     "127.0.0.3", false, false, "127.0.0.3"},
	    {"name that does not resolve", "no-such-host.invalid:10001", NULL, -EINVAL,
	     "unable to create database config: unable to retrieve replicas from config: "
	     "serverconfig: code = 705",
	     "", "", false, false},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_server cfg  = {.port          = 10001,
					  .control_iface = (char *)(uintptr_t)rows[k].control_iface,
					  .control_addr  = (char *)(uintptr_t)rows[k].control_addr};
		struct srv_net    net  = {0};
		struct fault      f    = FAULT_INIT;
		char             *list = strdup(rows[k].replicas);
		char             *save = NULL;
		char              text[1400];

		for (char *p = strtok_r(list, ",", &save); p != NULL;
		     p       = strtok_r(NULL, ",", &save))
                        assert_int_equal(cfg_list_add(&cfg.mgmt_svc_replicas, p), 0);
		if (srv_net_init(&net, &cfg, &ifs, &f) != rows[k].r)
			fail_msg("%s: %s", rows[k].name, f.description);
		if (rows[k].r < 0) {
			(void)fault_format(&f, text, sizeof(text));
			if (strstr(text, rows[k].control) == NULL)
				fail_msg("%s: %s", rows[k].name, text);
		} else {
			if (!str_eq(net.control_addr, rows[k].control) ||
			    !str_eq(net.replica_addr, rows[k].replica) ||
			    !str_eq(net.bind_ip, rows[k].bind) ||
			    net.is_replica != rows[k].is_replica ||
			    net.is_bootstrap != rows[k].is_bootstrap)
				fail_msg("%s: %s %s %s", rows[k].name, net.control_addr,
					 net.replica_addr, net.bind_ip);
		}
		srv_net_fini(&net);
		cfg_list_fini(&cfg.mgmt_svc_replicas);
		free(list);
	}
}

static struct cfg_server *
load(const char *text)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;

	if (cfg_server_load_text("test", text, strlen(text), &cfg, &problems) < 0)
		fail_msg("%s", cfg_problems_first_error(&problems)->fault.description);
	cfg_problems_fini(&problems);
	return cfg;
}

#define ENGINE                                                                                     \
	"provider: ofi+tcp\ndisable_hugepages: true\nengines:\n- targets: 1\n  fabric_iface: "     \
	"eth0\n"                                                                                   \
	"  fabric_iface_port: 31416\n  storage:\n  - class: dir\n    scm_mount: /mnt/x\n"

static void
test_the_fabric_domain_is_added_unless_given(void **state)
{
	static const struct {
		const char *config, *domain;
	} rows[] = {
	    {ENGINE, "eth0"},
	    {ENGINE "  env_vars: [D_DOMAIN=mine]\n", "mine"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_server *cfg = load(rows[k].config);
		struct fault       f   = FAULT_INIT;

		if (srv_prepare_config(cfg, &ifs, &f) < 0)
			fail_msg("%s", f.description);
		assert_string_equal(cfg_env_get(&cfg->engines[0].env_vars, "D_DOMAIN"),
				    rows[k].domain);
		cfg = cfg_server_free(cfg);
	}
}

static void
test_a_broken_rule_is_told_with_its_resolution(void **state)
{
	struct cfg_server *cfg =
	    load("provider: ofi+tcp\nengines:\n- targets: 0\n  fabric_iface: eth0\n"
		 "  fabric_iface_port: 31416\n  storage:\n  - class: dir\n    scm_mount: /mnt/x\n");
	struct fault f = FAULT_INIT;

	assert_int_equal(srv_prepare_config(cfg, &ifs, &f), -EINVAL);
	assert_non_null(strstr(f.description, "validation failed"));
	assert_non_null(strstr(f.description, "code = 701"));
	assert_true(fault_has_resolution(&f));
	cfg = cfg_server_free(cfg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_the_fabric_domain_is_added_unless_given),
	    cmocka_unit_test(test_a_broken_rule_is_told_with_its_resolution),
	};

	log_set_level(LOG_LEVEL_DISABLED);
	return cmocka_run_group_tests_name("prepare", tests, set_addresses, NULL);
}
