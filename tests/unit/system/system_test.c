#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/crc.h"
#include "common/fs.h"
#include "common/str.h"
#include "common/version.h"
#include "rep_counter.h"
#include "sysdb/sysdb.pb-c.h"
#include "system/ms_status.h"
#include "system/system.h"

#define DEADLINE_MS 20000
#define ADDRESS     "127.0.0.1:10001"

struct fixture {
	struct loop               *l;
	struct sys_db             *db;
	char                       tmp[64];
	char                       dir[96];
	bool                       leader;
	bool                       closed;
	unsigned                   changes;
	uint32_t                   told_version;
	unsigned                   answers;
	int                        err;
	struct fault               fault;
	struct sys_join_outcome    outcomes[64];
	size_t                     n_outcomes;
	uint32_t                   map_version;
	enum sys_event_verdict     verdict;
	enum sys_providers_verdict providers;
};

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#define run_until(l, cond)                                                                         \
	do {                                                                                       \
		uint64_t _end = mono_ms() + DEADLINE_MS;                                           \
		while (!(cond)) {                                                                  \
			assert_true(mono_ms() < _end);                                             \
			(void)loop_run_once((l), true);                                            \
		}                                                                                  \
	} while (0)

static void
on_leadership(bool is_leader, void *arg)
{
	((struct fixture *)arg)->leader = is_leader;
}

static void
on_fatal(const struct fault *f, void *arg)
{
	fail_msg("fatal: %s", f->description);
}

static void
on_change(uint32_t map_version, void *arg)
{
	struct fixture *x = arg;

	x->changes++;
	x->told_version = map_version;
}

static void
on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static void
note(struct fixture *x, int err, const struct fault *f)
{
	x->answers++;
	x->err   = err;
	x->fault = *f;
}

static void
on_done(int err, const struct fault *f, void *arg)
{
	note(arg, err, f);
}

static void
on_join(int err, const struct fault *f, const struct sys_join_outcome *outcomes, size_t n,
	uint32_t map_version, void *arg)
{
	struct fixture *x = arg;

	note(x, err, f);
	assert_true(n <= ARRAY_SIZE(x->outcomes));
	if (n > 0)
		memcpy(x->outcomes, outcomes, n * sizeof(*outcomes));
	x->n_outcomes  = n;
	x->map_version = map_version;
}

static void
on_event(int err, const struct fault *f, enum sys_event_verdict verdict, void *arg)
{
	struct fixture *x = arg;

	note(x, err, f);
	x->verdict = verdict;
}

static void
on_providers(int err, const struct fault *f, enum sys_providers_verdict verdict, void *arg)
{
	struct fixture *x = arg;

	note(x, err, f);
	x->providers = verdict;
}

#define wait_answer(x, call)                                                                       \
	do {                                                                                       \
		unsigned _before = (x)->answers;                                                   \
		assert_int_equal((call), 0);                                                       \
		assert_int_equal((x)->answers, _before); /* never from inside the call */          \
		run_until((x)->l, (x)->answers == _before + 1);                                    \
	} while (0)

static const char *const replicas[] = {ADDRESS};

static struct sys_db_opts
options(struct fixture *x)
{
	return (struct sys_db_opts){.dir           = x->dir,
				    .address       = ADDRESS,
				    .replicas      = replicas,
				    .n_replicas    = 1,
				    .on_leadership = on_leadership,
				    .on_fatal      = on_fatal,
				    .on_change     = on_change,
				    .arg           = x};
}

static void
open_db(struct fixture *x)
{
	struct sys_db_opts o = options(x);
	struct fault       f = FAULT_INIT;

	x->leader = x->closed = false;
	if (sys_db_open(x->l, &o, &x->db, &f) < 0)
		fail_msg("%s", f.description);
	run_until(x->l, x->leader);
}

