/*
 * Rules for names. Letters are ASCII whatever the locale: other nodes must agree.
 */
#include "common/names.h"

#include <string.h>

#include "common/uuid.h"

bool
label_is_valid(const char *label)
{
	static const char accepted[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789._:-";
	size_t            len        = strlen(label);
	struct uuid       uuid;

	return len > 0 && len <= LABEL_MAX && strspn(label, accepted) == len &&
	       uuid_from_text(label, &uuid) < 0;
}

bool
system_name_is_valid(const char *name)
{
	return name[0] != '\0' && strlen(name) <= SYSTEM_NAME_MAX;
}
