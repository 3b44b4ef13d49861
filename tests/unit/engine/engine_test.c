/* The real daos_engine process, with this test in the server's place. */
#include "engine/engine.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "ctl/server.pb-c.h"
#include "ctl/smd.pb-c.h"
#include "engine_fixture.h"
#include "telemetry/telemetry.h"

static void
read_log(struct host *h, char **ret)
{
	assert_int_equal(fs_read_file(h->log, 16 * MIB, ret, NULL), 0);
}

static void
test_life(void **state)
{
	struct host           *h   = host_new();
	_cleanup_(freep) char *log = NULL;
	uint64_t               begin, first;
	char                   path[160], line[256];
	struct stat            st;

	begin = monotonic_us();
	host_start(h, "", "");
	turn_until(h, h->notifies == 1 || h->exited);
	print_message("# start to NotifyReady: %lu us\n", monotonic_us() - begin);
	assert_int_equal(h->nctxs, 3);
	assert_int_equal(h->ntgts, 1);
	assert_int_equal(h->instance, unique_instance());
	assert_false(h->check_mode);
	assert_true(strncmp(h->uri, "ofi+tcp://127.0.0.1:", 20) == 0);
	(void)snprintf(path, sizeof(path), "%s/daos_engine_%d.sock", h->dir,
		       loop_child_pid(h->child));
	assert_string_equal(h->socket, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof(path), "%s/scm/daos_sys/sys_db", h->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);

	assert_int_equal(host_mgmt(h, DRPC_MGMT_SET_UP, NULL), -1015); /* no rank yet */
	assert_int_equal(host_set_rank(h, 7, 0), -1003);
	assert_int_equal(host_set_rank(h, 7, 3), 0);
	assert_int_equal(host_set_rank(h, 8, 3), -1003); /* it has one */
	assert_int_equal(host_mgmt(h, DRPC_MGMT_SET_UP, NULL), 0);
	(void)snprintf(
	    line, sizeof(line),
	    "DAOS I/O Engine (v2.8.0) process %d started on rank 7 with 1 target, 0 helper XS",
	    loop_child_pid(h->child));
	turn_until(h, host_printed(h, line));
	assert_int_equal(host_mgmt(h, DRPC_MGMT_SET_UP, NULL), -1008);
	(void)snprintf(path, sizeof(path), "%s/scm/NEWBORNS", h->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0770);
	(void)snprintf(path, sizeof(path), "%s/scm/ZOMBIES", h->dir);
	assert_true(fs_is_dir(path));

	assert_int_equal(host_group_update(h, 2, 7, 1), -1036); /* older than SetRank said */
	assert_int_equal(host_group_update(h, 4, 7, 1), 0);
	assert_int_equal(host_group_update(h, 4, 9, 1), 0); /* not newer: without effect */
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PING_RANK, NULL), 0);
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PREP_SHUTDOWN, NULL), 0);
	host_stop(h);
	assert_true(fs_exists(h->socket)); /* left to the server */
	first = h->incarnation;

	host_start_serving(h, "", "");
	assert_true(h->incarnation > first);
	host_stop(h);
	read_log(h, &log);
	assert_non_null(strstr(log, " DAOS["));
	assert_non_null(strstr(log, "group version is 4, 1 ranks"));
	host_free(h);
}

static void
test_unknown_methods_say_so(void **state)
{
	static const struct {
		int32_t      module, method;
		Drpc__Status want;
	} cases[] = {
	    {2, DRPC_MGMT_KILL_RANK, DRPC__STATUS__UNKNOWN_METHOD},
	    {2, DRPC_MGMT_POOL_CREATE, DRPC__STATUS__UNKNOWN_METHOD},
	    {2, DRPC_MGMT_POOL_QUERY, DRPC__STATUS__UNKNOWN_METHOD},
	    {2, 9999, DRPC__STATUS__UNKNOWN_METHOD},
	    {2, DRPC_MGMT_CHECKER_START, DRPC__STATUS__UNKNOWN_MODULE},
	    {1, 101, DRPC__STATUS__UNKNOWN_MODULE},
	    {3, DRPC_SRV_NOTIFY_READY, DRPC__STATUS__UNKNOWN_MODULE},
	};
	struct host *h = host_new();

	host_start_serving(h, "", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct answer a = host_call(h, cases[i].module, cases[i].method, NULL);

		assert_int_equal(a.err, 0);
		assert_int_equal(a.status, cases[i].want);
	}
	host_stop(h);
	host_start_serving(h, "-C", "");
	assert_true(h->check_mode);
	assert_int_equal(host_call(h, 2, DRPC_MGMT_CHECKER_START, NULL).status,
			 DRPC__STATUS__UNKNOWN_METHOD);
	host_stop(h);
	host_free(h);
}