static void
close_db(struct fixture *x)
{
	sys_db_close(x->db, on_closed, x);
	run_until(x->l, x->closed);
	x->db = NULL;
}

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	(void)snprintf(x->tmp, sizeof(x->tmp), "/tmp/system_test.XXXXXX");
	assert_non_null(mkdtemp(x->tmp));
	(void)snprintf(x->dir, sizeof(x->dir), "%s/control_raft", x->tmp);
	assert_int_equal(loop_new(&x->l), 0);
	assert_false(sys_db_exists(x->dir));
	open_db(x);
	wait_answer(x, sys_db_check_providers(x->db, "ofi+tcp", on_providers, x));
	assert_int_equal(x->err, 0);
	assert_int_equal(x->providers, SYS_PROVIDERS_STORED);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	if (x->db != NULL)
		close_db(x);
	loop_free(x->l);
	assert_int_equal(fs_remove_tree(x->tmp), 0);
	free(x);
	return 0;
}

static void
uuid_of(unsigned i, char *buf, size_t size)
{
	(void)snprintf(buf, size, "22222222-0000-4000-8000-%012u", i);
}

/* Joins engines first … first + n - 1 as one batch, each on a host of its own. */
static void
join(struct fixture *x, unsigned first, unsigned n, uint32_t rank)
{
	struct sys_join_req reqs[32];
	char                uuid[32][64], addr[32][64], uri[32][64], domain[32][64];

	for (unsigned i = 0; i < n; i++) {
		uuid_of(first + i, uuid[i], sizeof(uuid[i]));
		(void)snprintf(addr[i], sizeof(addr[i]), "10.0.0.%u:10001", first + i + 1);
		(void)snprintf(uri[i], sizeof(uri[i]), "ofi+tcp://10.0.0.%u:31416", first + i + 1);
		(void)snprintf(domain[i], sizeof(domain[i]), "/host%u", first + i);
		reqs[i] = (struct sys_join_req){.rank         = rank,
						.uuid         = uuid[i],
						.addr         = addr[i],
						.uri          = uri[i],
						.fault_domain = domain[i],
						.nctxs        = 1,
						.incarnation  = 100};
	}
	wait_answer(x, sys_db_join(x->db, reqs, n, on_join, x));
	memset(uuid, 0, sizeof(uuid)); /* what was lent is not used any more */
}

static void
batch_is_one_entry_and_one_map_version(void **state)
{
	struct fixture    *x = *state;
	uint64_t           data_version;
	struct sys_members ms;

	join(x, 0, 1, 0);
	assert_int_equal(x->outcomes[0].rank, 0);
	assert_int_equal(x->map_version, 1);
	data_version = sys_db_data_version(x->db);
	join(x, 1, 20, DAOS_RANK_NIL);
	assert_int_equal(x->err, 0);
	assert_int_equal(x->n_outcomes, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(x->outcomes[i].result, SYS_JOIN_ADDED);
		assert_int_equal(x->outcomes[i].rank, i + 1);
	}
	assert_int_equal(x->map_version, 2);
	assert_int_equal(sys_db_map_version(x->db), 2);
	assert_int_equal(sys_db_data_version(x->db), data_version + 1);
	ms = sys_db_members(x->db);
	assert_int_equal(ms.n, 21);
	assert_true(ms.v[20]->last_update_ns > 0);
	run_until(x->l, x->told_version == 2);
}

static void
refusal_in_a_batch_harms_no_other(void **state)
{
	struct fixture     *x = *state;
	struct sys_join_req reqs[3];
	char                uuid[3][64];

	for (unsigned i = 0; i < 3; i++) {
		uuid_of(i, uuid[i], sizeof(uuid[i]));
		reqs[i] = (struct sys_join_req){.rank         = DAOS_RANK_NIL,
						.uuid         = uuid[i],
						.addr         = "10.0.0.1:10001",
						.uri          = "ofi+tcp://10.0.0.1:31416",
						.fault_domain = "/host"};
	}
	reqs[1].fault_domain = "/rack/host"; /* of another depth than the request before it */
	wait_answer(x, sys_db_join(x->db, reqs, 3, on_join, x));
	assert_int_equal(x->err, 0);
	assert_int_equal(x->outcomes[0].rank, 1);
	assert_int_equal(x->outcomes[1].result, SYS_JOIN_REFUSED);
	assert_int_equal(x->outcomes[1].fault.code, FAULT_SYSTEM_BAD_FAULT_DOMAIN_DEPTH);
	assert_int_equal(x->outcomes[2].rank, 2);
	/* All refused: nothing is written. */
	wait_answer(x, sys_db_join(x->db, &reqs[1], 1, on_join, x));
	assert_int_equal(x->err, 0);
	assert_int_equal(x->outcomes[0].result, SYS_JOIN_REFUSED);
	assert_int_equal(sys_db_map_version(x->db), 1);
}

