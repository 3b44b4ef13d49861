/*
 * Access control lists as text: files, the printed form, principals, and the engine's grammar of an
 * entry (text-formats.md §6).
 *
 * An entry is `types:flags:principal:permissions`, for example `A:G:readers@:rt`. A client hands
 * entries on as they were written; what reads a `struct ace` is the engine's side, which checks
 * them. All texts returned are fresh memory.
 */
#pragma once

#include "common/fault.h"
#include "common/vec.h"

#define ACL_PRINCIPAL_MAX 255                      /* bytes of a principal */
#define ACL_ENTRY_MAX     (ACL_PRINCIPAL_MAX + 64) /* bytes of an entry */
#define ACL_FILE_MAX      (1024U * 1024U)          /* bytes of a file */

/* ---- lists ---- */

struct acl {
	VEC(char *) entries; /* owned, in the order they were written */
	char *owner;         /* owned; NULL or "": not known */
	char *owner_group;
};

/*
 * A list from the text of a file: one entry a line, blanks around it dropped; empty lines and lines
 * that start with `#` do not count. Entries are not checked. -ENOMEM; *ret is written only on
 * success.
 */
int acl_parse(const char *text, struct acl *ret);
/*
 * The list in a file. A file that cannot be read or holds no entry (-EINVAL) is a plain fault that
 * names it. Blocking.
 */
int  acl_read_file(const char *path, struct acl *ret, struct fault *f);
void acl_fini(struct acl *acl);
/*
 * The printed form: owner, group, entries, each verbose entry below a comment that spells it out.
 * NULL stands for a list without anything. NULL on no memory.
 */
char *acl_format(const struct acl *acl, bool verbose);
/* `Allow:Group:readers@:Read/Get-Prop`; "invalid ACE" for anything but four fields. */
char *acl_entry_verbose(const char *entry);

/* ---- principals ---- */

/* One `@`, not first; at most ACL_PRINCIPAL_MAX bytes. */
bool acl_principal_is_valid(const char *principal);
/* A user or group of a command line: `@` is appended when there is none. -EINVAL, -ENOMEM. */
int acl_principal_parse(const char *text, char **ret, struct fault *f);

/* ---- entries, as the engine reads them ---- */

enum ace_type {
	ACE_ALLOW = 1 << 0,
	ACE_AUDIT = 1 << 1,
	ACE_ALARM = 1 << 2,
};

enum ace_flag {
	ACE_GROUP        = 1 << 0,
	ACE_SUCCESS      = 1 << 1,
	ACE_FAILURE      = 1 << 2,
	ACE_POOL_INHERIT = 1 << 3,
};

/* In the order they are printed. */
enum ace_perm {
	ACE_READ        = 1 << 0,
	ACE_WRITE       = 1 << 1,
	ACE_CREATE_CONT = 1 << 2,
	ACE_DEL_CONT    = 1 << 3,
	ACE_GET_PROP    = 1 << 4,
	ACE_SET_PROP    = 1 << 5,
	ACE_GET_ACL     = 1 << 6,
	ACE_SET_ACL     = 1 << 7,
	ACE_SET_OWNER   = 1 << 8,
};

struct ace {
	unsigned types; /* of enum ace_type */
	unsigned flags; /* of enum ace_flag */
	unsigned perms; /* of enum ace_perm */
	char     principal[ACL_PRINCIPAL_MAX + 1];
};

/* Whom an entry is about, in the order the engine keeps entries in. */
enum ace_class {
	ACE_CLASS_OWNER,
	ACE_CLASS_USER,
	ACE_CLASS_OWNER_GROUP,
	ACE_CLASS_GROUP,
	ACE_CLASS_EVERYONE,
	_ACE_CLASS_MAX
};

/* -EINVAL with a plain fault that names the wrong part. */
int ace_parse(const char *text, struct ace *ret, struct fault *f);
/* The canonical text: letters in a fixed order, each once. */
char          *ace_format(const struct ace *ace);
enum ace_class ace_class(const struct ace *ace);