static int32_t
group_status(struct host *h, uint32_t version)
{
	Mgmt__GetGroupStatusReq req = MGMT__GET_GROUP_STATUS_REQ__INIT;

	req.map_version = version;
	return host_mgmt(h, DRPC_MGMT_GROUP_STATUS_GET, &req.base);
}

/*
 * Nobody dead is only said of a group of one; without failure detection there is no answer for
 * more.
 */
static void
test_group_status(void **state)
{
	struct host *h = host_new();

	host_start_serving(h, "", "");
	assert_int_equal(host_group_update(h, 2, 0, 1), 0);
	assert_int_equal(group_status(h, 0), 0);
	assert_int_equal(group_status(h, 2), 0);
	assert_int_equal(group_status(h, 3), -1036);
	assert_int_equal(host_group_update(h, 3, 0, 2), 0);
	assert_int_equal(group_status(h, 3), -1010);
	host_stop(h);
	host_free(h);
}

/* A Call whose body ends in the middle of a field. */
static Drpc__Status
call_malformed(struct host *h, int32_t method)
{
	uint8_t            body[]  = {0x0a, 0x50, 0x01}, message[128];
	Drpc__Call         call    = DRPC__CALL__INIT;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int                fd      = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	uint64_t           header[3];
	Drpc__Response    *resp;
	Drpc__Status       status;
	ssize_t            n;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", h->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	call.module    = DRPC_MODULE_MGMT;
	call.method    = method;
	call.body.data = body;
	call.body.len  = sizeof(body);
	header[0] = header[1] = drpc__call__get_packed_size(&call);
	header[2]             = 1ULL << 32; /* index 0 of 1 */
	memcpy(message, header, sizeof(header));
	(void)drpc__call__pack(&call, message + sizeof(header));
	assert_true(send(fd, message, sizeof(header) + header[0], 0) > 0);
	n = recv(fd, message, sizeof(message), 0);
	assert_true(n >= (ssize_t)sizeof(header));
	resp = drpc__response__unpack(NULL, (size_t)n - sizeof(header), message + sizeof(header));
	assert_non_null(resp);
	status = resp->status;
	drpc__response__free_unpacked(resp, NULL);
	close(fd);
	return status;
}

static void
test_malformed_bodies(void **state)
{
	static const int32_t methods[] = {DRPC_MGMT_SET_RANK,        DRPC_MGMT_PREP_SHUTDOWN,
					  DRPC_MGMT_PING_RANK,       DRPC_MGMT_GROUP_UPDATE,
					  DRPC_MGMT_SET_LOG_MASKS,   DRPC_MGMT_BIO_HEALTH,
					  DRPC_MGMT_GROUP_STATUS_GET};
	struct host         *h         = host_new();

	host_start_serving(h, "", "");
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		assert_int_equal(call_malformed(h, methods[i]),
				 DRPC__STATUS__FAILED_UNMARSHAL_PAYLOAD);
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PING_RANK, NULL), 0);
	host_stop(h);
	host_free(h);
}

