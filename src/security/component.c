/*
 * Components and versions: names, parsing, and the rules that say which releases may talk to each
 * other (wire-grpc.md §3). Pure functions; where headers come from and what a refusal does is the
 * caller's.
 */
#include <limits.h>
#include <string.h>

#include "common/str.h"
#include "security/security.h"

static const char *const component_names[_SEC_COMPONENT_MAX] = {
    [SEC_COMPONENT_UNDEFINED] = "undefined", [SEC_COMPONENT_SERVER] = "server",
    [SEC_COMPONENT_ADMIN] = "admin",         [SEC_COMPONENT_AGENT] = "agent",
    [SEC_COMPONENT_CLIENT] = "client",
};

const char *
sec_component_name(enum sec_component c)
{
	if ((unsigned)c >= _SEC_COMPONENT_MAX)
		c = SEC_COMPONENT_UNDEFINED;
	return component_names[c];
}

enum sec_component
sec_component_parse(const char *name)
{
	for (int c = SEC_COMPONENT_UNDEFINED + 1; c < _SEC_COMPONENT_MAX; c++)
		if (str_eq(name, component_names[c]))
			return c;
	return SEC_COMPONENT_UNDEFINED;
}

/* Reads decimal digits at *p up to `stop`, which is consumed unless it is the end of the text. */
static int
parse_part(const char **p, char stop, int *ret)
{
	const char *s     = *p;
	int64_t     value = 0;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (*s - '0');
		if (value > INT_MAX)
			return -EINVAL;
	}
	if (*s != stop)
		return -EINVAL;
	*p   = stop != '\0' ? s + 1 : s;
	*ret = (int)value;
	return 0;
}

int
sec_version_parse(const char *text, struct sec_version *ret)
{
	struct sec_version v;

	if (text == NULL)
		return -EINVAL;
	if (*text == 'v')
		text++;
	if (parse_part(&text, '.', &v.major) < 0 || parse_part(&text, '.', &v.minor) < 0 ||
	    parse_part(&text, '\0', &v.patch) < 0)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* Agents may be two minor releases older or newer than the server: clients are updated on their own
 * schedule. */
static bool
agent_fits_server(const struct sec_version *server, const struct sec_version *agent)
{
	return server->major == agent->major && abs(server->minor - agent->minor) <= 2;
}

static bool
versions_fit(enum sec_component self, const struct sec_version *a, enum sec_component peer,
	     const struct sec_version *b)
{
	if (a->major == b->major && a->minor == b->minor && a->patch == b->patch)
		return true;
	if (self == SEC_COMPONENT_SERVER && peer == SEC_COMPONENT_AGENT)
		return agent_fits_server(a, b);
	if (a->major >= 2 && b->major < 2)
		return false;
	return a->major == b->major && a->minor == b->minor;
}

int
sec_version_check(enum sec_component self, const struct sec_version *self_version,
		  enum sec_component peer, const struct sec_version *peer_version, struct fault *f)
{
	if (peer != SEC_COMPONENT_UNDEFINED && versions_fit(self, self_version, peer, peer_version))
		return 0;
	return fault_set(f, FAULT_SERVER_INCOMPATIBLE_COMPONENTS,
			 "components %s:%d.%d.%d and %s:%d.%d.%d are not compatible",
			 sec_component_name(self), self_version->major, self_version->minor,
			 self_version->patch, sec_component_name(peer), peer_version->major,
			 peer_version->minor, peer_version->patch);
}
