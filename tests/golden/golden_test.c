/*
 * Runs dmg against a scripted server and compares what it prints, byte by byte, and its exit code.
 *
 * golden_test DMG CASE...: one TAP line a case. A case file:
 *
 *	# comment
 *	tls [FAULT]                       both sides with certificates; FAULT as in golden_certs.h
 *	hostlist: 127.0.0.[1-3]           of the configuration; default localhost
 *	config: LINE                      a line of a configuration that replaces the usual one
 *	serve: 127.0.0.1 127.0.0.2        addresses that listen; default 127.0.0.1, none: `serve: -`
 *	reply StorageScan {...}           see scripted_server.h
 *	$ dmg -o conf/x.yml storage scan  one run; a word below conf/ is the configuration made for
 *the case
 *	--- stdout
 *	...
 *	--- stderr
 *	...
 *	--- rc=0
 *
 * In the text @PORT@ stands for the port, @DIR@ for the directory of the case, @HASH@ for keys that
 *are content hashes, @TIME@ for the time of the build.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "common/fs.h"
#include "common/str.h"
#include "common/vec.h"
#include "config/transport.h"
#include "golden_certs.h"
#include "scripted_server.h"

#define DEADLINE_MS 20000
#define WORDS_MAX   32

struct golden {
	const char *path;
	char       *text; /* the file, cut into pieces below */
	bool        tls;
	const char *tls_fault; /* one of golden_faults */
	char       *hostlist, *serve, *command;
	VEC(const char *) script_lines;
	struct strbuf      config;
	char              *want_out, *want_err;
	int                want_rc;
	char               dir[64];
	struct loop       *loop;
	struct rpc_io     *io;
	struct sec_tls    *server_tls;
	struct script     *script;
	struct loop_fd    *child_fd;
	struct loop_timer *timer;
	pid_t              pid;
	bool               ended, late;
	int                rc;
};

/* ---- the file ---- */

static char *
replace_all(const char *text, const char *from, const char *to)
{
	struct strbuf out = STRBUF_INIT;
	const char   *hit;

	while ((hit = strstr(text, from)) != NULL) {
		strbuf_add_len(&out, text, (size_t)(hit - text));
		strbuf_add(&out, to);
		text = hit + strlen(from);
	}
	strbuf_add(&out, text);
	return strbuf_take(&out);
}

/* Cuts the expected parts off the end of the file. */
static int
cut_expectation(struct golden *g)
{
	char *out = strstr(g->text, "\n--- stdout\n");
	char *err = out ? strstr(out, "\n--- stderr\n") : NULL;
	char *rc  = err ? strstr(err, "\n--- rc=") : NULL;

	if (rc == NULL || sscanf(rc, "\n--- rc=%d", &g->want_rc) != 1)
		return -EINVAL;
	rc[1]       = '\0'; /* each part keeps the newline of its last line */
	err[1]      = '\0';
	out[0]      = '\0';
	g->want_out = out + strlen("\n--- stdout\n");
	g->want_err = err + strlen("\n--- stderr\n");
	/* An empty part: its headline and the next one share a newline. */
	if (g->want_out > err + 1)
		g->want_out = err + 1;
	if (g->want_err > rc + 1)
		g->want_err = rc + 1;
	return 0;
}

static int
read_script_line(struct golden *g, const char *line)
{
	char                   port[8];
	_cleanup_(freep) char *text = NULL;

	(void)snprintf(port, sizeof(port), "%u", script_port(g->script));
	text = replace_all(line, "@PORT@", port);
	return script_line(g->script, text);
}

static void
set_tls(struct golden *g, const char *fault)
{
	g->tls = true;
	for (size_t i = 0; *fault == ' ' && golden_faults[i] != NULL; i++)
		if (str_eq(golden_faults[i], fault + 1))
			g->tls_fault = golden_faults[i];
}

/* What shapes the servers and the run. */
static bool
read_setting(struct golden *g, char *line)
{
	if (str_eq(line, "tls") || str_starts(line, "tls "))
		set_tls(g, line + 3);
	else if (str_starts(line, "hostlist: "))
		g->hostlist = line + strlen("hostlist: ");
	else if (str_starts(line, "config: "))
		strbuf_addf(&g->config, "%s\n", line + strlen("config: "));
	else if (str_starts(line, "serve: "))
		g->serve = line + strlen("serve: ");
	else if (str_starts(line, "$ "))
		g->command = line + 2;
	else
		return line[0] == '#' || line[0] == '\0';
	return true;
}