/* As upstream's engine: an event, then SIGKILL of itself. */
static void
test_exclusion_ends_the_engine(void **state)
{
	struct host           *h   = host_new();
	_cleanup_(freep) char *log = NULL;

	host_start_serving(h, "", "");
	assert_int_equal(host_group_update(h, 2, 0, 2), 0);
	assert_int_equal(host_group_update(h, 3, 1, 1), 0);
	turn_until(h, h->exited);
	assert_int_equal(h->exit.signum, SIGKILL);
	turn_until(h, h->events == 1);
	assert_int_equal(h->event_id, 5);
	assert_int_equal(h->event_rank, 0);
	read_log(h, &log);
	assert_non_null(strstr(log, "&&& RAS EVENT id: [engine_self_terminated]"));
	host_free(h);
}

static void
test_log_masks_change_what_is_written(void **state)
{
	struct host           *h   = host_new();
	Ctl__SetLogMasksReq    req = CTL__SET_LOG_MASKS_REQ__INIT;
	_cleanup_(freep) char *log = NULL;
	Ctl__SetLogMasksResp  *resp;
	struct answer          a;

	host_start_serving(h, "", "");
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PING_RANK, NULL), 0);
	read_log(h, &log);
	assert_null(strstr(log, "ping of rank"));
	req.masks   = (char *)"ERR,mgmt=DEBUG";
	req.streams = (char *)"mgmt";
	assert_int_equal(host_mgmt(h, DRPC_MGMT_SET_LOG_MASKS, &req.base), 0);
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PING_RANK, NULL), 0);
	free(log);
	read_log(h, &log);
	assert_non_null(strstr(log, "mgmt DBUG"));
	assert_non_null(strstr(log, "ping of rank 0"));

	req.masks = (char *)"ERR,nonsense=DEBUG";
	a         = host_call(h, 2, DRPC_MGMT_SET_LOG_MASKS, &req.base);
	resp      = ctl__set_log_masks_resp__unpack(NULL, a.len, a.body);
	assert_int_equal(resp->status, -1003);
	assert_int_equal(resp->n_errors, 1);
	assert_non_null(strstr(resp->errors[0], "nonsense"));
	ctl__set_log_masks_resp__free_unpacked(resp, NULL);
	host_stop(h);
	host_free(h);
}

static void
write_conf(struct host *h, const char *text, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/scm/daos_nvme.conf", h->dir);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0664), 0);
}

#define CONF                                                                                       \
	"{\"daos_data\": {\"config\": []}, \"subsystems\": [{\"subsystem\": \"bdev\", "            \
	"\"config\": ["                                                                            \
	"{\"params\": {\"enable\": false}, \"method\": \"bdev_nvme_set_hotplug\"},"                \
	"{\"params\": {\"block_size\": 4096, \"name\": \"AIO_h_0_1_0\", \"filename\": "            \
	"\"%s/aio0\"}, "                                                                           \
	"\"method\": \"bdev_aio_create\"}]}]}"

