/*
 * Links between replicas: raft's transport on the control port (rpc/rpc.h). Who may open one: a peer
 * with a server's certificate (the rpc room checks that) that is a configured replica.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "server/server_private.h"

/* A replica that does not answer for so long is dialled anew. */
#define CONNECT_MS 2000

struct srv_dial {
	struct srv_server    *s;
	struct rpc_raft_dial *dial;
	char                  address[SYS_ADDR_SIZE];
	rep_connected_cb      cb;
	void                 *arg;
	struct srv_dial      *next;
};

static void
dial_end(struct srv_dial *d, int err, int fd)
{
	for (struct srv_dial **p = &d->s->raft_dials; *p != NULL; p = &(*p)->next) {
		if (*p == d) {
			*p = d->next;
			break;
		}
	}
	d->cb(err, fd, d->arg);
	free(d);
}

static void
dialled(int fd, const struct rpc_status *status, void *arg)
{
	struct srv_dial *d = arg;
	char             text[1200];

	if (fd < 0)
		log_debug("no link to replica %s: %s", d->address,
			  rpc_status_format(status, text, sizeof(text)));
	else
		log_debug("link to replica %s is up", d->address);
	dial_end(d, fd < 0 ? -EHOSTUNREACH : 0, fd);
}

static int
dial(void *arg, uint64_t id, const char *address, rep_connected_cb cb, void *cb_arg)
{
	struct srv_server   *s     = arg;
	const char          *colon = strrchr(address, ':');
	char                 host[INET_ADDRSTRLEN];
	uint32_t             port;
	struct srv_dial     *d;
	struct rpc_raft_opts opts = {
	    .host         = host,
	    .tls          = s->tls,
	    .raft_id      = rep_id(s->net.replica_addr),
	    .raft_address = s->net.replica_addr,
	    .connect_ms   = CONNECT_MS,
	};
	int r;

	if (s->stopping)
		return -ESHUTDOWN;
	if (colon == NULL || str_to_u32(colon + 1, 10, &port) < 0 || port > UINT16_MAX)
		return -EINVAL;
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	opts.port = (uint16_t)port;
	d         = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	*d = (struct srv_dial){.s = s, .cb = cb, .arg = cb_arg, .next = s->raft_dials};
	(void)snprintf(d->address, sizeof(d->address), "%s", address);
	r = rpc_raft_connect(s->io, &opts, dialled, d, &d->dial);
	if (r < 0) {
		free(d);
		return r;
	}
	s->raft_dials = d;
	return 0;
}

const struct rep_transport *
srv_raft_transport(struct srv_server *s)
{
	if (s->net.replicas.n < 2)
		return NULL;
	s->raft_transport = (struct rep_transport){.connect = dial, .arg = s};
	return &s->raft_transport;
}

void
srv_raft_links_fini(struct srv_server *s)
{
	while (s->raft_dials != NULL) {
		struct srv_dial *d = s->raft_dials;

		(void)rpc_raft_cancel(d->dial); /* always NULL */
		dial_end(d, -ECANCELED, -EBADF);
	}
}

bool
srv_raft_peer_ok(const struct srv_net *net, const struct hw_netifs *ifs, uint64_t id,
		 const char *address, const char *peer_ip)
{
	bool named = false, from_replica = srv_net_is_local(ifs, peer_ip);

	for (size_t i = 0; i < net->replicas.n; i++) {
		const char *r   = net->replicas.v[i];
		size_t      len = strcspn(r, ":");

		named = named || str_eq(r, address);
		from_replica =
		    from_replica || (strlen(peer_ip) == len && strncmp(r, peer_ip, len) == 0);
	}
	return named && from_replica && !str_eq(address, net->replica_addr) &&
	       id == rep_id(address);
}

void
srv_raft_accept(int fd, uint64_t id, const char *address, const char *peer_ip, void *arg)
{
	struct srv_server *s = arg;
	int                r = -EACCES;

	if (!srv_raft_peer_ok(&s->net, &s->ifs, id, address, peer_ip)) {
		(void)close(fd); /* nothing was written to it */
		log_error("%s (%.64s) wanted to take part in the system database, but is no "
			  "replica of mgmt_svc_replicas",
			  peer_ip, address);
		return;
	}
	if (s->db == NULL || s->db_failed) {
		(void)close(fd); /* nothing was written to it */
		return;
	}
	r = sys_db_accept_take(s->db, address, fd);
	if (r < 0)
		log_debug("link from replica %s not taken: %s", address, strerror(-r));
}
