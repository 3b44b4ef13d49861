/*
 * The tree of fault domains and its compressed form.
 *
 * Nodes are found by name from the root; a path's labels ("rack=r1") are not part of the name, a
 * system has one label a level. The tree is small (hosts and ranks), so walking it is good enough.
 */
#include "system/domain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/version.h"

#include "system/state_private.h"

#define MAX_PATH_LEVELS 64

struct sys_domain *
sys_domain_node_new(const char *name, uint32_t id, uint32_t rank)
{
	struct sys_domain *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->name       = strdup(name);
	d->id         = id;
	d->highest_id = id;
	d->rank       = rank;
	if (d->name == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

struct sys_domain *
sys_domain_new(void)
{
	return sys_domain_node_new("", SYS_DOMAIN_ROOT_ID, DAOS_RANK_NIL);
}

struct sys_domain *
sys_domain_free(struct sys_domain *root)
{
	if (root == NULL)
		return NULL;
	for (size_t i = 0; i < root->n_children; i++)
		(void)sys_domain_free(root->children[i]); /* always NULL */
	free(root->children);
	free(root->name);
	free(root);
	return NULL;
}

/* Index of the first child whose name is not below `name`. */
static size_t
child_slot(const struct sys_domain *d, const char *name)
{
	size_t lo = 0, hi = d->n_children;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(d->children[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct sys_domain *
find_child(const struct sys_domain *d, const char *name)
{
	size_t i = child_slot(d, name);

	return i < d->n_children && strcmp(d->children[i]->name, name) == 0 ? d->children[i] : NULL;
}

int
sys_domain_attach(struct sys_domain *parent, struct sys_domain *child)
{
	size_t              i = child_slot(parent, child->name);
	struct sys_domain **v = realloc(parent->children, (parent->n_children + 1) * sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	memmove(&v[i + 1], &v[i], (parent->n_children - i) * sizeof(struct sys_domain *));
	v[i]             = child;
	parent->children = v;
	parent->n_children++;
	child->parent = parent;
	for (; parent != NULL && parent->highest_id < child->highest_id; parent = parent->parent)
		parent->highest_id = child->highest_id;
	return 0;
}

/* What was below d has lost its highest id. */
static void
lower_highest(struct sys_domain *d)
{
	for (; d != NULL; d = d->parent) {
		uint32_t highest = d->id;

		for (size_t i = 0; i < d->n_children; i++)
			highest = MAX(highest, d->children[i]->highest_id);
		if (highest == d->highest_id)
			return;
		d->highest_id = highest;
	}
}

static void
detach(struct sys_domain *parent, const struct sys_domain *child)
{
	for (size_t i = 0; i < parent->n_children; i++) {
		if (parent->children[i] != child)
			continue;
		memmove(&parent->children[i], &parent->children[i + 1],
			(parent->n_children - i - 1) * sizeof(struct sys_domain *));
		parent->n_children--;
		if (parent->highest_id == child->highest_id)
			lower_highest(parent);
		return;
	}
}

/*
 * Names of a path's levels and the leaf's after them; they point into *copy, which the caller
 * frees.
 */
static int
split_path(const char *path, uint32_t rank, char **copy, char leaf[24],
	   const char *names[MAX_PATH_LEVELS + 1], size_t *n)
{
	char *p = strdup(path), *save = NULL;

	if (p == NULL)
		return -ENOMEM;
	*copy = p;
	*n    = 0;
	if (p[0] != '/' || p[1] == '\0')
		return -EINVAL;
	for (char *level = strtok_r(p, "/", &save); level != NULL;
	     level       = strtok_r(NULL, "/", &save)) {
		char *eq = strchr(level, '=');

		if (*n == MAX_PATH_LEVELS || (eq != NULL && eq[1] == '\0'))
			return -EINVAL;
		names[(*n)++] = eq != NULL ? eq + 1 : level;
	}
	(void)snprintf(leaf, 24, "rank%" PRIu32, rank);
	names[(*n)++] = leaf;
	return 0;
}

int
sys_domain_add_rank(struct sys_domain *root, const char *path, uint32_t rank)
{
	_cleanup_(freep) char *copy = NULL;
	char                   leaf[24];
	const char            *names[MAX_PATH_LEVELS + 1];
	struct sys_domain     *at = root, *top = NULL, *made = NULL, *child;
	size_t                 n, i;
	uint32_t               id;
	int                    r = split_path(path, rank, &copy, leaf, names, &n);

	if (r < 0)
		return r;
	for (i = 0; i < n && (child = find_child(at, names[i])) != NULL; i++)
		at = child;
	if (i == n)
		return -EEXIST;
	id = root->highest_id;
	/* The new part is made aside and attached whole. */
	for (; i < n; i++) {
		child = sys_domain_node_new(names[i], ++id, i == n - 1 ? rank : DAOS_RANK_NIL);
		if (child == NULL || (made != NULL && sys_domain_attach(made, child) < 0)) {
			(void)sys_domain_free(child); /* not attached */
			(void)sys_domain_free(top);   /* nor is the rest */
			return -ENOMEM;
		}
		if (top == NULL)
			top = child;
		made = child;
	}
	if (sys_domain_attach(at, top) < 0) {
		(void)sys_domain_free(top); /* not attached */
		return -ENOMEM;
	}
	return 0;
}

void
sys_domain_remove_rank(struct sys_domain *root, const char *path, uint32_t rank)
{
	_cleanup_(freep) char *copy = NULL;
	char                   leaf[24];
	const char            *names[MAX_PATH_LEVELS + 1];
	struct sys_domain     *at = root, *parent = NULL;
	size_t                 n;

	if (split_path(path, rank, &copy, leaf, names, &n) < 0)
		return;
	for (size_t i = 0; i < n && at != NULL; i++) {
		parent = at;
		at     = find_child(at, names[i]);
	}
	if (at == NULL || parent == NULL)
		return;
	detach(parent, at);
	(void)sys_domain_free(at); /* a leaf */
}

unsigned
sys_domain_depth(const struct sys_domain *root)
{
	unsigned depth = 0;

	for (size_t i = 0; i < root->n_children; i++)
		depth = MAX(depth, sys_domain_depth(root->children[i]) + 1);
	return depth;
}

/* ---- compressed form ---- */

/* A node to send, with how many of its children go too. */
struct queued {
	const struct sys_domain *d;
	unsigned                 level;
};

struct selection {
	const uint32_t *ranks;
	size_t          n;
};

static bool
is_selected(const struct selection *sel, const struct sys_domain *d)
{
	if (sel->n == 0)
		return true;
	if (d->rank != DAOS_RANK_NIL) {
		for (size_t i = 0; i < sel->n; i++) {
			if (sel->ranks[i] == d->rank)
				return true;
		}
		return false;
	}
	for (size_t i = 0; i < d->n_children; i++) {
		if (is_selected(sel, d->children[i]))
			return true;
	}
	return false;
}

static unsigned
selected_depth(const struct selection *sel, const struct sys_domain *d)
{
	unsigned depth = 0;

	for (size_t i = 0; i < d->n_children; i++) {
		if (is_selected(sel, d->children[i]))
			depth = MAX(depth, selected_depth(sel, d->children[i]) + 1);
	}
	return depth;
}

static size_t
count_nodes(const struct sys_domain *d)
{
	size_t n = 1;

	for (size_t i = 0; i < d->n_children; i++)
		n += count_nodes(d->children[i]);
	return n;
}

static bool
has_rank(const struct sys_domain *d, uint32_t rank)
{
	struct selection sel = {.ranks = &rank, .n = 1};

	return is_selected(&sel, d);
}

int
sys_domain_compress(const struct sys_domain *root, const uint32_t *ranks, size_t n_ranks,
		    uint32_t **ret, size_t *ret_n, struct fault *f)
{
	struct selection                sel   = {.ranks = ranks, .n = n_ranks};
	size_t                          total = count_nodes(root), head = 0, tail = 0, len = 0;
	_cleanup_(freep) struct queued *queue = calloc(total, sizeof(*queue));
	_cleanup_(freep) uint32_t      *out   = calloc(1 + 3 * total, sizeof(*out));

	if (queue == NULL || out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_ranks; i++) {
		if (!has_rank(root, ranks[i]))
			return fault_plain(f, -ENOENT,
					   "rank %" PRIu32 " not found in fault domain tree",
					   ranks[i]);
	}
	/*
	 * Two levels below the root are a domain and its ranks; more than that is taken for a
	 * performance domain.
	 */
	out[len++]    = sys_domain_depth(root) > 2 ? SYS_DOMAIN_HAS_PERFORMANCE_LEVELS : 0;
	queue[tail++] = (struct queued){.d = root, .level = selected_depth(&sel, root)};
	while (head < tail) {
		struct queued q = queue[head++];
		size_t        children_at;

		if (q.d->rank != DAOS_RANK_NIL) {
			out[len++] = q.d->rank;
			continue;
		}
		out[len++]  = q.level;
		out[len++]  = q.d->id;
		children_at = len++;
		for (size_t i = 0; i < q.d->n_children; i++) {
			if (!is_selected(&sel, q.d->children[i]))
				continue;
			queue[tail++] = (struct queued){.d     = q.d->children[i],
							.level = q.level > 0 ? q.level - 1 : 0};
			out[children_at]++;
		}
	}
	*ret   = TAKE_PTR(out);
	*ret_n = len;
	return 0;
}
