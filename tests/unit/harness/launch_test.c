/* Command line and environment of an engine: one row a configuration. */
#include "harness/launch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"
#include "config/config.h"

/* An engine whose last list is left open for a row's own lines. */
#define HEAD                                                                                       \
	"name: sys1\nprovider: ofi+tcp\nsocket_dir: /run/ds\nengines:\n- targets: 4\n"             \
	"  fabric_iface: eth0\n  fabric_iface_port: 31316\n"
#define RAM "  storage:\n  - class: ram\n    scm_mount: /mnt/d0\n"
#define AIO RAM "  - class: file\n    bdev_list: [/var/aio0]\n    bdev_size: 16\n"

static struct cfg_server *
load(const char *text)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct cfg_server  *cfg      = NULL;
	int                 r = cfg_server_load_text("test", text, strlen(text), &cfg, &problems);

	if (r == 0)
		r = cfg_server_validate(cfg, &problems);
	if (r < 0)
		fail_msg("%s", cfg_problems_first_error(&problems)->fault.description);
	cfg_problems_fini(&problems);
	return cfg;
}

static char *
join(const struct har_list *l)
{
	struct strbuf b = STRBUF_INIT;

	vec_foreach (&l->items, s)
		strbuf_addf(&b, "%s%s", b.len == 0 ? "" : " ", *s);
	return strbuf_take(&b);
}