static void
test_devices(void **state)
{
	struct host        *h = host_new();
	char                conf[160], text[1024], extra[200], aio[96];
	Ctl__BioHealthReq   health = CTL__BIO_HEALTH_REQ__INIT;
	Ctl__SmdDevResp    *devs;
	Ctl__BioHealthResp *bio;
	struct uuid         uuid;
	struct answer       a;

	(void)snprintf(text, sizeof(text), CONF, h->dir);
	write_conf(h, text, conf, sizeof(conf));
	(void)snprintf(extra, sizeof(extra), "-n %s -t 3", conf);
	(void)snprintf(aio, sizeof(aio), "%s/aio0", h->dir);

	host_start(h, extra, "");
	turn_until(h, h->exited);
	assert_int_equal(h->exit.code, 1);
	assert_true(host_printed(h, aio)); /* the missing device is named */

	assert_int_equal(fs_write_atomic(aio, "", 0, 0660), 0);
	assert_int_equal(truncate(aio, 5 * MIB + 4096), 0);
	for (int round = 0; round < 2; round++) {
		host_start_serving(h, extra, "DAOS_BS_CLUSTER_MB=1");
		a = host_call(h, 2, DRPC_MGMT_SMD_DEVS, NULL);
		assert_int_equal(a.status, DRPC__STATUS__SUCCESS);
		devs = ctl__smd_dev_resp__unpack(NULL, a.len, a.body);
		assert_int_equal(devs->n_devices, 1);
		assert_int_equal(devs->devices[0]->n_tgt_ids, 3);
		assert_int_equal(devs->devices[0]->ctrlr->dev_state, CTL__NVME_DEV_STATE__NORMAL);
		if (round == 1) /* the identity survives a restart */
			assert_string_equal(devs->devices[0]->uuid, uuid.s);
		assert_int_equal(uuid_from_text(devs->devices[0]->uuid, &uuid), 0);
		ctl__smd_dev_resp__free_unpacked(devs, NULL);

		health.dev_uuid = uuid.s;
		a               = host_call(h, 2, DRPC_MGMT_BIO_HEALTH, &health.base);
		bio             = ctl__bio_health_resp__unpack(NULL, a.len, a.body);
		assert_int_equal(bio->status, 0);
		assert_int_equal(bio->total_bytes, 5 * MIB);
		assert_int_equal(bio->cluster_size, MIB);
		ctl__bio_health_resp__free_unpacked(bio, NULL);
		health.dev_uuid = (char *)"11111111-2222-3333-4444-555555555555";
		assert_int_equal(host_call(h, 2, DRPC_MGMT_SMD_POOLS, NULL).len, 0);
		a   = host_call(h, 2, DRPC_MGMT_BIO_HEALTH, &health.base);
		bio = ctl__bio_health_resp__unpack(NULL, a.len, a.body);
		assert_int_equal(bio->status, -1005);
		ctl__bio_health_resp__free_unpacked(bio, NULL);
		host_stop(h);
	}
	host_free(h);
}

/*
 * The sizes of the answers that were recorded from an engine with one target and one device of 7
 * GiB.
 */
static void
test_devices_as_recorded(void **state)
{
	struct host      *h = host_new();
	char              conf[160], text[1024], extra[200], aio[96];
	Ctl__BioHealthReq health = CTL__BIO_HEALTH_REQ__INIT;
	Ctl__SmdDevResp  *devs;
	struct answer     a;

	(void)snprintf(text, sizeof(text), CONF, h->dir);
	write_conf(h, text, conf, sizeof(conf));
	(void)snprintf(extra, sizeof(extra), "-n %s", conf);
	(void)snprintf(aio, sizeof(aio), "%s/aio0", h->dir);
	assert_int_equal(fs_write_atomic(aio, "", 0, 0660), 0);
	assert_int_equal(truncate(aio, 7 * GIB), 0);
	host_start_serving(h, extra, "");
	a = host_call(h, 2, DRPC_MGMT_SMD_DEVS, NULL);
	assert_int_equal(
	    a.len, 47 + 1); /* tgt_ids go packed here and did not there; both are read alike */
	devs            = ctl__smd_dev_resp__unpack(NULL, a.len, a.body);
	health.dev_uuid = devs->devices[0]->uuid;
	a               = host_call(h, 2, DRPC_MGMT_BIO_HEALTH, &health.base);
	assert_int_equal(a.len, 60);
	ctl__smd_dev_resp__free_unpacked(devs, NULL);
	host_stop(h);
	host_free(h);
}

struct values {
	uint64_t rank, calls, failed, started, serving;
};

static void
note_value(const struct tm_sample *s, void *arg)
{
	struct values *v = arg;

	if (str_eq(s->path, "rank"))
		v->rank = s->value;
	else if (str_eq(s->path, "drpc/calls"))
		v->calls = s->value;
	else if (str_eq(s->path, "drpc/failed"))
		v->failed = s->value;
	else if (str_eq(s->path, "started_at"))
		v->started = s->value;
	else if (str_eq(s->path, "servicing_at"))
		v->serving = s->value;
}

static struct values
read_values(struct tm_reader *r)
{
	struct values v = {0};

	assert_int_equal(tm_reader_walk(r, note_value, &v), 0);
	return v;
}

