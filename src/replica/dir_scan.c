/*
 * Reads libraft's files without touching them, and tells what is damaged.
 *
 * libraft itself drops what it cannot read: a log that ends in garbage is cut there, a bad snapshot
 * is passed over for an older one. A flipped bit would so take acknowledged commands with it,
 * silently. This reader runs first. It accepts one thing only, a last write that a crash cut off,
 * and knows it by whole sectors that never reached the disk.
 *
 * File formats: raft/uv.h. Everything is little endian.
 */
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/str.h"
#include "common/vec.h"

#include "replica/replica_private.h"

struct segment {
	char     name[64];
	bool     open;
	uint64_t first; /* index, or counter of an open one */
	uint64_t last;
};

struct snapshot {
	char     name[128]; /* of the data; the description has ".meta" appended */
	uint64_t term;
	uint64_t index;
	uint64_t stamp;
};

struct metadata {
	bool     valid;
	uint64_t version;
	uint64_t term;
	uint64_t vote;
};

struct scan {
	const char             *dir;
	rep_check_fn            check;
	void                   *arg;
	struct rep_dir_content *out;
	struct fault           *f;
	VEC(struct segment) segments;
	VEC(struct snapshot) snapshots;
	struct metadata metadata[2];
	bool            has_metadata_file;
	uint64_t        next; /* index the next entry must have; 0: any */
	uint64_t        last_term;
	uint64_t        snapshot_index;
	bool            seen_entry;
};

static int __attribute__((format(printf, 3, 4)))
damaged(struct scan *s, const char *name, const char *fmt, ...)
{
	char    what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)fault_plain(s->f, -EPROTO, "system database file %s/%s is damaged: %s", s->dir, name,
			  what);
	rep_advise(s->f, s->dir);
	return -EPROTO;
}

static int
newer(struct scan *s, const char *name, uint64_t format)
{
	(void)fault_plain(s->f, -EPROTO,
			  "system database file %s/%s has format %" PRIu64
			  ", this release reads format %d",
			  s->dir, name, format, REP_DISK_FORMAT);
	fault_resolve(
	    s->f,
	    "start the newer release that wrote it, or put back the copy made before the upgrade");
	return -EPROTO;
}

/* A format number nobody ever wrote is damage, one that is next in line a newer release. */
static int
check_format(struct scan *s, const char *name, uint64_t format)
{
	if (format == REP_DISK_FORMAT)
		return 0;
	if (format > REP_DISK_FORMAT && format < 256)
		return newer(s, name, format);
	return damaged(s, name, "its format field is %" PRIu64, format);
}

static int
read_file(struct scan *s, const char *name, char **ret, size_t *ret_len)
{
	_cleanup_(freep) char *path = str_format("%s/%s", s->dir, name);
	int                    r;

	if (path == NULL)
		return -ENOMEM;
	r = fs_read_file(path, REP_MAX_FILE_BYTES, ret, ret_len);
	if (r == -EFBIG)
		return damaged(s, name, "it is larger than %llu MiB",
			       (unsigned long long)(REP_MAX_FILE_BYTES / MIB));
	if (r < 0 && r != -ENOMEM) {
		(void)fault_plain(s->f, r, "cannot read system database file %s: %s", path,
				  strerror(-r));
		fault_resolve(
		    s->f,
		    "make %s and its files readable and writable for the user the server runs as",
		    s->dir);
	}
	return r;
}

/* ---- listing ---- */

/* "<number><sep>…": the number at *p, which moves behind it. */
static bool
take_number(const char **p, uint64_t *ret)
{
	uint64_t    v = 0;
	const char *q = *p;

	for (; *q >= '0' && *q <= '9'; q++) {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*q - '0');
	}
	if (q == *p)
		return false;
	*p   = q;
	*ret = v;
	return true;
}

static bool
parse_segment(const char *name, struct segment *ret)
{
	struct segment seg = {0};
	const char    *p   = name;

	if (strlen(name) >= sizeof(seg.name))
		return false;
	if (str_starts(name, "open-")) {
		p += strlen("open-");
		seg.open = true;
		if (!take_number(&p, &seg.first) || *p != '\0')
			return false;
	} else if (!take_number(&p, &seg.first) || *p++ != '-' || !take_number(&p, &seg.last) ||
		   *p != '\0') {
		return false;
	}
	(void)snprintf(seg.name, sizeof(seg.name), "%s", name);
	*ret = seg;
	return true;
}

