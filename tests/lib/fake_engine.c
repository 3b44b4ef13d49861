/*
 * A process in daos_engine's place that does what a script says: for tests of how a server copes
 * with engines that misbehave. It takes the engine's options (only -s, -d and -I and -t matter).
 *
 * The script is the file `fake_engine.script` in the storage directory (-s); without one the
 * environment variable FAKE_ENGINE; without that "listen; notify; serve". Commands are separated by
 * newlines or semicolons:
 *
 *   print TEXT     a line on standard error
 *   out TEXT       a line on standard output
 *   exit N         ends with status N
 *   signal N       sends itself signal N
 *   hang           waits for ever
 *   wait-file PATH waits until the file exists
 *   ignore-sigint  stays when asked to end
 *   listen         opens daos_engine_<pid>.sock
 *   notify         NotifyReady, and waits for the answer
 *   notify-only    NotifyReady, closing without waiting
 *   status N       DaosResp status of further answers
 *   serve [N]      answers calls: N of them, or for ever
 *   fail [N]       answers drpc status FAILURE
 *   garbage [N]    answers with bytes that are no dRPC
 *   half [N]       answers half a header
 *   mute [N]       takes calls and never answers
 *   drop [N]       closes without an answer
 *
 * SIGINT and SIGTERM end it with status 0 unless ignore-sigint came before.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "drpc.pb-c.h"
#include "mgmt/svc.pb-c.h"
#include "srv/srv.pb-c.h"

#define HEADER_BYTES 24

struct header {
	uint64_t total, chunk;
	uint32_t index, count;
};

static const char *storage = "/mnt/daos", *socket_dir = "/var/run/daos_server";
static unsigned    instance, targets                  = 1;
static int         listener = -1;
static int32_t     status;
static char        listener_path[108];

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "fake_engine: %s: %s\n", what, strerror(errno));
	_exit(70);
}

static void
end_quietly(int signum)
{
	_exit(0);
}

static struct sockaddr_un
address(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", socket_dir, name) >=
	    (int)sizeof(a.sun_path))
		die("socket path is too long");
	return a;
}

static int
seqpacket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static void
open_listener(void)
{
	char               name[40];
	struct sockaddr_un a;

	(void)snprintf(name, sizeof(name), "daos_engine_%d.sock", getpid());
	a = address(name);
	memcpy(listener_path, a.sun_path, sizeof(listener_path));
	listener = seqpacket();
	(void)unlink(listener_path);
	if (fchmod(listener, 0600) != 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(listener, 16) != 0)
		die(listener_path);
}

static void
send_message(int fd, const uint8_t *message, size_t len)
{
	uint8_t       buf[8192];
	struct header h = {len, len, 0, 1};

	memcpy(buf, &h, HEADER_BYTES);
	memcpy(buf + HEADER_BYTES, message, len);
	(void)!send(fd, buf, HEADER_BYTES + len, MSG_NOSIGNAL); /* the peer may be gone */
}

static void
notify(int wait)
{
	Srv__NotifyReadyReq req  = SRV__NOTIFY_READY_REQ__INIT;
	Drpc__Call          call = DRPC__CALL__INIT;
	struct sockaddr_un  a    = address("daos_server.sock");
	uint8_t             body[512], message[768];
	int                 fd = seqpacket();

	req.uri              = (char *)"ofi+tcp://127.0.0.1:31416";
	req.nctxs            = 2 + targets;
	req.drpclistenersock = listener_path;
	req.instanceidx      = instance;
	req.ntgts            = targets;
	req.incarnation      = ((uint64_t)time(NULL) - 1609459200) * 16000000000ULL;
	call.module          = 3;
	call.method          = 301;
	call.body.data       = body;
	call.body.len        = srv__notify_ready_req__pack(&req, body);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die(a.sun_path);
	send_message(fd, message, drpc__call__pack(&call, message));
	if (wait && recv(fd, message, sizeof(message), 0) < HEADER_BYTES)
		die("answer to NotifyReady");
	close(fd);
}

enum answer {
	ANSWER_STATUS,
	ANSWER_GARBAGE,
	ANSWER_HALF,
	ANSWER_NOTHING,
	ANSWER_CLOSE,
	ANSWER_FAILURE,
};

/* Answers one message that arrived; returns whether the connection stays. */
static int
answer(int fd, const uint8_t *datagram, size_t len, enum answer how)
{
	Mgmt__DaosResp inner = MGMT__DAOS_RESP__INIT;
	Drpc__Response resp  = DRPC__RESPONSE__INIT;
	Drpc__Call    *call;
	uint8_t        body[64], message[256];

	switch (how) {
	case ANSWER_GARBAGE:
		(void)!send(fd, "\377\376garbage, not a header at all", 30, MSG_NOSIGNAL);
		return 1;
	case ANSWER_HALF:
		(void)!send(fd, "\2\0\0\0\0\0\0\0", 8, MSG_NOSIGNAL);
		return 1;
	case ANSWER_NOTHING:
		return 1;
	case ANSWER_CLOSE:
		return 0;
	case ANSWER_STATUS:
	case ANSWER_FAILURE:
		break;
	}
	call          = drpc__call__unpack(NULL, len - HEADER_BYTES, datagram + HEADER_BYTES);
	resp.sequence = call != NULL ? call->sequence : -1;
	inner.status  = status;
	if (how == ANSWER_FAILURE) {
		resp.status = DRPC__STATUS__FAILURE;
	} else {
		resp.body.data = body;
		resp.body.len  = mgmt__daos_resp__pack(&inner, body);
	}
	send_message(fd, message, drpc__response__pack(&resp, message));
	if (call != NULL)
		drpc__call__free_unpacked(call, NULL);
	return 1;
}