static void
on_big_join(int err, const struct fault *f, const struct sys_join_outcome *outcomes, size_t n,
	    uint32_t map_version, void *arg)
{
	struct fixture *x = arg;

	note(x, err, f);
	x->map_version = map_version;
	x->n_outcomes  = 0;
	for (size_t i = 0; i < n; i++)
		x->n_outcomes += outcomes[i].result == SYS_JOIN_ADDED && outcomes[i].rank == i + 1;
}

/* 1,024 members of a kilobyte each: more than one command may hold. */
static void
large_batch_is_cut(void **state)
{
	static struct sys_join_req reqs[SYS_JOIN_BATCH_MAX];
	static char                uuid[SYS_JOIN_BATCH_MAX][40], domain[SYS_JOIN_BATCH_MAX][16];
	char                       uri[SYS_MAX_URI];
	struct fixture            *x = *state;

	memset(uri, 'u', sizeof(uri));
	memcpy(uri, "ofi+tcp://", 10);
	uri[sizeof(uri) - 1] = '\0';
	for (unsigned i = 0; i < SYS_JOIN_BATCH_MAX; i++) {
		uuid_of(i, uuid[i], sizeof(uuid[i]));
		(void)snprintf(domain[i], sizeof(domain[i]), "/host%u", i / 2);
		reqs[i] = (struct sys_join_req){.rank         = DAOS_RANK_NIL,
						.uuid         = uuid[i],
						.addr         = "10.0.0.1:10001",
						.uri          = uri,
						.fault_domain = domain[i]};
	}
	wait_answer(x, sys_db_join(x->db, reqs, SYS_JOIN_BATCH_MAX, on_big_join, x));
	assert_int_equal(x->err, 0);
	assert_int_equal(x->n_outcomes, SYS_JOIN_BATCH_MAX);
	assert_true(x->map_version > 1 && x->map_version < 5);
	assert_int_equal(sys_db_members(x->db).n, SYS_JOIN_BATCH_MAX);
	assert_int_equal(sys_db_join(x->db, reqs, SYS_JOIN_BATCH_MAX + 1, on_big_join, x), -E2BIG);
}

static void
rank_numbers_are_never_reused(void **state)
{
	struct fixture *x = *state;

	join(x, 0, 3, DAOS_RANK_NIL);
	wait_answer(x, sys_db_remove_member(x->db, 3, on_done, x));
	assert_int_equal(x->err, 0);
	assert_null(sys_db_member(x->db, 3));
	join(x, 9, 1, DAOS_RANK_NIL);
	assert_int_equal(x->outcomes[0].rank, 4);
	join(x, 10, 1, 20);
	assert_int_equal(x->outcomes[0].rank, 20);
	wait_answer(x, sys_db_remove_member(x->db, 20, on_done, x));
	join(x, 11, 1, DAOS_RANK_NIL);
	assert_int_equal(x->outcomes[0].rank, 21);
	wait_answer(x, sys_db_remove_member(x->db, 99, on_done, x));
	assert_int_equal(x->err, -ENOENT);
}

