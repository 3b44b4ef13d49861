/* daos_nvme.conf: golden contents, and the strict reader accepting exactly what the writer makes.
 */
#include <jansson.h>

#include "fixture.h"

static char       *file_device[]  = {(char *)"/var/daos/aio0"};
static char       *nvme_devices[] = {(char *)"0000:81:00.0", (char *)"0000:82:00.0"};
static const char *golden_aio =
    "{\n  \"daos_data\": {\n    \"config\": [\n      {\n        \"params\": {\n          "
    "\"begin\": 0,\n"
    "          \"end\": 0\n        },\n        \"method\": \"hotplug_busid_range\"\n      }\n    "
    "]\n  },\n"
    "  \"subsystems\": [\n    {\n      \"subsystem\": \"bdev\",\n      \"config\": [\n        {\n"
    "          \"params\": {\n            \"bdev_io_pool_size\": 65536,\n"
    "            \"bdev_io_cache_size\": 256\n          },\n          \"method\": "
    "\"bdev_set_options\"\n"
    "        },\n        {\n          \"params\": {\n            \"transport_retry_count\": 4,\n"
    "            \"timeout_us\": 0,\n            \"nvme_adminq_poll_period_us\": 100000,\n"
    "            \"action_on_timeout\": \"none\",\n            \"nvme_ioq_poll_period_us\": 0\n"
    "          },\n          \"method\": \"bdev_nvme_set_options\"\n        },\n        {\n"
    "          \"params\": {\n            \"block_size\": 4096,\n"
    "            \"name\": \"AIO_host1_0_1_0\",\n            \"filename\": \"/var/daos/aio0\"\n"
    "          },\n          \"method\": \"bdev_aio_create\"\n        },\n        {\n"
    "          \"params\": {\n            \"enable\": true,\n            \"period_us\": 5000000\n"
    "          },\n          \"method\": \"bdev_nvme_set_hotplug\"\n        }\n      ]\n    }\n  "
    "]\n}";

static void
one_file_device_is_1102_bytes(void **state)
{
	struct stor_conf_params p = {.hostname = "host1", .hotplug = true};
	struct stor_tier        t = {
		   .class = STOR_CLASS_FILE, .number = 1, .devices = file_device, .n_devices = 1};
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(stor_nvme_conf_print(&p, &t, 1, &text, NULL), 0);
	assert_string_equal(text, golden_aio);
	assert_int_equal(strlen(text), 1102);
	assert_int_equal(stor_nvme_conf_check(text, strlen(text), NULL), 0);
}

static void
all_entries_come_in_order(void **state)
{
	struct stor_conf_params p       = {.hostname      = "h",
					   .hotplug       = true,
					   .bus_end       = 0xff,
					   .vmd           = true,
					   .accel_engine  = (char *)"spdk",
					   .accel_opts    = 3,
					   .rpc_enable    = true,
					   .rpc_sock_addr = (char *)"/tmp/spdk.sock",
					   .auto_faulty   = true,
					   .max_io_errs   = 10,
					   .max_csum_errs = 4294967295U,
					   .iobuf_small   = 16384};
	struct stor_tier        t[]     = {{.class     = STOR_CLASS_NVME,
					    .number    = 1,
					    .role_bits = 7,
					    .devices   = nvme_devices,
					    .n_devices = 2}};
	const char             *order[] = {"\"accel_props\"",
					   "\"spdk_rpc_srv\"",
					   "\"auto_faulty\"",
					   "\"hotplug_busid_range\"",
					   "\"bdev_set_options\"",
					   "\"Nvme_h_0_1_7\"",
					   "\"0000:81:00.0\"",
					   "\"Nvme_h_1_1_7\"",
					   "\"bdev_nvme_set_hotplug\"",
					   "\"subsystem\": \"vmd\"",
					   "\"params\": {},\n          \"method\": \"vmd_enable\"",
					   "\"subsystem\": \"iobuf\"",
					   "\"small_pool_count\": 16384\n"};
	_cleanup_(freep) char  *text    = NULL;
	const char             *at;

	assert_int_equal(stor_nvme_conf_print(&p, t, 1, &text, NULL), 0);
	at = text;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		at = strstr(at, order[i]);
		if (at == NULL)
			fail_msg("%s is missing or out of order in\n%s", order[i], text);
	}
	assert_null(strstr(text, "large_pool_count"));
	assert_int_equal(stor_nvme_conf_check(text, strlen(text), NULL), 0);
}

static void
without_hotplug_the_list_is_empty(void **state)
{
	struct stor_conf_params p = {.hostname = "h"};
	struct stor_tier        t = {
		   .class = STOR_CLASS_KDEV, .number = 1, .devices = file_device, .n_devices = 1};
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(stor_nvme_conf_print(&p, &t, 1, &text, NULL), 0);
	assert_non_null(strstr(text, "    \"config\": []\n"));
	assert_non_null(strstr(text, "\"enable\": false,\n            \"period_us\": 0\n"));
	assert_non_null(strstr(text, "\"block_size\": 0,"));
}

