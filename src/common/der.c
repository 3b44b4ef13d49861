/*
 * Table of DAOS error numbers.
 */
#include "common/der.h"

#include <stdio.h>

struct der_row {
	int32_t	    code;
	const char *name;
	const char *description;
};

static const struct der_row rows[] = {
#define DER_CODE(name, number, description) {number, "DER_" #name, description},
#include "common/der_codes.h"
#undef DER_CODE
};

static const struct {
	int	err;
	int32_t der;
} from_errno[] = {
    {0, DER_SUCCESS},	{EPERM, DER_NO_PERM},	{EACCES, DER_NO_PERM},	  {EINVAL, DER_INVAL},
    {EEXIST, DER_EXIST}, {ENOENT, DER_NONEXIST}, {ENOSPC, DER_NOSPACE},	  {ENOMEM, DER_NOMEM},
    {EBUSY, DER_BUSY},	{EAGAIN, DER_AGAIN},	{ETIMEDOUT, DER_TIMEDOUT}, {ECANCELED, DER_CANCELED},
    {ENOSYS, DER_NOSYS}, {EIO, DER_IO},
};

static const struct der_row *
find_row(int32_t code)
{
	int32_t positive = code < 0 ? -code : code;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].code == positive)
			return &rows[i];
	return NULL;
}

const char *
der_name(int32_t code)
{
	const struct der_row *row = find_row(code);

	return row ? row->name : NULL;
}

char *
der_format(int32_t code, char *buf, size_t size)
{
	const struct der_row *row = find_row(code);

	if (row == NULL)
		(void)snprintf(buf, size, "DER_UNKNOWN(%d): unknown error code %d", code, code);
	else
		(void)snprintf(buf, size, "%s(%d): %s", row->name, code < 0 ? code : -code,
			       row->description);
	return buf;
}

int32_t
der_from_errno(int err)
{
	int positive = err < 0 ? -err : err;

	for (size_t i = 0; i < ARRAY_SIZE(from_errno); i++)
		if (from_errno[i].err == positive)
			return -from_errno[i].der;
	return -DER_MISC;
}
