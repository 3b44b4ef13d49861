/*
 * Reading and replacing the file. Damage is found by length and checksum before the JSON is looked
 * at.
 */
#include "engine/sysdb.h"

#include <assert.h>
#include <string.h>

#include "common/crc.h"
#include "common/fs.h"
#include "common/str.h"
#include "engine/json.h"

#define MAGIC     "DAOSCENG"
#define VERSION   1
#define MAX_BYTES (16 * MIB)
#define FILE_MODE 0660
#define DIR_MODE  0775

struct header {
	char     magic[8];
	uint32_t version;
	uint32_t length;
	uint32_t crc;
	uint32_t zero[3];
};

static_assert(sizeof(struct header) == 32, "the size the header file names");

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int
load_device(struct eng_sysdb *db, const json_t *entry)
{
	const char *name = text_of(entry, "name"), *path = text_of(entry, "path"),
		   *uuid          = text_of(entry, "uuid");
	struct eng_sysdb_device d = {0};
	int                     r;

	if (name == NULL || path == NULL || uuid == NULL || uuid_from_text(uuid, &d.uuid) < 0)
		return -EBADMSG;
	d.name = strdup(name);
	d.path = strdup(path);
	r      = d.name != NULL && d.path != NULL ? vec_push(&db->devices, d) : -ENOMEM;
	if (r < 0) {
		free(d.name);
		free(d.path);
	}
	return r;
}

static int
load(struct eng_sysdb *db, const char *text, size_t len)
{
	json_error_t error;
	json_t      *root        = eng_json_parse(text, len, &error);
	json_t      *devices     = json_object_get(root, "devices");
	const char  *incarnation = text_of(root, "incarnation"); /* JSON numbers are signed */
	int          r           = 0;

	if (root == NULL)
		return eng_json_no_memory() ? -ENOMEM : -EBADMSG;
	if (incarnation == NULL || str_to_u64(incarnation, 10, &db->incarnation) < 0 ||
	    !json_is_array(devices))
		r = -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_array_size(devices); i++)
		r = load_device(db, json_array_get(devices, i));
	json_decref(root);
	return r;
}

int
eng_sysdb_decode(struct eng_sysdb *db, const void *data, size_t len, struct fault *f)
{
	const char   *json = (const char *)data + sizeof(struct header);
	struct header h;
	int           r = -EBADMSG;

	if (len < sizeof(h) || memcmp(data, MAGIC, sizeof(h.magic)) != 0)
		return fault_plain(
		    f, r, "%s was not written by this engine; format the storage to use it here",
		    db->path);
	memcpy(&h, data, sizeof(h));
	if (h.version > VERSION)
		return fault_plain(
		    f, -ENOTSUP, "%s was written by a newer release (format %u, this one reads %d)",
		    db->path, h.version, VERSION);
	if (h.length == len - sizeof(h) && h.crc == crc32c(0, json, h.length))
		r = load(db, json, h.length);
	if (r == -EBADMSG)
		return fault_plain(f, r, "%s is damaged; format the storage to use it again",
				   db->path);
	return r < 0 ? fault_plain(f, r, "%s: %s", db->path, strerror(-r)) : 0;
}

static int
read_file(struct eng_sysdb *db, struct fault *f)
{
	_cleanup_(freep) char *data = NULL;
	size_t                 len;
	int                    r = fs_read_file(db->path, MAX_BYTES, &data, &len);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fault_plain(f, r, "%s: %s", db->path,
				   r == -EFBIG ? "not written by this engine" : strerror(-r));
	return eng_sysdb_decode(db, data, len, f);
}

int
eng_sysdb_open(const char *dir, struct eng_sysdb *ret, struct fault *f)
{
	_cleanup_(freep) char *sys_dir = str_format("%s/daos_sys", dir);
	struct eng_sysdb       db      = {.path = str_format("%s/daos_sys/sys_db", dir)};
	int                    r;

	if (sys_dir == NULL || db.path == NULL) {
		eng_sysdb_close(&db);
		return fault_plain(f, -ENOMEM, "%s: out of memory", dir);
	}
	r = fs_mkdir_all(sys_dir, DIR_MODE);
	if (r < 0)
		(void)fault_plain(f, r, "%s: %s", sys_dir, strerror(-r));
	else
		r = read_file(&db, f);
	if (r < 0) {
		eng_sysdb_close(&db);
		return r;
	}
	*ret = db;
	return 0;
}

static json_t *
to_json(const struct eng_sysdb *db)
{
	json_t *root = json_object(), *devices = json_array();
	char    incarnation[24];
	int     r;

	(void)snprintf(incarnation, sizeof(incarnation), "%lu", db->incarnation);
	r = json_object_set_new(root, "incarnation", json_string(incarnation));
	vec_foreach (&db->devices, d)
		r |= json_array_append_new(devices, json_pack("{s:s, s:s, s:s}", "name", d->name,
							      "path", d->path, "uuid", d->uuid.s));
	r |= json_object_set_new(root, "devices", devices);
	if (r != 0) {
		json_decref(root);
		return NULL;
	}
	return root;
}

int
eng_sysdb_save(const struct eng_sysdb *db, struct fault *f)
{
	_cleanup_(strbuf_fini) struct strbuf file = STRBUF_INIT;
	json_t                              *root;
	_cleanup_(freep) char               *text = NULL;
	struct header                        h    = {.magic = MAGIC, .version = VERSION};
	int                                  r;

	eng_json_begin();
	root = to_json(db);
	text = eng_json_dump(root);
	json_decref(root);
	if (text == NULL)
		return fault_plain(f, -ENOMEM, "%s: out of memory", db->path);
	h.length = (uint32_t)strlen(text);
	h.crc    = crc32c(0, text, h.length);
	strbuf_add_len(&file, &h, sizeof(h));
	strbuf_add_len(&file, text, h.length);
	r = strbuf_error(&file);
	if (r == 0)
		r = fs_write_atomic(db->path, file.s, file.len, FILE_MODE);
	return r < 0 ? fault_plain(f, r, "%s: %s", db->path, strerror(-r)) : 0;
}

void
eng_sysdb_close(struct eng_sysdb *db)
{
	vec_foreach (&db->devices, d) {
		free(d->name);
		free(d->path);
	}
	vec_fini(&db->devices);
	free(db->path);
	*db = (struct eng_sysdb){0};
}

int
eng_sysdb_device_uuid(struct eng_sysdb *db, const char *name, const char *path, struct uuid *ret)
{
	struct eng_sysdb_device d = {0};
	int                     r;

	vec_foreach (&db->devices, known) {
		if (str_eq(known->name, name) && str_eq(known->path, path)) {
			*ret = known->uuid;
			return 0;
		}
	}
	uuid_new(&d.uuid);
	d.name = strdup(name);
	d.path = strdup(path);
	r      = d.name != NULL && d.path != NULL ? vec_push(&db->devices, d) : -ENOMEM;
	if (r < 0) {
		free(d.name);
		free(d.path);
		return r;
	}
	*ret = d.uuid;
	return 0;
}
