#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/version.h"
#include "system/state_private.h"

static struct sys_member
sample(uint32_t rank, const char *domain)
{
	static char      *uris[] = {(char *)"ofi+tcp://10.0.1.1:1"};
	static uint32_t   ctxs[] = {4};
	struct sys_member m      = {.rank              = rank,
				    .state             = SYS_MEMBER_JOINED,
				    .info              = (char *)"info",
				    .incarnation       = 42 + rank,
				    .uri               = (char *)"ofi+tcp://10.0.0.1:31416",
				    .nctxs             = 3,
				    .secondary_uris    = uris,
				    .secondary_nctxs   = ctxs,
				    .n_secondary_uris  = 1,
				    .n_secondary_nctxs = 1,
				    .fault_domain      = (char *)domain};

	(void)snprintf(m.uuid.s, sizeof(m.uuid.s), "11111111-0000-4000-8000-%012u", rank);
	(void)snprintf(m.addr, sizeof(m.addr), "10.0.0.%u:10001", rank);
	return m;
}

/* One command after another, as the log of a small system has them. */
static void
build_command(struct sys_txn *t, const struct sys_state *s, unsigned step)
{
	struct sys_member m;

	assert_int_equal(sys_txn_begin(t, s, 1700000000000000000ULL + step, "test"), 0);
	switch (step) {
	case 0:
		assert_int_equal(sys_txn_set_attr(t, "mgmt.fabric_providers", "ofi+tcp"), 0);
		break;
	case 1:
		m = sample(0, "/rack=r1/node=n1");
		assert_int_equal(sys_txn_put_member(t, &m), 0);
		m = sample(1, "/rack=r0/node=n2");
		assert_int_equal(sys_txn_put_member(t, &m), 0);
		assert_int_equal(sys_txn_set_next_rank(t, 2), 0);
		assert_int_equal(sys_txn_set_attr(t, "mgmt.domain_labels", "rack=node"), 0);
		break;
	case 2:
		assert_int_equal(sys_txn_bump_map(t), 0);
		break;
	case 3:
		m       = sample(0, "/rack=r2/node=n1");
		m.state = SYS_MEMBER_EXCLUDED;
		assert_int_equal(sys_txn_put_member(t, &m), 0);
		break;
	case 4:
		m = sample(7, "/rack=r2/node=n3");
		assert_int_equal(sys_txn_put_member(t, &m), 0);
		assert_int_equal(sys_txn_remove_member(t, 7), 0);
		break;
	default:
		assert_int_equal(sys_txn_set_attr(t, "prop.a", "1"), 0);
		assert_int_equal(sys_txn_set_attr(t, "mgmt.fabric_providers", ""), 0);
		break;
	}
}

#define N_STEPS 6

static void
apply_packed(struct sys_state *s, const void *buf, size_t len)
{
	Sysdb__Command *cmd;

	assert_int_equal(sys_command_unpack(buf, len, &cmd, NULL), 0);
	assert_int_equal(sys_state_apply(s, cmd, NULL, NULL), 0);
	sysdb__command__free_unpacked(cmd, NULL);
}

static void
build_state(struct sys_state *s)
{
	assert_int_equal(sys_state_init(s), 0);
	for (unsigned i = 0; i < N_STEPS; i++) {
		struct sys_txn t;
		void          *buf;
		size_t         len;

		build_command(&t, s, i);
		assert_int_equal(sys_command_pack(t.cmd, &buf, &len), 0);
		sys_txn_end(&t);
		apply_packed(s, buf, len);
		free(buf);
	}
}

static void
commands_have_their_effects(void **state)
{
	struct sys_state   s;
	struct sys_members ms;

	build_state(&s);
	ms = sys_state_members(&s);
	assert_int_equal(ms.n, 2);
	assert_int_equal(s.data_version, N_STEPS);
	assert_int_equal(s.map_version, 4); /* attributes alone do not raise it */
	assert_int_equal(s.next_rank, 8);   /* the removed 7 is not given out again */
	assert_int_equal(ms.v[0]->state, SYS_MEMBER_EXCLUDED);
	assert_int_equal(ms.v[0]->last_update_ns, 1700000000000000003ULL);
	assert_string_equal(ms.v[1]->secondary_uris[0], "ofi+tcp://10.0.1.1:1");
	assert_null(sys_state_attr(&s, "mgmt.fabric_providers"));
	assert_string_equal(sys_state_attr(&s, "prop.a"), "1");
	assert_string_equal(sys_state_attr(&s, "mgmt.domain_labels"), "rack=node");
	assert_int_equal(s.domains->n_children, 3);
	sys_state_fini(&s);
}

static void
equal_logs_give_equal_bytes(void **state)
{
	struct sys_state a, b, c;
	void            *pa, *pb, *pc;
	size_t           na, nb, nc;

	build_state(&a);
	build_state(&b);
	assert_int_equal(sys_snapshot_pack(&a, &pa, &na), 0);
	assert_int_equal(sys_snapshot_pack(&b, &pb, &nb), 0);
	assert_int_equal(na, nb);
	assert_memory_equal(pa, pb, na);
	assert_int_equal(sys_snapshot_unpack(pa, na, &c, NULL), 0);
	assert_int_equal(sys_snapshot_pack(&c, &pc, &nc), 0);
	assert_int_equal(na, nc);
	assert_memory_equal(pa, pc, na);
	sys_state_fini(&b);
	assert_int_equal(sys_state_fork(&a, &b), 0);
	free(pb);
	assert_int_equal(sys_snapshot_pack(&b, &pb, &nb), 0);
	assert_int_equal(na, nb);
	assert_memory_equal(pa, pb, na);
	sys_state_fini(&b);
	sys_state_fini(&a);
	sys_state_fini(&c);
	free(pa);
	free(pb);
	free(pc);
}

