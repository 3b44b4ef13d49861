/* Command line: one table row an option; getopt_long is fed from it, and so is the usage text. */
#include "engine/options.h"

#include <getopt.h>
#include <string.h>

#include "common/str.h"
#include "common/version.h"

#define DEFAULT_MODULES       "vos,rdb,rsvc,security,mgmt,dtx,pool,cont,obj,rebuild"
#define DEFAULT_CHECK_MODULES DEFAULT_MODULES ",chk"
#define DEFAULT_STORAGE       "/mnt/daos"
#define DEFAULT_SOCKET_DIR    "/var/run/daos_server"
#define SYSTEM_CORES          2 /* upstream keeps these free of targets */

enum kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_NUMBER,
};

struct option_row {
	char        letter;
	const char *name;
	enum kind   kind;
	size_t      offset; /* of the field */
	const char *value;  /* name of the value in the usage text */
	const char *help;
};

#define AT(field) offsetof(struct eng_options, field)

static const struct option_row rows[] = {
    {'m', "modules", KIND_TEXT, AT(modules), "LIST",
     "server modules, comma separated (checked, without effect)"},
    {'c', "cores", KIND_NUMBER, AT(targets), "N", "old name of --targets"},
    {'t', "targets", KIND_NUMBER, AT(targets), "N",
     "number of targets (default: cores of the machine less 2)"},
    {'x', "xshelpernr", KIND_NUMBER, AT(helpers), "N",
     "number of helpers, at most 2 a target (default 0)"},
    {'f', "firstcore", KIND_NUMBER, AT(first_core), "N",
     "first core to use (default 0; checked, without effect)"},
    {'g', "group", KIND_TEXT, AT(group), "NAME",
     "name of the system (default \"" DAOS_DEFAULT_SYSTEM "\")"},
    {'s', "storage", KIND_TEXT, AT(storage), "DIR", "SCM mount (default \"" DEFAULT_STORAGE "\")"},
    {'d', "socket_dir", KIND_TEXT, AT(socket_dir), "DIR",
     "directory of sockets (default \"" DEFAULT_SOCKET_DIR "\")"},
    {'n', "nvme", KIND_TEXT, AT(nvme_conf), "FILE",
     "block device configuration, daos_nvme.conf (default: none)"},
    {'I', "instance_idx", KIND_NUMBER, AT(instance), "N",
     "index of this engine on the host (default 0)"},
    {'p', "pinned_numa_node", KIND_NUMBER, AT(numa_node), "N",
     "NUMA node to stay on (checked, without effect)"},
    {'b', "bypass_health_chk", KIND_FLAG, AT(bypass_health_check), NULL,
     "no health data of devices (this engine collects none)"},
    {'r', "mem_size", KIND_NUMBER, AT(mem_size_mib), "MIB",
     "memory for SPDK in MiB (checked, without effect)"},
    {'H', "hugepage_size", KIND_NUMBER, AT(hugepage_size_mib), "MIB",
     "size of a hugepage in MiB (checked, without effect)"},
    {'T', "storage_tiers", KIND_NUMBER, AT(storage_tiers), "N",
     "number of storage tiers, 1 to 4 (default 2)"},
    {'C', "check", KIND_FLAG, AT(check_mode), NULL, "start in check mode"},
    {'h', "help", KIND_FLAG, SIZE_MAX, NULL, "show this text"},
};

void
eng_options_usage(const char *program, FILE *stream)
{
	fprintf(stream, "Usage: %s [OPTION]...\nThe DAOS I/O engine, started by daos_server.\n\n",
		program);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "%s%s%s", rows[i].name,
			       rows[i].value != NULL ? "=" : "",
			       rows[i].value != NULL ? rows[i].value : "");
		fprintf(stream, "  -%c, --%-24s %s\n", rows[i].letter, name, rows[i].help);
	}
}

/*
 * Numbers are decimal, 0x or 0 prefixed, as strtoul takes them. numa_node is the one wider field.
 */
static int
store_number(const struct option_row *row, const char *text, struct eng_options *o, FILE *err)
{
	uint32_t v;

	if (str_to_u32(text, 0, &v) < 0) {
		fprintf(err, "-%c, --%s: \"%s\" is not a number\n", row->letter, row->name, text);
		return -EINVAL;
	}
	if (row->offset == AT(numa_node))
		o->numa_node = v;
	else
		*(uint32_t *)((char *)o + row->offset) = v;
	if (row->offset == AT(targets) && (v == 0 || v > ENG_TARGETS_MAX)) {
		fprintf(err, "-%c, --%s: %u targets; 1 to %d are possible\n", row->letter,
			row->name, v, ENG_TARGETS_MAX);
		return -EINVAL;
	}
	return 0;
}

