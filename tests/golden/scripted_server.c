/*
 * The scripted control plane: real servers of the rpc room, every method handled by one function
 * that looks up what the script says.
 */
#include "scripted_server.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/vec.h"
#include "ctl/ctl.pb-c.h"
#include "json_message.h"
#include "mgmt/mgmt.pb-c.h"

#define METHODS_MAX 128

enum kind { KIND_REPLY, KIND_FAIL, KIND_WANT };

struct line {
	enum kind kind;
	char     *host; /* NULL: all */
	char     *method;
	json_t   *json;
	bool      used;
};

struct host {
	struct script     *script;
	char              *address;
	struct rpc_server *server;
};

struct script {
	struct loop    *loop;
	struct rpc_io  *io;
	struct sec_tls *tls;
	uint16_t        port;
	bool            broken; /* a request other than wanted */
	VEC(struct line) lines;
	VEC(struct host *) hosts;
};

int
script_new(struct loop *l, struct rpc_io *io, struct sec_tls *tls, struct script **ret)
{
	struct script *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	*s   = (struct script){.loop = l, .io = io, .tls = tls};
	*ret = s;
	return 0;
}

static void
stopped(void *arg)
{
	*(bool *)arg = true;
}

static void
host_free(struct host *h)
{
	bool done = h->server == NULL;

	if (h->server != NULL)
		rpc_server_stop(h->server, 100, stopped, &done);
	while (!done)
		(void)loop_run_once(h->script->loop, true);
	(void)rpc_server_free(h->server);
	free(h->address);
	free(h);
}

void
script_close(struct script *s)
{
	vec_foreach (&s->hosts, h)
		host_free(*h);
	vec_fini(&s->hosts);
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	script_close(s);
	vec_foreach (&s->lines, l) {
		free(l->host);
		free(l->method);
		json_decref(l->json);
	}
	vec_fini(&s->lines);
	free(s);
}

int
script_line(struct script *s, const char *text)
{
	static const char *const kinds[] = {"reply", "fail", "want"};
	struct line              l       = {0};
	char                     word[96], method[64];
	int                      at = 0;
	char                    *host;
	json_error_t             error;

	if (sscanf(text, "%95s %63s %n", word, method, &at) < 2 || at == 0)
		return -EINVAL;
	host = strchr(word, '@');
	if (host != NULL)
		*host++ = '\0';
	while (l.kind < ARRAY_SIZE(kinds) && !str_eq(word, kinds[l.kind]))
		l.kind++;
	l.json = json_loads(text + at, 0, &error);
	if (l.kind == ARRAY_SIZE(kinds) || l.json == NULL) {
		(void)fprintf(stderr, "bad line: %s (%s)\n", text,
			      l.json ? "unknown word" : error.text);
		return -EINVAL;
	}
	l.host   = host ? strdup(host) : NULL;
	l.method = strdup(method);
	return vec_push(&s->lines, l);
}

/* The next line of a kind for a method: the first unused one, else the last. */
static struct line *
find_line(struct script *s, const struct host *h, enum kind kind, const char *method)
{
	struct line *last = NULL;

	vec_foreach (&s->lines, l) {
		bool answer = l->kind == KIND_REPLY || l->kind == KIND_FAIL;

		if ((kind == KIND_WANT ? l->kind != KIND_WANT : !answer) ||
		    !str_eq(l->method, method))
			continue;
		if (l->host != NULL && !str_eq(l->host, h->address))
			continue;
		last = l;
		if (!l->used)
			break;
	}
	return last;
}

static bool
same_message(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	size_t n = protobuf_c_message_get_packed_size(a), m = protobuf_c_message_get_packed_size(b);
	uint8_t *x = malloc(n + 1), *y = malloc(m + 1);
	bool     same;

	(void)protobuf_c_message_pack(a, x);
	(void)protobuf_c_message_pack(b, y);
	same = n == m && memcmp(x, y, n) == 0;
	free(x);
	free(y);
	return same;
}

static void
check_request(struct host *h, const char *method, const ProtobufCMessage *req)
{
	struct line      *want = find_line(h->script, h, KIND_WANT, method);
	ProtobufCMessage *m;

	if (want == NULL)
		return;
	want->used = true;
	m          = json_message(req->descriptor, want->json);
	if (m == NULL || !same_message(m, req)) {
		char *text = json_dumps(want->json, JSON_COMPACT);

		(void)fprintf(stderr, "%s: the request is not %s\n", method, text);
		free(text);
		h->script->broken = true;
	}
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
}