/* Settings first, because the script may name the port that the servers got. */
static int
read_settings(struct golden *g)
{
	char *save = g->text;
	int   r    = 0;

	for (char *line; r == 0 && (line = strsep(&save, "\n")) != NULL;)
		if (!read_setting(g, line))
			r = vec_push(&g->script_lines, line);
	return r;
}

static int
read_script(struct golden *g)
{
	int r = 0;

	for (size_t i = 0; i < g->script_lines.n && r == 0; i++)
		r = read_script_line(g, g->script_lines.v[i]);
	return r;
}

/* ---- the run ---- */

static int
write_config(struct golden *g)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;
	char                                 path[96];

	strbuf_addf(&text, "name: daos_server\nport: %u\nhostlist: ['%s']\ntransport_config:\n",
		    script_port(g->script), g->hostlist ? g->hostlist : "localhost");
	if (g->tls)
		strbuf_addf(&text,
			    "  allow_insecure: false\n  ca_cert: %s/ca.crt\n  cert: %s/admin.crt\n "
			    " key: %s/admin.key\n",
			    g->dir, g->dir, g->dir);
	else
		strbuf_add(&text, "  allow_insecure: true\n");
	(void)snprintf(path, sizeof(path), "%s/control.yml", g->dir);
	if (g->config.len > 0)
		return fs_write_atomic(path, g->config.s, g->config.len, 0644);
	return fs_write_atomic(path, text.s, text.len, 0644);
}

