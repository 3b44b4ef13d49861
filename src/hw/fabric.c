/*
 * The answer of daos_hwprobe: parsing its JSON, and finding an interface by provider.
 *
 * {"interfaces": [{"provider", "domain", "device", "numa_node", "priority", "net_class"}, ...],
 *  "numa_count": n, "cores_per_node": n}
 */
#include <jansson.h>
#include <stdio.h>

#include "common/str.h"
#include "hw_private.h"

#define MAX_FABRIC_IFS 4096

static void
fabric_if_fini(struct hw_fabric_if *i)
{
	free(i->provider);
	free(i->domain);
	free(i->netdev);
}

void
hw_fabric_fini(struct hw_fabric *fab)
{
	vec_foreach (&fab->ifs, i)
		fabric_if_fini(i);
	vec_fini(&fab->ifs);
}

static int
get_number(const json_t *obj, const char *key, uint32_t *ret)
{
	const json_t *v = json_object_get(obj, key);
	json_int_t    n;

	if (!json_is_integer(v))
		return -EBADMSG;
	n = json_integer_value(v);
	if (n < 0 || n > UINT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)n;
	return 0;
}

static int
get_text(const json_t *obj, const char *key, char **ret)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (str_empty(s))
		return -EBADMSG;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int
parse_if(const json_t *obj, struct hw_fabric_if *i)
{
	int r = get_text(obj, "provider", &i->provider);

	if (r == 0)
		r = get_text(obj, "domain", &i->domain);
	if (r == 0)
		r = get_text(obj, "device", &i->netdev);
	if (r == 0)
		r = get_number(obj, "numa_node", &i->numa_node);
	if (r == 0)
		r = get_number(obj, "priority", &i->priority);
	if (r == 0)
		r = get_number(obj, "net_class", &i->net_class);
	return r;
}

static int
if_order(const void *a, const void *b)
{
	const struct hw_fabric_if *x = a, *y = b;
	int                        c;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	c = strcmp(x->provider, y->provider);
	return c != 0 ? c : strcmp(x->netdev, y->netdev);
}

static int
parse_root(const json_t *root, struct hw_fabric *fab)
{
	const json_t *list = json_object_get(root, "interfaces");
	uint32_t      n;
	int           r;

	if (!json_is_array(list) || json_array_size(list) > MAX_FABRIC_IFS)
		return -EBADMSG;
	for (size_t k = 0; k < json_array_size(list); k++) {
		struct hw_fabric_if i = {0};

		r = parse_if(json_array_get(list, k), &i);
		if (r == 0)
			r = vec_push(&fab->ifs, i);
		if (r < 0) {
			fabric_if_fini(&i);
			return r;
		}
	}
	r = get_number(root, "numa_count", &n);
	if (r < 0)
		return r;
	fab->numa_count = n;
	r               = get_number(root, "cores_per_node", &n);
	if (r < 0)
		return r;
	fab->cores_per_node = n;
	if (fab->ifs.n > 1)
		qsort(fab->ifs.v, fab->ifs.n, sizeof(fab->ifs.v[0]), if_order);
	return 0;
}

int
hw_fabric_parse(const char *json, size_t len, struct hw_fabric *ret, struct fault *f)
{
	struct hw_fabric fab = {0};
	json_error_t     err;
	json_t          *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	int              r;

	if (root == NULL)
		return fault_plain(f, -EBADMSG, "answer of daos_hwprobe is not JSON: %s (line %d)",
				   err.text, err.line);
	r = parse_root(root, &fab);
	json_decref(root);
	if (r < 0) {
		hw_fabric_fini(&fab);
		return fault_plain(f, r, "answer of daos_hwprobe lacks fields or has wrong ones");
	}
	*ret = fab;
	return 0;
}

const struct hw_fabric_if *
hw_fabric_find(const struct hw_fabric *fab, const char *provider, const char *netdev)
{
	size_t base = strcspn(provider, ";");

	vec_foreach (&fab->ifs, i) {
		if (str_eq(i->provider, provider) && str_eq(i->netdev, netdev))
			return i;
	}
	vec_foreach (&fab->ifs, i) {
		if (strcspn(i->provider, ";") == base &&
		    strncmp(i->provider, provider, base) == 0 && str_eq(i->netdev, netdev))
			return i;
	}
	return NULL;
}
