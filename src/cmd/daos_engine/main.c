/* daos_engine: options, then the engine. */
#include "engine/engine.h"

int
main(int argc, char **argv)
{
	struct eng_options opts;
	int                r = eng_options_parse(argc, argv, stdout, stderr, &opts);

	if (r != 0)
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return eng_run(&opts);
}