static void
results_events_and_exclusion(void **state)
{
	struct fixture              *x    = *state;
	const struct sys_rank_result r1[] = {{1, false, SYS_MEMBER_STOPPED, NULL},
					     {2, true, SYS_MEMBER_ERRORED, "no"}};

	join(x, 0, 3, DAOS_RANK_NIL);
	wait_answer(x, sys_db_update_members(x->db, r1, 2, false, on_done, x));
	assert_int_equal(sys_db_member(x->db, 1)->state, SYS_MEMBER_STOPPED);
	assert_int_equal(sys_db_member(x->db, 2)->state, SYS_MEMBER_JOINED);
	wait_answer(x, sys_db_update_members(x->db, r1, 2, true, on_done, x));
	assert_int_equal(sys_db_member(x->db, 2)->state, SYS_MEMBER_ERRORED);
	assert_string_equal(sys_db_member(x->db, 2)->info, "no");
	wait_answer(x, sys_db_engine_died(x->db, 3, 99, "stale", on_event, x));
	assert_int_equal(x->verdict, SYS_EVENT_STALE);
	wait_answer(x, sys_db_engine_died(x->db, 3, 100, "exited", on_event, x));
	assert_int_equal(x->verdict, SYS_EVENT_APPLY);
	assert_string_equal(sys_db_member(x->db, 3)->info, "exited");
	wait_answer(x, sys_db_rank_dead(x->db, 3, 0, on_event, x));
	assert_int_equal(sys_db_member(x->db, 3)->state, SYS_MEMBER_EXCLUDED);
	wait_answer(x, sys_db_admin_exclude(x->db, (uint32_t[]){1, 5, 6, 9}, 4, false, on_done, x));
	assert_int_equal(x->err, -ENOENT);
	assert_string_equal(x->fault.description, "invalid rank(s): 5-6,9");
	wait_answer(x, sys_db_admin_exclude(x->db, (uint32_t[]){1}, 1, false, on_done, x));
	assert_int_equal(sys_db_member(x->db, 1)->state, SYS_MEMBER_ADMIN_EXCLUDED);
	join(x, 0, 1, 1);
	assert_int_equal(x->outcomes[0].reason, SYS_JOIN_ADMIN_EXCLUDED);
	wait_answer(x, sys_db_admin_exclude(x->db, (uint32_t[]){1}, 1, true, on_done, x));
	assert_int_equal(sys_db_member(x->db, 1)->state, SYS_MEMBER_EXCLUDED);
	join(x, 0, 1, 1);
	assert_int_equal(x->outcomes[0].result, SYS_JOIN_REJOINED);
}

static void
collect(const char *key, const char *value, void *arg)
{
	strbuf_addf(arg, "%s=%s;", key, value);
}

static void
attributes(void **state)
{
	struct fixture       *x     = *state;
	const struct sys_attr set[] = {{"prop.b", "2"}, {"prop.a", "1"}, {"mgmt.x", "3"}};
	const struct sys_attr del[] = {{"prop.b", ""}};
	const struct sys_attr bad[] = {{"other", "1"}};
	uint64_t              version;
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;

	wait_answer(x, sys_db_set_attrs(x->db, set, 3, on_done, x));
	version = sys_db_data_version(x->db);
	wait_answer(x, sys_db_set_attrs(x->db, set, 3, on_done, x));
	assert_int_equal(sys_db_data_version(x->db), version); /* nothing new, nothing written */
	sys_db_attrs(x->db, "prop.", collect, &b);
	assert_string_equal(strbuf_str(&b), "prop.a=1;prop.b=2;");
	wait_answer(x, sys_db_set_attrs(x->db, del, 1, on_done, x));
	assert_null(sys_db_attr(x->db, "prop.b"));
	wait_answer(x, sys_db_set_attrs(x->db, bad, 1, on_done, x));
	assert_int_equal(x->err, -EINVAL);
	wait_answer(x, sys_db_bump_map(x->db, on_done, x));
	assert_int_equal(sys_db_map_version(x->db), 1);
}

static void
provider_changes(void **state)
{
	struct fixture              *x   = *state;
	const struct sys_rank_result r[] = {{1, false, SYS_MEMBER_STOPPED, NULL}};

	wait_answer(x, sys_db_check_providers(x->db, "ofi+tcp", on_providers, x));
	assert_int_equal(x->providers, SYS_PROVIDERS_SAME);
	join(x, 0, 1, DAOS_RANK_NIL);
	wait_answer(x, sys_db_check_providers(x->db, "ofi+verbs", on_providers, x));
	assert_int_equal(x->err, -EBUSY);
	assert_true(fault_has_resolution(&x->fault));
	wait_answer(x, sys_db_update_members(x->db, r, 1, false, on_done, x));
	wait_answer(x, sys_db_check_providers(x->db, "ofi+verbs", on_providers, x));
	assert_int_equal(x->err, 0);
	assert_int_equal(x->providers, SYS_PROVIDERS_CHANGED);
	assert_string_equal(sys_db_attr(x->db, SYS_ATTR_FABRIC_PROVIDERS), "ofi+verbs");
	assert_string_equal(sys_db_attr(x->db, SYS_ATTR_GROUP_UPDATE_PAUSED), "true");
}

