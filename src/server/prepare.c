/*
 * From the configuration as written to the one that is used: derived values, what the host says,
 * the fault domain and the addresses of this server and its management service.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/fault_domain.h"
#include "common/log.h"
#include "common/str.h"
#include "config/fault_path.h"
#include "server/server_private.h"

/* ---- configuration ---- */

static void
log_notices(const struct cfg_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].severity == CFG_NOTICE)
			log_notice("%s", p->v[i].fault.description);
}

static int
problems_to_fault(const struct cfg_problems *p, int r, struct fault *f)
{
	_cleanup_(freep) char *text  = NULL;
	struct fault           first = FAULT_INIT;

	if (p->n_errors > 1)
		for (size_t i = 0; i < p->n; i++)
			if (p->v[i].severity == CFG_ERROR)
				log_error("%s:%u: %s", p->file == NULL ? "configuration" : p->file,
					  p->v[i].line, p->v[i].fault.description);
	text = cfg_problems_summary(p, &first);
	if (text == NULL)
		return fault_plain(f, r, "the configuration cannot be used: %s", strerror(-r));
	fault_plain(f, r, "%s", text);
	if (f != NULL && fault_has_resolution(&first)) {
		char line[600];

		fault_resolve(f, "%s", fault_format_resolution(&first, line, sizeof(line)));
	}
	return r;
}

/* libfabric's name of an interface's domain: the device behind it for verbs, else the interface
 * itself. */
static void
fabric_domain(const char *provider, const char *iface, char *buf, size_t size)
{
	char           path[128];
	struct dirent *e;
	DIR           *d;

	(void)snprintf(buf, size, "%s", iface);
	if (!str_starts(provider, "ofi+verbs") && !str_starts(provider, "ucx+"))
		return;
	(void)snprintf(path, sizeof(path), "/sys/class/net/%.32s/device/infiniband", iface);
	d = opendir(path);
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			(void)snprintf(buf, size, "%.60s", e->d_name);
			break;
		}
	(void)closedir(d);
}

