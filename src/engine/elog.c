/*
 * The engine's log. A mask is parsed into a copy of the table of priorities, which replaces the
 * table when every part was understood.
 */
#include "engine/elog.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define GROUP_DEFAULT                                                                              \
	(ENG_STREAM_IO | ENG_STREAM_MD | ENG_STREAM_PL | ENG_STREAM_REBUILD | ENG_STREAM_SEC |     \
	 ENG_STREAM_CSUM)

struct levels {
	uint8_t of[_ENG_SUB_MAX];
};

static struct {
	int                fd;
	char              *path;
	uint64_t           bytes;
	uint64_t           max_bytes;
	enum eng_log_level stderr_level;
	struct levels      levels;
	unsigned           streams; /* 0: all */
	char               host[65];
} out = {.fd = -EBADF, .stderr_level = ENG_LOG_CRIT, .streams = GROUP_DEFAULT};

static const char *const subsystem_names[_ENG_SUB_MAX] = {
#define X(name) #name,
    ENG_LOG_SUBSYSTEMS(X)
#undef X
};

static const struct {
	const char        *name;
	enum eng_log_level level;
} level_names[] = {
    {"DBUG", ENG_LOG_DEBUG},  {"INFO", ENG_LOG_INFO},   {"NOTE", ENG_LOG_NOTE},
    {"WARN", ENG_LOG_WARN},   {"ERR", ENG_LOG_ERROR},   {"CRIT", ENG_LOG_CRIT},
    {"ALRT", ENG_LOG_ALRT},   {"EMRG", ENG_LOG_EMRG},   {"EMIT", ENG_LOG_EMIT},
    {"DEBUG", ENG_LOG_DEBUG}, {"ERROR", ENG_LOG_ERROR}, {"FATAL", ENG_LOG_EMRG},
};

static const struct {
	const char *name;
	unsigned    bits;
} stream_names[] = {
    {"all", 0},
    {"md", ENG_STREAM_MD},
    {"pl", ENG_STREAM_PL},
    {"mgmt", ENG_STREAM_MGMT},
    {"epc", ENG_STREAM_EPC},
    {"df", ENG_STREAM_DF},
    {"rebuild", ENG_STREAM_REBUILD},
    {"sec", ENG_STREAM_SEC},
    {"csum", ENG_STREAM_CSUM},
    {"any", ENG_STREAM_ANY},
    {"trace", ENG_STREAM_TRACE},
    {"mem", ENG_STREAM_MEM},
    {"net", ENG_STREAM_NET},
    {"io", ENG_STREAM_IO},
    {"test", ENG_STREAM_TEST},
    {"group_default", GROUP_DEFAULT},
    {"group_metadata", GROUP_DEFAULT | ENG_STREAM_MGMT},
    {"group_metadata_only", ENG_STREAM_MD | ENG_STREAM_MGMT},
};

/* ---- masks ---- */

const char *
eng_log_level_name(enum eng_log_level level)
{
	return level < _ENG_LOG_MAX ? level_names[level].name : "????";
}