static void
fail_call(struct rpc_call *c, const json_t *json)
{
	struct rpc_status s = RPC_STATUS_INIT;
	struct fault      f = FAULT_INIT;
	const char       *list[8];
	size_t            n     = 0;
	const json_t     *names = json_object_get(json, "replicas");

	if (names == NULL)
		names = json_object_get(json, "not_replica");
	for (; n < json_array_size(names) && n < ARRAY_SIZE(list); n++)
		list[n] = json_string_value(json_array_get(names, n));
	if (json_object_get(json, "fault") != NULL) {
		(void)fault_set(&f,
				(enum fault_code)json_integer_value(json_object_get(json, "fault")),
				"%s", json_string_value(json_object_get(json, "description")));
		if (json_object_get(json, "resolution") != NULL)
			fault_resolve(&f, "%s",
				      json_string_value(json_object_get(json, "resolution")));
		rpc_status_from_fault(&s, &f);
	} else if (json_object_get(json, "status") != NULL) {
		rpc_status_from_daos(&s,
				     (int32_t)json_integer_value(json_object_get(json, "status")));
	} else if (json_object_get(json, "not_leader") != NULL) {
		rpc_status_not_leader(&s, json_string_value(json_object_get(json, "not_leader")),
				      list, n);
	} else if (json_object_get(json, "not_replica") != NULL) {
		rpc_status_not_replica(&s, list, n);
	} else {
		rpc_status_set(&s, (enum rpc_code)json_integer_value(json_object_get(json, "code")),
			       "%s", json_string_value(json_object_get(json, "message")));
	}
	rpc_call_fail(c, &s);
	rpc_status_fini(&s);
}

static void
handle(struct rpc_call *c, const ProtobufCMessage *req, void *arg)
{
	struct host                     *h      = arg;
	const ProtobufCMethodDescriptor *method = rpc_call_method(c);
	struct line                     *l      = find_line(h->script, h, KIND_REPLY, method->name);
	ProtobufCMessage                *m;

	check_request(h, method->name, req);
	if (l == NULL) {
		(void)fprintf(stderr, "%s was not expected\n", rpc_call_path(c));
		h->script->broken = true;
	} else {
		l->used = true;
	}
	if (l != NULL && l->kind == KIND_FAIL) {
		fail_call(c, l->json);
		return;
	}
	m = l != NULL ? json_message(method->output, l->json) : NULL;
	if (m == NULL) {
		struct rpc_status s = RPC_STATUS_INIT;

		rpc_status_set(&s, RPC_UNIMPLEMENTED, "the script says nothing about %s",
			       method->name);
		rpc_call_fail(c, &s);
		rpc_status_fini(&s);
		return;
	}
	rpc_call_reply(c, m);
	protobuf_c_message_free_unpacked(m, NULL);
}

static int
add_service(struct rpc_server *server, const ProtobufCServiceDescriptor *d)
{
	struct rpc_method_handler handlers[METHODS_MAX];

	if (d->n_methods > METHODS_MAX)
		return -E2BIG;
	for (unsigned i = 0; i < d->n_methods; i++)
		handlers[i] = (struct rpc_method_handler){.name = d->methods[i].name, .fn = handle};
	return rpc_server_add_service(server, d, handlers, d->n_methods);
}

static int
start_host(struct script *s, const char *address)
{
	struct host *h = calloc(1, sizeof(*h));
	struct fault f = FAULT_INIT;
	int          r;

	if (h == NULL)
		return -ENOMEM;
	h->script  = s;
	h->address = strdup(address);
	r          = rpc_server_new(
		     s->io,
		     &(struct rpc_server_opts){.address = address, .port = s->port, .tls = s->tls, .arg = h},
		     &h->server, &f);
	if (r == 0)
		r = add_service(h->server, &ctl__ctl_svc__descriptor);
	if (r == 0)
		r = add_service(h->server, &mgmt__mgmt_svc__descriptor);
	if (r == 0)
		r = rpc_server_start(h->server);
	if (r == 0)
		r = vec_push(&s->hosts, h);
	if (r != 0) {
		(void)fprintf(stderr, "%s: %s\n", address, f.set ? f.description : strerror(-r));
		(void)rpc_server_free(h->server);
		free(h->address);
		free(h);
		return r;
	}
	s->port = rpc_server_port(h->server);
	return 0;
}

int
script_start(struct script *s, const char *const *addresses, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = start_host(s, addresses[i]);
	return r;
}

uint16_t
script_port(const struct script *s)
{
	return s->port;
}

bool
script_is_met(const struct script *s)
{
	bool met = !s->broken;

	vec_foreach (&s->lines, l) {
		if (l->kind != KIND_WANT || l->used)
			continue;
		(void)fprintf(stderr, "%s was not asked for\n", l->method);
		met = false;
	}
	return met;
}