static int
store(const struct option_row *row, const char *text, struct eng_options *o, FILE *out, FILE *err)
{
	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)((char *)o + row->offset) = true;
		return 0;
	case KIND_TEXT:
		*(const char **)((char *)o + row->offset) = text;
		return 0;
	case KIND_NUMBER:
		if (row->letter == 'c')
			fprintf(out, "-c, --cores is deprecated, use -t, --targets\n");
		return store_number(row, text, o, err);
	}
	return -EINVAL;
}

/* What does not depend on the order of options. */
static int
check(struct eng_options *o, FILE *out, FILE *err)
{
	if (strlen(o->group) > ENG_GROUP_MAX || o->group[0] == '\0') {
		fprintf(err, "-g, --group: \"%s\": a system name has 1 to %d bytes\n", o->group,
			ENG_GROUP_MAX);
		return -EINVAL;
	}
	if (o->storage_tiers < 1 || o->storage_tiers > 4) {
		fprintf(err, "-T, --storage_tiers: %u tiers; 1 to 4 are possible\n",
			o->storage_tiers);
		return -EINVAL;
	}
	if (o->numa_node >= 0 && o->first_core != 0) {
		fprintf(
		    err,
		    "-p, --pinned_numa_node and -f, --firstcore other than 0 exclude each other\n");
		return -EINVAL;
	}
	if (o->modules != NULL && strlen(o->modules) > ENG_MODULES_MAX) {
		fprintf(err, "-m, --modules: longer than %d bytes\n", ENG_MODULES_MAX);
		return -EINVAL;
	}
	if (o->check_mode && o->modules != NULL)
		fprintf(out, "-m, --modules is ignored in check mode\n");
	if (o->check_mode)
		o->modules = DEFAULT_CHECK_MODULES;
	else if (o->modules == NULL)
		o->modules = DEFAULT_MODULES;
	if (o->helpers > 2 * o->targets) {
		fprintf(out, "%u helpers for %u targets reduced to %u\n", o->helpers, o->targets,
			2 * o->targets);
		o->helpers = 2 * o->targets;
	}
	return 0;
}

static void
fill_getopt(char *letters, struct option *longs)
{
	size_t n = 0;

	letters[n++] = ':'; /* so that a missing value is told from an unknown option */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool takes_value = rows[i].kind != KIND_FLAG;

		letters[n++] = rows[i].letter;
		if (takes_value)
			letters[n++] = ':';
		longs[i] = (struct option){rows[i].name, takes_value, NULL, rows[i].letter};
	}
	letters[n]              = '\0';
	longs[ARRAY_SIZE(rows)] = (struct option){0};
}

static const struct option_row *
find_row(int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static uint32_t
default_targets(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > SYSTEM_CORES + 1
		   ? MIN((uint32_t)cores - SYSTEM_CORES, (uint32_t)ENG_TARGETS_MAX)
		   : 1;
}

int
eng_options_parse(int argc, char **argv, FILE *out, FILE *err, struct eng_options *ret)
{
	char               letters[2 * ARRAY_SIZE(rows) + 2];
	struct option      longs[ARRAY_SIZE(rows) + 1];
	struct eng_options o = {.group         = DAOS_DEFAULT_SYSTEM,
				.storage       = DEFAULT_STORAGE,
				.socket_dir    = DEFAULT_SOCKET_DIR,
				.targets       = default_targets(),
				.numa_node     = -1,
				.storage_tiers = 2};
	int                c, r;

	fill_getopt(letters, longs);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = find_row(c);

		if (row == NULL) {
			fprintf(err,
				c == ':' ? "%s: option %s needs a value\n\n"
					 : "%s: unknown option %s\n\n",
				argv[0], argv[optind - 1]);
			eng_options_usage(argv[0], err);
			return -EINVAL;
		}
		if (row->letter == 'h') {
			eng_options_usage(argv[0], out);
			return 1;
		}
		r = store(row, optarg, &o, out, err);
		if (r < 0)
			return r;
	}
	if (optind < argc) {
		fprintf(err, "%s: unexpected argument %s\n\n", argv[0], argv[optind]);
		eng_options_usage(argv[0], err);
		return -EINVAL;
	}
	r = check(&o, out, err);
	if (r == 0)
		*ret = o;
	return r;
}
