/*
 * Inside of the storage room: the description of a host made from its configuration, the providers
 * of SCM and block devices, and the steps a format is made of.
 */
#pragma once

#include "hw/hw.h"
#include "ops.h"
#include "storage/storage.h"

#define STOR_DIR_MODE   0775
#define STOR_BDEV_MODE  0660
#define STOR_CONF_MODE  0664
#define STOR_FILE_ALIGN 4096ULL
#define STOR_MARKER     ".daos_format" /* in the SCM mount, see README.md */
#define STOR_NIL_NAME   "<nil>"
#define STOR_CONF_MAX   (4 * MIB)

/* ---- description ---- */

struct stor_tier {
	enum stor_class class;
	unsigned number; /* among all tiers of the engine; the first bdev tier is 1 */
	uint32_t role_bits;
	uint64_t size_bytes; /* class file */
	char   **devices;
	size_t   n_devices;
	bool     has_bus_range;
	uint8_t  bus_begin;
	uint8_t  bus_end;
};

/* What goes into daos_nvme.conf beside the devices. */
struct stor_conf_params {
	const char *hostname; /* borrowed from the host */
	bool        hotplug;
	uint8_t     bus_begin;
	uint8_t     bus_end;
	bool        vmd;          /* never set in this build; the file format has it */
	char       *accel_engine; /* NULL or "none": no entry */
	uint32_t    accel_opts;
	bool        rpc_enable;
	char       *rpc_sock_addr;
	bool        auto_faulty;
	uint32_t    max_io_errs;
	uint32_t    max_csum_errs;
	uint32_t    iobuf_small;
	uint32_t    iobuf_large;
};

struct stor_engine {
	unsigned                idx;
	enum stor_class         scm_class;
	char                   *scm_mount;
	char                   *scm_device; /* class dcpm */
	uint64_t                scm_size_bytes;
	bool                    scm_huge; /* huge=always */
	unsigned                numa_node;
	unsigned                targets;
	bool                    md_cap_set;   /* DAOS_MD_CAP is in the engine's environment ... */
	bool                    md_cap_valid; /* ... and is a plain integer */
	uint64_t                md_cap_bytes;
	struct stor_tier       *bdevs;
	size_t                  n_bdevs;
	bool                    has_roles;
	bool                    has_meta_role;
	char                   *superblock;
	char                   *nvme_conf; /* NULL without bdevs */
	char                   *marker;
	struct stor_conf_params conf;
};

struct stor_host {
	const struct stor_ops *ops;
	const struct hw_env   *hw;
	uid_t                  uid;
	gid_t                  gid;
	char                  *hostname;
	char                  *meta_path;    /* NULL: no control metadata */
	char                  *meta_device;  /* NULL: a directory of an existing file system */
	char                  *meta_dir;     /* <path>/daos_control */
	char                  *meta_staging; /* <path>/daos_control.staging: being built */
	char                  *meta_retired; /* <path>/daos_control.old: about to be removed */
	bool                   keep_conf;    /* allow_spdk_conf_override */
	char                  *raft_dir;
	struct stor_engine     engines[STOR_MAX_ENGINES];
	unsigned               n_engines;
};

/* ---- mount table (mountinfo.c) ---- */

struct stor_mount {
	char  target[1024];
	char  source[1024];
	char  fstype[64];
	dev_t dev;
	bool  read_only;
};

/* The topmost mount at exactly this path in the text of /proc/self/mountinfo. Whether there is one.
 */
bool stor_mountinfo_find(const char *text, const char *target, struct stor_mount *ret);
/* A mount of this device number that is not at `except` (may be NULL). */
bool stor_mountinfo_find_dev(const char *text, dev_t dev, const char *except,
			     struct stor_mount *ret);
/* The same with the table as it is now. -ENOENT: not mounted. */
int stor_find_mount(const struct stor_host *h, const char *target, struct stor_mount *ret);
int stor_find_mount_of_dev(const struct stor_host *h, dev_t dev, const char *except,
			   struct stor_mount *ret);

/* ---- SCM (scm_*.c) ---- */

struct stor_scm_state {
	bool mounted;     /* class dir: the directory holds a formatted SCM */
	bool interrupted; /* a format began and did not end */
	bool empty;       /* mounted and nothing in it */
	bool foreign;     /* something that is not ours is at the mount point */
	bool exists;      /* the mount point directory exists */
	char what[160];   /* a sentence on what was found */
};

static inline bool
stor_scm_needs_format(const struct stor_scm_state *s)
{
	return !s->mounted || s->interrupted;
}

enum stor_step_kind {
	STOR_STEP_META_UNMOUNT,
	STOR_STEP_META_MKDIR,
	STOR_STEP_META_MKFS,
	STOR_STEP_META_MOUNT,
	STOR_STEP_META_RETIRE,
	STOR_STEP_META_CLEAN,
	STOR_STEP_META_BUILD,
	STOR_STEP_META_COMMIT,
	STOR_STEP_SCM_UNMOUNT,
	STOR_STEP_SCM_REMOVE,
	STOR_STEP_SCM_MKDIR,
	STOR_STEP_SCM_MARK,
	STOR_STEP_SCM_CLEAR,
	STOR_STEP_SCM_MOUNT,
	STOR_STEP_SCM_OWN,
	STOR_STEP_BDEV_FORMAT,
	STOR_STEP_NVME_CONF,
	STOR_STEP_SCM_SEAL,
	_STOR_STEP_MAX
};

