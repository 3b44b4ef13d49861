/*
 * Log sinks: terminal streams, one file, syslog. One mutex serialises reconfiguration and writing; the level is read
 * without it, so that a disabled line costs one load.
 */
#include "common/log.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/str.h"

static struct {
	pthread_mutex_t lock;
	atomic_int	level;
	struct log_opts opts;
	char	       *prefix;
	char	       *path;
	int		fd;
} sink = {
    .lock  = PTHREAD_MUTEX_INITIALIZER,
    .level = LOG_LEVEL_INFO,
    .opts  = {.level = LOG_LEVEL_INFO, .terminal = true},
    .fd	   = -EBADF,
};

static const char *const level_names[_LOG_LEVEL_MAX] = {
    [LOG_LEVEL_DISABLED] = "DISABLED", [LOG_LEVEL_ERROR] = "ERROR", [LOG_LEVEL_NOTICE] = "NOTICE",
    [LOG_LEVEL_INFO] = "INFO",	       [LOG_LEVEL_DEBUG] = "DEBUG", [LOG_LEVEL_TRACE] = "TRACE",
};

int
log_level_parse(const char *text, enum log_level *ret)
{
	for (int i = 0; i < _LOG_LEVEL_MAX; i++) {
		if (str_eq_nocase(text, level_names[i])) {
			*ret = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
log_level_name(enum log_level level)
{
	return level < _LOG_LEVEL_MAX ? level_names[level] : "UNKNOWN";
}

enum log_level
log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&sink.level, memory_order_relaxed);
}

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&sink.level, (int)level, memory_order_relaxed);
}

static int
open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

int
log_configure(const struct log_opts *opts)
{
	int   fd     = -EBADF;
	char *path   = NULL;
	char *prefix = NULL;

	if (!str_empty(opts->file)) {
		fd = open_file(opts->file);
		if (fd < 0)
			return fd;
		path = strdup(opts->file);
	}
	if (!str_empty(opts->prefix))
		prefix = strdup(opts->prefix);

	pthread_mutex_lock(&sink.lock);
	closep(&sink.fd);
	free(sink.path);
	free(sink.prefix);
	sink.opts   = *opts;
	sink.fd	    = fd;
	sink.path   = path;
	sink.prefix = prefix;
	pthread_mutex_unlock(&sink.lock);
	log_set_level(opts->level);
	return 0;
}

int
log_reopen(void)
{
	int fd, r = 0;

	pthread_mutex_lock(&sink.lock);
	if (sink.path != NULL) {
		fd = open_file(sink.path);
		if (fd < 0) {
			r = fd;
		} else {
			closep(&sink.fd);
			sink.fd = fd;
		}
	}
	pthread_mutex_unlock(&sink.lock);
	return r;
}

void
log_close(void)
{
	(void)log_configure(&(struct log_opts){.level = log_get_level(), .terminal = true});
}

static const char *
host_name(void)
{
	static char name[64];

	if (name[0] == '\0' && gethostname(name, sizeof(name) - 1) != 0)
		(void)snprintf(name, sizeof(name), "localhost");
	return name;
}

/* YYYY/MM/DD HH:MM:SS, with microseconds when asked. */
static void
add_time(struct strbuf *b, bool micros)
{
	struct timespec ts;
	struct tm	tm;
	char		text[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm);
	strbuf_add(b, text);
	if (micros)
		strbuf_addf(b, ".%06ld", ts.tv_nsec / 1000);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void
add_json_string(struct strbuf *b, const char *s)
{
	strbuf_add_char(b, '"');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			strbuf_addf(b, "\\%c", c);
		else if (c < 0x20)
			strbuf_addf(b, "\\u%04x", c);
		else
			strbuf_add_char(b, (char)c);
	}
	strbuf_add_char(b, '"');
}

static void
add_json_line(struct strbuf *b, enum log_level level, const char *file, int line, const char *text)
{
	strbuf_addf(b, "{\"level\":\"%s\",\"time\":\"", level_names[level]);
	add_time(b, true);
	strbuf_addf(b, "\",\"host\":\"%s\",\"source\":\"%s:%d\",\"msg\":", host_name(), base_name(file),
		    line);
	add_json_string(b, text);
	strbuf_add(b, "}\n");
}

static void
add_terminal_line(struct strbuf *b, enum log_level level, const char *file, int line,
		  const char *text)
{
	if (level >= LOG_LEVEL_DEBUG) {
		strbuf_addf(b, "%s ", level_names[level]);
		add_time(b, true);
		strbuf_addf(b, " %s:%d: ", base_name(file), line);
	} else if (level != LOG_LEVEL_INFO) {
		strbuf_addf(b, "%s: %s", level_names[level], sink.prefix ? sink.prefix : "");
	}
	strbuf_addf(b, "%s\n", text);
}

static void
add_file_line(struct strbuf *b, enum log_level level, const char *file, int line, const char *text)
{
	strbuf_addf(b, "%s %s ", host_name(), level_names[level]);
	add_time(b, level >= LOG_LEVEL_DEBUG);
	if (level >= LOG_LEVEL_DEBUG)
		strbuf_addf(b, " %s:%d:", base_name(file), line);
	strbuf_addf(b, " %s\n", text);
}

static void
write_all(int fd, const struct strbuf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = write(fd, b->s + done, b->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a log that cannot be written must not stop the program */
		done += (size_t)n;
	}
}

static int
syslog_priority(enum log_level level)
{
	return level == LOG_LEVEL_ERROR ? LOG_ERR : LOG_INFO;
}

void
log_write(enum log_level level, const char *file, int line, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;
	_cleanup_(strbuf_fini) struct strbuf out  = STRBUF_INIT;
	va_list				     ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	while (text.len > 0 && text.s[text.len - 1] == '\n')
		text.s[--text.len] = '\0';

	pthread_mutex_lock(&sink.lock);
	if (sink.opts.terminal && !(level == LOG_LEVEL_INFO && sink.opts.quiet_info)) {
		if (sink.opts.json)
			add_json_line(&out, level, file, line, strbuf_str(&text));
		else
			add_terminal_line(&out, level, file, line, strbuf_str(&text));
		write_all(level == LOG_LEVEL_INFO ? STDOUT_FILENO : STDERR_FILENO, &out);
	}
	if (sink.fd >= 0) {
		strbuf_reset(&out);
		if (sink.opts.json)
			add_json_line(&out, level, file, line, strbuf_str(&text));
		else
			add_file_line(&out, level, file, line, strbuf_str(&text));
		write_all(sink.fd, &out);
	}
	if (sink.opts.syslog && level <= LOG_LEVEL_INFO)
		syslog(LOG_DAEMON | syslog_priority(level), "%s", strbuf_str(&text));
	pthread_mutex_unlock(&sink.lock);
}
