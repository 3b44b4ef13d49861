/*
 * How large a new pool is to be: from the words of a command line to what the management service
 * is asked (cli-dmg.md §2.1, ms-pools.md §4). Pure: nothing here talks to anybody.
 *
 * There are four styles: a share of what is free (`--size 50%`), a total that is split over tiers
 * (`--size 1TB`), bytes per rank and tier (`--scm-size`, `--nvme-size`), and the same for metadata
 * on SSD (`--meta-size`, `--data-size`). A share is turned into bytes by the client, from what
 * pool_size_max() finds.
 */
#pragma once

#include "common/fault.h"
#include "common/ranks.h"

#define POOL_SIZE_TIERS      2  /* of a pool */
#define POOL_SIZE_RATIOS_MAX 16 /* that a text may list */

/* ---- words of a command line ---- */

/* Fractions of 1. */
struct pool_size_ratios {
	double v[POOL_SIZE_RATIOS_MAX];
	size_t n;
};

/*
 * `6,94`, `6%`: per cents to two decimals; a single one below 100 is followed by the rest.
 * -EINVAL, plain fault.
 */
int pool_size_ratios_parse(const char *text, struct pool_size_ratios *ret, struct fault *f);
/* What holds when nothing is said: 6 % and 94 %. */
void pool_size_ratios_default(struct pool_size_ratios *ret);
/* `6.00%,94.00%` in fresh memory; NULL on no memory. */
char *pool_size_ratios_text(const struct pool_size_ratios *r);

/* A number of bytes, or a share of what is free. */
struct pool_size_amount {
	unsigned percent; /* 1 to 100; 0: bytes */
	uint64_t bytes;
};
/* `50%` or `1.5TiB`. -EINVAL or -ERANGE with a plain fault. */
int pool_size_amount_parse(const char *text, struct pool_size_amount *ret, struct fault *f);
/* `50%` or `1.5 TB` in fresh memory; NULL on no memory. */
char *pool_size_amount_text(const struct pool_size_amount *a);

/* Values of the options, NULL where one is not given. */
struct pool_size_options {
	const char *size, *tier_ratio;
	const char *scm_size, *nvme_size;
	const char *meta_size, *data_size;
	const char *mem_ratio;
	uint32_t    n_ranks;     /* --nranks; 0: not given */
	bool        ranks_given; /* --ranks */
};

/* ---- the request ---- */

enum pool_size_style {
	POOL_SIZE_SHARE,
	POOL_SIZE_TOTAL,
	POOL_SIZE_MANUAL,
	POOL_SIZE_MANUAL_MD, /* manual, metadata on SSD */
	_POOL_SIZE_STYLE_MAX
};

struct pool_size_request {
	enum pool_size_style    style;
	uint64_t                total_bytes;
	struct pool_size_ratios tier_ratio;
	uint64_t                tier_bytes[POOL_SIZE_RATIOS_MAX]; /* per rank */
	size_t                  n_tier_bytes;
	uint32_t                n_ranks;
	float                   mem_ratio; /* memory file to metadata; 0: not said */
};

/*
 * Options → request, complete but for the bytes of a share. -EINVAL or -ERANGE with a plain fault.
 */
int pool_size_request_make(const struct pool_size_options *o, struct pool_size_request *ret,
			   struct fault *f);
/* What is said before the request is sent, one line without its end; NULL on no memory. */
char *pool_size_announcement(const struct pool_size_request *r);
/* What an administrator should think about: one tier only, a small first tier; NULL: nothing. */
const char *pool_size_notice(const struct pool_size_request *r);
/*
 * Whether the parts of a request fit together, and which style they make (never
 * POOL_SIZE_MANUAL_MD, which only the options show). -EINVAL with a plain fault.
 */
int pool_size_request_check(const struct pool_size_request *r, enum pool_size_style *ret,
			    struct fault *f);
/*
 * Turns a share into bytes per rank, of the most that a pool may have. A request of another style
 * stays as it is. -EINVAL or -ENOSPC with a plain fault.
 */
int pool_size_request_resolve(struct pool_size_request *r, uint64_t max_scm_bytes,
			      uint64_t max_nvme_bytes, struct fault *f);

/* ---- what is free ---- */

struct pool_size_scm {
	uint32_t rank;
	bool     mounted;
	uint64_t usable_bytes;
};

enum pool_size_device_state {
	POOL_SIZE_DEVICE_NORMAL,
	POOL_SIZE_DEVICE_NEW,   /* not used by anybody yet: does not count */
	POOL_SIZE_DEVICE_OTHER, /* evicted, faulty, …: no pool can be made */
};

struct pool_size_device {
	uint32_t                    rank;
	enum pool_size_device_state state;
	const char                 *state_name; /* for the error text */
	bool                        has_roles;  /* metadata on SSD */
	bool                        has_data;   /* holds data, when roles are known */
	uint64_t                    usable_bytes;
};

/* What a scan found on a host, or on equal hosts. */
struct pool_size_host {
	const char                    *name;
	const struct pool_size_scm    *scm;
	size_t                         n_scm;
	const struct pool_size_device *devices;
	size_t                         n_devices;
};

struct pool_size_storage {
	const struct pool_size_host *hosts;
	size_t                       n_hosts;
	const struct rank_set       *joined;
	const struct rank_set       *requested; /* NULL or empty: all that joined */
	float                        mem_ratio; /* 0: 1 */
};

struct pool_size_max {
	uint64_t        scm_bytes; /* per rank; of metadata with metadata on SSD */
	uint64_t        nvme_bytes;
	struct rank_set ranks; /* the pool's */
};

/*
 * The most that each rank of a pool can give: the least over its ranks. -EINVAL (request), -ENODEV
 * (storage) with a plain fault, -ENOMEM. Free with pool_size_max_fini().
 */
int  pool_size_max(const struct pool_size_storage *s, struct pool_size_max *ret, struct fault *f);
void pool_size_max_fini(struct pool_size_max *m);
