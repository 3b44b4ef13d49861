/* Header values of gRPC: grpc-timeout, base64, percent-encoding. What was decoded encodes to
 * something that decodes alike. */
#include <assert.h>
#include <string.h>

#include "rpc/text_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_base64(const char *text, size_t size)
{
	struct strbuf again = STRBUF_INIT;
	uint8_t      *bytes, *second;
	size_t        len, second_len;

	if (rpc_base64_decode(text, size, &bytes, &len) < 0)
		return;
	rpc_base64_encode(&again, bytes, len);
	assert(rpc_base64_decode(strbuf_str(&again), again.len, &second, &second_len) == 0);
	assert(second_len == len && memcmp(bytes, second, len) == 0);
	free(bytes);
	free(second);
	strbuf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char   *text  = (const char *)data;
	struct strbuf again = STRBUF_INIT;
	char         *plain, *second;
	uint64_t      ms;

	if (rpc_timeout_decode(text, size, &ms) == 0)
		assert(ms <= 99999999ULL * 3600000);
	check_base64(text, size);
	plain = rpc_percent_decode(text, size);
	if (plain == NULL)
		return 0;
	rpc_percent_encode(&again, plain, SIZE_MAX / 8);
	second = rpc_percent_decode(strbuf_str(&again), again.len);
	assert(second == NULL || strcmp(plain, second) == 0);
	free(plain);
	free(second);
	strbuf_fini(&again);
	return 0;
}
