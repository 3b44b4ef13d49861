/*
 * Commands and snapshots as bytes: protobuf inside a frame with format and checksum.
 *
 * The checksum is looked at first: only when it holds does a higher format number mean a newer
 * release and not a flipped bit. Messages are checked field by field before anything of them is
 * used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/str.h"
#include "common/version.h"

#include "system/state_private.h"

#define MAX_MEMBERS      (1U << 20)
#define MAX_DOMAIN_DEPTH 64

static uint32_t
record_crc(uint32_t format, const char *writer, const void *body, size_t len)
{
	uint8_t  le[4] = {(uint8_t)format, (uint8_t)(format >> 8), (uint8_t)(format >> 16),
			  (uint8_t)(format >> 24)};
	uint32_t crc   = crc32c(0, le, sizeof(le));

	crc = crc32c(crc, writer, strlen(writer));
	return crc32c(crc, body, len);
}

/* protobuf-c answers NULL for garbage and for no memory alike; its allocator knows which. */
static void *
noting_alloc(void *out_of_memory, size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		*(bool *)out_of_memory = true;
	return p;
}

static void
noting_free(void *out_of_memory, void *p)
{
	(void)out_of_memory;
	free(p);
}

/* A message that any allocator of this process frees. -EPROTO without f, -ENOMEM. */
static int
unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len, ProtobufCMessage **ret)
{
	bool               out_of_memory = false;
	ProtobufCAllocator allocator     = {
		.alloc = noting_alloc, .free = noting_free, .allocator_data = &out_of_memory};

	*ret = protobuf_c_message_unpack(type, &allocator, len, data);
	if (*ret != NULL)
		return 0;
	return out_of_memory ? -ENOMEM : -EPROTO;
}

int
sys_record_pack(const void *body, size_t len, void **ret, size_t *ret_len)
{
	Sysdb__Record rec = SYSDB__RECORD__INIT;
	size_t        size;
	void         *buf;

	rec.format    = SYS_FORMAT;
	rec.writer    = (char *)DAOS_VERSION; /* only read by the packer */
	rec.body.data = (uint8_t *)body;
	rec.body.len  = len;
	rec.crc32c    = record_crc(rec.format, rec.writer, body, len);
	size          = sysdb__record__get_packed_size(&rec);
	buf           = malloc(size);
	if (buf == NULL)
		return -ENOMEM;
	(void)sysdb__record__pack(&rec, buf); /* returns size */
	*ret     = buf;
	*ret_len = size;
	return 0;
}

int
sys_record_unpack(const void *data, size_t len, Sysdb__Record **ret, struct fault *f)
{
	Sysdb__Record *rec;
	int            r = unpack(&sysdb__record__descriptor, data, len, (ProtobufCMessage **)&rec);

	if (r == -EPROTO)
		return fault_plain(f, r, "a record of %zu bytes cannot be decoded", len);
	if (r < 0)
		return r;
	if (rec->crc32c != record_crc(rec->format, rec->writer, rec->body.data, rec->body.len)) {
		r = fault_plain(f, -EPROTO, "the checksum of a record is wrong");
	} else if (rec->format == 0) {
		r = fault_plain(f, -EPROTO, "a record has no format");
	} else if (rec->format > SYS_FORMAT) {
		r = fault_plain(f, -EPROTO,
				"a record was written by release %s in format %" PRIu32
				", this release (%s) reads formats up to %d",
				rec->writer, rec->format, DAOS_VERSION, SYS_FORMAT);
		fault_resolve(f, "start release %s or a newer one", rec->writer);
	}
	if (r < 0) {
		sysdb__record__free_unpacked(rec, NULL);
		return r;
	}
	*ret = rec;
	return 0;
}

/* ---- members ---- */

