/*
 * Which members a request means: ranks or hosts or all, and what of it does not exist.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hostlist.h"
#include "common/ranks.h"
#include "common/str.h"
#include "server/server_private.h"

static int
select_ranks(const struct sys_members *ms, const char *text, struct srv_selection *sel,
	     struct fault *f)
{
	struct rank_set            set    = RANK_SET_INIT;
	struct rank_set            absent = RANK_SET_INIT;
	_cleanup_(freep) uint32_t *ranks  = NULL;
	_cleanup_(freep) uint32_t *miss   = NULL;
	size_t                     n      = 0, n_miss;
	int                        r;

	r = rank_set_parse(&set, text, f);
	if (r == 0)
		r = rank_set_array(&set, &ranks, &n);
	rank_set_fini(&set);
	if (r < 0)
		return r;
	miss = calloc(n + 1, sizeof(*miss));
	if (miss == NULL)
		return -ENOMEM;
	sel->n = sys_members_filter(ms, 0, ranks, n, NULL, 0, sel->v);
	n_miss = sys_ranks_absent(ms, ranks, n, miss);
	for (size_t i = 0; r == 0 && i < n_miss; i++)
		r = rank_set_add(&absent, miss[i]);
	if (r == 0)
		sel->absent_ranks = rank_set_text(&absent);
	rank_set_fini(&absent);
	return r;
}

/* "name:port" → "ip:port"; the text itself when the name does not resolve. */
static char *
numeric_address(const char *host)
{
	size_t           len   = strcspn(host, ":");
	struct addrinfo  hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list  = NULL;
	char             name[256], ip[INET_ADDRSTRLEN];
	struct in_addr   a;

	(void)snprintf(name, sizeof(name), "%.*s", (int)MIN(len, sizeof(name) - 1), host);
	if (inet_pton(AF_INET, name, &a) == 1 || getaddrinfo(name, NULL, &hints, &list) != 0)
		return strdup(host);
	a = ((struct sockaddr_in *)list->ai_addr)->sin_addr;
	freeaddrinfo(list);
	if (inet_ntop(AF_INET, &a, ip, sizeof(ip)) == NULL)
		return NULL;
	return str_format("%s%s", ip, host + len);
}

/* The names as the request wrote them: `named` goes without the ports that were added. */
static int
absent_hosts(const struct hostset *named, char *const *hosts, const size_t *missing, size_t n,
	     char **ret)
{
	struct hostset *set = NULL;
	int             r   = hostset_new(&set);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char            *full  = hosts[missing[i]];
		size_t                 len   = strcspn(full, ":");
		_cleanup_(freep) char *bare  = strndup(full, len);
		bool                   added = false;
		uint32_t               port;

		if (bare == NULL)
			r = -ENOMEM;
		else if (str_to_u32(full + len + 1, 10, &port) == 0 && port == DAOS_DEFAULT_PORT)
			r = hostset_within(named, bare, &added, NULL);
		if (r == 0)
			r = hostset_insert(set, added ? bare : full, NULL);
	}
	if (r == 0) {
		*ret = hostset_text(set);
		r    = *ret == NULL ? -ENOMEM : 0;
	}
	(void)hostset_free(set);
	return r;
}

static int
select_hosts(const struct sys_members *ms, const char *text, struct srv_selection *sel,
	     struct fault *f)
{
	struct hostset *named = NULL;
	char          **hosts = NULL, **addrs;
	size_t         *missing;
	size_t          n = 0, n_miss;
	int             r;

