/*
 * UUIDs as text: always lower case, always 36 characters.
 */
#pragma once

#include "common/util.h"

#define UUID_TEXT_LEN 36

struct uuid {
	char s[UUID_TEXT_LEN + 1]; /* empty string = no UUID */
};

/* A fresh random (version 4) UUID. */
void uuid_new(struct uuid *ret);
/* Accepts 8-4-4-4-12 hex in any case, stores it lower case. 0 or -EINVAL. */
int  uuid_from_text(const char *text, struct uuid *ret);
