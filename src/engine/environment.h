/* The environment an engine is given (engine-process.md §3), as far as this engine acts on it. */
#pragma once

#include "common/fault.h"

#define ENG_ENV_VALUE_MAX 1023 /* of the strings of the network layer */

/* Strings are borrowed from the environment and may be NULL. */
struct eng_environment {
	const char *log_mask;       /* D_LOG_MASK */
	const char *log_file;       /* D_LOG_FILE */
	const char *debug_streams;  /* DD_MASK */
	const char *stderr_level;   /* DD_STDERR */
	bool        log_append_pid; /* D_LOG_FILE_APPEND_PID */
	bool        log_truncate;   /* D_LOG_TRUNCATE */
	uint64_t    log_size_bytes; /* D_LOG_SIZE; 0: no limit */
	const char *provider;       /* D_PROVIDER */
	const char *interface;      /* D_INTERFACE */
	const char *domain;         /* D_DOMAIN */
	uint16_t    port;           /* D_PORT; 0: the system chooses */
	bool        port_auto;      /* D_PORT_AUTO_ADJUST: take the next free one */
	uint32_t    crt_timeout_s;  /* CRT_TIMEOUT */
	uint64_t    cluster_bytes;  /* DAOS_BS_CLUSTER_MB: unit of space on block devices */
};

/* Looks a variable up; getenv() outside of tests. */
typedef const char *(*eng_getenv_fn)(const char *name);

/* -EINVAL with a plain fault that names the variable. */
int eng_environment_read(eng_getenv_fn get, struct eng_environment *ret, struct fault *f);
