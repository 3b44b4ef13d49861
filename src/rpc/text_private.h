/* Text encodings of gRPC header values. Pure functions; inside of the rpc room. */
#pragma once

#include "common/str.h"
#include "common/util.h"

/*
 * grpc-message: printable ASCII but '%' stays, everything else becomes %XX. Stops before the result
 * would exceed max_len bytes, never inside a UTF-8 sequence.
 */
void rpc_percent_encode(struct strbuf *out, const char *text, size_t max_len);
/* Undoes it in fresh memory; a '%' that begins no valid escape stays as it is. NULL: out of memory.
 */
char *rpc_percent_decode(const char *text, size_t len);

/* Standard alphabet without padding, as gRPC sends `-bin` headers. */
void rpc_base64_encode(struct strbuf *out, const void *data, size_t len);
/* Accepts padded and unpadded text. 0, -EINVAL, -ENOMEM. */
int rpc_base64_decode(const char *text, size_t len, uint8_t **ret, size_t *ret_len);

#define RPC_TIMEOUT_TEXT_SIZE 10 /* 8 digits, unit, NUL */
/* grpc-timeout. Encodes milliseconds in the finest unit that fits, rounding up. */
void rpc_timeout_encode(uint64_t ms, char buf[static RPC_TIMEOUT_TEXT_SIZE]);
/* 1 to 8 digits and one of HMSmun; rounds up to milliseconds. 0 or -EINVAL. */
int rpc_timeout_decode(const char *text, size_t len, uint64_t *ret_ms);
