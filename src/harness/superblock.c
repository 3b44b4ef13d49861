/*
 * Superblock text and file. Writing builds the text by hand, because the bytes are a contract;
 * reading takes libyaml's tokens into a table of keys, so that a message can name line and key. The
 * checksum lies in an extended attribute of the file itself: it goes with the file when that is
 * renamed, and another program's file has none.
 */
#include "harness/superblock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <yaml.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/version.h"

#define SUPERBLOCK_MAX_BYTES 8192

static const char *const checksum_attrs[] = {"user.daos.crc32", "trusted.daos.crc32"};

/* ---- text ---- */

void
har_superblock_init(struct har_superblock *sb, const char *system, const char *fault_domain)
{
	memset(sb, 0, sizeof(*sb));
	uuid_new(&sb->uuid);
	(void)snprintf(sb->system, sizeof(sb->system), "%s",
		       str_empty(system) ? "daos_engine" : system);
	(void)snprintf(sb->fault_domain, sizeof(sb->fault_domain), "%s",
		       fault_domain == NULL ? "" : fault_domain);
	sb->rank = DAOS_RANK_NIL;
}

/* Whether YAML reads the text back as the same string without quotes. */
static bool
is_plain(const char *s)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};

	if (s[0] == '\0' || strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-./:=+;@") != strlen(s))
		return false;
	if (strchr("-:=@", s[0]) != NULL || str_ends(s, ":"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq_nocase(s, words[i]))
			return false;
	/* What could be a number in some base, or a time. */
	return strchr("0123456789.+", s[0]) == NULL ||
	       strspn(s, "0123456789.+-eE_:xXoabcdfABCDF") != strlen(s);
}

static void
add_scalar(struct strbuf *b, const char *key, const char *value)
{
	if (is_plain(value)) {
		strbuf_addf(b, "%s: %s\n", key, value);
		return;
	}
	strbuf_addf(b, "%s: \"", key);
	for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_addf(b, "\\%c", *p);
		else if (*p < 0x20)
			strbuf_addf(b, "\\x%02x", *p);
		else
			strbuf_add_char(b, (char)*p);
	}
	strbuf_add(b, "\"\n");
}

void
har_superblock_format(const struct har_superblock *sb, struct strbuf *b)
{
	strbuf_addf(b, "version: %d\n", HAR_SUPERBLOCK_VERSION);
	strbuf_addf(b, "uuid: %s\n", sb->uuid.s);
	add_scalar(b, "system", sb->system);
	if (sb->has_rank)
		strbuf_addf(b, "rank: %" PRIu32 "\n", sb->rank);
	else
		strbuf_add(b, "rank: null\n");
	add_scalar(b, "uri", sb->uri);
	strbuf_addf(b, "validrank: %s\n", sb->valid_rank ? "true" : "false");
	add_scalar(b, "hostfaultdomain", sb->fault_domain);
	strbuf_addf(b, "incarnation: %" PRIu64 "\n", sb->incarnation);
}

/* ---- parsing ---- */

enum key {
	KEY_VERSION,
	KEY_UUID,
	KEY_SYSTEM,
	KEY_RANK,
	KEY_URI,
	KEY_VALIDRANK,
	KEY_HOSTFAULTDOMAIN,
	KEY_INCARNATION,
	_KEY_MAX
};

static const char *const key_names[_KEY_MAX] = {
    [KEY_VERSION]         = "version",
    [KEY_UUID]            = "uuid",
    [KEY_SYSTEM]          = "system",
    [KEY_RANK]            = "rank",
    [KEY_URI]             = "uri",
    [KEY_VALIDRANK]       = "validrank",
    [KEY_HOSTFAULTDOMAIN] = "hostfaultdomain",
    [KEY_INCARNATION]     = "incarnation",
};

struct parse {
	const char            *path;
	struct har_superblock *sb;
	bool                   seen[_KEY_MAX];
	struct fault          *f;
};

static int
damaged(const struct parse *p, size_t line, const char *what)
{
	int r = fault_plain(p->f, -EINVAL, "superblock %s is damaged: line %zu: %s", p->path, line,
			    what);

	if (p->f != NULL)
		fault_resolve(p->f,
			      "restore %s from a copy, or exclude the rank and format the storage "
			      "of this engine again",
			      p->path);
	return r;
}

static int
copy_text(const char *value, char *buf, size_t size)
{
	size_t n = strlen(value);

	if (n >= size)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || (unsigned char)value[i] == 0x7f)
			return -EINVAL;
	memcpy(buf, value, n + 1);
	return 0;
}