static bool
parse_snapshot(const char *name, struct snapshot *ret)
{
	struct snapshot snap = {0};
	const char     *p    = name;
	size_t          len  = strlen(name);

	if (!str_starts(name, "snapshot-") || !str_ends(name, ".meta") || len >= sizeof(snap.name))
		return false;
	p += strlen("snapshot-");
	if (!take_number(&p, &snap.term) || *p++ != '-' || !take_number(&p, &snap.index) ||
	    *p++ != '-' || !take_number(&p, &snap.stamp) || strcmp(p, ".meta") != 0)
		return false;
	(void)snprintf(snap.name, sizeof(snap.name), "%.*s", (int)(len - strlen(".meta")), name);
	*ret = snap;
	return true;
}

static int
compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->open != y->open)
		return x->open ? 1 : -1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int
compare_snapshots(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;

	if (x->term != y->term)
		return x->term < y->term ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

/*
 * Only a snapshot whose data made it to its final name counts; the other half is what a crash
 * leaves.
 */
static bool
has_data(struct scan *s, const struct snapshot *snap)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, snap->name);
	return fs_exists(path);
}

static int
list(struct scan *s)
{
	DIR           *d = opendir(s->dir);
	struct dirent *e;
	int            r = 0;

	if (d == NULL) {
		r = -errno;
		if (r == -ENOENT)
			return r;
		(void)fault_plain(s->f, r, "cannot read system database directory %s: %s", s->dir,
				  strerror(-r));
		fault_resolve(s->f, "make %s a directory owned by the user the server runs as",
			      s->dir);
		return r;
	}
	while (r == 0 && (e = readdir(d)) != NULL) {
		struct segment  seg;
		struct snapshot snap;

		if (strcmp(e->d_name, "metadata1") == 0 || strcmp(e->d_name, "metadata2") == 0)
			s->has_metadata_file = true;
		else if (parse_segment(e->d_name, &seg))
			r = vec_push(&s->segments, seg);
		else if (parse_snapshot(e->d_name, &snap) && has_data(s, &snap))
			r = vec_push(&s->snapshots, snap);
	}
	(void)closedir(d); /* opened for reading, cannot lose anything */
	if (s->segments.n > 0)
		qsort(s->segments.v, s->segments.n, sizeof(*s->segments.v), compare_segments);
	if (s->snapshots.n > 0)
		qsort(s->snapshots.v, s->snapshots.n, sizeof(*s->snapshots.v), compare_snapshots);
	return r;
}

/* ---- metadata ---- */

static int
scan_metadata_file(struct scan *s, unsigned i)
{
	char                   name[16];
	_cleanup_(freep) char *buf = NULL;
	size_t                 len;
	struct metadata       *m = &s->metadata[i];
	const uint8_t         *p;
	int                    r;

	(void)snprintf(name, sizeof(name), "metadata%u", i + 1);
	r = read_file(s, name, &buf, &len);
	if (r == -ENOENT) {
		if (s->f != NULL)
			*s->f = (struct fault)FAULT_INIT;
		return 0;
	}
	if (r < 0)
		return r;
	if (len < REP_METADATA_BYTES)
		return 0; /* cut off while being written: the other one is in force */
	if (len > REP_METADATA_BYTES)
		return damaged(s, name, "it has %zu bytes instead of %d", len, REP_METADATA_BYTES);
	p = (const uint8_t *)buf;
	r = check_format(s, name, rep_get64(p));
	if (r < 0)
		return r;
	r = rep_guard_check(s->dir, p);
	if (r == -EBADMSG)
		return damaged(s, name, "its checksum in metadata.guard is another");
	if (r == -EPROTO)
		return damaged(s, "metadata.guard", "its checksum is wrong");
	if (r < 0)
		return r;
	*m = (struct metadata){.valid   = true,
			       .version = rep_get64(p + 8),
			       .term    = rep_get64(p + 16),
			       .vote    = rep_get64(p + 24)};
	if (m->version == 0 || m->version % 2 != (i + 1) % 2)
		return damaged(s, name, "its version is %" PRIu64, m->version);
	return 0;
}

/* The two files are written in turn, so their versions are neighbours and the term never falls. */
static int
scan_metadata(struct scan *s, struct rep_info *info)
{
	struct metadata *a = &s->metadata[0], *b = &s->metadata[1], *now, *before;
	int              r = scan_metadata_file(s, 0);

	if (r == 0)
		r = scan_metadata_file(s, 1);
	if (r < 0)
		return r;
	if (!a->valid && !b->valid)
		return damaged(s, s->has_metadata_file ? "metadata1" : "metadata1 or metadata2",
			       s->has_metadata_file ? "it is cut short" : "both are missing");
	now    = !b->valid || (a->valid && a->version > b->version) ? a : b;
	before = now == a ? b : a;
	if (before->valid) {
		const char *name = now == a ? "metadata1" : "metadata2";

		if (now->version != before->version + 1)
			return damaged(s, name,
				       "its version is %" PRIu64 " and the other file's %" PRIu64,
				       now->version, before->version);
		if (now->term < before->term)
			return damaged(s, name,
				       "its term %" PRIu64 " is older than the other file's",
				       now->term);
	} else if (now->version > 1) {
		return damaged(s, now == a ? "metadata2" : "metadata1",
			       "it is missing or cut short, and %s is at version %" PRIu64,
			       now == a ? "metadata1" : "metadata2", now->version);
	}
	info->term = now->term;
	return 0;
}