static int
parse_level(const char *text, enum eng_log_level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (str_eq_nocase(text, level_names[i].name)) {
			*ret = level_names[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

/* One part of a mask: LEVEL, SUBSYSTEM=LEVEL or all=LEVEL. Writes into the part. */
static int
apply_part(struct levels *l, char *part, struct fault *f)
{
	char              *value = strchr(part, '=');
	enum eng_log_level level;

	if (value != NULL)
		*value++ = '\0';
	if (parse_level(value != NULL ? value : part, &level) < 0)
		return fault_plain(f, -EINVAL, "log mask: \"%s\" is no level",
				   value != NULL ? value : part);
	if (value == NULL || str_eq_nocase(part, "all")) {
		memset(l->of, (int)level, sizeof(l->of));
		return 0;
	}
	for (size_t i = 0; i < _ENG_SUB_MAX; i++) {
		if (str_eq_nocase(part, subsystem_names[i])) {
			l->of[i] = (uint8_t)level;
			return 0;
		}
	}
	return fault_plain(f, -EINVAL, "log mask: \"%s\" is no subsystem", part);
}

static int
parse_mask(const char *mask, struct levels *l, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(mask);
	char                  *save = NULL;

	if (copy == NULL)
		return -ENOMEM;
	for (char *p = strtok_r(copy, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save)) {
		int r = apply_part(l, str_trim(p), f);

		if (r < 0)
			return r;
	}
	return 0;
}

static int
parse_streams(const char *streams, unsigned *ret, struct fault *f)
{
	_cleanup_(freep) char *copy = strdup(streams);
	char                  *save = NULL;
	unsigned               bits = 0;

	if (copy == NULL)
		return -ENOMEM;
	for (char *p = strtok_r(copy, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < ARRAY_SIZE(stream_names) &&
		       !str_eq_nocase(str_trim(p), stream_names[i].name))
			i++;
		if (i == ARRAY_SIZE(stream_names))
			return fault_plain(f, -EINVAL, "debug streams: \"%s\" is no stream", p);
		bits |= stream_names[i].bits;
	}
	*ret = bits;
	return 0;
}

int
eng_log_set_masks(const char *masks, const char *streams, struct fault *f)
{
	struct levels l    = out.levels;
	unsigned      bits = out.streams;
	int           r    = 0;

	if (!str_empty(masks))
		r = parse_mask(masks, &l, f);
	if (r == 0 && streams != NULL)
		r = parse_streams(streams, &bits, f);
	if (r < 0)
		return r;
	out.levels  = l;
	out.streams = bits;
	return 0;
}

void
eng_log_get_masks(struct strbuf *text)
{
	unsigned count[_ENG_LOG_MAX] = {0}, base = 0;

	for (size_t i = 0; i < _ENG_SUB_MAX; i++)
		count[out.levels.of[i]]++;
	for (unsigned i = 1; i < _ENG_LOG_MAX; i++)
		if (count[i] > count[base])
			base = i;
	strbuf_add(text, level_names[base].name);
	for (size_t i = 0; i < _ENG_SUB_MAX; i++)
		if (out.levels.of[i] != base)
			strbuf_addf(text, ",%s=%s", subsystem_names[i],
				    level_names[out.levels.of[i]].name);
}

bool
eng_log_wanted(enum eng_log_subsystem sub, enum eng_log_level level, unsigned stream)
{
	if (level < out.levels.of[sub])
		return false;
	return level != ENG_LOG_DEBUG || stream == 0 || out.streams == 0 ||
	       (out.streams & stream) != 0;
}

/* ---- the file ---- */

static int
open_file(bool truncate)
{
	struct stat st;
	int         fd = open(out.path,
			      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (truncate ? O_TRUNC : 0), 0644);

	if (fd < 0)
		return -errno;
	out.bytes = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	out.fd    = fd;
	return 0;
}

/* The full file becomes <file>.old. When that fails the log goes on where it is. */
static void
rotate(void)
{
	_cleanup_(freep) char *old = str_format("%s.old", out.path);
	int                    fd  = out.fd;

	if (old == NULL || rename(out.path, old) != 0 || open_file(true) < 0) {
		out.max_bytes = 0;
		return;
	}
	close(fd);
}

static void
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a log that cannot be written must not stop the engine */
		p += n;
		len -= (size_t)n;
	}
}

static void
add_header(struct strbuf *b, enum eng_log_subsystem sub, enum eng_log_level level)
{
	struct timespec ts;
	struct tm       tm;
	char            text[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm);
	/* the third number is a user-level thread in engines that have them */
	strbuf_addf(b, "%s.%06ld %s DAOS[%d/%ld/0] %-4s %-4s ", text, ts.tv_nsec / 1000, out.host,
		    getpid(), syscall(SYS_gettid), subsystem_names[sub], level_names[level].name);
}

/* "../src/engine/x.c" as the compiler was told it → "src/engine/x.c" */
static const char *
short_path(const char *file)
{
	const char *p = strstr(file, "src/");

	return p != NULL ? p : file;
}

void
eng_log_write(enum eng_log_subsystem sub, enum eng_log_level level, const char *file, int line,
	      const char *func, const char *fmt, ...)
{
	_cleanup_(strbuf_fini) struct strbuf b = STRBUF_INIT;
	va_list                              ap;

	add_header(&b, sub, level);
	strbuf_addf(&b, "%s:%d %s() ", short_path(file), line, func);
	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	strbuf_add_char(&b, '\n');
	if (strbuf_error(&b) < 0)
		return;
	if (out.fd >= 0 && out.max_bytes > 0 && out.bytes + b.len > out.max_bytes)
		rotate();
	write_all(out.fd >= 0 ? out.fd : STDOUT_FILENO, b.s, b.len);
	out.bytes += b.len;
	if (level >= out.stderr_level && level != ENG_LOG_EMIT)
		write_all(STDERR_FILENO, b.s, b.len);
}

int
eng_log_open(const struct eng_log_opts *opts, struct fault *f)
{
	struct fault wrong = FAULT_INIT;
	int          r;

	eng_log_close();
	memset(out.levels.of, ENG_LOG_INFO, sizeof(out.levels.of));
	if (gethostname(out.host, sizeof(out.host) - 1) != 0)
		(void)snprintf(out.host, sizeof(out.host), "localhost");
	out.max_bytes = opts->max_bytes;
	if (opts->file != NULL) {
		out.path = opts->append_pid ? str_format("%s.%d", opts->file, getpid())
					    : strdup(opts->file);
		r        = out.path == NULL ? -ENOMEM : open_file(opts->truncate);
		if (r < 0)
			return fault_plain(f, r, "log file %s (D_LOG_FILE): %s", opts->file,
					   strerror(-r));
	}
	if (opts->stderr_level != NULL && parse_level(opts->stderr_level, &out.stderr_level) < 0)
		eng_log(server, WARN, "DD_STDERR=%s is no level; ignored", opts->stderr_level);
	if (eng_log_set_masks(opts->mask, NULL, &wrong) < 0)
		eng_log(server, WARN, "D_LOG_MASK ignored: %s", wrong.description);
	if (!str_empty(opts->streams) && eng_log_set_masks(NULL, opts->streams, &wrong) < 0)
		eng_log(server, WARN, "DD_MASK ignored: %s", wrong.description);
	return 0;
}

void
eng_log_close(void)
{
	closep(&out.fd);
	free(out.path);
	out.fd           = -EBADF;
	out.path         = NULL;
	out.streams      = GROUP_DEFAULT;
	out.stderr_level = ENG_LOG_CRIT;
}