struct stor_step {
	enum stor_step_kind       kind;
	const struct stor_engine *engine; /* NULL for control metadata */
	const struct stor_tier   *tier;   /* BDEV_FORMAT */
	const char               *object; /* path or device, borrowed */
};

struct stor_plan {
	VEC(struct stor_step) steps;
};

/* Appends a step; 0 or -ENOMEM. */
int  stor_plan_add(struct stor_plan *p, enum stor_step_kind kind, const struct stor_engine *e,
		   const struct stor_tier *tier, const char *object);
void stor_plan_fini(struct stor_plan *p);
/* "scm-mount" and so on. */
const char *stor_step_name(enum stor_step_kind kind);
/* A line for a person: "engine 0: mount tmpfs of 6 GiB at /mnt/daos0"; NULL on no memory. */
char *stor_step_text(const struct stor_host *h, const struct stor_step *s);

/* Calls on_step (may be NULL), then does the step. */
struct stor_exec {
	const struct stor_host       *host;
	const struct stor_format_req *req; /* for on_step; may be NULL */
};

int stor_exec_step(const struct stor_exec *x, const struct stor_step *s, struct fault *f);
int stor_exec_plan(const struct stor_exec *x, const struct stor_plan *p, struct fault *f);

/* A class of SCM. */
struct stor_scm_provider {
	/* What is there now; reads only. */
	int (*look)(const struct stor_host *h, const struct stor_engine *e,
		    struct stor_scm_state *ret, struct fault *f);
	/*
	 * Appends the steps of a format. Refuses (without a step done) what must not be touched:
	 * fault 101 for a formatted one without force, 104 for a mount that is not ours, plain
	 * faults for missing rights.
	 */
	int (*plan)(const struct stor_host *h, const struct stor_engine *e,
		    const struct stor_scm_state *state, bool force, struct stor_plan *p,
		    struct fault *f);
	int (*mount)(const struct stor_host *h, const struct stor_engine *e, struct fault *f);
	int (*unmount)(const struct stor_host *h, const struct stor_engine *e, struct fault *f);
};

const struct stor_scm_provider       *stor_scm_provider(enum stor_class c);
extern const struct stor_scm_provider stor_scm_ram;
extern const struct stor_scm_provider stor_scm_dir;
extern const struct stor_scm_provider stor_scm_dcpm;

/* Mount options of a ramdisk, with or without mpol; fresh memory or NULL. */
char *stor_ram_options(const struct stor_engine *e, bool with_mpol);
int   stor_ram_mount_now(const struct stor_host *h, const struct stor_engine *e, struct fault *f);
/* Steps that make the ramdisk anew at an engine's start (MD-on-SSD). */
int stor_ram_plan_recreate(const struct stor_host *h, const struct stor_engine *e,
			   struct stor_plan *p, struct fault *f);

/* Missing directories of a path, 0775 and owned by the server's user; existing ones stay as they
 * are. */
int stor_mkdir_owned(const struct stor_host *h, const char *path, struct fault *f);
/* Contents of the marker: STOR_MARK_NONE when there is no such file. */
enum stor_mark { STOR_MARK_NONE, STOR_MARK_FORMATTING, STOR_MARK_FORMATTED };
int stor_read_mark(const struct stor_host *h, const struct stor_engine *e, enum stor_mark *ret,
		   struct fault *f);
int stor_write_mark(const struct stor_host *h, const struct stor_engine *e, enum stor_mark mark,
		    struct fault *f);
int stor_superblock_exists(const struct stor_host *h, const struct stor_engine *e, bool *ret,
			   struct fault *f);

/* ---- block devices (bdev_*.c) ---- */

struct stor_bdev_provider {
	/* Refuses before anything is changed: kind of file, rights, space, in use. Reads only. */
	int (*check)(const struct stor_host *h, const struct stor_tier *t, const char *device,
		     struct fault *f);
	int (*format)(const struct stor_host *h, const struct stor_tier *t, const char *device,
		      struct fault *f);
};

const struct stor_bdev_provider       *stor_bdev_provider(enum stor_class c);
extern const struct stor_bdev_provider stor_bdev_file;
extern const struct stor_bdev_provider stor_bdev_kdev;
extern const struct stor_bdev_provider stor_bdev_nvme;

/* ---- control metadata (metadata.c) ---- */

/* Mounts it when it has a device and is not mounted. Safe against other threads and processes doing
 * the same. */
int stor_meta_mount(const struct stor_host *h, struct fault *f);
int stor_meta_needs_format(const struct stor_host *h, bool *ret, char *why, size_t why_size,
			   struct fault *f);
int stor_meta_plan(const struct stor_host *h, struct stor_plan *p, struct fault *f);
int stor_meta_exec(const struct stor_exec *x, const struct stor_step *s, struct fault *f);

/* ---- daos_nvme.conf (nvme_conf.c, nvme_conf_read.c) ---- */

/* The file's exact contents in fresh memory. -EINVAL: a name that is not UTF-8. */
int stor_nvme_conf_print(const struct stor_conf_params *p, const struct stor_tier *tiers, size_t n,
			 char **ret, struct fault *f);
/* Strict check of a file's text: fault 804 for everything the writer would not write. */
int stor_nvme_conf_check(const char *text, size_t len, struct fault *f);
/* Writes the engine's file. */
int stor_nvme_conf_write(const struct stor_host *h, const struct stor_engine *e, struct fault *f);

/* ---- memory (memory.c); pure rules on top of hw ---- */

/* Fault 214 when available memory is below 90 % of the ramdisks' bytes. */
int stor_check_ram_available(uint64_t ramdisk_bytes, uint64_t available_bytes, struct fault *f);
