/* Entries of access control lists: what the engine's grammar takes prints as a text that reads back as the same entry. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/acl.h"
#include "common/str.h"

#define MAX_TEXT 400

static void
check_entry(const char *text)
{
	struct ace ace, again;
	char      *canonical, *verbose = acl_entry_verbose(text);

	assert(verbose != NULL);
	free(verbose);
	if (ace_parse(text, &ace, NULL) < 0)
		return;
	assert(acl_principal_is_valid(ace.principal));
	canonical = ace_format(&ace);
	assert(canonical != NULL && strlen(canonical) <= strlen(text));
	assert(ace_parse(canonical, &again, NULL) == 0);
	assert(ace.types == again.types && ace.flags == again.flags && ace.perms == again.perms);
	assert(str_eq(ace.principal, again.principal));
	free(canonical);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acl acl = {0};
	char       text[MAX_TEXT + 1], *printed;

	size = MIN(size, (size_t)MAX_TEXT);
	memcpy(text, data, size);
	text[size] = '\0';
	check_entry(text);
	assert(acl_parse(text, &acl) == 0);
	vec_foreach (&acl.entries, e)
		check_entry(*e);
	printed = acl_format(&acl, true);
	assert(printed != NULL);
	free(printed);
	acl_fini(&acl);
	return 0;
}
