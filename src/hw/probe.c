/*
 * Running daos_hwprobe as a child of the loop: a struct with a deadline that ends in
 * probe_finish(). Standard output is collected line by line and parsed when the child has ended;
 * the last line of standard error explains a failure.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/str.h"
#include "hw_private.h"
#include "loop/loop.h"

#define PROBE_NAME       "daos_hwprobe"
#define PROBE_TIMEOUT_MS 10000
#define PROBE_OUTPUT_MAX (4 * MIB)

struct hw_probe {
	struct loop_child *child;
	struct loop_timer *deadline;
	struct strbuf      out;
	char               last_error[256];
	uint64_t           timeout_ms;
	bool               too_much;
	hw_probe_cb        cb;
	void              *arg;
};

static void
probe_free(struct hw_probe *p)
{
	if (p == NULL)
		return;
	p->child    = loop_child_free(p->child);
	p->deadline = loop_timer_free(p->deadline);
	strbuf_fini(&p->out);
	free(p);
}

static void
probe_finish(struct hw_probe *p, int error, const struct hw_fabric *fab, const struct fault *f)
{
	hw_probe_cb cb  = p->cb;
	void       *arg = p->arg;

	probe_free(p);
	cb(error, fab, f, arg);
}

static void
on_line(struct loop_child *c, bool is_stderr, const char *line, void *arg)
{
	struct hw_probe *p = arg;

	if (is_stderr) {
		(void)snprintf(p->last_error, sizeof(p->last_error), "%s", line); /* may be cut */
		return;
	}
	if (p->out.len + strlen(line) > PROBE_OUTPUT_MAX) {
		p->too_much = true;
		return;
	}
	strbuf_add(&p->out, line);
}

static void
on_exit_cb(struct loop_child *c, const struct loop_exit *e, void *arg)
{
	struct hw_probe *p   = arg;
	struct hw_fabric fab = {0};
	struct fault     f   = FAULT_INIT;
	char             how[64];
	int              r;

	if (e->code != 0)
		r = fault_plain(&f, -EIO, PROBE_NAME " failed (%s)%s%s",
				loop_exit_format(e, how, sizeof(how)), p->last_error[0] ? ": " : "",
				p->last_error);
	else if (p->too_much)
		r = fault_plain(&f, -EFBIG, "answer of " PROBE_NAME " is over %llu bytes",
				PROBE_OUTPUT_MAX);
	else if (strbuf_error(&p->out))
		r = fault_plain(&f, -ENOMEM, "no memory for the answer of " PROBE_NAME);
	else
		r = hw_fabric_parse(strbuf_str(&p->out), p->out.len, &fab, &f);
	probe_finish(p, r, r == 0 ? &fab : NULL, &f);
	hw_fabric_fini(&fab);
}

static void
on_deadline(struct loop_timer *t, void *arg)
{
	struct hw_probe *p = arg;
	struct fault     f = FAULT_INIT;
	int r = fault_plain(&f, -ETIMEDOUT, PROBE_NAME " gave no answer within %llu ms",
			    (unsigned long long)p->timeout_ms);

	probe_finish(p, r, NULL, &f);
}

/* Beside the running program, else on PATH. */
static int
find_program(char *buf, size_t size)
{
	char        exe[PATH_MAX];
	ssize_t     n    = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *path = getenv("PATH");

	if (n > 0) {
		char *slash;

		exe[n] = '\0';
		slash  = strrchr(exe, '/');
		if (slash != NULL) {
			*slash = '\0';
			n      = snprintf(buf, size, "%s/" PROBE_NAME, exe);
			if (n > 0 && (size_t)n < size && access(buf, X_OK) == 0)
				return 0;
		}
	}
	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		n = snprintf(buf, size, "%.*s/" PROBE_NAME, (int)len, path);
		if (len > 0 && n > 0 && (size_t)n < size && access(buf, X_OK) == 0)
			return 0;
		path += len + (path[len] == ':');
	}
	return -ENOENT;
}

static int
probe_spawn(struct loop *l, struct hw_probe *p, const struct hw_probe_opts *opts, struct fault *f)
{
	char        found[PATH_MAX];
	const char *program  = opts->program;
	bool        filtered = !str_empty(opts->provider) && !str_eq(opts->provider, "all");
	char       *argv[8]  = {NULL};
	char       *envp[]   = {(char *)"LC_ALL=C", NULL};
	struct loop_child_opts child_opts = {
	    .argv            = argv,
	    .envp            = envp,
	    .die_with_parent = true,
	    .on_line         = on_line,
	    .on_exit         = on_exit_cb,
	    .arg             = p,
	};
	size_t n = 0;
	int    r = 0;

	if (program == NULL) {
		r       = find_program(found, sizeof(found));
		program = found;
	}
	if (r == 0) {
		argv[n++] = (char *)PROBE_NAME;
		if (filtered) {
			argv[n++] = (char *)"--provider";
			argv[n++] = (char *)opts->provider;
		}
		if (opts->with_loopback)
			argv[n++] = (char *)"--loopback";
		child_opts.path = program;
		r               = loop_child_start(l, &child_opts, &p->child);
	}
	if (r < 0)
		return fault_plain(f, r, "cannot start %s: %s; it is installed beside daos_server",
				   opts->program ? opts->program : PROBE_NAME, strerror(-r));
	return 0;
}

int
hw_probe_start(struct loop *l, const struct hw_probe_opts *opts, struct hw_probe **ret,
	       struct fault *f)
{
	struct hw_probe *p = calloc(1, sizeof(*p));
	int              r;

	if (p == NULL)
		return -ENOMEM;
	p->cb         = opts->cb;
	p->arg        = opts->arg;
	p->timeout_ms = opts->timeout_ms ? opts->timeout_ms : PROBE_TIMEOUT_MS;
	r             = loop_timer_new(l, on_deadline, p, &p->deadline);
	if (r == 0)
		r = probe_spawn(l, p, opts, f);
	if (r < 0) {
		probe_free(p);
		return r;
	}
	loop_timer_start(p->deadline, p->timeout_ms, 0);
	*ret = p;
	return 0;
}

struct hw_probe *
hw_probe_cancel(struct hw_probe *p)
{
	probe_free(p);
	return NULL;
}