/* A decimal number in its shortest form. */
static int
parse_number(const char *value, uint64_t max, uint64_t *ret)
{
	uint64_t n;
	int      r;

	if (value[0] == '\0' || strspn(value, "0123456789") != strlen(value) ||
	    (value[0] == '0' && value[1] != '\0'))
		return -EINVAL;
	r = str_to_u64(value, 10, &n);
	if (r < 0 || n > max)
		return -EINVAL;
	*ret = n;
	return 0;
}

static int
set_value(struct parse *p, enum key key, const char *value, size_t line)
{
	struct har_superblock *sb = p->sb;
	struct uuid            uuid;
	uint64_t               n = 0;

	switch (key) {
	case KEY_VERSION:
		if (parse_number(value, UINT32_MAX, &n) < 0 || n == 0)
			return damaged(p, line, "version is not a number above 0");
		if (n > HAR_SUPERBLOCK_VERSION) {
			int r = fault_plain(p->f, -EPROTO,
					    "superblock %s has version %" PRIu64
					    ", written by a newer release; DAOS " DAOS_VERSION
					    " reads up to version %d",
					    p->path, n, HAR_SUPERBLOCK_VERSION);

			if (p->f != NULL)
				fault_resolve(p->f, "start the release that wrote %s", p->path);
			return r;
		}
		return 0;
	case KEY_UUID:
		if (uuid_from_text(value, &uuid) < 0 || strcmp(uuid.s, value) != 0)
			return damaged(p, line, "uuid is not a lower-case UUID");
		sb->uuid = uuid;
		return 0;
	case KEY_SYSTEM:
		if (value[0] == '\0' || copy_text(value, sb->system, sizeof(sb->system)) < 0)
			return damaged(p, line, "system is not a name of 1 to 15 bytes");
		return 0;
	case KEY_RANK:
		if (str_eq(value, "null"))
			return 0;
		if (parse_number(value, DAOS_RANK_NIL - 1, &n) < 0)
			return damaged(p, line, "rank is neither null nor a rank");
		sb->has_rank = true;
		sb->rank     = (uint32_t)n;
		return 0;
	case KEY_URI:
		if (copy_text(value, sb->uri, sizeof(sb->uri)) < 0 ||
		    (value[0] != '\0' && strstr(value, "://") == NULL))
			return damaged(p, line, "uri is neither empty nor a fabric URI");
		return 0;
	case KEY_VALIDRANK:
		if (!str_eq(value, "true") && !str_eq(value, "false"))
			return damaged(p, line, "validrank is neither true nor false");
		sb->valid_rank = str_eq(value, "true");
		return 0;
	case KEY_HOSTFAULTDOMAIN:
		if (copy_text(value, sb->fault_domain, sizeof(sb->fault_domain)) < 0 ||
		    (value[0] != '\0' && value[0] != '/'))
			return damaged(p, line, "hostfaultdomain is not a path");
		return 0;
	case KEY_INCARNATION:
		if (parse_number(value, UINT64_MAX, &sb->incarnation) < 0)
			return damaged(p, line, "incarnation is not a number");
		return 0;
	default:
		return damaged(p, line, "unknown key");
	}
}

static int
parse_pair(struct parse *p, const yaml_node_t *key, const yaml_node_t *value)
{
	size_t line = key->start_mark.line + 1;

	if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
		return damaged(p, line, "not a plain key and value");
	/* A NUL inside a value would end it early below. */
	if (strlen((const char *)value->data.scalar.value) != value->data.scalar.length)
		return damaged(p, line, "a value holds a NUL byte");
	for (int k = 0; k < _KEY_MAX; k++) {
		if (!str_eq((const char *)key->data.scalar.value, key_names[k]))
			continue;
		if (p->seen[k])
			return damaged(p, line, "a key stands twice");
		p->seen[k] = true;
		return set_value(p, k, (const char *)value->data.scalar.value, line);
	}
	return damaged(p, line, "unknown key");
}

static int
parse_document(struct parse *p, yaml_document_t *doc)
{
	const yaml_node_t *root = yaml_document_get_root_node(doc);

	if (root == NULL || root->type != YAML_MAPPING_NODE)
		return damaged(p, 1, "not a YAML mapping");
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     pair < root->data.mapping.pairs.top; pair++) {
		int r = parse_pair(p, yaml_document_get_node(doc, pair->key),
				   yaml_document_get_node(doc, pair->value));

		if (r < 0)
			return r;
	}
	for (int k = 0; k < _KEY_MAX; k++) {
		char what[64];

		if (p->seen[k])
			continue;
		(void)snprintf(what, sizeof(what), "key %s is missing", key_names[k]);
		return damaged(p, root->end_mark.line + 1, what);
	}
	if (p->sb->valid_rank && !p->sb->has_rank)
		return damaged(p, root->end_mark.line + 1, "validrank is true without a rank");
	return 0;
}