/* ---- log segments ---- */

static int
note_group(struct scan *s, const char *name, const void *data, size_t len)
{
	struct raft_configuration conf;
	struct raft_buffer        buf  = {.base = (void *)data, .len = len};
	struct rep_info          *info = s->out != NULL ? &s->out->info : NULL;
	int                       rv;

	if (len < 9)
		return damaged(s, name, "a list of replicas has %zu bytes", len);
	rv = raft_configuration_decode(&buf, &conf);
	if (rv != 0)
		return damaged(s, name, "a list of replicas cannot be read: %s", raft_strerror(rv));
	if (info != NULL) {
		info->n_servers = 0;
		for (unsigned i = 0; i < conf.n && info->n_servers < REP_SERVERS_MAX; i++) {
			info->servers[info->n_servers].id    = conf.servers[i].id;
			info->servers[info->n_servers].voter = conf.servers[i].role == RAFT_VOTER;
			(void)snprintf(info->servers[info->n_servers].address,
				       sizeof(info->servers[0].address), "%s",
				       conf.servers[i].address);
			info->n_servers++;
		}
	}
	raft_configuration_close(&conf);
	return 0;
}

static int
keep_last(struct scan *s, uint64_t term, enum rep_entry_type type, const void *data, size_t len)
{
	void *copy;

	if (s->out == NULL)
		return 0;
	copy = malloc(len + 1);
	if (copy == NULL)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, data, len);
	free(s->out->last_data);
	s->out->last_data = copy;
	s->out->last_len  = len;
	s->out->last_type = type;
	s->out->last_term = term;
	return 0;
}

static int
scan_entry(struct scan *s, const char *name, uint64_t index, uint64_t term, uint8_t type,
	   const uint8_t *data, size_t len)
{
	const void *cmd;
	size_t      cmd_len;
	int         r;

	if (!s->seen_entry && index == 1 && type != RAFT_CHANGE)
		return damaged(s, name, "the log does not begin with the list of replicas");
	s->seen_entry = true;
	if (term == 0 || term < s->last_term)
		return damaged(s, name,
			       "entry %" PRIu64 " has term %" PRIu64 " after term %" PRIu64, index,
			       term, s->last_term);
	s->last_term = term;
	switch (type) {
	case RAFT_CHANGE:
		if (index > s->snapshot_index) {
			r = note_group(s, name, data, len);
			if (r < 0)
				return r;
		}
		return keep_last(s, term, REP_ENTRY_GROUP, data, len);
	case RAFT_BARRIER:
		return keep_last(s, term, REP_ENTRY_BARRIER, data, len);
	case RAFT_COMMAND:
		if (rep_command_unpack(data, len, &cmd, &cmd_len) < 0)
			return damaged(s, name, "entry %" PRIu64 " is no command", index);
		if (s->check != NULL && index > s->snapshot_index) {
			r = s->check(s->arg, false, cmd, cmd_len, s->f);
			if (r < 0) {
				fault_wrap(s->f, "system database file %s/%s, entry %" PRIu64,
					   s->dir, name, index);
				rep_advise(s->f, s->dir);
				return r;
			}
		}
		return keep_last(s, term, REP_ENTRY_COMMAND, cmd, cmd_len);
	default:
		return damaged(s, name, "entry %" PRIu64 " has type %u", index, type);
	}
}

static int
scan_batch(struct scan *s, const char *name, const struct rep_batch *b, uint64_t *index)
{
	const uint8_t *data = b->data;

	for (uint64_t i = 0; i < b->n; i++) {
		const uint8_t *h   = b->headers + 16 * i;
		size_t         len = rep_get32(h + 12);
		int            r   = scan_entry(s, name, *index, rep_get64(h), h[8], data, len);

		if (r < 0)
			return r;
		data += len;
		(*index)++;
	}
	return 0;
}

