/*
 * Attributes and properties of the system: what users keep there, and how the system behaves.
 */
#pragma once

#include <daos_control/control.h>

#ifdef __cplusplus
extern "C" {
#endif

struct daosctl_pair {
	const char *key;
	const char *value;
};

/* Sorted by key. */
struct daosctl_pairs {
	const struct daosctl_pair *v;
	size_t                     n;
	void                      *memory;
};
void daosctl_pairs_fini(struct daosctl_pairs *p);

/* Stores attributes, all or none; an empty value deletes. Names that begin `prop.` or `mgmt.` are
 * refused. */
int daosctl_system_set_attrs(struct daosctl *c, const struct daosctl_pair *pairs, size_t n,
			     struct daosctl_error *e);
/* The named attributes, or all when n is 0. One that does not exist is an error. */
int daosctl_system_get_attrs(struct daosctl *c, const char *const *keys, size_t n,
			     struct daosctl_pairs *ret, struct daosctl_error *e);

struct daosctl_property {
	const char *key;
	const char *value;
	const char *description; /* `Self-heal policy for the system` */
};

/* Sorted by key. */
struct daosctl_properties {
	const struct daosctl_property *v;
	size_t                         n;
	void                          *memory;
};
void daosctl_properties_fini(struct daosctl_properties *p);

/*
 * Checks the values and stores them, all or none. Keys in any case. -EINVAL and -EROFS: refused before
 * anything was sent.
 */
int daosctl_system_set_props(struct daosctl *c, const struct daosctl_pair *pairs, size_t n,
			     struct daosctl_error *e);
/* The named properties, or all when n is 0. -EINVAL for an unknown key, before anything was sent. */
int daosctl_system_get_props(struct daosctl *c, const char *const *keys, size_t n,
			     struct daosctl_properties *ret, struct daosctl_error *e);

#ifdef __cplusplus
}
#endif