int
har_superblock_parse(const char *path, const char *text, size_t len, struct har_superblock *ret,
		     struct fault *f)
{
	struct har_superblock sb     = {.rank = DAOS_RANK_NIL};
	struct parse          p      = {.path = path, .sb = &sb, .f = f};
	yaml_parser_t         parser = {0};
	yaml_document_t       doc;
	int                   r;

	if (len == 0)
		return damaged(&p, 1, "the file is empty");
	if (text[len - 1] != '\n')
		return damaged(&p, 1, "the file is cut off (its last line has no end)");
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &doc)) {
		r = damaged(&p, parser.problem_mark.line + 1,
			    parser.problem == NULL ? "not YAML" : parser.problem);
		yaml_parser_delete(&parser);
		return r;
	}
	r = parse_document(&p, &doc);
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	if (r < 0)
		return r;
	*ret = sb;
	return 0;
}

/* ---- files ---- */

/* CRC-32 (IEEE 802.3, reflected), bit by bit: a superblock has 200 bytes. */
static uint32_t
crc32_of(const char *data, size_t len)
{
	uint32_t crc = ~0U;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320U : 0);
	}
	return ~crc;
}

static void
checksum_text(const char *data, size_t len, char buf[9])
{
	(void)snprintf(buf, 9, "%08" PRIx32, crc32_of(data, len));
}

static int
verify_checksum(const char *path, const char *text, size_t len, struct fault *f)
{
	struct parse p = {.path = path, .f = f};
	char         want[9];
	char         got[9] = "";

	checksum_text(text, len, want);
	for (size_t i = 0; i < ARRAY_SIZE(checksum_attrs); i++) {
		ssize_t n = getxattr(path, checksum_attrs[i], got, sizeof(got) - 1);

		if (n != sizeof(got) - 1)
			continue;
		if (memcmp(got, want, sizeof(got) - 1) == 0)
			return 0;
		return damaged(&p, 1, "the text does not match its checksum");
	}
	return 0; /* written elsewhere, or a file system without extended attributes */
}

int
har_superblock_read(const char *path, struct har_superblock *ret, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	size_t                 len  = 0;
	int                    r;

	r = fs_read_file(path, SUPERBLOCK_MAX_BYTES, &text, &len);
	if (r == -ENOENT)
		return r;
	if (r == -EFBIG)
		return fault_plain(f, r, "superblock %s is damaged: larger than %d bytes", path,
				   SUPERBLOCK_MAX_BYTES);
	if (r < 0)
		return fault_plain(f, r, "superblock %s cannot be read: %s", path, strerror(-r));
	r = har_superblock_parse(path, text, len, ret, f);
	if (r < 0)
		return r;
	return verify_checksum(path, text, len, f);
}

static int
write_staging(const char *staging, const char *text, size_t len)
{
	_cleanup_(closep) int fd = -EBADF;
	char                  sum[9];
	size_t                done = 0;

	fd = open(staging, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  HAR_SUPERBLOCK_MODE);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, HAR_SUPERBLOCK_MODE) < 0)
		return -errno;
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	checksum_text(text, len, sum);
	for (size_t i = 0; i < ARRAY_SIZE(checksum_attrs); i++)
		if (fsetxattr(fd, checksum_attrs[i], sum, sizeof(sum) - 1, 0) == 0)
			break;
	return fsync(fd) < 0 ? -errno : 0;
}

int
har_superblock_write(const char *path, const struct har_superblock *sb, struct fault *f)
{
	_cleanup_(strbuf_fini) struct strbuf b       = STRBUF_INIT;
	_cleanup_(freep) char               *staging = str_format("%s.staging", path);
	_cleanup_(freep) char               *dir     = strdup(path);
	char                                *slash;
	int                                  r;

	har_superblock_format(sb, &b);
	if (staging == NULL || dir == NULL || strbuf_error(&b) < 0)
		return -ENOMEM;
	r = write_staging(staging, strbuf_str(&b), b.len);
	if (r == 0 && rename(staging, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(staging); /* the error being reported is the one that matters */
		return fault_plain(f, r, "superblock %s cannot be written: %s", path, strerror(-r));
	}
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return 0;
	*(slash == dir ? slash + 1 : slash) = '\0';
	r                                   = fs_fsync_dir(dir);
	return r < 0 ? fault_plain(f, r, "directory %s cannot be synced: %s", dir, strerror(-r))
		     : 0;
}
