/*
 * Puts a command together: every effect is packed into it and applied to a scratch state at once,
 * so that what comes later in the same command is judged against it.
 */
#include <string.h>

#include "system/state_private.h"

int
sys_txn_begin(struct sys_txn *t, const struct sys_state *s, uint64_t now_ns, const char *action)
{
	int r = sys_state_fork(s, &t->scratch);

	t->bytes = 0;

	if (r < 0)
		return r;
	t->cmd = calloc(1, sizeof(*t->cmd));
	if (t->cmd == NULL) {
		sys_state_fini(&t->scratch);
		return -ENOMEM;
	}
	sysdb__command__init(t->cmd);
	t->cmd->time_ns = now_ns;
	t->cmd->action  = strdup(action);
	if (t->cmd->action == NULL) {
		t->cmd->action = (char *)protobuf_c_empty_string;
		sys_txn_end(t);
		return -ENOMEM;
	}
	return 0;
}

static void
free_op(Sysdb__Op *op)
{
	sysdb__op__free_unpacked(op, NULL);
}

void
sys_txn_end(struct sys_txn *t)
{
	if (t->cmd == NULL)
		return;
	sysdb__command__free_unpacked(t->cmd, NULL);
	t->cmd = NULL;
	sys_state_fini(&t->scratch);
}

/* Applies the effect alone to the scratch state, then keeps it. op is taken. */
static int
add_op_take(struct sys_txn *t, Sysdb__Op *op)
{
	Sysdb__Command one = SYSDB__COMMAND__INIT;
	Sysdb__Op    **ops = realloc(t->cmd->ops, (t->cmd->n_ops + 1) * sizeof(*ops));
	int            r;

	if (ops == NULL) {
		free_op(op);
		return -ENOMEM;
	}
	t->cmd->ops = ops;
	one.time_ns = t->cmd->time_ns;
	one.ops     = &op;
	one.n_ops   = 1;
	r           = sys_state_apply(&t->scratch, &one, NULL, NULL);
	if (r < 0) {
		free_op(op);
		return r;
	}
	t->cmd->ops[t->cmd->n_ops++] = op;
	t->bytes += sysdb__op__get_packed_size(op);
	return 0;
}

static Sysdb__Op *
new_op(Sysdb__Op__OpCase op_case)
{
	Sysdb__Op *op = calloc(1, sizeof(*op));

	if (op == NULL)
		return NULL;
	sysdb__op__init(op);
	op->op_case = op_case;
	return op;
}

int
sys_txn_put_member(struct sys_txn *t, const struct sys_member *m)
{
	Sysdb__Op *op = new_op(SYSDB__OP__OP_PUT_MEMBER);

	if (op == NULL)
		return -ENOMEM;
	if (sys_member_to_pb(m, &op->put_member) < 0) {
		free_op(op);
		return -ENOMEM;
	}
	return add_op_take(t, op);
}

int
sys_txn_remove_member(struct sys_txn *t, uint32_t rank)
{
	Sysdb__Op *op = new_op(SYSDB__OP__OP_REMOVE_MEMBER);

	if (op == NULL)
		return -ENOMEM;
	op->remove_member = rank;
	return add_op_take(t, op);
}

int
sys_txn_set_attr(struct sys_txn *t, const char *key, const char *value)
{
	Sysdb__Op *op = new_op(SYSDB__OP__OP_SET_ATTR);

	if (op == NULL)
		return -ENOMEM;
	op->set_attr = calloc(1, sizeof(*op->set_attr));
	if (op->set_attr == NULL) {
		free_op(op);
		return -ENOMEM;
	}
	sysdb__attr__init(op->set_attr);
	op->set_attr->key   = strdup(key);
	op->set_attr->value = strdup(value);
	if (op->set_attr->key == NULL || op->set_attr->value == NULL) {
		free_op(op);
		return -ENOMEM;
	}
	return add_op_take(t, op);
}

int
sys_txn_set_next_rank(struct sys_txn *t, uint32_t next)
{
	Sysdb__Op *op = new_op(SYSDB__OP__OP_NEXT_RANK);

	if (op == NULL)
		return -ENOMEM;
	op->next_rank = next;
	return add_op_take(t, op);
}

int
sys_txn_bump_map(struct sys_txn *t)
{
	Sysdb__Op *op = new_op(SYSDB__OP__OP_BUMP_MAP);

	if (op == NULL)
		return -ENOMEM;
	op->bump_map = true;
	return add_op_take(t, op);
}
