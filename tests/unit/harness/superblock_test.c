/* Superblock: exact bytes, strict reading, what is refused and how, files. */
#include "harness/superblock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "common/fs.h"

#define UUID_TEXT "74085d3a-1ff7-4a6f-86d8-80261078ef20"
#define GOOD                                                                                       \
	"version: 1\nuuid: " UUID_TEXT "\nsystem: daos_server\nrank: 0\n"                          \
	"uri: ofi+tcp://192.0.2.2:31316\nvalidrank: true\nhostfaultdomain: /host1\n"               \
	"incarnation: 2973966946272280576\n"

static struct har_superblock
sample(void)
{
	struct har_superblock sb;

	har_superblock_init(&sb, "daos_server", "/host1");
	assert_int_equal(uuid_from_text(UUID_TEXT, &sb.uuid), 0);
	return sb;
}

static void
test_the_three_writes_have_upstreams_sizes(void **state)
{
	struct har_superblock sb = sample();
	struct strbuf         b  = STRBUF_INIT;

	har_superblock_format(&sb, &b);
	assert_string_equal(strbuf_str(&b), "version: 1\nuuid: " UUID_TEXT "\nsystem: daos_server\n"
					    "rank: null\nuri: \"\"\nvalidrank: false\n"
					    "hostfaultdomain: /host1\nincarnation: 0\n");
	assert_int_equal(b.len, 149);
	strbuf_reset(&b);
	sb.incarnation = 2973966946272280576;
	har_superblock_format(&sb, &b);
	assert_int_equal(b.len, 167);
	strbuf_reset(&b);
	sb.has_rank = sb.valid_rank = true;
	sb.rank                     = 0;
	strcpy(sb.uri, "ofi+tcp://192.0.2.2:31316");
	har_superblock_format(&sb, &b);
	assert_string_equal(strbuf_str(&b), GOOD);
	assert_int_equal(b.len, 186);
	strbuf_fini(&b);
}

