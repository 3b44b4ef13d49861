/*
 * Statuses: the only place where faults, DAOS statuses and typed errors become gRPC statuses and
 * back. The bytes of the details are details.c's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/der.h"
#include "common/str.h"
#include "status_private.h"
#include "text_private.h"

/* Keeps a whole error below the 8 KiB of headers that some stacks accept. */
#define MAX_MESSAGE_BYTES 4096

const char *
rpc_code_name(enum rpc_code code)
{
	static const char *const names[] = {
	    "OK",
	    "Canceled",
	    "Unknown",
	    "InvalidArgument",
	    "DeadlineExceeded",
	    "NotFound",
	    "AlreadyExists",
	    "PermissionDenied",
	    "ResourceExhausted",
	    "FailedPrecondition",
	    "Aborted",
	    "OutOfRange",
	    "Unimplemented",
	    "Internal",
	    "Unavailable",
	    "DataLoss",
	    "Unauthenticated",
	};

	return (unsigned)code < ARRAY_SIZE(names) ? names[code] : "Unknown";
}

static void
free_replicas(char **replicas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(replicas[i]);
	free(replicas);
}

void
rpc_status_fini(struct rpc_status *s)
{
	free(s->message);
	free(s->leader_hint);
	free_replicas(s->replicas, s->n_replicas);
	free(s->pool_uuid);
	free(s->pool_label);
	*s = (struct rpc_status)RPC_STATUS_INIT;
}

static int
copy_text(char **dst, const char *src)
{
	*dst = src != NULL ? strdup(src) : NULL;
	return src != NULL && *dst == NULL ? -ENOMEM : 0;
}

static int
copy_replicas(struct rpc_status *s, const char *const *replicas, size_t n)
{
	if (n == 0)
		return 0;
	s->replicas = calloc(n, sizeof(*s->replicas));
	if (s->replicas == NULL)
		return -ENOMEM;
	for (; s->n_replicas < n; s->n_replicas++)
		if (copy_text(&s->replicas[s->n_replicas], replicas[s->n_replicas]) < 0)
			return -ENOMEM;
	return 0;
}

int
rpc_status_copy(struct rpc_status *dst, const struct rpc_status *src)
{
	struct rpc_status s = *src;

	s.message = s.leader_hint = s.pool_uuid = s.pool_label = NULL;
	s.replicas                                             = NULL;
	s.n_replicas                                           = 0;
	if (copy_text(&s.message, src->message) < 0 ||
	    copy_text(&s.leader_hint, src->leader_hint) < 0 ||
	    copy_text(&s.pool_uuid, src->pool_uuid) < 0 ||
	    copy_text(&s.pool_label, src->pool_label) < 0 ||
	    copy_replicas(&s, (const char *const *)src->replicas, src->n_replicas) < 0) {
		rpc_status_fini(&s);
		return -ENOMEM;
	}
	rpc_status_fini(dst);
	*dst = s;
	return 0;
}

void
rpc_status_set(struct rpc_status *s, enum rpc_code code, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list       ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap); /* before *s is emptied: the arguments may point into it */
	va_end(ap);
	rpc_status_fini(s);
	s->code    = code;
	s->message = strbuf_take(&text); /* NULL without memory: the code remains */
	strbuf_fini(&text);
}

void
rpc_status_from_fault(struct rpc_status *s, const struct fault *f)
{
	struct fault copy = *f; /* f may be the one inside *s */
	char         text[sizeof(copy.description) + 64];

	if (!fault_is_coded(&copy)) {
		rpc_status_set(s, RPC_UNKNOWN, "%s", copy.description);
		return;
	}
	rpc_status_set(s, RPC_INTERNAL, "%s", fault_format(&copy, text, sizeof(text)));
	s->detail = RPC_DETAIL_FAULT;
	s->fault  = copy;
}

void
rpc_status_from_daos(struct rpc_status *s, int32_t status)
{
	char text[256];

	rpc_status_set(s, RPC_INTERNAL, "%s", der_format(status, text, sizeof(text)));
	s->detail      = RPC_DETAIL_DAOS_STATUS;
	s->daos_status = status;
}

