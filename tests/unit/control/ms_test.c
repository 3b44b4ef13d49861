/*
 * Requests to the management service and rank operations against real servers on loopback: ends,
 * limits, cancelling.
 */
#include "rpc_fixture.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "control/fanout.h"
#include "control/ms.h"

struct outcome {
	unsigned          n, retries;
	struct rpc_status status;
	char             *leader;
	char              last_host[64];
};

static struct ctl_client *
client_of(struct fixture *f, const char *host)
{
	struct ctl_client     *c     = NULL;
	struct fault           fault = FAULT_INIT;
	struct ctl_client_opts opts  = {.loop      = f->loop,
					.io        = f->io,
					.component = SEC_COMPONENT_ADMIN,
					.system    = "test_system",
					.hosts     = &host,
					.n_hosts   = 1};

	assert_int_equal(ctl_client_new(&opts, &c, &fault), 0);
	return c;
}

static char *
address_of(struct fixture *f)
{
	return str_format("127.0.0.1:%u", rpc_server_port(f->server));
}

static void
answered(const struct rpc_status *status, const ProtobufCMessage *resp, void *arg)
{
	struct outcome *o = arg;

	o->n++;
	(void)rpc_status_copy(&o->status, status);
	if (resp != NULL)
		o->leader = strdup(((const Mgmt__LeaderQueryResp *)resp)->current_leader);
}

static void
repeated(const struct rpc_status *status, const char *host, uint64_t delay_ms, void *arg)
{
	struct outcome *o = arg;

	o->retries++;
	(void)snprintf(o->last_host, sizeof(o->last_host), "%s", host);
}

static void
outcome_fini(struct outcome *o)
{
	rpc_status_fini(&o->status);
	free(o->leader);
}

static void
test_an_answer_arrives_and_the_request_may_go_at_once(void **state)
{
	struct fixture         f       = {0};
	struct outcome         o       = {0};
	Mgmt__LeaderQueryReq  *m       = calloc(1, sizeof(*m));
	_cleanup_(freep) char *address = NULL;
	struct ctl_client     *c;

	fixture_start(&f, 0, false, NULL);
	address = address_of(&f);
	c       = client_of(&f, address);
	mgmt__leader_query_req__init(m);
	m->hosts = (char *)"echo";
	assert_int_equal(
	    ctl_ms_call(c,
			&(struct ctl_ms_opts){
			    .method = "LeaderQuery", .req = &m->base, .cb = answered, .arg = &o},
			NULL),
	    0);
	free(m);
	assert_int_equal(o.n, 0);
	fixture_wait(&f, &o.n, 1);
	assert_int_equal(o.status.code, RPC_OK);
	assert_string_equal(o.leader, "echo");
	outcome_fini(&o);
	(void)ctl_client_free(c);
	fixture_stop(&f);
}

static void
test_the_limit_names_method_and_host(void **state)
{
	struct fixture         f       = {0};
	struct outcome         o       = {0};
	Mgmt__SystemEraseReq   m       = MGMT__SYSTEM_ERASE_REQ__INIT;
	_cleanup_(freep) char *address = NULL;
	_cleanup_(freep) char *text    = NULL;
	struct ctl_client     *c;

	fixture_start(&f, 0, false, NULL);
	address = address_of(&f);
	c       = client_of(&f, address);
	assert_int_equal(ctl_ms_call(c,
				     &(struct ctl_ms_opts){.method   = "SystemErase",
							   .req      = &m.base,
							   .total_ms = 200,
							   .cb       = answered,
							   .arg      = &o},
				     NULL),
			 0);
	fixture_wait(&f, &o.n, 1);
	assert_int_equal(o.status.detail, RPC_DETAIL_FAULT);
	assert_int_equal(o.status.fault.code, FAULT_CLIENT_RPC_TIMEOUT);
	text = str_format("SystemErase: no answer from %s within 200ms", address);
	assert_string_equal(o.status.fault.description, text);
	fixture_wait(&f, &f.n_cancelled, 1);
	outcome_fini(&o);
	(void)ctl_client_free(c);
	fixture_stop(&f);
}

static void
test_the_last_failure_is_told_when_time_is_up(void **state)
{
	struct fixture     f = {0};
	struct outcome     o = {0};
	Mgmt__JoinReq      m = MGMT__JOIN_REQ__INIT;
	struct ctl_client *c;
	char              *address;

	/* A server that has gone: its port refuses. */
	fixture_start(&f, 0, false, NULL);
	address = address_of(&f);
	fixture_stop(&f);
	f = (struct fixture){0};
	fixture_start(&f, 0, false, NULL);
	c = client_of(&f, address);
	assert_int_equal(ctl_ms_call(c,
				     &(struct ctl_ms_opts){.method   = "Join",
							   .req      = &m.base,
							   .try_ms   = CTL_JOIN_TRY_MS,
							   .total_ms = 400,
							   .retry    = CTL_JOIN_RETRY,
							   .on_retry = repeated,
							   .cb       = answered,
							   .arg      = &o},
				     NULL),
			 0);
	fixture_wait(&f, &o.n, 1);
	assert_int_equal(o.status.fault.code, FAULT_CLIENT_RPC_TIMEOUT);
	assert_non_null(strstr(o.status.fault.description, "last failure: client: code = 506"));
	assert_true(o.retries >= 2);
	assert_string_equal(o.last_host, address);
	outcome_fini(&o);
	(void)ctl_client_free(c);
	fixture_stop(&f);
	free(address);
}

