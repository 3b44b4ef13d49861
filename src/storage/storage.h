/*
 * Storage of one host: the SCM and block devices of its engines and the control metadata directory.
 *
 * A `stor_host` is made once from the configuration and is immutable afterwards: it may be used
 * from several worker threads at the same time, for as long as it exists. The functions marked
 * BLOCKING mount, format, or wait for disks and children; they are to be called through
 * loop_work_submit(), never on the loop's thread. Two BLOCKING calls that change the same engine
 * must not overlap (the caller has one operation per engine at a time); everything else may.
 *
 * Nothing is remembered in memory between calls: each call looks at the disk (mount table,
 * superblock, format marker), so a server that was killed at any point goes on from what is there.
 * How format stays resumable: README.md.
 *
 * Numbers of roles, classes and statuses are those of the wire and of daos_nvme.conf.
 */
#pragma once

#include <sys/types.h>

#include "common/fault.h"
#include "common/util.h"
#include "common/vec.h"

struct cfg_server;
struct stor_host;
struct hw_env;
struct stor_ops; /* effects on the system, storage/ops.h */

#define STOR_MAX_ENGINES 8
#define STOR_RANK_NIL    UINT32_MAX

enum stor_class {
	STOR_CLASS_NONE,
	STOR_CLASS_RAM,  /* tmpfs */
	STOR_CLASS_DIR,  /* scm_mount used as it stands; our addition */
	STOR_CLASS_DCPM, /* persistent memory: refused, not built in */
	STOR_CLASS_NVME, /* refused, not built in */
	STOR_CLASS_FILE,
	STOR_CLASS_KDEV,
	_STOR_CLASS_MAX
};

/* As in the configuration: "ram", "dir", ...; "" for NONE. */
const char *stor_class_name(enum stor_class c);

enum { STOR_ROLE_DATA = 1, STOR_ROLE_META = 2, STOR_ROLE_WAL = 4 };

/* ctl.ResponseStatus */
enum stor_status {
	STOR_STATUS_SUCCESS  = 0,
	STOR_STATUS_ERR_NVME = -2,
	STOR_STATUS_ERR_SCM  = -3,
};

/* ---- making a host ---- */

struct stor_host_opts {
	const struct cfg_server *cfg; /* validated and derived; borrowed only for the call */
	const char *hostname;         /* for device names in daos_nvme.conf; NULL: gethostname() */
	uid_t       uid;              /* owner of what is made: effective ids of the server */
	gid_t       gid;
	const struct stor_ops *ops; /* NULL: the real system */
	const struct hw_env   *hw;  /* NULL: the machine */
};

/*
 * Plain fault -EOPNOTSUPP for classes dcpm and nvme are raised when they are used, not here: a
 * server with such a configuration comes up, and its engines say why they cannot start. -EINVAL:
 * more than STOR_MAX_ENGINES engines.
 */
int stor_host_new(const struct stor_host_opts *opts, struct stor_host **ret, struct fault *f);
struct stor_host *stor_host_free(struct stor_host *h);
unsigned          stor_host_n_engines(const struct stor_host *h);
/* control_metadata.path is configured (MD-on-SSD). */
bool stor_host_has_metadata(const struct stor_host *h);

/* ---- paths and properties; no I/O, any thread; texts are owned by the host ---- */

/* Where rank, UUID and so on of engine idx are stored. */
const char *stor_superblock_path(const struct stor_host *h, unsigned idx);
/* The engine's device file; NULL when the engine has no bdev tier. */
const char *stor_nvme_conf_path(const struct stor_host *h, unsigned idx);
/* control_raft of the management service: <path>/daos_control/control_raft or <scm_mount of engine
 * 0>/control_raft. */
const char     *stor_raft_dir(const struct stor_host *h);
const char     *stor_scm_mount(const struct stor_host *h, unsigned idx);
enum stor_class stor_scm_class(const struct stor_host *h, unsigned idx);
bool            stor_has_bdevs(const struct stor_host *h, unsigned idx);
/* Number of storage tiers including SCM: the engine's -T. */
unsigned stor_n_tiers(const struct stor_host *h, unsigned idx);

/* ---- state of one engine ---- */