/* The golden file is compared, or written when GOLDEN_WRITE names a directory. */
static void
check_golden(const char *name, const void *data, size_t len)
{
	const char            *write_to = getenv("GOLDEN_WRITE");
	char                   path[512];
	_cleanup_(freep) char *want = NULL;
	size_t                 n;

	(void)snprintf(path, sizeof(path), "%s/sysdb/%s",
		       write_to != NULL ? write_to : getenv("TEST_DATA_DIR"), name);
	if (write_to != NULL) {
		assert_int_equal(fs_write_atomic(path, data, len, 0644), 0);
		return;
	}
	assert_int_equal(fs_read_file(path, 1 << 20, &want, &n), 0);
	if (n != len || memcmp(want, data, n) != 0)
		fail_msg("what is written today differs from %s", path);
}

static void
bytes_on_disk_are_frozen(void **state)
{
	struct sys_state s, empty;
	struct sys_txn   t;
	void            *buf;
	size_t           len;

	build_state(&s);
	assert_int_equal(sys_snapshot_pack(&s, &buf, &len), 0);
	check_golden("snapshot-1.bin", buf, len);
	free(buf);
	assert_int_equal(sys_state_init(&empty), 0);
	build_command(&t, &empty, 1);
	assert_int_equal(sys_command_pack(t.cmd, &buf, &len), 0);
	check_golden("command-1.bin", buf, len);
	free(buf);
	sys_txn_end(&t);
	sys_state_fini(&s);
	sys_state_fini(&empty);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	struct sys_state s, got;
	uint8_t         *buf;
	size_t           len;

	build_state(&s);
	assert_int_equal(sys_snapshot_pack(&s, (void **)&buf, &len), 0);
	for (size_t i = 0; i < len * 8; i++) {
		struct fault f = FAULT_INIT;

		buf[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (sys_snapshot_unpack(buf, len, &got, &f) == 0)
			fail_msg("bit %zu of byte %zu", i % 8, i / 8);
		assert_true(f.set);
		buf[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(sys_snapshot_unpack(buf, n, &got, NULL), -EPROTO);
	free(buf);
	sys_state_fini(&s);
}

static void
newer_format_is_named(void **state)
{
	Sysdb__Record   rec = SYSDB__RECORD__INIT;
	uint8_t         buf[256];
	size_t          len;
	struct fault    f = FAULT_INIT;
	Sysdb__Command *cmd;

	rec.format = 2;
	rec.writer = (char *)"3.0.0";
	rec.crc32c = 0x45BC0D0A; /* over format 2, "3.0.0", no body */
	len        = sysdb__record__pack(&rec, buf);
	assert_int_equal(sys_command_unpack(buf, len, &cmd, &f), -EPROTO);
	if (strstr(f.description, "3.0.0") == NULL)
		fail_msg("%s", f.description);
	assert_true(fault_has_resolution(&f));
}

static void
senseless_commands_are_refused(void **state)
{
	struct sys_state s;
	Sysdb__Command   cmd = SYSDB__COMMAND__INIT;
	Sysdb__Op        op = SYSDB__OP__INIT, *ops[] = {&op};
	Sysdb__Attr      attr = SYSDB__ATTR__INIT;
	Sysdb__Member    m    = SYSDB__MEMBER__INIT;
	struct fault     f    = FAULT_INIT;

	assert_int_equal(sys_state_init(&s), 0);
	cmd.ops    = ops;
	cmd.n_ops  = 1;
	op.op_case = SYSDB__OP__OP_REMOVE_MEMBER;
	assert_int_equal(sys_state_apply(&s, &cmd, NULL, &f), -EPROTO);
	op.op_case   = SYSDB__OP__OP_NEXT_RANK;
	op.next_rank = 0;
	assert_int_equal(sys_state_apply(&s, &cmd, NULL, &f), -EPROTO);
	op.op_case  = SYSDB__OP__OP_SET_ATTR;
	op.set_attr = &attr;
	assert_int_equal(sys_state_apply(&s, &cmd, NULL, &f), -EPROTO);
	op.op_case    = SYSDB__OP__OP_PUT_MEMBER;
	op.put_member = &m;
	assert_int_equal(sys_state_apply(&s, &cmd, NULL, &f), -EPROTO);
	op.op_case = SYSDB__OP__OP__NOT_SET;
	assert_int_equal(sys_state_apply(&s, &cmd, NULL, &f), -EPROTO);
	sys_state_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_have_their_effects),
	    cmocka_unit_test(equal_logs_give_equal_bytes),
	    cmocka_unit_test(bytes_on_disk_are_frozen),
	    cmocka_unit_test(every_flipped_bit_is_noticed),
	    cmocka_unit_test(newer_format_is_named),
	    cmocka_unit_test(senseless_commands_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
