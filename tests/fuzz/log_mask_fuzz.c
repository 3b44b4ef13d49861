/*
 * Log masks and debug streams as SetLogMasks brings them: the first line is the mask, the rest the
 * streams.
 */
#include <string.h>

#include "engine/elog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(strbuf_fini) struct strbuf masks = STRBUF_INIT;
	_cleanup_(freep) char               *text  = malloc(size + 1);
	struct fault                         f     = FAULT_INIT;
	char                                *streams;

	memcpy(text, data, size);
	text[size] = '\0';
	streams    = strchr(text, '\n');
	if (streams != NULL)
		*streams++ = '\0';
	if (eng_log_set_masks(text, streams, &f) < 0 && !f.set)
		abort();
	eng_log_get_masks(&masks);
	if (eng_log_set_masks(strbuf_str(&masks), NULL, &f) < 0) /* what we print we understand */
		abort();
	return 0;
}
