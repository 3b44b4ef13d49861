/*
 * UUIDs through util-linux's libuuid.
 */
#include "common/uuid.h"

#include <string.h>
#include <uuid/uuid.h>

void
uuid_new(struct uuid *ret)
{
	uuid_t raw;

	uuid_generate_random(raw);
	uuid_unparse_lower(raw, ret->s);
}

int
uuid_from_text(const char *text, struct uuid *ret)
{
	uuid_t raw;

	if (text == NULL || strlen(text) != UUID_TEXT_LEN || uuid_parse(text, raw) != 0)
		return -EINVAL;
	uuid_unparse_lower(raw, ret->s);
	return 0;
}
