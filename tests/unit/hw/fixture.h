/*
 * A directory that stands for the root of a machine: tests put files below its proc/ and sys/.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fs.h"
#include "common/str.h"
#include "hw/hw.h"

struct machine {
	struct hw_env env;
	char          root[128];
};

static inline void
machine_init(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	(void)snprintf(m->root, sizeof(m->root), "%s/hw-test-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(m->root));
	m->env.root = m->root;
}

static inline void
machine_fini(struct machine *m)
{
	assert_int_equal(fs_remove_tree(m->root), 0);
}

/* A file with its directories. */
static inline void
machine_file(struct machine *m, const char *path, const char *text)
{
	_cleanup_(freep) char *full = str_format("%s%s", m->root, path);
	_cleanup_(freep) char *dir  = full ? strdup(full) : NULL;

	assert_non_null(dir);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(fs_mkdir_all(dir, 0755), 0);
	assert_int_equal(fs_write_atomic(full, text, strlen(text), 0644), 0);
}