static int
bad_batch(struct scan *s, const struct segment *seg, enum rep_batch_verdict v, size_t off)
{
	switch (v) {
	case REP_BATCH_SHORT:
		return damaged(s, seg->name,
			       "it ends in the middle of the entries that begin at byte %zu", off);
	case REP_BATCH_BAD_HEADER:
		return damaged(s, seg->name,
			       "the checksum of the entry headers at byte %zu is wrong", off);
	case REP_BATCH_BAD_DATA:
		return damaged(s, seg->name, "the checksum of the entries at byte %zu is wrong",
			       off);
	default:
		return damaged(s, seg->name, "it has no entries at byte %zu", off);
	}
}

/* Reads one file; *torn is set when it ends in a write that was cut off. */
static int
scan_segment_content(struct scan *s, const struct segment *seg, const uint8_t *buf, size_t len,
		     uint64_t *index, bool *torn)
{
	size_t off = 8;

	while (off < len) {
		struct rep_batch       b;
		enum rep_batch_verdict v = rep_batch_read(buf, len, off, &b);
		int                    r;

		if (seg->open && v == REP_BATCH_END)
			break;
		if (seg->open && v == REP_BATCH_TORN) {
			*torn = true;
			break;
		}
		if (v != REP_BATCH_OK)
			return bad_batch(s, seg, v, off);
		r = scan_batch(s, seg->name, &b, index);
		if (r < 0)
			return r;
		off = b.end;
	}
	return 0;
}

static int
scan_segment(struct scan *s, const struct segment *seg, bool *torn, bool *empty)
{
	_cleanup_(freep) char *buf = NULL;
	size_t                 len;
	uint64_t               index = s->next;
	int                    r     = read_file(s, seg->name, &buf, &len);

	*empty = true;
	if (r < 0)
		return r;
	if (seg->open && (len == 0 || rep_all_zero((const uint8_t *)buf, len)))
		return 0; /* prepared, never used */
	if (len < 8)
		return damaged(s, seg->name, "it has only %zu bytes", len);
	r = check_format(s, seg->name, rep_get64((const uint8_t *)buf));
	if (r < 0)
		return r;
	r = scan_segment_content(s, seg, (const uint8_t *)buf, len, &index, torn);
	if (r < 0)
		return r;
	*empty = index == s->next;
	if (!seg->open && index != seg->last + 1)
		return damaged(s, seg->name, "it holds %" PRIu64 " entries instead of %" PRIu64,
			       index - s->next, seg->last - seg->first + 1);
	s->next = index;
	return 0;
}

/*
 * Closed segments must follow each other without a hole from the snapshot on. Older ones may have
 * holes: a crash while they were being removed leaves those.
 */