static void
test_command_line(void **state)
{
	static const struct {
		const char *name, *config;
		unsigned    idx;
		const char *nvme_conf;
		uint64_t    mem, huge;
		bool        check;
		const char *args;
	} rows[] = {
	    {"smallest", HEAD RAM, 0, NULL, 0, 0, false,
	     "/bin/e -t 4 -x 0 -g sys1 -d /run/ds -T 1 -I 0 -r 0 -H 0 -s /mnt/d0"},
	    {"block devices", HEAD AIO, 1, "/mnt/d0/daos_nvme.conf", 4096, 2, false,
	     "/bin/e -t 4 -x 0 -g sys1 -d /run/ds -T 2 -n /mnt/d0/daos_nvme.conf -I 1 -r 4096 -H 2 "
	     "-s /mnt/d0"},
	    {"helpers, first core, health check off",
	     HEAD "  nr_xs_helpers: 2\n  first_core: 1\n  bypass_health_chk: true\n" RAM, 0, NULL,
	     0, 0, false,
	     "/bin/e -t 4 -x 2 -f 1 -g sys1 -d /run/ds -T 1 -b -I 0 -r 0 -H 0 -s /mnt/d0"},
	    {"first core 0 is given", HEAD "  first_core: 0\n" RAM, 0, NULL, 0, 0, false,
	     "/bin/e -t 4 -x 0 -f 0 -g sys1 -d /run/ds -T 1 -I 0 -r 0 -H 0 -s /mnt/d0"},
	    {"NUMA node 0 is given", HEAD "  pinned_numa_node: 0\n" RAM, 0, NULL, 0, 0, false,
	     "/bin/e -t 4 -x 0 -g sys1 -d /run/ds -T 1 -p 0 -I 0 -r 0 -H 0 -s /mnt/d0"},
	    {"checker mode", HEAD RAM, 0, NULL, 0, 0, true,
	     "/bin/e -t 4 -x 0 -g sys1 -d /run/ds -T 1 -I 0 -r 0 -H 0 -C -s /mnt/d0"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_server *cfg  = load(rows[k].config);
		struct har_list    args = {0};
		struct har_launch  l    = {.server       = cfg,
					   .engine       = &cfg->engines[0],
					   .idx          = rows[k].idx,
					   .binary       = "/bin/e",
					   .nvme_conf    = rows[k].nvme_conf,
					   .mem_size_mib = rows[k].mem,
					   .hugepage_mib = rows[k].huge,
					   .check_mode   = rows[k].check};
		char              *text;

		assert_int_equal(har_launch_args(&l, &args), 0);
		text = join(&args);
		if (strcmp(text, rows[k].args) != 0)
			fail_msg("%s:\n  want %s\n  got  %s", rows[k].name, rows[k].args, text);
		assert_null(args.items.v[args.items.n]);
		free(text);
		har_list_fini(&args);
		cfg = cfg_server_free(cfg);
	}
}

static const char *
value_of(const struct har_list *env, const char *name)
{
	const char *found = NULL;

	vec_foreach (&env->items, s) {
		if (!str_starts(*s, name) || (*s)[strlen(name)] != '=')
			continue;
		assert_null(found); /* no name twice */
		found = *s + strlen(name) + 1;
	}
	return found;
}

static void
test_environment(void **state)
{
	static const char *const inherited[] = {"PATH=/bin", "HOME=/root", "PASSED=yes", "D_PORT=1",
						NULL};
	static const struct {
		const char *name, *config, *variable, *value; /* NULL: absent */
	} rows[] = {
	    {"nothing is inherited", HEAD RAM, "PATH", NULL},
	    {"unless it is passed through", HEAD "  env_pass_through: [PASSED, D_PORT]\n" RAM,
	     "PASSED", "yes"},
	    {"derived wins over passed", HEAD "  env_pass_through: [PASSED, D_PORT]\n" RAM,
	     "D_PORT", "31316"},
	    {"env_vars wins over passed",
	     HEAD "  env_pass_through: [PASSED]\n  env_vars: [PASSED=mine]\n" RAM, "PASSED",
	     "mine"},
	    {"verbatim", HEAD "  env_vars: [DAOS_MD_CAP=256]\n" RAM, "DAOS_MD_CAP", "256"},
	    {"empty values are dropped", HEAD "  env_vars: [EMPTY=]\n" RAM, "EMPTY", NULL},
	    {"provider", HEAD RAM, "D_PROVIDER", "ofi+tcp"},
	    {"interface", HEAD RAM, "D_INTERFACE", "eth0"},
	    {"port", HEAD RAM, "D_PORT", "31316"},
	    {"timeout is always there", HEAD RAM, "CRT_TIMEOUT", "0"},
	    {"timeout", HEAD "  crt_timeout: 60\n" RAM, "CRT_TIMEOUT", "60"},
	    {"shared receive queue", HEAD RAM, "FI_OFI_RXM_USE_SRX", "1"},
	    {"no shared receive queue", HEAD "  disable_srx: true\n" RAM, "FI_OFI_RXM_USE_SRX",
	     "0"},
	    {"which overrides env_vars",
	     HEAD "  disable_srx: true\n  env_vars: [FI_OFI_RXM_USE_SRX=1]\n" RAM,
	     "FI_OFI_RXM_USE_SRX", "0"},
	    {"auth key", HEAD "  fabric_auth_key: k:1\n" RAM, "D_PROVIDER_AUTH_KEY", "k:1"},
	    {"no auth key", HEAD RAM, "D_PROVIDER_AUTH_KEY", NULL},
	    {"log file", HEAD "  log_file: /tmp/e.log\n" RAM, "D_LOG_FILE", "/tmp/e.log"},
	    {"no log mask", HEAD RAM, "D_LOG_MASK", NULL},
	    {"log mask", HEAD "  log_mask: INFO\n" RAM, "D_LOG_MASK", "INFO"},
	    {"subsystems are merged",
	     HEAD "  log_mask: DEBUG\n  env_vars: [\"DD_SUBSYS=misc,rpc\"]\n" RAM, "D_LOG_MASK",
	     "ERR,misc=DBUG,rpc=DBUG"},
	    {"and then dropped",
	     HEAD "  log_mask: DEBUG\n  env_vars: [\"DD_SUBSYS=misc,rpc\"]\n" RAM, "DD_SUBSYS",
	     NULL},
	    {"no block devices", HEAD RAM, "VOS_BDEV_CLASS", NULL},
	    {"emulated devices", HEAD AIO, "VOS_BDEV_CLASS", "AIO"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct cfg_server *cfg = load(rows[k].config);
		struct har_list    env = {0};
		struct har_launch  l   = {
		       .server = cfg, .engine = &cfg->engines[0], .binary = "/bin/e"};
		struct fault f = FAULT_INIT;
		const char  *got;

		assert_int_equal(har_launch_env(&l, inherited, &env, &f), 0);
		got = value_of(&env, rows[k].variable);
		if (!str_eq(got == NULL ? "(none)" : got,
			    rows[k].value == NULL ? "(none)" : rows[k].value))
			fail_msg("%s: %s=%s", rows[k].name, rows[k].variable,
				 got == NULL ? "(none)" : got);
		har_list_fini(&env);
		cfg = cfg_server_free(cfg);
	}
}

static void
make_file(const char *dir, const char *name, mode_t mode)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fs_write_atomic(path, "x", 1, 0600), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
test_program_is_configured_then_beside_then_on_the_path(void **state)
{
	char               dir[] = "/tmp/launch_test.XXXXXX";
	char               server[128], other[128], search[300], want[160];
	struct cfg_server *cfg   = load(HEAD RAM);
	struct fault       f     = FAULT_INIT;
	char              *found = NULL;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(server, sizeof(server), "%s/daos_server", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	(void)snprintf(search, sizeof(search), "/nonexistent::%s", other);
	assert_int_equal(mkdir(other, 0700), 0);

	assert_int_equal(har_launch_find_binary(cfg, &cfg->engines[0], server, search, &found, &f),
			 -ENOENT);
	assert_true(fault_has_resolution(&f));
	make_file(other, "daos_engine", 0700);
	assert_int_equal(har_launch_find_binary(cfg, &cfg->engines[0], server, search, &found, &f),
			 0);
	(void)snprintf(want, sizeof(want), "%s/daos_engine", other);
	assert_string_equal(found, want);
	free(found);
	make_file(dir, "daos_engine", 0600);
	assert_int_equal(har_launch_find_binary(cfg, &cfg->engines[0], server, search, &found, &f),
			 -EACCES);
	make_file(dir, "daos_engine", 0700);
	assert_int_equal(har_launch_find_binary(cfg, &cfg->engines[0], server, search, &found, &f),
			 0);
	(void)snprintf(want, sizeof(want), "%s/daos_engine", dir);
	assert_string_equal(found, want);
	free(found);
	cfg->engine_path = strdup("/nonexistent/engine");
	assert_int_equal(har_launch_find_binary(cfg, &cfg->engines[0], server, search, &found, &f),
			 -ENOENT);
	assert_non_null(strstr(f.description, "engine_path"));
	cfg = cfg_server_free(cfg);
	assert_int_equal(fs_remove_tree(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_command_line),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_program_is_configured_then_beside_then_on_the_path),
	};

	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