static void
test_metrics(void **state)
{
	struct host      *h = host_new();
	struct tm_reader *r, *again;
	struct values     v;
	pid_t             pid;

	host_start_serving(h, "", "");
	assert_int_equal(host_call(h, 2, DRPC_MGMT_POOL_CREATE, NULL).status,
			 DRPC__STATUS__UNKNOWN_METHOD);
	assert_int_equal(tm_reader_open(unique_instance(), &r, NULL), 0);
	turn_until(h, read_values(r).calls == 3);
	v = read_values(r);
	assert_int_equal(v.rank, 0);
	assert_int_equal(v.failed, 1);
	assert_in_range(v.started, time(NULL) - 60, time(NULL));
	assert_in_range(v.serving, v.started, time(NULL));

	/* killed, it leaves the segment, and the next start replaces it */
	pid = loop_child_pid(h->child);
	assert_int_equal(loop_child_kill(h->child, SIGKILL), 0);
	turn_until(h, h->exited);
	assert_false(tm_reader_is_stale(r));
	host_start_serving(h, "", "");
	assert_int_not_equal(loop_child_pid(h->child), pid);
	assert_true(tm_reader_is_stale(r));
	assert_int_equal(tm_reader_open(unique_instance(), &again, NULL), 0);
	turn_until(h, read_values(again).calls == 2);
	host_stop(h);
	assert_true(tm_reader_is_stale(again));
	tm_reader_free(again);
	assert_int_equal(tm_reader_open(unique_instance(), &again, NULL), -ENOENT);
	tm_reader_free(r);
	host_free(h);
}

struct refusal {
	const char *name, *extra, *env, *says;
};

static const struct refusal refusals[] = {
    {"unknown option", "-S 4", "", "unknown option"},
    {"missing value", "-s", "", "needs a value"},
    {"not a number", "-t many", "", "\"many\" is not a number"},
    {"no targets", "-t 0", "", "0 targets"},
    {"group name too long", "-g sixteen_bytes_xx", "", "sixteen_bytes_xx"},
    {"tiers", "-T 5", "", "5 tiers"},
    {"exclusive options", "-p 0 -f 2", "", "exclude each other"},
    {"storage missing", "-s /nonexistent/scm", "", "/nonexistent/scm"},
    {"storage is a file", "-s /proc/version", "", "is not a directory"},
    {"nvme conf missing", "-n /nonexistent/daos_nvme.conf", "", "/nonexistent"},
    {"provider", "", "D_PROVIDER=ofi+verbs;ofi_rxm", "ofi+verbs"},
    {"interface", "", "D_INTERFACE=nosuch0", "nosuch0"},
    {"port", "", "D_PORT=70000", "D_PORT"},
    {"log file", "", "D_LOG_FILE=/nonexistent/x/log", "/nonexistent/x/log"},
    {"socket directory", "-d /nonexistent/sockets", "", "/nonexistent/sockets"},
};

/*
 * Later settings win, in argv and here in the environment too, because getenv() takes the first of
 * two.
 */
static void
test_refusals(void **state)
{
	struct host *h = host_new();

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char *argv[16], *envp[8], *save = NULL, args[256], storage[96], log[160], env[96];
		int   n = 0, m = 0;
		struct loop_child_opts opts = {.path    = engine_path(),
					       .argv    = argv,
					       .envp    = envp,
					       .on_line = host_line,
					       .on_exit = host_exited,
					       .arg     = h};

		print_message("# %s\n", refusals[i].name);
		(void)snprintf(storage, sizeof(storage), "%s/scm", h->dir);
		(void)snprintf(args, sizeof(args), "daos_engine -s %s -d %s -I 999 %s", storage,
			       h->dir, refusals[i].extra);
		for (char *p = strtok_r(args, " ", &save); p != NULL;
		     p       = strtok_r(NULL, " ", &save))
                        argv[n++] = p;
		argv[n] = NULL;
		(void)snprintf(log, sizeof(log), "D_LOG_FILE=%s", h->log);
		(void)snprintf(env, sizeof(env), "%s", refusals[i].env);
		if (env[0] != '\0')
			envp[m++] = env;
		envp[m++]  = log;
		envp[m++]  = (char *)"D_PROVIDER=ofi+tcp";
		envp[m++]  = (char *)"D_INTERFACE=lo";
		envp[m]    = NULL;
		h->exited  = false;
		h->n_lines = 0;
		h->child   = loop_child_free(h->child);
		assert_int_equal(loop_child_start(h->loop, &opts, &h->child), 0);
		turn_until(h, h->exited);
		assert_int_equal(h->exit.code, 1);
		if (!host_printed(h, refusals[i].says))
			fail_msg("%s: printed \"%s\"", refusals[i].name,
				 h->n_lines > 0 ? h->lines[0] : "");
	}
	assert_int_equal(h->notifies, 0);
	host_free(h);
}

