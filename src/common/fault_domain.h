/*
 * Fault domains: where a server stands, as a path like `/rack0/node3` or `/rack=r0/host=node3`
 * (text-formats.md §5), and the tree that the members of a system form.
 *
 * A NULL domain is "no domain" and prints `(nil)`; a domain without levels is the root and prints
 * `/`. Immutable once made. Names are borrowed from the domain they are asked of.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define FAULT_DOMAIN_MAX_LEVELS 64

struct fault_domain;

/* Parses and normalises; `(nil)` gives NULL. -EINVAL with a plain fault, -ENOMEM. */
int fault_domain_parse(const char *text, struct fault_domain **ret, struct fault *f);
/* From level texts, top first; n == 0 is the root. */
int fault_domain_new(const char *const *levels, size_t n, struct fault_domain **ret,
		     struct fault *f);
struct fault_domain *fault_domain_free(struct fault_domain *d);
int                  fault_domain_dup(const struct fault_domain *d, struct fault_domain **ret);
/* The domain below d. */
int fault_domain_child(const struct fault_domain *d, const char *level, struct fault_domain **ret,
		       struct fault *f);
/* Fresh memory; NULL on no memory. */
char  *fault_domain_text(const struct fault_domain *d);
size_t fault_domain_n_levels(const struct fault_domain *d);
bool   fault_domain_equal(const struct fault_domain *a, const struct fault_domain *b);
/* A domain is an ancestor of itself, the root of all; nothing is related to "no domain". */
bool fault_domain_is_ancestor(const struct fault_domain *ancestor, const struct fault_domain *d);
/* Names without label; "" for the root and for no domain. */
const char *fault_domain_top(const struct fault_domain *d);
const char *fault_domain_bottom(const struct fault_domain *d);
/* "" when the domain is without labels. */
const char *fault_domain_bottom_label(const struct fault_domain *d);
bool        fault_domain_has_labels(const struct fault_domain *d);
/* Level i counted from the bottom, 0 is the bottom; NULL outside the domain. */
const char *fault_domain_level(const struct fault_domain *d, size_t i);
/* Level i counted from the top, with its label ("label=name"), as it prints; NULL outside. */
const char *fault_domain_level_text(const struct fault_domain *d, size_t i);

/* ---- the tree ---- */
struct fault_tree_node {
	uint32_t                 id;    /* from 1 (the root) in the order of adding */
	char                    *level; /* text of the last level; "" for the root */
	struct fault_domain     *domain;
	struct fault_tree_node **children; /* sorted by text */
	size_t                   n_children;
};

struct fault_tree;

int                fault_tree_new(struct fault_tree **ret);
struct fault_tree *fault_tree_free(struct fault_tree *t);
/*
 * Adds a domain and the levels above it that are missing; adding twice changes nothing. Mixing
 * labelled and unlabelled domains, or different labels at one depth, is -EINVAL with a plain fault.
 */
int fault_tree_add(struct fault_tree *t, const struct fault_domain *d, struct fault *f);
const struct fault_tree_node *fault_tree_root(const struct fault_tree *t);
/* The node of a domain, or NULL. */
const struct fault_tree_node *fault_tree_find(const struct fault_tree   *t,
					      const struct fault_domain *d);
/* Depth of the deepest leaf below the root; 0 for an empty tree. */
size_t fault_tree_depth(const struct fault_tree *t);
/* All leaves are equally deep. */
bool fault_tree_balanced(const struct fault_tree *t);
