#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/str.h"
#include "rep_fixture.h"

#define ADDRESS "127.0.0.1:10001"

struct fixture {
	struct rep_test_node node; /* first: what callbacks get */
	char                 tmp[64];
	char                 copy[96];
	struct counter       state;
};

static void
copy_dir(const char *from, const char *to)
{
	DIR           *d = opendir(from);
	struct dirent *e;

	assert_non_null(d);
	assert_int_equal(fs_remove_tree(to), 0);
	assert_int_equal(mkdir(to, 0770), 0);
	while ((e = readdir(d)) != NULL) {
		char                   src[400], dst[400];
		_cleanup_(freep) char *data = NULL;
		size_t                 len;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(src, sizeof(src), "%s/%s", from, e->d_name);
		(void)snprintf(dst, sizeof(dst), "%s/%s", to, e->d_name);
		assert_int_equal(fs_read_file(src, 64 * MIB, &data, &len), 0);
		assert_int_equal(fs_write_atomic(dst, data, len, 0660), 0);
	}
	(void)closedir(d);
}

/* A directory with `n` commands in it, of a replica that closed, or of one that was killed. */
static void
make_dir(struct fixture *x, unsigned n, bool killed)
{
	struct fault f = FAULT_INIT;

	assert_int_equal(rep_dir_bootstrap(x->node.dir, rep_id(ADDRESS), ADDRESS, &f), 0);
	assert_int_equal(rep_test_open(&x->node, &f), 0);
	run_until(x->node.l, x->node.leader);
	for (unsigned i = 0; i < n; i++) {
		unsigned before = x->node.answered;
		char     cmd[32];

		(void)snprintf(cmd, sizeof(cmd), "command number %u", i);
		assert_int_equal(
		    rep_node_apply(x->node.n, cmd, strlen(cmd), rep_test_on_answer, &x->node), 0);
		run_until(x->node.l, x->node.answered == before + 1);
		assert_int_equal(x->node.last_err, 0);
	}
	x->state = x->node.c;
	if (killed)
		copy_dir(x->node.dir, x->copy);
	rep_node_close(x->node.n, rep_test_on_closed, &x->node);
	run_until(x->node.l, x->node.closed);
	x->node.n = NULL;
	if (!killed)
		copy_dir(x->node.dir, x->copy);
}

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	(void)snprintf(x->tmp, sizeof(x->tmp), "/tmp/dir_scan_test.XXXXXX");
	assert_non_null(mkdtemp(x->tmp));
	(void)snprintf(x->node.dir, sizeof(x->node.dir), "%s/control_raft", x->tmp);
	(void)snprintf(x->copy, sizeof(x->copy), "%s/copy", x->tmp);
	(void)snprintf(x->node.address, sizeof(x->node.address), ADDRESS);
	assert_int_equal(loop_new(&x->node.l), 0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	loop_free(x->node.l);
	assert_int_equal(fs_remove_tree(x->tmp), 0);
	free(x);
	return 0;
}

/* The newest file whose name begins so (numbers in names grow); none is a failure. */
static void
find_file(const struct fixture *x, const char *prefix, const char *suffix, char *path, size_t size,
	  char *name, size_t name_size)
{
	DIR           *d = opendir(x->copy);
	struct dirent *e;

	name[0] = '\0';
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (str_starts(e->d_name, prefix) && str_ends(e->d_name, suffix) &&
		    (suffix[0] != '\0' || !str_ends(e->d_name, ".meta")) &&
		    (name[0] == '\0' || strverscmp(e->d_name, name) > 0))
			(void)snprintf(name, name_size, "%s", e->d_name);
	}
	(void)closedir(d);
	assert_true(name[0] != '\0');
	(void)snprintf(path, size, "%s/%s", x->copy, name);
}

static size_t
file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static void
flip(const char *path, size_t bit)
{
	int     fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t b;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, (off_t)(bit / 8)), 1);
	b ^= (uint8_t)(1U << (bit % 8));
	assert_int_equal(pwrite(fd, &b, 1, (off_t)(bit / 8)), 1);
	(void)close(fd);
}

/* The copy is refused by reading and by opening, the file is named, nothing is touched. */
static void
assert_refused(struct fixture *x, const char *name, const char *what)
{
	struct rep_dir_content content;
	struct fault           f = FAULT_INIT;
	struct rep_opts        o = rep_test_options(&x->node);
	int                    r = rep_dir_read(x->copy, &content, &f);

	if (r != -EPROTO)
		fail_msg("%s %s: %d", name, what, r);
	if (strstr(f.description, name) == NULL || !fault_has_resolution(&f))
		fail_msg("%s %s: %s", name, what, f.description);
	o.dir = x->copy;
	assert_int_equal(rep_node_open(x->node.l, &o, &x->node.n, &f), -EPROTO);
}

/* The copy opens and has all commands. */
static void
assert_whole(struct fixture *x)
{
	char         own[96];
	struct fault f = FAULT_INIT;

	memcpy(own, x->node.dir, sizeof(own));
	memcpy(x->node.dir, x->copy, sizeof(x->copy));
	if (rep_test_open(&x->node, &f) < 0)
		fail_msg("%s", f.description);
	run_until(x->node.l, x->node.leader);
	assert_memory_equal(&x->node.c, &x->state, sizeof(x->state));
	rep_node_close(x->node.n, rep_test_on_closed, &x->node);
	run_until(x->node.l, x->node.closed);
	x->node.n = NULL;
	memcpy(x->node.dir, own, sizeof(own));
}

static void
flipped_bits_after_a_clean_stop(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];
	size_t          n;

	make_dir(x, 5, false);
	find_file(x, "0", "", path, sizeof(path), name, sizeof(name));
	n = file_size(path);
	for (size_t bit = 0; bit < n * 8; bit += 7) {
		flip(path, bit);
		assert_refused(x, name, "flipped");
		flip(path, bit);
	}
	assert_whole(x);
}

