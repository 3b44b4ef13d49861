/*
 * Access control lists as text. Letters of an entry are tables: one gives the words of the verbose
 * form, three give the bits of the engine's form and the order in which they are printed.
 */
#include "common/acl.h"

#include <string.h>

#include "common/fs.h"
#include "common/str.h"

#define N_FIELDS 4

#define OWNER    "OWNER@"
#define GROUP    "GROUP@"
#define EVERYONE "EVERYONE@"

/* ---- lists ---- */

void
acl_fini(struct acl *acl)
{
	vec_foreach (&acl->entries, e)
		free(*e);
	vec_fini(&acl->entries);
	free(acl->owner);
	free(acl->owner_group);
	*acl = (struct acl){0};
}

static int
add_entry(struct acl *acl, const char *entry)
{
	char *copy = strdup(entry);
	int   r    = copy == NULL ? -ENOMEM : vec_push(&acl->entries, copy);

	if (r < 0)
		free(copy);
	return r;
}

int
acl_parse(const char *text, struct acl *ret)
{
	_cleanup_(freep) char         *copy = strdup(text);
	_cleanup_(acl_fini) struct acl acl  = {0};
	char                          *rest = copy, *line;
	int                            r;

	if (copy == NULL)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line = str_trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		r = add_entry(&acl, line);
		if (r < 0)
			return r;
	}
	*ret = acl;
	acl  = (struct acl){0};
	return 0;
}

int
acl_read_file(const char *path, struct acl *ret, struct fault *f)
{
	_cleanup_(freep) char         *text = NULL;
	_cleanup_(acl_fini) struct acl acl  = {0};
	int                            r    = fs_read_file(path, ACL_FILE_MAX, &text, NULL);

	if (r < 0)
		return fault_plain(f, r, "opening ACL file: open %s: %s", path, strerror(-r));
	r = acl_parse(text, &acl);
	if (r < 0)
		return r;
	if (acl.entries.n == 0)
		return fault_plain(f, -EINVAL, "ACL file '%s' contains no entries", path);
	*ret = acl;
	acl  = (struct acl){0};
	return 0;
}

char *
acl_format(const struct acl *acl, bool verbose)
{
	static const struct acl nothing;
	struct strbuf           out = STRBUF_INIT;

	if (acl == NULL)
		acl = &nothing;
	if (!str_empty(acl->owner))
		strbuf_addf(&out, "# Owner: %s\n", acl->owner);
	if (!str_empty(acl->owner_group))
		strbuf_addf(&out, "# Owner Group: %s\n", acl->owner_group);
	strbuf_add(&out, "# Entries:\n");
	if (acl->entries.n == 0)
		strbuf_add(&out, "#   None\n");
	vec_foreach (&acl->entries, e) {
		_cleanup_(freep) char *words = verbose ? acl_entry_verbose(*e) : NULL;

		if (verbose && words == NULL) {
			strbuf_fini(&out);
			return NULL;
		}
		if (verbose)
			strbuf_addf(&out, "# %s\n", words);
		strbuf_addf(&out, "%s\n", *e);
	}
	return strbuf_take(&out);
}

/* ---- the verbose form ---- */

struct word {
	char        letter;
	const char *text;
};

static const struct word type_words[] = {{'A', "Allow"}, {'\0', NULL}};
static const struct word flag_words[] = {{'G', "Group"}, {'\0', NULL}};
static const struct word perm_words[] = {
    {'r', "Read"},      {'w', "Write"},    {'c', "Create-Cont"}, {'d', "Destroy-Cont"},
    {'t', "Get-Prop"},  {'T', "Set-Prop"}, {'a', "Get-ACL"},     {'A', "Set-ACL"},
    {'o', "Set-Owner"}, {'\0', NULL},
};

static void
add_words(struct strbuf *out, const char *field, const struct word *words)
{
	const char *glue = "";

	if (*field == '\0')
		strbuf_add(out, "None");
	for (; *field != '\0'; field++) {
		const struct word *w = words;

		if (((unsigned char)*field & 0xC0U) == 0x80U)
			continue; /* a character of several bytes is one unknown letter */
		while (w->text != NULL && w->letter != *field)
			w++;
		strbuf_addf(out, "%s%s", glue, w->text != NULL ? w->text : "Unknown");
		glue = "/";
	}
}

static const char *
principal_words(const char *principal)
{
	if (*principal == '\0')
		return "None";
	if (str_eq(principal, OWNER))
		return "Owner";
	if (str_eq(principal, GROUP))
		return "Owner-Group";
	return str_eq(principal, EVERYONE) ? "Everyone" : principal;
}

/* Cuts an entry at its colons, in place; false unless there are four fields. */
static bool
split_entry(char *entry, char *fields[N_FIELDS])
{
	size_t n = 0;
	char  *field;

	while ((field = strsep(&entry, ":")) != NULL) {
		if (n == N_FIELDS)
			return false;
		fields[n++] = field;
	}
	return n == N_FIELDS;
}

