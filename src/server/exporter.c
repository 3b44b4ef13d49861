/*
 * HTTP side of the exporter: libmicrohttpd without threads of its own, driven through its epoll
 * descriptor. A connection that asks for metrics is suspended while a worker makes the text.
 */
#include "server/exporter.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

#define LIBRARY         "libmicrohttpd.so.12"
#define CONNECTIONS_MAX 8
#define IDLE_S          30
#define BACKLOG         16

/* ---- the library ---- */

#define FUNCTIONS(X)                                                                               \
	X(start_daemon)                                                                            \
	X(stop_daemon)                                                                             \
	X(get_daemon_info)                                                                         \
	X(run)                                                                                     \
	X(get_timeout)                                                                             \
	X(create_response_from_buffer)                                                             \
	X(add_response_header)                                                                     \
	X(queue_response)                                                                          \
	X(destroy_response)                                                                        \
	X(suspend_connection)                                                                      \
	X(resume_connection)

static struct {
	void *handle; /* stays loaded */
#define X(name) __typeof__(MHD_##name) *name;
	FUNCTIONS(X)
#undef X
} mhd;

static int
load_library(struct fault *f)
{
	void *handle, *fn;

	if (mhd.handle != NULL)
		return 0;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return fault_plain(f, -ELIBACC, "telemetry needs " LIBRARY ": %s", dlerror());
#define X(name)                                                                                    \
	fn = dlsym(handle, "MHD_" #name);                                                          \
	if (fn == NULL)                                                                            \
		goto too_old;                                                                      \
	memcpy(&mhd.name, &fn, sizeof(fn));
	FUNCTIONS(X)
#undef X
	mhd.handle = handle;
	return 0;
too_old:
	(void)dlclose(handle);
	return fault_plain(f, -ELIBACC, "telemetry needs " LIBRARY " with all functions of 0.9.75");
}

/* ---- types ---- */

struct srv_exporter {
	struct loop             *loop;
	struct srv_exporter_opts opts;
	uint16_t                 port;
	struct MHD_Daemon       *daemon;
	struct loop_fd          *watch;
	struct loop_timer       *timer; /* for idle connections */
	struct scrape           *running[CONNECTIONS_MAX];
};

/* Work of one request; lives until the worker is done. */
struct scrape {
	struct srv_exporter   *e;   /* NULL: freed meanwhile */
	struct request        *req; /* NULL: its connection has ended */
	struct MHD_Connection *connection;
	struct srv_source      sources[SRV_EXPORTER_SOURCES_MAX];
	size_t                 n_sources;
	struct strbuf          text;
	int                    err;
};

/* From a request's head to the end of its answer. */
struct request {
	struct scrape *scrape;
	bool           done; /* the scrape's text is there */
};

static const char page[] = "<html>\n"
			   "<head><title>DAOS Engine Telemetry</title></head>\n"
			   "<body>\n"
			   "<h1>DAOS Engine Telemetry</h1>\n"
			   "<p><a href=\"/metrics\">Metrics</a></p>\n"
			   "</body>\n"
			   "</html>\n";

/* ---- the loop's side ---- */

static void
run(struct srv_exporter *e)
{
	unsigned long long ms;

	(void)mhd.run(e->daemon);
	if (mhd.get_timeout(e->daemon, &ms) == MHD_YES)
		loop_timer_start(e->timer, ms, 0);
	else
		loop_timer_stop(e->timer);
}

static void
on_ready(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	run(arg);
}

static void
on_timer(struct loop_timer *t, void *arg)
{
	run(arg);
}

/* ---- scrapes ---- */

static void
scrape_free(struct scrape *s)
{
	strbuf_fini(&s->text);
	free(s);
}

static void
scrape_work(void *arg)
{
	struct scrape *s = arg;

	s->err = srv_metrics_print(s->sources, s->n_sources, &s->text);
}

/* Takes the scrape from the exporter's list. */
static void
scrape_unlist(struct srv_exporter *e, const struct scrape *s)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (e->running[i] == s)
			e->running[i] = NULL;
}

static void
scrape_done(void *arg)
{
	struct scrape *s = arg;

	if (s->e != NULL)
		scrape_unlist(s->e, s);
	if (s->e == NULL || s->req == NULL) {
		scrape_free(s);
		return;
	}
	s->req->done = true;
	mhd.resume_connection(s->connection);
	run(s->e);
}

static int
scrape_start(struct srv_exporter *e, struct MHD_Connection *c, struct request *req)
{
	size_t         slot = 0;
	struct scrape *s;
	int            r;

	while (slot < CONNECTIONS_MAX && e->running[slot] != NULL)
		slot++;
	s = slot < CONNECTIONS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (s == NULL)
		return -ENOMEM;
	*s           = (struct scrape){.e = e, .req = req, .connection = c};
	s->n_sources = e->opts.sources(s->sources, e->opts.arg);
	r            = loop_work_submit(e->loop, scrape_work, scrape_done, s);
	if (r < 0) {
		scrape_free(s);
		return r;
	}
	e->running[slot] = s;
	req->scrape      = s;
	mhd.suspend_connection(c);
	return 0;
}

