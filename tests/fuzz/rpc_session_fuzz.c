/*
 * A whole session of a server, fed with bytes: HTTP/2, header compression, gRPC framing, protobuf,
 * handlers. The peer is the other end of a socket pair that sends the input and closes.
 */
#include <sys/socket.h>

#include "mgmt/mgmt.pb-c.h"
#include "rpc/server_private.h"
#include "rpc_handlers.h"

#define INPUT_MAX_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop       *state_loop;
static struct rpc_server *server;

static void
set_up(void)
{
	static const struct rpc_method_handler handlers[] = {
	    {"LeaderQuery", handler_echo},
	    {"PoolDestroy", handler_fail},
	};
	struct rpc_server_opts opts = {.address = "127.0.0.1"};
	struct rpc_io         *io;

	if (loop_new(&state_loop) < 0 || rpc_io_new(state_loop, 0, &io) < 0 ||
	    rpc_server_new(io, &opts, &server, NULL) < 0 ||
	    rpc_server_add_service(server, &mgmt__mgmt_svc__descriptor, handlers,
				   ARRAY_SIZE(handlers)) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int room = 2 * INPUT_MAX_BYTES;
	int pair[2];

	if (server == NULL)
		set_up();
	if (size > INPUT_MAX_BYTES)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room,
			 sizeof(room)); /* the input is sent at once */
	if (size > 0 && write(pair[1], data, size) != (ssize_t)size)
		abort();
	atomic_fetch_add(&server->connections_open, 1);
	rpc_session_start(&server->shards[0], pair[0], NULL, "peer");
	for (int i = 0; i < 4; i++) /* to the handlers and back */
		loop_run_once(state_loop, false);
	(void)shutdown(pair[1], SHUT_WR);
	while (atomic_load(&server->connections_open) > 0)
		loop_run_once(state_loop, true);
	/* answers to calls whose session has gone */
	while (atomic_load(&server->calls_in_flight) > 0)
		loop_run_once(state_loop, true);
	close(pair[1]);
	return 0;
}