static int
scan_closed(struct scan *s, size_t *i)
{
	for (; *i < s->segments.n && !s->segments.v[*i].open; (*i)++) {
		const struct segment *seg  = &s->segments.v[*i];
		bool                  torn = false, empty;
		int                   r;

		if (seg->first == 0 || seg->last < seg->first)
			return damaged(s, seg->name, "its name is no range of entries");
		if (s->next != 0 && seg->first < s->next)
			return damaged(s, seg->name, "it overlaps the file before it");
		if ((s->next == 0 ? seg->first > s->snapshot_index + 1 : seg->first != s->next) &&
		    seg->first > s->snapshot_index + 1)
			return damaged(s, seg->name,
				       "entries %" PRIu64 " to %" PRIu64 " before it are missing",
				       MAX(s->next, s->snapshot_index + 1), seg->first - 1);
		s->next = seg->first;
		r       = scan_segment(s, seg, &torn, &empty);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
scan_open(struct scan *s, size_t i)
{
	const struct segment *torn_seg = NULL;

	if (s->next == 0)
		s->next = s->snapshot_index + 1;
	for (; i < s->segments.n; i++) {
		const struct segment *seg  = &s->segments.v[i];
		bool                  torn = false, empty;
		int                   r    = scan_segment(s, seg, &torn, &empty);

		if (r < 0)
			return r;
		if (torn_seg != NULL && !empty)
			return damaged(s, torn_seg->name,
				       "its end is unreadable and %s continues after it",
				       seg->name);
		if (torn)
			torn_seg = seg;
	}
	return 0;
}

/* ---- snapshots ---- */

static int
scan_snapshot_meta(struct scan *s, const struct snapshot *snap)
{
	char                   name[160];
	_cleanup_(freep) char *buf = NULL;
	const uint8_t         *p;
	size_t                 len;
	int                    r;

	(void)snprintf(name, sizeof(name), "%s.meta", snap->name);
	r = read_file(s, name, &buf, &len);
	if (r < 0)
		return r;
	p = (const uint8_t *)buf;
	if (len < 32)
		return damaged(s, name, "it has only %zu bytes", len);
	r = check_format(s, name, rep_get64(p));
	if (r < 0)
		return r;
	if (rep_get64(p + 24) != len - 32)
		return damaged(s, name, "it has %zu bytes instead of %" PRIu64, len,
			       rep_get64(p + 24) + 32);
	if (rep_get64(p + 8) != rep_crc32(0, p + 16, len - 16))
		return damaged(s, name, "its checksum is wrong");
	return note_group(s, name, p + 32, len - 32);
}

static int
scan_snapshot(struct scan *s, const struct snapshot *snap)
{
	_cleanup_(freep) char *buf = NULL;
	char                   path[PATH_MAX];
	struct stat            st;
	size_t                 len;
	int                    r = scan_snapshot_meta(s, snap);

	if (r == 0)
		r = read_file(s, snap->name, &buf, &len);
	if (r < 0)
		return r;
	if (len == 0)
		return damaged(s, snap->name, "it is empty");
	if (s->check != NULL) {
		r = s->check(s->arg, true, buf, len, s->f);
		if (r < 0) {
			fault_wrap(s->f, "system database file %s/%s", s->dir, snap->name);
			rep_advise(s->f, s->dir);
			return r;
		}
	}
	s->snapshot_index = snap->index;
	if (s->out == NULL)
		return 0;
	s->out->info.snapshot_index = snap->index;
	s->out->info.snapshot_term  = snap->term;
	(void)snprintf(s->out->snapshot_file, sizeof(s->out->snapshot_file), "%s", snap->name);
	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, snap->name);
	if (stat(path, &st) == 0)
		s->out->snapshot_time_ms =
		    (uint64_t)st.st_mtim.tv_sec * 1000 + (uint64_t)st.st_mtim.tv_nsec / 1000000;
	s->out->snapshot     = TAKE_PTR(buf);
	s->out->snapshot_len = len;
	return 0;
}

/* ---- all of it ---- */

/* A replica that waits to be added to its group has prepared log files and written nothing. */
static int
is_unused(struct scan *s, bool *ret)
{
	*ret = !s->has_metadata_file && s->snapshots.n == 0;
	vec_foreach (&s->segments, seg) {
		_cleanup_(freep) char *buf = NULL;
		size_t                 len;
		int                    r;

		if (!*ret || !seg->open) {
			*ret = false;
			return 0;
		}
		r = read_file(s, seg->name, &buf, &len);
		if (r < 0)
			return r;
		*ret = rep_all_zero((const uint8_t *)buf, len);
	}
	return 0;
}

static int
scan_dir(struct scan *s)
{
	struct rep_info  nowhere    = {0};
	struct rep_info *info       = s->out != NULL ? &s->out->info : &nowhere;
	size_t           i          = 0;
	bool             unused_dir = false;
	int              r          = list(s);

	if (r == 0)
		r = is_unused(s, &unused_dir);
	if (r < 0)
		return r;
	if (unused_dir)
		return -ENOENT;
	r = scan_metadata(s, info);
	if (r == 0 && s->snapshots.n > 0)
		r = scan_snapshot(s, &s->snapshots.v[s->snapshots.n - 1]);
	if (r == 0)
		r = scan_closed(s, &i);
	if (r == 0)
		r = scan_open(s, i);
	if (r < 0)
		return r;
	if (s->next <= 1 && s->snapshot_index == 0)
		return damaged(s, "metadata1",
			       "it says the database was used, but the log files are missing");
	if (s->next - 1 < s->snapshot_index && s->seen_entry &&
	    s->segments.v[s->segments.n - 1].open)
		return damaged(s, s->snapshots.v[s->snapshots.n - 1].name,
			       "it reaches entry %" PRIu64 " and the log only %" PRIu64,
			       s->snapshot_index, s->next - 1);
	if (s->last_term > info->term)
		return damaged(s, "metadata1",
			       "its term %" PRIu64 " is older than the log's %" PRIu64, info->term,
			       s->last_term);
	info->last_index = MAX(s->next - 1, s->snapshot_index);
	return 0;
}

int
rep_dir_verify(const char *dir, rep_check_fn check, void *arg, struct rep_dir_content *ret,
	       struct fault *f)
{
	struct rep_dir_content content = {0};
	struct scan            s       = {
			     .dir = dir, .check = check, .arg = arg, .out = ret != NULL ? &content : NULL, .f = f};
	int r = scan_dir(&s);

	vec_fini(&s.segments);
	vec_fini(&s.snapshots);
	if (r < 0) {
		rep_dir_content_fini(&content);
		return r;
	}
	if (ret != NULL)
		*ret = content;
	return 0;
}
