/*
 * The Call and Response decoders: what was parsed packs again, and parses to the same. Unknown
 * fields are left out: the library takes a field number 0 in a long form and does not take it back
 * in the short form it writes.
 */
#include <stdlib.h>
#include <string.h>

#include "drpc.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_call(const Drpc__Call *c)
{
	size_t      size = drpc__call__get_packed_size(c);
	uint8_t    *p    = malloc(size + 1);
	Drpc__Call *again;

	if (drpc__call__pack(c, p) != size)
		abort();
	again = drpc__call__unpack(NULL, size, p);
	if (again == NULL || again->module != c->module || again->method != c->method ||
	    again->sequence != c->sequence || again->body.len != c->body.len ||
	    (c->body.len > 0 && memcmp(again->body.data, c->body.data, c->body.len) != 0))
		abort();
	drpc__call__free_unpacked(again, NULL);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Drpc__Call     *c = drpc__call__unpack(NULL, size, data);
	Drpc__Response *r = drpc__response__unpack(NULL, size, data);

	if (c != NULL) {
		if (c->base.n_unknown_fields == 0)
			check_call(c);
		drpc__call__free_unpacked(c, NULL);
	}
	if (r != NULL)
		drpc__response__free_unpacked(r, NULL);
	return 0;
}
