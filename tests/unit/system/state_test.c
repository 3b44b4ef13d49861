/*
 * The state, its commands and its codec when memory runs out at every single allocation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "alloc_fault.h"
#include "system/membership.h"
#include "system/state_private.h"
#include "system/system.h"

/* One join, as a batch of one would do it: judged, put into a command, packed. */
static int
join_into(const struct sys_state *s, unsigned i, void **ret, size_t *ret_len)
{
	char                    uuid[64], addr[64];
	const char             *uris[] = {"ofi+tcp://10.0.1.1:1"};
	uint32_t                ctxs[] = {1};
	struct sys_join_req     req    = {.rank              = UINT32_MAX,
					  .uuid              = uuid,
					  .addr              = addr,
					  .uri               = "ofi+tcp://10.0.0.1:1",
					  .secondary_uris    = uris,
					  .n_secondary_uris  = 1,
					  .secondary_nctxs   = ctxs,
					  .n_secondary_nctxs = 1,
					  .fault_domain      = "/rack=a/node=b"};
	struct sys_join_env     env    = {.members   = sys_state_members(s),
					  .next_rank = s->next_rank,
					  .providers = "ofi+tcp",
					  .labels    = sys_state_attr(s, SYS_ATTR_DOMAIN_LABELS)};
	struct sys_join_outcome out;
	struct sys_member       m;
	struct sys_txn          t;
	uint32_t                next;
	char                   *labels;
	int                     r;

	(void)snprintf(uuid, sizeof(uuid), "22222222-0000-4000-8000-%012u", i);
	(void)snprintf(addr, sizeof(addr), "10.0.0.%u:10001", i);
	r = sys_join_decide(&env, &req, &out, &m, &next, &labels);
	if (r < 0)
		return r;
	if (out.result == SYS_JOIN_REFUSED)
		return -EINVAL;
	r = sys_txn_begin(&t, s, 1, "join");
	if (r == 0) {
		r = sys_txn_put_member(&t, &m);
		if (r == 0)
			r = sys_txn_set_next_rank(&t, next);
		if (r == 0 && labels != NULL)
			r = sys_txn_set_attr(&t, SYS_ATTR_DOMAIN_LABELS, labels);
		if (r == 0)
			r = sys_command_pack(t.cmd, ret, ret_len);
		sys_txn_end(&t);
	}
	sys_member_fini(&m);
	free(labels);
	return r;
}

static int
apply(struct sys_state *s, const void *buf, size_t len)
{
	Sysdb__Command *cmd;
	int             r = sys_command_unpack(buf, len, &cmd, NULL);

	if (r < 0)
		return r;
	r = sys_state_apply(s, cmd, NULL, NULL);
	sysdb__command__free_unpacked(cmd, NULL);
	return r;
}

static void
make_state(struct sys_state *s)
{
	assert_int_equal(sys_state_init(s), 0);
	for (unsigned i = 1; i <= 3; i++) {
		void  *buf;
		size_t len;

		assert_int_equal(join_into(s, i, &buf, &len), 0);
		assert_int_equal(apply(s, buf, len), 0);
		free(buf);
	}
}

static void
joining(void **state)
{
	struct sys_state s;
	long             n_th, live;

	if (!alloc_fault_works())
		skip();
	make_state(&s);
	for (n_th = 1;; n_th++) {
		void  *buf;
		size_t len;
		int    r;

		alloc_fault_begin(n_th);
		r = join_into(&s, 9, &buf, &len);
		if (r == 0)
			free(buf);
		live = alloc_fault_end();
		if (!alloc_fault_happened())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(live, 0);
		assert_int_equal(s.members.n, 3);
	}
	assert_true(n_th > 30);
	sys_state_fini(&s);
}

static void
applying(void **state)
{
	struct sys_state s, copy;
	void            *buf;
	size_t           len;
	long             n_th, live;

	if (!alloc_fault_works())
		skip();
	make_state(&s);
	assert_int_equal(join_into(&s, 9, &buf, &len), 0);
	for (n_th = 1;; n_th++) {
		int r;

		alloc_fault_begin(n_th);
		r = sys_state_fork(&s, &copy);
		if (r == 0) {
			r = apply(&copy, buf, len);
			sys_state_fini(&copy);
		}
		live = alloc_fault_end();
		if (!alloc_fault_happened())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(live, 0);
	}
	free(buf);
	sys_state_fini(&s);
}

static void
snapshots(void **state)
{
	struct sys_state s, copy;
	long             n_th, live;

	if (!alloc_fault_works())
		skip();
	make_state(&s);
	for (n_th = 1;; n_th++) {
		uint32_t *compressed;
		void     *buf;
		size_t    len, n;
		int       r;

		alloc_fault_begin(n_th);
		r = sys_snapshot_pack(&s, &buf, &len);
		if (r == 0) {
			r = sys_snapshot_unpack(buf, len, &copy, NULL);
			free(buf);
		}
		if (r == 0) {
			r = sys_domain_compress(copy.domains, NULL, 0, &compressed, &n, NULL);
			if (r == 0)
				free(compressed);
			sys_state_fini(&copy);
		}
		live = alloc_fault_end();
		if (!alloc_fault_happened())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(live, 0);
	}
	sys_state_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(joining),
	    cmocka_unit_test(applying),
	    cmocka_unit_test(snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
