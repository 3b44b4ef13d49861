/* Reading variables: flags, numbers, sizes with a unit, strings with a limit. */
#include "engine/environment.h"

#include <string.h>

#include "common/str.h"

#define DEFAULT_CLUSTER_MIB 1024
#define MAX_CLUSTER_MIB     (1024 * 1024)

static const char *
text(eng_getenv_fn get, const char *name)
{
	const char *v = get(name);

	return str_empty(v) ? NULL : v;
}

static int
limited(eng_getenv_fn get, const char *name, const char **ret, struct fault *f)
{
	const char *v = text(get, name);

	if (v != NULL && strlen(v) > ENG_ENV_VALUE_MAX)
		return fault_plain(f, -EINVAL, "environment variable %s is longer than %d bytes",
				   name, ENG_ENV_VALUE_MAX);
	*ret = v;
	return 0;
}

/*
 * 1, yes, true, on (any case) are true; what is not understood is false, as in other DAOS programs.
 */
static bool
flag(eng_getenv_fn get, const char *name)
{
	static const char *const yes[] = {"1", "yes", "true", "y", "t", "on"};
	const char              *v     = text(get, name);

	for (size_t i = 0; v != NULL && i < ARRAY_SIZE(yes); i++)
		if (str_eq_nocase(v, yes[i]))
			return true;
	return false;
}

static int
number(eng_getenv_fn get, const char *name, uint64_t min, uint64_t max, uint64_t *value,
       struct fault *f)
{
	const char *v = text(get, name);
	uint64_t    n;

	if (v == NULL)
		return 0;
	if (str_to_u64(v, 10, &n) < 0 || n < min || n > max)
		return fault_plain(
		    f, -EINVAL, "environment variable %s: \"%s\" is not a number from %lu to %lu",
		    name, v, min, max);
	*value = n;
	return 0;
}

/* 10485760, 10M, 10m, 1G … */
static int
size(eng_getenv_fn get, const char *name, uint64_t *value, struct fault *f)
{
	static const char units[] = "kmgt";
	const char       *v       = text(get, name), *unit;
	char              digits[24];
	size_t            len;
	unsigned          shift = 0;
	uint64_t          n;

	if (v == NULL)
		return 0;
	len = strspn(v, "0123456789");
	if (v[len] != '\0' && v[len + 1] == '\0' && (unit = strchr(units, v[len] | 0x20)) != NULL)
		shift = 10 * (unsigned)(unit - units + 1);
	else if (v[len] != '\0')
		len = sizeof(digits);
	if (len >= sizeof(digits))
		return fault_plain(f, -EINVAL,
				   "environment variable %s: \"%s\" is not a size such as 512m",
				   name, v);
	memcpy(digits, v, len);
	digits[len] = '\0';
	if (str_to_u64(digits, 10, &n) < 0 || n > UINT64_MAX >> shift)
		return fault_plain(f, -EINVAL,
				   "environment variable %s: \"%s\" is not a size such as 512m",
				   name, v);
	*value = n << shift;
	return 0;
}

int
eng_environment_read(eng_getenv_fn get, struct eng_environment *ret, struct fault *f)
{
	struct eng_environment e    = {0};
	uint64_t               port = 0, timeout = 0, cluster = DEFAULT_CLUSTER_MIB;
	int                    r;

	e.log_mask       = text(get, "D_LOG_MASK");
	e.log_file       = text(get, "D_LOG_FILE");
	e.debug_streams  = text(get, "DD_MASK");
	e.stderr_level   = text(get, "DD_STDERR");
	e.log_append_pid = flag(get, "D_LOG_FILE_APPEND_PID");
	e.log_truncate   = flag(get, "D_LOG_TRUNCATE");
	e.port_auto      = flag(get, "D_PORT_AUTO_ADJUST");
	r                = size(get, "D_LOG_SIZE", &e.log_size_bytes, f);
	if (r == 0)
		r = limited(get, "D_PROVIDER", &e.provider, f);
	if (r == 0)
		r = limited(get, "D_INTERFACE", &e.interface, f);
	if (r == 0)
		r = limited(get, "D_DOMAIN", &e.domain, f);
	if (r == 0)
		r = number(get, "D_PORT", 0, UINT16_MAX, &port, f);
	if (r == 0)
		r = number(get, "CRT_TIMEOUT", 0, UINT32_MAX, &timeout, f);
	if (r == 0)
		r = number(get, "DAOS_BS_CLUSTER_MB", 1, MAX_CLUSTER_MIB, &cluster, f);
	if (r < 0)
		return r;
	e.port          = (uint16_t)port;
	e.crt_timeout_s = (uint32_t)timeout;
	e.cluster_bytes = cluster * MIB;
	*ret            = e;
	return 0;
}
