/*
 * daos_hwprobe: prints as one JSON object what needs heavy libraries to find out: the fabric
 * interfaces with their providers and domains (libfabric), and the NUMA layout (hwloc). daos_server
 * runs it as a child when it wants to know, so that neither library is part of the server. The form
 * of the answer is in src/hw/fabric.c, which reads it.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "fabric_scan.h"
#include "topology.h"

static void
usage(FILE *out)
{
	fprintf(out,
		"Usage: daos_hwprobe [--provider NAME] [--loopback]\n"
		"Prints the fabric interfaces and the NUMA layout of this host as JSON.\n\n"
		"  -p, --provider NAME  only this provider, spelt as in daos_server.yml (ofi+tcp)\n"
		"  -l, --loopback       loopback interfaces too\n"
		"  -V, --version        print the version and leave\n"
		"  -h, --help           print this text and leave\n");
}

/* 0: go on; 1: leave with success; -1: leave with an error. */
static int
parse(int argc, char **argv, struct scan_opts *o)
{
	static const struct option options[] = {{"provider", required_argument, NULL, 'p'},
						{"loopback", no_argument, NULL, 'l'},
						{"version", no_argument, NULL, 'V'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int                        c;

	while ((c = getopt_long(argc, argv, "p:lVh", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->provider = optarg;
			break;
		case 'l':
			o->with_loopback = true;
			break;
		case 'V':
			printf("daos_hwprobe version %s\n", DAOS_VERSION);
			return 1;
		case 'h':
			usage(stdout);
			return 1;
		default:
			usage(stderr);
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "daos_hwprobe: unexpected argument %s\n", argv[optind]);
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct scan_opts opts = {0};
	struct topology *topo = NULL;
	json_t          *list = NULL, *root = NULL;
	int              r = parse(argc, argv, &opts);

	if (r != 0)
		return r > 0 ? 0 : 1;
	r = topology_load(&topo);
	if (r == 0)
		r = fabric_scan(&opts, topo, &list);
	if (r == 0) {
		root = json_pack("{s:o, s:i, s:i}", "interfaces", list, "numa_count",
				 (int)topology_numa_count(topo), "cores_per_node",
				 (int)topology_cores_per_node(topo));
		r = root && json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF &&
			    fflush(stdout) == 0
			? 0
			: -EIO;
	}
	if (r < 0)
		fprintf(stderr, "daos_hwprobe: cannot examine the host: %s\n", strerror(-r));
	json_decref(root);
	topology_free(topo);
	return r < 0 ? 1 : 0;
}