static void
restart_brings_everything_back(void **state)
{
	struct fixture      *x = *state;
	struct sys_member    before;
	struct sys_ms_status st;
	struct fault         f = FAULT_INIT;
	uint64_t             data_version;

	join(x, 0, 10, DAOS_RANK_NIL);
	data_version = sys_db_data_version(x->db);
	assert_int_equal(sys_member_dup(sys_db_member(x->db, 5), &before), 0);
	close_db(x);
	assert_true(sys_db_exists(x->dir));
	assert_int_equal(sys_ms_status_read(x->dir, &st, &f), 0);
	assert_int_equal(st.n_servers, 1);
	assert_string_equal(st.servers[0].address, ADDRESS);
	assert_string_equal(st.last_entry.op, "join members");
	assert_true(st.last_entry.time_ns > 0);
	assert_int_equal(st.snapshot.index, 0);
	open_db(x);
	assert_int_equal(sys_db_data_version(x->db), data_version);
	assert_int_equal(sys_db_next_rank(x->db), 11);
	assert_true(sys_member_equal(sys_db_member(x->db, 5), &before));
	assert_int_equal(sys_db_domains(x->db)->n_children, 10);
	sys_member_fini(&before);
}

/* Returns how many changes it took until one was there; snapshots are written beside the changes. */
static unsigned
bump_until_snapshot(struct fixture *x)
{
	struct rep_info info = {0};
	unsigned        n    = 0;

	for (; info.snapshot_index == 0; n++) {
		assert_true(n < 10000);
		wait_answer(x, sys_db_bump_map(x->db, on_done, x));
		sys_db_info(x->db, &info);
	}
	return n;
}

static void
snapshots_are_taken_and_shown(void **state)
{
	struct fixture      *x = *state;
	struct sys_ms_status st;
	struct fault         f = FAULT_INIT;
	unsigned             n;

	join(x, 0, 2, DAOS_RANK_NIL);
	n = bump_until_snapshot(x);
	close_db(x);
	assert_int_equal(sys_ms_status_read(x->dir, &st, &f), 0);
	assert_true(st.snapshot.index > 0);
	assert_int_equal(st.snapshot.n_members, 2);
	assert_true(st.snapshot.time_ms > 0);
	assert_string_equal(st.last_entry.op, "raise map version");
	open_db(x);
	assert_int_equal(sys_db_map_version(x->db), n + 1);
}

static void
closing_answers_what_waits(void **state)
{
	struct fixture *x      = *state;
	unsigned        before = x->answers;

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(sys_db_bump_map(x->db, on_done, x), 0);
	sys_db_close(x->db, on_closed, x);
	assert_int_equal(x->answers, before + 5);
	assert_int_equal(x->err, -ECANCELED);
	run_until(x->l, x->closed);
	assert_int_equal(x->answers, before + 5);
	x->db = NULL;
}

static void
changed_address_takes_over(void **state)
{
	struct fixture    *x       = *state;
	const char *const  other[] = {"127.0.0.1:20001"};
	struct sys_db_opts o       = options(x);
	struct fault       f       = FAULT_INIT;

	join(x, 0, 1, DAOS_RANK_NIL);
	close_db(x);
	o.address  = other[0];
	o.replicas = other;
	x->leader = x->closed = false;
	assert_int_equal(sys_db_open(x->l, &o, &x->db, &f), 0);
	run_until(x->l, x->leader);
	assert_string_equal(sys_db_leader(x->db), other[0]);
	assert_non_null(sys_db_member(x->db, 1));
}

