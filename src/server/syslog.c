/*
 * The sender's side of the local system log: `<priority>time program[pid]: text`.
 */
#include "server/syslog.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_PATH "/dev/log"

int
srv_syslog_open(const char *path)
{
	struct sockaddr_un    at = {.sun_family = AF_UNIX};
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int                   r;

	if (fd < 0)
		return -errno;
	if (path == NULL)
		path = DEFAULT_PATH;
	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	r  = fd;
	fd = -EBADF;
	return r;
}

int
srv_syslog_priority(uint32_t severity)
{
	return LOG_DAEMON | (severity == SRV_SEV_ERROR     ? LOG_ERR
			     : severity == SRV_SEV_WARNING ? LOG_WARNING
							   : LOG_NOTICE);
}

int
srv_syslog_send(int fd, uint32_t severity, const char *text)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct strbuf     b           = STRBUF_INIT;
	time_t            now         = time(NULL);
	struct tm         tm          = {0};
	int               r;

	(void)localtime_r(&now, &tm);
	/* The names of months are fixed here, whatever the locale. */
	strbuf_addf(&b, "<%d>%s %2d %02d:%02d:%02d daos_server[%d]: %s",
		    srv_syslog_priority(severity), months[tm.tm_mon], tm.tm_mday, tm.tm_hour,
		    tm.tm_min, tm.tm_sec, (int)getpid(), text);
	r = strbuf_error(&b);
	if (r == 0 && send(fd, strbuf_str(&b), b.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		r = -errno;
	strbuf_fini(&b);
	return r;
}