struct stor_need {
	bool metadata;    /* control metadata has to be formatted */
	bool scm;         /* SCM has to be formatted */
	bool superblock;  /* no superblock there; always true when metadata or scm is needed */
	char reason[256]; /* a sentence for the log: what was found */
};

/*
 * BLOCKING. First step of an engine's start: what does it need? When control metadata is configured
 * and intact, the ramdisk is re-created here (it holds nothing that outlives an engine) and
 * need->scm is false. Mounts control metadata when it has a device, so that the superblock can be
 * read; it stays mounted. Errors: fault 106, 312, 317, not supported classes, and failures of the
 * re-creation. Doubt about a check counts as "needs format" with the doubt in `reason`.
 */
int stor_engine_check(const struct stor_host *h, unsigned idx, struct stor_need *ret,
		      struct fault *f);

/*
 * BLOCKING. For a formatted engine with bdevs, before it starts: daos_nvme.conf is read strictly;
 * one that cannot be understood is written anew (*ret_regenerated), a missing one is an error. Does
 * nothing (and says false) without bdevs or with control_metadata.allow_spdk_conf_override.
 */
int stor_engine_check_nvme_conf(const struct stor_host *h, unsigned idx, bool *ret_regenerated,
				struct fault *f);

/* BLOCKING. Mounts control metadata and SCM of a formatted engine where they are not mounted yet.
 */
int stor_engine_mount(const struct stor_host *h, unsigned idx, struct fault *f);
/* BLOCKING. Unmounts the SCM (class dir: nothing to do). Not mounted is success. -EBUSY: still in
 * use. */
int stor_engine_unmount(const struct stor_host *h, unsigned idx, struct fault *f);
/* BLOCKING. What has to happen when an engine exited: with control metadata its ramdisk is
 * unmounted, else nothing. */
int stor_engine_after_exit(const struct stor_host *h, unsigned idx, struct fault *f);

/*
 * BLOCKING (reads /proc/meminfo and asks the file system). Just before an engine starts: fault 215
 * when a mounted ramdisk is larger than configured, fault 214 when it is not mounted and
 * MemAvailable is below 90 % of its size.
 */
int stor_engine_check_memory(const struct stor_host *h, unsigned idx, struct fault *f);

struct stor_mount_usage {
	uint64_t total_bytes;
	uint64_t avail_bytes;
};

/* BLOCKING. Size of the file system at the engine's SCM mount. */
int stor_scm_usage(const struct stor_host *h, unsigned idx, struct stor_mount_usage *ret,
		   struct fault *f);

/* ---- format ---- */

struct stor_format_req {
	bool reformat; /* --force: what is there is destroyed */
	bool replace;  /* only valid when some engine needs a format */
	/* disable_hugepages: bdevs are left alone and each engine gets a row that says so */
	bool no_hugepages;
	/*
	 * Engines that run now. Without reformat such an engine gets an error row; with it the
	 * caller must have stopped the engine first (and then does not set the flag), so a set flag
	 * is an error row as well.
	 */
	bool running[STOR_MAX_ENGINES];
	/*
	 * Called before each step with its name ("scm-mount", "bdev-format", ...) and what it works
	 * on; a negative errno ends the format as if the step had failed with it. For progress and
	 * for tests that stop between steps. May be NULL. Runs on the worker's thread.
	 */
	int (*on_step)(const char *step, const char *object, void *arg);
	void *on_step_arg;
};

/* One row of the answer: an SCM mount or a block device. */
struct stor_format_row {
	unsigned engine_idx;
	char *name; /* mount point; device path; "<nil>" for a step that was skipped or failed as a
		       whole */
	enum stor_status status;
	char            *error; /* "" on success */
	char            *info;  /* resolution of the fault, or why nothing was done; "" for none */
	uint32_t         role_bits; /* devices only */
};

struct stor_format_resp {
	VEC(struct stor_format_row) scm;
	VEC(struct stor_format_row) bdev;
	bool metadata_formatted;
	/* engines without an error row: their wait for a format ends now */
	bool ready[STOR_MAX_ENGINES];
};

/*
 * BLOCKING. The whole StorageFormat of a host (storage.md §8): control metadata if needed, SCM of
 * the engines that need it (all with reformat), bdevs, daos_nvme.conf. Writes no superblock: that
 * is the harness's, once an engine is ready. Returns 0 with a row for everything done, failed or
 * skipped; a negative errno with *f only when the request as a whole cannot be done (metadata
 * failure, replace without need, too little memory: fault 214).
 */