static void
test_a_try_has_its_own_limit(void **state)
{
	struct fixture         f       = {0};
	struct outcome         o       = {0};
	Mgmt__LeaderQueryReq   m       = MGMT__LEADER_QUERY_REQ__INIT;
	_cleanup_(freep) char *address = NULL;
	struct ctl_client     *c;
	int                    deaf = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sa  = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t          len = sizeof(sa);

	/* Listens and never says a word. */
	assert_int_equal(bind(deaf, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(deaf, 8), 0);
	assert_int_equal(getsockname(deaf, (struct sockaddr *)&sa, &len), 0);
	fixture_start(&f, 0, false, NULL);
	address = str_format("127.0.0.1:%u", ntohs(sa.sin_port));
	c       = client_of(&f, address);
	assert_int_equal(ctl_ms_call(c,
				     &(struct ctl_ms_opts){.method   = "LeaderQuery",
							   .req      = &m.base,
							   .try_ms   = 100,
							   .total_ms = 700,
							   .on_retry = repeated,
							   .cb       = answered,
							   .arg      = &o},
				     NULL),
			 0);
	fixture_wait(&f, &o.n, 1);
	assert_int_equal(o.status.fault.code, FAULT_CLIENT_RPC_TIMEOUT);
	assert_true(o.retries >= 1);
	outcome_fini(&o);
	(void)ctl_client_free(c);
	fixture_stop(&f);
	(void)close(deaf);
}

static void
test_cancelling_ends_without_callback(void **state)
{
	struct fixture         f       = {0};
	struct outcome         o       = {0};
	Mgmt__SystemEraseReq   m       = MGMT__SYSTEM_ERASE_REQ__INIT;
	_cleanup_(freep) char *address = NULL;
	struct ctl_ms_call    *call    = NULL;
	struct ctl_client     *c;

	fixture_start(&f, 0, false, NULL);
	address = address_of(&f);
	c       = client_of(&f, address);
	assert_int_equal(
	    ctl_ms_call(c,
			&(struct ctl_ms_opts){
			    .method = "SystemErase", .req = &m.base, .cb = answered, .arg = &o},
			&call),
	    0);
	while (f.held == NULL)
		(void)loop_run_once(f.loop, true);
	assert_null(ctl_ms_cancel(call));
	fixture_wait(&f, &f.n_cancelled, 1);
	assert_int_equal(o.n, 0);
	(void)ctl_client_free(c);
	fixture_stop(&f);
}

static void
test_no_host_is_refused_at_the_start(void **state)
{
	struct fixture       f     = {0};
	Mgmt__LeaderQueryReq m     = MGMT__LEADER_QUERY_REQ__INIT;
	struct ctl_client   *c     = NULL;
	struct fault         fault = FAULT_INIT;

	fixture_start(&f, 0, false, NULL);
	assert_int_equal(
	    ctl_client_new(&(struct ctl_client_opts){.loop = f.loop, .io = f.io}, &c, &fault), 0);
	assert_int_equal(
	    ctl_ms_call(
		c, &(struct ctl_ms_opts){.method = "LeaderQuery", .req = &m.base, .cb = answered},
		NULL),
	    -EDESTADDRREQ);
	assert_string_equal(ctl_client_sys(c), "daos_server-2.8.0");
	(void)ctl_client_free(c);
	fixture_stop(&f);
}

/* ---- rank operations ---- */

struct ranks_outcome {
	unsigned n;
	char    *text;
};

static void
ranks_done(const struct ctl_rank_result *results, size_t n, void *arg)
{
	struct ranks_outcome *o    = arg;
	struct strbuf         text = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&text, "%u %s %s %d;", results[i].rank, results[i].action,
			    results[i].state, results[i].errored);
	strbuf_add(&text, "");
	o->text = strbuf_take(&text);
	o->n++;
}

static void
test_ranks_of_a_host_that_fails_are_unresponsive(void **state)
{
	struct fixture         f       = {0};
	struct ranks_outcome   o       = {0};
	_cleanup_(freep) char *address = NULL;
	struct ctl_client     *c;

	fixture_start(&f, 0, false, NULL); /* it has no CtlSvc */
	address = address_of(&f);
	c       = client_of(&f, address);
	{
		const struct ctl_rank_target targets[] = {
		    {3, address}, {0, "127.0.0.1:1"}, {1, address}};

		assert_int_equal(
		    ctl_ranks_start(c,
				    &(struct ctl_ranks_opts){.op        = CTL_RANKS_STOP,
							     .targets   = targets,
							     .n_targets = ARRAY_SIZE(targets),
							     .on_done   = ranks_done,
							     .arg       = &o},
				    NULL),
		    0);
	}
	fixture_wait(&f, &o.n, 1);
	assert_string_equal(o.text,
			    "0 stop unresponsive 1;1 stop unresponsive 1;3 stop unresponsive 1;");
	free(o.text);
	(void)ctl_client_free(c);
	fixture_stop(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_answer_arrives_and_the_request_may_go_at_once),
	    cmocka_unit_test(test_the_limit_names_method_and_host),
	    cmocka_unit_test(test_the_last_failure_is_told_when_time_is_up),
	    cmocka_unit_test(test_a_try_has_its_own_limit),
	    cmocka_unit_test(test_cancelling_ends_without_callback),
	    cmocka_unit_test(test_no_host_is_refused_at_the_start),
	    cmocka_unit_test(test_ranks_of_a_host_that_fails_are_unresponsive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
