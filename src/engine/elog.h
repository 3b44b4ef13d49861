/*
 * The engine's log: one file (D_LOG_FILE) or standard output, in the line format of DAOS engines,
 * filtered by a priority for each subsystem (D_LOG_MASK) and debug streams (DD_MASK).
 *
 *	2026/11/22 07:33:13.469599 host1 DAOS[23874/23874/0] mgmt INFO src/engine/x.c:85 f() text
 *
 * One thread. Each line is one write.
 */
#pragma once

#include "common/fault.h"
#include "common/str.h"

enum eng_log_level {
	ENG_LOG_DEBUG,
	ENG_LOG_INFO,
	ENG_LOG_NOTE,
	ENG_LOG_WARN,
	ENG_LOG_ERROR,
	ENG_LOG_CRIT,
	ENG_LOG_ALRT,
	ENG_LOG_EMRG,
	ENG_LOG_EMIT,
	_ENG_LOG_MAX
};

/*
 * Subsystems a mask may name (text-formats.md §8). This engine writes lines of server, mgmt, bio,
 * drpc and telem.
 */
/* clang-format off */
#define ENG_LOG_SUBSYSTEMS(X)                                                                      \
	X(daos) X(array) X(kv) X(common) X(tree) X(vos) X(client) X(server) X(rdb) X(rsvc)         \
	X(pool) X(container) X(object) X(placement) X(rebuild) X(mgmt) X(bio) X(tests) X(dfs)      \
	X(duns) X(drpc) X(security) X(dtx) X(dfuse) X(il) X(csum) X(stack) X(misc) X(mem)          \
	X(swim) X(fi) X(telem) X(crt) X(rpc) X(bulk) X(corpc) X(grp) X(lm) X(hg) X(external)       \
	X(st) X(iv) X(ctl) X(chk) X(pipeline)
/* clang-format on */

enum eng_log_subsystem {
#define X(name) ENG_SUB_##name,
	ENG_LOG_SUBSYSTEMS(X)
#undef X
	    _ENG_SUB_MAX
};

/* Debug streams; a debug line belongs to one. */
enum eng_log_stream {
	ENG_STREAM_MD      = 1 << 0,
	ENG_STREAM_PL      = 1 << 1,
	ENG_STREAM_MGMT    = 1 << 2,
	ENG_STREAM_EPC     = 1 << 3,
	ENG_STREAM_DF      = 1 << 4,
	ENG_STREAM_REBUILD = 1 << 5,
	ENG_STREAM_SEC     = 1 << 6,
	ENG_STREAM_CSUM    = 1 << 7,
	ENG_STREAM_ANY     = 1 << 8,
	ENG_STREAM_TRACE   = 1 << 9,
	ENG_STREAM_MEM     = 1 << 10,
	ENG_STREAM_NET     = 1 << 11,
	ENG_STREAM_IO      = 1 << 12,
	ENG_STREAM_TEST    = 1 << 13,
};

struct eng_log_opts {
	const char *file;         /* NULL: standard output */
	bool        append_pid;   /* to the file's name */
	bool        truncate;     /* start the file anew */
	uint64_t    max_bytes;    /* then it becomes <file>.old; 0: never */
	const char *mask;         /* NULL: INFO */
	const char *streams;      /* NULL: group_default */
	const char *stderr_level; /* this and worse also go to standard error; NULL: CRIT */
};

/*
 * Opens the log. -errno with a fault when the file cannot be opened. A mask or stream list that is
 * wrong is reported in the log and ignored, as the control plane has checked it before.
 */
int  eng_log_open(const struct eng_log_opts *opts, struct fault *f);
void eng_log_close(void);
/*
 * Changes priorities when masks is not empty, and streams when not NULL; empty streams stand for
 * all. All or nothing: -EINVAL with a plain fault that names the wrong part.
 */
int eng_log_set_masks(const char *masks, const char *streams, struct fault *f);
/* "INFO" or "INFO,mgmt=DBUG": the most frequent priority, and the subsystems that differ. */
void        eng_log_get_masks(struct strbuf *out);
const char *eng_log_level_name(enum eng_log_level level);

bool eng_log_wanted(enum eng_log_subsystem sub, enum eng_log_level level, unsigned stream);
void eng_log_write(enum eng_log_subsystem sub, enum eng_log_level level, const char *file, int line,
		   const char *func, const char *fmt, ...) _printf_(6, 7);

#define eng_log(sub, level, ...)                                                                   \
	do {                                                                                       \
		if (eng_log_wanted(ENG_SUB_##sub, ENG_LOG_##level, 0))                             \
			eng_log_write(ENG_SUB_##sub, ENG_LOG_##level, __FILE__, __LINE__,          \
				      __func__, __VA_ARGS__);                                      \
	} while (0)
#define eng_debug(sub, stream, ...)                                                                \
	do {                                                                                       \
		if (eng_log_wanted(ENG_SUB_##sub, ENG_LOG_DEBUG, ENG_STREAM_##stream))             \
			eng_log_write(ENG_SUB_##sub, ENG_LOG_DEBUG, __FILE__, __LINE__, __func__,  \
				      __VA_ARGS__);                                                \
	} while (0)
