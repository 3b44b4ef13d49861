/* The exporter over real HTTP on loopback: what is served, refused, and what an early end does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/exporter.h"
#include "telemetry/telemetry.h"

#define LIMIT_MS 10000

struct fixture {
	struct loop         *loop;
	struct srv_exporter *exporter;
	struct tm_writer    *writer;
	unsigned             instance;
	unsigned             asked; /* how often the sources were asked for */
	struct loop_timer   *limit;
	struct loop_fd      *watch;
	char                 got[64 * 1024];
	size_t               len;
	bool                 closed;
	bool                 end_at_scrape; /* free the exporter while a scrape runs */
};

static size_t
sources(struct srv_source v[SRV_EXPORTER_SOURCES_MAX], void *arg)
{
	struct fixture *t = arg;

	t->asked++;
	v[0] = (struct srv_source){.instance = t->instance, .rank = 7};
	v[1] = (struct srv_source){.instance = t->instance + 1, .rank = 8}; /* has no segment */
	return 2;
}

static void
too_late(struct loop_timer *timer, void *arg)
{
	fail_msg("no answer within %d ms", LIMIT_MS);
}

static int
set_up(void **state)
{
	struct fixture          *t = calloc(1, sizeof(*t));
	struct tm_metric        *m;
	struct fault             f    = FAULT_INIT;
	struct srv_exporter_opts opts = {.ip = "127.0.0.1", .sources = sources, .arg = t};

	t->instance = 3000000 + (unsigned)getpid() % 1000000;
	assert_int_equal(tm_writer_new(t->instance, 64 * KIB, &t->writer, &f), 0);
	assert_int_equal(tm_add(t->writer, TM_COUNTER, "things", "", &m, "test/tgt_1"), 0);
	tm_count(m, 42);
	assert_int_equal(loop_new(&t->loop), 0);
	assert_int_equal(srv_exporter_new(t->loop, &opts, &t->exporter, &f), 0);
	assert_int_not_equal(srv_exporter_port(t->exporter), 0);
	assert_int_equal(loop_timer_new(t->loop, too_late, t, &t->limit), 0);
	loop_timer_start(t->limit, LIMIT_MS, 0);
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *t = *state;

	srv_exporter_free(t->exporter);
	loop_timer_free(t->limit);
	loop_free(t->loop);
	tm_writer_free(t->writer);
	free(t);
	return 0;
}

static void
on_answer(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct fixture *t = arg;
	ssize_t         n = read(fd, t->got + t->len, sizeof(t->got) - 1 - t->len);

	if (n > 0)
		t->len += (size_t)n;
	else
		t->closed = true;
	t->got[t->len] = '\0';
}

static int
connect_to(uint16_t port)
{
	struct sockaddr_in at = {.sin_family      = AF_INET,
				 .sin_port        = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Sends a request and runs the loop until the exporter has closed the connection. */
static void
ask(struct fixture *t, const char *request)
{
	int fd = connect_to(srv_exporter_port(t->exporter));

	t->len    = 0;
	t->closed = false;
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	assert_int_equal(loop_fd_new(t->loop, fd, on_answer, t, &t->watch), 0);
	assert_int_equal(loop_fd_want(t->watch, LOOP_READABLE), 0);
	while (!t->closed) {
		(void)loop_run_once(t->loop, true);
		if (t->end_at_scrape && t->asked > 0)
			t->exporter = srv_exporter_free(t->exporter);
	}
	t->watch = loop_fd_free(t->watch);
	close(fd);
}

static void
expect(const struct fixture *t, const char *text)
{
	if (strstr(t->got, text) == NULL)
		fail_msg("no `%s` in:\n%s", text, t->got);
}

static void
metrics(void **state)
{
	struct fixture *t = *state;

	ask(t, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_true(strncmp(t->got, "HTTP/1.1 200 ", 13) == 0);
	expect(t, "Content-Type: text/plain; version=0.0.4");
	expect(t, "# TYPE engine_test counter");
	expect(t, "engine_test{rank=\"7\",target=\"1\"} 42\n");
	expect(t, "\nprocess_resident_memory_bytes ");
	expect(t, "\nprocess_open_fds ");
	expect(t, "\nprocess_start_time_seconds ");
	assert_null(strstr(t->got, "rank=\"8\""));
}

static void
requests(void **state)
{
	static const struct {
		const char *request, *status, *text;
	} rows[] = {
	    {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ",
	     "<a href=\"/metrics\">"},
	    {"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ",
	     "Content-Length: "},
	    {"POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
	     "3\r\n\r\nabc",
	     "HTTP/1.1 405 ", "Allow: GET, HEAD"},
	};
	struct fixture *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ask(t, rows[i].request);
		if (strncmp(t->got, rows[i].status, strlen(rows[i].status)) != 0)
			fail_msg("%s -> %s", rows[i].request, t->got);
		expect(t, rows[i].text);
	}
}

/* The worker's result comes when there is nobody left to take it. */
static void
early_end(void **state)
{
	struct fixture *t = *state;

	t->end_at_scrape = true;
	ask(t, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(t->asked, 1);
	assert_null(t->exporter);
}

static void
port_in_use(void **state)
{
	struct fixture          *t     = *state;
	struct srv_exporter     *other = NULL;
	struct fault             f     = FAULT_INIT;
	struct srv_exporter_opts opts  = {
	     .ip = "127.0.0.1", .port = srv_exporter_port(t->exporter), .sources = sources};

	assert_int_equal(srv_exporter_new(t->loop, &opts, &other, &f), -EADDRINUSE);
	assert_null(other);
	assert_non_null(strstr(f.description, "127.0.0.1:"));
	opts.ip = "192.0.2.1";
	assert_int_equal(srv_exporter_new(t->loop, &opts, &other, &f), -EADDRNOTAVAIL);
	opts.ip = "nonsense";
	assert_int_equal(srv_exporter_new(t->loop, &opts, &other, &f), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(metrics, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(requests, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(early_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(port_in_use, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("exporter", tests, NULL, NULL);
}