static void
other_replica_waits_to_be_added(void **state)
{
	struct fixture    *x      = *state;
	const char *const  both[] = {"127.0.0.1:20001", ADDRESS};
	struct sys_db_opts o      = options(x);
	struct fault       f      = FAULT_INIT;
	char               dir[128];

	close_db(x);
	(void)snprintf(dir, sizeof(dir), "%s/second", x->tmp);
	o.dir        = dir;
	o.replicas   = both;
	o.n_replicas = 2;
	x->leader = x->closed = false;
	assert_int_equal(sys_db_open(x->l, &o, &x->db, &f), 0);
	(void)loop_run_once(x->l, true);
	assert_false(sys_db_is_leader(x->db));
	assert_string_equal(sys_db_leader(x->db), "");
	assert_int_equal(sys_db_bump_map(x->db, on_done, x), -EAGAIN);
	assert_false(sys_db_exists(dir));
}

static void
unusable_directories(void **state)
{
	struct fixture      *x = *state;
	struct sys_db_opts   o = options(x);
	struct sys_ms_status st;
	struct sys_db       *db;
	struct fault         f = FAULT_INIT;
	char                 path[160];

	assert_int_equal(sys_db_open(x->l, &o, &db, &f), -EBUSY);
	assert_non_null(strstr(f.description, x->dir));
	assert_int_equal(sys_ms_status_read(x->dir, &st, &f), -EBUSY);
	(void)snprintf(path, sizeof(path), "%s/none", x->tmp);
	assert_int_equal(sys_ms_status_read(path, &st, &f), -ENOENT);
	close_db(x);
	(void)snprintf(path, sizeof(path), "%s/metadata1", x->dir);
	assert_int_equal(truncate(path, 10), 0);
	(void)snprintf(path, sizeof(path), "%s/metadata2", x->dir);
	assert_true(truncate(path, 10) == 0 || errno == ENOENT);
	assert_int_equal(sys_ms_status_read(x->dir, &st, &f), -EPROTO);
	assert_non_null(strstr(f.description, "metadata"));
	assert_int_equal(sys_db_open(x->l, &o, &db, &f), -EPROTO);
	assert_true(fault_has_resolution(&f));
}

/* Sum over names and contents of a directory, to see that nothing in it was touched. */
static uint32_t
dir_sum(const char *dir)
{
	struct dirent **list;
	uint32_t        sum = 0;
	int             n   = scandir(dir, &list, NULL, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char                   path[512];
		_cleanup_(freep) char *data = NULL;
		size_t                 len;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && fs_read_file(path, 64 * MIB, &data, &len) == 0) {
			sum = crc32c(sum, list[i]->d_name, strlen(list[i]->d_name));
			sum = crc32c(sum, data, len);
		}
		free(list[i]);
	}
	free(list);
	return sum;
}

static void
flip(const char *path, size_t byte)
{
	int     fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t b;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, (off_t)byte), 1);
	b ^= 0x10;
	assert_int_equal(pwrite(fd, &b, 1, (off_t)byte), 1);
	(void)close(fd);
}

/* Refused with the file's name and untouched, or opened with everything in it. */
static bool
refused_or_whole(struct fixture *x, const char *name)
{
	struct sys_db_opts o   = options(x);
	struct fault       f   = FAULT_INIT;
	uint32_t           sum = dir_sum(x->dir);
	int                r   = sys_db_open(x->l, &o, &x->db, &f);

	if (r < 0) {
		assert_int_equal(r, -EPROTO);
		if (strstr(f.description, name) == NULL || !fault_has_resolution(&f))
			fail_msg("%s: %s", name, f.description);
		assert_int_equal(dir_sum(x->dir), sum);
		return true;
	}
	run_until(x->l, x->leader);
	if (sys_db_members(x->db).n != 3)
		fail_msg("%s: opened with %zu members", name, sys_db_members(x->db).n);
	close_db(x);
	return false;
}

