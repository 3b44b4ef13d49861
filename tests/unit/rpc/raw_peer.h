/*
 * A peer that speaks HTTP/2 frame by frame and keeps to no rule, for tests of what the server does
 * about it. Bytes go out as given; what comes back is taken apart into frames.
 */
#pragma once

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "rpc_fixture.h"

#define RAW_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

struct raw {
	struct fixture      *f;
	int                  fd;
	struct loop_fd      *watch;
	bool                 paused; /* does not read */
	uint8_t             *in;
	size_t               in_len;
	nghttp2_hd_inflater *inflater;
	/* what has been seen; counters, to wait for */
	unsigned closed, frames, settings, headers, resets, goaways, pings, ends;
	uint32_t reset_error, goaway_error;
	char     grpc_status[8], http_status[8], grpc_message[256];
	/* frames to send */
	struct strbuf out;
};

static inline void
raw_header_block(struct raw *r, const uint8_t *p, size_t len)
{
	int flags = 0;

	for (;;) {
		nghttp2_nv nv;
		ssize_t    n = nghttp2_hd_inflate_hd2(r->inflater, &nv, &flags, p, len, 1);

		assert_true(n >= 0);
		p += n;
		len -= (size_t)n;
		if (flags & NGHTTP2_HD_INFLATE_EMIT) {
			char       *to   = NULL;
			size_t      size = 8;
			const char *name = (const char *)nv.name;

			if (str_eq(name, "grpc-status"))
				to = r->grpc_status;
			else if (str_eq(name, ":status"))
				to = r->http_status;
			else if (str_eq(name, "grpc-message")) {
				to   = r->grpc_message;
				size = sizeof(r->grpc_message);
			}
			if (to != NULL)
				snprintf(to, size, "%.*s", (int)nv.valuelen, nv.value);
		}
		if (flags & NGHTTP2_HD_INFLATE_FINAL) {
			nghttp2_hd_inflate_end_headers(r->inflater);
			return;
		}
	}
}

static inline uint32_t
raw_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
raw_frame_seen(struct raw *r, uint8_t type, uint8_t flags, const uint8_t *p, size_t len)
{
	r->frames++;
	if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && (flags & NGHTTP2_FLAG_END_STREAM))
		r->ends++;
	switch (type) {
	case NGHTTP2_HEADERS:
		raw_header_block(r, p, len);
		r->headers++;
		break;
	case NGHTTP2_SETTINGS:
		r->settings++;
		break;
	case NGHTTP2_RST_STREAM:
		r->reset_error = raw_u32(p);
		r->resets++;
		break;
	case NGHTTP2_GOAWAY:
		r->goaway_error = raw_u32(p + 4);
		r->goaways++;
		break;
	case NGHTTP2_PING:
		r->pings += !(flags & NGHTTP2_FLAG_ACK);
		break;
	}
}

static inline void
raw_readable(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct raw *r  = arg;
	size_t      at = 0;
	ssize_t     n;

	r->in = realloc(r->in, r->in_len + 65536);
	n     = recv(fd, r->in + r->in_len, 65536, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		r->closed = 1;
		loop_fd_want(w, 0);
		return;
	}
	r->in_len += n > 0 ? (size_t)n : 0;
	while (r->in_len - at >= 9) {
		size_t len = raw_u32(r->in + at) >> 8;

		if (r->in_len - at < 9 + len)
			break;
		raw_frame_seen(r, r->in[at + 3], r->in[at + 4], r->in + at + 9, len);
		at += 9 + len;
	}
	memmove(r->in, r->in + at, r->in_len - at);
	r->in_len -= at;
	if (error < 0) /* reset; the watch has ended */
		r->closed = 1;
}

