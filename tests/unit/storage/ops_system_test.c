/*
 * The real effects, as root in a mount namespace of its own: tmpfs with its options, loop devices
 * as kdev, an ext4 control metadata device. Each test that misses something (root, loop devices,
 * mkfs.ext4) is skipped and says what.
 */
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "fixture.h"

#define MKFS "/sbin/mkfs.ext4"

static const char *why_not; /* set: tests that mount are skipped */

#define NEED_MOUNTS()                                                                              \
	do {                                                                                       \
		if (why_not) {                                                                     \
			print_message("skipped: %s\n", why_not);                                   \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

static const struct stor_format_req plain_req = {0};
static const struct stor_format_req force_req = {.reformat = true};

/* A mount namespace that nobody else sees. */
static void
enter_namespace(void)
{
	if (geteuid() != 0)
		why_not = "needs root";
	else if (unshare(CLONE_NEWNS) != 0)
		why_not = "cannot make a mount namespace";
	else if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		why_not = "cannot make mounts private";
}

/* A fixture on the real system; hardware facts come from the machine. */
static void
real_init(struct fix *x)
{
	fix_init(x);
	x->host.ops = &stor_ops_system;
	x->host.hw  = NULL;
}

static void
real_fini(struct fix *x)
{
	for (unsigned i = 0; i < x->host.n_engines; i++)
		assert_int_equal(stor_engine_unmount(&x->host, i, NULL), 0);
	if (x->host.meta_path)
		(void)umount2(x->host.meta_path, 0); /* may not be mounted */
	fix_fini(x);
}

static void
assert_all_well(struct fix *x, const struct stor_format_req *req)
{
	struct stor_format_resp resp = {0};
	struct fault            f    = FAULT_INIT;

	if (stor_format(&x->host, req, &resp, &f) < 0)
		fail_msg("%s", f.description);
	vec_foreach (&resp.scm, row)
		assert_string_equal(row->error, "");
	vec_foreach (&resp.bdev, row)
		assert_string_equal(row->error, "");
	for (unsigned i = 0; i < x->host.n_engines; i++)
		assert_true(resp.ready[i]);
	stor_format_resp_fini(&resp);
}

/* ---- loop devices ---- */

struct loop_dev {
	int  fd;
	char path[32];
};

/* False, with a message, when the machine has none to give. */
static bool
loop_attach(struct fix *x, const char *name, bool read_only, struct loop_dev *ret)
{
	_cleanup_(freep) char *file    = fix_path(x, name);
	_cleanup_(closep) int  control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	_cleanup_(closep) int  backing = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct loop_config     config  = {.fd = (uint32_t)backing};
	int                    n;

	assert_true(backing >= 0);
	assert_int_equal(ftruncate(backing, 64 * (off_t)MIB), 0);
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0);
	/* another process may take the number between the two calls */
	for (int tries = 0; control >= 0 && tries < 10; tries++) {
		n = ioctl(control, LOOP_CTL_GET_FREE);
		if (n < 0)
			break;
		(void)snprintf(ret->path, sizeof(ret->path), "/dev/loop%d", n);
		ret->fd = open(ret->path, O_RDWR | O_CLOEXEC);
		if (ret->fd < 0)
			break;
		if (ioctl(ret->fd, LOOP_CONFIGURE, &config) == 0)
			return true;
		(void)close(ret->fd);
	}
	print_message("skipped: no loop devices on this machine\n");
	return false;
}

static void
loop_detach(struct loop_dev *d)
{
	(void)close(d->fd); /* autoclear does the rest */
}

/* ---- tests ---- */

static void
a_tmpfs_has_the_configured_options(void **state)
{
	struct fix             x;
	struct stor_engine    *e;
	struct stat            st;
	struct stor_need       need;
	_cleanup_(freep) char *mounts = NULL;
	_cleanup_(freep) char *line   = NULL;

	NEED_MOUNTS();
	real_init(&x);
	e                 = fix_engine(&x, STOR_CLASS_RAM);
	e->scm_size_bytes = GIB;
	fix_tier(&x, e, STOR_CLASS_FILE, "aio0", 0);
	assert_all_well(&x, &plain_req);
	assert_int_equal(fs_read_file("/proc/self/mountinfo", MIB, &mounts, NULL), 0);
	line = str_format(" %s rw,noatime", e->scm_mount);
	assert_non_null(strstr(mounts, line));
	assert_non_null(strstr(strstr(mounts, line), "size=1048576k"));
	assert_int_equal(stat(e->scm_mount, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0775);
	assert_true(fs_exists(e->nvme_conf));
	assert_false(fs_exists(e->marker));
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.scm && need.superblock);
	assert_int_equal(stor_engine_check_memory(&x.host, 0, NULL), 0);
	real_fini(&x);
}

static void
a_larger_ramdisk_is_reported(void **state)
{
	struct fix          x;
	struct stor_engine *e;
	struct fault        f = FAULT_INIT;

	NEED_MOUNTS();
	real_init(&x);
	e                 = fix_engine(&x, STOR_CLASS_RAM);
	e->scm_size_bytes = GIB;
	assert_all_well(&x, &plain_req);
	e->scm_size_bytes = GIB / 2;
	assert_true(stor_engine_check_memory(&x.host, 0, &f) < 0);
	assert_int_equal(f.code, FAULT_SCM_RAMDISK_BAD_SIZE);
	real_fini(&x);
}

static int
die(const char *step, const char *object, void *arg)
{
	if (str_eq(step, arg))
		(void)raise(SIGKILL);
	return 0;
}

static void
killed_at_every_step_a_real_ramdisk_recovers(void **state)
{
	static const char *const steps[] = {"scm-mkdir",   "scm-mount", "scm-own", "scm-mark",
					    "bdev-format", "nvme-conf", "scm-seal"};

	NEED_MOUNTS();
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct stor_format_req req = {.on_step = die, .on_step_arg = (char *)steps[i]};
		struct fix             x;
		struct stor_engine    *e;
		struct stat            st;
		int                    status;
		pid_t                  pid;

		real_init(&x);
		e                 = fix_engine(&x, STOR_CLASS_RAM);
		e->scm_size_bytes = GIB;
		fix_tier(&x, e, STOR_CLASS_FILE, "aio0", 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct stor_format_resp resp = {0};

			(void)stor_format(&x.host, &req, &resp, NULL);
			_exit(1); /* the kill did not happen */
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_all_well(&x, &plain_req);
		assert_int_equal(stat(e->scm_mount, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0775);
		assert_true(fs_exists(e->nvme_conf));
		assert_false(fs_exists(e->marker));
		real_fini(&x);
	}
}

static void
a_busy_ramdisk_is_not_lost(void **state)
{
	struct stor_format_resp resp = {0};
	struct fix              x;
	struct stor_engine     *e;
	_cleanup_(closep) int   fd = -EBADF;

	NEED_MOUNTS();
	real_init(&x);
	e                 = fix_engine(&x, STOR_CLASS_RAM);
	e->scm_size_bytes = GIB;
	assert_all_well(&x, &plain_req);
	fd = open(e->scm_mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(stor_format(&x.host, &force_req, &resp, NULL), 0);
	assert_int_equal(resp.scm.v[0].status, STOR_STATUS_ERR_SCM);
	assert_non_null(strstr(resp.scm.v[0].error, "busy"));
	stor_format_resp_fini(&resp);
	(void)close(TAKE_FD(fd));
	assert_all_well(&x, &force_req);
	real_fini(&x);
}

static void
a_loop_device_serves_as_kdev(void **state)
{
	struct fix             x;
	struct loop_dev        dev;
	struct stor_engine    *e;
	struct fault           f  = FAULT_INIT;
	_cleanup_(freep) char *at = NULL;

	NEED_MOUNTS();
	real_init(&x);
	if (!loop_attach(&x, "disk", false, &dev)) {
		fix_fini(&x);
		skip();
	}
	e = fix_engine(&x, STOR_CLASS_DIR);
	fix_tier(&x, e, STOR_CLASS_KDEV, dev.path, 0);
	assert_all_well(&x, &plain_req);

	/* the same device with a file system mounted from it is refused */
	at = fix_path(&x, "elsewhere");
	assert_int_equal(mkdir(at, 0700), 0);
	if (access(MKFS, X_OK) == 0) {
		char *argv[] = {(char *)MKFS, (char *)"-F", (char *)"-q", dev.path, NULL};
		char  why[256];

		assert_int_equal(stor_ops_system.run(&stor_ops_system, argv, why, sizeof(why)), 0);
		assert_int_equal(mount(dev.path, at, "ext4", 0, NULL), 0);
		assert_int_equal(stor_bdev_kdev.check(&x.host, &e->bdevs[0], dev.path, &f), -EBUSY);
		assert_non_null(strstr(f.description, "mounted at"));
		assert_int_equal(umount2(at, 0), 0);
	}
	loop_detach(&dev);
	real_fini(&x);
}

static void
a_read_only_kdev_is_refused(void **state)
{
	struct fix       x;
	struct loop_dev  dev;
	struct fault     f = FAULT_INIT;
	struct stor_tier t = {.class = STOR_CLASS_KDEV};

	NEED_MOUNTS();
	real_init(&x);
	if (!loop_attach(&x, "disk", true, &dev)) {
		fix_fini(&x);
		skip();
	}
	assert_int_equal(stor_bdev_kdev.check(&x.host, &t, dev.path, &f), -EROFS);
	loop_detach(&dev);
	fix_fini(&x);
}

static void
control_metadata_on_a_device(void **state)
{
	struct fix          x;
	struct loop_dev     dev;
	struct stor_engine *e;
	struct stor_need    need;
	struct stor_mount   m;

	NEED_MOUNTS();
	if (access(MKFS, X_OK) != 0) {
		print_message("skipped: no mkfs.ext4\n");
		skip();
	}
	real_init(&x);
	if (!loop_attach(&x, "disk", false, &dev)) {
		fix_fini(&x);
		skip();
	}
	fix_metadata(&x);
	x.host.meta_device = strdup(dev.path);
	e                  = fix_engine(&x, STOR_CLASS_RAM);
	e->scm_size_bytes  = GIB;
	fix_tier(&x, e, STOR_CLASS_FILE, "aio0", 7);
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(need.metadata);
	assert_all_well(&x, &plain_req);
	assert_int_equal(stor_find_mount(&x.host, x.host.meta_path, &m), 0);
	assert_string_equal(m.fstype, "ext4");
	assert_true(fs_exists(e->nvme_conf));
	fix_write(&x, "meta/daos_control/engine0/superblock", "version: 1\n");

	/* after a reboot nothing is mounted; the check mounts what it needs */
	assert_int_equal(stor_engine_unmount(&x.host, 0, NULL), 0);
	assert_int_equal(umount2(x.host.meta_path, 0), 0);
	assert_int_equal(stor_engine_check(&x.host, 0, &need, NULL), 0);
	assert_true(!need.metadata && !need.scm && !need.superblock);
	assert_all_well(&x, &force_req);
	assert_false(fs_exists(e->superblock));
	assert_int_equal(stor_engine_unmount(&x.host, 0, NULL), 0);
	assert_int_equal(umount2(x.host.meta_path, 0), 0);
	loop_detach(&dev);
	fix_fini(&x);
}

static void
a_full_file_system_is_reported(void **state)
{
	struct stor_format_resp resp = {0};
	struct fix              x;
	struct stor_engine     *e;
	_cleanup_(freep) char  *small = NULL;

	NEED_MOUNTS();
	real_init(&x);
	small = fix_path(&x, "small");
	assert_int_equal(mkdir(small, 0700), 0);
	assert_int_equal(mount("tmpfs", small, "tmpfs", 0, "size=1m"), 0);
	e = fix_engine(&x, STOR_CLASS_DIR);
	fix_tier(&x, e, STOR_CLASS_FILE, "small/aio0", 0)->size_bytes = 16 * MIB;
	assert_int_equal(stor_format(&x.host, &plain_req, &resp, NULL), 0);
	assert_int_equal(resp.bdev.v[0].status, STOR_STATUS_ERR_NVME);
	assert_non_null(strstr(resp.bdev.v[0].error, "bdev_size needs 16 MiB"));
	assert_false(fix_exists(&x, "small/aio0"));
	stor_format_resp_fini(&resp);

	assert_int_equal(mount("tmpfs", small, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(stor_format(&x.host, &plain_req, &resp, NULL), 0);
	assert_non_null(strstr(resp.bdev.v[0].error, "read-only"));
	stor_format_resp_fini(&resp);
	assert_int_equal(umount2(small, 0), 0);
	real_fini(&x);
}

static void
a_failing_program_says_why(void **state)
{
	char *fails[]   = {(char *)"/bin/sh", (char *)"-c",
			   (char *)"echo first; echo second >&2; exit 4", NULL};
	char *missing[] = {(char *)"/nonexistent", NULL};
	char  why[64]   = "";

	assert_int_equal(stor_ops_system.run(&stor_ops_system, fails, why, sizeof(why)), -EIO);
	assert_string_equal(why, "second");
	assert_int_equal(stor_ops_system.run(&stor_ops_system, missing, why, sizeof(why)), -ENOENT);
}

static void
a_failed_allocation_gives_space_back(void **state)
{
	struct fix             x;
	struct stat            st;
	_cleanup_(freep) char *path = NULL;
	int                    r;

	fix_init(&x);
	path = fix_path(&x, "huge");
	r = stor_ops_system.make_file(&stor_ops_system, path, 1ULL << 62, 0660, getuid(), getgid());
	assert_true(r == -ENOSPC || r == -EFBIG);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_blocks, 0);
	fix_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_failing_program_says_why),
	    cmocka_unit_test(a_failed_allocation_gives_space_back),
	    cmocka_unit_test(a_tmpfs_has_the_configured_options),
	    cmocka_unit_test(a_larger_ramdisk_is_reported),
	    cmocka_unit_test(killed_at_every_step_a_real_ramdisk_recovers),
	    cmocka_unit_test(a_busy_ramdisk_is_not_lost),
	    cmocka_unit_test(a_loop_device_serves_as_kdev),
	    cmocka_unit_test(a_read_only_kdev_is_refused),
	    cmocka_unit_test(control_metadata_on_a_device),
	    cmocka_unit_test(a_full_file_system_is_reported),
	};

	enter_namespace();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