/* ---- requests ---- */

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *text, size_t len)
{
	struct MHD_Response *response;
	enum MHD_Result      result = MHD_NO;

	/* The library's interface is not const; it copies. */
	response =
	    mhd.create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
	    (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	     mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
		result = mhd.queue_response(c, status, response);
	mhd.destroy_response(response);
	return result;
}

static enum MHD_Result
answer_error(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result
answer_metrics(struct srv_exporter *e, struct MHD_Connection *c, struct request *req)
{
	const struct scrape *s = req->scrape;

	if (s == NULL)
		return scrape_start(e, c, req) == 0
			   ? MHD_YES
			   : answer_error(c, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	if (!req->done)
		return MHD_NO; /* resumed by the exporter's end */
	if (s->err < 0)
		return answer_error(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
		      strbuf_str(&s->text), s->text.len);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *upload, size_t *upload_size, void **per_request)
{
	struct request *req = *per_request;

	if (req == NULL) { /* the head; the call that may answer comes next */
		*per_request = calloc(1, sizeof(*req));
		return *per_request != NULL ? MHD_YES : MHD_NO;
	}
	if (*upload_size > 0) {
		*upload_size = 0; /* a body is of no interest */
		return MHD_YES;
	}
	if (!str_eq(method, MHD_HTTP_METHOD_GET) && !str_eq(method, MHD_HTTP_METHOD_HEAD))
		return answer_error(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (str_eq(url, "/metrics"))
		return answer_metrics(arg, c, req);
	return answer(c, MHD_HTTP_OK, "text/html; charset=utf-8", page, sizeof(page) - 1);
}

static void
on_completed(void *arg, struct MHD_Connection *c, void **per_request,
	     enum MHD_RequestTerminationCode why)
{
	struct request *req = *per_request;

	*per_request = NULL;
	if (req == NULL)
		return;
	if (req->scrape != NULL && req->done)
		scrape_free(req->scrape);
	else if (req->scrape != NULL)
		req->scrape->req = NULL; /* the worker has it */
	free(req);
}

/* ---- start and end ---- */

static int
listen_at(const struct srv_exporter_opts *opts, uint16_t *ret_port, int *ret_fd, struct fault *f)
{
	_cleanup_(closep) int fd  = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in    at  = {.sin_family = AF_INET, .sin_port = htons(opts->port)};
	socklen_t             len = sizeof(at);
	const int             on  = 1;

	if (inet_pton(AF_INET, opts->ip, &at.sin_addr) != 1)
		return fault_plain(f, -EINVAL, "telemetry cannot listen on %s: no IPv4 address",
				   opts->ip);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		int err = errno;

		return fault_plain(f, -err, "telemetry cannot listen on %s:%u: %s", opts->ip,
				   opts->port, strerror(err));
	}
	*ret_port = ntohs(at.sin_port);
	*ret_fd   = fd;
	fd        = -EBADF;
	return 0;
}

static int
start_daemon(struct srv_exporter *e, struct fault *f)
{
	const union MHD_DaemonInfo *info;
	int                         fd = -EBADF;
	int                         r;

	r = listen_at(&e->opts, &e->port, &fd, f);
	if (r < 0)
		return r;
	/* From here on the descriptor is the library's; when it fails it may have closed it. */
	e->daemon = mhd.start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
				     on_request, e, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, e, MHD_OPTION_END);
	if (e->daemon == NULL)
		return fault_plain(f, -ENOMEM, "telemetry's HTTP server could not be made");
	info = mhd.get_daemon_info(e->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return fault_plain(f, -ELIBACC, LIBRARY " was built without epoll");
	r = loop_fd_new(e->loop, info->epoll_fd, on_ready, e, &e->watch);
	if (r == 0)
		r = loop_timer_new(e->loop, on_timer, e, &e->timer);
	return r < 0 ? r : loop_fd_want(e->watch, LOOP_READABLE);
}

int
srv_exporter_new(struct loop *l, const struct srv_exporter_opts *opts, struct srv_exporter **ret,
		 struct fault *f)
{
	struct srv_exporter *e;
	int                  r = load_library(f);

	if (r < 0)
		return r;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	e->loop = l;
	e->opts = *opts;
	r       = start_daemon(e, f);
	if (r < 0) {
		srv_exporter_free(e);
		return r;
	}
	e->opts.ip = NULL; /* borrowed for the start only */
	*ret       = e;
	return 0;
}

uint16_t
srv_exporter_port(const struct srv_exporter *e)
{
	return e->port;
}

struct srv_exporter *
srv_exporter_free(struct srv_exporter *e)
{
	if (e == NULL)
		return NULL;
	e->watch = loop_fd_free(e->watch);
	e->timer = loop_timer_free(e->timer);
	/* The library does not stop while connections are suspended. */
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (e->running[i] == NULL)
			continue;
		e->running[i]->e = NULL;
		mhd.resume_connection(e->running[i]->connection);
	}
	if (e->daemon != NULL)
		mhd.stop_daemon(e->daemon);
	free(e);
	return NULL;
}
