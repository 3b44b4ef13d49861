/* A metrics segment with any content, read as far as it can be and printed. */
#include "telemetry/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	struct tm_reader                    *r;
	struct tm_scrape                    *s;

	if (tm_reader_open_memory(data, size, &r) < 0)
		return 0;
	if (tm_scrape_new(&s) == 0) {
		(void)tm_scrape_add(s, r, 0); /* damage is expected */
		tm_scrape_print(s, &out);
		tm_scrape_free(s);
	}
	tm_reader_free(r);
	return 0;
}