static int
set_domains(struct cfg_server *cfg)
{
	for (size_t i = 0; i < cfg->n_engines; i++) {
		struct cfg_engine *e = &cfg->engines[i];
		char               domain[64], text[96];
		int                r;

		if (cfg_env_get(&e->env_vars, "D_DOMAIN") != NULL ||
		    str_empty(e->fabric.fabric_iface) || str_empty(e->fabric.provider))
			continue;
		fabric_domain(e->fabric.provider, e->fabric.fabric_iface, domain, sizeof(domain));
		(void)snprintf(text, sizeof(text), "D_DOMAIN=%s", domain);
		r = cfg_list_add(&e->env_vars, text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
process(struct cfg_server *cfg, const struct hw_netifs *ifs, struct cfg_problems *p,
	struct fault *f)
{
	int             detected[CFG_MAX_ENGINES];
	struct cfg_host host = {0};
	struct hw_mem   mem  = {0};
	int             r;

	for (size_t i = 0; i < cfg->n_engines && i < ARRAY_SIZE(detected); i++) {
		const struct hw_netif *nif = NULL;

		if (!str_empty(cfg->engines[i].fabric.fabric_iface))
			nif = hw_netifs_find(ifs, cfg->engines[i].fabric.fabric_iface);
		detected[i] = nif == NULL ? -1 : (int)nif->numa_node;
	}
	r = cfg_server_fix_provider(cfg);
	if (r == 0)
		r = cfg_server_derive_affinity(cfg, detected, p);
	if (r == 0)
		r = cfg_server_validate(cfg, p);
	if (r < 0)
		return r;
	if (cfg->n_engines == 0)
		return 0;
	r = hw_mem_read_totals(NULL, &mem, f);
	if (r < 0)
		return r;
	host.hugepage_kib  = mem.hugepage_size_kb;
	host.mem_total_kib = mem.mem_total_kb;
	hw_mem_fini(&mem);
	r = set_domains(cfg);
	return r < 0 ? r : cfg_server_derive(cfg, &host, p);
}

int
srv_prepare_config(struct cfg_server *cfg, const struct hw_netifs *ifs, struct fault *f)
{
	struct cfg_problems problems = CFG_PROBLEMS_INIT;
	struct fault        own      = FAULT_INIT;
	int                 r;

	if (!str_empty(cfg->path))
		problems.file = strdup(cfg->path);
	r = process(cfg, ifs, &problems, &own);
	log_notices(&problems);
	if (r < 0 && own.set) {
		if (f != NULL)
			*f = own;
	} else if (r < 0) {
		r = problems_to_fault(&problems, r, f);
	}
	cfg_problems_fini(&problems);
	return r;
}

/* ---- fault domain ---- */

int
srv_prepare_fault_domain(const struct cfg_server *cfg, const char *hostname, char **ret,
			 struct fault *f)
{
	struct fault_domain *d = NULL;
	int                  r = cfg_server_fault_domain(cfg, hostname, &d, f);

	if (r < 0)
		return r;
	*ret = fault_domain_text(d);
	(void)fault_domain_free(d);
	return *ret == NULL ? -ENOMEM : 0;
}

/* ---- addresses ---- */

bool
srv_net_is_local(const struct hw_netifs *ifs, const char *ip)
{
	struct in_addr a;

	if (inet_pton(AF_INET, ip, &a) != 1)
		return false;
	return hw_netifs_find_addr(ifs, a) != NULL;
}

/* The lowest IPv4 address of a name. */
static int
resolve(const char *host, char ip[INET_ADDRSTRLEN])
{
	struct addrinfo  hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list  = NULL;
	uint32_t         best  = UINT32_MAX;
	struct in_addr   a;

	if (inet_pton(AF_INET, host, &a) == 1) {
		(void)snprintf(ip, INET_ADDRSTRLEN, "%s", host);
		return 0;
	}
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return -EHOSTUNREACH;
	for (struct addrinfo *i = list; i != NULL; i = i->ai_next)
		best = MIN(best, ntohl(((struct sockaddr_in *)i->ai_addr)->sin_addr.s_addr));
	freeaddrinfo(list);
	a.s_addr = htonl(best);
	return inet_ntop(AF_INET, &a, ip, INET_ADDRSTRLEN) == NULL ? -errno : 0;
}

static int
add_replica(struct srv_net *net, const char *entry, struct fault *f)
{
	const char *colon = strrchr(entry, ':');
	char        host[256], ip[INET_ADDRSTRLEN];
	char       *addr;
	int         r;

	(void)snprintf(host, sizeof(host), "%.*s",
		       colon == NULL ? (int)strlen(entry) : (int)(colon - entry), entry);
	r = resolve(host, ip);
	if (r < 0)
		return fault_set(f, FAULT_SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS,
				 "mgmt_svc_replicas: %s does not resolve to an IPv4 address", host);
	addr = str_format("%s:%s", ip, colon == NULL ? "10001" : colon + 1);
	if (addr == NULL)
		return -ENOMEM;
	r = vec_push(&net->replicas, addr);
	if (r < 0)
		free(addr);
	return r;
}

/* With control_iface the server binds and advertises that interface's lowest address. */
static int
use_control_iface(const struct cfg_server *cfg, const struct hw_netifs *ifs, struct srv_net *net,
		  struct fault *f)
{
	const struct hw_netif *i = hw_netifs_find(ifs, cfg->control_iface);

	if (i == NULL || !i->up || i->n_addrs == 0)
		return fault_set(f, FAULT_SERVER_CONFIG_BAD_CONTROL_INTERFACE,
				 "control_iface %s cannot be used: %s", cfg->control_iface,
				 i == NULL ? "there is no such interface"
				 : !i->up  ? "it is down"
					   : "it has no IPv4 address");
	if (inet_ntop(AF_INET, &i->addrs[0], net->bind_ip, sizeof(net->bind_ip)) == NULL)
		return -errno;
	if (net->is_replica && (!str_starts(net->replica_addr, net->bind_ip) ||
				net->replica_addr[strlen(net->bind_ip)] != ':'))
		return fault_set(
		    f, FAULT_SERVER_CONFIG_CONTROL_INTERFACE_MISMATCH,
		    "control_iface %s has address %s, but mgmt_svc_replicas names this host as %s",
		    cfg->control_iface, net->bind_ip, net->replica_addr);
	return 0;
}

/*
 * Whether an entry of the replica list is this server, and its address. With control_addr the entry
 * must be exactly ours: servers that share a machine, or even an address, are not each other.
 */
static bool
is_own_entry(const struct cfg_server *cfg, const struct hw_netifs *ifs, const char *entry,
	     char ip[INET_ADDRSTRLEN])
{
	size_t   len = strcspn(entry, ":");
	uint32_t port;

	(void)snprintf(ip, INET_ADDRSTRLEN, "%.*s", (int)MIN(len, (size_t)INET_ADDRSTRLEN - 1),
		       entry);
	if (str_empty(cfg->control_addr))
		return srv_net_is_local(ifs, ip);
	return str_eq(ip, cfg->control_addr) && entry[len] == ':' &&
	       str_to_u32(entry + len + 1, 10, &port) == 0 && port == cfg->port;
}

/* Context before the code of the fault, as upstream prints it; fault_wrap() would put it into the
 * description. */
static int
replicas_failed(const struct fault *own, int r, struct fault *f)
{
	char text[1200];

	if (!own->set)
		return r;
	fault_plain(f, r,
		    "unable to create database config: unable to retrieve replicas from config: %s",
		    fault_format(own, text, sizeof(text)));
	if (f != NULL)
		fault_resolve(f, "%s", fault_format_resolution(own, text, sizeof(text)));
	return r;
}

int
srv_net_init(struct srv_net *net, const struct cfg_server *cfg, const struct hw_netifs *ifs,
	     struct fault *f)
{
	char ip[INET_ADDRSTRLEN] = "0.0.0.0";
	int  r;

	(void)snprintf(net->bind_ip, sizeof(net->bind_ip), "0.0.0.0");
	for (size_t i = 0; i < cfg->mgmt_svc_replicas.n; i++) {
		struct fault own = FAULT_INIT;

		r = add_replica(net, cfg->mgmt_svc_replicas.v[i], &own);
		if (r < 0)
			return replicas_failed(&own, r, f);
	}
	for (size_t i = 0; i < net->replicas.n && !net->is_replica; i++) {
		if (!is_own_entry(cfg, ifs, net->replicas.v[i], ip))
			continue;
		net->is_replica   = true;
		net->is_bootstrap = i == 0;
		(void)snprintf(net->replica_addr, sizeof(net->replica_addr), "%s",
			       net->replicas.v[i]);
	}
	if (!net->is_replica)
		(void)snprintf(ip, sizeof(ip), "0.0.0.0");
	if (!str_empty(cfg->control_addr)) {
		(void)snprintf(net->bind_ip, sizeof(net->bind_ip), "%s", cfg->control_addr);
		(void)snprintf(ip, sizeof(ip), "%s", net->bind_ip);
	} else if (!str_empty(cfg->control_iface)) {
		r = use_control_iface(cfg, ifs, net, f);
		if (r < 0)
			return r;
		(void)snprintf(ip, sizeof(ip), "%s", net->bind_ip);
	}
	(void)snprintf(net->control_addr, sizeof(net->control_addr), "%s:%lld", ip,
		       (long long)cfg->port);
	return 0;
}

void
srv_net_fini(struct srv_net *net)
{
	vec_foreach (&net->replicas, a)
		free(*a);
	vec_fini(&net->replicas);
}

int
srv_replica_addresses(const struct cfg_server *cfg, char **ret_local, char **ret_peers,
		      struct fault *f)
{
	struct srv_net   net   = {0};
	struct hw_netifs ifs   = {0};
	struct strbuf    peers = STRBUF_INIT;
	int              r;

	r = hw_netifs_read(NULL, &ifs);
	if (r == 0)
		r = srv_net_init(&net, cfg, &ifs, f);
	for (size_t i = 0; r == 0 && i < net.replicas.n; i++)
		if (!str_eq(net.replicas.v[i], net.replica_addr))
			strbuf_addf(&peers, "%s%s", peers.len == 0 ? "" : ",", net.replicas.v[i]);
	if (r == 0) {
		strbuf_add(&peers, "");
		*ret_local = strdup(net.replica_addr);
		*ret_peers = peers.s == NULL ? strdup("") : strbuf_take(&peers);
		r          = *ret_local == NULL || *ret_peers == NULL ? -ENOMEM : 0;
	}
	strbuf_fini(&peers);
	srv_net_fini(&net);
	hw_netifs_fini(&ifs);
	return r;
}