	r = hostlist_with_port(&text, 1, DAOS_DEFAULT_PORT, &hosts, &n, f);
	if (r < 0)
		return r;
	addrs   = calloc(n + 1, sizeof(*addrs));
	missing = calloc(n + 1, sizeof(*missing));
	r       = addrs == NULL || missing == NULL ? -ENOMEM : hostset_parse(text, &named, f);
	for (size_t i = 0; r == 0 && i < n; i++) {
		addrs[i] = numeric_address(hosts[i]);
		r        = addrs[i] == NULL ? -ENOMEM : 0;
	}
	if (r == 0) {
		sel->n = sys_members_filter(ms, 0, NULL, 0, (const char *const *)addrs, n, sel->v);
		n_miss = sys_addrs_absent(ms, (const char *const *)addrs, n, missing);
		r      = absent_hosts(named, hosts, missing, n_miss, &sel->absent_hosts);
	}
	for (size_t i = 0; addrs != NULL && i < n; i++)
		free(addrs[i]);
	free(addrs);
	free(missing);
	(void)hostset_free(named);
	hostlist_free_hosts(hosts, n);
	return r;
}

int
srv_select(const struct sys_db *db, const char *ranks, const char *hosts, struct srv_selection *ret,
	   struct fault *f)
{
	struct sys_members   ms  = sys_db_members(db);
	struct srv_selection sel = {.v = calloc(ms.n + 1, sizeof(*sel.v))};
	int                  r   = 0;

	if (sel.v == NULL)
		return -ENOMEM;
	if (!str_empty(ranks) && !str_empty(hosts))
		r = fault_plain(f, -EINVAL, "ranklist and hostlist cannot both be set in request");
	else if (!str_empty(ranks))
		r = select_ranks(&ms, ranks, &sel, f);
	else if (!str_empty(hosts))
		r = select_hosts(&ms, hosts, &sel, f);
	else
		sel.n = sys_members_filter(&ms, 0, NULL, 0, NULL, 0, sel.v);
	if (r == 0 && sel.absent_ranks == NULL)
		sel.absent_ranks = strdup("");
	if (r == 0 && sel.absent_hosts == NULL)
		sel.absent_hosts = strdup("");
	if (r == 0 && (sel.absent_ranks == NULL || sel.absent_hosts == NULL))
		r = -ENOMEM;
	if (r < 0) {
		srv_selection_fini(&sel);
		return r;
	}
	*ret = sel;
	return 0;
}

int
srv_select_named(const struct sys_db *db, const char *ranks, const char *hosts,
		 struct srv_selection *ret, struct fault *f)
{
	struct srv_selection sel = {0};
	int                  r;

	if (str_empty(ranks) && str_empty(hosts))
		return fault_plain(f, -EINVAL, "no hosts or ranks specified");
	r = srv_select(db, ranks, hosts, &sel, f);
	if (r < 0)
		return r;
	if (!str_empty(sel.absent_hosts))
		r = fault_plain(f, -ENOENT, "invalid host(s): %s", sel.absent_hosts);
	else if (!str_empty(sel.absent_ranks))
		r = fault_plain(f, -ENOENT, "invalid rank(s): %s", sel.absent_ranks);
	if (r < 0) {
		srv_selection_fini(&sel);
		return r;
	}
	*ret = sel;
	return 0;
}

void
srv_selection_fini(struct srv_selection *sel)
{
	free(sel->v);
	free(sel->absent_ranks);
	free(sel->absent_hosts);
	*sel = (struct srv_selection){0};
}

int
srv_selection_drop_excluded(struct srv_selection *sel, bool explicitly, struct fault *f)
{
	struct rank_set excluded = RANK_SET_INIT;
	size_t          kept     = 0;
	int             r        = 0;

	for (size_t i = 0; r == 0 && i < sel->n; i++) {
		if (sel->v[i]->state == SYS_MEMBER_ADMIN_EXCLUDED)
			r = rank_set_add(&excluded, sel->v[i]->rank);
		else
			sel->v[kept++] = sel->v[i];
	}
	if (r == 0 && explicitly && !rank_set_empty(&excluded)) {
		_cleanup_(freep) char *text = rank_set_text(&excluded);

		r = fault_set(f, FAULT_SERVER_RANK_ADMIN_EXCLUDED,
			      "ranks %s are administratively excluded", text == NULL ? "?" : text);
	}
	rank_set_fini(&excluded);
	if (r < 0)
		return r;
	sel->n = kept;
	if (kept == 0 && !explicitly)
		return fault_plain(f, -ENOENT, "all requested ranks are administratively excluded");
	return 0;
}
