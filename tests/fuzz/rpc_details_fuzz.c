/* grpc-status, grpc-message and grpc-status-details-bin as a server might send them. */
#include <stdlib.h>
#include <string.h>

#include "rpc/status_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of the details themselves, past the base64. */
static void
decode_bytes(const uint8_t *data, size_t size)
{
	struct rpc_status s = RPC_STATUS_INIT;
	char              text[256];

	(void)rpc_details_decode(data, size, &s); /* whatever it makes of them */
	(void)rpc_status_format(&s, text, sizeof(text));
	rpc_status_fini(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char                     *text = malloc(size + 1);
	struct rpc_status         s    = RPC_STATUS_INIT;
	struct rpc_status_headers h;
	char                     *details;

	if (text == NULL)
		return 0;
	decode_bytes(data, size);
	memcpy(text, data, size);
	text[size] = '\0';
	details    = strchr(text, '\n');
	if (details != NULL)
		*details++ = '\0';
	rpc_status_decode(&s, 13, text, details);
	/* what was understood can be said again */
	rpc_status_encode(&s, &h);
	rpc_status_headers_fini(&h);
	rpc_status_fini(&s);
	free(text);
	return 0;
}
