/*
 * Seqpacket Unix sockets: opening them, and moving messages of frame_private.h through them without
 * blocking.
 */
#pragma once

#include "common/fault.h"
#include "drpc/frame_private.h"

/* A non-blocking listener on path, file mode 0600. Rules as drpc_server_new(). */
int drpc_socket_listen(const char *path, int *ret_fd, struct fault *f);
/*
 * Begins to connect. -EAGAIN: the listener's queue is full, try again; -ENOENT, -ECONNREFUSED,
 * -EACCES; -ENAMETOOLONG. Success means connected: Unix sockets know no half-way.
 */
int drpc_socket_connect(const char *path, int *ret_fd);

/*
 * Sends chunks until the message is out (0) or the peer has to read first (-EAGAIN). Other errors
 * end the connection.
 */
int drpc_socket_flush(int fd, struct drpc_output *o);
/*
 * Reads one datagram into the assembler. 0; -EAGAIN: none there; -ENOTCONN: the peer closed; errors
 * of the assembler and of the socket.
 */
int drpc_socket_read(int fd, struct drpc_assembler *a, bool *ret_complete);