static void
special_characters_are_escaped(void **state)
{
	char                   *dev[] = {(char *)"/a&<b>\"c"};
	struct stor_conf_params p     = {.hostname = "h"};
	struct stor_tier        t     = {
		       .class = STOR_CLASS_FILE, .number = 1, .devices = dev, .n_devices = 1};
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(stor_nvme_conf_print(&p, &t, 1, &text, NULL), 0);
	assert_non_null(strstr(text, "\"/a\\u0026\\u003cb\\u003e\\\"c\""));
	dev[0] = (char *)"/bad\xff";
	free(TAKE_PTR(text));
	assert_int_equal(stor_nvme_conf_print(&p, &t, 1, &text, NULL), -EINVAL);
}

static void
reader_refuses_what_it_does_not_know(void **state)
{
#define HEAD "{\"daos_data\":{\"config\":["
#define MID  "]},\"subsystems\":[{\"subsystem\":\"bdev\",\"config\":["
#define TAIL "]}]}"
	static const struct {
		const char *text;
		int         want;
		const char *says;
	} rows[] = {
	    {HEAD MID TAIL, 0, NULL},
	    {"", -EINVAL, "line"},
	    {HEAD MID "]}]", -EINVAL, "line"},
	    {"[]", -EINVAL, "not an object"},
	    {"{\"daos_data\":{\"config\":[]},\"subsystems\":[],\"more\":1}", -EINVAL, "more"},
	    {"{\"subsystems\":[]}", -EINVAL, "not an object"},
	    {HEAD "{\"method\":\"nonsense\",\"params\":{}}" MID TAIL, -EINVAL, "nonsense"},
	    {HEAD "{\"method\":\"auto_faulty\",\"params\":{\"x\":1}}" MID TAIL, -EINVAL, "\"x\""},
	    {HEAD "{\"method\":\"auto_faulty\"}" MID TAIL, -EINVAL, "auto_faulty"},
	    {HEAD "{\"method\":\"hotplug_busid_range\",\"params\":{\"begin\":256}}" MID TAIL,
	     -EINVAL, "begin"},
	    {HEAD MID "{\"method\":\"bdev_aio_create\",\"params\":{\"block_size\":-1}}" TAIL,
	     -EINVAL, "block_size"},
	    {HEAD MID "{\"method\":\"bdev_aio_create\",\"params\":{\"name\":7}}" TAIL, -EINVAL,
	     "name"},
	    {HEAD MID "{\"method\":\"vmd_enable\",\"params\":{\"a\":1}}" TAIL, -EINVAL, "\"a\""},
	    {HEAD MID "{\"method\":\"vmd_enable\",\"params\":{},\"id\":1}" TAIL, -EINVAL, "id"},
	    {HEAD MID "{\"method\":\"iobuf_set_options\",\"params\":{\"small_pool_count\":1}}" TAIL,
	     0, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault f = FAULT_INIT;

		print_message("row %zu\n", i);
		assert_int_equal(stor_nvme_conf_check(rows[i].text, strlen(rows[i].text), &f),
				 rows[i].want);
		if (rows[i].want == 0)
			continue;
		assert_int_equal(f.code, FAULT_SPDK_INVALID_CONFIGURATION);
		assert_non_null(strstr(f.description, rows[i].says));
	}
}

/* ---- memory ---- */

static unsigned allocs, fail_at;

static void *
counting_malloc(size_t size)
{
	return ++allocs == fail_at ? NULL : malloc(size);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	struct stor_conf_params p = {
	    .hostname = "h", .hotplug = true, .vmd = true, .iobuf_large = 1};
	struct stor_tier t = {
	    .class = STOR_CLASS_NVME, .number = 1, .devices = nvme_devices, .n_devices = 2};
	char                  *text = NULL;
	unsigned               total;
	_cleanup_(freep) char *want = NULL;

	json_set_alloc_funcs(counting_malloc, free);
	allocs = fail_at = 0;
	assert_int_equal(stor_nvme_conf_print(&p, &t, 1, &text, NULL), 0);
	want  = TAKE_PTR(text);
	total = allocs;
	assert_true(total > 50);
	for (unsigned at = 1; at <= total; at++) {
		allocs  = 0;
		fail_at = at;
		if (stor_nvme_conf_print(&p, &t, 1, &text, NULL) == 0) {
			assert_string_equal(text, want); /* it could do without */
			free(TAKE_PTR(text));
		}
		assert_null(text);
	}
	json_set_alloc_funcs(malloc, free);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_file_device_is_1102_bytes),
	    cmocka_unit_test(all_entries_come_in_order),
	    cmocka_unit_test(without_hotplug_the_list_is_empty),
	    cmocka_unit_test(special_characters_are_escaped),
	    cmocka_unit_test(reader_refuses_what_it_does_not_know),
	    cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