char *
acl_entry_verbose(const char *entry)
{
	_cleanup_(freep) char *copy = strdup(entry);
	char                  *fields[N_FIELDS];
	struct strbuf          out = STRBUF_INIT;

	if (copy == NULL)
		return NULL;
	if (*entry == '\0')
		return strdup("");
	if (!split_entry(copy, fields))
		return strdup("invalid ACE");
	add_words(&out, fields[0], type_words);
	strbuf_add_char(&out, ':');
	if (*fields[1] != '\0')
		add_words(&out, fields[1], flag_words);
	strbuf_addf(&out, ":%s:", principal_words(fields[2]));
	add_words(&out, fields[3], perm_words);
	return strbuf_take(&out);
}

/* ---- principals ---- */

bool
acl_principal_is_valid(const char *principal)
{
	const char *at = strchr(principal, '@');

	return at != NULL && at != principal && strchr(at + 1, '@') == NULL &&
	       strlen(principal) <= ACL_PRINCIPAL_MAX;
}

int
acl_principal_parse(const char *text, char **ret, struct fault *f)
{
	char *principal = str_format("%s%s", text, strchr(text, '@') != NULL ? "" : "@");

	if (principal == NULL)
		return -ENOMEM;
	if (!acl_principal_is_valid(principal)) {
		free(principal);
		return fault_plain(f, -EINVAL, "invalid ACL principal \"%s\"", text);
	}
	*ret = principal;
	return 0;
}

/* ---- the engine's form ---- */

/* Letter i of a table is bit i; the tables stand in the order of printing. */
static const char type_letters[] = "AUL";
static const char flag_letters[] = "GSFP";
static const char perm_letters[] = "rwcdtTaAo";

static int
read_letters(const char *field, const char *letters, const char *what, unsigned *ret,
	     struct fault *f)
{
	unsigned bits = 0;

	for (; *field != '\0'; field++) {
		const char *letter = strchr(letters, *field);

		if (letter == NULL)
			return fault_plain(f, -EINVAL, "'%c' is no %s of an ACE (valid: %s)",
					   *field, what, letters);
		bits |= 1U << (letter - letters);
	}
	*ret = bits;
	return 0;
}

static void
add_letters(struct strbuf *out, const char *letters, unsigned bits)
{
	for (size_t i = 0; letters[i] != '\0'; i++)
		if ((bits & (1U << i)) != 0)
			strbuf_add_char(out, letters[i]);
}

enum ace_class
ace_class(const struct ace *ace)
{
	if (str_eq(ace->principal, OWNER))
		return ACE_CLASS_OWNER;
	if (str_eq(ace->principal, GROUP))
		return ACE_CLASS_OWNER_GROUP;
	if (str_eq(ace->principal, EVERYONE))
		return ACE_CLASS_EVERYONE;
	return (ace->flags & ACE_GROUP) != 0 ? ACE_CLASS_GROUP : ACE_CLASS_USER;
}

/* Rules that join fields. */
static int
check_ace(const struct ace *ace, struct fault *f)
{
	enum ace_class class = ace_class(ace);
	bool group           = class == ACE_CLASS_OWNER_GROUP || class == ACE_CLASS_GROUP;
	bool alert           = (ace->types & (ACE_AUDIT | ACE_ALARM)) != 0;
	bool when            = (ace->flags & (ACE_SUCCESS | ACE_FAILURE)) != 0;

	if (ace->types == 0)
		return fault_plain(f, -EINVAL, "an ACE needs a type (%s)", type_letters);
	if (((ace->flags & ACE_GROUP) != 0) != group)
		return fault_plain(f, -EINVAL, "%s %s flag G", ace->principal,
				   group ? "needs" : "cannot have");
	if (alert != when)
		return fault_plain(f, -EINVAL, "%s",
				   alert ? "types U and L need flag S or F"
					 : "flags S and F need type U or L");
	return 0;
}

int
ace_parse(const char *text, struct ace *ret, struct fault *f)
{
	char       copy[ACL_ENTRY_MAX + 1], *fields[N_FIELDS];
	struct ace ace = {0};
	int        r;

	if (strlen(text) > ACL_ENTRY_MAX)
		return fault_plain(f, -EINVAL, "an ACE has at most %d characters", ACL_ENTRY_MAX);
	memcpy(copy, text, strlen(text) + 1);
	if (!split_entry(copy, fields))
		return fault_plain(f, -EINVAL,
				   "an ACE has four fields, types:flags:principal:permissions");
	r = read_letters(fields[0], type_letters, "type", &ace.types, f);
	if (r == 0)
		r = read_letters(fields[1], flag_letters, "flag", &ace.flags, f);
	if (r == 0 && !acl_principal_is_valid(fields[2]))
		r = fault_plain(f, -EINVAL, "invalid ACL principal \"%s\"", fields[2]);
	if (r == 0)
		r = read_letters(fields[3], perm_letters, "permission", &ace.perms, f);
	if (r < 0)
		return r;
	memcpy(ace.principal, fields[2], strlen(fields[2]) + 1);
	r = check_ace(&ace, f);
	if (r == 0)
		*ret = ace;
	return r;
}

char *
ace_format(const struct ace *ace)
{
	struct strbuf out = STRBUF_INIT;

	add_letters(&out, type_letters, ace->types);
	strbuf_add_char(&out, ':');
	add_letters(&out, flag_letters, ace->flags);
	strbuf_addf(&out, ":%s:", ace->principal);
	add_letters(&out, perm_letters, ace->perms);
	return strbuf_take(&out);
}