static void
test_server_that_is_not_there_or_refuses(void **state)
{
	struct host *h = host_new();

	h->refuse_notify = 1;
	host_start(h, "", "");
	turn_until(h, h->exited);
	assert_int_equal(h->exit.code, 1);
	assert_true(host_printed(h, "NotifyReady"));
	h->server = drpc_server_free(h->server, true);
	host_start(h, "", "");
	turn_until(h, h->exited);
	assert_int_equal(h->exit.code, 1);
	assert_true(host_printed(h, "daos_server.sock"));
	host_free(h);
}

static void
test_port(void **state)
{
	struct host *h = host_new();
	char         port[32], *colon;

	host_start(h, "", ""); /* the system chooses */
	turn_until(h, h->notifies == 1);
	colon = strrchr(h->uri, ':');
	(void)snprintf(port, sizeof(port), "D_PORT=%s", colon + 1);
	host_stop(h);
	host_start(h, "", port); /* the same again, at once */
	turn_until(h, h->notifies == 2);
	assert_string_equal(strrchr(h->uri, ':') + 1, port + 7);
	host_stop(h);
	host_free(h);
}

static bool
dump_exists(pid_t pid, const char *mode)
{
	char        command[64], name[64];
	struct stat st;
	time_t      now = time(NULL);

	for (time_t t = now - 3; t <= now; t++) {
		struct tm tm;

		localtime_r(&t, &tm);
		strftime(name, sizeof(name), "%Y%m%d_%H_%M_%S", &tm);
		(void)snprintf(command, sizeof(command), "/tmp/daos_dump_%d_%.24s.txt", pid, name);
		if (stat(command, &st) == 0 && st.st_size > 0) {
			_cleanup_(freep) char *text = NULL;

			assert_int_equal(fs_read_file(command, MIB, &text, NULL), 0);
			if (strstr(text, mode) == NULL || strstr(text, "log masks") == NULL)
				continue;
			(void)unlink(command);
			return true;
		}
	}
	return false;
}

static void
test_signals(void **state)
{
	struct host *h = host_new();

	host_start_serving(h, "", "");
	assert_int_equal(loop_child_kill(h->child, SIGUSR1), 0);
	turn_until(h, dump_exists(loop_child_pid(h->child), "unattended"));
	assert_int_equal(loop_child_kill(h->child, SIGUSR2), 0);
	turn_until(h, dump_exists(loop_child_pid(h->child), "attended"));
	assert_int_equal(loop_child_kill(h->child, SIGHUP), 0);
	assert_int_equal(host_mgmt(h, DRPC_MGMT_PING_RANK, NULL), 0);
	assert_int_equal(loop_child_kill(h->child, SIGTERM), 0);
	turn_until(h, h->exited);
	assert_int_equal(h->exit.code, 0);

	host_start_serving(h, "", "");
	assert_int_equal(loop_child_kill(h->child, SIGBUS), 0);
	turn_until(h, h->exited);
	assert_int_equal(h->exit.code, 1);
	host_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_unknown_methods_say_so),
	    cmocka_unit_test(test_group_status),
	    cmocka_unit_test(test_malformed_bodies),
	    cmocka_unit_test(test_exclusion_ends_the_engine),
	    cmocka_unit_test(test_log_masks_change_what_is_written),
	    cmocka_unit_test(test_devices),
	    cmocka_unit_test(test_devices_as_recorded),
	    cmocka_unit_test(test_metrics),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_server_that_is_not_there_or_refuses),
	    cmocka_unit_test(test_port),
	    cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
