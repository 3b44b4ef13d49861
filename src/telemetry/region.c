/* Checked access to a segment, and its removal with its children. */
#include "telemetry/region_private.h"

#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define CHILDREN_MAX 65536
#define DEPTH_MAX    4

int
tm_region_init(const void *p, size_t bytes, struct tm_region *ret)
{
	struct tm_header h;

	if (bytes < sizeof(h))
		return -EBADMSG;
	memcpy(&h, p, sizeof(h));
	if (h.total_bytes > bytes || h.total_bytes < sizeof(h) || h.base == 0 ||
	    h.base > UINT64_MAX - h.total_bytes)
		return -EBADMSG;
	*ret = (struct tm_region){.p = p, .bytes = (size_t)h.total_bytes, .base = h.base};
	return 0;
}

static int
attach(key_t key, int flags, int *ret_shmid, void **ret_p, size_t *ret_bytes)
{
	int             shmid = shmget(key, 0, 0);
	struct shmid_ds ds;
	void           *p;

	if (shmid < 0 || shmctl(shmid, IPC_STAT, &ds) != 0)
		return -errno;
	p = shmat(shmid, NULL, flags);
	if (p == (void *)-1)
		return -errno;
	*ret_shmid = shmid;
	*ret_p     = p;
	*ret_bytes = ds.shm_segsz;
	return 0;
}

int
tm_region_attach(key_t key, int *ret_shmid, struct tm_region *ret)
{
	size_t bytes;
	void  *p;
	int    r = attach(key, SHM_RDONLY, ret_shmid, &p, &bytes);

	if (r < 0)
		return r;
	r = tm_region_init(p, bytes, ret);
	if (r < 0)
		(void)shmdt(p); /* fails only for an address that is none */
	return r;
}

int
tm_fetch(const struct tm_region *r, tm_address at, void *to, size_t bytes)
{
	uint64_t off = at - r->base;

	if (at < r->base || off % 8 != 0 || off > r->bytes || bytes > r->bytes - off)
		return -EBADMSG;
	memcpy(to, r->p + off, bytes);
	return 0;
}

int
tm_fetch_text(const struct tm_region *r, tm_address at, char *to, size_t size)
{
	uint64_t off = at - r->base;

	to[0] = '\0';
	if (at == 0)
		return 0;
	if (at < r->base || off >= r->bytes)
		return -EBADMSG;
	for (size_t i = 0; i < size && off + i < r->bytes; i++) {
		to[i] = (char)r->p[off + i];
		if (to[i] == '\0')
			return 0;
	}
	return -EBADMSG;
}

static int remove_at_depth(key_t key, unsigned depth);

/* The list ends at its own head; damage ends it too: what cannot be found cannot be removed. */
static void
remove_children(const struct tm_region *region, unsigned depth)
{
	struct tm_region_data child;
	struct tm_header      h;
	tm_address            head = region->base + offsetof(struct tm_header, regions_next), at;

	memcpy(&h, region->p, sizeof(h));
	at = h.regions_next;
	for (unsigned n = 0; n < CHILDREN_MAX && at != 0 && at != head; n++) {
		if (tm_fetch(region, at - offsetof(struct tm_region_data, next), &child,
			     sizeof(child)) < 0)
			return;
		(void)remove_at_depth(child.key, depth + 1); /* the parent goes in any case */
		at = child.next;
	}
}

static int
remove_at_depth(key_t key, unsigned depth)
{
	struct tm_region region;
	size_t           bytes;
	void            *p;
	int              shmid, r = attach(key, 0, &shmid, &p, &bytes);

	if (r < 0 || depth > DEPTH_MAX)
		return r == -ENOENT ? 0 : r;
	if (tm_region_init(p, bytes, &region) == 0) {
		((struct tm_header *)p)->flags |= TM_HEADER_DELETED;
		remove_children(&region, depth);
	}
	r = shmctl(shmid, IPC_RMID, NULL) == 0 || errno == EINVAL || errno == EIDRM ? 0 : -errno;
	(void)shmdt(p); /* fails only for an address that is none */
	return r;
}

int
tm_region_remove(key_t key)
{
	return remove_at_depth(key, 0);
}