int  stor_format(const struct stor_host *h, const struct stor_format_req *req,
		 struct stor_format_resp *ret, struct fault *f);
void stor_format_resp_fini(struct stor_format_resp *r);

/*
 * BLOCKING (reads only). What stor_format() would do: one line of text a step, in order ("engine 0:
 * mount tmpfs of 6 GiB at /mnt/daos"). Nothing is changed.
 */
struct stor_plan_text {
	VEC(char *) lines;
};
int  stor_format_dry_run(const struct stor_host *h, const struct stor_format_req *req,
			 struct stor_plan_text *ret, struct fault *f);
void stor_plan_text_fini(struct stor_plan_text *t);

/*
 * BLOCKING. Removes an engine's superblock, so that it waits for a format (ResetFormatRanks).
 * Missing is success.
 */
int stor_superblock_remove(const struct stor_host *h, unsigned idx, struct fault *f);
/* BLOCKING. Removes the control_raft directory (SystemErase). Missing is success. */
int stor_raft_dir_remove(const struct stor_host *h, struct fault *f);

/* ---- scan (StorageScan) ---- */

/* One namespace of ScanScmResp with its mount. */
struct stor_scm_ns {
	unsigned        engine_idx;
	const char     *blockdev; /* "ramdisk" */
	enum stor_class scm_class;
	uint32_t        numa_node;
	uint64_t        size_bytes;  /* configured size, or of the file system for class dir */
	const char     *mount;       /* owned by the host */
	uint32_t        rank;        /* STOR_RANK_NIL when the engine is not ready */
	uint64_t        total_bytes; /* these and size_bytes are 0 when it is not ready */
	uint64_t        avail_bytes;
	uint64_t        usable_bytes;
};

struct stor_scan_req {
	bool usage; /* ScanScmReq.usage: namespaces with mounts; else modules and namespaces of
		       PMem, of which we find none */
	/* per engine: whether it is ready, and with which rank */
	bool     ready[STOR_MAX_ENGINES];
	uint32_t rank[STOR_MAX_ENGINES];
};

struct stor_scan_resp {
	VEC(struct stor_scm_ns) namespaces;
};

/*
 * BLOCKING. SCM part of StorageScan. Without usage: success and nothing found. With usage: a
 * namespace per engine; -ENODEV with a plain fault when the host has no engines.
 */
int  stor_scan_scm(const struct stor_host *h, const struct stor_scan_req *req,
		   struct stor_scan_resp *ret, struct fault *f);
void stor_scan_resp_fini(struct stor_scan_resp *r);

/*
 * No I/O. How many controllers a scan of the engine's devices should report, for the notice of
 * §7.2: emulated devices (file, kdev) of a stopped engine are never found, so a scan without
 * running engines returns none.
 */
unsigned stor_bdev_expected(const struct stor_host *h, unsigned idx);

/* ---- usable space (storage.md §7.3); pure ---- */

struct stor_smd_dev {
	uint32_t role_bits;
	bool     normal; /* state NORMAL */
	uint32_t rank;
	unsigned n_targets; /* distinct target ids without the system target */
	uint64_t cluster_size;
	uint64_t avail_bytes;  /* in: as the engine says; out: rounded */
	uint64_t usable_bytes; /* out */
	uint64_t meta_size;
	uint64_t meta_wal_size;
	uint64_t rdb_size;
	uint64_t rdb_wal_size;
};

/* Fills avail_bytes and usable_bytes of all devices of one host. 0 or -ENOMEM. */
int stor_usable_bdevs(struct stor_smd_dev *devs, size_t n);

/* SCM bytes usable by pools on engine idx when its mount has avail_bytes left. */
uint64_t stor_usable_scm(const struct stor_host *h, unsigned idx, uint64_t avail_bytes);

/*
 * Sizes the NVMe part of a scan asks a ready engine about (BioHealthReq.meta_size, rdb_size);
 * mem_ratio 0 = not given.
 */
void stor_meta_request(const struct stor_host *h, unsigned idx, uint64_t scm_usable_bytes,
		       float mem_ratio, uint64_t *ret_meta_size, uint64_t *ret_rdb_size);
