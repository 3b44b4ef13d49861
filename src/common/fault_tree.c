/*
 * The tree of fault domains. Ids are given in the order of adding and never change; children are
 * kept sorted.
 */
#include <string.h>

#include "common/fault_domain.h"
#include "common/str.h"

struct fault_tree {
	struct fault_tree_node *root;
	uint32_t                last_id;
};

static struct fault_tree_node *
node_free(struct fault_tree_node *n)
{
	if (n != NULL) {
		for (size_t i = 0; i < n->n_children; i++)
			(void)node_free(n->children[i]);
		free(n->children);
		free(n->level);
		(void)fault_domain_free(n->domain);
		free(n);
	}
	return NULL;
}

/* A node for the first `depth` levels of d. */
static int
node_new(const struct fault_domain *d, size_t depth, uint32_t id, struct fault_tree_node **ret)
{
	struct fault_tree_node *n = calloc(1, sizeof(*n));
	const char             *levels[FAULT_DOMAIN_MAX_LEVELS];

	if (n == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < depth; i++)
		levels[i] = fault_domain_level_text(d, i);
	n->id    = id;
	n->level = strdup(depth > 0 ? levels[depth - 1] : "");
	if (n->level == NULL || fault_domain_new(levels, depth, &n->domain, NULL) < 0) {
		(void)node_free(n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

int
fault_tree_new(struct fault_tree **ret)
{
	struct fault_tree *t = calloc(1, sizeof(*t));

	if (t == NULL || node_new(NULL, 0, 1, &t->root) < 0) {
		free(t);
		return -ENOMEM;
	}
	t->last_id = 1;
	*ret       = t;
	return 0;
}

struct fault_tree *
fault_tree_free(struct fault_tree *t)
{
	if (t != NULL) {
		(void)node_free(t->root);
		free(t);
	}
	return NULL;
}

const struct fault_tree_node *
fault_tree_root(const struct fault_tree *t)
{
	return t->root;
}

static struct fault_tree_node *
find_child(const struct fault_tree_node *n, const char *level)
{
	for (size_t i = 0; i < n->n_children; i++)
		if (str_eq(n->children[i]->level, level))
			return n->children[i];
	return NULL;
}

/* All nodes of a depth carry the same label, so the first branch tells it. NULL: no node there. */
static const struct fault_tree_node *
first_at_depth(const struct fault_tree_node *n, size_t depth)
{
	const struct fault_tree_node *found = NULL;

	if (depth == 0)
		return n;
	for (size_t i = 0; found == NULL && i < n->n_children; i++)
		found = first_at_depth(n->children[i], depth - 1);
	return found;
}

/* Text of the label of a level "label=name", of length *ret_len; 0 for none. */
static const char *
label_of(const char *level, size_t *ret_len)
{
	const char *eq = strchr(level, '=');

	*ret_len = eq != NULL ? (size_t)(eq - level) : 0;
	return level;
}

static int
check_labels(const struct fault_tree *t, const struct fault_domain *d, struct fault *f)
{
	for (size_t i = 0; i < fault_domain_n_levels(d); i++) {
		const struct fault_tree_node *peer = first_at_depth(t->root, i + 1);
		const char                   *have, *want;
		size_t                        have_len, want_len;

		if (peer == NULL)
			break;
		have = label_of(fault_domain_level_text(d, i), &have_len);
		want = label_of(peer->level, &want_len);
		if (have_len == want_len && memcmp(have, want, want_len) == 0)
			continue;
		if (have_len == 0 || want_len == 0)
			return fault_plain(f, -EINVAL,
					   "fault domains with and without labels cannot be mixed: "
					   "\"%s\" and \"%s\"",
					   have, want);
		return fault_plain(
		    f, -EINVAL,
		    "fault domain level \"%s\" has another label than \"%s\" at the same depth",
		    have, want);
	}
	return 0;
}

static int
add_child(struct fault_tree *t, struct fault_tree_node *parent, const struct fault_domain *d,
	  size_t depth, struct fault_tree_node **ret)
{
	struct fault_tree_node **children, *child = NULL;
	size_t                   i;
	int                      r = node_new(d, depth, t->last_id + 1, &child);

	if (r < 0)
		return r;
	children = reallocarray(parent->children, parent->n_children + 1,
				sizeof(struct fault_tree_node *));
	if (children == NULL) {
		(void)node_free(child);
		return -ENOMEM;
	}
	parent->children = children;
	for (i = parent->n_children; i > 0; i--) {
		if (strcmp(fault_domain_bottom(children[i - 1]->domain),
			   fault_domain_bottom(child->domain)) <= 0)
			break;
		children[i] = children[i - 1];
	}
	children[i] = child;
	parent->n_children++;
	t->last_id++;
	*ret = child;
	return 0;
}

int
fault_tree_add(struct fault_tree *t, const struct fault_domain *d, struct fault *f)
{
	struct fault_tree_node *n = t->root;
	int                     r;

	if (d == NULL)
		return fault_plain(f, -EINVAL, "no fault domain to add");
	r = check_labels(t, d, f);
	for (size_t i = 0; r == 0 && i < fault_domain_n_levels(d); i++) {
		struct fault_tree_node *child = find_child(n, fault_domain_level_text(d, i));

		if (child == NULL)
			r = add_child(t, n, d, i + 1, &child);
		n = child;
	}
	return r;
}

const struct fault_tree_node *
fault_tree_find(const struct fault_tree *t, const struct fault_domain *d)
{
	const struct fault_tree_node *n = d != NULL ? t->root : NULL;

	for (size_t i = 0; n != NULL && i < fault_domain_n_levels(d); i++)
		n = find_child(n, fault_domain_level_text(d, i));
	return n;
}

/* Depths of the shallowest and the deepest leaf below n. */
static void
leaf_depths(const struct fault_tree_node *n, size_t depth, size_t *min, size_t *max)
{
	if (n->n_children == 0) {
		*min = MIN(*min, depth);
		*max = MAX(*max, depth);
	}
	for (size_t i = 0; i < n->n_children; i++)
		leaf_depths(n->children[i], depth + 1, min, max);
}

size_t
fault_tree_depth(const struct fault_tree *t)
{
	size_t min = SIZE_MAX, max = 0;

	leaf_depths(t->root, 0, &min, &max);
	return max;
}

bool
fault_tree_balanced(const struct fault_tree *t)
{
	size_t min = SIZE_MAX, max = 0;

	leaf_depths(t->root, 0, &min, &max);
	return min == max;
}