static void
test_values_that_yaml_would_misread_are_quoted(void **state)
{
	static const struct {
		const char *name, *line;
	} rows[] = {
	    {"daos_server", "system: daos_server\n"},
	    {"12345", "system: \"12345\"\n"},
	    {"true", "system: \"true\"\n"},
	    {"face", "system: face\n"},
	    {"a b", "system: \"a b\"\n"},
	    {"q\"x", "system: \"q\\\"x\"\n"},
	    {"0x1f", "system: \"0x1f\"\n"},
	    {"", "system: daos_engine\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct har_superblock sb, back;
		struct strbuf         b = STRBUF_INIT;

		har_superblock_init(&sb, rows[i].name, "/h");
		har_superblock_format(&sb, &b);
		assert_non_null(strstr(strbuf_str(&b), rows[i].line));
		assert_int_equal(har_superblock_parse("p", b.s, b.len, &back, NULL), 0);
		assert_string_equal(back.system, sb.system);
		strbuf_fini(&b);
	}
}

static void
test_parse_returns_what_was_written(void **state)
{
	struct har_superblock sb;

	assert_int_equal(har_superblock_parse("p", GOOD, strlen(GOOD), &sb, NULL), 0);
	assert_string_equal(sb.uuid.s, UUID_TEXT);
	assert_string_equal(sb.system, "daos_server");
	assert_true(sb.has_rank && sb.valid_rank);
	assert_int_equal(sb.rank, 0);
	assert_string_equal(sb.uri, "ofi+tcp://192.0.2.2:31316");
	assert_string_equal(sb.fault_domain, "/host1");
	assert_true(sb.incarnation == 2973966946272280576ULL);
}

static void
test_every_truncation_is_refused(void **state)
{
	for (size_t n = 0; n < strlen(GOOD); n++) {
		struct har_superblock sb;
		struct fault          f = FAULT_INIT;

		assert_int_equal(har_superblock_parse("/m/superblock", GOOD, n, &sb, &f), -EINVAL);
		assert_non_null(strstr(f.description, "/m/superblock"));
		assert_true(fault_has_resolution(&f));
	}
}

static void
test_bad_values_are_named(void **state)
{
	static const struct {
		const char *from, *to, *message;
		int         r;
	} rows[] = {
	    {"version: 1", "version: 2", "version 2, written by a newer release", -EPROTO},
	    {"version: 1", "version: x", "line 1: version", -EINVAL},
	    {"version: 1", "vursion: 1", "line 1: unknown key", -EINVAL},
	    {"rank: 0", "rank: 4294967295", "line 4: rank", -EINVAL},
	    {"rank: 0", "rank: -1", "line 4: rank", -EINVAL},
	    {"rank: 0", "rank: null", "validrank is true without a rank", -EINVAL},
	    {"rank: 0", "uri: ''", "line 5: a key stands twice", -EINVAL},
	    {"rank: 0\n", "", "key rank is missing", -EINVAL},
	    {"74085d3a", "74085D3a", "line 2: uuid", -EINVAL},
	    {"74085d3a", "7408513", "line 2: uuid", -EINVAL},
	    {"system: daos_server", "system: 0123456789abcdefg", "line 3: system", -EINVAL},
	    {"ofi+tcp://", "ofi+tcp:_/", "line 5: uri", -EINVAL},
	    {"validrank: true", "validrank: trua", "line 6: validrank", -EINVAL},
	    {"/host1", "host1", "line 7: hostfaultdomain", -EINVAL},
	    {"incarnation: 2", "incarnation: 02", "line 8: incarnation", -EINVAL},
	    {"2973966946272280576", "29739669462722805769", "line 8: incarnation", -EINVAL},
	    {"version: 1", "- version: 1", "line", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct har_superblock sb;
		struct fault          f  = FAULT_INIT;
		struct strbuf         b  = STRBUF_INIT;
		const char           *at = strstr(GOOD, rows[i].from);

		strbuf_add_len(&b, GOOD, (size_t)(at - GOOD));
		strbuf_add(&b, rows[i].to);
		strbuf_add(&b, at + strlen(rows[i].from));
		assert_int_equal(har_superblock_parse("p", b.s, b.len, &sb, &f), rows[i].r);
		if (strstr(f.description, rows[i].message) == NULL)
			fail_msg("row %zu: %s", i, f.description);
		strbuf_fini(&b);
	}
}

static char dir[] = "/tmp/superblock_test.XXXXXX";

static void
test_file_round_trip_mode_and_replacement(void **state)
{
	struct har_superblock sb = sample(), back;
	char                  path[256];
	struct stat           st;

	(void)snprintf(path, sizeof(path), "%s/superblock", dir);
	assert_int_equal(har_superblock_read(path, &back, NULL), -ENOENT);
	assert_int_equal(har_superblock_write(path, &sb, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_size, 149);
	sb.incarnation = 7;
	assert_int_equal(har_superblock_write(path, &sb, NULL), 0);
	assert_int_equal(har_superblock_read(path, &back, NULL), 0);
	assert_int_equal(back.incarnation, 7);
	(void)snprintf(path, sizeof(path), "%s/superblock.staging", dir);
	assert_false(fs_exists(path));
}

/* A digit that became another digit is no longer visible in the text: only the checksum tells. */
static void
test_flipped_digit_is_refused_where_attributes_exist(void **state)
{
	struct har_superblock sb = sample(), back;
	struct fault          f  = FAULT_INIT;
	char                  path[256], attr[16];
	int                   fd;

	(void)snprintf(path, sizeof(path), "%s/flipped", dir);
	assert_int_equal(har_superblock_write(path, &sb, &f), 0);
	if (getxattr(path, "user.daos.crc32", attr, sizeof(attr)) < 0 &&
	    getxattr(path, "trusted.daos.crc32", attr, sizeof(attr)) < 0)
		skip();
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "9", 1, 147), 1);
	(void)close(fd);
	assert_int_equal(har_superblock_read(path, &back, &f), -EINVAL);
	assert_non_null(strstr(f.description, "checksum"));
}

static void
test_file_of_another_control_plane_is_accepted(void **state)
{
	struct har_superblock back;
	char                  path[256];

	(void)snprintf(path, sizeof(path), "%s/foreign", dir);
	assert_int_equal(fs_write_atomic(path, GOOD, strlen(GOOD), 0660), 0);
	assert_int_equal(har_superblock_read(path, &back, NULL), 0);
}

static void
test_write_failure_names_the_file(void **state)
{
	struct har_superblock sb = sample();
	struct fault          f  = FAULT_INIT;
	char                  path[256];

	(void)snprintf(path, sizeof(path), "%s/none/superblock", dir);
	assert_int_equal(har_superblock_write(path, &sb, &f), -ENOENT);
	assert_non_null(strstr(f.description, path));
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
	    cmocka_unit_test(test_the_three_writes_have_upstreams_sizes),
	    cmocka_unit_test(test_values_that_yaml_would_misread_are_quoted),
	    cmocka_unit_test(test_parse_returns_what_was_written),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_bad_values_are_named),
	    cmocka_unit_test(test_file_round_trip_mode_and_replacement),
	    cmocka_unit_test(test_flipped_digit_is_refused_where_attributes_exist),
	    cmocka_unit_test(test_file_of_another_control_plane_is_accepted),
	    cmocka_unit_test(test_write_failure_names_the_file),
	};

	return cmocka_run_group_tests_name("superblock", tests, set_up, tear_down);
}
