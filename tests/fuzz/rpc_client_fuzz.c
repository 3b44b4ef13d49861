/*
 * A whole session of a client, fed with bytes as a server's answer: HTTP/2, header compression, gRPC framing, statuses,
 * protobuf. The server is a socket that sends the input and closes.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "mgmt/mgmt.pb-c.h"
#include "rpc/rpc.h"

#define INPUT_MAX_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop            *state_loop;
static struct rpc_io          *io;
static struct rpc_channel_opts opts = {.host = "127.0.0.1"};
static int                     listener;

static void
set_up(void)
{
	struct sockaddr_in a   = {.sin_family = AF_INET};
	socklen_t          len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener          = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(listener, (struct sockaddr *)&a, len) < 0 || listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) < 0)
		abort();
	opts.port = ntohs(a.sin_port);
	if (loop_new(&state_loop) < 0 || rpc_io_new(state_loop, 0, &io) < 0)
		abort();
}

static void
on_reply(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	if ((resp != NULL) != (status->code == RPC_OK))
		abort();
	*(bool *)arg = true;
}

/* The other side of the connection that the call makes. */
static int
accept_one(void)
{
	struct linger at_once = {.l_onoff = 1};
	int           fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
		loop_run_once(state_loop, false);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once)); /* leaves no port waiting */
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Mgmt__LeaderQueryReq req  = MGMT__LEADER_QUERY_REQ__INIT;
	bool                 done = false;
	struct rpc_channel  *ch;
	int                  fd;

	if (state_loop == NULL)
		set_up();
	if (size > INPUT_MAX_BYTES)
		return 0;
	if (rpc_channel_new(io, &opts, &ch) < 0 ||
	    rpc_channel_call(ch, &mgmt__mgmt_svc__descriptor, "LeaderQuery", &req.base, 0, on_reply,
			     &done, NULL) < 0)
		abort();
	fd = accept_one();
	if (size > 0 && write(fd, data, size) < 0)
		abort();
	(void)shutdown(fd, SHUT_WR);
	while (!done)
		loop_run_once(state_loop, true);
	rpc_channel_free(ch);
	for (int i = 0; i < 3; i++)
		loop_run_once(state_loop, false);
	(void)close(fd);
	return 0;
}