static void
flipped_bits_after_a_kill(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];

	make_dir(x, 5, true);
	find_file(x, "open-1", "", path, sizeof(path), name, sizeof(name));
	/* Format, header of the first batch, its data, the last batch: commands are 24 to 32 bytes
	 * each. */
	for (size_t byte = 8; byte < 8 + 5 * 64; byte += 13) {
		char what[32];

		(void)snprintf(what, sizeof(what), "flipped at %zu", byte);
		flip(path, byte * 8 + 3);
		assert_refused(x, name, what);
		flip(path, byte * 8 + 3);
	}
	assert_whole(x);
}

static void
cut_files(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];
	size_t          n;

	make_dir(x, 5, false);
	find_file(x, "0", "", path, sizeof(path), name, sizeof(name));
	for (n = file_size(path) - 1; n > 0; n -= MIN(n, 37)) {
		assert_int_equal(truncate(path, (off_t)n), 0);
		assert_refused(x, name, "cut");
	}
	assert_int_equal(truncate(path, 0), 0);
	assert_refused(x, name, "emptied");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/%016d-%016d", x->copy, 1, 1);
	assert_int_equal(unlink(path), 0);
	assert_true(rep_dir_is_initialized(x->copy));
	assert_refused(x, "log files are missing", "removed");
}

static void
torn_last_write_is_dropped(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];
	uint8_t         tail[600] = {0};
	int             fd;

	make_dir(x, 5, true);
	find_file(x, "open-1", "", path, sizeof(path), name, sizeof(name));
	/* A second sector of a write whose first never arrived. */
	memset(tail, 0x5A, sizeof(tail));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, tail, 512, 4096), 512);
	(void)close(fd);
	assert_whole(x);
}

/* Term and vote included, which nothing else would tell. */
static void
damaged_metadata(void **state)
{
	static const char *const files[] = {"metadata1", "metadata2", "metadata.guard"};
	struct fixture          *x       = *state;
	char                     path[400];

	make_dir(x, 2, false);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", x->copy, files[i]);
		if (i == 2 || fs_exists(path)) {
			for (size_t bit = 0; bit < file_size(path) * 8; bit++) {
				flip(path, bit);
				/* A format that was flipped to 3 looks newer, and is refused with the file named as well. */
				assert_refused(x, "metadata", files[i]);
				flip(path, bit);
			}
		}
	}
	assert_whole(x);
	copy_dir(x->node.dir, x->copy);
	assert_int_equal(truncate(path, 10), 0);
	assert_refused(x, "metadata.guard", "cut");
	assert_int_equal(unlink(path), 0);
	assert_whole(x); /* as an older directory would be */
}

static void
cut_metadata(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];

	make_dir(x, 2, false);
	find_file(x, "metadata", "", path, sizeof(path), name, sizeof(name));
	assert_int_equal(truncate(path, 12), 0);
	(void)snprintf(path, sizeof(path), "%s/metadata1", x->copy);
	(void)unlink(path); /* whichever of the two there was */
	assert_refused(x, "metadata", "cut");
}

static void
newer_files_say_so(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128];
	struct fault    f = FAULT_INIT;
	struct rep_info info;

	make_dir(x, 2, false);
	find_file(x, "0", "", path, sizeof(path), name, sizeof(name));
	flip(path, 0);
	flip(path, 1); /* format 1 becomes 2 */
	assert_int_equal(rep_dir_info(x->copy, &info, &f), -EPROTO);
	assert_non_null(strstr(f.description, "format 2"));
	assert_non_null(strstr(f.resolution, "newer release"));
}

static void
damaged_snapshots(void **state)
{
	struct fixture *x = *state;
	struct rep_opts o = rep_test_options(&x->node);
	struct fault    f = FAULT_INIT;
	char            path[400], meta[400], name[128];
	size_t          n;

	make_dir(x, 200, false);
	assert_whole(x);
	copy_dir(x->node.dir, x->copy);
	find_file(x, "snapshot-", ".meta", meta, sizeof(meta), name, sizeof(name));
	for (size_t bit = 0; bit < file_size(meta) * 8; bit += 11) {
		flip(meta, bit);
		assert_refused(x, name, "flipped");
		flip(meta, bit);
	}
	find_file(x, "snapshot-", "", path, sizeof(path), name, sizeof(name));
	n = file_size(path);
	assert_int_equal(truncate(path, (off_t)n - 1), 0);
	o.dir = x->copy; /* what is in a snapshot only its owner knows, so only opening can tell */
	assert_int_equal(rep_node_open(x->node.l, &o, &x->node.n, &f), -EPROTO);
	assert_non_null(strstr(f.description, name));
	assert_int_equal(truncate(path, 0), 0);
	assert_refused(x, name, "emptied");
}

static void
hole_in_the_log(void **state)
{
	struct fixture *x = *state;
	char            path[400], name[128], other[400];

	make_dir(x, 3, false);
	find_file(x, "0", "", path, sizeof(path), name, sizeof(name));
	(void)snprintf(other, sizeof(other), "%s/%016d-%016d", x->copy, 90, 91);
	assert_int_equal(rename(path, other), 0);
	assert_refused(x, "0000000000000090-0000000000000091", "moved away");
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(flipped_bits_after_a_clean_stop),
	    CASE(flipped_bits_after_a_kill),
	    CASE(cut_files),
	    CASE(torn_last_write_is_dropped),
	    CASE(damaged_metadata),
	    CASE(cut_metadata),
	    CASE(newer_files_say_so),
	    CASE(damaged_snapshots),
	    CASE(hole_in_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