/* Takes calls, one connection after the other, until `calls` have been answered; 0: for ever. */
static void
take_calls(unsigned calls, enum answer how)
{
	static uint8_t datagram[131072];

	for (unsigned n = 0; calls == 0 || n < calls;) {
		int     fd = accept(listener, NULL, NULL);
		ssize_t len;

		if (fd < 0)
			die("accept");
		while ((len = recv(fd, datagram, sizeof(datagram), 0)) >= HEADER_BYTES) {
			n++;
			if (!answer(fd, datagram, (size_t)len, how))
				break;
		}
		close(fd);
	}
}

/* Waits until the file exists, woken by changes of its directory. */
static void
wait_file(const char *path)
{
	char        dir[512], event[4096];
	struct stat st;
	int         fd = inotify_init1(IN_CLOEXEC);

	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (fd < 0 || inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO) < 0)
		die(dir);
	while (stat(path, &st) != 0)
		if (read(fd, event, sizeof(event)) < 0)
			die(dir);
	close(fd);
}

static const struct {
	const char *name;
	enum answer how;
} serving[] = {
    {"serve", ANSWER_STATUS}, {"garbage", ANSWER_GARBAGE}, {"half", ANSWER_HALF},
    {"mute", ANSWER_NOTHING}, {"drop", ANSWER_CLOSE},      {"fail", ANSWER_FAILURE},
};

static void
run(const char *command, const char *arg)
{
	if (strcmp(command, "print") == 0)
		fprintf(stderr, "%s\n", arg);
	else if (strcmp(command, "out") == 0)
		(void)(printf("%s\n", arg) + fflush(stdout));
	else if (strcmp(command, "exit") == 0)
		_exit((int)strtol(arg, NULL, 10));
	else if (strcmp(command, "signal") == 0)
		(void)(signal((int)strtol(arg, NULL, 10), SIG_DFL),
		       raise((int)strtol(arg, NULL, 10)));
	else if (strcmp(command, "hang") == 0)
		for (;;)
			pause();
	else if (strcmp(command, "wait-file") == 0)
		wait_file(arg);
	else if (strcmp(command, "listen") == 0)
		open_listener();
	else if (strcmp(command, "notify") == 0)
		notify(1);
	else if (strcmp(command, "notify-only") == 0)
		notify(0);
	else if (strcmp(command, "status") == 0)
		status = (int32_t)strtol(arg, NULL, 10);
	else if (strcmp(command, "ignore-sigint") == 0)
		signal(SIGINT, SIG_IGN);
	else {
		for (size_t i = 0; i < sizeof(serving) / sizeof(serving[0]); i++) {
			if (strcmp(command, serving[i].name) == 0) {
				take_calls((unsigned)strtoul(arg, NULL, 10), serving[i].how);
				return;
			}
		}
		fprintf(stderr, "fake_engine: unknown command %s\n", command);
		_exit(71);
	}
}

static const char *
script_text(void)
{
	static char text[8192];
	char        path[512];
	FILE       *f;
	size_t      n;

	(void)snprintf(path, sizeof(path), "%s/fake_engine.script", storage);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = '\0';
	} else {
		const char *env = getenv("FAKE_ENGINE");

		(void)snprintf(text, sizeof(text), "%s",
			       env != NULL ? env : "listen; notify; serve");
	}
	return text;
}

int
main(int argc, char **argv)
{
	char *script, *save = NULL;
	int   c;

	opterr = 0;
	while ((c = getopt(argc, argv, "m:c:t:x:f:g:s:d:n:I:p:br:H:T:C")) != -1) {
		if (c == 's')
			storage = optarg;
		else if (c == 'd')
			socket_dir = optarg;
		else if (c == 'I')
			instance = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 't')
			targets = (unsigned)strtoul(optarg, NULL, 10);
	}
	signal(SIGINT, end_quietly);
	signal(SIGTERM, end_quietly);
	script = strdup(script_text());
	for (char *line = strtok_r(script, ";\n", &save); line != NULL;
	     line       = strtok_r(NULL, ";\n", &save)) {
		char *arg;

		line += strspn(line, " \t");
		arg = line + strcspn(line, " \t");
		if (*arg != '\0')
			*arg++ = '\0';
		if (*line != '\0')
			run(line, arg);
	}
	free(script);
	return 0;
}
