/*
 * The tree of fault domains: what fails together. Root, one node for each level of a member's path,
 * one leaf a rank.
 *
 * Node ids are part of the stored state: pool maps on the engines refer to them, so they never
 * change while a node exists. A domain whose last rank left stays, with its id.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define SYS_DOMAIN_ROOT_ID    1
#define SYS_DOMAIN_MAX_LEVELS 2 /* levels of a path, without root and rank */

struct sys_domain {
	char               *name; /* "" for the root, "rank<N>" for a leaf */
	uint32_t            id;
	uint32_t            rank;     /* of a leaf; DAOS_RANK_NIL for other nodes */
	struct sys_domain **children; /* sorted by name */
	size_t              n_children;
	struct sys_domain  *parent;     /* NULL: the root */
	uint32_t            highest_id; /* of the node and all below it */
};

/* A tree of only the root; NULL without memory. */
struct sys_domain *sys_domain_new(void);
struct sys_domain *sys_domain_free(struct sys_domain *root);
/*
 * Adds the leaf of a rank under a canonical path. New nodes get the highest id in the tree + 1, top
 * down. -EEXIST when the rank is there already, -EINVAL for a bad path, -ENOMEM; the tree is
 * unchanged on failure.
 */
int sys_domain_add_rank(struct sys_domain *root, const char *path, uint32_t rank);
/* Removes the leaf of a rank; absent is fine. */
void sys_domain_remove_rank(struct sys_domain *root, const char *path, uint32_t rank);
/* Levels below the root, leaves included; 0 for an empty tree. */
unsigned sys_domain_depth(const struct sys_domain *root);

enum {
	SYS_DOMAIN_HAS_FAULT_LEVELS       = 0x1,
	SYS_DOMAIN_HAS_PERFORMANCE_LEVELS = 0x2,
};
/*
 * The form engines take: one word of bits above, then the nodes breadth first, (level, id,
 * children) for a domain and (rank) for a leaf; level is the depth of what is sent at the root and
 * counts down. Only the domains of `ranks` are sent; n_ranks 0 sends all. *ret is malloc'ed.
 * -ENOENT with f for a rank that is not in the tree.
 */
int sys_domain_compress(const struct sys_domain *root, const uint32_t *ranks, size_t n_ranks,
			uint32_t **ret, size_t *ret_n, struct fault *f);