static int
copy_strings(char *const *v, size_t n, char ***ret)
{
	char **c = calloc(n + 1, sizeof(*c));

	for (size_t i = 0; c != NULL && i < n; i++) {
		c[i] = strdup(v[i]);
		if (c[i] != NULL)
			continue;
		while (i > 0)
			free(c[--i]);
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return c != NULL ? 0 : -ENOMEM;
}

static int
copy_numbers(const uint32_t *v, size_t n, uint32_t **ret)
{
	uint32_t *c = calloc(n + 1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	if (n > 0)
		memcpy(c, v, n * sizeof(*c));
	*ret = c;
	return 0;
}

static int
copy_text(const char *s, char **ret)
{
	char *c = strdup(s != NULL ? s : "");

	if (c == NULL)
		return -ENOMEM;
	*ret = c;
	return 0;
}

int
sys_member_to_pb(const struct sys_member *m, Sysdb__Member **ret)
{
	Sysdb__Member *pb = calloc(1, sizeof(*pb));
	bool           ok;

	if (pb == NULL)
		return -ENOMEM;
	sysdb__member__init(pb);
	pb->rank           = m->rank;
	pb->state          = m->state;
	pb->incarnation    = m->incarnation;
	pb->last_update_ns = m->last_update_ns;
	pb->nctxs          = m->nctxs;
	ok = copy_text(m->uuid.s, &pb->uuid) == 0 && copy_text(m->addr, &pb->addr) == 0 &&
	     copy_text(m->info, &pb->info) == 0 && copy_text(m->uri, &pb->uri) == 0 &&
	     copy_text(m->fault_domain, &pb->fault_domain) == 0 &&
	     copy_numbers(m->secondary_nctxs, m->n_secondary_nctxs, &pb->secondary_nctxs) == 0 &&
	     copy_strings(m->secondary_uris, m->n_secondary_uris, &pb->secondary_uris) == 0;
	if (!ok) {
		sysdb__member__free_unpacked(pb, NULL);
		return -ENOMEM;
	}
	pb->n_secondary_uris  = m->n_secondary_uris;
	pb->n_secondary_nctxs = m->n_secondary_nctxs;
	*ret                  = pb;
	return 0;
}

static const char *
member_problem(const Sysdb__Member *pb, struct uuid *uuid)
{
	if (pb->rank == DAOS_RANK_NIL)
		return "no rank";
	if (uuid_from_text(pb->uuid, uuid) < 0)
		return "no UUID";
	if (sys_member_state_name((enum sys_member_state)pb->state) == NULL)
		return "an unknown state";
	if (strlen(pb->addr) >= SYS_ADDR_SIZE)
		return "too long an address";
	if (pb->n_secondary_uris > SYS_MAX_SECONDARY || pb->n_secondary_nctxs > SYS_MAX_SECONDARY)
		return "too many fabric interfaces";
	if (pb->fault_domain[0] != '/')
		return "no fault domain";
	return NULL;
}

int
sys_member_from_pb(const Sysdb__Member *pb, struct sys_member *ret, struct fault *f)
{
	struct sys_member m = SYS_MEMBER_INIT;
	struct uuid       uuid;
	const char       *problem = member_problem(pb, &uuid);

	if (problem != NULL)
		return fault_plain(f, -EPROTO, "the member record of rank %" PRIu32 " has %s",
				   pb->rank, problem);
	m.rank           = pb->rank;
	m.uuid           = uuid;
	m.state          = (enum sys_member_state)pb->state;
	m.incarnation    = pb->incarnation;
	m.last_update_ns = pb->last_update_ns;
	m.nctxs          = pb->nctxs;
	memcpy(m.addr, pb->addr, strlen(pb->addr) + 1);
	if (copy_text(pb->info, &m.info) < 0 || copy_text(pb->uri, &m.uri) < 0 ||
	    copy_text(pb->fault_domain, &m.fault_domain) < 0 ||
	    copy_numbers(pb->secondary_nctxs, pb->n_secondary_nctxs, &m.secondary_nctxs) < 0 ||
	    copy_strings(pb->secondary_uris, pb->n_secondary_uris, &m.secondary_uris) < 0) {
		sys_member_fini(&m);
		return -ENOMEM;
	}
	m.n_secondary_uris  = pb->n_secondary_uris;
	m.n_secondary_nctxs = pb->n_secondary_nctxs;
	*ret                = m;
	return 0;
}

/* ---- commands ---- */

int
sys_command_pack(const Sysdb__Command *cmd, void **ret, size_t *ret_len)
{
	size_t                 len  = sysdb__command__get_packed_size(cmd);
	_cleanup_(freep) void *body = malloc(len + 1);

	if (body == NULL)
		return -ENOMEM;
	(void)sysdb__command__pack(cmd, body); /* returns len */
	return sys_record_pack(body, len, ret, ret_len);
}

int
sys_command_unpack(const void *data, size_t len, Sysdb__Command **ret, struct fault *f)
{
	Sysdb__Record  *rec;
	Sysdb__Command *cmd;
	int             r = sys_record_unpack(data, len, &rec, f);

	if (r < 0)
		return r;
	r = unpack(&sysdb__command__descriptor, rec->body.data, rec->body.len,
		   (ProtobufCMessage **)&cmd);
	sysdb__record__free_unpacked(rec, NULL);
	if (r == -EPROTO)
		return fault_plain(f, r, "a command cannot be decoded");
	if (r < 0)
		return r;
	for (size_t i = 0; i < cmd->n_ops; i++) {
		if (cmd->ops[i]->op_case != SYSDB__OP__OP__NOT_SET)
			continue;
		sysdb__command__free_unpacked(cmd, NULL);
		return fault_plain(f, -EPROTO,
				   "a command has an effect this release does not know");
	}
	*ret = cmd;
	return 0;
}

/* ---- snapshots ---- */

static int
add_domains(Sysdb__Snapshot *snap, const struct sys_domain *d, uint32_t parent)
{
	Sysdb__DomainNode **v =
	    realloc(snap->domains, (snap->n_domains + 1) * sizeof(Sysdb__DomainNode *));
	Sysdb__DomainNode *node = calloc(1, sizeof(*node));

	if (v != NULL)
		snap->domains = v;
	if (v == NULL || node == NULL) {
		free(node);
		return -ENOMEM;
	}
	sysdb__domain_node__init(node);
	v[snap->n_domains++] = node;
	node->id             = d->id;
	node->parent         = parent;
	node->is_rank        = d->rank != DAOS_RANK_NIL;
	node->rank           = node->is_rank ? d->rank : 0;
	if (copy_text(d->name, &node->name) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < d->n_children; i++) {
		if (add_domains(snap, d->children[i], d->id) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int
add_members(Sysdb__Snapshot *snap, const struct sys_state *s)
{
	snap->members = calloc(s->members.n + 1, sizeof(Sysdb__Member *));
	if (snap->members == NULL)
		return -ENOMEM;
	for (; snap->n_members < s->members.n; snap->n_members++) {
		if (sys_member_to_pb(s->members.v[snap->n_members],
				     &snap->members[snap->n_members]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int
add_attrs(Sysdb__Snapshot *snap, const struct sys_state *s)
{
	snap->attrs = calloc(s->attrs.n + 1, sizeof(Sysdb__Attr *));
	if (snap->attrs == NULL)
		return -ENOMEM;
	for (; snap->n_attrs < s->attrs.n; snap->n_attrs++) {
		const struct sys_kv *kv = &s->attrs.v[snap->n_attrs];
		Sysdb__Attr         *a  = calloc(1, sizeof(*a));

		if (a == NULL)
			return -ENOMEM;
		sysdb__attr__init(a);
		if (copy_text(kv->key, &a->key) < 0 || copy_text(kv->value, &a->value) < 0) {
			sysdb__attr__free_unpacked(a, NULL);
			return -ENOMEM;
		}
		snap->attrs[snap->n_attrs] = a;
	}
	return 0;
}

int
sys_snapshot_pack(const struct sys_state *s, void **ret, size_t *ret_len)
{
	Sysdb__Snapshot       *snap = calloc(1, sizeof(*snap));
	_cleanup_(freep) void *body = NULL;
	size_t                 len;
	int                    r;

	if (snap == NULL)
		return -ENOMEM;
	sysdb__snapshot__init(snap);
	snap->data_version = s->data_version;
	snap->map_version  = s->map_version;
	snap->next_rank    = s->next_rank;
	r                  = add_members(snap, s);
	if (r == 0)
		r = add_domains(snap, s->domains, 0);
	if (r == 0)
		r = add_attrs(snap, s);
	if (r == 0) {
		len  = sysdb__snapshot__get_packed_size(snap);
		body = malloc(len + 1);
		r    = body != NULL ? 0 : -ENOMEM;
	}
	if (r == 0) {
		(void)sysdb__snapshot__pack(snap, body); /* returns len */
		r = sys_record_pack(body, len, ret, ret_len);
	}
	sysdb__snapshot__free_unpacked(snap, NULL);
	return r;
}

static int
compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
check_ids(const Sysdb__Snapshot *snap, struct fault *f)
{
	_cleanup_(freep) uint32_t *ids = calloc(snap->n_domains + 1, sizeof(*ids));

	if (ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_domains; i++)
		ids[i] = snap->domains[i]->id;
	qsort(ids, snap->n_domains, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < snap->n_domains; i++) {
		if (ids[i] == ids[i - 1])
			return fault_plain(f, -EPROTO,
					   "two fault domains of a snapshot have the id %" PRIu32,
					   ids[i]);
	}
	return 0;
}

/*
 * Written depth first with children by name, so what comes fits under a node on the way to the last
 * one.
 */
static bool
fits(const struct sys_domain *parent, const Sysdb__DomainNode *pb,
     const struct sys_members *members)
{
	char leaf[24];

	if (pb->name[0] == '\0' || strchr(pb->name, '/') != NULL || parent->rank != DAOS_RANK_NIL)
		return false;
	if (parent->n_children > 0 &&
	    strcmp(parent->children[parent->n_children - 1]->name, pb->name) >= 0)
		return false;
	if (!pb->is_rank)
		return true;
	(void)snprintf(leaf, sizeof(leaf), "rank%" PRIu32, pb->rank);
	return strcmp(leaf, pb->name) == 0 && sys_members_by_rank(members, pb->rank) != NULL;
}

static int
load_domains(const Sysdb__Snapshot *snap, struct sys_state *s, struct fault *f)
{
	struct sys_domain *path[MAX_DOMAIN_DEPTH] = {s->domains};
	struct sys_members members                = sys_state_members(s);
	size_t             depth = 0, leaves = 0;

	if (snap->n_domains == 0 || snap->domains[0]->id != SYS_DOMAIN_ROOT_ID ||
	    snap->domains[0]->parent != 0)
		return fault_plain(f, -EPROTO, "a snapshot has no root of fault domains");
	for (size_t i = 1; i < snap->n_domains; i++) {
		const Sysdb__DomainNode *pb = snap->domains[i];
		struct sys_domain       *d;

		while (depth > 0 && path[depth]->id != pb->parent)
			depth--;
		if (path[depth]->id != pb->parent || depth + 1 == MAX_DOMAIN_DEPTH ||
		    !fits(path[depth], pb, &members))
			return fault_plain(f, -EPROTO,
					   "fault domain %" PRIu32 " of a snapshot has no place",
					   pb->id);
		d = sys_domain_node_new(pb->name, pb->id, pb->is_rank ? pb->rank : DAOS_RANK_NIL);
		if (d == NULL || sys_domain_attach(path[depth], d) < 0) {
			(void)sys_domain_free(d); /* not attached */
			return -ENOMEM;
		}
		path[++depth] = d;
		leaves += pb->is_rank;
	}
	if (leaves != members.n)
		return fault_plain(f, -EPROTO, "a snapshot has %zu members and %zu places for them",
				   members.n, leaves);
	return check_ids(snap, f);
}

static int
load_members(const Sysdb__Snapshot *snap, struct sys_state *s, struct fault *f)
{
	if (snap->n_members > MAX_MEMBERS)
		return fault_plain(f, -EPROTO, "a snapshot has %zu members", snap->n_members);
	for (size_t i = 0; i < snap->n_members; i++) {
		struct sys_member *m;
		int                r;

		if (i > 0 && snap->members[i]->rank <= snap->members[i - 1]->rank)
			return fault_plain(f, -EPROTO, "members of a snapshot are out of order");
		m = sys_stored_new();
		if (m == NULL)
			return -ENOMEM;
		r = sys_member_from_pb(snap->members[i], m, f);
		if (r < 0) {
			sys_stored_unref(m);
			return r;
		}
		if (sys_uuid_index_reserve(&s->by_uuid, s->members.n + 1) < 0 ||
		    vec_push(&s->members, m) < 0) {
			sys_stored_unref(m);
			return -ENOMEM;
		}
		sys_uuid_index_add(&s->by_uuid, m);
	}
	return 0;
}

static int
load_attrs(const Sysdb__Snapshot *snap, struct sys_state *s, struct fault *f)
{
	for (size_t i = 0; i < snap->n_attrs; i++) {
		const Sysdb__Attr *a  = snap->attrs[i];
		struct sys_kv      kv = {0};

		if (a->key[0] == '\0' || a->value[0] == '\0' ||
		    (i > 0 && strcmp(snap->attrs[i - 1]->key, a->key) >= 0))
			return fault_plain(f, -EPROTO, "attributes of a snapshot are out of order");
		if (copy_text(a->key, &kv.key) < 0 || copy_text(a->value, &kv.value) < 0 ||
		    vec_push(&s->attrs, kv) < 0) {
			free(kv.key);
			free(kv.value);
			return -ENOMEM;
		}
	}
	return 0;
}

int
sys_snapshot_unpack(const void *data, size_t len, struct sys_state *ret, struct fault *f)
{
	struct sys_state s;
	Sysdb__Record   *rec;
	Sysdb__Snapshot *snap;
	int              r = sys_record_unpack(data, len, &rec, f);

	if (r < 0)
		return r;
	r = unpack(&sysdb__snapshot__descriptor, rec->body.data, rec->body.len,
		   (ProtobufCMessage **)&snap);
	sysdb__record__free_unpacked(rec, NULL);
	if (r == -EPROTO)
		return fault_plain(f, r, "a snapshot cannot be decoded");
	if (r < 0)
		return r;
	r = sys_state_init(&s);
	if (r == 0) {
		s.data_version = snap->data_version;
		s.map_version  = snap->map_version;
		s.next_rank    = snap->next_rank;
		r              = load_members(snap, &s, f);
		if (r == 0)
			r = load_domains(snap, &s, f);
		if (r == 0)
			r = load_attrs(snap, &s, f);
		if (r < 0)
			sys_state_fini(&s);
	}
	sysdb__snapshot__free_unpacked(snap, NULL);
	if (r == 0)
		*ret = s;
	return r;
}
