/*
 * Events to the system log: facility daemon, priority by severity. Datagrams to the local daemon
 * instead of syslog(3), because that blocks when the daemon does not read and never says whether
 * there is one.
 */
#pragma once

#include "server/event.h"

/* The socket, of the daemon at `path` (NULL: /dev/log), or a negative errno. Close it with close(). */
int srv_syslog_open(const char *path);
/* LOG_DAEMON with LOG_ERR, LOG_WARNING or LOG_NOTICE; an unknown severity counts as notice. */
int srv_syslog_priority(uint32_t severity);
/* Sends one message. -EAGAIN when the daemon does not keep up, or what its socket says. */
int srv_syslog_send(int fd, uint32_t severity, const char *text);