static inline void
raw_open(struct raw *r, struct fixture *f, int receive_buffer)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port   = htons(rpc_server_port(f->server))};

	*r                = (struct raw){.f = f};
	r->fd             = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (receive_buffer > 0)
		setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	assert_int_equal(connect(r->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(loop_fd_new(f->loop, r->fd, raw_readable, r, &r->watch), 0);
	if (receive_buffer == 0)
		loop_fd_want(r->watch, LOOP_READABLE);
	nghttp2_hd_inflate_new(&r->inflater);
}

static inline void
raw_close(struct raw *r)
{
	loop_fd_free(r->watch);
	close(r->fd);
	free(r->in);
	strbuf_fini(&r->out);
	nghttp2_hd_inflate_del(r->inflater);
}

/* Sends what was put together; the peer may have closed meanwhile. */
static inline void
raw_flush(struct raw *r)
{
	size_t done = 0;

	while (done < r->out.len && !r->closed) {
		ssize_t n =
		    send(r->fd, r->out.s + done, r->out.len - done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN)
			break;
		else if (poll(&(struct pollfd){.fd = r->fd, .events = POLLOUT}, 1, 10) <= 0)
			loop_run_once(r->f->loop, false); /* the handlers must go on as well */
	}
	strbuf_reset(&r->out);
}

static inline void
raw_bytes(struct raw *r, const void *p, size_t len)
{
	strbuf_add_len(&r->out, p, len);
}

static inline void
raw_frame(struct raw *r, uint8_t type, uint8_t flags, uint32_t stream, const void *payload,
	  size_t len)
{
	const uint8_t head[9] = {(uint8_t)(len >> 16),
				 (uint8_t)(len >> 8),
				 (uint8_t)len,
				 type,
				 flags,
				 (uint8_t)(stream >> 24),
				 (uint8_t)(stream >> 16),
				 (uint8_t)(stream >> 8),
				 (uint8_t)stream};

	raw_bytes(r, head, sizeof(head));
	raw_bytes(r, payload, len);
}

static inline void
raw_preface(struct raw *r)
{
	raw_bytes(r, RAW_PREFACE, sizeof(RAW_PREFACE) - 1);
	raw_frame(r, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

/* HPACK: a literal without indexing, in plain text. */
static inline void
raw_hpack_string(struct strbuf *b, const char *s, size_t len)
{
	if (len < 127) {
		strbuf_add_char(b, (char)len);
	} else {
		size_t rest = len - 127;

		strbuf_add_char(b, 127);
		for (; rest >= 128; rest /= 128)
			strbuf_add_char(b, (char)(rest % 128 + 128));
		strbuf_add_char(b, (char)rest);
	}
	strbuf_add_len(b, s, len);
}

static inline void
raw_hpack(struct strbuf *b, const char *name, const char *value)
{
	strbuf_add_char(b, 0);
	raw_hpack_string(b, name, strlen(name));
	raw_hpack_string(b, value, strlen(value));
}

struct raw_request {
	const char *method, *path, *content_type, *encoding,
	    *timeout; /* NULL: the usual, or none */
};

static inline void
raw_request_block(struct strbuf *b, const struct raw_request *q)
{
	raw_hpack(b, ":method", q->method ? q->method : "POST");
	raw_hpack(b, ":scheme", "http");
	raw_hpack(b, ":path", q->path ? q->path : "/mgmt.MgmtSvc/LeaderQuery");
	raw_hpack(b, ":authority", "test");
	raw_hpack(b, "content-type", q->content_type ? q->content_type : "application/grpc");
	raw_hpack(b, "te", "trailers");
	if (q->encoding != NULL)
		raw_hpack(b, "grpc-encoding", q->encoding);
	if (q->timeout != NULL)
		raw_hpack(b, "grpc-timeout", q->timeout);
}

static inline void
raw_request(struct raw *r, uint32_t stream, const struct raw_request *q, uint8_t flags)
{
	struct strbuf block = STRBUF_INIT;

	raw_request_block(&block, q);
	raw_frame(r, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | flags, stream, block.s, block.len);
	strbuf_fini(&block);
}

/* Waits for one of the counters above. */
static inline void
raw_wait(struct raw *r, const unsigned *what, unsigned n)
{
	raw_flush(r);
	fixture_wait(r->f, what, n);
}
