/*
 * DAOS error numbers. Used only at the dRPC, gRPC-status and JSON edges; inside the code errors are errno and faults.
 */
#pragma once

#include "common/util.h"

enum der_code {
#define DER_CODE(name, number, description) DER_##name = number,
#include "common/der_codes.h"
#undef DER_CODE
};

/* "DER_NONEXIST", or NULL for an unknown number. Sign does not matter. */
const char *der_name(int32_t code);
/* `DER_NONEXIST(-1005): object is absent`, the text form of a DAOS status. Returns buf. */
char	   *der_format(int32_t code, char *buf, size_t size);
/* Negative DER number nearest to a negative errno; -DER_MISC when nothing fits. 0 stays 0. */
int32_t	    der_from_errno(int err);
