/*
 * Logging. Levels and line forms are upstream's (server-lifecycle.md §1 "Logging", cli-daos-server.md §1).
 *
 * Library rooms log at debug and trace only; server, engine and cmd log the rest. A line is a sentence, optionally
 * followed by key=value fields. Thread-safe; each line is one write.
 */
#pragma once

#include <stdarg.h>

#include "common/util.h"

enum log_level {
	LOG_LEVEL_DISABLED,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_TRACE,
	_LOG_LEVEL_MAX
};

/*
 * Where lines go. Terminal streams: info to stdout without prefix, `NOTICE: ` and `ERROR: ` to stderr, debug and trace
 * to stderr with time and source position. File: every line with host name, level and time.
 */
struct log_opts {
	enum log_level level;
	const char    *prefix;	   /* put before each terminal text of notice and error, e.g. "dmg: "; NULL for none */
	bool	       terminal;   /* write to stdout/stderr */
	bool	       quiet_info; /* terminal shows no info lines (JSON mode) */
	bool	       json;	   /* one JSON object a line */
	bool	       syslog;	   /* mirror info, notice and error to syslog */
	const char    *file;	   /* append here too; NULL for none */
};

/* Reconfigures logging. Returns 0 or a negative errno when the file cannot be opened (the old settings stay). */
int	       log_configure(const struct log_opts *opts);
/* Before log_configure(): level INFO, terminal. */
enum log_level log_get_level(void);
void	       log_set_level(enum log_level level);
/* Re-opens the log file (after rotation); 0 or a negative errno. */
int	       log_reopen(void);
void	       log_close(void);

/* "debug" (any case) → level. Returns 0 or -EINVAL. */
int	       log_level_parse(const char *text, enum log_level *ret);
const char    *log_level_name(enum log_level level);

void	       log_write(enum log_level level, const char *file, int line, const char *fmt, ...)
    _printf_(4, 5);

#define log_at(level, ...)                                                                         \
	do {                                                                                       \
		if ((level) <= log_get_level())                                                    \
			log_write((level), __FILE__, __LINE__, __VA_ARGS__);                       \
	} while (0)
#define log_error(...)	log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_notice(...) log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_trace(...)	log_at(LOG_LEVEL_TRACE, __VA_ARGS__)