/* Rewrites the message of a typed error from its parts; a peer's own wording is not shown. */
static void
set_replica_message(struct rpc_status *s)
{
	struct strbuf text = STRBUF_INIT;

	if (s->detail == RPC_DETAIL_NOT_REPLICA)
		strbuf_add(&text, "not a DAOS Management Service replica (try one of ");
	else if (str_empty(s->leader_hint))
		strbuf_add(&text, "not the DAOS Management Service leader (try one of ");
	else
		strbuf_addf(&text, "not the DAOS Management Service leader (try %s or one of ",
			    s->leader_hint);
	for (size_t i = 0; i < s->n_replicas; i++)
		strbuf_addf(&text, "%s%s", i > 0 ? "," : "", s->replicas[i]);
	strbuf_add_char(&text, ')');
	free(s->message);
	s->message = strbuf_take(&text);
	strbuf_fini(&text);
}

static void
set_replicas(struct rpc_status *s, enum rpc_detail detail, const char *hint,
	     const char *const *replicas, size_t n)
{
	struct rpc_status made = {.code = RPC_INTERNAL, .detail = detail};

	/* without memory the error stays typed, only with fewer addresses to try */
	(void)copy_text(&made.leader_hint, hint);
	(void)copy_replicas(&made, replicas, n);
	set_replica_message(&made);
	rpc_status_fini(s);
	*s = made;
}

void
rpc_status_not_replica(struct rpc_status *s, const char *const *replicas, size_t n)
{
	set_replicas(s, RPC_DETAIL_NOT_REPLICA, NULL, replicas, n);
}

void
rpc_status_not_leader(struct rpc_status *s, const char *hint, const char *const *replicas, size_t n)
{
	set_replicas(s, RPC_DETAIL_NOT_LEADER, hint, replicas, n);
}

static void
set_pool_message(struct rpc_status *s)
{
	free(s->message);
	if (s->has_pool_rank)
		s->message =
		    str_format("unable to find pool service with rank %" PRIu32, s->pool_rank);
	else if (s->pool_uuid != NULL)
		s->message = str_format("unable to find pool service with uuid %s", s->pool_uuid);
	else
		s->message = str_format("unable to find pool service with label \"%s\"",
					s->pool_label != NULL ? s->pool_label : "");
}

void
rpc_status_pool_not_found(struct rpc_status *s, const char *uuid, const char *label,
			  const uint32_t *rank)
{
	struct rpc_status made = {.code = RPC_INTERNAL, .detail = RPC_DETAIL_POOL_NOT_FOUND};

	if (rank != NULL) {
		made.has_pool_rank = true;
		made.pool_rank     = *rank;
	} else {
		(void)copy_text(uuid != NULL ? &made.pool_uuid : &made.pool_label,
				uuid != NULL ? uuid : label); /* without memory: an empty label */
	}
	set_pool_message(&made);
	rpc_status_fini(s);
	*s = made;
}

char *
rpc_status_format(const struct rpc_status *s, char *buf, size_t size)
{
	const char *message = s->message != NULL ? s->message : "";

	if (s->detail == RPC_DETAIL_FAULT)
		return fault_format(&s->fault, buf, size);
	if (s->detail != RPC_DETAIL_NONE)
		(void)snprintf(buf, size, "%s", message);
	else
		(void)snprintf(buf, size, "rpc error: code = %s desc = %s", rpc_code_name(s->code),
			       message);
	return buf;
}

/* ---- wire ---- */

static char *
encode_details(const struct rpc_status *s)
{
	_cleanup_(freep) uint8_t *data = NULL;
	struct strbuf             text = STRBUF_INIT;
	size_t                    len;
	char                     *ret;

	if (s->detail == RPC_DETAIL_NONE || rpc_details_encode(s, &data, &len) < 0)
		return NULL;
	rpc_base64_encode(&text, data, len);
	ret = strbuf_take(&text);
	strbuf_fini(&text);
	return ret;
}

void
rpc_status_encode(const struct rpc_status *s, struct rpc_status_headers *ret)
{
	struct strbuf text = STRBUF_INIT;

	(void)snprintf(ret->code, sizeof(ret->code), "%d", (int)s->code);
	if (!str_empty(s->message))
		rpc_percent_encode(&text, s->message, MAX_MESSAGE_BYTES);
	ret->message = text.len > 0 ? strbuf_take(&text) : NULL;
	strbuf_fini(&text);
	ret->details = encode_details(s);
}

