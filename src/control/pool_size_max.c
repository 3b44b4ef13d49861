/*
 * The most that a pool may have per rank. SCM is collected first, one entry a rank; then each NVMe
 * device adds to the entry of its rank.
 */
#include <inttypes.h>

#include "common/vec.h"
#include "control/pool_size.h"

struct rank_space {
	uint32_t rank;
	uint64_t scm_bytes, nvme_bytes;
};

struct spaces {
	VEC(struct rank_space) list; /* sorted by rank once collected */
};

static int
by_rank(const void *a, const void *b)
{
	const struct rank_space *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static struct rank_space *
find_rank(struct spaces *s, uint32_t rank)
{
	struct rank_space key = {.rank = rank};

	return s->list.n > 0 ? bsearch(&key, s->list.v, s->list.n, sizeof(key), by_rank) : NULL;
}

/* The ranks of the pool: those asked for, or all that joined. */
static int
choose_ranks(const struct pool_size_storage *s, struct rank_set *ranks, struct fault *f)
{
	if (s->requested == NULL || rank_set_empty(s->requested))
		return rank_set_copy(ranks, s->joined);
	rank_set_foreach(
	    s->requested,
	    r) if (!rank_set_has(s->joined,
				 (uint32_t)r)) return fault_plain(f, -EINVAL,
								  "specified rank %" PRIu64
								  " is not joined",
								  r);
	return rank_set_copy(ranks, s->requested);
}

static int
add_scm(const struct pool_size_host *h, const struct rank_set *ranks, struct spaces *spaces,
	struct fault *f)
{
	uint64_t usable = 0;
	int      r      = 0;

	for (size_t i = 0; i < h->n_scm; i++)
		usable += h->scm[i].mounted ? h->scm[i].usable_bytes : 0;
	if (usable == 0)
		return fault_plain(f, -ENODEV, "Host without SCM storage: hostname=%s", h->name);
	for (size_t i = 0; r == 0 && i < h->n_scm; i++) {
		const struct pool_size_scm *scm = &h->scm[i];

		if (!scm->mounted)
			return fault_plain(f, -ENODEV, "an SCM device of host %s is not mounted",
					   h->name);
		if (rank_set_has(ranks, scm->rank))
			r = vec_push(
			    &spaces->list,
			    (struct rank_space){.rank = scm->rank, .scm_bytes = scm->usable_bytes});
	}
	return r;
}

static int
sort_scm(struct spaces *s, struct fault *f)
{
	if (s->list.n == 0)
		return fault_plain(f, -ENODEV,
				   "No SCM storage space available on the pool's ranks");
	qsort(s->list.v, s->list.n, sizeof(*s->list.v), by_rank);
	for (size_t i = 1; i < s->list.n; i++)
		if (s->list.v[i].rank == s->list.v[i - 1].rank)
			return fault_plain(f, -ENODEV,
					   "Multiple SCM devices found for rank %" PRIu32,
					   s->list.v[i].rank);
	return 0;
}

static int
add_nvme(const struct pool_size_host *h, const struct rank_set *ranks, struct spaces *spaces,
	 struct fault *f)
{
	for (size_t i = 0; i < h->n_devices; i++) {
		const struct pool_size_device *d = &h->devices[i];
		struct rank_space             *space;

		if ((d->has_roles && !d->has_data) || d->state == POOL_SIZE_DEVICE_NEW)
			continue;
		if (d->state != POOL_SIZE_DEVICE_NORMAL)
			return fault_plain(f, -ENODEV,
					   "an NVMe device of rank %" PRIu32
					   " on host %s is not usable as in %s state",
					   d->rank, h->name, d->state_name);
		if (!rank_set_has(ranks, d->rank))
			continue;
		space = find_rank(spaces, d->rank);
		if (space == NULL)
			return fault_plain(f, -ENODEV,
					   "Rank %" PRIu32 " has an NVMe device and no SCM device",
					   d->rank);
		space->nvme_bytes += d->usable_bytes;
	}
	return 0;
}

static bool
has_roles(const struct pool_size_storage *s)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		for (size_t j = 0; j < s->hosts[i].n_devices; j++)
			if (s->hosts[i].devices[j].has_roles)
				return true;
	return false;
}

static int
collect(const struct pool_size_storage *s, const struct rank_set *ranks, struct spaces *spaces,
	struct fault *f)
{
	int r = 0;

	if (s->n_hosts == 0)
		return fault_plain(f, -ENODEV, "Empty host storage response from StorageScan");
	for (size_t i = 0; r == 0 && i < s->n_hosts; i++)
		r = add_scm(&s->hosts[i], ranks, spaces, f);
	if (r == 0)
		r = sort_scm(spaces, f);
	for (size_t i = 0; r == 0 && i < s->n_hosts; i++)
		r = add_nvme(&s->hosts[i], ranks, spaces, f);
	return r;
}

int
pool_size_max(const struct pool_size_storage *s, struct pool_size_max *ret, struct fault *f)
{
	struct pool_size_max m      = {UINT64_MAX, UINT64_MAX, RANK_SET_INIT};
	struct spaces        spaces = {0};
	int                  r      = 0;

	if (!(s->mem_ratio >= 0 && s->mem_ratio <= 1))
		return fault_plain(f, -EINVAL, "invalid mem-ratio, should be between zero and one");
	r = choose_ranks(s, &m.ranks, f);
	if (r == 0)
		r = collect(s, &m.ranks, &spaces, f);
	vec_foreach (&spaces.list, space) {
		m.scm_bytes  = MIN(m.scm_bytes, space->scm_bytes);
		m.nvme_bytes = MIN(m.nvme_bytes, space->nvme_bytes);
	}
	vec_fini(&spaces.list);
	if (r < 0) {
		pool_size_max_fini(&m);
		return r;
	}
	if (has_roles(s) && s->mem_ratio > 0)
		m.scm_bytes = (uint64_t)((double)m.scm_bytes / (double)s->mem_ratio);
	*ret = m;
	return 0;
}

void
pool_size_max_fini(struct pool_size_max *m)
{
	rank_set_fini(&m->ranks);
}
