/*
 * Memory and hugepages of the host and of each NUMA node, from /proc/meminfo and the nodes' meminfo
 * files. Both have lines "Name: number [kB]"; a node's lines begin with "Node N ". A table maps
 * names to fields.
 */
#include "hw/hw.h"

#include <stdio.h>

#include "common/fs.h"
#include "common/str.h"
#include "hw_private.h"

#define MEMINFO_MAX (64 * KIB)

struct mem_field {
	const char *name;
	uint64_t   *value;
	bool        required;
	bool        found;
};

/* One line without the node prefix. */
static int
parse_line(char *line, struct mem_field *fields, size_t n)
{
	char *colon = strchr(line, ':');
	char *value, *unit;

	if (colon == NULL)
		return 0;
	*colon = '\0';
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(fields[i].name, line))
			continue;
		value = str_trim(colon + 1);
		unit  = strchr(value, ' ');
		if (unit != NULL) {
			*unit++ = '\0';
			if (!str_eq(str_trim(unit), "kB"))
				return -EBADMSG;
		}
		if (str_to_u64(value, 10, fields[i].value) < 0)
			return -EBADMSG;
		fields[i].found = true;
		return 0;
	}
	return 0;
}

static int
read_fields(const char *path, struct mem_field *fields, size_t n, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	char                  *save = NULL;
	int                    r    = fs_read_file(path, MEMINFO_MAX, &text, NULL);

	if (r < 0)
		return fault_plain(f, r, "cannot read %s: %s", path, strerror(-r));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (str_starts(line, "Node ")) {
			line = strchr(line + 5, ' ');
			if (line == NULL)
				continue;
			line++;
		}
		r = parse_line(str_trim(line), fields, n);
		if (r < 0)
			return fault_plain(f, r, "cannot understand \"%s\" in %s", line, path);
	}
	for (size_t i = 0; i < n; i++) {
		if (fields[i].required && !fields[i].found)
			return fault_plain(f, -EBADMSG, "%s has no line %s", path, fields[i].name);
	}
	return 0;
}

int
hw_mem_read_totals(const struct hw_env *env, struct hw_mem *ret, struct fault *f)
{
	char             path[HW_PATH_MAX];
	struct hw_mem    m        = {0};
	uint64_t         page_kb  = 0;
	struct mem_field fields[] = {
	    {.name = "HugePages_Total", .value = &m.hugepages_total},
	    {.name = "HugePages_Free", .value = &m.hugepages_free},
	    {.name = "HugePages_Rsvd", .value = &m.hugepages_reserved},
	    {.name = "HugePages_Surp", .value = &m.hugepages_surplus},
	    {.name = "Hugepagesize", .value = &page_kb},
	    {.name = "MemTotal", .value = &m.mem_total_kb, .required = true},
	    {.name = "MemFree", .value = &m.mem_free_kb, .required = true},
	    {.name = "MemAvailable", .value = &m.mem_available_kb, .required = true},
	};
	int r = hw_path(env, path, sizeof(path), "/proc/meminfo");

	if (r < 0)
		return r;
	r = read_fields(path, fields, ARRAY_SIZE(fields), f);
	if (r < 0)
		return r;
	if (page_kb > UINT32_MAX)
		return fault_plain(f, -EBADMSG, "hugepage size in %s is out of range", path);
	m.hugepage_size_kb = (uint32_t)page_kb;
	*ret               = m;
	return 0;
}

static int
read_node(const struct hw_env *env, uint32_t id, struct hw_mem_node *ret, struct fault *f)
{
	char               path[HW_PATH_MAX];
	struct hw_mem_node node     = {.node = id};
	struct mem_field   fields[] = {
	      {.name = "HugePages_Total", .value = &node.hugepages_total},
	      {.name = "HugePages_Free", .value = &node.hugepages_free},
	      {.name = "HugePages_Surp", .value = &node.hugepages_surplus},
	      {.name = "MemTotal", .value = &node.mem_total_kb, .required = true},
	      {.name = "MemFree", .value = &node.mem_free_kb, .required = true},
	      {.name = "MemUsed", .value = &node.mem_used_kb},
        };
	int r = hw_path(env, path, sizeof(path), "/sys/devices/system/node/node%u/meminfo", id);

	if (r < 0)
		return r;
	r = read_fields(path, fields, ARRAY_SIZE(fields), f);
	if (r == 0)
		*ret = node;
	return r;
}

int
hw_mem_read(const struct hw_env *env, struct hw_mem *ret, struct fault *f)
{
	_cleanup_(hw_mem_fini) struct hw_mem   m   = {0};
	_cleanup_(hw_numa_fini) struct hw_numa ids = {0};
	int                                    r   = hw_mem_read_totals(env, &m, f);

	if (r < 0)
		return r;
	r = hw_node_ids(env, &ids);
	if (r < 0)
		return fault_plain(f, r, "cannot read the list of NUMA nodes: %s", strerror(-r));
	vec_foreach (&ids.ids, id) {
		struct hw_mem_node node;

		r = read_node(env, *id, &node, f);
		if (r == 0)
			r = vec_push(&m.nodes, node);
		if (r < 0)
			return r;
	}
	*ret = m;
	memset(&m, 0, sizeof(m));
	return 0;
}

void
hw_mem_fini(struct hw_mem *m)
{
	vec_fini(&m->nodes);
}