static void
damage_is_refused_with_the_file_named(void **state)
{
	struct fixture *x = *state;
	struct dirent **list;
	unsigned        refused = 0;
	int             n;

	join(x, 0, 3, DAOS_RANK_NIL);
	(void)bump_until_snapshot(x);
	close_db(x);
	n = scandir(x->dir, &list, NULL, alphasort);
	assert_true(n > 4);
	for (int i = 0; i < n; i++) {
		char        path[512];
		struct stat st;

		(void)snprintf(path, sizeof(path), "%s/%s", x->dir, list[i]->d_name);
		assert_int_equal(stat(path, &st), 0);
		if (S_ISREG(st.st_mode) && !str_starts(list[i]->d_name, "metadata")) {
			/* A directory that was opened again is not the same any more: only what is
			 * refused counts. */
			flip(path, (size_t)st.st_size / 2);
			assert_true(refused_or_whole(x, list[i]->d_name));
			flip(path, (size_t)st.st_size / 2);
			refused++;
		}
		free(list[i]);
	}
	free(list);
	assert_true(refused >= 3); /* log, snapshot, its description */
	assert_false(refused_or_whole(x, "nothing"));
}

static void
note_leader(bool is_leader, void *arg)
{
	*(bool *)arg = is_leader;
}

static void
note_fatal(const struct fault *f, void *arg)
{
	(void)arg;
	fail_msg("fatal: %s", f->description);
}

static void
note_applied(int err, void *result, void *arg)
{
	(void)result;
	assert_int_equal(err, 0);
	*(bool *)arg = true;
}

static void
note_closed(void *arg)
{
	*(bool *)arg = true;
}

/* A command as a later release would leave it in the log. */
static void
write_newer_command(struct fixture *x)
{
	Sysdb__Record    rec = SYSDB__RECORD__INIT;
	uint8_t          buf[256];
	struct counter   c      = {0};
	bool             leader = false, done = false;
	struct fault     f = FAULT_INIT;
	struct rep_node *n;
	struct rep_opts  o = {.dir           = x->dir,
			      .id            = rep_id(ADDRESS),
			      .address       = ADDRESS,
			      .fsm           = counter_fsm(&c),
			      .on_leadership = note_leader,
			      .on_fatal      = note_fatal,
			      .arg           = &leader};
	size_t           len;

	rec.format = 2;
	rec.writer = (char *)"3.0.0";
	rec.crc32c = 0x45BC0D0A; /* over format 2, "3.0.0", no body */
	len        = sysdb__record__pack(&rec, buf);
	assert_int_equal(rep_node_open(x->l, &o, &n, &f), 0);
	run_until(x->l, leader);
	assert_int_equal(rep_node_apply(n, buf, len, note_applied, &done), 0);
	run_until(x->l, done);
	done = false;
	rep_node_close(n, note_closed, &done);
	run_until(x->l, done);
}

static void
newer_command_is_refused_with_its_release(void **state)
{
	struct fixture    *x = *state;
	struct sys_db_opts o = options(x);
	struct fault       f = FAULT_INIT;
	uint32_t           sum;

	join(x, 0, 1, DAOS_RANK_NIL);
	close_db(x);
	write_newer_command(x);
	sum = dir_sum(x->dir);
	assert_int_equal(sys_db_open(x->l, &o, &x->db, &f), -EPROTO);
	assert_non_null(strstr(f.description, "release 3.0.0"));
	assert_non_null(strstr(f.description, x->dir));
	assert_non_null(strstr(f.resolution, "3.0.0"));
	assert_int_equal(dir_sum(x->dir), sum);
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(batch_is_one_entry_and_one_map_version),
	    CASE(refusal_in_a_batch_harms_no_other),
	    CASE(large_batch_is_cut),
	    CASE(rank_numbers_are_never_reused),
	    CASE(results_events_and_exclusion),
	    CASE(attributes),
	    CASE(provider_changes),
	    CASE(restart_brings_everything_back),
	    CASE(snapshots_are_taken_and_shown),
	    CASE(closing_answers_what_waits),
	    CASE(changed_address_takes_over),
	    CASE(other_replica_waits_to_be_added),
	    CASE(unusable_directories),
	    CASE(damage_is_refused_with_the_file_named),
	    CASE(newer_command_is_refused_with_its_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
