/*
 * Whether an engine may join, and as what.
 *
 * The order of checks is part of the behaviour: a peer sees the first that fails. A request is
 * judged by the record of its rank when it names one, else by that of its UUID; without a record it
 * becomes a new member.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/fault_domain.h"
#include "common/str.h"
#include "common/version.h"

#include "system/membership.h"

#define MAX_PROVIDER 128

/* A request taken apart. */
struct parsed {
	const struct sys_join_req *req;
	struct uuid                uuid;
	struct fault_domain       *domain;
	char                      *domain_text;
};

bool
sys_join_reason_has_event(enum sys_join_reason r)
{
	switch (r) {
	case SYS_JOIN_WRONG_PROVIDER:
	case SYS_JOIN_ADMIN_EXCLUDED:
	case SYS_JOIN_RANK_CHANGED:
	case SYS_JOIN_UUID_CHANGED:
	case SYS_JOIN_ADDR_CHANGED:
		return true;
	default:
		return false;
	}
}

/* "ip:port" or "[ip6]:port" taken apart; the port is checked. */
static int
split_addr(const char *addr, char *ip, size_t size, const char **ret_port)
{
	const char *colon = strrchr(addr, ':');
	size_t      len;
	uint32_t    port;

	if (colon == NULL || str_to_u32(colon + 1, 10, &port) < 0 || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	len = (size_t)(colon - addr);
	if (len >= 2 && addr[0] == '[' && colon[-1] == ']') {
		addr++;
		len -= 2;
	}
	if (len == 0 || len >= size)
		return -EINVAL;
	memcpy(ip, addr, len);
	ip[len]   = '\0';
	*ret_port = colon + 1;
	return 0;
}

int
sys_join_addr(const char *named, const char *peer_ip, char ret[SYS_ADDR_SIZE])
{
	char            ip[INET6_ADDRSTRLEN];
	const char     *port, *use;
	struct in_addr  v4;
	struct in6_addr v6;

	if (split_addr(named, ip, sizeof(ip), &port) < 0)
		return -EINVAL;
	use = strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0 ? peer_ip : ip;
	if (inet_pton(AF_INET, use, &v4) == 1)
		(void)snprintf(ret, SYS_ADDR_SIZE, "%s:%s", use, port);
	else if (inet_pton(AF_INET6, use, &v6) == 1)
		(void)snprintf(ret, SYS_ADDR_SIZE, "[%s]:%s", use, port);
	else
		return -EINVAL;
	return 0;
}

int
sys_uri_provider(const char *uri, char *buf, size_t size)
{
	const char *end = strstr(uri, "://");

	if (end == NULL)
		return -EINVAL;
	if ((size_t)(end - uri) >= size)
		return -ENAMETOOLONG;
	memcpy(buf, uri, (size_t)(end - uri));
	buf[end - uri] = '\0';
	return 0;
}

/* ---- refusals ---- */

#define PREFIX "failed to join system: "

static int __attribute__((format(printf, 3, 4)))
refuse(struct sys_join_outcome *out, enum sys_join_reason reason, const char *fmt, ...)
{
	char    text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*out = (struct sys_join_outcome){
	    .result = SYS_JOIN_REFUSED, .reason = reason, .rank = DAOS_RANK_NIL};
	(void)fault_plain(&out->fault, -EINVAL, "%s", text);
	return -EINVAL;
}

static int __attribute__((format(printf, 4, 5)))
refuse_coded(struct sys_join_outcome *out, enum sys_join_reason reason, enum fault_code code,
	     const char *fmt, ...)
{
	char    text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*out = (struct sys_join_outcome){
	    .result = SYS_JOIN_REFUSED, .reason = reason, .rank = DAOS_RANK_NIL};
	(void)fault_set(&out->fault, code, "%s", text);
	return -EINVAL;
}

/* ---- checks that need no record ---- */

static int
check_sizes(const struct sys_join_req *req, struct sys_join_outcome *out)
{
	if (strlen(req->uri) > SYS_MAX_URI)
		return refuse(out, SYS_JOIN_BAD_REQUEST, "fabric URI of %zu bytes is too long",
			      strlen(req->uri));
	if (req->n_secondary_uris > SYS_MAX_SECONDARY || req->n_secondary_nctxs > SYS_MAX_SECONDARY)
		return refuse(out, SYS_JOIN_BAD_REQUEST, "more than %d secondary fabric URIs",
			      SYS_MAX_SECONDARY);
	for (size_t i = 0; i < req->n_secondary_uris; i++) {
		if (strlen(req->secondary_uris[i]) > SYS_MAX_URI)
			return refuse(out, SYS_JOIN_BAD_REQUEST,
				      "secondary fabric URI %zu is too long", i);
	}
	if (str_empty(req->addr) || strlen(req->addr) >= SYS_ADDR_SIZE)
		return refuse(out, SYS_JOIN_BAD_REQUEST, "invalid control address \"%.64s\"",
			      req->addr);
	return 0;
}

static int
parse_domain(struct parsed *p, struct sys_join_outcome *out)
{
	struct fault f    = FAULT_INIT;
	const char  *text = p->req->fault_domain != NULL ? p->req->fault_domain : "";
	int          r;

	if (strlen(text) > SYS_MAX_FAULT_DOMAIN)
		return refuse_coded(out, SYS_JOIN_BAD_FAULT_DOMAIN,
				    FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID,
				    "invalid fault domain: it has %zu characters", strlen(text));
	r = fault_domain_parse(text, &p->domain, &f);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return refuse_coded(out, SYS_JOIN_BAD_FAULT_DOMAIN,
				    FAULT_SERVER_CONFIG_FAULT_DOMAIN_INVALID,
				    "invalid fault domain: %s", f.description);
	if (fault_domain_n_levels(p->domain) == 0)
		return refuse(out, SYS_JOIN_BAD_FAULT_DOMAIN, "no fault domain in join request");
	p->domain_text = fault_domain_text(p->domain);
	return p->domain_text != NULL ? 0 : -ENOMEM;
}

/* The labels of a path, "=" between levels; empty ones for a path without. NULL on no memory. */
static char *
labels_of(const struct fault_domain *d, const char *separator)
{
	struct strbuf b = STRBUF_INIT;
	size_t        n = fault_domain_n_levels(d);

	for (size_t i = 0; i < n; i++) {
		const char *text = fault_domain_level_text(d, i);
		const char *eq   = fault_domain_has_labels(d) ? strchr(text, '=') : NULL;

		if (i > 0)
			strbuf_add(&b, separator);
		if (eq != NULL)
			strbuf_add_len(&b, text, (size_t)(eq - text));
	}
	strbuf_add(&b, "");
	return strbuf_error(&b) ? NULL : b.s != NULL ? strbuf_take(&b) : strdup("");
}

/* Stored labels as shown in an error: nothing for an unlabelled system. */
static char *
labels_to_show(const char *stored)
{
	struct strbuf b = STRBUF_INIT;

	if (stored[0] != '=' && stored[0] != '\0') {
		for (; *stored != '\0'; stored++) {
			if (*stored == '=')
				strbuf_add(&b, ", ");
			else
				strbuf_add_char(&b, *stored);
		}
	}
	return strbuf_error(&b) ? NULL : b.s != NULL ? strbuf_take(&b) : strdup("");
}

static int
check_labels(const struct sys_join_env *env, const struct parsed *p, struct sys_join_outcome *out,
	     char **ret_labels)
{
	_cleanup_(freep) char *labels = labels_of(p->domain, "=");
	_cleanup_(freep) char *mine = NULL, *theirs = NULL;

	if (labels == NULL)
		return -ENOMEM;
	if (env->labels == NULL) {
		*ret_labels = TAKE_PTR(labels);
		return 0;
	}
	if (strcmp(labels, env->labels) == 0)
		return 0;
	mine   = fault_domain_has_labels(p->domain) ? labels_of(p->domain, ", ") : strdup("");
	theirs = labels_to_show(env->labels);
	if (mine == NULL || theirs == NULL)
		return -ENOMEM;
	return refuse_coded(out, SYS_JOIN_BAD_LABELS, FAULT_SERVER_BAD_FAULT_DOMAIN_LABELS,
			    "labels in join request [%s] don't match system labels [%s] for server "
			    "%s (fault path: %s)",
			    mine, theirs, p->req->uri, p->req->fault_domain);
}

static int
check_provider(const struct sys_join_env *env, const struct sys_join_req *req,
	       struct sys_join_outcome *out)
{
	char   provider[MAX_PROVIDER];
	size_t first;

	if (sys_uri_provider(req->uri, provider, sizeof(provider)) < 0)
		return refuse(out, SYS_JOIN_BAD_REQUEST,
			      "unable to parse fabric provider from URI \"%.128s\"", req->uri);
	if (str_empty(env->providers))
		return refuse(out, SYS_JOIN_NO_PROVIDER, "leader step-up in progress (try again)");
	/* The primary one; a system with several has them in the same order on every server. */
	first = strcspn(env->providers, ",");
	if (strcmp(provider, env->providers) == 0 ||
	    (strlen(provider) == first && strncmp(provider, env->providers, first) == 0))
		return 0;
	return refuse(out, SYS_JOIN_WRONG_PROVIDER,
		      "rank %" PRIu32
		      " fabric provider \"%s\" does not match system provider \"%s\"",
		      req->rank, provider, env->providers);
}

/* ---- the record ---- */

static size_t
path_levels(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* All members have paths of one depth; rank is left out of the comparison. */
static int
check_depth(const struct sys_join_env *env, const struct parsed *p, uint32_t rank,
	    struct sys_join_outcome *out)
{
	for (size_t i = 0; i < env->members.n; i++) {
		size_t want;

		if (env->members.v[i]->rank == rank)
			continue;
		want = path_levels(env->members.v[i]->fault_domain);
		if (want == fault_domain_n_levels(p->domain))
			return 0;
		return refuse_coded(
		    out, SYS_JOIN_BAD_DEPTH, FAULT_SYSTEM_BAD_FAULT_DOMAIN_DEPTH,
		    "cannot join system with fault domain \"%s\", need layers = %zu",
		    p->domain_text, want);
	}
	return 0;
}

static int
fill_record(const struct parsed *p, uint32_t rank, enum sys_member_state state,
	    struct sys_member *ret)
{
	const struct sys_join_req *req    = p->req;
	struct sys_member          borrow = {.rank              = rank,
					     .uuid              = p->uuid,
					     .state             = state,
					     .info              = NULL,
					     .incarnation       = req->incarnation,
					     .uri               = (char *)req->uri,
					     .nctxs             = req->nctxs,
					     .secondary_uris    = (char **)req->secondary_uris,
					     .secondary_nctxs   = (uint32_t *)req->secondary_nctxs,
					     .n_secondary_uris  = req->n_secondary_uris,
					     .n_secondary_nctxs = req->n_secondary_nctxs,
					     .fault_domain      = p->domain_text};

	memcpy(borrow.addr, req->addr, strlen(req->addr) + 1); /* its size was checked */
	return sys_member_dup(&borrow, ret);
}

static void
admit(struct sys_join_outcome *out, enum sys_join_result result, const struct sys_member *m,
      enum sys_member_state prev)
{
	*out = (struct sys_join_outcome){.result     = result,
					 .reason     = SYS_JOIN_OK,
					 .rank       = m->rank,
					 .state      = m->state,
					 .prev_state = prev};
}

static int
rejoin(const struct sys_join_env *env, const struct parsed *p, const struct sys_member *cur,
       struct sys_join_outcome *out, struct sys_member *ret)
{
	const struct sys_join_req *req = p->req;
	int r = env->members.n != 1 ? check_depth(env, p, cur->rank, out) : 0;

	if (r < 0)
		return r;
	if (cur->state == SYS_MEMBER_ADMIN_EXCLUDED)
		return refuse(out, SYS_JOIN_ADMIN_EXCLUDED,
			      PREFIX "member %s (rank %" PRIu32
				     ") has been administratively excluded",
			      cur->uuid.s, cur->rank);
	if (req->rank != DAOS_RANK_NIL && req->rank != cur->rank)
		return refuse(out, SYS_JOIN_RANK_CHANGED,
			      PREFIX "can't rejoin member with uuid %s: rank changed from %" PRIu32
				     " -> %" PRIu32,
			      cur->uuid.s, cur->rank, req->rank);
	if (strcmp(p->uuid.s, cur->uuid.s) != 0)
		return refuse(out, SYS_JOIN_UUID_CHANGED,
			      PREFIX "can't rejoin member with rank %" PRIu32
				     ": uuid changed from %s -> %s",
			      cur->rank, cur->uuid.s, p->uuid.s);
	if (strcmp(req->addr, cur->addr) != 0)
		return refuse(out, SYS_JOIN_ADDR_CHANGED,
			      PREFIX "can't rejoin member %s (rank %" PRIu32
				     "): control address changed from %s -> %s",
			      cur->uuid.s, cur->rank, cur->addr, req->addr);
	r = fill_record(p, cur->rank,
			req->check_mode ? SYS_MEMBER_CHECKER_STARTED : SYS_MEMBER_JOINED, ret);
	if (r == 0)
		admit(out, SYS_JOIN_REJOINED, ret, cur->state);
	return r;
}

/* The counter, moved past numbers that members asked for. */
static uint32_t
free_rank(const struct sys_join_env *env)
{
	uint32_t rank = env->next_rank;

	while (rank < DAOS_RANK_NIL && sys_members_by_rank(&env->members, rank) != NULL)
		rank++;
	return rank;
}

static int
join_new(const struct sys_join_env *env, const struct parsed *p, struct sys_join_outcome *out,
	 struct sys_member *ret, uint32_t *ret_next)
{
	uint32_t rank = p->req->rank;
	int      r    = check_depth(env, p, DAOS_RANK_NIL, out);

	if (r < 0)
		return r;
	if (sys_members_by_uuid(&env->members, &p->uuid) != NULL)
		return refuse(out, SYS_JOIN_UUID_EXISTS,
			      PREFIX "failed to add new member: member with uuid %s already exists",
			      p->uuid.s);
	*ret_next = env->next_rank;
	if (rank == DAOS_RANK_NIL) {
		rank = free_rank(env);
		if (rank >= DAOS_RANK_NIL - 1)
			return refuse(out, SYS_JOIN_NO_RANKS_LEFT,
				      PREFIX "all rank numbers have been given out");
		*ret_next = rank + 1;
	}
	/* Also with check_mode: the checker meets a new member as a joined one. */
	r = fill_record(p, rank, SYS_MEMBER_JOINED, ret);
	if (r == 0)
		admit(out, SYS_JOIN_ADDED, ret, SYS_MEMBER_UNKNOWN);
	return r;
}

/* ---- replacing ---- */

static unsigned
count_mismatches(const struct sys_member *m, const struct sys_join_req *req, const char *domain)
{
	bool secondary = m->n_secondary_uris == req->n_secondary_uris;
	bool contexts  = m->n_secondary_nctxs == req->n_secondary_nctxs;

	for (size_t i = 0; secondary && i < req->n_secondary_uris; i++)
		secondary = strcmp(m->secondary_uris[i], req->secondary_uris[i]) == 0;
	for (size_t i = 0; contexts && i < req->n_secondary_nctxs; i++)
		contexts = m->secondary_nctxs[i] == req->secondary_nctxs[i];
	return (unsigned)(strcmp(m->addr, req->addr) != 0) +
	       (unsigned)(strcmp(m->uri, req->uri) != 0) + (unsigned)!secondary +
	       (unsigned)(m->nctxs != req->nctxs) + (unsigned)!contexts +
	       (unsigned)(strcmp(m->fault_domain, domain) != 0);
}

static const struct sys_member *
find_replaced(const struct sys_members *ms, const struct parsed *p, struct sys_join_outcome *out)
{
	unsigned fewest = UINT32_MAX;

	if (p->req->rank != DAOS_RANK_NIL) {
		(void)refuse(out, SYS_JOIN_BAD_REQUEST, "unexpected rank in replace-rank request");
		return NULL;
	}
	if (ms->n == 0) {
		(void)refuse(out, SYS_JOIN_NOTHING_TO_REPLACE, "empty system membership");
		return NULL;
	}
	for (size_t i = 0; i < ms->n; i++) {
		unsigned mismatches = count_mismatches(ms->v[i], p->req, p->domain_text);

		fewest = MIN(fewest, mismatches);
		if (mismatches > 0)
			continue;
		if (strcmp(ms->v[i]->uuid.s, p->uuid.s) != 0)
			return ms->v[i];
		(void)refuse(out, SYS_JOIN_UUID_EXISTS, "member with uuid %s already exists",
			     p->uuid.s);
		return NULL;
	}
	(void)refuse_coded(out, SYS_JOIN_NOTHING_TO_REPLACE,
			   FAULT_SYSTEM_JOIN_REPLACE_RANK_NOT_FOUND,
			   "system member could not be found from join request fields");
	if (fewest > 1)
		fault_resolve(
		    &out->fault,
		    "no member record resembles the engines of %s: run dmg storage format without "
		    "--replace",
		    p->req->addr);
	else
		fault_resolve(
		    &out->fault,
		    "check that %s is the host whose engine was excluded before dmg storage format "
		    "--replace is run on it",
		    p->req->addr);
	return NULL;
}

static int
replace(const struct sys_join_env *env, const struct parsed *p, struct sys_join_outcome *out,
	struct sys_member *ret)
{
	const struct sys_member *cur = find_replaced(&env->members, p, out);
	int                      r;

	if (cur == NULL)
		return -EINVAL;
	if (cur->state == SYS_MEMBER_ADMIN_EXCLUDED)
		return refuse(out, SYS_JOIN_ADMIN_EXCLUDED,
			      PREFIX "member %s (rank %" PRIu32
				     ") has been administratively excluded",
			      cur->uuid.s, cur->rank);
	if (sys_members_by_uuid(&env->members, &p->uuid) != NULL)
		return refuse(out, SYS_JOIN_UUID_EXISTS,
			      PREFIX "adding new member in replace-rank join request: member with "
				     "uuid %s already exists",
			      p->uuid.s);
	r = sys_member_dup(cur, ret);
	if (r < 0)
		return r;
	ret->uuid    = p->uuid;
	ret->state   = SYS_MEMBER_JOINED;
	ret->info[0] = '\0';
	admit(out, SYS_JOIN_REPLACED, ret, cur->state);
	return 0;
}

static int
parse(const struct sys_join_req *req, struct parsed *p, struct sys_join_outcome *out)
{
	*p = (struct parsed){.req = req};
	if (uuid_from_text(req->uuid != NULL ? req->uuid : "", &p->uuid) < 0)
		return refuse(out, SYS_JOIN_BAD_REQUEST, "invalid uuid \"%.64s\"",
			      req->uuid != NULL ? req->uuid : "");
	return parse_domain(p, out);
}

static void
parsed_fini(struct parsed *p)
{
	(void)fault_domain_free(p->domain); /* always NULL */
	free(p->domain_text);
}

static int
decide(const struct sys_join_env *env, const struct parsed *p, struct sys_join_outcome *out,
       struct sys_member *ret, uint32_t *ret_next, char **ret_labels)
{
	const struct sys_member *cur;
	int                      r = check_labels(env, p, out, ret_labels);

	if (r == 0)
		r = check_provider(env, p->req, out);
	if (r == 0)
		r = check_sizes(p->req, out);
	if (r < 0)
		return r;
	*ret_next = env->next_rank;
	if (p->req->replace)
		return replace(env, p, out, ret);
	cur = p->req->rank != DAOS_RANK_NIL ? sys_members_by_rank(&env->members, p->req->rank)
					    : sys_members_by_uuid(&env->members, &p->uuid);
	return cur != NULL ? rejoin(env, p, cur, out, ret) : join_new(env, p, out, ret, ret_next);
}

int
sys_join_decide(const struct sys_join_env *env, const struct sys_join_req *req,
		struct sys_join_outcome *out, struct sys_member *ret, uint32_t *ret_next,
		char **ret_labels)
{
	_cleanup_(freep) char *labels = NULL;
	struct parsed          p;
	struct sys_member      m    = SYS_MEMBER_INIT;
	uint32_t               next = env->next_rank;
	int                    r;

	*out = (struct sys_join_outcome){.result = SYS_JOIN_REFUSED, .rank = DAOS_RANK_NIL};
	r    = parse(req, &p, out);
	if (r == 0)
		r = decide(env, &p, out, &m, &next, &labels);
	parsed_fini(&p);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return 0; /* refused, out says why */
	*ret        = m;
	*ret_next   = next;
	*ret_labels = TAKE_PTR(labels);
	return 0;
}

int
sys_join_find_replaced(const struct sys_members *ms, const struct sys_join_req *req,
		       uint32_t *ret_rank, struct fault *f)
{
	struct sys_join_outcome  out = {0};
	struct parsed            p;
	const struct sys_member *m = NULL;
	int                      r = parse(req, &p, &out);

	if (r == 0)
		m = find_replaced(ms, &p, &out);
	parsed_fini(&p);
	if (r == -ENOMEM)
		return r;
	if (m == NULL) {
		if (f != NULL)
			*f = out.fault;
		return out.reason == SYS_JOIN_NOTHING_TO_REPLACE ? -ENOENT : -EINVAL;
	}
	*ret_rank = m->rank;
	return 0;
}