static void
child_ended(struct loop_fd *w, int fd, int events, int error, void *arg)
{
	struct golden *g = arg;
	int            status;

	if (waitpid(g->pid, &status, WNOHANG) != g->pid)
		return;
	g->ended = true;
	g->rc    = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
too_late(struct loop_timer *t, void *arg)
{
	struct golden *g = arg;

	g->late = true;
	(void)kill(g->pid, SIGKILL); /* its end is waited for as usual */
}

static int
spawn(struct golden *g, const char *dmg)
{
	_cleanup_(freep) char *line = strdup(g->command);
	char                   config[96], out[96], err[96], home[96];
	char                  *argv[WORDS_MAX + 1] = {0};
	char  *envp[] = {home, (char *)"TZ=UTC", (char *)"PATH=/usr/bin:/bin", NULL};
	size_t n      = 0;
	posix_spawn_file_actions_t actions;
	int                        r;

	(void)snprintf(config, sizeof(config), "%s/control.yml", g->dir);
	(void)snprintf(out, sizeof(out), "%s/stdout", g->dir);
	(void)snprintf(err, sizeof(err), "%s/stderr", g->dir);
	(void)snprintf(home, sizeof(home), "HOME=%s", g->dir);
	for (char *save = line, *word; n < WORDS_MAX && (word = strsep(&save, " ")) != NULL;)
		if (word[0] != '\0')
			argv[n++] = str_starts(word, "conf/") ? config : word;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	r = -posix_spawn(&g->pid, dmg, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int
run(struct golden *g, const char *dmg)
{
	_cleanup_(closep) int fd = -EBADF;
	int                   r  = spawn(g, dmg);

	if (r != 0)
		return r;
	fd = pidfd_open(g->pid, 0);
	if (fd < 0)
		return -errno;
	r = loop_fd_new(g->loop, fd, child_ended, g, &g->child_fd);
	if (r == 0)
		r = loop_fd_want(g->child_fd, LOOP_READABLE);
	if (r == 0)
		r = loop_timer_new(g->loop, too_late, g, &g->timer);
	if (r == 0)
		loop_timer_start(g->timer, DEADLINE_MS, 0);
	while (r == 0 && !g->ended)
		(void)loop_run_once(g->loop, true);
	g->child_fd = loop_fd_free(g->child_fd);
	g->timer    = loop_timer_free(g->timer);
	return r;
}

/* ---- comparison ---- */

static bool
is_hash_key(const char *s)
{
	size_t n = strspn(s + 1, "0123456789");

	return s[0] == '"' && n >= 10 && str_starts(s + 1 + n, "\": {");
}

/* What differs from run to run becomes a name. */
static char *
normalise(const char *text)
{
	static const char built[] = "\"build_time\": \"";
	struct strbuf     out     = STRBUF_INIT;

	for (const char *s = text; *s != '\0';) {
		if (is_hash_key(s)) {
			strbuf_add(&out, "\"@HASH@");
			s += 1 + strspn(s + 1, "0123456789");
		} else if (str_starts(s, built)) {
			strbuf_addf(&out, "%s@TIME@", built);
			s += strlen(built);
			s += strcspn(s, "\"");
		} else {
			strbuf_add_char(&out, *s++);
		}
	}
	strbuf_add(&out, "");
	return strbuf_take(&out);
}

static void
print_text(const char *title, const char *text)
{
	printf("# %s:\n", title);
	for (const char *s = text; *s != '\0';) {
		size_t n = strcspn(s, "\n");

		printf("#   |%.*s|\n", (int)n, s);
		s += n + (s[n] == '\n');
	}
}

static bool
stream_is(struct golden *g, const char *name, const char *want)
{
	char                   path[96], port[8];
	_cleanup_(freep) char *raw = NULL, *got = NULL, *with_port = NULL, *expected = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	(void)snprintf(port, sizeof(port), "%u", script_port(g->script));
	if (fs_read_file(path, 1 << 20, &raw, NULL) != 0)
		return false;
	got       = normalise(raw);
	with_port = replace_all(want, "@PORT@", port);
	expected  = replace_all(with_port, "@DIR@", g->dir);
	if (str_eq(got, expected))
		return true;
	printf("# %s differs\n", name);
	print_text("expected", expected);
	print_text("got", got);
	return false;
}

static bool
outcome_is_right(struct golden *g)
{
	bool good = stream_is(g, "stdout", g->want_out);

	good = stream_is(g, "stderr", g->want_err) && good;
	if (g->rc != g->want_rc)
		printf("# exit code %d, expected %d\n", g->rc, g->want_rc);
	if (g->late)
		printf("# no end within %d ms\n", DEADLINE_MS);
	good = script_is_met(g->script) && good;
	return good && g->rc == g->want_rc && !g->late;
}

/* ---- one case ---- */

static int
start_servers(struct golden *g)
{
	_cleanup_(freep) char *list = strdup(g->serve ? g->serve : "127.0.0.1");
	const char            *addresses[WORDS_MAX];
	size_t                 n = 0;

	if (str_eq(list, "-")) { /* nobody listens: the port of a server that has gone */
		const char *one = "127.0.0.1";
		int         r   = script_start(g->script, &one, 1);

		script_close(g->script);
		return r;
	}
	for (char *save = list, *word; n < WORDS_MAX && (word = strsep(&save, " ")) != NULL;)
		addresses[n++] = word;
	return script_start(g->script, addresses, n);
}

static int
set_up(struct golden *g)
{
	size_t len;
	int    r;

	r = fs_read_file(g->path, 1 << 20, &g->text, &len);
	if (r == 0)
		r = cut_expectation(g);
	if (r == 0)
		r = read_settings(g);
	if (r == 0 && g->command == NULL)
		r = -EINVAL;
	(void)snprintf(g->dir, sizeof(g->dir), "/tmp/golden-XXXXXX");
	if (r == 0 && mkdtemp(g->dir) == NULL)
		r = -errno;
	if (r == 0)
		r = loop_new(&g->loop);
	if (r == 0)
		r = rpc_io_new(g->loop, 0, &g->io);
	if (r == 0 && g->tls)
		r = golden_certs(g->dir, g->tls_fault, &g->server_tls);
	if (r == 0)
		r = script_new(g->loop, g->io, g->server_tls, &g->script);
	if (r == 0)
		r = start_servers(g);
	if (r == 0)
		r = read_script(g);
	if (r == 0)
		r = write_config(g);
	return r;
}

static void
tear_down(struct golden *g)
{
	script_free(g->script);
	(void)rpc_io_free(g->io);
	(void)sec_tls_free(g->server_tls);
	(void)loop_free(g->loop);
	(void)fs_remove_tree(g->dir);
	vec_fini(&g->script_lines);
	strbuf_fini(&g->config);
	free(g->text);
}

static bool
check_case(const char *dmg, const char *path)
{
	struct golden g    = {.path = path};
	bool          good = false;
	int           r    = set_up(&g);

	if (r == 0)
		r = run(&g, dmg);
	if (r == 0)
		good = outcome_is_right(&g);
	else
		printf("# %s: %s\n", path, strerror(-r));
	tear_down(&g);
	return good;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 2);
	for (int i = 2; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		bool        good  = check_case(argv[1], argv[i]);

		printf("%s %d - %s\n", good ? "ok" : "not ok", i - 1, slash ? slash + 1 : argv[i]);
		(void)fflush(stdout);
		failed += !good;
	}
	return failed > 0;
}