void
rpc_status_headers_fini(struct rpc_status_headers *h)
{
	free(h->message);
	free(h->details);
	h->message = NULL;
	h->details = NULL;
}

static void
decode_details(struct rpc_status *s, const char *details)
{
	_cleanup_(freep) uint8_t *data = NULL;
	char                      text[sizeof(s->fault.description) + 64];
	size_t                    len;

	if (rpc_base64_decode(details, strlen(details), &data, &len) < 0 ||
	    rpc_details_decode(data, len, s) < 0)
		return;
	switch (s->detail) {
	case RPC_DETAIL_FAULT:
		free(s->message);
		s->message = strdup(fault_format(&s->fault, text, sizeof(text)));
		break;
	case RPC_DETAIL_DAOS_STATUS:
		free(s->message);
		s->message = strdup(der_format(s->daos_status, text, sizeof(text)));
		break;
	case RPC_DETAIL_NOT_REPLICA:
	case RPC_DETAIL_NOT_LEADER:
		set_replica_message(s);
		break;
	case RPC_DETAIL_POOL_NOT_FOUND:
		set_pool_message(s);
		break;
	case RPC_DETAIL_NONE:
		break;
	}
}

void
rpc_status_decode(struct rpc_status *s, int code, const char *message, const char *details)
{
	struct rpc_status made = {.code = code >= 0 && code <= RPC_UNAUTHENTICATED ? code
										   : RPC_UNKNOWN};

	if (made.code != RPC_OK && message != NULL)
		made.message = rpc_percent_decode(message, strlen(message));
	if (made.code != RPC_OK && details != NULL)
		decode_details(&made, details);
	rpc_status_fini(s);
	*s = made;
}

/* ---- failures of a connection ---- */

enum rpc_failure
rpc_failure_from_errno(int err)
{
	switch (err) {
	case -ECONNREFUSED:
		return RPC_FAILURE_REFUSED;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return RPC_FAILURE_NO_ROUTE;
	case -ETIMEDOUT:
		return RPC_FAILURE_TIMED_OUT;
	default:
		return RPC_FAILURE_OTHER;
	}
}

static void
raise_failure(struct fault *f, enum rpc_failure failure, const char *host, unsigned port,
	      const char *text)
{
	switch (failure) {
	case RPC_FAILURE_BAD_HOST:
		(void)fault_set(f, FAULT_CLIENT_CONNECTION_BAD_HOST,
				"the server address (%s:%u) could not be resolved", host, port);
		return;
	case RPC_FAILURE_NO_ROUTE:
		(void)fault_set(f, FAULT_CLIENT_CONNECTION_NO_ROUTE,
				"the server could not be reached at the configured address (%s:%u)",
				host, port);
		return;
	case RPC_FAILURE_REFUSED:
		(void)fault_set(f, FAULT_CLIENT_CONNECTION_REFUSED,
				"the server at %s:%u refused the connection", host, port);
		return;
	case RPC_FAILURE_CLOSED:
		(void)fault_set(
		    f, FAULT_CLIENT_CONNECTION_CLOSED,
		    "the server at %s:%u closed the connection without accepting a request", host,
		    port);
		return;
	case RPC_FAILURE_TIMED_OUT:
		(void)fault_set(f, FAULT_CLIENT_CONNECTION_TIMED_OUT,
				"the connection to the server at %s:%u timed out", host, port);
		return;
	case RPC_FAILURE_EXPIRED:
		(void)fault_set(f, FAULT_SECURITY_INVALID_CERT,
				"the certificate of the server at %s:%u is not valid: %s", host,
				port, text);
		return;
	case RPC_FAILURE_OTHER:
		return;
	}
}

void
rpc_status_from_failure(struct rpc_status *s, enum rpc_failure failure, const char *host,
			uint16_t port, const char *text)
{
	rpc_status_set(s, RPC_UNAVAILABLE, "connection error: desc = \"%s\"", text);
	s->local = true;
	raise_failure(&s->fault, failure, host, port, text);
	if (s->fault.set)
		s->detail = RPC_DETAIL_FAULT;
}
