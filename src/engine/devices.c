/*
 * daos_nvme.conf → open descriptors with sizes. Entries that configure SPDK itself are of no use
 * here and skipped.
 */
#include "engine/devices.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/str.h"
#include "engine/json.h"

#define CONF_MAX_BYTES (4 * MIB)
#define DEVICES_MAX    256
#define ROLES_ALL      (ENG_ROLE_DATA | ENG_ROLE_META | ENG_ROLE_WAL)

int
eng_device_roles(const char *name, unsigned *ret)
{
	const char *last = strrchr(name, '_');
	char        digits[8];
	size_t      len;
	uint32_t    roles;

	if (last == NULL)
		return -EINVAL;
	last++;
	len = strspn(last, "0123456789");
	if (len == 0 || len >= sizeof(digits))
		return -EINVAL;
	if (last[len] == 'n' && last[len + 1 + strspn(last + len + 1, "0123456789")] != '\0')
		return -EINVAL;
	if (last[len] != '\0' && last[len] != 'n')
		return -EINVAL;
	memcpy(digits, last, len);
	digits[len] = '\0';
	if (str_to_u32(digits, 10, &roles) < 0 || (roles & ~(uint32_t)ROLES_ALL) != 0)
		return -EINVAL;
	*ret = roles;
	return 0;
}

static int
device_size(int fd, uint64_t *ret)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (S_ISREG(st.st_mode)) {
		*ret = (uint64_t)st.st_size;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	return ioctl(fd, BLKGETSIZE64, ret) == 0 ? 0 : -errno;
}

static int
open_device(struct eng_device *d, struct fault *f)
{
	struct stat st;
	int         excl = 0, r;

	if (stat(d->path, &st) != 0)
		return fault_plain(f, -errno, "block device %s (%s): %s", d->path, d->name,
				   strerror(errno));
	if (S_ISBLK(st.st_mode))
		excl = O_EXCL; /* refuses one that is mounted */
	d->fd = open(d->path, O_RDWR | O_CLOEXEC | excl);
	if (d->fd < 0)
		return fault_plain(f, -errno, "block device %s (%s): %s", d->path, d->name,
				   strerror(errno));
	r = device_size(d->fd, &d->size_bytes);
	if (r == -ENOTBLK)
		return fault_plain(f, r,
				   "block device %s (%s) is neither a file nor a block device",
				   d->path, d->name);
	if (r < 0)
		return fault_plain(f, r, "size of block device %s (%s): %s", d->path, d->name,
				   strerror(-r));
	if (d->size_bytes == 0)
		return fault_plain(f, -ENOSPC, "block device %s (%s) has no size", d->path,
				   d->name);
	return 0;
}

static int
add_device(struct eng_devices *list, const char *name, const char *path, struct fault *f)
{
	struct eng_device d = {.fd = -EBADF};
	int               r;

	if (list->list.n == DEVICES_MAX)
		return fault_plain(f, -EINVAL, "more than %d block devices", DEVICES_MAX);
	if (eng_device_roles(name, &d.roles) < 0)
		return fault_plain(
		    f, -EINVAL,
		    "block device %s: the name \"%s\" does not end in role bits 0 to %d", path,
		    name, ROLES_ALL);
	vec_foreach (&list->list, known)
		if (str_eq(known->path, path) || str_eq(known->name, name))
			return fault_plain(f, -EINVAL, "block device %s (%s) is listed twice", path,
					   name);
	d.name = strdup(name);
	d.path = strdup(path);
	r      = d.name != NULL && d.path != NULL ? open_device(&d, f) : -ENOMEM;
	if (r == 0)
		r = vec_push(&list->list, d);
	if (r < 0) {
		closep(&d.fd);
		free(d.name);
		free(d.path);
	}
	return r;
}

static int
read_entry(struct eng_devices *list, json_t *entry, const char *conf_path, struct fault *f)
{
	const char *method = json_string_value(json_object_get(entry, "method"));
	json_t     *params = json_object_get(entry, "params");
	const char *name   = json_string_value(json_object_get(params, "name"));
	const char *path   = json_string_value(json_object_get(params, "filename"));

	if (method == NULL)
		return fault_plain(f, -EINVAL, "%s: an entry has no method", conf_path);
	if (str_eq(method, "bdev_nvme_attach_controller"))
		return fault_plain(f, -ENOTSUP,
				   "%s: NVMe through SPDK is not supported by this engine; use "
				   "bdev class kdev, or "
				   "name another engine in `engine_path`",
				   conf_path);
	if (!str_eq(method, "bdev_aio_create"))
		return 0;
	if (name == NULL || path == NULL)
		return fault_plain(
		    f, -EINVAL, "%s: a bdev_aio_create entry has no name or filename", conf_path);
	return add_device(list, name, path, f);
}

int
eng_devices_open(const char *conf_path, struct eng_devices *ret, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	struct eng_devices     list = {0};
	size_t                 len;
	json_error_t           error;
	json_t                *root, *subsystem, *entry;
	size_t                 i, j;
	int                    r = fs_read_file(conf_path, CONF_MAX_BYTES, &text, &len);

	if (r < 0)
		return fault_plain(f, r, "%s: %s", conf_path, strerror(-r));
	root = eng_json_parse(text, len, &error);
	if (root == NULL)
		return fault_plain(f, eng_json_no_memory() ? -ENOMEM : -EINVAL, "%s:%d:%d: %s",
				   conf_path, error.line, error.column, error.text);
	if (!json_is_array(json_object_get(root, "subsystems")))
		r = fault_plain(f, -EINVAL, "%s: no list \"subsystems\"", conf_path);
	json_array_foreach(json_object_get(root, "subsystems"), i, subsystem)
	{
		if (!str_eq(json_string_value(json_object_get(subsystem, "subsystem")), "bdev"))
			continue;
		json_array_foreach(json_object_get(subsystem, "config"), j, entry) if (r == 0) r =
		    read_entry(&list, entry, conf_path, f);
	}
	json_decref(root);
	if (r < 0) {
		eng_devices_close(&list);
		return r;
	}
	*ret = list;
	return 0;
}

void
eng_devices_close(struct eng_devices *list)
{
	vec_foreach (&list->list, d) {
		closep(&d->fd);
		free(d->name);
		free(d->path);
	}
	vec_fini(&list->list);
}

static bool
holds_data(const struct eng_device *d)
{
	return d->roles == 0 || (d->roles & ENG_ROLE_DATA) != 0;
}

unsigned
eng_devices_targets(const struct eng_devices *list, size_t i, unsigned targets, int32_t *ret)
{
	unsigned n_data = 0, mine = 0, n = 0;

	if (!holds_data(&list->list.v[i]))
		return 0;
	for (size_t k = 0; k < list->list.n; k++) {
		if (k == i)
			mine = n_data;
		n_data += holds_data(&list->list.v[k]);
	}
	for (unsigned t = mine; t < targets; t += n_data)
		ret[n++] = (int32_t)t;
	return n;
}
