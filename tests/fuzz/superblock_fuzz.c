/* Superblocks: what is accepted can be written and read back as the same. */
#include <string.h>

#include "harness/superblock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	struct har_superblock                sb, back;
	struct fault                         f = FAULT_INIT;

	memset(&sb, 0, sizeof(sb));
	memset(&back, 0, sizeof(back));
	if (har_superblock_parse("fuzz", (const char *)data, size, &sb, &f) < 0) {
		if (!f.set)
			abort();
		return 0;
	}
	har_superblock_format(&sb, &b);
	if (har_superblock_parse("fuzz", strbuf_str(&b), b.len, &back, &f) < 0)
		abort();
	if (strcmp(sb.uuid.s, back.uuid.s) != 0 || strcmp(sb.system, back.system) != 0 ||
	    strcmp(sb.uri, back.uri) != 0 || strcmp(sb.fault_domain, back.fault_domain) != 0 ||
	    sb.has_rank != back.has_rank || sb.rank != back.rank ||
	    sb.valid_rank != back.valid_rank || sb.incarnation != back.incarnation)
		abort();
	return 0;
}
