/*
 * Host lists and host sets: `node[1-128].dom:10001,other` (text-formats.md §1).
 *
 * A list keeps order and duplicates, a set is sorted and unique. Both keep ranges, not names, so
 * that thousands of hosts cost a few ranges. Not thread-safe. Texts returned are fresh memory.
 *
 * Failures: -EINVAL with a plain fault saying which item is wrong, -ERANGE for a range of more than
 * HOSTLIST_MAX_RANGE hosts, -ENOENT for an index outside the list, -ENOMEM.
 */
#pragma once

#include "common/fault.h"
#include "common/util.h"

#define HOSTLIST_MAX_RANGE 16385           /* hosts of one bracket range */
#define HOSTLIST_MAX_TEXT  (1024U * 1024U) /* longest text that is parsed */

struct hostlist;
struct hostset;

/* Called for each host; a non-zero result ends the walk and is returned by it. */
typedef int (*host_fn)(const char *host, void *arg);

/* ---- lists ---- */
/* Empty text gives an empty list. */
int              hostlist_parse(const char *text, struct hostlist **ret, struct fault *f);
struct hostlist *hostlist_free(struct hostlist *l);
/* Appends the hosts of `text`; the list is unchanged on failure. */
int    hostlist_push(struct hostlist *l, const char *text, struct fault *f);
size_t hostlist_count(const struct hostlist *l);
/* Folded text, `node[1-3,5]`; NULL on no memory. */
char *hostlist_text(const struct hostlist *l);
/* Plain names joined by commas; NULL on no memory. */
char *hostlist_expand(const struct hostlist *l);
/* The i-th host, from 0. */
int hostlist_nth(const struct hostlist *l, size_t i, char **ret);
int hostlist_delete_nth(struct hostlist *l, size_t i);
/* Deletes, for each host of `text`, its first occurrence; *ret_deleted counts them and may be NULL.
 * -ENOENT: empty list. */
int hostlist_delete(struct hostlist *l, const char *text, size_t *ret_deleted, struct fault *f);
int hostlist_each(const struct hostlist *l, host_fn fn, void *arg);

/* ---- sets ---- */
int             hostset_new(struct hostset **ret);
int             hostset_parse(const char *text, struct hostset **ret, struct fault *f);
struct hostset *hostset_free(struct hostset *s);
int             hostset_dup(const struct hostset *s, struct hostset **ret);
/* Adds the hosts of `text`; the set is unchanged on failure. */
int hostset_insert(struct hostset *s, const char *text, struct fault *f);
/* Adds all hosts of another set. */
int    hostset_merge(struct hostset *s, const struct hostset *other);
size_t hostset_count(const struct hostset *s);
char  *hostset_text(const struct hostset *s);
char  *hostset_expand(const struct hostset *s);
int    hostset_nth(const struct hostset *s, size_t i, char **ret);
int    hostset_delete(struct hostset *s, const char *text, size_t *ret_deleted, struct fault *f);
/* *ret: every host of `text` is in the set. */
int hostset_within(const struct hostset *s, const char *text, bool *ret, struct fault *f);
/* The hosts of `text` that are in the set. */
int hostset_intersect(const struct hostset *s, const char *text, struct hostset **ret,
		      struct fault *f);
int hostset_each(const struct hostset *s, host_fn fn, void *arg);

/*
 * A list of host expressions from a configuration or command line → plain `host:port` names, sorted
 * and unique; `port` is appended where none is given. A port that is not a number, and a second
 * ':', are refused. *ret_hosts is an array of n_hosts strings, freed with hostlist_free_hosts().
 */
int  hostlist_with_port(const char *const *exprs, size_t n, unsigned port, char ***ret_hosts,
			size_t *ret_n, struct fault *f);
void hostlist_free_hosts(char **hosts, size_t n);
